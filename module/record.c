// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "probe_clock.h"
#include "record_call.h"

/* A record without what is its type's own, or NULL. */
static noinline notrace void *take(struct rs_rings *rings, u16 size, u16 type,
				   struct task_struct *task)
{
	u64 time = rs_rings_time(rings, rs_clock());
	struct ringside_event *event = rs_ring_take(rs_ring_here(rings), size, time);

	if (event) {
		memset(event, 0, size);
		rs_record_fill(rings, event, size, type, task, time);
	}
	return event;
}

static noinline notrace void put(struct rs_rings *rings, const struct ringside_event *event)
{
	rs_ring_put(rings, rs_ring_here(rings), event->size);
}

/* Calls */

notrace bool rs_record_wanted(const struct rs_links *links, u32 slot)
{
	const struct rs_link *link = links->link, *end = link + links->nr;

	while (link != end && !rs_record_wants(rs_tally_of(link), slot))
		link++;
	return link != end;
}

notrace void rs_record_calls(struct rs_thread *thread, const struct rs_links *links, u64 now,
			     u64 passed, long result, u32 error, bool returned)
{
	const struct rs_link *link = links->link, *end = link + links->nr;

	for (; link != end; link++) {
		struct rs_tally *tally = rs_tally_of(link);

		/* Not of those that began before the watch did. */
		if (rs_record_wants(tally, thread->slot) &&
		    (s64)(thread->entered - link->since) >= 0)
			rs_record_call(tally->rings, thread, now, passed, result, error, returned,
				       false);
	}
}

notrace void rs_record_refused(const struct rs_links *links, const struct pt_regs *regs, u32 slot,
			       u16 flags, long result, u32 error)
{
	bool dumpable = rs_am_dumpable();
	unsigned int i;

	for (i = 0; i < links->nr; i++) {
		struct rs_tally *tally = rs_tally_of(&links->link[i]);
		struct ringside_event_call *record;

		if (!rs_record_wants(tally, slot))
			continue;
		record = take(tally->rings, sizeof(*record), RINGSIDE_EVENT_CALL, current);
		if (!record)
			continue;
		record->call = rs_call_number(regs);
		record->abi = slot / RS_ABI_SLOTS;
		record->start = record->event.time;
		record->event.flags = flags | (error ? RINGSIDE_CALL_FAILED : 0);
		if (tally->rings->all || dumpable) {
			rs_call_arguments(regs, slot, record->arg);
			record->result = rs_call_result(slot, result, error);
		} else {
			record->event.flags |= RINGSIDE_CALL_HIDDEN;
		}
		put(tally->rings, &record->event);
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
		rs_record_calls(thread, links, now, rs_clock_ns(passed > 0 ? passed : 0), 0, 0,
				false);
	for (i = 0; i < links->nr; i++) {
		struct rs_rings *rings = rs_tally_of(&links->link[i])->rings;
		struct ringside_event_exit *record;

		if (!rings)
			continue;
		record = take(rings, sizeof(*record), RINGSIDE_EVENT_EXIT, current);
		if (!record)
			continue;
		record->status = current->exit_code;
		put(rings, &record->event);
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
		put(rings, &record->event);
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
		put(rings, &record->event);
	}
	preempt_enable_notrace();
}

void rs_record_leaves(struct rs_rings *rings, struct task_struct *task)
{
	struct ringside_event *record;

	preempt_disable_notrace();
	record = take(rings, sizeof(*record), RINGSIDE_EVENT_LEAVE, task);
	if (record)
		put(rings, record);
	preempt_enable_notrace();
}
