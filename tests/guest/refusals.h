/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences that the module itself refuses requests with; storm-messages wants to meet them all. */
#ifndef REFUSALS_H
#define REFUSALS_H

static const char * const ours[] = {
	"this filter is given twice: give it once",
	"this attribute is 4 or 8 bytes long",	/* since 6.7 netlink sees to that */
	"too many pids in one request: ask in several, or for all",
	"a request for one row takes its key alone: use a dump to filter",
	"name the row wanted by its key, or ask for a dump of all",
	"no process has this pid here, or it is not yours to see",
	"no slab cache has this name; caches of one size are merged: see aliases",
	"status has no such item",
	"no watch has this id, or it is not yours to see",
	"a watch's name is up to 31 letters, digits, dots, dashes and underscores",
	"there is no such call: it is RINGSIDE_CALL(abi, number)",
	"too many pids in one watch: make several",
	"a watch is of processes, or of one cgroup, or of one user: make several",
	"there is no such user id here",
	"counts are kept apart by \"process\" or by \"cgroup\"",
	"name the watch that is to end by its id",
	"no watch has this id, or it is not yours to end",
	"no cgroup of the unified hierarchy has this id",
	"a watch of this name is there already: end it first, or choose another name",
	"this is a thread of the kernel's own: it makes no system calls",
	"no process has this pid here: it may have ended",
	"a request has to name a process by its pid; there is no file of this",
	"a request has to name a process by its pid, and an address in it; there is no file of this",
};

#endif
