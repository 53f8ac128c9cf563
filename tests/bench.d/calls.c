// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * calls [FILE]: what a getppid by syscall(2) costs: the median of batches of
 * 1,000, in instructions for all 1,000. To FILE if there is one, for output is
 * another's when a tool runs this.
 * calls -s: when it was started, to file descriptor 3.
 */
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define BATCHES	51
#define CALLS	1000

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static uint64_t spent[BATCHES];
	uint64_t begun = count();
	FILE *out = stdout;
	unsigned int i, j;

	if (argc > 1 && !strcmp(argv[1], "-s"))
		return dprintf(3, "%llu\n", (unsigned long long)begun) < 0;
	for (i = 0; i < BATCHES; i++) {
		begun = count();
		for (j = 0; j < CALLS; j++)
			syscall(SYS_getppid);
		spent[i] = count() - begun;
	}
	qsort(spent, BATCHES, sizeof(spent[0]), compare);
	if (argc > 1)
		out = fopen(argv[1], "w");
	if (!out || fprintf(out, "%llu\n", (unsigned long long)spent[BATCHES / 2]) < 0 || fclose(out)) {
		perror("calls");
		return 1;
	}
	return 0;
}
