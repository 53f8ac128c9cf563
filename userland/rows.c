// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rows.h"
#include "say.h"

#define BLOCK		32768	/* bytes of text */
#define FIRST_ROWS	4096	/* what isn't touched isn't there */

struct block {
	struct block *next;
	size_t left;
	char *free;
	char data[];
};

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
	rows->width = noun->width;
	for (i = 0; i < noun->width; i++) {
		rows->kinds[i] = KIND_COUNT;
		rows->slots[i] = i;
	}
	for (i = 0; i < noun->nr_columns; i++) {
		const struct column *c = &noun->columns[i];

		if (!c->attr[1])
			rows->kinds[c->attr[0]] = c->kind;
	}
}

void rows_want_none(struct rows *rows)
{
	memset(rows->slots, 0, sizeof(rows->slots));
	rows->width = 1;
}

unsigned int rows_want(struct rows *rows, unsigned int attr)
{
	if (!rows->slots[attr])
		rows->slots[attr] = rows->width++;
	return rows->slots[attr];
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

union value *rows_add(struct rows *rows)
{
	size_t size = rows->width * sizeof(union value);
	union value *row;

	if (rows->nr == rows->room) {
		rows->room = rows->room ? rows->room * 2 : FIRST_ROWS;
		rows->values = reallocate(rows->values, rows->room * size);
	}
	row = rows_get(rows, rows->nr++);
	return memset(row, 0, size);
}

const char *rows_text(struct rows *rows, const char *text, size_t len)
{
	struct block *block = rows->blocks;
	char *copy;

	if (!block || block->left <= len) {
		size_t size = len < BLOCK ? BLOCK : len + 1;

		block = reallocate(NULL, sizeof(*block) + size);
		block->next = rows->blocks;
		block->left = size;
		block->free = block->data;
		rows->blocks = block;
	}
	copy = memcpy(block->free, text, len);
	copy[len] = '\0';
	block->free += len + 1;
	block->left -= len + 1;
	return copy;
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
		unsigned int slot;

		if (size < NLA_HDRLEN || size > len)
			break;
		size -= NLA_HDRLEN;
		/* A newer kernel's are not for us. */
		slot = type < known ? rows->slots[type] : 0;
		if (!slot)
			;
		else if (rows->kinds[type] != KIND_TEXT)
			row[slot].num = read_number(data, size, rows->kinds[type] == KIND_SIGNED);
		else if (size && !data[size - 1])
			row[slot].text = rows_text(rows, data, size - 1);
		if (step >= len)
			break;
		at += step;
		len -= step;
	}
}

void rows_filter(struct rows *rows, bool (*keep)(const void *data, const union value *row),
		 const void *data)
{
	size_t size = rows->width * sizeof(union value), i, kept = 0;

	for (i = 0; i < rows->nr; i++)
		if (keep(data, rows_get(rows, i)))
			memmove(rows_get(rows, kept++), rows_get(rows, i), size);
	rows->nr = kept;
}
