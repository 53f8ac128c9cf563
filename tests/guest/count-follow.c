// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A watch follows a process through whatever it becomes: the same program under
 * "strace -f -c" and under a watch gives the same calls and errors.
 *
 * strace -c counts a call when it returns. So what returned is held against it,
 * call by call; that leaves out, without naming them, the calls that never do:
 * exit and exit_group. Two kinds are apart, in the table of ways: a call that a
 * thread is in when its process ends under it returns in the kernel (with an
 * error that nobody gets), where strace no longer looks; and a call that seccomp
 * refuses has no beginning, so it is in the calls and errors, and has no time.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"

/* The calls of helper-follow by their names, which is all that strace tells. */
static const struct {
	const char *name;
	long nr;
} names[] = {
#define N(name) { #name, SYS_##name }
	N(access), N(arch_prctl), N(brk), N(clock_nanosleep), N(clone), N(clone3), N(close), N(execve), N(fork),
	N(fstat), N(getpid), N(getppid), N(getrandom), N(getsid), N(kill), N(mmap), N(mprotect), N(munmap),
	N(newfstatat), N(openat), N(pause), N(pipe2), N(prctl), N(pread64), N(prlimit64), N(read), N(rseq),
	N(rt_sigaction), N(rt_sigprocmask), N(rt_sigreturn), N(seccomp), N(set_robust_list), N(set_tid_address),
	N(setitimer), N(setsid), N(vfork), N(wait4), N(write), N(exit), N(exit_group), N(restart_syscall),
};

enum { CALLS = 512 };

struct counts {
	long long calls[CALLS], errors[CALLS];	/* calls: those that returned */
	long long begun[CALLS];
};

static struct ring r;
static char helper[PATH_MAX];
static unsigned int bad;

static const char *name_of(long nr)
{
	unsigned int i;

	for (i = 0; i < NR(names); i++)
		if (names[i].nr == nr)
			return names[i].name;
	return "?";
}

static void under_strace(const char *way, struct counts *counts)
{
	static const char file[] = "/tmp/count-follow.strace";
	char *text, *line, *save;
	unsigned int i;
	int status;
	pid_t pid;

	memset(counts, 0, sizeof(*counts));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		execlp("strace", "strace", "-f", "-c", "-o", file, helper, way, NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		bail("strace of %s: status %#x", way, status);
	text = slurp(file, NULL);
	if (!text)
		bail("%s: %s", file, strerror(errno));
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char a[64], b[64];
		long long calls;
		int got = sscanf(line, " %*f %*f %*d %lld %63s %63s", &calls, a, b);

		if (got < 2 || !strcmp(got == 3 ? b : a, "total"))
			continue;
		for (i = 0; i < NR(names); i++)
			if (!strcmp(names[i].name, got == 3 ? b : a))
				break;
		if (i == NR(names))
			bail("helper-follow calls %s, which this test does not know", got == 3 ? b : a);
		counts->calls[names[i].nr] += calls;
		counts->errors[names[i].nr] += got == 3 ? atoll(a) : 0;
	}
	free(text);
	unlink(file);
	/* They never return; strace has one that did when its process ends in that moment. */
	counts->calls[SYS_exit] = counts->calls[SYS_exit_group] = 0;
	if (counts->calls[SYS_execve] < 1)
		bail("strace of %s counted nothing", way);
}

/* Waits in read() for a byte, which began before the watch; then the program. */
static void under_watch(const char *way, bool times, struct counts *counts)
{
	struct watch watch = { .nr_pids = 1, .times = times };
	struct rows rows, about;
	const struct row *row;
	unsigned int i;
	int go[2], status;
	struct task task;
	uint32_t id;
	pid_t pid;
	char byte;

	memset(counts, 0, sizeof(*counts));
	if (pipe2(go, O_CLOEXEC))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (read(go[0], &byte, 1) != 1)
			_exit(126);
		execl(helper, helper, way, NULL);
		_exit(127);
	}
	do
		task_read(&task, pid, 0);
	while (task.state != 'S');
	watch.pids = &pid;
	id = watch_new(&r, &watch);
	if (write(go[1], "g", 1) != 1 || waitpid(pid, &status, 0) != pid || status)
		bail("%s: status %#x", way, status);
	/* A daemon is still at it. */
	for (i = 0; i < 1000 && watch_number(&r, id, RINGSIDE_A_WATCH_THREADS); i++)
		usleep(10000);
	row = watch_row(&r, id, &about);
	if (row->v[RINGSIDE_A_WATCH_THREADS] | row->v[RINGSIDE_A_WATCH_MISSED] |
	    row->v[RINGSIDE_A_WATCH_UNKEPT] | row->v[RINGSIDE_A_WATCH_LAPSED]) {
		bad++;
		diag("%s: %lld threads, %lld missed, %lld unkept, %lld ns lapsed", way,
		     (long long)row->v[RINGSIDE_A_WATCH_THREADS], (long long)row->v[RINGSIDE_A_WATCH_MISSED],
		     (long long)row->v[RINGSIDE_A_WATCH_UNKEPT], (long long)row->v[RINGSIDE_A_WATCH_LAPSED]);
	}
	rows_free(&about);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	for (i = 0; i < rows.nr; i++) {
		const int64_t *v = rows.row[i].v;
		long nr = v[RINGSIDE_A_SYSCALL_CALL];

		if (nr < 0 || nr >= CALLS || strcmp(rows.row[i].s[RINGSIDE_A_SYSCALL_ABI], "x86_64")) {
			bad++;
			diag("%s: nobody calls %s %ld", way, rows.row[i].s[RINGSIDE_A_SYSCALL_ABI], nr);
			continue;
		}
		counts->begun[nr] += v[RINGSIDE_A_SYSCALL_CALLS];
		counts->errors[nr] += v[RINGSIDE_A_SYSCALL_ERRORS];
	}
	rows_free(&rows);
	watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, id, &rows);
	for (i = 0; i < rows.nr; i++) {
		long nr = rows.row[i].v[RINGSIDE_A_LATENCY_CALL];

		if (nr >= 0 && nr < CALLS)
			counts->calls[nr] += rows.row[i].v[RINGSIDE_A_LATENCY_CALLS];
	}
	rows_free(&rows);
	if (watch_del(&r, id))
		bad++;
	close(go[0]);
	close(go[1]);
}

static void differ(const char *what, long nr, long long got, long long wanted)
{
	bad++;
	diag("%s: %s (%ld): got %lld, wanted %lld", what, name_of(nr), nr, got, wanted);
}

static const struct {
	const char *name;
	/* That a thread of it may be in when its process becomes another program. */
	long maybe;
	/* Refused by seccomp: without times nothing sees it. */
	long refused;
	bool threads;
} ways[] = {
	{ "leaf", -1, -1 }, { "forks", -1, -1 }, { "execs", -1, -1 }, { "threads", -1, -1, true },
	{ "exec-thread", SYS_read, -1, true }, { "daemon", -1, -1 }, { "signals", -1, -1 },
	{ "refused", -1, SYS_getsid }, { "killed", -1, SYS_getsid },
};

static void compare(const char *backend, unsigned int way, const struct counts *strace)
{
	const char *name = ways[way].name;
	struct counts times, plain;
	unsigned int i;

	bad = 0;
	under_watch(name, true, &times);
	for (i = 0; i < CALLS; i++) {
		bool is_maybe = (long)i == ways[way].maybe, is_refused = (long)i == ways[way].refused;
		bool ends = i == SYS_exit || i == SYS_exit_group;
		/* As many as the kernel saw return and strace did not. */
		long long more = is_maybe ? times.calls[i] - strace->calls[i] : 0;

		if (more < 0 || more > 1)
			differ("calls that returned, one of them perhaps unseen", i, times.calls[i], strace->calls[i]);
		else if ((is_refused ? times.begun[i] : times.calls[i]) != strace->calls[i] + more)
			differ("calls that returned", i, times.calls[i], strace->calls[i]);
		if (times.errors[i] != strace->errors[i] + more)
			differ("errors", i, times.errors[i], strace->errors[i]);
		if (is_refused ? times.calls[i] : ends ? times.begun[i] < times.calls[i] : times.begun[i] != times.calls[i])
			differ("calls that began", i, times.begun[i], times.calls[i]);
	}
	ok(!bad, "%s, %s, times: as strace counts it", backend, name);
	bad = 0;
	under_watch(name, false, &plain);
	for (i = 0; i < CALLS; i++) {
		bool good = plain.begun[i] == times.begun[i];

		if ((long)i == ways[way].maybe)
			good |= plain.begun[i] + 1 == times.begun[i] || plain.begun[i] - 1 == times.begun[i];
		if ((long)i == ways[way].refused)
			good = plain.begun[i] == 0;
		/* A thread that has said so ends by itself, or with its process if that is sooner. */
		if (i == SYS_exit && ways[way].threads)
			good = true;
		if (!good)
			differ("calls", i, plain.begun[i], times.begun[i]);
		if (plain.calls[i] || plain.errors[i])
			differ("outcome without times", i, plain.calls[i], 0);
	}
	ok(!bad, "%s, %s: as with times", backend, name);
}

/* Three generations and their threads, all there before the watch. */
static int go[2], done[2];

static void generation(unsigned int left)
{
	pid_t pid = 0;
	char byte;

	do
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (left-- && !(pid = fork()));
	if (write(done[1], "r", 1) != 1)
		_exit(1);
	for (;;) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		getppids(100);
		pid = fork();
		if (!pid) {
			getppids(10);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
		if (write(done[1], "d", 1) != 1)
			_exit(1);
		/* One turn each. */
		for (;;)
			pause();
	}
}

static void take(unsigned int nr)
{
	char byte;

	while (nr--)
		if (read(done[0], &byte, 1) != 1)
			bail("a generation is gone");
}

static void existing(const char *backend)
{
	struct watch watch = { .nr_pids = 1, .times = true };
	struct rows rows;
	uint32_t id;
	pid_t pid;

	bad = 0;
	if (pipe(go) || pipe(done))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid)
		generation(3);
	take(4);
	watch.pids = &pid;
	id = watch_new(&r, &watch);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_THREADS), 4, "%s: the children there are, and theirs, are followed", backend);
	if (write(go[1], "gggg", 4) != 4)
		bail("a generation is gone");
	take(4);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	is(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), 4 * 110, "%s: and counted, with those to come", backend);
	rows_free(&rows);
	is(watch_del(&r, id), 0, "%s: the watch ends", backend);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(go[0]);
	close(go[1]);
	close(done[0]);
	close(done[1]);
}

/* The next process has this pid, if nobody has. */
static pid_t fork_as(pid_t pid)
{
	pid_t got;

	fflush(stdout);
	if (!write_file("/proc/sys/kernel/ns_last_pid", "%d", pid - 1))
		bail("ns_last_pid: %s", strerror(errno));
	got = fork();
	if (got > 0 && got != pid) {
		kill(got, SIGKILL);
		waitpid(got, NULL, 0);
	}
	return got;
}

/* Runs as a process of this pid, makes calls and ends; who: how many. */
static bool call_as(pid_t pid, unsigned int nr)
{
	unsigned int tries;
	pid_t got = 0;

	for (tries = 0; tries < 50 && got != pid; tries++) {
		got = fork_as(pid);
		if (!got) {
			if (getpid() == pid)
				getppids(nr);
			_exit(0);
		}
	}
	return got == pid && waitpid(pid, NULL, 0) == pid;
}

static void reuse(const char *backend)
{
	enum { PID = 20000 };
	struct watch of_pid = { .nr_pids = 1, .times = true }, by = { .by = "process", .times = true };
	unsigned int i, tries, nr = 0;
	struct rows rows;
	uint32_t id, id_by;
	pid_t pid = PID, got = 0;
	int64_t start[8] = { 0 };
	char byte;

	if (pipe(go))
		bail("pipe: %s", strerror(errno));
	for (tries = 0; tries < 50 && got != PID; tries++) {
		got = fork_as(PID);
		if (!got) {
			if (read(go[0], &byte, 1) == 1)
				getppids(111);
			_exit(0);
		}
	}
	if (got != PID)
		bail("no process gets the pid %d", PID);
	of_pid.pids = &pid;
	id = watch_new(&r, &of_pid);
	id_by = watch_new(&r, &by);
	if (write(go[1], "g", 1) != 1 || waitpid(PID, NULL, 0) != PID)
		bail("process %d is gone", PID);
	if (!call_as(PID, 222) || !call_as(PID, 333))
		bail("no process gets the pid %d again", PID);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	is(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), 111, "%s: who gets the pid afterwards is not followed", backend);
	rows_free(&rows);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id_by, &rows);
	bad = 0;
	for (i = 0; i < rows.nr; i++) {
		const int64_t *v = rows.row[i].v;

		if (v[RINGSIDE_A_SYSCALL_PROCESS] != PID || v[RINGSIDE_A_SYSCALL_CALL] != SYS_getppid)
			continue;
		if (nr < NR(start))
			start[nr] = v[RINGSIDE_A_SYSCALL_START_TIME];
		bad += nr && nr < NR(start) && start[nr] == start[nr - 1];
		bad += v[RINGSIDE_A_SYSCALL_CALLS] != 111 && v[RINGSIDE_A_SYSCALL_CALLS] != 222 &&
		       v[RINGSIDE_A_SYSCALL_CALLS] != 333;
		nr++;
	}
	if (!ok(nr == 3 && !bad, "%s: three processes of one pid are kept apart", backend))
		diag("%u rows, %u of them wrong", nr, bad);
	is(sum(&rows, CALL_OF(PID, SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), 666, "%s: and each is exact", backend);
	rows_free(&rows);
	is(watch_del(&r, id) | watch_del(&r, id_by), 0, "%s: the watches end", backend);
	close(go[0]);
	close(go[1]);
}

/* What moves from one cgroup to the other while watches of it begin, and then calls in the second. */
static const char *const places[] = { "/sys/fs/cgroup/moved-1", "/sys/fs/cgroup/moved-2" };

static struct moved {
	bool begun, stay, there, leave;
} *moved;

static void until(const bool *said)
{
	while (!__atomic_load_n(said, __ATOMIC_ACQUIRE))
		usleep(1000);
}

static void move(void)
{
	char path[2][64];
	unsigned int i;

	for (i = 0; i < NR(places); i++)
		snprintf(path[i], sizeof(path[i]), "%s/cgroup.procs", places[i]);
	while (!__atomic_load_n(&moved->stay, __ATOMIC_ACQUIRE)) {
		for (i = 0; i < NR(places); i++)
			if (write_to(path[i], "0"))
				_exit(1);
		__atomic_store_n(&moved->begun, true, __ATOMIC_RELEASE);
	}
	getppids(100);
	__atomic_store_n(&moved->there, true, __ATOMIC_RELEASE);
	until(&moved->leave);
	_exit(0);
}

static long long getppids_in(uint32_t id, uint64_t cgroup)
{
	struct rows rows;
	long long nr;

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	nr = sum(&rows, cgroup ? CALL_IN(cgroup, SYS_getppid) : CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS);
	rows_free(&rows);
	return nr;
}

static void moves(void)
{
	unsigned int i, rounds = often(10, 300), round, wrong = 0;
	uint64_t cgroup[NR(places)];
	uint32_t id[3];
	struct stat st;
	pid_t pid;

	moved = shared(sizeof(*moved));
	for (i = 0; i < NR(places); i++) {
		if (mkdir(places[i], 0755) || stat(places[i], &st))
			bail("%s: %s", places[i], strerror(errno));
		cgroup[i] = st.st_ino;
	}
	for (round = 0; round < rounds; round++) {
		memset(moved, 0, sizeof(*moved));
		fflush(stdout);
		pid = fork();
		if (!pid)
			move();
		until(&moved->begun);
		id[0] = watch_new(&r, &(struct watch){ .cgroup = cgroup[0] });
		id[1] = watch_new(&r, &(struct watch){ .cgroup = cgroup[1], .times = true });
		id[2] = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .by = "cgroup" });
		__atomic_store_n(&moved->stay, true, __ATOMIC_RELEASE);
		until(&moved->there);
		if (getppids_in(id[0], 0) || getppids_in(id[1], 0) != 100 || getppids_in(id[2], cgroup[1]) != 100) {
			wrong++;
			diag("round %u: where it was %lld, where it is %lld, by cgroup %lld and %lld", round, getppids_in(id[0], 0),
			     getppids_in(id[1], 0), getppids_in(id[2], cgroup[0]), getppids_in(id[2], cgroup[1]));
		}
		__atomic_store_n(&moved->leave, true, __ATOMIC_RELEASE);
		waitpid(pid, NULL, 0);
		for (i = 0; i < NR(id); i++)
			watch_del(&r, id[i]);
	}
	is(wrong, 0, "what changes its cgroup while a watch begins counts where it is, %u times", rounds);
	for (i = 0; i < NR(places); i++)
		rmdir(places[i]);
}

int main(int argc, char **argv)
{
	static struct counts strace[NR(ways)];
	struct watch all = { 0 }, times = { .nr_pids = 1, .times = true };
	uint32_t id_all, id_times;
	char path[PATH_MAX];
	unsigned int i, way;
	pid_t quiet;

	lib_init();
	snprintf(path, sizeof(path), "%s", argv[0]);
	snprintf(helper, sizeof(helper), "%s/helper-follow", dirname(path));
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	quiet = child(NULL, NULL);
	times.pids = &quiet;
	for (way = 0; way < NR(ways); way++)
		under_strace(ways[way].name, &strace[way]);
	for (i = 0; backends[i]; i++) {
		const char *backend = backends[i];

		if (!backend_works(&r, backend))
			continue;
		/* For the first one all is attached and let go again. For the others it stays, which is much quicker. */
		compare(backend, 0, &strace[0]);
		id_all = watch_new(&r, &all);
		id_times = watch_new(&r, &times);
		for (way = 1; way < NR(ways); way++)
			compare(backend, way, &strace[way]);
		existing(backend);
		reuse(backend);
		moves();
		is(watch_del(&r, id_all) | watch_del(&r, id_times), 0, "%s: the watches beside end", backend);
	}
	child_end(quiet);
	wire_ok();
	return tap_end();
}
