/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes that call, read and ask without end, each in its way, while the
 * module comes and goes. What each of them sees is counted: good data, or an
 * error that says that it is gone. All else is odd, and so is one that waits for
 * a hundred seconds, which ends it.
 */
#ifndef TESTS_CROWD_H
#define TESTS_CROWD_H

#include <stdbool.h>
#include <sys/types.h>

enum {
	CROWD_CALLS, CROWD_OTHER_CALLS,		/* one a CPU: getppid, and now and then fork and exec */
	CROWD_FILES, CROWD_OTHER_FILES,		/* of /proc and /sys: read in every way */
	CROWD_DUMPS, CROWD_DOS, CROWD_POLICIES,	/* netlink; what the kernel tells of the family */
	CROWD_WATCHES,				/* begun at any time, when it goes above all, and ended */
	CROWD_KINDS,
};

/* What they come to. CROWD_GOING: a dump is refused, EPROTONOSUPPORT, by what is just about to go. */
enum { CROWD_GOOD, CROWD_ENOENT, CROWD_ENODEV, CROWD_EIO, CROWD_GOING, CROWD_OUTCOMES };

/* Of one kind. A race: it began or went on while the module came or went. */
struct crowd_sums {
	unsigned long long done, of[CROWD_OUTCOMES], races, races_of[CROWD_OUTCOMES];
	unsigned int odd;
	char what[600];		/* the first odd thing */
};

/* While the module is loaded: what good data is. Bails out. */
void crowd_learn(unsigned long long seed);
/* The kinds of this mask (bit n: kind n), or all. The program's main is run with an argument: it is to end at once. */
void crowd_begin(unsigned int kinds);
void crowd_end(void);
pid_t crowd_pid(unsigned int kind);

/* The module is about to come or to go, or has just come or gone. */
void crowd_change(void);
const struct crowd_sums *crowd_sums(unsigned int kind);
/* One result: nobody has seen anything odd, and each has done something. */
bool crowd_ok(const char *when);

#endif
