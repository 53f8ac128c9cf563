// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The way through the page tables, which ringside maps PID ADDRESS shows
 */
#include <linux/ringside.h>

#include "commands.h"

#define A(name)	RINGSIDE_A_PAGE_##name

static const struct column columns[] = {
	{ "PID", "process", .attr = { A(PID) }, .kind = KIND_COUNT },
	{ "ADDRESS", "address asked for", .attr = { A(ADDRESS) }, .kind = KIND_HEX },
	{ "LEVEL", "of the tables, from the top down", .attr = { A(LEVEL) }, .kind = KIND_TEXT },
	{ "INDEX", "place of the entry in its table", .attr = { A(INDEX) }, .kind = KIND_COUNT },
	{ "SIZE", "addresses that it is for", .attr = { A(SIZE) }, .kind = KIND_BYTES },
	{ "STATE", "table, page, none, swap, migration or other",
	  .attr = { A(STATE) }, .kind = KIND_TEXT },
	{ "FRAME", "page frame that it points to, for CAP_SYS_ADMIN",
	  .attr = { A(FRAME) }, .kind = KIND_HEX },
	{ "FLAGS", "what the processor makes of it", .attr = { A(FLAGS) }, .kind = KIND_TEXT },
};

const struct noun pages_noun = {
	.name = "pages",
	.cmd = RINGSIDE_CMD_PAGE_GET,
	.width = RINGSIDE_A_PAGE_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "LEVEL,INDEX,SIZE,STATE,FRAME,FLAGS",
};
