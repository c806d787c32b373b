/* What the groups of scenarios and the rest of the player have in common. */
#ifndef PLAYER_H
#define PLAYER_H

/* How a player ends. A group's own code calls the first three PLAYED, FAILED, LATE and SKIPPED, too. */
enum player_exit {
	EXIT_PLAYED = 0,
	EXIT_HANGS = 1, /* The scenario does not come to rest. */
	EXIT_USAGE = 2,
	EXIT_LATE = 75, /* The machine is too busy to keep the scenario's time. */
	EXIT_SKIPPED = 77, /* It cannot be played here. */
	EXIT_LIMIT = 124, /* It took longer than it may. */
};

struct group {
	const char *name;
	int count;
	const char *const *names;
	int is_concurrent;
	/* Plays a scenario and prints its transcript, or the outcomes of so many loops. */
	int (*play)(int n, int loops);
	/* Goes on with a scenario whose execve() has run the player again. */
	void (*resume)(int n, int thread);
};

/* Ends with NULL. */
extern const struct group *const groups[];

const char *errno_name(int error);
const char *signal_abbrev(int signal);

#endif
