// SPDX-License-Identifier: GPL-2.0-only
/*
 * The providers "syscalls", "errors" and "latency": what the watches counted.
 * A key is, from its highest bits: the watch, the key within it, the slot, and
 * the error or the bucket.
 */
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <uapi/linux/ringside.h>

#include "probe.h"
#include "ringside.h"
#include "watch.h"

struct call_row {
	u32 watch, process, errno;
	s32 call;
	char name[RS_WATCH_NAME];
	char comm[TASK_COMM_LEN];
	char abi[8];
	u64 start_time, cgroup;
	u64 calls, errors, time, cpu_time, min_time, max_time, p50, p99, missed;
	u64 from, to;
};

#define FIELD(noun, member, attr, type, unit, width, ask) \
	RS_FIELD(call_row, member, RINGSIDE_A_##noun##_##attr, type, unit, width, ask)

#define WHOSE(noun)								\
	FIELD(noun, watch, WATCH, RS_U32, RS_NONE, 5, RS_FILTER),		\
	FIELD(noun, name, NAME, RS_STR, RS_NONE, 12, 0),			\
	FIELD(noun, process, PROCESS, RS_U32, RS_NONE, 7, 0),			\
	FIELD(noun, start_time, START_TIME, RS_UINT, RS_NSEC, 16, 0),		\
	FIELD(noun, comm, COMM, RS_STR, RS_NONE, 15, 0),			\
	FIELD(noun, cgroup, CGROUP, RS_UINT, RS_NONE, 6, 0),			\
	FIELD(noun, abi, ABI, RS_STR, RS_NONE, 6, 0),				\
	FIELD(noun, call, CALL, RS_S32, RS_NONE, 4, 0)

static const struct rs_field call_fields[] = {
	WHOSE(SYSCALL),
	FIELD(SYSCALL, calls, CALLS, RS_UINT, RS_NONE, 12, 0),
	FIELD(SYSCALL, errors, ERRORS, RS_UINT, RS_NONE, 9, 0),
	FIELD(SYSCALL, time, TIME, RS_UINT, RS_NSEC, 15, 0),
	FIELD(SYSCALL, cpu_time, CPU_TIME, RS_UINT, RS_NSEC, 15, 0),
	FIELD(SYSCALL, min_time, MIN_TIME, RS_UINT, RS_NSEC, 9, 0),
	FIELD(SYSCALL, max_time, MAX_TIME, RS_UINT, RS_NSEC, 13, 0),
	FIELD(SYSCALL, p50, P50, RS_UINT, RS_NSEC, 11, 0),
	FIELD(SYSCALL, p99, P99, RS_UINT, RS_NSEC, 11, 0),
	FIELD(SYSCALL, missed, MISSED, RS_UINT, RS_NONE, 6, 0),
};

static const struct rs_field error_fields[] = {
	WHOSE(ERROR),
	FIELD(ERROR, errno, ERRNO, RS_U32, RS_NONE, 5, 0),
	FIELD(ERROR, errors, ERRORS, RS_UINT, RS_NONE, 12, 0),
};

static const struct rs_field latency_fields[] = {
	WHOSE(LATENCY),
	FIELD(LATENCY, from, FROM, RS_UINT, RS_NSEC, 13, 0),
	FIELD(LATENCY, to, TO, RS_UINT, RS_NSEC, 13, 0),
	FIELD(LATENCY, calls, CALLS, RS_UINT, RS_NONE, 12, 0),
};

static const char * const abi_names[RS_ABIS] = {
#ifdef CONFIG_X86_64
	[RINGSIDE_ABI_NATIVE] = "x86_64",
	[RINGSIDE_ABI_COMPAT] = "x86",
#else
	[RINGSIDE_ABI_NATIVE] = "native",
	[RINGSIDE_ABI_COMPAT] = "compat",
#endif
	[RINGSIDE_ABI_X32] = "x32",
};

/* Where a walk stands. */
struct at {
	u32 id, index, slot, sub;
};

#define SUB_BITS	9
#define SLOT_BITS	11
#define INDEX_BITS	14

static_assert(RS_BUCKETS < 1 << SUB_BITS && RS_ERRNOS < 1 << SUB_BITS);
static_assert(RS_SLOTS <= 1 << SLOT_BITS);
static_assert(RS_MAX_KEYS + 1 < 1 << INDEX_BITS);
static_assert(sizeof(struct call_row) <= RS_ROW_MAX);

static struct at unpack(u64 key)
{
	return (struct at){
		.sub = key & (BIT(SUB_BITS) - 1),
		.slot = key >> SUB_BITS & (BIT(SLOT_BITS) - 1),
		.index = key >> (SUB_BITS + SLOT_BITS) & (BIT(INDEX_BITS) - 1),
		.id = min_t(u64, key >> (SUB_BITS + SLOT_BITS + INDEX_BITS),
			    RS_MAX_WATCH_ID + 1),
	};
}

static u64 pack(const struct at *at)
{
	return at->sub | (u64)at->slot << SUB_BITS |
	       (u64)at->index << (SUB_BITS + SLOT_BITS) |
	       (u64)at->id << (SUB_BITS + SLOT_BITS + INDEX_BITS);
}

/* The middle of the bucket in which so many hundredths have passed. */
static u64 percentile(const struct rs_outcome *sum, u32 hundredths)
{
	u64 total = 0, left, from, to;
	u32 i;

	for (i = 0; i < RS_BUCKETS; i++)
		total += sum->bucket[i];
	if (!total)
		return 0;
	left = DIV_ROUND_UP_ULL(total * hundredths, 100);
	for (i = 0; i < RS_BUCKETS - 1 && left > sum->bucket[i]; i++)
		left -= sum->bucket[i];
	from = rs_bucket_from(i);
	to = rs_bucket_from(i + 1) ?: sum->max;
	return clamp(from + (to - from) / 2, sum->min, sum->max);
}

static void fill_whose(const struct rs_walk *walk, struct call_row *row,
		       struct rs_watch *watch, struct rs_key *key, u32 slot)
{
	u32 abi = slot / RS_ABI_SLOTS, call = slot % RS_ABI_SLOTS;

	row->watch = watch->id;
	strscpy(row->name, watch->ask.name, sizeof(row->name));
	row->process = 0;
	row->start_time = 0;
	row->cgroup = 0;
	row->comm[0] = '\0';
	if (key && key->pid) {
		row->process = pid_nr_ns(key->pid, walk->ns);
		row->start_time = key->start_time;
		spin_lock(&watch->lock);
		memcpy(row->comm, key->comm, sizeof(row->comm));
		spin_unlock(&watch->lock);
	} else if (key && watch->ask.by == RS_BY_CGROUP) {
		row->cgroup = key->id;
	}
	strscpy(row->abi, abi_names[abi], sizeof(row->abi));
	row->call = call == RS_ABI_OTHER ? -1 : call;
}

/*
 * What seek() tries at a slot that has calls: fills the rest of the row, or says
 * no. There is a sum when the watch keeps times.
 */
typedef bool fill_fn(struct call_row *row, const struct rs_watch *watch, u32 *sub,
		     const struct rs_outcome *sum);

static bool fill_call(struct call_row *row, const struct rs_watch *watch, u32 *sub,
		      const struct rs_outcome *sum)
{
	if (*sub)
		return false;
	row->missed = rs_watch_missed(watch);
	if (!watch->ask.times) {
		row->errors = 0;
		row->time = 0;
		row->cpu_time = 0;
		row->min_time = 0;
		row->max_time = 0;
		row->p50 = 0;
		row->p99 = 0;
		return true;
	}
	row->errors = sum->errors;
	row->time = sum->time;
	row->cpu_time = sum->cpu_time;
	row->min_time = sum->min;
	row->max_time = sum->max;
	row->p50 = percentile(sum, 50);
	row->p99 = percentile(sum, 99);
	return true;
}

/* The last one is for those that are not told apart. */
static bool fill_error(struct call_row *row, const struct rs_watch *watch, u32 *sub,
		       const struct rs_outcome *sum)
{
	u64 left = watch->ask.times ? sum->errors : 0;
	int i;

	if (!left)
		return false;

	for (; *sub < RS_ERRNOS; ++*sub)
		if (sum->error_count[*sub]) {
			row->errno = sum->error[*sub];
			row->errors = sum->error_count[*sub];
			return true;
		}
	for (i = 0; i < RS_ERRNOS; i++)
		left -= min(sum->error_count[i], left);
	row->errno = 0;
	row->errors = left;
	return *sub == RS_ERRNOS && left;
}

static bool fill_bucket(struct call_row *row, const struct rs_watch *watch, u32 *sub,
			const struct rs_outcome *sum)
{
	for (; watch->ask.times && *sub < RS_BUCKETS; ++*sub)
		if (sum->bucket[*sub]) {
			row->from = rs_bucket_from(*sub);
			row->to = rs_bucket_from(*sub + 1);
			row->calls = sum->bucket[*sub];
			return true;
		}
	return false;
}

/* The first row of this watch from there on. */
static bool seek_watch(const struct rs_walk *walk, struct rs_watch *watch, struct at *at,
		       struct call_row *row, fill_fn *fill, struct rs_outcome *sum)
{
	/* Pairs with the release in rs_key_add(). */
	u32 nr_keys = watch->before ? 1 : smp_load_acquire(&watch->nr_keys);

	for (; at->index < nr_keys; at->index++, at->slot = 0) {
		struct rs_key *key = xa_load(&watch->by_index, at->index);

		for (; at->slot < RS_SLOTS; at->slot++, at->sub = 0) {
			row->calls = rs_watch_calls(watch, key, at->slot);
			if (!row->calls)
				continue;
			if (watch->ask.times)
				rs_tally_sum(&key->tally, at->slot, sum);
			if (!fill(row, watch, &at->sub, sum))
				continue;
			fill_whose(walk, row, watch, key, at->slot);
			return true;
		}
		cond_resched();
	}
	return false;
}

static int seek(struct rs_walk *walk, struct call_row *row, fill_fn *fill)
{
	const struct call_row *want = walk->asked ? walk->want : NULL;
	struct at at = unpack(walk->key);
	struct rs_watch *watch;
	int got = 0;

	if (walk->key == 1)
		rs_probe_check();
	if (want && (at.id < want->watch || walk->key == 1))
		at = (struct at){ .id = want->watch };
	if (!walk->scratch)
		walk->scratch = kmalloc(sizeof(struct rs_outcome), GFP_KERNEL_ACCOUNT);
	if (!walk->scratch)
		return -ENOMEM;
	rs_watches_lock();
	while (!got && (watch = rs_watch_find(at.id, walk->cred, walk->all))) {
		if (want && watch->id != want->watch)
			break;
		if (watch->id != at.id)
			at = (struct at){ .id = watch->id };
		got = seek_watch(walk, watch, &at, row, fill, walk->scratch);
		if (!got)
			at = (struct at){ .id = watch->id + 1 };
	}
	rs_watches_unlock();
	if (got)
		walk->key = pack(&at);
	return got;
}

static int call_seek(struct rs_walk *walk, void *row)
{
	return seek(walk, row, fill_call);
}

static int error_seek(struct rs_walk *walk, void *row)
{
	return seek(walk, row, fill_error);
}

static int latency_seek(struct rs_walk *walk, void *row)
{
	return seek(walk, row, fill_bucket);
}

#define PROVIDER(_name, _cmd, _fields, _seek) {			\
	.name = _name,						\
	.cmd = _cmd,						\
	.open = true,						\
	.row_size = sizeof(struct call_row),			\
	.fields = _fields,					\
	.nr_fields = ARRAY_SIZE(_fields),			\
	.seek = _seek,						\
}

const struct rs_provider rs_syscalls =
	PROVIDER("syscalls", RINGSIDE_CMD_SYSCALL_GET, call_fields, call_seek);
const struct rs_provider rs_errors =
	PROVIDER("errors", RINGSIDE_CMD_ERROR_GET, error_fields, error_seek);
const struct rs_provider rs_latency =
	PROVIDER("latency", RINGSIDE_CMD_LATENCY_GET, latency_fields, latency_seek);
