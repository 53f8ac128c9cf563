// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slab caches, from the kernel's own list under its own lock, with the sums of
 * /proc/slabinfo. The structures are private to mm/: their layout comes from
 * BTF, found and checked once.
 */
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <uapi/linux/ringside.h>

#include "ringside.h"
#include "symbols.h"

/*
 * Partial slabs of a node that are looked at, half from each end; the rest is
 * estimated, as the kernel itself does since 6.10: interrupts are off.
 */
#define PARTIAL_MAX 10000

/* SLUB's packing of a slab's order and its number of objects. */
#define OO_SHIFT 16
#define OO_MASK ((1U << OO_SHIFT) - 1)

struct slab_row {
	char name[64];
	u64 active_objs, num_objs;
	u32 objsize, objperslab, pagesperslab;
	u32 aliases, reclaimable, rcu_freed;
	u64 num_slabs, bytes;
};

#define FIELD(member, attr, type, unit, width, ask) \
	RS_FIELD(slab_row, member, RINGSIDE_A_SLAB_##attr, type, unit, width, ask)

static const struct rs_field fields[] = {
	FIELD(name, NAME, RS_STR, RS_NONE, 24, RS_FILTER | RS_NAME),
	FIELD(active_objs, ACTIVE_OBJS, RS_UINT, RS_NONE, 11, 0),
	FIELD(num_objs, NUM_OBJS, RS_UINT, RS_NONE, 9, 0),
	FIELD(objsize, OBJSIZE, RS_U32, RS_BYTES, 7, 0),
	FIELD(objperslab, OBJPERSLAB, RS_U32, RS_NONE, 10, 0),
	FIELD(pagesperslab, PAGESPERSLAB, RS_U32, RS_NONE, 12, 0),
	FIELD(num_slabs, NUM_SLABS, RS_UINT, RS_NONE, 9, 0),
	FIELD(bytes, BYTES, RS_UINT, RS_BYTES, 12, 0),
	FIELD(aliases, ALIASES, RS_U32, RS_NONE, 7, 0),
	FIELD(reclaimable, RECLAIMABLE, RS_BOOL, RS_NONE, 11, 0),
	FIELD(rcu_freed, RCU_FREED, RS_BOOL, RS_NONE, 9, 0),
};

/* What is read of the private structures. */
enum {
	CACHE_NAME, CACHE_LIST, CACHE_SIZE, CACHE_FLAGS, CACHE_OO, CACHE_REFCOUNT,
	NODE_LOCK, NODE_NR_PARTIAL, NODE_PARTIAL, NODE_NR_SLABS, NODE_OBJECTS,
	NR_FIXED,
	/* One way or the other, by kernel. */
	CACHE_NODES = NR_FIXED, CACHE_PER_NODE, PER_NODE_NODE,
	SLAB_LIST, SLAB_OBJECTS, SLAB_INUSE,
	PAGE_LIST, PAGE_OBJECTS, PAGE_INUSE,
	NR_MEMBERS
};

static struct rs_member member[NR_MEMBERS] = {
	[CACHE_NAME]	  = { .type = "kmem_cache", .name = "name" },
	[CACHE_LIST]	  = { .type = "kmem_cache", .name = "list" },
	[CACHE_SIZE]	  = { .type = "kmem_cache", .name = "size" },
	[CACHE_FLAGS]	  = { .type = "kmem_cache", .name = "flags" },
	[CACHE_OO]	  = { .type = "kmem_cache", .name = "oo" },
	[CACHE_REFCOUNT]  = { .type = "kmem_cache", .name = "refcount" },
	[CACHE_NODES]	  = { .type = "kmem_cache", .name = "node" },
	[CACHE_PER_NODE]  = { .type = "kmem_cache", .name = "per_node" },
	[PER_NODE_NODE]	  = { .type = "kmem_cache_per_node_ptrs", .name = "node" },
	[NODE_LOCK]	  = { .type = "kmem_cache_node", .name = "list_lock" },
	[NODE_NR_PARTIAL] = { .type = "kmem_cache_node", .name = "nr_partial" },
	[NODE_PARTIAL]	  = { .type = "kmem_cache_node", .name = "partial" },
	[NODE_NR_SLABS]	  = { .type = "kmem_cache_node", .name = "nr_slabs" },
	[NODE_OBJECTS]	  = { .type = "kmem_cache_node", .name = "total_objects" },
	[SLAB_LIST]	  = { .type = "slab", .name = "slab_list" },
	[SLAB_OBJECTS]	  = { .type = "slab", .name = "objects" },
	[SLAB_INUSE]	  = { .type = "slab", .name = "inuse" },
	[PAGE_LIST]	  = { .type = "page", .name = "slab_list" },
	[PAGE_OBJECTS]	  = { .type = "page", .name = "objects" },
	[PAGE_INUSE]	  = { .type = "page", .name = "inuse" },
};

/* Sizes that must hold for the reads below to be right; 0: not looked at. */
static const u8 expected[NR_FIXED] = {
	[CACHE_NAME] = sizeof(char *),
	[CACHE_LIST] = sizeof(struct list_head),
	[CACHE_SIZE] = sizeof(u32),
	[CACHE_OO] = sizeof(u32),
	[CACHE_REFCOUNT] = sizeof(int),
	[NODE_LOCK] = sizeof(spinlock_t),
	[NODE_NR_PARTIAL] = sizeof(long),
	[NODE_PARTIAL] = sizeof(struct list_head),
	[NODE_NR_SLABS] = sizeof(atomic_long_t),
	[NODE_OBJECTS] = sizeof(atomic_long_t),
};

static struct {
	struct rs_once once;
	const char *missing;
	struct mutex *mutex;		/* slab_mutex */
	struct list_head *caches;	/* slab_caches */
	u32 nodes, node_stride;		/* where a cache keeps its nodes */
	u32 slab_list;
	const struct rs_member *objects, *inuse;
} slab = {
	.once = RS_ONCE_INIT(slab.once),
};

#define AT(ptr, m) ((void *)(ptr) + member[m].bit_offset / 8)

/* err: what rs_layout() made of member. */
static const char *resolve_layout(int err)
{
	int i;

	if (err == -ENOENT)
		return "the kernel carries no BTF (CONFIG_DEBUG_INFO_BTF)";
	if (err)
		return "the kernel's BTF could not be read";
	if (!member[NODE_NR_SLABS].found)
		return "the kernel's slab allocator keeps no totals (CONFIG_SLUB_DEBUG)";
	for (i = 0; i < NR_FIXED; i++)
		if (!member[i].found ||
		    (expected[i] && member[i].size != expected[i]))
			return "the kernel's struct kmem_cache is of an unknown kind";

	if (member[CACHE_PER_NODE].found && member[PER_NODE_NODE].found) {
		slab.nodes = (member[CACHE_PER_NODE].bit_offset +
			      member[PER_NODE_NODE].bit_offset) / 8;
		slab.node_stride = member[PER_NODE_NODE].type_size;
	} else if (member[CACHE_NODES].found) {
		slab.nodes = member[CACHE_NODES].bit_offset / 8;
		slab.node_stride = sizeof(void *);
	} else {
		return "the kernel's struct kmem_cache keeps its nodes in an unknown way";
	}

	i = member[SLAB_INUSE].found ? SLAB_LIST : PAGE_LIST;
	if (!member[i].found || member[i].size != sizeof(struct list_head) ||
	    !member[i + 1].bits || !member[i + 2].bits)
		return "the kernel's struct slab is of an unknown kind";
	slab.slab_list = member[i].bit_offset / 8;
	slab.objects = &member[i + 1];
	slab.inuse = &member[i + 2];
	return NULL;
}

static int resolve(void)
{
	int err = rs_layout(member, NR_MEMBERS);

	if (err == -ENOMEM)
		return err;
	slab.mutex = rs_symbol("slab_mutex");
	slab.caches = rs_symbol("slab_caches");
	if (!slab.mutex || !slab.caches)
		slab.missing =
			"the kernel shows no slab_mutex or slab_caches (CONFIG_KPROBES, CONFIG_KALLSYMS_ALL)";
	else
		slab.missing = resolve_layout(err);
	return 0;
}

static const char *slab_unavailable(void)
{
	if (rs_once(&slab.once, resolve))
		return RS_NO_MEMORY_FOR_BTF;
	return slab.missing;
}

static u32 bits(const void *at, const struct rs_member *m)
{
	const u32 *word = at + m->bit_offset / 32 * sizeof(u32);

	return (READ_ONCE(*word) >> m->bit_offset % 32) &
	       GENMASK(m->bits - 1, 0);
}

static unsigned long free_in(const struct list_head *item)
{
	const void *s = (const void *)item - slab.slab_list;

	return bits(s, slab.objects) - bits(s, slab.inuse);
}

static unsigned long count_free(void *node)
{
	struct list_head *partial = AT(node, NODE_PARTIAL);
	spinlock_t *lock = AT(node, NODE_LOCK);
	unsigned long flags, nr, scanned = 0, count = 0;
	struct list_head *at;

	spin_lock_irqsave(lock, flags);
	nr = *(unsigned long *)AT(node, NODE_NR_PARTIAL);
	if (nr <= PARTIAL_MAX) {
		list_for_each(at, partial)
			count += free_in(at);
	} else {
		list_for_each(at, partial) {
			count += free_in(at);
			if (++scanned == PARTIAL_MAX / 2)
				break;
		}
		list_for_each_prev(at, partial) {
			count += free_in(at);
			if (++scanned == PARTIAL_MAX)
				break;
		}
		count = mult_frac(count, nr, scanned);
	}
	spin_unlock_irqrestore(lock, flags);
	return count;
}

/* With slab_mutex held. */
static void fill(struct slab_row *row, void *cache)
{
	u32 oo = *(u32 *)AT(cache, CACHE_OO);
	/* A slab_flags_t, which is 4 bytes wide (8 in some kernels). */
	u32 flags = *(u32 *)AT(cache, CACHE_FLAGS);
	/* Negative for a cache that is never merged. */
	int refcount = *(int *)AT(cache, CACHE_REFCOUNT);
	u64 unused = 0;
	int nid;

	strscpy(row->name, *(const char **)AT(cache, CACHE_NAME),
		sizeof(row->name));
	row->objsize = *(u32 *)AT(cache, CACHE_SIZE);
	row->objperslab = oo & OO_MASK;
	row->pagesperslab = 1U << (oo >> OO_SHIFT);
	row->aliases = refcount > 0 ? refcount - 1 : 0;
	row->reclaimable = !!(flags & (__force u32)SLAB_RECLAIM_ACCOUNT);
	row->rcu_freed = !!(flags & (__force u32)SLAB_TYPESAFE_BY_RCU);

	row->num_slabs = 0;
	row->num_objs = 0;
	for (nid = 0; nid < nr_node_ids; nid++) {
		void *node = *(void **)(cache + slab.nodes +
					nid * slab.node_stride);

		if (!node)
			continue;
		row->num_slabs += atomic_long_read(AT(node, NODE_NR_SLABS));
		row->num_objs += atomic_long_read(AT(node, NODE_OBJECTS));
		unused += count_free(node);
	}
	row->active_objs = row->num_objs - min(unused, row->num_objs);
	row->bytes = (row->num_slabs * row->pagesperslab) << PAGE_SHIFT;
}

static bool matches(const struct rs_walk *walk, void *cache)
{
	const struct slab_row *want = walk->want;

	return !walk->asked ||
	       !strncmp(*(const char **)AT(cache, CACHE_NAME), want->name,
			sizeof(want->name) - 1);
}

/*
 * The key is the place in the list. A cache made or destroyed in between moves
 * the others; the sum over the list tells.
 */
static int slab_seek(struct rs_walk *walk, void *row)
{
	struct list_head *at;
	bool found = false;
	u64 place = 0;
	u32 seq = 1;

	mutex_lock(slab.mutex);
	list_for_each(at, slab.caches) {
		void *cache = (void *)at - member[CACHE_LIST].bit_offset / 8;

		seq = seq * 31 + (u32)((unsigned long)at >> 3);
		place++;
		if (found || place < walk->key || !matches(walk, cache))
			continue;
		fill(row, cache);
		walk->key = place;
		found = true;
	}
	mutex_unlock(slab.mutex);
	walk->seq = seq ?: 1;
	return found;
}

const struct rs_provider rs_slabs = {
	.name = "slabs",
	.cmd = RINGSIDE_CMD_SLAB_GET,
	.row_size = sizeof(struct slab_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.missing = "no slab cache has this name; caches of one size are merged: see aliases",
	.seek = slab_seek,
	.unavailable = slab_unavailable,
};
