// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside files: open files, of everybody that the caller may look into
 */
#include <linux/ringside.h>

#include "commands.h"
#include "names.h"
#include "say.h"
#include "view.h"

#define A(name)	RINGSIDE_A_FILE_##name

static const struct column columns[] = {
	{ "PID", "process", .attr = { A(PID) }, .kind = KIND_COUNT },
	{ "COMM", "its name", .attr = { A(COMM) }, .kind = KIND_TEXT },
	{ "USER", "its real user", .field = "uid", .attr = { A(UID) }, .kind = KIND_USER },
	{ "UID", "its real user id", .attr = { A(UID) }, .kind = KIND_COUNT },
	{ "FD", "number of the open file", .attr = { A(FD) }, .kind = KIND_COUNT },
	{ "MODE", "r, w or rw", .attr = { A(MODE) }, .kind = KIND_TEXT },
	{ "FLAGS", "O_* it was opened with, in octal", .attr = { A(FLAGS) }, .kind = KIND_OCTAL },
	{ "TYPE", "file, directory, socket, pipe, character, block, link or anon",
	  .attr = { A(TYPE) }, .kind = KIND_TEXT },
	{ "DEVICE", "of the file system", .attr = { A(DEVICE) }, .kind = KIND_TEXT },
	{ "INODE", "there", .attr = { A(INODE) }, .kind = KIND_COUNT },
	{ "POS", "where reading or writing goes on", .attr = { A(POS) }, .kind = KIND_COUNT },
	{ "NAME", "path, or what it is", .attr = { A(NAME) }, .kind = KIND_TEXT },
};

static const struct noun noun = {
	.name = "files",
	.about = "Open files of the processes that you may look into.",
	.cmd = RINGSIDE_CMD_FILE_GET,
	.width = RINGSIDE_A_FILE_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "PID,COMM,USER,FD,MODE,TYPE,POS,NAME",
};

static const struct choice choices[] = {
	{ 'p', "pid", "PID,...", "only of these processes, at most 1024" },
	{ 'u', "user", "USER", "only of this real user's, name or number" },
	{ }
};

/* What the options ask for; the kernel sees to it, or matches() does. */
struct filter {
	struct pids pids;
	bool by_uid;
	uint32_t uid;
};

static int take(void *data, int letter, const char *arg)
{
	struct filter *filter = data;

	if (letter == 'p')
		return parse_pids(arg, &filter->pids);
	filter->by_uid = true;
	return user_id(arg, &filter->uid);
}

/* What a file in /proc could not be asked. */
static bool matches(const void *data, const union value *row)
{
	const struct filter *filter = data;

	return (!filter->pids.nr || pids_have(&filter->pids, row[A(PID)].num)) &&
	       (!filter->by_uid || filter->uid == row[A(UID)].num);
}

/* Names the processes that were asked for and have none. */
static int say_missing(const struct filter *filter, const struct rows *rows)
{
	int status = EXIT_OK;
	unsigned int i;
	size_t row;

	for (i = 0; i < filter->pids.nr; i++) {
		for (row = 0; row < rows->nr; row++)
			if (rows_get(rows, row)[A(PID)].num == filter->pids.list[i])
				break;
		if (row < rows->nr)
			continue;
		say("there is no open file of a process %u that matches and that you may look into",
		    filter->pids.list[i]);
		status = EXIT_FAILED;
	}
	return status;
}

int files_run(int argc, char **argv)
{
	struct filter filter = { 0 };
	struct view view = {
		.noun = &noun,
		.choices = choices,
		.take = take,
		.data = &filter,
	};
	struct request req;
	struct rows rows;
	unsigned int i;
	int status;

	if (view_parse(&view, argc, argv) < 0 || view_ready(&view))
		return view.status;
	rows_init(&rows, &noun);
	request_init(&req, noun.cmd);
	for (i = 0; i < filter.pids.nr; i++)
		mnl_attr_put_u32(req.nlh, A(PID), filter.pids.list[i]);
	if (filter.by_uid)
		mnl_attr_put_u32(req.nlh, A(UID), filter.uid);
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	if (view.proc)
		rows_filter(&rows, matches, &filter);
	status = say_missing(&filter, &rows);
	if (!rows.nr && !status) {
		say("no open file matches");
		status = EXIT_FAILED;
	}
	if (rows.nr || view.layout == LAYOUT_JSON)
		view_print(&view, &rows);
	return status;
}
