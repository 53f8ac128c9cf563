// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "procfile.h"
#include "say.h"
#include "view.h"

static const struct choice output[] = {
	{ 'o', "output", "LIST", "columns to show; +LIST adds to the default ones" },
	{ }
};

static const struct choice common[] = {
	{ 'O', "output-all", NULL, "all columns" },
	{ 'H', "list-columns", NULL, "list the columns" },
	{ 'S', "sort", "LIST", "sort; -COLUMN down" },
	{ 'J', "json", NULL, "JSON" },
	{ 'r', "raw", NULL, "words for scripts" },
	{ 'n', "noheadings", NULL, "no headings" },
	{ 'b', "bytes", NULL, "numbers in full" },
	{ 'h', "help", NULL, "this text" },
	{ }
};

static const struct choice via[] = {
	{ LETTER_VIA, "via", "FACE", "netlink or proc" },
	{ }
};

/* A screen of it. */
static void help(const struct view *view)
{
	const struct noun *noun = view->noun;
	int at;

	printf("Usage: ringside %s [options]%s%s\n\n%s\n\n", noun->name,
	       view->operands ? " " : "", view->operands ?: "", noun->about);
	if (view->choices)
		options_help(view->choices);
	options_help(output);
	at = options_help_two(common, 0);
	if (noun->cmd)
		at = options_help_two(via, at);
	if (at)
		putchar('\n');
}

static int take_via(struct view *view, const char *arg)
{
	if (!strcmp(arg, "proc") || !strcmp(arg, "netlink")) {
		view->proc = arg[0] == 'p';
		return 0;
	}
	say("--via takes netlink or proc, not '%s'", arg);
	return -1;
}

/* One option: 0 to go on, -1 to stop with ->status. */
static int take(struct view *view, int letter)
{
	view->status = EXIT_USAGE;
	switch (letter) {
	case 'o':
		view->columns_arg = optarg;
		return 0;
	case 'O':
		view->columns_arg = "ALL";
		return 0;
	case 'H':
		view->list = true;
		return 0;
	case 'S':
		view->sort_arg = optarg;
		return 0;
	case 'J':
		view->layout = LAYOUT_JSON;
		return 0;
	case 'r':
		view->layout = LAYOUT_RAW;
		return 0;
	case 'n':
		view->noheadings = true;
		return 0;
	case 'b':
		view->plain = true;
		return 0;
	case LETTER_VIA:
		return take_via(view, optarg);
	case 'h':
		help(view);
		view->status = EXIT_OK;
		return -1;
	case '?':
		return -1;
	default:
		return view->take(view->data, letter, optarg);
	}
}

int view_parse(struct view *view, int argc, char **argv)
{
	struct options options;
	int letter;

	options_init(&options, argv, view->in_order);
	if (view->choices)
		options_add(&options, view->choices);
	options_add(&options, output);
	options_add(&options, common);
	if (view->noun->cmd)
		options_add(&options, via);
	if (!view->defaults)
		view->defaults = view->noun->defaults;
	if (!view->sort)
		view->sort = view->noun->sort;
	while ((letter = options_next(&options, argc, argv)) != -1)
		if (take(view, letter))
			return -1;
	if (optind < argc && !view->operands) {
		say("%s: '%s' is one argument too many; try \"ringside %s --help\"",
		    view->noun->name, argv[optind], view->noun->name);
		view->status = EXIT_USAGE;
		return -1;
	}
	return optind;
}

static const struct column *find_column(const struct noun *noun, const char *name, size_t len)
{
	const struct column *column = noun_column(noun, name, len);
	struct guess guess;
	char typed[64];
	size_t i;

	if (column)
		return column;
	snprintf(typed, sizeof(typed), "%.*s", (int)len, name);
	guess_start(&guess, typed);
	for (i = 0; i < noun->nr_columns; i++)
		guess_consider(&guess, noun->columns[i].name);
	say("%s: there is no column '%s'%s \"ringside %s -H\" lists them", noun->name, typed,
	    guess_text(&guess), noun->name);
	return NULL;
}

static int add_columns(struct view *view, const char *list)
{
	const struct noun *noun = view->noun;
	size_t len;

	if (!strcmp(list, "ALL")) {
		view->nr_columns = noun->nr_columns;
		memcpy(view->columns, noun->columns, noun->nr_columns * sizeof(*noun->columns));
		return 0;
	}
	for (;; list += len + 1) {
		const struct column *column;

		len = strcspn(list, ",");
		column = find_column(noun, list, len);
		if (!column)
			return -1;
		if (view->nr_columns == VIEW_COLUMNS) {
			say("%s: these are more than %d columns", noun->name, VIEW_COLUMNS);
			return -1;
		}
		view->columns[view->nr_columns++] = *column;
		if (!list[len])
			return 0;
	}
}

static int add_keys(struct view *view, const char *list)
{
	size_t len;

	for (;; list += len + 1) {
		struct key *key = &view->keys[view->nr_keys];
		const struct column *column;

		if (view->nr_keys == VIEW_KEYS) {
			say("%s: these are more than %d columns to sort by", view->noun->name,
			    VIEW_KEYS);
			return -1;
		}
		key->down = *list == '-';
		if (*list == '-' || *list == '+')
			list++;
		len = strcspn(list, ",");
		column = find_column(view->noun, list, len);
		if (!column)
			return -1;
		key->column = *column;
		view->nr_keys++;
		if (!list[len])
			return 0;
	}
}

/* For -H: a column is a row. */
enum {
	LIST_NAME = 1,
	LIST_SHOWN,
	LIST_MEANING,
	LIST_VALUES
};

static const struct column list_columns[] = {
	{ "NAME", .attr = { LIST_NAME }, .kind = KIND_TEXT },
	{ "SHOWN", .attr = { LIST_SHOWN }, .kind = KIND_FLAG },
	{ "MEANING", .attr = { LIST_MEANING }, .kind = KIND_TEXT },
};

static const struct noun list_noun = {
	.name = "columns",
	.width = LIST_VALUES,
	.columns = list_columns,
	.nr_columns = sizeof(list_columns) / sizeof(*list_columns),
};

static bool is_shown(const struct view *view, const struct column *column)
{
	size_t i;

	for (i = 0; i < view->nr_columns; i++)
		if (view->columns[i].name == column->name)
			return true;
	return false;
}

static void print_columns(const struct view *view)
{
	struct view list = {
		.noun = &list_noun,
		.layout = view->layout,
		.noheadings = view->noheadings,
	};
	struct rows rows;
	size_t i;

	rows_init(&rows, &list_noun);
	for (i = 0; i < view->noun->nr_columns; i++) {
		const struct column *column = &view->noun->columns[i];
		union value *row = rows_add(&rows);

		row[LIST_NAME].text = column->name;
		row[LIST_SHOWN].num = is_shown(view, column);
		row[LIST_MEANING].text = column->help;
	}
	add_columns(&list, "ALL");
	view_print(&list, &rows);
	rows_clear(&rows);
}

int view_ready(struct view *view)
{
	const char *list = view->columns_arg ?: view->defaults;
	const char *sort = view->sort_arg ?: view->sort;

	view->status = EXIT_USAGE;
	if (*list == '+' && add_columns(view, view->defaults))
		return -1;
	if (add_columns(view, list + (*list == '+')))
		return -1;
	if (sort && add_keys(view, sort))
		return -1;
	if (view->tree && view->layout == LAYOUT_RAW) {
		say("%s: a tree can't be raw: leave --tree or --raw", view->noun->name);
		return -1;
	}
	if (view->layout != LAYOUT_TABLE)
		view->plain = true;
	view->status = EXIT_OK;
	if (!view->list)
		return 0;
	print_columns(view);
	return -1;
}

static void narrow_column(struct column *column, struct rows *rows)
{
	int i;

	for (i = 0; i < COLUMN_ATTRS && column->attr[i]; i++) {
		int slot = rows_want(rows, abs(column->attr[i]));

		column->attr[i] = column->attr[i] < 0 ? -slot : slot;
	}
}

void view_narrow(struct view *view, struct rows *rows)
{
	size_t i;

	rows_want_none(rows);
	for (i = 0; i < view->nr_columns; i++)
		narrow_column(&view->columns[i], rows);
	for (i = 0; i < view->nr_keys; i++)
		narrow_column(&view->keys[i].column, rows);
}

int view_get(struct view *view, struct request *req, struct rows *rows)
{
	int err;

	if (view->proc) {
		err = procfile_get(rows);
	} else {
		if (!view->client)
			view->client = client_open(false);
		if (!view->client)
			return -1;
		err = client_get(view->client, req, rows);
	}
	format_now();
	return err;
}

static const char *text_key(const struct column *column, const union value *row)
{
	size_t len;

	return format_value(column, row, true, NULL, &len);
}

static int compare(const struct column *column, const union value *a, const union value *b)
{
	uint64_t na, nb;

	switch (column->kind) {
	case KIND_TEXT:
	case KIND_USER:
	case KIND_GROUP:
	case KIND_CGROUP:
		return strcmp(text_key(column, a), text_key(column, b));
	}
	na = column_num(column, a);
	nb = column_num(column, b);
	switch (column->kind) {
	case KIND_SIGNED:
	case KIND_MORE:
	case KIND_MORE_BYTES:
		return ((int64_t)na > (int64_t)nb) - ((int64_t)na < (int64_t)nb);
	case KIND_AGE:	/* the later the start, the less */
		return (na < nb) - (na > nb);
	default:
		return (na > nb) - (na < nb);
	}
}

/* In the order of the keys; what is equal stays in the kernel's order. */
static int compare_rows(const void *a, const void *b, void *data)
{
	const union value *ra = *(const union value **)a;
	const union value *rb = *(const union value **)b;
	const struct view *view = data;
	size_t i;

	for (i = 0; i < view->nr_keys; i++) {
		int order = compare(&view->keys[i].column, ra, rb);

		if (order)
			return view->keys[i].down ? -order : order;
	}
	return (ra > rb) - (ra < rb);
}

void view_print(const struct view *view, const struct rows *rows)
{
	const union value **list = reallocate(NULL, (rows->nr + 1) * sizeof(*list));
	size_t i;

	for (i = 0; i < rows->nr; i++)
		list[i] = rows_get(rows, i);
	if (view->nr_keys)
		qsort_r(list, rows->nr, sizeof(*list), compare_rows, (void *)view);
	if (view->tree || view->layout == LAYOUT_JSON) {
		smart_print(view, list, rows->nr);
	} else {
		size_t nr = rows->nr;

		if (view->layout == LAYOUT_TABLE && view->lines && nr > view->lines)
			nr = view->lines;
		text_print(view, list, nr);
	}
	free(list);
}
