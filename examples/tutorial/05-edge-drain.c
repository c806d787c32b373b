/*
 * Edge-triggered, registered once for both directions and never touched again, as Go's netpoll does
 * it: an event says that something has come, so read until EAGAIN.
 */
#define _GNU_SOURCE
#include <sys/socket.h>
#include "common/print.h"

/* Reads four bytes at a time, until there are no more. */
static void drain(int fd)
{
	char buf[4];

	while (took(fd, read(fd, buf, sizeof(buf)), buf) > 0)
		;
}

static void send_text(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(1);
}

int main(void)
{
	struct epoll_event events[8];
	int pair[2];

	begin();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		return 1;
	int here = pair[0], there = pair[1];
	int ep = epoll_create1(0);

	say(control(ep, EPOLL_CTL_ADD, here, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET), "epoll_ctl(ADD)");
	told(epoll_wait(ep, events, 8, 0), events);
	told(epoll_wait(ep, events, 8, 0), events);

	send_text(there, "hello world");
	told(epoll_wait(ep, events, 8, 0), events);
	told(epoll_wait(ep, events, 8, 0), events);
	drain(here);
	told(epoll_wait(ep, events, 8, 0), events);

	send_text(there, "one");
	send_text(there, "two");
	told(epoll_wait(ep, events, 8, 0), events);
	drain(here);

	say(shutdown(there, SHUT_WR), "shutdown(WR)");
	told(epoll_wait(ep, events, 8, 0), events);
	drain(here);
	say(close(there), "close");
	told(epoll_wait(ep, events, 8, 0), events);
}
