/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk of another process's page tables, for the kernel exports none. With the
 * lock of its address space held for reading (rs_mm_lock()), and only inside an
 * area, whose tables that lock keeps, but the last level's: those RCU keeps.
 */
#ifndef RS_PAGETABLE_H
#define RS_PAGETABLE_H

#include <linux/mm_types.h>
#include <linux/types.h>

/* Bytes, as /proc/PID/smaps counts them. */
struct rs_resident {
	u64 rss, anon, shared, dirty, huge, swap, hugetlb;
};

/*
 * Adds what is resident in the area from *address on, in a stretch of at most
 * RS_STRETCH entries, and moves *address to where it goes on. May not sleep
 * long, holds no lock at its end; each table's lock for a table at most.
 */
void rs_resident_add(struct vm_area_struct *area, unsigned long *address,
		     struct rs_resident *sum);

#define RS_STRETCH	32768

/* Why shared stays 0 on this kernel, or NULL. */
extern const char * const rs_no_shared;

/* What an entry is. */
enum rs_entry_state {
	RS_ENTRY_NONE,
	RS_ENTRY_TABLE,		/* points to the next level */
	RS_ENTRY_PAGE,
	RS_ENTRY_SWAP,
	RS_ENTRY_MIGRATION,
	RS_ENTRY_OTHER,
};

struct rs_entry {
	const char *level;	/* "PGD" to "PTE" */
	u32 index;		/* in its table */
	u64 size;		/* bytes of addresses that it is for */
	u64 value;		/* as the processor reads it */
	u64 frame;		/* of a table or page */
	enum rs_entry_state state;
};

#define RS_LEVELS	5

/*
 * The entries for an address inside an area, from the top down to the one that
 * is no table. Returns how many. As the processor finds them: no lock, but with
 * interrupts off, so that no table is freed meanwhile.
 */
unsigned int rs_entries(struct mm_struct *mm, unsigned long address,
			struct rs_entry entry[RS_LEVELS]);

#endif
