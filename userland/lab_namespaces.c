// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab namespaces: containers share one kernel
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

#define ROOT	"/sys/fs/cgroup"
#define LINE	4096
#define TRIES	500		/* of 10 ms, until who was in the cgroup is gone */

/* What the one inside leaves. */
enum { ERROR, OUTER, INNER, PID, MNT, NET, USER, CALLS, CGROUP, RELEASE };

static const struct {
	const char *name;
	const char *path;
	unsigned int seen;
	unsigned int attr;
} kinds[] = {
	{ "pid namespace", "/proc/self/ns/pid", PID, RINGSIDE_A_TASK_PID_NS },
	{ "mnt namespace", "/proc/self/ns/mnt", MNT, RINGSIDE_A_TASK_MNT_NS },
	{ "net namespace", "/proc/self/ns/net", NET, RINGSIDE_A_TASK_NET_NS },
	{ "user namespace", "/proc/self/ns/user", USER, RINGSIDE_A_TASK_USER_NS },
};

#define NR_KINDS	(sizeof(kinds) / sizeof(*kinds))

static uint64_t inode(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_ino;
}

/* The unified hierarchy's, of the caller; 0 where there is none. */
static uint64_t own_cgroup(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[LINE], path[LINE + sizeof(ROOT)];
	uint64_t id = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "0::", 3)) {
			snprintf(path, sizeof(path), ROOT "%.*s", (int)strcspn(line + 3, "\n"),
				 line + 3);
			id = inode(path);
		}
	if (file)
		fclose(file);
	return id;
}

static void look_around(struct actor *actor)
{
	struct utsname uts;
	size_t i;

	actor->saw[INNER] = getpid();
	for (i = 0; i < NR_KINDS; i++)
		actor->saw[kinds[i].seen] = inode(kinds[i].path);
	actor->saw[CGROUP] = own_cgroup();
	uname(&uts);
	memcpy((void *)&actor->saw[RELEASE], uts.release, sizeof(uts.release));
	for (i = 0; i < actor->lab->times; i++)
		actor->saw[CALLS] += !syscall(SYS_getppid);
}

/* In the actor: two processes, of which the second is inside, and waits before and after. */
static void enclose(struct actor *actor)
{
	int go[2], done[2];
	char byte;
	pid_t pid;

	if (unshare(CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET) ||
	    pipe2(go, O_CLOEXEC) || pipe2(done, O_CLOEXEC)) {
		actor->saw[ERROR] = errno;
		return;
	}
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		if (read(go[0], &byte, 1) == 1)
			look_around(actor);
		close(done[1]);
		/* Until the actor is gone, or says so. */
		_exit(read(go[0], &byte, 1) != 1);
	}
	close(done[1]);
	actor->saw[OUTER] = pid < 0 ? 0 : pid;
	if (pid < 0)
		actor->saw[ERROR] = errno;
	actor_hold(actor);
	if (pid > 0 && write(go[1], "", 1) == 1 && read(done[0], &byte, 1))
		actor->saw[ERROR] = EIO;
	actor_hold(actor);
	close(go[1]);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* A cgroup for it, if there may be one. */
static bool make_cgroup(char *path, size_t size, pid_t pid)
{
	char procs[LINE], text[16];
	bool moved;
	int fd;

	snprintf(path, size, ROOT "/ringside-lab-%d", getpid());
	if (mkdir(path, 0755))
		return false;
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	snprintf(text, sizeof(text), "%d\n", pid);
	moved = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	if (!moved)
		rmdir(path);
	return moved;
}

/* Of an actor that was killed the one inside dies a little later. */
static void remove_cgroup(const char *path)
{
	const struct timespec pause = { .tv_nsec = 10000000 };
	unsigned int i;

	for (i = 0; rmdir(path) && errno == EBUSY && i < TRIES; i++)
		nanosleep(&pause, NULL);
}

static void compare_cgroup(struct lab *lab, const struct actor *actor)
{
	uint64_t cgroup = actor->saw[CGROUP], calls = 0, others = 0;
	size_t i;

	for (i = 0; i < actor->calls.nr; i++) {
		const union value *row = rows_get(&actor->calls, i);

		if (row[S(CALL)].num != SYS_getppid)
			continue;
		if (row[S(CGROUP)].num == cgroup)
			calls += row[S(CALLS)].num;
		else
			others += row[S(CALLS)].num;
	}
	if (!cgroup)
		lab_skip(lab, "calls by cgroup", "the unified hierarchy is not mounted on %s",
			 ROOT);
	else
		lab_compare(lab, calls == actor->saw[CALLS] && !others,
			    lab_text(lab, "calls of cgroup %llu", (unsigned long long)cgroup),
			    lab_text(lab, "%llu", (unsigned long long)actor->saw[CALLS]),
			    lab_text(lab, "%llu", (unsigned long long)calls));
}

static void compare(struct lab *lab, const struct actor *actor)
{
	const char *release = (const char *)&actor->saw[RELEASE];
	const char *kernel = lab_status(lab, "kernel");
	union value row[RINGSIDE_A_TASK_MAX + 1];
	size_t i;

	if (!lab_task(lab, actor->saw[OUTER], row))
		return;
	lab_compare(lab, actor->saw[INNER] == 1 &&
		    row[RINGSIDE_A_TASK_PID].num == actor->saw[OUTER],
		    "one task: pid inside, outside",
		    lab_text(lab, "%llu", (unsigned long long)actor->saw[INNER]),
		    lab_text(lab, "%llu", (unsigned long long)row[RINGSIDE_A_TASK_PID].num));
	for (i = 0; i < NR_KINDS; i++)
		lab_same(lab, kinds[i].name, actor->saw[kinds[i].seen], row[kinds[i].attr].num);
	compare_cgroup(lab, actor);
	lab_compare(lab, !strcmp(release, kernel), "the kernel", lab_text(lab, "%.18s", release),
		    lab_text(lab, "%.18s", kernel));
}

static void run(struct lab *lab)
{
	char cgroup[LINE] = "";
	sigset_t all, before;
	struct actor actor;
	bool made = false;

	if (!actor_start(lab, &actor, enclose, NULL))
		return;
	/* Nor does a signal leave the cgroup behind: it waits, while the actor may die of it. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (!actor_watch(&actor, false, "cgroup") || !actor_go(&actor))
		goto out;
	if (actor.saw[ERROR]) {
		lab_skip(lab, "namespaces",
			 "you may not make them: %s (see user.max_user_namespaces and "
			 "kernel.unprivileged_userns_clone)", strerror(actor.saw[ERROR]));
		goto out;
	}
	made = make_cgroup(cgroup, sizeof(cgroup), actor.saw[OUTER]);
	if (!actor_go(&actor))
		goto out;
	if (actor.saw[ERROR])
		lab_failed(lab, "namespaces", "who was inside did not answer");
	else if (actor_look(&actor))
		compare(lab, &actor);
	actor_go(&actor);
out:
	actor_end(&actor);
	if (made)
		remove_cgroup(cgroup);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

const struct experiment lab_namespaces = {
	.name = "namespaces",
	.title = "containers share one kernel",
	.tried = "A process makes itself new namespaces: user, pid, mnt and net, as a container "
		 "has them. Inside, a child reads its pid and its namespaces' numbers and makes "
		 "calls; outside, the module shows the same task, and counts its calls by cgroup.",
	.means = "There is no container in the kernel: there is a task, with a number in each pid "
		 "namespace that it is seen from, pointers to its namespaces, and a cgroup. It "
		 "crosses into the same kernel as all the others.",
	.further = "man 7 namespaces; lsns; ls -l /proc/PID/ns; grep NSpid /proc/PID/status; "
		   "ringside count --by cgroup",
	.unit = "calls",
	.times = 1000,
	.most = 10000000,
	.run = run,
};
