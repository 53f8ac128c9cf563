/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches of processes that made some calls and now keep still. */
#ifndef TESTS_WATCHED_H
#define TESTS_WATCHED_H

#include <sys/types.h>

#include "ring.h"

struct watched {
	pid_t pid[2];
	uint32_t times;		/* watch of both, kept apart, with errors and time */
	uint32_t plain;		/* watch of the first, just of three calls; has a name */
};

#define WATCHED_NAME "watched.plain"

/* Makes the processes and the watches, and has the processes make calls. Bails out. */
void watched_make(struct ring *r, struct watched *watched);
/* Has them make more. */
void watched_go_on(struct ring *r, const struct watched *watched);
void watched_end(struct ring *r, const struct watched *watched);

/*
 * Watches whose sockets were closed end a little later; until then they keep
 * the module. Waits until nothing does, or bails out.
 */
void watches_gone(void);

#endif
