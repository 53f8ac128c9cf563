/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A followed thread, as follow.c keeps it and crossing.c finds it at every call.
 * Within these two and record.c.
 */
#ifndef RS_FOLLOWED_H
#define RS_FOLLOWED_H

#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "counter.h"
#include "follow.h"

struct rs_stash;

/* What one thread counts in. Replaced as a whole. */
struct rs_links {
	struct rcu_head rcu;
	/* The only tally, if it keeps the times of all calls; else NULL. */
	struct rs_tally *only;
	unsigned int nr;
	struct rs_link {
		struct rs_tally *tally;
		const void *owner;
		u64 since;		/* rs_clock() */
	} link[];
};

/* Where a thread is; only itself writes it. */
enum rs_place {
	RS_SOMEWHERE,	/* perhaps in a call that was not seen to begin */
	RS_OUTSIDE,
	RS_INSIDE,
};

struct rs_thread {
	struct hlist_node node;
	const struct task_struct *task;
	u64 born;		/* start_boottime of the task */
	struct rs_links __rcu *links;
	struct rcu_head rcu;
	/* For records: made with the first tally that has rings, and kept. Else NULL. */
	struct rs_stash *stash;

	/* Of the call that it is in: only the thread, or who switches it. */
	u64 entered;		/* rs_clock() */
	u64 off_since;		/* 0: it has a CPU */
	u64 off;		/* how long it had none, by rs_clock() */
	u32 timed;		/* as it was when it came OUTSIDE */
	u16 slot;
	u8 place;
};

static __always_inline u32 rs_bucket_of(const struct task_struct *task)
{
	return ((u64)(unsigned long)task * RS_FOLLOW_GOLDEN) >> (64 - RS_FOLLOW_BITS);
}

/* Under RCU or the bucket's lock. */
static __always_inline struct rs_thread *rs_thread_find(const struct task_struct *task)
{
	struct rs_thread *thread;

	hlist_for_each_entry_rcu(thread, &rs_followed[rs_bucket_of(task)], node, true)
		if (thread->task == task)
			return thread;
	return NULL;
}

/* Once: it may become nobody's meanwhile, see unfollow_locked(). */
static __always_inline struct rs_tally *rs_tally_of(const struct rs_link *link)
{
	return READ_ONCE(link->tally);
}

#endif
