/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Threads that are followed: which tallies each one counts in, and where it
 * stands in the call it makes.
 *
 * The table is keyed by the task's address. A thread leaves it when it exits
 * (rs_follow_gone), before its task_struct can be another's, or else when that
 * begins (rs_follow_born), so nobody counts for who was there before. It is read
 * under RCU and written under a lock of the bucket.
 */
#ifndef RS_FOLLOW_H
#define RS_FOLLOW_H

#include <linux/atomic.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "counter.h"

/* Threads followed at most; more are refused with -ENOSPC. */
#define RS_MAX_THREADS	65536

#define RS_FOLLOW_BITS	14
#define RS_FOLLOW_GOLDEN 0x61c8864680b583ebULL

/*
 * The buckets: NULL as long as nobody was ever followed. For the trampoline,
 * which passes threads in an empty bucket by: that of a task is the top
 * RS_FOLLOW_BITS of its address times RS_FOLLOW_GOLDEN.
 */
extern struct hlist_head *rs_followed;

/* Links to tallies without times: if there are any, the backends call rs_follow_call(). */
extern atomic_t rs_following;

/*
 * The current task begins this call: for tallies without times, or with. Any
 * context that a system call's entry is in; not from an interrupt.
 */
void rs_follow_call(u32 slot);
void rs_follow_enter(const struct pt_regs *regs, u32 slot);
/* It ends with that result: error is an errno or 0. */
void rs_follow_leave(const struct pt_regs *regs, long result, u32 error);
/*
 * Calls are seen to begin and to return from now on, or no longer: to be called when it is so, or
 * before it ends, by one at a time; nothing changes when it was said before. Any context.
 */
void rs_follow_timed(bool on);
/* The CPU passes from one to the other. Interrupts are off. */
void rs_follow_switch(const struct task_struct *prev, const struct task_struct *next);

/*
 * Has the thread count in the tally, and in no other of the same owner, a watch
 * that ends it with rs_follow_stop(); again: only if it counts for it already.
 * 0, also when it counts in that tally; -ENOSPC over the bound, -ENOMEM, -ESRCH
 * when it exits or, again, does not count. Maker is the current thread if that
 * just made this one, or NULL: for its record. The caller keeps the task and the
 * tally from being freed. Any context but an interrupt.
 */
int rs_follow(struct task_struct *task, struct task_struct *maker, struct rs_tally *tally,
	      const void *owner, bool again);
/* Ends that for one thread, and records it. Likewise. */
void rs_unfollow(struct task_struct *task, const void *owner);
/* Whether the thread counts for the owner. Under rcu_read_lock(). */
bool rs_follows(const struct task_struct *task, const void *owner);
/* The current thread exits. */
void rs_follow_gone(struct task_struct *task);
/*
 * It has begun: who had its task_struct before, and whose end was not seen, leaves the table. Under
 * rcu_read_lock().
 */
void rs_follow_born(struct task_struct *task);

/*
 * Ends it for all threads. When nobody begins to follow for this owner any
 * more; sleeps. Its tallies are in use until a grace period after it.
 */
void rs_follow_stop(const void *owner);

/* How many threads count for the owner: sleeps. */
unsigned int rs_follow_count(const void *owner);

/* Makes the buckets: before the first rs_follow(). 0 or -ENOMEM. Sleeps. */
int rs_follow_prepare(void);
void rs_follow_exit(void);

#endif
