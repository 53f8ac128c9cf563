// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tasks that come, change and go by the thousand while everything looks at
 * them: what they called is counted, and a row shows no user and name together
 * that the task never had.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "events.h"
#include "lib.h"
#include "readers.h"

#define GROUP "/sys/fs/cgroup/ringside-storm"

static struct ring r;
static char self[4096];

static void on_cpu(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void readers_well(struct readers *readers, const char *during)
{
	struct readers_saw saw;

	readers_end(readers, &saw);
	if (!ok(saw.dumps && !saw.failed && !saw.refused, "%s: whoever looks meanwhile is answered", during))
		diag("%lu dumps, %lu refused, %lu failed: %s", saw.dumps, saw.refused, saw.failed, saw.error);
	note("%s: %lu dumps of %lu rows meanwhile", during, saw.dumps, saw.rows);
}

/* Forks and exits */

enum { UID = 5151, FORKERS = 4, AT_ONCE = 8, CALLS = 7, GRANDCHILD = 3, THREAD = 2, THREADS = 2 };

/* What the leaf of this number does: getppid, and processes that end by themselves. */
static unsigned int leaf_calls(unsigned int nr)
{
	return CALLS + (nr % 5 ? 0 : GRANDCHILD) + (nr % 7 ? 0 : THREADS * THREAD);
}

static unsigned int leaf_ends(unsigned int nr)
{
	return (nr % 11 ? 1 : 0) + (nr % 5 ? 0 : 1);
}

static void *leaf_thread(void *arg)
{
	getppids(THREAD);
	return NULL;
}

static void leaf(unsigned int nr)
{
	pthread_t thread[THREADS];
	unsigned int i;
	pid_t pid;

	getppids(CALLS);
	if (nr % 5 == 0) {
		pid = fork();
		if (!pid) {
			getppids(GRANDCHILD);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
	}
	if (nr % 7 == 0) {
		for (i = 0; i < THREADS; i++)
			if (pthread_create(&thread[i], NULL, leaf_thread, NULL))
				_exit(1);
		for (i = 0; i < THREADS; i++)
			pthread_join(thread[i], NULL);
	}
	if (nr % 11 == 0)
		raise(SIGKILL);
	_exit(0);
}

static void forker(unsigned int first, unsigned int end)
{
	unsigned int nr, alive = 0;
	int status, bad = 0;
	pid_t pid;

	for (nr = first; nr < end || alive;) {
		if (nr < end && alive < AT_ONCE) {
			pid = fork();
			if (!pid)
				leaf(nr);
			if (pid < 0)
				_exit(1);
			nr++;
			alive++;
			continue;
		}
		if (wait(&status) < 0)
			_exit(1);
		bad |= WIFEXITED(status) && WEXITSTATUS(status);
		alive--;
	}
	_exit(bad);
}

/* The root of the tree: waits for a byte, then has all the others made. */
static void tree(int go, unsigned int nr)
{
	int status, bad = 0;
	unsigned int i;
	char byte;

	if (!write_file(GROUP "/cgroup.procs", "0") || become(UID, UID))
		_exit(1);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	for (i = 0; i < FORKERS; i++)
		if (!fork()) {
			on_cpu(i % 2);
			forker(nr / FORKERS * i, nr / FORKERS * (i + 1));
		}
	while (wait(&status) > 0)
		bad |= status;
	_exit(!!bad);
}

/* What a watch counted of the tree, which alone makes these calls. */
static void tree_counted(const char *which, uint32_t id, bool times, long long calls, long long ends)
{
	struct rows rows, about;
	const struct row *row = watch_row(&r, id, &about);
	long long missed = row->v[RINGSIDE_A_WATCH_MISSED] + row->v[RINGSIDE_A_WATCH_UNKEPT] +
			   row->v[RINGSIDE_A_WATCH_LAPSED];

	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, id, &rows);
	is(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS), calls, "forks: %s: every call is counted", which);
	if (ends)
		is(sum(&rows, CALL(SYS_exit_group), RINGSIDE_A_SYSCALL_CALLS), ends, "forks: %s: and every exit", which);
	rows_free(&rows);
	is(missed, 0, "forks: %s: nothing is missed", which);
	if (times) {
		watch_dump(&r, RINGSIDE_CMD_LATENCY_GET, id, &rows);
		is(sum(&rows, CALL(SYS_getppid), RINGSIDE_A_LATENCY_CALLS), calls, "forks: %s: and has its outcome", which);
		rows_free(&rows);
	}
	rows_free(&about);
	is(watch_del(&r, id), 0, "forks: %s: the watch ends", which);
}

static void forks(void)
{
	unsigned int nr = often(200, 20000) / FORKERS * FORKERS, i;
	long long calls = 0, ends = 1 + FORKERS;
	uint32_t by_process, times, cgroup, user, all, events;
	struct recorder recorder;
	struct readers readers;
	struct stat st;
	double began;
	int go[2], status;
	pid_t pid;

	if ((mkdir(GROUP, 0755) && errno != EEXIST) || stat(GROUP, &st) || pipe(go))
		bail(GROUP ": %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (!pid)
		tree(go[0], nr);
	for (i = 0; i < nr; i++) {
		calls += leaf_calls(i);
		ends += leaf_ends(i);
	}
	for (i = 0; i < 1000; i++) {
		struct task task;

		task_read(&task, pid, 0);
		if (task.v[RINGSIDE_A_TASK_UID] == UID && task.state == 'S')
			break;
		usleep(10000);
	}
	by_process = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .by = "process" });
	times = watch_new(&r, &(struct watch){ .times = true });
	cgroup = watch_new(&r, &(struct watch){ .cgroup = st.st_ino, .times = true, .by = "cgroup" });
	user = watch_new(&r, &(struct watch){ .by_uid = true, .uid = UID, .times = true });
	all = watch_new(&r, &(struct watch){ 0 });
	events = watch_new(&r, &(struct watch){ .pids = &pid, .nr_pids = 1, .events = 1 << 20 });
	recorder_start(&recorder, events, -1);
	readers_start(&readers, 2);
	began = monotonic();
	if (write(go[1], "g", 1) != 1 || waitpid(pid, &status, 0) != pid)
		bail("the tree of processes is gone");
	is(status, 0, "forks: each process did as it should");
	note("forks: %u processes and their own, watched six ways, in %.1f s", nr, monotonic() - began);
	readers_well(&readers, "forks");
	is(watch_number(&r, by_process, RINGSIDE_A_WATCH_THREADS), 0, "forks: none of them is followed any more");
	is(watch_number(&r, user, RINGSIDE_A_WATCH_THREADS), 0, "forks: nor by the user's watch");
	tree_counted("the tree, by process", by_process, false, calls, ends);
	tree_counted("its cgroup", cgroup, true, calls, ends);
	tree_counted("its user", user, true, calls, ends);
	tree_counted("all, times", times, true, calls, 0);
	tree_counted("all", all, false, calls, 0);
	recorder_end(&recorder, &r, "forks: records");
	close(go[0]);
	close(go[1]);
	for (i = 0; i < 100 && rmdir(GROUP); i++)
		usleep(10000);
	is(i < 100, true, "forks: the cgroup goes");
}

/*
 * User and name. Each step of a task changes both, in an order that is known,
 * to ones of the same number: both names in comm, to find one of two halves.
 */

enum { STEPS = 500, WALKERS = 60, CHAINS = 3, LINKS = 6, FIRST = 10000, CHAIN = 60000 };

struct pairs {
	unsigned long seen, between, torn;
	char what[128];
};

static void comm_of(char *comm, unsigned int id)
{
	sprintf(comm, "u%05u-u%05u-x", id, id);
}

/* Even ones change their user first, odd ones their name. */
static void walker(unsigned int nr, unsigned int *ready)
{
	unsigned int step, base = FIRST + nr * STEPS;
	char comm[32];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (step = 0;; step++) {
		uid_t uid = base + step % STEPS;

		comm_of(comm, uid);
		if (nr % 2)
			prctl(PR_SET_NAME, comm);
		if (setresuid(uid, 0, 0))
			_exit(1);
		if (!(nr % 2))
			prctl(PR_SET_NAME, comm);
		if (!step)
			__atomic_add_fetch(ready, 1, __ATOMIC_RELEASE);
	}
}

/* A file that becomes its owner's when executed; its name says whose. */
static void link_path(char *path, unsigned int id)
{
	path += sprintf(path, "/tmp/storm/");
	comm_of(path, id);
}

static void link_make(unsigned int id)
{
	char path[64], *text;
	size_t len;
	int fd;

	link_path(path, id);
	text = slurp(self, &len);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0755);
	if (!text || fd < 0 || write(fd, text, len) != (ssize_t)len || fchown(fd, id, 0) || fchmod(fd, 04755))
		bail("%s: %s", path, strerror(errno));
	close(fd);
	free(text);
}

static void chain(unsigned int nr, unsigned int *ready, unsigned long *execs)
{
	unsigned int first = CHAIN + nr * LINKS;
	char path[64], arg[16];
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	link_path(path, first);
	snprintf(arg, sizeof(arg), "%u", first);
	__atomic_add_fetch(ready, 1, __ATOMIC_RELEASE);
	for (;;) {
		pid = fork();
		if (!pid) {
			execl(path, path, "chain", arg, NULL);
			_exit(127);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			_exit(1);
		*execs += LINKS;
	}
}

/* What a link does: becomes the next. */
static int chain_on(const char *arg)
{
	unsigned int id = atoi(arg) + 1;
	char path[64], next[16];

	if ((id - CHAIN) % LINKS == 0)
		return 0;
	link_path(path, id);
	snprintf(next, sizeof(next), "%u", id);
	execl(path, path, "chain", next, NULL);
	return 1;
}

/* The number after or before it in its cycle. */
static unsigned int turn(unsigned int id, int by)
{
	unsigned int base = (id - FIRST) / STEPS * STEPS + FIRST;

	return base + (id - base + STEPS + by) % STEPS;
}

static bool could_be(unsigned int uid, unsigned int euid, unsigned int id)
{
	/* Executed: the name, then the user of the file; before the first, root's. */
	if (id >= CHAIN)
		return !uid && (euid == id || euid == ((id - CHAIN) % LINKS ? id - 1 : 0));
	if (euid)
		return false;
	return uid == id || uid == turn(id, (id - FIRST) / STEPS % 2 ? -1 : 1);
}

static struct pairs pairs;

/* A row as it came: just these three of it are decoded, for there are many. */
static void pair(const void *message, size_t len)
{
	const struct nlmsghdr *nlh = message;
	unsigned int uid = 0, euid = 0, id, again;
	const struct nlattr *attr;
	const char *comm = "";
	bool good = true;
	char wanted[32];

	if (nlh->nlmsg_type != r.family)
		return;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == RINGSIDE_A_TASK_UID)
			uid = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RINGSIDE_A_TASK_EUID)
			euid = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RINGSIDE_A_TASK_COMM)
			comm = mnl_attr_get_str(attr);
	}
	if (sscanf(comm, "u%u-u%u", &id, &again) == 2) {
		comm_of(wanted, id);
		good = id >= FIRST && !strcmp(comm, wanted) && could_be(uid, euid, id);
		pairs.between += good && (id < CHAIN ? uid : euid) != id;
	} else if (uid >= FIRST || euid >= FIRST) {
		/* Nobody of such a user has another name. */
		good = false;
	} else {
		return;
	}
	pairs.seen++;
	if (!good && !pairs.torn++)
		snprintf(pairs.what, sizeof(pairs.what), "uid %u, euid %u, comm '%s'", uid, euid, comm);
}

static void pairs_one(const char *how, bool threads, unsigned long wanted)
{
	double began = monotonic();

	memset(&pairs, 0, sizeof(pairs));
	wire_tap = pair;
	while (pairs.seen < wanted && monotonic() - began < 1200) {
		ask(&r, RINGSIDE_CMD_TASK_GET, true);
		ask_u32(&r, RINGSIDE_A_TASK_KTHREAD, 0);
		if (threads)
			ask_flag(&r, RINGSIDE_A_TASK_THREADS);
		if (answer(&r, NULL))
			bail("a dump of tasks: %s", r.why);
	}
	wire_tap = NULL;
	ok(pairs.seen >= wanted && pairs.between, "pairs: %s: rows are seen in between, too", how);
	if (!is(pairs.torn, 0, "pairs: %s: each is of a user and a name that the task had together", how))
		diag("%s", pairs.what);
	note("pairs: %s: %lu rows, %lu of them between two steps, %lu torn, %.0f rows/s", how, pairs.seen, pairs.between,
	     pairs.torn, pairs.seen / (monotonic() - began));
}

static void all_pairs(void)
{
	struct {
		unsigned int ready;
		unsigned long execs[CHAINS];
	} *told = shared(sizeof(*told));
	unsigned long rows = often(20000, 1000000), execs = 0;
	pid_t pid[WALKERS + CHAINS];
	unsigned int i, tries, gone = 0;
	char path[64];
	uint32_t id;

	mkdir("/tmp/storm", 0755);
	for (i = 0; i < CHAINS * LINKS; i++)
		link_make(CHAIN + i);
	fflush(stdout);
	for (i = 0; i < NR(pid); i++) {
		pid[i] = fork();
		if (!pid[i] && i < WALKERS)
			walker(i, &told->ready);
		if (!pid[i])
			chain(i - WALKERS, &told->ready, &told->execs[i - WALKERS]);
	}
	for (tries = 0; tries < 600 && __atomic_load_n(&told->ready, __ATOMIC_ACQUIRE) != NR(pid); tries++)
		usleep(50000);
	/* It is to have its processor; the others walk on in what is left, and on the other one. */
	setpriority(PRIO_PROCESS, 0, -19);
	/* Users come and go in it all the time. */
	id = watch_new(&r, &(struct watch){ .by_uid = true, .uid = FIRST + 1, .times = true });
	pairs_one("processes", false, rows / 2);
	pairs_one("threads", true, rows - rows / 2);
	setpriority(PRIO_PROCESS, 0, 0);
	for (i = 0; i < NR(pid); i++) {
		gone += waitpid(pid[i], NULL, WNOHANG) != 0;
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
	is(gone, 0, "pairs: nobody gave up");
	/* Among them it would take minutes here: ftrace waits for tasks that hardly ever sleep. */
	is(watch_del(&r, id), 0, "pairs: a watch of one of these users ends");
	for (i = 0; i < CHAINS; i++)
		execs += told->execs[i];
	ok(execs, "pairs: programs became others'");
	note("pairs: %lu programs executed meanwhile", execs);
	for (i = 0; i < CHAINS * LINKS; i++) {
		link_path(path, CHAIN + i);
		unlink(path);
	}
}

int main(int argc, char **argv)
{
	lib_init();
	if (argc == 3 && !strcmp(argv[1], "chain"))
		return chain_on(argv[2]);
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 || !ring_open(&r))
		bail("no family: %s", strerror(errno));
	forks();
	all_pairs();
	ok(status_becomes(&r, "attached", "nothing"), "after all of it nothing is attached");
	wire_ok();
	return tap_end();
}
