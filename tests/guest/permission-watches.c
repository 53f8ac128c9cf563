// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watches of processes that change whose they are: a program with another user's
 * or group's rights (setuid, setgid) counts no further for who may not see
 * it, nor does a process that takes them by a call. And a watch stays that of
 * who made it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "count.h"
#include "doer.h"
#include "lib.h"
#include "watched.h"

enum { CALLS = 10 };

static struct doer doer;
static struct ring roots, alices;

static void some_calls(void)
{
	int i;

	for (i = 0; i < CALLS; i++)
		syscall(SYS_getppid);
}

static bool can(char letter)
{
	pid_t pid;

	switch (letter) {
	case 'c':
		some_calls();
		return true;
	case 'f':
		pid = fork();
		if (!pid) {
			some_calls();
			_exit(0);
		}
		return waitpid(pid, NULL, 0) == pid;
	default:
		return false;
	}
}

/* Of the process, by three who watch. */
static struct {
	int alice, user, root;
} ids;

static void watch_doer(void)
{
	struct watch watch = { .pids = &doer.pid, .nr_pids = 1, .by = "process", .times = true };

	ids.alice = watch_new(&alices, &watch);
	ids.root = watch_new(&roots, &watch);
	ids.user = watch_new(&alices, &(struct watch){ .by_uid = true, .uid = ALICE, .times = true });
}

static void end_watches(void)
{
	if (watch_del(&alices, ids.alice) || watch_del(&alices, ids.user) || watch_del(&roots, ids.root))
		bail("a watch does not end");
}

static int64_t calls_of(int id)
{
	struct rows rows;
	int64_t calls;

	watch_dump(&roots, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	calls = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	return calls;
}

/* Has it done, and how many of its calls are counted by alice's watch of it, hers of her user, and root's. */
static void counts(const char *letters, int alice, int user, int root, const char *what)
{
	int64_t before[] = { calls_of(ids.alice), calls_of(ids.user), calls_of(ids.root) };
	int64_t a, u, r;

	doer_do(&doer, letters);
	a = calls_of(ids.alice) - before[0];
	u = calls_of(ids.user) - before[1];
	r = calls_of(ids.root) - before[2];
	if (!ok(a == alice * CALLS && u == user * CALLS && r == root * CALLS, "%s", what))
		diag("alice's watch has %lld more, that of her user %lld, root's %lld", (long long)a, (long long)u, (long long)r);
}

static int task_err(struct ring *r)
{
	struct rows rows = { 0 };
	int err;

	ask(r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(r, RINGSIDE_A_TASK_PID, doer.pid);
	err = answer(r, &rows);
	rows_free(&rows);
	return err;
}

/* Alice neither sees it, nor may begin to watch it, nor does her watch follow it or tell its name. */
static void is_hidden(const char *what)
{
	struct rows rows;
	unsigned int i, named = 0;
	int id;

	watch_dump(&alices, RINGSIDE_CMD_SYSCALL_GET, ids.alice, &rows);
	for (i = 0; i < rows.nr; i++)
		named += !strncmp(rows.row[i].s[RINGSIDE_A_SYSCALL_COMM], "who-set", 7);
	rows_free(&rows);
	id = watch_try(&alices, &(struct watch){ .pids = &doer.pid, .nr_pids = 1, .times = true });
	if (!ok(task_err(&alices) == -ESRCH && !task_err(&roots) && id == -EPERM && !named &&
		!watch_number(&alices, ids.alice, RINGSIDE_A_WATCH_THREADS),
		"%s is no longer hers to see, to name or to watch", what))
		diag("as a task: %d, a new watch: %d, %u rows of that name, %lld threads", task_err(&alices), id, named,
		     (long long)watch_number(&alices, ids.alice, RINGSIDE_A_WATCH_THREADS));
}

static void programs(void)
{
	doer_make(&doer, 0);
	watch_doer();
	counts("cf", 2, 2, 2, "a process of alice's and its child count for her and for root");
	counts("pcf", 2, 2, 2, "as another program of hers too");
	counts("ucf", 0, 0, 2, "as a setuid program they count for root alone");
	is_hidden("a setuid program");
	counts("acf", 0, 2, 2, "which gave up its rights: for her user again, and no further for the watch of the process");
	is(task_err(&alices), 0, "and it is hers to see");
	counts("pcf", 0, 2, 2, "nor as a further program of hers");
	end_watches();
	doer_end(&doer);

	doer_make(&doer, 0);
	watch_doer();
	counts("gcf", 0, 0, 2, "a setgid program counts for root alone");
	is_hidden("a setgid program");
	end_watches();
	doer_end(&doer);
}

/* By a call, with no other program. */
static void changed_by_call(void)
{
	doer_make(&doer, CAP(SETUID) | CAP(SETGID));
	watch_doer();
	counts("cf", 2, 2, 2, "a process of alice's that may change its user counts for her");
	counts("ocf", 0, 0, 2, "as another user, for root alone");
	is_hidden("what became another user's by a call");
	end_watches();
	doer_end(&doer);
}

/* Whoever makes a watch and then becomes another: in shared memory. */
static struct changed {
	int id, kept, as_other, end_as_other, other_sees;
} *changed;

static int changes(void *arg)
{
	static struct ring first, second;
	struct rows rows = { 0 };

	if (become_with(ALICE, ALICE, CAP(SETUID) | CAP(SETGID)) || !ring_open(&first))
		return 1;
	changed->id = watch_try(&first, &(struct watch){ .pids = &doer.pid, .nr_pids = 1, .times = true });
	if (become(OTHER, OTHER) || !ring_open(&second))
		return 1;
	doer_do(&doer, "c");
	watch_dump(&first, RINGSIDE_CMD_SYSCALL_GET, changed->id, &rows);
	changed->kept = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	ask(&second, RINGSIDE_CMD_WATCH_GET, false);
	ask_u32(&second, RINGSIDE_A_WATCH_ID, changed->id);
	changed->as_other = answer(&second, &rows);
	dump_all(&second, RINGSIDE_CMD_SYSCALL_GET, &rows);
	changed->other_sees = rows.nr;
	changed->end_as_other = watch_del(&second, changed->id);
	return 0;
}

static void owner_changes(void)
{
	doer_make(&doer, 0);
	if (apart(changes, NULL))
		bail("could not change the user");
	ok(changed->id > 0 && changed->kept == CALLS, "who makes a watch and becomes another user has it on the socket it was made on");
	ok(changed->as_other == -ESRCH && !changed->other_sees && changed->end_as_other == -ESRCH,
	   "and not on one of the other user's, who can't end it either");
	doer_end(&doer);
}

static bool has_answered(void)
{
	struct pollfd from = { .fd = doer.from, .events = POLLIN };

	return poll(&from, 1, 0) == 1;
}

/* Ends a watch, if it is one; how many threads it followed. */
static unsigned int end_watch(int id)
{
	unsigned int threads;

	if (id <= 0)
		return 0;
	threads = watch_number(&alices, id, RINGSIDE_A_WATCH_THREADS);
	if (watch_del(&alices, id))
		bail("a watch does not end: %s", alices.why);
	return threads;
}

/*
 * Processes become setuid programs while alice keeps asking for watches, of the
 * process until it is refused, or of her user: however these fall together, none
 * of the last few follows one then.
 */
static void watched_at_exec(void)
{
	unsigned long rounds = often(20, 1000), round, made = 0, refused = 0, followed = 0;
	char why[256] = "";
	int other = 0;

	for (round = 0; round < rounds; round++) {
		struct watch watch = { .nr_pids = 1, .pids = &doer.pid, .times = true };
		int ids[4] = { 0 }, err = 0;
		char bad, letter = 'u';
		unsigned int i;

		doer_make(&doer, 0);
		if (round & 1)
			watch = (struct watch){ .by_uid = true, .uid = ALICE, .times = true };
		if (write(doer.to, &letter, 1) != 1)
			bail("a process is gone");
		usleep(round % 8 * 100);
		for (i = 0; err >= 0 && (i < 2 || !(round & 1 && has_answered())); i++) {
			end_watch(ids[i % NR(ids)]);
			err = ids[i % NR(ids)] = watch_try(&alices, &watch);
			made += err > 0;
			refused += err == -EPERM;
			if (err < 0 && err != -EPERM) {
				other = err;
				snprintf(why, sizeof(why), "%s", alices.why);
			}
		}
		if (read(doer.from, &bad, 1) != 1)
			bail("a process is gone");
		for (i = 0; i < NR(ids); i++)
			followed += end_watch(ids[i]);
		doer_end(&doer);
	}
	ok(!followed && made && refused == rounds / 2,
	   "no setuid program is followed, however its beginning and a watch's fall together");
	if (other)
		diag("the last other refusal: %d (%s)", other, why);
	note("%lu programs begun, %lu watches made, %lu refused, %lu threads followed", rounds, made, refused, followed);
}

int main(int argc, char **argv)
{
	int told = doer_main(argc, argv, can);

	if (told >= 0)
		return told;
	lib_init();
	changed = shared(sizeof(*changed));
	/* Each watch that ends waits for two grace periods. */
	write_file("/sys/kernel/rcu_expedited", "1");
	doer_programs_make();
	/* A socket is as good as who opened it. */
	if (!ring_open(&roots) || setegid(ALICE) || seteuid(ALICE) || !ring_open(&alices) || seteuid(0) || setegid(0))
		bail("no sockets: %s", strerror(errno));
	/* Nothing is to be attached anew for each watch below. */
	watch_new(&roots, &(struct watch){ .by_uid = true, .uid = OTHER + 1, .times = true });
	programs();
	changed_by_call();
	owner_changes();
	watched_at_exec();
	doer_programs_end();
	ring_close(&roots);
	ring_close(&alices);
	wire_ok();
	watches_gone();
	write_file("/sys/kernel/rcu_expedited", "0");
	return tap_end();
}
