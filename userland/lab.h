/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Experiments at the edge: what user space says beside what the kernel says
 *
 * An experiment is one file, lab_NAME.c, with a struct experiment called
 * lab_NAME, and one line in the table of lab.c. Its run() has an actor (actor.h)
 * do something, hears what that saw and asks the module, and adds a row for
 * each thing asked. Every figure is measured then and there. What an experiment
 * can't do on this kernel, on this machine or for this user it skips, with the
 * reason; what went wrong it says with lab_failed().
 *
 * A row is the answer to one question. Its texts are short: 34 columns for the
 * question, 18 for each side. Each function below adds one.
 */
#ifndef LAB_H
#define LAB_H

#include <stdint.h>

#include "client.h"

struct lab;

struct experiment {
	const char *name;
	const char *title;	/* one line, for the list */
	const char *tried;	/* two sentences */
	const char *means;	/* what there is to learn when both sides agree */
	const char *further;	/* where to look: commands and files */
	const char *unit;	/* what --times is a number of */
	unsigned long times;	/* how many, unless --times says otherwise */
	unsigned long most;	/* that it may say */
	void (*run)(struct lab *lab);
};

/* One run of one experiment. */
struct lab {
	const struct experiment *experiment;
	struct client *client;
	unsigned long times;
	struct rows *rows;
};

#define LAB_PRINTF(n)	__attribute__((format(printf, n, (n) + 1)))

/* A text that lives as long as the rows. */
const char *lab_text(struct lab *lab, const char *fmt, ...) LAB_PRINTF(2);

/* Two texts, and whether they say the same. */
void lab_compare(struct lab *lab, bool agree, const char *what, const char *user,
		 const char *kernel);

/* Two numbers of the same thing: they agree when they are equal. */
void lab_same(struct lab *lab, const char *what, uint64_t user, uint64_t kernel);

/* What there is nothing to hold against. A side that says nothing is NULL. */
void lab_shown(struct lab *lab, const char *what, const char *user, const char *kernel);

/* What can't be done here, and a sentence that says why. */
void lab_skip(struct lab *lab, const char *what, const char *fmt, ...) LAB_PRINTF(3);

/* What should have worked and didn't, and a sentence about it. */
void lab_failed(struct lab *lab, const char *what, const char *fmt, ...) LAB_PRINTF(3);

/*
 * What the module says of a task: a row by RINGSIDE_A_TASK_*, numbers only. False
 * after lab_failed().
 */
bool lab_task(struct lab *lab, pid_t pid, union value *row);

/* What the module says of itself: the state of that item, "" when it says nothing. */
const char *lab_status(struct lab *lab, const char *item);

/* Nanoseconds of a clock that only goes on. */
uint64_t lab_now(void);

#endif
