/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process whose threads sleep in calls until they are woken: what each call then returns is known. */
#ifndef TESTS_ASLEEP_H
#define TESTS_ASLEEP_H

#include <sys/types.h>

/* The calls, one thread after the other: as often as can be, equally many. */
enum { ASLEEP_POLL, ASLEEP_PAUSE, ASLEEP_NANOSLEEP, ASLEEP_READ, ASLEEP_FUTEX, ASLEEP_KINDS };

enum { ASLEEP_MOST = 200 };

/* Its numbers. The process makes none of the first four calls otherwise; futex it does. */
extern const long asleep_calls[ASLEEP_KINDS];

/* Makes the process; its pid. Bails out. */
pid_t asleep_make(void);
/* Sends so many threads to sleep, and waits until all do: how many in each kind of call. Bails out. */
void asleep_begin(unsigned int threads, unsigned int of[ASLEEP_KINDS]);
/* Wakes them. */
void asleep_wake(void);
/* Waits until they are back: how many were told something wrong, or -1 when some don't come back. */
int asleep_back(void);
void asleep_end(void);

#endif
