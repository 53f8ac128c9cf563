// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plain tables and raw lines
 *
 * libsmartcols would do it for 30,000 instructions a row of eight columns
 * (10,000 in raw), most of them spent on measuring wide characters that are
 * hardly ever there. Here each value is turned into text once; then the widths
 * are known and the texts are copied into place.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "view.h"

#define ROOM		65536	/* bytes, to start with */
#define TEXT_MAX	16000	/* bytes of a text, of which each may become four */
#define NAME_MAX_LEN	32	/* no column's name is longer */

/*
 * Most texts are shorter than this, and copying so many bytes always is cheaper
 * than a call that copies the right number: whatever is written to or copied
 * from has so much room to spare.
 */
#define SHORT	16

static inline char *put_text(char *out, const char *text, size_t len)
{
	if (len <= SHORT)
		memcpy(out, text, SHORT);
	else
		memcpy(out, text, len);
	return out + len;
}

/* A column's place in the lines. */
struct place {
	uint32_t width;
	bool right;
};

/* The texts of a table one after the other, and a cell for each. */
struct texts {
	char *data;
	size_t len;
	size_t room;
	struct cell {
		uint16_t len;		/* bytes */
		uint16_t width;		/* columns of the terminal */
	} *cells;
	size_t nr;
};

static void texts_add(struct texts *texts, const struct column *column, const union value *row,
		      const struct view *view)
{
	bool raw = view->layout == LAYOUT_RAW;
	struct cell *cell = &texts->cells[texts->nr++];
	char scratch[FORMAT_SCRATCH], *out;
	const char *text;
	size_t len, width;

	text = format_value(column, row, view->plain, scratch, &len);
	if (len > TEXT_MAX)
		len = TEXT_MAX;
	/* Four bytes for each that is escaped. */
	if (texts->room - texts->len < 4 * len + SHORT) {
		texts->room = 2 * texts->room + 4 * len + SHORT;
		texts->data = reallocate(texts->data, texts->room);
	}
	out = texts->data + texts->len;
	if (text == scratch) {
		put_text(out, text, len);
		width = len;
	} else if (raw && !len) {
		*out = '-';
		len = 1;
		width = 1;
	} else {
		len = format_escape(text, len, raw, out, &width);
	}
	texts->len += len;
	cell->len = len;
	cell->width = width;
}

static void set_widths(const struct view *view, const struct texts *texts,
		       struct place *places)
{
	const struct cell *cell = texts->cells;
	size_t column, i;

	for (column = 0; column < view->nr_columns; column++) {
		places[column].width = view->floor;
		/* Lines that follow others' headings keep to their width. */
		if ((!view->noheadings || view->floor) &&
		    strlen(view->columns[column].name) > view->floor)
			places[column].width = strlen(view->columns[column].name);
	}
	for (i = 0; i < texts->nr; i += view->nr_columns, cell += view->nr_columns)
		for (column = 0; column < view->nr_columns; column++)
			if (cell[column].width > places[column].width)
				places[column].width = cell[column].width;
}

static inline char *put_blanks(char *out, uint32_t len)
{
	memset(out, ' ', SHORT);
	if (len > SHORT)
		memset(out + SHORT, ' ', len - SHORT);
	return out + len;
}

/* One line, of texts that stand one after the other. */
static void print_line(const struct view *view, const char *text, const struct cell *cells,
		       const struct place *places, char *line)
{
	char *out = line;
	size_t i;

	for (i = 0; i < view->nr_columns; i++) {
		const struct cell *cell = &cells[i];
		uint32_t pad = 0;

		if (places[i].width > cell->width)
			pad = places[i].width - cell->width;
		if (places[i].right)
			out = put_blanks(out, pad);
		out = put_text(out, text, cell->len);
		if (!places[i].right && i + 1 < view->nr_columns)
			out = put_blanks(out, pad);
		*out++ = ' ';
		text += cell->len;
	}
	out[-1] = '\n';
	fwrite_unlocked(line, 1, out - line, view->out ?: stdout);
}

static void print_heading(const struct view *view, const struct place *places, char *line)
{
	struct cell cells[VIEW_COLUMNS];
	char text[VIEW_COLUMNS * NAME_MAX_LEN + SHORT], *end = text;
	size_t i;

	for (i = 0; i < view->nr_columns; i++) {
		cells[i].len = strlen(view->columns[i].name);
		cells[i].width = cells[i].len;
		end = stpcpy(end, view->columns[i].name);
	}
	print_line(view, text, cells, places, line);
}

/* Parts the total from what it is the total of. */
static void print_rule(const struct view *view, const struct place *places, char *line)
{
	char *out = line;
	size_t i;

	for (i = 0; i < view->nr_columns; i++) {
		memset(out, '-', places[i].width);
		out += places[i].width;
		*out++ = ' ';
	}
	out[-1] = '\n';
	fwrite_unlocked(line, 1, out - line, view->out ?: stdout);
}

/* The bytes that the longest line may take. */
static size_t line_room(const struct view *view, const struct texts *texts,
			const struct place *places)
{
	size_t longest = VIEW_COLUMNS * NAME_MAX_LEN, len = 0, i;

	for (i = 0; i < texts->nr; i++) {
		len += texts->cells[i].len;
		if ((i + 1) % view->nr_columns)
			continue;
		if (len > longest)
			longest = len;
		len = 0;
	}
	for (i = 0; i < view->nr_columns; i++)
		longest += places[i].width + 1;
	return longest + SHORT;
}

void text_print(const struct view *view, const union value **list, size_t nr)
{
	struct place places[VIEW_COLUMNS] = { 0 };
	struct texts texts = { 0 };
	const char *text;
	size_t column, i, total;
	char *line;

	total = view->layout == LAYOUT_TABLE && view->total ? nr++ : nr;
	texts.cells = reallocate(NULL, (nr * view->nr_columns + 1) * sizeof(*texts.cells));
	texts.room = nr * view->nr_columns * SHORT + ROOM;
	texts.data = reallocate(NULL, texts.room);
	for (i = 0; i < nr; i++)
		for (column = 0; column < view->nr_columns; column++)
			texts_add(&texts, &view->columns[column],
				  i == total ? view->total : list[i], view);
	if (view->layout == LAYOUT_TABLE)
		set_widths(view, &texts, places);
	for (i = 0; i < view->nr_columns; i++)
		places[i].right = format_is_right(&view->columns[i]);

	line = reallocate(NULL, line_room(view, &texts, places));
	if (!view->noheadings)
		print_heading(view, places, line);
	text = texts.data;
	for (i = 0; i < texts.nr; i += view->nr_columns) {
		if (i == total * view->nr_columns)
			print_rule(view, places, line);
		print_line(view, text, &texts.cells[i], places, line);
		for (column = 0; column < view->nr_columns; column++)
			text += texts.cells[i + column].len;
	}
	free(line);
	free(texts.cells);
	free(texts.data);
}

void print_wrapped(const char *text, int indent, int edge)
{
	int at = indent;

	while (*text) {
		int len = strcspn(text, " ");

		if (at > indent && at + 1 + len > edge) {
			printf("\n%*s", indent, "");
			at = indent;
		} else if (at > indent) {
			putchar(' ');
			at++;
		}
		printf("%.*s", len, text);
		at += len;
		text += len;
		text += strspn(text, " ");
	}
	putchar('\n');
}
