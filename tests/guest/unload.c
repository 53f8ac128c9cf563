// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading and letting go, with open files and half-read dumps. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "module.h"

static struct ring r;

static void gone(void)
{
	ok(module_gone(), "after unloading nothing of it is left");
	ok(!ring_open(&r) && errno == ENOENT, "nor of its family");
}

static void open_proc_files(void)
{
	static const char * const names[] = {
		"tasks", "memory", "slabs", "status", "watches", "syscalls", "errors", "latency", "files",
	};
	char path[64], buf[64];
	int fd[2 * NR(names)], bad = 0;
	unsigned int i;

	for (i = 0; i < NR(fd); i++) {
		snprintf(path, sizeof(path), "/proc/ringside/%s", names[i % NR(names)]);
		fd[i] = open(path, O_RDONLY | O_CLOEXEC);
		/* One of each read in part. */
		if (fd[i] < 0 || (i < NR(names) && read(fd[i], buf, 10) != 10))
			bail("%s: %s", path, strerror(errno));
	}
	is(module_unload(), 0, "it unloads with files of /proc open");
	for (i = 0; i < NR(fd); i++) {
		ssize_t got = read(fd[i], buf, sizeof(buf));

		if (got >= 0 || errno != EIO) {
			bad++;
			diag("%s: read gives %zd (%s)", names[i % NR(names)], got, strerror(errno));
		}
		got = pread(fd[i], buf, sizeof(buf), 0);
		bad += got >= 0 || errno != EIO;
		bad += close(fd[i]) != 0;
	}
	ok(!bad, "then a read gives EIO, and closing works");
	gone();
	is(module_load(""), 0, "it loads again");
}

static void half_read_dump(void)
{
	struct rows rows = { 0 };
	bool done;

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	r.room = 4096;
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_send(&r);
	answer_some(&r, &rows, &done);
	ok(!done, "a dump is half read");
	is(module_unload(), -EAGAIN, "then it is busy");
	ok(module_loaded() && !access("/proc/ringside/tasks", R_OK), "and stays as it was");
	while (!done)
		if (answer_some(&r, &rows, &done))
			break;
	ok(done && rows.nr > 60, "the dump goes on to its end");
	rows_free(&rows);
	ask(&r, RINGSIDE_CMD_SLAB_GET, true);
	ask_send(&r);
	answer_some(&r, &rows, &done);
	rows_free(&rows);
	ring_close(&r);
	is(module_unload(), 0, "with the half-read dump's socket closed it unloads");
	gone();
	is(module_load(""), 0, "it loads again");
}

/* A socket kept over it: the family that comes back has another number, or the same. */
static void idle_socket(void)
{
	static struct ring kept;
	struct rows rows = { 0 };
	int err;

	if (!ring_open(&kept))
		bail("no family: %s", strerror(errno));
	is(module_unload(), 0, "it unloads with an idle socket open");
	ask(&kept, RINGSIDE_CMD_STATUS_GET, true);
	err = answer(&kept, &rows);
	is(err, -ENOENT, "what is asked then is not there");
	is(module_load(""), 0, "it loads again");
	ring_close(&kept);
}

static void open_sysfs_file(void)
{
	int fd = open("/sys/kernel/ringside/memory/mem_free", O_RDONLY | O_CLOEXEC);
	int dir = open("/sys/kernel/ringside", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char buf[64];

	if (fd < 0 || dir < 0 || read(fd, buf, sizeof(buf)) <= 0)
		bail("sysfs: %s", strerror(errno));
	is(module_unload(), 0, "it unloads with a file and the directory of sysfs open");
	ok(pread(fd, buf, sizeof(buf), 0) < 0 && errno == ENODEV, "then a read gives ENODEV");
	ok(openat(dir, "version", O_RDONLY) < 0, "and nothing is to be found there");
	close(fd);
	close(dir);
	is(module_load(""), 0, "it loads again");
}

static void parameters(void)
{
	char text[64];

	is(module_unload(), 0, "it unloads");
	is(module_load("group=nonsense"), -EINVAL, "a group in words is refused");
	is(module_load("group="), -EINVAL, "an empty group is refused");
	is(module_load("group=4294967296"), -ERANGE, "a group that does not fit is refused");
	ok(!module_loaded() && access("/proc/ringside", F_OK), "and nothing is left of that");
	is(module_load("group=1000"), 0, "a group is taken");
	read_line(text, sizeof(text), "/sys/module/ringside/parameters/group");
	is_str(text, "1000", "and shows");
	is(module_unload(), 0, "it unloads");
	is(module_load(""), 0, "it loads");
	is(module_load(""), -EEXIST, "but not twice");
}

int main(void)
{
	struct rows rows;
	unsigned int i;

	lib_init();
	for (i = 0; i < 60; i++)
		child(NULL, NULL);
	open_proc_files();
	half_read_dump();
	idle_socket();
	open_sysfs_file();
	parameters();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	ok(rows.nr > 60, "and after all that it works");
	ring_close(&r);
	is(module_unload(), 0, "and unloads");
	gone();
	children_end();
	return tap_end();
}
