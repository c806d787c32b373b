/*
 * Makes the system calls it is told to make, on the threads of a fresh process.
 *
 * usage: player, with these descriptors open:
 *   3             memory that is shared with the driver; arguments and results lie there
 *   4             a fifo: one byte for each process to be forked
 *   5 … 20        a fifo for each thread: one byte when it has calls to make
 *
 * A process that a thread forks is served as a thread of its own. One that calls execve() runs this
 * program again, as `player N`, and goes on as thread N.
 *
 * An idle thread sleeps in read(2) on its fifo, so that the driver can tell from /proc whether a
 * thread is idle, running, or asleep in its call. The layout is repeated in layout.ts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BASE ((char *)0x200000000000)
#define HELD ((char *)0x300000000000)
#define HELD_SIZE 0x10000
#define MAX_THREADS 16
#define MAX_CALLS 64
#define MAX_COPIES 7
#define NOFILE 1024
#define GO_FD 7936 /* Above RLIMIT_NOFILE: no scenario can open these descriptors. */
#define FAULT_FD (GO_FD + MAX_THREADS)
#define START_FD (GO_FD + MAX_THREADS + 1)
#define MEMORY_FD (GO_FD + MAX_THREADS + 2)

enum state { STARTING, READY, FAILED, ENDED };

struct control {
	uint32_t state;
	uint32_t pid;
	uint32_t threads;
	uint32_t network;
	uint32_t held;
	uint32_t arrived; /* How many threads wait to begin together. */
	char message[100];
	uint64_t handler; /* Of a signal, at 128; it does nothing. */
	uint64_t restorer; /* What a handler returns to. */
	uint32_t later; /* A bit for each thread that begins with a fork. */
};

struct status {
	uint32_t done; /* How many calls have returned. */
	uint32_t tid;
	int64_t result; /* Of the last one: a result, or -errno. */
	char pad[48];
};

struct order {
	uint32_t until; /* How many calls there are to make in all. */
	uint32_t together; /* How many threads begin at the same time, or 0. */
	char pad[56];
};

/* Four bytes that an earlier call stored: a descriptor. Offsets from BASE. */
struct copy {
	uint32_t from;
	uint32_t to;
};

struct call {
	uint64_t nr;
	uint64_t args[6];
	int64_t result;
	uint32_t delay_ns;
	uint32_t copies;
	struct copy copy[MAX_COPIES];
};

static struct control *const control = (struct control *)BASE;
static struct status *const statuses = (struct status *)(BASE + 0x200);
static struct order *const orders = (struct order *)(BASE + 0x1000);
static struct call (*const calls)[MAX_CALLS] = (struct call (*)[MAX_CALLS])(BASE + 0x10000);

static void set_state(enum state state)
{
	__atomic_store_n(&control->state, state, __ATOMIC_RELEASE);
}

static void fail(const char *what)
{
	snprintf(control->message, sizeof(control->message), "%s: %s", what, strerror(errno));
	set_state(FAILED);
	_exit(1);
}

static void handler(int signal)
{
	(void)signal;
}

static void spin(uint32_t ns)
{
	struct timespec start, now;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < ns);
}

static void meet(uint32_t together)
{
	__atomic_add_fetch(&control->arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&control->arrived, __ATOMIC_ACQUIRE) < together)
		sched_yield();
}

static void *serve(void *arg);

/* The child goes on as a thread of the scenario; its memory is that of its parent's fork. */
static void become(int thread)
{
	statuses[thread].done = 0;
	__atomic_store_n(&statuses[thread].tid, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	serve((void *)(intptr_t)thread);
}

static void make(struct call *call)
{
	uint64_t *a = call->args;
	long result;
	uint32_t i;

	for (i = 0; i < call->copies; i++)
		memcpy(BASE + call->copy[i].to, BASE + call->copy[i].from, 4);
	if (call->delay_ns)
		spin(call->delay_ns);
	result = syscall((long)call->nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (call->nr == SYS_fork && result == 0)
		become((int)a[0]);
	call->result = result == -1 ? -errno : result;
}

static void *serve(void *arg)
{
	int self = (int)(intptr_t)arg;
	struct status *status = &statuses[self];
	struct order *order = &orders[self];

	__atomic_store_n(&status->tid, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;) {
		uint32_t done = status->done;
		char byte;

		if (syscall(SYS_read, GO_FD + self, &byte, 1) != 1)
			continue; /* A signal came while the thread was idle. */
		if (done == order->until)
			continue; /* A byte left over by a process that was killed. */
		if (order->together)
			meet(order->together);
		while (done != order->until) {
			struct call *call = &calls[self][done % MAX_CALLS];

			make(call);
			status->result = call->result;
			__atomic_store_n(&status->done, ++done, __ATOMIC_RELEASE);
		}
	}
	return NULL;
}

static void enter_network(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) < 0)
		fail("no network namespace: unshare");
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		fail("SIOCGIFFLAGS");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail("SIOCSIFFLAGS");
	close(fd);
}

/* Gives every thread a region of memory whose pages stay away until the driver supplies them. */
static void register_held(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	size_t size = (size_t)HELD_SIZE * MAX_THREADS;
	int fd = (int)syscall(SYS_userfaultfd, O_NONBLOCK);

	if (fd < 0)
		fail("userfaultfd");
	if (mmap(HELD, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != HELD)
		fail("mmap of the held pages");
	range.range.start = (uintptr_t)HELD;
	range.range.len = size;
	if (ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		fail("UFFDIO_REGISTER");
	if (dup2(fd, FAULT_FD) < 0)
		fail("dup2 of userfaultfd");
	close(fd);
}

/* A description of its own: what a scenario does to its flags must not reach the next one. */
static void open_null(void)
{
	int fd = open("/dev/null", O_RDWR);
	int i;

	if (fd < 0)
		fail("/dev/null");
	for (i = 0; i < 3; i++)
		dup2(fd, i);
	if (fd > 2)
		close(fd);
}

/* What the kernel keeps of a sigaction. */
struct kept_action {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

static void take_signals(void)
{
	struct sigaction action = { .sa_handler = handler };
	struct kept_action known;

	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &known, sizeof(known.mask));
	control->handler = known.handler;
	control->restorer = known.restorer;
}

static void run_process(void)
{
	struct rlimit limit = { NOFILE, NOFILE };
	pthread_attr_t attr;
	int i;

	setpgid(0, 0);
	take_signals();
	memset(statuses, 0, sizeof(*statuses) * MAX_THREADS);
	control->pid = (uint32_t)getpid();
	if (control->network)
		enter_network();
	if (control->held)
		register_held();
	open_null();
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		fail("setrlimit");
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 0x10000);
	for (i = 1; i < (int)control->threads; i++) {
		pthread_t thread;

		if (control->later & 1u << i)
			continue;
		errno = pthread_create(&thread, &attr, serve, (void *)(intptr_t)i);
		if (errno)
			fail("pthread_create");
		while (!__atomic_load_n(&statuses[i].tid, __ATOMIC_ACQUIRE))
			sched_yield();
	}
	statuses[0].tid = (uint32_t)getpid();
	set_state(READY);
	serve(NULL);
}

/*
 * Lets the processes have network namespaces of their own, if need be as root of a user namespace,
 * and small TCP hash tables in them: /proc/net/tcp is read often.
 */
static void prepare_network(void)
{
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return;
	fd = open("/proc/sys/net/ipv4/tcp_child_ehash_entries", O_WRONLY);
	if (fd < 0)
		return;
	if (write(fd, "64", 2) != 2)
		perror("tcp_child_ehash_entries");
	close(fd);
}

static void prepare_descriptors(void)
{
	struct rlimit limit = { 2 * GO_FD, 2 * GO_FD };
	int i;

	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		perror("setrlimit");
	if (dup2(4, START_FD) < 0) {
		perror("dup2");
		exit(1);
	}
	dup2(3, MEMORY_FD);
	for (i = 0; i < MAX_THREADS; i++)
		dup2(5 + i, GO_FD + i);
	syscall(SYS_close_range, 3, GO_FD - 1, 0);
}

static void map_memory(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 ||
	    mmap(BASE, (size_t)st.st_size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) != BASE) {
		perror("mmap");
		exit(1);
	}
}

/* The call of execve() that ran this program has returned 0, to the thread that made it. */
static int go_on(int thread)
{
	struct status *status = &statuses[thread];

	map_memory(MEMORY_FD);
	status->tid = (uint32_t)syscall(SYS_gettid);
	status->result = 0;
	__atomic_store_n(&status->done, status->done + 1, __ATOMIC_RELEASE);
	serve((void *)(intptr_t)thread);
	return 0;
}

int main(int argc, char **argv)
{
	char byte;

	if (argc > 1)
		return go_on(atoi(argv[1]));
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	map_memory(3);
	prepare_descriptors();
	prepare_network();
	while (read(START_FD, &byte, 1) == 1) {
		pid_t pid = fork();

		if (pid == 0) {
			close(START_FD);
			run_process();
		}
		if (pid < 0) {
			perror("fork");
			return 1;
		}
		/* Until all processes of the scenario have ended; orphans come here too. */
		while (waitpid(-1, NULL, 0) > 0)
			;
		if (control->state != FAILED)
			set_state(ENDED);
	}
	return 0;
}
