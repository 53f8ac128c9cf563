// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Three pid, user and network namespaces, one in the other: in each the list
 * is that of its own /proc, with its numbers and nothing from outside.
 */
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"
#include "watched.h"

enum { DEPTH = 3 };

/* What was found in one namespace; in shared memory. */
struct found {
	bool ran;
	char error[128];
	unsigned int rows, lines, rounds, sets_differ, fields, differ, foreign;
	char first[256];
	int memory, slabs, memory_file, status;
	bool sentence;
	unsigned int unprivileged, unprivileged_foreign;
	int outside;		/* a do of a pid that is only outside */
	/* Watches that its root makes: ids, or -errno. */
	int watch_others, watch_outside, watch_all, watch_user, watch_cgroup, watch_named;
	unsigned int watches, foreign_watches;	/* that it sees, and not its own */
	int64_t watch_pid;	/* of the watch of others, and whom it is of */
	pid_t others;
	unsigned int calls, foreign_calls;	/* rows of a watch of itself, and of another process in them */
	int unprivileged_watch;	/* of the root there, by an ordinary user there */
};

static struct found *found;
static pid_t *outside_pid;

static const struct {
	const char *ids;	/* inside, outside, how many */
} maps[DEPTH] = { { "0 100000 65536" }, { "0 1000 60000" }, { "0 100 1000" } };

static void fail(struct found *f, const char *what)
{
	snprintf(f->error, sizeof(f->error), "%s: %s", what, strerror(errno));
}

static int plain(void *arg)
{
	return 0;
}

static int session(void *arg)
{
	return setsid() < 0;
}

static int group(void *arg)
{
	return setpgid(0, 0);
}

static int fifth(void *arg)
{
	return setresgid(6, 6, 6) || setresuid(5, 5, 5) || prctl(PR_SET_DUMPABLE, 1);
}

static void compare(struct found *f, const struct task *a, const struct task *b, const struct row *row)
{
	static const int attrs[] = {
		RINGSIDE_A_TASK_PID, RINGSIDE_A_TASK_TGID, RINGSIDE_A_TASK_PPID, RINGSIDE_A_TASK_PGID,
		RINGSIDE_A_TASK_SID, RINGSIDE_A_TASK_UID, RINGSIDE_A_TASK_EUID, RINGSIDE_A_TASK_GID,
		RINGSIDE_A_TASK_EGID, RINGSIDE_A_TASK_NR_THREADS, RINGSIDE_A_TASK_NR_FDS,
		RINGSIDE_A_TASK_PID_NS, RINGSIDE_A_TASK_NET_NS, RINGSIDE_A_TASK_USER_NS,
		RINGSIDE_A_TASK_VSIZE,
	};
	unsigned int i;

	for (i = 0; i < NR(attrs); i++) {
		int n = attrs[i];

		if (a->v[n] != b->v[n])
			continue;
		f->fields++;
		if (a->v[n] == row->v[n] || f->differ++)
			continue;
		snprintf(f->first, sizeof(f->first), "%d: %s is %lld in /proc and %lld here", a->pid,
			 noun_of(RINGSIDE_CMD_TASK_GET)->fields[n - 1].name, (long long)a->v[n],
			 (long long)row->v[n]);
	}
}

static void compare_once(struct found *f, struct ring *r, bool fields)
{
	unsigned int i, nr_before, nr_after;
	pid_t *before, *after;
	struct task a, b;
	struct rows rows;

	before = pids_read("/proc", &nr_before);
	dump_all(r, RINGSIDE_CMD_TASK_GET, &rows);
	after = pids_read("/proc", &nr_after);
	f->rounds++;
	f->rows = rows.nr;
	if (nr_before != nr_after || rows.nr != nr_before) {
		f->sets_differ++;
		goto out;
	}
	for (i = 0; i < rows.nr; i++) {
		struct row *row = &rows.row[i];

		if (row->v[RINGSIDE_A_TASK_PID] != before[i] || before[i] != after[i]) {
			f->sets_differ++;
			break;
		}
		f->foreign += row->v[RINGSIDE_A_TASK_KTHREAD] || !strcmp(row->s[RINGSIDE_A_TASK_COMM], "kthreadd");
		if (!fields || before[i] == getpid())
			continue;
		task_read(&a, before[i], 0);
		task_read(&b, before[i], 0);
		compare(f, &a, &b, row);
	}
out:
	rows_free(&rows);
	free(before);
	free(after);
}

static struct ring inner;

static int unprivileged(void *arg)
{
	struct found *f = arg;
	struct rows rows;
	unsigned int i;

	if (setgroups(0, NULL) || setresgid(6, 6, 6) || setresuid(5, 5, 5) || !ring_open(&inner))
		return 1;
	dump_all(&inner, RINGSIDE_CMD_TASK_GET, &rows);
	f->unprivileged = rows.nr;
	for (i = 0; i < rows.nr; i++)
		f->unprivileged_foreign += rows.row[i].v[RINGSIDE_A_TASK_UID] != 5;
	f->unprivileged_watch = watch_try(&inner, &(struct watch){ .pids = (pid_t []){ 1 }, .nr_pids = 1, .times = true });
	return 0;
}

static void count_lines(struct found *f)
{
	char *text = slurp("/proc/ringside/tasks", NULL), *at;

	for (at = text; at && (at = strchr(at, '\n')); at++)
		f->lines++;
	free(text);
}

/* What its root may watch, and in whose numbers it is told. */
static void examine_watches(struct found *f, struct ring *r)
{
	pid_t self = getpid();
	struct rows rows;
	unsigned int i;
	int id;

	f->watch_others = watch_try(r, &(struct watch){ .pids = &f->others, .nr_pids = 1, .times = true });
	if (f->watch_others > 0)
		f->watch_pid = watch_number(r, f->watch_others, RINGSIDE_A_WATCH_PID);
	f->watch_outside = watch_try(r, &(struct watch){ .pids = outside_pid, .nr_pids = 1, .times = true });
	f->watch_all = watch_try(r, &(struct watch){ .times = true });
	f->watch_user = watch_try(r, &(struct watch){ .by_uid = true, .uid = 5, .times = true });
	f->watch_cgroup = watch_try(r, &(struct watch){ .cgroup = 1, .times = true });
	f->watch_named = watch_try(r, &(struct watch){ .pids = &self, .nr_pids = 1, .times = true, .name = "inside" });
	id = watch_try(r, &(struct watch){ .pids = &self, .nr_pids = 1, .times = true, .by = "process" });
	dump_all(r, RINGSIDE_CMD_WATCH_GET, &rows);
	f->watches = rows.nr;
	for (i = 0; i < rows.nr; i++)
		f->foreign_watches += rows.row[i].v[RINGSIDE_A_WATCH_ID] != id &&
				      rows.row[i].v[RINGSIDE_A_WATCH_ID] != f->watch_others;
	rows_free(&rows);
	dump_all(r, RINGSIDE_CMD_SYSCALL_GET, &rows);
	f->calls = rows.nr;
	for (i = 0; i < rows.nr; i++)
		f->foreign_calls += rows.row[i].v[RINGSIDE_A_SYSCALL_PROCESS] != self;
	rows_free(&rows);
}

static void examine(struct found *f)
{
	static struct ring r;
	struct rows rows = { 0 };
	unsigned int i;
	char *text;

	if (!ring_open(&r)) {
		fail(f, "no family");
		return;
	}
	for (i = 0; i < often(20, 1000); i++)
		compare_once(f, &r, i < 2);
	ask(&r, RINGSIDE_CMD_MEMORY_GET, false);
	f->memory = answer(&r, &rows);
	f->sentence = *r.why;
	ask(&r, RINGSIDE_CMD_SLAB_GET, true);
	f->slabs = answer(&r, &rows);
	ask(&r, RINGSIDE_CMD_STATUS_GET, true);
	f->status = answer(&r, &rows);
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, *outside_pid);
	f->outside = answer(&r, &rows);
	text = slurp("/proc/ringside/memory", NULL);
	f->memory_file = text ? 0 : errno;
	free(text);
	count_lines(f);
	examine_watches(f, &r);
	if (apart(unprivileged, f))
		fail(f, "as uid 5");
	f->ran = !*f->error;
	ring_close(&r);
}

static int enter(int depth);

static int inside(int depth)
{
	struct found *f = &found[depth];
	int (* const kinds[])(void *) = { plain, session, group, fifth };
	unsigned int i;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) || mount("proc", "/proc", "proc", 0, NULL)) {
		fail(f, "mount /proc");
		return 1;
	}
	/* The last one is another user's. */
	for (i = 0; i < NR(kinds); i++)
		f->others = child(kinds[i], NULL);
	if (depth + 1 < DEPTH && enter(depth + 1))
		return 1;
	examine(f);
	children_end();
	return 0;
}

/* In a child, becomes root of new namespaces whose ids map to ours as given; runs inside() as their first process. */
static int enter(int depth)
{
	int ready[2], go[2], status = -1, i;
	char path[64], c = 0;
	pid_t pid;

	if (pipe(ready) || pipe(go))
		return 1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		/* Dumpable again after each change of credentials, so that its /proc files are its own. */
		if (unshare(CLONE_NEWUSER) || prctl(PR_SET_DUMPABLE, 1) || write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) != 1 ||
		    setgroups(0, NULL) || setresgid(0, 0, 0) || setresuid(0, 0, 0) ||
		    prctl(PR_SET_DUMPABLE, 1) || unshare(CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS)) {
			fail(&found[depth], "unshare");
			_exit(1);
		}
		pid = fork();
		if (!pid)
			_exit(inside(depth));
		_exit(waitpid(pid, &status, 0) != pid || status);
	}
	if (read(ready[0], &c, 1) != 1)
		return 1;
	for (i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%cid_map", pid, i ? 'u' : 'g');
		if (!write_file(path, "%s", maps[depth].ids)) {
			fail(&found[depth], path);
			return 1;
		}
	}
	if (write(go[1], &c, 1) != 1)
		return 1;
	for (i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	return waitpid(pid, &status, 0) != pid || status;
}

/* Root of a user namespace, but in the first pid namespace: that is not its own. */
static int user_namespace_only(void *arg)
{
	struct found *f = arg;
	struct rows rows = { 0 };
	unsigned int i;

	if (become(1000, 1000) || unshare(CLONE_NEWUSER) || !write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", "0 1000 1") || !write_file("/proc/self/gid_map", "0 1000 1") ||
	    !ring_open(&inner)) {
		fail(f, "a user namespace of uid 1000");
		return 1;
	}
	dump_all(&inner, RINGSIDE_CMD_TASK_GET, &rows);
	f->rows = rows.nr;
	for (i = 0; i < rows.nr; i++)
		f->foreign += rows.row[i].v[RINGSIDE_A_TASK_UID] || rows.row[i].v[RINGSIDE_A_TASK_KTHREAD];
	ask(&inner, RINGSIDE_CMD_MEMORY_GET, false);
	f->memory = answer(&inner, &rows);
	f->ran = true;
	return 0;
}

int main(void)
{
	static struct ring outer;
	struct found *f;
	int depth;

	lib_init();
	found = shared((DEPTH + 1) * sizeof(*found));
	outside_pid = shared(sizeof(*outside_pid));
	/* A high number, so that it is nobody's inside. */
	if (!write_file("/proc/sys/kernel/ns_last_pid", "%d", 20000))
		diag("pids can't be chosen here");
	*outside_pid = child(plain, NULL);
	if (!ring_open(&outer))
		bail("no family: %s", strerror(errno));
	/* Nobody inside is to see it, though they are in it. */
	watch_new(&outer, &(struct watch){ .times = true });
	if (enter(0))
		diag("not all namespaces could be entered");
	for (depth = 0; depth < DEPTH; depth++) {
		f = &found[depth];
		if (!f->ran)
			diag("%s", f->error);
		ok(f->ran && !f->sets_differ && f->rounds == often(20, 1000) && f->rows >= 5,
		   "%d deep: %u dumps have just who is in its own /proc", depth + 1, f->rounds);
		diag("%u rows, %u of %u dumps differ", f->rows, f->sets_differ, f->rounds);
		ok(f->ran && !f->differ && f->fields > 50, "%d deep: with the numbers of its /proc", depth + 1);
		diag("%u fields compared, %u differ: %s", f->fields, f->differ, f->first);
		ok(f->ran && !f->foreign && f->outside == -ESRCH, "%d deep: nobody from outside", depth + 1);
		is(f->lines, f->rows + 1, "%d deep: the text has as many lines, and a header", depth + 1);
		ok(f->memory == -EPERM && f->sentence && f->slabs == -EPERM && f->memory_file == EPERM && !f->status,
		   "%d deep: its root is refused memory and slabs, with a sentence", depth + 1);
		if (!ok(f->watch_others > 0 && f->watch_pid == f->others && f->watch_outside == -ESRCH,
			"%d deep: its root watches others there, and nobody outside", depth + 1))
			diag("%d, of %lld and not %d; outside: %d", f->watch_others, (long long)f->watch_pid, f->others,
			     f->watch_outside);
		if (!ok(f->watch_all == -EPERM && f->watch_user == -EPERM && f->watch_cgroup == -EPERM && f->watch_named == -EPERM,
			"%d deep: nor everybody, a user, a cgroup; and none of its watches stays", depth + 1))
			diag("all: %d, user: %d, cgroup: %d, with a name: %d", f->watch_all, f->watch_user, f->watch_cgroup,
			     f->watch_named);
		if (!ok(f->watches == 2 && !f->foreign_watches && f->calls && !f->foreign_calls,
			"%d deep: it sees its own watches, and what they counted in its own numbers", depth + 1))
			diag("%u watches, %u foreign; %u rows, %u of others", f->watches, f->foreign_watches, f->calls,
			     f->foreign_calls);
		is(f->unprivileged_watch, -EPERM, "%d deep: an ordinary user there does not watch its root", depth + 1);
		ok(f->unprivileged == 2 && !f->unprivileged_foreign, "%d deep: an ordinary user there sees his own", depth + 1);
	}
	f = &found[DEPTH];
	apart(user_namespace_only, f);
	if (!ok(f->ran && f->rows >= 1 && !f->foreign && f->memory == -EPERM,
		"root of a user namespace alone sees no more than its uid outside may"))
		diag("%s; %u rows, %u foreign, memory: %s", f->error, f->rows, f->foreign, strerror(-f->memory));
	ring_close(&outer);
	wire_ok();
	children_end();
	watches_gone();
	return tap_end();
}
