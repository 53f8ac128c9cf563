/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that look at everything again and again while something else is tested. */
#ifndef TESTS_READERS_H
#define TESTS_READERS_H

#include <sys/types.h>

enum { READERS_MOST = 8 };

struct readers {
	pid_t pid[READERS_MOST];
	unsigned int nr;
	struct readers_told *told;
};

/*
 * Starts nr of them, on one CPU after the other: each dumps processes, threads,
 * watches and all that these have counted, one after the other, until ended.
 */
void readers_start(struct readers *readers, unsigned int nr);

struct readers_saw {
	unsigned long dumps, rows;
	unsigned long refused;	/* dumps that ended for lack of memory */
	unsigned long failed;	/* with any other error, or a reader that is gone */
	char error[128];	/* of one that failed */
};

/* Ends them: what they saw. */
void readers_end(struct readers *readers, struct readers_saw *saw);

#endif
