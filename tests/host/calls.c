// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a system call costs in nanoseconds, which under scripts/vm --icount are
 * instructions: the median of batches of 1,000. Interrupts of the host's
 * devices hit some batches in one run and others in the next.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCHES 51
#define CALLS 1000

static long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int main(void)
{
	long spent[BATCHES];
	int i, j;

	for (i = 0; i < BATCHES; i++) {
		long begin = now();

		for (j = 0; j < CALLS; j++)
			syscall(SYS_getppid);
		spent[i] = now() - begin;
	}
	qsort(spent, BATCHES, sizeof(*spent), compare);
	printf("%ld\n", spent[BATCHES / 2]);
	return 0;
}
