// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every filter gives what filtering the whole list gives; and a row of a
 * filtered dump is one that the filter lets through, whatever changes meanwhile.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "people.h"
#include "watched.h"

static struct ring r;

struct asked {
	const char *what;
	unsigned int least;	/* rows that there must be, so that it tells something */
	bool none;		/* there must be none */
	uint32_t pids[8];
	unsigned int nr_pids;
	int64_t uid;		/* -1: not asked, likewise below */
	int64_t kthread;
	int64_t cgroup, cgroup_below;
	const char *state, *comm;
	bool threads;
};

#define NONE .uid = -1, .kthread = -1, .cgroup = -1, .cgroup_below = -1

static bool passes(const struct asked *a, const struct row *row)
{
	unsigned int i;
	bool listed = !a->nr_pids;

	for (i = 0; i < a->nr_pids; i++)
		listed |= row->v[RINGSIDE_A_TASK_PID] == a->pids[i];
	return listed && (a->uid < 0 || row->v[RINGSIDE_A_TASK_UID] == a->uid) &&
	       (a->kthread < 0 || row->v[RINGSIDE_A_TASK_KTHREAD] == a->kthread) &&
	       (a->cgroup < 0 || row->v[RINGSIDE_A_TASK_CGROUP] == a->cgroup ||
		row->v[RINGSIDE_A_TASK_CGROUP] == a->cgroup_below) &&
	       (!a->state || strchr(a->state, *row->s[RINGSIDE_A_TASK_STATE])) &&
	       (!a->comm || !strcmp(a->comm, row->s[RINGSIDE_A_TASK_COMM]));
}

static void ask_all(const struct asked *a)
{
	unsigned int i;

	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	for (i = 0; i < a->nr_pids; i++)
		ask_u32(&r, RINGSIDE_A_TASK_PID, a->pids[i]);
	if (a->uid >= 0)
		ask_u32(&r, RINGSIDE_A_TASK_UID, a->uid);
	if (a->kthread >= 0)
		ask_u32(&r, RINGSIDE_A_TASK_KTHREAD, a->kthread);
	if (a->cgroup >= 0)
		ask_u64(&r, RINGSIDE_A_TASK_CGROUP, a->cgroup);
	if (a->state)
		ask_str(&r, RINGSIDE_A_TASK_STATE, a->state);
	if (a->comm)
		ask_str(&r, RINGSIDE_A_TASK_COMM, a->comm);
	if (a->threads)
		ask_flag(&r, RINGSIDE_A_TASK_THREADS);
}

static void list(bool threads, struct rows *rows)
{
	const struct asked everybody = { NONE, .threads = threads };
	int err;

	memset(rows, 0, sizeof(*rows));
	ask_all(&everybody);
	err = answer(&r, rows);
	if (err)
		bail("a dump: %s (%s)", strerror(-err), r.why);
}

/* Who has run meanwhile may have been in any state; its switches tell. */
static bool ran(const struct row *before, const struct row *after)
{
	return before->v[RINGSIDE_A_TASK_NVCSW] != after->v[RINGSIDE_A_TASK_NVCSW] ||
	       before->v[RINGSIDE_A_TASK_NIVCSW] != after->v[RINGSIDE_A_TASK_NIVCSW];
}

/*
 * Pids that pass in the list before and in the one after must be there; those
 * that pass in neither must not. Kernel threads change state as they like.
 */
static void check(const struct asked *a)
{
	unsigned int i, wrong = 0, sure = 0;
	struct rows before, got = { 0 }, after;
	int err;

	list(a->threads, &before);
	ask_all(a);
	err = answer(&r, &got);
	list(a->threads, &after);
	if (err) {
		ok(false, "%s", a->what);
		diag("%s: '%s'", strerror(-err), r.why);
		return;
	}
	for (i = 0; i < before.nr; i++) {
		struct row *one = &before.row[i], *two, *here;
		int64_t pid = one->v[RINGSIDE_A_TASK_PID];

		two = row_by(&after, RINGSIDE_A_TASK_PID, pid);
		here = row_by(&got, RINGSIDE_A_TASK_PID, pid);
		if (!two || passes(a, one) != passes(a, two) || (a->state && ran(one, two)))
			continue;
		sure += passes(a, one);
		if (passes(a, one) != !!here && wrong++ < 10)
			diag("%lld (%s) %s", (long long)pid, one->s[RINGSIDE_A_TASK_COMM],
			     here ? "is there and should not be" : "is missing");
	}
	for (i = 0; i < got.nr; i++) {
		struct row *row = &got.row[i];

		if ((!passes(a, row) || (i && row->v[RINGSIDE_A_TASK_PID] <= row[-1].v[RINGSIDE_A_TASK_PID])) &&
		    wrong++ < 10)
			diag("a row that does not match, or out of order: %lld (%s, %s)",
			     (long long)row->v[RINGSIDE_A_TASK_PID], row->s[RINGSIDE_A_TASK_COMM],
			     row->s[RINGSIDE_A_TASK_STATE]);
	}
	if (!ok(!wrong && sure >= a->least && (!a->none || !got.nr), "%s", a->what))
		diag("%u rows, %u of them expected, at least %u wanted", got.nr, sure, a->least);
	rows_free(&before);
	rows_free(&got);
	rows_free(&after);
}

static int64_t inode(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		bail("%s: %s", path, strerror(errno));
	return st.st_ino;
}

static int flips(void *arg)
{
	return 0;
}

/* Two that wake each other all the time: their state is now R and now S. */
static void busy_pair(pid_t *pair)
{
	int there[2], back[2], i;
	char c = 0;

	if (pipe(there) || pipe(back))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	for (i = 0; i < 2; i++) {
		pair[i] = fork();
		if (pair[i])
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			if ((i && write(there[1], &c, 1) != 1) || read(i ? back[0] : there[0], &c, 1) != 1 ||
			    (!i && write(back[1], &c, 1) != 1))
				_exit(1);
	}
}

/* What is asked is what comes, though it changes all the time. */
static void churn(void)
{
	static const char * const states[] = { "R", "S", "D" };
	unsigned int i, n, wrong = 0, rows_seen = 0;
	pid_t pair[2];

	busy_pair(pair);
	for (n = 0; n < 600; n++) {
		struct rows rows = { 0 };

		ask(&r, RINGSIDE_CMD_TASK_GET, true);
		ask_u32(&r, RINGSIDE_A_TASK_PID, pair[0]);
		ask_u32(&r, RINGSIDE_A_TASK_PID, pair[1]);
		ask_str(&r, RINGSIDE_A_TASK_STATE, states[n % 3]);
		if (answer(&r, &rows))
			wrong++;
		for (i = 0; i < rows.nr; i++, rows_seen++)
			wrong += strcmp(rows.row[i].s[RINGSIDE_A_TASK_STATE], states[n % 3]) != 0;
		rows_free(&rows);
	}
	for (i = 0; i < 2; i++) {
		kill(pair[i], SIGKILL);
		waitpid(pair[i], NULL, 0);
	}
	ok(!wrong && rows_seen > 100, "a row is in the state asked for, though states change");
	diag("%u rows, %u wrong", rows_seen, wrong);
}

static void is_rows(unsigned int wanted, const char *what)
{
	struct rows rows = { 0 };
	int err = answer(&r, &rows);

	if (!ok(!err && rows.nr == wanted, "%s", what))
		diag("%u rows, %s", rows.nr, strerror(-err));
	rows_free(&rows);
}

/* Watches by number and name; what they counted by watch, against the whole list. */
static void watches(void)
{
	struct watched watched;
	unsigned int i, n, nr;
	struct rows all, some;
	char what[64];

	watched_make(&r, &watched);
	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	ask_u32(&r, RINGSIDE_A_WATCH_ID, 60000);
	ask_u32(&r, RINGSIDE_A_WATCH_ID, watched.plain);
	ask_u32(&r, RINGSIDE_A_WATCH_ID, watched.times);
	ask_u32(&r, RINGSIDE_A_WATCH_ID, watched.plain);
	is_rows(2, "watches: of four numbers, one twice and one nobody's, two");
	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	ask_str(&r, RINGSIDE_A_WATCH_NAME, WATCHED_NAME);
	is_rows(1, "watches: by name");
	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	ask_str(&r, RINGSIDE_A_WATCH_NAME, "");
	is_rows(1, "watches: those without a name");
	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	ask_u32(&r, RINGSIDE_A_WATCH_ID, watched.times);
	ask_str(&r, RINGSIDE_A_WATCH_NAME, WATCHED_NAME);
	is_rows(0, "watches: by a number and the name of another");
	for (n = RINGSIDE_CMD_SYSCALL_GET; n <= RINGSIDE_CMD_LATENCY_GET; n++) {
		const struct noun *noun = noun_of(n);
		bool same = true;

		dump_all(&r, n, &all);
		memset(&some, 0, sizeof(some));
		ask(&r, n, true);
		ask_u32(&r, RINGSIDE_A_SYSCALL_WATCH, watched.times);
		same &= !answer(&r, &some);
		for (i = nr = 0; i < all.nr; i++)
			if (all.row[i].v[RINGSIDE_A_SYSCALL_WATCH] == watched.times) {
				same &= nr < some.nr && rows_same(noun, &all.row[i], &some.row[nr], 0, what, sizeof(what));
				nr++;
			}
		ok(same && nr == some.nr && nr > 3, "%s: of one watch", noun->name);
		rows_free(&some);
		rows_free(&all);
		snprintf(what, sizeof(what), "%s: of a watch that is nobody's", noun->name);
		ask(&r, n, true);
		ask_u32(&r, RINGSIDE_A_SYSCALL_WATCH, 60000);
		is_rows(0, what);
		snprintf(what, sizeof(what), "%s: of watch 0", noun->name);
		ask(&r, n, true);
		ask_u32(&r, RINGSIDE_A_SYSCALL_WATCH, 0);
		is_rows(0, what);
	}
	watched_end(&r, &watched);
}

int main(void)
{
	pid_t a, b;
	int64_t top, below;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	people_make();
	a = child(flips, NULL);
	b = child(flips, NULL);
	top = inode("/sys/fs/cgroup/people");
	below = inode("/sys/fs/cgroup/people/below");

	check(&(struct asked){ "a list of pids, with doubles and absent ones", 3, NONE,
			       .pids = { b, 1, 4000000, a, b, a, 0, 1 }, .nr_pids = 8 });
	check(&(struct asked){ "one pid", 1, NONE, .pids = { a }, .nr_pids = 1 });
	check(&(struct asked){ "a pid that is nobody's", .none = true, NONE, .pids = { 4000000 }, .nr_pids = 1 });
	check(&(struct asked){ "uid 0", 20, NONE, .uid = 0 });
	check(&(struct asked){ "uid 1000", 2, NONE, .uid = 1000 });
	check(&(struct asked){ "a uid of 2^32 - 2", 1, NONE, .uid = 4294967294 });
	check(&(struct asked){ "a uid that is nobody's", .none = true, NONE, .uid = 77 });
	check(&(struct asked){ "kernel threads", 20, NONE, .kthread = 1 });
	check(&(struct asked){ "no kernel threads", 20, NONE, .kthread = 0 });
	check(&(struct asked){ "state S", 20, NONE, .state = "S" });
	check(&(struct asked){ "state Z", 2, NONE, .state = "Z" });
	check(&(struct asked){ "states T and t", 2, NONE, .state = "Tt" });
	check(&(struct asked){ "states D, Z and I", 4, NONE, .state = "DZI" });
	check(&(struct asked){ "no state", .none = true, NONE, .state = "" });
	check(&(struct asked){ "a comm", 1, NONE, .comm = "two words" });
	check(&(struct asked){ "a comm with a newline", 1, NONE, .comm = "new\nline" });
	check(&(struct asked){ "a comm of 15 bytes", 1, NONE, .comm = "fifteen-letters" });
	check(&(struct asked){ "an empty comm", 1, NONE, .comm = "" });
	check(&(struct asked){ "a comm's beginning is not it", .none = true, NONE, .comm = "fifteen-letter" });
	check(&(struct asked){ "a cgroup and below", 2, NONE, .cgroup = top, .cgroup_below = below });
	check(&(struct asked){ "the cgroup below alone", 1, NONE, .cgroup = below, .cgroup_below = below });
	check(&(struct asked){ "a cgroup that is not there", .none = true, NONE, .cgroup = 1LL << 40 });
	check(&(struct asked){ "uid, state and no kernel thread", 10, NONE, .uid = 0, .kthread = 0, .state = "S" });
	check(&(struct asked){ "a comm and another's pid", .none = true, NONE, .comm = "two words",
			       .pids = { a }, .nr_pids = 1 });
	check(&(struct asked){ "a cgroup, uid 0 and a pid list that has none of it", .none = true, NONE,
			       .cgroup = top, .cgroup_below = below, .uid = 0, .pids = { a, b }, .nr_pids = 2 });
	check(&(struct asked){ "threads", 50, NONE, .threads = true });
	check(&(struct asked){ "threads of uid 0 in state S that are no kernel threads", 20, NONE, .uid = 0,
			       .kthread = 0, .state = "S", .threads = true });
	check(&(struct asked){ "threads of a cgroup", 2, NONE, .cgroup = top, .cgroup_below = below,
			       .threads = true });
	churn();
	watches();
	wire_ok();
	people_end();
	return tap_end();
}
