// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may look, beyond the table of who-table.h: ids that are not all the same,
 * and a socket, file or dump that passes from one to another. It is as good as
 * who opened or began it. Watches are in permission-watches.
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

/* Processes of uid 1000 that are there beside others. */
enum { CROWD = 60 };

static struct ring there;

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

/* How many lines of tasks there are in a file, and of these another user's than uid 1000. */
static unsigned int lines_of(int fd, unsigned int *foreign)
{
	long long pid, tgid, ppid, pgid, sid, owner;
	char *text = malloc(1 << 20), *line, *save;
	unsigned int nr = 0;
	ssize_t got, len = 0;

	*foreign = 0;
	while ((got = read(fd, text + len, (1 << 20) - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save)))
		if (sscanf(line, "%lld %lld %lld %lld %lld %lld", &pid, &tgid, &ppid, &pgid, &sid, &owner) == 6) {
			nr++;
			*foreign += owner != 1000;
		}
	free(text);
	return nr;
}

static int fd_tasks, fd_value;

static int reads_passed(void *arg)
{
	char text[64];

	if (become(1000, 1000))
		return 1;
	numbers[0] = lines_of(fd_tasks, &numbers[1]);
	numbers[2] = read(fd_value, text, sizeof(text)) > 1;
	return 0;
}

/* Effective ids alone, which open as another and can be undone. */
static void as_alice(bool is)
{
	if (is ? setegid(1000) || seteuid(1000) : seteuid(0) || setegid(0))
		bail("uid 1000: %s", strerror(errno));
}

static void files_passed_on(unsigned int everybody)
{
	unsigned int nr, foreign;

	fd_tasks = open("/proc/ringside/tasks", O_RDONLY);
	fd_value = open("/sys/kernel/ringside/memory/mem_free", O_RDONLY);
	if (fd_tasks < 0 || fd_value < 0 || apart(reads_passed, NULL))
		bail("no files to pass on: %s", strerror(errno));
	ok(numbers[0] >= everybody && numbers[1], "a list opened by root and read by somebody has everybody");
	ok(numbers[2], "and a value in sysfs is read so");
	close(fd_tasks);
	close(fd_value);
	as_alice(true);
	fd_tasks = open("/proc/ringside/tasks", O_RDONLY | O_CLOEXEC);
	as_alice(false);
	nr = lines_of(fd_tasks, &foreign);
	ok(nr >= CROWD && !foreign, "a list opened by somebody and read by root has just his");
	diag("%u lines, %u foreign", nr, foreign);
	close(fd_tasks);
}

/* Begins a dump of all tasks, of which the kernel makes no more than the first buffer now. */
static void begin_dump(struct ring *r, struct rows *rows)
{
	bool done;

	if (!ring_open(r))
		bail("no family: %s", strerror(errno));
	r->room = 8192;
	ask(r, RINGSIDE_CMD_TASK_GET, true);
	if (ask_send(r) || answer_some(r, rows, &done) || done)
		bail("a dump does not begin: %s", r->why);
}

/* The rest of it: its rows, and those of another user. */
static int end_dump(struct ring *r, unsigned int *nr, unsigned int *foreign)
{
	struct rows rows = { 0 };
	bool done = false;
	unsigned int i;
	int err = 0;

	while (!err && !done)
		err = answer_some(r, &rows, &done);
	*nr = rows.nr;
	*foreign = 0;
	for (i = 0; i < rows.nr; i++)
		*foreign += rows.row[i].v[RINGSIDE_A_TASK_UID] != 1000;
	rows_free(&rows);
	return err;
}

static int ends_dump(void *arg)
{
	if (become(1000, 1000))
		return 1;
	return end_dump(&there, &numbers[0], &numbers[1]) ? 2 : 0;
}

static void dumps_continued(unsigned int everybody)
{
	struct rows rows = { 0 };
	unsigned int nr, foreign, first;
	int err;

	begin_dump(&there, &rows);
	err = apart(ends_dump, NULL);
	if (!ok(!err && rows.nr + numbers[0] >= everybody && numbers[1],
		"a dump begun by root and continued by somebody goes on with everybody"))
		diag("%d; %u rows, then %u, of others %u", err, rows.nr, numbers[0], numbers[1]);
	rows_free(&rows);
	ring_close(&there);
	as_alice(true);
	begin_dump(&there, &rows);
	as_alice(false);
	first = rows.nr;
	err = end_dump(&there, &nr, &foreign);
	if (!ok(!err && first + nr >= CROWD && nr && !foreign,
		"a dump begun by somebody and continued by root goes on with just his"))
		diag("%d; %u rows, then %u, of others %u", err, first, nr, foreign);
	rows_free(&rows);
	ring_close(&there);
}

int main(void)
{
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
	numbers = shared(4096);
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	own = child(uid_1000, NULL);
	half = child(half_1000, NULL);
	other_gid = child(group_other, NULL);
	/* More than a first buffer of a dump takes. */
	for (i = 0; i < CROWD; i++)
		child_clean(uid_1000, NULL);
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	everybody = rows.nr - 10;
	rows_free(&rows);

	if (apart(sees_which, NULL))
		bail("could not look as uid 1000");
	ok(numbers[0], "an ordinary user sees another process of his own");
	ok(!numbers[1], "but none whose saved uid is another's");
	ok(!numbers[2], "nor one whose real gid is another's");
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
	files_passed_on(everybody);
	dumps_continued(everybody);
	ring_close(&r);
	wire_ok();
	children_end();
	watches_gone();
	return tap_end();
}
