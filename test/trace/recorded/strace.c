/*
 * What strace.txt was recorded from, with strace 6.1 on Linux 6.18:
 *
 *     cc -pthread -o /tmp/recorded strace.c
 *     strace -f /tmp/recorded 2>&1 | grep -v nanosleep |
 *         awk '/getpid/ { between = !between; next } between' > strace.txt
 *
 * The threads take turns by a variable, so that no other system call comes between.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

static volatile int turn;
static int pid, tid, ep, ev, pipefd[2];

static void handler(int signo) { (void)signo; }
static void give(int to) { turn = to; }
static void await(int mine) { while (turn != mine); }
/* Long enough for the other thread to be asleep in its call. */
static void rest(void) { usleep(100000); }

static void *other(void *unused)
{
	struct epoll_event events[8];
	sigset_t usr1;
	char buf[16];

	(void)unused;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	tid = syscall(SYS_gettid);
	give(0);
	await(1);
	syscall(SYS_epoll_wait, ep, events, 8, -1);
	await(2);
	syscall(SYS_epoll_pwait, ep, events, 4, -1, &usr1, 8);
	await(3);
	syscall(SYS_read, pipefd[0], buf, 16);
	await(4);
	syscall(SYS_read, pipefd[0], buf, 16);
	give(5);
	await(6);
	return NULL;
}

static void waiting(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = 7 };
	struct epoll_event events[8];
	char buf[16];
	long one = 1;

	ev = syscall(SYS_eventfd2, 0, EFD_NONBLOCK);
	ep = syscall(SYS_epoll_create1, EPOLL_CLOEXEC);
	syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ev, &event);
	syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, ev, &event);
	syscall(SYS_epoll_wait, ep, events, 8, 0);
	give(1);
	rest();
	syscall(SYS_write, ev, &one, 8);
	rest();
	syscall(SYS_read, ev, buf, 8);
	syscall(SYS_read, ev, buf, 8);
	give(2);
	rest();
	syscall(SYS_tgkill, pid, tid, SIGUSR2);
	rest();
	syscall(SYS_pipe2, pipefd, 0);
	give(3);
	rest();
	syscall(SYS_tgkill, pid, tid, SIGUSR1);
	rest();
	give(4);
	rest();
	syscall(SYS_write, pipefd[1], "a \"quoted\" line\n", 16);
	await(5);
}

static void others(void)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLONESHOT | EPOLLRDHUP };
	struct itimerspec time = { { 0, 10000000 }, { 1, 5 } };
	struct pollfd fds[2] = { { ev, POLLIN | POLLOUT, 0 }, { -1, POLLIN, 0 } };
	struct timeval none = { 0, 0 };
	struct iovec iov[2] = { { "ab", 2 }, { "cdef", 4 } };
	fd_set in, out;
	char buf[64];
	int sv[2], timer, dgram, value;

	syscall(SYS_epoll_ctl, ep, EPOLL_CTL_MOD, ev, &event);
	syscall(SYS_epoll_ctl, ep, EPOLL_CTL_DEL, ev, NULL);
	syscall(SYS_epoll_ctl, ep, 9, ev, &event);
	syscall(SYS_epoll_create1, 7);
	syscall(SYS_epoll_wait, 99, buf, 1, 0);
	syscall(SYS_poll, fds, 2, 0);
	syscall(SYS_poll, fds + 1, 1, 0);
	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_SET(ev, &in);
	FD_SET(ev, &out);
	FD_SET(ep, &in);
	syscall(SYS_select, 5, &in, &out, &(fd_set){ 0 }, &none);
	syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv);
	syscall(SYS_sendto, sv[0], "hello", 5, MSG_NOSIGNAL, NULL, 0);
	value = 0;
	syscall(SYS_ioctl, sv[1], FIONREAD, &value);
	syscall(SYS_recvfrom, sv[1], buf, 3, MSG_PEEK | MSG_DONTWAIT, NULL, NULL);
	syscall(SYS_read, sv[1], buf, 64);
	syscall(SYS_writev, sv[0], iov, 2);
	syscall(SYS_shutdown, sv[0], SHUT_WR);
	syscall(SYS_shutdown, sv[0], 7);
	syscall(SYS_fcntl, sv[0], F_GETFL);
	syscall(SYS_fcntl, sv[0], F_SETFD, FD_CLOEXEC);
	syscall(SYS_fcntl, sv[0], F_GETFD);
	syscall(SYS_fcntl, sv[0], F_DUPFD, 20);
	syscall(SYS_dup, sv[0]);
	syscall(SYS_dup3, sv[0], 30, O_CLOEXEC);
	timer = syscall(SYS_timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	syscall(SYS_timerfd_settime, timer, 0, &time, NULL);
	dgram = syscall(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	syscall(SYS_close, dgram);
	syscall(SYS_close, dgram);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	pthread_t thread;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	turn = -1;
	pthread_create(&thread, NULL, other, NULL);
	await(0);
	pid = getpid();
	waiting();
	others();
	getpid();
	_exit(0);
}
