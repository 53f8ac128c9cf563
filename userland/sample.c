// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "sample.h"
#include "say.h"

#define NSEC	1000000000

int sample_take(struct sample *sample, int letter, const char *arg)
{
	if (letter == 'd')
		return parse_seconds(arg, &sample->seconds);
	if (parse_count(arg, "count", &sample->count))
		return -1;
	if (!sample->seconds)
		sample->seconds = 1;
	return 0;
}

static void add_seconds(struct timespec *ts, double seconds)
{
	ts->tv_sec += (time_t)seconds;
	ts->tv_nsec += (long)((seconds - (time_t)seconds) * NSEC);
	if (ts->tv_nsec >= NSEC) {
		ts->tv_nsec -= NSEC;
		ts->tv_sec++;
	}
}

static double seconds_between(const struct timespec *a, const struct timespec *b)
{
	return (b->tv_sec - a->tv_sec) + (double)(b->tv_nsec - a->tv_nsec) / NSEC;
}

/* The rows, and when they were so. */
struct look {
	struct rows rows;
	struct timespec at;
};

static int look(struct view *view, struct look *look)
{
	struct request req;

	request_init(&req, view->noun->cmd);
	if (view_get(view, &req, &look->rows))
		return -1;
	return clock_gettime(CLOCK_MONOTONIC, &look->at);
}

int sample_run(struct view *view, const struct sample *sample, sample_show *show)
{
	struct look looks[2];
	struct timespec next;
	unsigned long nr;

	rows_init(&looks[0].rows, view->noun);
	rows_init(&looks[1].rows, view->noun);
	if (look(view, &looks[0]))
		return EXIT_FAILED;
	next = looks[0].at;
	for (nr = 0; !sample->count || nr < sample->count; nr++) {
		struct look *before = &looks[nr % 2], *now = &looks[(nr + 1) % 2];

		/* Until a time, not for a time: the looks don't drift. */
		add_seconds(&next, sample->seconds);
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) == EINTR)
			;
		if (look(view, now))
			return EXIT_FAILED;
		show(view, &now->rows, &before->rows, seconds_between(&before->at, &now->at), nr);
		if (fflush(stdout))
			return EXIT_FAILED;
	}
	return EXIT_OK;
}
