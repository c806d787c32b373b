/*
 * An echo server, EPOLLIN | EPOLLET | EPOLLONESHOT: a connection is told of once, and then belongs to
 * who was told until MOD arms it again; for EPOLLOUT once something was read, for EPOLLIN once that
 * was written. Of many threads that wait on one instance, only one has it at a time.
 */
#define _GNU_SOURCE
#include "common/print.h"
#include "common/clients.h"

enum { ONCE = EPOLLET | EPOLLONESHOT };

/* Bytes that were read and are to be written back. */
static char pending[64];
static size_t pending_length;

static void welcome(int ep, int listener)
{
	int fd = say(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept4");

	control(ep, EPOLL_CTL_ADD, fd, EPOLLIN | ONCE);
}

/* Reads until EAGAIN, and asks for room; 0 at the end. */
static int read_all(int ep, int fd)
{
	char buf[4];
	int n;

	while ((n = took(fd, read(fd, buf, sizeof(buf)), buf)) > 0) {
		memcpy(pending + pending_length, buf, (size_t)n);
		pending_length += (size_t)n;
	}
	if (n == 0) {
		say(close(fd), "close(%d)", fd);
		return 0;
	}
	say(control(ep, EPOLL_CTL_MOD, fd, EPOLLOUT | ONCE), "epoll_ctl(MOD %d OUT)", fd);
	return 1;
}

static void write_back(int ep, int fd)
{
	int n = say(write(fd, pending, pending_length), "write(%d)", fd);

	if (n < 0)
		exit(1);
	pending_length -= (size_t)n;
	memmove(pending, pending + n, pending_length);
	unsigned int next = pending_length > 0 ? EPOLLOUT : EPOLLIN;
	say(control(ep, EPOLL_CTL_MOD, fd, next | ONCE), "epoll_ctl(MOD %d IN)", fd);
}

int main(void)
{
	struct sockaddr_in address;
	struct epoll_event event;
	pthread_t asking;

	begin();
	int listener = listen_to(&address);
	int ep = epoll_create1(0);
	control(ep, EPOLL_CTL_ADD, listener, EPOLLIN);
	pthread_create(&asking, NULL, run_clients, &address);

	for (int gone = 0; gone < CLIENTS;) {
		if (told(epoll_wait(ep, &event, 1, -1), &event) != 1)
			return 1;
		if (event.data.fd == listener)
			welcome(ep, listener);
		else if (pending_length > 0)
			write_back(ep, event.data.fd);
		else if (!read_all(ep, event.data.fd))
			gone++;
	}
	pthread_join(asking, NULL);
}
