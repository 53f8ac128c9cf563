/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the family, valid ones damaged with their structure in mind. The
 * same seed and number give the same datagram again, but for the ids of watches
 * in it, which depend on what came before.
 */
#ifndef TESTS_MUTATE_H
#define TESTS_MUTATE_H

#include <stdint.h>

#include "chance.h"
#include <sys/types.h>

/* Bytes a datagram takes at most. */
#define MUTATE_ROOM	(1 << 16)

struct mutate {
	uint64_t seed;
	int family;
	pid_t pids[4];		/* of processes that are there */
	uint32_t ids[4];	/* of watches that are there, or 0 */
};

/*
 * Makes datagram number nr, of one message or some, in MUTATE_ROOM bytes of buf.
 * Returns its length; *messages is how many were put into it. *chance goes on
 * with that number's own numbers. Sequence numbers are left at 0.
 */
unsigned int mutate_make(const struct mutate *mutate, uint64_t nr, void *buf, unsigned int *messages,
			 struct chance *chance);

#endif
