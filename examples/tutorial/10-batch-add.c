/*
 * Many at once. There is no call that adds several: each is an epoll_ctl(). Where more are ready than
 * there is room for, they take turns. And a listener that is in several instances is told of in all
 * of them, though only one can have the connection.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include "common/print.h"
#include "common/clients.h"

enum { WORKERS = 3 };

int main(void)
{
	struct sockaddr_in address;
	struct epoll_event events[8];
	int workers[WORKERS];

	begin();
	int ep = epoll_create1(0);
	for (int i = 0; i < 5; i++) {
		int pipefd[2];

		if (pipe2(pipefd, O_NONBLOCK) < 0 || write(pipefd[1], "x", 1) != 1)
			return 1;
		say(control(ep, EPOLL_CTL_ADD, pipefd[0], EPOLLIN), "epoll_ctl(ADD %d)", pipefd[0]);
	}
	for (int i = 0; i < 5; i++)
		told(epoll_wait(ep, events, 2, 0), events);
	told(epoll_wait(ep, events, 8, 0), events);

	int listener = listen_to(&address);
	for (int i = 0; i < WORKERS; i++) {
		workers[i] = epoll_create1(0);
		control(workers[i], EPOLL_CTL_ADD, listener, EPOLLIN);
	}
	int client = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(client, (struct sockaddr *)&address, sizeof(address)) < 0)
		return 1;
	for (int i = 0; i < WORKERS; i++)
		told(epoll_wait(workers[i], events, 8, 0), events);
	for (int i = 0; i < WORKERS; i++)
		say(accept4(listener, NULL, NULL, SOCK_NONBLOCK), "accept4");
	for (int i = 0; i < WORKERS; i++)
		told(epoll_wait(workers[i], events, 8, 0), events);
}
