/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command that is run as if this program were not there: its terminal,
 * signals and exit status are its own
 */
#ifndef CHILD_H
#define CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Exit statuses of who runs commands for others. */
enum {
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct child {
	pid_t pid;
	int pipe[2];		/* go ahead; and an errno back */
	char *path;
	char **argv;
	bool over;
	int status;		/* as waitpid() has it, when it is over */
};

/*
 * Forks; the child waits, and the next that it does is execve(). PATH is
 * searched beforehand. 0, or the exit status after a sentence.
 */
int child_start(struct child *child, char **argv);

/* Lets it go ahead. 0, or the exit status after a sentence: it is over then. */
int child_go(struct child *child);

/* Looks whether it is over; never waits. */
bool child_is_over(struct child *child);

/* Ends one that was not let go. */
void child_cancel(struct child *child);

/*
 * The exit status that its own becomes. Does not return when it died of a
 * signal: so does this program then, without dumping core.
 */
int child_leave(const struct child *child);

/*
 * Signals are taken one after the other by signals_wait(), never by a handler.
 * The child gets what there was before signals_take().
 */
void signals_take(void);

/*
 * The next signal, or 0 after so many seconds; below 0: whenever it comes. Sent:
 * by a process, to this one; a terminal's go to all that run in it.
 */
int signals_wait(double seconds, bool *sent);

/* A descriptor that can be read from when signals_wait() has one; below 0 after a sentence. */
int signals_fd(void);

/* Has writing into a pipe that nobody reads end this program, quietly. */
void signals_pipe(void);

#endif
