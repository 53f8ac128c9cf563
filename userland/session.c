// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <stddef.h>

#include "commands.h"
#include "say.h"
#include "session.h"

int session_check(const struct session *session, const char *name, const char *program)
{
	if (!program && !session->wish.pids.nr) {
		say("%s whom? A COMMAND or -p PID; \"ringside %s --help\" tells more", name, name);
		return -1;
	}
	if (program && session->wish.pids.nr) {
		say("%s takes a COMMAND or -p, not both", name);
		return -1;
	}
	return 0;
}

#define RING	(4 << 20)	/* bytes a CPU, unless the machine has many */
#define PORTION	1000	/* records */
#define TICK	200		/* ms between looks whether the processes are gone */

/*
 * Gives what is ripe, or all there is; but not more than a portion, so that the
 * module's rings are emptied in between. Was that all?
 */
static bool give(struct session *session, bool all)
{
	const struct ringside_event *event;
	unsigned int i;

	for (i = 0; i < PORTION; i++) {
		event = events_next(session->events, all);
		if (!event)
			return true;
		session->take(session->data, event);
	}
	return false;
}

/* The signals that came: true when they end it. */
static bool take_signals(struct session *session)
{
	bool sent = false;
	int sig;

	while ((sig = signals_wait(0, &sent))) {
		if (sig == SIGCHLD)
			continue;
		if (!session->argv || session->child.over) {
			session->interrupted = true;
			return true;
		}
		/* The child has what a terminal sends, too. */
		if (sent)
			kill(session->child.pid, sig);
	}
	return false;
}

/* Is there nobody left whose calls are wanted? Idle: it is quiet enough to ask the module. */
static bool is_over(struct session *session, bool idle)
{
	if (session->argv && !child_is_over(&session->child))
		return false;
	if (session->argv && !session->to_the_last)
		return true;
	return idle && watch_is_empty(session->client, session->watch);
}

/* Until it is over. 0, or -1 after a sentence. */
static int follow(struct session *session)
{
	struct pollfd polled[] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = events_fd(session->events), .events = POLLIN },
	};
	bool idle = false, over = false;

	for (;;) {
		int more;
		bool all;

		/* Who is gone by now has left all its records. */
		over = take_signals(session) || over || is_over(session, idle);
		more = events_fill(session->events);
		all = give(session, over || more <= 0);

		if (!all && more > 0 && !over)
			continue;
		while (!all)
			all = give(session, true);
		if (more < 0)
			return -1;
		/* Maybe more of them than are kept here at a time. */
		if (over && more == EVENTS_FULL && !session->interrupted)
			continue;
		if (over || !more)
			return 0;
		if (session->pause)
			session->pause(session->data);
		/* What is held back for its order is given after a while. */
		idle = !poll(polled, ARRAY_SIZE(polled), events_wait(session->events, TICK));
	}
}

static int run(struct session *session)
{
	int status = EXIT_OK;

	if (session->ready && session->ready(session->data)) {
		if (session->argv)
			child_cancel(&session->child);
		return EXIT_FAILED;
	}
	if (session->argv) {
		status = child_go(&session->child);
		if (status)
			return status;
		if (session->started)
			session->started(session->data);
	}
	if (!follow(session))
		return EXIT_OK;
	/* The program is not to suffer for it. */
	while (session->argv && !child_is_over(&session->child)) {
		take_signals(session);
		poll(NULL, 0, TICK);
	}
	return EXIT_FAILED;
}

int session_run(struct session *session)
{
	int status = EXIT_FAILED;

	signals_take();
	if (session->argv) {
		status = child_start(&session->child, session->argv);
		if (status)
			return status;
		session->wish.pids.nr = 1;
		session->wish.pids.list[0] = session->child.pid;
		status = EXIT_FAILED;
	}
	session->wish.who = WHO_PIDS;
	session->wish.events = RING;
	session->client = client_open(false);
	if (session->client)
		session->watch = watch_new(session->client, &session->wish);
	if (session->watch)
		session->events = events_open(session->watch);
	if (session->events)
		status = run(session);
	else if (session->argv)
		child_cancel(&session->child);
	return status;
}

void session_close(struct session *session)
{
	if (session->events)
		events_close(session->events);
	if (session->client)
		client_close(session->client);
	session->events = NULL;
	session->client = NULL;
}
