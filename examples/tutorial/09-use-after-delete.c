/*
 * What was told stays told: an event that lies in the array already does not go away by DEL or close.
 * And close() deletes nothing while a duplicate keeps the file open: then events go on coming for a
 * number that is closed, and there is none left by which DEL could find the item.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include "common/print.h"

static void send_text(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		exit(1);
}

int main(void)
{
	struct epoll_event events[8];
	int pipes[3][2];
	char buf[8];

	begin();
	int ep = epoll_create1(0);
	if (pipe2(pipes[0], O_NONBLOCK) < 0 || pipe2(pipes[1], O_NONBLOCK) < 0)
		return 1;
	int a = pipes[0][0], b = pipes[1][0];
	control(ep, EPOLL_CTL_ADD, a, EPOLLIN);
	control(ep, EPOLL_CTL_ADD, b, EPOLLIN);
	send_text(pipes[0][1], "one");
	send_text(pipes[1][1], "two");

	/* The first event of the batch ends what the second one is about. */
	int count = told(epoll_wait(ep, events, 8, 0), events);
	say(epoll_ctl(ep, EPOLL_CTL_DEL, b, NULL), "epoll_ctl(DEL %d)", b);
	say(close(b), "close(%d)", b);
	if (pipe2(pipes[2], O_NONBLOCK) < 0)
		return 1;
	printf("a new pipe: %d\n", pipes[2][0]);
	for (int i = 0; i < count; i++)
		took(events[i].data.fd, read(events[i].data.fd, buf, sizeof(buf)), buf);
	told(epoll_wait(ep, events, 8, 0), events);

	/* close() without DEL. */
	int copy = dup(a);
	say(close(a), "close(%d)", a);
	send_text(pipes[0][1], "more");
	told(epoll_wait(ep, events, 8, 0), events);
	say(epoll_ctl(ep, EPOLL_CTL_DEL, a, NULL), "epoll_ctl(DEL %d)", a);
	say(epoll_ctl(ep, EPOLL_CTL_DEL, copy, NULL), "epoll_ctl(DEL %d)", copy);

	/* Two ways out: the number back, or the last descriptor closed. */
	say(dup2(copy, a), "dup2(%d, %d)", copy, a);
	say(epoll_ctl(ep, EPOLL_CTL_DEL, a, NULL), "epoll_ctl(DEL %d)", a);
	told(epoll_wait(ep, events, 8, 0), events);
	control(ep, EPOLL_CTL_ADD, a, EPOLLIN);
	told(epoll_wait(ep, events, 8, 0), events);
	say(close(a), "close(%d)", a);
	say(close(copy), "close(%d)", copy);
	told(epoll_wait(ep, events, 8, 0), events);
}
