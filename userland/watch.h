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
	enum who who;
	struct pids pids;
	uint64_t cgroup;
	uint32_t uid;
	const char *by;		/* "process", "cgroup" or NULL */
	bool times;
	struct callset set;
};

/* Makes it: its number, or 0 after a sentence. */
uint32_t watch_new(struct client *client, const struct wish *wish);

/* Are all the threads gone that it followed, or is the watch itself? */
bool watch_is_empty(struct client *client, uint32_t id);

/* Says what isn't in its counts, if anything. */
void watch_say_missing(struct client *client, uint32_t id);

#endif
