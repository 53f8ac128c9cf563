// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rows.h"
#include "say.h"

void *reallocate(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (!new) {
		say("out of memory");
		exit(EXIT_FAILED);
	}
	return new;
}

const struct column *noun_column(const struct noun *noun, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < noun->nr_columns; i++) {
		const struct column *c = &noun->columns[i];

		if (!strncasecmp(c->name, name, len) && !c->name[len])
			return c;
	}
	return NULL;
}

void rows_init(struct rows *rows, const struct noun *noun)
{
	size_t i;

	memset(rows, 0, sizeof(*rows));
	rows->noun = noun;
	memset(rows->kinds, KIND_COUNT, sizeof(rows->kinds));
	for (i = 0; i < noun->nr_columns; i++) {
		const struct column *c = &noun->columns[i];

		if (!c->attr[1])
			rows->kinds[c->attr[0]] = c->kind;
	}
}

void rows_clear(struct rows *rows)
{
	while (rows->blocks) {
		struct block *block = rows->blocks;

		rows->blocks = block->next;
		free(block);
	}
	free(rows->values);
	rows->values = NULL;
	rows->nr = 0;
	rows->room = 0;
}

void *rows_block(struct rows *rows, size_t size)
{
	struct block *block = reallocate(NULL, sizeof(*block) + size);

	block->next = rows->blocks;
	rows->blocks = block;
	return block->data;
}

union value *rows_add(struct rows *rows)
{
	size_t size = rows->noun->width * sizeof(union value);
	union value *row;

	if (rows->nr == rows->room) {
		rows->room = rows->room ? rows->room * 2 : 256;
		rows->values = reallocate(rows->values, rows->room * size);
	}
	row = rows_get(rows, rows->nr++);
	return memset(row, 0, size);
}

static uint64_t read_number(const void *data, size_t len, bool is_signed)
{
	uint64_t wide;
	uint32_t narrow;
	uint16_t half;

	switch (len) {
	case sizeof(wide):
		memcpy(&wide, data, sizeof(wide));
		return wide;
	case sizeof(narrow):
		memcpy(&narrow, data, sizeof(narrow));
		return is_signed ? (uint64_t)(int32_t)narrow : narrow;
	case sizeof(half):	/* only in answers of the family's own controller */
		memcpy(&half, data, sizeof(half));
		return half;
	default:
		return 0;
	}
}

/*
 * Written out rather than with libmnl's functions: at forty attributes a row
 * their calls would cost more than all the rest of a row.
 */
void rows_add_attrs(struct rows *rows, const void *attrs, size_t len)
{
	unsigned int known = rows->noun->width - rows->noun->own;
	union value *row = rows_add(rows);
	const char *at = attrs;

	while (len >= NLA_HDRLEN) {
		const struct nlattr *attr = (const struct nlattr *)at;
		size_t size = attr->nla_len, step = NLA_ALIGN(size);
		unsigned int type = attr->nla_type & NLA_TYPE_MASK;
		const char *data = at + NLA_HDRLEN;

		if (size < NLA_HDRLEN || size > len)
			break;
		size -= NLA_HDRLEN;
		if (type >= known)
			;	/* a newer kernel's: not for us */
		else if (rows->kinds[type] != KIND_TEXT)
			row[type].num = read_number(data, size,
						    rows->kinds[type] == KIND_SIGNED);
		else if (size && !data[size - 1])
			row[type].text = data;
		if (step >= len)
			break;
		at += step;
		len -= step;
	}
}
