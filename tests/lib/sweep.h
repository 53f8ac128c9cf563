/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One action after the other, each with each of its allocations failing in turn. */
#ifndef TESTS_SWEEP_H
#define TESTS_SWEEP_H

#include <stdbool.h>

#include "count.h"

/* Something that can fail: go() gives 0 or -errno. */
struct action {
	const char *name;
	int (*go)(const struct action *action);
	void (*before)(const struct action *action);	/* each time */
	void (*undo)(const struct action *action);	/* after it succeeded */
	/* Why what it has left is not right; err: what go() gave. */
	const char *(*check)(const struct action *action, int err);
	bool never;			/* it has no way to say no */
	/* For go() and the others */
	struct watch watch;
	const char *text;
	int cmd;
	bool dump;
};

#define SWEEP_CGROUP "/sys/fs/cgroup/storm"

/*
 * What r says is the reason of an error; it may be closed while the module is
 * not loaded. Stays on one CPU from now on, makes SWEEP_CGROUP and gives its id.
 * Bails out as fail_init().
 */
uint64_t sweep_init(struct ring *r);

/* How many watches there are while nothing is done. */
extern unsigned int sweep_watches_wanted;

/*
 * One result: all of them fail in turn, or of very many the first, the last and
 * some in between. Each time it ends in ENOMEM, in another error with a sentence,
 * or well, and after it the same works.
 */
void sweep(const struct action *action);

/* Says how much that was, and removes SWEEP_CGROUP. */
void sweep_note(void);

#endif
