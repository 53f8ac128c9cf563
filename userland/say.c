// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "say.h"

#define GUESS_MAX	24	/* longer names are not guessed at */

void say(const char *fmt, ...)
{
	va_list ap;

	/* Data that is already there belongs before the complaint about it. */
	fflush(stdout);
	fputs("ringside: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Levenshtein's distance, blind to case. */
static unsigned int distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b), i, j;
	unsigned int row[GUESS_MAX + 1];

	if (la > GUESS_MAX || lb > GUESS_MAX)
		return GUESS_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (j = 1; j <= lb; j++) {
			int same = tolower((unsigned char)a[i - 1]) ==
				   tolower((unsigned char)b[j - 1]);
			unsigned int cost = diagonal + !same;

			diagonal = row[j];
			if (row[j] + 1 < cost)
				cost = row[j] + 1;
			if (row[j - 1] + 1 < cost)
				cost = row[j - 1] + 1;
			row[j] = cost;
		}
	}
	return row[lb];
}

void guess_start(struct guess *g, const char *typed)
{
	g->typed = typed;
	g->best = NULL;
	/* A third of the letters may be wrong; of a short word, one. */
	g->distance = strlen(typed) < 4 ? 2 : strlen(typed) / 3 + 1;
}

void guess_consider(struct guess *g, const char *name)
{
	unsigned int d = distance(g->typed, name);

	if (d < g->distance) {
		g->distance = d;
		g->best = name;
	}
}

const char *guess_text(struct guess *g)
{
	g->text[0] = '\0';
	if (g->best)
		snprintf(g->text, sizeof(g->text), "; did you mean '%s'?", g->best);
	return g->text;
}
