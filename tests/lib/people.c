// SPDX-License-Identifier: GPL-2.0-or-later
/* A population of quiet processes of every kind that tasks can tell apart. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "disk.h"
#include "people.h"
#include "proc.h"
#include "tap.h"

#define AREA (2 << 20)

const char * const people_names[] = {
	"two words", "new\nline", "back\\slash", "na\303\257ve", "tab\tand\033[31m", ") R 1 1 (",
	"\177\001\377", "", "fifteen-letters", "-", NULL
};

static pid_t dead_thread_pid, early_leader_pid;
static bool swapped;
static long *dead_thread_switches;	/* shared */

static int plain(void *arg)
{
	return 0;
}

static int named(void *arg)
{
	return prctl(PR_SET_NAME, arg);
}

static int other_ids(void *arg)
{
	return setresgid(2000, 2001, 2002) || setresuid(1000, 1001, 1002) ? -1 : 0;
}

static int alice(void *arg)
{
	return become(1000, 1000);
}

static int great_ids(void *arg)
{
	return setresgid(4294967294U, 4000000000U, 7) || setresuid(4294967294U, 3000000000U, 8) ? -1 : 0;
}

static int niced(void *arg)
{
	return setpriority(PRIO_PROCESS, 0, *(int *)arg);
}

static int policy(void *arg)
{
	struct sched_param param = { .sched_priority = ((int *)arg)[1] };

	return sched_setscheduler(0, ((int *)arg)[0], &param);
}

static int deadline(void *arg)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = {
		.size = sizeof(attr), .policy = 6 /* SCHED_DEADLINE */,
		.runtime = 1000000, .deadline = 100000000, .period = 100000000,
	};

	return syscall(SYS_sched_setattr, 0, &attr, 0);
}

static void *sleeper(void *arg)
{
	for (;;)
		pause();
	return NULL;
}

/* Tells how often it has slept so far, and dies. */
static void *naps(void *arg)
{
	struct rusage use;
	int i;

	for (i = 0; i < 50; i++)
		usleep(1000);
	getrusage(RUSAGE_THREAD, &use);
	*dead_thread_switches = use.ru_nvcsw;
	return NULL;
}

static int threads(void *arg)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, sleeper, NULL))
			return -1;
	return 0;
}

static int dead_thread(void *arg)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, naps, NULL) || pthread_join(thread, NULL))
		return -1;
	return threads(arg);
}

/* Called in a child of its own, which never returns: its leader is gone. */
static int early_leader(void *arg)
{
	int pipe_fd = *(int *)arg, code = threads(NULL);

	if (write(pipe_fd, &code, sizeof(code)) != sizeof(code))
		_exit(1);
	syscall(SYS_exit, 0);
	return -1;
}

static int anonymous(void *arg)
{
	char *at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -1;
	memset(at, 1, AREA);
	return 0;
}

static int shared_memory(void *arg)
{
	char *at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return -1;
	memset(at, 1, AREA);
	return 0;
}

/* A file of ramfs: what is on tmpfs counts as shared memory. */
static int file_memory(void *arg)
{
	int fd = open("/mnt/people/file", O_RDWR | O_CREAT, 0600);
	volatile char *at;
	int i;

	if (fd < 0 || ftruncate(fd, AREA))
		return -1;
	at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	for (i = 0; i < AREA; i += 4096)
		at[i] = 1;
	return 0;
}

/* Reads pages from a block device: major faults. */
static int major_faults(void *arg)
{
	int fd = open("/dev/nullb1", O_RDONLY);
	volatile char *at;
	int i, sum = 0;

	if (fd < 0)
		return -1;
	at = mmap(NULL, AREA, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED || madvise((void *)at, AREA, MADV_RANDOM))
		return -1;
	posix_fadvise(fd, 0, AREA, POSIX_FADV_DONTNEED);
	for (i = 0; i < AREA; i += 65536)
		sum += at[i];
	return sum == -1;
}

static int many_files(void *arg)
{
	struct rlimit limit = { 4096, 4096 };
	int i;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -1;
	for (i = 0; i < 300; i++)
		if (open("/dev/null", O_RDONLY) < 0)
			return -1;
	return dup2(0, 3000) < 0 ? -1 : 0;
}

static int session(void *arg)
{
	return setsid() < 0 ? -1 : 0;
}

static int group(void *arg)
{
	return setpgid(0, 0);
}

static int in_cgroup(void *arg)
{
	const char *path = arg;
	char procs[128];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	if (mkdir(path, 0755) && errno != EEXIST)
		return -1;
	errno = 0;
	return write_file(procs, "%d", getpid()) ? 0 : -1;
}

static int unshared(void *arg)
{
	return unshare(*(int *)arg);
}

/* The child is the first of a new pid namespace, with one below it. */
static int pid_namespace(void *arg)
{
	if (unshare(CLONE_NEWPID))
		return -1;
	return child(plain, NULL) > 0 ? 0 : -1;
}

static void burn(int kind, long long ms)
{
	struct rusage use;
	long long spent;

	do {
		volatile int i;

		if (kind)
			for (i = 0; i < 200; i++)
				syscall(SYS_getppid);
		else
			for (i = 0; i < 200000; i++)
				;
		getrusage(RUSAGE_SELF, &use);
		spent = use.ru_utime.tv_sec * 1000 + use.ru_utime.tv_usec / 1000 +
			use.ru_stime.tv_sec * 1000 + use.ru_stime.tv_usec / 1000;
	} while (spent < ms);
}

static int burnt_user(void *arg)
{
	burn(0, 150);
	return 0;
}

static int burnt_system(void *arg)
{
	burn(1, 150);
	return 0;
}

/* Two that share a processor take turns against their will. */
static int pushed_aside(void *arg)
{
	cpu_set_t set;
	pid_t pid;

	CPU_ZERO(&set);
	CPU_SET(0, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		return -1;
	pid = fork();
	burn(0, 120);
	if (!pid)
		_exit(0);
	return waitpid(pid, NULL, 0) == pid ? 0 : -1;
}

static int traced(void *arg)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

/* A parent of vfork() sleeps in state D until its child has done. */
static pid_t in_vfork(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!vfork()) {
			syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		_exit(0);
	}
	return pid;
}

static pid_t make_early_leader(void)
{
	int fds[2], code = 1;
	pid_t pid;

	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		early_leader(&fds[1]);
		_exit(1);
	}
	if (read(fds[0], &code, sizeof(code)) != sizeof(code) || code)
		bail("no process without its leader: %s", strerror(errno));
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static pid_t others[8];
static unsigned int nr_others;

static void wait_for_state(pid_t pid, char state)
{
	struct task task;
	int i;

	for (i = 0; i < 500; i++) {
		task_read(&task, pid, 0);
		if (task.state == state)
			return;
		usleep(10000);
	}
	bail("process %d is in state %c, not %c", pid, task.state, state);
}

const char *people_make(void)
{
	static int nice_up = 7, nice_down = -12;
	static int fifo[] = { SCHED_FIFO, 10 }, rr[] = { SCHED_RR, 3 };
	static int batch[] = { SCHED_BATCH, 0 }, idle[] = { SCHED_IDLE, 0 };
	static int mnt = CLONE_NEWNS, net = CLONE_NEWNET, user = CLONE_NEWUSER, uts = CLONE_NEWUTS;
	const char *no_swap = swap_on();
	pid_t pid;
	int i;

	scratch_disk();
	mkdir("/mnt/people", 0755);
	if (mount("none", "/mnt/people", "ramfs", 0, NULL))
		bail("mount ramfs: %s", strerror(errno));

	for (i = 0; people_names[i]; i++)
		child(named, (void *)people_names[i]);
	child_clean(plain, NULL);
	child(other_ids, NULL);
	child(great_ids, NULL);
	child(alice, NULL);
	child(niced, &nice_up);
	child(niced, &nice_down);
	child(policy, fifo);
	child(policy, rr);
	child(policy, batch);
	child(policy, idle);
	child(deadline, NULL);
	child(threads, NULL);
	dead_thread_switches = shared(sizeof(*dead_thread_switches));
	dead_thread_pid = child(dead_thread, NULL);
	child(anonymous, NULL);
	child(shared_memory, NULL);
	child(file_memory, NULL);
	child(major_faults, NULL);
	child(many_files, NULL);
	child(session, NULL);
	child(group, NULL);
	child(in_cgroup, "/sys/fs/cgroup/people");
	child(in_cgroup, "/sys/fs/cgroup/people/below");
	child(unshared, &mnt);
	child(unshared, &net);
	child(unshared, &user);
	child(unshared, &uts);
	child(pid_namespace, NULL);
	child(burnt_user, NULL);
	child(burnt_system, NULL);
	child(pushed_aside, NULL);
	if (!no_swap) {
		struct task task;

		pid = child(swap_some, NULL);
		task_read(&task, pid, 0);
		swapped = task.v[RINGSIDE_A_TASK_SWAP] > 0;
	}

	pid = child(plain, NULL);
	kill(pid, SIGSTOP);
	wait_for_state(pid, 'T');
	pid = child(traced, NULL);
	kill(pid, SIGSTOP);
	wait_for_state(pid, 't');
	pid = child(plain, NULL);
	kill(pid, SIGKILL);
	wait_for_state(pid, 'Z');
	others[nr_others++] = pid = in_vfork();
	wait_for_state(pid, 'D');
	early_leader_pid = others[nr_others++] = make_early_leader();
	wait_for_state(early_leader_pid, 'Z');
	return no_swap;
}

void people_end(void)
{
	children_end();
	while (nr_others) {
		kill(others[--nr_others], SIGKILL);
		waitpid(others[nr_others], NULL, __WALL);
	}
	swap_off();
	scratch_disk_off();
	umount2("/mnt/people", MNT_DETACH);
	rmdir("/sys/fs/cgroup/people/below");
	rmdir("/sys/fs/cgroup/people");
}

bool people_lost_threads(pid_t pid)
{
	return pid == dead_thread_pid;
}

pid_t people_with_dead_thread(long *switches)
{
	*switches = *dead_thread_switches;
	return dead_thread_pid;
}

bool people_swapped(void)
{
	return swapped;
}
