/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a caller gets, as a letter of tests/guest/who-table.h; '!' for what it has no letter for. */
#ifndef TESTS_WHO_H
#define TESTS_WHO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "callers.h"

/* What is looked at: root's and alice's processes, and watches of these. */
extern struct scene {
	pid_t root, alice;
	/* All with times and by process, but for the one that stays. */
	int root_watch, root_stays, alice_watch;
	/* To be ended by who may. */
	int root_end, stays_end, alice_end, goes;
	int64_t mem_total;
} scene;

/* The names of the one that stays; of one that a word in sysfs is to end; of one that is to be made. */
#define STAYS "who.stays"
#define GOES "who.goes"
#define COMES "who.comes"

/* In the caller's process, first of all. False when it can't even begin. */
bool who_begin(const struct caller *caller);
/* An operation or a file, and what the table says is done with it. */
char who_asks(int cmd, const char *act);
char who_opens(const char *path, const char *act);
/* Words about the last letter when it is '!'. */
extern char who_odd[160];

#endif
