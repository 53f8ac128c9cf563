/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process of alice's that does as it is told by a letter, and answers when it has: becomes a program with other
 * rights, or another user, and whatever else a test has a letter for.
 *
 *   p  the program again, as a copy without rights of its own
 *   u  as one that runs with root's user
 *   g  as one that runs with root's group
 *   a  alice, in every respect
 *   o  another user
 */
#ifndef TESTS_DOER_H
#define TESTS_DOER_H

#include <stdbool.h>
#include <sys/types.h>

struct doer {
	pid_t pid;
	int to, from;
};

/*
 * The first thing in main(): what a program does that it has become; else it returns -1. can: what to do for any other
 * letter, and whether it did.
 */
int doer_main(int argc, char **argv, bool (*can)(char letter));
/* The copies of this program, and away with them. Bails out. */
void doer_programs_make(void);
void doer_programs_end(void);

/* Keeps these capabilities. It is alice's when this returns; and may not be dumped, for it changed users. Bails out. */
void doer_make(struct doer *doer, unsigned long long caps);
/* Has it do all of these. Bails out when it can't. */
void doer_do(const struct doer *doer, const char *letters);
void doer_end(struct doer *doer);

#endif
