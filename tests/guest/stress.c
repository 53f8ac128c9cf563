// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stress-ng with everything attached: it finds what it stresses to work (--verify),
 * does as many bounded operations as with nothing attached (but where the kernel
 * checks itself, which takes too long to do it twice), and of a process beside it
 * every call is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"
#include "module.h"
#include "readers.h"
#include "watched.h"

/* What stress-ng calls them, and how many of each one's operations. exec, yield and sem do not end by their number. */
static const struct group {
	const char *name;
	const char *const *stressors;	/* "name=ops", NULL ends */
} groups[] = {
	{ "system calls", (const char *const []){
		"get=1", "set=10", "sysinfo=10", "enosys=1", "sysbadaddr=50", "close=1000", "poll=100", "pipe=1000",
		"timer=200", "nanosleep=50", "dup=30", "fcntl=100", "eventfd=200", "getrandom=50", NULL } },
	{ "forks", (const char *const []){
		"fork=40", "vfork=40", "clone=10", "spawn=8", "exit-group=3", "wait=30", "daemon=15",
		"zombie=30", "pthread=20", "kill=200", "session=10", NULL } },
	{ "signals", (const char *const []){
		"sigq=200", "sigsegv=200", "sigchld=30", "sigsuspend=100", "signal=300", "sigpending=200", "sigfd=200",
		"sigrt=200", "sigabrt=15", "sigfpe=100", "sigtrap=100", "itimer=50", NULL } },
	{ "memory", (const char *const []){
		"mmap=2", "mremap=8", "brk=500", "madvise=1", "vm=500", "mprotect=300", "munmap=8", "mincore=50",
		"memfd=1", "stack=5", "shm=1", "mlock=8", NULL } },
	{ "scheduler", (const char *const []){
		"switch=500", "schedpolicy=200", "futex=300", "affinity=100", "nice=5", "mutex=200",
		"ptrace=100", NULL } },
};

/* They count in several tasks at once, so that some come after the last: with no module loaded runs of these differ, too. */
static const char *const several[] = { "nanosleep=", "mprotect=", "wait=" };

enum { STRESSORS = 16, UID = 1000 };

/* How a run of a group ended. */
struct result {
	int status;
	long long ops[STRESSORS];	/* -1: it is not told */
};

static struct ring r;
static const char yaml[] = "/tmp/stress.yaml", log_file[] = "/tmp/stress.log";

static void run_program(const struct group *group)
{
	static char word[4 * STRESSORS][64];
	char *args[4 * STRESSORS + 32] = {
		"stress-ng", "--verify", "--metrics", "--no-rand-seed", "--temp-path", "/tmp", "--yaml", (char *)yaml,
		"--vm-bytes", "16M", "--mmap-bytes", "8M", "--mremap-bytes", "8M", "--shm-bytes", "4M", "--memfd-bytes", "8M",
		"--timeout", "900",
	};
	unsigned int nr = 20, words = 0;
	const char *const *at;
	int out;

	for (at = group->stressors; *at; at++) {
		int len = strcspn(*at, "=");

		snprintf(word[words], sizeof(word[0]), "--%.*s", len, *at);
		args[nr++] = word[words++];
		args[nr++] = "1";
		snprintf(word[words], sizeof(word[0]), "--%.*s-ops", len, *at);
		args[nr++] = word[words++];
		args[nr++] = (char *)*at + len + 1;
	}
	args[nr] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = open(log_file, O_CREAT | O_TRUNC | O_WRONLY, 0666);
	dup2(out, 1);
	dup2(out, 2);
	if (out < 0 || become(UID, UID))
		_exit(126);
	execvp(args[0], args);
	_exit(127);
}

/* The number of operations of a stressor out of stress-ng's own file. */
static long long ops_of(const char *text, const char *stressor)
{
	char line[64];
	const char *at;
	int64_t ops;

	snprintf(line, sizeof(line), "stressor: %.*s\n", (int)strcspn(stressor, "="), stressor);
	at = text ? strstr(text, line) : NULL;
	at = at ? strstr(at, "bogo-ops: ") : NULL;
	return at && sscanf(at, "bogo-ops: %ld", &ops) == 1 ? ops : -1;
}

static void run(const struct group *group, struct result *result)
{
	unsigned int i;
	char *text;
	pid_t pid;

	unlink(yaml);
	unlink(log_file);
	fflush(stdout);
	pid = fork();
	if (!pid)
		run_program(group);
	if (pid < 0 || waitpid(pid, &result->status, 0) != pid)
		bail("stress-ng: %s", strerror(errno));
	text = slurp(yaml, NULL);
	for (i = 0; group->stressors[i]; i++)
		result->ops[i] = ops_of(text, group->stressors[i]);
	free(text);
}

static void say_log(void)
{
	char *text = slurp(log_file, NULL), *line, *save;

	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save))
		if (strstr(line, "fail") || strstr(line, "error") || strstr(line, "skipped") || strstr(line, "terminated"))
			diag("  %s", line);
	free(text);
}

/* A process that calls as long as it may, and says how often. */
struct beside {
	int stop;
	long long calls;
};

static void beside(struct beside *told)
{
	int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!__atomic_load_n(&told->calls, __ATOMIC_ACQUIRE))
		usleep(1000);
	told->calls = 0;
	while (!__atomic_load_n(&told->stop, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < 100; i++) {
			syscall(SYS_getppid);
			close(-1);
		}
		told->calls += 100;
		usleep(3000);
	}
	_exit(0);
}

static void counted(const char *group, const char *which, uint32_t id, const struct of *of, int call, long long calls)
{
	struct of what = *of;
	struct rows rows;

	what.call = call;
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	is(sum(&rows, &what, RINGSIDE_A_SYSCALL_CALLS), calls, "%s: %s: call %d is counted each time", group, which, call);
	rows_free(&rows);
}

static void attached(const struct group *group, struct result *result)
{
	struct beside *told = shared(sizeof(*told));
	uint32_t process, all, by_process, plain;
	struct readers readers;
	struct readers_saw saw;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		beside(told);
	process = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true });
	all = watch_new(&r, &(struct watch){ .times = true });
	by_process = watch_new(&r, &(struct watch){ .by = "process" });
	plain = watch_new(&r, &(struct watch){ 0 });
	__atomic_store_n(&told->calls, 1, __ATOMIC_RELEASE);
	readers_start(&readers, 1);
	run(group, result);
	__atomic_store_n(&told->stop, 1, __ATOMIC_RELEASE);
	waitpid(pid, NULL, 0);
	readers_end(&readers, &saw);
	if (!ok(saw.dumps && !saw.failed && !saw.refused, "%s: whoever looks meanwhile is answered", group->name))
		diag("%lu dumps, %lu refused, %lu failed: %s", saw.dumps, saw.refused, saw.failed, saw.error);
	counted(group->name, "a process", process, CALL(0), SYS_getppid, told->calls);
	counted(group->name, "a process", process, CALL(0), SYS_close, told->calls);
	counted(group->name, "all, by process", by_process, CALL_OF(pid, 0), SYS_getppid, told->calls);
	counted(group->name, "all, by process", by_process, CALL_OF(pid, 0), SYS_close, told->calls);
	is(watch_number(&r, process, RINGSIDE_A_WATCH_MISSED), 0, "%s: of it nothing is missed", group->name);
	note("%s: %lld calls beside; of all %lld calls, %lld missed, %lld unkept; %lu dumps of %lu rows meanwhile", group->name,
	     2 * told->calls, (long long)watch_number(&r, all, RINGSIDE_A_WATCH_CALLS),
	     (long long)watch_number(&r, all, RINGSIDE_A_WATCH_MISSED),
	     (long long)watch_number(&r, all, RINGSIDE_A_WATCH_UNKEPT), saw.dumps, saw.rows);
	is(watch_del(&r, process) | watch_del(&r, all) | watch_del(&r, by_process) | watch_del(&r, plain), 0,
	   "%s: the watches end", group->name);
	ok(status_becomes(&r, "attached", "nothing"), "%s: and nothing is attached", group->name);
}

/* Whether a stressor did as much as with nothing attached: the same, or where that differs by itself at least what was asked. */
static bool as_without(const char *stressor, long long with, long long without)
{
	long long asked = atoll(strchr(stressor, '=') + 1);
	unsigned int i;

	for (i = 0; i < NR(several); i++)
		if (!strncmp(stressor, several[i], strlen(several[i])))
			return with >= asked && without >= asked;
	return with >= 0 && with == without;
}

static void stress(const struct group *group, bool compare)
{
	struct result without = { 0 }, with;
	double began = monotonic(), between;
	unsigned int i, differ = 0;

	if (compare) {
		run(group, &without);
		if (without.status)
			say_log();
	}
	between = monotonic();
	attached(group, &with);
	note("%s: %.0f s with everything attached", group->name, monotonic() - between);
	if (!is(with.status, 0, "%s: stress-ng finds all well", group->name))
		say_log();
	if (!compare)
		return;
	note("%s: %.0f s with nothing attached", group->name, between - began);
	is(with.status, without.status, "%s: and ends as with nothing attached", group->name);
	for (i = 0; group->stressors[i]; i++)
		if (!as_without(group->stressors[i], with.ops[i], without.ops[i])) {
			differ++;
			diag("%s: %lld operations, and %lld with nothing attached", group->stressors[i], with.ops[i], without.ops[i]);
		}
	is(differ, 0, "%s: each of %u does as many operations as with nothing attached", group->name, i);
}

int main(void)
{
	struct utsname name;
	unsigned int i;

	lib_init();
	uname(&name);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	for (i = 0; i < NR(groups); i++)
		stress(&groups[i], !strstr(name.release, "san"));
	wire_ok();
	ring_close(&r);
	watches_gone();
	is(module_unload_soon(NULL), 0, "the module goes");
	return tap_end();
}
