/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A population of quiet processes of every kind that tasks can tell apart. */
#ifndef TESTS_PEOPLE_H
#define TESTS_PEOPLE_H

#include <stdbool.h>
#include <sys/types.h>

/* Makes them. NULL, or why none of them has memory swapped out. */
const char *people_make(void);
void people_end(void);

/* Whether a thread of this process died (its sums are in no file of /proc). */
bool people_lost_threads(pid_t pid);
/* The one with a dead thread, and how often that had slept. */
pid_t people_with_dead_thread(long *switches);
/* Whether somebody's memory was swapped out. */
bool people_swapped(void);

/* The names that the ones with odd names have. Ends with NULL. */
extern const char * const people_names[];

#endif
