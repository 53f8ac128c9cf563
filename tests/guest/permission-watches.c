// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may watch whom, see what was counted, and end it: anybody their own, those
 * who may see all everybody, and what stays is for CAP_SYS_ADMIN; and root alone
 * switches in sysfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"
#include "watched.h"

/* What somebody could do; in shared memory, written in a child that has become them. */
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
	int switches[3], parameter;	/* errno of opening or writing, 0 when done */
	int backend_seen;
};

static struct watching *seen;
static struct ring there;

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
		snprintf(why, sizeof(seen->why), "%s", r->why);
	return id;
}

static void look_watch_text(unsigned int i, int own)
{
	char path[64], *text, *line, *save;

	snprintf(path, sizeof(path), "/proc/ringside/%s", watch_files[i]);
	text = slurp(path, NULL);
	seen->files[i] = text ? 0 : errno;
	if (!text)
		return;
	strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save))) {
		seen->lines[i] += strtol(line, NULL, 10) == own;
		seen->lines_foreign[i] += strtol(line, NULL, 10) != own;
	}
	free(text);
}

static void look_watches(struct ring *r, uid_t uid)
{
	struct watching *w = seen;
	pid_t self = getpid(), first = 1;
	char path[64], text[64];
	unsigned int i, j;
	struct rows rows;

	w->own = try_watch(r, (struct watch){ .pids = &self, .nr_pids = 1 }, w->why);
	for (i = 0; i < 5; i++)
		close(-1);
	for (i = 0; i < NR(watch_files); i++) {
		/* An id in one, in the others the watch: attribute 1 of each. */
		dump_all(r, RINGSIDE_CMD_WATCH_GET + i, &rows);
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

static int as(void *arg)
{
	const struct someone *who = arg;

	if (become_someone(who) || !ring_open(&there))
		return 1;
	look_watches(&there, who->uid);
	look_switches();
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
	const struct watching *w = seen;
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
	const struct watching *w = seen;
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

/*
 * Uid 0 with no capability: its own are root's processes that have none beside
 * their ids, and root's watches; but what stays is not its to make or end.
 */
static void watches_of_plain_root(void)
{
	const struct watching *w = seen;

	ok(w->own > 0 && w->all == -EPERM && w->cgroup == -EPERM && w->other_user == -EPERM && w->named == -EPERM &&
	   w->end_named == -EPERM, "uid 0 without a capability watches its own; what stays it neither makes nor ends");
	switches_nothing("uid 0 without a capability", EPERM);
}

int main(void)
{
	static const struct someone alice = { 1000, 1000 }, perfmon = { 1000, 1000, 0, CAP(PERFMON) },
		admin = { 1000, 1000, 0, CAP(SYS_ADMIN) }, everything = { 0, 0, 0, ~0ULL >> 24 },
		others = { 1000, 1000, 0, ~0ULL >> 24 & ~(CAP(PERFMON) | CAP(SYS_ADMIN)) },
		root = { 0, 0, 0, 0 }, member = { 1001, 1001, 4242, 0 }, primary = { 1001, 4242, 0, 0 },
		stranger = { 1001, 1001, 0, 0 };

	lib_init();
	seen = shared(sizeof(*seen));
	look_as(&alice);
	watches_own_only("an ordinary user");
	switches_nothing("an ordinary user", EACCES);
	look_as(&others);
	watches_own_only("every capability but CAP_PERFMON and CAP_SYS_ADMIN");
	look_as(&root);
	watches_of_plain_root();
	look_as(&perfmon);
	watches_all("CAP_PERFMON alone", false);
	switches_nothing("CAP_PERFMON alone", EACCES);
	look_as(&admin);
	watches_all("CAP_SYS_ADMIN alone", true);
	switches_nothing("CAP_SYS_ADMIN alone", EACCES);
	look_as(&everything);
	watches_all("root", true);
	ok(!seen->switches[0] && !seen->switches[1] && !seen->switches[2], "root: switches everything in sysfs");

	watches_gone();
	if (system("rmmod ringside && modprobe ringside group=4242"))
		bail("the module takes no group");
	look_as(&primary);
	watches_all("a member of the module's group", false);
	switches_nothing("a member of the module's group", EACCES);
	look_as(&member);
	watches_all("a member by a further group", false);
	look_as(&stranger);
	watches_own_only("who is no member");
	wire_ok();
	watches_gone();
	return tap_end();
}
