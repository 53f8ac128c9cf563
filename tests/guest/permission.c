// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may look: nobody but root without a capability sees others, the machine's
 * memory or its slab caches, or what others watch; who may watch whom; and a
 * socket or file is as good as its opener.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"
#include "watched.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
#define CAP(name) (1ULL << CAP_##name)

/* What somebody saw; in shared memory, written in a child that has become them. */
struct seen {
	int failed;		/* could not become them */
	int tasks, threads;	/* errors of the dumps, or 0 */
	unsigned int nr, foreign;	/* rows, and those of others */
	int do_foreign;		/* of a do of process 1 */
	char do_why[256];
	int memory, memory_do, slabs, slabs_do, status;
	char why[256];
	int file_memory, file_slabs, file_tasks, file_status;	/* errno of opening */
	unsigned int lines, lines_foreign;
	int sysfs;		/* errno of opening a value */
	int sysfs_readable;	/* of all files there, those that could be read and hold a value */
	int version;
	struct watching {
		/* Ids of watches that could be made, or -errno. */
		int own, process_1, all, cgroup, own_user, other_user, named;
		char why[256];	/* of the last that could not */
		/* Of what was watched: rows of a watch of one's own, and of others'. */
		unsigned int rows[4], foreign[4];
		unsigned int lines[4], lines_foreign[4];	/* the same in text */
		int files[4];		/* errno of opening */
		int states;		/* how many of four could be read in sysfs */
		int theirs;		/* a do of root's watch, or -errno */
		int end_theirs, end_named, end_own;	/* ending them */
	} watching;
	int switches[3], parameter;	/* errno of opening or writing, 0 when done */
	int backend_seen;
};

static struct seen *seen;

struct someone {
	uid_t uid;
	gid_t gid, other;	/* other: a further group, or 0 */
	unsigned long long caps;
};

static int try_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void look_text(uid_t uid)
{
	char *text = slurp("/proc/ringside/tasks", NULL), *line, *save;
	long long pid, tgid, ppid, pgid, sid, owner;

	if (!text)
		return;
	line = strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save)))
		if (sscanf(line, "%lld %lld %lld %lld %lld %lld", &pid, &tgid, &ppid, &pgid, &sid, &owner) == 6) {
			seen->lines++;
			seen->lines_foreign += owner != uid;
		}
	free(text);
}

static int dump_of(struct ring *r, int cmd, int flag, struct rows *rows)
{
	ask(r, cmd, true);
	if (flag)
		ask_flag(r, flag);
	return answer(r, rows);
}

static void look_sysfs(void)
{
	static const char * const values[] = { "mem_total", "mem_free", "context_switches", "load1" };
	char path[128], text[64];
	unsigned int i;

	seen->sysfs = try_open("/sys/kernel/ringside/memory/mem_free");
	for (i = 0; i < NR(values); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/ringside/memory/%s", values[i]);
		seen->sysfs_readable += read_line(text, sizeof(text), "%s", path);
	}
	seen->version = try_open("/sys/kernel/ringside/version");
}

/* What there is of watches; in the order of their commands. */
static const char * const watch_files[] = { "watches", "syscalls", "errors", "latency" };

/* Watches of root's, which are there while others look. */
static struct watched theirs;

/* Makes one with times, which is soon attached to on any kernel. */
static int try_watch(struct ring *r, struct watch watch, char *why)
{
	int id;

	watch.times = true;
	id = watch_try(r, &watch);
	if (id < 0)
		snprintf(why, sizeof(seen->watching.why), "%s", r->why);
	return id;
}

static void look_watch_text(unsigned int i, int own)
{
	char path[64], *text, *line, *save;

	snprintf(path, sizeof(path), "/proc/ringside/%s", watch_files[i]);
	seen->watching.files[i] = try_open(path);
	text = slurp(path, NULL);
	if (!text)
		return;
	strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save))) {
		seen->watching.lines[i] += strtol(line, NULL, 10) == own;
		seen->watching.lines_foreign[i] += strtol(line, NULL, 10) != own;
	}
	free(text);
}

static void look_watches(struct ring *r, uid_t uid)
{
	struct watching *w = &seen->watching;
	pid_t self = getpid(), first = 1;
	char path[64], text[64];
	unsigned int i, j;
	struct rows rows;

	w->own = try_watch(r, (struct watch){ .pids = &self, .nr_pids = 1 }, w->why);
	for (i = 0; i < 5; i++)
		close(-1);
	for (i = 0; i < NR(watch_files); i++) {
		/* An id in one, in the others the watch: attribute 1 of each. */
		dump_of(r, RINGSIDE_CMD_WATCH_GET + i, 0, memset(&rows, 0, sizeof(rows)));
		for (j = 0; j < rows.nr; j++) {
			w->rows[i] += rows.row[j].v[RINGSIDE_A_WATCH_ID] == w->own;
			w->foreign[i] += rows.row[j].v[RINGSIDE_A_WATCH_ID] != w->own;
		}
		rows_free(&rows);
		look_watch_text(i, w->own);
		snprintf(path, sizeof(path), "/sys/kernel/ringside/%s/state", watch_files[i]);
		w->states += read_line(text, sizeof(text), "%s", path);
	}
	w->process_1 = try_watch(r, (struct watch){ .pids = &first, .nr_pids = 1 }, w->why);
	w->own_user = try_watch(r, (struct watch){ .by_uid = true, .uid = uid }, w->why);
	w->other_user = try_watch(r, (struct watch){ .by_uid = true, .uid = 7 }, w->why);
	w->cgroup = try_watch(r, (struct watch){ .cgroup = 1 }, w->why);
	w->all = try_watch(r, (struct watch){ .by = NULL }, w->why);
	ask(r, RINGSIDE_CMD_WATCH_GET, false);
	ask_u32(r, RINGSIDE_A_WATCH_ID, theirs.times);
	w->theirs = answer(r, memset(&rows, 0, sizeof(rows)));
	rows_free(&rows);
	w->end_own = watch_del(r, w->own);
	w->named = try_watch(r, (struct watch){ .pids = &self, .nr_pids = 1, .name = "by-somebody" }, w->why);
	w->end_theirs = watch_del(r, theirs.times);
	w->end_named = watch_del(r, theirs.plain);
}

/* Opens a switch and writes; what it does is looked at elsewhere. */
static int try_switch(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		err = errno;
	close(fd);
	return err;
}

static void look_switches(void)
{
	char text[64];

	seen->backend_seen = read_line(text, sizeof(text), "/sys/kernel/ringside/backend");
	seen->switches[0] = try_switch("/sys/kernel/ringside/backend", "auto");
	seen->switches[1] = try_switch("/sys/kernel/ringside/watch_new", "switched all times");
	seen->switches[2] = try_switch("/sys/kernel/ringside/watch_delete", "switched");
	seen->parameter = try_switch("/sys/module/ringside/parameters/backend", "auto");
}

static void look(struct ring *r, uid_t uid)
{
	struct rows rows = { 0 };
	unsigned int i;

	seen->tasks = dump_of(r, RINGSIDE_CMD_TASK_GET, 0, &rows);
	seen->nr = rows.nr;
	for (i = 0; i < rows.nr; i++)
		seen->foreign += rows.row[i].v[RINGSIDE_A_TASK_UID] != uid ||
				 rows.row[i].v[RINGSIDE_A_TASK_EUID] != uid;
	rows_free(&rows);
	seen->threads = dump_of(r, RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_THREADS, &rows);
	for (i = 0; i < rows.nr; i++)
		seen->foreign += rows.row[i].v[RINGSIDE_A_TASK_UID] != uid;
	rows_free(&rows);
	ask(r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(r, RINGSIDE_A_TASK_PID, 1);
	seen->do_foreign = answer(r, &rows);
	snprintf(seen->do_why, sizeof(seen->do_why), "%s", r->why);
	seen->memory = dump_of(r, RINGSIDE_CMD_MEMORY_GET, 0, &rows);
	seen->slabs = dump_of(r, RINGSIDE_CMD_SLAB_GET, 0, &rows);
	seen->status = dump_of(r, RINGSIDE_CMD_STATUS_GET, 0, &rows);
	ask(r, RINGSIDE_CMD_SLAB_GET, false);
	ask_str(r, RINGSIDE_A_SLAB_NAME, "dentry");
	seen->slabs_do = answer(r, &rows);
	ask(r, RINGSIDE_CMD_MEMORY_GET, false);
	seen->memory_do = answer(r, &rows);
	snprintf(seen->why, sizeof(seen->why), "%s", r->why);
	rows_free(&rows);

	seen->file_tasks = try_open("/proc/ringside/tasks");
	seen->file_memory = try_open("/proc/ringside/memory");
	seen->file_slabs = try_open("/proc/ringside/slabs");
	seen->file_status = try_open("/proc/ringside/status");
	look_text(uid);
	look_sysfs();
	look_watches(r, uid);
	look_switches();
}

static struct ring there;

static int become_someone(const struct someone *who)
{
	/* Further groups first: setting them takes a capability that goes. */
	if (become_with(who->uid, who->gid, who->caps | CAP(SETGID)))
		return -1;
	if (who->other && setgroups(1, &who->other))
		return -1;
	return drop_to(who->caps);
}

static int as(void *arg)
{
	const struct someone *who = arg;

	seen->failed = become_someone(who) || !ring_open(&there);
	if (seen->failed)
		return 1;
	look(&there, who->uid);
	ring_close(&there);
	return 0;
}

static void look_as(const struct someone *who)
{
	static struct ring r;

	memset(seen, 0, sizeof(*seen));
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	watched_make(&r, &theirs);
	if (apart(as, (void *)who))
		bail("could not become uid %u with %#llx: %s", who->uid, who->caps, strerror(errno));
	/* Those that were not ended, and what who ended some could leave. */
	watch_del(&r, theirs.times);
	watch_del(&r, theirs.plain);
	try_switch("/sys/kernel/ringside/watch_delete", "by-somebody");
	child_end(theirs.pid[0]);
	child_end(theirs.pid[1]);
	ring_close(&r);
}

/* What is watched, and by whom: for an opener that sees just its own. */
static void watches_own_only(const char *who)
{
	const struct watching *w = &seen->watching;
	unsigned int i, wrong = 0;

	ok(w->own > 0 && w->own_user > 0 && !w->end_own, "%s: watches itself and its user, and ends that", who);
	for (i = 0; i < NR(watch_files); i++) {
		if (!w->rows[i] || w->foreign[i] || w->files[i] || w->lines[i] < w->rows[i] || w->lines_foreign[i]) {
			wrong++;
			diag("%s: %u rows, %u foreign; %u lines, %u foreign", watch_files[i], w->rows[i],
			     w->foreign[i], w->lines[i], w->lines_foreign[i]);
		}
	}
	ok(!wrong && w->states == NR(watch_files), "%s: watches and what they counted: just its own, in text too", who);
	is(w->theirs, -ESRCH, "%s: root's watch is not there for it", who);
	ok(w->end_theirs == -ESRCH && w->end_named == -ESRCH, "%s: nor can it end it, with a name or without", who);
	if (!ok(w->process_1 == -EPERM && w->all == -EPERM && w->cgroup == -EPERM && w->other_user == -EPERM &&
		w->named == -EPERM, "%s: others are not to be watched, and no watch stays", who))
		diag("process 1: %d, all: %d, cgroup: %d, user 7: %d, with a name: %d", w->process_1, w->all,
		     w->cgroup, w->other_user, w->named);
	ok(strstr(w->why, "CAP_SYS_ADMIN"), "%s: and a sentence says what it takes", who);
}

/* For who may see all; admin: and may change what is not its own. */
static void watches_all(const char *who, bool admin)
{
	const struct watching *w = &seen->watching;
	unsigned int i, wrong = 0;

	if (!ok(w->own > 0 && w->process_1 > 0 && w->all > 0 && w->cgroup > 0 && w->own_user > 0 && w->other_user > 0,
		"%s: watches anybody", who))
		diag("%d %d %d %d %d %d: %s", w->own, w->process_1, w->all, w->cgroup, w->own_user, w->other_user, w->why);
	for (i = 0; i < NR(watch_files); i++)
		wrong += !w->rows[i] || !w->foreign[i] || w->files[i] || !w->lines[i] || !w->lines_foreign[i];
	ok(!wrong && !w->theirs, "%s: sees what others watch, in text too", who);
	if (admin)
		ok(w->named > 0 && !w->end_theirs && !w->end_named, "%s: makes a watch that stays, ends others'", who);
	else
		ok(w->named == -EPERM && w->end_theirs == -ESRCH && w->end_named == -ESRCH,
		   "%s: makes no watch that stays, ends no others'", who);
}

static void switches_nothing(const char *who, int err)
{
	const int *s = seen->switches;

	if (!ok(s[0] == err && s[1] == err && s[2] == err && seen->backend_seen, "%s: switches nothing in sysfs", who))
		diag("backend: %s, watch_new: %s, watch_delete: %s", strerror(s[0]), strerror(s[1]), strerror(s[2]));
	ok(seen->parameter, "%s: nor chooses the backend by the module's parameter", who);
}

static void sees_own_only(const char *who, unsigned int own)
{
	ok(!seen->tasks && !seen->threads && !seen->foreign && seen->nr >= own,
	   "%s: a dump of tasks has just its own", who);
	diag("%u rows, %u foreign", seen->nr, seen->foreign);
	ok(!seen->file_tasks && seen->lines == seen->nr && !seen->lines_foreign, "%s: so has the text", who);
	is(seen->do_foreign, -ESRCH, "%s: process 1 is not there for it", who);
	ok(*seen->do_why, "%s: and a sentence says so", who);
	ok(seen->memory == -EPERM && seen->memory_do == -EPERM && seen->slabs == -EPERM && seen->slabs_do == -EPERM,
	   "%s: memory and slabs are refused over netlink", who);
	ok(strstr(seen->why, "CAP_PERFMON"), "%s: and a sentence says what it takes", who);
	ok(seen->file_memory == EPERM && seen->file_slabs == EPERM, "%s: their files can't be opened", who);
	ok(seen->sysfs == EACCES && !seen->sysfs_readable, "%s: values in sysfs can't be opened", who);
	ok(!seen->status && !seen->file_status && !seen->version, "%s: status and version are for everybody", who);
}

static void sees_all(const char *who, unsigned int everybody)
{
	ok(!seen->tasks && seen->nr >= everybody && seen->foreign, "%s: sees everybody", who);
	diag("%u rows", seen->nr);
	ok(seen->lines >= everybody && seen->lines_foreign, "%s: in the text too", who);
	ok(!seen->memory && !seen->memory_do && !seen->slabs && !seen->slabs_do, "%s: memory and slabs too", who);
	ok(!seen->file_memory && !seen->file_slabs && !seen->do_foreign, "%s: and their files", who);
}

static int uid_1000(void *arg)
{
	return become(1000, 1000);
}

/* Real, effective and saved ids that are not all the same: not one's own. */
static int half_1000(void *arg)
{
	return setresgid(1000, 1000, 1000) || setresuid(1000, 1000, 0) ? -1 : 0;
}

static int group_other(void *arg)
{
	return setresgid(0, 1000, 1000) || setresuid(1000, 1000, 1000) ? -1 : 0;
}

static pid_t own, half, other_gid;
static unsigned int *numbers;

static int sees_which(void *arg)
{
	struct rows rows;

	if (become(1000, 1000) || !ring_open(&there))
		return 1;
	dump_all(&there, RINGSIDE_CMD_TASK_GET, &rows);
	numbers[0] = !!row_by(&rows, RINGSIDE_A_TASK_PID, own);
	numbers[1] = !!row_by(&rows, RINGSIDE_A_TASK_PID, half);
	numbers[2] = !!row_by(&rows, RINGSIDE_A_TASK_PID, other_gid);
	return 0;
}

/* Opened by root, used by somebody who is not. */
static int drops(void *arg)
{
	char buf[4096];
	int fd = open("/proc/ringside/memory", O_RDONLY | O_CLOEXEC);
	struct rows rows = { 0 };
	unsigned int i;
	int order;

	numbers[3] = 0;
	order = open("/sys/kernel/ringside/watch_new", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || order < 0 || !ring_open(&there) || become(1000, 1000))
		return 1;
	numbers[0] = read(fd, buf, sizeof(buf)) > 500;
	ask(&there, RINGSIDE_CMD_MEMORY_GET, false);
	numbers[1] = -answer(&there, &rows);
	ask(&there, RINGSIDE_CMD_TASK_GET, true);
	numbers[2] = -answer(&there, &rows);
	for (i = 1; i < rows.nr; i++)
		numbers[3] += rows.row[i].v[RINGSIDE_A_TASK_UID] != 0;
	numbers[4] = -watch_try(&there, &(struct watch){ .times = true });
	numbers[5] = -watch_try(&there, &(struct watch){ .times = true, .by_uid = true, .name = "dropped" });
	numbers[6] = write(order, "dropped all times", 17) < 0 ? errno : 0;
	return 0;
}

/* Sends fd over a Unix socket. */
static int send_fd(int over, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 }, c = 0;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	return sendmsg(over, &msg, 0) == 1 ? 0 : -1;
}

static int receive_fd(int over)
{
	char control[CMSG_SPACE(sizeof(int))], c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd = -1;

	if (recvmsg(over, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

static void ask_memory(struct ring *r)
{
	ask(r, RINGSIDE_CMD_MEMORY_GET, false);
}

static void ask_watch(struct ring *r)
{
	ask(r, RINGSIDE_CMD_WATCH_NEW, false);
	ask_u32(r, RINGSIDE_A_WATCH_TIMES, 1);
}

static void ask_to_stay(struct ring *r)
{
	ask(r, RINGSIDE_CMD_WATCH_NEW, false);
	ask_u32(r, RINGSIDE_A_WATCH_UID, 1000);
	ask_str(r, RINGSIDE_A_WATCH_NAME, "passed-on");
	ask_u32(r, RINGSIDE_A_WATCH_TIMES, 1);
}

/* Opened by somebody, used by root: by an address, then without one. */
static void passed_on(void (*request)(struct ring *r), const char *what, bool with_address)
{
	static struct ring r;
	struct rows rows = { 0 };
	int pair[2], fd, err;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) || !ring_open(&r))
		bail("socketpair: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		if (become(1000, 1000))
			_exit(1);
		_exit(!ring_open(&there) || send_fd(pair[1], ring_fd(&there)));
	}
	waitpid(pid, &err, 0);
	fd = receive_fd(pair[0]);
	if (err || fd < 0)
		bail("no socket came");
	/* In place of our own. */
	dup2(fd, ring_fd(&r));
	close(fd);
	request(&r);
	if (with_address)
		err = ask_send(&r);
	else
		err = send(ring_fd(&r), r.req, r.req->nlmsg_len, 0) < 0 ? -errno : 0;
	if (!err) {
		bool done;

		err = answer_some(&r, &rows, &done);
	}
	is(err, -EPERM, "a socket that somebody else opened is not widened by root's asking for %s, %s an address",
	   what, with_address ? "with" : "without");
	rows_free(&rows);
	ring_close(&r);
	close(pair[0]);
	close(pair[1]);
}

/*
 * Uid 0 with no capability: its own are root's processes that have none beside
 * their ids, and root's watches; but what stays is not its to make or end.
 */
static void watches_of_plain_root(void)
{
	const struct watching *w = &seen->watching;

	ok(w->own > 0 && w->all == -EPERM && w->cgroup == -EPERM && w->other_user == -EPERM && w->named == -EPERM &&
	   w->end_named == -EPERM, "uid 0 without a capability watches its own; what stays it neither makes nor ends");
	switches_nothing("uid 0 without a capability", EPERM);
}

/* The group that the module was given. */
static void with_group(unsigned int everybody)
{
	static const struct someone member = { 1001, 1001, 4242, 0 }, primary = { 1001, 4242, 0, 0 };
	static const struct someone stranger = { 1001, 1001, 0, 0 };
	struct seen *s = seen;

	watches_gone();
	if (system("rmmod ringside && modprobe ringside group=4242"))
		bail("the module takes no group");
	look_as(&primary);
	sees_all("a member of the module's group", everybody);
	watches_all("a member of the module's group", false);
	switches_nothing("a member of the module's group", EACCES);
	ok(!s->sysfs && s->sysfs_readable == 4, "a member of the module's group: reads sysfs too");
	look_as(&member);
	sees_all("a member by a further group", everybody);
	watches_all("a member by a further group", false);
	look_as(&stranger);
	ok(s->memory == -EPERM && !s->foreign && s->sysfs == EACCES, "who is no member sees what he did");
	watches_own_only("who is no member");
	watches_gone();
	if (system("rmmod ringside && modprobe ringside"))
		bail("the module does not load again");
}

int main(void)
{
	static const struct someone alice = { 1000, 1000 }, perfmon = { 1000, 1000, 0, CAP(PERFMON) },
		admin = { 1000, 1000, 0, CAP(SYS_ADMIN) }, everything = { 0, 0, 0, ~0ULL >> 24 },
		others = { 1000, 1000, 0, ~0ULL >> 24 & ~(CAP(PERFMON) | CAP(SYS_ADMIN)) },
		root = { 0, 0, 0, 0 };
	static const struct {
		void (*request)(struct ring *r);
		const char *what;
	} requests[] = {
		{ ask_memory, "memory" }, { ask_watch, "a watch of all" }, { ask_to_stay, "a watch that stays" },
	};
	unsigned int everybody, i;
	static struct ring r;
	struct rows rows;

	lib_init();
	seen = shared(sizeof(*seen));
	numbers = shared(4096);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	own = child(uid_1000, NULL);
	half = child(half_1000, NULL);
	other_gid = child(group_other, NULL);
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	everybody = rows.nr - 10;
	rows_free(&rows);

	look_as(&alice);
	sees_own_only("an ordinary user", 2);
	watches_own_only("an ordinary user");
	switches_nothing("an ordinary user", EACCES);
	if (apart(sees_which, NULL))
		bail("could not look as uid 1000");
	ok(numbers[0], "an ordinary user sees another process of his own");
	ok(!numbers[1], "but none whose saved uid is another's");
	ok(!numbers[2], "nor one whose real gid is another's");
	look_as(&others);
	ok(!seen->foreign && seen->memory == -EPERM && seen->slabs == -EPERM && seen->file_memory == EPERM,
	   "every capability but CAP_PERFMON and CAP_SYS_ADMIN opens nothing");
	watches_own_only("every other capability");
	look_as(&root);
	ok(!seen->tasks && seen->memory == -EPERM && seen->slabs == -EPERM && seen->file_memory == EPERM,
	   "uid 0 without a capability is refused memory and slabs");
	watches_of_plain_root();
	look_as(&perfmon);
	sees_all("CAP_PERFMON alone", everybody);
	watches_all("CAP_PERFMON alone", false);
	switches_nothing("CAP_PERFMON alone", EACCES);
	look_as(&admin);
	sees_all("CAP_SYS_ADMIN alone", everybody);
	watches_all("CAP_SYS_ADMIN alone", true);
	switches_nothing("CAP_SYS_ADMIN alone", EACCES);
	look_as(&everything);
	watches_all("root", true);
	ok(!seen->switches[0] && !seen->switches[1] && !seen->switches[2], "root: switches everything in sysfs");

	if (apart(drops, NULL))
		bail("could not drop privileges");
	ok(numbers[0], "a file opened by root is read after dropping privileges: its opener counts");
	is(numbers[1], EPERM, "a socket opened by root: memory is refused to a sender without privileges");
	ok(!numbers[2] && !numbers[3], "and its tasks are just those of the opener's own uid");
	ok(numbers[4] == EPERM && numbers[5] == EPERM, "nor does it watch everybody, or make a watch that stays");
	is(numbers[6], EPERM, "nor does a switch that root opened do anything");
	for (i = 0; i < NR(requests); i++) {
		passed_on(requests[i].request, requests[i].what, true);
		passed_on(requests[i].request, requests[i].what, false);
	}
	ring_close(&r);
	with_group(everybody);
	wire_ok();
	children_end();
	return tap_end();
}
