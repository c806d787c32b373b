/*
 * The partial read: eleven bytes come, and five are taken. A level-triggered instance goes on telling
 * of the six that are left; an edge-triggered one is silent until something else comes, and who waits
 * for it meanwhile waits for ever.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include "common/print.h"

static int level, edge;

static void ask(void)
{
	struct epoll_event events[8];

	puts("level:");
	told(epoll_wait(level, events, 8, 0), events);
	puts("edge:");
	told(epoll_wait(edge, events, 8, 20), events);
}

int main(void)
{
	int pipefd[2];
	char buf[16];

	begin();
	if (pipe2(pipefd, O_NONBLOCK) < 0)
		return 1;
	int reader = pipefd[0], writer = pipefd[1];
	level = epoll_create1(0);
	edge = epoll_create1(0);
	control(level, EPOLL_CTL_ADD, reader, EPOLLIN);
	control(edge, EPOLL_CTL_ADD, reader, EPOLLIN | EPOLLET);

	if (write(writer, "hello world", 11) != 11)
		return 1;
	ask();
	took(reader, read(reader, buf, 5), buf);
	ask();

	if (write(writer, "!", 1) != 1)
		return 1;
	ask();
	took(reader, read(reader, buf, sizeof(buf)), buf);
	ask();
}
