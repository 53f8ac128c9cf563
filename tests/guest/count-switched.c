// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody switches off what counts: kernel.ftrace_enabled=0 stops ftrace, and
 * with it the direct calls and the kprobes on it, and debugfs kprobes/enabled
 * stops kprobes, both without a word to who uses them. It is noticed, said, and
 * another backend takes over; what comes after that is counted exactly.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "crew.h"
#include "lib.h"

/* A native number of no call. */
enum { UNUSED = 174 };

static struct ring r;
static struct crew crew;

static const struct {
	const char *path, *word;	/* word: of it in what is said */
} switches[] = {
	{ "/proc/sys/kernel/ftrace_enabled", "ftrace" },
	{ "/sys/kernel/debug/kprobes/enabled", "kprobe" },
};

static long long getppids_of(uint32_t id)
{
	struct rows rows;
	long long nr;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	nr = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	return nr;
}

/* A round, counted exactly by this watch. */
static void exactly(uint32_t id, const char *when)
{
	long long before = getppids_of(id);

	crew_start(&crew, false);
	crew_finish(&crew);
	is(getppids_of(id) - before, crew.calls.getppid, "%s: each call is counted", when);
}

static void backend_of(uint32_t id, char *name, size_t size)
{
	struct rows rows;

	snprintf(name, size, "%s", watch_row(&r, id, &rows)->s[RINGSIDE_A_WATCH_BACKEND]);
	rows_free(&rows);
}

/* Whether it works is looked at again and again: a watch whose backend is another one within some seconds. */
static bool replaced(uint32_t id, const char *backend, char *now, size_t size)
{
	unsigned int tries;

	for (tries = 0; tries < 100; tries++) {
		backend_of(id, now, size);
		if (strcmp(now, backend))
			return true;
		usleep(100000);
	}
	return false;
}

/* With a backend that this switch may stop. */
static void stopped(const char *backend, unsigned int nr)
{
	char where[64], now[32], state[128], detail[512];
	struct watch all = { 0 }, times = { .pids = &crew.pid, .nr_pids = 1, .times = true };
	uint32_t id = watch_new(&r, &all), id_times = watch_new(&r, &times);
	bool off;

	snprintf(where, sizeof(where), "%s, %s", backend, switches[nr].word);
	backend_of(id, now, sizeof(now));
	is_str(now, backend, "%s: it is what counts", where);
	exactly(id, where);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED), 0, "%s: it has not lapsed", where);
	off = write_file(switches[nr].path, "0\n");
	if (!off) {
		/* Newer ones have no way to, others not while they have users that must not be stopped. */
		ok(errno == EOPNOTSUPP || errno == EBUSY, "%s: the kernel refuses to switch it off", where);
		diag("%s", strerror(errno));
	}
	if (off && replaced(id, backend, now, sizeof(now))) {
		ok(*now, "%s: another backend takes over: %s", where, now);
		ok(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED) > 0, "%s: the watch says that it lapsed", where);
		status_of(&r, "backend", state, sizeof(state), detail, sizeof(detail));
		ok(strstr(detail, switches[nr].word), "%s: and status says why", where);
		diag("%s: %s", state, detail);
	} else if (off) {
		/* Not everything is stopped by everything. */
		is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED), 0, "%s: it goes on", where);
	}
	exactly(id, where);
	exactly(id_times, where);
	is(watch_number(&r, id_times, RINGSIDE_A_WATCH_LAPSED), 0, "%s: times come from tracepoints, which go on", where);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_MISSED), 0, "%s: none was missed", where);

	/* One that begins while it is off. */
	is(watch_del(&r, id) | watch_del(&r, id_times), 0, "%s: the watches end", where);
	if (backend_choose("auto"))
		bail("auto can't be chosen");
	id = watch_new(&r, &all);
	backend_of(id, now, sizeof(now));
	exactly(id, where);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED), 0, "%s: one that begins now has %s, and it does not lapse", where, now);
	if (off && !write_file(switches[nr].path, "1\n"))
		bail("%s: %s", switches[nr].path, strerror(errno));
	exactly(id, where);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED), 0, "%s: nor when it is on again", where);
	is(watch_del(&r, id), 0, "%s: that one ends", where);
	if (backend_choose(backend))
		bail("%s can't be chosen again", backend);
	id = watch_new(&r, &all);
	backend_of(id, now, sizeof(now));
	is_str(now, backend, "%s: when it is on, it counts again", where);
	exactly(id, where);
	is(watch_del(&r, id), 0, "%s: and ends", where);
}

/* Whether the end of the kernel's log has it. */
static bool logged(const char *text)
{
	static char log[1 << 16];
	int len = klogctl(3, log, sizeof(log) - 1);

	log[len < 0 ? 0 : len] = '\0';
	return strstr(log, text);
}

/* A watch that depends on a kprobe beside the calls: whose it is may change. 0, or what is wrong. */
static int of_a_user(void *unused)
{
	pid_t pid = getpid();
	struct ring own;
	int err;

	if (become(1000, 1000) || !ring_open(&own))
		return 1;
	err = watch_try(&own, &(struct watch){ .pids = &pid, .nr_pids = 1 });
	ring_close(&own);
	return err == -EIO && strstr(own.why, "a change of user can't be seen") ? 0 : 2;
}

/* A choice that changes nothing interrupts nothing, and one that does not work leaves what was. */
static void chosen(void)
{
	static const char kprobes[] = "/sys/kernel/debug/kprobes/enabled";
	struct watch all = { 0 };
	uint32_t id;

	is(backend_choose("auto"), 0, "auto is chosen");
	id = watch_new(&r, &all);
	is(backend_choose("auto"), 0, "auto is chosen while it counts");
	is(watch_number(&r, id, RINGSIDE_A_WATCH_LAPSED), 0, "which is no lapse");
	exactly(id, "auto, again");
	if (!write_file(kprobes, "0\n"))
		bail("%s: %s", kprobes, strerror(errno));
	is(backend_choose("kprobe"), -EIO, "kprobe is refused while kprobes are off");
	ok(logged("kprobe does not work here: "), "and the log says why");
	is(apart(of_a_user, NULL), 0, "so is a user's watch, which would not see a change of user");
	exactly(id, "a choice that was refused");
	if (!write_file(kprobes, "1\n"))
		bail("%s: %s", kprobes, strerror(errno));
	is(watch_del(&r, id), 0, "the watch ends");
}

/* Calls that the kernel does not have: how many of 100 are counted. */
static long long missing_calls(void)
{
	uint32_t id = watch_new(&r, &(struct watch){ 0 });
	struct rows rows;
	long long before;
	int i;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	before = sum(&rows, CALL(UNUSED), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	for (i = 0; i < 100; i++)
		syscall(UNUSED);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	before = sum(&rows, CALL(UNUSED), RINGSIDE_A_SYSCALL_CALLS) - before;
	rows_free(&rows);
	watch_del(&r, id);
	return before;
}

/*
 * Another module has a kprobe on a handler, which ftrace can't trace on some
 * kernels: a breakpoint, then a jump, which stays for a while after it. None of
 * them is to be taken for ftrace's.
 */
static void probed_by_another(const char *backend)
{
	const char *path = getenv("TESTS_NEIGHBOUR");
	char insmod[256], *list;
	unsigned int tries;

	snprintf(insmod, sizeof(insmod), "insmod %s symbol=__x64_sys_ni_syscall", path ? path : "");
	if (system(insmod))
		bail("%s: it does not load", insmod);
	is(backend_choose(backend), 0, "%s is chosen beside another module's kprobe", backend);
	is(missing_calls(), 100, "%s: each call is counted, also where that is", backend);
	for (tries = 0; tries < 100; tries++) {
		list = slurp("/sys/kernel/debug/kprobes/list", NULL);
		if (list && (strstr(list, "[OPTIMIZED]") || strstr(list, "[FTRACE]")))
			break;
		free(list);
		usleep(10000);
	}
	is(missing_calls(), 100, "%s: also when that has become %s", backend,
	   tries == 100 ? "nothing else" : strstr(list, "[OPTIMIZED]") ? "a jump" : "ftrace's");
	if (tries < 100)
		free(list);
	if (system("rmmod rs_neighbour"))
		bail("the other module is not let go");
	is(missing_calls(), 100, "%s: and right after it", backend);
}

int main(void)
{
	struct crew_plan plan = { .reps = 300 };
	unsigned int i, nr;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	crew_make(&crew, &plan);
	for (i = 0; backends[i]; i++)
		for (nr = 0; nr < NR(switches); nr++)
			if (backend_works(&r, backends[i]))
				stopped(backends[i], nr);
	chosen();
	for (i = 0; backends[i]; i++)
		probed_by_another(backends[i]);
	is(backend_choose("auto"), 0, "auto can be chosen");
	ok(status_becomes(&r, "attached", "nothing"), "in the end nothing is attached");
	wire_ok();
	crew_end(&crew);
	return tap_end();
}
