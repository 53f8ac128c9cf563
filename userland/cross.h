/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture of a program crossing between ring 3 and ring 0: what it is drawn
 * from. cross.c makes it; cross_text.c, cross_svg.c and cross_perfetto.c draw.
 */
#ifndef CROSS_H
#define CROSS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <linux/ringside_events.h>

#include "watch.h"

#define ROW_LABEL	256	/* bytes of a call's label, its NUL included */
#define ROW_RESULT	48
#define COSTLIEST	5

/* One arrow in and one out: a call, or a run of the same one, maybe by turns with the next. Or a word between them. */
struct row {
	uint32_t tid, tgid;
	char comm[16];		/* as it came; may hold anything */
	const char *word;	/* NULL for a call; else what happened, and label about it */
	char label[ROW_LABEL];	/* printable ASCII, like the result */
	char result[ROW_RESULT];
	uint64_t calls;		/* of the run */
	uint64_t errors;
	uint64_t start, end;	/* ns since the first of all */
	uint64_t user;		/* ns in ring 3 before it, of a run before its first call */
	uint64_t kernel;	/* ns in ring 0 */
	uint64_t asleep;	/* of them without a CPU */
	uint64_t switches;	/* context switches, of either kind */
	uint64_t faults;	/* page faults, of either kind */
	uint64_t disk_faults;	/* those that took I/O */
};

struct cost {
	const char *name;	/* of the call */
	uint64_t calls;
	uint64_t kernel, asleep;	/* ns */
};

struct summary {
	const char *title;		/* the command, or the processes */
	uint64_t wall;			/* ns from the first crossing to the last record */
	uint64_t user, running, asleep;	/* ns of all threads together */
	uint64_t calls, errors;
	uint64_t faults, disk_faults;
	uint64_t slept, preempted;	/* switches */
	uint64_t threads;
	struct cost costs[COSTLIEST];	/* the costliest first, calls 0 at the end */
	char vdso[160];			/* what is known of the vDSO, a sentence */
	struct watch_side side;
};

/* In 12 characters at most: 830ns, 12.3us, 4.56ms, 1.23s. */
#define DURATION	16

const char *duration(uint64_t ns, char *text);

/* "2 faults, 1 switch, slept 3ms": what is marked at a row, or "". */
void row_marks(const struct row *row, char *text, size_t size);

/* The lines of a summary: what, how much, and a share in percent or -1. */
void summary_each(const struct summary *summary, void *data,
		  void (*put)(void *data, const char *what, const char *how_much, int share));

/* cross_text.c: to a terminal as wide as it is, or as plain text. */
struct text_picture;

struct text_picture *text_open(FILE *out);
FILE *text_file(const struct text_picture *text);
void text_row(struct text_picture *text, const struct row *row);
void text_summary(struct text_picture *text, const struct summary *summary);

/* cross_svg.c: keeps the rows until the end. */
struct svg;

struct svg *svg_open(void);
void svg_row(struct svg *svg, const struct row *row);
void svg_write(struct svg *svg, const struct summary *summary, FILE *out);

/* cross_perfetto.c: every call, unfolded. Times are ns since the first of all. */
void perfetto_begin(FILE *out);
void perfetto_name(FILE *out, uint32_t tgid, uint32_t tid, const char *comm);
void perfetto_call(FILE *out, const struct ringside_event_call *call, uint64_t start, uint64_t user);
void perfetto_mark(FILE *out, uint32_t tgid, uint32_t tid, uint64_t time, const char *what);
void perfetto_end(FILE *out);

#endif
