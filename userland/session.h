/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command, or processes, whose crossings are shown one by one as they come
 */
#ifndef SESSION_H
#define SESSION_H

#include "child.h"
#include "events.h"
#include "watch.h"

struct session {
	/* Set by the command. */
	struct wish wish;		/* its pids, set and command */
	char **argv;			/* the program to be run, or NULL */
	bool to_the_last;		/* goes on until all of its children ended, too */
	void *data;
	void (*take)(void *data, const struct ringside_event *event);
	void (*pause)(void *data);	/* nothing is to be taken just now; optional */
	/*
	 * There is a watch, and the program, if one is run, waits for its execve().
	 * Not 0: it is not to go on. And the program was let go. Optional.
	 */
	int (*ready)(void *data);
	void (*started)(void *data);

	struct child child;
	struct client *client;
	uint32_t watch;
	struct events *events;
	bool interrupted;		/* by Ctrl-C or a signal */
};

/*
 * Whether the command line of the command of this name says whom: a program (NULL: none) or the
 * wish's pids, just one of the two. 0, or -1 after a sentence.
 */
int session_check(const struct session *session, const char *name, const char *program);

/*
 * Takes all there is until it is over. EXIT_OK, or the exit status after a sentence.
 * The watch is there still, for what is to be said of it, until session_close().
 */
int session_run(struct session *session);

/* Ends the watch, if there is one. */
void session_close(struct session *session);

#endif
