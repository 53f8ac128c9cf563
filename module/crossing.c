// SPDX-License-Identifier: GPL-2.0-only
/* What is done for a followed thread at every call and every switch. */
#include <linux/preempt.h>
#include <linux/seccomp.h>

#include "followed.h"
#include "probe_call.h"
#include "probe_clock.h"
#include "record_call.h"

/*
 * How often calls began to be seen to begin, or no longer were: odd while they are. Where a thread
 * was found to be under another number is long ago.
 */
static u32 timed;

/*
 * Where preemption is off RCU waits, so these take no other lock. What happens
 * at every call is written out for a thread that counts in one tally.
 */

notrace void rs_follow_call(u32 slot)
{
	const struct rs_thread *thread;
	const struct rs_links *links;
	unsigned int i;

	preempt_disable_notrace();
	thread = rs_thread_find(current);
	if (thread) {
		links = rcu_dereference_sched(thread->links);
		for (i = 0; i < links->nr; i++) {
			struct rs_tally *tally = rs_tally_of(&links->link[i]);

			if (!tally->times)
				rs_tally_count(tally, slot);
		}
	}
	preempt_enable_notrace();
}

static noinline notrace void count_all(const struct rs_links *links, u32 slot)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		struct rs_tally *tally = rs_tally_of(&links->link[i]);

		if (tally->times)
			rs_tally_count(tally, slot);
	}
}

/*
 * A call that began at entered was not seen to return, or one that returns now to begin. The kernel
 * passes a tracepoint by when the CPU on which it came to it is offline: of a thread that was moved
 * away from one just then, in the moment between the two, that is wrong.
 */
static noinline notrace void miss(const struct rs_links *links, u64 entered)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		const struct rs_link *link = &links->link[i];
		struct rs_tally *tally = rs_tally_of(link);

		/* Nobody has no budget. */
		if (tally->times && tally->budget && (s64)(entered - link->since) >= 0)
			atomic64_inc(&tally->budget->missed);
	}
}

/*
 * Most calls are of a thread that counts in one tally, in which this call was counted before on
 * this CPU. What is done for it is written out, and calls nothing but as its last, so that no
 * register is saved for its caller; all else is done apart.
 */

static __always_inline void begin(struct rs_thread *thread, u32 slot)
{
	thread->slot = slot;
	thread->off = 0;
	thread->place = RS_INSIDE;
}

static noinline notrace void enter_captured(struct rs_thread *thread)
{
	rs_capture_enter(thread->stash, thread->slot);
	thread->entered = rs_clock();
}

static noinline notrace void enter_apart(struct rs_thread *thread, const struct rs_links *links,
					 const struct pt_regs *regs, u32 slot)
{
	struct rs_stash *stash = READ_ONCE(thread->stash);

	count_all(links, slot);
	if (thread->place == RS_INSIDE)
		miss(links, thread->entered);
	begin(thread, slot);
	if (stash) {
		stash->kept = false;
		if (rs_record_wanted(links, slot) && rs_record_enter(thread, regs))
			rs_capture_enter(stash, slot);
	}
	thread->entered = rs_clock();
}

notrace void rs_follow_enter(const struct pt_regs *regs, u32 slot)
{
	struct rs_outcome *outcome = NULL;
	const struct rs_links *links;
	struct rs_thread *thread;
	struct rs_stash *stash;

	preempt_disable_notrace();
	thread = rs_thread_find(current);
	if (thread) {
		links = rcu_dereference_sched(thread->links);
		if (likely(links->only && rs_clock_is_near() && thread->place != RS_INSIDE))
			outcome = rs_outcome_here(links->only, slot);
		if (unlikely(!outcome)) {
			enter_apart(thread, links, regs, slot);
			goto out;
		}
		WRITE_ONCE(outcome->calls, outcome->calls + 1);
		begin(thread, slot);
		stash = READ_ONCE(thread->stash);
		if (unlikely(stash)) {
			stash->kept = false;
			if (links->only->rings && rs_record_enter(thread, regs)) {
				enter_captured(thread);
				goto out;
			}
		}
		thread->entered = rs_clock();
	}
out:
	preempt_enable_notrace();
}

static noinline notrace void leave_all(const struct rs_thread *thread, const struct rs_links *links,
				       u32 error, u64 time, u64 cpu_time)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		const struct rs_link *link = &links->link[i];
		struct rs_tally *tally = rs_tally_of(link);

		/* Not of those that began before the watch did. */
		if (tally->times && (s64)(thread->entered - link->since) >= 0)
			rs_tally_outcome(tally, thread->slot, error, true, time, cpu_time);
	}
}

/* Refused before it began: by seccomp, or a tracer. Else its beginning was missed, and its time. */
static noinline notrace void leave_refused(const struct rs_links *links, const struct pt_regs *regs,
					   long result, u32 error)
{
	bool missed = !seccomp_mode(&current->seccomp) && !current->ptrace;
	u32 slot = rs_call_slot(regs);
	unsigned int i;

	if (missed)
		miss(links, rs_clock());
	count_all(links, slot);
	for (i = 0; i < links->nr; i++) {
		struct rs_tally *tally = rs_tally_of(&links->link[i]);

		if (tally->times)
			rs_tally_outcome(tally, slot, error, false, 0, 0);
	}
	rs_record_refused(links, regs, slot,
			  missed ? RINGSIDE_CALL_MISSED : RINGSIDE_CALL_REFUSED, result, error);
}

static __always_inline u64 ns_between(u64 from, u64 to)
{
	s64 passed = to - from;

	/* Clocks of two CPUs may differ a little. */
	return rs_clock_ns(passed > 0 ? passed : 0);
}

static noinline notrace void leave_apart(struct rs_thread *thread, const struct rs_links *links,
					 long result, u32 error)
{
	u64 now = rs_clock(), time = ns_between(thread->entered, now);
	u64 cpu_time = thread->off ? ns_between(thread->entered + thread->off, now) : time;
	const struct rs_stash *stash = READ_ONCE(thread->stash);

	leave_all(thread, links, error, time, cpu_time);
	if (stash && stash->kept)
		rs_record_calls(thread, links, now, time, result, error, true);
}

static noinline notrace void leave_recorded(struct rs_thread *thread, const struct rs_links *links,
					    struct rs_outcome *outcome, long result)
{
	u64 now = rs_clock(), time = ns_between(thread->entered, now);
	u64 cpu_time = likely(!thread->off) ? time : ns_between(thread->entered + thread->off, now);
	const struct rs_stash *stash = thread->stash;
	/* They may not be whose record was begun. */
	struct rs_rings *rings = links->only->rings;

	rs_outcome_time(outcome, time, cpu_time);
	if (unlikely(!stash->kept || !rings))
		return;
	if (likely(rings->all && !stash->captured.late))
		rs_record_call(rings, thread, now, time, result, 0, true, true);
	else
		rs_record_calls(thread, links, now, time, result, 0, true);
}

static __always_inline void leave_timed(const struct rs_thread *thread,
					struct rs_outcome *outcome)
{
	u64 now = rs_clock(), time = ns_between(thread->entered, now);

	rs_outcome_time(outcome, time, likely(!thread->off) ? time :
				       ns_between(thread->entered + thread->off, now));
}

notrace void rs_follow_leave(const struct pt_regs *regs, long result, u32 error)
{
	struct rs_outcome *outcome = NULL;
	const struct rs_links *links;
	struct rs_thread *thread;
	bool known;
	u32 now;

	preempt_disable_notrace();
	thread = rs_thread_find(current);
	if (thread) {
		links = rcu_dereference_sched(thread->links);
		/* Who finds an odd one has its next call seen to begin: see rs_follow_timed(). */
		now = smp_load_acquire(&timed);
		known = thread->place == RS_OUTSIDE && thread->timed == now && now & 1;
		thread->timed = now;
		if (likely(thread->place == RS_INSIDE)) {
			thread->place = RS_OUTSIDE;
			if (likely(!error && links->only && rs_clock_is_near() &&
				   (s64)(thread->entered - links->link[0].since) >= 0))
				outcome = rs_outcome_here(links->only, thread->slot);
			if (unlikely(!outcome))
				leave_apart(thread, links, result, error);
			else if (unlikely(READ_ONCE(thread->stash)))
				leave_recorded(thread, links, outcome, result);
			else
				leave_timed(thread, outcome);
		} else {
			thread->place = RS_OUTSIDE;
			if (known)
				leave_refused(links, regs, result, error);
		}
	}
	preempt_enable_notrace();
}

void rs_follow_timed(bool on)
{
	if (on == (timed & 1))
		return;
	/* Pairs with rs_follow_leave(). */
	smp_store_release(&timed, timed + 1);
}

notrace void rs_follow_switch(const struct task_struct *prev, const struct task_struct *next)
{
	struct rs_thread *out = rs_thread_find(prev), *in = rs_thread_find(next);
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
