// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "line.h"
#include "rows.h"

#define DIGITS	24	/* of the longest number, with what stands before it */

char *line_room(struct line *line, size_t more)
{
	if (line->room - line->len < more) {
		line->room = (line->len + more) * 2;
		line->text = reallocate(line->text, line->room);
	}
	return line->text + line->len;
}

void line_add(struct line *line, const void *text, size_t len)
{
	memcpy(line_room(line, len), text, len);
	line->len += len;
}

void line_word(struct line *line, const char *word)
{
	line_add(line, word, strlen(word));
}

void line_print(struct line *line, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(line_room(line, len + 1), len + 1, fmt, ap);
	va_end(ap);
	line->len += len;
}

void line_unsigned(struct line *line, uint64_t number)
{
	char digits[DIGITS], *at = digits + DIGITS;

	do {
		*--at = '0' + number % 10;
		number /= 10;
	} while (number);
	line_add(line, at, digits + DIGITS - at);
}

void line_signed(struct line *line, int64_t number)
{
	if (number < 0)
		line_add(line, "-", 1);
	line_unsigned(line, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void line_hex(struct line *line, uint64_t number)
{
	char digits[DIGITS], *at = digits + DIGITS;

	do {
		*--at = "0123456789abcdef"[number % 16];
		number /= 16;
	} while (number);
	*--at = 'x';
	*--at = '0';
	line_add(line, at, digits + DIGITS - at);
}

/* The letter behind a backslash, or 0. */
static const char letters[256] = {
	['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't', ['\v'] = 'v', ['"'] = '"',
	['\\'] = '\\',
};

void line_quote(struct line *line, const void *text, size_t len, bool cut)
{
	const unsigned char *from = text;
	char *to = line_room(line, 4 * len + 5), *start = to;
	size_t i;

	*to++ = '"';
	for (i = 0; i < len; i++) {
		unsigned char c = from[i];
		bool digit_next = i + 1 < len && from[i + 1] >= '0' && from[i + 1] <= '9';

		if (letters[c]) {
			*to++ = '\\';
			*to++ = letters[c];
		} else if (c >= ' ' && c < 127) {
			*to++ = c;
		} else {
			/* All three digits when another follows that isn't one of them. */
			*to++ = '\\';
			if (digit_next || c >= 0100)
				*to++ = '0' + (c >> 6);
			if (digit_next || c >= 010)
				*to++ = '0' + (c >> 3 & 7);
			*to++ = '0' + (c & 7);
		}
	}
	*to++ = '"';
	if (cut)
		to = stpcpy(to, "...");
	line->len += to - start;
}

void line_fill(struct line *line, size_t column)
{
	size_t more;

	if (line->len >= column)
		return;
	more = column - line->len;
	memset(line_room(line, more), ' ', more);
	line->len += more;
}
