/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a column's value to the text that a person or a program reads
 */
#ifndef FORMAT_H
#define FORMAT_H

#include "noun.h"

#define FORMAT_SCRATCH	32	/* room for any text that isn't a name */

/*
 * The text of that column in that row. It lies in the scratch given or lives
 * elsewhere for as long as the row does. Plain: numbers in bytes and
 * nanoseconds, as programs want them, instead of 1.5M and 1:02.34.
 */
const char *format_value(const struct column *column, const union value *row, bool plain,
			 char *scratch, size_t *len);

/* Numbers stand to the right. */
bool format_is_right(const struct column *column);

/*
 * Looks at the clock that ages are reckoned with; to be called after rows were
 * received and before they are formatted.
 */
void format_now(void);

/*
 * Has libraries print in the user's locale. Setting it opens files, and most
 * tables are plain ASCII: it is put off until a character needs it.
 */
void format_locale(void);

/*
 * The printable form of a text: control characters and what is no character in
 * the locale become \xHH, as does a backslash before an x. Writes at most four
 * times len and returns the bytes written; *width is how many columns of a
 * terminal that takes. With blanks also ' ' becomes \x20.
 */
size_t format_escape(const char *text, size_t len, bool blanks, char *out, size_t *width);

/*
 * Valid UTF-8 as JSON wants it: bytes that aren't become \xHH. Writes at most
 * four times the length and the NUL.
 */
void format_utf8(const char *text, char *out);

#endif
