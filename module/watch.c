// SPDX-License-Identifier: GPL-2.0-only
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "follow.h"
#include "probe.h"
#include "watch.h"
#include "who.h"

/* Pids looked at in one RCU read section. */
#define BATCH	256

const char * const rs_scope_names[RS_NR_SCOPES] = {
	[RS_ALL] = "all", [RS_PROCESS] = "process", [RS_CGROUP] = "cgroup", [RS_USER] = "user",
};

const char * const rs_by_names[RS_NR_BYS] = {
	[RS_BY_NOTHING] = "", [RS_BY_PROCESS] = "process", [RS_BY_CGROUP] = "cgroup",
};

static DEFINE_MUTEX(control);		/* watches come and go */
static DECLARE_RWSEM(readers);		/* one is read, or freed */
static struct rs_watch __rcu *watches[RINGSIDE_MAX_WATCHES];
static u32 last_id;

#define for_each_watch(i, watch)					\
	for ((i) = 0; (i) < RINGSIDE_MAX_WATCHES; (i)++)		\
		if (((watch) = rcu_dereference_raw(watches[i])) && !READ_ONCE((watch)->dead))

/* Keys */

static bool has_keys(const struct rs_watch *watch)
{
	return watch->ask.scope != RS_ALL || watch->ask.times || watch->ask.by;
}

static struct rs_key *add_key(struct rs_watch *watch, u64 id)
{
	struct rs_key *key;
	size_t size = sizeof(*key) - sizeof(key->tally) + rs_tally_size();

	if (watch->nr_keys > RS_MAX_KEYS || !rs_budget_take(&watch->budget, size))
		return NULL;
	key = kzalloc(size, GFP_ATOMIC | __GFP_NOWARN);
	if (!key)
		return NULL;
	key->id = id;
	key->index = watch->nr_keys;
	key->tally.budget = &watch->budget;
	key->tally.times = watch->ask.times;
	key->tally.wanted = watch->ask.some ? watch->ask.wanted : NULL;
	if (xa_err(xa_store(&watch->by_index, key->index, key, GFP_ATOMIC))) {
		kfree(key);
		return NULL;
	}
	hash_add(watch->keys, &key->node, id);
	watch->nr_keys++;
	return key;
}

static struct rs_key *get_key(struct rs_watch *watch, u64 id, bool *made)
{
	struct rs_key *key;

	hash_for_each_possible(watch->keys, key, node, id)
		if (key->id == id)
			return key;
	key = add_key(watch, id);
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

static void free_keys(struct rs_watch *watch)
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

u64 rs_watch_total(struct rs_watch *watch)
{
	unsigned long index;
	struct rs_key *key;
	u64 sum = 0;
	u32 slot;

	xa_for_each(&watch->by_index, index, key) {
		sum += rs_tally_total(&key->tally);
		cond_resched();
	}
	for (slot = 0; watch->before && slot < RS_SLOTS; slot++)
		sum += rs_watch_calls(watch, NULL, slot);
	return sum;
}

u64 rs_watch_missed(const struct rs_watch *watch)
{
	u64 missed = atomic64_read(&watch->budget.missed);

	if (!watch->ask.times)
		missed += rs_probe_missed() - watch->missed_before;
	return missed;
}

unsigned int rs_watch_count(void)
{
	struct rs_watch *watch;
	unsigned int nr = 0;
	int i;

	for_each_watch(i, watch)
		nr++;
	return nr;
}

u64 rs_watch_calls(const struct rs_watch *watch, const struct rs_key *key, u32 slot)
{
	if (key)
		return rs_tally_calls(&key->tally, slot);
	if (watch->ask.some && !test_bit(slot, watch->ask.wanted))
		return 0;
	return rs_counts_sum(slot) - watch->before[slot];
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

static int follow(struct rs_watch *watch, struct task_struct *task)
{
	int err = rs_follow(task, &key_of(watch, task)->tally, watch);

	if (err && err != -ESRCH)
		atomic_inc(&watch->unkept);
	return err;
}

void rs_watch_fork(struct task_struct *parent, struct task_struct *child)
{
	const struct cred *cred;
	struct rs_watch *watch;
	int i;

	if (child->flags & PF_KTHREAD)
		return;
	rcu_read_lock();
	cred = __task_cred(child);
	for_each_watch(i, watch) {
		if (!has_keys(watch))
			continue;
		if ((rs_follows(parent, watch) && watch->ask.scope == RS_PROCESS) ||
		    is_in_scope(watch, child, cred))
			if (may_watch(&watch->ask, child, cred))
				follow(watch, child);
	}
	rcu_read_unlock();
}

void rs_watch_exec(struct task_struct *task)
{
	struct rs_watch *watch;
	struct rs_key *key;
	int i;

	rcu_read_lock();
	for_each_watch(i, watch) {
		if (!rs_follows(task, watch))
			continue;
		/* What became another user's program is no longer the watcher's to see. */
		if (!may_watch(&watch->ask, task, __task_cred(task))) {
			rs_unfollow(task, watch);
			continue;
		}
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
	const struct cred *cred = __task_cred(task);

	if (watch->ask.scope == RS_CGROUP && !is_in_scope(watch, task, cred))
		rs_unfollow(task, watch);
	else if (rs_follows(task, watch) ||
		 (watch->ask.scope == RS_CGROUP && may_watch(&watch->ask, task, cred)))
		follow(watch, task);
}

void rs_watch_cgroup(struct task_struct *task, bool threadgroup)
{
	struct task_struct *thread;
	struct rs_watch *watch;
	int i;

	if (task->flags & PF_KTHREAD)
		return;
	rcu_read_lock();
	for_each_watch(i, watch) {
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

	if (task->flags & PF_KTHREAD)
		return;
	rcu_read_lock();
	for_each_watch(i, watch) {
		if (watch->ask.scope != RS_USER)
			continue;
		if (!is_in_scope(watch, task, cred) || !may_watch(&watch->ask, task, cred))
			rs_unfollow(task, watch);
		else
			follow(watch, task);
	}
	rcu_read_unlock();
}

/*
 * Looks at each thread there is, once: how many were followed that were not
 * before. A thread that comes meanwhile is seen by rs_watch_fork(), or behind
 * its parent here.
 */
static unsigned int follow_existing(struct rs_watch *watch)
{
	unsigned int found = 0;
	int nr = 1;

	for (;;) {
		struct pid *pid = NULL;
		int i;

		rcu_read_lock();
		for (i = 0; i < BATCH; i++, nr++) {
			struct task_struct *task;
			const struct cred *cred;

			pid = idr_get_next(&init_pid_ns.idr, &nr);
			if (!pid)
				break;
			task = pid_task(pid, PIDTYPE_PID);
			if (!task || task->flags & PF_KTHREAD || rs_follows(task, watch))
				continue;
			cred = __task_cred(task);
			if (!may_watch(&watch->ask, task, cred))
				continue;
			if (is_in_scope(watch, task, cred) ||
			    (watch->ask.scope == RS_PROCESS &&
			     (rs_follows(task->group_leader, watch) ||
			      rs_follows(rcu_dereference(task->real_parent), watch))))
				found += !follow(watch, task);
		}
		rcu_read_unlock();
		if (!pid)
			return found;
		cond_resched();
	}
}

/* The processes that were named, then what belongs to them, until there is no more. */
static int follow_processes(struct rs_watch *watch, const char **why, u32 *blame)
{
	struct rs_watch_request *ask = &watch->ask;
	struct task_struct *task, *thread;
	unsigned int i, found;
	struct pid *pid;

	for (i = 0; i < ask->nr_pids; i++) {
		*blame = ask->pids[i];
		found = 0;
		rcu_read_lock();
		pid = find_pid_ns(ask->pids[i], ask->ns);
		task = pid ? pid_task(pid, PIDTYPE_PID) : NULL;
		if (task && (task->flags & PF_KTHREAD)) {
			rcu_read_unlock();
			*why = "this is a thread of the kernel's own: it makes no system calls";
			return -EINVAL;
		}
		if (task && !may_watch(ask, task, __task_cred(task))) {
			rcu_read_unlock();
			*why = "this process is not yours: watching it takes CAP_PERFMON or CAP_SYS_ADMIN";
			return -EPERM;
		}
		if (task) {
			list_for_each_entry_rcu(thread, &task->signal->thread_head, thread_node)
				found += !follow(watch, thread);
			if (!watch->pid)
				watch->pid = get_pid(task_tgid(task));
		}
		rcu_read_unlock();
		if (!found && !atomic_read(&watch->unkept)) {
			*why = "no process has this pid here: it may have ended";
			return -ESRCH;
		}
	}
	*blame = 0;
	while (follow_existing(watch))
		;
	return 0;
}

/* What all watches need, and this one too. */
static void sum_needs(struct rs_need *need, const struct rs_watch *new)
{
	const struct rs_watch *watch;
	int i;

	memset(need, 0, sizeof(*need));
	need->some = true;
	for (i = -1; i < RINGSIDE_MAX_WATCHES; i++) {
		watch = i < 0 ? new : rcu_dereference_raw(watches[i]);
		if (!watch || watch->dead)
			continue;
		need->times |= watch->ask.times;
		need->threads |= has_keys(watch);
		need->cgroups |= watch->ask.scope == RS_CGROUP || watch->ask.by == RS_BY_CGROUP;
		need->users |= watch->ask.scope == RS_USER;
		if (watch->ask.times)
			continue;
		need->calls = true;
		need->some &= watch->ask.some;
		bitmap_or(need->wanted, need->wanted, watch->ask.wanted, RS_SLOTS);
	}
}

/* Under control. The watch is seen by nobody but readers, or not even them. */
static void end(struct rs_watch *watch, int slot)
{
	struct rs_need need;
	const char *why;

	WRITE_ONCE(watch->dead, true);
	down_write(&readers);
	rcu_assign_pointer(watches[slot], NULL);
	up_write(&readers);
	/* Nobody follows anything for it any more. */
	synchronize_rcu();
	rs_follow_stop(watch);
	sum_needs(&need, NULL);
	rs_probe_set(&need, &why);
	synchronize_rcu();
	free_keys(watch);
	kvfree(watch->before);
	put_pid(watch->pid);
	put_pid_ns(watch->ask.ns);
	put_cred(watch->ask.cred);
	kvfree(watch);
	module_put(THIS_MODULE);
}

/* Those whose socket has been closed. */
static void end_dead(void)
{
	struct rs_watch *watch;
	int i;

	for (i = 0; i < RINGSIDE_MAX_WATCHES; i++) {
		watch = rcu_dereference_protected(watches[i], lockdep_is_held(&control));
		if (watch && watch->dead)
			end(watch, i);
	}
}

static void end_work_fn(struct work_struct *work)
{
	mutex_lock(&control);
	end_dead();
	mutex_unlock(&control);
}

static DECLARE_WORK(end_work, end_work_fn);

static bool cgroup_exists(u64 id)
{
	struct cgroup_subsys_state *css;
	bool found = false;

	rcu_read_lock();
	css_for_each_descendant_pre(css, &cgrp_dfl_root.cgrp.self)
		found |= cgroup_id(css->cgroup) == id && css->flags & CSS_ONLINE;
	rcu_read_unlock();
	return found;
}

/* Whether it may be, as far as the request tells. */
static int check(const struct rs_watch_request *ask, const char **why)
{
	unsigned int own = 0;
	struct rs_watch *watch;
	int i;

	*why = "this needs CAP_PERFMON or CAP_SYS_ADMIN, or the group that the module was given (ringside.group)";
	if (!ask->all && (ask->scope == RS_ALL || ask->scope == RS_CGROUP))
		return -EPERM;
	if (!ask->all && ask->scope == RS_USER && !uid_eq(ask->uid, ask->cred->euid))
		return -EPERM;
	if (ask->scope == RS_CGROUP && !cgroup_exists(ask->cgroup)) {
		*why = "no cgroup of the unified hierarchy has this id";
		return -ENOENT;
	}
	for_each_watch(i, watch) {
		if (*ask->name && !strcmp(watch->ask.name, ask->name)) {
			*why = "a watch of this name is there already: end it first, or choose another name";
			return -EEXIST;
		}
		own += uid_eq(watch->ask.cred->euid, ask->cred->euid);
	}
	if (!ask->all && own >= RINGSIDE_MAX_OWN) {
		*why = "you have as many watches as one user may have: end one first";
		return -ENOSPC;
	}
	return 0;
}

static int free_slot(void)
{
	int i;

	for (i = 0; i < RINGSIDE_MAX_WATCHES; i++)
		if (!rcu_access_pointer(watches[i]))
			return i;
	return -1;
}

static bool is_taken(u32 id)
{
	struct rs_watch *watch;
	int i;

	for_each_watch(i, watch)
		if (watch->id == id)
			return true;
	return false;
}

/* Not the last one's, so that a number is not reused soon. */
static u32 new_id(void)
{
	do {
		last_id = last_id % RS_MAX_WATCH_ID + 1;
	} while (is_taken(last_id));
	return last_id;
}

static struct rs_watch *make_watch(const struct rs_watch_request *ask)
{
	struct rs_watch *watch = kvzalloc(sizeof(*watch), GFP_KERNEL);

	if (!watch)
		return NULL;
	watch->ask = *ask;
	watch->ask.cred = get_cred(ask->cred);
	watch->ask.ns = get_pid_ns(ask->ns);
	watch->budget.most = RS_WATCH_BYTES;
	atomic_long_set(&watch->budget.bytes, sizeof(*watch));
	spin_lock_init(&watch->lock);
	hash_init(watch->keys);
	xa_init(&watch->by_index);
	if (has_keys(watch)) {
		if (!add_key(watch, 0) || rs_follow_prepare())
			goto err;
	} else {
		watch->before = kvcalloc(RS_SLOTS, sizeof(u64), GFP_KERNEL);
		if (!watch->before)
			goto err;
	}
	return watch;
err:
	free_keys(watch);
	put_pid_ns(watch->ask.ns);
	put_cred(watch->ask.cred);
	kvfree(watch);
	return NULL;
}

/* Begins to count. On failure end() undoes it. */
static int begin(struct rs_watch *watch, const char **why, u32 *blame)
{
	struct rs_need need;
	int err;
	u32 slot;

	sum_needs(&need, NULL);
	err = rs_probe_set(&need, why);
	if (err)
		return err;
	watch->missed_before = rs_probe_missed();
	watch->lapsed_before = rs_probe_lapsed();
	watch->start_time = ktime_get_boottime_ns();
	if (watch->ask.scope == RS_PROCESS)
		return follow_processes(watch, why, blame);
	if (has_keys(watch))
		follow_existing(watch);
	for (slot = 0; watch->before && slot < RS_SLOTS; slot++)
		watch->before[slot] = rs_counts_sum(slot);
	return 0;
}

int rs_watch_new(struct rs_watch_request *ask, const char **why, u32 *blame)
{
	struct rs_watch *watch;
	int err, slot;

	*blame = 0;
	mutex_lock(&control);
	end_dead();
	slot = free_slot();
	err = check(ask, why);
	if (!err && slot < 0) {
		*why = "there are as many watches as can be: end one first (ringside watches lists them)";
		err = -ENOSPC;
	}
	if (err)
		goto out;
	watch = make_watch(ask);
	if (!watch) {
		*why = "there is no memory for another watch";
		err = -ENOMEM;
		goto out;
	}
	__module_get(THIS_MODULE);
	watch->id = new_id();
	rcu_assign_pointer(watches[slot], watch);
	err = begin(watch, why, blame);
	watch->ask.pids = NULL;
	watch->ask.nr_pids = 0;
	if (err) {
		end(watch, slot);
		goto out;
	}
	err = watch->id;
	WRITE_ONCE(watch->ready, true);
out:
	mutex_unlock(&control);
	return err;
}

static bool is_visible(const struct rs_watch *watch, const struct cred *cred, bool all)
{
	return all || (uid_eq(watch->ask.cred->euid, cred->euid) &&
		       watch->ask.cred->user_ns == cred->user_ns);
}

int rs_watch_del(u32 id, const struct cred *cred, bool all)
{
	struct rs_watch *watch;
	int i, err = -ESRCH;

	mutex_lock(&control);
	for_each_watch(i, watch) {
		if (watch->id != id || !is_visible(watch, cred, all))
			continue;
		err = *watch->ask.name && !all ? -EPERM : 0;
		if (!err)
			end(watch, i);
		break;
	}
	mutex_unlock(&control);
	return err;
}

int rs_watch_del_name(const char *name)
{
	struct rs_watch *watch;
	int i, err = -ESRCH;

	mutex_lock(&control);
	for_each_watch(i, watch) {
		if (!*watch->ask.name || strcmp(watch->ask.name, name))
			continue;
		end(watch, i);
		err = 0;
		break;
	}
	mutex_unlock(&control);
	return err;
}

void rs_watches_lock(void)
{
	down_read(&readers);
}

void rs_watches_unlock(void)
{
	up_read(&readers);
}

struct rs_watch *rs_watch_find(u32 id, const struct cred *cred, bool all)
{
	struct rs_watch *watch, *found = NULL;
	int i;

	for_each_watch(i, watch)
		if (READ_ONCE(watch->ready) && watch->id >= id && (!found || watch->id < found->id) &&
		    is_visible(watch, cred, all))
			found = watch;
	return found;
}

/* A socket was closed. Its watches end a little later: close() need not wait. */
static int on_release(struct notifier_block *block, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct rs_watch *watch;
	bool any = false;
	int i;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	down_read(&readers);
	for_each_watch(i, watch) {
		if (*watch->ask.name || watch->ask.portid != notify->portid ||
		    watch->ask.net != notify->net)
			continue;
		WRITE_ONCE(watch->dead, true);
		any = true;
	}
	up_read(&readers);
	if (any)
		schedule_work(&end_work);
	return NOTIFY_DONE;
}

static struct notifier_block release_block = {
	.notifier_call = on_release,
};

int rs_watch_init(void)
{
	return netlink_register_notifier(&release_block);
}

void rs_watch_exit(void)
{
	netlink_unregister_notifier(&release_block);
	cancel_work_sync(&end_work);
}
