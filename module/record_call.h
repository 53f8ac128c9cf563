/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What records cost at every call, written out. Within crossing.c and record.c.
 */
#ifndef RS_RECORD_CALL_H
#define RS_RECORD_CALL_H

#include <linux/build_bug.h>
#include <linux/minmax.h>
#include <linux/pid_namespace.h>
#include <linux/string.h>

#include "compat.h"
#include "probe_call.h"
#include "probe_clock.h"
#include "record.h"

/* Whether its watch has a record made of such a call. */
static __always_inline bool rs_record_wants(const struct rs_tally *tally, u32 slot)
{
	return likely(tally->rings) &&
	       (likely(!tally->wanted) || test_bit(slot, tally->wanted));
}

/* What every record has. */
static __always_inline void rs_record_fill(const struct rs_rings *rings,
					   struct ringside_event *event, u16 size, u16 type,
					   struct task_struct *task, u64 time)
{
	event->size = size;
	event->type = type;
	event->flags = 0;
	event->cpu = smp_processor_id();
	if (likely(!rings->ns->level)) {
		event->tid = task_pid_nr(task);
		event->tgid = task_tgid_nr(task);
	} else {
		event->tid = task_pid_nr_ns(task, rings->ns);
		event->tgid = task_tgid_nr_ns(task, rings->ns);
	}
	event->time = time;
}

static inline bool rs_is_compat(u32 slot)
{
	return slot / RS_ABI_SLOTS == RINGSIDE_ABI_COMPAT;
}

/* Of 32-bit calls the lower halves count, whatever a 64-bit program that makes one has above. */
static __always_inline void rs_call_arguments(const struct pt_regs *regs, u32 slot, u64 *arg)
{
	int i;

	syscall_get_arguments(current, (struct pt_regs *)regs, (unsigned long *)arg);
	if (unlikely(rs_is_compat(slot)))
		for (i = 0; i < 6; i++)
			arg[i] = (u32)arg[i];
}

/* The current thread is about to make the call of its slot. Returned: whether to capture of it. */
static __always_inline bool rs_record_enter(struct rs_thread *thread, const struct pt_regs *regs)
{
	struct rs_stash *stash = thread->stash;

	stash->kept = true;
	stash->call = rs_call_number(regs);
	rs_call_arguments(regs, thread->slot, stash->arg);
	stash->nvcsw = current->nvcsw;
	stash->nivcsw = current->nivcsw;
	stash->min_flt = current->min_flt;
	stash->maj_flt = current->maj_flt;
	stash->hidden = !rs_am_dumpable();
	stash->captured = (struct rs_captured){ };
	return test_bit(thread->slot, rs_captured);
}

/* As a record has it: of 32-bit calls the lower half, but for errors. */
static __always_inline u64 rs_call_result(u32 slot, long result, u32 error)
{
	if (likely(!rs_is_compat(slot)))
		return result;
	return error ? -(s64)error : (u32)result;
}

/*
 * The call of the current thread's stash ends now, after passed ns; or the thread does. Simple is
 * what is so of most, as the caller knows: the rings' maker sees all, and nothing is late.
 */
static __always_inline void rs_record_call(struct rs_rings *rings, const struct rs_thread *thread,
					   u64 now, u64 passed, long result, u32 error,
					   bool returned, bool simple)
{
	const struct rs_stash *stash = thread->stash;
	bool hidden = !simple && !rings->all &&
		      (stash->hidden || (returned && !rs_am_dumpable()));
	bool late = !simple && !hidden && stash->captured.late;
	u32 used = hidden ? 0 : stash->captured.used;
	struct rs_ring *ring = rs_ring_here(rings);
	u64 time = rs_rings_time(rings, now);
	struct ringside_event_call *record;

	BUILD_BUG_ON(sizeof(*record) + RINGSIDE_CAPTURE_ALL + RS_CAPTURE_LATE > RS_RECORD_MAX);
	record = rs_ring_take(ring, sizeof(*record) + used + (late ? RS_CAPTURE_LATE : 0),
			      time);
	if (unlikely(!record))
		return;
	rs_record_fill(rings, &record->event, sizeof(*record) + used, RINGSIDE_EVENT_CALL, current,
		       time);
	record->call = stash->call;
	record->abi = thread->slot / RS_ABI_SLOTS;
	record->start = time - min(passed, time);
	record->off_cpu = likely(!thread->off) ? 0 : min(rs_clock_ns(thread->off), passed);
	record->nvcsw = current->nvcsw - stash->nvcsw;
	record->nivcsw = current->nivcsw - stash->nivcsw;
	record->min_flt = current->min_flt - stash->min_flt;
	record->maj_flt = current->maj_flt - stash->maj_flt;
	record->event.flags = (returned ? 0 : RINGSIDE_CALL_UNRETURNED) |
			      (hidden ? RINGSIDE_CALL_HIDDEN : 0) |
			      (error ? RINGSIDE_CALL_FAILED : 0);
	if (hidden) {
		record->captures = 0;
		memset(record->arg, 0, sizeof(record->arg));
		record->result = 0;
	} else {
		record->captures = stash->captured.nr;
		memcpy(record->arg, stash->arg, sizeof(record->arg));
		record->result = rs_call_result(thread->slot, result, error);
		if (used)
			memcpy(record + 1, stash->data, used);
		if (late)
			rs_capture_leave(stash, thread->slot, returned, record);
	}
	rs_ring_put(rings, ring, record->event.size);
}

#endif
