/*
 * Plays one scenario of those that the player has, and prints its transcript.
 *
 * The scenario is played by another process, which this one watches: what a kernel does to the
 * scenario, this process comes to its end in time and says how it went.
 */
#define _GNU_SOURCE
#include "player.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: player [--limit SECONDS] [--loops N] GROUP/NAME\n"
	"       player --list [--concurrent | --lockstep]\n"
	"       player --system\n"
	"\n"
	"Plays a scenario and prints its transcript as one line of JSON. --list prints the scenarios that\n"
	"there are, --system what the kernel calls itself. --loops says how often a concurrent scenario is\n"
	"played (1000), --limit how long a scenario may take (60).\n"
	"\n"
	"Exit status: 0 played, 1 it does not come to rest, 2 wrong usage, 75 the machine is too busy to\n"
	"keep the scenario's time, 77 it cannot be played here, 124 it took longer than the limit.\n";

struct asked {
	const struct group *group;
	int n;
};

/* Finds GROUP/NAME; no group where there is none. A name may be in two parts of a group. */
static struct asked find(const char *wanted)
{
	const char *slash = strchr(wanted, '/');
	struct asked found = { NULL, 0 };
	int i, n;

	for (i = 0; slash && groups[i]; i++) {
		const struct group *group = groups[i];

		if (strlen(group->name) != (size_t)(slash - wanted) ||
		    strncmp(group->name, wanted, (size_t)(slash - wanted)))
			continue;
		for (n = 0; n < group->count; n++)
			if (strcmp(group->names[n], slash + 1) == 0)
				found = (struct asked){ group, n };
	}
	return found;
}

static int list(const char *mode)
{
	int i, n;

	for (i = 0; groups[i]; i++) {
		if (mode && (strcmp(mode, "--concurrent") == 0) != groups[i]->is_concurrent)
			continue;
		for (n = 0; n < groups[i]->count; n++)
			printf("%s/%s\n", groups[i]->name, groups[i]->names[n]);
	}
	return fflush(stdout) == 0 ? EXIT_PLAYED : EXIT_HANGS;
}

static int print_system(void)
{
	struct utsname name;

	if (uname(&name) < 0) {
		perror("player: uname");
		return EXIT_HANGS;
	}
	printf("%s %s %s, %s\n", name.sysname, name.release, name.machine, name.version);
	return EXIT_PLAYED;
}

static double now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Ends what is left of the scenario, as far as the kernel lets it; orphans have come to this process. */
static void kill_children(void)
{
	char path[64];
	int pid, rounds;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	for (rounds = 0; rounds < 50; rounds++) {
		FILE *file = fopen(path, "r");

		while (file && fscanf(file, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		if (file)
			fclose(file);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return;
		nanosleep(&(struct timespec){ 0, 10000000 }, NULL);
	}
}

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
}

/* How the one that plays has ended, or that it has not. */
static int watch(pid_t player, int limit)
{
	double until = now() + limit;
	long pause = 200000;
	int status;

	for (;;) {
		pid_t pid = waitpid(player, &status, WNOHANG);

		if (pid == player && WIFEXITED(status))
			return WEXITSTATUS(status);
		if (pid == player) {
			fprintf(stderr, "player: ended by signal %s%s\n", "SIG",
				signal_abbrev(WTERMSIG(status)));
			return EXIT_HANGS;
		}
		if (interrupted || now() > until)
			break;
		nanosleep(&(struct timespec){ 0, pause }, NULL);
		pause = pause < 5000000 ? pause * 2 : pause;
	}
	kill(player, SIGKILL);
	if (interrupted) {
		kill_children();
		return 128 + interrupted;
	}
	fprintf(stderr, "player: not at its end after %d seconds\n", limit);
	return EXIT_LIMIT;
}

static int play(struct asked asked, int loops, int limit)
{
	pid_t watcher = getpid(), player;
	int status;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	fflush(stdout);
	player = fork();
	if (player < 0) {
		perror("player: fork");
		return EXIT_HANGS;
	}
	if (player == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != watcher)
			_exit(EXIT_HANGS);
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		exit(asked.group->play(asked.n, loops));
	}
	status = watch(player, limit);
	kill_children();
	return status;
}

/* A number from 1 on; 0 where it is none. */
static int number(const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	return *text && !*end && value > 0 && value < 1000000000 ? (int)value : 0;
}

static int refuse(const char *what, const char *found)
{
	fprintf(stderr, "player: %s, found \"%s\"\n%s", what, found, usage);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int loops = 1000, limit = 60, i;
	struct asked asked;

	if (argc == 3 && strcmp(argv[0], "scenario") == 0) {
		asked = find(argv[2]); /* It has called execve(). */
		if (asked.group && asked.group->resume)
			asked.group->resume(asked.n, atoi(argv[1]));
		return EXIT_USAGE;
	}
	if (argc >= 2 && strcmp(argv[1], "--list") == 0 && argc <= 3)
		return list(argv[2]);
	if (argc == 2 && strcmp(argv[1], "--system") == 0)
		return print_system();
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return fputs(usage, stdout) < 0;
	for (i = 1; i + 1 < argc; i += 2) {
		int *option = strcmp(argv[i], "--loops") == 0	? &loops :
			      strcmp(argv[i], "--limit") == 0 ? &limit :
								  NULL;

		if (!option)
			return refuse("expected --loops or --limit", argv[i]);
		*option = number(argv[i + 1]);
		if (!*option)
			return refuse("expected a number from 1 on", argv[i + 1]);
	}
	if (i >= argc)
		return refuse("expected a scenario", "");
	asked = find(argv[i]);
	if (!asked.group)
		return refuse("expected a scenario of --list", argv[i]);
	return play(asked, loops, limit);
}
