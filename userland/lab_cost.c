// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab cost: what a crossing costs, and what it costs to be counted
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"

#define BATCHES	10	/* the cheapest counts: others were disturbed */
#define LOOKS	(2 * BATCHES)
#define DEPTH	64	/* operations submitted at once */

enum { CALLS, NS, INSTRUCTIONS, NO_COUNTER, NO_RING, ENTERS };

/* What is done in a loop, and how it is counted. */
struct work {
	void (*once)(void);
	bool crosses;
	bool counted, times;
};

static void call(void)
{
	syscall(SYS_getppid);
}

static void ask_vdso(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
}

/* A counter of instructions, the kernel's with them, or -1. */
static int open_counter(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.exclude_hv = 1,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static uint64_t read_counter(int fd)
{
	uint64_t value;

	return fd >= 0 && read(fd, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

static void keep_least(volatile uint64_t *least, uint64_t value)
{
	if (!*least || value < *least)
		*least = value;
}

static void work(struct actor *actor)
{
	const struct work *work = actor->data;
	unsigned long nr = (actor->lab->times + BATCHES - 1) / BATCHES, i;
	int batch, counter = open_counter();

	if (counter < 0)
		actor->saw[NO_COUNTER] = errno;
	for (batch = 0; batch < BATCHES; batch++) {
		uint64_t instructions = read_counter(counter), begin = lab_now();

		for (i = 0; i < nr; i++)
			work->once();
		actor->saw[CALLS] += nr;
		keep_least(&actor->saw[NS], lab_now() - begin);
		keep_least(&actor->saw[INSTRUCTIONS], read_counter(counter) - instructions);
	}
}

/* A ring of submissions and one of completions, of operations that do nothing. */
struct ring {
	int fd;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail;
	struct io_uring_sqe *sqes;
};

static void *map(const struct ring *ring, size_t size, off_t offset)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
		    offset);
}

/* False with errno set. */
static bool ring_open(struct ring *ring)
{
	struct io_uring_params params = { 0 };
	char *sq, *cq;

	ring->fd = syscall(SYS_io_uring_setup, DEPTH, &params);
	if (ring->fd < 0)
		return false;
	sq = map(ring, params.sq_off.array + params.sq_entries * sizeof(unsigned int),
		 IORING_OFF_SQ_RING);
	cq = map(ring, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe),
		 IORING_OFF_CQ_RING);
	ring->sqes = map(ring, params.sq_entries * sizeof(*ring->sqes), IORING_OFF_SQES);
	if (sq == MAP_FAILED || cq == MAP_FAILED || ring->sqes == MAP_FAILED)
		return false;
	ring->sq_tail = (unsigned int *)(sq + params.sq_off.tail);
	ring->sq_mask = (unsigned int *)(sq + params.sq_off.ring_mask);
	ring->sq_array = (unsigned int *)(sq + params.sq_off.array);
	ring->cq_head = (unsigned int *)(cq + params.cq_off.head);
	ring->cq_tail = (unsigned int *)(cq + params.cq_off.tail);
	return true;
}

/* Submits so many and takes what is done: how many were. */
static unsigned int ring_enter(struct ring *ring, unsigned int nr)
{
	unsigned int tail = *ring->sq_tail, i, done;

	for (i = 0; i < nr; i++, tail++) {
		unsigned int slot = tail & *ring->sq_mask;

		memset(&ring->sqes[slot], 0, sizeof(*ring->sqes));
		ring->sqes[slot].opcode = IORING_OP_NOP;
		ring->sq_array[slot] = slot;
	}
	__atomic_store_n(ring->sq_tail, tail, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, nr, nr, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return 0;
	done = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE) - *ring->cq_head;
	__atomic_store_n(ring->cq_head, *ring->cq_head + done, __ATOMIC_RELEASE);
	return done;
}

static void work_by_ring(struct actor *actor)
{
	uint64_t enters = (actor->lab->times + DEPTH - 1) / DEPTH, i, begin;
	struct ring ring = { 0 };

	if (!ring_open(&ring)) {
		actor->saw[NO_RING] = errno;
		return;
	}
	begin = lab_now();
	for (i = 0; i < enters; i++) {
		actor->saw[CALLS] += ring_enter(&ring, DEPTH);
		actor->saw[ENTERS]++;
	}
	actor->saw[NS] = lab_now() - begin;
}

static double of_one(const struct actor *actor, uint64_t least)
{
	return (double)least * BATCHES / actor->saw[CALLS];
}

/* Without the looks at the clock around each batch, which cross on some machines: see lab vdso. */
static uint64_t crossings(const struct actor *actor, const struct work *task)
{
	uint64_t looks = actor_calls(actor, SYS_clock_gettime);

	if (task->crosses)
		return actor_calls(actor, SYS_getppid);
	return looks == LOOKS ? 0 : looks;
}

/* Its row, and what one took by the clock: 0 when there is none. */
static double measure(struct lab *lab, const char *what, const struct work *task,
		      double *instructions)
{
	struct actor actor;
	double ns = 0;

	*instructions = 0;
	if (!actor_start(lab, &actor, work, task))
		return 0;
	if ((task->counted && !actor_watch(&actor, task->times, NULL)) || !actor_go(&actor))
		goto out;
	ns = of_one(&actor, actor.saw[NS]);
	if (!actor.saw[NO_COUNTER])
		*instructions = of_one(&actor, actor.saw[INSTRUCTIONS]);
	if (!task->counted) {
		lab_shown(lab, what, lab_text(lab, "%.0f ns each", ns), NULL);
	} else if (actor_look(&actor)) {
		uint64_t crossed = crossings(&actor, task);

		lab_compare(lab, crossed == (task->crosses ? actor.saw[CALLS] : 0), what,
			    lab_text(lab, "%llu, %.0f ns each",
				     (unsigned long long)actor.saw[CALLS], ns),
			    lab_text(lab, "%llu crossings", (unsigned long long)crossed));
	}
out:
	actor_end(&actor);
	return ns;
}

static void measure_ring(struct lab *lab)
{
	struct actor actor;

	if (!actor_run(lab, &actor, work_by_ring, NULL))
		return;
	if (actor.saw[NO_RING])
		lab_skip(lab, "by io_uring", "this kernel gives you none: %s",
			 strerror(actor.saw[NO_RING]));
	else
		lab_compare(lab, actor.saw[CALLS] == actor.saw[ENTERS] * DEPTH &&
			    actor.saw[ENTERS] == actor_calls(&actor, SYS_io_uring_enter),
			    lab_text(lab, "io_uring, %d at once", DEPTH),
			    lab_text(lab, "%llu, %.0f ns each",
				     (unsigned long long)actor.saw[CALLS],
				     (double)actor.saw[NS] / actor.saw[CALLS]),
			    lab_text(lab, "%llu crossings", (unsigned long long)
				     actor_calls(&actor, SYS_io_uring_enter)));
	actor_end(&actor);
}

static void show_instructions(struct lab *lab, const double *instructions)
{
	int counter = open_counter();

	if (counter < 0) {
		lab_skip(lab, "instructions", "no counter of them is to be had: %s",
			 strerror(errno));
		return;
	}
	close(counter);
	lab_shown(lab, "  instructions; for counting",
		  lab_text(lab, "%.0f", instructions[0]),
		  lab_text(lab, "+%.0f, +%.0f", instructions[1] - instructions[0],
			   instructions[2] - instructions[0]));
}

static void run(struct lab *lab)
{
	static const struct work alone = { call, true, false, false };
	static const struct work counted = { call, true, true, false };
	static const struct work timed = { call, true, true, true };
	static const struct work never = { ask_vdso, false, true, false };
	double ns[3], instructions[3], unused;

	ns[0] = measure(lab, "getppid, not counted", &alone, &instructions[0]);
	ns[1] = measure(lab, "getppid, counted", &counted, &instructions[1]);
	ns[2] = measure(lab, "getppid, counted with time", &timed, &instructions[2]);
	lab_shown(lab, "  ns for counting; with time",
		  NULL, lab_text(lab, "%+.0f, %+.0f", ns[1] - ns[0], ns[2] - ns[0]));
	show_instructions(lab, instructions);
	measure(lab, "the time, by the vDSO", &never, &unused);
	measure_ring(lab);
}

const struct experiment lab_cost = {
	.name = "cost",
	.title = "what a crossing costs, and what it costs to be counted",
	.tried = "A program makes the cheapest of calls in a loop: alone, while the module counts "
		 "it, and while it keeps errors and time too. Then it does without crossing: by "
		 "the vDSO, and with an io_uring, which takes many operations in one call.",
	.means = "A crossing costs what many of the program's own instructions would, whatever the "
		 "call does then. Who makes many does well to batch them, or not to cross. "
		 "Counting adds a part of it, and nothing when nobody counts. Times are of the "
		 "cheapest tenth of the calls.",
	.further = "man 7 vdso; man 7 io_uring; perf stat -e instructions:uk; ringside status",
	.unit = "calls",
	.times = 50000,
	.most = 10000000,
	.run = run,
};
