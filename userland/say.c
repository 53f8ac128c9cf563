// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
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

void say_error(const char *noun, int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		say("%s: this needs CAP_PERFMON or CAP_SYS_ADMIN (root has them), or the group "
		    "that the module was given (ringside.group)", noun);
		break;
	case ENOENT:
		say("the module is not loaded: modprobe ringside");
		break;
	case ENOSPC:
		say("%s: there are as many watches as there may be; \"ringside watches\" lists them",
		    noun);
		break;
	case EOPNOTSUPP:
		say("%s: not to be had from this kernel; \"ringside status\" says why", noun);
		break;
	default:
		say("%s: %s", noun, strerror(error));
	}
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
	/* About a third of the letters may be wrong: two that are swapped are two. */
	g->distance = strlen(typed) < 4 ? 2 : strlen(typed) / 3 + 2;
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
	if (!g->best)
		return ";";
	snprintf(g->text, sizeof(g->text), ": did you mean '%s'?", g->best);
	return g->text;
}
