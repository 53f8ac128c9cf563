// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another module, with a kprobe that does nothing: insmod rs_neighbour.ko
 * symbol=__x64_sys_ni_syscall. For tests, as programs can't have one by the
 * kernel's tracing where ftrace can't trace; and to measure what one costs.
 *
 * And what happens to a thread that is moved from a CPU that goes offline, once
 * in millions of calls: no tracepoint tells of its calls. Who writes 0 to the
 * parameter "told" is such a thread from within that very call on, -PID makes
 * another one such, and PID ends it.
 *
 * And slab caches with names that no program can give one: who writes to the
 * parameter "cache" makes one called so, with an object in it.
 *
 * And a process that is busy changing its address space: who writes N to
 * "hold_mm" holds that lock of its own for N ms, in that call.
 */
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/thread_info.h>

static char *symbol;
module_param(symbol, charp, 0400);
MODULE_PARM_DESC(symbol, "the function to be probed");

static void tell(struct task_struct *task, bool on)
{
#ifdef SYSCALL_WORK_SYSCALL_TRACEPOINT
	if (on)
		set_task_syscall_work(task, SYSCALL_TRACEPOINT);
	else
		clear_task_syscall_work(task, SYSCALL_TRACEPOINT);
#else
	if (on)
		set_tsk_thread_flag(task, TIF_SYSCALL_TRACEPOINT);
	else
		clear_tsk_thread_flag(task, TIF_SYSCALL_TRACEPOINT);
#endif
}

static int set_told(const char *text, const struct kernel_param *param)
{
	struct task_struct *task;
	struct pid *pid;
	int nr, err;

	err = kstrtoint(text, 0, &nr);
	if (err)
		return err;
	if (!nr) {
		tell(current, false);
		return 0;
	}
	pid = find_get_pid(abs(nr));
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	tell(task, nr > 0);
	put_task_struct(task);
	return 0;
}

static const struct kernel_param_ops told_ops = { .set = set_told };
module_param_cb(told, &told_ops, NULL, 0200);
MODULE_PARM_DESC(told, "0: no tracepoint tells of this thread's calls, -PID: of that one's; PID: it does again");

static struct kmem_cache *caches[2];
static void *objects[ARRAY_SIZE(caches)];
static unsigned int nr_caches;

/* A cache with a constructor is merged with no other. */
static void construct(void *object)
{
}

static int set_cache(const char *text, const struct kernel_param *param)
{
	struct kmem_cache *cache;

	if (nr_caches == ARRAY_SIZE(caches))
		return -ENOSPC;
	cache = kmem_cache_create(text, 64, 0, 0, construct);
	if (!cache)
		return -ENOMEM;
	objects[nr_caches] = kmem_cache_alloc(cache, GFP_KERNEL);
	caches[nr_caches++] = cache;
	return 0;
}

static const struct kernel_param_ops cache_ops = { .set = set_cache };
module_param_cb(cache, &cache_ops, NULL, 0200);
MODULE_PARM_DESC(cache, "makes a slab cache of this name");

static int set_hold_mm(const char *text, const struct kernel_param *param)
{
	unsigned int ms;
	int err;

	err = kstrtouint(text, 0, &ms);
	if (err)
		return err;
	mmap_write_lock(current->mm);
	msleep(ms);
	mmap_write_unlock(current->mm);
	return 0;
}

static const struct kernel_param_ops hold_mm_ops = { .set = set_hold_mm };
module_param_cb(hold_mm, &hold_mm_ops, NULL, 0200);
MODULE_PARM_DESC(hold_mm, "N: the writer's address space can't be looked at for N ms");

static int on_function(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe probe = { .pre_handler = on_function };

static int __init neighbour_init(void)
{
	probe.symbol_name = symbol;
	return symbol ? register_kprobe(&probe) : 0;
}

static void __exit neighbour_exit(void)
{
	if (symbol)
		unregister_kprobe(&probe);
	while (nr_caches--) {
		if (objects[nr_caches])
			kmem_cache_free(caches[nr_caches], objects[nr_caches]);
		kmem_cache_destroy(caches[nr_caches]);
	}
}

module_init(neighbour_init);
module_exit(neighbour_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Somebody else's kprobe, for the tests of ringside");
