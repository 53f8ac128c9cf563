/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clock that calls are timed by: the CPU's own counter where the kernel
 * trusts it, for two looks at the kernel's clock cost more than all the rest of
 * counting a call.
 */
#ifndef RS_PROBE_CLOCK_H
#define RS_PROBE_CLOCK_H

#include <linux/math64.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#ifdef CONFIG_X86_64
#include <asm/msr.h>
#include <asm/tsc.h>

/* Ticks to ns: times mult, by 2^shift. 0: ticks are ns already. */
#define RS_CLOCK_SHIFT	26

extern u32 rs_clock_mult;

/* In ticks; between CPUs it may differ by some. Any context. */
static __always_inline u64 rs_clock(void)
{
	return likely(rs_clock_mult) ? rdtsc() : ktime_get_mono_fast_ns();
}

static __always_inline u64 rs_clock_ns(u64 ticks)
{
	if (likely(rs_clock_mult))
		return mul_u64_u32_shr(ticks, rs_clock_mult, RS_CLOCK_SHIFT);
	return ticks;
}

/* Whether it is to be had without a call. */
static __always_inline bool rs_clock_is_near(void)
{
	return likely(rs_clock_mult);
}

/* Looks which it is to be: while nothing is timed. */
void rs_clock_choose(void);

#else

static __always_inline u64 rs_clock(void)
{
	return ktime_get_mono_fast_ns();
}

static __always_inline u64 rs_clock_ns(u64 ticks)
{
	return ticks;
}

static __always_inline bool rs_clock_is_near(void)
{
	return false;
}

static inline void rs_clock_choose(void)
{
}

#endif
#endif
