// SPDX-License-Identifier: GPL-2.0-or-later
/* One action after the other, each with each of its allocations failing in turn. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "proc.h"
#include "sweep.h"
#include "tap.h"

/* Of many allocations those that fail one by one, from the first and up to the last, and how many in between. */
static unsigned int head, middle, tail;

static struct ring *r;
static unsigned int actions, sites, failures, refusals;
static char sentence[300];	/* of the last refusal */

unsigned int sweep_watches_wanted;

uint64_t sweep_init(struct ring *ring)
{
	cpu_set_t one;
	struct stat st;

	r = ring;
	fail_init();
	head = often(12, 40);
	middle = often(10, 30);
	tail = often(8, 20);
	/* Grace periods are not what is measured. */
	if (!write_file("/sys/kernel/rcu_expedited", "1"))
		bail("/sys/kernel/rcu_expedited: %s", strerror(errno));
	/* What is made for a CPU is made where it fails. */
	CPU_ZERO(&one);
	CPU_SET(1, &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (mkdir(SWEEP_CGROUP, 0755) || stat(SWEEP_CGROUP, &st))
		bail("%s: %s", SWEEP_CGROUP, strerror(errno));
	return st.st_ino;
}

static unsigned int watches(void)
{
	char *text = slurp("/proc/ringside/watches", NULL), *at;
	unsigned int lines = 0;

	if (!text)
		bail("/proc/ringside/watches: %s", strerror(errno));
	for (at = text; (at = strchr(at, '\n')); at++)
		lines++;
	free(text);
	return lines - 1;
}

/* Once with the nth failing: how many more there could have been, or 0. */
static unsigned int once(const struct action *action, unsigned int n, int *err)
{
	unsigned int left;

	if (action->before)
		action->before(action);
	*r->why = '\0';
	fail_arm(n);
	*err = action->go(action);
	left = fail_disarm();
	snprintf(sentence, sizeof(sentence), "%s", r->why);
	return left;
}

static const char *undone(const struct action *action, int err)
{
	const char *why = action->check ? action->check(action, err) : NULL;

	if (!err && action->undo)
		action->undo(action);
	if (!why && r->nl && watches() != sweep_watches_wanted)
		why = "a watch is left behind, or was lost";
	return why;
}

/* ENOMEM says it all; what else says no says why. */
static const char *wrong(const struct action *action, int err)
{
	if (!err)
		return NULL;
	if (action->never)
		return "this can't fail";
	return err == -ENOMEM || *sentence ? NULL : "an error without a sentence";
}

/* The nth fails, and then none. */
static bool nth_fails(const struct action *action, unsigned int n)
{
	const char *why, *then;
	int err, after;

	/* There were fewer than the last time, and none of them failed. */
	if (once(action, n, &err)) {
		why = undone(action, err);
	} else {
		failures++;
		refusals += err < 0;
		then = undone(action, err);
		why = wrong(action, err) ?: then;
	}
	once(action, 0, &after);
	then = undone(action, after);
	why = why ?: after ? "it does not work after it" : then;
	if (why)
		diag("%s, allocation %u: %s: %s (%s), then %s", action->name, n, why, strerror(-err), sentence,
		     strerror(-after));
	return !why;
}

void sweep(const struct action *action)
{
	unsigned int n, step = 1, total, done = 0, most = 1U << 30, before = refusals;
	const char *why;
	bool good;
	int err;

	actions++;
	total = most - once(action, most, &err);
	why = undone(action, err);
	good = !err && !why;
	if (!good)
		diag("%s: %s (%s): %s", action->name, strerror(-err), sentence, why ?: "");
	sites += total;
	for (n = 1; !err && n <= total; n += step, done++) {
		good &= nth_fails(action, n);
		step = total <= head + middle + tail || n < head || n >= total - tail ? 1 :
		       (total - head - tail) / middle + 1;
		if (step > 1 && n + step > total - tail)
			step = total - tail - n;
	}
	ok(good, "%s: %u allocations, of which %u failed in turn, %u times to no avail", action->name, total,
	   done, refusals - before);
}

void sweep_note(void)
{
	rmdir(SWEEP_CGROUP);
	note("%u actions, %u allocations, %u of them failed in turn, %u times to no avail", actions, sites, failures,
	     refusals);
}
