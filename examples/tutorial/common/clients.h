/* What echo servers of the tutorial are asked, one client after the other; clients.ts does it in TypeScript. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

/* How many clients come. */
enum { CLIENTS = 2 };

/* A listener that does not block, on a port that is free; the clients are told of it. */
static inline int listen_to(struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)address, length) < 0 || listen(listener, 8) < 0)
		exit(1);
	getsockname(listener, (struct sockaddr *)address, &length);
	return listener;
}

/* Each sends a message, waits until all of it has come back, and then for the end. */
static inline void *run_clients(void *address)
{
	static const char *const messages[] = { "hello world", "bye" };
	char buf[16];

	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, address, sizeof(struct sockaddr_in)) < 0)
			exit(1);
		for (int j = 0; j < 2; j++) {
			ssize_t n, left = (ssize_t)strlen(messages[j]);

			if (write(fd, messages[j], (size_t)left) != left)
				exit(1);
			for (; left > 0; left -= n)
				if ((n = read(fd, buf, (size_t)left)) <= 0)
					exit(1);
		}
		shutdown(fd, SHUT_WR);
		if (read(fd, buf, 1) != 0)
			exit(1);
		close(fd);
	}
	return NULL;
}
