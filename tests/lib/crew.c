// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads that call by numbers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "crew.h"
#include "proc.h"
#include "tap.h"

struct crew_shared {
	uint32_t round, naps;		/* round: futex */
	uint32_t done, dozed, ready;	/* futexes */
	uint32_t failed;
	pid_t child;
	uint64_t nap[CREW_SHORT + CREW_LONG], burn_cpu;
};

struct worker {
	struct crew *crew;
	unsigned int nr;
};

static void wait_while(uint32_t *word, uint32_t value)
{
	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value)
		syscall(SYS_futex, word, FUTEX_WAIT, value, NULL, NULL, 0);
}

static void bump(uint32_t *word)
{
	__atomic_add_fetch(word, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

/* Bails out after a time in which even a slow guest gets there. */
static void wait_for(uint32_t *word, uint32_t value, const char *what)
{
	struct timespec most = { .tv_sec = 1 };
	unsigned int tries;
	uint32_t now;

	/* A minute in which nothing happens: each that is done wakes it. */
	for (tries = 0; tries < 60;) {
		now = __atomic_load_n(word, __ATOMIC_ACQUIRE);
		if (now == value)
			return;
		if (syscall(SYS_futex, word, FUTEX_WAIT, now, &most, NULL, 0) && errno == ETIMEDOUT)
			tries++;
	}
	bail("%s: %u of %u", what, now, value);
}

static uint64_t now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void failed(struct crew *crew)
{
	__atomic_store_n(&crew->shared->failed, 1, __ATOMIC_RELAXED);
}

static void pin(unsigned int cpu)
{
	unsigned long mask = 1UL << cpu;

	/* A CPU that is offline just now: the call is what counts. */
	syscall(SYS_sched_setaffinity, 0, sizeof(mask), &mask);
}

static void nap(struct crew *crew)
{
	struct crew_shared *shared = crew->shared;
	unsigned int i;

	for (i = 0; i < CREW_SHORT + CREW_LONG; i++) {
		struct timeval time = { .tv_usec = i < CREW_SHORT ? CREW_SHORT_US : CREW_LONG_US };
		uint64_t begun = now(CLOCK_MONOTONIC);

		if (syscall(SYS_select, 0, NULL, NULL, NULL, &time))
			failed(crew);
		shared->nap[i] = now(CLOCK_MONOTONIC) - begun;
	}
}

static void burn(struct crew *crew)
{
	static char random[1 << 17];
	uint64_t cpu = now(CLOCK_THREAD_CPUTIME_ID);
	unsigned int i;

	for (i = 0; i < CREW_BURNS; i++)
		if (syscall(SYS_getrandom, random, sizeof(random), 0) < 0)
			failed(crew);
	crew->shared->burn_cpu = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
}

static void fork_one(struct crew *crew)
{
	unsigned int i;
	pid_t pid = fork();

	if (!pid) {
		for (i = 0; i < crew->plan.reps; i++)
			syscall(SYS_getppid);
		_exit(0);
	}
	crew->shared->child = pid;
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		failed(crew);
}

static void work(struct crew *crew, unsigned int nr)
{
	unsigned int i, bad = 0;

	for (i = 0; i < crew->plan.reps; i++) {
		bad += syscall(SYS_getppid) < 0;
		bad += syscall(SYS_close, -1) != -1;
		bad += syscall(SYS_lseek, crew->null, 0, SEEK_CUR) < 0;
		if (i % 2)
			bad += syscall(SYS_lseek, -1, 0, SEEK_CUR) != -1;
		if (i % 5 == 0)
			bad += syscall(SYS_lseek, crew->null, 0, 99) != -1;
		if (i % 10 == 0)
			bad += syscall(SYS_lseek, crew->pipe[0], 0, SEEK_CUR) != -1;
		if (nr == 2 && i % CREW_HOP == 0)
			pin(i / CREW_HOP % 2);
	}
	if (bad)
		failed(crew);
}

static void *worker(void *arg)
{
	struct worker *self = arg;
	struct crew *crew = self->crew;
	struct crew_shared *shared = crew->shared;
	uint32_t round = 0;

	if (self->nr < 2)
		pin(self->nr);
	bump(&shared->ready);
	for (;; round++) {
		wait_while(&shared->round, round);
		work(crew, self->nr);
		if (!self->nr && shared->naps)
			nap(crew);
		if (self->nr == 1 && shared->naps)
			burn(crew);
		if (self->nr == 3)
			fork_one(crew);
		bump(&shared->done);
	}
	return NULL;
}

static void *dozer(void *arg)
{
	struct crew *crew = arg;
	struct crew_shared *shared = crew->shared;
	struct pollfd fd = { .fd = crew->wake, .events = POLLIN };
	uint32_t round = 0;

	bump(&shared->ready);
	for (;; round++) {
		wait_while(&shared->round, round);
		if (syscall(SYS_poll, &fd, 1, -1) != 1)
			failed(crew);
		bump(&shared->dozed);
	}
	return NULL;
}

static void *sleeper(void *arg)
{
	static unsigned int turn;
	struct crew *crew = arg;
	char byte;

	bump(&crew->shared->ready);
	switch (__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % 3) {
	case 0:
		for (;;)
			syscall(SYS_pause);
	case 1:
		for (;;)
			if (read(crew->pipe[0], &byte, 1) < 0 && errno != EINTR)
				failed(crew);
	default:
		for (;;)
			syscall(SYS_futex, &crew->shared->failed, FUTEX_WAIT, 0, NULL, NULL, 0);
	}
	return NULL;
}

static int crew_main(void *arg)
{
	static struct worker workers[CREW_WORKERS];
	struct crew *crew = arg;
	pthread_attr_t attr;
	unsigned int i, bad = 0;
	pthread_t thread;

	if (crew->plan.uid && become(crew->plan.uid, crew->plan.uid))
		return -1;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	for (i = 0; i < CREW_WORKERS; i++) {
		workers[i] = (struct worker){ crew, i };
		bad |= pthread_create(&thread, &attr, worker, &workers[i]);
	}
	for (i = 0; i < crew->plan.dozers; i++)
		bad |= pthread_create(&thread, &attr, dozer, crew);
	for (i = 0; i < crew->plan.sleepers; i++)
		bad |= pthread_create(&thread, &attr, sleeper, crew);
	errno = bad;
	return bad;
}

static void expect(struct crew *crew, bool naps)
{
	struct crew_calls *calls = &crew->calls;
	unsigned int reps = crew->plan.reps;

	memset(calls, 0, sizeof(*calls));
	calls->of_child = reps;
	calls->getppid = (CREW_WORKERS + 1) * reps;
	calls->close = CREW_WORKERS * reps;
	calls->lseek_ebadf = CREW_WORKERS * (reps / 2);
	calls->lseek_einval = CREW_WORKERS * ((reps + 4) / 5);
	calls->lseek_espipe = CREW_WORKERS * ((reps + 9) / 10);
	calls->lseek = CREW_WORKERS * reps + calls->lseek_ebadf + calls->lseek_einval + calls->lseek_espipe;
	calls->affinity = (reps + CREW_HOP - 1) / CREW_HOP;
	calls->select = naps ? CREW_SHORT + CREW_LONG : 0;
	calls->getrandom = naps ? CREW_BURNS : 0;
	calls->poll = crew->plan.dozers;
}

/* Threads that are not asleep. */
static unsigned int awake(pid_t pid)
{
	char path[64], line[256];
	unsigned int nr = 0;
	struct dirent *entry;
	const char *end;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.') {
			read_line(line, sizeof(line), "%s/%s/stat", path, entry->d_name);
			end = strrchr(line, ')');
			nr += !end || end[2] != 'S';
		}
	if (dir)
		closedir(dir);
	return dir ? nr : 1;
}

void crew_make(struct crew *crew, const struct crew_plan *plan)
{
	unsigned int tries;

	memset(crew, 0, sizeof(*crew));
	crew->plan = *plan;
	crew->shared = shared(sizeof(*crew->shared));
	crew->wake = eventfd(0, EFD_NONBLOCK);
	crew->null = open("/dev/null", O_RDWR);
	if (crew->wake < 0 || crew->null < 0 || pipe(crew->pipe))
		bail("a crew: %s", strerror(errno));
	crew->threads = 1 + CREW_WORKERS + plan->dozers + plan->sleepers;
	crew->pid = child(crew_main, crew);
	if (plan->cgroup && !write_file(plan->cgroup, "%d\n", crew->pid))
		bail("%s: %s", plan->cgroup, strerror(errno));
	wait_for(&crew->shared->ready, crew->threads - 1, "a crew's threads");
	/* All have said so and go on to sleep in their calls. */
	for (tries = 0; tries < 200; tries++) {
		if (!awake(crew->pid))
			return;
		usleep(20000);
	}
	bail("a crew does not come to rest");
}

void crew_start(struct crew *crew, bool naps)
{
	struct crew_shared *shared = crew->shared;
	uint64_t one;

	expect(crew, naps);
	if (crew->plan.dozers)
		while (read(crew->wake, &one, sizeof(one)) > 0)
			;
	shared->naps = naps;
	shared->done = shared->dozed = 0;
	bump(&shared->round);
}

static int in_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void crew_finish(struct crew *crew)
{
	struct crew_shared *shared = crew->shared;

	wait_for(&shared->done, CREW_WORKERS, "a crew's workers");
	if (shared->failed)
		bail("a crew's calls did not do what they do");
	crew->child = shared->child;
	memcpy(crew->nap, shared->nap, sizeof(crew->nap));
	qsort(crew->nap, CREW_SHORT + CREW_LONG, sizeof(crew->nap[0]), in_order);
	crew->burn_cpu = shared->burn_cpu;
}

void crew_wake(struct crew *crew)
{
	uint64_t one = 1;

	if (write(crew->wake, &one, sizeof(one)) != sizeof(one))
		bail("waking a crew: %s", strerror(errno));
	wait_for(&crew->shared->dozed, crew->plan.dozers, "a crew's dozers");
}

void crew_end(struct crew *crew)
{
	child_end(crew->pid);
	munmap(crew->shared, sizeof(*crew->shared));
	close(crew->wake);
	close(crew->null);
	close(crew->pipe[0]);
	close(crew->pipe[1]);
}
