// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside tasks: processes and threads
 */
#include <stdlib.h>
#include <string.h>

#include <linux/ringside.h>

#include "commands.h"
#include "names.h"
#include "say.h"
#include "view.h"

#define COMM_MAX	15

#define A(name)	RINGSIDE_A_TASK_##name

static const struct column columns[] = {
	{ "PID", "process, or thread with -T", .attr = { A(PID) }, .kind = KIND_COUNT },
	{ "TGID", "process that a thread belongs to", .attr = { A(TGID) }, .kind = KIND_COUNT },
	{ "PPID", "parent process", .attr = { A(PPID) }, .kind = KIND_COUNT },
	{ "PGID", "process group", .attr = { A(PGID) }, .kind = KIND_COUNT },
	{ "SID", "session", .attr = { A(SID) }, .kind = KIND_COUNT },
	{ "USER", "real user", .field = "uid", .attr = { A(UID) }, .kind = KIND_USER },
	{ "UID", "real user id", .attr = { A(UID) }, .kind = KIND_COUNT },
	{ "EUSER", "effective user", .field = "euid", .attr = { A(EUID) }, .kind = KIND_USER },
	{ "EUID", "effective user id", .attr = { A(EUID) }, .kind = KIND_COUNT },
	{ "GROUP", "real group", .field = "gid", .attr = { A(GID) }, .kind = KIND_GROUP },
	{ "GID", "real group id", .attr = { A(GID) }, .kind = KIND_COUNT },
	{ "EGID", "effective group id", .attr = { A(EGID) }, .kind = KIND_COUNT },
	{ "STATE", "one letter of " TASK_STATES, .attr = { A(STATE) }, .kind = KIND_TEXT },
	{ "COMM", "name", .attr = { A(COMM) }, .kind = KIND_TEXT },
	{ "KTHREAD", "1 for a kernel thread", .attr = { A(KTHREAD) }, .kind = KIND_FLAG },
	{ "NR_THREADS", "threads of the process", .attr = { A(NR_THREADS) }, .kind = KIND_COUNT },
	{ "NICE", "-20 (goes first) to 19", .attr = { A(NICE) }, .kind = KIND_SIGNED },
	{ "PRIORITY", "0 to 39, negative for real-time",
	  .attr = { A(PRIORITY) }, .kind = KIND_SIGNED },
	{ "POLICY", "scheduling policy", .attr = { A(POLICY) }, .kind = KIND_POLICY },
	{ "CPU", "where it last ran", .attr = { A(CPU) }, .kind = KIND_COUNT },
	{ "TIME", "time on a CPU", .attr = { A(UTIME), A(STIME) }, .kind = KIND_SPAN },
	{ "UTIME", "time in user mode", .attr = { A(UTIME) }, .kind = KIND_SPAN },
	{ "STIME", "time in the kernel", .attr = { A(STIME) }, .kind = KIND_SPAN },
	{ "ELAPSED", "time since its start",
	  .field = "start_time", .attr = { A(START_TIME) }, .kind = KIND_AGE },
	{ "START", "date of its start",
	  .field = "start_time", .attr = { A(START_TIME) }, .kind = KIND_DATE },
	{ "START_TIME", "time from boot to its start; with PID its identity",
	  .attr = { A(START_TIME) }, .kind = KIND_SPAN },
	{ "VSIZE", "address space", .attr = { A(VSIZE) }, .kind = KIND_BYTES },
	{ "RSS", "resident memory",
	  .attr = { A(RSS_ANON), A(RSS_FILE), A(RSS_SHMEM) }, .kind = KIND_BYTES },
	{ "RSS_ANON", "of it, anonymous", .attr = { A(RSS_ANON) }, .kind = KIND_BYTES },
	{ "RSS_FILE", "of it, of files", .attr = { A(RSS_FILE) }, .kind = KIND_BYTES },
	{ "RSS_SHMEM", "of it, shared", .attr = { A(RSS_SHMEM) }, .kind = KIND_BYTES },
	{ "SWAP", "memory swapped out", .attr = { A(SWAP) }, .kind = KIND_BYTES },
	{ "MIN_FLT", "page faults served without I/O",
	  .attr = { A(MIN_FLT) }, .kind = KIND_COUNT },
	{ "MAJ_FLT", "page faults that took I/O", .attr = { A(MAJ_FLT) }, .kind = KIND_COUNT },
	{ "NVCSW", "voluntary context switches", .attr = { A(NVCSW) }, .kind = KIND_COUNT },
	{ "NIVCSW", "involuntary ones", .attr = { A(NIVCSW) }, .kind = KIND_COUNT },
	{ "NR_FDS", "open file descriptors", .attr = { A(NR_FDS) }, .kind = KIND_COUNT },
	{ "CGROUP", "path in the unified hierarchy", .attr = { A(CGROUP) }, .kind = KIND_CGROUP },
	{ "CGROUP_ID", "inode number of its directory",
	  .field = "cgroup", .attr = { A(CGROUP) }, .kind = KIND_COUNT },
	{ "PID_NS", "pid namespace", .attr = { A(PID_NS) }, .kind = KIND_COUNT },
	{ "MNT_NS", "mount namespace", .attr = { A(MNT_NS) }, .kind = KIND_COUNT },
	{ "NET_NS", "network namespace", .attr = { A(NET_NS) }, .kind = KIND_COUNT },
	{ "USER_NS", "user namespace", .attr = { A(USER_NS) }, .kind = KIND_COUNT },
};

const struct noun tasks_noun = {
	.name = "tasks",
	.about = "Processes, or threads, as the kernel has them.",
	.cmd = RINGSIDE_CMD_TASK_GET,
	.width = RINGSIDE_A_TASK_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "PID,PPID,USER,STATE,CPU,ELAPSED,TIME,RSS,COMM",
};

enum {
	LETTER_TREE = LETTER_OWN,
};

static const struct choice choices[] = {
	{ 'p', "pid", "PID,...", "only these, at most 1024" },
	{ 'u', "user", "USER", "only this real user's, name or number" },
	{ 'C', "comm", "NAME", "only those called so" },
	{ 'g', "cgroup", "PATH", "only those in this cgroup and below" },
	{ 's', "state", "LETTERS", "only those in one of these states" },
	{ 'k', "kernel", NULL, "only kernel threads" },
	{ 'K', "no-kernel", NULL, "no kernel threads" },
	{ 'T', "threads", NULL, "a line a thread" },
	{ LETTER_TREE, "tree", NULL, "children below their parents" },
	{ }
};

/* What the options ask for; the kernel sees to it, or matches() does. */
struct filter {
	struct view *view;
	struct pids pids;
	bool by_uid;
	uint32_t uid;
	const char *comm;
	bool by_cgroup;
	uint64_t cgroup;
	const char *states;
	bool by_kthread;
	uint32_t kthread;
	bool threads;
};

static int take(void *data, int letter, const char *arg)
{
	struct filter *filter = data;

	switch (letter) {
	case 'p':
		return parse_pids(arg, &filter->pids);
	case 'u':
		filter->by_uid = true;
		return user_id(arg, &filter->uid);
	case 'C':
		filter->comm = arg;
		if (strlen(arg) <= COMM_MAX)
			return 0;
		say("-C takes a name of at most %d bytes, which is all the kernel keeps", COMM_MAX);
		return -1;
	case 'g':
		filter->by_cgroup = true;
		return cgroup_id(arg, &filter->cgroup);
	case 's':
		filter->states = arg;
		if (*arg && !arg[strspn(arg, TASK_STATES)] && strlen(arg) <= strlen(TASK_STATES))
			return 0;
		say("-s takes letters of " TASK_STATES ", not '%s'", arg);
		return -1;
	case 'k':
	case 'K':
		if (filter->by_kthread && filter->kthread != (letter == 'k')) {
			say("-k and -K leave nothing to show");
			return -1;
		}
		filter->by_kthread = true;
		filter->kthread = letter == 'k';
		return 0;
	case 'T':
		filter->threads = true;
		return 0;
	default:
		filter->view->tree = true;
		return 0;
	}
}

static void put_filter(const struct filter *filter, struct nlmsghdr *nlh)
{
	unsigned int i;

	/* With -T a pid stands for all of its threads, which only we know. */
	for (i = 0; i < filter->pids.nr && !filter->threads; i++)
		mnl_attr_put_u32(nlh, A(PID), filter->pids.list[i]);
	if (filter->by_uid)
		mnl_attr_put_u32(nlh, A(UID), filter->uid);
	if (filter->comm)
		mnl_attr_put_strz(nlh, A(COMM), filter->comm);
	if (filter->by_cgroup)
		mnl_attr_put_u64(nlh, A(CGROUP), filter->cgroup);
	if (filter->states)
		mnl_attr_put_strz(nlh, A(STATE), filter->states);
	if (filter->by_kthread)
		mnl_attr_put_u32(nlh, A(KTHREAD), filter->kthread);
	if (filter->threads)
		mnl_attr_put(nlh, A(THREADS), 0, NULL);
}

/* Is the cgroup of that id the filter's or below it? */
static bool in_cgroup(const struct filter *filter, uint64_t id)
{
	const char *top = cgroup_path(filter->cgroup), *path = cgroup_path(id);
	size_t len = strlen(top);

	if (!strcmp(top, "/"))
		return *path == '/';
	return !strncmp(path, top, len) && (!path[len] || path[len] == '/');
}

/* What the kernel was not asked to see to. */
static bool matches(const void *data, const union value *row)
{
	const struct filter *filter = data;
	const char *comm = row[A(COMM)].text ?: "";
	const char *state = row[A(STATE)].text ?: "";

	return (!filter->pids.nr || pids_have(&filter->pids, row[A(PID)].num) ||
		(filter->threads && pids_have(&filter->pids, row[A(TGID)].num))) &&
	       (!filter->by_uid || filter->uid == row[A(UID)].num) &&
	       (!filter->comm || !strcmp(filter->comm, comm)) &&
	       (!filter->by_cgroup || in_cgroup(filter, row[A(CGROUP)].num)) &&
	       (!filter->states || (*state && strchr(filter->states, *state))) &&
	       (!filter->by_kthread || filter->kthread == row[A(KTHREAD)].num);
}

static int by_pid(const void *a, const void *b, void *data)
{
	const union value **list = data;
	uint64_t pa = list[*(const size_t *)a][A(PID)].num;
	uint64_t pb = list[*(const size_t *)b][A(PID)].num;

	return (pa > pb) - (pa < pb);
}

/* The index of the task with that pid, or nr. */
static size_t find_pid(const union value **list, const size_t *order, size_t nr, uint64_t pid)
{
	size_t low = 0, high = nr;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[order[middle]][A(PID)].num < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low < nr && list[order[low]][A(PID)].num == pid ? order[low] : nr;
}

/*
 * A parent is older than its child. One that isn't has got a dead parent's pid,
 * and believing it could close a circle, which no tree shows.
 */
static bool is_parent(const union value *parent, const union value *child)
{
	uint64_t started = parent[A(START_TIME)].num, born = child[A(START_TIME)].num;

	return started < born || (started == born && parent[A(PID)].num < child[A(PID)].num);
}

static void find_parents(const union value **list, size_t nr, size_t *parent)
{
	size_t *order = reallocate(NULL, (nr + 1) * sizeof(*order)), i;

	for (i = 0; i < nr; i++)
		order[i] = i;
	qsort_r(order, nr, sizeof(*order), by_pid, list);
	for (i = 0; i < nr; i++) {
		const union value *row = list[i];
		bool thread = row[A(TGID)].num != row[A(PID)].num;

		parent[i] = find_pid(list, order, nr, row[thread ? A(TGID) : A(PPID)].num);
		if (parent[i] < nr && !is_parent(list[parent[i]], row))
			parent[i] = nr;
	}
	free(order);
}

/* Names the pids that were asked for and aren't there. */
static int say_missing(const struct filter *filter, const struct rows *rows)
{
	int status = EXIT_OK;
	unsigned int i;
	size_t row;

	for (i = 0; i < filter->pids.nr; i++) {
		for (row = 0; row < rows->nr; row++)
			if (rows_get(rows, row)[A(PID)].num == filter->pids.list[i] ||
			    rows_get(rows, row)[A(TGID)].num == filter->pids.list[i])
				break;
		if (row < rows->nr)
			continue;
		say("there is no task %u that matches and that you may see", filter->pids.list[i]);
		status = EXIT_FAILED;
	}
	return status;
}

int tasks_run(int argc, char **argv)
{
	struct filter filter = { 0 };
	struct view view = {
		.noun = &tasks_noun,
		.choices = choices,
		.take = take,
		.data = &filter,
		.parents = find_parents,
		.tree_column = "COMM",
	};
	struct request req;
	struct rows rows;
	int status;

	filter.view = &view;
	if (view_parse(&view, argc, argv) < 0 || view_ready(&view))
		return view.status;
	if (filter.threads && view.proc) {
		say("tasks: /proc/ringside/tasks has no threads: leave --via proc or -T");
		return EXIT_USAGE;
	}
	rows_init(&rows, &tasks_noun);
	request_init(&req, tasks_noun.cmd);
	put_filter(&filter, req.nlh);
	/* Whoever looks into the rows here needs them whole. */
	if (!view.proc && !view.tree && !filter.pids.nr)
		view_narrow(&view, &rows);
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	if (view.proc || (filter.threads && filter.pids.nr))
		rows_filter(&rows, matches, &filter);

	status = say_missing(&filter, &rows);
	if (!rows.nr && !status) {
		say("no task matches");
		status = EXIT_FAILED;
	}
	if (rows.nr || view.layout == LAYOUT_JSON)
		view_print(&view, &rows);
	return status;
}
