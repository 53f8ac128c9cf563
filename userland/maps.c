// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside maps: the areas of a process's address space, or the way to an address
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include <linux/ringside.h>

#include "commands.h"
#include "say.h"
#include "view.h"

#define A(name)	RINGSIDE_A_MAP_##name

static const struct column columns[] = {
	{ "PID", "process", .attr = { A(PID) }, .kind = KIND_COUNT },
	{ "START", "first address", .attr = { A(START) }, .kind = KIND_HEX },
	{ "END", "address after the last", .attr = { A(END) }, .kind = KIND_HEX },
	{ "SIZE", "from one to the other", .attr = { A(END), -A(START) }, .kind = KIND_BYTES },
	{ "PERMS", "rwx as it has them; p private, s shared",
	  .attr = { A(PERMS) }, .kind = KIND_TEXT },
	{ "OFFSET", "in the file", .attr = { A(OFFSET) }, .kind = KIND_HEX },
	{ "DEVICE", "that has the file", .attr = { A(DEVICE) }, .kind = KIND_TEXT },
	{ "INODE", "of the file", .attr = { A(INODE) }, .kind = KIND_COUNT },
	{ "PAGE_SIZE", "of its pages", .attr = { A(PAGE_SIZE) }, .kind = KIND_BYTES },
	{ "RSS", "resident memory", .attr = { A(RSS) }, .kind = KIND_BYTES },
	{ "ANON", "of it, of no file", .attr = { A(ANON) }, .kind = KIND_BYTES },
	{ "FILE", "of it, of files and shared memory",
	  .attr = { A(RSS), -A(ANON) }, .kind = KIND_BYTES },
	{ "SHARED", "of it, mapped more than once", .attr = { A(SHARED) }, .kind = KIND_BYTES },
	{ "PRIVATE", "of it, mapped just here", .attr = { A(RSS), -A(SHARED) }, .kind = KIND_BYTES },
	{ "DIRTY", "of it, written to", .attr = { A(DIRTY) }, .kind = KIND_BYTES },
	{ "HUGE", "of it, in huge pages", .attr = { A(HUGE) }, .kind = KIND_BYTES },
	{ "SWAP", "memory swapped out", .attr = { A(SWAP) }, .kind = KIND_BYTES },
	{ "HUGETLB", "resident memory of hugetlbfs", .attr = { A(HUGETLB) }, .kind = KIND_BYTES },
	{ "NAME", "path, or what it is for", .attr = { A(NAME) }, .kind = KIND_TEXT },
};

static const struct noun noun = {
	.name = "maps",
	.about = "The areas of a process's address space, and what of them is in memory. With an\n"
		 "ADDRESS, in hexadecimal, the way through the page tables to it, with columns\n"
		 "PID,ADDRESS,LEVEL,INDEX,SIZE,STATE,FRAME,FLAGS; frames for CAP_SYS_ADMIN only.",
	.cmd = RINGSIDE_CMD_MAP_GET,
	.width = RINGSIDE_A_MAP_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "START,SIZE,PERMS,RSS,SHARED,HUGE,SWAP,NAME",
};

static int parse_address(const char *text, uint64_t *address)
{
	char *end;

	errno = 0;
	*address = strtoull(text, &end, 16);
	if (isxdigit((unsigned char)*text) && !*end && !errno)
		return 0;
	say("'%s' is no address: a number in hexadecimal is, as maps shows them", text);
	return -1;
}

int maps_run(int argc, char **argv)
{
	struct view view = { .noun = &noun, .operands = "PID [ADDRESS]" };
	uint64_t address = 0;
	unsigned long pid;
	struct request req;
	struct rows rows;
	int first;

	first = view_parse(&view, argc, argv);
	if (first < 0)
		return view.status;
	/* The columns are those of areas, whose process nobody has to name. */
	if (view.list && first == argc && view_ready(&view))
		return view.status;
	if (argc - first < 1 || argc - first > 2) {
		say("maps takes a process id, and maybe an address; try \"ringside maps --help\"");
		return EXIT_USAGE;
	}
	if (parse_count(argv[first], "process id", &pid))
		return EXIT_USAGE;
	if (pid > INT32_MAX) {
		say("no process id is as large as %s", argv[first]);
		return EXIT_USAGE;
	}
	if (argc - first == 2) {
		if (parse_address(argv[first + 1], &address))
			return EXIT_USAGE;
		view.noun = &pages_noun;
		view.defaults = pages_noun.defaults;
	}
	if (view.proc) {
		say("maps: there is no file of it in /proc/ringside: leave --via proc");
		return EXIT_USAGE;
	}
	if (view_ready(&view))
		return view.status;
	rows_init(&rows, view.noun);
	request_init(&req, view.noun->cmd);
	if (view.noun == &pages_noun) {
		mnl_attr_put_u32(req.nlh, RINGSIDE_A_PAGE_PID, pid);
		mnl_attr_put_u64(req.nlh, RINGSIDE_A_PAGE_ADDRESS, address);
	} else {
		mnl_attr_put_u32(req.nlh, A(PID), pid);
	}
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	view_print(&view, &rows);
	return EXIT_OK;
}
