// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Processes that die in every state there is while two watches count them: what
 * they called is counted and stays to be read, before and after they are reaped.
 */
#include <errno.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"
#include "readers.h"

enum { CALLS = 100, MORE = 10, THREADS = 10 };

/* Of one that dies; in memory that all share. */
struct told {
	int at;			/* its CALLS are made */
	unsigned int ready;	/* threads that are where they shall be */
	int other;		/* pid of a child */
	long calls;		/* that it says it made, when nobody knows how many */
};

static struct ring r;
static char self[4096];
/* In a process that dies: its own. */
static struct told *me;

static void more(void)
{
	getppids(MORE);
	__atomic_add_fetch(&me->ready, 1, __ATOMIC_RELEASE);
}

static void run(void)
{
	for (;;)
		__asm__ volatile("pause");
}

static void sleep_on(void)
{
	for (;;)
		pause();
}

static void stop(void)
{
	raise(SIGSTOP);
}

static void be_traced(void)
{
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);
	syscall(SYS_getpgrp);
}

static void leave(void)
{
	_exit(0);
}

static void in_vfork(void)
{
	pid_t pid = vfork();

	if (!pid) {
		me->other = syscall(SYS_getpid);
		more();
		for (;;)
			syscall(SYS_pause);
	}
}

static void in_exec(void)
{
	execl(self, self, "exec-on", NULL);
}

static void by_seccomp(void)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall(SYS_getpgrp);
}

static void in_read(void)
{
	int fd[2];
	char byte;

	if (!pipe(fd) && read(fd[0], &byte, 1))
		_exit(1);
}

static void call_on(void)
{
	for (;;) {
		syscall(SYS_getppid);
		me->calls++;
	}
}

static void *thread_ends(void *arg)
{
	more();
	return NULL;
}

static void one_by_one(void)
{
	pthread_t thread[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread[i], NULL, thread_ends, NULL))
			_exit(1);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	syscall(SYS_exit, 0);
}

/* Until the process's first thread is dead. */
static void *thread_survives(void *arg)
{
	struct task task;

	do
		task_read(&task, getpid(), getpid());
	while (task.state != 'Z');
	more();
	return NULL;
}

static void leader_first(void)
{
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, thread_survives, NULL))
			_exit(1);
	syscall(SYS_exit, 0);
}

static void *thread_waits(void *arg)
{
	more();
	/* One like this, the other like that. */
	if (arg)
		in_read();
	sleep_on();
	return NULL;
}

static void threads_wait(void)
{
	pthread_t thread;
	unsigned int i;

	for (i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, thread_waits, i % 2 ? me : NULL))
			_exit(1);
	while (__atomic_load_n(&me->ready, __ATOMIC_ACQUIRE) != THREADS)
		usleep(1000);
}

static void *thread_leaves(void *arg)
{
	_exit(0);
}

static void threads_and_exit(void)
{
	pthread_t thread;

	threads_wait();
	pthread_create(&thread, NULL, thread_leaves, NULL);
	sleep_on();
}

static void *thread_execs(void *arg)
{
	execl(self, self, "calls", NULL);
	_exit(1);
}

static void threads_and_exec(void)
{
	pthread_t thread;

	threads_wait();
	pthread_create(&thread, NULL, thread_execs, NULL);
	sleep_on();
}

static void threads_killed(void)
{
	threads_wait();
	me->at = 2;
	sleep_on();
}

/* Dies by itself, or is killed once it is in this state. */
static const struct death {
	const char *name;
	void (*go)(void);
	char state;		/* 0: it dies by itself */
	int sig;
	unsigned int more;	/* calls beside CALLS */
} deaths[] = {
	{ "running", run, 'R', SIGKILL },
	{ "asleep", sleep_on, 'S', SIGKILL },
	{ "stopped", stop, 'T', SIGKILL },
	{ "traced", be_traced, 't', SIGKILL },
	{ "traced, in a call", be_traced, 't', SIGCONT },
	{ "by itself", leave },
	{ "in vfork", in_vfork, 'D', SIGKILL, MORE },
	{ "in exec", in_exec, '*', SIGKILL },
	{ "by seccomp", by_seccomp },
	{ "asleep in a call", in_read, 'S', SIGKILL },
	{ "by a signal in a call", in_read, 'S', SIGTERM },
	{ "by a core dump in a call", in_read, 'S', SIGABRT },
	{ "amid calls", call_on, '*', SIGKILL },
	{ "thread by thread", one_by_one, 0, 0, THREADS * MORE },
	{ "first thread first", leader_first, 0, 0, THREADS * MORE },
	{ "threads in calls, by one", threads_and_exit, 0, 0, THREADS * MORE },
	{ "threads in calls, by exec of one", threads_and_exec, 0, 0, THREADS * MORE + MORE },
	{ "threads in calls, killed", threads_killed, '2', SIGKILL, THREADS * MORE },
};

static void dies(const struct death *death, struct told *told, int go)
{
	char byte;

	me = told;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	getppids(CALLS);
	__atomic_store_n(&me->at, 1, __ATOMIC_RELEASE);
	death->go();
	for (;;)
		pause();
}

static char state_of(pid_t pid)
{
	struct task task;

	task_read(&task, pid, 0);
	return task.gone ? 0 : task.state;
}

/* Within some seconds. */
static bool comes_to(pid_t pid, const struct told *told, char state)
{
	unsigned int tries;

	for (tries = 0; tries < 3000; tries++) {
		int at = __atomic_load_n(&told->at, __ATOMIC_ACQUIRE);

		if (state == '*' || state == '2' ? at >= (state == '*' ? 1 : 2) : at && state_of(pid) == state)
			return true;
		usleep(5000);
	}
	return false;
}

/* Stops it where it enters a call, for ever. */
static void stop_in_call(pid_t pid)
{
	waitpid(pid, NULL, WUNTRACED);
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	waitpid(pid, NULL, WUNTRACED);
}

static bool end(pid_t pid, const struct death *death, struct told *told)
{
	bool good = comes_to(pid, told, death->state ?: 'Z');

	if (!death->state)
		return good;
	if (death->state == '*')
		usleep(rand() % 20000);
	if (death->state == 't' && death->sig == SIGCONT)
		stop_in_call(pid);
	kill(pid, death->state == 't' ? SIGKILL : death->sig);
	if (told->other)
		kill(told->other, SIGKILL);
	return good && comes_to(pid, told, 'Z');
}

static unsigned int bad;

/* A watch kept them apart, by process. */
static void counted(const char *when, uint32_t id, const pid_t *pid, const struct told *told)
{
	struct rows rows, about;
	const struct row *row;
	unsigned int i;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	for (i = 0; i < NR(deaths); i++) {
		long long wanted = CALLS + deaths[i].more + told[i].calls;
		long long got = sum(&rows, CALL_OF(pid[i], SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);

		if (told[i].other)
			got += sum(&rows, CALL_OF(told[i].other, SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
		/* Killed between a call and saying so. */
		if (got == wanted || (deaths[i].go == call_on && got == wanted + 1))
			continue;
		bad++;
		diag("%s, %s: wanted %lld calls, got %lld", deaths[i].name, when, wanted, got);
	}
	rows_free(&rows);
	row = watch_row(&r, id, &about);
	if (row->v[RINGSIDE_A_WATCH_THREADS] | row->v[RINGSIDE_A_WATCH_MISSED] | row->v[RINGSIDE_A_WATCH_UNKEPT]) {
		bad++;
		diag("%s: %lld threads, %lld missed, %lld unkept", when, (long long)row->v[RINGSIDE_A_WATCH_THREADS],
		     (long long)row->v[RINGSIDE_A_WATCH_MISSED], (long long)row->v[RINGSIDE_A_WATCH_UNKEPT]);
	}
	rows_free(&about);
}

static void all_die(void)
{
	struct told *told = shared(NR(deaths) * sizeof(*told));
	struct watch watch = { .nr_pids = NR(deaths), .by = "process" };
	pid_t pid[NR(deaths)];
	uint32_t id[2];
	unsigned int i, turn;
	int go[2];

	if (pipe(go))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	for (i = 0; i < NR(deaths); i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			bail("fork: %s", strerror(errno));
		if (!pid[i])
			dies(&deaths[i], &told[i], go[0]);
	}
	watch.pids = pid;
	id[0] = watch_new(&r, &watch);
	watch.times = true;
	id[1] = watch_new(&r, &watch);
	for (i = 0; i < NR(deaths); i++)
		if (write(go[1], "g", 1) != 1)
			bail("pipe: %s", strerror(errno));
	turn = rand() % NR(deaths);
	for (i = 0; i < NR(deaths); i++) {
		unsigned int nr = (i + turn) % NR(deaths);

		if (!end(pid[nr], &deaths[nr], &told[nr])) {
			bad++;
			diag("%s: it does not die as it should, but is in state %c", deaths[nr].name, state_of(pid[nr]) ?: '-');
			kill(pid[nr], SIGKILL);
		}
	}
	/* Orphans, which come to this process. */
	for (i = 0; i < NR(deaths); i++)
		if (told[i].other)
			waitpid(told[i].other, NULL, 0);
	for (i = 0; i < 2; i++)
		counted(i ? "with times, unreaped" : "unreaped", id[i], pid, told);
	for (i = 0; i < NR(deaths); i++)
		waitpid(pid[i], NULL, 0);
	for (i = 0; i < 2; i++) {
		counted(i ? "with times, reaped" : "reaped", id[i], pid, told);
		if (watch_del(&r, id[i]))
			bail("a watch does not end: %s", r.why);
	}
	close(go[0]);
	close(go[1]);
	munmap(told, NR(deaths) * sizeof(*told));
}

int main(int argc, char **argv)
{
	unsigned int i, round, rounds = often(1, 40);
	struct readers readers;
	struct readers_saw saw;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		bail("/proc/self/exe: %s", strerror(errno));
	if (argc == 2 && !strcmp(argv[1], "exec-on"))
		in_exec();
	if (argc == 2 && !strcmp(argv[1], "calls")) {
		getppids(MORE);
		return 0;
	}
	lib_init();
	srand(seed());
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	for (i = 0; backends[i]; i++) {
		if (!backend_works(&r, backends[i]))
			continue;
		readers_start(&readers, 1);
		bad = 0;
		for (round = 0; round < rounds; round++)
			all_die();
		is(bad, 0, "%s: of %zu deaths every call is counted, and stays to be read", backends[i], NR(deaths));
		readers_end(&readers, &saw);
		if (!ok(saw.dumps && !saw.failed && !saw.refused, "%s: whoever looks meanwhile is answered", backends[i]))
			diag("%lu dumps, %lu refused, %lu failed: %s", saw.dumps, saw.refused, saw.failed, saw.error);
		note("%s: %zu deaths %u times, %lu dumps meanwhile", backends[i], NR(deaths), rounds, saw.dumps);
	}
	backend_choose("auto");
	ok(status_becomes(&r, "attached", "nothing"), "after all of it nothing is attached");
	wire_ok();
	return tap_end();
}
