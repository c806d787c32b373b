/** The text of runtime.c, put here by scripts/embed.ts. */
export const runtimeText: string = String.raw`//: /epoll_|EPOLL/
#include <sys/epoll.h>
//.
//: /eventfd\(/
#include <sys/eventfd.h>
//.
//: /signalfd/
#include <sys/signalfd.h>
//.
//: /timerfd_/
#include <sys/timerfd.h>
//.
//: /inotify_/
#include <sys/inotify.h>
//.
//: /socket|sockaddr|shutdown/
#include <sys/socket.h>
//.
//: /sockaddr_un/
#include <sys/un.h>
//.
//: /sockaddr_in|IPPROTO_/
#include <netinet/in.h>
//.
//: /inet_ntop|htons/
#include <arpa/inet.h>
//.
//: /TCP_/
#include <netinet/tcp.h>
//.
//: /pollfd|POLLIN/
#include <poll.h>
//.
//: /fd_set/
#include <sys/select.h>
//.
//: /iovec/
#include <sys/uio.h>
//.
//: /struct termios/
#include <asm/termbits.h>
//.
//: /ioctl\(/
#include <sys/ioctl.h>
//.
//: /SIOC(?!GIF|SIF)/
#include <linux/sockios.h>
//.
//: /UFFD/
#include <linux/userfaultfd.h>
//.
//: /ifreq/
#include <net/if.h>
//.
//: /opendir/
#include <ctype.h>
#include <dirent.h>
//.
//: /nftw/
#include <ftw.h>
//.
//: /setjmp/
#include <setjmp.h>
//.
//: /struct stat/
#include <sys/stat.h>
//.
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

//: @head
//.

/* ---- what a scenario needs around its calls ---- */

/*
 * What a scenario needs around its calls to be played on Linux: threads that make the calls, and a
 * driver that watches them.
 *
 * The driver is the first process. It forks another one, whose threads make the calls, and tells a
 * thread to take a step when every other one is idle or asleep in its call. Whether that is so is
 * seen in /proc: the call a thread is in, its state, how often it was switched. Seen twice without a
 * change in between it counts as rest.
 */
#define NOFILE 1024
#define MEMORY_FD 4090 /* Above RLIMIT_NOFILE: no scenario can open these two. */
#define FAULT_FD 4091
#define TEXT (1 << 20)
//: held_pages
#define HELD_SIZE 0x10000
//.
#define LIMIT_MS 10000 /* How long rest may take beyond the scenario's own times. */
#define UNBOUND (-0x7fffffff - 1)

enum exit_code { PLAYED, FAILED, LATE = 75, SKIPPED = 77 };
enum kind { CALL, TIMED, SLEEP, RELEASE, EXECVE };

struct step {
	int thread;
	enum kind kind;
	double ms; /* The timeout of a TIMED call, or how long to SLEEP. */
	int of; /* The thread whose page is RELEASEd. */
};

struct thread {
	uint32_t go; /* How many steps it was told to take; it sleeps on this. */
	uint32_t done; /* How many it has taken. */
	int32_t step; /* The one to take. */
	int32_t pid; /* 0 before it has begun. */
	int32_t tid;
	uint32_t length; /* Of the text of what its calls returned. */
	uint64_t idle; /* Where its process has "go". */
	char text[TEXT];
};

/* What the driver and the processes share. */
static struct shared {
	int32_t ready;
	char skipped[200]; /* Why it cannot be played here. */
	char error[400]; /* Of the scenario. */
	struct timespec until; /* The end of a sleep. */
	struct names fd;
//: @concurrent
	uint32_t together; /* How many threads begin at the same time. */
	uint32_t arrived;
	uint32_t seed;
//.
	struct thread threads[THREADS];
} *shared;

//: @many
static const struct step *steps;
//.
//: !@many
static const struct step steps[STEPS + 1];
//.
static void take(int step);

/* Where a step stands in the scenario. */
static const char *place(int step)
{
	static _Thread_local char text[100];

//: !@concurrent
	snprintf(text, sizeof(text), "step %d", step);
//.
//: @concurrent
	int thread = steps[step].thread;

	if (step < FREE)
		snprintf(text, sizeof(text), "step %d", step);
	else if (step >= AFTER)
		snprintf(text, sizeof(text), "after: step %d", step - AFTER);
	else
		snprintf(text, sizeof(text), "concurrent %s: step %d", threads[thread],
			 step - lists[thread].first);
//.
	return text;
}

/* ---- on the threads that make the calls ---- */

static _Thread_local int self;
static _Thread_local uint32_t length;
//: give_up()
static _Thread_local int taken;
static _Thread_local jmp_buf given_up;
//.
//: room()
static char *rooms;
//.
//: held_pages
static char *held_pages;
//.

/* Appends to what the thread's call has returned. */
static void __attribute__((format(printf, 1, 2))) put(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	length += vsnprintf(shared->threads[self].text + length, TEXT - length, format, args);
	va_end(args);
	if (length >= TEXT)
		_exit(FAILED);
}
//: put_string()

/* As a JSON string. */
static void put_string(const char *text)
{
	put("\"");
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			put("\\");
		put("%c", *text);
	}
	put("\"");
}
//.
//: put_flags()

struct flag {
	const char *name;
	uint32_t bit;
};

/* The names of the bits of a word, in ascending order; "0" for none. */
static void put_flags(const struct flag *flags, uint32_t word)
{
	const char *bar = "";

	for (; flags->name; flags++) {
		if (!(word & flags->bit))
			continue;
		put("%s%s", bar, flags->name);
		word &= ~flags->bit;
		bar = "|";
	}
	if (word)
		put("%s0x%x", bar, word);
	else if (!*bar)
		put("0");
}
//.
//: give_up()

/* The step is at fault: nothing of it is carried out. */
static void __attribute__((noreturn, format(printf, 1, 2))) give_up(const char *format, ...)
{
	size_t used = snprintf(shared->error, sizeof(shared->error), "%s: ", place(taken));
	va_list args;

	va_start(args, format);
	vsnprintf(shared->error + used, sizeof(shared->error) - used, format, args);
	va_end(args);
	longjmp(given_up, 1);
}
//.
//: FD()

/* The descriptor that a name stands for. */
static int bound(const int *name)
{
	if (*name == UNBOUND)
		give_up("$%s is not bound", names[name - (const int *)&shared->fd]);
	return *name;
}

//: !@many
#define FD(name) bound(&shared->fd.name)
//.
//: @many
#define FD(name) bound(&shared->fd.at[fd_##name])
//.
//.
//: AS()
//: !@many
#define AS(name) (&shared->fd.name)
//.
//: @many
#define AS(name) (&shared->fd.at[fd_##name])
//.
//.
//: pid_of()

/* The process that a thread is of. */
static pid_t pid_of(int thread)
{
	pid_t pid = __atomic_load_n(&shared->threads[thread].pid, __ATOMIC_ACQUIRE);

	if (pid == 0)
		give_up("thread %s does not run", threads[thread]);
	return pid;
}
//.
//: tid_of()

static pid_t tid_of(int thread)
{
	pid_of(thread);
	return shared->threads[thread].tid;
}
//.
//: room()

/* Where a call of this thread stores what it reads. */
static void *room(void)
{
	return memset(rooms + (size_t)self * ROOM, 0, 64);
}
//.
//: unmapped

/* Nothing can be there: it lies below vm.mmap_min_addr. */
static void *volatile unmapped = (void *)0x1000;
//.
//: xs

//: !@many
static char xs[XS];
//.
//: @many
static char xs[MOST_XS];
//.
//.
//: fds()

/* A set of so many descriptors. */
static fd_set *fds(fd_set *set, int count, ...)
{
	va_list args;

	FD_ZERO(set);
	va_start(args, count);
	while (count--) {
		int fd = va_arg(args, int);

		if (fd >= 0 && fd < FD_SETSIZE)
			FD_SET(fd, set);
	}
	va_end(args);
	return set;
}
//.
//: highest()

/* The first argument of select(): one more than the largest of so many descriptors. */
static int highest(int count, ...)
{
	va_list args;
	int most = -1;

	va_start(args, count);
	while (count--) {
		int fd = va_arg(args, int);

		most = fd > most ? fd : most;
	}
	va_end(args);
	return most + 1;
}
//.
//: signals()

/* A mask of signals; the list ends with 0. */
static const sigset_t *signals(int first, ...)
{
	static _Thread_local sigset_t set;
	va_list args;
	int signal;

	sigemptyset(&set);
	va_start(args, first);
	for (signal = first; signal; signal = va_arg(args, int))
		sigaddset(&set, signal);
	va_end(args);
	return &set;
}
//.
//: /union address/

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_un un;
	char room[128];
};
//.
//: address_of()

/* What a socket is bound to; "length" is that of the address. */
static const struct sockaddr *address_of(int fd, socklen_t *length)
{
	static _Thread_local union address at;

	memset(&at, 0, sizeof(at));
	*length = sizeof(at);
	if (getsockname(fd, &at.sa, length) < 0 ||
	    (at.sa.sa_family == AF_UNIX ? *length <= 2 : at.in.sin_port == 0))
		give_up("the target of connect has no address");
	return &at.sa;
}
//.
//: held()

/* Memory of this thread that is not there until it is released: who touches it sleeps. */
static void *held(void)
{
	char *page = held_pages + (size_t)self * HELD_SIZE;

	madvise(page, HELD_SIZE, MADV_DONTNEED);
	return page;
}
//.
//: release()

/* Supplies the page that a thread's call waits for. */
static int release(int thread)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)held_pages + (size_t)thread * HELD_SIZE, HELD_SIZE },
	};

	return ioctl(FAULT_FD, UFFDIO_ZEROPAGE, &zero);
}
//.
//: sleep_for()

/* Sleeps to a point of the scenario's own time, so that what steps take does not add up. */
static int sleep_for(int ms)
{
	(void)ms; /* The driver has added it to the time. */
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &shared->until, NULL) == EINTR)
		;
	return 0;
}
//.

/* ---- what a call returned, as the transcript shows it ---- */
//: show_ret()

static long show_ret(long ret)
{
	if (ret == -1)
		put("\"ret\":-1,\"errno\":\"%s\"", strerrorname_np(errno));
	else
		put("\"ret\":%ld", ret);
	return ret;
}
//.
//: opened()

/* A call that returns a descriptor, which a name stands for from now on. */
static void opened(long ret, int *name)
{
	if (show_ret(ret) != -1)
		*name = (int)ret;
}
//.
//: opened_two()

static void opened_two(long ret, const int fds[2], int *first, int *second)
{
	if (show_ret(ret) == -1)
		return;
	put(",\"fds\":[%d,%d]", fds[0], fds[1]);
	*first = fds[0];
	*second = fds[1];
}
//.
//: show_two()

static void show_two(long ret, const int fds[2])
{
	if (show_ret(ret) != -1)
		put(",\"fds\":[%d,%d]", fds[0], fds[1]);
}
//.
//: epoll_flags

static const struct flag epoll_flags[] = {
	{ "EPOLLIN", EPOLLIN },		{ "EPOLLPRI", EPOLLPRI },
	{ "EPOLLOUT", EPOLLOUT },	{ "EPOLLERR", EPOLLERR },
	{ "EPOLLHUP", EPOLLHUP },	{ "EPOLLNVAL", 0x20 },
	{ "EPOLLRDNORM", EPOLLRDNORM },	{ "EPOLLRDBAND", EPOLLRDBAND },
	{ "EPOLLWRNORM", EPOLLWRNORM }, { "EPOLLWRBAND", EPOLLWRBAND },
	{ "EPOLLMSG", EPOLLMSG },	{ "EPOLLRDHUP", EPOLLRDHUP },
	{ NULL, 0 },
};
//.
//: show_events()

static void show_events(long ret, const struct epoll_event *events)
{
	long i;

	if (show_ret(ret) == -1)
		return;
	put(",\"events\":[");
	for (i = 0; i < ret; i++) {
		put("%s{\"events\":\"", i ? "," : "");
		put_flags(epoll_flags, events[i].events);
		put("\",\"data\":%llu}", (unsigned long long)events[i].data.u64);
	}
	put("]");
}
//.
//: show_revents()

static const struct flag poll_flags[] = {
	{ "POLLIN", POLLIN },	      { "POLLPRI", POLLPRI },	    { "POLLOUT", POLLOUT },
	{ "POLLERR", POLLERR },	      { "POLLHUP", POLLHUP },	    { "POLLNVAL", POLLNVAL },
	{ "POLLRDNORM", POLLRDNORM }, { "POLLRDBAND", POLLRDBAND }, { "POLLWRNORM", POLLWRNORM },
	{ "POLLWRBAND", POLLWRBAND }, { "POLLMSG", POLLMSG },	    { "POLLREMOVE", POLLREMOVE },
	{ "POLLRDHUP", POLLRDHUP },   { NULL, 0 },
};

static void show_revents(long ret, const struct pollfd *fds, int count)
{
	int i;

	if (show_ret(ret) == -1)
		return;
	put(",\"revents\":[");
	for (i = 0; i < count; i++) {
		put("%s\"", i ? "," : "");
		put_flags(poll_flags, (unsigned short)fds[i].revents);
		put("\"");
	}
	put("]");
}
//.
//: show_sets()

static void show_set(const char *name, const fd_set *set)
{
	const char *comma = "";
	int fd;

	put(",\"%s\":[", name);
	for (fd = 0; fd < FD_SETSIZE; fd++) {
		if (!FD_ISSET(fd, set))
			continue;
		put("%s%d", comma, fd);
		comma = ",";
	}
	put("]");
}

static void show_sets(long ret, const fd_set *in, const fd_set *out, const fd_set *except)
{
	if (show_ret(ret) == -1)
		return;
	show_set("read", in);
	show_set("write", out);
	show_set("except", except);
}
//.
//: put_data()

/* What was stored, if it is 1 to 64 bytes and all of them can be printed. */
static void put_data(long ret, const char *data, size_t room)
{
	char text[65] = "";
	long i;

	if (ret < 1 || ret > 64)
		return;
	ret = (size_t)ret < room ? ret : (long)room; /* With MSG_TRUNC it may be more. */
	for (i = 0; i < ret; i++) {
		if (data[i] < 0x20 || data[i] > 0x7e)
			return;
		text[i] = data[i];
	}
	if (ret == 0)
		return;
	put(",\"data\":");
	put_string(text);
}
//.
//: show_data()

static void show_data(long ret, const void *data, size_t room)
{
	put_data(show_ret(ret), data, room);
}
//.
//: show_counter()

/* A read of an eventfd or timerfd. */
static void show_counter(long ret, const void *data, size_t room)
{
	if (ret == 8)
		put("\"ret\":8,\"value\":\"%llu\"", *(const unsigned long long *)data);
	else
		put_data(show_ret(ret), data, room);
}
//.
//: put_signals()

/* A read of a signalfd. */
static void put_signals(long ret, const struct signalfd_siginfo *info)
{
	long i;

	put(",\"signals\":[");
	for (i = 0; i < ret / (long)sizeof(*info); i++)
		put("%s\"SIG%s\"", i ? "," : "", sigabbrev_np((int)info[i].ssi_signo));
	put("]");
}
//.
//: put_inotify()

static const struct flag inotify_flags[] = {
	{ "IN_ACCESS", IN_ACCESS },
	{ "IN_MODIFY", IN_MODIFY },
	{ "IN_ATTRIB", IN_ATTRIB },
	{ "IN_CLOSE_WRITE", IN_CLOSE_WRITE },
	{ "IN_CLOSE_NOWRITE", IN_CLOSE_NOWRITE },
	{ "IN_OPEN", IN_OPEN },
	{ "IN_MOVED_FROM", IN_MOVED_FROM },
	{ "IN_MOVED_TO", IN_MOVED_TO },
	{ "IN_CREATE", IN_CREATE },
	{ "IN_DELETE", IN_DELETE },
	{ "IN_DELETE_SELF", IN_DELETE_SELF },
	{ "IN_MOVE_SELF", IN_MOVE_SELF },
	{ "IN_UNMOUNT", IN_UNMOUNT },
	{ "IN_Q_OVERFLOW", IN_Q_OVERFLOW },
	{ "IN_IGNORED", IN_IGNORED },
	{ "IN_ISDIR", IN_ISDIR },
	{ NULL, 0 },
};

/* A read of an inotify instance. Cookies are numbered from 1, as they come. */
static void put_inotify(long ret, const char *data)
{
	uint32_t cookies[64];
	int known = 0, i;
	long at = 0;

	put(",\"inotify\":[");
	while (at + (long)sizeof(struct inotify_event) <= ret) {
		const struct inotify_event *event = (const void *)(data + at);

		put("%s\"%d ", at ? "," : "", event->wd);
		put_flags(inotify_flags, event->mask);
		if (event->len)
			put(" %s", event->name);
		for (i = 0; i < known && cookies[i] != event->cookie; i++)
			;
		if (event->cookie && i == known && known < 64)
			cookies[known++] = event->cookie;
		if (event->cookie)
			put(" #%d", i + 1);
		put("\"");
		at += (long)sizeof(*event) + event->len;
	}
	put("]");
}
//.
//: /enum what/

/* What a read gives. */
enum what { BYTES, COUNTER, SIGNALS, EVENTS, HIDDEN };
//.
//: kind_of()

/* What the descriptor is. */
static enum what kind_of(int fd)
{
	static const char *const names[] = {
		"anon_inode:[eventfd]", "anon_inode:[timerfd]", "anon_inode:[signalfd]",
		"anon_inode:inotify",	"/dev/random",		"/dev/urandom",
	};
	static const enum what whats[] = { COUNTER, COUNTER, SIGNALS, EVENTS, HIDDEN, HIDDEN };
	char path[40], found[100] = "";
	size_t i;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, found, sizeof(found) - 1) < 0)
		return BYTES;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(found, names[i]) == 0)
			return whats[i];
	return BYTES;
}
//.
//: show_read()

static void show_read(enum what what, long ret, const void *data, size_t room)
{
	if (what == COUNTER) {
		show_counter(ret, data, room);
		return;
	}
	show_ret(ret);
	if (ret == -1 || what == HIDDEN)
		return;
	if (what == SIGNALS)
		put_signals(ret, data);
	else if (what == EVENTS)
		put_inotify(ret, data);
	else
		put_data(ret, data, room);
}
//.
//: show_value()

static void show_value(long ret, int value)
{
	if (show_ret(ret) != -1)
		put(",\"value\":%d", value);
}
//.
//: show_error()

/* A read of SO_ERROR. */
static void show_error(long ret, int error)
{
	if (show_ret(ret) != -1)
		put(",\"value\":\"%s\"", error ? strerrorname_np(error) : "0");
}
//.
//: show_linger()

static void show_linger(long ret, const struct linger *linger)
{
	if (show_ret(ret) != -1)
		put(",\"value\":%d", linger->l_onoff ? linger->l_linger : -1);
}
//.
//: put_address()

/* A number or name that the system chose is shown as "*". */
static void put_address(const char *field, const union address *at, socklen_t length)
{
	char text[128] = "";
	size_t name = length > 2 ? length - 2 : 0;

	if (length == 0)
		return;
	put(",\"%s\":", field);
	if (at->sa.sa_family != AF_UNIX) {
		char host[INET_ADDRSTRLEN];
		unsigned int port = ntohs(at->in.sin_port);

		inet_ntop(AF_INET, &at->in.sin_addr, host, sizeof(host));
		if (port < 32768)
			put("\"%s:%u\"", host, port);
		else
			put("\"%s:*\"", host);
	} else if (name == 0) {
		put("\"unnamed\"");
	} else if (at->un.sun_path[0]) {
		memcpy(text, at->un.sun_path, name);
		put_string(text);
	} else {
		memcpy(text, at->un.sun_path, name);
		text[0] = '@';
		if (name == 6 && strspn(text + 1, "0123456789abcdef") == 5)
			strcpy(text, "@*");
		put_string(text);
	}
}
//.
//: show_from()

static void show_from(long ret, const char *data, size_t room, const union address *at,
		      socklen_t length)
{
	put_data(show_ret(ret), data, room);
	if (ret != -1)
		put_address("from", at, length);
}
//.
//: show_address()

static void show_address(long ret, const union address *at, socklen_t length)
{
	if (show_ret(ret) != -1)
		put_address("address", at, length);
}
//.
//: show_message()

static const struct flag message_flags[] = {
	{ "MSG_OOB", 0x1 },	      { "MSG_PEEK", 0x2 },	   { "MSG_DONTROUTE", 0x4 },
	{ "MSG_CTRUNC", 0x8 },	      { "MSG_PROBE", 0x10 },	   { "MSG_TRUNC", 0x20 },
	{ "MSG_DONTWAIT", 0x40 },     { "MSG_EOR", 0x80 },	   { "MSG_WAITALL", 0x100 },
	{ "MSG_FIN", 0x200 },	      { "MSG_SYN", 0x400 },	   { "MSG_CONFIRM", 0x800 },
	{ "MSG_RST", 0x1000 },	      { "MSG_ERRQUEUE", 0x2000 },  { "MSG_NOSIGNAL", 0x4000 },
	{ "MSG_MORE", 0x8000 },	      { "MSG_WAITFORONE", 0x10000 }, { "MSG_BATCH", 0x40000 },
	{ "MSG_ZEROCOPY", 0x4000000 }, { "MSG_FASTOPEN", 0x20000000 }, { NULL, 0 },
};

static int is_rights(const struct cmsghdr *control)
{
	return control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS;
}

/* The descriptors that came along get the names in "binds", so far as they go. */
static void show_message(long ret, struct msghdr *message, int *const binds[], int count)
{
	struct cmsghdr *control = NULL;
	int i, came = 0, got[256];

	if (show_ret(ret) == -1)
		return;
	if (message->msg_controllen)
		control = CMSG_FIRSTHDR(message);
	while (control && !is_rights(control))
		control = CMSG_NXTHDR(message, control);
	if (control) {
		came = (int)((control->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(got, CMSG_DATA(control), sizeof(int) * (size_t)came);
		put(",\"fds\":[");
		for (i = 0; i < came; i++)
			put("%s%d", i ? "," : "", got[i]);
		put("]");
	}
	for (i = 0; i < count; i++)
		*binds[i] = i < came ? got[i] : UNBOUND;
	put_data(ret, message->msg_iov->iov_base, message->msg_iov->iov_len);
	put_address("from", message->msg_name, message->msg_namelen);
	put(",\"msg_flags\":\"");
	put_flags(message_flags, (uint32_t)message->msg_flags & ~(uint32_t)MSG_CMSG_CLOEXEC);
	put("\"");
}
//.
//: show_armed()

static void show_armed(long ret, const struct itimerspec *left)
{
	const struct timespec *until = &left->it_value;

	if (show_ret(ret) != -1)
		put(",\"armed\":%s", until->tv_sec || until->tv_nsec ? "true" : "false");
}
//.
//: show_fdinfo()

struct line {
	int watched; /* The number in a "tfd:" line, or -1. */
	char text[300];
};

static int by_descriptor(const void *a, const void *b)
{
	const struct line *one = a, *other = b;

	if (one->watched != other->watched)
		return one->watched < other->watched ? -1 : 1;
	return one->watched < 0 ? 0 : strcmp(one->text, other->text);
}

static int starts(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* A line with single blanks, and without what is a machine's own; 0 where it is all that. */
static int shown_line(struct line *line, char *from)
{
	char *word, *rest = NULL;
	int is_events = 0;
	size_t used = 0;

	if (starts(from, "mnt_id:") || starts(from, "ino:") || starts(from, "tty-index:"))
		return 0;
	line->watched = -1;
	sscanf(from, "tfd: %d", &line->watched);
	for (word = strtok_r(from, " \t", &rest); word; word = strtok_r(NULL, " \t", &rest)) {
		char number[20];

		if (line->watched >= 0 &&
		    (starts(word, "ino:") || starts(word, "sdev:") || starts(word, "pos:"))) {
			if (!strchr(word, ':')[1])
				strtok_r(NULL, " \t", &rest);
			continue;
		}
		if (line->watched >= 0 && is_events) {
			/* Whether EPOLLWAKEUP is kept hangs on a capability. */
			snprintf(number, sizeof(number), "%lx", strtoul(word, NULL, 16) & ~(1ul << 29));
			word = number;
		}
		is_events = strcmp(word, "events:") == 0;
		used += (size_t)snprintf(line->text + used, sizeof(line->text) - used, "%s%s",
					 used ? " " : "", word);
	}
	return used > 0;
}

static void show_fdinfo(int fd)
{
	static struct line lines[NOFILE];
	char path[50], text[300];
	int i, count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file) {
		errno = ENOENT;
		show_ret(-1);
		return;
	}
	while (count < NOFILE && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		count += shown_line(&lines[count], text);
	}
	fclose(file);
	qsort(lines, (size_t)count, sizeof(*lines), by_descriptor);
	put("\"ret\":0,\"lines\":[");
	for (i = 0; i < count; i++) {
		put("%s", i ? "," : "");
		put_string(lines[i].text);
	}
	put("]");
}
//.
//: show_fork()

static void serve(int thread);

/* The child goes on as a thread of the scenario. */
static void show_fork(pid_t pid, int thread)
{
	struct thread *child = &shared->threads[thread];

	if (pid == 0) {
		child->go = child->done = 0;
		__atomic_store_n(&child->pid, getpid(), __ATOMIC_RELEASE);
		serve(thread);
	}
	if (pid == -1) {
		show_ret(-1);
		return;
	}
	while (__atomic_load_n(&child->tid, __ATOMIC_ACQUIRE) != pid && kill(pid, 0) == 0)
		sched_yield();
	put("\"ret\":0,\"process\":");
	put_string(threads[thread]);
}
//.
//: put_ended()

/* A process is shown by the name of its thread. */
static void put_ended(pid_t pid, int status)
{
	int i;

	for (i = 0; i < THREADS - 1 && shared->threads[i].pid != pid; i++)
		;
	put(",\"process\":");
	put_string(threads[i]);
	if (WIFEXITED(status))
		put(",\"status\":\"exited %d\"", WEXITSTATUS(status));
	else
		put(",\"status\":\"killed SIG%s\"", sigabbrev_np(WTERMSIG(status)));
}
//.
//: show_wait4()

static void show_wait4(pid_t pid, int status)
{
	show_ret(pid > 0 ? 0 : pid);
	if (pid > 0)
		put_ended(pid, status);
}
//.
//: show_waitid()

static void show_waitid(int ret, const siginfo_t *info)
{
	int status = info->si_status;

	if (show_ret(ret) != -1 && info->si_pid)
		put_ended(info->si_pid, info->si_code == CLD_EXITED ? (status & 0xff) << 8 : status);
}
//.
//: @concurrent

/* Mostly none, sometimes about as long as a call takes, now and then much longer. */
static void delay(uint32_t *random)
{
	struct timespec start, now;
	uint32_t kind;
	long ns;

	*random ^= *random << 13;
	*random ^= *random >> 17;
	*random ^= *random << 5;
	kind = *random % 100;
	if (kind < 40)
		return;
	ns = (*random >> 8) % (kind < 85 ? 5000 : 60000);
//: @expires
	if (kind >= 97) /* Long enough for a timeout to run out. */
		ns = (*random >> 8) % (TIMEOUTS_MS < 60 ? TIMEOUTS_MS + 1 : 60) * 1500000L;
//.
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		/* Whoever sleeps would be taken for one who is blocked. */
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while ((now.tv_sec - start.tv_sec) * 1000000000 + now.tv_nsec - start.tv_nsec < ns);
}

/* The barrier: none begins before all are there. */
static void meet(uint32_t together)
{
	__atomic_add_fetch(&shared->arrived, 1, __ATOMIC_ACQ_REL);
	while (__atomic_load_n(&shared->arrived, __ATOMIC_ACQUIRE) < together)
		sched_yield();
}
//.

static void take_step(int step)
{
//: give_up()
	taken = step;
	if (setjmp(given_up))
		return;
//.
	take(step);
}

/* Takes the steps that the driver asks for, one after the other. */
static void serve(int thread)
{
	struct thread *me = &shared->threads[thread];
//: @concurrent
	uint32_t random = shared->seed + 0x9e3779b9u * (uint32_t)(thread + 1);
	int met = 0;
//.

	self = thread;
	me->idle = (uintptr_t)&me->go;
	__atomic_store_n(&me->tid, (int32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	for (;;) {
		uint32_t go = __atomic_load_n(&me->go, __ATOMIC_ACQUIRE);

		if (go == me->done) {
			syscall(SYS_futex, &me->go, FUTEX_WAIT, go, NULL, NULL, 0);
			continue;
		}
//: @concurrent
		if (shared->together && !met++)
			meet(shared->together);
		if (shared->together)
			delay(&random);
//.
		length = me->length;
		put(length ? ",{" : "{");
		take_step(me->step++);
		put("}");
		me->length = length;
		__atomic_store_n(&me->done, me->done + 1, __ATOMIC_RELEASE);
	}
}

static void *serve_thread(void *thread)
{
	serve((int)(intptr_t)thread);
	return NULL;
}

/* ---- the process whose threads they are ---- */

static pid_t driver;

static void __attribute__((noreturn)) report_skipped(void)
{
	fprintf(stderr, "%s: skipped: %s\n", program_invocation_short_name, shared->skipped);
	exit(SKIPPED);
}

/* It cannot be played here. */
static void __attribute__((noreturn)) skip(const char *why)
{
	int length = snprintf(shared->skipped, sizeof(shared->skipped), "%s", why);

	if (errno)
		snprintf(shared->skipped + length, sizeof(shared->skipped) - (size_t)length, ": %s",
			 strerror(errno));
	if (getpid() == driver)
		report_skipped();
	__atomic_store_n(&shared->ready, -1, __ATOMIC_RELEASE);
	_exit(SKIPPED);
}

static void map_rooms(void)
{
//: room()
	/* Far below the end of memory: there is space behind it for any number of events. */
	rooms = mmap((void *)0x200000000000, (size_t)ROOM * THREADS, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (rooms == MAP_FAILED)
		skip("mmap");
//.
//: xs
	memset(xs, 'x', XS);
//.
}
//: held_pages

/* Gives every thread memory whose pages stay away until they are released. */
static void map_held(void)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_api api = { .api = UFFD_API };
	size_t size = (size_t)HELD_SIZE * THREADS;
	int fd = (int)syscall(SYS_userfaultfd, O_NONBLOCK);

	if (fd < 0)
		skip("userfaultfd (needs root, or sysctl vm.unprivileged_userfaultfd=1)");
	held_pages = mmap((void *)0x300000000000, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)held_pages;
	range.range.len = size;
	if (ioctl(fd, UFFDIO_API, &api) < 0 || ioctl(fd, UFFDIO_REGISTER, &range) < 0)
		skip("UFFDIO_REGISTER");
	if (dup2(fd, FAULT_FD) < 0)
		skip("dup2");
	close(fd);
}
//.

static void on_signal(int signal)
{
	(void)signal;
}

static void take_signals(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t none;
	int i;

	for (i = 1; i < 32; i++)
		sigaction(i, &action, NULL);
	action.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &action, NULL);
	action.sa_handler = on_signal;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Descriptors 0 to 2 are /dev/null, and no other is open that a scenario could meet. */
static void open_null(void)
{
	struct rlimit limit = { NOFILE, NOFILE };
	int i, fd;

#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3, MEMORY_FD - 1, 0) < 0)
#endif
		for (i = 3; i < MEMORY_FD; i++)
			close(i);
	fd = open("/dev/null", O_RDWR);
	for (i = 0; i < 3; i++)
		dup2(fd, i);
	close(fd);
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		skip("setrlimit");
}

//: !@concurrent

/* One CPU, and first come, first served: threads that one call wakes run in the order of the wakeups. */
static void run_in_order(void)
{
	int skipped = getpid() % 64, cpu = 0, last = -1;
	cpu_set_t allowed, one;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	for (; cpu < CPU_SETSIZE && skipped >= 0; cpu = (cpu + 1) % CPU_SETSIZE) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		skipped--;
		last = cpu;
	}
	CPU_ZERO(&one);
	CPU_SET(last, &one);
	sched_setaffinity(0, sizeof(one), &one);
	/* It needs a privilege, and without it most scenarios come out the same. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
}
//.

static void __attribute__((noreturn)) run_process(void)
{
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 });
	prctl(PR_SET_TIMERSLACK, 50000);
	setpgid(0, 0);
//: !@concurrent
	run_in_order();
//.
	take_signals();
	map_rooms();
//: held_pages
	map_held();
//.
	open_null();
	for (i = 1; i < THREADS; i++) {
		pthread_t thread;

		if (LATER & 1u << i)
			continue; /* It begins with a fork(). */
		shared->threads[i].pid = getpid();
		errno = pthread_create(&thread, NULL, serve_thread, (void *)(intptr_t)i);
		if (errno)
			skip("pthread_create");
		while (!__atomic_load_n(&shared->threads[i].tid, __ATOMIC_ACQUIRE))
			sched_yield();
	}
	shared->threads[0].pid = shared->threads[0].tid = getpid();
	__atomic_store_n(&shared->ready, 1, __ATOMIC_RELEASE);
	serve(0);
	_exit(PLAYED);
}
//: @execve

/* The execve() that ran this program again has returned 0, to the thread that called it. */
static void go_on(int thread)
{
	struct thread *me;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY_FD, 0);
	if (shared == MAP_FAILED)
		_exit(FAILED);
	map_rooms();
	me = &shared->threads[thread];
	self = thread;
	put("{");
	show_ret(0);
	put("}");
	me->length = length;
	me->idle = (uintptr_t)&me->go;
	me->tid = (int32_t)syscall(SYS_gettid);
	__atomic_store_n(&me->done, me->done + 1, __ATOMIC_RELEASE);
	serve(thread);
}
//.

/* ---- the driver: what the threads are doing ---- */

static int pending[THREADS]; /* The step that a thread is in, or -1. */
static double limit; /* When patience ends. */
//: @processes
static int gone[THREADS]; /* An execve() has ended it. */
//.

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void nap(int us)
{
	nanosleep(&(struct timespec){ 0, us * 1000L }, NULL);
}

/* A file of /proc as text; "" when it is gone. */
static char *__attribute__((format(printf, 3, 4)))
proc(char *to, size_t size, const char *format, ...)
{
	size_t used = 0;
	char path[64];
	va_list args;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && used < size - 1) {
		ssize_t count = read(fd, to + used, size - 1 - used);

		if (count <= 0)
			break;
		used += (size_t)count;
	}
	if (fd >= 0)
		close(fd);
	to[used] = '\0';
	return to;
}

static uint64_t hash(uint64_t before, const char *text)
{
	for (; *text; text++)
		before = (before ^ (unsigned char)*text) * 0x100000001b3;
	return before;
}

static int has_returned(int thread)
{
	struct thread *it = &shared->threads[thread];

	return __atomic_load_n(&it->done, __ATOMIC_ACQUIRE) == it->go;
}
//: is_alive()

static int is_alive(int tid)
{
	char text[512], *state;

	proc(text, sizeof(text), "/proc/%d/stat", tid);
	state = strrchr(text, ')');
	return state && state[2] != 'Z' && state[2] != 'X';
}
//.
//: @processes

/* Has the thread begun, and not ended? */
static int runs(int thread)
{
	struct thread *it = &shared->threads[thread];

	return it->pid && !gone[thread] && is_alive(it->tid);
}
//.
//: held_pages

/* Does it wait for a page? */
static int is_held(int thread)
{
	char text[64];

	proc(text, sizeof(text), "/proc/%d/wchan", shared->threads[thread].tid);
	return strcmp(text, "handle_userfault") == 0;
}
//.

/* A number that changes when the thread runs; 0 while it does, or is not where it should be. */
static uint64_t asleep(int thread, int idle)
{
	struct thread *it = &shared->threads[thread];
	char call[256], status[4096], where[64], *at;
	unsigned long address = 0;
	long nr = -1;

	proc(call, sizeof(call), "/proc/%d/syscall", it->tid);
	if (sscanf(call, "%ld %lx", &nr, &address) < 1 || nr < 0)
		return 0;
	if (idle != (nr == SYS_futex && address == it->idle))
		return 0;
	proc(status, sizeof(status), "/proc/%d/status", it->tid);
	at = strstr(status, "\nState:\t");
	if (!at || (at[8] != 'S' && at[8] != 'D'))
		return 0;
	if (at[8] == 'D') {
		proc(where, sizeof(where), "/proc/%d/wchan", it->tid);
		if (strstr(where, "flush_work") || strstr(where, "rcu") || strstr(where, "completion"))
			return 0; /* The kernel's own work, which comes to its end. */
	}
	at = strstr(status, "\nvoluntary_ctxt_switches");
	return hash(hash(0xcbf29ce484222325, call), at ? at : "") | 1;
}
//: @network

enum flow { STILL, WAITING, MOVING };

/* Does a packet wait for a CPU, or a segment for its ACK? A handshake may wait for ever. */
static enum flow look_at_network(uint64_t *signature)
{
	static char text[1 << 20];
	enum flow flow = STILL;
	char *line, *rest = NULL;

	proc(text, sizeof(text), "/proc/net/softnet_stat");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned int queued = 0;

		sscanf(line, "%*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %*x %x", &queued);
		if (queued)
			return MOVING;
	}
	proc(text, sizeof(text), "/proc/net/tcp");
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		unsigned int state = 0, timer = 0;
		int from = 0, to = 0;

		if (sscanf(line, " %*d: %*s %*s %x %*s %n%x:%*x%n", &state, &from, &timer, &to) < 2)
			continue;
		if (timer == 1 && state != 2 && state != 3) /* SYN_SENT, SYN_RECV */
			return MOVING;
		if (timer == 1)
			flow = WAITING;
		memset(line + from, '-', (size_t)(to - from)); /* The time left changes by itself. */
		*signature = hash(*signature, line);
	}
	return flow;
}
//.

/* Everything returned; asleep, seen as the signature; a handshake is under way; or not at rest. */
enum scene { RETURNED, ASLEEP, HALFWAY, RUNNING };

static enum scene look(uint64_t *signature)
{
	enum scene scene = RETURNED;
	int i;

	*signature = 0;
//: @processes
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* Orphans come here. */
//.
	for (i = 0; i < THREADS; i++) {
		uint64_t found = 0;

//: !@processes
		if (has_returned(i))
			continue;
		found = asleep(i, 0);
//.
//: @processes
		if (!shared->threads[i].pid || gone[i])
			continue;
		found = asleep(i, has_returned(i));
		if (!found && !is_alive(shared->threads[i].tid))
			found = 1;
//.
		if (!found)
			return RUNNING;
		*signature = *signature * 31 + found;
		scene = ASLEEP;
	}
//: @network
	scene = ASLEEP;
	switch (look_at_network(signature)) {
	case MOVING:
		return RUNNING;
	case WAITING:
		return HALFWAY;
	case STILL:
		break;
	}
//.
	return scene;
}

static void end(void);

static void check_limit(void)
{
	if (now_ms() < limit)
		return;
	fprintf(stderr, "%s: the system does not come to rest\n", program_invocation_short_name);
	end();
	exit(FAILED);
}

/* The last look, and how many in a row have found the same. */
struct rest {
	uint64_t before;
	int same;
};

/* Does nothing happen any more? If it does, a while goes by. */
static int is_rest(struct rest *rest, enum scene scene, uint64_t signature)
{
	if (scene == RETURNED)
		return 1;
	rest->same = scene != RUNNING && signature == rest->before ? rest->same + 1 : 0;
	rest->before = scene == RUNNING ? 0 : signature;
	if (rest->same >= (scene == HALFWAY ? 30 : 1))
		return 1;
	check_limit();
	nap(50);
	return 0;
}

/* Waits until every thread is idle or asleep in its call. */
static void await_rest(void)
{
	struct rest rest = { 0, 0 };
	uint64_t signature;
	int i, looks;

	for (looks = 0; looks < 100; looks++) { /* Most calls return at once. */
		for (i = 0; i < THREADS && has_returned(i); i++)
			;
		if (i == THREADS)
			break;
		sched_yield();
	}
	for (;;) {
		enum scene scene = look(&signature);

		if (is_rest(&rest, scene, signature))
			return;
	}
}
//: @terminals

/* The kernel's own threads that carry bytes through a terminal: have they nothing to do? */
static int workers_rest(void)
{
	DIR *list = opendir("/proc");
	struct dirent *entry;
	int rest = 1;

	while (list && (entry = readdir(list))) {
		char text[512], *state;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		proc(text, sizeof(text), "/proc/%.20s/stat", entry->d_name);
		state = strrchr(text, ')');
		if (state && strstr(text, "(kworker/u") && (state[2] == 'R' || state[2] == 'D'))
			rest = 0;
	}
	if (list)
		closedir(list);
	return rest;
}

/* What is written to a terminal comes to its other side by one of them. */
static void await_workers(void)
{
	double until = now_ms() + 50;
	int rests = 0;

	while (rests < 2 && now_ms() < until) {
		nap(1000);
		rests = workers_rest() ? rests + 1 : 0;
	}
	await_rest();
}
//.

/* ---- the driver: the steps ---- */

static FILE *out; /* What is printed in the end. */
static int entries;
static int issued; /* The last step that was. */
static double scenario_ms; /* The scenario's own time. */

static struct late {
	int step;
	int after;
	char *text;
} late[THREADS];
static int lates;

static int __attribute__((format(printf, 1, 2))) scenario_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(shared->error, sizeof(shared->error), format, args);
	va_end(args);
	return -1;
}

/* An entry of the transcript; "fields" without their braces. */
static void entry(int step, int after, const char *fields)
{
	fprintf(out, "%s{\"step\":%d,", entries++ ? "," : "", step);
	if (after >= 0)
		fprintf(out, "\"after\":%d,", after);
	fprintf(out, "%s}", fields);
}

static int by_step(const void *a, const void *b)
{
	return ((const struct late *)a)->step - ((const struct late *)b)->step;
}

/* What returned late stands behind the step after which it returned. */
static void flush_late(void)
{
	int i;

	qsort(late, (size_t)lates, sizeof(*late), by_step);
	for (i = 0; i < lates; i++) {
		entry(late[i].step, late[i].after, late[i].text);
		free(late[i].text);
	}
	lates = 0;
}

/* Takes down what has returned; "shown" says that the last step has its entry already. */
static void collect(int shown)
{
	int i;

	for (i = 0; i < THREADS; i++) {
		struct thread *it = &shared->threads[i];
		int step = pending[i];

		if (step < 0)
			continue;
		if (has_returned(i)) {
			char *fields = strndup(it->text + 1, it->length - 2);

			pending[i] = -1;
			if (step == issued && !shown) {
				entry(step, -1, fields);
				free(fields);
			} else {
				late[lates++] = (struct late){ step, issued, fields };
			}
			continue;
		}
//: @processes
		if (!runs(i)) {
			pending[i] = -1;
			if (step == issued && !shown)
				entry(step, -1, "\"ended\":true");
		}
//.
	}
}

/* Lets time move until the thread's timed call returns; one that is blocked is an error. */
static int await_idle(int thread)
{
	int step = pending[thread];
	int stuck = step >= 0 && steps[step].kind != TIMED;

	if (step < 0)
		return 0;
//: held_pages
	stuck = stuck || is_held(thread);
//.
	if (stuck)
		return scenario_error("thread %s is blocked in %s", threads[thread], place(step));
	limit = now_ms() + steps[step].ms + LIMIT_MS;
	while (!has_returned(thread)) {
		check_limit();
		nap(200);
	}
	scenario_ms = now_ms();
	limit = scenario_ms + LIMIT_MS;
	await_rest();
	collect(1);
	return 0;
}

/* Tells a thread to take steps, "step" and those that follow it. */
static void issue(int thread, int step, int count)
{
	struct thread *it = &shared->threads[thread];

	it->step = step;
	it->length = 0;
	__atomic_store_n(&it->go, it->go + (uint32_t)count, __ATOMIC_RELEASE);
	syscall(SYS_futex, &it->go, FUTEX_WAKE, 1, NULL, NULL, 0);
}
//: @execve

/* One that succeeds ends the other threads of its process; until then nothing is as it looks. */
static void await_exec(int thread)
{
	struct thread *it = &shared->threads[thread];
	int i, dead = 0;

	while (!has_returned(thread) && dead < 200) {
		check_limit();
		nap(50);
		dead = is_alive(it->pid) ? 0 : dead + 1;
	}
	if (!has_returned(thread) || strncmp(it->text, "{\"ret\":0", 8))
		return;
	for (i = 0; i < THREADS; i++)
		if (i != thread && shared->threads[i].pid == it->pid)
			gone[i] = 1;
}
//.
//: @sleep

/* When the step ends: a point of the scenario's own time, so that what steps take does not add up. */
static void begin_sleep(double ms)
{
	scenario_ms += ms;
	limit += ms;
	shared->until.tv_sec = (time_t)(scenario_ms / 1e3);
	shared->until.tv_nsec = (long)((scenario_ms - (double)shared->until.tv_sec * 1e3) * 1e6);
}
//.
//: @timed

/* Later than this, the steps may come in another order than the moments that they are about. */
static int has_no_time_left(void)
{
	return now_ms() - scenario_ms > LAG_MS;
}
//.

/* Takes a step; -1 where the scenario is at fault, 1 where this machine cannot keep its time. */
static int play_step(int n)
{
	const struct step *step = &steps[n];
	int is_call = step->kind != SLEEP && step->kind != RELEASE;

	limit = now_ms() + LIMIT_MS;
	if (await_idle(step->thread) < 0)
		return -1;
//: @processes
	if (!runs(step->thread))
		return scenario_error("%s: thread %s does not run", place(n), threads[step->thread]);
//.
	flush_late();
//: @timed
	if (has_no_time_left())
		return 1;
//.
//: @sleep
	if (step->kind == SLEEP)
		begin_sleep(step->ms);
//.
//: held_pages
	if (step->kind == RELEASE && (pending[step->of] < 0 || !is_held(step->of)))
		return scenario_error("%s: thread %s has no held call", place(n), threads[step->of]);
//.
	issue(step->thread, n, 1);
	issued = n;
	if (is_call)
		pending[step->thread] = n;
	while (!is_call && !has_returned(step->thread)) {
		check_limit();
		nap(50);
	}
//: @execve
	if (step->kind == EXECVE)
		await_exec(step->thread);
//.
	await_rest();
	if (shared->error[0])
		return -1;
	if (!is_call)
		entry(n, -1, "\"ret\":0");
	collect(!is_call);
//: @terminals
	if (pending[step->thread] != n) {
		await_workers();
		collect(1);
	} else {
		await_workers();
		collect(0);
	}
//.
	if (pending[step->thread] == n)
		entry(n, -1, "\"blocked\":true");
	return 0;
}

/* ---- the driver: a process, its surroundings, and their end ---- */
//: @network

/* A network of its own, if need be as root of a user namespace. */
static void enter_network(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd;

	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		skip("no network namespace: unshare");
	/* Its children's tables of connections are small: /proc/net/tcp is read often. */
	fd = open("/proc/sys/net/ipv4/tcp_child_ehash_entries", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "64", 2) == 2)
		unshare(CLONE_NEWNET);
	if (fd >= 0)
		close(fd);
	errno = 0;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		skip("SIOCGIFFLAGS");
	request.ifr_flags |= IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		skip("SIOCSIFFLAGS");
	close(fd);
}
//.
//: @files

static char folder[40];

/* A folder that the scenario has to itself. */
static void enter_folder(void)
{
	const char *parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	snprintf(folder, sizeof(folder), "%s/scenario-XXXXXX", parent);
	if (!mkdtemp(folder) || chdir(folder) < 0)
		skip("no folder for files");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static void leave_folder(void)
{
	if (chdir("/") == 0)
		nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
//.

/* Memory that is shared with the process, whatever it becomes. */
static void open_memory(void)
{
	int fd = (int)syscall(SYS_memfd_create, "scenario", 0);
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (fd >= 0 && ftruncate(fd, sizeof(*shared)) == 0 && dup2(fd, MEMORY_FD) >= 0)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, MEMORY_FD, 0);
	if (!shared || shared == MAP_FAILED) {
		perror("memory to share");
		exit(FAILED);
	}
	close(fd);
}

static void begin(void)
{
	int *name = (int *)&shared->fd;
	unsigned int n;
	pid_t pid;
	int i;

	memset(shared, 0, offsetof(struct shared, threads));
	for (n = 0; n < sizeof(shared->fd) / sizeof(*name); n++)
		name[n] = UNBOUND;
	for (i = 0; i < THREADS; i++) {
		memset(&shared->threads[i], 0, offsetof(struct thread, text));
		pending[i] = -1;
//: @processes
		gone[i] = 0;
//.
	}
	issued = -1;
	errno = 0;
//: @network
	enter_network();
//.
//: @files
	enter_folder();
//.
//: @concurrent
	shared->seed = (uint32_t)rand();
//.
	pid = fork();
	if (pid == 0)
		run_process();
	if (pid < 0)
		skip("fork");
	limit = now_ms() + LIMIT_MS;
	while (!__atomic_load_n(&shared->ready, __ATOMIC_ACQUIRE)) {
		check_limit();
		nap(20);
	}
	if (shared->ready < 0) {
		end();
		report_skipped();
	}
	scenario_ms = now_ms();
}

/* Ends the process, whatever its threads are doing. */
static void end(void)
{
	int i;

	for (i = 0; i < THREADS; i++)
		if (shared->threads[i].pid)
			kill(shared->threads[i].pid, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
//: @files
	leave_folder();
//.
}

static void print_string(const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}
//: !@concurrent

/* The steps one after the other; what they returned goes to "out". 1 where time was not kept. */
static int play(void)
{
	const char *comma = "";
	int i, n, result = 0;

	fprintf(out, "{\"name\":%s,\"results\":[", NAME);
	for (n = 0; n < STEPS && result == 0; n++)
		result = play_step(n);
//: @timed
	if (result == 0 && has_no_time_left())
		result = 1;
//.
	flush_late();
	if (result < 0) {
		fprintf(out, "],\"error\":");
		print_string(shared->error);
		fprintf(out, "}\n");
		return 0;
	}
	fprintf(out, "],\"blocked\":[");
	for (i = 0; i < THREADS; i++) {
		if (pending[i] < 0)
			continue;
		fprintf(out, "%s", comma);
		print_string(threads[i]);
		comma = ",";
	}
	fprintf(out, "]}\n");
	return result;
}

/* Prints what the scenario came to. */
static int run(void)
{
	int attempt;

	driver = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_TIMERSLACK, 1); /* The driver's naps are short, and it is not to be kept waiting. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 2 });
	open_memory();
	for (attempt = 0; attempt < 40; attempt++) {
		size_t size;
		char *text;
		int result;

		out = open_memstream(&text, &size);
		entries = 0;
		begin();
		result = play();
		end();
		fclose(out);
		if (result == 0)
			return fputs(text, stdout) < 0 ? FAILED : PLAYED;
		free(text);
	}
	fprintf(stderr, "%s: this machine is too busy to keep time\n", program_invocation_short_name);
	return LATE;
}
//.
//: @concurrent

static char **outcomes; /* Those seen, in ascending order of their bytes. */
static size_t seen;

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_outcome(char *text)
{
	if (seen && bsearch(&text, outcomes, seen, sizeof(*outcomes), by_bytes)) {
		free(text);
		return;
	}
	outcomes = realloc(outcomes, (seen + 1) * sizeof(*outcomes));
	outcomes[seen++] = text;
	qsort(outcomes, seen, sizeof(*outcomes), by_bytes);
}

static int is_timed(int step)
{
	return step >= 0 && steps[step].kind == TIMED;
}

/* Waits until every thread has taken its steps or is asleep for good. */
static void await_end(void)
{
	struct rest rest = { 0, 0 };
	uint64_t signature;
	int i;

	for (;;) {
		enum scene scene = look(&signature);

		/* A call with a timeout ends by itself, so it is not asleep for good. */
		for (i = 0; i < THREADS; i++)
			if (!has_returned(i) && is_timed(shared->threads[i].step - 1))
				scene = RUNNING;
		if (is_rest(&rest, scene, signature))
			return;
	}
}

/* The threads at the same time, as a part of an outcome. */
static void play_freely(void)
{
	uint32_t together = 0;
	int i;

	for (i = 0; i < THREADS; i++)
		together += lists[i].count > 0;
	__atomic_store_n(&shared->together, together, __ATOMIC_RELEASE);
	for (i = 0; i < THREADS; i++)
		if (lists[i].count > 0)
			issue(i, lists[i].first, lists[i].count);
	limit = now_ms() + LIMIT_MS + TIMEOUTS_MS;
	await_end();
	for (i = 0; i < THREADS; i++) {
		struct thread *it = &shared->threads[i];

//: @many
		if (!threads[i])
			break;
//.
		print_string(threads[i]);
		fprintf(out, ":[%.*s", lists[i].count ? (int)it->length : 0, it->text);
		if (!has_returned(i))
			fprintf(out, "%s\"blocked\"", it->length ? "," : "");
		fprintf(out, "],");
	}
	shared->together = 0;
}

/* The steps that follow; threads that are asleep for good have no part in them. */
static int play_after(void)
{
	const char *comma = "";
	int stuck[THREADS];
	int i, n, result;

	scenario_ms = now_ms();
	for (i = 0; i < THREADS; i++)
		stuck[i] = !has_returned(i);
	fprintf(out, "\"after\":[");
	for (n = AFTER; n < STEPS; n++) {
		int thread = steps[n].thread;
		FILE *outcome = out;
		char *unused;
		size_t size;

		if (stuck[thread] || pending[thread] >= 0)
			continue;
		out = open_memstream(&unused, &size);
		result = play_step(n);
		if (result == 0 && steps[n].kind == TIMED)
			result = await_idle(thread);
		flush_late();
		fclose(out);
		free(unused);
		out = outcome;
		if (result)
			return result;
		fprintf(out, "%s", comma);
		comma = ",";
		if (pending[thread] >= 0)
			fprintf(out, "\"blocked\"");
		else
			fprintf(out, "%.*s", (int)shared->threads[thread].length, shared->threads[thread].text);
	}
	fprintf(out, "]}");
	return 0;
}

/* One round: an outcome, which is added; or -1, and 1 where time was not kept. */
static int play(void)
{
	int i, n, result = 0;
	char *text, *unused;
	size_t size;

	out = open_memstream(&unused, &size);
	for (n = 0; n < FREE && result == 0; n++)
		result = play_step(n);
	fclose(out);
	free(unused);
	if (result)
		return result;
	for (i = 0; i < THREADS; i++)
		if (pending[i] >= 0)
			return scenario_error("thread %s is blocked in \"steps\"", threads[i]);
	out = open_memstream(&text, &size);
	fprintf(out, "{");
	play_freely();
	result = shared->error[0] ? -1 : play_after();
	fclose(out);
	if (result)
		free(text);
	else
		add_outcome(text);
	return result;
}

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void print_outcomes(int rounds)
{
	size_t i;

	printf("{\"name\":%s,\"outcomes\":[", NAME);
	for (i = 0; i < seen; i++)
		printf("%s%s", i ? "," : "", outcomes[i]);
	printf("],\"executions\":%d,\"complete\":false}\n", rounds);
	fprintf(stderr, "%s: %zu outcome%s in %d rounds; a real kernel need not show every one there is\n",
		program_invocation_short_name, seen, seen == 1 ? "" : "s", rounds);
}
//: @sought

/* Was the outcome seen that the program was written for? */
static int report_sought(int rounds)
{
	const char *const *found = NULL;
	const char *text = SOUGHT;

	if (seen)
		found = bsearch(&text, outcomes, seen, sizeof(*outcomes), by_bytes);
	if (found)
		fprintf(stderr, "%s: the outcome of the schedule was among them\n",
			program_invocation_short_name);
	else
		fprintf(stderr, "%s: %d rounds did not show the outcome of the schedule: the window is narrow\n",
			program_invocation_short_name, rounds);
	return found ? PLAYED : FAILED;
}
//.

/* Plays the scenario so many times and prints the outcomes that were seen. */
static int run(int rounds)
{
	int late_rounds = 0, round = 0;

	driver = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_TIMERSLACK, 1); /* The driver's naps are short, and it is not to be kept waiting. */
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 2 });
	signal(SIGINT, on_interrupt);
	open_memory();
	while (round < rounds && !interrupted && late_rounds < 1000) {
		int result;

		begin();
		result = play();
		end();
		if (result < 0) {
			out = stdout;
			printf("{\"name\":%s,\"results\":[],\"error\":", NAME);
			print_string(shared->error);
			printf("}\n");
			return PLAYED;
		}
		if (result > 0)
			late_rounds++;
		else
			round++;
	}
	print_outcomes(round);
//: @sought
	return report_sought(round);
//.
//: !@sought
	return PLAYED;
//.
}
//.
`;
