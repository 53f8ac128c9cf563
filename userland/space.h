/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address space of one who acts, as the module sees it
 */
#ifndef SPACE_H
#define SPACE_H

#include "lab.h"

#define SPACE_LEVELS	5

/* How the processor gets from an address to its page: the entries, from the top down. */
struct way {
	unsigned int nr;
	struct entry {
		char level[8];		/* "PGD" to "PTE" */
		uint64_t size;		/* bytes of addresses that it is for */
		bool is_table;		/* it points to the next level */
	} entry[SPACE_LEVELS];
	uint64_t frame;			/* of the page; 0: none, or you may not know */
};

/* The way to that address. False after lab_failed(). */
bool space_walk(struct lab *lab, pid_t pid, uintptr_t address, struct way *way);

/*
 * The row by RINGSIDE_A_MAP_* of the area that begins there, numbers only. False
 * after lab_failed().
 */
bool space_area(struct lab *lab, pid_t pid, uintptr_t start, union value *row);

/* May this user know frames? */
bool space_frames(struct lab *lab);

/*
 * Private anonymous memory that is an area of its own, between two that nobody
 * may touch; aligned to what a huge page takes. NULL with errno set.
 */
char *space_reserve(size_t len);

#endif
