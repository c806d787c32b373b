/* Interest is added, replaced as a whole, and deleted; while it stands, it is level-triggered. */
#include <sys/socket.h>
#include "common/print.h"

int main(void)
{
	struct epoll_event events[8];
	int pair[2];

	begin();
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	int here = pair[0], there = pair[1];
	int ep = epoll_create1(0);

	say(control(ep, EPOLL_CTL_MOD, here, EPOLLIN), "epoll_ctl(MOD)");
	say(control(ep, EPOLL_CTL_ADD, here, EPOLLIN), "epoll_ctl(ADD IN)");
	told(epoll_wait(ep, events, 8, 0), events);
	if (write(there, "hello", 5) != 5)
		return 1;
	told(epoll_wait(ep, events, 8, 0), events);
	told(epoll_wait(ep, events, 8, 0), events);

	say(control(ep, EPOLL_CTL_MOD, here, EPOLLOUT), "epoll_ctl(MOD OUT)");
	told(epoll_wait(ep, events, 8, 0), events);
	say(control(ep, EPOLL_CTL_MOD, here, EPOLLIN | EPOLLOUT), "epoll_ctl(MOD IN|OUT)");
	told(epoll_wait(ep, events, 8, 0), events);
	say(control(ep, EPOLL_CTL_MOD, here, 0), "epoll_ctl(MOD 0)");
	told(epoll_wait(ep, events, 8, 0), events);
	close(there);
	told(epoll_wait(ep, events, 8, 0), events);

	say(epoll_ctl(ep, EPOLL_CTL_DEL, here, NULL), "epoll_ctl(DEL)");
	told(epoll_wait(ep, events, 8, 0), events);
	say(epoll_ctl(ep, EPOLL_CTL_DEL, here, NULL), "epoll_ctl(DEL)");
}
