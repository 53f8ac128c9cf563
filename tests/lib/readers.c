// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers of everything, for tests. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "readers.h"
#include "ring.h"
#include "tap.h"

struct readers_told {
	unsigned int ready, stop;
	struct readers_saw saw[READERS_MOST];
	bool ended[READERS_MOST];
};

static const int commands[] = {
	RINGSIDE_CMD_TASK_GET, RINGSIDE_CMD_TASK_GET, RINGSIDE_CMD_WATCH_GET, RINGSIDE_CMD_SYSCALL_GET,
	RINGSIDE_CMD_ERROR_GET, RINGSIDE_CMD_LATENCY_GET, RINGSIDE_CMD_MEMORY_GET, RINGSIDE_CMD_FILE_GET,
	RINGSIDE_CMD_MAP_GET,
};

static void look(struct ring *r, unsigned int turn, struct readers_saw *saw)
{
	int cmd = commands[turn % NR(commands)], err;
	struct rows rows = { 0 };

	ask(r, cmd, true);
	/* Of the two, one by thread. */
	if (turn % NR(commands) == 1)
		ask_flag(r, RINGSIDE_A_TASK_THREADS);
	if (cmd == RINGSIDE_CMD_MAP_GET)
		ask_u32(r, RINGSIDE_A_MAP_PID, getpid());
	err = answer(r, &rows);
	saw->rows += rows.nr;
	saw->dumps++;
	rows_free(&rows);
	if (err == -ENOMEM || err == -ENOBUFS) {
		saw->refused++;
	} else if (err || wire_errors) {
		saw->failed++;
		snprintf(saw->error, sizeof(saw->error), "%s: %.60s", noun_of(cmd)->name, err ? strerror(-err) : wire_error);
	}
}

static void read_on(struct readers_told *told, unsigned int nr)
{
	static struct ring r;
	cpu_set_t set;
	unsigned int turn;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(nr % 2, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (!ring_open(&r))
		bail("a reader: no family: %s", strerror(errno));
	__atomic_add_fetch(&told->ready, 1, __ATOMIC_RELEASE);
	for (turn = nr; !__atomic_load_n(&told->stop, __ATOMIC_ACQUIRE); turn++) {
		look(&r, turn, &told->saw[nr]);
		/* What is looked at is to go on, too. */
		usleep(10000);
	}
	told->ended[nr] = true;
	_exit(0);
}

void readers_start(struct readers *readers, unsigned int nr)
{
	unsigned int i, tries;

	readers->told = shared(sizeof(*readers->told));
	readers->nr = nr;
	fflush(stdout);
	for (i = 0; i < nr; i++) {
		readers->pid[i] = fork();
		if (readers->pid[i] < 0)
			bail("fork: %s", strerror(errno));
		if (!readers->pid[i])
			read_on(readers->told, i);
	}
	for (tries = 0; tries < 600 && __atomic_load_n(&readers->told->ready, __ATOMIC_ACQUIRE) != nr; tries++)
		usleep(50000);
	if (tries == 600)
		bail("the readers do not begin");
}

void readers_end(struct readers *readers, struct readers_saw *saw)
{
	unsigned int i;

	memset(saw, 0, sizeof(*saw));
	__atomic_store_n(&readers->told->stop, 1, __ATOMIC_RELEASE);
	for (i = 0; i < readers->nr; i++) {
		const struct readers_saw *of = &readers->told->saw[i];

		waitpid(readers->pid[i], NULL, 0);
		saw->dumps += of->dumps;
		saw->rows += of->rows;
		saw->refused += of->refused;
		saw->failed += of->failed;
		if (*of->error)
			memcpy(saw->error, of->error, sizeof(saw->error));
		if (!readers->told->ended[i]) {
			saw->failed++;
			snprintf(saw->error, sizeof(saw->error), "a reader is gone");
		}
	}
	munmap(readers->told, sizeof(*readers->told));
	memset(readers, 0, sizeof(*readers));
}
