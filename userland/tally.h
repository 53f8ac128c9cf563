/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a watch has counted: the rows of "ringside count"
 */
#ifndef TALLY_H
#define TALLY_H

#include <linux/ringside.h>

#include "callset.h"
#include "client.h"

#define S(name)	RINGSIDE_A_SYSCALL_##name

/* What is reckoned here, behind the kernel's own values. */
enum {
	TALLY_NAME = RINGSIDE_A_SYSCALL_MAX + 1,	/* of the call */
	TALLY_TIME,		/* CPU or wall-clock time */
	TALLY_TIME_SHARE,
	TALLY_PER_CALL,
	TALLY_AVERAGE,
	TALLY_CALLS_SHARE,
	TALLY_ERRNO,
	TALLY_ERRNO_NAME,
	TALLY_MEANING,
	TALLY_VALUES
};

extern const struct noun count_noun;

struct tally {
	struct client *client;
	uint32_t watch;
	const struct callset *set;
	bool by_errno;
	bool wall;
};

/* Is that column empty unless errors and times are kept? */
bool tally_needs_times(const struct column *column);

/* Replaces the rows by what was counted till now. 0, or -1 after a sentence. */
int tally_look(const struct tally *tally, struct rows *rows);

/*
 * Replaces the rows by how much more there is now than before, where there is
 * any. They last as long as those of now.
 */
void tally_difference(struct rows *rows, const struct rows *now, const struct rows *before);

/* Fills in what is reckoned from all the rows together, and their total. */
void tally_reckon(const struct tally *tally, struct rows *rows, union value *total);

/* Do the rows have more than one ABI? */
bool tally_mixes_abis(const struct rows *rows);

#endif
