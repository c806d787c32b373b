/* The steps of seq_show.test.ts on Linux: prints, after each, what the tables say of the port. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char port[8];

static void show(const char *table)
{
	char name[32], line[512];
	snprintf(name, sizeof name, "/proc/net/%s", table);
	FILE *f = fopen(name, "r");
	while (f && fgets(line, sizeof line, f))
		if (strstr(line, port) || strstr(line, "  sl  local"))
			fputs(line, stdout);
	if (f)
		fclose(f);
	puts("--");
}

int main(int argc, char **argv)
{
	int number = argc > 1 ? atoi(argv[1]) : 8888;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(number)};
	char buf[600] = {0};
	int one = 1, small = 2000;

	snprintf(port, sizeof port, ":%04X ", number);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int l = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (void *)&at, sizeof at) || listen(l, 7))
		return 2;
	int c = socket(AF_INET, SOCK_STREAM, 0);
	connect(c, (void *)&at, sizeof at);
	show("tcp");
	int a = accept(l, 0, 0);
	write(c, "hello", 5);
	read(a, buf, 3);
	setsockopt(a, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	show("tcp");
	shutdown(c, SHUT_WR);
	show("tcp");
	read(a, buf, 9);
	read(a, buf, 9);
	close(a);
	show("tcp");
	int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(u, (void *)&at, sizeof at))
		return 2;
	connect(v, (void *)&at, sizeof at);
	write(v, "abc", 3);
	show("udp");
	setsockopt(u, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	for (int i = 0; i < 9; i++)
		write(v, buf, 500);
	show("udp");
	return 0;
}
