/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process whose threads make a known number of system calls, round by round,
 * while others of it sleep in calls. Calls that are counted on here are made by
 * nobody else in a guest.
 */
#ifndef TESTS_CREW_H
#define TESTS_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	CREW_WORKERS = 4,	/* one on each of two CPUs, one that changes CPUs, one that is free */
	CREW_HOP = 50,		/* calls between two changes */
	CREW_SHORT = 12, CREW_LONG = 4,	/* naps of a round */
	CREW_SHORT_US = 2000, CREW_LONG_US = 16000,
	CREW_BURNS = 4,
};

struct crew_plan {
	uid_t uid;		/* what they become, or 0 */
	const char *cgroup;	/* folder they are put in, or NULL */
	unsigned int sleepers;	/* threads asleep for ever, in pause() among others */
	unsigned int dozers;	/* threads that call poll() in each round and stay in it until crew_wake() */
	unsigned int reps;
};

/* What one crew calls in a round, all its threads and its child together. */
struct crew_calls {
	unsigned int getppid, of_child;	/* the child's among them */
	unsigned int close;		/* EBADF, all of them */
	unsigned int lseek, lseek_ebadf, lseek_einval, lseek_espipe;
	unsigned int affinity;		/* sched_setaffinity */
	unsigned int select;		/* naps */
	unsigned int getrandom;		/* long ones, which sleep nowhere */
	unsigned int poll;		/* the dozers' */
};

struct crew {
	pid_t pid, child;	/* child: of the last round, gone by now */
	unsigned int threads;
	struct crew_plan plan;
	struct crew_calls calls;
	/* Of the last round. In ns: naps as user space saw them, in order; CPU time of what burns. */
	uint64_t nap[CREW_SHORT + CREW_LONG], burn_cpu;
	struct crew_shared *shared;
	int wake, null, pipe[2];
};

void crew_make(struct crew *crew, const struct crew_plan *plan);
/* Begins a round; naps: with the naps and what burns. */
void crew_start(struct crew *crew, bool naps);
/* Waits for its end, which the dozers have no part in. Bails out when it does not come. */
void crew_finish(struct crew *crew);
/* Wakes the dozers and waits until they are out of their call. */
void crew_wake(struct crew *crew);
void crew_end(struct crew *crew);

#endif
