/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows of one noun as they were received. The strings in them stay in the
 * buffers that they came in, which belong to the rows.
 */
#ifndef ROWS_H
#define ROWS_H

#include "noun.h"

struct block {
	struct block *next;
	char data[] __attribute__((aligned(16)));
};

struct rows {
	const struct noun *noun;
	size_t nr;
	size_t room;
	union value *values;		/* nr times noun->width */
	struct block *blocks;
	uint8_t kinds[NOUN_ATTRS];	/* enum kind of each attribute */
};

void rows_init(struct rows *rows, const struct noun *noun);

/* Forgets the rows, not the noun. */
void rows_clear(struct rows *rows);

/* Memory that lives as long as the rows do. */
void *rows_block(struct rows *rows, size_t size);

/* A row of zeroes at the end. */
union value *rows_add(struct rows *rows);

/* Takes the row added last away again. */
static inline void rows_drop(struct rows *rows)
{
	rows->nr--;
}

/*
 * Adds the row that these attributes are. They stay where they are: the buffer
 * has to come from rows_block().
 */
void rows_add_attrs(struct rows *rows, const void *attrs, size_t len);

static inline union value *rows_get(const struct rows *rows, size_t i)
{
	return rows->values + i * rows->noun->width;
}

/* realloc() that ends the program when there is no memory. */
void *reallocate(void *old, size_t size);

#endif
