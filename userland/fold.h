/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The calls of one thread, folded to rows of a picture: the same call again and
 * again is one row, two that take turns are two
 */
#ifndef FOLD_H
#define FOLD_H

#include "cross.h"

#define FOLD_TURNS	4	/* so often two are drawn one by one, before they are said to take turns */

struct step {
	uint16_t abi;
	int32_t call;
	int64_t result;		/* of the first */
	bool results_differ, labels_differ;
	struct row row;
};

/* Those not drawn yet, for they may go on. All zero: none. */
struct fold {
	struct step steps[2 * FOLD_TURNS];
	unsigned int nr;
	bool turning;		/* there are two, which take turns */
	unsigned int next;	/* of them: whose turn it is */
	void (*draw)(void *data, const struct row *row);
	void *data;
};

/* A call, of which ->row.calls is 1. Draws what it ended. */
void fold_add(struct fold *fold, const struct step *step);

/* Draws all that there is. */
void fold_end(struct fold *fold);

#endif
