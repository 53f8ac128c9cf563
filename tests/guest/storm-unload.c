// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The module comes and goes a thousand times: under calls on every CPU, watches
 * of every kind and whoever asks it, by each backend; with threads asleep in
 * calls that were counted; and with its files just being opened and read.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "asleep.h"
#include "chance.h"
#include "child.h"
#include "count.h"
#include "crowd.h"
#include "events.h"
#include "lib.h"
#include "module.h"

/* In each cycle one has a watch: in turn. */
enum { EVERYBODY, ONE_PROCESS, WITH_TIMES, WITH_EVENTS, WATCHERS };

static struct told {
	unsigned int held, let_go;
} *told;

static struct ring r;
static const char *working[4];
static unsigned int nr_working, busy;
static struct chance chance;

static bool load(const char *parameters)
{
	int err;

	crowd_change();
	err = module_load(parameters);
	crowd_change();
	if (err)
		diag("loading with '%s' gives %s", parameters, strerror(-err));
	return !err;
}

static bool unload(void)
{
	int err;

	crowd_change();
	err = module_unload_soon(&busy);
	crowd_change();
	if (err)
		diag("unloading gives %s", strerror(-err));
	return !err;
}

/* Whoever has a watch while it is loaded */

/* To attach to each call there is takes a second where the kernel checks itself: in the full size that is for some. */
static const uint32_t few[] = {
	RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_getppid), RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_close),
};

static bool for_all(unsigned int nr)
{
	return nr % often(1, 25) == 0;
}

static void hold(unsigned int nr, bool all)
{
	struct watch watch = {
		.times = nr == WITH_TIMES, .by = nr == WITH_TIMES ? "process" : NULL,
		.calls = few, .nr_calls = all ? 0 : NR(few),
	};
	unsigned int tries;
	struct rows rows;
	int64_t calls = 0;
	pid_t caller = crowd_pid(CROWD_CALLS);
	struct events_sums sums = { 0 };
	int fd = -1;
	uint32_t id;

	if (nr == ONE_PROCESS || nr == WITH_EVENTS) {
		watch.pids = &caller;
		watch.nr_pids = 1;
	}
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	if (nr == WITH_EVENTS)
		watch.events = 1 << 16;
	id = watch_new(&r, &watch);
	if (nr == WITH_EVENTS)
		fd = events_reader(id);
	for (tries = 0; tries < 2000 && !calls; tries++) {
		watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
		calls = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
		rows_free(&rows);
		usleep(1000);
	}
	if (!calls)
		bail("a watch counts nothing");
	__atomic_add_fetch(&told->held, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(&told->let_go, __ATOMIC_ACQUIRE)) {
		watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
		rows_free(&rows);
		if (fd < 0)
			usleep(2000);
		else if (events_sum(fd, &sums) <= 0)
			bail("there are no records");
	}
	if (watch_del(&r, id))
		bail("a watch does not end: %s", r.why);
	/* What is left, and the end. */
	while (fd >= 0 && events_sum(fd, &sums) > 0)
		;
	if (events_errors)
		bail("%u records are wrong: %s", events_errors, events_error);
	_exit(fd >= 0 && !sums.records);
}

/* Until it counts; then it lets go of its watch, or is killed. */
static bool watched(unsigned int kind, bool all, bool by_force)
{
	unsigned int tries;
	int status = 0;
	bool held;
	pid_t pid;

	told->held = told->let_go = 0;
	fflush(stdout);
	pid = fork();
	if (!pid)
		hold(kind, all);
	for (tries = 0; tries < 60000 && !__atomic_load_n(&told->held, __ATOMIC_ACQUIRE); tries++) {
		if (waitpid(pid, &status, WNOHANG))
			return false;
		usleep(1000);
	}
	held = told->held;
	usleep(below(&chance, 10000));
	if (by_force || !held)
		kill(pid, SIGKILL);
	else
		__atomic_store_n(&told->let_go, 1, __ATOMIC_RELEASE);
	waitpid(pid, &status, 0);
	return held && (by_force || !status);
}

static void cycles(unsigned int nr)
{
	unsigned int i, of[NR(working)] = { 0 }, held = 0;
	/* One cycle of four has a watch of its own, beside the crowd's. */
	const unsigned int each = 4;
	double from = monotonic();
	char parameters[64];

	busy = 0;
	crowd_begin(0);
	if (!unload())
		bail("it does not go");
	for (i = 0; i < nr; i++) {
		unsigned int backend = i / each % nr_working;

		snprintf(parameters, sizeof(parameters), "backend=%s%s", working[backend], i & 1 ? " group=5" : "");
		if (!load(parameters) || (i % each == 0 && !watched(held % WATCHERS, for_all(held), below(&chance, 2))) || !unload()) {
			diag("cycle %u", i);
			break;
		}
		held += i % each == 0;
		of[backend]++;
		if (i % 100 == 99)
			note("%u cycles in %.0f s", i + 1, monotonic() - from);
	}
	crowd_end();
	is(i, nr, "loaded, counting and unloaded %u times, under calls, readers and who asks", nr);
	crowd_ok("meanwhile");
	note("%u cycles in %.0f s, %u with a watch of all, of one process, with times or with records in turn; busy %u times", i,
	     monotonic() - from, held, busy);
	for (i = 0; i < nr_working; i++)
		note("%s: %u cycles", working[i], of[i]);
	note("meanwhile %llu calls, %llu dumps, %llu dos, %llu policies; %llu watches begun, %llu refused as it was going",
	     crowd_sums(CROWD_CALLS)->done + crowd_sums(CROWD_OTHER_CALLS)->done, crowd_sums(CROWD_DUMPS)->of[CROWD_GOOD],
	     crowd_sums(CROWD_DOS)->of[CROWD_GOOD], crowd_sums(CROWD_POLICIES)->of[CROWD_GOOD],
	     crowd_sums(CROWD_WATCHES)->of[CROWD_GOOD], crowd_sums(CROWD_WATCHES)->of[CROWD_ENODEV]);
}

/* Nobody but who reads files, and no pause. A race is an open and what is read then, while it comes or goes. */

static unsigned long long races(void)
{
	return crowd_sums(CROWD_FILES)->races + crowd_sums(CROWD_OTHER_FILES)->races;
}

static void file_races(unsigned long wanted)
{
	unsigned long long of[CROWD_OUTCOMES] = { 0 };
	unsigned int i, j, loads = 0, bad = 0;

	crowd_begin(1U << CROWD_FILES | 1U << CROWD_OTHER_FILES);
	while (!bad && races() < wanted && loads < 4 * wanted) {
		bad += !load("") || !unload();
		loads++;
	}
	crowd_end();
	ok(!bad && races() >= wanted, "files of /proc and /sys opened and read %lu times while it came or went", wanted);
	crowd_ok("then");
	for (i = CROWD_FILES; i <= CROWD_OTHER_FILES; i++)
		for (j = 0; j < CROWD_OUTCOMES; j++)
			of[j] += crowd_sums(i)->races_of[j];
	note("%llu races of files in all, for which it was loaded %u times more: %llu with good data, %llu ENOENT, %llu ENODEV, %llu EIO",
	     races(), loads, of[CROWD_GOOD], of[CROWD_ENOENT], of[CROWD_ENODEV], of[CROWD_EIO]);
}

/* Asleep in calls that were counted when they began */

/* Its calls are all counted, or the watch says that some were missed. */
static bool shows(uint32_t id, const unsigned int of[ASLEEP_KINDS], long long *missed, unsigned int round)
{
	struct rows rows;
	bool good = true;
	unsigned int i;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	for (i = 0; i < ASLEEP_KINDS; i++) {
		const struct row *row = first(&rows, CALL(asleep_calls[i]));
		long long calls = row ? row->v[RINGSIDE_A_SYSCALL_CALLS] : 0;
		long long lost = row ? row->v[RINGSIDE_A_SYSCALL_MISSED] : watch_number(&r, id, RINGSIDE_A_WATCH_MISSED);

		*missed += lost;
		/* It waits for its turn by futex calls too. */
		if (i == ASLEEP_FUTEX ? calls + lost >= of[i] : calls <= of[i] && calls + lost >= of[i])
			continue;
		good = false;
		diag("round %u: %lld calls %ld and %lld missed, of %u", round, calls, asleep_calls[i], lost, of[i]);
	}
	rows_free(&rows);
	return good;
}

static bool one_sleep(unsigned int round, pid_t pid, long long *missed, unsigned long long *threads)
{
	unsigned int of[ASLEEP_KINDS], nr = 20 + below(&chance, ASLEEP_MOST - 20 + 1);
	struct watch one = { .pids = &pid, .nr_pids = 1 }, times, all = { 0 };
	uint32_t calls[ASLEEP_KINDS], id, id_times, id_all;
	char parameters[64];
	unsigned int i;
	bool good;
	int wrong;

	snprintf(parameters, sizeof(parameters), "backend=%s", working[round % nr_working]);
	if (!load(parameters))
		return false;
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	for (i = 0; i < ASLEEP_KINDS; i++)
		calls[i] = RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, asleep_calls[i]);
	one.calls = all.calls = calls;
	one.nr_calls = all.nr_calls = for_all(round) ? 0 : ASLEEP_KINDS;
	times = one;
	times.times = true;
	id = watch_new(&r, &one);
	id_times = watch_new(&r, &times);
	id_all = watch_new(&r, &all);
	asleep_begin(nr, of);
	good = shows(id, of, missed, round) & shows(id_times, of, missed, round);
	/* Else they end with their socket. */
	if (round % 2)
		good &= !(watch_del(&r, id) | watch_del(&r, id_times) | watch_del(&r, id_all));
	ring_close(&r);
	/* Some rounds they wake while it goes. */
	if (round % 4 == 3)
		asleep_wake();
	good &= unload();
	if (round % 4 != 3)
		asleep_wake();
	wrong = asleep_back();
	if (wrong)
		diag("round %u, %s: %d of %u calls did not return as they should", round, parameters, wrong, nr);
	*threads += nr;
	return good && !wrong;
}

static void sleeps(unsigned int nr)
{
	unsigned long long threads = 0;
	pid_t pid = asleep_make();
	long long missed = 0;
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (!one_sleep(i, pid, &missed, &threads))
			break;
	is(i, nr, "unloaded %u times with threads asleep in calls it counted: all return as they should", nr);
	note("%llu threads asleep over %u rounds, %lld of their calls shown as missed", threads, i, missed);
	asleep_end();
}

static void find_working(void)
{
	unsigned int i;

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	for (i = 0; backends[i]; i++)
		if (backend_works(&r, backends[i]))
			working[nr_working++] = backends[i];
	if (!nr_working || backend_choose("auto"))
		bail("no backend works");
	ring_close(&r);
}

static int64_t memory_of(const char *what)
{
	char *text = slurp("/proc/meminfo", NULL);
	int64_t value = 0;

	if (!text)
		bail("/proc/meminfo: %s", strerror(errno));
	number_after(text, what, &value);
	free(text);
	return value;
}

int main(int argc, char **argv)
{
	int64_t slab, percpu, vmalloc;
	struct rows rows;

	if (argc > 1)
		return 0;
	lib_init();
	chance.state = seed();
	told = shared(sizeof(*told));
	find_working();
	crowd_learn(chance.state);
	slab = memory_of("SUnreclaim");
	percpu = memory_of("Percpu");
	vmalloc = memory_of("VmallocUsed");
	cycles(often(20, 1000));
	sleeps(often(nr_working, 500));
	file_races(often(200, 10000));
	note("unreclaimable slab %+lld kB, percpu %+lld kB, vmalloc %+lld kB", (long long)memory_of("SUnreclaim") - slab,
	     (long long)memory_of("Percpu") - percpu, (long long)memory_of("VmallocUsed") - vmalloc);
	ok(module_gone(), "after all that nothing of it is left");
	ok(!ring_open(&r) && errno == ENOENT, "nor of its family");
	is(module_load(""), 0, "it loads again");
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	ok(row_by(&rows, RINGSIDE_A_TASK_PID, getpid()), "and works");
	rows_free(&rows);
	ok(status_becomes(&r, "attached", "nothing"), "and nothing is attached");
	wire_ok();
	return tap_end();
}
