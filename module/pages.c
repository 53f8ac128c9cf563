// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way through the page tables to one address of a process: an entry a level.
 * They are read at once, when the walk begins.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "pagetable.h"
#include "process.h"
#include "ringside.h"

struct page_row {
	u32 pid, index;
	char level[4], state[12], flags[96];
	u64 address, size, frame;
};

#define FIELD(member, attr, type, unit, width, ask) \
	RS_FIELD(page_row, member, RINGSIDE_A_PAGE_##attr, type, unit, width, ask)

static const struct rs_field fields[] = {
	FIELD(pid, PID, RS_U32, RS_NONE, 7, RS_FILTER | RS_NEEDED),
	FIELD(address, ADDRESS, RS_UINT, RS_NONE, 15, RS_FILTER | RS_NEEDED),
	FIELD(level, LEVEL, RS_STR, RS_NONE, 5, 0),
	FIELD(index, INDEX, RS_U32, RS_NONE, 5, 0),
	FIELD(size, SIZE, RS_UINT, RS_BYTES, 15, 0),
	FIELD(state, STATE, RS_STR, RS_NONE, 9, 0),
	FIELD(flags, FLAGS, RS_STR, RS_NONE, 40, 0),
	FIELD(frame, FRAME, RS_UINT, RS_NONE, 9, 0),
};

static const char * const states[] = {
	[RS_ENTRY_NONE] = "none",
	[RS_ENTRY_TABLE] = "table",
	[RS_ENTRY_PAGE] = "page",
	[RS_ENTRY_SWAP] = "swap",
	[RS_ENTRY_MIGRATION] = "migration",
	[RS_ENTRY_OTHER] = "other",
};

/* Bits of an entry that is a table or a page, by the words for them. */
static const struct flag {
	u64 mask;
	const char *name;
	bool page;		/* it means so in entries that have a page */
} flags[] = {
#ifdef CONFIG_X86
	{ _PAGE_RW, "write" },
	{ _PAGE_USER, "user" },
	{ _PAGE_PWT, "writethrough" },
	{ _PAGE_PCD, "uncached" },
	{ _PAGE_ACCESSED, "accessed" },
	{ _PAGE_DIRTY, "dirty", true },
	{ _PAGE_SPECIAL, "special", true },
	{ _PAGE_NX, "nx" },
#endif
};

struct state {
	unsigned int nr;
	struct rs_entry entry[RS_LEVELS];
};

static void put_flags(char *text, size_t size, const struct rs_entry *entry)
{
	bool page = entry->state == RS_ENTRY_PAGE;
	unsigned int i;
	size_t len = 0;

	*text = '\0';
	if (!page && entry->state != RS_ENTRY_TABLE)
		return;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (entry->value & flags[i].mask && (page || !flags[i].page))
			len += scnprintf(text + len, size - len, "%s%s", len ? "," : "",
					 flags[i].name);
	if (page && entry->size > PAGE_SIZE)
		scnprintf(text + len, size - len, "%shuge", len ? "," : "");
}

/* The entries of the address, or -errno with walk->why. */
static int look(struct rs_walk *walk, struct state *state)
{
	const struct page_row *want = walk->want;
	struct vm_area_struct *area;
	struct mm_struct *mm;

	mm = rs_mm_lock(walk, want->pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	area = find_vma(mm, want->address);
	if (area && area->vm_start <= want->address)
		state->nr = rs_entries(mm, want->address, state->entry);
	rs_mm_unlock(mm);
	if (state->nr)
		return 0;
	walk->why = "the process has no area with this address: maps lists those that it has";
	return -EFAULT;
}

static int page_seek(struct rs_walk *walk, void *data)
{
	const struct page_row *want = walk->want;
	const struct rs_entry *entry;
	struct page_row *row = data;
	struct state *state;
	int err;

	if (!walk->scratch) {
		walk->scratch = kzalloc(sizeof(*state), GFP_KERNEL_ACCOUNT);
		if (!walk->scratch)
			return -ENOMEM;
		err = look(walk, walk->scratch);
		if (err)
			return err;
	}
	state = walk->scratch;
	if (walk->key > state->nr)
		return 0;
	entry = &state->entry[walk->key - 1];
	row->pid = want->pid;
	row->address = want->address;
	strscpy(row->level, entry->level, sizeof(row->level));
	row->index = entry->index;
	row->size = entry->size;
	strscpy(row->state, states[entry->state], sizeof(row->state));
	put_flags(row->flags, sizeof(row->flags), entry);
	row->frame = walk->frames ? entry->frame : 0;
	return 1;
}

const struct rs_provider rs_pages = {
	.name = "pages",
	.cmd = RINGSIDE_CMD_PAGE_GET,
	.open = true,
	.namespaced = true,
	.inner = true,
	.row_size = sizeof(struct page_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.needs = "a request has to name a process by its pid, and an address in it; there is no file of this",
	.seek = page_seek,
};
