// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every allocation that the module asks for fails in turn: the first, the second,
 * and so on, until what is done needs no more. Each failure ends in ENOMEM, in an
 * error with a sentence, or in success without it; the same works right after it;
 * and nothing leaks. For what counts on the way see storm-missed.
 *
 * What fails is what has the module on its stack. Of an action that allocates a
 * thousand times in a loop those in its middle are sampled.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "count.h"
#include "events.h"
#include "fail.h"
#include "kmsg.h"
#include "lib.h"
#include "module.h"
#include "sweep.h"

static struct ring r;
static const uint32_t getppid_only[] = { RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_getppid) };
static uint64_t cgroup_id;
static uint32_t made;			/* a watch */

/* The module as such */

static void ring_up(void)
{
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
}

static void have_none(const struct action *action)
{
	if (r.nl)
		ring_close(&r);
	if (module_loaded() && module_unload_soon(NULL))
		bail("the module can't be let go");
}

static void have_it(const struct action *action)
{
	if (!module_loaded() && module_load(action && action->text ? action->text : ""))
		bail("the module does not load");
	if (!r.nl)
		ring_up();
}

static int load(const struct action *action)
{
	return module_load(action->text);
}

static void unload(const struct action *action)
{
	have_none(action);
}

static const char *check_load(const struct action *action, int err)
{
	if (!err)
		return access("/proc/ringside/latency", R_OK) ? "it is loaded and has no files" : NULL;
	return !access("/proc/ringside", F_OK) || !access("/sys/kernel/ringside", F_OK) || module_loaded() ?
	       "something is left of it" : NULL;
}

/* Loaded, with everything used that it keeps until it goes. */
static void have_used(const struct action *action)
{
	struct watch self = { .nr_pids = 1, .times = true, .by = "process" };
	struct rows rows;
	pid_t pid = getpid();

	self.pids = &pid;
	have_it(action);
	dump_all(&r, RINGSIDE_CMD_STATUS_GET, &rows);
	rows_free(&rows);
	watch_del(&r, watch_new(&r, &self));
	ring_close(&r);
}

static int do_unload(const struct action *action)
{
	return module_unload_soon(NULL);
}

/* Watches */

static int new_watch(const struct action *action)
{
	int id = watch_try(&r, &action->watch);

	made = id > 0 ? id : 0;
	return id < 0 ? id : 0;
}

static void end_watch(const struct action *action)
{
	if (watch_del(&r, made))
		bail("%s: the watch does not end: %s", action->name, r.why);
}

static int events_fd;

static int new_reader(const struct action *action)
{
	events_fd = events_open(made, O_NONBLOCK);
	return events_fd < 0 ? events_fd : 0;
}

static const char *check_reader(const struct action *action, int err)
{
	struct events_sums sums = { 0 };

	syscall(SYS_getppid);
	return !err && events_sum(events_fd, &sums) <= 0 ? "it reads nothing" : NULL;
}

static void end_reader(const struct action *action)
{
	close(events_fd);
}

/* It counts, by what was asked. */
static const char *check_watch(const struct action *action, int err)
{
	struct rows rows;
	const char *why = NULL;

	if (err)
		return NULL;
	if (watch_row(&r, made, &rows)->v[RINGSIDE_A_WATCH_UNKEPT])
		return rows_free(&rows), NULL;
	rows_free(&rows);
	syscall(SYS_getppid);
	watch_dump(&r, RINGSIDE_CMD_SYSCALL_GET, made, &rows);
	if (!action->watch.cgroup && !sum(&rows, CALL(SYS_getppid), RINGSIDE_A_SYSCALL_CALLS))
		why = "it does not count";
	rows_free(&rows);
	return why;
}

static void afresh(const struct action *action)
{
	have_none(action);
	have_it(action);
	fail_in_module();
}

static int write_switch(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/kernel/ringside/%s", name);
	return write_to(path, text);
}

static int sysfs_new(const struct action *action)
{
	char text[128];

	snprintf(text, sizeof(text), action->text, action->cmd ? getpid() : (int)cgroup_id);
	return write_switch("watch_new", text);
}

static void sysfs_delete(const struct action *action)
{
	if (write_switch("watch_delete", "storm"))
		bail("%s: the watch does not end", action->name);
}

static void named_before(const struct action *action)
{
	struct watch self = { .name = "storm", .nr_pids = 1, .times = action->dump };
	pid_t pid = getpid();

	self.pids = &pid;
	made = watch_new(&r, &self);
}

static int named_end(const struct action *action)
{
	return action->cmd ? watch_del(&r, made) : write_switch("watch_delete", "storm");
}

/* What was refused did nothing, and works the next time. */
static const char *check_end(const struct action *action, int err)
{
	return err && write_switch("watch_delete", "storm") ? "it can't be ended any more" : NULL;
}

/* What was chosen counts, or what was before. */

static int choose(const struct action *action)
{
	return backend_choose(action->text);
}

static const char *check_choice(const struct action *action, int err)
{
	char state[128];

	status_of(&r, "attached", state, sizeof(state), NULL, 0);
	if (!strcmp(state, "nothing"))
		return "nothing counts";
	return err || !strcmp(action->text, "auto") || !strncmp(state, action->text, strlen(action->text)) ?
	       NULL : "another one counts";
}

/* Reading */

static int request(const struct action *action)
{
	struct rows rows = { 0 };
	int err;

	ask(&r, action->cmd, action->dump);
	if (action->cmd == RINGSIDE_CMD_TASK_GET) {
		ask_u32(&r, RINGSIDE_A_TASK_PID, getpid());
		if (action->dump) {
			ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
			ask_u32(&r, RINGSIDE_A_TASK_UID, 0);
		}
	} else if (action->cmd == RINGSIDE_CMD_WATCH_GET && !action->dump) {
		ask_u32(&r, RINGSIDE_A_WATCH_ID, made);
	} else if (action->cmd == RINGSIDE_CMD_MAP_GET || action->cmd == RINGSIDE_CMD_PAGE_GET) {
		ask_u32(&r, RINGSIDE_A_MAP_PID, getpid());
		if (action->cmd == RINGSIDE_CMD_PAGE_GET)
			ask_u64(&r, RINGSIDE_A_PAGE_ADDRESS, (unsigned long)&r);
	} else if (action->text) {
		ask_str(&r, action->cmd == RINGSIDE_CMD_STATUS_GET ? (int)RINGSIDE_A_STATUS_ITEM :
			(int)RINGSIDE_A_SLAB_NAME, action->text);
	}
	err = answer(&r, &rows);
	if (!err && !rows.nr)
		err = -ENODATA;
	rows_free(&rows);
	return err;
}

static int read_file(const char *path)
{
	size_t len;
	char *text = slurp(path, &len);

	if (!text)
		return -errno;
	free(text);
	return len ? 0 : -ENODATA;
}

static int read_proc(const struct action *action)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/ringside/%s", action->text);
	return read_file(path);
}

/* Some files that can be read in a directory of sysfs: all of its fields are one function. */
static int read_sysfs(const struct action *action)
{
	char path[512];
	struct dirent *entry;
	int err = 0, files = 0;
	struct stat st;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/kernel/ringside/%s", action->text);
	dir = opendir(path);
	while (dir && !err && files < 4 && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/kernel/ringside/%s/%s", action->text, entry->d_name);
		if (!stat(path, &st) && S_ISREG(st.st_mode) && st.st_mode & 0444) {
			err = read_file(path);
			files++;
		}
	}
	if (!dir)
		return -errno;
	closedir(dir);
	return err;
}

/* What is found out on first use, and by a worker */

static void first_use(void)
{
	struct rows rows = { 0 };
	unsigned int n, failed = 0, none = 0;
	char said[256];
	bool good = true;
	int err, after;

	/* One in so many, up to one of all: there are hundreds, and each time it is loaded anew. */
	for (n = 1; none < 3; n += 1 + n / often(4, 32)) {
		afresh(NULL);
		ask(&r, RINGSIDE_CMD_SLAB_GET, true);
		fail_anyone(n);
		err = answer(&r, &rows);
		if (fail_anyone_end())
			failed++;
		else
			none++;
		rows_free(&rows);
		snprintf(said, sizeof(said), "%s", r.why);
		ask(&r, RINGSIDE_CMD_SLAB_GET, true);
		after = answer(&r, &rows);
		if ((err && err != -ENOMEM && !*said) || after || !rows.nr) {
			good = false;
			diag("one in %u: %s (%s), then %s (%s)", n, strerror(-err), said, strerror(-after), r.why);
		}
		rows_free(&rows);
	}
	ok(good, "the kernel's types, on first use: %u allocations failed, and they are found after it", failed);
}

static void sweep_watches(void)
{
	static pid_t self;
	struct action kinds[] = {
		{ "a watch of everything", new_watch },
		{ "a watch of one call", new_watch, .watch = { .calls = getppid_only, .nr_calls = 1 } },
		{ "a watch of a process", new_watch, .watch = { .pids = &self, .nr_pids = 1 } },
		{ "a watch of a cgroup", new_watch, .watch = { .cgroup = cgroup_id } },
		{ "a watch of a user", new_watch, .watch = { .by_uid = true } },
		{ "a watch with times", new_watch, .watch = { .times = true } },
		{ "a watch by process", new_watch, .watch = { .by = "process" } },
		{ "a watch by cgroup", new_watch, .watch = { .by = "cgroup" } },
		{ "a watch with a name", new_watch, .watch = { .name = "storm" } },
		{ "a watch with records", new_watch, .watch = { .pids = &self, .nr_pids = 1, .events = RINGSIDE_MIN_RING } },
	};
	static const struct action by_sysfs[] = {
		{ "a watch by sysfs", sysfs_new, .text = "storm all" },
		{ "a watch of a process by sysfs", sysfs_new, .text = "storm pid=%d times", .cmd = 1 },
		{ "a watch of a cgroup by sysfs", sysfs_new, .text = "storm cgroup=%d by=process" },
		{ "a watch of a user by sysfs", sysfs_new, .text = "storm uid=0 by=cgroup" },
	};
	static const struct action ends[] = {
		{ "the end of a watch", named_end, named_before, .cmd = 1, .never = true },
		{ "the end of a watch with times", named_end, named_before, .cmd = 1, .dump = true, .never = true },
		{ "the end of a watch by sysfs", named_end, named_before, .check = check_end },
	};
	struct action first = { "the first thread that is followed", new_watch, afresh, end_watch, check_watch,
				.watch = { .pids = &self, .nr_pids = 1 }, .text = "backend=tracepoint" };
	static const struct action reader = { "a reader of records", new_reader, NULL, end_reader, check_reader };
	struct watch recorded = { .pids = &self, .nr_pids = 1, .events = RINGSIDE_MIN_RING };
	struct action action;
	unsigned int i;

	self = getpid();
	sweep(&first);
	made = watch_new(&r, &recorded);
	sweep_watches_wanted = 1;
	sweep(&reader);
	watch_del(&r, made);
	sweep_watches_wanted = 0;
	if (backend_choose("tracepoint"))
		bail("tracepoint is refused");
	for (i = 0; i < NR(kinds); i++) {
		action = kinds[i];
		action.undo = end_watch;
		action.check = check_watch;
		sweep(&action);
	}
	for (i = 0; i < NR(by_sysfs); i++) {
		action = by_sysfs[i];
		action.undo = sysfs_delete;
		sweep(&action);
	}
	for (i = 0; i < NR(ends); i++)
		sweep(&ends[i]);
}

/* Each of them attached, for few calls and for all; one in the place of another; one that is to see more. */
static void sweep_backends(void)
{
	static const char * const ways[][2] = {
		{ "tracepoint", "direct" }, { "direct", "kprobe" }, { "kprobe", "tracepoint" },
		{ "kprobe", "direct" }, { "tracepoint", "auto" },
	};
	static const struct action more = { "direct for more calls", new_watch, NULL, end_watch, check_watch };
	struct watch few = { .calls = getppid_only, .nr_calls = 1 };
	struct action beside = { "direct beside another module's kprobe", new_watch, NULL, end_watch, check_watch,
				 .watch = few };
	const char *neighbour = getenv("TESTS_NEIGHBOUR");
	char name[64], insmod[256];
	unsigned int i;
	uint32_t id;

	for (i = 0; i < 2 * 3; i++) {
		struct action attach = { name, new_watch, NULL, end_watch, check_watch };

		snprintf(name, sizeof(name), "%s attached for %s", backends[i / 2], i % 2 ? "all calls" : "one call");
		if (i % 2 == 0)
			attach.watch = few;
		if (backend_choose(backends[i / 2]))
			bail("%s is refused", backends[i / 2]);
		sweep(&attach);
	}
	id = watch_new(&r, &few);
	sweep_watches_wanted = 1;
	for (i = 0; i < NR(ways); i++) {
		struct action change = { name, choose, NULL, NULL, check_choice, .text = ways[i][1] };

		snprintf(name, sizeof(name), "from %s to %s", ways[i][0], ways[i][1]);
		if (backend_choose(ways[i][0]))
			bail("%s is refused", ways[i][0]);
		sweep(&change);
	}
	watch_del(&r, id);
	backend_choose("direct");
	id = watch_new(&r, &few);
	sweep(&more);
	watch_del(&r, id);
	sweep_watches_wanted = 0;
	/* Whose the probe is on the handler is found out, with memory. */
	snprintf(insmod, sizeof(insmod), "insmod %s symbol=__x64_sys_getppid", neighbour ? neighbour : "");
	if (system(insmod))
		bail("%s: it does not load", insmod);
	sweep(&beside);
	if (system("rmmod rs_neighbour"))
		bail("the other module is not let go");
}

static void sweep_reading(void)
{
	struct watch self = { .nr_pids = 1, .times = true, .by = "process" };
	const struct noun *noun;
	pid_t pid = getpid();
	char name[64];
	int i;

	self.pids = &pid;
	made = watch_new(&r, &self);
	sweep_watches_wanted = 1;
	for (i = 0; i < 10; i++)
		close(-1);
	for (noun = nouns; noun->name; noun++) {
		struct action dump = { name, request, .cmd = noun->cmd, .dump = true };
		struct action proc = { name, read_proc, .text = noun->name };
		struct action sysfs = { name, read_sysfs, .text = noun->name };

		snprintf(name, sizeof(name), "a dump of %s", noun->name);
		sweep(&dump);
		dump.dump = false;
		if (noun->cmd == RINGSIDE_CMD_SLAB_GET)
			dump.text = "dentry";
		else if (noun->cmd == RINGSIDE_CMD_STATUS_GET)
			dump.text = "backend";
		snprintf(name, sizeof(name), "one of %s", noun->name);
		if (!noun->only_dump)
			sweep(&dump);
		snprintf(name, sizeof(name), "/proc/ringside/%s", noun->name);
		if (!noun->needs)
			sweep(&proc);
		snprintf(name, sizeof(name), "/sys/kernel/ringside/%s", noun->name);
		sweep(&sysfs);
	}
	watch_del(&r, made);
	sweep_watches_wanted = 0;
}

static void sweep_module(void)
{
	static const struct action whole = { "load", load, have_none, unload, check_load, .text = "" };
	static const struct action letting_go = { "unload", do_unload, have_used, .never = true };

	/* A cache that can't be had is told with a trace of calls. */
	kmsg_begin();
	fail_in_function("do_init_module");
	sweep(&whole);
	kmsg_end("load without memory");
	have_it(NULL);
	fail_in_module();
	sweep(&letting_go);
}

/* By the test that looks for them, which says what they are. */
static void leaks(const char *self)
{
	char command[512];

	if (access("/sys/kernel/debug/kmemleak", W_OK)) {
		skip("the kernel was booted without kmemleak", "nothing leaked");
		return;
	}
	snprintf(command, sizeof(command), "sh '%.*skmemleak' | sed 's/^/# /'; ! grep -q ^ours: /tmp/leaks",
		 (int)(strrchr(self, '/') - self + 1), self);
	fflush(stdout);
	ok(!system(command), "nothing leaked");
}

int main(int argc, char **argv)
{
	lib_init();
	cgroup_id = sweep_init(&r);
	free(slurp("/proc/ringside/memory", NULL));
	have_it(NULL);
	fail_in_module();

	sweep_reading();
	sweep_watches();
	sweep_backends();
	sweep_module();
	afresh(NULL);
	first_use();

	wire_ok();
	sweep_note();
	have_none(NULL);
	leaks(argv[0]);
	return tap_end();
}
