/* An epoll instance is a descriptor. It is created, asked and closed, and refuses what makes no sense. */
#define _GNU_SOURCE
#include <fcntl.h>
#include "common/print.h"

int main(void)
{
	struct epoll_event events[8];
	int pipefd[2];

	begin();
	int ep = say(epoll_create1(0), "epoll_create1(0)");
	int other = say(epoll_create1(EPOLL_CLOEXEC), "epoll_create1(CLOEXEC)");
	say(fcntl(other, F_GETFD), "fcntl(F_GETFD)");
	say(epoll_create(0), "epoll_create(0)");

	told(epoll_wait(ep, events, 8, 0), events);
	say(epoll_wait(ep, events, 0, 0), "epoll_wait(room for 0)");

	if (pipe2(pipefd, 0) < 0)
		return 1;
	say(control(ep, EPOLL_CTL_ADD, pipefd[0], EPOLLIN), "epoll_ctl(ADD a pipe)");
	say(control(ep, EPOLL_CTL_ADD, ep, EPOLLIN), "epoll_ctl(ADD itself)");
	say(control(ep, EPOLL_CTL_ADD, 99, EPOLLIN), "epoll_ctl(ADD 99)");
	say(control(pipefd[0], EPOLL_CTL_ADD, ep, EPOLLIN), "epoll_ctl of a pipe");
	int folder = open("/", O_RDONLY);
	say(control(ep, EPOLL_CTL_ADD, folder, EPOLLIN), "epoll_ctl(ADD a folder)");

	say(close(ep), "close");
	told(epoll_wait(ep, events, 8, 0), events);
}
