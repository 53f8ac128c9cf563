/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines: one table says what is accepted and what --help prints
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/ringside.h>

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
	char shorts[3 * OPTIONS_MAX + 3];
	unsigned int nr;
};

/*
 * argv[0] is the command. In order: what follows the first operand is not for
 * us, whatever it looks like.
 */
void options_init(struct options *options, char **argv, bool in_order);

/* Accepts what the table holds; it ends with a choice without a name. */
void options_add(struct options *options, const struct choice *table);

/*
 * The letter of the next option, its argument in optarg; -1 when there are no
 * more, '?' after a mistake that was explained.
 */
int options_next(struct options *options, int argc, char **argv);

/* Prints a table for --help, one option a line. */
void options_help(const struct choice *table);

/*
 * Two a line, each with at most 18 letters of help. at: how much of a line is
 * there already, 0 to begin with. How much is there now.
 */
int options_help_two(const struct choice *table, int at);

/* A number of seconds, maybe with a fraction: 0, or -1 after a sentence. */
int parse_seconds(const char *text, double *seconds);

/* A count of at least 1: 0, or -1 after a sentence. */
int parse_count(const char *text, const char *what, unsigned long *count);

/* What -p was given, all of them. */
struct pids {
	uint32_t list[RINGSIDE_MAX_PIDS];
	unsigned int nr;
};

/* Adds a list of process ids, as in 1,4711: 0, or -1 after a sentence. */
int parse_pids(const char *text, struct pids *pids);
bool pids_have(const struct pids *pids, uint64_t pid);

#endif
