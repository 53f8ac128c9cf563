/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of calls, and of the life of threads, for watches with events. What a call
 * was at its beginning is kept in the thread's stash until it returns.
 *
 * All of it with preemption off, in process context; what is said of the current
 * thread comes from itself.
 */
#ifndef RS_RECORD_H
#define RS_RECORD_H

#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/types.h>

#include <uapi/linux/ringside_events.h>

#include "followed.h"
#include "ring.h"

/* Of the call that a thread is in; only itself writes it. */
struct rs_stash {
	struct rcu_head rcu;
	bool kept;			/* there is one, and somebody wants it */
	bool hidden;			/* it could not be looked into then */
	s32 call;
	struct rs_captured {
		u32 used;		/* bytes of data */
		u8 nr;			/* captures in them */
		u8 unread;		/* bit n: what the plan takes there was not to be read */
		bool late;		/* something is to be taken at its return */
	} captured;
	const void *mm;			/* of then, when something is unread */
	u64 arg[6];
	unsigned long nvcsw, nivcsw, min_flt, maj_flt;
	u8 data[RINGSIDE_CAPTURE_ALL] __aligned(8);
};

/* Whether a record is to be made of such a call, for any link. */
bool rs_record_wanted(const struct rs_links *links, u32 slot);
/*
 * The current thread returns from the call of its stash at now, after passed ns; or it ends in it.
 * For every link of it.
 */
void rs_record_calls(struct rs_thread *thread, const struct rs_links *links, u64 now, u64 passed,
		     long result, u32 error, bool returned);
/* It returns from one that did not begin or was not seen to. */
void rs_record_refused(const struct rs_links *links, const struct pt_regs *regs, u32 slot,
		       u16 flags, long result, u32 error);

/* It ends, perhaps in a call. Its links are those of thread. */
void rs_record_exit(struct rs_thread *thread, const struct rs_links *links);
/* It runs another program; its number was old_pid. */
void rs_record_exec(struct rs_rings *rings, pid_t old_pid);

/* Any thread is followed from now on; was made by the current one, or else maker is NULL. */
void rs_record_join(struct rs_rings *rings, struct task_struct *task, struct task_struct *maker);
/* It is no longer. */
void rs_record_leaves(struct rs_rings *rings, struct task_struct *task);

/* captures.c */

/* Bytes that the below may take at a call's return, in a record of its own. */
#define RS_CAPTURE_LATE		1024

/* The slots of calls of which anything is taken. */
extern unsigned long rs_captured[];
void rs_captures_init(void);

/*
 * Takes what the kernel is about to read, into the stash, of which nothing was taken yet; and
 * finds out what is late.
 */
void rs_capture_enter(struct rs_stash *stash, u32 slot);
/*
 * Takes what it has written, and what was not to be read before, to the end of the
 * record's captures: RS_CAPTURE_LATE bytes at most. Returned: whether the call did.
 */
void rs_capture_leave(const struct rs_stash *stash, u32 slot, bool returned,
		      struct ringside_event_call *record);

#endif
