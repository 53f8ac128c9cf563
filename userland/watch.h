/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A watch of one's own: it lasts as long as the client that it was made with
 */
#ifndef WATCH_H
#define WATCH_H

#include "callset.h"
#include "client.h"
#include "options.h"

/* By the letters of their options. */
enum who {
	WHO_NOBODY,
	WHO_ALL = 'a',
	WHO_CGROUP = 'g',
	WHO_PIDS = 'p',
	WHO_USER = 'u',
};

/* Who is counted, and what is kept of it. */
struct wish {
	const char *command;	/* that is said of what goes wrong */
	enum who who;
	struct pids pids;
	uint64_t cgroup;
	uint32_t uid;
	const char *by;		/* "process", "cgroup" or NULL */
	bool times;
	uint32_t events;	/* bytes of ring a CPU for records; 0: none */
	struct callset set;
};

/* Makes it: its number, or 0 after a sentence. */
uint32_t watch_new(struct client *client, const struct wish *wish);

/* Are all the threads gone that it followed, or is the watch itself? */
bool watch_is_empty(struct client *client, uint32_t id);

/* What the module's side of it was. */
struct watch_side {
	char backend[16];
	uint64_t bytes;		/* of memory */
	uint64_t calls;
	uint64_t missed, unkept, lapsed;
	uint64_t recorded, lost;
};

/* False: it is to be had no more. */
bool watch_look(struct client *client, uint32_t id, struct watch_side *side);

/* Says what isn't in its counts, or among its records, if anything. */
void watch_say_missing(struct client *client, uint32_t id);

#endif
