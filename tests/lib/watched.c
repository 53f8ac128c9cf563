// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "proc.h"
#include "tap.h"
#include "watched.h"

enum { ROUNDS = 20 };

static void make_calls(int nr)
{
	int i;

	for (i = 0; i < ROUNDS; i++) {
		syscall(SYS_getppid);
		syscall(SYS_close, -1);
		syscall(SYS_openat, AT_FDCWD, "/nothing/here", O_RDONLY);
		syscall(SYS_sched_yield);
	}
	/* Last, by which the others are known to be over. */
	syscall(SYS_getpgrp);
}

/* A word of two, which text has to tell from two columns. */
static int caller(void *arg)
{
	return prctl(PR_SET_NAME, "odd one") || signal(SIGUSR1, make_calls) == SIG_ERR;
}

static int64_t rounds(struct ring *r, const struct watched *watched)
{
	struct rows rows;
	int64_t nr;

	watch_dump(r, RINGSIDE_CMD_SYSCALL_GET, watched->times, &rows);
	nr = sum(&rows, CALL(SYS_getpgrp), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	return nr;
}

/* Until every call but the sleep they end in is over. */
static void wait_until_still(struct ring *r, const struct watched *watched, int64_t wanted)
{
	int64_t before, now = -1;
	int try;

	for (try = 0; try < 200; try++) {
		usleep(50000);
		before = now;
		now = watch_number(r, watched->times, RINGSIDE_A_WATCH_CALLS);
		if (now == before && rounds(r, watched) == wanted)
			return;
	}
	bail("the calls of two processes were not all counted");
}

void watched_go_on(struct ring *r, const struct watched *watched)
{
	int64_t before = rounds(r, watched);
	unsigned int i;

	for (i = 0; i < NR(watched->pid); i++)
		kill(watched->pid[i], SIGUSR1);
	wait_until_still(r, watched, before + NR(watched->pid));
}

void watched_make(struct ring *r, struct watched *watched)
{
	static const uint32_t calls[] = { SYS_getppid, SYS_close, SYS_sched_yield };
	unsigned int i;

	for (i = 0; i < NR(watched->pid); i++)
		watched->pid[i] = child_clean(caller, NULL);
	watched->times = watch_new(r, &(struct watch){
		.pids = watched->pid, .nr_pids = NR(watched->pid), .by = "process", .times = true });
	watched->plain = watch_new(r, &(struct watch){
		.pids = watched->pid, .nr_pids = 1, .name = WATCHED_NAME, .calls = calls, .nr_calls = NR(calls) });
	watched_go_on(r, watched);
}

void watched_end(struct ring *r, const struct watched *watched)
{
	unsigned int i;

	if (watch_del(r, watched->times) || watch_del(r, watched->plain))
		bail("a watch does not end: %s", r->why);
	for (i = 0; i < NR(watched->pid); i++)
		child_end(watched->pid[i]);
}

void watches_gone(void)
{
	char text[32] = "";
	int try;

	/* One by one, and on 5.10 each may take some seconds. */
	for (try = 0; try < 600; try++) {
		if (read_line(text, sizeof(text), "/sys/module/ringside/refcnt") && !strcmp(text, "0"))
			return;
		usleep(100000);
	}
	bail("the module is still in use: %s times", text);
}
