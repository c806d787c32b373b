/*
 * What is registered already is refused with EEXIST, and stays as it was: then MOD is what is meant.
 * Registered is a descriptor together with its open file, so that a duplicate may be added as well.
 */
#include <sys/socket.h>
#include "common/print.h"

/* Adds, or modifies what is there. */
static void watch(int ep, int fd, unsigned int events)
{
	if (say(control(ep, EPOLL_CTL_ADD, fd, events), "epoll_ctl(ADD %d)", fd) < 0 && errno == EEXIST)
		say(control(ep, EPOLL_CTL_MOD, fd, events), "epoll_ctl(MOD %d)", fd);
}

int main(void)
{
	struct epoll_event events[8];
	int pair[2];

	begin();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	int here = pair[0], there = pair[1];
	int ep = epoll_create1(0);
	watch(ep, here, EPOLLIN);
	told(epoll_wait(ep, events, 8, 0), events);

	say(control(ep, EPOLL_CTL_ADD, here, EPOLLOUT), "epoll_ctl(ADD %d)", here);
	told(epoll_wait(ep, events, 8, 0), events);
	watch(ep, here, EPOLLOUT);
	told(epoll_wait(ep, events, 8, 0), events);

	int copy = dup(here);
	watch(ep, copy, EPOLLIN | EPOLLOUT);
	if (write(there, "x", 1) != 1)
		return 1;
	told(epoll_wait(ep, events, 8, 0), events);
}
