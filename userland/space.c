// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "commands.h"
#include "space.h"

#define P(name)		RINGSIDE_A_PAGE_##name
#define ALIGNMENT	(2UL << 20)

static const struct noun map_noun = {
	.name = "maps",
	.cmd = RINGSIDE_CMD_MAP_GET,
	.width = RINGSIDE_A_MAP_MAX + 1,
};

bool space_walk(struct lab *lab, pid_t pid, uintptr_t address, struct way *way)
{
	struct request req;
	struct rows rows;
	size_t i;
	int err;

	memset(way, 0, sizeof(*way));
	rows_init(&rows, &pages_noun);
	request_init(&req, pages_noun.cmd);
	mnl_attr_put_u32(req.nlh, P(PID), pid);
	mnl_attr_put_u64(req.nlh, P(ADDRESS), address);
	err = client_get(lab->client, &req, &rows);
	for (i = 0; i < rows.nr && i < SPACE_LEVELS; i++) {
		const union value *row = rows_get(&rows, i);
		struct entry *entry = &way->entry[way->nr++];
		const char *state = row[P(STATE)].text ?: "";

		snprintf(entry->level, sizeof(entry->level), "%s", row[P(LEVEL)].text ?: "");
		entry->size = row[P(SIZE)].num;
		entry->is_table = !strcmp(state, "table");
		if (!strcmp(state, "page"))
			way->frame = row[P(FRAME)].num;
	}
	rows_clear(&rows);
	if (err)
		lab_failed(lab, "the page tables", "they could not be read");
	return !err;
}

bool space_area(struct lab *lab, pid_t pid, uintptr_t start, union value *row)
{
	bool found = false;
	struct request req;
	struct rows rows;
	size_t i;

	rows_init(&rows, &map_noun);
	request_init(&req, map_noun.cmd);
	mnl_attr_put_u32(req.nlh, RINGSIDE_A_MAP_PID, pid);
	if (!client_get(lab->client, &req, &rows))
		for (i = 0; i < rows.nr && !found; i++) {
			found = rows_get(&rows, i)[RINGSIDE_A_MAP_START].num == start;
			if (found)
				memcpy(row, rows_get(&rows, i), map_noun.width * sizeof(*row));
		}
	rows_clear(&rows);
	if (!found)
		lab_failed(lab, "the area", "the module does not give it");
	return found;
}

/* Asked of the page that the stack is on, which is there. */
bool space_frames(struct lab *lab)
{
	struct way way;

	return space_walk(lab, getpid(), (uintptr_t)&way, &way) && way.frame;
}

char *space_reserve(size_t len)
{
	char *whole = mmap(NULL, len + 2 * ALIGNMENT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
	char *start;

	if (whole == MAP_FAILED)
		return NULL;
	start = whole + ALIGNMENT - (uintptr_t)whole % ALIGNMENT;
	return mprotect(start, len, PROT_READ | PROT_WRITE) ? NULL : start;
}
