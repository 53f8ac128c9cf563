// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every field of every process and thread against the kernel's own files.
 * /proc is read before and after the dump; what says the same both times did
 * not move, and must be what the dump says.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "people.h"

static const struct field *fields;
static unsigned int compared[ATTRS], nonzero[ATTRS], moving, restless, differ;

static bool same_comm(const struct task *task, const char *comm)
{
	/* Its own name, to which /proc adds what it works at. */
	if (task->is_kworker)
		return *comm && !strncmp(task->comm, comm, strlen(comm));
	/* Of a kernel thread's name /proc shows more than comm holds. */
	if (task->v[RINGSIDE_A_TASK_KTHREAD])
		return strlen(comm) == (strlen(task->comm) < 15 ? strlen(task->comm) : 15) &&
		       !strncmp(task->comm, comm, strlen(comm));
	return !strcmp(task->comm, comm);
}

static int64_t unit(int attr, int64_t value)
{
	switch (attr) {
	case RINGSIDE_A_TASK_UTIME:
	case RINGSIDE_A_TASK_STIME:
	case RINGSIDE_A_TASK_START_TIME:
		return value / (1000000000 / sysconf(_SC_CLK_TCK));
	}
	return value;
}

static void differs(const struct task *task, const struct field *field, const char *theirs,
		    const char *ours)
{
	if (differ++ < 40)
		diag("%d/%d (%s, %c): %s is %s in /proc and %s here", task->pid, task->tid,
		     task->comm, task->state, field->name, theirs, ours);
}

static void compare_number(const struct task *task, const struct field *field, int64_t theirs,
			   int64_t ours)
{
	int attr = field->attr;
	char a[32], b[32];
	bool least = !task->tid && people_lost_threads(task->pid) &&
		     (attr == RINGSIDE_A_TASK_NVCSW || attr == RINGSIDE_A_TASK_NIVCSW);

	compared[attr]++;
	nonzero[attr] += !!ours;
	/* /proc has no sum of switches with the dead threads' in it. */
	if (least ? ours >= theirs : ours == theirs)
		return;
	snprintf(a, sizeof(a), "%lld", (long long)theirs);
	snprintf(b, sizeof(b), "%lld", (long long)ours);
	differs(task, field, a, b);
}

/*
 * Whether it ran in between. Who looks the same before and after may have been
 * anything meanwhile, if it did: in another state, on another processor.
 */
static bool ran(const struct task *before, const struct task *after)
{
	static const int tells[] = {
		RINGSIDE_A_TASK_NVCSW, RINGSIDE_A_TASK_NIVCSW, RINGSIDE_A_TASK_UTIME, RINGSIDE_A_TASK_STIME,
	};
	unsigned int i;

	for (i = 0; i < NR(tells); i++)
		if (before->v[tells[i]] != after->v[tells[i]])
			return true;
	return false;
}

static void compare(const struct task *before, const struct task *after, const struct row *row)
{
	const struct field *field;
	char a[2] = "", b[2] = "";

	if (ran(before, after)) {
		restless++;
		return;
	}
	for (field = fields; field->name; field++) {
		int attr = field->attr;

		if (attr == RINGSIDE_A_TASK_THREADS)
			continue;
		if (attr == RINGSIDE_A_TASK_COMM) {
			if (strcmp(before->comm, after->comm)) {
				moving++;
				continue;
			}
			compared[attr]++;
			nonzero[attr]++;
			if (!same_comm(before, row->s[attr]))
				differs(before, field, before->comm, row->s[attr]);
			continue;
		}
		if (attr == RINGSIDE_A_TASK_STATE) {
			if (before->state != after->state) {
				moving++;
				continue;
			}
			compared[attr]++;
			nonzero[attr]++;
			*a = before->state;
			*b = *row->s[attr];
			if (*a != *b || strlen(row->s[attr]) != 1)
				differs(before, field, a, row->s[attr]);
			continue;
		}
		if (before->v[attr] != after->v[attr]) {
			moving++;
			continue;
		}
		compare_number(before, field, before->v[attr], unit(attr, row->v[attr]));
	}
}

static struct task *task_of(struct task *tasks, unsigned int nr, int64_t tid)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (tasks[i].v[RINGSIDE_A_TASK_PID] == tid)
			return &tasks[i];
	return NULL;
}

/* One round over everybody. */
static void round_of(struct ring *r, bool threads, unsigned int *missing, unsigned int *seen)
{
	unsigned int i, nr_before, nr_after;
	struct task *before, *after, *then, *now;
	struct rows rows = { 0 };
	struct row *row;
	int err;

	before = tasks_read(threads, &nr_before);
	ask(r, RINGSIDE_CMD_TASK_GET, true);
	if (threads)
		ask_flag(r, RINGSIDE_A_TASK_THREADS);
	err = answer(r, &rows);
	if (err)
		bail("the dump: %s (%s)", strerror(-err), r->why);
	after = tasks_read(threads, &nr_after);

	for (i = 0; i < nr_before; i++) {
		then = &before[i];
		now = task_of(after, nr_after, then->v[RINGSIDE_A_TASK_PID]);
		if (then->gone || !now || now->gone || then->pid == getpid())
			continue;
		row = row_by(&rows, RINGSIDE_A_TASK_PID, then->v[RINGSIDE_A_TASK_PID]);
		if (!row) {
			++*missing;
			diag("%d/%d (%s) is in /proc and not here", then->pid, then->tid, then->comm);
			continue;
		}
		++*seen;
		compare(then, now, row);
	}
	rows_free(&rows);
	free(before);
	free(after);
}

static void agree(struct ring *r, bool threads)
{
	const char *what = threads ? "threads" : "processes";
	unsigned int missing = 0, seen = 0, total = 0, never = 0, zero = 0;
	const struct field *field;
	int round;

	memset(compared, 0, sizeof(compared));
	memset(nonzero, 0, sizeof(nonzero));
	moving = restless = differ = 0;
	for (round = 0; round < 2; round++)
		round_of(r, threads, &missing, &seen);

	ok(!differ, "%s: every field that does not move is as in /proc", what);
	if (differ)
		diag("%u fields differ", differ);
	ok(!missing, "%s: everyone in /proc is here", what);
	for (field = fields; field->name; field++) {
		if (field->attr == RINGSIDE_A_TASK_THREADS)
			continue;
		total += compared[field->attr];
		if (!compared[field->attr]) {
			diag("%s was never compared", field->name);
			never++;
		}
		if (!nonzero[field->attr] &&
		    !(field->attr == RINGSIDE_A_TASK_SWAP && !people_swapped())) {
			diag("%s was only ever compared where it is zero", field->name);
			zero++;
		}
	}
	ok(!never && !zero, "%s: every field was compared, and where it is not zero", what);
	ok(restless < seen / 4, "%s: most of them were quiet", what);
	note("%s: compared %u fields of %u %s, but %u that ran meanwhile; %u fields moved", what, total, seen,
	     what, restless, moving);
}

/* A process' sums hold what its dead threads did: one that people_make() had told, and died. */
static void dead_threads(struct ring *r)
{
	struct task live;
	struct rows rows = { 0 };
	int64_t ours;
	long dead;
	pid_t pid = people_with_dead_thread(&dead);
	int err;

	ask(r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(r, RINGSIDE_A_TASK_PID, pid);
	err = answer(r, &rows);
	if (err)
		bail("a do: %s (%s)", strerror(-err), r->why);
	task_read(&live, pid, 0);
	ours = rows.row[0].v[RINGSIDE_A_TASK_NVCSW];
	if (!ok(dead > 10 && ours >= live.v[RINGSIDE_A_TASK_NVCSW] + dead,
		"a process' switches include those of its dead threads"))
		diag("here %lld, its live threads %lld, the dead one %ld", (long long)ours,
		     (long long)live.v[RINGSIDE_A_TASK_NVCSW], dead);
	rows_free(&rows);
}

int main(void)
{
	struct ring r;
	const char *no_swap;

	lib_init();
	fields = noun_of(RINGSIDE_CMD_TASK_GET)->fields;
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	no_swap = people_make();
	agree(&r, false);
	agree(&r, true);
	dead_threads(&r);
	if (no_swap)
		skip(no_swap, "memory that is swapped out");
	else
		ok(people_swapped(), "some memory really was swapped out");
	wire_ok();
	people_end();
	return tap_end();
}
