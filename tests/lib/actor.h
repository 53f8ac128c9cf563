/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child that acts when it is told to, and notes each call that it makes: what
 * records of it are held against.
 */
#ifndef TESTS_ACTOR_H
#define TESTS_ACTOR_H

#include <sys/types.h>

/* What the actor called, by its own account, in memory shared with it. */
struct made {
	int abi;
	long call, arg[6], result;
};

struct told {
	unsigned int nr;
	struct made made[2000];
	pid_t child, thread, grandchild;	/* that it made */
};

extern struct told *told;

/* For it: a call, with all six arguments as they are, noted; its result, or -errno. */
#define DO(nr, ...) do_call((nr), (long[6]){ __VA_ARGS__ })
#define DO32(nr, ...) do_call32((nr), (long[6]){ __VA_ARGS__ })
#define P(pointer) ((long)(pointer))

long do_call(long call, const long *arg);
long do_call32(long call, const long *arg);

/* It waits for a byte, acts, says so, and waits again. One at a time. */
struct actor {
	pid_t pid;
	int go[2], done[2];
};

extern struct actor actor;

/* Made, it is asleep, and has told nothing. */
void actor_make(void (*act)(void));
void actor_go(void);
void actor_done(void);
/* Until it is asleep. */
void actor_sleeps(void);
void actor_end(void);

#endif
