// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Thousands of sockets that each want a watch, of which there may be few; and
 * no memory, in a cgroup and in the whole machine. What is refused says why, what
 * counts beside goes on counting, and afterwards all works and nothing is kept.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "kmsg.h"
#include "lib.h"
#include "module.h"
#include "readers.h"
#include "watched.h"

static struct ring r;

/* Watches without number */

enum { USERS = 5, FIRST_UID = 3000, ROOTS = USERS };

/* Of one user, the last one root; in memory that all share. */
struct user {
	unsigned int made, refused, other;
	unsigned int without;	/* a sentence */
	int err, done;
	char why[256];
};

static struct user *users;

/* Each takes memory of a watch that keeps outcomes. */
static void calls_of_many_kinds(void)
{
	static const int calls[] = {
		SYS_close, SYS_dup, SYS_fsync, SYS_fdatasync, SYS_fchdir, SYS_lseek, SYS_ftruncate, SYS_flock, SYS_fchmod,
		SYS_fchown, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_ioctl, SYS_fstat,
		SYS_getdents64, SYS_fallocate, SYS_syncfs, SYS_readahead, SYS_accept, SYS_listen, SYS_bind, SYS_connect,
	};
	unsigned int i;

	for (i = 0; i < NR(calls); i++)
		syscall(calls[i], -1, 0, 0, 0, 0, 0);
}

/* Tries to have this many watches, each on a socket of its own, and keeps what it got. */
static void want_watches(struct user *user, unsigned int nr)
{
	struct ring *ring = calloc(nr, sizeof(*ring));
	pid_t pid = getpid();
	unsigned int i;
	int id;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 0; ring && i < nr; i++) {
		if (!ring_open(&ring[i])) {
			user->err = errno;
			break;
		}
		id = watch_try(&ring[i], &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true, .by = "process" });
		if (id > 0) {
			user->made++;
			continue;
		}
		if (id == -ENOSPC)
			user->refused++;
		else
			user->other++;
		user->without += !*ring[i].why;
		snprintf(user->why, sizeof(user->why), "%s", ring[i].why);
	}
	calls_of_many_kinds();
	__atomic_store_n(&user->done, 1, __ATOMIC_RELEASE);
	for (;;)
		pause();
}

/* The kernel's own, in bytes. */
static long long memory_used(void)
{
	char *text = slurp("/proc/meminfo", NULL);
	int64_t slab = 0, vmalloc = 0, percpu = 0;

	if (!text || !number_after(text, "SUnreclaim:", &slab) || !number_after(text, "VmallocUsed:", &vmalloc))
		bail("meminfo: %s", strerror(errno));
	number_after(text, "Percpu:", &percpu);
	free(text);
	return (slab + vmalloc + percpu) * 1024;
}

/* All there are: how many, and the bytes they take. */
static unsigned int watches(long long *bytes)
{
	struct rows rows;
	unsigned int i, nr;

	dump_all(&r, RINGSIDE_CMD_WATCH_GET, &rows);
	for (i = 0, *bytes = 0; i < rows.nr; i++)
		*bytes += rows.row[i].v[RINGSIDE_A_WATCH_BYTES];
	nr = rows.nr;
	rows_free(&rows);
	return nr;
}

static void wait_for(const int *done, const char *what)
{
	unsigned int tries;

	for (tries = 0; tries < 24000 && !__atomic_load_n(done, __ATOMIC_ACQUIRE); tries++)
		usleep(10000);
	if (tries == 24000)
		bail("%s: it does not end", what);
}

static pid_t want(unsigned int nr, unsigned int sockets)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (pid)
		return pid;
	if (nr != ROOTS && become(FIRST_UID + nr, FIRST_UID + nr))
		_exit(1);
	want_watches(&users[nr], sockets);
	_exit(1);
}

/* One round: what they took in bytes. */
static long long many(unsigned int sockets, unsigned int round)
{
	unsigned int each = sockets / (USERS + 1), i, bad = 0, nr;
	pid_t pid[USERS + 1];
	long long bytes, took;

	memset(users, 0, (USERS + 1) * sizeof(*users));
	for (i = 0; i < USERS; i++)
		pid[i] = want(i, each);
	for (i = 0; i < USERS; i++)
		wait_for(&users[i].done, "a user with many watches");
	pid[ROOTS] = want(ROOTS, each);
	wait_for(&users[ROOTS].done, "root with many watches");
	for (i = 0; i <= USERS; i++) {
		const struct user *user = &users[i];
		/* Each user has what one may have, root the rest; one is there already. */
		unsigned int may = i == ROOTS ? RINGSIDE_MAX_WATCHES - 1 - USERS * RINGSIDE_MAX_OWN : RINGSIDE_MAX_OWN;

		if (user->made == may && user->refused == each - may && !user->other && !user->without && !user->err)
			continue;
		bad++;
		diag("%s %u: %u made of %u, %u refused, %u otherwise, %u without a sentence (%s), %s", i == ROOTS ? "root" : "user",
		     i, user->made, may, user->refused, user->other, user->without, user->why, strerror(user->err));
	}
	nr = watches(&took);
	if (round == 0) {
		ok(!bad, "%u sockets of %d users and root: each has the watches it may, the rest is refused", each * (USERS + 1), USERS);
		diag("a user is told: %s", users[0].why);
		diag("root is told: %s", users[ROOTS].why);
		is(nr, RINGSIDE_MAX_WATCHES, "and all of them are there");
	}
	for (i = 0; i <= USERS; i++)
		kill(pid[i], SIGKILL);
	for (i = 0; i <= USERS; i++)
		waitpid(pid[i], NULL, 0);
	for (i = 0; i < 3000 && watches(&bytes) != 1; i++)
		usleep(20000);
	return bad || i == 3000 ? -1 : took;
}

/* Calls on, a known number, until told to stop. */
struct beside {
	int stop;
	long long calls;
};

static pid_t call_beside(struct beside *beside)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Less than none: it is not watched yet. */
	while (!__atomic_load_n(&beside->stop, __ATOMIC_ACQUIRE)) {
		if (beside->calls >= 0) {
			getppids(50);
			beside->calls += 50;
		}
		usleep(2000);
	}
	_exit(0);
}

static void beside_counted(const char *during, struct beside *beside, pid_t pid, uint32_t id)
{
	struct rows rows;

	__atomic_store_n(&beside->stop, 1, __ATOMIC_RELEASE);
	waitpid(pid, NULL, 0);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	is(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), beside->calls, "%s: what calls beside is counted, each call", during);
	note("%s: %lld calls beside", during, beside->calls);
	rows_free(&rows);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_MISSED), 0, "%s: and nothing missed", during);
	is(watch_del(&r, id), 0, "%s: that watch ends", during);
}

/* Returns its pid, with its watch begun before its first call. */
static pid_t beside_begin(struct beside *beside, uint32_t *id)
{
	pid_t pid;

	memset(beside, 0, sizeof(*beside));
	beside->calls = -1;
	pid = call_beside(beside);
	*id = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .times = true });
	__atomic_store_n(&beside->calls, 0, __ATOMIC_RELEASE);
	return pid;
}

/* Of what watches took the kernel has this much more. Only many rounds tell it from what else comes and goes. */
static void given_back(long long took, long long grew)
{
	char *symbols = slurp("/proc/kallsyms", NULL);

	note("watches took %lld kB in all; afterwards the kernel has %lld kB more", took / 1024, grew / 1024);
	if (symbols && strstr(symbols, " kasan_quarantine_reduce\n"))
		skip("KASAN holds back what is freed; kmemleak looks for what is not", "their memory is given back");
	else
		ok(grew < took / 4, "their memory is given back");
	free(symbols);
}

static void without_number(struct beside *beside)
{
	struct rlimit files = { .rlim_cur = 16384, .rlim_max = 16384 };
	unsigned int sockets = often(200, 4000), rounds = often(1, 6), round, bad = 0;
	long long before = 0, took = 0;
	uint32_t id;
	pid_t pid;

	setrlimit(RLIMIT_NOFILE, &files);
	users = shared((USERS + 1) * sizeof(*users));
	pid = beside_begin(beside, &id);
	for (round = 0; round < rounds; round++) {
		/* All are refused in the first, which also makes what stays; in the others what matters is what is freed. */
		long long bytes = many(round ? 200 : sockets, round);

		bad += bytes < 0;
		if (round)
			took += bytes;
		else
			before = memory_used();
	}
	is(bad, 0, "with all sockets closed at once their watches end, %u times", rounds);
	beside_counted("many watches", beside, pid, id);
	if (rounds > 1)
		given_back(took, memory_used() - before);
}

/* No memory */

#define GROUP "/sys/fs/cgroup/storm-oom"

enum { HOG_CALLS = 50, PAGE = 4096 };

static unsigned int kills;

static bool adj(int value)
{
	return write_file("/proc/self/oom_score_adj", "%d", value);
}

/* Makes its calls and takes memory until it is killed; whether it was. */
static bool hog(const char *group)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (!adj(1000) || (group && !write_file(group, "0")))
			_exit(1);
		getppids(HOG_CALLS);
		for (;;) {
			char *at = mmap(NULL, 256 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			unsigned int i;

			if (at == MAP_FAILED)
				_exit(2);
			for (i = 0; i < 256; i++)
				at[i * PAGE] = 1;
		}
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork: %s", strerror(errno));
	kills += kmsg_read("invoked oom-killer");
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* Kills hogs in the group, or all over the machine; the readers are where there is no memory. */
static void no_memory(const char *where, const char *group, unsigned int times, struct beside *beside)
{
	unsigned int i, killed = 0;
	struct readers readers;
	struct readers_saw saw;
	uint32_t id, hogs;
	long long got, missed;
	struct rows rows;
	struct stat st;
	char path[128] = "";
	pid_t pid;

	if (group && (stat(group, &st) || snprintf(path, sizeof(path), "%s/cgroup.procs", group) < 0))
		bail("%s: %s", group, strerror(errno));
	pid = beside_begin(beside, &id);
	hogs = watch_new(&r, &(struct watch){ .cgroup = group ? st.st_ino : 0, .times = true, .by = "process" });
	if (group && !write_file(path, "0"))
		bail("%s: %s", path, strerror(errno));
	readers_start(&readers, 2);
	if (group && !write_file("/sys/fs/cgroup/cgroup.procs", "0"))
		bail("cgroup.procs: %s", strerror(errno));
	for (i = 0; i < times; i++)
		killed += hog(group ? path : NULL);
	is(killed, times, "%s: who takes all memory is killed, and nobody else", where);
	readers_end(&readers, &saw);
	if (!ok(saw.dumps && !saw.failed, "%s: whoever looks meanwhile is answered, or told that there is no memory", where))
		diag("%lu dumps, %lu refused, %lu failed: %s", saw.dumps, saw.refused, saw.failed, saw.error);
	note("%s: %u killed, %lu dumps of %lu rows meanwhile, %lu of them refused", where, killed, saw.dumps, saw.rows, saw.refused);
	__atomic_store_n(&beside->stop, 1, __ATOMIC_RELEASE);
	waitpid(pid, NULL, 0);
	missed = watch_number(&r, hogs, RINGSIDE_A_WATCH_MISSED);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, hogs, &rows);
	got = sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS) - sum(&rows, CALL_OF(pid, SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	/* A call that there was no memory to count is told. */
	if (!ok(got <= HOG_CALLS * times && got + missed >= HOG_CALLS * times, "%s: what the killed had called is counted, or missed", where))
		diag("%lld calls and %lld missed of %u", got, missed, HOG_CALLS * times);
	note("%s: %lld calls of the killed counted of %u, %lld calls missed", where, got, HOG_CALLS * times, missed);
	is(watch_del(&r, hogs), 0, "%s: the watch of it ends", where);
	beside_counted(where, beside, pid, id);
}

static void memory(struct beside *beside)
{
	char text[256];
	unsigned int tries;

	if (!adj(-1000))
		bail("oom_score_adj: %s", strerror(errno));
	/* Each kill is told with a trace of calls. */
	kmsg_begin();
	if (!read_line(text, sizeof(text), "/sys/fs/cgroup/cgroup.controllers") || !strstr(text, "memory") ||
	    !write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory")) {
		skip("the kernel has no memory controller for cgroups", "no memory in a cgroup");
	} else {
		if ((mkdir(GROUP, 0755) && errno != EEXIST) || !write_file(GROUP "/memory.max", "%u", 24 << 20))
			bail(GROUP ": %s", strerror(errno));
		no_memory("no memory in a cgroup", GROUP, often(5, 100), beside);
		for (tries = 0; tries < 200 && rmdir(GROUP); tries++)
			usleep(10000);
		is(tries < 200, true, "no memory in a cgroup: it goes");
	}
	no_memory("no memory at all", NULL, often(1, 2), beside);
	kmsg_end("no memory");
	note("no memory: %u calls of the kernel's killer told", kills);
	adj(0);
}

int main(void)
{
	struct beside *beside = shared(sizeof(*beside));
	struct rows rows;
	uint32_t id;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	without_number(beside);
	memory(beside);
	id = watch_new(&r, &(struct watch){ .by = "process", .times = true });
	getppids(77);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	is(sum(&rows, CALL_OF(getpid(), SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), 77, "after all of it calls are counted");
	rows_free(&rows);
	is(watch_del(&r, id), 0, "and a watch ends");
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	ok(row_by(&rows, RINGSIDE_A_TASK_PID, getpid()), "and tasks are told");
	rows_free(&rows);
	ok(status_becomes(&r, "attached", "nothing"), "nothing is attached");
	wire_ok();
	ring_close(&r);
	watches_gone();
	is(module_unload_soon(NULL), 0, "and the module goes");
	return tap_end();
}
