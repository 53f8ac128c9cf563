// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine's memory: one row of what /proc/meminfo, /proc/vmstat,
 * /proc/loadavg and /proc/stat say, by the same sums.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/loadavg.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "ringside.h"
#include "symbols.h"

struct memory_row {
	u64 mem_total, mem_free, mem_available, buffers, cached, swap_cached;
	u64 active_anon, inactive_anon, active_file, inactive_file;
	u64 unevictable, mlocked, swap_total, swap_free, dirty, writeback;
	u64 anon_pages, mapped, shmem, slab_reclaimable, slab_unreclaimable;
	u64 kernel_stack, page_tables, committed_as;
	u64 pgpgin, pgpgout, pswpin, pswpout, pgfree, pgfault, pgmajfault;
	u64 pgscan_kswapd, pgscan_direct, pgsteal_kswapd, pgsteal_direct;
	u64 oom_kill, load1, load5, load15, context_switches;
};

#define FIELD(member, attr, unit) \
	RS_FIELD(memory_row, member, RINGSIDE_A_MEMORY_##attr, RS_UINT, unit, 16, 0)

static const struct rs_field fields[] = {
	FIELD(mem_total, MEM_TOTAL, RS_BYTES),
	FIELD(mem_free, MEM_FREE, RS_BYTES),
	FIELD(mem_available, MEM_AVAILABLE, RS_BYTES),
	FIELD(buffers, BUFFERS, RS_BYTES),
	FIELD(cached, CACHED, RS_BYTES),
	FIELD(swap_cached, SWAP_CACHED, RS_BYTES),
	FIELD(active_anon, ACTIVE_ANON, RS_BYTES),
	FIELD(inactive_anon, INACTIVE_ANON, RS_BYTES),
	FIELD(active_file, ACTIVE_FILE, RS_BYTES),
	FIELD(inactive_file, INACTIVE_FILE, RS_BYTES),
	FIELD(unevictable, UNEVICTABLE, RS_BYTES),
	FIELD(mlocked, MLOCKED, RS_BYTES),
	FIELD(swap_total, SWAP_TOTAL, RS_BYTES),
	FIELD(swap_free, SWAP_FREE, RS_BYTES),
	FIELD(dirty, DIRTY, RS_BYTES),
	FIELD(writeback, WRITEBACK, RS_BYTES),
	FIELD(anon_pages, ANON_PAGES, RS_BYTES),
	FIELD(mapped, MAPPED, RS_BYTES),
	FIELD(shmem, SHMEM, RS_BYTES),
	FIELD(slab_reclaimable, SLAB_RECLAIMABLE, RS_BYTES),
	FIELD(slab_unreclaimable, SLAB_UNRECLAIMABLE, RS_BYTES),
	FIELD(kernel_stack, KERNEL_STACK, RS_BYTES),
	FIELD(page_tables, PAGE_TABLES, RS_BYTES),
	FIELD(committed_as, COMMITTED_AS, RS_BYTES),
	FIELD(pgpgin, PGPGIN, RS_BYTES),
	FIELD(pgpgout, PGPGOUT, RS_BYTES),
	FIELD(pswpin, PSWPIN, RS_BYTES),
	FIELD(pswpout, PSWPOUT, RS_BYTES),
	FIELD(pgfree, PGFREE, RS_NONE),
	FIELD(pgfault, PGFAULT, RS_NONE),
	FIELD(pgmajfault, PGMAJFAULT, RS_NONE),
	FIELD(pgscan_kswapd, PGSCAN_KSWAPD, RS_NONE),
	FIELD(pgscan_direct, PGSCAN_DIRECT, RS_NONE),
	FIELD(pgsteal_kswapd, PGSTEAL_KSWAPD, RS_NONE),
	FIELD(pgsteal_direct, PGSTEAL_DIRECT, RS_NONE),
	FIELD(oom_kill, OOM_KILL, RS_NONE),
	FIELD(load1, LOAD1, RS_CENTI),
	FIELD(load5, LOAD5, RS_CENTI),
	FIELD(load15, LOAD15, RS_CENTI),
	FIELD(context_switches, CONTEXT_SWITCHES, RS_NONE),
};

/* What no exported function tells: a variable, and a member of each run queue. */
static struct {
	struct rs_once once;
	const long *swap_pages;
	const u64 __percpu *nr_switches;
	char missing[256];
} found = {
	.once = RS_ONCE_INIT(found.once),
};

/*
 * The per-CPU nr_switches of the run queues. Their variable has no address
 * that a symbol's look-up may touch, so go by the way the scheduler itself
 * does: from the current task to its run queue, and from there to its place in
 * each CPU's area. Every run queue must call itself by its CPU's number.
 */
static int find_nr_switches(const u64 __percpu **nr_switches)
{
	enum { QUEUE, CPU, SWITCHES, NR };
	struct rs_member m[NR] = {
		[QUEUE] = { .type = "cfs_rq", .name = "rq" },
		[CPU] = { .type = "rq", .name = "cpu" },
		[SWITCHES] = { .type = "rq", .name = "nr_switches" },
	};
	unsigned long base = 0;
	int cpu, err;

	err = rs_layout(m, NR);
	if (err)
		return err;
	if (m[QUEUE].size != sizeof(void *) ||
	    m[CPU].size != sizeof(int) || m[SWITCHES].size != sizeof(u64))
		return -ENOENT;
#ifdef CONFIG_FAIR_GROUP_SCHED
	preempt_disable();
	if (current->se.cfs_rq)
		base = *(unsigned long *)((void *)current->se.cfs_rq + m[QUEUE].bit_offset / 8) -
		       per_cpu_offset(smp_processor_id());
	preempt_enable();
#endif
	if (!base)
		return -ENOENT;
	for_each_possible_cpu(cpu) {
		const void *rq = (const void *)(base + per_cpu_offset(cpu));

		if (*(const int *)(rq + m[CPU].bit_offset / 8) != cpu)
			return -ENOENT;
	}
	*nr_switches = (const u64 __percpu __force *)(base + m[SWITCHES].bit_offset / 8);
	return 0;
}

static void add_missing(const char *sentence)
{
	size_t len = strlen(found.missing);

	if (sentence)
		snprintf(found.missing + len, sizeof(found.missing) - len,
			 "%s%s", len ? "; " : "", sentence);
}

static int resolve(void)
{
	int err = find_nr_switches(&found.nr_switches);

	if (err == -ENOMEM)
		return err;
	found.swap_pages = rs_symbol("total_swap_pages");
	if (!found.swap_pages)
		add_missing("no swap_total: the kernel has no symbol total_swap_pages (CONFIG_KALLSYMS_ALL)");
	if (!found.nr_switches)
		add_missing("no context_switches: the kernel's BTF tells no run queue (CONFIG_DEBUG_INFO_BTF)");
	add_missing(RS_NO_SWAPCACHE);
	return 0;
}

static const char *memory_limits(void)
{
	if (rs_once(&found.once, resolve))
		return RS_NO_MEMORY_FOR_BTF;
	return *found.missing ? found.missing : NULL;
}

static u64 bytes(u64 pages)
{
	return pages << PAGE_SHIFT;
}

static u64 node(enum node_stat_item item)
{
	return bytes(global_node_page_state_pages(item));
}

static u64 context_switches(void)
{
	u64 sum = 0;
	int cpu;

	if (!found.nr_switches)
		return 0;
	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(found.nr_switches, cpu));
	return sum;
}

/* Rounded to hundredths as /proc/loadavg does. */
static u64 load(int i)
{
	return ((READ_ONCE(avenrun[i]) + FIXED_1 / 200) * 100) >> FSHIFT;
}

static int memory_seek(struct rs_walk *walk, void *data)
{
	struct memory_row *row = data;
	unsigned long *event;
	struct sysinfo si;
	long cached;

	if (walk->key > 1)
		return 0;
	if (rs_once(&found.once, resolve))
		return -ENOMEM;
	event = kcalloc(NR_VM_EVENT_ITEMS, sizeof(*event), GFP_KERNEL);
	if (!event)
		return -ENOMEM;
	all_vm_events(event);
	si_meminfo(&si);

	row->mem_total = bytes(si.totalram);
	row->mem_free = bytes(si.freeram);
	row->mem_available = bytes(si_mem_available());
	row->buffers = bytes(si.bufferram);
	row->swap_cached = bytes(rs_swapcache_pages());
	cached = global_node_page_state(NR_FILE_PAGES) - rs_swapcache_pages() -
		 si.bufferram;
	row->cached = bytes(max(cached, 0L));
	row->active_anon = node(NR_ACTIVE_ANON);
	row->inactive_anon = node(NR_INACTIVE_ANON);
	row->active_file = node(NR_ACTIVE_FILE);
	row->inactive_file = node(NR_INACTIVE_FILE);
	row->unevictable = node(NR_UNEVICTABLE);
	row->mlocked = bytes(global_zone_page_state(NR_MLOCK));
	row->swap_total = found.swap_pages ?
			  bytes(READ_ONCE(*found.swap_pages)) : 0;
	row->swap_free = bytes(get_nr_swap_pages());
	row->dirty = node(NR_FILE_DIRTY);
	row->writeback = node(NR_WRITEBACK);
	row->anon_pages = node(NR_ANON_MAPPED);
	row->mapped = node(NR_FILE_MAPPED);
	row->shmem = bytes(si.sharedram);
	row->slab_reclaimable = node(NR_SLAB_RECLAIMABLE_B);
	row->slab_unreclaimable = node(NR_SLAB_UNRECLAIMABLE_B);
	row->kernel_stack = (u64)global_node_page_state(NR_KERNEL_STACK_KB) << 10;
	row->page_tables = bytes(rs_page_tables());
	row->committed_as = bytes(vm_memory_committed());

	row->pgpgin = (u64)event[PGPGIN] << SECTOR_SHIFT;
	row->pgpgout = (u64)event[PGPGOUT] << SECTOR_SHIFT;
	row->pswpin = bytes(event[PSWPIN]);
	row->pswpout = bytes(event[PSWPOUT]);
	row->pgfree = event[PGFREE];
	row->pgfault = event[PGFAULT];
	row->pgmajfault = event[PGMAJFAULT];
	row->pgscan_kswapd = rs_reclaim(event, PGSCAN_KSWAPD);
	row->pgscan_direct = rs_reclaim(event, PGSCAN_DIRECT);
	row->pgsteal_kswapd = rs_reclaim(event, PGSTEAL_KSWAPD);
	row->pgsteal_direct = rs_reclaim(event, PGSTEAL_DIRECT);
	row->oom_kill = event[OOM_KILL];
	kfree(event);

	row->load1 = load(0);
	row->load5 = load(1);
	row->load15 = load(2);
	row->context_switches = context_switches();
	return 1;
}

const struct rs_provider rs_memory = {
	.name = "memory",
	.cmd = RINGSIDE_CMD_MEMORY_GET,
	.single = true,
	.row_size = sizeof(struct memory_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.missing = "the kernel gave no figures of its memory",
	.seek = memory_seek,
	.limits = memory_limits,
};
