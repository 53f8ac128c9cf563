// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who may look: each cell of the table in who-table.h, and that it has all that
 * the running module offers. What depends on more than who calls is looked at in
 * permission.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "callers.h"
#include "count.h"
#include "ctrl.h"
#include "lib.h"
#include "module.h"
#include "watched.h"
#include "who.h"
#include "who-table.h"

/* In the order of the table's columns. */
static const struct caller callers[] = {
	{ "root", { 0, 0, 0, ALL_CAPS } },
	{ "alice", { ALICE, ALICE } },
	{ "other", { OTHER, OTHER } },
	{ "uid 0", { 0, 0 } },
	{ "user", { ALICE, ALICE }, CLONE_NEWUSER },
	{ "pid", { 0, 0, 0, ALL_CAPS }, CLONE_NEWPID },
	{ "net", { 0, 0, 0, ALL_CAPS }, CLONE_NEWNET },
	{ "three", { ALICE, ALICE }, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET },
	{ "perfmon", { OTHER, OTHER, 0, CAP(PERFMON) } },
	{ "admin", { OTHER, OTHER, 0, CAP(SYS_ADMIN) } },
	{ "netadm", { OTHER, OTHER, 0, CAP(NET_ADMIN) } },
	{ "rest", { OTHER, OTHER, 0, ALL_CAPS & ~(CAP(PERFMON) | CAP(SYS_ADMIN)) } },
	{ "group", { OTHER, OTHER, GROUP } },
	{ "gid", { OTHER, GROUP } },
};

enum { COLUMN_OTHER = 2, COLUMN_GROUP = 12, COLUMN_GID = 13 };

/* What came back for each cell, and words about what is odd; in shared memory. */
static struct {
	char letter[NR(table)];
	char odd[NR(table)][160];
	unsigned int wire_errors;
	char wire_error[512];
} *seen;

/* The files that the running module has, and the lines that they are in. */
static struct file {
	char path[512];
	unsigned int read, write;
} files[256];

static unsigned int nr_files;

/* All files of the line, which are to give the same. */
static char try_files(unsigned int line)
{
	char letter = 0, this;
	unsigned int i;

	for (i = 0; i < nr_files; i++) {
		if (files[i].read != line && files[i].write != line)
			continue;
		this = who_opens(files[i].path, table[line].act);
		if (letter && this != letter) {
			snprintf(who_odd, sizeof(who_odd), "%.100s gives %c, not %c", files[i].path, this, letter);
			return '!';
		}
		letter = this;
	}
	return letter;
}

/* The operations by their names in the header. */
static const struct {
	const char *name;
	int cmd;
} operations[] = {
#define OPERATION(name) { #name, RINGSIDE_CMD_##name }
	OPERATION(STATUS_GET), OPERATION(TASK_GET), OPERATION(MEMORY_GET), OPERATION(SLAB_GET),
	OPERATION(WATCH_GET), OPERATION(SYSCALL_GET), OPERATION(ERROR_GET), OPERATION(LATENCY_GET),
	OPERATION(WATCH_NEW), OPERATION(WATCH_DEL), OPERATION(MAP_GET), OPERATION(PAGE_GET), OPERATION(FILE_GET),
};

static int cmd_of(const struct line *line)
{
	unsigned int i;

	for (i = 0; i < NR(operations); i++)
		if (!strcmp(operations[i].name, line->object))
			return operations[i].cmd;
	return 0;
}

static void try_line(unsigned int i)
{
	int cmd = cmd_of(&table[i]);

	seen->letter[i] = cmd ? who_asks(cmd, table[i].act) : try_files(i);
	if (seen->letter[i] == '!')
		strcpy(seen->odd[i], who_odd);
}

static int look(void *arg)
{
	unsigned int i, last;

	if (!who_begin(arg))
		return 1;
	/* It ends its own watch last. */
	for (last = 0; last < 2; last++)
		for (i = 0; i < NR(table); i++)
			if (last == !strcmp(table[i].object, "WATCH_DEL"))
				try_line(i);
	seen->wire_errors = wire_errors;
	strcpy(seen->wire_error, wire_error);
	return 0;
}

/* The scene, made by root */

static struct ring roots, alices;

static void make_calls(int nr)
{
	int i;

	for (i = 0; i < 10; i++) {
		getppid();
		close(-1);
	}
}

static int caller_of(void *arg)
{
	const uid_t *uid = arg;

	return (*uid && become(*uid, *uid)) || signal(SIGUSR1, make_calls) == SIG_ERR;
}

static int watch_of(struct ring *on, pid_t pid, const char *name, const char *by)
{
	return watch_new(on, &(struct watch){ .pids = &pid, .nr_pids = 1, .by = by, .times = !name || by, .name = name,
					   .events = name ? 0 : RINGSIDE_MIN_RING });
}

/* Until what was asked of the process is counted. */
static void wait_for_errors(int id)
{
	unsigned int tries, nr = 0;
	struct rows rows;

	for (tries = 0; !nr && tries < 200; tries++) {
		usleep(20000);
		watch_dump(&roots, RINGSIDE_CMD_ERROR_GET, id, &rows);
		nr = rows.nr;
		rows_free(&rows);
	}
	if (!nr)
		bail("the calls of a process were not counted");
}

static void make_scene(void)
{
	static const uid_t root = 0, alice = ALICE;
	struct rows rows;

	/* A socket is as good as who opened it. */
	if (!ring_open(&roots) || setegid(ALICE) || seteuid(ALICE) || !ring_open(&alices) || seteuid(0) || setegid(0))
		bail("no sockets: %s", strerror(errno));
	scene.root = child_clean(caller_of, (void *)&root);
	scene.alice = child_clean(caller_of, (void *)&alice);
	scene.root_watch = watch_of(&roots, scene.root, NULL, "process");
	scene.root_stays = watch_of(&roots, scene.root, STAYS, NULL);
	scene.alice_watch = watch_of(&alices, scene.alice, NULL, "process");
	kill(scene.root, SIGUSR1);
	kill(scene.alice, SIGUSR1);
	wait_for_errors(scene.root_watch);
	wait_for_errors(scene.alice_watch);
	dump_all(&roots, RINGSIDE_CMD_MEMORY_GET, &rows);
	scene.mem_total = rows.row[0].v[RINGSIDE_A_MEMORY_MEM_TOTAL];
	rows_free(&rows);
}

static void end_scene(void)
{
	if (watch_del(&roots, scene.root_stays))
		bail("a watch does not end: %s", roots.why);
	ring_close(&roots);
	ring_close(&alices);
	children_end();
	watches_gone();
}

/* Whether the watch that is to be ended so is there no longer, and is when it was not done. */
static bool is_ended(struct ring *on, int id, const char *object, const char *act)
{
	bool gone = watch_del(on, id) == -ESRCH;
	unsigned int i;

	for (i = 0; i < NR(table); i++)
		if (!strcmp(table[i].object, object) && !strcmp(table[i].act, act)) {
			if (gone != (seen->letter[i] == 'W') && seen->letter[i] != '!') {
				snprintf(seen->odd[i], sizeof(seen->odd[i]), "told %c, and the watch is %s",
					 seen->letter[i], gone ? "gone" : "there");
				seen->letter[i] = '!';
			}
			return gone;
		}
	bail("%s %s is not in the table", object, act);
}

static void look_as(const struct caller *caller)
{
	memset(seen, 0, sizeof(*seen));
	scene.root_end = watch_of(&roots, scene.root, NULL, "process");
	scene.stays_end = watch_of(&roots, scene.root, STAYS ".too", "process");
	scene.alice_end = watch_of(&alices, scene.alice, NULL, "process");
	scene.goes = watch_of(&roots, scene.root, GOES, "process");
	if (caller_run(caller, look, (void *)caller))
		bail("%s could not look", caller->name);
	if (seen->wire_errors && !wire_errors)
		strcpy(wire_error, seen->wire_error);
	wire_errors += seen->wire_errors;
	is_ended(&roots, scene.root_end, "WATCH_DEL", "do of root's");
	is_ended(&roots, scene.stays_end, "WATCH_DEL", "do of one that stays");
	is_ended(&alices, scene.alice_end, "WATCH_DEL", "do of alice's");
	is_ended(&roots, scene.goes, SYSFS "watch_delete", "write");
}

/* What the running module has */

static bool is_wild(const struct line *line)
{
	return strchr(line->object, '*');
}

/* The first line that has it. */
static unsigned int line_of(const char *path, const char *act)
{
	unsigned int i;

	for (i = 0; i < NR(table); i++)
		if (!strcmp(table[i].act, act) && !fnmatch(table[i].object, path, FNM_PATHNAME))
			return i;
	return NR(table);
}

static void find_files(const char *dir, unsigned int *unlisted)
{
	struct dirent *entry;
	char path[512];
	DIR *d = opendir(dir);

	if (!d)
		bail("%s: %s", dir, strerror(errno));
	while ((entry = readdir(d))) {
		struct file *file = &files[nr_files];

		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s%s", dir, entry->d_name);
		if (entry->d_type == DT_DIR) {
			strcat(path, "/");
			find_files(path, unlisted);
			continue;
		}
		if (++nr_files == NR(files))
			bail("there are too many files");
		snprintf(file->path, sizeof(file->path), "%s", path);
		file->read = line_of(path, "read");
		file->write = line_of(path, "write");
		if (file->read == NR(table) || file->write == NR(table)) {
			++*unlisted;
			diag("%s is not in the table", path);
		}
	}
	closedir(d);
}

static bool has_file(const char *format, const char *name)
{
	char path[512];
	unsigned int i;

	snprintf(path, sizeof(path), format, name);
	for (i = 0; i < nr_files; i++)
		if (!strcmp(files[i].path, path))
			return true;
	diag("%s is not there", path);
	return false;
}

static void check_files(void)
{
	const struct field *field;
	const struct noun *noun;
	unsigned int i, wild = 0, unlisted = 0, missing = 0;

	find_files(PROC, &unlisted);
	find_files(SYSFS, &unlisted);
	find_files(PARAM, &unlisted);
	ok(!unlisted, "each of %u files and attributes is in the table", nr_files);
	for (i = 0; i < NR(table); i++)
		missing += *table[i].object == '/' && !is_wild(&table[i]) && !has_file("%s", table[i].object);
	/* Of those that a pattern stands for: as many as it should be. */
	for (noun = nouns; noun->name; noun++, wild++)
		missing += !has_file(SYSFS "%s/state", noun->name);
	for (field = noun_of(RINGSIDE_CMD_MEMORY_GET)->fields; field->name; field++, wild++)
		missing += !has_file(SYSFS "memory/%s", field->name);
	for (i = 0; i < nr_files; i++)
		wild -= files[i].read < NR(table) && is_wild(&table[files[i].read]);
	ok(!missing && !wild, "and what is in the table is there");
}

/* Of GENL_ID_CTRL: flags by operation, and how many groups. */
struct family {
	uint32_t flags[64];
	unsigned int groups, others;
};

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	struct family *family = data;
	const struct nlattr *attr, *op, *of;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			mnl_attr_for_each_nested(op, attr)
				family->groups++;
		if (mnl_attr_get_type(attr) != CTRL_ATTR_OPS)
			continue;
		mnl_attr_for_each_nested(op, attr) {
			uint32_t id = 0, flags = 0;

			mnl_attr_for_each_nested(of, op) {
				if (mnl_attr_get_type(of) == CTRL_ATTR_OP_ID)
					id = mnl_attr_get_u32(of);
				else if (mnl_attr_get_type(of) == CTRL_ATTR_OP_FLAGS)
					flags = mnl_attr_get_u32(of);
			}
			if (id && id < NR(family->flags))
				family->flags[id] |= flags | 1u << 31;
			else
				family->others++;
		}
	}
	return MNL_CB_OK;
}

static void get_family(struct family *family)
{
	char buf[8192];
	int got;

	if (ctrl_ask(roots.nl, CTRL_CMD_GETFAMILY, 0) < 0)
		bail("GETFAMILY: %s", strerror(errno));
	got = mnl_socket_recvfrom(roots.nl, buf, sizeof(buf));
	if (got < 0 || mnl_cb_run(buf, got, 0, mnl_socket_get_portid(roots.nl), on_family, family) < 0)
		bail("GETFAMILY: %s", strerror(errno));
}

/* Whether the table says that somebody can do or dump it. */
static uint32_t flags_listed(int cmd)
{
	uint32_t flags = 0;
	unsigned int i;

	for (i = 0; i < NR(table); i++)
		if (cmd_of(&table[i]) == cmd && *table[i].cells != 'X')
			flags |= strncmp(table[i].act, "dump", 4) ? GENL_CMD_CAP_DO : GENL_CMD_CAP_DUMP;
	return flags;
}

static void check_operations(void)
{
	const uint32_t admin = GENL_ADMIN_PERM | GENL_UNS_ADMIN_PERM;
	struct family family = { 0 };
	unsigned int cmd, differ = 0, nr = 0;

	get_family(&family);
	for (cmd = 1; cmd < NR(family.flags); cmd++) {
		uint32_t flags = family.flags[cmd];

		nr += !!flags;
		if ((flags & (GENL_CMD_CAP_DO | GENL_CMD_CAP_DUMP | admin)) == flags_listed(cmd))
			continue;
		differ++;
		diag("operation %u: the flags are %#x, and of the table %#x", cmd, flags, flags_listed(cmd));
	}
	ok(!differ && !family.others && nr == NR(operations), "each of %u operations is in the table, with do and dump as they are", nr);
	is(family.groups, 0, "there is no multicast group, which would need a line");
}

/* Who may have what this kernel can't give is told so, be it to read or to write. */
static char wanted(unsigned int i, unsigned int j)
{
	static int without_slabs = -1;
	char state[64], letter = table[i].cells[2 * j];

	if (without_slabs < 0) {
		status_of(&roots, "slabs", state, sizeof(state), NULL, 0);
		without_slabs = !strcmp(state, "unavailable");
	}
	if (without_slabs && (letter == 'M' || letter == 'I') &&
	    (!strcmp(table[i].object, "SLAB_GET") || !strcmp(table[i].object, PROC "slabs")))
		return 'X';
	return letter;
}

int main(void)
{
	static char got[NR(table)][NR(callers)], why[NR(table)][160];
	unsigned int i, j, f, cells = 0, wrong, members = 0;

	lib_init();
	seen = shared(sizeof(*seen));
	/* Each watch that ends waits for two grace periods. */
	write_file("/sys/kernel/rcu_expedited", "1");
	if (module_unload_soon(NULL) || module_load("group=4242"))
		bail("the module takes no group");
	make_scene();
	check_files();
	check_operations();
	for (j = 0; j < NR(callers); j++) {
		look_as(&callers[j]);
		for (i = 0; i < NR(table); i++) {
			got[i][j] = seen->letter[i];
			if (*seen->odd[i])
				snprintf(why[i], sizeof(why[i]), "%s: %.140s", callers[j].name, seen->odd[i]);
		}
	}
	for (i = 0; i < NR(table); i++) {
		for (j = wrong = 0; j < NR(callers); j++)
			wrong += got[i][j] != wanted(i, j);
		ok(!wrong && strlen(table[i].cells) == 2 * NR(callers) - 1, "%s, %s", table[i].object, table[i].act);
		for (j = 0; wrong && j < NR(callers); j++)
			if (got[i][j] != wanted(i, j))
				diag("%s: wanted %c, got %c", callers[j].name, wanted(i, j), got[i][j]);
		if (wrong && *why[i])
			diag("%s", why[i]);
		for (f = 0; f < nr_files; f++)
			cells += (files[f].read == i || files[f].write == i) * NR(callers);
		cells += *table[i].object != '/' ? NR(callers) : 0;
	}
	note("%zu lines, %zu callers, %u cells", NR(table), NR(callers), cells);
	end_scene();

	/* Nobody is in the group of a module that was given none. */
	if (module_unload_soon(NULL) || module_load(""))
		bail("the module does not load again");
	make_scene();
	for (j = COLUMN_GROUP; j <= COLUMN_GID; j++) {
		look_as(&callers[j]);
		for (i = 0; i < NR(table); i++) {
			if (seen->letter[i] == wanted(i, COLUMN_OTHER))
				continue;
			members++;
			diag("%s, %s: %s gets %c", table[i].object, table[i].act, callers[j].name, seen->letter[i]);
		}
	}
	is(members, 0, "a module that was given no group: its members get what any other user gets");
	end_scene();
	write_file("/sys/kernel/rcu_expedited", "0");
	wire_ok();
	return tap_end();
}
