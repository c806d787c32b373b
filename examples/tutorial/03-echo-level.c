/*
 * An echo server, level-triggered. One read an event is enough: what it leaves is told of again. So
 * eleven bytes, four at a time, are three events.
 */
#define _GNU_SOURCE
#include "common/print.h"
#include "common/clients.h"

static void welcome(int ep, int listener)
{
	int fd = say(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept4");

	control(ep, EPOLL_CTL_ADD, fd, EPOLLIN);
}

/* Sends back what one read gives; 0 at the end. */
static int echo(int fd)
{
	char buf[4];
	int n = took(fd, read(fd, buf, sizeof(buf)), buf);

	if (n > 0) {
		say(write(fd, buf, (size_t)n), "write(%d)", fd);
		return 1;
	}
	say(close(fd), "close(%d)", fd);
	return 0;
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
		else if (!echo(event.data.fd))
			gone++;
	}
	pthread_join(asking, NULL);
}
