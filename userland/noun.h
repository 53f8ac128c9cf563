/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A noun is one kind of data (tasks, memory, slabs, status): a command of the
 * family and a table of columns. A column is a row of that table and nothing
 * else: adding one takes no code.
 */
#ifndef NOUN_H
#define NOUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a column's value is, hence how it is read, shown and sorted. */
enum kind {
	KIND_TEXT,		/* string */
	KIND_COUNT,		/* unsigned number */
	KIND_SIGNED,		/* signed number */
	KIND_FLAG,		/* 0 or 1, true or false in JSON */
	KIND_BYTES,		/* 1.5M, or bytes */
	KIND_SPAN,		/* 1:02.34, or nanoseconds */
	KIND_AGE,		/* ns after boot, shown as the time since then */
	KIND_DATE,		/* ns after boot, shown as date and time */
	KIND_USER,		/* user id, shown as name */
	KIND_GROUP,		/* group id, shown as name */
	KIND_CGROUP,		/* cgroup id, shown as path */
	KIND_POLICY,		/* SCHED_*, shown as name */
	KIND_HUNDREDTHS,	/* 0.12 */
	KIND_RARE,		/* unsigned number, in tables blank when it is 0 */
	KIND_SECONDS,		/* ns, shown as 0.001234 seconds, also in JSON */
	KIND_BRIEF,		/* 830ns, 12.3us, 4.56ms, blank when 0; or nanoseconds */
	KIND_MORE,		/* +12: a count's change */
	KIND_MORE_BYTES,	/* +1.5M */
	KIND_HEX,		/* 0x7f00, a string in JSON; in tables blank when it is 0 */
	KIND_OCTAL,		/* 0100000, likewise */
};

/* What one attribute of one row says. Absent is 0 and NULL: both are zero. */
union value {
	uint64_t num;
	const char *text;
};

#define COLUMN_ATTRS	3

struct column {
	const char *name;	/* in capitals; JSON has it in small letters */
	const char *help;
	const char *field;	/* the kernel's name, where it isn't the same */
	/*
	 * The attributes that add up to it; a negative one is subtracted. A
	 * column of one attribute also says how that is to be read.
	 */
	int8_t attr[COLUMN_ATTRS];
	uint8_t kind;		/* enum kind */
	bool counter;		/* it only grows: -d shows it per second */
};

#define NOUN_ATTRS	64	/* attribute numbers and own values below this */

struct noun {
	const char *name;	/* also of the file in /proc/ringside */
	const char *about;	/* a sentence for --help */
	uint8_t cmd;		/* RINGSIDE_CMD_* */
	bool single;		/* there is just one row */
	uint8_t width;		/* values in a row, one an attribute number */
	uint8_t own;		/* the last of them, which the tool fills in */
	const struct column *columns;
	size_t nr_columns;
	const char *defaults;	/* as for -o */
	const char *sort;	/* as for -S, or NULL: the kernel's order */
};

/* The column's number in a row. */
static inline uint64_t column_num(const struct column *c, const union value *row)
{
	uint64_t num = row[c->attr[0]].num;
	int i;

	for (i = 1; i < COLUMN_ATTRS && c->attr[i]; i++)
		num += c->attr[i] > 0 ? row[c->attr[i]].num : -row[-c->attr[i]].num;
	return num;
}

/* The column called that, whatever the case, or NULL. */
const struct column *noun_column(const struct noun *noun, const char *name, size_t len);

#endif
