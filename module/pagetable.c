// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hugetlb.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "compat.h"
#include "pagetable.h"

const char * const rs_no_shared = RS_NO_PAGE_MAPCOUNT;

static void add_page(struct rs_resident *sum, struct page *page, bool dirty)
{
	sum->rss += PAGE_SIZE;
	if (PageAnon(page))
		sum->anon += PAGE_SIZE;
	if (dirty || PageDirty(page))
		sum->dirty += PAGE_SIZE;
	if (page_count(page) != 1 && rs_page_mapcount(page) > 1)
		sum->shared += PAGE_SIZE;
}

/* As vm_normal_page() has it where entries tell which are special. */
static void add_pte(struct rs_resident *sum, pte_t pte)
{
	softleaf_t leaf;

	if (pte_none(pte))
		return;
	if (pte_present(pte)) {
		if (!pte_special(pte) && pfn_valid(pte_pfn(pte)))
			add_page(sum, pfn_to_page(pte_pfn(pte)), pte_dirty(pte));
		return;
	}
	leaf = softleaf_from_pte(pte);
	if (softleaf_is_swap(leaf))
		sum->swap += PAGE_SIZE;
	else if (softleaf_is_migration(leaf))
		sum->rss += PAGE_SIZE;
}

/*
 * As pte_offset_map_lock(): a table may be taken away, but not freed, before its
 * lock is held. False when it was: look at the entry again.
 */
static bool add_table(struct vm_area_struct *area, pmd_t *pmd, unsigned long address,
		      unsigned long end, struct rs_resident *sum)
{
	bool same;
	pmd_t value;
	pte_t *pte;
	spinlock_t *lock;	/* of the table */

	rcu_read_lock();
	value = READ_ONCE(*pmd);
	if (pmd_none(value) || !pmd_present(value) || pmd_leaf(value)) {
		rcu_read_unlock();
		return false;
	}
	pte = pte_offset_kernel(&value, address);
	lock = pte_lockptr(area->vm_mm, &value);
	spin_lock(lock);
	same = pmd_same(value, READ_ONCE(*pmd));
	for (; same && address < end; address += PAGE_SIZE)
		add_pte(sum, ptep_get(pte++));
	spin_unlock(lock);
	rcu_read_unlock();
	return same;
}

/* A huge page that one entry maps, be it that it is being moved. */
static void add_huge(struct vm_area_struct *area, pmd_t *pmd, struct rs_resident *sum)
{
	spinlock_t *lock = pmd_lock(area->vm_mm, pmd);
	pmd_t value = READ_ONCE(*pmd);
	struct page *page;
	unsigned int i;

	if (!pmd_none(value) && !pmd_present(value) &&
	    softleaf_is_migration(softleaf_from_pmd(value))) {
		sum->rss += PMD_SIZE;
		sum->huge += PMD_SIZE;
	}
	/* Of a device there are no pages. */
	if (!pmd_present(value) || !pmd_trans_huge(value) || !pfn_valid(pmd_pfn(value)) ||
	    area->vm_flags & (VM_PFNMAP | VM_MIXEDMAP))
		goto out;
	page = pfn_to_page(pmd_pfn(value));
	/* The zero page, which is no file's and nobody's. */
	if (vma_is_anonymous(area) && !PageAnon(page))
		goto out;
	sum->huge += PMD_SIZE;
	for (i = 0; i < PMD_SIZE / PAGE_SIZE; i++)
		add_page(sum, page + i, pmd_dirty(value));
out:
	spin_unlock(lock);
}

/* The PMD entry of the address, or NULL and how much further the next may be. */
static pmd_t *find_pmd(struct mm_struct *mm, unsigned long address, unsigned long *size)
{
	pgd_t *pgd = pgd_offset(mm, address);
	p4d_t *p4d;
	pud_t *pud, value;

	*size = PGDIR_SIZE;
	if (pgd_none(READ_ONCE(*pgd)))
		return NULL;
	p4d = p4d_offset(pgd, address);
	*size = P4D_SIZE;
	if (p4d_none(READ_ONCE(*p4d)))
		return NULL;
	pud = pud_offset(p4d, address);
	value = READ_ONCE(*pud);
	*size = PUD_SIZE;
	/* A leaf so large is of a device: it has no pages. */
	if (pud_none(value) || !pud_present(value) || pud_leaf(value))
		return NULL;
	*size = PMD_SIZE;
	return pmd_offset(pud, address);
}

static unsigned long next_boundary(unsigned long address, unsigned long size, unsigned long end)
{
	unsigned long next = (address + size) & ~(size - 1);

	/* Past the last address it is 0. */
	return next - 1 < end - 1 ? next : end;
}

/* What keeps the tables of hugetlbfs is not exported: look as the processor does. */
static unsigned int add_hugetlb(struct vm_area_struct *area, unsigned long address,
				struct rs_resident *sum)
{
	struct rs_entry entry[RS_LEVELS];
	unsigned int nr = rs_entries(area->vm_mm, address, entry);

	if (nr && (entry[nr - 1].state == RS_ENTRY_PAGE ||
		   entry[nr - 1].state == RS_ENTRY_MIGRATION))
		sum->hugetlb += huge_page_size(hstate_vma(area));
	return nr;
}

void rs_resident_add(struct vm_area_struct *area, unsigned long *address,
		     struct rs_resident *sum)
{
	unsigned long at = *address, end = area->vm_end, next, size;
	int left = RS_STRETCH;
	pmd_t *pmd, value;

	for (; at < end && left > 0; at = next) {
		left--;
		if (is_vm_hugetlb_page(area)) {
			left -= add_hugetlb(area, at, sum);
			next = at + huge_page_size(hstate_vma(area));
			continue;
		}
		pmd = find_pmd(area->vm_mm, at, &size);
		next = next_boundary(at, size, end);
		if (!pmd)
			continue;
		value = READ_ONCE(*pmd);
		if (pmd_none(value))
			continue;
		left -= (next - at) / PAGE_SIZE;
		if (!pmd_present(value) || pmd_leaf(value))
			add_huge(area, pmd, sum);
		else if (!add_table(area, pmd, at, next, sum))
			next = at;
	}
	*address = at;
}

/* What is at a level; true when the next one is to be looked at. */
static bool take(struct rs_entry *entry, const char *level, unsigned long address, int shift,
		 unsigned int entries, u64 value, u64 frame, bool none, bool present, bool leaf)
{
	*entry = (struct rs_entry){
		.level = level,
		.index = (address >> shift) & (entries - 1),
		.size = 1ULL << shift,
		.value = value,
		.frame = present ? frame : 0,
		.state = none ? RS_ENTRY_NONE : !present ? RS_ENTRY_OTHER :
			 leaf ? RS_ENTRY_PAGE : RS_ENTRY_TABLE,
	};
	return entry->state == RS_ENTRY_TABLE;
}

static void name_absent(struct rs_entry *entry, softleaf_t leaf)
{
	if (softleaf_is_swap(leaf))
		entry->state = RS_ENTRY_SWAP;
	else if (softleaf_is_migration(leaf))
		entry->state = RS_ENTRY_MIGRATION;
}

/* With interrupts off. */
static unsigned int descend(struct mm_struct *mm, unsigned long address,
			    struct rs_entry entry[RS_LEVELS])
{
	pgd_t *pgdp = pgd_offset(mm, address), pgd = READ_ONCE(*pgdp);
	p4d_t *p4dp, p4d;
	pud_t *pudp, pud;
	pmd_t *pmdp, pmd;
	pte_t pte;
	unsigned int nr = 0;

#define TAKE(level, name, shift, entries, leaf)						\
	take(&entry[nr++], name, address, shift, entries, level##_val(level),		\
	     level##_pfn(level), level##_none(level), level##_present(level), leaf)

	if (!mm_p4d_folded(mm) && !TAKE(pgd, "PGD", PGDIR_SHIFT, PTRS_PER_PGD, false))
		return nr;
	p4dp = p4d_offset_lockless(pgdp, pgd, address);
	p4d = READ_ONCE(*p4dp);
	if (!TAKE(p4d, mm_p4d_folded(mm) ? "PGD" : "P4D", P4D_SHIFT,
		  mm_p4d_folded(mm) ? PTRS_PER_PGD : PTRS_PER_P4D, false))
		return nr;
	pudp = pud_offset_lockless(p4dp, p4d, address);
	pud = READ_ONCE(*pudp);
	if (!TAKE(pud, "PUD", PUD_SHIFT, PTRS_PER_PUD, pud_leaf(pud)))
		return nr;
	pmdp = pmd_offset_lockless(pudp, pud, address);
	pmd = READ_ONCE(*pmdp);
	if (!TAKE(pmd, "PMD", PMD_SHIFT, PTRS_PER_PMD, pmd_leaf(pmd))) {
		if (entry[nr - 1].state == RS_ENTRY_OTHER)
			name_absent(&entry[nr - 1], softleaf_from_pmd(pmd));
		return nr;
	}
	pte = ptep_get(pte_offset_kernel(&pmd, address));
	TAKE(pte, "PTE", PAGE_SHIFT, PTRS_PER_PTE, true);
#undef TAKE
	if (entry[nr - 1].state == RS_ENTRY_OTHER)
		name_absent(&entry[nr - 1], softleaf_from_pte(pte));
	return nr;
}

unsigned int rs_entries(struct mm_struct *mm, unsigned long address,
			struct rs_entry entry[RS_LEVELS])
{
	unsigned long flags;
	unsigned int nr;

	local_irq_save(flags);
	nr = descend(mm, address, entry);
	local_irq_restore(flags);
	return nr;
}
