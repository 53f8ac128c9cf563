// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab seccomp: turned away at the door
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

enum { ALLOWED, REFUSED, NO_FILTER };

static void ask(struct actor *actor)
{
	unsigned long i;

	for (i = 0; i < actor->lab->times; i++)
		actor->saw[ALLOWED] += syscall(SYS_getppid) > 0;
}

/* First what is allowed; then, after a look, what isn't. */
static void be_refused(struct actor *actor)
{
	unsigned long i;

	ask(actor);
	actor_hold(actor);
	actor->saw[NO_FILTER] = actor_forbid(SYS_getppid, SCMP_ACT_ERRNO(EPERM));
	for (i = 0; i < actor->lab->times; i++)
		actor->saw[REFUSED] += syscall(SYS_getppid) < 0 && errno == EPERM;
}

static void be_killed(struct actor *actor)
{
	/* It is to leave no core behind. */
	prctl(PR_SET_DUMPABLE, 0);
	ask(actor);
	actor_hold(actor);
	actor->saw[NO_FILTER] = actor_forbid(SYS_getppid, SCMP_ACT_KILL_PROCESS);
	if (!actor->saw[NO_FILTER])
		syscall(SYS_getppid);
}

/*
 * One who only counts what enters, and one who counts what returns as well: a
 * refused call returns without having entered.
 */
static void refuse(struct lab *lab, bool times)
{
	uint64_t entered, errors;
	struct actor actor;

	if (!actor_start(lab, &actor, be_refused, NULL))
		return;
	if (!actor_watch(&actor, times, NULL) || !actor_go(&actor) || !actor_look(&actor))
		goto out;
	entered = actor_calls(&actor, SYS_getppid);
	if (!times)
		lab_same(lab, "allowed: calls that entered", actor.saw[ALLOWED], entered);
	if (!actor_go(&actor) || !actor_look(&actor))
		goto out;
	if (actor.saw[NO_FILTER]) {
		lab_skip(lab, "forbidden", "this kernel has no seccomp filters");
		goto out;
	}
	entered = actor_calls(&actor, SYS_getppid) - entered;
	errors = actor_errors(&actor, SYS_getppid, EPERM);
	if (times)
		lab_same(lab, "forbidden: EPERM", actor.saw[REFUSED], errors);
	else
		lab_same(lab, "forbidden: calls that entered",
			 lab->times - actor.saw[REFUSED], entered);
out:
	actor_end(&actor);
}

static void kill_one(struct lab *lab)
{
	uint64_t entered, exits;
	struct actor actor;
	bool lives;

	if (!actor_start(lab, &actor, be_killed, NULL))
		return;
	if (!actor_watch(&actor, false, NULL) || !actor_go(&actor) || !actor_look(&actor))
		goto out;
	entered = actor_calls(&actor, SYS_getppid);
	actor_begin(&actor);
	lives = actor_wait(&actor);
	if (actor.saw[NO_FILTER]) {
		lab_skip(lab, "killed for one more", "this kernel has no such filter");
		goto out;
	}
	if (!actor_look(&actor))
		goto out;
	entered = actor_calls(&actor, SYS_getppid) - entered;
	exits = actor_calls(&actor, SYS_exit_group);
	lab_same(lab, "killed for one: calls that entered", 0, entered);
	lab_compare(lab, actor.sig == SIGSYS && !exits, "  how it ended",
		    lives ? "it lives" :
		    actor.sig ? lab_text(lab, "by SIG%s", sigabbrev_np(actor.sig)) :
		    lab_text(lab, "with status %d", actor.status),
		    lab_text(lab, "%llu calls of exit", (unsigned long long)exits));
out:
	actor_end(&actor);
}

static void run(struct lab *lab)
{
	refuse(lab, false);
	refuse(lab, true);
	kill_one(lab);
}

const struct experiment lab_seccomp = {
	.name = "seccomp",
	.title = "turned away at the door",
	.tried = "A program calls getppid, forbids itself to with a seccomp filter, and calls it "
		 "again: EPERM. Another one is killed for it.",
	.means = "The filter runs between the door and the call: what it refuses never enters, so "
		 "that the count of calls stands still while that of errors grows. That is what "
		 "keeps a browser's or a container's processes from most of the kernel.",
	.further = "man 2 seccomp; grep Seccomp /proc/PID/status; ringside count --by errno",
	.unit = "calls of each kind",
	.times = 1000,
	.most = 1000000,
	.run = run,
};
