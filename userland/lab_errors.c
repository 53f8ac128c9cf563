// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab errors: errno comes from the kernel, or it does not
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "actor.h"

#define TICK_US		2000
#define NO_CALL		100000	/* a number far out of range */
#define ERESTARTSYS	512	/* the kernel's own: never seen by a program */

/* What the one who fails leaves: errors seen, by what was done. */
enum { NOENT, BADF, FAULT, INTR, NOSYS, READS, RECEIVED, OWN };

static int sink;	/* where the signal's handler puts a byte, or -1 */

static void on_tick(int sig)
{
	int saved = errno;

	(void)sig;
	if (sink >= 0 && send(sink, "", 1, 0) < 0)
		_exit(1);
	errno = saved;
}

/* A signal every so often, whose handler lets the call go on or not. */
static void tick(bool restart)
{
	struct sigaction action = { .sa_handler = on_tick, .sa_flags = restart ? SA_RESTART : 0 };
	struct itimerval timer = { { 0, TICK_US }, { 0, TICK_US } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void tick_no_more(void)
{
	struct itimerval timer = { 0 };

	setitimer(ITIMER_REAL, &timer, NULL);
}

/* It waits for what never comes. */
static uint64_t interrupted(unsigned long times, int fd)
{
	uint64_t seen = 0;
	char byte;

	sink = -1;
	tick(false);
	while (times--)
		seen += read(fd, &byte, 1) < 0 && errno == EINTR;
	tick_no_more();
	return seen;
}

/* It waits for what the signal brings. */
static uint64_t restarted(unsigned long times, int fd, int other)
{
	uint64_t received = 0;
	char byte;

	sink = other;
	tick(true);
	while (times--)
		received += recv(fd, &byte, 1, 0) == 1;
	tick_no_more();
	return received;
}

static void fail(struct actor *actor)
{
	unsigned long times = actor->lab->times, i;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return;
	for (i = 0; i < times; i++) {
		actor->saw[NOENT] += open("/no/such/file", O_RDONLY) < 0 && errno == ENOENT;
		actor->saw[BADF] += close(-1) < 0 && errno == EBADF;
		actor->saw[FAULT] += syscall(SYS_uname, 8L) < 0 && errno == EFAULT;
		actor->saw[NOSYS] += syscall(NO_CALL) < 0 && errno == ENOSYS;
	}
	actor->saw[INTR] = interrupted(times, pair[0]);
	actor->saw[RECEIVED] = restarted(times, pair[0], pair[1]);
}

/* Errors that libc finds by itself. */
static void fail_in_libc(struct actor *actor)
{
	unsigned long i;
	sigset_t set;

	sigemptyset(&set);
	for (i = 0; i < actor->lab->times; i++) {
		errno = 0;
		actor->saw[OWN] += strtol("99999999999999999999", NULL, 10) && errno == ERANGE;
		actor->saw[OWN] += setenv("", "value", 1) < 0 && errno == EINVAL;
		actor->saw[OWN] += sigaddset(&set, NO_CALL) < 0 && errno == EINVAL;
	}
}

static void run(struct lab *lab)
{
	struct actor actor;
	uint64_t calls, again;

	if (!actor_run(lab, &actor, fail, NULL))
		return;
	lab_same(lab, "open(\"/no/such/file\"): ENOENT", actor.saw[NOENT],
		 actor_errors(&actor, SYS_openat, ENOENT));
	lab_same(lab, "close(-1): EBADF", actor.saw[BADF],
		 actor_errors(&actor, SYS_close, EBADF));
	lab_same(lab, "uname() to a bad address: EFAULT", actor.saw[FAULT],
		 actor_errors(&actor, SYS_uname, EFAULT));
	lab_same(lab, "a call that is none: ENOSYS", actor.saw[NOSYS],
		 actor_errors(&actor, -1, ENOSYS));
	lab_same(lab, "read() and a signal: EINTR", actor.saw[INTR],
		 actor_errors(&actor, SYS_read, ERESTARTSYS));
	/* Each that a signal broke off came again, as a call of its own. */
	calls = actor_calls(&actor, SYS_recvfrom);
	again = actor_errors(&actor, SYS_recvfrom, ERESTARTSYS);
	lab_compare(lab, actor.saw[RECEIVED] == lab->times && calls == lab->times + again,
		    "recv() and SA_RESTART: no error",
		    lab_text(lab, "%llu calls", (unsigned long long)actor.saw[RECEIVED]),
		    lab_text(lab, "%llu, %llu again", (unsigned long long)calls,
			     (unsigned long long)again));
	actor_end(&actor);

	if (!actor_run(lab, &actor, fail_in_libc, NULL))
		return;
	lab_compare(lab, actor.saw[OWN] == 3 * lab->times && !actor_crossings(&actor),
		    "ERANGE and EINVAL of libc's own",
		    lab_text(lab, "%llu errors", (unsigned long long)actor.saw[OWN]),
		    lab_text(lab, "%llu crossings", (unsigned long long)actor_crossings(&actor)));
	actor_end(&actor);
}

const struct experiment lab_errors = {
	.name = "errors",
	.title = "errno comes from the kernel, mostly",
	.tried = "A program makes calls that must fail and counts errno; the kernel counts what "
		 "the calls returned. Then it makes mistakes that libc finds, without asking the "
		 "kernel.",
	.means = "A call returns one number, and libc makes errno of a negative one. A call that "
		 "a signal broke off returns ERESTARTSYS, which no program sees: on the way out "
		 "it becomes EINTR, or the call begins again (SA_RESTART), as a crossing of its "
		 "own.",
	.further = "man 3 errno; man 7 signal; ringside count --by errno -- COMMAND",
	.unit = "errors of each kind",
	.times = 20,
	.most = 100000,
	.run = run,
};
