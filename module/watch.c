// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/pid_namespace.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "follow.h"
#include "probe.h"
#include "ring.h"
#include "watch.h"
#include "who.h"

const char * const rs_scope_names[RS_NR_SCOPES] = {
	[RS_ALL] = "all", [RS_PROCESS] = "process", [RS_CGROUP] = "cgroup", [RS_USER] = "user",
};

const char * const rs_by_names[RS_NR_BYS] = {
	[RS_BY_NOTHING] = "", [RS_BY_PROCESS] = "process", [RS_BY_CGROUP] = "cgroup",
};

static DEFINE_MUTEX(control);		/* watches come and go */
static DECLARE_RWSEM(readers);		/* one is read, or freed */
static u32 last_id;

static struct rs_watch __rcu *slots[RINGSIDE_MAX_WATCHES];
static int nr_slots;			/* those from here on are free */

struct rs_watch *rs_watch_next(int *i)
{
	struct rs_watch *watch;

	for (; *i < READ_ONCE(nr_slots); ++*i) {
		watch = rcu_dereference_raw(slots[*i]);
		if (watch && !READ_ONCE(watch->dead))
			return watch;
	}
	return NULL;
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

u64 rs_watch_lapsed(const struct rs_watch *watch)
{
	return rs_probe_lapsed(!watch->ask.times, rs_has_keys(watch)) - watch->lapsed_before;
}

unsigned int rs_watch_count(void)
{
	struct rs_watch *watch;
	unsigned int nr = 0;
	int i;

	rs_watches_lock();
	rs_for_each_watch(i, watch)
		nr++;
	rs_watches_unlock();
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

/* What all watches need, and this one too. */
static void sum_needs(struct rs_need *need, const struct rs_watch *new)
{
	const struct rs_watch *watch;
	int i;

	memset(need, 0, sizeof(*need));
	need->some = true;
	for (i = -1; i < RINGSIDE_MAX_WATCHES; i++) {
		watch = i < 0 ? new : rcu_dereference_raw(slots[i]);
		if (!watch || watch->dead)
			continue;
		need->times |= watch->ask.times;
		need->threads |= rs_has_keys(watch);
		need->cgroups |= watch->ask.scope == RS_CGROUP || watch->ask.by == RS_BY_CGROUP;
		need->users |= rs_cares_for_users(watch);
		if (watch->ask.times)
			continue;
		need->calls = true;
		need->some &= watch->ask.some;
		bitmap_or(need->wanted, need->wanted, watch->ask.wanted, RS_SLOTS);
	}
}

static void free_watch(struct rs_watch *watch)
{
	rs_keys_free(watch);
	if (watch->rings)
		rs_rings_put(watch->rings);
	kvfree(watch->before);
	put_pid(watch->pid);
	put_pid_ns(watch->ask.ns);
	put_cred(watch->ask.cred);
	kvfree(watch);
}

/* Under control. The watch is seen by nobody but readers, or not even them. */
static void end(struct rs_watch *watch, int slot)
{
	struct rs_need need;
	const char *why;

	WRITE_ONCE(watch->dead, true);
	down_write(&readers);
	rcu_assign_pointer(slots[slot], NULL);
	while (nr_slots && !rcu_access_pointer(slots[nr_slots - 1]))
		WRITE_ONCE(nr_slots, nr_slots - 1);
	up_write(&readers);
	/* Nobody follows anything for it any more. */
	synchronize_rcu();
	rs_follow_stop(watch);
	sum_needs(&need, NULL);
	rs_probe_set(&need, &why);
	synchronize_rcu();
	if (watch->rings)
		rs_rings_end(watch->rings);
	free_watch(watch);
	module_put(THIS_MODULE);
}

/* Those whose socket has been closed. */
static void end_dead(void)
{
	struct rs_watch *watch;
	int i;

	for (i = 0; i < RINGSIDE_MAX_WATCHES; i++) {
		watch = rcu_dereference_protected(slots[i], lockdep_is_held(&control));
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
	rs_for_each_watch(i, watch) {
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
		if (!rcu_access_pointer(slots[i]))
			return i;
	return -1;
}

static bool is_taken(u32 id)
{
	struct rs_watch *watch;
	int i;

	rs_for_each_watch(i, watch)
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

static struct rs_rings *make_rings(struct rs_watch *watch)
{
	struct rs_watch_request *ask = &watch->ask;

	ask->events = rs_rings_bytes(ask->events);
	if (!rs_budget_take(&watch->budget, rs_rings_size(ask->events)))
		return NULL;
	return rs_rings_new(ask->events, ask->all, ask->ns);
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
	if (ask->events) {
		watch->rings = make_rings(watch);
		if (!watch->rings)
			goto err;
	}
	if (rs_has_keys(watch)) {
		if (!rs_key_add(watch, 0) || rs_follow_prepare())
			goto err;
	} else {
		watch->before = kvcalloc(RS_SLOTS, sizeof(u64), GFP_KERNEL);
		if (!watch->before)
			goto err;
	}
	return watch;
err:
	free_watch(watch);
	return NULL;
}

/*
 * Keeps the module for a watch: not before it is loaded for good, nor when it
 * has begun to go, which no reference taken then would hold up.
 */
static bool hold_module(void)
{
	return READ_ONCE(THIS_MODULE->state) == MODULE_STATE_LIVE && try_module_get(THIS_MODULE);
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
	watch->lapsed_before = rs_probe_lapsed(!watch->ask.times, rs_has_keys(watch));
	watch->start_time = ktime_get_boottime_ns();
	if (watch->rings)
		rs_rings_begin(watch->rings);
	if (rs_has_keys(watch))
		return rs_members_find(watch, why, blame);
	for (slot = 0; slot < RS_SLOTS; slot++)
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
	if (!hold_module()) {
		*why = "the module is just being loaded or unloaded";
		err = -ENODEV;
		goto out;
	}
	watch = make_watch(ask);
	if (!watch) {
		module_put(THIS_MODULE);
		*why = "there is no memory for another watch";
		err = -ENOMEM;
		goto out;
	}
	watch->id = new_id();
	rcu_assign_pointer(slots[slot], watch);
	/* Who sees that it may be taken sees it taken. */
	smp_store_release(&nr_slots, max(nr_slots, slot + 1));
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
	rs_for_each_watch(i, watch) {
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
	rs_for_each_watch(i, watch) {
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

	rs_for_each_watch(i, watch)
		if (READ_ONCE(watch->ready) && watch->id >= id &&
		    (!found || watch->id < found->id) && is_visible(watch, cred, all))
			found = watch;
	return found;
}

struct rs_rings *rs_watch_open(u32 id, const struct cred *cred, bool all,
			       const struct pid_namespace *ns)
{
	struct rs_rings *rings = ERR_PTR(-ESRCH);
	struct rs_watch *watch;

	/* One by one: what is taken is seen by the next. */
	mutex_lock(&control);
	watch = rs_watch_find(id, cred, all);
	if (watch && watch->id == id) {
		if (!watch->rings)
			rings = ERR_PTR(-ENODATA);
		else if (watch->ask.ns != ns)
			rings = ERR_PTR(-EXDEV);
		else if (READ_ONCE(watch->rings->taken))
			rings = ERR_PTR(-EBUSY);
		else
			rings = watch->rings;
	}
	if (!IS_ERR(rings)) {
		WRITE_ONCE(rings->taken, true);
		rs_rings_get(rings);
		/* The watch holds it already. */
		__module_get(THIS_MODULE);
	}
	mutex_unlock(&control);
	return rings;
}

void rs_watch_close(struct rs_rings *rings)
{
	/* What it has read is read by the next one no more. */
	smp_store_release(&rings->taken, false);
	rs_rings_put(rings);
	module_put(THIS_MODULE);
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
	rs_for_each_watch(i, watch) {
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
