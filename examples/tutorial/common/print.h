/* How the programs of the tutorial print what a call has returned; print.ts does it in TypeScript. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Descriptors begin at 3, whatever the shell has left open. */
static inline void begin(void)
{
	for (int fd = 3; fd < 256; fd++)
		close(fd);
	setvbuf(stdout, NULL, _IOLBF, 0);
}

static inline const char *error_name(int error)
{
	switch (error) {
	case EAGAIN: return "EAGAIN";
	case EBADF: return "EBADF";
	case EEXIST: return "EEXIST";
	case EINVAL: return "EINVAL";
	case ELOOP: return "ELOOP";
	case ENOENT: return "ENOENT";
	case EPERM: return "EPERM";
	default: return strerror(error);
	}
}

static inline void print_result(int ret, int error)
{
	if (ret < 0)
		printf(" = -1 %s", error_name(error));
	else
		printf(" = %d", ret);
}

static inline void print_flags(unsigned int events)
{
	static const struct { unsigned int bit; const char *name; } names[] = {
		{ EPOLLIN, "EPOLLIN" }, { EPOLLPRI, "EPOLLPRI" }, { EPOLLOUT, "EPOLLOUT" },
		{ EPOLLERR, "EPOLLERR" }, { EPOLLHUP, "EPOLLHUP" }, { EPOLLRDHUP, "EPOLLRDHUP" },
	};
	const char *between = " ";

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if ((events & names[i].bit) == 0)
			continue;
		printf("%s%s", between, names[i].name);
		between = "|";
	}
}

/* "epoll_ctl(ADD 3) = -1 EEXIST"; what the call returned is handed on. */
__attribute__((format(printf, 2, 3)))
static inline int say(int ret, const char *call, ...)
{
	int error = errno;
	va_list args;

	va_start(args, call);
	vprintf(call, args);
	va_end(args);
	print_result(ret, error);
	printf("\n");
	return ret;
}

/* "epoll_wait = 2: 3 EPOLLIN, 5 EPOLLIN|EPOLLHUP"; how many they are is handed on. */
static inline int told(int ret, const struct epoll_event *events)
{
	int error = errno;

	printf("epoll_wait");
	print_result(ret, error);
	for (int i = 0; i < ret; i++) {
		printf("%s %d", i == 0 ? ":" : ",", events[i].data.fd);
		print_flags(events[i].events);
	}
	printf("\n");
	return ret;
}

/* "read(3) = 5 "hello""; what the call returned is handed on. */
static inline int took(int fd, int ret, const char *buf)
{
	int error = errno;

	printf("read(%d)", fd);
	print_result(ret, error);
	if (ret > 0)
		printf(" \"%.*s\"", ret, buf);
	printf("\n");
	return ret;
}

/* epoll_ctl() with fd itself as data. */
static inline int control(int epfd, int op, int fd, unsigned int events)
{
	struct epoll_event event = { .events = events, .data.fd = fd };

	return epoll_ctl(epfd, op, fd, &event);
}
