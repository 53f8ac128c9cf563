// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside status: what the module can do on this kernel
 */
#include <linux/ringside.h>

#include "commands.h"
#include "say.h"
#include "view.h"

static const struct column columns[] = {
	{ "ITEM", "version, kernel, a kind of data, backend, attached or cpl",
	  .attr = { RINGSIDE_A_STATUS_ITEM }, .kind = KIND_TEXT },
	{ "STATE", "what it is, or whether it is available",
	  .attr = { RINGSIDE_A_STATUS_STATE }, .kind = KIND_TEXT },
	{ "DETAIL", "why it isn't, or what is missing from it",
	  .attr = { RINGSIDE_A_STATUS_DETAIL }, .kind = KIND_TEXT },
};

const struct noun status_noun = {
	.name = "status",
	.about = "What the module can do on this kernel, and why not the rest.",
	.cmd = RINGSIDE_CMD_STATUS_GET,
	.width = RINGSIDE_A_STATUS_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "ITEM,STATE,DETAIL",
};

int status_run(int argc, char **argv)
{
	struct view view = { .noun = &status_noun };
	struct request req;
	struct rows rows;

	if (view_parse(&view, argc, argv) < 0 || view_ready(&view))
		return view.status;
	rows_init(&rows, &status_noun);
	request_init(&req, status_noun.cmd);
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	view_print(&view, &rows);
	return EXIT_OK;
}
