// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab reading: /proc, a file of the module's and netlink, for the same answer
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "actor.h"

#define CHUNK	32768
#define NSEC	1000000000ULL

/* What the reader leaves. It counts its own calls: each below adds one. */
enum { CALLS, BYTES, TASKS, CPU, ERROR };

static volatile uint64_t *seen;
static char buffer[CHUNK];

static int open_it(int folder, const char *path, int flags)
{
	seen[CALLS]++;
	return syscall(SYS_openat, folder, path, flags | O_CLOEXEC);
}

static long read_it(int fd)
{
	long len;

	seen[CALLS]++;
	len = syscall(SYS_read, fd, buffer, sizeof(buffer));
	if (len > 0)
		seen[BYTES] += len;
	return len;
}

static void close_it(int fd)
{
	seen[CALLS]++;
	syscall(SYS_close, fd);
}

/* As getdents64(2) has it. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t len;
	uint8_t type;
	char name[];
};

static void read_stat(int folder, const char *pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/stat", pid);
	fd = open_it(folder, path, O_RDONLY);
	/* It may have ended since. */
	if (fd < 0)
		return;
	if (read_it(fd) > 0)
		seen[TASKS]++;
	close_it(fd);
}

static void read_proc(struct actor *actor)
{
	static char entries[CHUNK];
	int folder = open_it(AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY);
	long len, at;

	(void)actor;
	if (folder < 0) {
		seen[ERROR]++;
		return;
	}
	for (;;) {
		seen[CALLS]++;
		len = syscall(SYS_getdents64, folder, entries, sizeof(entries));
		if (len <= 0)
			break;
		seen[BYTES] += len;
		for (at = 0; at < len;) {
			const struct entry *entry = (const struct entry *)(entries + at);

			if (isdigit((unsigned char)entry->name[0]))
				read_stat(folder, entry->name);
			at += entry->len;
		}
	}
	close_it(folder);
}

static void read_file(struct actor *actor)
{
	int fd = open_it(AT_FDCWD, "/proc/ringside/tasks", O_RDONLY);
	uint64_t lines = 0;
	long len, i;

	(void)actor;
	if (fd < 0) {
		seen[ERROR]++;
		return;
	}
	while ((len = read_it(fd)) > 0)
		for (i = 0; i < len; i++)
			lines += buffer[i] == '\n';
	/* The first is a heading. */
	seen[TASKS] += lines ? lines - 1 : 0;
	close_it(fd);
}

/* How many of the message's rows there are; -1 when the last has come. */
static int take(const char *chunk, int len)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)chunk;
	int rows = 0;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
			seen[TASKS] += rows;
			return -1;
		}
		rows++;
	}
	seen[TASKS] += rows;
	return rows;
}

static struct mnl_socket *netlink;

static void read_netlink(struct actor *actor)
{
	struct request req;
	long len;

	request_init(&req, RINGSIDE_CMD_TASK_GET);
	req.nlh->nlmsg_type = client_family(actor->lab->client);
	req.nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	seen[CALLS]++;
	if (mnl_socket_sendto(netlink, req.nlh, req.nlh->nlmsg_len) < 0) {
		seen[ERROR]++;
		return;
	}
	do {
		seen[CALLS]++;
		len = mnl_socket_recvfrom(netlink, buffer, sizeof(buffer));
		if (len > 0)
			seen[BYTES] += len;
	} while (len > 0 && take(buffer, len) >= 0);
	seen[ERROR] += len <= 0;
}

static uint64_t cpu_time(void)
{
	struct timespec now;

	seen[CALLS]++;
	syscall(SYS_clock_gettime, CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * NSEC + now.tv_nsec;
}

static const struct way {
	const char *name;
	void (*read)(struct actor *actor);
} ways[] = {
	{ "/proc/PID/stat", read_proc },
	{ "/proc/ringside/tasks", read_file },
	{ "netlink", read_netlink },
};

static void read_all(struct actor *actor)
{
	const struct way *way = actor->data;
	unsigned long i;
	uint64_t begin;

	seen = actor->saw;
	/* Opened before anything is counted. */
	netlink = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!netlink || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0)
		seen[ERROR]++;
	actor_hold(actor);
	begin = cpu_time();
	for (i = 0; i < actor->lab->times && !seen[ERROR]; i++)
		way->read(actor);
	seen[CPU] = cpu_time() - begin;
}

static uint64_t sum(const struct actor *actor, unsigned int what)
{
	uint64_t all = 0;
	size_t i;

	for (i = 0; i < actor->calls.nr; i++)
		all += rows_get(&actor->calls, i)[what].num;
	return all - actor_sum(actor, SYS_readv, what) - actor_sum(actor, SYS_writev, what);
}

static void compare(struct lab *lab, const struct way *way, const struct actor *actor)
{
	unsigned long times = lab->times;
	uint64_t kernel = sum(actor, S(CPU_TIME));

	if (actor->saw[ERROR]) {
		lab_failed(lab, way->name, "it could not be read");
		return;
	}
	lab_same(lab, lab_text(lab, "%s: crossings", way->name), actor->saw[CALLS],
		 actor_crossings(actor));
	lab_shown(lab, "  tasks, bytes a time",
		  lab_text(lab, "%llu, %llu", (unsigned long long)(actor->saw[TASKS] / times),
			   (unsigned long long)(actor->saw[BYTES] / times)), NULL);
	/* By two clocks, of which the scheduler's may stand still for a tick. */
	lab_shown(lab, "  us of CPU a time; in calls",
		  lab_text(lab, "%.1f", actor->saw[CPU] / 1e3 / times),
		  lab_text(lab, "%.1f", kernel / 1e3 / times));
}

static void run(struct lab *lab)
{
	struct actor actor;
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (!actor_start(lab, &actor, read_all, &ways[i]))
			return;
		if (actor_go(&actor) && actor_watch(&actor, true, NULL) && actor_go(&actor) &&
		    actor_look(&actor))
			compare(lab, &ways[i], &actor);
		actor_end(&actor);
	}
}

const struct experiment lab_reading = {
	.name = "reading",
	.title = "three ways to the same answer",
	.tried = "A program reads which tasks there are: file by file from /proc, from the "
		 "module's one file, and by netlink. It counts its own calls, the bytes that it "
		 "got and its CPU time; the kernel counts what crossed, and the CPU time within.",
	.means = "The answer costs by the crossing and by the text: a file a task means three "
		 "crossings and a line to parse for each. One file saves the crossings, and "
		 "netlink the text as well, with every field typed. (An ordinary user gets just "
		 "their own tasks from the module.)",
	.further = "man 5 proc; man 7 netlink; strace -c ps -e; ringside count -- ps -e",
	.unit = "readings",
	.times = 20,
	.most = 100000,
	.run = run,
};
