/*
 * What processes.txt was recorded from, with strace 6.1 on Linux 6.18:
 *
 *     cc -o /tmp/recorded processes.c
 *     strace -f /tmp/recorded 2>&1 | awk -f processes.awk > processes.txt
 *
 * Each process sleeps until the others have gone as far as they can.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long status;
static siginfo_t info;

static void handler(int signo) { (void)signo; }
static void rest(void) { usleep(50000); }

int main(int argc, char **argv)
{
	char *none[] = { NULL };
	int child, ev, fd;

	/* Started once more by its own execve(). */
	if (argc > 1) {
		rest();
		syscall(SYS_exit_group, 0);
	}
	syscall(SYS_getpid);
	ev = syscall(SYS_eventfd2, 0, 0);
	syscall(SYS_wait4, -1, &status, 0, NULL);
	if (syscall(SYS_fork) == 0) {
		rest();
		syscall(SYS_setpgid, 0, 0);
		rest();
		syscall(SYS_exit_group, 3);
	}
	syscall(SYS_wait4, -1, &status, 0, NULL);
	child = syscall(SYS_fork);
	if (child == 0) {
		rest();
		char *args[] = { argv[0], "again", NULL };
		syscall(SYS_execve, argv[0], args, none);
	}
	fd = syscall(SYS_pidfd_open, child, O_NONBLOCK);
	syscall(SYS_waitid, P_PIDFD, fd, &info, WEXITED, NULL);
	rest();
	rest();
	rest();
	syscall(SYS_waitid, P_PIDFD, fd, &info, WEXITED | WNOWAIT, NULL);
	syscall(SYS_wait4, child, &status, WNOHANG, NULL);
	syscall(SYS_wait4, child, &status, WNOHANG | __WALL, NULL);
	syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0);
	child = syscall(SYS_fork);
	if (child == 0) {
		rest();
		syscall(SYS_read, ev, &status, 8);
	}
	rest();
	rest();
	fd = syscall(SYS_pidfd_open, child, 0);
	syscall(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, NULL);
	syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0);
	rest();
	syscall(SYS_waitid, P_PID, child, &info, WEXITED, NULL);
	signal(SIGCHLD, handler);
	child = syscall(SYS_fork);
	if (child == 0) {
		rest();
		syscall(SYS_exit_group, 1);
	}
	syscall(SYS_wait4, 0, &status, 0, NULL);
	syscall(SYS_kill, child, 0);
	syscall(SYS_getpid);
	return 0;
}
