// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "say.h"

#define NSEC	1000000000

static const int taken[] = {
	SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2,
};

#define NR_TAKEN	(sizeof(taken) / sizeof(*taken))

/* What there was before. */
static struct sigaction old_action;	/* of SIGCHLD */
static sigset_t old_mask;
static struct sigaction old_pipe;	/* of SIGPIPE */
static sigset_t waited;

void signals_pipe(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };

	sigaction(SIGPIPE, &action, &old_pipe);
}

/*
 * Blocked signals wait for sigtimedwait(), even those that are ignored: what
 * nohup ignores is left alone. SIGCHLD must not be ignored, or nobody would know
 * the child's status.
 */
void signals_take(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	size_t i;

	sigemptyset(&waited);
	for (i = 0; i < NR_TAKEN; i++) {
		struct sigaction now;

		sigaction(taken[i], NULL, &now);
		if (taken[i] != SIGHUP || now.sa_handler != SIG_IGN)
			sigaddset(&waited, taken[i]);
	}
	sigaction(SIGCHLD, &action, &old_action);
	sigprocmask(SIG_BLOCK, &waited, &old_mask);
}

int signals_wait(double seconds, bool *sent)
{
	siginfo_t info;

	struct timespec time = {
		.tv_sec = (time_t)seconds,
		.tv_nsec = (long)((seconds - (time_t)seconds) * NSEC),
	};
	int sig;

	do {
		sig = sigtimedwait(&waited, &info, seconds < 0 ? NULL : &time);
	} while (sig < 0 && errno == EINTR && seconds < 0);
	if (sig < 0)
		return 0;
	*sent = info.si_code <= 0;
	return sig;
}

int signals_fd(void)
{
	int fd = signalfd(-1, &waited, SFD_CLOEXEC | SFD_NONBLOCK);

	if (fd < 0)
		say("cannot wait for signals: %s", strerror(errno));
	return fd;
}

/* Can that be run? An errno. */
static int look_at(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? EISDIR : EACCES;
	return access(path, X_OK) ? errno : 0;
}

/* As a shell does it: the first that can be run, else the first that is there. */
static int search(const char *name, char **found)
{
	const char *path = getenv("PATH") ?: "/usr/local/bin:/usr/bin:/bin";
	int error = ENOENT;
	size_t len;

	if (strchr(name, '/')) {
		*found = strdup(name);
		return *found ? look_at(name) : ENOMEM;
	}
	for (;; path += len + 1) {
		char full[PATH_MAX];
		int why;

		len = strcspn(path, ":");
		if (snprintf(full, sizeof(full), "%.*s%s%s", (int)len, path, len ? "/" : "", name)
		    < (int)sizeof(full)) {
			why = look_at(full);
			if (!why) {
				*found = strdup(full);
				return *found ? 0 : ENOMEM;
			}
			if (why == EACCES)
				error = why;
		}
		if (!path[len])
			return error;
	}
}

static int say_exec_error(const char *name, int error)
{
	if (error == ENOENT && !strchr(name, '/')) {
		say("there is no command '%s' in PATH", name);
		return EXIT_NOT_FOUND;
	}
	say("cannot run %s: %s", name, strerror(error));
	return error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

/* In the child: everything is set right before it waits, and only execve() is left. */
static void __attribute__((noreturn)) become(const struct child *child)
{
	char byte;
	int error;

	sigaction(SIGCHLD, &old_action, NULL);
	sigaction(SIGPIPE, &old_pipe, NULL);
	sigprocmask(SIG_SETMASK, &old_mask, NULL);
	close(child->pipe[0]);
	if (read(child->pipe[1], &byte, 1) != 1)
		_exit(EXIT_FAILED);
	execve(child->path, child->argv, environ);
	error = errno;
	if (write(child->pipe[1], &error, sizeof(error)) < 0)
		_exit(EXIT_FAILED);
	_exit(EXIT_NOT_EXECUTABLE);
}

int child_start(struct child *child, char **argv)
{
	int error;

	memset(child, 0, sizeof(*child));
	child->argv = argv;
	error = search(*argv, &child->path);
	if (error) {
		free(child->path);
		return say_exec_error(*argv, error);
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, child->pipe)) {
		say("cannot make a pipe: %s", strerror(errno));
		return EXIT_FAILED;
	}
	child->pid = fork();
	if (child->pid < 0) {
		say("cannot fork: %s", strerror(errno));
		return EXIT_FAILED;
	}
	if (!child->pid)
		become(child);
	close(child->pipe[1]);
	return 0;
}

static void wait_for(struct child *child)
{
	while (waitpid(child->pid, &child->status, 0) < 0 && errno == EINTR)
		;
	child->over = true;
}

int child_go(struct child *child)
{
	ssize_t got = -1;
	int error;

	if (write(child->pipe[0], "", 1) == 1)
		do {
			got = read(child->pipe[0], &error, sizeof(error));
		} while (got < 0 && errno == EINTR);
	close(child->pipe[0]);
	free(child->path);
	if (!got)
		return 0;
	wait_for(child);
	if (got != sizeof(error)) {
		say("cannot run %s: it ended before it began", *child->argv);
		return EXIT_FAILED;
	}
	return say_exec_error(*child->argv, error);
}

bool child_is_over(struct child *child)
{
	if (!child->over && waitpid(child->pid, &child->status, WNOHANG) == child->pid)
		child->over = true;
	return child->over;
}

/* It reads that nobody is there, and leaves. */
void child_cancel(struct child *child)
{
	close(child->pipe[0]);
	free(child->path);
	wait_for(child);
}

int child_leave(const struct child *child)
{
	int sig;
	sigset_t only;

	if (WIFEXITED(child->status))
		return WEXITSTATUS(child->status);
	sig = WTERMSIG(child->status);
	/* The core that counts is the child's. */
	prctl(PR_SET_DUMPABLE, 0);
	signal(sig, SIG_DFL);
	sigemptyset(&only);
	sigaddset(&only, sig);
	fflush(NULL);
	kill(getpid(), sig);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	return 128 + sig;
}
