// SPDX-License-Identifier: GPL-2.0-or-later
/* Processors that go and come while system calls are counted take nothing with them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "crew.h"
#include "lib.h"

enum { CYCLES = 4 };

static struct ring r;
static struct crew crew;
static unsigned int bad;

static void online(int on)
{
	unsigned int tries;

	/* Busy as long as somebody else holds off such changes. */
	for (tries = 0; tries < 100; tries++) {
		if (write_file("/sys/devices/system/cpu/cpu1/online", "%d\n", on))
			return;
		if (errno != EBUSY)
			break;
		usleep(20000);
	}
	bail("CPU 1 does not go %sline: %s", on ? "on" : "off", strerror(errno));
}

static void same(long long got, long long wanted, const char *what, unsigned int round)
{
	if (got != wanted && bad++ < 10)
		diag("round %u: %s: got %lld, wanted %lld", round, what, got, wanted);
}

static void compare(uint32_t id, bool times, unsigned int rounds)
{
	struct rows rows;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	same(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), (long long)rounds * crew.calls.getppid,
	     times ? "getppid, times" : "getppid", rounds);
	/* This process closes files too. */
	if (times)
		same(sum(&rows, CALL(SYS_close), RINGSIDE_A_SYSCALL_CALLS), (long long)rounds * crew.calls.close,
		     "close", rounds);
	same(sum(&rows, CALL(SYS_poll), RINGSIDE_A_SYSCALL_CALLS), (long long)rounds * crew.calls.poll, "poll", rounds);
	same(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_MISSED), 0, "missed", rounds);
	rows_free(&rows);
	if (!times)
		return;
	watch_dump(&r, RINGSIDE_CMD_ERROR_GET, id, &rows);
	same(errors_of(&rows, CALL(SYS_close), EBADF), (long long)rounds * crew.calls.close, "EBADF", rounds);
	rows_free(&rows);
	watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, id, &rows);
	same(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_LATENCY_CALLS), (long long)rounds * crew.calls.getppid,
	     "getppid: returned", rounds);
	same(sum(&rows, CALL(SYS_poll), RINGSIDE_A_LATENCY_CALLS), (long long)rounds * crew.calls.poll,
	     "poll: returned", rounds);
	rows_free(&rows);
}

static void one(const char *backend)
{
	struct watch all = { 0 }, times = { .pids = &crew.pid, .nr_pids = 1, .times = true };
	uint32_t id = watch_new(&r, &all), id_times = watch_new(&r, &times), id_offline = 0;
	unsigned int i, rounds = 0;

	bad = 0;
	for (i = 0; i < 2 * CYCLES; i++) {
		/* It goes, or comes, in the middle of it. */
		crew_start(&crew, false);
		online(i & 1);
		crew_finish(&crew);
		crew_wake(&crew);
		rounds++;
		compare(id, false, rounds);
		compare(id_times, true, rounds);
		/* One that begins with a processor away. */
		if (!i)
			id_offline = watch_new(&r, &times);
	}
	compare(id_offline, true, rounds - 1);
	ok(!bad, "%s: nothing is lost over %u changes", backend, rounds);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED), 0, "%s: nor has it lapsed", backend);
	is(watch_del(&r, id) | watch_del(&r, id_times) | watch_del(&r, id_offline), 0, "%s: the watches end", backend);
}

int main(void)
{
	struct crew_plan plan = { .sleepers = 50, .dozers = 50, .reps = 2000 };
	unsigned int i;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	crew_make(&crew, &plan);
	for (i = 0; !i || backends[i - 1]; i++) {
		const char *backend = backends[i] ? backends[i] : "auto";

		if (backend_works(&r, backend))
			one(backend);
	}
	ok(status_becomes(&r, "attached", "nothing"), "in the end nothing is attached");
	wire_ok();
	crew_end(&crew);
	return tap_end();
}
