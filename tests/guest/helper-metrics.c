// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whether standard input is metrics as Prometheus takes them, in its text format
 * or with --openmetrics in that, strictly: exit status 0, and on standard output
 * a line a sample, NAME|LABEL'S VALUE|... VALUE, with values as they were written.
 * Else a word on what is wrong and where.
 *
 * Beyond what the formats ask: every family has its help and its type before its
 * samples, names begin with ringside_ and end with unit and _total as they
 * should, samples are numbers that are not negative, without a timestamp, in the
 * order of their labels, and all of one family have the same labels.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_FAMILIES 256

static char text[8 << 20];
static const char *at = text;
static bool openmetrics;

struct family {
	char name[128];		/* as in its head */
	bool counter;
	char names[256];	/* of its labels */
	char last[1024];	/* labels of the sample before */
	unsigned long samples;
};

static struct family families[MAX_FAMILIES];
static size_t nr;

static void wrong(const char *what)
{
	const char *c;
	size_t line = 1;

	for (c = text; c < at; c++)
		line += *c == '\n';
	fprintf(stderr, "line %zu, before '%.30s': %s\n", line, at, what);
	exit(1);
}

static void expect(const char *word)
{
	size_t len = strlen(word);

	if (strncmp(at, word, len)) {
		char what[64];

		snprintf(what, sizeof(what), "no '%s'", word);
		wrong(what);
	}
	at += len;
}

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), its = strlen(end);

	return len > its && !strcmp(name + len - its, end);
}

static void take_name(char *name, size_t size)
{
	size_t len = 0;

	while (isalnum((unsigned char)*at) || *at == '_') {
		if (len + 1 == size)
			wrong("a name that is too long");
		name[len++] = *at++;
	}
	name[len] = '\0';
	if (!len || isdigit((unsigned char)*name))
		wrong("no name");
}

/* One character of UTF-8 (RFC 3629). */
static void take_character(void)
{
	unsigned char c = *at++;
	unsigned int more, value, i;

	if (c < 0x80)
		return;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	if (c < 0xc2 || c > 0xf4)
		wrong("no UTF-8");
	value = c & (0x3f >> more);
	for (i = 0; i < more; i++, at++) {
		if (((unsigned char)*at & 0xc0) != 0x80)
			wrong("no UTF-8");
		value = value << 6 | (*at & 0x3f);
	}
	if ((more == 2 && value < 0x800) || (more == 3 && value < 0x10000) || value > 0x10ffff ||
	    (value >= 0xd800 && value < 0xe000))
		wrong("no UTF-8");
}

/* Up to that character. A quote is escaped in labels, and in OpenMetrics in all text. */
static void take_text(char end, bool quotes)
{
	while (*at != end) {
		if (!*at || *at == '\n')
			wrong("a line that ends too soon");
		if (*at == '"' && quotes)
			wrong("a quote without a backslash");
		if (*at == '\\') {
			at++;
			if (*at != '\\' && *at != 'n' && (*at != '"' || !quotes))
				wrong("a backslash before what needs none");
		}
		take_character();
	}
}

static void take_head(void)
{
	struct family *family = &families[nr];
	const char *unit = NULL;
	char name[128];
	size_t i;

	if (nr == MAX_FAMILIES)
		wrong("too many families");
	expect("# HELP ");
	take_name(family->name, sizeof(family->name));
	if (strncmp(family->name, "ringside_", 9))
		wrong("a name without its prefix");
	for (i = 0; i < nr; i++)
		if (!strcmp(families[i].name, family->name))
			wrong("a family for the second time");
	expect(" ");
	if (*at == '\n' || *at == ' ')
		wrong("no help");
	take_text('\n', openmetrics);
	expect("\n# TYPE ");
	take_name(name, sizeof(name));
	if (strcmp(name, family->name))
		wrong("the type of another family");
	expect(" ");
	family->counter = *at == 'c';
	expect(family->counter ? "counter\n" : "gauge\n");
	if (ends_with(name, "_total") != (family->counter && !openmetrics))
		wrong("_total where it does not belong, or none where it does");
	if (ends_with(name, "_total"))
		name[strlen(name) - strlen("_total")] = '\0';
	if (ends_with(name, "_bytes"))
		unit = "bytes";
	else if (ends_with(name, "_seconds"))
		unit = "seconds";
	if (openmetrics && unit) {
		expect("# UNIT ");
		expect(name);
		expect(" ");
		expect(unit);
		expect("\n");
	}
	nr++;
}

static void take_labels(char *names, size_t size)
{
	size_t len = 0;

	*names = '\0';
	if (*at != '{')
		return;
	do {
		char name[64];
		const char *value;

		at++;
		take_name(name, sizeof(name));
		if (!strncmp(name, "__", 2))
			wrong("a label's name that is Prometheus's own");
		len += snprintf(names + len, size - len, "%s,", name);
		if (len >= size)
			wrong("too many labels");
		expect("=\"");
		value = at;
		take_text('"', true);
		printf("|%.*s", (int)(at - value), value);
		at++;
	} while (*at == ',');
	expect("}");
}

static void take_number(void)
{
	const char *start = at;

	while (isdigit((unsigned char)*at))
		at++;
	if (at == start)
		wrong("no number");
	if (*at == '.') {
		start = ++at;
		while (isdigit((unsigned char)*at))
			at++;
		if (at == start)
			wrong("no digit behind the point");
	}
}

static void take_sample(void)
{
	struct family *family = &families[nr - 1];
	char labels[sizeof(family->last)], names[sizeof(family->names)];
	const char *start = at;

	if (!nr)
		wrong("a sample of no family");
	expect(family->name);
	if (family->counter && openmetrics)
		expect("_total");
	printf("%.*s", (int)(at - start), start);
	start = at;
	take_labels(names, sizeof(names));
	snprintf(labels, sizeof(labels), "%.*s", (int)(at - start), start);
	if (family->samples && strcmp(family->names, names))
		wrong("other labels than the sample before has");
	if (family->samples && strcmp(family->last, labels) >= 0)
		wrong("a sample for the second time, or out of order");
	strcpy(family->names, names);
	strcpy(family->last, labels);
	family->samples++;
	expect(" ");
	start = at;
	take_number();
	printf(" %.*s\n", (int)(at - start), start);
	expect("\n");
}

int main(int argc, char **argv)
{
	size_t len = fread(text, 1, sizeof(text) - 1, stdin);

	openmetrics = argc > 1 && !strcmp(argv[1], "--openmetrics");
	if (strlen(text) != len)
		wrong("a NUL");
	if (!len)
		wrong("nothing");
	while (*at) {
		if (!strncmp(at, "# HELP ", 7))
			take_head();
		else if (*at != '#')
			take_sample();
		else if (openmetrics && !strcmp(at, "# EOF\n"))
			return 0;
		else
			wrong("a comment");
	}
	if (openmetrics)
		wrong("no # EOF");
	return 0;
}
