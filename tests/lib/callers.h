/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Those who may or may not look: users, capabilities, namespaces, a group. */
#ifndef TESTS_CALLERS_H
#define TESTS_CALLERS_H

#include <stdbool.h>

#include "child.h"

enum { ALICE = 1000, OTHER = 2000, GROUP = 4242 };

struct caller {
	const char *name;
	struct someone who;
	/* Namespaces that it makes for itself, and is root of. */
	int namespaces;		/* CLONE_NEW* */
};

#define ALL_CAPS (~0ULL >> 24)

/*
 * Runs test(arg) as this caller, in a process of its own; in a pid namespace
 * as the first process there, beside a second one that keeps still. May write
 * results into shared memory only. Returns as apart() does.
 */
int caller_run(const struct caller *caller, int (*test)(void *arg), void *arg);

#endif
