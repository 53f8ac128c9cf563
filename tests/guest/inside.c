// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking into processes: how it is refused, what an ordinary user gets, and that
 * a process which holds the lock of its address space is told to be busy and not
 * waited for. Who may is in who-table.h.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"

#define M(name)	RINGSIDE_A_MAP_##name
#define P(name)	RINGSIDE_A_PAGE_##name

static struct ring r;

static int ask_maps(pid_t pid, struct rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	ask(&r, RINGSIDE_CMD_MAP_GET, true);
	ask_u32(&r, M(PID), pid);
	return answer(&r, rows);
}

static int ask_pages(pid_t pid, uint64_t address, struct rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	ask(&r, RINGSIDE_CMD_PAGE_GET, true);
	ask_u32(&r, P(PID), pid);
	ask_u64(&r, P(ADDRESS), address);
	return answer(&r, rows);
}

static int as_somebody(void *arg)
{
	unsigned long *seen = arg, address = (unsigned long)seen;
	struct rows rows;
	unsigned int i;

	if (become(1000, 1000) || !ring_open(&r))
		return 1;
	if (ask_maps(getpid(), &rows))
		return 2;
	seen[0] = rows.nr;
	rows_free(&rows);
	if (ask_pages(getpid(), address, &rows))
		return 3;
	seen[1] = rows.nr;
	for (i = 0; i < rows.nr; i++)
		seen[2] += rows.row[i].v[P(FRAME)] != 0;
	rows_free(&rows);
	return ask_maps(1, &rows) == -ESRCH && *r.why ? 0 : 4;
}

static void refusals(void)
{
	struct rows rows = { 0 };

	ask(&r, RINGSIDE_CMD_MAP_GET, true);
	ok(answer(&r, &rows) == -EINVAL && strstr(r.why, "pid"), "without a pid there are no areas");
	ask(&r, RINGSIDE_CMD_PAGE_GET, true);
	ask_u32(&r, P(PID), getpid());
	ok(answer(&r, &rows) == -EINVAL && strstr(r.why, "address"), "nor pages without an address");
	ok(ask_maps(2, &rows) == -ESRCH && *r.why, "a kernel thread has no areas: %s", r.why);
	ok(ask_maps(4194303, &rows) == -ESRCH && *r.why, "nor has nobody: %s", r.why);
	ok(ask_pages(getpid(), 4096, &rows) == -EFAULT && *r.why, "where there is no area there is no way: %s", r.why);
	ok(ask_pages(getpid(), ~0ULL, &rows) == -EFAULT && *r.why, "nor at the last address");
	rows_free(&rows);
}

/* A process that holds the lock of its own address space. */

#define HELD_MS 3000

static void busy(void)
{
	const char *neighbour = getenv("TESTS_NEIGHBOUR");
	double began, longest = 0;
	char command[400];
	struct rows rows;
	int maps, pages;
	pid_t pid;

	snprintf(command, sizeof(command), "insmod %s", neighbour ? neighbour : "");
	if (!neighbour || system(command))
		bail("the other module does not load");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		write_file("/sys/module/rs_neighbour/parameters/hold_mm", "%d", HELD_MS);
		pause();
		_exit(0);
	}
	usleep(500000);
	began = monotonic();
	maps = ask_maps(pid, &rows);
	longest = monotonic() - began;
	ok(maps == -EBUSY && strstr(r.why, "busy"), "who holds its lock has no areas now: %s", r.why);
	rows_free(&rows);
	began = monotonic();
	pages = ask_pages(pid, (unsigned long)&r, &rows);
	if (monotonic() - began > longest)
		longest = monotonic() - began;
	ok(pages == -EBUSY && strstr(r.why, "busy"), "nor page tables");
	rows_free(&rows);
	ok(longest < 1, "and to say so took %.3f s at most", longest);
	memset(&rows, 0, sizeof(rows));
	ask(&r, RINGSIDE_CMD_FILE_GET, true);
	ask_u32(&r, RINGSIDE_A_FILE_PID, pid);
	ok(!answer(&r, &rows) && rows.nr > 2, "its files are there all the same");
	rows_free(&rows);
	usleep(HELD_MS * 1000);
	ok(!ask_maps(pid, &rows) && rows.nr > 5, "when it lets go they are there again");
	rows_free(&rows);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (system("rmmod rs_neighbour"))
		bail("the other module is not let go");
}

int main(void)
{
	unsigned long *seen = shared(3 * sizeof(*seen));

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	refusals();
	is(apart(as_somebody, seen), 0, "a user without rights may look at their own, and not at init");
	ok(seen[0] > 5 && seen[1] > 3, "%lu areas, and a way of %lu levels", seen[0], seen[1]);
	is(seen[2], 0, "and is told no frame");
	busy();
	wire_ok();
	return tap_end();
}
