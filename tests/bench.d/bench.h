/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__x86_64__)
/*
 * Instructions executed so far, in a guest that executes one a nanosecond
 * (scripts/vm --icount). The counter itself: the kernel's clock is this one
 * scaled by what it calibrated.
 */
static inline uint64_t count(void)
{
	return __builtin_ia32_rdtsc();
}
#else
#include <time.h>

static inline uint64_t count(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_RAW, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}
#endif

/* A number on the command line, or the end of the program. */
static inline unsigned int number(const char *word)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(word, &end, 10);
	if (errno || end == word || *end || value > 1000000) {
		fprintf(stderr, "'%s' is no number from 0 to 1000000\n", word);
		exit(2);
	}
	return value;
}

#endif
