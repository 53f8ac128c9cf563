// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * run [-p|-s] TIMES COMMAND [ARGUMENT...]: what a whole program costs, from
 * fork to its end: median, least and most instructions of so many runs. Its
 * output goes to /dev/null, or with -p into a pipe that is read here and thrown
 * away. With -s not to its end, but to the moment that it (or what it runs)
 * writes to file descriptor 3, as "calls -s" does. Fails when the command does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define MAX_RUNS 99

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void drain(int fd)
{
	static char buf[65536];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
	close(fd);
}

/* When the command says that it was. */
static uint64_t told(int fd)
{
	char text[32] = "";
	ssize_t got = read(fd, text, sizeof(text) - 1);

	close(fd);
	return got > 0 ? strtoull(text, NULL, 10) : 0;
}

static uint64_t run(char **argv, int how)
{
	int ends[2], out = -1, status;
	uint64_t begun, moment = 0;
	pid_t pid;

	if (how && pipe(ends) < 0)
		exit(1);
	out = how == 'p' ? ends[1] : open("/dev/null", O_WRONLY);
	begun = count();
	pid = fork();
	if (!pid) {
		dup2(out, 1);
		if (how == 's')
			dup2(ends[1], 3);
		else
			close(out);
		if (how && ends[0] != 3)
			close(ends[0]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(out);
	if (how == 'p')
		drain(ends[0]);
	if (how == 's') {
		close(ends[1]);
		moment = told(ends[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "%s failed\n", argv[0]);
		exit(1);
	}
	if (how == 's' && moment < begun) {
		fprintf(stderr, "%s does not say when it began\n", argv[0]);
		exit(1);
	}
	return (how == 's' ? moment : count()) - begun;
}

int main(int argc, char **argv)
{
	uint64_t cost[MAX_RUNS];
	int how = argc > 1 && (!strcmp(argv[1], "-p") || !strcmp(argv[1], "-s")) ? argv[1][1] : 0;
	unsigned int i, times;

	argv += 1 + !!how;
	times = *argv ? number(*argv++) : 0;
	if (times < 1 || times > MAX_RUNS || !*argv) {
		fprintf(stderr, "usage: run [-p|-s] TIMES COMMAND [ARGUMENT...]\n");
		return 2;
	}
	for (i = 0; i < times; i++)
		cost[i] = run(argv, how);
	qsort(cost, times, sizeof(*cost), compare);
	printf("%llu %llu %llu\n", (unsigned long long)cost[times / 2], (unsigned long long)cost[0],
	       (unsigned long long)cost[times - 1]);
	return 0;
}
