/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One who acts in an experiment: a process of its own, held until it is watched,
 * and held again when it has acted, so that nothing else is in its counts
 */
#ifndef ACTOR_H
#define ACTOR_H

#include <sys/types.h>

#include "lab.h"
#include "tally.h"

#define ACTOR_SAW	512

struct actor {
	struct lab *lab;
	pid_t pid;
	void (*act)(struct actor *actor);
	const void *data;		/* for the act */
	/*
	 * What it leaves for who looks: memory that both have. Nothing that it
	 * writes elsewhere is seen outside.
	 */
	volatile uint64_t *saw;

	int control;			/* a socket */
	bool over;
	int sig;			/* that ended it; 0: none */
	int status;			/* that it exited with, when none did */
	struct tally tally;		/* of its watch; .watch is 0 without one */
	struct rows calls, errors;
};

/*
 * Forks it; it waits for actor_go(). It dies with this process. False after
 * lab_failed(), with nothing to end.
 */
bool actor_start(struct lab *lab, struct actor *actor, void (*act)(struct actor *actor),
		 const void *data);

/*
 * Has its calls counted, and those of its children, from now on; with times also
 * errors and time. By: as for a wish. False after lab_failed().
 */
bool actor_watch(struct actor *actor, bool times, const char *by);

/* Has it act until it holds or has done; it waits then. False after lab_failed(). */
bool actor_go(struct actor *actor);

/*
 * The two halves of it, for several who act together, and for those who are to
 * die: false when it did. It is a zombie then, and ->sig and ->status say how.
 */
void actor_begin(struct actor *actor);
bool actor_wait(struct actor *actor);

/* In the actor, while it acts: waits until somebody has looked. */
void actor_hold(struct actor *actor);

/*
 * In the actor: has seccomp answer that call with this from now on, as
 * SCMP_ACT_ERRNO(EPERM) or SCMP_ACT_KILL_PROCESS. 0 or an errno.
 */
int actor_forbid(long call, uint32_t action);

/* Has its counts read. False after lab_failed(). */
bool actor_look(struct actor *actor);

/* Starts it, has it watched with times, has it act, and looks. False after lab_failed(). */
bool actor_run(struct lab *lab, struct actor *actor, void (*act)(struct actor *actor),
	       const void *data);

/* Lets it exit, and ends its watch. */
void actor_end(struct actor *actor);

/*
 * What was counted of a native call by its number (-1: every number out of
 * range) till actor_look(). What: S(CALLS), S(TIME) and the like.
 */
uint64_t actor_sum(const struct actor *actor, long call, unsigned int what);

static inline uint64_t actor_calls(const struct actor *actor, long call)
{
	return actor_sum(actor, call, S(CALLS));
}

/* How often it returned that errno. */
uint64_t actor_errors(const struct actor *actor, long call, int error);

/* Calls of all kinds, without the two by which it is held: readv and writev. */
uint64_t actor_crossings(const struct actor *actor);

#endif
