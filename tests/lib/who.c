// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "count.h"
#include "events.h"
#include "proc.h"
#include "tap.h"
#include "who.h"

#define PROC "/proc/ringside/"
#define SYSFS "/sys/kernel/ringside/"

struct scene scene;
char who_odd[160];

static const struct caller *self;
static struct ring r;
static pid_t own_pid;
static int own_watch;

static char is_odd(const char *format, ...) PRINTF(1);
static char is_odd(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (!*who_odd)
		vsnprintf(who_odd, sizeof(who_odd), format, ap);
	va_end(ap);
	return '!';
}

static char letter_of(int err)
{
	switch (err) {
	case -EPERM:
		return 'P';
	case -EACCES:
		return 'C';
	case -EIO:
		return 'I';
	case -ESRCH:
		return '-';
	case -EINVAL:
		return 'E';
	case -EOPNOTSUPP:
		return 'X';
	case -ENOTCONN:
		return 'U';
	}
	return is_odd("%s", strerror(-err));
}

/* Refused over netlink: by a sentence, unless there is nobody who would say it. */
static char refused(int err, const struct rows *rows)
{
	char letter = letter_of(err);

	if (rows && rows->nr)
		return is_odd("refused (%s), and %u rows came", strerror(-err), rows->nr);
	if (letter == 'P' && !strstr(r.why, "CAP_"))
		return is_odd("refused, and no sentence says what it takes: '%s'", r.why);
	if (letter != 'X' && !*r.why)
		return is_odd("refused (%s) without a sentence", strerror(-err));
	return letter;
}

/* Whose rows were there. */
enum { ROOTS = 1, ALICES = 2, OWN = 4, NEIGHBOURS = 8, FOREIGN = 16 };

static char letter_of_set(unsigned int set)
{
	/* Others are just seen by who sees everybody. */
	if ((set & ~FOREIGN) == (ROOTS | ALICES | OWN))
		return 'A';
	switch (set) {
	case 0:
		return 'n';
	case ROOTS | OWN:
		return 'r';
	case ALICES | OWN:
		return 'a';
	case OWN:
		return 's';
	case OWN | NEIGHBOURS:
		return 'N';
	}
	return is_odd("rows of%s%s%s%s%s", set & ROOTS ? " root" : "", set & ALICES ? " alice" : "",
		      set & OWN ? " itself" : "", set & NEIGHBOURS ? " its namespace" : "",
		      set & FOREIGN ? " others" : "");
}

static bool in_pid_ns(void)
{
	return self->namespaces & CLONE_NEWPID;
}

static uid_t shown_uid(void)
{
	return self->namespaces & CLONE_NEWUSER ? 0 : self->who.uid;
}

static unsigned int whose_task(pid_t pid, uid_t uid)
{
	if (pid == own_pid)
		return OWN;
	if (in_pid_ns())
		return pid == 2 ? NEIGHBOURS : FOREIGN;
	if (pid == scene.root)
		return ROOTS;
	if (pid == scene.alice)
		return ALICES;
	return uid == shown_uid() ? 0 : FOREIGN;
}

/* And in whose numbers: pid is of the process it is of, or -1. */
static unsigned int whose_watch(int id, pid_t pid)
{
	pid_t wanted;
	unsigned int whose;

	if (id == own_watch) {
		/* The second process is its child, and may have just gone to sleep. */
		whose = OWN;
		wanted = in_pid_ns() && pid == 2 ? 2 : own_pid;
	} else if (id == scene.alice_watch || id == scene.alice_end) {
		whose = ALICES;
		wanted = in_pid_ns() ? 0 : scene.alice;
	} else if (id == scene.root_watch || id == scene.root_stays || id == scene.root_end ||
		   id == scene.stays_end || id == scene.goes) {
		whose = ROOTS;
		wanted = in_pid_ns() ? 0 : scene.root;
	} else {
		is_odd("watch %d, of which nobody knows", id);
		return FOREIGN;
	}
	if (pid != wanted && pid >= 0)
		is_odd("pid %d in place of %d in watch %d", pid, wanted, id);
	return whose;
}

static char machine_number(int64_t got)
{
	return got == scene.mem_total ? 'M' : is_odd("mem_total is %lld", (long long)got);
}

/* Rows of any command that answers with some. */
static char letter_of_rows(int cmd, const struct rows *rows)
{
	unsigned int i, set = 0;

	for (i = 0; i < rows->nr; i++) {
		const struct row *row = &rows->row[i];

		if (cmd == RINGSIDE_CMD_TASK_GET)
			set |= whose_task(row->v[RINGSIDE_A_TASK_TGID], row->v[RINGSIDE_A_TASK_UID]);
		else if (cmd == RINGSIDE_CMD_FILE_GET)
			set |= whose_task(row->v[RINGSIDE_A_FILE_PID], row->v[RINGSIDE_A_FILE_UID]);
		else if (cmd == RINGSIDE_CMD_WATCH_GET)
			set |= whose_watch(row->v[RINGSIDE_A_WATCH_ID], row->v[RINGSIDE_A_WATCH_PID]);
		else if (cmd == RINGSIDE_CMD_MEMORY_GET)
			return machine_number(row->v[RINGSIDE_A_MEMORY_MEM_TOTAL]);
		else if (cmd == RINGSIDE_CMD_SLAB_GET || cmd == RINGSIDE_CMD_STATUS_GET)
			return 'M';
		else	/* Without "by", and so without a process, is the one that stays. */
			set |= whose_watch(row->v[RINGSIDE_A_SYSCALL_WATCH],
					   row->v[RINGSIDE_A_SYSCALL_WATCH] == scene.root_stays ? -1 :
					   row->v[RINGSIDE_A_SYSCALL_PROCESS]);
	}
	return letter_of_set(set);
}

static char try_dump(int cmd, bool threads)
{
	struct rows rows = { 0 };
	char letter;
	int err;

	ask(&r, cmd, true);
	if (threads)
		ask_flag(&r, RINGSIDE_A_TASK_THREADS);
	err = answer(&r, &rows);
	letter = err ? refused(err, &rows) : letter_of_rows(cmd, &rows);
	rows_free(&rows);
	return letter;
}

/*
 * Areas or the way to an address that they all have, of each process by itself:
 * who is not the caller's just isn't in the set.
 */
static char try_inside(int cmd, bool frames)
{
	const pid_t pids[] = { scene.root, scene.alice, own_pid, 2 };
	unsigned int i, n, set = 0;

	for (i = 0; i < (in_pid_ns() ? 4 : 3); i++) {
		struct rows rows = { 0 };
		bool told = false;
		int err;

		ask(&r, cmd, true);
		ask_u32(&r, 1, pids[i]);
		if (cmd == RINGSIDE_CMD_PAGE_GET)
			ask_u64(&r, RINGSIDE_A_PAGE_ADDRESS, (unsigned long)&scene);
		err = answer(&r, &rows);
		if (err && (err != -ESRCH || !*r.why || rows.nr))
			is_odd("%d: %s, '%s', %u rows", pids[i], strerror(-err), r.why, rows.nr);
		for (n = 0; n < rows.nr; n++)
			told |= !frames || rows.row[n].v[RINGSIDE_A_PAGE_FRAME];
		if (told)
			set |= whose_task(pids[i], -1);
		rows_free(&rows);
	}
	return letter_of_set(set);
}

/* Each of some keys: what is not there just isn't in the set. */
static char try_keys(int cmd, const int *keys, unsigned int nr)
{
	struct rows rows = { 0 };
	char letter;
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		ask(&r, cmd, false);
		ask_u32(&r, 1, keys[i]);
		err = answer(&r, &rows);
		if (err && err != -ESRCH)
			return refused(err, &rows);
		if (err && !*r.why)
			is_odd("%d is not there, and no sentence says so", keys[i]);
	}
	letter = letter_of_rows(cmd, &rows);
	/* Both of root's watches, or none. */
	if (cmd == RINGSIDE_CMD_WATCH_GET && !row_by(&rows, 1, keys[0]) != !row_by(&rows, 1, keys[1]))
		letter = is_odd("of root's two watches one is there");
	rows_free(&rows);
	return letter;
}

static char try_do(int cmd)
{
	const int pids[] = { scene.root, scene.alice, own_pid, 2 };
	const int watches[] = { scene.root_watch, scene.root_stays, scene.alice_watch, own_watch };
	struct rows rows = { 0 };
	char letter;
	int err;

	if (cmd == RINGSIDE_CMD_TASK_GET)
		return try_keys(cmd, pids, in_pid_ns() ? 4 : 3);
	if (cmd == RINGSIDE_CMD_WATCH_GET)
		return try_keys(cmd, watches, 4);
	ask(&r, cmd, false);
	if (cmd == RINGSIDE_CMD_STATUS_GET)
		ask_str(&r, RINGSIDE_A_STATUS_ITEM, "version");
	else if (cmd == RINGSIDE_CMD_SLAB_GET)
		ask_str(&r, RINGSIDE_A_SLAB_NAME, "dentry");
	err = answer(&r, &rows);
	letter = err ? refused(err, &rows) : letter_of_rows(cmd, &rows);
	rows_free(&rows);
	return letter;
}

/* With times: some standing watch has them, so that nothing is attached for one more. */
static char try_watch(const char *of)
{
	const struct {
		const char *of;
		struct watch watch;
	} of_whom[] = {
		{ "itself", { .pids = &own_pid, .nr_pids = 1 } },
		{ "alice's", { .pids = &scene.alice, .nr_pids = 1 } },
		{ "root's", { .pids = &scene.root, .nr_pids = 1 } },
		{ "everybody", { .by = "process" } },
		{ "a cgroup", { .cgroup = 1 } },
		{ "the user alice", { .by_uid = true, .uid = self->namespaces & CLONE_NEWUSER ? 0 : ALICE } },
		/* In a user namespace he has no number. */
		{ "the user root", { .by_uid = true, .uid = self->namespaces & CLONE_NEWUSER ? 4711 : 0 } },
		{ "one that stays", { .pids = &own_pid, .nr_pids = 1, .name = COMES } },
	};
	unsigned int i;

	for (i = 0; i < NR(of_whom); i++) {
		struct watch watch = of_whom[i].watch;
		int id;

		if (strcmp(of_whom[i].of, of))
			continue;
		watch.times = true;
		id = watch_try(&r, &watch);
		if (id < 0)
			return refused(id, NULL);
		return watch_del(&r, id) ? is_odd("it does not end: %s", r.why) : 'W';
	}
	bail("nobody knows what a watch of %s is", of);
}

static char try_end(const char *of)
{
	int id = !strcmp(of, "its own") ? own_watch :
		 !strcmp(of, "alice's") ? scene.alice_end :
		 !strcmp(of, "root's") ? scene.root_end : scene.stays_end;
	int err = watch_del(&r, id);

	return err ? refused(err, NULL) : 'W';
}

/* Text */

static char letter_of_text(const char *name, char *text)
{
	unsigned int set = 0;
	int64_t value;
	char *line, *save;
	long long v[6];

	if (!strcmp(name, "memory"))
		return number_after(text, "mem_total", &value) ? machine_number(value) : is_odd("no mem_total");
	if (!strcmp(name, "slabs") || !strcmp(name, "status"))
		return strstr(text, *name == 's' && name[1] == 'l' ? "\ndentry " : "\nversion ") ? 'M' : is_odd("not that file");
	line = strtok_r(text, "\n", &save);
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (!strcmp(name, "tasks")) {
			if (sscanf(line, "%lld %lld %lld %lld %lld %lld", v, v + 1, v + 2, v + 3, v + 4, v + 5) != 6)
				return is_odd("no row: %.40s", line);
			set |= whose_task(v[0], v[5]);
		} else if (!strcmp(name, "files")) {
			if (sscanf(line, "%lld %lld %lld", v, v + 1, v + 2) != 3)
				return is_odd("no row: %.40s", line);
			set |= whose_task(v[0], v[2]);
		} else if (!strcmp(name, "watches")) {
			if (sscanf(line, "%lld %*s %*s %lld", v, v + 1) != 2)
				return is_odd("no row: %.40s", line);
			set |= whose_watch(v[0], v[1]);
		} else {
			if (sscanf(line, "%lld %*s %lld", v, v + 1) != 2)
				return is_odd("no row: %.40s", line);
			set |= whose_watch(v[0], v[0] == scene.root_stays ? -1 : v[1]);
		}
	}
	return letter_of_set(set);
}

static char try_read(const char *path)
{
	char *text = slurp(path, NULL), letter = 'M';
	int64_t value;

	if (!text)
		return letter_of(-errno);
	if (!strncmp(path, PROC, strlen(PROC)))
		letter = letter_of_text(path + strlen(PROC), text);
	else if (strlen(text) < 2)
		letter = is_odd("%s is empty", path);
	else if (!strcmp(path, SYSFS "memory/mem_total") && sscanf(text, "%lld", (long long *)&value) == 1)
		letter = machine_number(value);
	free(text);
	return letter;
}

/* Its own tells of itself, in its own numbers. */
static bool is_own_join(int fd)
{
	struct events events = { 0 };
	const struct ringside_event *event;
	bool is;

	events_read(fd, RINGSIDE_EVENT_MAX, &events);
	event = events_find(&events, own_pid, RINGSIDE_EVENT_JOIN, 0);
	is = event && event->tgid == (uint32_t)own_pid;
	events_free(&events);
	return is;
}

static char try_events(void)
{
	const int watches[] = { scene.root_watch, scene.alice_watch, own_watch };
	unsigned int i, set = 0;

	for (i = 0; i < NR(watches); i++) {
		int fd = events_open(watches[i], 0);

		if (fd >= 0)
			set |= whose_watch(watches[i], -1);
		else if (fd != (in_pid_ns() && self->who.caps ? -EXDEV : -ESRCH))
			is_odd("a watch can't be read: %s", strerror(-fd));
		if (watches[i] == own_watch && fd >= 0 && !is_own_join(fd))
			is_odd("its own watch tells nothing of it");
		if (fd >= 0)
			close(fd);
	}
	return letter_of_set(set);
}

static char try_write(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	char text[64] = "0";
	int err;

	if (!strcmp(path, PROC "events"))
		return try_events();
	if (!strcmp(name, "backend"))
		strcpy(text, "auto");
	else if (!strcmp(name, "watch_new"))
		snprintf(text, sizeof(text), COMES " pid=%d times", own_pid);
	else if (!strcmp(name, "watch_delete"))
		strcpy(text, GOES);
	err = write_to(path, text);
	if (!err && !strcmp(name, "watch_new") && write_to(SYSFS "watch_delete", COMES))
		return is_odd("the new watch was not there");
	return err ? letter_of(err) : 'W';
}

char who_asks(int cmd, const char *act)
{
	char letter;

	*who_odd = '\0';
	if (!strncmp(act, "dump", 4) && (cmd == RINGSIDE_CMD_MAP_GET || cmd == RINGSIDE_CMD_PAGE_GET))
		letter = try_inside(cmd, act[4]);
	else if (!strncmp(act, "dump", 4))
		letter = try_dump(cmd, act[4]);
	else if (cmd == RINGSIDE_CMD_WATCH_NEW)
		letter = try_watch(act + strlen("do for "));
	else if (cmd == RINGSIDE_CMD_WATCH_DEL)
		letter = try_end(act + strlen("do of "));
	else
		letter = try_do(cmd);
	return *who_odd ? '!' : letter;
}

char who_opens(const char *path, const char *act)
{
	char letter;

	*who_odd = '\0';
	letter = strcmp(act, "read") ? try_write(path) : try_read(path);
	return *who_odd ? '!' : letter;
}

bool who_begin(const struct caller *caller)
{
	int i;

	self = caller;
	own_pid = getpid();
	if (!ring_open(&r))
		return false;
	own_watch = watch_try(&r, &(struct watch){ .pids = &own_pid, .nr_pids = 1, .by = "process", .times = true,
					       .events = RINGSIDE_MIN_RING });
	/* To be in what it counted. */
	for (i = 0; i < 5; i++)
		close(-1);
	return own_watch > 0;
}
