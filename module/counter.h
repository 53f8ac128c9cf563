/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts of system calls. This room knows neither who is watched nor what
 * calls in: it is given a slot and adds one.
 *
 * A slot is a call of an ABI. Each ABI has as many, and its last is for every
 * number that is none of its calls; a slot is always in range.
 *
 * Everything is written by the CPU that it belongs to, with preemption off or
 * in one instruction, so no count takes a lock or an atomic operation, and a
 * reader adds up the CPUs. Nothing is given back when a CPU goes offline.
 */
#ifndef RS_COUNTER_H
#define RS_COUNTER_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/types.h>

#include <uapi/linux/ringside.h>

#define RS_ABIS		3	/* RINGSIDE_ABI_* */
#define RS_ABI_SLOTS	640
#define RS_ABI_OTHER	(RS_ABI_SLOTS - 1)	/* a number out of range */
#define RS_SLOTS	(RS_ABIS * RS_ABI_SLOTS)

/* The slot of a call whose number is below nr_calls; else that of the others. */
static __always_inline u32 rs_slot(u32 abi, u32 call, u32 nr_calls)
{
	return abi * RS_ABI_SLOTS +
	       (call < nr_calls && call < RS_ABI_OTHER ? call : RS_ABI_OTHER);
}

/* The calls of the whole system while anything counts them: a u64 a slot. */
extern u64 __percpu *rs_counts;

/* Their sum over all CPUs. Any context. */
u64 rs_counts_sum(u32 slot);

/* Errors of one call that are told apart on one CPU. */
#define RS_ERRNOS	12

/*
 * Times are kept by buckets of an eighth of a power of two: 8 exact ones, then
 * 8 for each doubling, up to 2^42 ns (73 minutes) and what is longer.
 */
#define RS_BUCKETS	320

static __always_inline u32 rs_bucket(u64 ns)
{
	u32 top, bucket = ns;

	if (likely(ns >= 8)) {
		top = fls64(ns) - 1;
		/* The mask tells the compiler what is so anyway. */
		bucket = top * 8 - 16 + ((ns >> ((top - 3) & 63)) & 7);
	}
	return min_t(u32, bucket, RS_BUCKETS - 1);
}

/* The least time in the bucket; that of RS_BUCKETS is 0, without end. */
u64 rs_bucket_from(u32 bucket);

/*
 * The outcome of a call on one CPU, or added up. Whatever is counted is 64 bits
 * wide: 32 are full after an hour of the fastest calls on one CPU.
 */
struct rs_outcome {
	u64 calls;
	u64 errors;
	u64 time, cpu_time;		/* ns */
	u64 min, max;			/* ns; max is 0 as long as none returned */
	u64 error_count[RS_ERRNOS];
	u16 error[RS_ERRNOS];		/* 0: free */
	u64 bucket[RS_BUCKETS];
};

struct rs_rings;

/* Memory that several tallies share the bound of, and what found no room. */
struct rs_budget {
	atomic_long_t bytes;
	long most;
	atomic64_t missed;		/* calls */
};

#define RS_CHUNK_SLOTS	128
#define RS_CHUNKS	DIV_ROUND_UP(RS_SLOTS, RS_CHUNK_SLOTS)

/*
 * A CPU's counts, in chunks that are made when one of their calls is: u64
 * counts, or for a tally with times pointers to an rs_outcome.
 */
struct rs_tier {
	void *chunk[RS_CHUNKS];
};

/* What is counted for one key of one watch. */
struct rs_tally {
	struct rs_budget *budget;
	const unsigned long *wanted;	/* slots, or NULL for all */
	bool times;			/* keeps the outcome too */
	struct rs_rings *rings;		/* and records go there, or NULL */
	struct rs_tier *tier[];		/* one a CPU, made when it counts */
};

/* The size of a tally alone, without what it makes when it counts. */
static inline size_t rs_tally_size(void)
{
	return sizeof(struct rs_tally) + nr_cpu_ids * sizeof(struct rs_tier *);
}

/*
 * One more call in the slot. With preemption off, in process context. What
 * finds no memory is added to the budget's missed.
 */
void rs_tally_count(struct rs_tally *tally, u32 slot);

/*
 * The end of a call that was counted, when times are kept: error is 0 or an
 * errno; timed tells whether time and cpu_time are known. As above.
 */
void rs_tally_outcome(struct rs_tally *tally, u32 slot, u32 error, bool timed,
		      u64 time, u64 cpu_time);

/*
 * The outcome of a slot on this CPU if it is there already: NULL sends to the
 * two above. With preemption off, for a tally with times and all slots. By pointers: an array's
 * bounds would be checked at every call, where a slot is in range as it is made.
 */
static __always_inline struct rs_outcome *rs_outcome_here(const struct rs_tally *tally, u32 slot)
{
	/* Unsigned: it takes no instruction to extend. */
	const struct rs_tier *tier = tally->tier[(unsigned int)smp_processor_id()];
	struct rs_outcome **chunk;

	if (unlikely(!tier))
		return NULL;
	chunk = *(tier->chunk + slot / RS_CHUNK_SLOTS);
	return likely(chunk) ? chunk[slot % RS_CHUNK_SLOTS] : NULL;
}

/* Adds the times of a call to it. With preemption off. */
static __always_inline void rs_outcome_time(struct rs_outcome *outcome, u64 time, u64 cpu_time)
{
	u64 *bucket = outcome->bucket + rs_bucket(time);

	WRITE_ONCE(*bucket, *bucket + 1);
	WRITE_ONCE(outcome->time, outcome->time + time);
	WRITE_ONCE(outcome->cpu_time, outcome->cpu_time + cpu_time);
	if (unlikely(time < outcome->min || !outcome->max))
		WRITE_ONCE(outcome->min, time);
	if (unlikely(time >= outcome->max))
		WRITE_ONCE(outcome->max, time ?: 1);
}

/* The calls of a slot. While the tally is not freed. */
u64 rs_tally_calls(const struct rs_tally *tally, u32 slot);

/* The calls of all slots. Likewise. */
u64 rs_tally_total(const struct rs_tally *tally);

/*
 * All that is known of a slot into sum, when times are kept. Errors that don't fit are missing from
 * error_count, not from errors.
 */
void rs_tally_sum(const struct rs_tally *tally, u32 slot, struct rs_outcome *sum);

/* Frees what it has made, not the tally. When nobody counts or reads any more. */
void rs_tally_clear(struct rs_tally *tally);

/* Takes this much out of the budget, or says no. */
bool rs_budget_take(struct rs_budget *budget, size_t bytes);

int rs_counter_init(void);
void rs_counter_exit(void);

#endif
