// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON and trees, by libsmartcols
 */
#include <ctype.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "say.h"
#include "view.h"

static void fail(void)
{
	say("cannot lay out the table: out of memory");
	exit(EXIT_FAILED);
}

static int json_type(const struct column *column)
{
	if (column->kind == KIND_FLAG)
		return SCOLS_JSON_BOOLEAN;
	if (column->kind == KIND_POLICY || format_is_right(column))
		return SCOLS_JSON_NUMBER;
	return SCOLS_JSON_STRING;
}

static size_t tree_column(const struct view *view)
{
	size_t i;

	for (i = 0; view->tree_column && i < view->nr_columns; i++)
		if (!strcmp(view->columns[i].name, view->tree_column))
			return i;
	return view->nr_columns - 1;
}

static void add_columns(const struct view *view, struct libscols_table *table)
{
	bool json = view->layout == LAYOUT_JSON;
	size_t i;

	for (i = 0; i < view->nr_columns; i++) {
		bool right = format_is_right(&view->columns[i]);
		struct libscols_column *column;
		char name[64], *at;

		snprintf(name, sizeof(name), "%s", view->columns[i].name);
		for (at = name; json && *at; at++)
			*at = tolower((unsigned char)*at);
		column = scols_table_new_column(table, name, 0, right ? SCOLS_FL_RIGHT : 0);
		if (!column)
			fail();
		if (view->tree && i == tree_column(view))
			scols_column_set_flags(column, SCOLS_FL_TREE);
		scols_column_set_json_type(column, json_type(&view->columns[i]));
	}
}

/* A copy for the table to own: in JSON valid UTF-8, else the bytes as they are. */
static char *cell_text(const struct view *view, const char *text, size_t len)
{
	char *copy = reallocate(NULL, 4 * len + 1);

	if (view->layout == LAYOUT_JSON) {
		format_utf8(text, copy);
	} else {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

static struct libscols_line *add_line(const struct view *view, struct libscols_table *table,
				      const union value *row)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	size_t i, len;

	if (!line)
		fail();
	for (i = 0; i < view->nr_columns; i++) {
		char scratch[FORMAT_SCRATCH + 1];
		const char *text = format_value(&view->columns[i], row, view->plain, scratch, &len);

		if (text == scratch)
			scratch[len] = '\0';
		if (scols_line_refer_data(line, i, cell_text(view, text, len)))
			fail();
	}
	return line;
}

static void add_branches(const struct view *view, struct libscols_line **lines,
			 const union value **list, size_t nr)
{
	size_t *parent = reallocate(NULL, (nr + 1) * sizeof(*parent));
	size_t i;

	view->parents(list, nr, parent);
	for (i = 0; i < nr; i++)
		if (parent[i] < nr && scols_line_add_child(lines[parent[i]], lines[i]))
			fail();
	free(parent);
}

void smart_print(const struct view *view, const union value **list, size_t nr)
{
	struct libscols_line **lines = reallocate(NULL, (nr + 1) * sizeof(*lines));
	struct libscols_table *table = scols_new_table();
	size_t i;

	if (!table)
		fail();
	format_locale();
	scols_table_set_name(table, view->noun->name);
	if (view->out)
		scols_table_set_stream(table, view->out);
	scols_table_enable_json(table, view->layout == LAYOUT_JSON);
	scols_table_enable_noheadings(table, view->noheadings);
	add_columns(view, table);
	for (i = 0; i < nr; i++)
		lines[i] = add_line(view, table, list[i]);
	if (view->tree)
		add_branches(view, lines, list, nr);
	if (scols_print_table(table))
		fail();
	scols_unref_table(table);
	free(lines);
}
