/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows how old kernels differ. The rest of the module is
 * written for the newest; what that lacks here is added under its own name, or
 * under rs_ where a name means something else there.
 */
#ifndef RS_COMPAT_H
#define RS_COMPAT_H

#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/kobject.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/proc_fs.h>
#include <linux/sched/coredump.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/user_namespace.h>
#include <linux/vmstat.h>
#include <linux/version.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/*
 * The RSS counters, exact: per CPU since 6.2, and /proc sums them since 6.17 and
 * in stable kernels before.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define rs_mm_counter(mm, member)	percpu_counter_sum_positive(&(mm)->rss_stat[member])
#else
#define rs_mm_counter(mm, member)	get_mm_counter(mm, member)
#endif

/* Reclaim is counted per node, no longer as an event, since 7.1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define rs_reclaim(events, item)	global_node_page_state_pages(item)
#else
#define rs_reclaim(events, item)	((events)[item])
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define rs_page_tables()	global_node_page_state(NR_PAGETABLE)
#else
#define rs_page_tables()	global_zone_page_state(NR_PAGETABLE)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define rs_swapcache_pages()	global_node_page_state_pages(NR_SWAPCACHE)
#define RS_NO_SWAPCACHE		NULL
#else
/* Summed over private structures of each swap area there. */
#define rs_swapcache_pages()	0UL
#define RS_NO_SWAPCACHE		"no swap_cached, it counts as cached: kernels before 5.12 keep no such figure"
#endif

/* How a policy says "uint": before it is known, by the most bytes it has. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define RS_NLA_UINT	NLA_UINT
#define RS_NLA_UINT_LEN	0
#else
#define RS_NLA_UINT	NLA_BINARY
#define RS_NLA_UINT_LEN	sizeof(u64)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define nla_strscpy(dst, attr, size)	nla_strlcpy(dst, attr, size)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 13, 0)
#include <linux/path.h>

#define file_open_root(root, ...)	file_open_root((root)->dentry, (root)->mnt, __VA_ARGS__)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/workqueue.h>

#define system_dfl_wq	system_unbound_wq
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#define pde_data(inode)	PDE_DATA(inode)
#endif

/*
 * Whether its own user may look into a process, and the user namespace in which
 * others may: of its memory, or, where that is so, of the task. Under
 * rcu_read_lock() and task_lock().
 */
#ifndef SUID_DUMP_USER
#include <linux/sched/exec_state.h>

static inline bool rs_is_dumpable(const struct task_struct *task,
				  const struct user_namespace **ns)
{
	const struct task_exec_state *state = rcu_dereference(task->exec_state);

	*ns = state->user_ns;
	return READ_ONCE(state->dumpable) == TASK_DUMPABLE_OWNER;
}
#else
static inline bool rs_is_dumpable(const struct task_struct *task,
				  const struct user_namespace **ns)
{
	*ns = task->mm ? task->mm->user_ns : &init_user_ns;
	return !task->mm || get_dumpable(task->mm) == SUID_DUMP_USER;
}
#endif

/* How many entries map a page. Without CONFIG_PAGE_MAPCOUNT, since 6.15, nobody knows. */
#ifdef CONFIG_NO_PAGE_MAPCOUNT
#define rs_page_mapcount(page)	0
#define RS_NO_PAGE_MAPCOUNT	"no shared: this kernel does not count who maps a page (CONFIG_PAGE_MAPCOUNT)"
#else
#define RS_NO_PAGE_MAPCOUNT	NULL
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
static inline int rs_page_mapcount(const struct page *page)
{
	const struct folio *folio = page_folio(page);
	int mapcount = atomic_read(&page->_mapcount) + 1;

	if (page_mapcount_is_type(mapcount))
		mapcount = 0;
	if (folio_test_large(folio))
		mapcount += folio_entire_mapcount(folio);
	return mapcount;
}
#else
#define rs_page_mapcount(page)	page_mapcount(page)
#endif
#endif

/* What an entry of page tables says that has no page. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
#include <linux/leafops.h>
#else
#define softleaf_t			swp_entry_t
#define softleaf_from_pte(pte)		pte_to_swp_entry(pte)
#define softleaf_from_pmd(pmd)		pmd_to_swp_entry(pmd)
#define softleaf_is_swap(leaf)		(!non_swap_entry(leaf))
#define softleaf_is_migration(leaf)	is_migration_entry(leaf)
#endif

#ifdef CONFIG_ANON_VMA_NAME
#define rs_anon_name(area)	((area)->anon_name ? (area)->anon_name->name : NULL)
#else
#define rs_anon_name(area)	((const char *)NULL)
#endif

/* What of an overlay's file is mapped is one of a file system below it. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define file_user_path(file)	(&(file)->f_path)
#define file_user_inode(file)	file_inode(file)
#endif

/* A file of the kernel's own is marked as one since 6.16; before it has no type. */
#ifndef IS_ANON_FILE
#define IS_ANON_FILE(inode)	false
#endif

/* What the tracepoints tell. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 18, 0)
#define RS_SWITCH_ARGS	bool preempt, struct task_struct *prev,	\
			struct task_struct *next, unsigned int prev_state
#else
#define RS_SWITCH_ARGS	bool preempt, struct task_struct *prev, struct task_struct *next
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define RS_EXIT_ARGS	struct task_struct *task, bool group_dead
#else
#define RS_EXIT_ARGS	struct task_struct *task
#endif

/* Where "current" is, for the assembler: the address of a per-CPU variable. */
#ifdef CONFIG_X86_64
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0) || LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define RS_CURRENT_TASK	((unsigned long)&current_task)
#else
#define RS_CURRENT_TASK	((unsigned long)&pcpu_hot.current_task)
#endif
#endif

/* What an ftrace_ops' function is given last. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define rs_ftrace_regs	struct ftrace_regs
#else
#define rs_ftrace_regs	struct pt_regs
#endif

/*
 * Frees the filter of an ftrace_ops that is not registered, so that it can have
 * another one. May sleep. Before 5.17 what can't be freed, for want of memory,
 * stays until it has.
 */
#ifdef CONFIG_DYNAMIC_FTRACE
static inline void rs_ftrace_free_filter(struct ftrace_ops *ops)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
	ftrace_free_filter(ops);
	/* It is still pointed to: nothing of it is to be used again. */
	*ops = (struct ftrace_ops){ };
#else
	ftrace_set_filter(ops, NULL, 0, 1);
#endif
}
#endif

/*
 * ftrace's direct calls of one function from many sites: by ftrace_ops since
 * 5.17, under the name it has now since 6.3. Before it is site by site, each of
 * which goes through all functions of the kernel: some milliseconds. So there
 * only sites that are busy get them, and func is called at the others.
 */
#ifdef CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS
#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 17, 0)
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define register_ftrace_direct(ops, addr)	register_ftrace_direct_multi(ops, addr)
#define unregister_ftrace_direct(ops, addr, free)	unregister_ftrace_direct_multi(ops, addr)
#endif

struct rs_direct_ops {
	struct ftrace_ops ops;
};

static inline int rs_direct_register(struct rs_direct_ops *direct, unsigned long *sites,
				     unsigned int nr, unsigned long addr,
				     bool (*is_busy)(unsigned long site), ftrace_func_t func)
{
	int err = ftrace_set_filter_ips(&direct->ops, sites, nr, 0, 1);

	if (!err)
		err = register_ftrace_direct(&direct->ops, addr);
	if (err)
		rs_ftrace_free_filter(&direct->ops);
	return err;
}

static inline void rs_direct_unregister(struct rs_direct_ops *direct, unsigned long addr)
{
	unregister_ftrace_direct(&direct->ops, addr, false);
	rs_ftrace_free_filter(&direct->ops);
}
#else
/* A filter is copied for each site that is added: several short ones cost less. */
#define RS_DIRECT_PARTS	4

struct rs_direct_ops {
	struct ftrace_ops part[RS_DIRECT_PARTS];
	unsigned long *sites;
	unsigned int nr;		/* seen to */
	bool (*is_busy)(unsigned long site);
};

static inline void rs_direct_unregister(struct rs_direct_ops *direct, unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < RS_DIRECT_PARTS; i++) {
		if (direct->part[i].func)
			unregister_ftrace_function(&direct->part[i]);
		rs_ftrace_free_filter(&direct->part[i]);
	}
	for (i = 0; i < direct->nr; i++)
		if (direct->is_busy(direct->sites[i]))
			unregister_ftrace_direct(direct->sites[i], addr);
	*direct = (struct rs_direct_ops){ };
}

static inline int rs_direct_register(struct rs_direct_ops *direct, unsigned long *sites,
				     unsigned int nr, unsigned long addr,
				     bool (*is_busy)(unsigned long site), ftrace_func_t func)
{
	bool used[RS_DIRECT_PARTS] = { };
	unsigned int i;
	int err = 0;

	direct->sites = sites;
	direct->is_busy = is_busy;
	for (i = 0; !err && i < nr; i++) {
		unsigned int part = i * RS_DIRECT_PARTS / nr;

		if (is_busy(sites[i])) {
			err = register_ftrace_direct(sites[i], addr);
		} else {
			err = ftrace_set_filter_ip(&direct->part[part], sites[i], 0, 0);
			used[part] = true;
		}
		direct->nr += !err;
	}
	for (i = 0; !err && i < RS_DIRECT_PARTS; i++) {
		if (!used[i])
			continue;
		direct->part[i].func = func;
		err = register_ftrace_function(&direct->part[i]);
		if (err)
			direct->part[i].func = NULL;
	}
	if (err)
		rs_direct_unregister(direct, addr);
	return err;
}
#endif
#endif

/* What kobj_type.get_ownership() is given. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define rs_const_kobject	const struct kobject
#else
#define rs_const_kobject	struct kobject
#endif

#endif
