/*
 * An instance in an instance: the outer one says that there is something in the inner one, and the
 * inner one says what. Nothing is to be read from an instance itself. Circles are refused, and so is
 * a sixth instance in a row.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include "common/print.h"

/* Puts one instance over the other until the kernel refuses. */
static int longest_row(void)
{
	int top = epoll_create1(0);

	for (int length = 1;; length++) {
		int next = epoll_create1(0);

		if (control(next, EPOLL_CTL_ADD, top, EPOLLIN) < 0 && errno == ELOOP)
			return length;
		top = next;
	}
}

int main(void)
{
	struct epoll_event events[8];
	int a[2], b[2];
	char buf[8];

	begin();
	if (pipe2(a, O_NONBLOCK) < 0 || pipe2(b, O_NONBLOCK) < 0)
		return 1;
	int inner = epoll_create1(0);
	int outer = epoll_create1(0);
	control(inner, EPOLL_CTL_ADD, a[0], EPOLLIN);
	control(inner, EPOLL_CTL_ADD, b[0], EPOLLIN);
	say(control(outer, EPOLL_CTL_ADD, inner, EPOLLIN | EPOLLET), "epoll_ctl(ADD inner)");

	if (write(a[1], "one", 3) != 3)
		return 1;
	told(epoll_wait(outer, events, 8, 0), events);
	told(epoll_wait(outer, events, 8, 0), events);
	if (write(b[1], "two", 3) != 3)
		return 1;
	told(epoll_wait(outer, events, 8, 0), events);

	took(inner, read(inner, buf, sizeof(buf)), buf);
	int count = told(epoll_wait(inner, events, 8, 0), events);
	for (int i = 0; i < count; i++)
		took(events[i].data.fd, read(events[i].data.fd, buf, sizeof(buf)), buf);
	told(epoll_wait(inner, events, 8, 0), events);

	say(control(inner, EPOLL_CTL_ADD, outer, EPOLLIN | EPOLLET), "epoll_ctl(ADD outer)");
	printf("instances in a row: %d\n", longest_row());
}
