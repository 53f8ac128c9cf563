// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"
#include "prom.h"
#include "rows.h"
#include "say.h"

#define NSEC		1000000000
#define FIRST_SAMPLES	64

struct sample {
	char *labels;		/* as they are printed, "" for none */
	uint64_t value;
};

struct family {
	struct family *next;
	const struct column *column;
	char name[80];		/* without "_total" */
	struct sample *samples;
	size_t nr, room;
};

static const char *unit(const struct column *column)
{
	switch (column->kind) {
	case KIND_BYTES:
		return "bytes";
	case KIND_SECONDS:
		return "seconds";
	default:
		return NULL;
	}
}

struct family *prom_family(struct prom *prom, const char *prefix, const struct column *column)
{
	struct family *family = reallocate(NULL, sizeof(*family));
	const char *its_unit = unit(column);
	char *c;

	memset(family, 0, sizeof(*family));
	family->column = column;
	snprintf(family->name, sizeof(family->name), "ringside_%s%s%s%s", prefix, column->name,
		 its_unit ? "_" : "", its_unit ?: "");
	for (c = family->name; *c; c++)
		*c = tolower((unsigned char)*c);
	if (prom->last)
		prom->last->next = family;
	else
		prom->first = family;
	prom->last = family;
	return family;
}

static void put_escaped(const char *text, bool quotes, FILE *to)
{
	for (; *text; text++) {
		if (*text == '\n') {
			fputs("\\n", to);
			continue;
		}
		if (*text == '\\' || (*text == '"' && quotes))
			fputc('\\', to);
		fputc(*text, to);
	}
}

/* A label's value is UTF-8. */
static void put_label(const struct label *label, FILE *to)
{
	char *valid = reallocate(NULL, 4 * strlen(label->value) + 1);

	format_utf8(label->value, valid);
	fprintf(to, "%s=\"", label->name);
	put_escaped(valid, true, to);
	fputc('"', to);
	free(valid);
}

void prom_add(struct family *family, uint64_t value, const struct label *labels)
{
	struct sample *sample;
	FILE *to;
	size_t len, i;

	if (family->nr == family->room) {
		family->room = family->room ? family->room * 2 : FIRST_SAMPLES;
		family->samples = reallocate(family->samples,
					     family->room * sizeof(*family->samples));
	}
	sample = &family->samples[family->nr++];
	sample->value = value;
	to = open_memstream(&sample->labels, &len);
	for (i = 0; to && labels && labels[i].name; i++) {
		if (i)
			fputc(',', to);
		put_label(&labels[i], to);
	}
	if (!to || fclose(to)) {
		say("out of memory");
		exit(EXIT_FAILED);
	}
}

static int by_labels(const void *a, const void *b)
{
	const struct sample *sa = a, *sb = b;

	return strcmp(sa->labels, sb->labels);
}

static void print_value(const struct column *column, uint64_t value, FILE *to)
{
	switch (column->kind) {
	case KIND_SECONDS:
		fprintf(to, "%" PRIu64 ".%09" PRIu64 "\n", value / NSEC, value % NSEC);
		return;
	case KIND_HUNDREDTHS:
		fprintf(to, "%" PRIu64 ".%02" PRIu64 "\n", value / 100, value % 100);
		return;
	default:
		fprintf(to, "%" PRIu64 "\n", value);
	}
}

static void print_samples(const struct family *family, FILE *to)
{
	size_t i, next;

	if (family->nr)
		qsort(family->samples, family->nr, sizeof(*family->samples), by_labels);
	for (i = 0; i < family->nr; i = next) {
		const struct sample *sample = &family->samples[i];
		uint64_t sum = sample->value;

		for (next = i + 1; next < family->nr; next++) {
			if (by_labels(sample, &family->samples[next]))
				break;
			sum += family->samples[next].value;
		}
		fprintf(to, "%s%s%s%s%s ", family->name, family->column->counter ? "_total" : "",
			*sample->labels ? "{" : "", sample->labels, *sample->labels ? "}" : "");
		print_value(family->column, sum, to);
	}
}

void prom_print(const struct prom *prom, bool openmetrics, FILE *to)
{
	const struct family *family;

	for (family = prom->first; family; family = family->next) {
		const struct column *column = family->column;
		/* Of OpenMetrics only the samples of a counter are called so. */
		const char *total = column->counter && !openmetrics ? "_total" : "";

		fprintf(to, "# HELP %s%s ", family->name, total);
		put_escaped(column->help, openmetrics, to);
		fprintf(to, "\n# TYPE %s%s %s\n", family->name, total,
			column->counter ? "counter" : "gauge");
		if (openmetrics && unit(column))
			fprintf(to, "# UNIT %s %s\n", family->name, unit(column));
		print_samples(family, to);
	}
	if (openmetrics)
		fputs("# EOF\n", to);
}

void prom_clear(struct prom *prom)
{
	while (prom->first) {
		struct family *family = prom->first;
		size_t i;

		prom->first = family->next;
		for (i = 0; i < family->nr; i++)
			free(family->samples[i].labels);
		free(family->samples);
		free(family);
	}
	prom->last = NULL;
}
