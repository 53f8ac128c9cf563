// SPDX-License-Identifier: GPL-2.0-or-later
/* Children for tests. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "tap.h"

static pid_t children[4096];
static unsigned int nr_children;

static pid_t make(int (*setup)(void *arg), void *arg, bool clean)
{
	int ready[2], code = 127;
	ssize_t got;
	pid_t pid;

	if (pipe(ready))
		bail("pipe: %s", strerror(errno));
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (clean) {
			dup2(ready[1], 3);
			ready[1] = 3;
			for (int fd = 4; fd < 64; fd++)
				close(fd);
		}
		code = setup ? setup(arg) : 0;
		if (code && errno)
			code = errno;
		if (write(ready[1], &code, sizeof(code)) != sizeof(code))
			_exit(1);
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	got = read(ready[0], &code, sizeof(code));
	if (got != sizeof(code))
		bail("child %u died at once", nr_children);
	if (code)
		bail("child %u could not be made as wanted: %s", nr_children, strerror(code));
	close(ready[0]);
	if (nr_children < NR(children))
		children[nr_children++] = pid;
	return pid;
}

pid_t child(int (*setup)(void *arg), void *arg)
{
	return make(setup, arg, false);
}

pid_t child_clean(int (*setup)(void *arg), void *arg)
{
	return make(setup, arg, true);
}

void child_end(pid_t pid)
{
	unsigned int i;

	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
	for (i = 0; i < nr_children; i++)
		if (children[i] == pid)
			children[i] = 0;
}

void children_end(void)
{
	unsigned int i;

	for (i = 0; i < nr_children; i++)
		if (children[i])
			kill(children[i], SIGKILL);
	for (i = 0; i < nr_children; i++)
		if (children[i])
			waitpid(children[i], NULL, __WALL);
	nr_children = 0;
}

int apart(int (*test)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(test(arg));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork: %s", strerror(errno));
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void *shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	return at;
}

int drop_to(unsigned long long caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ .effective = caps, .permitted = caps },
		{ .effective = caps >> 32, .permitted = caps >> 32 },
	};

	return syscall(SYS_capset, &header, data);
}

int become_with(uid_t uid, gid_t gid, unsigned long long caps)
{
	if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(gid, gid, gid) ||
	    setresuid(uid, uid, uid) || drop_to(caps))
		return -1;
	/* As after an exec: may be looked at by its own user. */
	return prctl(PR_SET_DUMPABLE, 1);
}

int become(uid_t uid, gid_t gid)
{
	return become_with(uid, gid, 0);
}

int become_someone(const struct someone *who)
{
	/* Further groups first: setting them takes a capability that goes. */
	if (become_with(who->uid, who->gid, who->caps | CAP(SETGID)))
		return -1;
	if (who->other && setgroups(1, &who->other))
		return -1;
	return drop_to(who->caps);
}
