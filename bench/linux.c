/*
 * The work of bench/model on the running kernel. It sets up what WORK says, says "ready" (or
 * "cannot: WHY"), and then plays as often as it is told to: a line "ROUNDS WHICH" on standard input
 * is answered with a line "NANOSECONDS EVENTS". WHICH is what of the work is measured, where that
 * has more than one part. The work that takes no part in a measurement is done outside of its time.
 *
 * Usage: linux round-trip lt|et|oneshot unix|pipe|eventfd|tcp
 *        linux ctl ITEMS              WHICH: 0 DEL, 1 ADD, 2 MOD
 *        linux epoll_wait ITEMS       WHICH: how many are ready
 *        linux waiters THREADS shared|exclusive
 *        linux nested DEPTH
 *        linux poll|select ITEMS
 *        linux echo unix|tcp CONNECTIONS ACTIVE
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* How many descriptors there are besides those that are counted. */
enum { SPARE = 64 };

struct played {
	int64_t ns;
	long events;
};

typedef struct played play_fn(long rounds, long which);

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void cannot(const char *what)
{
	printf("cannot: %s: %s\n", what, strerror(errno));
	exit(0);
}

/* What a call returned, unless it failed. */
static int must(int ret, const char *what)
{
	if (ret < 0)
		cannot(what);
	return ret;
}

/* A measurement that did not go as it should is none. */
static void expect(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void *array(long count, size_t size)
{
	void *made = calloc(count, size);

	if (made == NULL)
		cannot("calloc");
	return made;
}

/* As many descriptors as the process may have, up to so many and some more; how many that are. */
static long allow_files(long count)
{
	struct rlimit limit;
	rlim_t wanted = count + SPARE;

	must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	if (limit.rlim_max < wanted) {
		struct rlimit raised = { .rlim_cur = wanted, .rlim_max = wanted };

		if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
			return count;
	}
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	must(setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	return limit.rlim_cur - SPARE;
}

static void too_few_files(void)
{
	struct rlimit limit;

	must(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	printf("cannot: RLIMIT_NOFILE is %ld and cannot be raised\n", (long)limit.rlim_max);
	exit(0);
}

/*
 * How many of so many descriptors may be open at a time beside those that have to be: all of them, or
 * so many as there is room for until they are left to another process.
 */
static long room_for(long count, long needed)
{
	long room = allow_files(count);

	if (room >= count)
		return count;
	if (room <= needed)
		too_few_files();
	return room - needed;
}

/*
 * Closes descriptors, whose files stay open in another process for as long as this one lives: where
 * RLIMIT_NOFILE is low, and cannot be raised, files are many all the same, and watched.
 */
static void leave_to_another(const int *list, long count)
{
	int parent = getpid();

	if (must(fork(), "fork") == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == parent)
			pause();
		_exit(0);
	}
	for (long i = 0; i < count; i++)
		close(list[i]);
}

static const uint64_t one = 1;

static int new_eventfd(void)
{
	return must(eventfd(0, EFD_NONBLOCK), "eventfd");
}

static void watch(int ep, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event), "EPOLL_CTL_ADD");
}

static int listener = -1;
static struct sockaddr_in address;

/* A connection over TCP on the loopback device; no Nagle, and nothing of it is left when it ends. */
static void tcp_pair(int pair[2])
{
	const int yes = 1;
	const struct linger at_once = { .l_onoff = 1 };
	socklen_t length = sizeof(address);

	if (listener < 0) {
		listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
		address.sin_family = AF_INET;
		address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		must(bind(listener, (struct sockaddr *)&address, length), "bind");
		must(listen(listener, 64), "listen");
		must(getsockname(listener, (struct sockaddr *)&address, &length), "getsockname");
	}
	pair[1] = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	must(connect(pair[1], (struct sockaddr *)&address, length), "connect");
	pair[0] = must(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept4");
	for (int i = 0; i < 2; i++)
		must(setsockopt(pair[i], IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes)), "TCP_NODELAY");
	must(setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "SO_LINGER");
}

/* Two ends by the name of what connects them: what is written to the second is read of the first. */
static void connected(const char *medium, int pair[2])
{
	if (strcmp(medium, "unix") == 0)
		must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), "socketpair");
	else if (strcmp(medium, "pipe") == 0)
		must(pipe2(pair, O_NONBLOCK), "pipe2");
	else if (strcmp(medium, "eventfd") == 0)
		pair[0] = pair[1] = new_eventfd();
	else if (strcmp(medium, "tcp") == 0)
		tcp_pair(pair);
	else
		exit(2);
}

/* ── round-trip, nested: write + epoll_wait + read ─────────────────────────────────────────────── */

static int ep, pair[2];
static size_t message;
static struct epoll_event rearm;

static struct played play_round_trip(long rounds, long which)
{
	struct epoll_event event;
	char bytes[8] = { 1 };
	long events = 0;
	int64_t start = now_ns();

	(void)which;
	for (long i = 0; i < rounds; i++) {
		expect(write(pair[1], bytes, message) == (ssize_t)message, "write");
		events += epoll_wait(ep, &event, 1, -1);
		expect(read(pair[0], bytes, message) == (ssize_t)message, "read");
		if (rearm.events != 0)
			expect(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &rearm) == 0, "EPOLL_CTL_MOD");
	}
	return (struct played){ now_ns() - start, events };
}

static play_fn *set_up_round_trip(char **args)
{
	uint32_t events = EPOLLIN;

	if (strcmp(args[0], "et") == 0)
		events |= EPOLLET;
	if (strcmp(args[0], "oneshot") == 0) {
		events |= EPOLLONESHOT;
		rearm.events = events;
	}
	connected(args[1], pair);
	message = strcmp(args[1], "eventfd") == 0 ? sizeof(one) : 1;
	ep = must(epoll_create1(0), "epoll_create1");
	watch(ep, pair[0], events);
	return play_round_trip;
}

static play_fn *set_up_nested(char **args)
{
	int depth = atoi(args[0]), inner;

	connected("eventfd", pair);
	message = sizeof(one);
	for (ep = pair[0]; depth > 0; depth--) {
		inner = ep;
		ep = must(epoll_create1(0), "epoll_create1");
		watch(ep, inner, EPOLLIN);
	}
	return play_round_trip;
}

/* ── many items: eventfds in a set ─────────────────────────────────────────────────────────────── */

static long items, kept;
static int *fds;
static struct epoll_event *events_out;

/*
 * A set of eventfds. Some of them, which lie evenly among the others, are kept in `fds` for what
 * follows; the others do nothing, and are kept open by other processes where they are too many.
 */
static void make_items(long count)
{
	long room, others = 0;
	int *idle;

	items = count;
	kept = items < 1024 ? items : 1024;
	room = room_for(items, kept);
	fds = array(kept, sizeof(*fds));
	idle = array(items, sizeof(*idle));
	events_out = array(kept, sizeof(*events_out));
	ep = must(epoll_create1(0), "epoll_create1");
	for (long i = 0, next = 0; i < items; i++) {
		int fd = new_eventfd();

		watch(ep, fd, EPOLLIN);
		if (i == next * items / kept) {
			fds[next++] = fd;
			continue;
		}
		idle[others++] = fd;
		if (others == room) {
			leave_to_another(idle, others);
			others = 0;
		}
	}
	free(idle);
}

/* ── ctl: ADD, MOD and DEL beside many items ───────────────────────────────────────────────────── */

static struct played play_ctl(long rounds, long which)
{
	static const int ops[] = { EPOLL_CTL_DEL, EPOLL_CTL_ADD, EPOLL_CTL_MOD };
	struct played played = { 0, 0 };
	long probes = kept / 2; /* So that half of those that are kept are always there. */

	for (long i = 0; i < rounds; i++) {
		for (int op = 0; op < 3; op++) {
			struct epoll_event event = { .events = op == 2 ? EPOLLIN | EPOLLET : EPOLLIN };
			int64_t start = now_ns();

			for (long k = 0; k < probes; k++)
				expect(epoll_ctl(ep, ops[op], fds[2 * k], &event) == 0, "epoll_ctl");
			if (op == which) {
				played.ns += now_ns() - start;
				played.events += probes;
			}
		}
	}
	return played;
}

static play_fn *set_up_ctl(char **args)
{
	make_items(atol(args[0]));
	return play_ctl;
}

/* ── epoll_wait: some are ready of many ────────────────────────────────────────────────────────── */

static long ready;

/* Makes so many ready, which lie evenly among the items, and no others. */
static void make_ready(long count)
{
	uint64_t value;

	for (long i = 0; i < ready; i++)
		expect(read(fds[i * kept / ready], &value, sizeof(value)) > 0, "read");
	expect(epoll_wait(ep, events_out, kept, 0) == 0, "nothing is ready");
	for (long i = 0; i < count; i++)
		expect(write(fds[i * kept / count], &one, sizeof(one)) > 0, "write");
	ready = count;
}

static struct played play_epoll_wait(long rounds, long which)
{
	long events = 0;
	int64_t start;

	if (which != ready)
		make_ready(which);
	start = now_ns();
	for (long i = 0; i < rounds; i++)
		events += epoll_wait(ep, events_out, ready, -1);
	return (struct played){ now_ns() - start, events };
}

static play_fn *set_up_epoll_wait(char **args)
{
	make_items(atol(args[0]));
	return play_epoll_wait;
}

/* ── poll, select: one is ready of many, the last one ──────────────────────────────────────────── */

static struct pollfd *pollfds;
static fd_set asked;

static struct played play_poll(long rounds, long which)
{
	long events = 0;
	int64_t start = now_ns();

	(void)which;
	for (long i = 0; i < rounds; i++)
		events += poll(pollfds, items, -1);
	return (struct played){ now_ns() - start, events };
}

static struct played play_select(long rounds, long which)
{
	long events = 0;
	int64_t start = now_ns();

	(void)which;
	for (long i = 0; i < rounds; i++) {
		fd_set in = asked;

		events += select(fds[items - 1] + 1, &in, NULL, NULL, NULL);
	}
	return (struct played){ now_ns() - start, events };
}

static void make_polled(long count)
{
	items = count;
	if (allow_files(items) < items)
		too_few_files();
	fds = array(items, sizeof(*fds));
	for (long i = 0; i < items; i++)
		fds[i] = new_eventfd();
	must(write(fds[items - 1], &one, sizeof(one)), "write");
}

static play_fn *set_up_poll(char **args)
{
	make_polled(atol(args[0]));
	pollfds = array(items, sizeof(*pollfds));
	for (long i = 0; i < items; i++)
		pollfds[i] = (struct pollfd){ .fd = fds[i], .events = POLLIN };
	return play_poll;
}

static play_fn *set_up_select(char **args)
{
	make_polled(atol(args[0]));
	expect(fds[items - 1] < FD_SETSIZE, "a descriptor that fits into an fd_set");
	for (long i = 0; i < items; i++)
		FD_SET(fds[i], &asked);
	return play_select;
}

/* ── waiters: a write wakes one of many threads, which reads and answers ───────────────────────── */

static int event, answer;

static void *wait_for_events(void *shared)
{
	int mine = shared == NULL ? must(epoll_create1(0), "epoll_create1") : ep;
	struct epoll_event out;
	uint64_t value;

	if (shared == NULL)
		watch(mine, event, EPOLLIN | EPOLLEXCLUSIVE);
	for (;;) {
		expect(epoll_wait(mine, &out, 1, -1) == 1, "epoll_wait");
		if (read(event, &value, sizeof(value)) > 0)
			expect(write(answer, &one, sizeof(one)) > 0, "write");
	}
	return NULL;
}

static struct played play_waiters(long rounds, long which)
{
	long events = 0;
	uint64_t value;
	int64_t start = now_ns();

	(void)which;
	for (long i = 0; i < rounds; i++) {
		expect(write(event, &one, sizeof(one)) > 0, "write");
		expect(read(answer, &value, sizeof(value)) > 0, "read");
		events += value;
	}
	return (struct played){ now_ns() - start, events };
}

static play_fn *set_up_waiters(char **args)
{
	int threads = atoi(args[0]);
	int shared = strcmp(args[1], "shared") == 0;
	pthread_attr_t small;
	cpu_set_t here;

	/*
	 * On one CPU, where who is woken waits until the waker sleeps, as in the model: otherwise it would
	 * be the interrupt between CPUs that is measured, and chance who runs first.
	 */
	must(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 }), "sched_setscheduler");
	CPU_ZERO(&here);
	CPU_SET(must(sched_getcpu(), "sched_getcpu"), &here);
	must(sched_setaffinity(0, sizeof(here), &here), "sched_setaffinity");
	event = new_eventfd();
	answer = must(eventfd(0, 0), "eventfd");
	if (shared) {
		ep = must(epoll_create1(0), "epoll_create1");
		watch(ep, event, EPOLLIN | EPOLLET);
	}
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 64 * 1024);
	for (int i = 0; i < threads; i++) {
		pthread_t thread;

		errno = pthread_create(&thread, &small, wait_for_events, shared ? &ep : NULL);
		if (errno != 0)
			cannot("pthread_create");
	}
	usleep(200 * 1000); /* All of them sleep by then. */
	return play_waiters;
}

/* ── echo: a server of many connections, of which some are active ──────────────────────────────── */

static int *clients;
static long active;
enum { ECHO = 64, BATCH = 128 };

static void serve(long messages)
{
	struct epoll_event out[BATCH];
	char bytes[ECHO];

	while (messages > 0) {
		int n = epoll_wait(ep, out, BATCH, -1);

		expect(n > 0, "epoll_wait");
		for (int i = 0; i < n; i++) {
			ssize_t length = read(out[i].data.fd, bytes, ECHO);

			expect(length == ECHO, "read");
			expect(write(out[i].data.fd, bytes, length) == length, "write");
		}
		messages -= n;
	}
}

static struct played play_echo(long rounds, long which)
{
	char bytes[ECHO] = { 0 };
	int64_t start = now_ns();

	(void)which;
	for (long i = 0; i < rounds; i++) {
		for (long k = 0; k < active; k++)
			expect(write(clients[k], bytes, ECHO) == ECHO, "write");
		serve(active);
		for (long k = 0; k < active; k++)
			expect(read(clients[k], bytes, ECHO) == ECHO, "read");
	}
	return (struct played){ now_ns() - start, rounds * active };
}

static play_fn *set_up_echo(char **args)
{
	long room, others = 0;
	int *idle;

	items = atol(args[1]);
	active = atol(args[2]);
	room = room_for(2 * items, items + active);
	clients = array(active, sizeof(*clients));
	idle = array(items, sizeof(*idle));
	ep = must(epoll_create1(0), "epoll_create1");
	for (long i = 0, next = 0; i < items; i++) {
		connected(args[0], pair);
		watch(ep, pair[0], EPOLLIN);
		if (next < active && i == next * items / active)
			clients[next++] = pair[1];
		else
			idle[others++] = pair[1];
		if (others == room) {
			leave_to_another(idle, others);
			others = 0;
		}
	}
	free(idle);
	return play_echo;
}

/* ── what is asked ─────────────────────────────────────────────────────────────────────────────── */

static const struct {
	const char *name;
	int args;
	play_fn *(*set_up)(char **args);
} works[] = {
	{ "round-trip", 2, set_up_round_trip },
	{ "ctl", 1, set_up_ctl },
	{ "epoll_wait", 1, set_up_epoll_wait },
	{ "waiters", 2, set_up_waiters },
	{ "nested", 1, set_up_nested },
	{ "poll", 1, set_up_poll },
	{ "select", 1, set_up_select },
	{ "echo", 3, set_up_echo },
};

int main(int argc, char **argv)
{
	play_fn *play = NULL;
	char line[64];
	long rounds, which;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++)
		if (argc > 1 && strcmp(argv[1], works[i].name) == 0 && argc == works[i].args + 2)
			play = works[i].set_up(argv + 2);
	if (play == NULL) {
		fprintf(stderr, "linux: expected a work and its arguments\n");
		return 2;
	}
	puts("ready");
	while (fgets(line, sizeof(line), stdin) != NULL && sscanf(line, "%ld %ld", &rounds, &which) == 2) {
		struct played played = play(rounds, which);

		printf("%lld %ld\n", (long long)played.ns, played.events);
	}
	_exit(0);
}
