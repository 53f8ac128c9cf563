// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch all|self|other [times|events] COMMAND [ARGUMENT...]: runs it while
 * everything is watched, or it alone, or just another process that sleeps. Records
 * have room for all its calls: who reads them does it on another processor.
 * watch new [times]: how long it takes until everything is watched.
 * watch table: every call is made, then the whole table is read while
 * everything is watched; says how many rows it has and what reading it costs.
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "count.h"
#include "tap.h"

static struct ring r;

/* A process that waits for a byte and then becomes the command. */
static pid_t waiting(char **argv, int *go)
{
	int ends[2];
	char byte;
	pid_t pid;

	if (pipe(ends))
		bail("pipe");
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[1]);
		if (read(ends[0], &byte, 1) == 1)
			execvp(argv[0], argv);
		_exit(127);
	}
	if (pid < 0)
		bail("fork");
	close(ends[0]);
	*go = ends[1];
	return pid;
}

static int run(const char *who, bool times, bool events, char **argv)
{
	struct watch watch = { .times = times, .events = events ? RINGSIDE_MAX_RING : 0, .nr_pids = strcmp(who, "all") ? 1 : 0 };
	pid_t pid, other = 0;
	int go, never, status;

	pid = waiting(argv, &go);
	watch.pids = &pid;
	if (!strcmp(who, "other")) {
		other = waiting(argv, &never);
		watch.pids = &other;
	}
	watch_new(&r, &watch);
	/* 7.x makes a kprobe cheaper some time after it was set. */
	sleep(3);
	if (write(go, "g", 1) != 1 || waitpid(pid, &status, 0) != pid)
		bail("%s is gone", argv[0]);
	if (other) {
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
	}
	return status ? 1 : 0;
}

/* With arguments that each of them refuses; but those that end, wait or hang up whoever calls them. */
static void call_each(void)
{
	static const int never[] = {
		SYS_rt_sigreturn, SYS_pause, SYS_fork, SYS_vfork, SYS_exit, SYS_exit_group, SYS_vhangup, SYS_sync,
	};
	long nr;
	unsigned int i;
	pid_t pid = fork();

	if (!pid) {
		alarm(60);
		for (nr = 0; nr < 440; nr++) {
			for (i = 0; i < NR(never) && never[i] != nr; i++)
				;
			if (i == NR(never) && nr != SYS_alarm)
				syscall(nr, -1L, -1L, -1L, -1L, -1L, -1L);
		}
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int table(void)
{
	struct watch all = { 0 };
	uint64_t cost[9];
	unsigned int i, nr = 0;
	uint32_t id = watch_new(&r, &all);
	struct rows rows = { 0 };
	bool done;

	call_each();
	for (i = 0; i < NR(cost); i++) {
		ask(&r, RINGSIDE_CMD_SYSCALL_GET, true);
		ask_u32(&r, RINGSIDE_A_SYSCALL_WATCH, id);
		cost[i] = count();
		/* Received, and not looked into: that is its reader's business. */
		for (done = ask_send(&r) != 0; !done;)
			if (answer_some(&r, NULL, &done))
				bail("a dump: %s", r.why);
		cost[i] = count() - cost[i];
		nr = r.messages;
	}
	qsort(cost, NR(cost), sizeof(cost[0]), compare);
	rows_free(&rows);
	printf("%u %llu\n", nr, (unsigned long long)cost[NR(cost) / 2]);
	return nr < 100;
}

/* From the opening of a socket on; the median of some. */
static int new(bool times)
{
	struct watch all = { .times = times };
	uint64_t cost[5];
	unsigned int i;

	for (i = 0; i < NR(cost); i++) {
		ring_close(&r);
		cost[i] = count();
		if (!ring_open(&r))
			bail("no family ringside");
		watch_new(&r, &all);
		cost[i] = count() - cost[i];
		/* Until it is all detached. */
		ring_close(&r);
		sleep(2);
	}
	qsort(cost, NR(cost), sizeof(cost[0]), compare);
	printf("%llu\n", (unsigned long long)cost[NR(cost) / 2]);
	return 0;
}

int main(int argc, char **argv)
{
	bool times = argc > 2 && !strcmp(argv[2], "times"), events = argc > 2 && !strcmp(argv[2], "events");

	if (argc < 2 || (argc < 3 + times + events && strcmp(argv[1], "table") && strcmp(argv[1], "new"))) {
		fprintf(stderr, "usage: watch all|self|other [times|events] COMMAND [ARGUMENT...], or watch table, or watch new [times]\n");
		return 2;
	}
	if (!ring_open(&r))
		bail("no family ringside");
	if (!strcmp(argv[1], "new"))
		return new(times);
	return strcmp(argv[1], "table") ? run(argv[1], times, events, argv + 2 + times + events) : table();
}
