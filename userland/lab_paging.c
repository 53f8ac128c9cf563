// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab paging: memory is there when it is touched
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "actor.h"
#include "space.h"

#define MIB		(1UL << 20)
#define TABLE		(2 * MIB)	/* what one last table is for, and a huge page */
#define EVERY		64		/* the frame of every so many pages is looked at */
#define THP		"/sys/kernel/mm/transparent_hugepage/enabled"

/* What the one who touches leaves. */
enum { ADDRESS, ERROR, TABLES_BEFORE, TABLES, RESIDENT, HUGE };

struct plan {
	int advice;
	size_t len, page;
};

/* A figure in kB of /proc/self/status, in bytes. Without malloc(), which may fault. */
static uint64_t status_bytes(const char *name)
{
	static char text[8192];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *line;

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return 0;
	text[len] = '\0';
	line = strstr(text, name);
	return line ? strtoull(line + strlen(name), NULL, 10) * 1024 : 0;
}

static uint64_t resident(const char *at, size_t len, size_t page)
{
	static unsigned char there[4096];
	uint64_t pages = 0;

	while (len) {
		size_t part = len < page * sizeof(there) ? len : page * sizeof(there), i;

		if (mincore((void *)at, part, there))
			return 0;
		for (i = 0; i < part / page; i++)
			pages += there[i] & 1;
		at += part;
		len -= part;
	}
	return pages;
}

/* What /proc/self/smaps says of the area that begins there. */
static uint64_t huge_bytes(uintptr_t start)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	uint64_t bytes = 0;
	bool inside = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		char *end;
		uintptr_t address = strtoul(line, &end, 16);

		if (end > line && *end == '-')
			inside = address == start;
		else if (inside && !strncmp(line, "AnonHugePages:", 14))
			bytes = strtoull(line + 14, NULL, 10) * 1024;
	}
	if (file)
		fclose(file);
	return bytes;
}

static void touch(char *at, size_t len, size_t page)
{
	char *end = at + len;

	for (; at < end; at += page)
		*(volatile char *)at = 1;
}

/* Maps; after a look touches; after another asks for what is there. */
static void use(struct actor *actor)
{
	const struct plan *plan = actor->data;
	char *at = space_reserve(plan->len);
	static char spare;

	if (!at) {
		actor->saw[ERROR] = errno;
		return;
	}
	/* Kernels without huge pages refuse either, and are right. */
	madvise(at, plan->len, plan->advice);
	actor->saw[ADDRESS] = (uintptr_t)at;
	actor->saw[RESIDENT] = resident(at, plan->len, plan->page);
	actor->saw[TABLES_BEFORE] = status_bytes("VmPTE:");
	/* What follows is to fault for its pages alone, not for its own code. */
	touch(&spare, 1, plan->page);
	actor_hold(actor);
	touch(at, plan->len, plan->page);
	actor_hold(actor);
	actor->saw[RESIDENT] = resident(at, plan->len, plan->page);
	actor->saw[TABLES] = status_bytes("VmPTE:") - actor->saw[TABLES_BEFORE];
	actor->saw[HUGE] = huge_bytes((uintptr_t)at);
}

/* The ways to the first page of each part that has a last table of its own. */
static struct way *walk_all(struct lab *lab, const struct actor *actor, size_t nr)
{
	struct way *ways = reallocate(NULL, nr * sizeof(*ways));
	size_t i;

	for (i = 0; i < nr; i++)
		if (!space_walk(lab, actor->pid, actor->saw[ADDRESS] + i * TABLE, &ways[i])) {
			free(ways);
			return NULL;
		}
	return ways;
}

/* Tables that the second have and the first have not: each is pointed to by one entry. */
static uint64_t new_tables(const struct way *before, const struct way *after, size_t nr,
			   uintptr_t start)
{
	uint64_t last[SPACE_LEVELS] = { 0 }, tables = 0;
	size_t i, level;

	for (i = 0; i < nr; i++) {
		uintptr_t address = start + i * TABLE;

		for (level = 0; level < after[i].nr; level++) {
			const struct entry *entry = &after[i].entry[level];
			bool was = level < before[i].nr && before[i].entry[level].is_table;

			if (!entry->is_table || was || !entry->size ||
			    last[level] == address / entry->size)
				continue;
			last[level] = address / entry->size;
			tables++;
		}
	}
	return tables;
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* The frames of some pages: there, and no two of them the same. */
static void compare_frames(struct lab *lab, const struct actor *actor, const struct plan *plan)
{
	size_t nr = (plan->len / plan->page + EVERY - 1) / EVERY, i, distinct = 0;
	uint64_t *frames = reallocate(NULL, nr * sizeof(*frames));
	struct way way;

	for (i = 0; i < nr; i++) {
		uintptr_t address = actor->saw[ADDRESS] + i * EVERY * plan->page;

		if (!space_walk(lab, actor->pid, address, &way))
			goto out;
		frames[i] = way.frame;
	}
	qsort(frames, nr, sizeof(*frames), by_value);
	for (i = 0; i < nr; i++)
		distinct += frames[i] && (!i || frames[i] != frames[i - 1]);
	lab_same(lab, lab_text(lab, "  frames, of one page in %d", EVERY), nr, distinct);
out:
	free(frames);
}

static uint64_t faults_of(const union value *before, const union value *after)
{
	return after[RINGSIDE_A_TASK_MIN_FLT].num - before[RINGSIDE_A_TASK_MIN_FLT].num;
}

static void compare_pages(struct lab *lab, struct actor *actor, const struct plan *plan)
{
	union value before[RINGSIDE_A_TASK_MAX + 1], after[RINGSIDE_A_TASK_MAX + 1];
	union value area[RINGSIDE_A_MAP_MAX + 1];
	size_t nr = (plan->len + TABLE - 1) / TABLE;
	struct way *then = walk_all(lab, actor, nr), *now = NULL;

	if (!then || !space_area(lab, actor->pid, actor->saw[ADDRESS], area) ||
	    !lab_task(lab, actor->pid, before))
		goto out;
	lab_same(lab, lab_text(lab, "%lu MiB mapped: pages there", lab->times),
		 actor->saw[RESIDENT], area[RINGSIDE_A_MAP_RSS].num / plan->page);
	if (!actor_go(actor) || !lab_task(lab, actor->pid, after))
		goto out;
	lab_same(lab, "touched: pages, faults", plan->len / plan->page, faults_of(before, after));
	now = walk_all(lab, actor, nr);
	if (!now || !space_area(lab, actor->pid, actor->saw[ADDRESS], area) || !actor_go(actor))
		goto out;
	lab_same(lab, "  pages there", actor->saw[RESIDENT],
		 area[RINGSIDE_A_MAP_RSS].num / plan->page);
	lab_same(lab, "  page tables made for them", actor->saw[TABLES] / plan->page,
		 new_tables(then, now, nr, actor->saw[ADDRESS]));
	if (space_frames(lab))
		compare_frames(lab, actor, plan);
	else
		lab_skip(lab, "frames", "their numbers are for who has CAP_SYS_ADMIN");
out:
	free(then);
	free(now);
}

static void compare_huge(struct lab *lab, struct actor *actor, const struct plan *plan)
{
	union value before[RINGSIDE_A_TASK_MAX + 1], after[RINGSIDE_A_TASK_MAX + 1];
	union value area[RINGSIDE_A_MAP_MAX + 1];
	uint64_t huge;

	if (!lab_task(lab, actor->pid, before) || !actor_go(actor) ||
	    !lab_task(lab, actor->pid, after) || !actor_go(actor) ||
	    !space_area(lab, actor->pid, actor->saw[ADDRESS], area))
		return;
	huge = area[RINGSIDE_A_MAP_HUGE].num;
	lab_same(lab, "with huge pages: how many", actor->saw[HUGE] / TABLE, huge / TABLE);
	/* What there was no huge page for came page by page. */
	lab_same(lab, "  faults",
		 actor->saw[HUGE] / TABLE + (plan->len - actor->saw[HUGE]) / plan->page,
		 faults_of(before, after));
}

static bool has_huge_pages(void)
{
	char text[64] = "";
	FILE *file = fopen(THP, "re");

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		*text = '\0';
	fclose(file);
	return *text && !strstr(text, "[never]");
}

static void touch_and_compare(struct lab *lab, int advice,
			      void (*compare)(struct lab *lab, struct actor *actor,
					      const struct plan *plan))
{
	struct plan plan = { advice, lab->times * MIB, sysconf(_SC_PAGESIZE) };
	struct actor actor;

	if (!actor_start(lab, &actor, use, &plan))
		return;
	if (!actor_go(&actor))
		goto out;
	if (actor.saw[ERROR])
		lab_skip(lab, "memory", "you get none: %s", strerror(actor.saw[ERROR]));
	else
		compare(lab, &actor, &plan);
out:
	actor_end(&actor);
}

static void run(struct lab *lab)
{
	touch_and_compare(lab, MADV_NOHUGEPAGE, compare_pages);
	if (has_huge_pages())
		touch_and_compare(lab, MADV_HUGEPAGE, compare_huge);
	else
		lab_skip(lab, "huge pages", "this kernel gives none (%s)", THP);
}

const struct experiment lab_paging = {
	.name = "paging",
	.title = "memory is there when it is touched",
	.tried = "A program maps memory, which gives it nothing, and then touches it page by "
		 "page. User space asks mincore(2) and /proc what it has; the module counts the "
		 "faults, and walks the area and its page tables before and after.",
	.means = "mmap(2) only makes a promise. The first touch of each page faults into the "
		 "kernel, which finds a frame, clears it and enters it into the page tables. With "
		 "huge pages one fault does that for 512 pages at once.",
	.further = "man 2 mincore; /proc/PID/smaps; ringside maps PID; ringside tasks -o "
		   "+MIN_FLT,RSS",
	.unit = "MiB",
	.times = 64,
	.most = 4096,
	.run = run,
};
