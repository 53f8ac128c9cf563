// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "fold.h"

#define TIMES_SIZE	48	/* " x 18446744073709551615 by turns", and its NUL */

static bool same(const struct step *a, const struct step *b)
{
	return a->abi == b->abi && a->call == b->call;
}

static void merge(struct step *to, const struct step *from)
{
	to->results_differ |= to->result != from->result;
	to->labels_differ |= strcmp(to->row.label, from->row.label) != 0;
	to->row.calls += from->row.calls;
	to->row.errors += from->row.errors;
	to->row.end = from->row.end;
	to->row.kernel += from->row.kernel;
	to->row.asleep += from->row.asleep;
	to->row.switches += from->row.switches;
	to->row.faults += from->row.faults;
	to->row.disk_faults += from->row.disk_faults;
}

/* Times of a run's results: what they all were, or how many failed. */
static void draw(const struct fold *fold, struct step *step)
{
	struct row *row = &step->row;
	size_t len;

	if (row->calls > 1) {
		if (step->labels_differ)
			snprintf(row->label, sizeof(row->label), "%s",
				 call_name(step->abi, step->call) ?: "?");
		len = strlen(row->label);
		/* What is the same of all of them may be long. */
		if (len > sizeof(row->label) - TIMES_SIZE)
			len = sizeof(row->label) - TIMES_SIZE;
		snprintf(row->label + len, sizeof(row->label) - len, " x %llu%s",
			 (unsigned long long)row->calls, fold->turning ? " by turns" : "");
		if (step->results_differ && row->errors)
			snprintf(row->result, sizeof(row->result), "%llu failed",
				 (unsigned long long)row->errors);
		else if (step->results_differ)
			row->result[0] = '\0';
	}
	fold->draw(fold->data, row);
}

/* All but the last so many. */
static void draw_but(struct fold *fold, unsigned int left)
{
	unsigned int i;

	for (i = 0; i < fold->nr - left; i++)
		draw(fold, &fold->steps[i]);
	memmove(fold->steps, fold->steps + i, left * sizeof(*fold->steps));
	fold->nr = left;
	fold->turning = false;
}

static void begin_turns(struct fold *fold)
{
	unsigned int i;

	for (i = 2; i < fold->nr; i++)
		merge(&fold->steps[i % 2], &fold->steps[i]);
	fold->nr = 2;
	fold->turning = true;
	fold->next = 0;
}

void fold_add(struct fold *fold, const struct step *step)
{
	struct step *last;

	if (fold->turning && same(&fold->steps[fold->next], step)) {
		merge(&fold->steps[fold->next], step);
		fold->next ^= 1;
		return;
	}
	if (fold->turning)
		fold_end(fold);
	last = fold->nr ? &fold->steps[fold->nr - 1] : NULL;
	if (last && same(last, step)) {
		draw_but(fold, 1);
		merge(fold->steps, step);
		return;
	}
	/* Those held are each one call, and take turns as far as there are any. */
	if (last && last->row.calls > 1)
		fold_end(fold);
	else if (fold->nr > 1 && !same(last - 1, step))
		draw_but(fold, 1);
	fold->steps[fold->nr++] = *step;
	if (fold->nr == 2 * FOLD_TURNS)
		begin_turns(fold);
}

void fold_end(struct fold *fold)
{
	draw_but(fold, 0);
}
