// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * No kernel address and no poison in what is answered: every window of eight
 * bytes of every message, and every number of every text, against the ranges
 * that the kernel says its memory has (/proc/kcore, and its symbols).
 */
#include <errno.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "count.h"
#include "leak.h"
#include "people.h"
#include "watched.h"

static void scan_file(const char *path)
{
	char *text = slurp(path, NULL);

	leaks.where = path;
	if (text)
		leaks_scan_text(text);
	free(text);
}

static unsigned int files;

static void scan_tree(const char *dir)
{
	struct dirent *entry;
	char path[512];
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d))) {
		if (*entry->d_name == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_type == DT_DIR) {
			scan_tree(path);
			continue;
		}
		files++;
		scan_file(path);
	}
	if (d)
		closedir(d);
}

static struct ring r;
static unsigned long long *told;
static unsigned int singles, inner;

/* Each attribute in turn, beside what makes a watch that is soon attached. */
static void orders(void)
{
	static const int cmds[] = { RINGSIDE_CMD_WATCH_NEW, RINGSIDE_CMD_WATCH_DEL };
	unsigned int i;
	int attr;

	leaks.where = "watches made and ended";
	for (i = 0; i < NR(cmds); i++)
		for (attr = 0; attr <= RINGSIDE_A_WATCH_MAX + 1; attr++) {
			struct rows rows = { 0 };

			ask(&r, cmds[i], false);
			r.req->nlmsg_flags |= NLM_F_ACK;
			if (cmds[i] == RINGSIDE_CMD_WATCH_NEW)
				ask_u32(&r, RINGSIDE_A_WATCH_TIMES, 1);
			/* No watch has such a high number. */
			ask_u32(&r, attr, cmds[i] == RINGSIDE_CMD_WATCH_NEW ? 1 : 60000);
			answer(&r, &rows);
			rows_free(&rows);
		}
}

/* Single rows, by keys that are there. */
static void ones(pid_t self, uint32_t watch)
{
	struct rows rows = { 0 };

	leaks.where = "single rows";
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, self);
	singles += !answer(&r, &rows);
	ask(&r, RINGSIDE_CMD_WATCH_GET, false);
	ask_u32(&r, RINGSIDE_A_WATCH_ID, watch);
	singles += !answer(&r, &rows);
	ask(&r, RINGSIDE_CMD_STATUS_GET, false);
	ask_str(&r, RINGSIDE_A_STATUS_ITEM, "backend");
	singles += !answer(&r, &rows);
	ask(&r, RINGSIDE_CMD_SLAB_GET, false);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "dentry");
	singles += !answer(&r, &rows);
	rows_free(&rows);
}

static void everything(void)
{
	pid_t self = getpid();
	const struct noun *noun;
	unsigned int i;
	uint32_t id;
	int attr;

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	/* Of somebody's own; root sees another two. */
	id = watch_new(&r, &(struct watch){ .pids = &self, .nr_pids = 1, .by = "process", .times = true });
	watch_new(&r, &(struct watch){ .pids = &self, .nr_pids = 1, .by = "cgroup", .times = true });
	wire_tap = leaks_scan;
	orders();
	ones(self, id);
	for (i = 0; i < 3; i++)
		for (noun = nouns; noun->name; noun++) {
			struct rows rows = { 0 };

			leaks.where = noun->name;
			ask(&r, noun->cmd, true);
			answer(&r, &rows);
			ask(&r, noun->cmd, false);
			answer(&r, &rows);
			if (noun->cmd == RINGSIDE_CMD_TASK_GET) {
				ask(&r, noun->cmd, true);
				ask_flag(&r, RINGSIDE_A_TASK_THREADS);
				answer(&r, &rows);
			}
			if (noun->needs) {
				ask(&r, noun->cmd, true);
				ask_u32(&r, 1, self);
				/* PAGE_GET's ADDRESS; MAP_GET refuses it. */
				if (noun->cmd == RINGSIDE_CMD_PAGE_GET)
					ask_u64(&r, RINGSIDE_A_PAGE_ADDRESS, (unsigned long)&r);
				inner += !answer(&r, &rows);
			}
			/* Refusals are answers too. */
			for (attr = 0; attr <= noun->max + 1; attr++) {
				ask(&r, noun->cmd, attr & 1);
				ask_u32(&r, attr, 1);
				answer(&r, &rows);
			}
			rows_free(&rows);
		}
	wire_tap = NULL;
	/* With the watches there, and so what is attached. */
	scan_tree("/proc/ringside");
	scan_tree("/sys/kernel/ringside");
	scan_tree("/sys/module/ringside/parameters");
	ring_close(&r);
}

static int as_somebody(void *arg)
{
	leaks.hits = leaks.poison = leaks.windows = leaks.numbers = files = singles = inner = 0;
	if (become(1000, 1000))
		return 1;
	everything();
	told[0] = leaks.hits;
	told[1] = leaks.poison;
	told[2] = leaks.windows;
	told[3] = leaks.numbers;
	told[4] = files;
	told[5] = singles;
	told[6] = inner;
	return 0;
}

/* The search itself finds what it is to find. */
static void control(void)
{
	unsigned char bytes[64] = { 0 };
	uint64_t one = leaks_first() + 64;
	char text[64];

	memcpy(bytes + 20, &one, 8);
	memset(bytes + 40, 0x6b, 9);
	leaks.where = "a message made for it";
	leaks_scan(bytes, sizeof(bytes));
	snprintf(text, sizeof(text), "a 12 %llx b", (unsigned long long)one);
	leaks_scan_text(text);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)one);
	leaks_scan_text(text);
	ok(leaks.hits == 3 && leaks.poison == 1, "an address and a poison put there are found, as bytes, hex and decimal");
	leaks.hits = leaks.poison = leaks.windows = leaks.numbers = 0;
}

int main(void)
{
	struct watched watched;
	static struct ring own;
	unsigned int nr_ranges;
	char state[64];

	lib_init();
	told = shared(4096);
	nr_ranges = leaks_init();
	ok(nr_ranges >= 3, "the kernel says where its memory is: %u ranges", nr_ranges);
	control();
	people_make();
	if (!ring_open(&own))
		bail("no family: %s", strerror(errno));
	watched_make(&own, &watched);
	everything();
	status_of(&own, "slabs", state, sizeof(state), NULL, 0);
	ok(files > 50 && singles == 3 + !strcmp(state, "available"), "root: every file, and single rows too, are looked at");
	is(inner, 6, "root: areas and page tables too");
	ok(!leaks.hits && leaks.windows > 10000 && leaks.numbers > 5000, "root: no kernel address in any answer or file");
	ok(!leaks.poison, "root: no poison");
	note("root: %llu windows of 8 bytes, %llu numbers in %u files", leaks.windows, leaks.numbers, files);
	if (apart(as_somebody, NULL))
		bail("could not become uid 1000");
	ok(told[4] == files && told[5] == 3, "an ordinary user: as many files, and the single rows but of slabs");
	is(told[6], 6, "an ordinary user: areas and page tables of their own");
	ok(!told[0] && told[2] > 100 && told[3] > 100, "an ordinary user: no kernel address in any answer or file");
	ok(!told[1], "an ordinary user: no poison");
	note("an ordinary user: %llu windows of 8 bytes, %llu numbers in %llu files", told[2], told[3], told[4]);
	watched_end(&own, &watched);
	people_end();
	watches_gone();
	return tap_end();
}
