/* SPDX-License-Identifier: GPL-2.0-only */
/* Who is whose, and who may see whom. */
#ifndef RS_WHO_H
#define RS_WHO_H

#include <linux/cgroup.h>
#include <linux/compiler.h>
#include <linux/cred.h>
#include <linux/sched.h>

/*
 * Whether a task with these credentials is the looker's own, without any right
 * to see more: what ptrace would call so.
 */
static inline bool rs_is_own(const struct cred *looker, const struct cred *cred)
{
	kuid_t uid = looker->euid;
	kgid_t gid = looker->egid;

	return uid_eq(cred->uid, uid) && uid_eq(cred->euid, uid) &&
	       uid_eq(cred->suid, uid) && gid_eq(cred->gid, gid) &&
	       gid_eq(cred->egid, gid) && gid_eq(cred->sgid, gid);
}

/*
 * What the kernel writes plainly, under locks of its own or under none, as /proc
 * reads it: a value that it had at that moment.
 */
#define rs_peek(x)	data_race(READ_ONCE(x))

/* Whether it is one of the kernel's own, also while it changes other flags of its own. */
static inline bool rs_is_kthread(const struct task_struct *task)
{
	return rs_peek(task->flags) & PF_KTHREAD;
}

/* Whether it is the cgroup with that id, or below it. Under RCU. */
static inline bool rs_in_cgroup(struct cgroup *cgroup, u64 id)
{
	for (; cgroup; cgroup = cgroup_parent(cgroup))
		if (cgroup_id(cgroup) == id)
			return true;
	return false;
}

#endif
