// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dumps of tasks: in order, whole, resumed when tasks go between two receives,
 * and marked when somebody came or went. And the family is there in another
 * network namespace.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"

enum { MANY = 300 };

static pid_t pids[MANY];
static struct ring r;

static bool in_order(const struct rows *rows)
{
	unsigned int i;

	for (i = 1; i < rows->nr; i++)
		if (rows->row[i].v[RINGSIDE_A_TASK_PID] <= rows->row[i - 1].v[RINGSIDE_A_TASK_PID])
			return false;
	return rows->nr > 1;
}

static void whole(void)
{
	const struct noun *noun = noun_of(RINGSIDE_CMD_TASK_GET);
	unsigned int i, nr_before, nr_after, missing = 0, extra = 0, differ = 0;
	pid_t *before, *after;
	struct rows rows;
	char why[256];

	before = pids_read("/proc", &nr_before);
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	after = pids_read("/proc", &nr_after);
	ok(in_order(&rows), "rows come in the order of their pids, nobody twice");
	for (i = 0; i < nr_before; i++)
		if (!row_by(&rows, RINGSIDE_A_TASK_PID, before[i])) {
			missing++;
			diag("%d is in /proc and not here", before[i]);
		}
	for (i = 0; i < rows.nr; i++) {
		pid_t pid = rows.row[i].v[RINGSIDE_A_TASK_PID];
		unsigned int n;
		bool found = false;

		for (n = 0; n < nr_after; n++)
			found |= after[n] == pid;
		if (!found) {
			extra++;
			diag("%d is here and not in /proc", pid);
		}
	}
	ok(!missing && !extra && nr_before == nr_after, "all %u processes of /proc and no others", rows.nr);
	note("%u rows in %u messages: %.1f bytes a task", rows.nr, r.messages, (double)r.bytes / rows.nr);

	/* A do of one says what the dump says. */
	for (i = 0; i < MANY; i += 10) {
		struct row *row = row_by(&rows, RINGSIDE_A_TASK_PID, pids[i]);
		struct rows one = { 0 };

		ask(&r, RINGSIDE_CMD_TASK_GET, false);
		ask_u32(&r, RINGSIDE_A_TASK_PID, pids[i]);
		if (answer(&r, &one) || one.nr != 1 || !row ||
		    !rows_same(noun, row, &one.row[0], 0, why, sizeof(why))) {
			differ++;
			diag("%d: %s", pids[i], why);
		}
		rows_free(&one);
	}
	ok(!differ, "a request for one gives the row of the dump");
	rows_free(&rows);
	free(before);
	free(after);
}

/*
 * A dump with something done between its first and second receive. Returns
 * whether it was marked; the rows are left for a look.
 */
static bool disturbed(void (*between)(void *arg), void *arg, struct rows *rows)
{
	bool done = false, first = true;
	int err;

	memset(rows, 0, sizeof(*rows));
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	err = ask_send(&r);
	while (!err && !done) {
		err = answer_some(&r, rows, &done);
		if (first && done)
			bail("the dump is too short to be disturbed");
		if (first && between)
			between(arg);
		first = false;
	}
	if (err)
		bail("a dump: %s (%s)", strerror(-err), r.why);
	return r.intr;
}

static void make_one(void *arg)
{
	*(pid_t *)arg = child(NULL, NULL);
}

static void end_one(void *arg)
{
	child_end(*(pid_t *)arg);
}

static void end_many(void *arg)
{
	unsigned int i;

	for (i = 0; i < MANY; i += 3)
		child_end(pids[i]);
}

static void kill_no_reap(void *arg)
{
	pid_t pid = *(pid_t *)arg;
	struct task task;

	kill(pid, SIGKILL);
	do {
		usleep(1000);
		task_read(&task, pid, 0);
	} while (task.state != 'Z');
}

static void marks(void)
{
	struct rows rows;
	unsigned int i, lost = 0, quiet = 0;
	pid_t pid;

	/* The kernel's own threads may come and go: a few tries. */
	for (i = 0; i < 20; i++) {
		quiet += !disturbed(NULL, NULL, &rows);
		rows_free(&rows);
	}
	ok(quiet > 10, "a dump in which nobody comes or goes is not marked");
	diag("%u of 20", quiet);
	ok(disturbed(make_one, &pid, &rows), "a process made between two receives is marked");
	rows_free(&rows);
	ok(disturbed(end_one, &pid, &rows), "a process reaped between two receives is marked");
	rows_free(&rows);
	ok(disturbed(end_many, NULL, &rows), "a hundred that go are marked");
	for (i = 0; i < MANY; i++)
		lost += i % 3 && !row_by(&rows, RINGSIDE_A_TASK_PID, pids[i]);
	is(lost, 0, "and lose nobody else");
	ok(in_order(&rows), "and the order is kept");
	rows_free(&rows);
	for (i = 0; i < MANY; i += 3)
		pids[i] = child(NULL, NULL);
	/* Died, but there until it is reaped: no row came or went. */
	pid = pids[5];
	for (i = 0; i < 3; i++) {
		bool marked = disturbed(i ? NULL : kill_no_reap, &pid, &rows);

		if (!i)
			ok(!marked, "a process that has died and is not yet reaped is still there");
		rows_free(&rows);
	}
}

/* Has a group of its own, a child in it, and is gone at once: its pid lives on as the group's. */
static int group_leader(void *arg)
{
	if (setpgid(0, 0))
		return -1;
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, 0);
		for (;;)
			pause();
	}
	return 0;
}

static void leader_goes(void)
{
	struct rows rows;
	pid_t pid = child(group_leader, NULL);

	ok(disturbed(end_one, &pid, &rows), "a process group's leader that is reaped, its group living on, is marked");
	rows_free(&rows);
	kill(-pid, SIGKILL);
}

/* A hundred dumps while processes come and go: who lives through a dump is in it, once. */
static void storm(void)
{
	unsigned int i, n, lost = 0, order = 0, marked = 0;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			pid_t p = fork();

			if (!p)
				_exit(0);
			waitpid(p, NULL, 0);
		}
	}
	for (n = 0; n < 100; n++) {
		struct rows rows;

		marked += disturbed(NULL, NULL, &rows);
		order += !in_order(&rows);
		for (i = 0; i < MANY; i++)
			lost += !row_by(&rows, RINGSIDE_A_TASK_PID, pids[i]);
		rows_free(&rows);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	ok(!lost && !order, "100 dumps amid processes that come and go: nobody else is lost, in order");
	note("%u of 100 dumps amid a storm were marked", marked);
}

static int other_net(void *arg)
{
	static struct ring there;
	struct rows rows;
	unsigned int *nr = arg;

	if (unshare(CLONE_NEWNET) || !ring_open(&there))
		return 1;
	dump_all(&there, RINGSIDE_CMD_TASK_GET, &rows);
	*nr = rows.nr;
	rows_free(&rows);
	dump_all(&there, RINGSIDE_CMD_SLAB_GET, &rows);
	return rows.nr < 50;
}

int main(void)
{
	unsigned int i, *nr = shared(sizeof(*nr));

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	r.room = 8192;
	for (i = 0; i < MANY; i++)
		pids[i] = child(NULL, NULL);
	whole();
	marks();
	leader_goes();
	storm();
	i = apart(other_net, nr);
	ok(!i && *nr > MANY, "in another network namespace the family is there, with the same rows");
	wire_ok();
	children_end();
	return tap_end();
}
