// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * helper-follow WAY: a program that makes the same system calls whenever it is
 * run, in one of the ways in which processes and threads come and go. For
 * count-follow, which has it run under strace and under a watch. Threads are
 * made by a bare clone(), for what a C library does to wait for a lock depends
 * on who is first.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR(array) (sizeof(array) / sizeof((array)[0]))

static char *self;

static void die(const char *what)
{
	perror(what);
	_exit(1);
}

static void some(unsigned int nr)
{
	while (nr--) {
		syscall(SYS_getppid);
		if (nr % 3 == 0)
			syscall(SYS_close, -1);
	}
}

static void reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("a child");
}

static void run_forks(void)
{
	pid_t pid[10], one;
	unsigned int i, round;

	for (round = 0; round < 4; round++) {
		for (i = 0; i < NR(pid); i++) {
			pid[i] = fork();
			if (!pid[i]) {
				some(20);
				one = fork();
				if (!one) {
					some(10);
					_exit(0);
				}
				reap(one);
				_exit(0);
			}
		}
		for (i = 0; i < NR(pid); i++)
			reap(pid[i]);
	}
}

static pid_t vforked(char *path, char **argv, int otherwise)
{
	pid_t pid = vfork();

	if (!pid) {
		execv(path, argv);
		_exit(otherwise);
	}
	return pid;
}

static void run_execs(void)
{
	char *argv[] = { self, "leaf", NULL };
	unsigned int i;
	pid_t pid;

	for (i = 0; i < 6; i++)
		reap(vforked(self, argv, 1));
	for (i = 0; i < 4; i++) {
		if (posix_spawn(&pid, self, NULL, NULL, argv, environ))
			die("posix_spawn");
		reap(pid);
	}
	/* One that fails, in a child that shares the memory. */
	reap(vforked("/nowhere", argv, 0));
}

/* Threads: each says by a byte that it is done, as the last but one of its calls. */
enum {
	STACK = 65536,
	CLONE_THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_CHILD_CLEARTID,
};

static int done[2];
static pid_t alive[32];		/* which the kernel clears when a thread has gone */
static unsigned int nr_alive;

static void thread(int (*run)(void *arg), void *arg)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t *mine = &alive[__atomic_fetch_add(&nr_alive, 1, __ATOMIC_RELAXED) % NR(alive)];

	*mine = 1;
	if (stack == MAP_FAILED || clone(run, stack + STACK, CLONE_THREAD_FLAGS, arg, NULL, NULL, mine) < 0)
		die("clone");
}

/* Without a call: strace doesn't see the end of one that a thread is in while the process ends. */
static void wait_gone(void)
{
	unsigned int i;

	for (i = 0; i < NR(alive); i++)
		while (__atomic_load_n(&alive[i], __ATOMIC_ACQUIRE))
			;
}

static void say(void)
{
	if (syscall(SYS_write, done[1], "d", 1) != 1)
		syscall(SYS_exit_group, 1);
}

static void wait_said(unsigned int nr)
{
	char byte;

	while (nr--)
		if (read(done[0], &byte, 1) != 1)
			die("read");
}

static int plain(void *arg)
{
	some(25);
	say();
	syscall(SYS_exit, 0);
	return 0;
}

static int threader(void *arg)
{
	some(5);
	thread(plain, NULL);
	say();
	syscall(SYS_exit, 0);
	return 0;
}

/* The child of a thread; by the bare call, since nothing of the C library is this thread's own. */
static int forker(void *arg)
{
	long pid = syscall(SYS_fork);

	if (!pid) {
		some(30);
		syscall(SYS_exit_group, 0);
	}
	syscall(SYS_wait4, pid, NULL, 0, NULL);
	say();
	syscall(SYS_exit, 0);
	return 0;
}

static void run_threads(void)
{
	unsigned int i;

	for (i = 0; i < 12; i++)
		thread(plain, NULL);
	wait_said(12);
	for (i = 0; i < 4; i++)
		thread(threader, NULL);
	wait_said(8);
	for (i = 0; i < 4; i++) {
		thread(forker, NULL);
		wait_said(1);
	}
	wait_gone();
}

static int execer(void *arg)
{
	char *argv[] = { self, "leaf", NULL };

	some(9);
	execv(self, argv);
	syscall(SYS_exit_group, 1);
	return 0;
}

/* Becomes another program by a thread that is not the first, which waits for what never comes. */
static void run_exec_thread(void)
{
	pid_t pid = fork();

	if (!pid) {
		thread(execer, NULL);
		wait_said(1);
		_exit(1);
	}
	reap(pid);
}

/* A daemon: nobody's child any more, and still at it when its first parent has ended. */
static void run_daemon(void)
{
	int gone[2];
	char byte;
	pid_t pid;

	if (pipe(gone))
		die("pipe");
	pid = fork();
	if (pid)
		reap(pid);
	else if (setsid() < 0 || (pid = fork()) < 0)
		_exit(1);
	else if (pid)
		_exit(0);
	else {
		/* Not before the first one is gone: the end of its pipe. */
		close(gone[1]);
		if (read(gone[0], &byte, 1))
			_exit(1);
		some(40);
		pid = fork();
		if (!pid) {
			some(40);
			_exit(0);
		}
		reap(pid);
		some(1);
		_exit(0);
	}
	some(2);
	_exit(0);
}

static unsigned int alarms;

static void arm(void)
{
	struct itimerval soon = { .it_value.tv_usec = 400000 };

	setitimer(ITIMER_REAL, &soon, NULL);
}

static void on_alarm(int nr)
{
	alarms++;
	if (alarms == 2)
		say();
	else
		arm();
}

/* A read that goes on after a signal's handler, and sleeps that don't. */
static void run_signals(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct timespec hour = { .tv_sec = 3600 };

	sigaction(SIGALRM, &action, NULL);
	arm();
	wait_said(1);
	action.sa_flags = 0;
	sigaction(SIGALRM, &action, NULL);
	arm();
	if (!nanosleep(&hour, NULL) || errno != EINTR)
		die("nanosleep");
	if (pause() != -1 || errno != EINTR)
		die("pause");
	kill(getpid(), SIGALRM);
	setitimer(ITIMER_REAL, &(struct itimerval){ 0 }, NULL);
}

static void filter(int nr, unsigned int action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { NR(code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

static void run_refused(void)
{
	unsigned int i;

	filter(SYS_getsid, SECCOMP_RET_ERRNO | EPERM);
	for (i = 0; i < 50; i++) {
		if (syscall(SYS_getsid, 0) != -1 || errno != EPERM)
			die("getsid");
		some(2);
	}
}

static void run_killed(void)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		filter(SYS_getsid, SECCOMP_RET_KILL_PROCESS);
		some(10);
		syscall(SYS_getsid, 0);
		some(10);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS)
		die("it was not killed");
	some(3);
}

static void run_leaf(void)
{
	some(15);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} ways[] = {
		{ "forks", run_forks }, { "execs", run_execs }, { "threads", run_threads },
		{ "exec-thread", run_exec_thread }, { "daemon", run_daemon }, { "signals", run_signals },
		{ "refused", run_refused }, { "killed", run_killed }, { "leaf", run_leaf },
	};
	unsigned int i;
	sigset_t set;

	self = argv[0];
	/* Whoever is traced is told of a child's end in the middle of wait(), which nobody else is. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (pipe(done))
		die("pipe");
	for (i = 0; i < NR(ways); i++)
		if (argc == 2 && !strcmp(argv[1], ways[i].name)) {
			ways[i].run();
			return 0;
		}
	fprintf(stderr, "usage: helper-follow WAY\n");
	return 2;
}
