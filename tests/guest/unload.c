// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading and letting go, with open files, half-read dumps and readers everywhere. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "module.h"

static struct ring r;
static void gone(void)
{
	ok(access("/proc/ringside", F_OK) && access("/sys/kernel/ringside", F_OK) && !module_loaded(),
	   "after unloading nothing of it is left in /proc and /sys");
	ok(!ring_open(&r) && errno == ENOENT, "nor of its family");
}

static void open_proc_files(void)
{
	static const char * const names[] = {
		"tasks", "memory", "slabs", "status", "watches", "syscalls", "errors", "latency",
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

static void quiet(int nr)
{
	_exit(0);
}

/* Reads whatever there is, for ever. What fails is no matter, the module comes and goes. */
static void reader(unsigned int kind)
{
	static const char * const files[] = {
		"/proc/ringside/tasks", "/proc/ringside/slabs", "/proc/ringside/memory", "/proc/ringside/status",
		"/sys/kernel/ringside/memory/mem_free", "/sys/kernel/ringside/slabs/state",
		"/sys/kernel/ringside/memory/context_switches", "/sys/kernel/ringside/version",
		"/proc/ringside/watches", "/proc/ringside/syscalls", "/proc/ringside/errors", "/proc/ringside/latency",
		"/sys/kernel/ringside/watches/state", "/sys/kernel/ringside/backend",
	};
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTERM, quiet);
	for (i = 0;; i++) {
		struct rows rows = { 0 };

		if (kind < 2) {
			free(slurp(files[(i + 3 * kind) % NR(files)], NULL));
			continue;
		}
		if (!ring_open(&r))
			continue;
		ask(&r, 1 + i % RINGSIDE_CMD_LATENCY_GET, kind == 2);
		if (kind != 2)
			ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
		answer(&r, &rows);
		rows_free(&rows);
		ring_close(&r);
	}
}

static void cycles(void)
{
	unsigned int i, bad = 0, busy = 0;
	pid_t pid[4];

	fflush(stdout);
	for (i = 0; i < NR(pid); i++) {
		pid[i] = fork();
		if (!pid[i])
			reader(i);
	}
	for (i = 0; i < 30; i++) {
		int err = module_unload_soon(&busy);

		if (err) {
			bad++;
			diag("cycle %u: unloading gives %s", i, strerror(-err));
			break;
		}
		err = module_load(i & 1 ? "group=5" : "");
		if (err) {
			bad++;
			diag("cycle %u: loading gives %s", i, strerror(-err));
			break;
		}
		usleep(20000);
	}
	ok(!bad, "30 times unloaded and loaded under readers of everything");
	note("30 cycles of unloading under load, busy %u times", busy);
	for (i = 0; i < NR(pid); i++) {
		kill(pid[i], SIGKILL);
		waitpid(pid[i], NULL, 0);
	}
}

static int nothing(void *arg)
{
	return 0;
}

int main(void)
{
	struct rows rows;
	unsigned int i;

	lib_init();
	for (i = 0; i < 60; i++)
		child(nothing, NULL);
	open_proc_files();
	half_read_dump();
	idle_socket();
	open_sysfs_file();
	parameters();
	cycles();
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
