// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "process.h"
#include "who.h"

/* Whether the namespace is the one that owns the walk's pid namespace, or below it. */
static bool is_within(const struct rs_walk *walk, const struct user_namespace *ns)
{
	for (; ns; ns = ns->parent)
		if (ns == walk->ns->user_ns)
			return true;
	return false;
}

bool rs_may_look(const struct rs_walk *walk, struct task_struct *task)
{
	const struct cred *cred = __task_cred(task);
	const struct user_namespace *ns;	/* in which its program may be read */
	bool dumpable;

	/* A change of credentials takes that away first. */
	smp_rmb();
	dumpable = rs_is_dumpable(task, &ns);
	if (dumpable && rs_is_own(walk->cred, cred) && cred->user_ns == walk->cred->user_ns &&
	    cap_issubset(cred->cap_permitted, walk->cred->cap_effective))
		return true;
	return walk->all && is_within(walk, cred->user_ns) && is_within(walk, ns);
}

static struct mm_struct *refuse(struct rs_walk *walk, int err, const char *why)
{
	walk->why = why;
	return ERR_PTR(err);
}

/* Whose areas these are, and whether they are the ones that they were. */
static u32 generation(const struct task_struct *task, const struct mm_struct *mm)
{
	u64 life = rs_peek(task->start_boottime) * 31 + rs_peek(task->self_exec_id);
	u32 seq = ((u32)life ^ (u32)(life >> 32)) * 0x9e3779b1u;

	seq = (seq + mm->map_count) * 31 + (u32)mm->total_vm;
	return seq ?: 1;
}

/* With the process kept from executing another program. */
static struct mm_struct *get_mm(struct rs_walk *walk, struct task_struct *task)
{
	struct mm_struct *mm = NULL;
	bool may;

	rcu_read_lock();
	task_lock(task);
	may = rs_may_look(walk, task);
	if (may && !rs_is_kthread(task) && task->mm) {
		mm = task->mm;
		mmget(mm);
	}
	task_unlock(task);
	rcu_read_unlock();
	if (!may)
		return refuse(walk, -ESRCH,
			      "no process has this pid here, or it is not yours to look into");
	return mm ?: refuse(walk, -ESRCH, "this process has no memory: it is the kernel's own, or has exited");
}

static struct mm_struct *try_lock(struct rs_walk *walk, struct task_struct *task)
{
	struct mm_struct *mm;

	/* Amid an exec it has its new memory and its old credentials. */
	if (!down_read_trylock(&task->signal->exec_update_lock))
		return refuse(walk, -EBUSY, "the process is executing a program: ask again");
	mm = get_mm(walk, task);
	up_read(&task->signal->exec_update_lock);
	if (IS_ERR(mm) || mmap_read_trylock(mm))
		return mm;
	mmput(mm);
	return refuse(walk, -EBUSY, "the process is busy changing its address space: ask again");
}

struct mm_struct *rs_mm_lock(struct rs_walk *walk, u32 pid)
{
	struct task_struct *task;
	struct mm_struct *mm;
	int tries = 0;

	rcu_read_lock();
	task = pid_task(find_pid_ns(pid, walk->ns), PIDTYPE_TGID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return refuse(walk, -ESRCH,
			      "no process has this pid here, or it is not yours to look into");
	while ((mm = try_lock(walk, task)) == ERR_PTR(-EBUSY) && tries++ < RS_MM_PATIENCE)
		usleep_range(500, 1000);
	if (!IS_ERR(mm)) {
		walk->why = NULL;
		walk->seq = generation(task, mm);
	}
	put_task_struct(task);
	return mm;
}

void rs_mm_unlock(struct mm_struct *mm)
{
	mmap_read_unlock(mm);
	mmput(mm);
}

void rs_path_name(const struct path *path, char *buf, char name[RS_PATH_NAME])
{
	const char *text = d_path(path, buf, PATH_MAX);
	size_t len;

	if (IS_ERR(text))
		text = "...";
	len = strlen(text);
	if (len < RS_PATH_NAME)
		memcpy(name, text, len + 1);
	else
		snprintf(name, RS_PATH_NAME, "...%s", text + len - (RS_PATH_NAME - 4));
}
