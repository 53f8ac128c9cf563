/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of one noun. They keep copies: what they were read from may go.
 */
#ifndef ROWS_H
#define ROWS_H

#include "noun.h"

struct rows {
	const struct noun *noun;
	size_t nr;
	size_t room;
	size_t width;			/* values in a row */
	union value *values;
	struct block *blocks;		/* of texts */
	uint8_t kinds[NOUN_ATTRS];	/* enum kind of each attribute */
	uint8_t slots[NOUN_ATTRS];	/* where it is in a row; 0: left out */
};

/* No rows yet. In a row, each attribute's value stands at its number. */
void rows_init(struct rows *rows, const struct noun *noun);

/*
 * From no attributes on, to be called before there are rows: rows_want() says
 * where in a row that attribute stands from now on. What isn't wanted is left
 * out. At ten thousand rows it is the memory touched that costs.
 */
void rows_want_none(struct rows *rows);
unsigned int rows_want(struct rows *rows, unsigned int attr);

/* Forgets the rows, not what was wanted. */
void rows_clear(struct rows *rows);

/* A row of zeroes at the end. */
union value *rows_add(struct rows *rows);

/* The row that these netlink attributes are. */
void rows_add_attrs(struct rows *rows, const void *attrs, size_t len);

/* A copy of the text that lives as long as the rows do. */
const char *rows_text(struct rows *rows, const char *text, size_t len);

static inline union value *rows_get(const struct rows *rows, size_t i)
{
	return rows->values + i * rows->width;
}

/* Takes the row added last away again. */
static inline void rows_drop(struct rows *rows)
{
	rows->nr--;
}

/* Drops the rows that are not to be kept. */
void rows_filter(struct rows *rows, bool (*keep)(const void *data, const union value *row),
		 const void *data);

/* realloc() that ends the program when there is no memory. */
void *reallocate(void *old, size_t size);

#endif
