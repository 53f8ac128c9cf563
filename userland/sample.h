/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * -d SECONDS and -c COUNT: looking again and again, and comparing
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "view.h"

struct sample {
	double seconds;		/* between two looks; 0: look just once */
	unsigned long count;	/* how often to show something; 0: for ever */
};

#define SAMPLE_CHOICES(help) \
	{ 'd', "delay", "SECONDS", help }, \
	{ 'c', "count", "COUNT", "stop after so many; the delay is 1 if not given" }

/* Takes these two options: 0, or -1 after a sentence. */
int sample_take(struct sample *sample, int letter, const char *arg);

/*
 * Fetches the rows every so often and shows each time how they differ from
 * those before: seconds is the time between them, nr counts from 0. Returns an
 * exit status, after COUNT times or an error.
 */
typedef void sample_show(struct view *view, const struct rows *now, const struct rows *before,
			 double seconds, unsigned long nr);

int sample_run(struct view *view, const struct sample *sample, sample_show *show);

#endif
