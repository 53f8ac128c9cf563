// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Somebody switches off what counts: kernel.ftrace_enabled=0 stops ftrace, and
 * with it the direct calls and the kprobes on it, and debugfs kprobes/enabled
 * stops kprobes, both without a word to who uses them. It is noticed, said, and
 * another backend takes over; what comes after that is counted exactly. And
 * calls of which tracepoints do not tell, or not in time.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

static long long number_of(uint32_t id, int cmd, long call, int attr)
{
	struct rows rows;
	long long nr;

	watch_dump(&r, cmd, id, &rows);
	nr = sum(&rows, CALL(call), attr);
	rows_free(&rows);
	return nr;
}

static long long getppids_of(uint32_t id)
{
	return number_of(id, RINGSIDE_CMD_SYSCALL_GET, SYS_getppid, RINGSIDE_A_SYSCALL_CALLS);
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

/*
 * Tracepoints that pass a call by, as they do, once in millions, one of a thread whose CPU goes
 * offline just then. The call is in the counts, and what is not known of it is told as missed.
 */

static struct passed {
	unsigned int step;
} *passed;
static int passed_pipe[2];

static void step_to(unsigned int step)
{
	__atomic_store_n(&passed->step, step, __ATOMIC_RELEASE);
}

/* Without a call. */
static void wait_for_step(unsigned int step)
{
	while (__atomic_load_n(&passed->step, __ATOMIC_ACQUIRE) != step)
		;
}

static void tell(int nr)
{
	if (!write_file("/sys/module/rs_neighbour/parameters/told", "%d\n", nr))
		bail("the other module does not take %d: %s", nr, strerror(errno));
}

static void be_passed(void)
{
	int fd = open("/sys/module/rs_neighbour/parameters/told", O_WRONLY);
	char byte;

	wait_for_step(1);
	/* Its return is passed by. */
	if (write(fd, "0", 1) != 1)
		_exit(1);
	step_to(2);
	wait_for_step(3);
	syscall(SYS_getppid);
	step_to(4);
	wait_for_step(5);
	/* And the beginning of this. */
	if (read(passed_pipe[0], &byte, 1) != 1)
		_exit(2);
	syscall(SYS_getppid);
	_exit(0);
}

static void passed_by(void)
{
	static const long calls[] = { SYS_write, SYS_read, SYS_getppid };
	const char *path = getenv("TESTS_NEIGHBOUR");
	unsigned int i, returned = 0;
	char insmod[256];
	int status = -1;
	uint32_t id;
	pid_t pid;

	snprintf(insmod, sizeof(insmod), "insmod %s", path ? path : "");
	if (system(insmod) || pipe(passed_pipe))
		bail("%s: it does not load", insmod);
	passed = shared(sizeof(*passed));
	pid = fork();
	if (!pid)
		be_passed();
	usleep(100000);
	id = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true });
	step_to(1);
	wait_for_step(2);
	tell(pid);
	step_to(3);
	wait_for_step(4);
	tell(-pid);
	step_to(5);
	/* Until it is asleep in its call. */
	usleep(300000);
	tell(pid);
	if (write(passed_pipe[1], "", 1) == 1)
		waitpid(pid, &status, 0);
	is(status, 0, "a thread of which no tracepoint tells for a moment");
	for (i = 0; i < NR(calls); i++) {
		is(number_of(id, RINGSIDE_CMD_SYSCALL_GET, calls[i], RINGSIDE_A_SYSCALL_CALLS), i == 2 ? 2 : 1,
		   "each of its calls %ld is counted", calls[i]);
		returned += number_of(id, RINGSIDE_CMD_LATENCY_GET, calls[i], RINGSIDE_A_LATENCY_CALLS);
	}
	is(returned, 2, "two have a time");
	is(watch_number(&r, id, RINGSIDE_A_WATCH_MISSED), 2, "and of the two that were passed by it says so");
	watch_del(&r, id);
	if (system("rmmod rs_neighbour"))
		bail("the other module is not let go");
}

/*
 * Between two watches with times nobody sees calls begin and end, though a watch without times
 * goes on following the thread. What began then is none of the second one's.
 */

static void be_between(void)
{
	char byte;

	wait_for_step(1);
	syscall(SYS_getppid);
	step_to(2);
	wait_for_step(3);
	if (read(passed_pipe[0], &byte, 1) != 1)
		_exit(1);
	syscall(SYS_getppid);
	_exit(0);
}

static void between(void)
{
	uint32_t plain, first, second;
	int status = -1;
	pid_t pid;

	if (pipe(passed_pipe))
		bail("no pipe: %s", strerror(errno));
	passed = shared(sizeof(*passed));
	pid = fork();
	if (!pid)
		be_between();
	plain = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1 });
	first = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true });
	step_to(1);
	wait_for_step(2);
	is(watch_del(&r, first), 0, "a watch with times ends, one without goes on");
	step_to(3);
	/* Until it is asleep in its call. */
	usleep(300000);
	second = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true });
	if (write(passed_pipe[1], "", 1) == 1)
		waitpid(pid, &status, 0);
	is(status, 0, "another one begins while a thread is asleep in a call");
	is(number_of(second, RINGSIDE_CMD_SYSCALL_GET, SYS_read, RINGSIDE_A_SYSCALL_CALLS), 0, "which is not in it");
	is(getppids_of(second), 1, "the next one is");
	is(watch_number(&r, second, RINGSIDE_A_WATCH_MISSED), 0, "and nothing was missed");
	is(getppids_of(plain), 2, "the one without times has counted all");
	is(watch_del(&r, plain) | watch_del(&r, second), 0, "they end");
}

/*
 * While the first watch with times begins threads are made, which it follows before calls are seen
 * to begin: of those that are seen to return none was missed.
 */

enum { FORKERS = 4, ROUNDS = 20 };

static void fork_on(void)
{
	pid_t pid;
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		pid = fork();
		for (i = 0; !pid && i < 1000; i++)
			syscall(SYS_getppid);
		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
	}
}

static void made_meanwhile(void)
{
	long long missed = 0, calls = 0;
	pid_t forker[FORKERS];
	unsigned int i;

	fflush(stdout);
	for (i = 0; i < FORKERS; i++) {
		forker[i] = fork();
		if (!forker[i])
			fork_on();
	}
	for (i = 0; i < ROUNDS; i++) {
		uint32_t id = watch_new(&r, &(struct watch){ .times = true });

		usleep(20000);
		missed += watch_number(&r, id, RINGSIDE_A_WATCH_MISSED);
		calls += getppids_of(id);
		watch_del(&r, id);
	}
	for (i = 0; i < FORKERS; i++) {
		kill(forker[i], SIGKILL);
		waitpid(forker[i], NULL, 0);
	}
	ok(calls, "watches with times begin and end while threads are made: calls are counted");
	is(missed, 0, "and none was missed");
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
	passed_by();
	between();
	made_meanwhile();
	is(backend_choose("auto"), 0, "auto can be chosen");
	ok(status_becomes(&r, "attached", "nothing"), "in the end nothing is attached");
	wire_ok();
	crew_end(&crew);
	return tap_end();
}
