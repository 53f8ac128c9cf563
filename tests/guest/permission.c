// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may look: nobody but root without a capability sees others, the machine's
 * memory or its slab caches; and a socket or file is as good as its opener. Who
 * may watch whom is looked at in permission-watches.
 */
#include <errno.h>
#include <fcntl.h>
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
};

static struct seen *seen;

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
}

static struct ring there;

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
	memset(seen, 0, sizeof(*seen));
	if (apart(as, (void *)who))
		bail("could not become uid %u with %#llx: %s", who->uid, who->caps, strerror(errno));
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
	ok(!s->sysfs && s->sysfs_readable == 4, "a member of the module's group: reads sysfs too");
	look_as(&member);
	sees_all("a member by a further group", everybody);
	look_as(&stranger);
	ok(s->memory == -EPERM && !s->foreign && s->sysfs == EACCES, "who is no member sees what he did");
	watches_gone();
	if (system("rmmod ringside && modprobe ringside"))
		bail("the module does not load again");
}

int main(void)
{
	static const struct someone alice = { 1000, 1000 }, perfmon = { 1000, 1000, 0, CAP(PERFMON) },
		admin = { 1000, 1000, 0, CAP(SYS_ADMIN) },
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
	if (apart(sees_which, NULL))
		bail("could not look as uid 1000");
	ok(numbers[0], "an ordinary user sees another process of his own");
	ok(!numbers[1], "but none whose saved uid is another's");
	ok(!numbers[2], "nor one whose real gid is another's");
	look_as(&others);
	ok(!seen->foreign && seen->memory == -EPERM && seen->slabs == -EPERM && seen->file_memory == EPERM,
	   "every capability but CAP_PERFMON and CAP_SYS_ADMIN opens nothing");
	look_as(&root);
	ok(!seen->tasks && seen->memory == -EPERM && seen->slabs == -EPERM && seen->file_memory == EPERM,
	   "uid 0 without a capability is refused memory and slabs");
	look_as(&perfmon);
	sees_all("CAP_PERFMON alone", everybody);
	look_as(&admin);
	sees_all("CAP_SYS_ADMIN alone", everybody);

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
