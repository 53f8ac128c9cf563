// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether standard input is an SVG picture as ringside draws them: well-formed
 * XML (elements closed in order, attributes in quotes, known entities, UTF-8), and
 * every text and rectangle within the picture. Exit status 0, and the number of
 * texts on standard output. Else a word on what is wrong and where.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH	16
#define NAME	32
#define LETTER	7	/* pixels a letter takes at most, in 11 px */

static char text[16 << 20];
static size_t at;
static char open_elements[DEPTH][NAME];
static int depth;
static double width, height;
static long texts;

static void wrong(const char *what)
{
	fprintf(stderr, "at byte %zu: %s: %.40s\n", at, what, text + at);
	exit(1);
}

static void expect(const char *word)
{
	if (strncmp(text + at, word, strlen(word)))
		wrong(word);
	at += strlen(word);
}

static void name(char *to)
{
	size_t len = 0;

	while (isalnum((unsigned char)text[at]) || strchr("-:", text[at] ?: '<')) {
		if (len + 1 == NAME)
			wrong("a long name");
		to[len++] = text[at++];
	}
	to[len] = '\0';
	if (!len)
		wrong("no name");
}

/* One character of text or of a value. */
static void character(void)
{
	static const char *const entities[] = { "&amp;", "&lt;", "&gt;", "&quot;" };
	unsigned char c = text[at];
	unsigned int more = 0, i;

	if (c == '&') {
		for (i = 0; i < 4; i++)
			if (!strncmp(text + at, entities[i], strlen(entities[i]))) {
				at += strlen(entities[i]);
				return;
			}
		wrong("an unknown entity");
	}
	if (c < ' ' && c != '\n')
		wrong("a control character");
	if (c >= 0x80)
		more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 9;
	at++;
	while (more--)
		if (((unsigned char)text[at++] & 0xc0) != 0x80)
			wrong("no UTF-8");
}

struct attributes {
	double x, y, width, height;
	bool ends;	/* text-anchor: end */
	bool large;
};

static void attributes(struct attributes *has)
{
	while (text[at] == ' ' || text[at] == '\n') {
		char word[NAME];
		const char *value;

		at++;
		name(word);
		expect("=\"");
		value = text + at;
		while (text[at] != '"') {
			if (text[at] == '<')
				wrong("< in a value");
			character();
		}
		at++;
		if (!strcmp(word, "x"))
			has->x = atof(value);
		else if (!strcmp(word, "y"))
			has->y = atof(value);
		else if (!strcmp(word, "width"))
			has->width = atof(value);
		else if (!strcmp(word, "height"))
			has->height = atof(value);
		else if (!strcmp(word, "class")) {
			has->ends = !strncmp(value, "t\"", 2);
			has->large = !strncmp(value, "n\"", 2);
		}
	}
}

static void check_rectangle(const struct attributes *has)
{
	if (has->x < 0 || has->y < 0 || has->x + has->width > width || has->y + has->height > height)
		wrong("a rectangle that is not within the picture");
}

static void check_text(const struct attributes *has, size_t start, size_t end)
{
	double takes = 0, from;
	size_t i;

	/* An entity is one character, as are several bytes of one. */
	for (i = start; i < end; i++) {
		if (((unsigned char)text[i] & 0xc0) == 0x80)
			continue;
		if (text[i] == '&')
			i += strcspn(text + i, ";");
		takes += has->large ? LETTER * 15 / 11.0 : LETTER;
	}
	from = has->ends ? has->x - takes : has->x;
	if (from < 0 || from + takes > width + 0.5 || has->y < 0 || has->y > height)
		wrong("a text that is not within the picture");
	if (!takes)
		wrong("a text without a letter");
	texts++;
}

static void element(void)
{
	struct attributes has = { 0 };
	char word[NAME];
	size_t start;

	expect("<");
	if (text[at] == '/') {
		at++;
		name(word);
		expect(">");
		if (!depth || strcmp(open_elements[--depth], word))
			wrong("closes what is not open");
		return;
	}
	name(word);
	attributes(&has);
	if (!strcmp(word, "svg")) {
		width = has.width;
		height = has.height;
	}
	if (!strcmp(word, "rect"))
		check_rectangle(&has);
	if (text[at] == '/') {
		expect("/>");
		return;
	}
	expect(">");
	if (depth == DEPTH)
		wrong("too deep");
	strcpy(open_elements[depth++], word);
	start = at;
	while (text[at] && text[at] != '<')
		character();
	if (!strcmp(word, "text"))
		check_text(&has, start, at);
}

int main(void)
{
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);

	expect("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	if (!strncmp(text + at, "<!--", 4))
		at = strstr(text + at, "-->") ? (size_t)(strstr(text + at, "-->") + 3 - text) : len;
	do {
		while (isspace((unsigned char)text[at]))
			at++;
		element();
		while (depth && text[at] != '<')
			character();
	} while (depth);
	while (isspace((unsigned char)text[at]))
		at++;
	if (at != len)
		wrong("more after the end");
	if (!width || !height)
		wrong("a picture without a size");
	printf("%ld\n", texts);
	return 0;
}
