// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside slabs: the kernel's slab caches, and with -d which of them grow
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ringside.h>

#include "commands.h"
#include "sample.h"
#include "say.h"
#include "view.h"

#define NAME_SENT	63	/* the longest name for the kernel to look for */

#define A(name)	RINGSIDE_A_SLAB_##name

/* What -d reckons from two looks, behind the kernel's own values. */
enum {
	GROWTH_OBJS = RINGSIDE_A_SLAB_MAX + 1,
	GROWTH_BYTES,
	NR_VALUES
};

static const struct column columns[] = {
	{ "NAME", "name of the cache", .attr = { A(NAME) }, .kind = KIND_TEXT },
	{ "ACTIVE_OBJS", "objects in use", .attr = { A(ACTIVE_OBJS) }, .kind = KIND_COUNT },
	{ "NUM_OBJS", "objects there is room for", .attr = { A(NUM_OBJS) }, .kind = KIND_COUNT },
	{ "IDLE_OBJS", "objects not in use",
	  .attr = { A(NUM_OBJS), -A(ACTIVE_OBJS) }, .kind = KIND_COUNT },
	{ "OBJSIZE", "bytes an object takes", .attr = { A(OBJSIZE) }, .kind = KIND_COUNT },
	{ "OBJPERSLAB", "objects in a slab", .attr = { A(OBJPERSLAB) }, .kind = KIND_COUNT },
	{ "PAGESPERSLAB", "pages of a slab", .attr = { A(PAGESPERSLAB) }, .kind = KIND_COUNT },
	{ "NUM_SLABS", "slabs", .attr = { A(NUM_SLABS) }, .kind = KIND_COUNT },
	{ "BYTES", "memory of its slabs", .attr = { A(BYTES) }, .kind = KIND_BYTES },
	{ "ALIASES", "other caches merged into it", .attr = { A(ALIASES) }, .kind = KIND_COUNT },
	{ "RECLAIMABLE", "1 if its memory can be reclaimed",
	  .attr = { A(RECLAIMABLE) }, .kind = KIND_FLAG },
	{ "RCU_FREED", "1 if slabs are freed after a grace period",
	  .attr = { A(RCU_FREED) }, .kind = KIND_FLAG },
	{ "GROWTH_OBJS", "with -d: objects more in use than the time before",
	  .attr = { GROWTH_OBJS }, .kind = KIND_MORE },
	{ "GROWTH_BYTES", "with -d: memory more than the time before",
	  .attr = { GROWTH_BYTES }, .kind = KIND_MORE_BYTES },
};

const struct noun slabs_noun = {
	.name = "slabs",
	.about = "The kernel's slab caches, or those that match a NAME; it may be a pattern.\n"
		 "With -d the ones that changed, every SECONDS.",
	.cmd = RINGSIDE_CMD_SLAB_GET,
	.width = NR_VALUES,
	.own = NR_VALUES - RINGSIDE_A_SLAB_MAX - 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "NAME,BYTES,ACTIVE_OBJS,NUM_OBJS,OBJSIZE,NUM_SLABS",
	.sort = "-BYTES,NAME",
};

#define GROWTH_COLUMNS	"NAME,GROWTH_BYTES,GROWTH_OBJS,BYTES,ACTIVE_OBJS,OBJSIZE"
#define GROWTH_SORT	"-GROWTH_BYTES,-GROWTH_OBJS,NAME"

struct options_here {
	struct sample sample;
	char **names;		/* those asked for; NULL after the last */
};

static const struct choice choices[] = {
	SAMPLE_CHOICES("what grew and shrank, every so often"),
	{ }
};

static int take(void *data, int letter, const char *arg)
{
	struct options_here *here = data;

	return sample_take(&here->sample, letter, arg);
}

static const char *row_name(const union value *row)
{
	return row[A(NAME)].text ?: "";
}

static bool is_asked_for(const void *data, const union value *row)
{
	const struct options_here *here = data;
	char **name = here->names;

	for (; *name; name++)
		if (!fnmatch(*name, row_name(row), 0))
			return true;
	return name == here->names;
}

/* Names what was asked for and isn't there. */
static int say_missing(const struct options_here *here, const struct rows *rows)
{
	int status = EXIT_OK;
	char **name;
	size_t i;

	for (name = here->names; *name; name++) {
		for (i = 0; i < rows->nr; i++)
			if (!fnmatch(*name, row_name(rows_get(rows, i)), 0))
				break;
		if (i < rows->nr)
			continue;
		say("no cache is called %s; it may be merged into another (column ALIASES)",
		    *name);
		status = EXIT_FAILED;
	}
	return status;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(row_name(*(const union value **)a), row_name(*(const union value **)b));
}

/* The rows in the order of their names. */
static const union value **sorted(const struct rows *rows)
{
	const union value **list = reallocate(NULL, (rows->nr + 1) * sizeof(*list));
	size_t i;

	for (i = 0; i < rows->nr; i++)
		list[i] = rows_get(rows, i);
	qsort(list, rows->nr, sizeof(*list), by_name);
	return list;
}

static void show_growth(struct view *view, const struct rows *now, const struct rows *before,
			double seconds, unsigned long nr)
{
	const union value **list = sorted(before), **found;
	const struct options_here *here = view->data;
	struct rows changed;
	size_t i;

	(void)seconds;
	rows_init(&changed, &slabs_noun);
	for (i = 0; i < now->nr; i++) {
		const union value *row = rows_get(now, i);
		union value *more;

		if (!is_asked_for(here, row))
			continue;
		more = memcpy(rows_add(&changed), row, slabs_noun.width * sizeof(*row));
		found = bsearch(&row, list, before->nr, sizeof(*list), by_name);
		more[GROWTH_OBJS].num = row[A(ACTIVE_OBJS)].num;
		more[GROWTH_BYTES].num = row[A(BYTES)].num;
		if (found) {
			more[GROWTH_OBJS].num -= (*found)[A(ACTIVE_OBJS)].num;
			more[GROWTH_BYTES].num -= (*found)[A(BYTES)].num;
		}
		if (!more[GROWTH_OBJS].num && !more[GROWTH_BYTES].num)
			rows_drop(&changed);
	}
	if (nr && view->layout == LAYOUT_TABLE)
		putchar('\n');
	view_print(view, &changed);
	rows_clear(&changed);
	free(list);
}

/* One name that is no pattern is the kernel's to find. */
static void put_filter(const struct options_here *here, struct nlmsghdr *nlh)
{
	const char *name = here->names[0];

	if (name && !here->names[1] && !strpbrk(name, "*?[\\") && strlen(name) <= NAME_SENT)
		mnl_attr_put_strz(nlh, A(NAME), name);
}

int slabs_run(int argc, char **argv)
{
	struct options_here here = { 0 };
	struct view view = {
		.noun = &slabs_noun,
		.operands = "[NAME...]",
		.choices = choices,
		.take = take,
		.data = &here,
	};
	struct request req;
	struct rows rows;
	int first, status;

	first = view_parse(&view, argc, argv);
	if (first < 0)
		return view.status;
	here.names = argv + first;
	if (here.sample.seconds) {
		view.defaults = GROWTH_COLUMNS;
		view.sort = GROWTH_SORT;
	}
	if (view_ready(&view))
		return view.status;
	if (here.sample.seconds)
		return sample_run(&view, &here.sample, show_growth);

	rows_init(&rows, &slabs_noun);
	request_init(&req, slabs_noun.cmd);
	put_filter(&here, req.nlh);
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	rows_filter(&rows, is_asked_for, &here);
	status = say_missing(&here, &rows);
	if (rows.nr || view.layout == LAYOUT_JSON)
		view_print(&view, &rows);
	return status;
}
