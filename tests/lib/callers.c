// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "proc.h"
#include "tap.h"

struct run {
	const struct caller *caller;
	int (*test)(void *arg);
	void *arg;
};

static int fails(const struct caller *caller, const char *what)
{
	diag("%s: %s: %s", caller->name, what, strerror(errno));
	return 1;
}

static int enter_user_ns(const struct caller *caller)
{
	if (unshare(CLONE_NEWUSER))
		return fails(caller, "a user namespace");
	if (!write_file("/proc/self/setgroups", "deny") ||
	    !write_file("/proc/self/uid_map", "0 %u 1", caller->who.uid) ||
	    !write_file("/proc/self/gid_map", "0 %u 1", caller->who.gid))
		return fails(caller, "the ids of a user namespace");
	return 0;
}

static int keep_still(void *arg)
{
	return 0;
}

/* The child is first in its pid namespace. */
static int run_first(const struct run *run)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		child_clean(keep_still, NULL);
		_exit(run->test(run->arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return fails(run->caller, "fork");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static int begin(void *arg)
{
	const struct run *run = arg;
	const struct caller *caller = run->caller;
	int others = caller->namespaces & ~CLONE_NEWUSER;

	if (become_someone(&caller->who))
		return fails(caller, "credentials");
	if (caller->namespaces & CLONE_NEWUSER && enter_user_ns(caller))
		return 1;
	if (others && unshare(others))
		return fails(caller, "namespaces");
	return caller->namespaces & CLONE_NEWPID ? run_first(run) : run->test(run->arg);
}

int caller_run(const struct caller *caller, int (*test)(void *arg), void *arg)
{
	return apart(begin, &(struct run){ caller, test, arg });
}
