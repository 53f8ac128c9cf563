// SPDX-License-Identifier: GPL-2.0-only
/*
 * The areas of a process's address space, in the order of their addresses, with
 * what of each is resident. An area is counted in stretches; between them, as
 * between rows, nothing is held: the process is looked for again.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "pagetable.h"
#include "process.h"
#include "ringside.h"

struct map_row {
	u32 pid;
	char perms[5];
	char device[16];
	char name[256];
	u64 start, end, offset, inode, page_size;
	u64 rss, anon, shared, dirty, huge, swap, hugetlb;
};

#define FIELD(member, attr, type, unit, width, ask) \
	RS_FIELD(map_row, member, RINGSIDE_A_MAP_##attr, type, unit, width, ask)

static const struct rs_field fields[] = {
	FIELD(pid, PID, RS_U32, RS_NONE, 7, RS_FILTER | RS_NEEDED),
	FIELD(start, START, RS_UINT, RS_NONE, 15, 0),
	FIELD(end, END, RS_UINT, RS_NONE, 15, 0),
	FIELD(perms, PERMS, RS_STR, RS_NONE, 5, 0),
	FIELD(offset, OFFSET, RS_UINT, RS_BYTES, 10, 0),
	FIELD(device, DEVICE, RS_STR, RS_NONE, 6, 0),
	FIELD(inode, INODE, RS_UINT, RS_NONE, 8, 0),
	FIELD(name, NAME, RS_STR, RS_NONE, 24, 0),
	FIELD(page_size, PAGE_SIZE, RS_UINT, RS_BYTES, 9, 0),
	FIELD(rss, RSS, RS_UINT, RS_BYTES, 10, 0),
	FIELD(anon, ANON, RS_UINT, RS_BYTES, 10, 0),
	FIELD(shared, SHARED, RS_UINT, RS_BYTES, 10, 0),
	FIELD(dirty, DIRTY, RS_UINT, RS_BYTES, 10, 0),
	FIELD(huge, HUGE, RS_UINT, RS_BYTES, 10, 0),
	FIELD(swap, SWAP, RS_UINT, RS_BYTES, 10, 0),
	FIELD(hugetlb, HUGETLB, RS_UINT, RS_BYTES, 10, 0),
};

/* What a walk keeps. */
struct state {
	u64 next;		/* the key after that of the area given last */
	unsigned long end;	/* of that area */
	char path[PATH_MAX];
};

static void name_area(struct map_row *row, struct vm_area_struct *area, struct state *state)
{
	const struct mm_struct *mm = area->vm_mm;
	const char *name = NULL;

	if (area->vm_file) {
		rs_path_name(file_user_path(area->vm_file), state->path, row->name);
		return;
	}
	if (area->vm_ops && area->vm_ops->name)
		name = area->vm_ops->name(area);
	if (name)
		;
	else if (area->vm_start < mm->brk && area->vm_end > mm->start_brk)
		name = "[heap]";
	else if (area->vm_start <= mm->start_stack && area->vm_end >= mm->start_stack)
		name = "[stack]";
	else if (rs_anon_name(area))
		snprintf(row->name, sizeof(row->name), "[anon:%s]", rs_anon_name(area));
	if (name)
		strscpy(row->name, name, sizeof(row->name));
}

static void describe(struct map_row *row, u32 pid, struct vm_area_struct *area,
		     struct state *state)
{
	unsigned long flags = area->vm_flags;

	memset(row, 0, sizeof(*row));
	row->pid = pid;
	row->start = area->vm_start;
	row->end = area->vm_end;
	row->perms[0] = flags & VM_READ ? 'r' : '-';
	row->perms[1] = flags & VM_WRITE ? 'w' : '-';
	row->perms[2] = flags & VM_EXEC ? 'x' : '-';
	row->perms[3] = flags & VM_MAYSHARE ? 's' : 'p';
	row->page_size = area->vm_ops && area->vm_ops->pagesize ?
			 area->vm_ops->pagesize(area) : PAGE_SIZE;
	name_area(row, area, state);
	if (area->vm_file) {
		const struct inode *inode = file_user_inode(area->vm_file);

		row->offset = (u64)area->vm_pgoff << PAGE_SHIFT;
		row->inode = inode->i_ino;
		snprintf(row->device, sizeof(row->device), "%u:%u",
			 MAJOR(inode->i_sb->s_dev), MINOR(inode->i_sb->s_dev));
	}
}

/* The first area that begins there or later. */
static struct vm_area_struct *find_area(struct mm_struct *mm, unsigned long address)
{
	struct vm_area_struct *area = find_vma(mm, address);

	if (area && area->vm_start < address)
		area = find_vma(mm, area->vm_end);
	return area;
}

/*
 * A stretch of the area that is *address; false when it is no longer the one it
 * was.
 */
static bool count(struct map_row *row, struct vm_area_struct *area, unsigned long *address)
{
	struct rs_resident sum = { };

	if (!area || area->vm_start != row->start || area->vm_end != row->end)
		return false;
	rs_resident_add(area, address, &sum);
	row->rss += sum.rss;
	row->anon += sum.anon;
	row->shared += rs_no_shared ? 0 : sum.shared;
	row->dirty += sum.dirty;
	row->huge += sum.huge;
	row->swap += sum.swap;
	row->hugetlb += sum.hugetlb;
	return true;
}

static int map_seek(struct rs_walk *walk, void *data)
{
	const struct map_row *want = walk->want;
	struct map_row *row = data;
	struct vm_area_struct *area;
	struct state *state;
	struct mm_struct *mm;
	unsigned long at;

	if (walk->key > ULONG_MAX >> PAGE_SHIFT)
		return 0;
	if (!walk->scratch)
		walk->scratch = kzalloc(sizeof(*state), GFP_KERNEL_ACCOUNT);
	state = walk->scratch;
	if (!state)
		return -ENOMEM;
	mm = rs_mm_lock(walk, want->pid);
	if (IS_ERR(mm))
		return PTR_ERR(mm);
	at = walk->key == state->next ? state->end : (walk->key - 1) << PAGE_SHIFT;
	area = find_area(mm, at);
	if (!area) {
		rs_mm_unlock(mm);
		return 0;
	}
	describe(row, want->pid, area, state);
	walk->key = (row->start >> PAGE_SHIFT) + 1;
	state->next = walk->key + 1;
	state->end = row->end;
	for (at = row->start; ; area = find_vma(mm, at)) {
		/* What was counted stays, and the walk tells that it changed. */
		if (!count(row, area, &at)) {
			walk->seq = ~walk->seq ?: 1;
			at = row->end;
		}
		rs_mm_unlock(mm);
		if (at >= row->end)
			return 1;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		mm = rs_mm_lock(walk, want->pid);
		if (IS_ERR(mm))
			return PTR_ERR(mm);
	}
}

static const char *map_limits(void)
{
	return rs_no_shared;
}

const struct rs_provider rs_maps = {
	.name = "maps",
	.cmd = RINGSIDE_CMD_MAP_GET,
	.open = true,
	.namespaced = true,
	.inner = true,
	.row_size = sizeof(struct map_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.needs = "a request has to name a process by its pid; there is no file of this",
	.seek = map_seek,
	.limits = map_limits,
};
