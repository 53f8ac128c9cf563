/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all nouns share: the options of a table, where its rows come from, and
 * how they are printed
 */
#ifndef VIEW_H
#define VIEW_H

#include <stdio.h>

#include "client.h"
#include "noun.h"
#include "options.h"
#include "rows.h"

#define VIEW_COLUMNS	64
#define VIEW_KEYS	8

enum layout {
	LAYOUT_TABLE,
	LAYOUT_RAW,
	LAYOUT_JSON,
};

struct view {
	/* Set by the command before view_parse(). */
	const struct noun *noun;
	const char *operands;		/* what --help calls them, or NULL: none */
	bool in_order;			/* options end where operands start */
	const struct choice *choices;	/* its own options */
	/*
	 * Takes one of them; 0, or -1 after a sentence about a mistake. Both
	 * are NULL together.
	 */
	int (*take)(void *data, int letter, const char *arg);
	void *data;

	/* May be changed between view_parse() and view_ready(). */
	const char *defaults;
	const char *sort;
	/* For --tree: the index of each row's parent, or nr for none. */
	void (*parents)(const union value **list, size_t nr, size_t *parent);
	const char *tree_column;	/* where it is drawn; else the last */
	unsigned int floor;		/* the least width of a column */
	FILE *out;			/* NULL: standard output */
	const union value *total;	/* a row below a plain table */
	size_t lines;			/* the most rows of a plain table; 0: all */

	/* What the options said. */
	enum layout layout;
	bool noheadings;
	bool plain;
	bool tree;
	bool proc;
	bool list;			/* the columns, not the rows */
	const char *columns_arg;
	const char *sort_arg;
	int status;

	/* What view_ready() made of it. */
	struct column columns[VIEW_COLUMNS];
	size_t nr_columns;
	struct key {
		struct column column;
		bool down;
	} keys[VIEW_KEYS];
	size_t nr_keys;

	struct client *client;
};

/* Letters of options without a short form; a command's own start at OWN. */
enum {
	LETTER_VIA = 256,
	LETTER_OWN,
};

/*
 * Reads the command line. The index of the first operand, or -1: then the
 * command ends with ->status (--help was printed, or a mistake explained).
 */
int view_parse(struct view *view, int argc, char **argv);

/*
 * Settles columns and order. 0, or -1 with ->status set: a mistake was explained,
 * or the columns were what was asked for, and are printed.
 */
int view_ready(struct view *view);

/*
 * Has the rows hold only what is shown and sorted by. Then they are for
 * view_print() alone: an attribute no longer stands at its number.
 */
void view_narrow(struct view *view, struct rows *rows);

/* Replaces rows by fresh ones, from wherever --via says. 0, or -1. */
int view_get(struct view *view, struct request *req, struct rows *rows);

/* Prints them in order; an empty table is a heading. */
void view_print(const struct view *view, const struct rows *rows);

/*
 * The printers. text: tables and raw, at a few hundred instructions a row
 * where libsmartcols takes 30,000; smart: JSON and trees, with libsmartcols.
 */
void text_print(const struct view *view, const union value **list, size_t nr);
void smart_print(const struct view *view, const union value **list, size_t nr);

/*
 * Prints words to standard output from the column where it stands, breaking
 * lines before the edge; what follows is indented by as much.
 */
void print_wrapped(const char *text, int indent, int edge);

#endif
