// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "say.h"

#define SECONDS_MIN	0.01
#define SECONDS_MAX	86400.0
#define HALF_LINE	40

void options_init(struct options *options, char **argv, bool in_order)
{
	memset(options, 0, sizeof(*options));
	options->command = argv[0];
	/* The colon: a missing argument is told from an unknown option. */
	snprintf(options->shorts, sizeof(options->shorts), "%s:", in_order ? "+" : "");
	opterr = 0;
	optind = 1;
}

void options_add(struct options *options, const struct choice *table)
{
	char *end = options->shorts + strlen(options->shorts);

	for (; table->name && options->nr < OPTIONS_MAX; table++) {
		options->longs[options->nr++] = (struct option) {
			.name = table->name,
			.has_arg = table->arg ? required_argument : no_argument,
			.val = table->letter,
		};
		if (table->letter > 255)
			continue;
		*end++ = table->letter;
		if (table->arg)
			*end++ = ':';
	}
}

static void say_unknown(const struct options *options, const char *typed)
{
	struct guess guess;
	char name[64];
	unsigned int i;

	if (optopt) {
		say("%s: there is no option -%c; \"ringside %s --help\" lists them",
		    options->command, optopt, options->command);
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(typed, "="), typed);
	guess_start(&guess, name + 2);
	for (i = 0; i < options->nr; i++)
		guess_consider(&guess, options->longs[i].name);
	say("%s: there is no option %s%s \"ringside %s --help\" lists them",
	    options->command, name, guess_text(&guess), options->command);
}

int options_next(struct options *options, int argc, char **argv)
{
	int letter = getopt_long(argc, argv, options->shorts, options->longs, NULL);
	unsigned int i;

	if (letter == ':') {
		say("%s: %s needs an argument; try \"ringside %s --help\"",
		    options->command, argv[optind - 1], options->command);
		return '?';
	}
	if (letter != '?')
		return letter;
	/* A known letter here: a long option that takes no argument got one. */
	for (i = 0; optopt && i < options->nr; i++) {
		if (options->longs[i].val != optopt)
			continue;
		say("%s: --%s takes no argument", options->command, options->longs[i].name);
		return '?';
	}
	say_unknown(options, argv[optind - 1]);
	return '?';
}

/* One option: its names in so many columns, and its help. */
static int print_choice(const struct choice *choice, int width)
{
	char letter[8] = "", names[64];

	if (choice->letter <= 255)
		snprintf(letter, sizeof(letter), "-%c,", choice->letter);
	snprintf(names, sizeof(names), "--%s%s%s", choice->name, choice->arg ? " " : "",
		 choice->arg ?: "");
	return printf(" %3s %-*s  %s", letter, width, names, choice->help);
}

void options_help(const struct choice *table)
{
	for (; table->name; table++) {
		print_choice(table, 18);
		putchar('\n');
	}
}

int options_help_two(const struct choice *table, int at)
{
	for (; table->name; table++) {
		bool second = at;

		if (second)
			printf("%*s", at < HALF_LINE ? HALF_LINE - at : 0, "");
		at = print_choice(table, 14);
		if (second) {
			putchar('\n');
			at = 0;
		}
	}
	return at;
}

int parse_seconds(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	if (end == text || *end || !(*seconds >= SECONDS_MIN && *seconds <= SECONDS_MAX)) {
		say("'%s' is no number of seconds from %g to %g", text, SECONDS_MIN, SECONDS_MAX);
		return -1;
	}
	return 0;
}

int parse_count(const char *text, const char *what, unsigned long *count)
{
	char *end;

	errno = 0;
	*count = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || !*count) {
		say("'%s' is no %s: a whole number above 0 is", text, what);
		return -1;
	}
	return 0;
}

int parse_pids(const char *text, struct pids *pids)
{
	for (;; text++) {
		char *end;
		unsigned long pid = strtoul(text, &end, 10);

		if (*text < '0' || *text > '9' || (*end && *end != ',') || !pid ||
		    pid > INT32_MAX) {
			say("-p takes process ids, as in 1,4711: not '%s'", text);
			return -1;
		}
		if (pids->nr == RINGSIDE_MAX_PIDS) {
			say("-p takes at most %d process ids", RINGSIDE_MAX_PIDS);
			return -1;
		}
		pids->list[pids->nr++] = pid;
		text = end;
		if (!*text)
			return 0;
	}
}

bool pids_have(const struct pids *pids, uint64_t pid)
{
	unsigned int i;

	for (i = 0; i < pids->nr; i++)
		if (pids->list[i] == pid)
			return true;
	return false;
}
