// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "followed.h"
#include "probe_clock.h"
#include "record.h"
#include "who.h"

#define BUCKETS	BIT(RS_FOLLOW_BITS)
#define LOCKS	64

struct hlist_head *rs_followed;
atomic_t rs_following = ATOMIC_INIT(0);

/* Counts nothing, and has no owner: where a link can't be taken away. */
static const unsigned long nothing[BITS_TO_LONGS(RS_SLOTS)];
static struct rs_tally nobody = { .wanted = nothing, .times = true };

static spinlock_t locks[LOCKS];
static atomic_t nr_threads = ATOMIC_INIT(0);

/* Under the lock */

static spinlock_t *lock_of(const struct task_struct *task)
{
	return &locks[rs_bucket_of(task) % LOCKS];
}

static void counts_in(const struct rs_tally *tally, int more)
{
	if (!tally->times)
		atomic_add(more, &rs_following);
}

static struct rs_link *find_link(const struct rs_thread *thread, const void *owner)
{
	struct rs_links *links = rcu_dereference_raw(thread->links);
	unsigned int i;

	for (i = 0; i < links->nr; i++)
		if (READ_ONCE(links->link[i].owner) == owner)
			return &links->link[i];
	return NULL;
}

static void find_only(struct rs_links *links)
{
	struct rs_tally *tally = links->link[0].tally;

	links->only = links->nr == 1 && tally->times && !tally->wanted ? tally : NULL;
}

/*
 * The links without those of an owner or of none, and with room for more: then
 * find_only() is to be called.
 */
static struct rs_links *copy_links(const struct rs_links *old, const void *without,
				   unsigned int more)
{
	unsigned int i, nr = old ? old->nr : 0;
	struct rs_links *links;

	links = kmalloc(struct_size(links, link, nr + more), GFP_ATOMIC | __GFP_NOWARN);
	if (!links)
		return NULL;
	links->nr = 0;
	for (i = 0; i < nr; i++)
		if (old->link[i].owner && old->link[i].owner != without)
			links->link[links->nr++] = old->link[i];
	return links;
}

static struct rs_thread *make_thread(struct task_struct *task)
{
	struct rs_thread *thread;

	if (atomic_inc_return(&nr_threads) > RS_MAX_THREADS) {
		atomic_dec(&nr_threads);
		return ERR_PTR(-ENOSPC);
	}
	thread = kzalloc(sizeof(*thread), GFP_ATOMIC | __GFP_NOWARN);
	if (!thread) {
		atomic_dec(&nr_threads);
		return ERR_PTR(-ENOMEM);
	}
	thread->task = task;
	thread->born = task->start_boottime;
	return thread;
}

/* One that is in no table, nor has links. */
static void unmake_thread(struct rs_thread *thread)
{
	kfree(thread->stash);
	kfree(thread);
	atomic_dec(&nr_threads);
}

static int add_stash(struct rs_thread *thread)
{
	struct rs_stash *stash;

	if (thread->stash)
		return 0;
	stash = kzalloc(sizeof(*stash), GFP_ATOMIC | __GFP_NOWARN);
	if (!stash)
		return -ENOMEM;
	/* The thread, which may be running, finds it zeroed. */
	smp_store_release(&thread->stash, stash);
	return 0;
}

static int follow_locked(struct task_struct *task, struct task_struct *maker,
			 struct rs_tally *tally, const void *owner, bool again)
{
	struct rs_thread *thread = rs_thread_find(task), *new = NULL;
	struct rs_links *old = NULL, *links;
	u64 since = rs_clock();
	struct rs_link *link;
	int more = 1;

	/* It passes rs_follow_gone() after it is so flagged. */
	if (rs_peek(task->flags) & PF_EXITING)
		return -ESRCH;
	if (again && !(thread && find_link(thread, owner)))
		return -ESRCH;
	if (thread) {
		const struct rs_link *is = find_link(thread, owner);

		if (is && is->tally == tally)
			return 0;
		if (is)
			since = is->since;
		more = !is;
		old = rcu_dereference_raw(thread->links);
	} else {
		thread = make_thread(task);
		if (IS_ERR(thread))
			return PTR_ERR(thread);
		new = thread;
	}
	links = copy_links(old, owner, 1);
	if (!links || (tally->rings && add_stash(thread))) {
		kfree(links);
		if (new)
			unmake_thread(new);
		return -ENOMEM;
	}
	link = &links->link[links->nr++];
	link->tally = tally;
	link->owner = owner;
	link->since = since;
	find_only(links);
	/* Before anything that it does is recorded. */
	if (tally->rings && more)
		rs_record_join(tally->rings, task, maker);
	rcu_assign_pointer(thread->links, links);
	if (new)
		hlist_add_head_rcu(&new->node, &rs_followed[rs_bucket_of(task)]);
	else
		kfree_rcu(old, rcu);
	counts_in(tally, more);
	return 0;
}

int rs_follow(struct task_struct *task, struct task_struct *maker, struct rs_tally *tally,
	      const void *owner, bool again)
{
	spinlock_t *lock = lock_of(task);
	int err;

	spin_lock(lock);
	err = follow_locked(task, maker, tally, owner, again);
	spin_unlock(lock);
	return err;
}

static void drop_thread(struct rs_thread *thread)
{
	struct rs_links *links = rcu_dereference_raw(thread->links);
	unsigned int i;

	for (i = 0; i < links->nr; i++)
		counts_in(links->link[i].tally, -1);
	hlist_del_rcu(&thread->node);
	kfree_rcu(links, rcu);
	if (thread->stash)
		kfree_rcu(thread->stash, rcu);
	kfree_rcu(thread, rcu);
	atomic_dec(&nr_threads);
}

static unsigned int nr_owned(const struct rs_links *links)
{
	unsigned int i, nr = 0;

	for (i = 0; i < links->nr; i++)
		nr += !!links->link[i].owner;
	return nr;
}

static void unfollow_locked(struct rs_thread *thread, const void *owner)
{
	struct rs_links *old = rcu_dereference_raw(thread->links), *links;
	struct rs_link *link = find_link(thread, owner);

	if (!link)
		return;
	if (nr_owned(old) == 1) {
		drop_thread(thread);
		return;
	}
	counts_in(link->tally, -1);
	links = copy_links(old, owner, 0);
	if (links) {
		find_only(links);
		rcu_assign_pointer(thread->links, links);
		kfree_rcu(old, rcu);
		return;
	}
	WRITE_ONCE(link->tally, &nobody);
	WRITE_ONCE(link->owner, NULL);
}

void rs_unfollow(struct task_struct *task, const void *owner)
{
	spinlock_t *lock = lock_of(task);
	struct rs_thread *thread;
	struct rs_link *link;

	spin_lock(lock);
	thread = rs_thread_find(task);
	link = thread ? find_link(thread, owner) : NULL;
	if (link && link->tally->rings)
		rs_record_leaves(link->tally->rings, task);
	if (thread)
		unfollow_locked(thread, owner);
	spin_unlock(lock);
}

bool rs_follows(const struct task_struct *task, const void *owner)
{
	const struct rs_thread *thread = rs_followed ? rs_thread_find(task) : NULL;

	return thread && find_link(thread, owner);
}

void rs_follow_gone(struct task_struct *task)
{
	spinlock_t *lock = lock_of(task);
	struct rs_thread *thread;

	spin_lock(lock);
	thread = rs_thread_find(task);
	if (thread) {
		if (thread->stash)
			rs_record_exit(thread, rcu_dereference_raw(thread->links));
		drop_thread(thread);
	}
	spin_unlock(lock);
}

void rs_follow_born(struct task_struct *task)
{
	spinlock_t *lock = lock_of(task);
	struct rs_thread *thread;

	if (!rs_followed || !rs_thread_find(task))
		return;
	spin_lock(lock);
	thread = rs_thread_find(task);
	if (thread && thread->born != task->start_boottime)
		drop_thread(thread);
	spin_unlock(lock);
}

void rs_follow_stop(const void *owner)
{
	struct hlist_node *next;
	struct rs_thread *thread;
	unsigned int i;

	for (i = 0; rs_followed && i < BUCKETS; i++) {
		if (hlist_empty(&rs_followed[i]))
			continue;
		spin_lock(&locks[i % LOCKS]);
		hlist_for_each_entry_safe(thread, next, &rs_followed[i], node)
			unfollow_locked(thread, owner);
		spin_unlock(&locks[i % LOCKS]);
		cond_resched();
	}
}

unsigned int rs_follow_count(const void *owner)
{
	const struct rs_thread *thread;
	unsigned int i, nr = 0;

	for (i = 0; rs_followed && i < BUCKETS; i++) {
		if (hlist_empty(&rs_followed[i]))
			continue;
		rcu_read_lock();
		hlist_for_each_entry_rcu(thread, &rs_followed[i], node)
			nr += !!find_link(thread, owner);
		rcu_read_unlock();
		cond_resched();
	}
	return nr;
}

int rs_follow_prepare(void)
{
	int i;

	if (rs_followed)
		return 0;
	for (i = 0; i < LOCKS; i++)
		spin_lock_init(&locks[i]);
	rs_followed = kvcalloc(BUCKETS, sizeof(*rs_followed), GFP_KERNEL);
	return rs_followed ? 0 : -ENOMEM;
}

void rs_follow_exit(void)
{
	kvfree(rs_followed);
}
