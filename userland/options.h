/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines: one table says what is accepted and what --help prints
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <getopt.h>

struct choice {
	int letter;		/* above 255: it has no short form */
	const char *name;
	const char *arg;	/* what its argument is called, or NULL */
	const char *help;
};

#define OPTIONS_MAX	40

struct options {
	const char *command;
	struct option longs[OPTIONS_MAX + 1];
	char shorts[3 * OPTIONS_MAX + 2];
	unsigned int nr;
};

/* argv[0] is the command. */
void options_init(struct options *options, char **argv);

/* Accepts what the table holds; it ends with a choice without a name. */
void options_add(struct options *options, const struct choice *table);

/*
 * The letter of the next option, its argument in optarg; -1 when there are no
 * more, '?' after a mistake that was explained.
 */
int options_next(struct options *options, int argc, char **argv);

/* Prints a table for --help. */
void options_help(const struct choice *table);

/* A number of seconds, maybe with a fraction: 0, or -1 after a sentence. */
int parse_seconds(const char *text, double *seconds);

/* A count of at least 1: 0, or -1 after a sentence. */
int parse_count(const char *text, const char *what, unsigned long *count);

#endif
