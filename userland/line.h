/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line under construction, as long as it needs to be
 */
#ifndef LINE_H
#define LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	char *text;		/* no NUL at its end */
	size_t len;
	size_t room;
};

/* Room for so many bytes more: where they go. */
char *line_room(struct line *line, size_t more);

void line_add(struct line *line, const void *text, size_t len);
void line_word(struct line *line, const char *word);
void line_print(struct line *line, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What printf has %llu, %lld and %#llx for, at a fraction of its price. */
void line_unsigned(struct line *line, uint64_t number);
void line_signed(struct line *line, int64_t number);
void line_hex(struct line *line, uint64_t number);

/*
 * In quotes and escaped, as strace has it: what is not printable ASCII as \n and
 * the like or in octal. Cut: dots follow.
 */
void line_quote(struct line *line, const void *text, size_t len, bool cut);

/* Blanks up to that column, counted from its beginning. */
void line_fill(struct line *line, size_t column);

#endif
