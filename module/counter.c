// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "counter.h"

u64 __percpu *rs_counts;

/* Of their size: kmalloc() would take half as much again. */
static struct kmem_cache *outcomes;

u64 rs_counts_sum(u32 slot)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(rs_counts, cpu)[slot]);
	return sum;
}

u64 rs_bucket_from(u32 bucket)
{
	if (bucket < 8)
		return bucket;
	if (bucket >= RS_BUCKETS)
		return 0;
	return (8ULL + bucket % 8) << (bucket / 8 - 1);
}

bool rs_budget_take(struct rs_budget *budget, size_t bytes)
{
	if (atomic_long_add_return(bytes, &budget->bytes) <= budget->most)
		return true;
	atomic_long_sub(bytes, &budget->bytes);
	return false;
}

static void *make(struct rs_budget *budget, size_t size, struct kmem_cache *cache)
{
	gfp_t gfp = GFP_ATOMIC | __GFP_NOWARN | __GFP_ZERO;
	void *made;

	if (!rs_budget_take(budget, size))
		return NULL;
	made = cache ? kmem_cache_alloc(cache, gfp) : kmalloc(size, gfp);
	if (!made)
		atomic_long_sub(size, &budget->bytes);
	return made;
}

/* What *at points to, made if it isn't there. Only this CPU writes it. */
static void *get(struct rs_budget *budget, void **at, size_t size, struct kmem_cache *cache)
{
	void *found = *at;

	if (unlikely(!found)) {
		found = make(budget, size, cache);
		/* A reader on another CPU finds it zeroed. */
		smp_store_release(at, found);
	}
	return found;
}

/* The place of a slot on this CPU: a count, or a pointer to an outcome. */
static u64 *place(struct rs_tally *tally, u32 slot)
{
	struct rs_tier **tier = &tally->tier[smp_processor_id()];
	u64 *chunk;

	if (unlikely(!get(tally->budget, (void **)tier, sizeof(**tier), NULL)))
		return NULL;
	chunk = get(tally->budget, &(*tier)->chunk[slot / RS_CHUNK_SLOTS],
		    RS_CHUNK_SLOTS * sizeof(u64), NULL);
	return chunk ? chunk + slot % RS_CHUNK_SLOTS : NULL;
}

static struct rs_outcome *outcome_place(struct rs_tally *tally, u32 slot)
{
	void **at = (void **)place(tally, slot);

	return at ? get(tally->budget, at, sizeof(struct rs_outcome), outcomes) : NULL;
}

static void add(u64 *count, u64 more)
{
	WRITE_ONCE(*count, *count + more);
}

void rs_tally_count(struct rs_tally *tally, u32 slot)
{
	u64 *count;

	if (tally->wanted && !test_bit(slot, tally->wanted))
		return;
	if (tally->times) {
		struct rs_outcome *outcome = outcome_place(tally, slot);

		count = outcome ? &outcome->calls : NULL;
	} else {
		count = place(tally, slot);
	}
	if (likely(count))
		add(count, 1);
	else
		atomic64_inc(&tally->budget->missed);
}

static void add_error(struct rs_outcome *outcome, u16 error)
{
	int i;

	add(&outcome->errors, 1);
	for (i = 0; i < RS_ERRNOS; i++) {
		if (!outcome->error[i])
			WRITE_ONCE(outcome->error[i], error);
		if (outcome->error[i] == error) {
			add(&outcome->error_count[i], 1);
			return;
		}
	}
}

void rs_tally_outcome(struct rs_tally *tally, u32 slot, u32 error, bool timed,
		      u64 time, u64 cpu_time)
{
	struct rs_outcome *outcome;

	if (tally->wanted && !test_bit(slot, tally->wanted))
		return;
	outcome = outcome_place(tally, slot);
	/* The call itself was missed, or this CPU has no room for its end. */
	if (unlikely(!outcome)) {
		atomic64_inc(&tally->budget->missed);
		return;
	}
	if (error)
		add_error(outcome, error);
	if (!timed)
		return;
	rs_outcome_time(outcome, time, cpu_time);
}

/* What a reader finds in that place of that CPU, or NULL. */
static const u64 *look(const struct rs_tally *tally, int cpu, u32 slot)
{
	const struct rs_tier *tier;
	const u64 *chunk;

	/* This and those below pair with the release in get(). */
	tier = smp_load_acquire(&tally->tier[cpu]);
	if (!tier)
		return NULL;
	/* As above. */
	chunk = smp_load_acquire(&tier->chunk[slot / RS_CHUNK_SLOTS]);
	return chunk ? chunk + slot % RS_CHUNK_SLOTS : NULL;
}

static const struct rs_outcome *look_outcome(const struct rs_tally *tally, int cpu, u32 slot)
{
	struct rs_outcome *const *at = (void *)look(tally, cpu, slot);

	/* As in look(). */
	return at ? smp_load_acquire(at) : NULL;
}

static u64 calls_on(const struct rs_tally *tally, int cpu, u32 slot)
{
	const u64 *count = look(tally, cpu, slot);

	if (tally->times) {
		const struct rs_outcome *outcome = look_outcome(tally, cpu, slot);

		count = outcome ? &outcome->calls : NULL;
	}
	return count ? READ_ONCE(*count) : 0;
}

u64 rs_tally_calls(const struct rs_tally *tally, u32 slot)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += calls_on(tally, cpu, slot);
	return sum;
}

u64 rs_tally_total(const struct rs_tally *tally)
{
	u64 sum = 0;
	int cpu, i, j;

	for_each_possible_cpu(cpu)
		for (i = 0; i < RS_CHUNKS; i++) {
			u32 slot = i * RS_CHUNK_SLOTS;

			if (!look(tally, cpu, slot))
				continue;
			for (j = 0; j < RS_CHUNK_SLOTS; j++)
				sum += calls_on(tally, cpu, slot + j);
		}
	return sum;
}

static void sum_errors(struct rs_outcome *sum, const struct rs_outcome *outcome)
{
	int i, j;

	for (i = 0; i < RS_ERRNOS && READ_ONCE(outcome->error[i]); i++) {
		for (j = 0; j < RS_ERRNOS - 1; j++)
			if (!sum->error[j] || sum->error[j] == outcome->error[i])
				break;
		if (sum->error[j] && sum->error[j] != outcome->error[i])
			continue;
		sum->error[j] = outcome->error[i];
		sum->error_count[j] += READ_ONCE(outcome->error_count[i]);
	}
}

void rs_tally_sum(const struct rs_tally *tally, u32 slot, struct rs_outcome *sum)
{
	int cpu, i;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		const struct rs_outcome *outcome = look_outcome(tally, cpu, slot);
		u64 max;

		if (!outcome)
			continue;
		sum->calls += READ_ONCE(outcome->calls);
		sum->errors += READ_ONCE(outcome->errors);
		sum->time += READ_ONCE(outcome->time);
		sum->cpu_time += READ_ONCE(outcome->cpu_time);
		max = READ_ONCE(outcome->max);
		if (max) {
			u64 min = READ_ONCE(outcome->min);

			sum->min = sum->max ? min(sum->min, min) : min;
			sum->max = max(sum->max, max);
		}
		sum_errors(sum, outcome);
		for (i = 0; i < RS_BUCKETS; i++)
			sum->bucket[i] += READ_ONCE(outcome->bucket[i]);
	}
}

static void clear_tier(const struct rs_tally *tally, struct rs_tier *tier)
{
	int i, j;

	for (i = 0; i < RS_CHUNKS; i++) {
		void **chunk = tier->chunk[i];

		for (j = 0; tally->times && chunk && j < RS_CHUNK_SLOTS; j++)
			if (chunk[j])
				kmem_cache_free(outcomes, chunk[j]);
		kfree(chunk);
	}
	kfree(tier);
}

void rs_tally_clear(struct rs_tally *tally)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (tally->tier[cpu])
			clear_tier(tally, tally->tier[cpu]);
}

int rs_counter_init(void)
{
	outcomes = kmem_cache_create("ringside_outcome", sizeof(struct rs_outcome),
				     __alignof__(struct rs_outcome), 0, NULL);
	if (!outcomes)
		return -ENOMEM;
	rs_counts = __alloc_percpu(RS_SLOTS * sizeof(u64), sizeof(u64));
	if (!rs_counts) {
		kmem_cache_destroy(outcomes);
		return -ENOMEM;
	}
	return 0;
}

void rs_counter_exit(void)
{
	free_percpu(rs_counts);
	kmem_cache_destroy(outcomes);
}
