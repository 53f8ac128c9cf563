// SPDX-License-Identifier: GPL-2.0-only
/*
 * What compat.h wants to know of a kernel, asked of the compiler. It is never
 * linked: compat-probes.sh has it compiled once a build, and writes a #define
 * into compat-probes.h for each question that compiled.
 *
 * A question that fails for another reason than the one it asks about would
 * choose an old kernel's interface without a word. So each has two controls in
 * the same words: "good" has to compile on every kernel, and "bad" on none. If
 * one doesn't, the build ends and says which.
 *
 * A function that is not declared is told once a file: one name, one question.
 * "exported" asks the kernel's Module.symvers instead of the compiler.
 */
#include <linux/ftrace.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>
#include <net/netlink.h>
#include <trace/events/sched.h>

#ifndef CONFIG_FUNCTION_TRACER
typedef void (*ftrace_func_t)(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			      struct ftrace_regs *regs);
#endif

/* ask RS_HAVE_LINUX_UNALIGNED_H: <linux/unaligned.h>, since 6.12 */
#if !__has_include("linux/unaligned.h")
#error
#endif
/* good */
#if !__has_include("linux/types.h")
#error
#endif
/* bad */
#if !__has_include("linux/rs_no_such.h")
#error
#endif

/* ask RS_HAVE_EXEC_STATE: whether it is dumpable is a task's, not its memory's, since 7.3 */
#if !__has_include("linux/sched/exec_state.h")
#error
#endif
/* good */
#if !__has_include("linux/types.h")
#error
#endif
/* bad */
#if !__has_include("linux/rs_no_such.h")
#error
#endif

/* ask RS_HAVE_LEAFOPS: what an entry of page tables says that has no page, since 6.19 */
#if !__has_include("linux/leafops.h")
#error
#endif
/* good */
#if !__has_include("linux/types.h")
#error
#endif
/* bad */
#if !__has_include("linux/rs_no_such.h")
#error
#endif

/* ask RS_HAVE_PERCPU_RSS: RSS is counted per CPU, since 6.2 */
static inline s64 rss_ask(struct mm_struct *mm)
{
	return percpu_counter_sum_positive(&mm->rss_stat[MM_ANONPAGES]);
}

/* good */
static inline s64 rss_good(struct mm_struct *mm)
{
	return get_mm_counter(mm, MM_ANONPAGES);
}

/* bad */
static inline s64 rss_bad(struct mm_struct *mm)
{
	return percpu_counter_sum_positive(&mm->total_vm[MM_ANONPAGES]);
}

/* ask RS_HAVE_NODE_RECLAIM: reclaim is counted per node, no longer as an event, since 7.1 */
static inline unsigned long reclaim_ask(void)
{
	return global_node_page_state_pages(PGSCAN_KSWAPD);
}

/* good */
static inline unsigned long reclaim_good(void)
{
	return global_node_page_state_pages(NR_FILE_PAGES);
}

/* bad */
static inline unsigned long reclaim_bad(void)
{
	return global_node_page_state_pages(PGFREE);
}

/* ask RS_HAVE_NODE_PAGETABLE: page tables are counted per node, since 5.11 */
static inline unsigned long pagetable_ask(void)
{
	return global_node_page_state(NR_PAGETABLE);
}

/* good */
static inline unsigned long pagetable_good(void)
{
	return global_node_page_state(NR_FILE_PAGES);
}

/* bad */
static inline unsigned long pagetable_bad(void)
{
	return global_node_page_state(NR_FREE_PAGES);
}

/* ask RS_HAVE_SWAPCACHE: what is in the swap cache is counted, since 5.12 and with CONFIG_SWAP */
static inline unsigned long swapcache_ask(void)
{
	return global_node_page_state_pages(NR_SWAPCACHE);
}

/* good */
static inline unsigned long swapcache_good(void)
{
	return global_node_page_state_pages(NR_SHMEM);
}

/* bad */
static inline unsigned long swapcache_bad(void)
{
	return global_node_page_state_pages(RS_NO_SUCH_ITEM);
}

/* ask RS_HAVE_NLA_UINT: attributes of 4 or 8 bytes, since 6.7 */
static inline void uint_ask(struct nla_policy *policy)
{
	policy->type = NLA_UINT;
}

/* good */
static inline void uint_good(struct nla_policy *policy)
{
	policy->type = NLA_U64;
}

/* bad */
static inline void uint_bad(struct nla_policy *policy)
{
	policy->type = RS_NO_SUCH_TYPE;
}

/* ask RS_HAVE_NLA_STRSCPY: nla_strlcpy()'s name since 5.11 */
static inline void strscpy_ask(char *to, const struct nlattr *attr)
{
	nla_strscpy(to, attr, 16);
}

/* good */
static inline void strscpy_good(char *to, const struct nlattr *attr)
{
	nla_memcpy(to, attr, 16);
}

/* bad */
static inline void strscpy_bad(char *to, const struct nlattr *attr)
{
	rs_no_such_copy(to, attr, 16);
}

/* ask RS_HAVE_PATH_OPEN_ROOT: file_open_root() takes a path, since 5.13 */
static inline struct file *open_ask(const struct path *root)
{
	return file_open_root(root, "", O_RDONLY, 0);
}

/* good */
static inline struct file *open_good(const struct path *root)
{
	return filp_open(root ? "" : "/", O_RDONLY, 0);
}

/* bad */
static inline struct file *open_bad(const struct path *root)
{
	return file_open_root(root);
}

/* ask RS_HAVE_SYSTEM_DFL_WQ: system_unbound_wq's name since 6.17, and in stable kernels before */
static inline bool queue_ask(struct work_struct *work)
{
	return queue_work(system_dfl_wq, work);
}

/* good */
static inline bool queue_good(struct work_struct *work)
{
	return queue_work(system_long_wq, work);
}

/* bad */
static inline bool queue_bad(struct work_struct *work)
{
	return queue_work(rs_no_such_wq, work);
}

/* ask RS_HAVE_PDE_DATA: PDE_DATA()'s name since 5.17 */
static inline void *pde_ask(const struct inode *inode)
{
	return pde_data(inode);
}

/* good */
static inline void *pde_good(const struct inode *inode)
{
	return inode->i_private;
}

/* bad */
static inline void *pde_bad(const struct inode *inode)
{
	return rs_no_such_data(inode);
}

/* ask RS_HAVE_PAGE_MAPCOUNT_TYPE: a page's map count may hold its type, since 6.12 */
static inline int mapcount_ask(const struct page *page)
{
	return page_mapcount_is_type(atomic_read(&page->_mapcount));
}

/* good */
static inline int mapcount_good(const struct page *page)
{
	return atomic_read(&page->_mapcount);
}

/* bad */
static inline int mapcount_bad(const struct page *page)
{
	return rs_no_such_type(atomic_read(&page->_mapcount));
}

/* ask RS_HAVE_FILE_USER_PATH: what was opened, of a file mapped from below an overlay, since 6.8 */
static inline const struct path *user_path_ask(const struct file *file)
{
	return file_user_path(file);
}

/* good */
static inline const struct path *user_path_good(const struct file *file)
{
	return &file->f_path;
}

/* bad */
static inline const struct path *user_path_bad(const struct file *file)
{
	return rs_no_such_path(file);
}

/* ask RS_HAVE_SWITCH_PREV_STATE: sched_switch tells the state of who leaves, since 5.18 */
static inline void switch_ask(void (*func)(void *data, bool preempt, struct task_struct *prev,
					   struct task_struct *next, unsigned int prev_state))
{
	check_trace_callback_type_sched_switch(func);
}

/* good */
static inline void switch_good(void)
{
	check_trace_callback_type_sched_switch(NULL);
}

/* bad */
static inline void switch_bad(void (*func)(void *data, struct work_struct *work))
{
	check_trace_callback_type_sched_switch(func);
}

/* ask RS_HAVE_EXIT_GROUP_DEAD: sched_process_exit tells of the last thread, since 6.16 */
static inline void exit_ask(void (*func)(void *data, struct task_struct *task, bool group_dead))
{
	check_trace_callback_type_sched_process_exit(func);
}

/* good */
static inline void exit_good(void)
{
	check_trace_callback_type_sched_process_exit(NULL);
}

/* bad */
static inline void exit_bad(void (*func)(void *data, struct work_struct *work))
{
	check_trace_callback_type_sched_process_exit(func);
}

/* ask RS_HAVE_PCPU_HOT: where "current" is on x86, from 6.2 to 6.14 */
static inline void *current_ask(void)
{
	return &pcpu_hot.current_task;
}

/* good */
static inline void *current_good(void)
{
	return current;
}

/* bad */
static inline void *current_bad(void)
{
	return &rs_no_such.current_task;
}

/* ask RS_HAVE_FTRACE_REGS: what an ftrace_ops' function is given last, since 5.11 */
static inline ftrace_func_t regs_ask(void (*func)(unsigned long ip, unsigned long parent,
						  struct ftrace_ops *ops, struct ftrace_regs *regs))
{
	return func;
}

/* good */
static inline ftrace_func_t regs_good(ftrace_func_t func)
{
	return func;
}

/* bad */
static inline ftrace_func_t regs_bad(void (*func)(unsigned long ip, unsigned long parent,
						  struct ftrace_ops *ops, struct work_struct *work))
{
	return func;
}

/* ask RS_HAVE_DIRECT_OPS: direct calls by ftrace_ops, since 6.3 */
static inline int direct_ask(struct ftrace_ops *ops, unsigned long addr)
{
	return register_ftrace_direct(ops, addr);
}

/* good */
static inline int direct_good(struct ftrace_ops *ops, unsigned long addr)
{
	return register_ftrace_function(ops) + !addr;
}

/* bad */
static inline int direct_bad(struct ftrace_ops *ops, unsigned long addr)
{
	return register_ftrace_direct(ops, addr, ops, addr);
}

/* ask RS_HAVE_DIRECT_MULTI: the same by another name, from 5.17 to 6.2 */
static inline int multi_ask(struct ftrace_ops *ops, unsigned long addr)
{
	return register_ftrace_direct_multi(ops, addr);
}

/* good */
static inline int multi_good(struct ftrace_ops *ops, unsigned long addr)
{
	return unregister_ftrace_function(ops) + !addr;
}

/* bad */
static inline int multi_bad(struct ftrace_ops *ops, unsigned long addr)
{
	return rs_no_such_multi(ops, addr);
}

/* ask RS_HAVE_FTRACE_FREE_FILTER: exported ftrace_free_filter, since 5.17; declared long before */
/* good: exported kfree */
/* bad: exported rs_no_such_symbol */

/* ask RS_HAVE_CONST_KOBJECT: kobj_type.get_ownership() may not change its kobject, since 6.2 */
static inline void ownership_ask(struct kobj_type *type, void (*get)(const struct kobject *kobj,
								     kuid_t *uid, kgid_t *gid))
{
	type->get_ownership = get;
}

/* good */
static inline void ownership_good(struct kobj_type *type, const struct kobj_type *other)
{
	type->get_ownership = other->get_ownership;
}

/* bad */
static inline void ownership_bad(struct kobj_type *type, void (*get)(struct work_struct *work))
{
	type->get_ownership = get;
}
