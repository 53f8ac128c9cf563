// SPDX-License-Identifier: GPL-2.0-only
#include <linux/hash.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "follow.h"
#include "probe_call.h"
#include "probe_clock.h"
#include "who.h"

#define BUCKETS	BIT(RS_FOLLOW_BITS)
#define LOCKS	64

/* What one thread counts in. Replaced as a whole. */
struct links {
	struct rcu_head rcu;
	/* The only tally, if it keeps the times of all calls; else NULL. */
	struct rs_tally *only;
	unsigned int nr;
	struct link {
		struct rs_tally *tally;
		const void *owner;
		u64 since;		/* rs_clock() */
	} link[];
};

/* Where a thread is; only itself writes it. */
enum place {
	SOMEWHERE,	/* perhaps in a call that was not seen to begin */
	OUTSIDE,
	INSIDE,
};

struct thread {
	struct hlist_node node;
	const struct task_struct *task;
	u64 born;		/* start_boottime of the task */
	struct links __rcu *links;
	struct rcu_head rcu;

	/* Of the call that it is in: only the thread, or who switches it. */
	u64 entered;		/* rs_clock() */
	u64 off_since;		/* 0: it has a CPU */
	u64 off;		/* how long it had none, by rs_clock() */
	u32 timed;		/* as it was when it came OUTSIDE */
	u16 slot;
	u8 place;
};

struct hlist_head *rs_followed;
atomic_t rs_following = ATOMIC_INIT(0);

/* Counts nothing, and has no owner: where a link can't be taken away. */
static const unsigned long nothing[BITS_TO_LONGS(RS_SLOTS)];
static struct rs_tally nobody = { .wanted = nothing, .times = true };

/* How often calls began to be seen: where a thread was found to be before that is long ago. */
static u32 timed;

static spinlock_t locks[LOCKS];
static atomic_t nr_threads = ATOMIC_INIT(0);

static __always_inline u32 bucket_of(const struct task_struct *task)
{
	return ((u64)(unsigned long)task * RS_FOLLOW_GOLDEN) >> (64 - RS_FOLLOW_BITS);
}

/* Under RCU or the lock. */
static __always_inline struct thread *find(const struct task_struct *task)
{
	struct thread *thread;

	hlist_for_each_entry_rcu(thread, &rs_followed[bucket_of(task)], node, true)
		if (thread->task == task)
			return thread;
	return NULL;
}

/* Once: it may become nobody's meanwhile, see unfollow_locked(). */
static __always_inline struct rs_tally *tally_of(const struct link *link)
{
	return READ_ONCE(link->tally);
}

/*
 * Where preemption is off RCU waits, so these take no other lock. What happens
 * at every call is written out for a thread that counts in one tally.
 */

notrace void rs_follow_call(u32 slot)
{
	const struct thread *thread;
	const struct links *links;
	unsigned int i;

	preempt_disable_notrace();
	thread = find(current);
	if (thread) {
		links = rcu_dereference_sched(thread->links);
		for (i = 0; i < links->nr; i++) {
			struct rs_tally *tally = tally_of(&links->link[i]);

			if (!tally->times)
				rs_tally_count(tally, slot);
		}
	}
	preempt_enable_notrace();
}

static noinline notrace void count_all(const struct links *links, u32 slot)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		struct rs_tally *tally = tally_of(&links->link[i]);

		if (tally->times)
			rs_tally_count(tally, slot);
	}
}

/*
 * A call that began at entered was not seen to return, or one that returns now to begin. The kernel
 * passes a tracepoint by when the CPU on which it came to it is offline: of a thread that was moved
 * away from one just then, in the moment between the two, that is wrong.
 */
static noinline notrace void miss(const struct links *links, u64 entered)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		const struct link *link = &links->link[i];
		struct rs_tally *tally = tally_of(link);

		/* Nobody has no budget. */
		if (tally->times && tally->budget && (s64)(entered - link->since) >= 0)
			atomic64_inc(&tally->budget->missed);
	}
}

notrace void rs_follow_enter(u32 slot)
{
	struct rs_outcome *outcome = NULL;
	const struct links *links;
	struct thread *thread;

	preempt_disable_notrace();
	thread = find(current);
	if (thread) {
		links = rcu_dereference_sched(thread->links);
		if (likely(links->only))
			outcome = rs_outcome_here(links->only, slot);
		if (likely(outcome))
			WRITE_ONCE(outcome->calls, outcome->calls + 1);
		else
			count_all(links, slot);
		if (unlikely(thread->place == INSIDE))
			miss(links, thread->entered);
		thread->slot = slot;
		thread->off = 0;
		thread->place = INSIDE;
		thread->entered = rs_clock();
	}
	preempt_enable_notrace();
}

static noinline notrace void leave_all(const struct thread *thread, const struct links *links,
				       u32 error, u64 time, u64 cpu_time)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		const struct link *link = &links->link[i];
		struct rs_tally *tally = tally_of(link);

		/* Not of those that began before the watch did. */
		if (tally->times && (s64)(thread->entered - link->since) >= 0)
			rs_tally_outcome(tally, thread->slot, error, true, time, cpu_time);
	}
}

/* Refused before it began: by seccomp, or a tracer. Else its beginning was missed, and its time. */
static noinline notrace void leave_refused(const struct links *links, u32 slot, u32 error)
{
	unsigned int i;

	if (!seccomp_mode(&current->seccomp) && !current->ptrace)
		miss(links, rs_clock());
	count_all(links, slot);
	for (i = 0; i < links->nr; i++) {
		struct rs_tally *tally = tally_of(&links->link[i]);

		if (tally->times)
			rs_tally_outcome(tally, slot, error, false, 0, 0);
	}
}

static __always_inline void leave(struct thread *thread, const struct links *links, u32 error)
{
	/* Clocks of two CPUs may differ a little. */
	s64 passed = rs_clock() - thread->entered, ran = passed - thread->off;
	u64 time = rs_clock_ns(passed > 0 ? passed : 0);
	u64 cpu_time = likely(!thread->off) ? time : rs_clock_ns(ran > 0 ? ran : 0);
	struct rs_outcome *outcome = NULL;

	if (likely(!error && links->only && (s64)(thread->entered - links->link[0].since) >= 0))
		outcome = rs_outcome_here(links->only, thread->slot);
	if (likely(outcome))
		rs_outcome_time(outcome, time, cpu_time);
	else
		leave_all(thread, links, error, time, cpu_time);
}

notrace void rs_follow_leave(const struct pt_regs *regs, u32 error)
{
	const struct links *links;
	struct thread *thread;
	u32 now;

	preempt_disable_notrace();
	thread = find(current);
	if (thread) {
		links = rcu_dereference_sched(thread->links);
		/* Who finds the new one has its next call seen to begin: see rs_follow_timed(). */
		now = smp_load_acquire(&timed);
		if (likely(thread->place == INSIDE))
			leave(thread, links, error);
		else if (thread->place == OUTSIDE && thread->timed == now)
			leave_refused(links, rs_call_slot(regs), error);
		thread->place = OUTSIDE;
		thread->timed = now;
	}
	preempt_enable_notrace();
}

void rs_follow_timed(void)
{
	/* Pairs with rs_follow_leave(). */
	smp_store_release(&timed, timed + 1);
}

notrace void rs_follow_switch(const struct task_struct *prev, const struct task_struct *next)
{
	struct thread *out = find(prev), *in = find(next);
	u64 now;

	if (!out && !in)
		return;
	now = rs_clock();
	if (out)
		out->off_since = now;
	if (in && in->off_since) {
		s64 off = now - in->off_since;

		in->off += off > 0 ? off : 0;
		in->off_since = 0;
	}
}

/* Under the lock */

static spinlock_t *lock_of(const struct task_struct *task)
{
	return &locks[bucket_of(task) % LOCKS];
}

static void counts_in(const struct rs_tally *tally, int more)
{
	if (!tally->times)
		atomic_add(more, &rs_following);
}

static struct link *find_link(const struct thread *thread, const void *owner)
{
	struct links *links = rcu_dereference_raw(thread->links);
	unsigned int i;

	for (i = 0; i < links->nr; i++)
		if (READ_ONCE(links->link[i].owner) == owner)
			return &links->link[i];
	return NULL;
}

static void find_only(struct links *links)
{
	struct rs_tally *tally = links->link[0].tally;

	links->only = links->nr == 1 && tally->times && !tally->wanted ? tally : NULL;
}

/*
 * The links without those of an owner or of none, and with room for more: then
 * find_only() is to be called.
 */
static struct links *copy_links(const struct links *old, const void *without, unsigned int more)
{
	unsigned int i, nr = old ? old->nr : 0;
	struct links *links;

	links = kmalloc(struct_size(links, link, nr + more), GFP_ATOMIC | __GFP_NOWARN);
	if (!links)
		return NULL;
	links->nr = 0;
	for (i = 0; i < nr; i++)
		if (old->link[i].owner && old->link[i].owner != without)
			links->link[links->nr++] = old->link[i];
	return links;
}

static struct thread *add_thread(struct task_struct *task, struct links *links)
{
	struct thread *thread;

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
	RCU_INIT_POINTER(thread->links, links);
	hlist_add_head_rcu(&thread->node, &rs_followed[bucket_of(task)]);
	return thread;
}

static int follow_locked(struct task_struct *task, struct rs_tally *tally, const void *owner,
			 bool again)
{
	struct thread *thread = find(task);
	struct links *old = NULL, *links;
	u64 since = rs_clock();
	struct link *link;
	int more = 1;

	/* It passes rs_follow_gone() after it is so flagged. */
	if (rs_peek(task->flags) & PF_EXITING)
		return -ESRCH;
	if (again && !(thread && find_link(thread, owner)))
		return -ESRCH;
	if (thread) {
		const struct link *is = find_link(thread, owner);

		if (is && is->tally == tally)
			return 0;
		if (is)
			since = is->since;
		more = !is;
		old = rcu_dereference_raw(thread->links);
	}
	links = copy_links(old, owner, 1);
	if (!links)
		return -ENOMEM;
	link = &links->link[links->nr++];
	link->tally = tally;
	link->owner = owner;
	link->since = since;
	find_only(links);
	if (thread) {
		rcu_assign_pointer(thread->links, links);
		kfree_rcu(old, rcu);
	} else {
		thread = add_thread(task, links);
		if (IS_ERR(thread)) {
			kfree(links);
			return PTR_ERR(thread);
		}
	}
	counts_in(tally, more);
	return 0;
}

int rs_follow(struct task_struct *task, struct rs_tally *tally, const void *owner, bool again)
{
	spinlock_t *lock = lock_of(task);
	int err;

	spin_lock(lock);
	err = follow_locked(task, tally, owner, again);
	spin_unlock(lock);
	return err;
}

static void drop_thread(struct thread *thread)
{
	struct links *links = rcu_dereference_raw(thread->links);
	unsigned int i;

	for (i = 0; i < links->nr; i++)
		counts_in(links->link[i].tally, -1);
	hlist_del_rcu(&thread->node);
	kfree_rcu(links, rcu);
	kfree_rcu(thread, rcu);
	atomic_dec(&nr_threads);
}

static unsigned int nr_owned(const struct links *links)
{
	unsigned int i, nr = 0;

	for (i = 0; i < links->nr; i++)
		nr += !!links->link[i].owner;
	return nr;
}

static void unfollow_locked(struct thread *thread, const void *owner)
{
	struct links *old = rcu_dereference_raw(thread->links), *links;
	struct link *link = find_link(thread, owner);

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
	struct thread *thread;

	spin_lock(lock);
	thread = find(task);
	if (thread)
		unfollow_locked(thread, owner);
	spin_unlock(lock);
}

bool rs_follows(const struct task_struct *task, const void *owner)
{
	const struct thread *thread = rs_followed ? find(task) : NULL;

	return thread && find_link(thread, owner);
}

void rs_follow_gone(struct task_struct *task)
{
	spinlock_t *lock = lock_of(task);
	struct thread *thread;

	spin_lock(lock);
	thread = find(task);
	if (thread)
		drop_thread(thread);
	spin_unlock(lock);
}

void rs_follow_born(struct task_struct *task)
{
	spinlock_t *lock = lock_of(task);
	struct thread *thread;

	if (!rs_followed || !find(task))
		return;
	spin_lock(lock);
	thread = find(task);
	if (thread && thread->born != task->start_boottime)
		drop_thread(thread);
	spin_unlock(lock);
}

void rs_follow_stop(const void *owner)
{
	struct hlist_node *next;
	struct thread *thread;
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
	const struct thread *thread;
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
