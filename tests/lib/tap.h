/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TAP, as tests/run reads it. The plan comes last, from tap_end(): a program
 * that dies before it has no plan, and counts as failed.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stddef.h>

#define PRINTF(n) __attribute__((__format__(__printf__, n, (n) + 1)))

/* One result. Returns whether it is good. */
bool ok(bool good, const char *format, ...) PRINTF(2);
/* One result: whether two numbers are the same; says both when not. */
bool is(long long got, long long wanted, const char *format, ...) PRINTF(3);
bool is_str(const char *got, const char *wanted, const char *format, ...) PRINTF(3);
/* One result that could not be had, and why. */
void skip(const char *why, const char *format, ...) PRINTF(2);
/* Words about the last result; control bytes are shown as \ooo. */
void diag(const char *format, ...) PRINTF(1);
/* A figure that tests/run shows even when all is well. */
void note(const char *format, ...) PRINTF(1);
/* Gives up: what the test needs is not there. No plan, so it fails. */
void bail(const char *format, ...) PRINTF(1) __attribute__((noreturn));
/*
 * How often something is done: quick, or full where tests/run was asked for
 * --full (TESTS_FULL=1 in the environment).
 */
unsigned long often(unsigned long quick, unsigned long full);
/* What a test's own random numbers begin with; a note says it, and --seed (TESTS_SEED) gives it again. */
unsigned long long seed(void);
/* Seconds of a clock that only goes on. */
double monotonic(void);
/* Writes the plan; to be returned from main. */
int tap_end(void);

#define NR(array) (sizeof(array) / sizeof((array)[0]))

#endif
