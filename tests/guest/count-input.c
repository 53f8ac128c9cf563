// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What WATCH_NEW and WATCH_DEL refuse, each with its error and a sentence; how
 * many watches there may be, and whose they are; and the module let go while
 * somebody watches.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"

enum { ALICE = 1000 };

static struct ring r;

/* In children too, whose results are told by what they return. */
static bool says_why(int got, int err, int at, const char *what)
{
	if (got == err && *r.why && (at < 0 || r.offset == at))
		return true;
	diag("%s: wanted %s at %d with a sentence", what, strerror(-err), at);
	diag("%s: got %s at %d: '%s'", what, got < 0 ? strerror(-got) : "an answer", r.offset, r.why);
	return false;
}

/* Sends what was built. An id that comes back is ended. */
static int try(void)
{
	struct rows rows = { 0 };
	int err = answer(&r, &rows);
	char why[sizeof(r.why)];
	int offset = r.offset;

	if (!err && rows.nr == 1) {
		snprintf(why, sizeof(why), "%s", r.why);
		watch_del(&r, rows.row[0].v[RINGSIDE_A_WATCH_ID]);
		snprintf(r.why, sizeof(r.why), "%s", why);
		r.offset = offset;
		err = 1;
	}
	rows_free(&rows);
	return err;
}

static void refused(int err, int at, const char *what)
{
	bool good = says_why(try(), err, at, what);

	ok(good, "refused: %s", what);
	if (good)
		diag("it says: %s", r.why);
}

static int new(void)
{
	ask(&r, RINGSIDE_CMD_WATCH_NEW, false);
	return ask_offset(&r);
}

static uint64_t missing_cgroup(void)
{
	struct stat st;

	if (mkdir("/sys/fs/cgroup/ringside-gone", 0755) || stat("/sys/fs/cgroup/ringside-gone", &st) ||
	    rmdir("/sys/fs/cgroup/ringside-gone"))
		bail("a cgroup: %s", strerror(errno));
	return st.st_ino;
}

static void who(void)
{
	pid_t gone = child_clean(NULL, NULL);
	unsigned int i;
	int at;

	child_end(gone);
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, gone);
	refused(-ESRCH, -1, "a process that has ended");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, 0);
	refused(-ESRCH, -1, "pid 0");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, 0xffffffff);
	refused(-ESRCH, -1, "pid 2^32 - 1");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, getpid());
	ask_u32(&r, RINGSIDE_A_WATCH_PID, gone);
	refused(-ESRCH, -1, "two processes, one of them gone");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, 2);
	refused(-EINVAL, -1, "a thread of the kernel's own");
	new();
	ask_u64(&r, RINGSIDE_A_WATCH_CGROUP, missing_cgroup());
	refused(-ENOENT, -1, "a cgroup that is gone");
	new();
	ask_u64(&r, RINGSIDE_A_WATCH_CGROUP, 0);
	refused(-ENOENT, -1, "cgroup 0");
	new();
	ask_u64(&r, RINGSIDE_A_WATCH_CGROUP, UINT64_MAX);
	refused(-ENOENT, -1, "cgroup 2^64 - 1");
	at = new();
	ask_u32(&r, RINGSIDE_A_WATCH_UID, 0xffffffff);
	refused(-EINVAL, at, "user 2^32 - 1, who is nobody");

	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, getpid());
	ask_u32(&r, RINGSIDE_A_WATCH_UID, 0);
	refused(-EINVAL, -1, "a process and a user");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_PID, getpid());
	ask_u64(&r, RINGSIDE_A_WATCH_CGROUP, 1);
	refused(-EINVAL, -1, "a process and a cgroup");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_UID, 0);
	ask_u64(&r, RINGSIDE_A_WATCH_CGROUP, 1);
	refused(-EINVAL, -1, "a user and a cgroup");
	new();
	ask_u32(&r, RINGSIDE_A_WATCH_UID, 0);
	at = ask_offset(&r);
	ask_u32(&r, RINGSIDE_A_WATCH_UID, 1);
	refused(-EINVAL, at, "two users");
	new();
	for (i = 0; i <= RINGSIDE_MAX_PIDS; i++)
		ask_u32(&r, RINGSIDE_A_WATCH_PID, getpid());
	refused(-E2BIG, -1, "1,025 processes");
}

static void what(void)
{
	static const char * const bys[] = { "nonsense", "processes", "proces", "PROCESS", "user", "process " };
	static const char * const names[] = {
		"a b", "a/b", "../x", "caf\303\251", "a\n", "12345678901234567890123456789012",
	};
	static const int answers[] = {
		RINGSIDE_A_WATCH_ID, RINGSIDE_A_WATCH_SCOPE, RINGSIDE_A_WATCH_OWNER, RINGSIDE_A_WATCH_BACKEND,
		RINGSIDE_A_WATCH_START_TIME, RINGSIDE_A_WATCH_THREADS, RINGSIDE_A_WATCH_KEYS, RINGSIDE_A_WATCH_CALLS,
		RINGSIDE_A_WATCH_MISSED, RINGSIDE_A_WATCH_UNKEPT, RINGSIDE_A_WATCH_LAPSED, RINGSIDE_A_WATCH_BYTES,
		RINGSIDE_A_WATCH_RECORDED, RINGSIDE_A_WATCH_LOST,
		RINGSIDE_A_WATCH_MAX + 1,
	};
	unsigned int i, good = 0;
	char text[64];
	int at, err;

	for (i = 0; i < NR(bys); i++) {
		at = new();
		ask_str(&r, RINGSIDE_A_WATCH_BY, bys[i]);
		err = try();
		/* Too long a word may be refused as such. */
		good += says_why(err, err == -ERANGE ? -ERANGE : -EINVAL, at, bys[i]);
	}
	is(good, NR(bys), "refused: words that nothing is kept apart by");
	for (i = good = 0; i < NR(names); i++) {
		at = new();
		ask_str(&r, RINGSIDE_A_WATCH_NAME, names[i]);
		err = try();
		good += says_why(err, err == -ERANGE ? -ERANGE : -EINVAL, at, names[i]);
	}
	is(good, NR(names), "refused: names of other letters, and of 32 bytes");
	at = new();
	mnl_attr_put(r.req, RINGSIDE_A_WATCH_NAME, 1, "");
	refused(-EINVAL, at, "an empty name");
	for (i = good = 0; i < NR(answers); i++) {
		at = new();
		if (answers[i] == RINGSIDE_A_WATCH_SCOPE || answers[i] == RINGSIDE_A_WATCH_BACKEND)
			ask_str(&r, answers[i], "all");
		else
			ask_u32(&r, answers[i], 1);
		snprintf(text, sizeof(text), "attribute %d", answers[i]);
		good += says_why(try(), -EINVAL, at, text);
	}
	is(good, NR(answers), "refused: what is only ever answered");
	at = new();
	ask_u32(&r, RINGSIDE_A_WATCH_TIMES, 2);
	err = try();
	ok(says_why(err, err == -ERANGE ? -ERANGE : -EINVAL, at, "times 2"), "refused: times 2");
	at = new();
	ask_u32(&r, RINGSIDE_A_WATCH_EVENTS, 5000);
	refused(-EINVAL, at, "a ring of 5,000 bytes");
	at = new();
	ask_u32(&r, RINGSIDE_A_WATCH_CALL, RINGSIDE_CALL(3, 0));
	refused(-EINVAL, at, "a call of an ABI that is none");
	at = new();
	ask_u32(&r, RINGSIDE_A_WATCH_CALL, RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, 0xffff));
	refused(-EINVAL, at, "call 65,535");
	at = new();
	ask_u32(&r, RINGSIDE_A_WATCH_CALL, 0xffffffff);
	refused(-EINVAL, at, "a call of all ones");
	at = new();
	mnl_attr_put(r.req, RINGSIDE_A_WATCH_PID, 2, "\1\0");
	err = try();
	ok(says_why(err, err == -ERANGE ? -ERANGE : -EINVAL, at, "2 bytes"), "refused: a pid of 2 bytes");
}

/* Persistent ones, and ending. */
static void names(void)
{
	static struct ring other;
	struct watch watch = { .name = "Ringside-test_1.x" };
	struct rows rows = { 0 };
	uint32_t id = watch_new(&r, &watch), gone;
	int err;

	new();
	ask_str(&r, RINGSIDE_A_WATCH_NAME, watch.name);
	refused(-EEXIST, -1, "a name that is taken");
	/* It outlives the socket. */
	ring_close(&r);
	if (!ring_open(&r) || !ring_open(&other))
		bail("no family: %s", strerror(errno));
	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	ask_str(&r, RINGSIDE_A_WATCH_NAME, watch.name);
	err = answer(&r, &rows);
	ok(!err && rows.nr == 1 && rows.row[0].v[RINGSIDE_A_WATCH_ID] == id &&
	   !strcmp(rows.row[0].s[RINGSIDE_A_WATCH_NAME], watch.name), "one with a name outlives its socket");
	rows_free(&rows);
	is(watch_del(&other, id), 0, "and can be ended by another socket");
	err = watch_del(&r, id);
	ok(says_why(err, -ESRCH, -1, "ended"), "refused: ending one that has ended");
	err = watch_del(&r, 0);
	ok(says_why(err, -ESRCH, -1, "0"), "refused: ending watch 0");
	ask(&r, RINGSIDE_CMD_WATCH_DEL, false);
	r.req->nlmsg_flags |= NLM_F_ACK;
	err = answer(&r, NULL);
	ok(says_why(err, -EINVAL, -1, "no id"), "refused: ending without saying which");

	/* Without a name it ends with its socket. */
	watch.name = NULL;
	gone = watch_new(&other, &watch);
	ring_close(&other);
	for (err = 0, id = 0; id < 100; id++) {
		ask(&r, RINGSIDE_CMD_WATCH_GET, false);
		ask_u32(&r, RINGSIDE_A_WATCH_ID, gone);
		err = answer(&r, &rows);
		rows_free(&rows);
		if (err)
			break;
		usleep(20000);
	}
	ok(says_why(err, -ESRCH, -1, "a closed socket's"), "one without a name ends with its socket");
}

/* So many that one more is refused; then it is not any more. */
static void bound(void)
{
	struct watch watch = { 0 };
	uint32_t id[RINGSIDE_MAX_WATCHES];
	unsigned int i;
	int err;

	for (i = 0; i < NR(id); i++)
		id[i] = watch_new(&r, &watch);
	err = watch_try(&r, &watch);
	ok(says_why(err, -ENOSPC, -1, "65"), "refused: a 65th watch");
	is(watch_del(&r, id[20]), 0, "one ends");
	id[20] = watch_new(&r, &watch);
	err = watch_try(&r, &watch);
	is(err, -ENOSPC, "and makes room for one");
	for (i = 0, err = 0; i < NR(id); i++)
		err |= watch_del(&r, id[i]);
	is(err, 0, "all 64 end");
	ok(status_becomes(&r, "attached", "nothing"), "and then nothing is attached");
}

/* As somebody without any right. Returns how many were not as wanted. */
struct unprivileged {
	pid_t roots, own;
	uint32_t id, named;	/* root's */
};

static int unprivileged(void *arg)
{
	struct unprivileged *known = arg;
	struct watch all = { 0 }, named = { .name = "alice", .nr_pids = 1 }, own = { .nr_pids = 1, .times = true };
	struct watch cgroup = { .cgroup = 1 }, roots = { .nr_pids = 1 }, user = { .by_uid = true, .uid = ALICE };
	struct watch root_user = { .by_uid = true };
	uint32_t id[RINGSIDE_MAX_OWN];
	pid_t self = getpid();
	struct rows rows = { 0 };
	unsigned int i, bad = 0;
	int err;

	if (become(ALICE, ALICE))
		return 100;
	/* A socket is as good as who opened it. */
	ring_close(&r);
	if (!ring_open(&r))
		return 101;
	bad += !says_why(watch_try(&r, &all), -EPERM, -1, "everything");
	bad += !says_why(watch_try(&r, &cgroup), -EPERM, -1, "a cgroup");
	bad += !says_why(watch_try(&r, &root_user), -EPERM, -1, "root's calls");
	roots.pids = &known->roots;
	bad += !says_why(watch_try(&r, &roots), -EPERM, -1, "a process of root's");
	named.pids = &self;
	bad += !says_why(watch_try(&r, &named), -EPERM, -1, "one with a name");
	bad += !says_why(watch_del(&r, known->id), -ESRCH, -1, "ending root's");
	bad += !says_why(watch_del(&r, known->named), -ESRCH, -1, "ending root's with a name");
	own.pids = &known->own;
	for (i = 0; i < NR(id); i++) {
		err = watch_try(&r, i == 3 ? &user : &own);
		if (err < 0) {
			diag("own watch %u: %s (%s)", i, strerror(-err), r.why);
			return 102;
		}
		id[i] = err;
	}
	bad += !says_why(watch_try(&r, &own), -ENOSPC, -1, "a ninth");
	/* Sees those and no others. */
	ask(&r, RINGSIDE_CMD_WATCH_GET, true);
	err = answer(&r, &rows);
	if (err || rows.nr != NR(id)) {
		bad++;
		diag("sees %u watches (%s)", rows.nr, strerror(-err));
	}
	for (i = 0; i < rows.nr; i++)
		bad += rows.row[i].v[RINGSIDE_A_WATCH_OWNER] != ALICE;
	rows_free(&rows);
	ask(&r, RINGSIDE_CMD_SYSCALL_GET, true);
	ask_u32(&r, RINGSIDE_A_SYSCALL_WATCH, known->id);
	err = answer(&r, &rows);
	if (err != -ESRCH && (err || rows.nr)) {
		bad++;
		diag("%u rows of root's watch (%s)", rows.nr, strerror(-err));
	}
	rows_free(&rows);
	bad += watch_del(&r, id[0]) != 0;
	err = watch_try(&r, &own);
	bad += err < 0;
	return bad;
}

static int become_alice(void *arg)
{
	return become(ALICE, ALICE);
}

static void others(void)
{
	struct watch plain = { 0 }, named = { .name = "roots" };
	struct unprivileged known;
	struct rows rows = { 0 };
	unsigned int i;

	known.roots = child_clean(NULL, NULL);
	known.own = child_clean(become_alice, NULL);
	known.id = watch_new(&r, &plain);
	known.named = watch_new(&r, &named);
	is(apart(unprivileged, &known), 0, "somebody without rights has 8 watches of their own, and of nobody else's");
	for (i = 0; i < 100; i++) {
		ask(&r, RINGSIDE_CMD_WATCH_GET, true);
		if (answer(&r, &rows))
			bail("WATCH_GET: %s", r.why);
		if (rows.nr == 2)
			break;
		rows_free(&rows);
		usleep(50000);
	}
	is(rows.nr, 2, "and they end when that process does");
	rows_free(&rows);
	is(watch_del(&r, known.id) | watch_del(&r, known.named), 0, "root's are still there");
}

static int unload(void)
{
	return syscall(SYS_delete_module, "ringside", O_NONBLOCK) ? -errno : 0;
}

/* Busy, or gone and the reader told so: never a hang. */
static void let_go(void)
{
	struct watch watch = { .times = true };
	struct rows rows = { 0 };
	struct utsname name;
	char path[256];
	uint32_t id = watch_new(&r, &watch);
	int err = unload(), fd, tries;

	ok(err == 0 || err == -EAGAIN || err == -EBUSY, "with a watch open the module goes, or says that it is busy");
	note("rmmod under a watch: %s", err ? strerror(-err) : "it goes");
	if (err) {
		is(watch_number(&r, id, RINGSIDE_A_WATCH_ID), id, "and the watch is as it was");
	} else {
		ask(&r, RINGSIDE_CMD_WATCH_GET, true);
		is(answer(&r, &rows), -ENOENT, "and the reader is told");
		rows_free(&rows);
	}
	ring_close(&r);
	for (tries = 0; err && tries < 100; tries++) {
		usleep(50000);
		err = unload();
	}
	is(err, 0, "when it has been closed, the module goes");
	uname(&name);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/dkms/ringside.ko", name.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	is(syscall(SYS_finit_module, fd, "", 0), 0, "and comes again");
	close(fd);
	ok(ring_open(&r) && status_becomes(&r, "attached", "nothing"), "with nothing attached");
}

/* Of the kernel's slabs, in bytes, without what kmemleak notes down of each object. */
static int64_t unreclaimable(void)
{
	char *meminfo = slurp("/proc/meminfo", NULL), *slabs = slurp("/proc/slabinfo", NULL), *notes;
	int64_t kib = 0, slab_pages, nr_slabs, pages = 0;

	number_after(meminfo, "SUnreclaim", &kib);
	notes = slabs ? strstr(slabs, "\nkmemleak_object ") : NULL;
	if (notes && sscanf(notes, " %*s %*d %*d %*d %*d %" SCNd64 " : tunables %*d %*d %*d : slabdata %*d %" SCNd64,
			    &slab_pages, &nr_slabs) == 2)
		pages = slab_pages * nr_slabs;
	free(meminfo);
	free(slabs);
	return kib * 1024 - pages * 4096;
}

/* Processes, one after the other, with a dozen kinds of calls each. */
static void many_callers(void)
{
	static const long calls[] = {
		SYS_getppid, SYS_getpid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_gettid, SYS_getpgrp,
		SYS_sched_yield, SYS_close, SYS_dup, SYS_fsync, SYS_flock,
	};
	unsigned int i, j;
	pid_t pid;

	fflush(stdout);
	for (i = 0; i < 300; i++) {
		pid = fork();
		if (!pid) {
			for (j = 0; j < NR(calls); j++)
				syscall(calls[j], -1);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

/* The memory a watch says it takes is what the kernel has given for it. */
static void takes_what_it_says(void)
{
	pid_t self = getpid();
	int64_t before, more, bytes;
	uint32_t id;
	int i;

	/* What processes leave behind for a while is there already: KASAN keeps megabytes of what is freed. */
	for (i = 0; i < 3; i++)
		many_callers();
	before = unreclaimable();
	id = watch_new(&r, &(struct watch){ .pids = &self, .nr_pids = 1, .by = "process", .times = true });
	many_callers();
	more = unreclaimable() - before;
	bytes = watch_number(&r, id, RINGSIDE_A_WATCH_BYTES);
	/* A kernel that guards each object takes some more. */
	if (!ok(bytes > 8 << 20 && more < bytes * 1.3 && more > bytes * 0.7, "a watch takes the memory that it says it takes"))
		diag("it says %lld bytes, and the kernel has %lld more in use", (long long)bytes, (long long)more);
	is(watch_del(&r, id), 0, "and ends");
}

int main(void)
{
	static struct ring lasting;
	pid_t quiet = child(NULL, NULL);
	struct watch all = { 0 }, times = { .pids = &quiet, .nr_pids = 1, .times = true };
	uint32_t id[2];

	lib_init();
	if (!ring_open(&r) || !ring_open(&lasting))
		bail("no family: %s", strerror(errno));
	/* What counts need not be attached anew for each watch, which is slow. */
	id[0] = watch_new(&lasting, &all);
	id[1] = watch_new(&lasting, &times);
	who();
	what();
	takes_what_it_says();
	is(watch_del(&lasting, id[0]) | watch_del(&lasting, id[1]), 0, "the watches beside end");
	ring_close(&lasting);
	names();
	bound();
	others();
	let_go();
	wire_ok();
	children_end();
	return tap_end();
}
