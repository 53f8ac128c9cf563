// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab vdso: some system calls never cross
 */
#include <errno.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

/* The precise clock may have to cross, and takes long then. */
#define FEWER	100

enum { NO_FILTER, REFUSED, ELAPSED };

struct asking {
	clockid_t clock;
	unsigned long times;
};

/* With the call forbidden: what still works has not crossed. */
static void ask_forbidden(struct actor *actor)
{
	const struct asking *asking = actor->data;
	struct timespec now;
	uint64_t refused = 0;
	unsigned long i;

	actor->saw[NO_FILTER] = actor_forbid(SYS_clock_gettime, SCMP_ACT_ERRNO(EPERM));
	for (i = 0; i < asking->times; i++)
		refused += !!clock_gettime(asking->clock, &now);
	actor->saw[REFUSED] = refused;
}

static void ask_libc(struct actor *actor)
{
	const struct asking *asking = actor->data;
	uint64_t begin = lab_now();
	struct timespec now;
	unsigned long i;

	for (i = 0; i < asking->times; i++)
		clock_gettime(asking->clock, &now);
	actor->saw[ELAPSED] = lab_now() - begin;
}

static void ask_kernel(struct actor *actor)
{
	const struct asking *asking = actor->data;
	uint64_t begin = lab_now();
	struct timespec now;
	unsigned long i;

	for (i = 0; i < asking->times; i++)
		syscall(SYS_clock_gettime, asking->clock, &now);
	actor->saw[ELAPSED] = lab_now() - begin;
}

/* How many of them cross as user space can tell it; -1 after a row that says why not. */
static int64_t crossings(struct lab *lab, const char *what, const struct asking *asking)
{
	struct actor actor;
	int64_t refused = -1;

	if (!actor_start(lab, &actor, ask_forbidden, asking))
		return -1;
	if (!actor_go(&actor))
		goto out;
	if (actor.saw[NO_FILTER])
		lab_skip(lab, what, "this kernel has no seccomp filter to forbid the call with");
	else
		refused = actor.saw[REFUSED];
out:
	actor_end(&actor);
	return refused;
}

/*
 * Looks: crossings of the two looks at the clock around the loop. False when
 * there is nothing to go on with.
 */
static bool by_libc(struct lab *lab, const char *what, const struct asking *asking,
		    unsigned int *looks)
{
	int64_t refused = crossings(lab, what, asking);
	struct actor actor;

	if (refused < 0 || !actor_run(lab, &actor, ask_libc, asking))
		return false;
	/* The looks are at the precise clock. */
	if (asking->clock == CLOCK_MONOTONIC)
		*looks = refused ? 2 : 0;
	lab_same(lab, what, refused, actor_calls(&actor, SYS_clock_gettime) - *looks);
	lab_shown(lab, "  ns each",
		  lab_text(lab, "%.1f", (double)actor.saw[ELAPSED] / asking->times), NULL);
	actor_end(&actor);
	return true;
}

static void by_syscall(struct lab *lab, const struct asking *asking, unsigned int looks)
{
	struct actor actor;
	uint64_t least;

	if (!actor_run(lab, &actor, ask_kernel, asking))
		return;
	least = actor_sum(&actor, SYS_clock_gettime, S(MIN_TIME));
	lab_same(lab, lab_text(lab, "%lu by syscall(2): cross", asking->times), asking->times,
		 actor_calls(&actor, SYS_clock_gettime) - looks);
	lab_compare(lab, least && least * asking->times <= actor.saw[ELAPSED],
		    "  ns each; in the kernel at least",
		    lab_text(lab, "%.1f", (double)actor.saw[ELAPSED] / asking->times),
		    lab_text(lab, "%llu", (unsigned long long)least));
	actor_end(&actor);
}

static void run(struct lab *lab)
{
	struct asking precise = { CLOCK_MONOTONIC, (lab->times + FEWER - 1) / FEWER };
	struct asking coarse = { CLOCK_MONOTONIC_COARSE, lab->times };
	unsigned int looks = 0;

	if (by_libc(lab, lab_text(lab, "%lu by libc, precise: cross", precise.times), &precise,
		    &looks) &&
	    by_libc(lab, lab_text(lab, "%lu by libc, coarse: cross", coarse.times), &coarse,
		    &looks))
		by_syscall(lab, &coarse, looks);
}

const struct experiment lab_vdso = {
	.name = "vdso",
	.title = "some system calls never cross",
	.tried = "A program asks for the time by libc's clock_gettime(3), precise and to the last "
		 "tick, then by syscall(2). User space has seccomp refuse the call, and what "
		 "still works did not cross; the kernel counts.",
	.means = "The kernel maps a page of code and one of data into every process, the vDSO: "
		 "libc calls that code, which reads the clock there. A precise clock that can't "
		 "be read from user space, as in some virtual machines (see clocksource), takes a "
		 "crossing after all.",
	.further = "man 7 vdso; /proc/self/maps; "
		   "/sys/devices/system/clocksource/clocksource0/current_clocksource",
	.unit = "calls",
	.times = 1000000,
	.most = 100000000,
	.run = run,
};
