// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * 64 readers, each with a watch of its own and ten looks a second, of which
 * half are killed at random: what the others saw come adds up to what was
 * called, and nothing is left of any of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"

enum { READERS = RINGSIDE_MAX_WATCHES, CALLERS = 2, SECONDS = 4 };

struct told {
	unsigned int ready, go, stop, stopped;
	long long calls[CALLERS];
	struct {
		long long sum, looks, backwards, other;
		int err;
		bool finished;
	} of[READERS];
};

static struct told *told;
static struct ring r;
static pid_t caller[CALLERS];

static void call(unsigned int nr)
{
	cpu_set_t set;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(nr, &set);
	sched_setaffinity(0, sizeof(set), &set);
	while (!__atomic_load_n(&told->go, __ATOMIC_ACQUIRE))
		usleep(1000);
	while (!__atomic_load_n(&told->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < 100; i++)
			syscall(SYS_getppid);
		told->calls[nr] += i;
		usleep(1000);
	}
	__atomic_add_fetch(&told->stopped, 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

/* Of all, or of one caller; with times or without: four kinds. */
static void read_on(unsigned int nr)
{
	struct watch watch = { .times = nr & 1 };
	long long before = 0, now;
	struct rows rows;
	bool last = false;
	uint32_t id;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!ring_open(&r)) {
		told->of[nr].err = errno;
		_exit(1);
	}
	if (nr & 2) {
		watch.pids = &caller[nr / 4 % CALLERS];
		watch.nr_pids = 1;
	}
	id = watch_new(&r, &watch);
	__atomic_add_fetch(&told->ready, 1, __ATOMIC_RELEASE);
	while (!last) {
		usleep(100000);
		last = __atomic_load_n(&told->stopped, __ATOMIC_ACQUIRE) == CALLERS;
		watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
		now = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
		told->of[nr].backwards += now < before;
		told->of[nr].sum += now - before;
		told->of[nr].looks++;
		told->of[nr].other += sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_MISSED);
		before = now;
		rows_free(&rows);
	}
	told->of[nr].finished = true;
	/* Its watch lives on until all have looked for it. */
	for (;;)
		pause();
}

static unsigned int watches(void)
{
	struct rows rows = { 0 };
	unsigned int nr;

	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	if (answer(&r, &rows))
		bail("WATCH_GET: %s", r.why);
	nr = rows.nr;
	rows_free(&rows);
	return nr;
}

/* Within some seconds. */
static unsigned int watches_become(unsigned int wanted)
{
	unsigned int tries;

	for (tries = 0; tries < 200 && watches() != wanted; tries++)
		usleep(50000);
	return watches();
}

int main(void)
{
	unsigned int seed = 20260101, i, tries, killed = 0, bad = 0;
	long long looks = 0, wanted;
	pid_t pid[READERS];
	char used[32];
	int err = 0;

	lib_init();
	told = shared(sizeof(*told));
	fflush(stdout);
	for (i = 0; i < CALLERS; i++) {
		caller[i] = fork();
		if (!caller[i])
			call(i);
	}
	for (i = 0; i < READERS; i++) {
		pid[i] = fork();
		if (!pid[i])
			read_on(i);
	}
	for (tries = 0; tries < 600 && __atomic_load_n(&told->ready, __ATOMIC_ACQUIRE) != READERS; tries++)
		usleep(50000);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	is(watches(), READERS, "each reader has its watch");
	__atomic_store_n(&told->go, 1, __ATOMIC_RELEASE);
	for (i = 0; i < READERS / 2; i++) {
		unsigned int victim;

		usleep(SECONDS * 1000000 / (READERS / 2));
		seed = seed * 1103515245 + 12345;
		for (victim = seed >> 16; !pid[victim % READERS]; victim++)
			;
		victim %= READERS;
		kill(pid[victim], SIGKILL);
		waitpid(pid[victim], NULL, 0);
		pid[victim] = 0;
		killed++;
	}
	__atomic_store_n(&told->stop, 1, __ATOMIC_RELEASE);
	is(watches_become(READERS - killed), READERS - killed, "of %u that were killed the watches are gone", killed);
	for (i = 0; i < READERS; i++) {
		if (!pid[i])
			continue;
		for (tries = 0; tries < 400 && !told->of[i].finished; tries++)
			usleep(50000);
		wanted = i & 2 ? told->calls[i / 4 % CALLERS] : told->calls[0] + told->calls[1];
		if (!told->of[i].finished || told->of[i].backwards || told->of[i].other ||
		    told->of[i].sum != wanted || told->of[i].looks < 2) {
			bad++;
			diag("reader %u: %lld of %lld in %lld looks, %lld times less than before, %lld missed%s", i,
			     told->of[i].sum, wanted, told->of[i].looks, told->of[i].backwards, told->of[i].other,
			     told->of[i].finished ? "" : ", not finished");
		}
		looks += told->of[i].looks;
	}
	ok(!bad && told->calls[0] && told->calls[1], "what each of the others saw adds up to what was called");
	note("%lld calls, %lld looks of those who stayed", told->calls[0] + told->calls[1], looks);
	for (i = 0; i < READERS; i++)
		if (pid[i]) {
			kill(pid[i], SIGKILL);
			waitpid(pid[i], NULL, 0);
		}
	for (i = 0; i < CALLERS; i++) {
		kill(caller[i], SIGKILL);
		waitpid(caller[i], NULL, 0);
	}
	is(watches_become(0), 0, "after all of it no watch is left");
	ok(status_becomes(&r, "attached", "nothing"), "and nothing is attached");
	wire_ok();
	ring_close(&r);
	/* A socket is let go of some time after it was closed. */
	for (tries = 0; tries < 100 && (err = syscall(SYS_delete_module, "ringside", O_NONBLOCK)); tries++)
		usleep(50000);
	if (!ok(!err, "and the module goes") && read_line(used, sizeof(used), "/sys/module/ringside/refcnt"))
		diag("%s users are left", used);
	return tap_end();
}
