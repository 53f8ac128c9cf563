// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls by other doors: int 0x80 out of 64-bit and 32-bit programs is counted
 * under its own ABI with its own numbers, and a number that is nobody's never
 * lands on another call's row.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "ia32.h"
#include "lib.h"

enum { MANY = 700, UNUSED = 174 /* create_module, long gone */, GAP = 400 /* in range, never used */ };

static struct ring r;
static char helper[PATH_MAX];

#if defined(__x86_64__)
static long call64(long nr, long arg)
{
	long result;

	asm volatile("syscall" : "=a"(result) : "a"(nr), "D"(arg) : "rcx", "r11", "memory");
	return result;
}

static long call32(long nr, long arg)
{
	long result;

	asm volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(arg)
		     : "r8", "r9", "r10", "r11", "cc", "memory");
	return result;
}
#else
#error these are doors of x86
#endif

/* Bit 30 is x32's, which these kernels are built without; the last has all of getpid's number in its lower half. */
static const long odd[] = {
	600, 5000, 0x7fffffff, -1, 0xffffffff, 0x40000000 | SYS_getpid, 0x40000000 | 600, 0x7fffffffffffffff,
};
static const long wide = 0x100000000 | SYS_getpid;

static const long odd32[] = { 5000, 0x7fffffff, -1, 0x40000000 | IA32_GETPID };

/* Bits of what a child does. */
enum { BOTH = 1, ODD = 2, ODD32 = 4, EXEC = 8, WIDE = 16 };

struct told {
	unsigned int bad;
	bool wide_works;
};

static struct told *told;

/* An actor's own pid. */
static long self;

/* Only calls that are written here, between two reads of a pipe. */
static void act(int what)
{
	unsigned int i, bad = 0;

	if (what & BOTH)
		for (i = 0; i < MANY; i++) {
			bad += call64(SYS_getppid, 0) <= 0;
			bad += call32(IA32_GETPPID, 0) <= 0;
			if (i % 2)
				bad += call32(IA32_CLOSE, -1) != -EBADF;
			if (i % 7 == 0)
				bad += call64(SYS_close, -1) != -EBADF;
		}
	if (what & ODD) {
		for (i = 0; i < NR(odd); i++)
			bad += call64(odd[i], 0) != -ENOSYS;
		bad += call64(UNUSED, 0) != -ENOSYS;
		bad += call64(GAP, 0) != -ENOSYS;
	}
	if (what & ODD32) {
		for (i = 0; i < NR(odd32); i++)
			bad += call32(odd32[i], 0) != -ENOSYS;
		bad += call32(IA32_UNUSED, 0) != -ENOSYS;
	}
	if (what & WIDE)
		told->wide_works = call64(wide, 0) == self;
	__atomic_add_fetch(&told->bad, bad, __ATOMIC_RELAXED);
}

/* A child that waits in read() for a byte, acts, and waits again. */
struct actor {
	pid_t pid;
	int go[2], done[2];
	int what;
	unsigned int cpu;
};

static void actor_make(struct actor *actor)
{
	char byte;

	if (pipe(actor->go) || pipe(actor->done))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	actor->pid = fork();
	if (!actor->pid) {
		cpu_set_t set;

		self = getpid();
		CPU_ZERO(&set);
		CPU_SET(actor->cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
		if (write(actor->done[1], "r", 1) != 1)
			_exit(1);
		for (;;) {
			if (read(actor->go[0], &byte, 1) != 1)
				_exit(1);
			if (actor->what & EXEC)
				execl(helper, helper, NULL);
			act(actor->what);
			if (write(actor->done[1], "d", 1) != 1)
				_exit(1);
		}
	}
	if (actor->pid < 0 || read(actor->done[0], &byte, 1) != 1)
		bail("an actor: %s", strerror(errno));
	/* It has said so, and goes to sleep in read(). */
	for (;;) {
		struct task task;

		task_read(&task, actor->pid, 0);
		if (task.state == 'S')
			break;
		usleep(1000);
	}
}

static void actor_go(struct actor *actor)
{
	if (write(actor->go[1], "g", 1) != 1)
		bail("an actor is gone");
}

static void actor_end(struct actor *actor)
{
	int status;
	char byte;

	if (actor->what & EXEC) {
		if (waitpid(actor->pid, &status, 0) != actor->pid || status)
			bail("the 32-bit program: status %#x", status);
	} else {
		if (read(actor->done[0], &byte, 1) != 1)
			bail("an actor is gone");
	}
}

static void actor_free(struct actor *actor)
{
	if (!(actor->what & EXEC)) {
		kill(actor->pid, SIGKILL);
		waitpid(actor->pid, NULL, 0);
	}
	close(actor->go[0]);
	close(actor->go[1]);
	close(actor->done[0]);
	close(actor->done[1]);
}

static unsigned int bad;

static void same(long long got, long long wanted, const char *what)
{
	if (got != wanted) {
		bad++;
		diag("%s: got %lld, wanted %lld", what, got, wanted);
	}
}

static void range(long long got, long long least, long long most, const char *what)
{
	if (got < least || got > most) {
		bad++;
		diag("%s: got %lld, wanted %lld to %lld", what, got, least, most);
	}
}

/* Of a call: counts, and with times as many errors of this kind and as many returns. */
static void exact(uint32_t id, bool times, const struct of *of, long long calls, int err, const char *what)
{
	struct rows rows;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	same(sum(&rows, of, RINGSIDE_A_SYSCALL_CALLS), calls, what);
	same(sum(&rows, of, RINGSIDE_A_SYSCALL_MISSED), 0, "missed");
	rows_free(&rows);
	if (!times)
		return;
	watch_dump(&r, RINGSIDE_CMD_ERROR_GET, id, &rows);
	same(sum(&rows, of, RINGSIDE_A_ERROR_ERRORS), err ? calls : 0, what);
	if (err)
		same(errors_of(&rows, of, err), calls, what);
	rows_free(&rows);
	watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, id, &rows);
	same(sum(&rows, of, RINGSIDE_A_LATENCY_CALLS), calls, what);
	rows_free(&rows);
}

/* The rows that are there, but these: none. */
static void no_others(uint32_t id, const struct of *known, unsigned int nr)
{
	struct rows rows;
	unsigned int i, k;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	for (i = 0; i < rows.nr; i++) {
		const struct row *row = &rows.row[i];

		for (k = 0; k < nr; k++)
			if (row->v[RINGSIDE_A_SYSCALL_CALL] == known[k].call &&
			    !strcmp(row->s[RINGSIDE_A_SYSCALL_ABI], known[k].abi ? known[k].abi : "x86_64"))
				break;
		if (k == nr) {
			bad++;
			diag("nobody called %s %lld (%s), %lld times", row->s[RINGSIDE_A_SYSCALL_ABI],
			     (long long)row->v[RINGSIDE_A_SYSCALL_CALL], row->s[RINGSIDE_A_SYSCALL_NAME],
			     (long long)row->v[RINGSIDE_A_SYSCALL_CALLS]);
		}
	}
	rows_free(&rows);
}

static long long out_of_range(uint32_t id)
{
	struct rows rows;
	long long nr;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	nr = sum(&rows, CALL(-1), RINGSIDE_A_SYSCALL_CALLS) + sum(&rows, CALL_X86(-1), RINGSIDE_A_SYSCALL_CALLS) +
	     sum(&rows, &(struct of){ .abi = "x32", .call = -1 }, RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	return nr;
}

/* Two processes on two CPUs, both by both doors at once. */
static void both(const char *backend, bool times)
{
	struct actor actor[4] = { { .what = BOTH }, { .what = BOTH, .cpu = 1 }, { .what = BOTH }, { .what = BOTH, .cpu = 1 } };
	pid_t pids[NR(actor)];
	struct watch watch = { .times = times, .pids = pids, .nr_pids = NR(pids) };
	unsigned int i;
	uint32_t id;

	bad = 0;
	for (i = 0; i < NR(actor); i++) {
		actor_make(&actor[i]);
		pids[i] = actor[i].pid;
	}
	id = watch_new(&r, &watch);
	for (i = 0; i < NR(actor); i++)
		actor_go(&actor[i]);
	for (i = 0; i < NR(actor); i++)
		actor_end(&actor[i]);
	exact(id, times, CALL(SYS_getppid), NR(actor) * MANY, 0, "getppid");
	exact(id, times, CALL_X86(IA32_GETPPID), NR(actor) * MANY, 0, "getppid of x86");
	exact(id, times, CALL_X86(IA32_CLOSE), NR(actor) * (MANY / 2), EBADF, "close of x86");
	exact(id, times, CALL(SYS_close), NR(actor) * ((MANY + 6) / 7), EBADF, "close");
	no_others(id, (struct of[]){ { .call = SYS_getppid }, { .call = SYS_close }, { .abi = "x86", .call = IA32_GETPPID },
		  { .abi = "x86", .call = IA32_CLOSE }, { .call = SYS_write }, { .call = SYS_read } }, 6);
	same(watch_del(&r, id), 0, "the watch ends");
	for (i = 0; i < NR(actor); i++)
		actor_free(&actor[i]);
	ok(!bad, "%s%s: the same calls by both doors at once are kept apart", backend, times ? ", times" : "");
}

/* 32-bit programs, beside 64-bit ones that do the same. */
static void program(const char *backend, bool times)
{
	struct actor actor[4] = { { .what = EXEC }, { .what = EXEC, .cpu = 1 }, { .what = BOTH }, { .what = BOTH, .cpu = 1 } };
	pid_t pids[NR(actor)];
	struct watch watch = { .times = times, .pids = pids, .nr_pids = NR(pids) };
	bool exactly = times || !strcmp(backend, "tracepoint");
	unsigned int i;
	uint32_t id;

	bad = 0;
	for (i = 0; i < NR(actor); i++) {
		actor_make(&actor[i]);
		pids[i] = actor[i].pid;
	}
	id = watch_new(&r, &watch);
	for (i = 0; i < NR(actor); i++)
		actor_go(&actor[i]);
	for (i = 0; i < NR(actor); i++)
		actor_end(&actor[i]);
	exact(id, times, CALL_X86(IA32_GETPPID), 2 * MANY + 2 * IA32_GETPPIDS, 0, "getppid of x86");
	exact(id, times, CALL_X86(IA32_CLOSE), 2 * (MANY / 2) + 2 * IA32_CLOSES, EBADF, "close of x86");
	exact(id, times, CALL_X86(IA32_GETUID), 2 * IA32_GETUIDS, 0, "getuid32");
	exact(id, times, CALL_X86(IA32_UNUSED), 2 * IA32_UNUSEDS, ENOSYS, "222");
	exact(id, times, CALL(SYS_getppid), 2 * MANY, 0, "getppid");
	/* Begun as a 64-bit program's call, and returned from into a 32-bit one. */
	exact(id, times, CALL(SYS_execve), 2, 0, "execve");
	range(out_of_range(id), exactly ? 2 * IA32_ODD : 0, 2 * IA32_ODD, "out of range");
	no_others(id, (struct of[]){ { .call = SYS_getppid }, { .call = SYS_close }, { .call = SYS_execve },
		  { .abi = "x86", .call = IA32_GETPPID }, { .abi = "x86", .call = IA32_CLOSE },
		  { .abi = "x86", .call = IA32_GETUID }, { .abi = "x86", .call = IA32_UNUSED },
		  { .abi = "x86", .call = IA32_EXIT_GROUP }, { .abi = "x86", .call = -1 },
		  { .call = SYS_write }, { .call = SYS_read } }, 11);
	same(watch_del(&r, id), 0, "the watch ends");
	for (i = 0; i < NR(actor); i++)
		actor_free(&actor[i]);
	ok(!bad, "%s%s: 32-bit programs are counted under their ABI", backend, times ? ", times" : "");
}

/*
 * Numbers that are nobody's. Where handlers are what counts, the kernel calls
 * none for some of them: then they may be missing, and are nowhere else.
 */
static void numbers(const char *backend, bool times)
{
	struct actor actor = { .what = ODD | ODD32 | WIDE };
	struct watch watch = { .times = times, .pids = &actor.pid, .nr_pids = 1 };
	bool exactly = times || !strcmp(backend, "tracepoint");
	long long most = NR(odd) + NR(odd32);
	uint32_t id;

	bad = 0;
	actor_make(&actor);
	id = watch_new(&r, &watch);
	actor_go(&actor);
	actor_end(&actor);
	/* Some kernels take the lower half of a number for all of it: then it was a getpid. */
	exact(id, times, CALL(SYS_getpid), told->wide_works, 0, "getpid");
	most += !told->wide_works;
	range(out_of_range(id), exactly ? most : 0, most, "out of range");
	exact(id, times, CALL(UNUSED), 1, ENOSYS, "174");
	exact(id, times, CALL(GAP), 1, ENOSYS, "400");
	exact(id, times, CALL_X86(IA32_UNUSED), 1, ENOSYS, "222 of x86");
	no_others(id, (struct of[]){ { .call = -1 }, { .abi = "x86", .call = -1 }, { .abi = "x32", .call = -1 },
		  { .call = UNUSED }, { .call = GAP }, { .abi = "x86", .call = IA32_UNUSED }, { .call = SYS_getpid },
		  { .call = SYS_write }, { .call = SYS_read } }, 9);
	same(watch_del(&r, id), 0, "the watch ends");
	actor_free(&actor);
	ok(!bad, "%s%s: numbers that are nobody's", backend, times ? ", times" : "");
}

int main(int argc, char **argv)
{
	unsigned int i, times;
	char path[PATH_MAX];

	lib_init();
	snprintf(path, sizeof(path), "%s", argv[0]);
	snprintf(helper, sizeof(helper), "%s/helper-ia32", dirname(path));
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	told = shared(sizeof(*told));
	for (i = 0; !i || backends[i - 1]; i++) {
		const char *backend = backends[i] ? backends[i] : "auto";

		if (!backend_works(&r, backend))
			continue;
		for (times = 0; times < 2; times++) {
			both(backend, times);
			program(backend, times);
			numbers(backend, times);
		}
	}
	ok(!told->bad, "the kernel answered each call as it does");
	wire_ok();
	return tap_end();
}
