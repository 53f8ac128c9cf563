/* SPDX-License-Identifier: GPL-2.0-only */
/* What a backend does when a call begins. Within probe*.c. */
#ifndef RS_PROBE_CALL_H
#define RS_PROBE_CALL_H

#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "counter.h"
#include "follow.h"

#ifdef CONFIG_X86_64
#include <asm/asm-offsets.h>

#define RS_NR_NATIVE	NR_syscalls
#ifdef CONFIG_IA32_EMULATION
#define RS_NR_COMPAT	IA32_NR_syscalls
#else
#define RS_NR_COMPAT	0
#endif
#if defined(CONFIG_X86_X32_ABI) || defined(CONFIG_X86_X32)
/* Closed: 512 to 547 are those that only x32 has. */
#define RS_NR_X32	548
#else
#define RS_NR_X32	0
#endif

/* The slot of the call that the current task has entered the kernel for. */
static __always_inline u32 rs_call_slot(const struct pt_regs *regs)
{
	u32 nr = regs->orig_ax;

	if (unlikely(current_thread_info()->status & TS_COMPAT))
		return rs_slot(RINGSIDE_ABI_COMPAT, nr, RS_NR_COMPAT);
	if (unlikely((nr ^ __X32_SYSCALL_BIT) < RS_NR_X32))
		return rs_slot(RINGSIDE_ABI_X32, nr ^ __X32_SYSCALL_BIT, RS_NR_X32);
	return rs_slot(RINGSIDE_ABI_NATIVE, nr, RS_NR_NATIVE);
}

/* Its number as it was given, that of x32 without its bit. */
static __always_inline s32 rs_call_number(const struct pt_regs *regs)
{
	u32 nr = regs->orig_ax;

	if (!(current_thread_info()->status & TS_COMPAT) && (nr ^ __X32_SYSCALL_BIT) < RS_NR_X32)
		return nr ^ __X32_SYSCALL_BIT;
	return nr;
}
#else
static __always_inline s32 rs_call_number(const struct pt_regs *regs)
{
	return syscall_get_nr(current, (struct pt_regs *)regs);
}

static __always_inline u32 rs_call_slot(const struct pt_regs *regs)
{
	return rs_slot(in_compat_syscall() ? RINGSIDE_ABI_COMPAT : RINGSIDE_ABI_NATIVE,
		       syscall_get_nr(current, (struct pt_regs *)regs), NR_syscalls);
}
#endif

static __always_inline void rs_probe_call(u32 slot)
{
	this_cpu_inc(rs_counts[slot]);
	if (unlikely(atomic_read(&rs_following)))
		rs_follow_call(slot);
}

#endif
