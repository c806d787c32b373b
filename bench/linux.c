/*
 * The work of bench/run.ts on the running kernel: prints, a line a round, the nanoseconds that one
 * write + epoll_wait + read of one byte over a Unix socket pair takes.
 * Usage: linux lt|et ROUNDS REPEATS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int round_trip(int ep, int reader, int writer)
{
	struct epoll_event event;
	char byte = 'x';

	return write(writer, &byte, 1) == 1 && epoll_wait(ep, &event, 1, 0) == 1 &&
	       read(reader, &byte, 1) == 1;
}

int main(int argc, char **argv)
{
	struct epoll_event interest = { .events = EPOLLIN };
	int pair[2], ep, rounds, repeats;

	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "et") == 0)
		interest.events |= EPOLLET;
	rounds = atoi(argv[2]);
	repeats = atoi(argv[3]);
	ep = epoll_create1(0);
	if (ep < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) != 0 ||
	    epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &interest) != 0)
		return 1;
	for (int i = 0; i < repeats; i++) {
		int64_t start = now_ns();

		for (int k = 0; k < rounds; k++)
			if (!round_trip(ep, pair[0], pair[1]))
				return 1;
		printf("%.1f\n", (double)(now_ns() - start) / rounds);
		fflush(stdout);
	}
	return 0;
}
