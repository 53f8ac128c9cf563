// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation on the way of a count fails in turn: when a call is counted or
 * timed, when a thread is born, comes into a cgroup, becomes a user, or leaves a
 * watch. A call that found no memory is missed, a thread is unkept: nothing is
 * lost without a word, and nothing is counted that was not called.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "fail.h"
#include "lib.h"
#include "sweep.h"

enum { CALLS = 10 };	/* of getppid, that must be found again */

static struct ring r;
static const uint32_t getppid_only[] = { RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_getppid) };
static uint64_t cgroup_id;
static uint32_t made;			/* a watch */

static void end_watch(const struct action *action)
{
	if (watch_del(&r, made))
		bail("%s: the watch does not end: %s", action->name, r.why);
}

static void watch_self(const struct action *action)
{
	struct watch self = { .nr_pids = 1, .calls = getppid_only, .nr_calls = 1, .times = action->watch.times,
			      .by = action->watch.by };
	pid_t pid = getpid();

	self.pids = &pid;
	made = watch_new(&r, &self);
}

static int calls(const struct action *action)
{
	int i;

	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
	return 0;
}

/* A child that does the same, as this program or as another. */
static int fork_calls(const struct action *action)
{
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		calls(action);
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	return waitpid(pid, &status, 0) == pid && !status ? 0 : -ECHILD;
}

/* Whatever it was, it is known what became of each call; then the watch ends. */
static const char *check_calls(const struct action *action, int err)
{
	int64_t counted, missed, unkept;
	const char *why = NULL;
	struct rows rows;

	watch_row(&r, made, &rows);
	missed = rows.row[0].v[RINGSIDE_A_WATCH_MISSED];
	unkept = rows.row[0].v[RINGSIDE_A_WATCH_UNKEPT];
	rows_free(&rows);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, made, &rows);
	counted = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	/* A call that is timed can be missed when it begins and when it ends. */
	if (counted + missed < CALLS && !unkept)
		why = "calls are lost without a word";
	else if (counted > CALLS || (counted + missed > CALLS && !action->watch.times))
		why = "calls are counted that were not made";
	if (why)
		diag("of %d calls %lld were counted, %lld missed; %lld threads unkept", CALLS, (long long)counted,
		     (long long)missed, (long long)unkept);
	return why;
}

/* A change of this thread's cgroup or user is seen by a watch of that. */

static void watch_place(const struct action *action)
{
	struct watch watch = { .calls = getppid_only, .nr_calls = 1, .by = action->watch.by };

	if (action->cmd)
		watch.cgroup = cgroup_id;
	else
		watch.by_uid = true, watch.uid = 1000;
	made = watch_new(&r, &watch);
}

static int move_in(const struct action *action)
{
	if (action->cmd)
		return write_file(SWEEP_CGROUP "/cgroup.procs", "%d", getpid()) ? calls(action) : -EIO;
	return syscall(SYS_setresuid, 1000, 0, 0) ? -errno : calls(action);
}

static void move_out(const struct action *action)
{
	if (action->cmd ? !write_file("/sys/fs/cgroup/cgroup.procs", "%d", getpid()) : syscall(SYS_setresuid, 0, 0, 0))
		bail("%s: it can't be left: %s", action->name, strerror(errno));
	end_watch(action);
}

static int end_user(const struct action *action)
{
	return watch_del(&r, made);
}

/* One of two watches of a thread ends, and the other goes on. */

static uint32_t other;

static void watch_twice(const struct action *action)
{
	watch_self(action);
	other = made;
	watch_self(action);
}

static int end_one(const struct action *action)
{
	int err = watch_del(&r, made);

	return err ?: calls(action);
}

static const char *check_other(const struct action *action, int err)
{
	const char *why;

	made = other;
	why = check_calls(action, err);
	return why;
}

/* A watch is charged for the keys that it has, not for those it had no memory for. */

static int64_t bytes_before;

static void watch_children(const struct action *action)
{
	watch_self(action);
	bytes_before = watch_number(&r, made, RINGSIDE_A_WATCH_BYTES);
}

static const char *check_bytes(const struct action *action, int err)
{
	struct rows rows;
	const int64_t *v = watch_row(&r, made, &rows)->v;
	int64_t keys = v[RINGSIDE_A_WATCH_KEYS], more = v[RINGSIDE_A_WATCH_BYTES] - bytes_before;

	rows_free(&rows);
	return keys == 1 && more ? "it is charged for a key that it has not" : NULL;
}

/* Nothing is called that is counted, so that all it takes is for the key. */
static int fork_quiet(const struct action *action)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid < 0)
		return -errno;
	return waitpid(pid, &status, 0) == pid && !status ? 0 : -ECHILD;
}

static void sweep_counting(void)
{
	static const struct action counting[] = {
		{ "a call that is counted", calls, watch_self, end_watch, check_calls, .never = true },
		{ "a call that is timed", calls, watch_self, end_watch, check_calls, .never = true,
		  .watch = { .times = true } },
		{ "a child that is followed", fork_calls, watch_self, end_watch, check_calls, .never = true },
		{ "a child with a key of its own", fork_calls, watch_self, end_watch, check_calls, .never = true,
		  .watch = { .by = "process" } },
	};
	static const struct action quiet = { "a child that calls nothing", fork_quiet, watch_children, end_watch,
					     check_bytes, .watch = { .by = "process" }, .never = true };
	unsigned int b, i;

	sweep(&quiet);
	for (b = 0; backends[b]; b++) {
		if (backend_choose(backends[b]))
			bail("%s is refused", backends[b]);
		for (i = 0; i < NR(counting); i++)
			sweep(&counting[i]);
	}
}

static void sweep_places(void)
{
	static const struct action places[] = {
		{ "a thread that comes into a cgroup", move_in, watch_place, move_out, check_calls, .cmd = 1, .never = true },
		{ "the same, by process", move_in, watch_place, move_out, check_calls, .cmd = 1, .never = true,
		  .watch = { .by = "process" } },
		{ "a thread that becomes a user", move_in, watch_place, move_out, check_calls, .never = true },
	};
	unsigned int i;

	for (i = 0; i < NR(places); i++)
		sweep(&places[i]);
}

static void sweep_ends(void)
{
	static const struct action ends[] = {
		{ "the end of a watch of a user", end_user, watch_place, .never = true },
		{ "the end of one of two", end_one, watch_twice, end_watch, check_other, .never = true },
		{ "the end of one of two with times", end_one, watch_twice, end_watch, check_other, .never = true,
		  .watch = { .times = true } },
	};
	unsigned int i;

	for (i = 0; i < NR(ends); i++)
		sweep(&ends[i]);
}

int main(void)
{
	lib_init();
	cgroup_id = sweep_init(&r);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	fail_in_module();
	sweep_counting();
	sweep_places();
	sweep_ends();
	wire_ok();
	sweep_note();
	return tap_end();
}
