// SPDX-License-Identifier: GPL-2.0-or-later
/* Threads asleep in calls, for tests. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "asleep.h"
#include "child.h"
#include "proc.h"
#include "tap.h"

const long asleep_calls[ASLEEP_KINDS] = {
	[ASLEEP_POLL] = SYS_poll, [ASLEEP_PAUSE] = SYS_pause, [ASLEEP_NANOSLEEP] = SYS_nanosleep,
	[ASLEEP_READ] = SYS_read, [ASLEEP_FUTEX] = SYS_futex,
};

static struct {
	unsigned int round;		/* futex */
	unsigned int threads, began, back, wrong;
	unsigned int word;		/* futex that is waited for */
	pid_t tid[ASLEEP_MOST];
	unsigned int ready;
} *told;

static pid_t pid;
static int wake = -1, pipes[2];

static void woken(int nr)
{
}

/* Whether the call returned what it should. */
static bool sleep_in(unsigned int kind)
{
	struct timespec hour = { .tv_sec = 3600 }, left = { 0 };
	struct pollfd fd = { .fd = wake, .events = POLLIN };
	char byte = 0;

	errno = 0;
	switch (kind) {
	case ASLEEP_POLL:
		return syscall(SYS_poll, &fd, 1, -1) == 1 && fd.revents == POLLIN;
	case ASLEEP_PAUSE:
		return syscall(SYS_pause) == -1 && errno == EINTR;
	case ASLEEP_NANOSLEEP:
		return syscall(SYS_nanosleep, &hour, &left) == -1 && errno == EINTR && left.tv_sec > 0 &&
		       left.tv_sec < 3600;
	case ASLEEP_READ:
		return syscall(SYS_read, pipes[0], &byte, 1) == 1 && byte == 'w';
	default:
		return syscall(SYS_futex, &told->word, FUTEX_WAIT, 0, NULL, NULL, 0) == 0;
	}
}

static void *sleeper(void *arg)
{
	unsigned int nr = *(unsigned int *)arg, round = 0;

	told->tid[nr] = syscall(SYS_gettid);
	__atomic_add_fetch(&told->ready, 1, __ATOMIC_RELEASE);
	for (;; round++) {
		while (__atomic_load_n(&told->round, __ATOMIC_ACQUIRE) == round)
			syscall(SYS_futex, &told->round, FUTEX_WAIT, round, NULL, NULL, 0);
		if (nr >= told->threads)
			continue;
		__atomic_add_fetch(&told->began, 1, __ATOMIC_RELEASE);
		if (!sleep_in(nr % ASLEEP_KINDS))
			__atomic_add_fetch(&told->wrong, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&told->back, 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static int make_threads(void *arg)
{
	static unsigned int numbers[ASLEEP_MOST];
	struct sigaction action = { .sa_handler = woken };
	pthread_attr_t attr;
	pthread_t thread;
	unsigned int i;
	int err = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGUSR1, &action, NULL);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 32768);
	for (i = 0; !err && i < ASLEEP_MOST; i++) {
		numbers[i] = i;
		err = pthread_create(&thread, &attr, sleeper, &numbers[i]);
	}
	errno = err;
	return err;
}

/* Until it is so. False after a time in which even a slow guest gets there. */
static bool becomes(const unsigned int *word, unsigned int value)
{
	unsigned int tries;

	for (tries = 0; tries < 60000 && __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; tries++)
		usleep(1000);
	return __atomic_load_n(word, __ATOMIC_ACQUIRE) == value;
}

pid_t asleep_make(void)
{
	told = shared(sizeof(*told));
	wake = eventfd(0, EFD_NONBLOCK);
	if (wake < 0 || pipe(pipes))
		bail("sleepers: %s", strerror(errno));
	pid = child(make_threads, NULL);
	if (!becomes(&told->ready, ASLEEP_MOST))
		bail("of %u sleepers %u are there", ASLEEP_MOST, told->ready);
	return pid;
}

static bool is_asleep(pid_t tid)
{
	char text[512], *end;

	if (!read_line(text, sizeof(text), "/proc/%d/task/%d/stat", pid, tid))
		bail("a sleeper is gone");
	end = strrchr(text, ')');
	return end && end[1] == ' ' && end[2] == 'S';
}

void asleep_begin(unsigned int threads, unsigned int of[ASLEEP_KINDS])
{
	unsigned int i, tries = 0;
	uint64_t value;

	if (read(wake, &value, sizeof(value)) < 0 && errno != EAGAIN)
		bail("sleepers: %s", strerror(errno));
	memset(of, 0, ASLEEP_KINDS * sizeof(*of));
	for (i = 0; i < threads; i++)
		of[i % ASLEEP_KINDS]++;
	told->threads = threads;
	told->began = told->back = told->wrong = 0;
	__atomic_add_fetch(&told->round, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &told->round, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	if (!becomes(&told->began, threads))
		bail("of %u threads %u begin to sleep", threads, told->began);
	for (i = 0; i < threads; i++)
		for (; !is_asleep(told->tid[i]); tries++) {
			if (tries > 60000)
				bail("a thread does not fall asleep");
			usleep(1000);
		}
}

void asleep_wake(void)
{
	uint64_t one = 1;
	unsigned int i;
	char byte = 'w';

	if (write(wake, &one, sizeof(one)) != sizeof(one))
		bail("waking: %s", strerror(errno));
	syscall(SYS_futex, &told->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	for (i = 0; i < told->threads; i++) {
		unsigned int kind = i % ASLEEP_KINDS;

		if (kind == ASLEEP_READ && write(pipes[1], &byte, 1) != 1)
			bail("waking: %s", strerror(errno));
		if ((kind == ASLEEP_PAUSE || kind == ASLEEP_NANOSLEEP) &&
		    syscall(SYS_tgkill, pid, told->tid[i], SIGUSR1))
			bail("waking: %s", strerror(errno));
	}
}

int asleep_back(void)
{
	if (becomes(&told->back, told->threads))
		return told->wrong;
	diag("of %u threads %u are back", told->threads, told->back);
	return -1;
}

void asleep_end(void)
{
	child_end(pid);
	munmap(told, sizeof(*told));
	close(wake);
	close(pipes[0]);
	close(pipes[1]);
}
