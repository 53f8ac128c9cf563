// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every slab cache and figure against /proc/slabinfo and /sys/kernel/slab:
 * the same caches in the same order, the figures that do not move the same.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib.h"

struct cache {
	char name[128];
	long long active, total, size, per_slab, pages, slabs;
};

static const struct field *fields;
static unsigned int compared[ATTRS], moving, differ;

static struct cache *slabinfo(unsigned int *nr)
{
	char *text = slurp("/proc/slabinfo", NULL), *line, *save;
	struct cache *caches = calloc(1024, sizeof(*caches));

	if (!text)
		bail("/proc/slabinfo: %s", strerror(errno));
	*nr = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct cache *c = &caches[*nr];
		long long active_slabs, free_slabs;

		if (*line == '#' || !strncmp(line, "slabinfo ", 9))
			continue;
		/* A name may have spaces; what follows it never has letters before the colon. */
		if (sscanf(line, "%127s %lld %lld %lld %lld %lld : tunables %*d %*d %*d : slabdata %lld %lld %lld",
			   c->name, &c->active, &c->total, &c->size, &c->per_slab, &c->pages,
			   &active_slabs, &c->slabs, &free_slabs) != 9)
			bail("/proc/slabinfo has a line of another kind: %s", line);
		++*nr;
	}
	free(text);
	return caches;
}

static void compare(const char *name, int attr, long long before, long long after, long long ours)
{
	if (before != after) {
		moving++;
		return;
	}
	compared[attr]++;
	if (before != ours && differ++ < 30)
		diag("%s: %s is %lld in /proc and %lld here", name, fields[attr - 1].name, before,
		     ours);
}

/* The number in /sys/kernel/slab/NAME/FILE; false when there is none. */
static bool sysfs(const char *name, const char *file, long long *value)
{
	char text[64];

	if (!read_line(text, sizeof(text), "/sys/kernel/slab/%s/%s", name, file))
		return false;
	*value = strtoll(text, NULL, 10);
	return true;
}

static void compare_sysfs(const struct row *row)
{
	static const struct {
		const char *file;
		int attr;
	} known[] = {
		{ "aliases", RINGSIDE_A_SLAB_ALIASES },
		{ "reclaim_account", RINGSIDE_A_SLAB_RECLAIMABLE },
		{ "destroy_by_rcu", RINGSIDE_A_SLAB_RCU_FREED },
	};
	const char *name = row->s[RINGSIDE_A_SLAB_NAME];
	long long value;
	unsigned int i;

	for (i = 0; i < NR(known); i++) {
		if (!sysfs(name, known[i].file, &value))
			continue;
		compared[known[i].attr]++;
		if (value != row->v[known[i].attr] && differ++ < 30)
			diag("%s: %s is %lld in sysfs and %lld here", name, known[i].file, value,
			     (long long)row->v[known[i].attr]);
	}
}

int main(void)
{
	unsigned int i, try, nr_before, nr_after, order = 0, total = 0, never = 0, caches = 0;
	struct cache *before, *after;
	struct rows rows;
	struct ring r;
	int attr;

	lib_init();
	fields = noun_of(RINGSIDE_CMD_SLAB_GET)->fields;
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	for (try = 0; try < 5; try++) {
		before = slabinfo(&nr_before);
		dump_all(&r, RINGSIDE_CMD_SLAB_GET, &rows);
		after = slabinfo(&nr_after);
		if (nr_before != nr_after) {
			/* A cache came or went: no fault of anybody's. */
			diag("caches came or went, again");
			goto next;
		}
		caches = nr_before;
		if (rows.nr != nr_before) {
			order++;
			diag("/proc/slabinfo has %u caches, here are %u", nr_before, rows.nr);
		}
		for (i = 0; i < nr_before && i < rows.nr; i++) {
			struct row *row = &rows.row[i];
			const struct cache *a = &before[i], *b = &after[i];
			const char *name = row->s[RINGSIDE_A_SLAB_NAME];

			if (strcmp(name, a->name) && order++ < 10)
				diag("place %u has %s in /proc/slabinfo and %s here", i, a->name, name);
			compared[RINGSIDE_A_SLAB_NAME]++;
#define C(NAME, member) compare(name, RINGSIDE_A_SLAB_##NAME, a->member, b->member, \
				row->v[RINGSIDE_A_SLAB_##NAME])
			C(ACTIVE_OBJS, active);
			C(NUM_OBJS, total);
			C(OBJSIZE, size);
			C(OBJPERSLAB, per_slab);
			C(PAGESPERSLAB, pages);
			C(NUM_SLABS, slabs);
			compare(name, RINGSIDE_A_SLAB_BYTES, a->slabs * a->pages * getpagesize(),
				b->slabs * b->pages * getpagesize(), row->v[RINGSIDE_A_SLAB_BYTES]);
			compare_sysfs(row);
		}
next:
		rows_free(&rows);
		free(before);
		free(after);
	}
	ok(caches && !order, "the same caches in the same order as /proc/slabinfo");
	ok(!differ, "every figure that does not move is as in /proc/slabinfo and /sys/kernel/slab");
	if (differ)
		diag("%u differ", differ);
	for (attr = 1; attr <= RINGSIDE_A_SLAB_MAX; attr++) {
		total += compared[attr];
		if (!compared[attr]) {
			diag("%s was never compared", fields[attr - 1].name);
			never++;
		}
	}
	ok(!never, "every field was compared");
	note("compared %u values of %u caches in %u rounds, %u moved", total, caches, try, moving);
	wire_ok();
	return tap_end();
}
