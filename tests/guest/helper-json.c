// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether standard input is one JSON text, strictly (RFC 8259, UTF-8): exit
 * status 0, and the number of elements of its first array on standard output.
 * Else a word on what is wrong and where.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char text[8 << 20];
static size_t at;
static long elements = -1;

static void wrong(const char *what)
{
	fprintf(stderr, "at byte %zu: %s\n", at, what);
	exit(1);
}

static void blanks(void)
{
	at += strspn(text + at, " \t\n\r");
}

static void utf8(void)
{
	unsigned char c = text[at++];
	unsigned int more, value, i;

	if (c < 0x80)
		return;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	if (c < 0xc2 || c > 0xf4)
		wrong("no UTF-8");
	value = c & (0x3f >> more);
	for (i = 0; i < more; i++, at++) {
		if (((unsigned char)text[at] & 0xc0) != 0x80)
			wrong("no UTF-8");
		value = value << 6 | (text[at] & 0x3f);
	}
	if ((more == 2 && value < 0x800) || (more == 3 && value < 0x10000) || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		wrong("no UTF-8");
}

static void string(void)
{
	if (text[at++] != '"')
		wrong("no string");
	while (text[at] != '"') {
		if ((unsigned char)text[at] < ' ')
			wrong("a control byte in a string");
		if (text[at] != '\\') {
			utf8();
			continue;
		}
		at++;
		if (text[at] == 'u') {
			if (strspn(text + at + 1, "0123456789abcdefABCDEF") < 4)
				wrong("\\u without four digits");
			at += 5;
		} else if (text[at] && strchr("\"\\/bfnrt", text[at])) {
			at++;
		} else {
			wrong("an unknown escape");
		}
	}
	at++;
}

static void number(void)
{
	size_t digits;

	at += text[at] == '-';
	digits = strspn(text + at, "0123456789");
	if (!digits || (digits > 1 && text[at] == '0'))
		wrong("no value");
	at += digits;
	if (text[at] == '.') {
		digits = strspn(text + ++at, "0123456789");
		if (!digits)
			wrong("no number");
		at += digits;
	}
	if (text[at] == 'e' || text[at] == 'E') {
		at++;
		at += text[at] == '-' || text[at] == '+';
		digits = strspn(text + at, "0123456789");
		if (!digits)
			wrong("no number");
		at += digits;
	}
}

static void value(void);

static void list(char end)
{
	long nr = 0;

	at++;
	blanks();
	if (text[at] != end)
		for (;; at++) {
			blanks();
			if (end == '}') {
				string();
				blanks();
				if (text[at++] != ':')
					wrong("no colon");
				blanks();
			}
			value();
			nr++;
			blanks();
			if (text[at] != ',')
				break;
		}
	if (text[at] != end)
		wrong("no comma or end");
	at++;
	if (end == ']' && elements < 0)
		elements = nr;
}

static void value(void)
{
	static const char * const words[] = { "true", "false", "null" };
	size_t i;

	for (i = 0; i < 3; i++)
		if (!strncmp(text + at, words[i], strlen(words[i]))) {
			at += strlen(words[i]);
			return;
		}
	if (text[at] == '{')
		list('}');
	else if (text[at] == '[')
		list(']');
	else if (text[at] == '"')
		string();
	else
		number();
}

int main(void)
{
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);

	if (!len)
		wrong("nothing");
	blanks();
	value();
	blanks();
	if (at != len)
		wrong("more after the end");
	printf("%ld\n", elements);
	return 0;
}
