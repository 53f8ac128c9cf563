/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tool says to a person: sentences on stderr, and the exit status
 */
#ifndef SAY_H
#define SAY_H

/* The exit status of every command. */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,	/* it went wrong, or nothing matched */
	EXIT_USAGE = 2,		/* the command line makes no sense */
};

/* Prints "ringside: <sentence>" on stderr. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The sentence for an errno met on the way to a noun's rows; ENOENT is no module. */
void say_error(const char *noun, int error);

/*
 * Tells which of several names a mistyped one is nearest to: call
 * guess_consider() for each, then go on from what is wrong with guess_text(),
 * which is ": did you mean 'that'?", or ";" when none is near.
 */
struct guess {
	const char *typed;
	const char *best;
	unsigned int distance;
	char text[80];
};

void guess_start(struct guess *g, const char *typed);
void guess_consider(struct guess *g, const char *name);
const char *guess_text(struct guess *g);

#endif
