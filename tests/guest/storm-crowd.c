// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Twenty thousand tasks: a walk over them lets others run after each 256 that it
 * looked at, as the kernel's own tracer tells, and a watch follows them all.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"

static struct ring r;

enum { BATCH = 256, STACK = 4096 };

#define TRACING "/sys/kernel/tracing/"

static int doze(void *arg)
{
	for (;;)
		pause();
	return 0;
}

/* Every other one a thread, the rest processes that share all memory: they are to be small. */
static void crowd_of(unsigned int nr, unsigned int *made, int *done)
{
	char *stacks = mmap(NULL, (size_t)nr * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	for (i = 0; stacks != MAP_FAILED && i < nr; i++) {
		if (clone(doze, stacks + (i + 1) * (size_t)STACK, i % 2 ? flags | SIGCHLD : flags | CLONE_THREAD, NULL) < 0)
			break;
		*made = i + 1;
	}
	__atomic_store_n(done, 1, __ATOMIC_RELEASE);
	doze(NULL);
}

static bool has_function(const char *text, const char *name)
{
	char line[64];

	snprintf(line, sizeof(line), "\n%s\n", name);
	return strstr(text, line);
}

/* Has the kernel tell this process's calls of these: of the first a line a task looked at, of the others where it lets go. */
static const char *trace_on(void)
{
	static const char * const names[] = { "pid_task", "__cond_resched", "_cond_resched", "__rcu_read_unlock" };
	char *text = slurp(TRACING "available_filter_functions", NULL);
	unsigned int i, nr = 0;

	if (!text)
		return "the kernel has no function tracer";
	if (!has_function(text, names[0])) {
		free(text);
		return "the kernel cannot trace pid_task()";
	}
	write_file(TRACING "tracing_on", "0");
	if (!write_file(TRACING "buffer_size_kb", "16384") || !write_file(TRACING "set_ftrace_filter", "%s", names[0]) ||
	    !write_file(TRACING "set_ftrace_pid", "%d", getpid()))
		bail("tracefs: %s", strerror(errno));
	for (i = 1; i < NR(names); i++) {
		FILE *file = has_function(text, names[i]) ? fopen(TRACING "set_ftrace_filter", "a") : NULL;

		if (file && fputs(names[i], file) >= 0 && !fclose(file))
			nr++;
	}
	free(text);
	if (!nr || !write_file(TRACING "current_tracer", "function"))
		bail("tracefs: %s", strerror(errno));
	return NULL;
}

static void trace_off(void)
{
	write_file(TRACING "tracing_on", "0");
	write_file(TRACING "current_tracer", "nop");
	/* Opened to be written anew it is emptied. */
	close(open(TRACING "set_ftrace_filter", O_WRONLY | O_TRUNC | O_CLOEXEC));
	close(open(TRACING "set_ftrace_pid", O_WRONLY | O_TRUNC | O_CLOEXEC));
	write_file(TRACING "buffer_size_kb", "64");
	close(open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
	write_file(TRACING "tracing_on", "1");
}

/* What was traced: tasks looked at, the most of them in one stretch, and the time of the longest. */
static void traced(const char *how, unsigned int least)
{
	unsigned int tasks = 0, stretch = 0, longest = 0;
	double at, began = 0, most = 0;
	char line[512], *colon;
	FILE *file;

	write_file(TRACING "tracing_on", "0");
	file = fopen(TRACING "trace", "r");
	if (!file)
		bail("trace: %s", strerror(errno));
	while (fgets(line, sizeof(line), file)) {
		colon = strstr(line, ": ");
		if (*line == '#' || !colon)
			continue;
		while (colon > line && strchr("0123456789.", colon[-1]))
			colon--;
		at = atof(colon);
		if (strstr(line, ": pid_task ")) {
			tasks++;
			began = stretch++ ? began : at;
			longest = stretch > longest ? stretch : longest;
			most = at - began > most ? at - began : most;
		} else {
			stretch = 0;
		}
	}
	fclose(file);
	if (!ok(tasks >= least && longest <= BATCH && longest > 1, "crowd: %s: at most %d tasks a batch", how, BATCH))
		diag("%u tasks looked at of %u, %u of them in one stretch", tasks, least, longest);
	note("crowd: %s: %u pids looked at, at most %u in one stretch, which took %.0f us traced", how, tasks, longest, most * 1e6);
}

static void trace_again(void)
{
	close(open(TRACING "trace", O_WRONLY | O_TRUNC | O_CLOEXEC));
	write_file(TRACING "tracing_on", "1");
}

/* A dump in which no row matches goes from one batch to the next. */
static void look_for_nobody(bool threads)
{
	struct rows rows = { 0 };

	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_str(&r, RINGSIDE_A_TASK_COMM, "nobody at all");
	if (threads)
		ask_flag(&r, RINGSIDE_A_TASK_THREADS);
	if (answer(&r, &rows) || rows.nr)
		bail("a dump of nobody: %u rows (%s)", rows.nr, r.why);
}

static void crowd(void)
{
	unsigned int nr = often(2000, 20000), *made = shared(sizeof(*made)), i;
	int *done = shared(sizeof(*done));
	struct rows rows;
	const char *why;
	double began;
	uint32_t id;
	pid_t pid;

	if (!write_file("/proc/sys/kernel/threads-max", "40000"))
		bail("threads-max: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid)
		crowd_of(nr, made, done);
	while (!__atomic_load_n(done, __ATOMIC_ACQUIRE) && !waitpid(pid, NULL, WNOHANG))
		usleep(10000);
	is(*made, nr, "crowd: %u tasks are made", nr);
	began = monotonic();
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	ok(rows.nr > nr / 2, "crowd: a dump has all their processes");
	note("crowd: %u rows in %.2f s", rows.nr, monotonic() - began);
	rows_free(&rows);
	why = trace_on();
	for (i = 0; i < 2; i++) {
		const char *how = i ? "threads" : "processes";

		if (why) {
			skip(why, "crowd: %s: at most %d tasks a batch", how, BATCH);
			continue;
		}
		trace_again();
		look_for_nobody(i);
		traced(how, nr);
	}
	if (!why)
		trace_again();
	id = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true });
	if (why)
		skip(why, "crowd: a watch that looks for its own: at most %d tasks a batch", BATCH);
	else
		traced("a watch that looks for its own", nr);
	if (!why)
		trace_off();
	is(watch_number(&r, id, RINGSIDE_A_WATCH_THREADS), nr + 1, "crowd: and follows them all");
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (i = 0; i < 3000 && watch_number(&r, id, RINGSIDE_A_WATCH_THREADS); i++)
		usleep(20000);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_THREADS), 0, "crowd: until they end");
	is(watch_del(&r, id), 0, "crowd: the watch ends");
}

int main(void)
{
	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	crowd();
	ok(status_becomes(&r, "attached", "nothing"), "after all of it nothing is attached");
	wire_ok();
	return tap_end();
}
