// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every call is counted, once: for each backend, each kind of watch, with and
 * without times, amid a thousand threads asleep in calls.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "crew.h"
#include "lib.h"

#define CGROUP "/sys/fs/cgroup/ringside-count"

enum { UID = 4242, OTHER_UID = 4343 };

static struct ring r;
static struct crew crew, others;
static uint64_t cgroup;

/* Of the round under way. */
static unsigned int bad;
static char where[128];

static void check(bool good, const char *what, long long got, long long wanted)
{
	if (!good && bad++ < 12)
		diag("%s: %s: got %lld, wanted %lld", where, what, got, wanted);
}

static void same(long long got, long long wanted, const char *what)
{
	check(got == wanted, what, got, wanted);
}

static void at_most(long long got, long long most, const char *what)
{
	check(got <= most, what, got, most);
}

static void at_least(long long got, long long least, const char *what)
{
	check(got >= least, what, got, least);
}

/* What a watch gave. */
struct result {
	struct rows calls, errors, latency;
};

static void result_get(uint32_t id, struct result *result, bool times)
{
	memset(result, 0, sizeof(*result));
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &result->calls);
	watch_dump(&r, RINGSIDE_CMD_ERROR_GET, id, &result->errors);
	watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, id, &result->latency);
	if (!times) {
		same(result->errors.nr, 0, "rows of errors without times");
		same(result->latency.nr, 0, "rows of latency without times");
	}
}

static void result_free(struct result *result)
{
	rows_free(&result->calls);
	rows_free(&result->errors);
	rows_free(&result->latency);
}

static long long calls_of(const struct result *result, const struct of *of)
{
	return sum(&result->calls, of, RINGSIDE_A_SYSCALL_CALLS);
}

static long long returned(const struct result *result, const struct of *of)
{
	return sum(&result->latency, of, RINGSIDE_A_LATENCY_CALLS);
}

/* A call of one process's (or cgroup's), or of all: so many calls, so many of them failed. */
static void exact(const struct result *result, const struct of *of, bool times, long calls, long failed, const char *what)
{
	char text[64];

	snprintf(text, sizeof(text), "%s: calls", what);
	same(calls_of(result, of), calls, text);
	snprintf(text, sizeof(text), "%s: errors", what);
	same(sum(&result->calls, of, RINGSIDE_A_SYSCALL_ERRORS), times ? failed : 0, text);
	snprintf(text, sizeof(text), "%s: errors by their number", what);
	same(sum(&result->errors, of, RINGSIDE_A_ERROR_ERRORS), times ? failed : 0, text);
	snprintf(text, sizeof(text), "%s: returned", what);
	same(returned(result, of), times ? calls : 0, text);
}

static int by_from(const void *a, const void *b)
{
	const struct row *x = *(const struct row * const *)a, *y = *(const struct row * const *)b;

	return x->v[RINGSIDE_A_LATENCY_FROM] < y->v[RINGSIDE_A_LATENCY_FROM] ? -1 : 1;
}

/*
 * The percentile that is in the row of a call (of one process, or where they
 * are not kept apart) against the bucket in which the call of that rank is:
 * right within 12.5 % wherever in the bucket that one lies.
 */
static void percentile(const struct result *result, const struct of *of, unsigned int percent, int attr)
{
	const struct row *bucket[1024], *row = first(&result->calls, of);
	long long rank = (returned(result, of) * percent + 99) / 100, seen = 0, end = 0;
	unsigned int i, nr = 0;

	if (!row) {
		check(false, "there is a row for a percentile", 0, 1);
		return;
	}
	for (i = 0; i < result->latency.nr && nr < NR(bucket); i++)
		if (result->latency.row[i].v[RINGSIDE_A_LATENCY_CALL] == of->call &&
		    !strcmp(result->latency.row[i].s[RINGSIDE_A_LATENCY_ABI], row->s[RINGSIDE_A_SYSCALL_ABI]))
			bucket[nr++] = &result->latency.row[i];
	qsort(bucket, nr, sizeof(bucket[0]), by_from);
	for (i = 0; i < nr; i++) {
		long long from = bucket[i]->v[RINGSIDE_A_LATENCY_FROM], to = bucket[i]->v[RINGSIDE_A_LATENCY_TO];

		at_least(from, end, "buckets in order that do not overlap");
		check(to > from || (!to && i == nr - 1), "a bucket ends after it begins", to, from);
		end = to;
		at_least(bucket[i]->v[RINGSIDE_A_LATENCY_CALLS], 1, "a bucket is not empty");
		if (seen < rank && seen + bucket[i]->v[RINGSIDE_A_LATENCY_CALLS] >= rank) {
			at_most(row->v[attr], from + from / 8 + 1, "a percentile above its bucket");
			if (to)
				at_least(row->v[attr], (to - 1) - (to - 1) / 8 - 1, "a percentile below its bucket");
		}
		seen += bucket[i]->v[RINGSIDE_A_LATENCY_CALLS];
	}
	if (!nr)
		check(false, "a call that returned has buckets", 0, 1);
	/* The first and the last of them hold the shortest and the longest call. */
	if (nr) {
		const struct row *last = bucket[nr - 1];

		at_least(row->v[RINGSIDE_A_SYSCALL_MIN_TIME], bucket[0]->v[RINGSIDE_A_LATENCY_FROM], "shortest");
		check(!bucket[0]->v[RINGSIDE_A_LATENCY_TO] ||
		      row->v[RINGSIDE_A_SYSCALL_MIN_TIME] < bucket[0]->v[RINGSIDE_A_LATENCY_TO], "shortest",
		      row->v[RINGSIDE_A_SYSCALL_MIN_TIME], bucket[0]->v[RINGSIDE_A_LATENCY_TO]);
		at_least(row->v[RINGSIDE_A_SYSCALL_MAX_TIME], last->v[RINGSIDE_A_LATENCY_FROM], "longest");
		check(!last->v[RINGSIDE_A_LATENCY_TO] ||
		      row->v[RINGSIDE_A_SYSCALL_MAX_TIME] < last->v[RINGSIDE_A_LATENCY_TO], "longest",
		      row->v[RINGSIDE_A_SYSCALL_MAX_TIME], last->v[RINGSIDE_A_LATENCY_TO]);
	}
}

/* The calls that nobody but crews makes: between two dumps nothing happens to their rows. */
static const int known[] = {
	SYS_getppid, SYS_close, SYS_lseek, SYS_sched_setaffinity, SYS_select, SYS_getrandom, SYS_poll,
};

/* Times against each other; nothing of them without TIMES. */
static void times_of_rows(const struct result *result, bool times)
{
	unsigned int i, n;

	for (i = 0; i < result->calls.nr; i++) {
		const int64_t *v = result->calls.row[i].v;
		struct of of = {
			.abi = result->calls.row[i].s[RINGSIDE_A_SYSCALL_ABI], .call = v[RINGSIDE_A_SYSCALL_CALL],
			.process = v[RINGSIDE_A_SYSCALL_PROCESS], .cgroup = v[RINGSIDE_A_SYSCALL_CGROUP],
		};
		long long done = returned(result, &of);

		for (n = 0; n < NR(known) && known[n] != of.call; n++)
			;
		if (times && n == NR(known))
			continue;
		if (!done) {
			same(v[RINGSIDE_A_SYSCALL_TIME] | v[RINGSIDE_A_SYSCALL_CPU_TIME] | v[RINGSIDE_A_SYSCALL_MIN_TIME] |
			     v[RINGSIDE_A_SYSCALL_MAX_TIME] | v[RINGSIDE_A_SYSCALL_P50] | v[RINGSIDE_A_SYSCALL_P99] |
			     v[RINGSIDE_A_SYSCALL_ERRORS], 0, "times or errors where there are none");
			continue;
		}
		at_most(v[RINGSIDE_A_SYSCALL_CPU_TIME], v[RINGSIDE_A_SYSCALL_TIME], "CPU time is part of the time");
		at_most(v[RINGSIDE_A_SYSCALL_MIN_TIME] * done, v[RINGSIDE_A_SYSCALL_TIME], "the shortest, so many times");
		at_least(v[RINGSIDE_A_SYSCALL_MAX_TIME] * done, v[RINGSIDE_A_SYSCALL_TIME], "the longest, so many times");
		at_most(v[RINGSIDE_A_SYSCALL_P50], v[RINGSIDE_A_SYSCALL_P99], "half and 99 %");
		at_most(v[RINGSIDE_A_SYSCALL_ERRORS], done, "errors and returns");
		at_most(done, v[RINGSIDE_A_SYSCALL_CALLS], "returns and calls");
	}
}

/*
 * What CPU time comes to, in the rounds where it is known: of naps it is far
 * less than the time, of burns at least half of what the thread had, for it did
 * nothing else. An emulated processor may stand still at any instruction, which
 * either clock may have for CPU time: it is the median round that tells.
 */
static unsigned int known_rounds, naps_far_less, burns_all;

/* Two crews' naps and burns: known from below, and from user space above. one: of the crew alone. */
static void times_known(const struct result *result, bool one)
{
	const struct row *row = first(&result->calls, CALL(SYS_select));
	long long least = 0, most = 0;
	unsigned int i, n, nr = one ? 1 : 2;
	const struct crew *who[] = { &crew, &others };
	uint64_t burn_cpu = 0;

	if (!row)
		return;
	for (n = 0; n < nr; n++) {
		for (i = 0; i < CREW_SHORT + CREW_LONG; i++)
			most += who[n]->nap[i];
		least += 1000LL * (CREW_SHORT * CREW_SHORT_US + CREW_LONG * CREW_LONG_US);
		burn_cpu += who[n]->burn_cpu;
	}
	at_least(row->v[RINGSIDE_A_SYSCALL_TIME], least, "naps: time");
	at_most(row->v[RINGSIDE_A_SYSCALL_TIME], most, "naps: time, as user space saw it");
	at_least(row->v[RINGSIDE_A_SYSCALL_MIN_TIME], 1000 * CREW_SHORT_US, "naps: shortest");
	at_least(row->v[RINGSIDE_A_SYSCALL_MAX_TIME], 1000 * CREW_LONG_US, "naps: longest");
	known_rounds++;
	naps_far_less += 2 * row->v[RINGSIDE_A_SYSCALL_CPU_TIME] <= row->v[RINGSIDE_A_SYSCALL_TIME];
	percentile(result, CALL(SYS_select), 50, RINGSIDE_A_SYSCALL_P50);
	percentile(result, CALL(SYS_select), 99, RINGSIDE_A_SYSCALL_P99);
	percentile(result, CALL(SYS_getppid), 50, RINGSIDE_A_SYSCALL_P50);
	percentile(result, CALL(SYS_getppid), 99, RINGSIDE_A_SYSCALL_P99);
	percentile(result, CALL(SYS_close), 50, RINGSIDE_A_SYSCALL_P50);
	percentile(result, CALL(SYS_close), 99, RINGSIDE_A_SYSCALL_P99);
	if (one) {
		/* Of 16 naps the 8th is the half's, the 16th the 99 %'s. */
		at_least(8 * row->v[RINGSIDE_A_SYSCALL_P50], 7 * 1000LL * CREW_SHORT_US, "naps: half, from below");
		at_most(8 * row->v[RINGSIDE_A_SYSCALL_P50], 9 * crew.nap[7], "naps: half, as user space saw it");
		at_least(8 * row->v[RINGSIDE_A_SYSCALL_P99], 7 * 1000LL * CREW_LONG_US, "naps: 99 %, from below");
		at_most(8 * row->v[RINGSIDE_A_SYSCALL_P99], 9 * crew.nap[15], "naps: 99 %, as user space saw it");
	}
	row = first(&result->calls, CALL(SYS_getrandom));
	if (!row)
		return;
	burns_all += 2 * row->v[RINGSIDE_A_SYSCALL_CPU_TIME] >= (int64_t)burn_cpu;
}

static void round_start(bool naps)
{
	bad = 0;
	crew_start(&crew, naps);
	crew_start(&others, naps);
}

/* The dozers are in their call, all of them, as their count tells. */
static void dozing(uint32_t id, long wanted)
{
	struct rows rows;
	long now = -1;
	int tries;

	for (tries = 0; tries < 200 && now != wanted; tries++) {
		watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
		now = sum(&rows, CALL(SYS_poll), RINGSIDE_A_SYSCALL_CALLS);
		rows_free(&rows);
		if (now != wanted)
			usleep(10000);
	}
	same(now, wanted, "poll: calls");
}

/* What a watch says of itself. */
static void about(uint32_t id, const struct watch *watch, const char *scope, const char *backend, bool times)
{
	struct rows rows;
	const struct row *row = watch_row(&r, id, &rows);
	struct result result;
	unsigned int i, tries;
	int64_t calls, before;

	if (strcmp(row->s[RINGSIDE_A_WATCH_SCOPE], scope))
		check(false, "scope", 0, 0), diag("%s", row->s[RINGSIDE_A_WATCH_SCOPE]);
	/* What a call comes to, only the tracepoints tell. */
	if (times)
		backend = "tracepoint";
	if (strcmp(row->s[RINGSIDE_A_WATCH_BACKEND], backend))
		check(false, "backend", 0, 0), diag("%s", row->s[RINGSIDE_A_WATCH_BACKEND]);
	same(row->v[RINGSIDE_A_WATCH_TIMES], times, "times");
	same(row->v[RINGSIDE_A_WATCH_OWNER], 0, "owner");
	same(row->v[RINGSIDE_A_WATCH_MISSED], 0, "missed");
	same(row->v[RINGSIDE_A_WATCH_UNKEPT], 0, "unkept");
	same(row->v[RINGSIDE_A_WATCH_LAPSED], 0, "lapsed");
	at_least(row->v[RINGSIDE_A_WATCH_BYTES], 1, "bytes");
	if (strcmp(scope, "all")) {
		same(row->v[RINGSIDE_A_WATCH_THREADS], crew.threads, "threads followed");
		/* It is quiet, or just about to go to sleep: what is in the rows is all there is. */
		for (tries = 0; tries < 50; tries++) {
			before = watch_number(&r, id, RINGSIDE_A_WATCH_CALLS);
			result_get(id, &result, times);
			for (calls = 0, i = 0; i < result.calls.nr; i++)
				calls += result.calls.row[i].v[RINGSIDE_A_SYSCALL_CALLS];
			result_free(&result);
			if (before == watch_number(&r, id, RINGSIDE_A_WATCH_CALLS))
				break;
			usleep(20000);
		}
		same(before, calls, "calls in all");
	}
	rows_free(&rows);
}

static void one_round(const char *backend, const char *scope, bool times)
{
	struct watch watch = { .times = times };
	bool one = strcmp(scope, "all");
	unsigned int nr = one ? 1 : 2;
	const struct crew_calls *calls = &crew.calls;
	struct result result;
	uint32_t id;

	snprintf(where, sizeof(where), "%s, %s%s", backend, scope, times ? ", times" : "");
	if (!strcmp(scope, "process")) {
		watch.pids = &crew.pid;
		watch.nr_pids = 1;
	} else if (!strcmp(scope, "user")) {
		watch.by_uid = true;
		watch.uid = UID;
	} else if (!strcmp(scope, "cgroup")) {
		watch.cgroup = cgroup;
	}
	id = watch_new(&r, &watch);
	round_start(times);
	crew_finish(&crew);
	crew_finish(&others);
	dozing(id, crew.plan.dozers);
	result_get(id, &result, times);
	exact(&result, CALL(SYS_getppid), times, nr * calls->getppid, 0, "getppid");
	exact(&result, CALL(SYS_close), times, nr * calls->close, nr * calls->close, "close");
	exact(&result, CALL(SYS_lseek), times, nr * calls->lseek,
	      nr * (calls->lseek_ebadf + calls->lseek_einval + calls->lseek_espipe), "lseek");
	exact(&result, CALL(SYS_sched_setaffinity), times, nr * calls->affinity, 0, "sched_setaffinity");
	exact(&result, CALL(SYS_select), times, nr * calls->select, 0, "select");
	if (times) {
		same(errors_of(&result.errors, CALL(SYS_close), EBADF), nr * calls->close, "close: EBADF");
		same(errors_of(&result.errors, CALL(SYS_lseek), EBADF), nr * calls->lseek_ebadf, "lseek: EBADF");
		same(errors_of(&result.errors, CALL(SYS_lseek), EINVAL), nr * calls->lseek_einval, "lseek: EINVAL");
		same(errors_of(&result.errors, CALL(SYS_lseek), ESPIPE), nr * calls->lseek_espipe, "lseek: ESPIPE");
		times_known(&result, one);
	}
	times_of_rows(&result, times);
	/* Begun and not returned; and begun before the watch. */
	same(returned(&result, CALL(SYS_poll)), 0, "poll: returned while all are in it");
	same(calls_of(&result, CALL(SYS_pause)), 0, "pause: called before the watch");
	if (one)
		same(calls_of(&result, CALL(SYS_read)), 0, "read: called before the watch");
	result_free(&result);
	crew_wake(&crew);
	result_get(id, &result, times);
	exact(&result, CALL(SYS_poll), times, calls->poll, 0, "poll");
	result_free(&result);
	about(id, &watch, scope, backend, times);
	same(watch_del(&r, id), 0, "the watch ends");
	ok(!bad, "%s: every call once, and what came of it", where);
}

/* Kept apart by process. */
static void apart_by_process(const char *backend)
{
	struct watch watch = { .by = "process", .times = true };
	struct result result;
	const struct row *row;
	struct rows task = { 0 };
	uint32_t id;

	snprintf(where, sizeof(where), "%s, all by process", backend);
	id = watch_new(&r, &watch);
	round_start(false);
	crew_finish(&crew);
	crew_finish(&others);
	crew_wake(&crew);
	result_get(id, &result, true);
	exact(&result, CALL_OF(crew.pid, SYS_getppid), true, crew.calls.getppid - crew.calls.of_child, 0, "getppid");
	exact(&result, CALL_OF(others.pid, SYS_getppid), true, crew.calls.getppid - crew.calls.of_child, 0, "others' getppid");
	exact(&result, CALL_OF(crew.child, SYS_getppid), true, crew.calls.of_child, 0, "the child's getppid");
	exact(&result, CALL_OF(crew.pid, SYS_close), true, crew.calls.close, crew.calls.close, "close");
	exact(&result, CALL_OF(others.pid, SYS_close), true, crew.calls.close, crew.calls.close, "others' close");
	exact(&result, CALL_OF(crew.pid, SYS_poll), true, crew.calls.poll, 0, "poll");
	times_of_rows(&result, true);
	row = first(&result.calls, CALL_OF(crew.pid, SYS_getppid));
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, crew.pid);
	if (row && !answer(&r, &task) && task.nr == 1) {
		same(row->v[RINGSIDE_A_SYSCALL_START_TIME], task.row[0].v[RINGSIDE_A_TASK_START_TIME], "start time");
		check(!strcmp(row->s[RINGSIDE_A_SYSCALL_COMM], task.row[0].s[RINGSIDE_A_TASK_COMM]), "comm", 0, 0);
	} else {
		check(false, "the process has a row", 0, 1);
	}
	rows_free(&task);
	at_least(watch_number(&r, id, RINGSIDE_A_WATCH_KEYS), 3, "keys");
	result_free(&result);
	same(watch_del(&r, id), 0, "the watch ends");
	ok(!bad, "%s: each has its own, also one that has gone", where);
}

static void apart_by_cgroup(const char *backend)
{
	struct watch watch = { .by = "cgroup" };
	struct result result;
	uint32_t id;

	snprintf(where, sizeof(where), "%s, all by cgroup", backend);
	id = watch_new(&r, &watch);
	round_start(false);
	crew_finish(&crew);
	crew_finish(&others);
	crew_wake(&crew);
	result_get(id, &result, false);
	exact(&result, CALL_IN(cgroup, SYS_getppid), false, crew.calls.getppid, 0, "getppid");
	exact(&result, CALL_IN(cgroup, SYS_close), false, crew.calls.close, 0, "close");
	exact(&result, CALL_IN(cgroup, SYS_poll), false, crew.calls.poll, 0, "poll");
	exact(&result, CALL(SYS_getppid), false, 2 * crew.calls.getppid, 0, "everybody's getppid");
	result_free(&result);
	same(watch_del(&r, id), 0, "the watch ends");
	ok(!bad, "%s: each has its own", where);
}

/* Just the calls asked for. */
static void chosen(const char *backend)
{
	static const uint32_t calls[] = {
		RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_getppid), RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_lseek),
	};
	struct watch watch = { .calls = calls, .nr_calls = NR(calls) };
	struct result result;
	uint32_t id;

	snprintf(where, sizeof(where), "%s, two calls", backend);
	id = watch_new(&r, &watch);
	round_start(false);
	crew_finish(&crew);
	crew_finish(&others);
	crew_wake(&crew);
	result_get(id, &result, false);
	same(result.calls.nr, 2, "rows");
	exact(&result, CALL(SYS_getppid), false, 2 * crew.calls.getppid, 0, "getppid");
	exact(&result, CALL(SYS_lseek), false, 2 * crew.calls.lseek, 0, "lseek");
	result_free(&result);
	same(watch_del(&r, id), 0, "the watch ends");
	ok(!bad, "%s: those and no others", where);
}

/* Several at once: each counts for itself, from when it was made. */
static void several(const char *backend)
{
	struct watch plain = { 0 }, times = { .times = true }, of_crew = { .pids = &crew.pid, .nr_pids = 1, .times = true };
	struct result result;
	uint32_t id[4];

	snprintf(where, sizeof(where), "%s, four watches", backend);
	id[0] = watch_new(&r, &plain);
	round_start(false);
	crew_finish(&crew);
	crew_finish(&others);
	crew_wake(&crew);
	id[1] = watch_new(&r, &times);
	id[2] = watch_new(&r, &of_crew);
	id[3] = watch_new(&r, &plain);
	same(watch_del(&r, id[3]), 0, "one ends");
	round_start(false);
	crew_finish(&crew);
	crew_finish(&others);
	crew_wake(&crew);
	result_get(id[0], &result, false);
	exact(&result, CALL(SYS_getppid), false, 4 * crew.calls.getppid, 0, "getppid of the first");
	exact(&result, CALL(SYS_close), false, 4 * crew.calls.close, 0, "close of the first");
	result_free(&result);
	result_get(id[1], &result, true);
	exact(&result, CALL(SYS_getppid), true, 2 * crew.calls.getppid, 0, "getppid of the second");
	exact(&result, CALL(SYS_close), true, 2 * crew.calls.close, 2 * crew.calls.close, "close of the second");
	result_free(&result);
	result_get(id[2], &result, true);
	exact(&result, CALL(SYS_getppid), true, crew.calls.getppid, 0, "getppid of the third");
	exact(&result, CALL(SYS_close), true, crew.calls.close, crew.calls.close, "close of the third");
	exact(&result, CALL(SYS_poll), true, crew.calls.poll, 0, "poll of the third");
	result_free(&result);
	same(watch_del(&r, id[2]) | watch_del(&r, id[0]) | watch_del(&r, id[1]), 0, "they end");
	ok(!bad, "%s: each counts for itself", where);
}

static void everything(const char *backend)
{
	static const char * const scopes[] = { "all", "process", "user", "cgroup" };
	unsigned int i, times;

	for (i = 0; i < NR(scopes); i++)
		for (times = 0; times < 2; times++)
			one_round(backend, scopes[i], times);
	apart_by_process(backend);
	apart_by_cgroup(backend);
	chosen(backend);
	several(backend);
}

int main(void)
{
	struct crew_plan plan = { .uid = UID, .cgroup = CGROUP "/cgroup.procs", .sleepers = 1000, .dozers = 100, .reps = 300 };
	struct crew_plan other_plan = { .uid = OTHER_UID, .reps = 300 };
	struct stat st;
	unsigned int i;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	if (mkdir(CGROUP, 0755) || stat(CGROUP, &st))
		bail("%s: %s", CGROUP, strerror(errno));
	cgroup = st.st_ino;
	crew_make(&crew, &plan);
	crew_make(&others, &other_plan);
	for (i = 0; backends[i]; i++)
		if (backend_works(&r, backends[i]))
			everything(backends[i]);
	/* One of these, whichever it is. */
	backend_works(&r, "auto");
	if (!ok(known_rounds && 2 * naps_far_less > known_rounds && 2 * burns_all > known_rounds,
		"CPU time is little of what sleeps and most of what does not"))
		diag("of %u rounds: %u of what sleeps, %u of what does not", known_rounds, naps_far_less, burns_all);
	note("CPU time in %u rounds: %u of what sleeps, %u of what does not", known_rounds, naps_far_less, burns_all);
	ok(status_becomes(&r, "attached", "nothing"), "after the last watch nothing is attached");
	wire_ok();
	crew_end(&others);
	crew_end(&crew);
	rmdir(CGROUP);
	return tap_end();
}
