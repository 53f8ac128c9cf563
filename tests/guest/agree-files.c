// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Open files against /proc/PID/fd and /proc/PID/fdinfo: of a process that has
 * one of every kind, and of every other process.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"

#define F(name)	RINGSIDE_A_FILE_##name

#define OVERLAYFS	0x794c7630
#define HIGH_FD		900

static struct ring r;

static int get(struct rows *rows, const pid_t *pids, unsigned int nr)
{
	unsigned int i;

	memset(rows, 0, sizeof(*rows));
	ask(&r, RINGSIDE_CMD_FILE_GET, true);
	for (i = 0; i < nr; i++)
		ask_u32(&r, F(PID), pids[i]);
	return answer(&r, rows);
}

static int every_kind(void *arg)
{
	int fds[2], fd;
	char name[256];

	mkdir("/mnt/files/dir", 0700);
	mkfifo("/mnt/files/fifo", 0600);
	memset(name, 'n', sizeof(name));
	name[250] = '\0';
	if (chdir("/mnt/files"))
		return 1;
	fd = open("read", O_RDONLY | O_CREAT, 0600);
	fd = open("appended", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (write(fd, "twelve bytes", 12) != 12)
		return 1;
	fd = open("both", O_RDWR | O_CREAT | O_SYNC, 0600);
	lseek(fd, 1ULL << 41, SEEK_SET);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	fd = open("of two\nlines", O_RDWR | O_CREAT, 0600);
	fd = open("gone", O_RDWR | O_CREAT, 0600);
	unlink("gone");
	fd = open("dir", O_RDONLY | O_DIRECTORY);
	fd = open("dir", O_PATH);
	symlink("dir", "link");
	fd = open("link", O_PATH | O_NOFOLLOW);
	fd = open("fifo", O_RDWR | O_NONBLOCK);
	if (pipe(fds) || socketpair(AF_UNIX, SOCK_STREAM, 0, fds))
		return 1;
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	fd = socket(AF_NETLINK, SOCK_RAW, 0);
	fd = open("/dev/null", O_RDWR);
	fd = open("/proc/self/status", O_RDONLY);
	fd = open("/proc/self/ns/net", O_RDONLY);
	fd = eventfd(3, EFD_NONBLOCK);
	fd = epoll_create1(EPOLL_CLOEXEC);
	fd = inotify_init1(0);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	fd = memfd_create("of memory", 0);
	/* One with much room below it. */
	return dup2(fd, HIGH_FD) == HIGH_FD ? 0 : 1;
}

static unsigned int compared, differ, kinds, moved;
static char seen_types[512];

static void differs(const struct row *row, const char *what, const char *theirs, const char *ours)
{
	if (differ++ < 30)
		diag("%lld, file %lld: %s is %s in /proc and %s here", (long long)row->v[F(PID)],
		     (long long)row->v[F(FD)], what, theirs, ours);
}

static void compare_numbers(const struct row *row, const char *what, long long theirs, long long ours)
{
	char a[32], b[32];

	snprintf(a, sizeof(a), "%lld", theirs);
	snprintf(b, sizeof(b), "%lld", ours);
	if (theirs != ours)
		differs(row, what, a, b);
}

static const char *type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFSOCK:
		return "socket";
	case S_IFIFO:
		return "pipe";
	case S_IFCHR:
		return "character";
	case S_IFBLK:
		return "block";
	case S_IFLNK:
		return "link";
	}
	return "anon";
}

/* What /proc tells of one: false when it is there no longer. */
static bool compare_file(const struct row *row, bool quiet)
{
	pid_t pid = row->v[F(PID)];
	unsigned int fd = row->v[F(FD)];
	char path[64], name[4200], shown[300], *info, device[32];
	const char *mode;
	unsigned long long flags;
	int64_t pos, inode;
	struct statfs fs;
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/fd/%u", pid, fd);
	len = readlink(path, name, sizeof(name) - 1);
	if (len < 0 || stat(path, &st) || statfs(path, &fs))
		return false;
	name[len] = '\0';
	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%u", pid, fd);
	info = slurp(path, NULL);
	if (!info)
		return false;
	compared++;
	if (len > 255)
		snprintf(shown, sizeof(shown), "...%s", name + len - 252);
	else
		snprintf(shown, sizeof(shown), "%.255s", name);
	if (strcmp(shown, row->s[F(NAME)]))
		differs(row, "name", shown, row->s[F(NAME)]);
	if (!number_after(info, "pos", &pos) || !strstr(info, "flags:\t") || sscanf(strstr(info, "flags:\t"), "flags:\t%llo", &flags) != 1)
		bail("%s is of another kind: %s", path, info);
	/* Others may be at work. */
	if (quiet)
		compare_numbers(row, "pos", pos, row->v[F(POS)]);
	compare_numbers(row, "flags", flags, row->v[F(FLAGS)]);
	if (strcmp(row->s[F(TYPE)], type_of(st.st_mode)))
		differs(row, "type", type_of(st.st_mode), row->s[F(TYPE)]);
	mode = flags & O_PATH ? "" : (flags & O_ACCMODE) == O_RDWR ? "rw" : flags & O_WRONLY ? "w" : "r";
	if (strcmp(mode, row->s[F(MODE)]))
		differs(row, "mode", mode, row->s[F(MODE)]);
	/* In fdinfo since 5.14; an overlay's stat is of a file system of its own making. */
	if (number_after(info, "ino", &inode) || fs.f_type != OVERLAYFS)
		compare_numbers(row, "inode", number_after(info, "ino", &inode) ? inode : (int64_t)st.st_ino, row->v[F(INODE)]);
	snprintf(device, sizeof(device), "%u:%u", major(st.st_dev), minor(st.st_dev));
	if (fs.f_type != OVERLAYFS && strcmp(device, row->s[F(DEVICE)]))
		differs(row, "device", device, row->s[F(DEVICE)]);
	if (!strstr(seen_types, row->s[F(TYPE)])) {
		strcat(seen_types, " ");
		strcat(seen_types, row->s[F(TYPE)]);
		kinds++;
	}
	free(info);
	return true;
}

static unsigned int files_of(pid_t pid)
{
	unsigned int nr = 0;
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		nr += *entry->d_name != '.';
	if (dir)
		closedir(dir);
	return nr;
}

/* It has still to close what it told that it is ready by. */
static void wait_until_it_pauses(pid_t pid)
{
	char path[64], *text, want[16];
	bool paused = false;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	snprintf(want, sizeof(want), "%d ", SYS_pause);
	while (!paused) {
		text = slurp(path, NULL);
		if (!text)
			bail("%s: %s", path, strerror(errno));
		paused = !strncmp(text, want, strlen(want));
		free(text);
	}
}

static void one(pid_t pid)
{
	unsigned int i, order = 0;
	struct rows rows;

	wait_until_it_pauses(pid);

	if (get(&rows, &pid, 1))
		bail("files: %s", r.why);
	is(rows.nr, files_of(pid), "a process with a file of every kind: it has as many");
	for (i = 0; i < rows.nr; i++) {
		if (i && rows.row[i].v[F(FD)] <= rows.row[i - 1].v[F(FD)])
			order++;
		if (!compare_file(&rows.row[i], true))
			differs(&rows.row[i], "it", "not", "there");
	}
	ok(!differ && !order, "in their order, as in fd and fdinfo");
	ok(rows.nr && rows.row[rows.nr - 1].v[F(FD)] == HIGH_FD, "the last is number %d", HIGH_FD);
	ok(kinds >= 7, "there are %u kinds:%s", kinds, seen_types);
	rows_free(&rows);
}

/* All that each has, and it is of them. */
static void everybody(void)
{
	unsigned int i, nr, procs = 0, short_of = 0, odd = 0;
	struct rows rows;
	pid_t *pids;

	if (get(&rows, NULL, 0))
		bail("files: %s", r.why);
	for (i = 0; i < rows.nr; i++) {
		struct task task;

		if (rows.row[i].v[F(PID)] == getpid())
			continue;
		moved += !compare_file(&rows.row[i], false);
		task_read(&task, rows.row[i].v[F(PID)], 0);
		if (!task.gone)
			odd += task.v[RINGSIDE_A_TASK_UID] != rows.row[i].v[F(UID)] || strcmp(task.comm, rows.row[i].s[F(COMM)]);
	}
	pids = pids_read("/proc", &nr);
	for (i = 0; i < nr; i++) {
		unsigned int n, mine = 0;

		for (n = 0; n < rows.nr; n++)
			mine += rows.row[n].v[F(PID)] == pids[i];
		procs += mine > 0;
		if (pids[i] != getpid() && mine != files_of(pids[i])) {
			short_of++;
			diag("%d has %u files, here are %u", pids[i], files_of(pids[i]), mine);
		}
	}
	ok(!differ && compared > 50, "%u files of %u processes: as in fd and fdinfo", compared, procs);
	ok(!odd, "with the process's user and name");
	ok(short_of <= moved && procs > 3, "and of nobody is one missing");
	free(pids);
	rows_free(&rows);
}

static int others(void *arg)
{
	return become(1000, 1000);
}

static void filters(pid_t subject)
{
	pid_t user = child_clean(others, NULL), two[2] = { user, subject }, none = 4194303;
	struct rows rows, all;
	unsigned int i, of_both = 0;

	ok(!get(&all, two, 2) && all.nr == files_of(user) + files_of(subject), "of two processes");
	for (i = 0; i < all.nr; i++)
		of_both += all.row[i].v[F(PID)] == two[0] || all.row[i].v[F(PID)] == two[1];
	is(of_both, all.nr, "of these and of no other");
	rows_free(&all);
	ok(!get(&rows, &none, 1) && !rows.nr, "of nobody there are none");
	memset(&rows, 0, sizeof(rows));
	ask(&r, RINGSIDE_CMD_FILE_GET, true);
	ask_u32(&r, F(UID), 1000);
	ok(!answer(&r, &rows) && rows.nr == files_of(user), "of a user: those of all their processes");
	rows_free(&rows);
	memset(&rows, 0, sizeof(rows));
	ask(&r, RINGSIDE_CMD_FILE_GET, true);
	ask_u32(&r, F(UID), 1000);
	ask_u32(&r, F(PID), subject);
	ok(!answer(&r, &rows) && !rows.nr, "of a user and of a process of another: none");
	rows_free(&rows);
}

int main(void)
{
	pid_t subject;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	mkdir("/mnt/files", 0755);
	if (mount("none", "/mnt/files", "tmpfs", 0, NULL))
		bail("mount tmpfs: %s", strerror(errno));
	subject = child(every_kind, NULL);
	one(subject);
	everybody();
	filters(subject);
	children_end();
	umount2("/mnt/files", MNT_DETACH);
	wire_ok();
	return tap_end();
}
