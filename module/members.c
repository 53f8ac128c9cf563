// SPDX-License-Identifier: GPL-2.0-only
/* Who belongs to a watch, from its beginning on and as threads come and change. */
#include <linux/idr.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "follow.h"
#include "record.h"
#include "watch.h"
#include "who.h"

/* Pids looked at in one RCU read section. */
#define BATCH	256

/* Keys */

struct rs_key *rs_key_add(struct rs_watch *watch, u64 id)
{
	struct rs_key *key;
	size_t size = sizeof(*key) - sizeof(key->tally) + rs_tally_size();

	if (watch->nr_keys > RS_MAX_KEYS || !rs_budget_take(&watch->budget, size))
		return NULL;
	key = kzalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!key)
		goto err;
	key->id = id;
	key->index = watch->nr_keys;
	key->tally.budget = &watch->budget;
	key->tally.times = watch->ask.times;
	key->tally.wanted = watch->ask.some ? watch->ask.wanted : NULL;
	key->tally.rings = watch->rings;
	if (xa_err(xa_store(&watch->by_index, key->index, key, GFP_ATOMIC)))
		goto err;
	hash_add(watch->keys, &key->node, id);
	/* Who sees the number finds the key. */
	smp_store_release(&watch->nr_keys, watch->nr_keys + 1);
	return key;
err:
	kfree(key);
	atomic_long_sub(size, &watch->budget.bytes);
	return NULL;
}

static struct rs_key *get_key(struct rs_watch *watch, u64 id, bool *made)
{
	struct rs_key *key;

	hash_for_each_possible(watch->keys, key, node, id)
		if (key->id == id)
			return key;
	key = rs_key_add(watch, id);
	*made = key;
	return key ?: xa_load(&watch->by_index, 0);
}

static void name_key(struct rs_key *key, struct task_struct *task)
{
	memcpy(key->comm, task->comm, sizeof(key->comm));
	key->comm[sizeof(key->comm) - 1] = '\0';
}

/* What the task counts in. Under RCU. */
static struct rs_key *key_of(struct rs_watch *watch, struct task_struct *task)
{
	bool made = false;
	struct rs_key *key;
	u64 id = 0;

	if (watch->ask.by == RS_BY_PROCESS)
		id = (unsigned long)task_tgid(task);
	else if (watch->ask.by == RS_BY_CGROUP)
		id = cgroup_id(task_dfl_cgroup(task));
	spin_lock(&watch->lock);
	key = get_key(watch, id, &made);
	if (made && watch->ask.by == RS_BY_PROCESS) {
		key->pid = get_pid(task_tgid(task));
		key->start_time = task->group_leader->start_boottime;
		name_key(key, task);
	}
	spin_unlock(&watch->lock);
	return key;
}

void rs_keys_free(struct rs_watch *watch)
{
	unsigned long index;
	struct rs_key *key;

	xa_for_each(&watch->by_index, index, key) {
		rs_tally_clear(&key->tally);
		put_pid(key->pid);
		kfree(key);
	}
	xa_destroy(&watch->by_index);
}

/* Who belongs to a watch: all under RCU */

static bool may_watch(const struct rs_watch_request *ask, struct task_struct *task,
		      const struct cred *cred)
{
	if (ask->all || rs_is_own(ask->cred, cred))
		return true;
	return ask->all_here && task_pid_nr_ns(task, ask->ns);
}

/* Whether its scope has the task in it, whatever the task's parents. */
static bool is_in_scope(const struct rs_watch *watch, struct task_struct *task,
			const struct cred *cred)
{
	switch (watch->ask.scope) {
	case RS_ALL:
		return true;
	case RS_CGROUP:
		return rs_in_cgroup(task_dfl_cgroup(task), watch->ask.cgroup);
	case RS_USER:
		return uid_eq(cred->uid, watch->ask.uid);
	default:
		return false;
	}
}

static bool belongs(const struct rs_watch *watch, struct task_struct *task)
{
	const struct cred *cred = __task_cred(task);

	return is_in_scope(watch, task, cred) && may_watch(&watch->ask, task, cred);
}

/*
 * Has the task count, which maker made just now unless NULL; or, again, in its
 * cgroup of now if it still counts. It may be moved meanwhile, by one who did not
 * find it here yet: so until it counts where it is. 0, or -errno of rs_follow().
 */
static int follow(struct rs_watch *watch, struct task_struct *task, struct task_struct *maker,
		  bool again)
{
	struct rs_key *key;
	int err;

	/* follow_existing() comes by when it has. */
	if (watch->rings && !rs_rings_begun(watch->rings))
		return -EAGAIN;
	do {
		key = key_of(watch, task);
		err = rs_follow(task, maker, &key->tally, watch, again);
		smp_mb(); /* pairs with that in rs_watch_cgroup() */
	} while (!err && watch->ask.by == RS_BY_CGROUP && key_of(watch, task) != key);
	return err;
}

/*
 * The same, or no longer, by what the task is now, for all but RS_PROCESS. It
 * may change meanwhile, as above: so until what was done is still right.
 */
static int settle(struct rs_watch *watch, struct task_struct *task, struct task_struct *maker)
{
	bool in;
	int err;

	do {
		in = belongs(watch, task);
		err = -ESRCH;
		if (in)
			err = follow(watch, task, maker, false);
		else
			rs_unfollow(task, watch);
		smp_mb(); /* pairs with those in rs_watch_exec() and rs_watch_cgroup() */
	} while (in != belongs(watch, task));
	return err;
}

static bool is_unkept(int err)
{
	return err == -ENOSPC || err == -ENOMEM;
}

static void count_unkept(struct rs_watch *watch, int err)
{
	if (is_unkept(err))
		atomic64_inc(&watch->unkept);
}

void rs_watch_fork(struct task_struct *parent, struct task_struct *child)
{
	const struct cred *cred;
	struct rs_watch *watch;
	int i;

	if (rs_is_kthread(child))
		return;
	rcu_read_lock();
	rs_follow_born(child);
	cred = __task_cred(child);
	rs_for_each_watch(i, watch) {
		if (!rs_has_keys(watch))
			continue;
		if (watch->ask.scope != RS_PROCESS)
			count_unkept(watch, settle(watch, child, parent));
		else if (rs_follows(parent, watch) && may_watch(&watch->ask, child, cred))
			count_unkept(watch, follow(watch, child, parent, false));
	}
	rcu_read_unlock();
}

/* Also the first sight of a program that the kernel itself starts. */
void rs_watch_exec(struct task_struct *task, pid_t old_pid)
{
	const struct cred *cred;
	struct rs_watch *watch;
	struct rs_key *key;
	int i;

	/*
	 * The credentials are there before it is looked who follows; see settle() and
	 * follow_running().
	 */
	smp_mb();
	rcu_read_lock();
	cred = __task_cred(task);
	rs_for_each_watch(i, watch) {
		if (!rs_follows(task, watch)) {
			if (rs_has_keys(watch) && watch->ask.scope != RS_PROCESS)
				count_unkept(watch, settle(watch, task, NULL));
			continue;
		}
		/* As in rs_watch_user(). */
		if (!may_watch(&watch->ask, task, cred)) {
			rs_unfollow(task, watch);
			continue;
		}
		if (watch->rings)
			rs_record_exec(watch->rings, old_pid);
		key = key_of(watch, task);
		spin_lock(&watch->lock);
		if (key->pid)
			name_key(key, task);
		spin_unlock(&watch->lock);
	}
	rcu_read_unlock();
}

static void changed_cgroup(struct rs_watch *watch, struct task_struct *task)
{
	if (watch->ask.scope == RS_CGROUP)
		count_unkept(watch, settle(watch, task, NULL));
	else if (rs_follows(task, watch))
		count_unkept(watch, follow(watch, task, NULL, true));
}

void rs_watch_cgroup(struct task_struct *task, bool threadgroup)
{
	struct task_struct *thread;
	struct rs_watch *watch;
	int i;

	if (rs_is_kthread(task))
		return;
	/* It is moved before it is looked who follows; see follow() and settle(). */
	smp_mb();
	rcu_read_lock();
	rs_for_each_watch(i, watch) {
		if (watch->ask.scope != RS_CGROUP && watch->ask.by != RS_BY_CGROUP)
			continue;
		if (!threadgroup) {
			changed_cgroup(watch, task);
			continue;
		}
		list_for_each_entry_rcu(thread, &task->signal->thread_head, thread_node)
			changed_cgroup(watch, thread);
	}
	rcu_read_unlock();
}

void rs_watch_user(struct task_struct *task, const struct cred *cred)
{
	struct rs_watch *watch;
	int i;

	if (rs_is_kthread(task))
		return;
	rcu_read_lock();
	rs_for_each_watch(i, watch) {
		if (!rs_cares_for_users(watch))
			continue;
		/* What became another user's is no longer the watcher's to see. */
		if (!may_watch(&watch->ask, task, cred))
			rs_unfollow(task, watch);
		else if (is_in_scope(watch, task, cred))
			count_unkept(watch, follow(watch, task, NULL, false));
		else if (watch->ask.scope == RS_USER)
			rs_unfollow(task, watch);
	}
	rcu_read_unlock();
}

/*
 * Of a thread that goes on meanwhile, by its parents and not by what it is: it
 * may have become another user's program and passed rs_watch_exec() between the
 * first look at its credentials and being followed, so they are looked at again.
 */
static int follow_running(struct rs_watch *watch, struct task_struct *task)
{
	int err = follow(watch, task, NULL, false);

	if (err)
		return err;
	smp_mb(); /* pairs with that in rs_watch_exec() */
	if (may_watch(&watch->ask, task, __task_cred(task)))
		return 0;
	rs_unfollow(task, watch);
	return -EPERM;
}

/* One that is there: whether it is followed and was not before. */
static bool follow_one(struct rs_watch *watch, struct task_struct *task, unsigned int *unkept)
{
	int err;

	if (rs_is_kthread(task) || rs_follows(task, watch))
		return false;
	if (watch->ask.scope != RS_PROCESS) {
		err = settle(watch, task, NULL);
	} else {
		if (!rs_follows(task->group_leader, watch) &&
		    !rs_follows(rcu_dereference(task->real_parent), watch))
			return false;
		if (!may_watch(&watch->ask, task, __task_cred(task)))
			return false;
		err = follow_running(watch, task);
	}
	*unkept += is_unkept(err);
	return !err;
}

/*
 * Looks at each thread there is, once: how many were followed that were not
 * before, and how many can't be. A thread that comes meanwhile is seen by
 * rs_watch_fork(), or behind its parent here.
 */
static unsigned int follow_existing(struct rs_watch *watch, unsigned int *unkept)
{
	unsigned int found = 0;
	int nr = 1;

	*unkept = 0;
	for (;;) {
		struct pid *pid = NULL;
		int i;

		rcu_read_lock();
		for (i = 0; i < BATCH; i++, nr++) {
			struct task_struct *task;

			pid = idr_get_next(&init_pid_ns.idr, &nr);
			if (!pid)
				break;
			task = pid_task(pid, PIDTYPE_PID);
			if (task)
				found += follow_one(watch, task, unkept);
		}
		rcu_read_unlock();
		if (!pid)
			return found;
		cond_resched();
	}
}

static const char not_yours[] =
	"this process is not yours: watching it takes CAP_PERFMON or CAP_SYS_ADMIN";

/* The processes that were named, then what belongs to them, until there is no more. */
static int follow_processes(struct rs_watch *watch, const char **why, u32 *blame)
{
	struct rs_watch_request *ask = &watch->ask;
	struct task_struct *task, *thread;
	unsigned int i, found, unkept;
	struct pid *pid;
	bool denied;
	int err;

	for (i = 0; i < ask->nr_pids; i++) {
		*blame = ask->pids[i];
		found = 0;
		denied = false;
		rcu_read_lock();
		pid = find_pid_ns(ask->pids[i], ask->ns);
		task = pid ? pid_task(pid, PIDTYPE_PID) : NULL;
		if (task && rs_is_kthread(task)) {
			rcu_read_unlock();
			*why = "this is a thread of the kernel's own: it makes no system calls";
			return -EINVAL;
		}
		if (task && !may_watch(ask, task, __task_cred(task))) {
			rcu_read_unlock();
			*why = not_yours;
			return -EPERM;
		}
		if (task) {
			list_for_each_entry_rcu(thread, &task->signal->thread_head, thread_node) {
				err = follow_running(watch, thread);
				found += !err;
				denied |= err == -EPERM;
				/* Else follow_existing() comes by again. */
				if (!rs_follows(task, watch))
					count_unkept(watch, err);
			}
			if (!watch->pid)
				watch->pid = get_pid(task_tgid(task));
		}
		rcu_read_unlock();
		if (!found && denied) {
			*why = not_yours;
			return -EPERM;
		}
		if (!found && !atomic64_read(&watch->unkept)) {
			*why = "no process has this pid here: it may have ended";
			return -ESRCH;
		}
	}
	*blame = 0;
	while (follow_existing(watch, &unkept))
		;
	atomic64_add(unkept, &watch->unkept);
	return 0;
}

int rs_members_find(struct rs_watch *watch, const char **why, u32 *blame)
{
	unsigned int unkept;

	if (watch->ask.scope == RS_PROCESS)
		return follow_processes(watch, why, blame);
	follow_existing(watch, &unkept);
	atomic64_add(unkept, &watch->unkept);
	return 0;
}
