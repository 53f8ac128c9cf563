// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/topology.h>
#include <linux/uaccess.h>

#include <uapi/linux/ringside.h>

#include "probe_clock.h"
#include "ring.h"

u32 rs_rings_bytes(u32 asked)
{
	while (asked > RINGSIDE_MIN_RING &&
	       (u64)asked * num_possible_cpus() > RINGSIDE_MAX_RINGS)
		asked /= 2;
	return asked;
}

size_t rs_rings_size(u32 bytes)
{
	return sizeof(struct rs_rings) + nr_cpu_ids * sizeof(struct rs_ring *) +
	       num_possible_cpus() * (sizeof(struct rs_ring) + bytes);
}

static void free_rings(struct rs_rings *rings)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (rings->ring[cpu])
			kvfree(rings->ring[cpu]->data);
		kfree(rings->ring[cpu]);
	}
	kfree(rings);
}

static void wake(struct work_struct *work)
{
	struct rs_rings *rings = container_of(to_delayed_work(work), struct rs_rings, wake);

	/* Before who waits looks again, and says that it does. */
	WRITE_ONCE(rings->waiting, false);
	wake_up_interruptible(&rings->wait);
}

struct rs_rings *rs_rings_new(u32 bytes, bool all, struct pid_namespace *ns)
{
	struct rs_rings *rings;
	int cpu;

	rings = kzalloc(struct_size(rings, ring, nr_cpu_ids), GFP_KERNEL_ACCOUNT);
	if (!rings)
		return NULL;
	kref_init(&rings->users);
	rings->bytes = bytes;
	rings->all = all;
	rings->ns = ns;
	init_waitqueue_head(&rings->wait);
	INIT_DELAYED_WORK(&rings->wake, wake);
	for_each_possible_cpu(cpu) {
		struct rs_ring *ring;

		ring = kzalloc_node(sizeof(*ring), GFP_KERNEL_ACCOUNT, cpu_to_node(cpu));
		if (!ring)
			goto err;
		rings->ring[cpu] = ring;
		ring->mask = bytes - 1;
		/* Much at a time: rather none than that anybody is killed for it. */
		ring->data = kvzalloc_node(bytes, GFP_KERNEL_ACCOUNT | __GFP_RETRY_MAYFAIL |
					   __GFP_NOWARN, cpu_to_node(cpu));
		if (!ring->data)
			goto err;
	}
	return rings;
err:
	free_rings(rings);
	return NULL;
}

void rs_rings_begin(struct rs_rings *rings)
{
	rings->base = rs_clock();
	/* Pairs with rs_rings_begun(). */
	smp_store_release(&rings->base_ns, ktime_get_ns());
}

void rs_rings_end(struct rs_rings *rings)
{
	/* Who sees it sees all that was written. */
	smp_store_release(&rings->ended, true);
	wake_up_interruptible(&rings->wait);
}

void rs_rings_get(struct rs_rings *rings)
{
	kref_get(&rings->users);
}

static void release(struct kref *users)
{
	struct rs_rings *rings = container_of(users, struct rs_rings, users);

	cancel_delayed_work_sync(&rings->wake);
	free_rings(rings);
}

void rs_rings_put(struct rs_rings *rings)
{
	kref_put(&rings->users, release);
}

u64 rs_rings_recorded(const struct rs_rings *rings)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(rings->ring[cpu]->recorded);
	return sum;
}

u64 rs_rings_lost(const struct rs_rings *rings)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(rings->ring[cpu]->lost);
	return sum;
}

/* The bytes from a position to the end of data. */
static u32 to_end(const struct rs_ring *ring, u64 position)
{
	return ring->mask + 1 - (position & ring->mask);
}

/* Finds a place for so many bytes behind head; a filler is before it where they don't fit. */
static notrace bool find_room(struct rs_ring *ring, u32 size)
{
	u32 left = to_end(ring, ring->head), skip = left < size ? left : 0;
	/* What the reader has read it no longer looks at. */
	u64 free = ring->mask + 1 - (ring->head - smp_load_acquire(&ring->tail));

	if (free < (u64)skip + size)
		return false;
	if (skip) {
		struct ringside_event *filler = rs_ring_at(ring, ring->head);

		filler->size = skip;
		filler->type = RS_FILLER;
	}
	ring->next = ring->head + skip;
	ring->room = min_t(u64, free - skip, to_end(ring, ring->next));
	return true;
}

/* Says how many were lost since it was last said, if there is room for that. */
static notrace bool tell_lost(struct rs_ring *ring, u64 time)
{
	struct ringside_event_lost *record;

	if (!find_room(ring, sizeof(*record)))
		return false;
	record = (void *)rs_ring_at(ring, ring->next);
	*record = (struct ringside_event_lost){
		.event = {
			.size = sizeof(*record),
			.type = RINGSIDE_EVENT_LOST,
			.cpu = smp_processor_id(),
			.time = time,
		},
		.lost = ring->lost - ring->told,
	};
	ring->told = ring->lost;
	ring->next += sizeof(*record);
	/* Who sees that it is there sees what it says. */
	smp_store_release(&ring->head, ring->next);
	return true;
}

notrace bool rs_ring_make_room(struct rs_ring *ring, u32 size, u64 time)
{
	if ((ring->lost == ring->told || tell_lost(ring, time)) && find_room(ring, size))
		return true;
	/* And so the next that looks for room comes here, to tell. */
	ring->room = 0;
	WRITE_ONCE(ring->lost, ring->lost + 1);
	return false;
}

notrace void rs_rings_tell(struct rs_rings *rings, const struct rs_ring *ring)
{
	if (ring->head - READ_ONCE(ring->tail) < rings->bytes / 2) {
		schedule_delayed_work(&rings->wake, 1);
		return;
	}
	WRITE_ONCE(rings->waiting, false);
	wake_up_interruptible(&rings->wait);
}

/* The reader */

/* The next record of those that the reader has seen, or NULL. Leaves fillers behind. */
static const struct ringside_event *next(const struct rs_rings *rings, struct rs_ring *ring)
{
	while (ring->tail != ring->head_seen) {
		const struct ringside_event *event = rs_ring_at(ring, ring->tail);

		if (event->type != RS_FILLER)
			return event;
		/* It is looked at no more. */
		smp_store_release(&ring->tail, ring->tail + event->size);
	}
	return NULL;
}

bool rs_rings_ready(struct rs_rings *rings)
{
	int cpu;

	WRITE_ONCE(rings->waiting, true);
	smp_mb(); /* pairs with that in rs_ring_put() */
	if (READ_ONCE(rings->ended))
		return true;
	for_each_possible_cpu(cpu)
		if (READ_ONCE(rings->ring[cpu]->head) != READ_ONCE(rings->ring[cpu]->tail))
			return true;
	return false;
}

/* What was lost last, when nobody writes any more and no record tells it. */
static ssize_t read_lost(struct rs_rings *rings, char __user *buf, size_t size)
{
	struct ringside_event_lost record = {
		.event = { .size = sizeof(record), .type = RINGSIDE_EVENT_LOST },
	};
	int cpu;

	for_each_possible_cpu(cpu) {
		struct rs_ring *ring = rings->ring[cpu];

		if (ring->lost == ring->told)
			continue;
		if (size < sizeof(record))
			return -EINVAL;
		record.event.cpu = cpu;
		record.event.time = rs_rings_time(rings, rs_clock());
		record.lost = ring->lost - ring->told;
		if (copy_to_user(buf, &record, sizeof(record)))
			return -EFAULT;
		ring->told = ring->lost;
		return sizeof(record);
	}
	return 0;
}

/* Of all CPUs the one with the earliest record before now; *until: the time of the next one. */
static struct rs_ring *earliest(struct rs_rings *rings, u64 now, u64 *until)
{
	struct rs_ring *first = NULL;
	u64 least = now;
	int cpu;

	*until = now;
	for_each_possible_cpu(cpu) {
		const struct ringside_event *event = next(rings, rings->ring[cpu]);

		if (!event || event->time >= *until)
			continue;
		if (event->time < least) {
			*until = least;
			least = event->time;
			first = rings->ring[cpu];
		} else {
			*until = event->time;
		}
	}
	return first;
}

/* The first record of a ring and those behind it up to that time, as far as they lie together. */
static ssize_t read_some(struct rs_rings *rings, struct rs_ring *ring, u64 until,
			 char __user *buf, size_t size)
{
	const struct ringside_event *event = next(rings, ring);
	u32 length = 0, left = to_end(ring, ring->tail);
	const void *from = event;

	do {
		if (length + event->size > size)
			break;
		length += event->size;
		event = from + length;
	} while (length < min_t(u32, left, SZ_64K) && ring->tail + length != ring->head_seen &&
		 event->type != RS_FILLER && event->time <= until);
	if (!length)
		return -EINVAL;
	if (copy_to_user(buf, from, length))
		return -EFAULT;
	/* What was read may be written over. */
	smp_store_release(&ring->tail, ring->tail + length);
	return length;
}

ssize_t rs_rings_read(struct rs_rings *rings, char __user *buf, size_t size)
{
	/* Pairs with rs_rings_end(). */
	bool ended = smp_load_acquire(&rings->ended);
	u64 until, now = ended ? U64_MAX : rs_rings_time(rings, rs_clock());
	struct rs_ring *ring;
	ssize_t got = 0;
	size_t done = 0;
	int cpu;

	/*
	 * What came before now on any CPU and made something come about before now on another is
	 * seen with it, in this order: so no record of later is given, which may have one before it
	 * that is not seen yet.
	 */
	smp_mb();
	for_each_possible_cpu(cpu)
		/* Pairs with rs_ring_put(). */
		rings->ring[cpu]->head_seen = smp_load_acquire(&rings->ring[cpu]->head);
	while ((ring = earliest(rings, now, &until))) {
		got = read_some(rings, ring, until, buf + done, size - done);
		if (got < 0)
			break;
		done += got;
		cond_resched();
	}
	if (!done && !got && ended)
		got = read_lost(rings, buf, size);
	return done ?: got;
}
