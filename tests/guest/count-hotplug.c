// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processors that go and come, or fail to, while system calls are counted take
 * nothing with them.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "crew.h"
#include "events.h"
#include "ia32.h"
#include "lib.h"

#define CPU "/sys/devices/system/cpu/cpu1/"

static struct ring r;
static struct crew crew;
static char helper[PATH_MAX];
static unsigned int bad, programs;
static long long most_missed;
static unsigned long cycles, spacing;

/* Once, or as long as somebody else holds off such changes. */
static bool try_online(int on)
{
	unsigned int tries;

	for (tries = 0; tries < 100; tries++) {
		if (write_file(CPU "online", "%d\n", on))
			return true;
		if (errno != EBUSY)
			break;
		usleep(20000);
	}
	return false;
}

static void online(int on)
{
	if (!try_online(on))
		bail("CPU 1 does not go %sline: %s", on ? "on" : "off", strerror(errno));
}

static void same(long long got, long long wanted, const char *what, unsigned int round)
{
	if (got != wanted && bad++ < 10)
		diag("round %u: %s: got %lld, wanted %lld", round, what, got, wanted);
}

/*
 * The kernel may pass by a tracepoint for a thread whose CPU goes offline just then, so how many
 * calls may be missing, of all kinds together? With times as many as the watch says: all calls are
 * counted, but not all are seen to return. Else none, but where the tracepoint alone counts: then
 * the watch says that it lapsed, and there may be one a change.
 */
static long long excused(uint32_t id, bool times, unsigned int rounds)
{
	if (times)
		return watch_number(&r, id, RINGSIDE_A_WATCH_MISSED);
	return watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED) > 0 ? rounds : 0;
}

/* The same, but for calls that are excused: so many are left of them. */
static void told(long long got, long long wanted, long long *left, const char *what, unsigned int round)
{
	long long lost = wanted - got;

	if (lost <= 0 || lost > *left) {
		same(got, wanted, what, round);
		return;
	}
	*left -= lost;
	most_missed = lost > most_missed ? lost : most_missed;
}

static void compare(uint32_t id, bool times, unsigned int rounds)
{
	long long left = excused(id, times, rounds), none = 0, *left_counted = times ? &none : &left;
	struct rows rows;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	told(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), (long long)rounds * crew.calls.getppid,
	     left_counted, times ? "getppid, times" : "getppid", rounds);
	/* This process closes files too. */
	if (times)
		same(sum(&rows, CALL(SYS_close), RINGSIDE_A_SYSCALL_CALLS), (long long)rounds * crew.calls.close,
		     "close", rounds);
	told(sum(&rows, CALL(SYS_poll), RINGSIDE_A_SYSCALL_CALLS), (long long)rounds * crew.calls.poll, left_counted,
	     "poll", rounds);
	if (!times || left > rounds)
		same(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_MISSED), 0, "missed", rounds);
	rows_free(&rows);
	if (!times)
		return;
	watch_dump(&r, RINGSIDE_CMD_ERROR_GET, id, &rows);
	told(errors_of(&rows, CALL(SYS_close), EBADF), (long long)rounds * crew.calls.close, &left, "EBADF", rounds);
	rows_free(&rows);
	watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, id, &rows);
	told(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_LATENCY_CALLS), (long long)rounds * crew.calls.getppid, &left,
	     "getppid: returned", rounds);
	told(sum(&rows, CALL(SYS_poll), RINGSIDE_A_LATENCY_CALLS), (long long)rounds * crew.calls.poll, &left,
	     "poll: returned", rounds);
	rows_free(&rows);
}

/* 32-bit calls, by a program of its own: nobody else makes any. */
static pid_t start_ia32(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		execl(helper, helper, NULL);
		_exit(127);
	}
	return pid;
}

static void finish_ia32(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		bail("%s: status %#x", helper, status);
	programs++;
}

static void compare_ia32(uint32_t id, bool times, unsigned int round)
{
	/* But those of odd numbers, which only tracepoints see. */
	static const struct {
		long call, times;
	} made[] = {
		{ IA32_GETPPID, IA32_GETPPIDS }, { IA32_CLOSE, IA32_CLOSES }, { IA32_GETUID, IA32_GETUIDS },
		{ IA32_UNUSED, IA32_UNUSEDS },
	};
	long long left = times ? 0 : excused(id, false, round);
	struct rows rows;
	unsigned int i;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	for (i = 0; i < NR(made); i++)
		told(sum(&rows, CALL_X86(made[i].call), RINGSIDE_A_SYSCALL_CALLS), programs * made[i].times, &left,
		     "a 32-bit call", round);
	rows_free(&rows);
}

/* One round of calls; in the middle of it the processor does what this does. */
static void round_with(void (*change)(int arg), int arg)
{
	pid_t pid = start_ia32();

	crew_start(&crew, false);
	change(arg);
	crew_finish(&crew);
	crew_wake(&crew);
	finish_ia32(pid);
}

/* Failures: the kernel gives up at the state it is told, and goes back all the way */

static unsigned int failed;

static void fail_going(int state)
{
	if (!write_file(CPU "hotplug/fail", "%d\n", state))
		return;
	failed += !try_online(0);
	/* Until it is here again: one that was not met on the way is met on the way back. */
	while (!try_online(1) && errno == EAGAIN)
		failed++;
}

static void fail_coming(int state)
{
	if (!try_online(0))
		bail("CPU 1 does not go offline: %s", strerror(errno));
	if (write_file(CPU "hotplug/fail", "%d\n", state))
		failed += !try_online(1);
	while (!try_online(1) && errno == EAGAIN)
		failed++;
}

/* The numbers of the states that a processor passes when it is up; how many. */
static unsigned int read_states(int *states, unsigned int room)
{
	char *text = slurp("/sys/devices/system/cpu/hotplug/states", NULL), *line, *save, name[64];
	unsigned int nr = 0;
	bool up = false;
	int state;

	if (access(CPU "hotplug/fail", W_OK) || !text)
		return 0;
	for (line = strtok_r(text, "\n", &save); line && nr < room; line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "%d: %63s", &state, name) != 2)
			continue;
		if (up)
			states[nr++] = state;
		up |= !strcmp(name, "ap:online");
	}
	free(text);
	return nr;
}

static unsigned int failures(unsigned int most, unsigned int *rounds)
{
	unsigned int i, nr, step;
	int states[256];

	nr = read_states(states, NR(states));
	step = nr > most ? nr / most : 1;
	for (i = 0; i < nr; i += step) {
		round_with(i / step % 2 ? fail_coming : fail_going, states[i]);
		++*rounds;
	}
	return nr;
}

/* Of each getppid that was seen to return there is a record, or it is told that some were lost. */
static void recorded(struct recorder *recorder, const char *backend)
{
	char words[64];
	struct rows rows;
	long long returned;

	watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, recorder->id, &rows);
	returned = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_LATENCY_CALLS);
	rows_free(&rows);
	snprintf(words, sizeof(words), "%s: records", backend);
	recorder_end(recorder, &r, words);
	if (recorder->sums->lost)
		ok((long long)(recorder->sums->calls + recorder->sums->lost) >= returned &&
		   (long long)recorder->sums->calls <= returned,
		   "%s: a record of each call, or it is told as lost", backend);
	else
		is(recorder->sums->calls, returned, "%s: a record of each call", backend);
}

static void one(const char *backend)
{
	struct watch all = { 0 }, times = { .pids = &crew.pid, .nr_pids = 1, .times = true };
	pid_t self = getpid();
	struct watch own = { .pids = &self, .nr_pids = 1, .times = true };
	struct watch events = { .pids = &crew.pid, .nr_pids = 1, .events = 1 << 20 };
	uint32_t id = watch_new(&r, &all), id_times = watch_new(&r, &times), id_offline = 0, id_own = watch_new(&r, &own);
	unsigned int i, rounds = 0;
	struct recorder recorder;

	recorder_start(&recorder, watch_new(&r, &events), SYS_getppid);
	bad = programs = failed = most_missed = 0;
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED) | watch_number(&r, id_times, RINGSIDE_A_WATCH_LAPSED), 0,
	   "%s: they begin without a lapse", backend);
	for (i = 0; i < 2 * cycles; i++) {
		round_with(online, i & 1);
		rounds++;
		if (!i || i == 2 * cycles - 1 || i % spacing == 0) {
			compare(id, false, rounds);
			compare(id_times, true, rounds);
			compare(recorder.id, true, rounds);
			compare_ia32(id, false, rounds);
			compare_ia32(id_own, true, rounds);
		}
		/* One that begins with a processor away. */
		if (!i)
			id_offline = watch_new(&r, &times);
	}
	compare(id_offline, true, rounds - 1);
	ok(!bad, "%s: nothing is lost over %u changes, 32-bit calls neither", backend, rounds);
	if (failures(often(4, 256), &rounds)) {
		compare(id, false, rounds);
		compare(id_times, true, rounds);
		compare(id_offline, true, rounds - 1);
		compare_ia32(id, false, rounds);
		compare_ia32(id_own, true, rounds);
		ok(!bad && failed, "%s: nor when it fails to go or to come", backend);
	} else {
		skip("this kernel can't make it fail", "%s: nor when it fails to go or to come", backend);
	}
	note("%s: %lu cycles off and on, then %u that failed; %u rounds of %u calls of getppid, each, and of %u 32-bit calls",
	     backend, cycles, failed, rounds, crew.calls.getppid, IA32_GETPPIDS + IA32_CLOSES + IA32_GETUIDS + IA32_UNUSEDS);
	if (most_missed)
		note("%s: of %lld calls the beginning or the return was not seen, and the watch says so", backend, most_missed);
	/* No tracepoint tells of calls to one of all by the others. */
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED) > 0, !strcmp(backend, "tracepoint"),
	   "%s: it says whether it may have lapsed", backend);
	ok(watch_number(&r, id_times, RINGSIDE_A_WATCH_LAPSED) > 0, "%s: one with times may have", backend);
	recorded(&recorder, backend);
	is(watch_del(&r, id) | watch_del(&r, id_times) | watch_del(&r, id_offline) | watch_del(&r, id_own), 0,
	   "%s: the watches end", backend);
}

int main(int argc, char **argv)
{
	/* In full it is the changes that count: fewer calls between them. */
	struct crew_plan plan = { .sleepers = 50, .dozers = 50, .reps = often(2000, 400) };
	char path[PATH_MAX];
	unsigned int i;

	lib_init();
	snprintf(path, sizeof(path), "%s", argv[0]);
	snprintf(helper, sizeof(helper), "%s/helper-ia32", dirname(path));
	/* Of each backend: 1,002 in full. */
	cycles = often(4, 334);
	spacing = often(1, 10);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	crew_make(&crew, &plan);
	for (i = 0; backends[i]; i++) {
		const char *backend = backends[i];

		if (backend_works(&r, backend))
			one(backend);
	}
	ok(status_becomes(&r, "attached", "nothing"), "in the end nothing is attached");
	wire_ok();
	crew_end(&crew);
	return tap_end();
}
