// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "compat.h"
#include "probe_call.h"
#include "probe_clock.h"
#include "record.h"

static bool wants(const struct rs_tally *tally, u32 slot)
{
	return tally->rings && (!tally->wanted || test_bit(slot, tally->wanted));
}

static __always_inline void fill(const struct rs_rings *rings, struct ringside_event *event,
				 u16 size, u16 type, struct task_struct *task, u64 time)
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

/* A record without what is its type's own, or NULL. */
static noinline notrace void *take(struct rs_rings *rings, u16 size, u16 type,
				   struct task_struct *task)
{
	u64 time = rs_rings_time(rings, rs_clock());
	struct ringside_event *event = rs_ring_take(rings, size, time);

	if (event) {
		memset(event, 0, size);
		fill(rings, event, size, type, task, time);
	}
	return event;
}

/* Calls */

static bool is_compat(u32 slot)
{
	return slot / RS_ABI_SLOTS == RINGSIDE_ABI_COMPAT;
}

/* Of 32-bit calls the lower halves count, whatever a 64-bit program that makes one has above. */
static void get_arguments(const struct pt_regs *regs, u32 slot, u64 *arg)
{
	int i;

	syscall_get_arguments(current, (struct pt_regs *)regs, (unsigned long *)arg);
	if (unlikely(is_compat(slot)))
		for (i = 0; i < 6; i++)
			arg[i] = (u32)arg[i];
}

notrace void rs_record_enter(struct rs_thread *thread, const struct rs_links *links,
			     const struct pt_regs *regs)
{
	struct rs_stash *stash = thread->stash;
	bool kept = false;
	unsigned int i;

	for (i = 0; i < links->nr; i++)
		kept |= wants(rs_tally_of(&links->link[i]), thread->slot);
	stash->kept = kept;
	if (!kept)
		return;
	stash->call = rs_call_number(regs);
	get_arguments(regs, thread->slot, stash->arg);
	stash->nvcsw = current->nvcsw;
	stash->nivcsw = current->nivcsw;
	stash->min_flt = current->min_flt;
	stash->maj_flt = current->maj_flt;
	stash->hidden = !rs_am_dumpable();
	rs_capture_enter(stash, thread->slot);
}

static __always_inline u64 result_of(u32 slot, long result, u32 error)
{
	if (unlikely(error))
		return -(s64)error;
	return unlikely(is_compat(slot)) ? (u32)result : result;
}

static __always_inline void put_call(struct rs_rings *rings, const struct rs_thread *thread,
				     u64 now, u64 passed, long result, u32 error, bool returned)
{
	const struct rs_stash *stash = thread->stash;
	bool hidden = unlikely(!rings->all) && (stash->hidden || (returned && !rs_am_dumpable()));
	bool late = !hidden && stash->late;
	u64 time = rs_rings_time(rings, now);
	struct ringside_event_call *record;
	u32 used = hidden ? 0 : stash->used;

	BUILD_BUG_ON(sizeof(*record) + RINGSIDE_CAPTURE_ALL + RS_CAPTURE_LATE > RS_RECORD_MAX);
	record = rs_ring_take(rings, sizeof(*record) + used + (late ? RS_CAPTURE_LATE : 0), time);
	if (!record)
		return;
	fill(rings, &record->event, sizeof(*record) + used, RINGSIDE_EVENT_CALL, current, time);
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
	if (unlikely(hidden)) {
		record->captures = 0;
		memset(record->arg, 0, sizeof(record->arg));
		record->result = 0;
	} else {
		record->captures = stash->nr;
		memcpy(record->arg, stash->arg, sizeof(record->arg));
		record->result = result_of(thread->slot, result, error);
		if (used)
			memcpy(record + 1, stash->data, used);
		if (late)
			rs_capture_leave(stash, thread->slot, returned, record);
	}
	rs_ring_put(rings, &record->event);
}

static __always_inline void put_calls(struct rs_thread *thread, const struct rs_links *links,
				      u64 now, u64 passed, long result, u32 error, bool returned)
{
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		const struct rs_link *link = &links->link[i];
		struct rs_tally *tally = rs_tally_of(link);

		/* Not of those that began before the watch did. */
		if (wants(tally, thread->slot) && (s64)(thread->entered - link->since) >= 0)
			put_call(tally->rings, thread, now, passed, result, error, returned);
	}
	thread->stash->kept = false;
}

notrace void rs_record_leave(struct rs_thread *thread, const struct rs_links *links, u64 now,
			     u64 time, long result, u32 error)
{
	if (thread->stash->kept)
		put_calls(thread, links, now, time, result, error, true);
}

notrace void rs_record_refused(const struct rs_links *links, const struct pt_regs *regs, u32 slot,
			       u16 flags, long result, u32 error)
{
	bool dumpable = rs_am_dumpable();
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		struct rs_tally *tally = rs_tally_of(&links->link[i]);
		struct ringside_event_call *record;

		if (!wants(tally, slot))
			continue;
		record = take(tally->rings, sizeof(*record), RINGSIDE_EVENT_CALL, current);
		if (!record)
			continue;
		record->call = rs_call_number(regs);
		record->abi = slot / RS_ABI_SLOTS;
		record->start = record->event.time;
		record->event.flags = flags | (error ? RINGSIDE_CALL_FAILED : 0);
		if (tally->rings->all || dumpable) {
			get_arguments(regs, slot, record->arg);
			record->result = result_of(slot, result, error);
		} else {
			record->event.flags |= RINGSIDE_CALL_HIDDEN;
		}
		rs_ring_put(tally->rings, &record->event);
	}
}

/* The life of threads */

void rs_record_exit(struct rs_thread *thread, const struct rs_links *links)
{
	u64 now = rs_clock();
	s64 passed = now - thread->entered;
	unsigned int i;

	preempt_disable_notrace();
	if (thread->place == RS_INSIDE && thread->stash->kept)
		put_calls(thread, links, now, rs_clock_ns(passed > 0 ? passed : 0), 0, 0, false);
	for (i = 0; i < links->nr; i++) {
		struct rs_rings *rings = rs_tally_of(&links->link[i])->rings;
		struct ringside_event_exit *record;

		if (!rings)
			continue;
		record = take(rings, sizeof(*record), RINGSIDE_EVENT_EXIT, current);
		if (!record)
			continue;
		record->status = current->exit_code;
		rs_ring_put(rings, &record->event);
	}
	preempt_enable_notrace();
}

static void copy_comm(char *to, const struct task_struct *task)
{
	memcpy(to, task->comm, TASK_COMM_LEN);
	to[TASK_COMM_LEN - 1] = '\0';
}

void rs_record_exec(struct rs_rings *rings, pid_t old_pid)
{
	struct ringside_event_exec *record;

	preempt_disable_notrace();
	record = take(rings, sizeof(*record), RINGSIDE_EVENT_EXEC, current);
	if (record) {
		if (!rings->ns->level)
			record->old_tid = old_pid;
		else if (old_pid == task_pid_nr(current))
			record->old_tid = record->event.tid;
		copy_comm(record->comm, current);
		rs_ring_put(rings, &record->event);
	}
	preempt_enable_notrace();
}

void rs_record_join(struct rs_rings *rings, struct task_struct *task, struct task_struct *maker)
{
	struct ringside_event_join *record;

	preempt_disable_notrace();
	record = take(rings, sizeof(*record), RINGSIDE_EVENT_JOIN, task);
	if (record) {
		if (maker) {
			record->parent_tid = task_pid_nr_ns(maker, rings->ns);
			record->parent_tgid = task_tgid_nr_ns(maker, rings->ns);
		}
		copy_comm(record->comm, task);
		rs_ring_put(rings, &record->event);
	}
	preempt_enable_notrace();
}

void rs_record_leaves(struct rs_rings *rings, struct task_struct *task)
{
	struct ringside_event *record;

	preempt_disable_notrace();
	record = take(rings, sizeof(*record), RINGSIDE_EVENT_LEAVE, task);
	if (record)
		rs_ring_put(rings, record);
	preempt_enable_notrace();
}
