// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab isolation: one address, two processes
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "actor.h"
#include "space.h"

enum { OLD = 1, NEW = 2 };

/* How many pages read as they were, or as the other one wrote them. */
enum { PRIVATE_OLD, PRIVATE_NEW, SHARED_OLD, SHARED_NEW };

struct memory {
	char *private, *shared;
	size_t nr, page;	/* pages, and bytes of one */
	bool writes;
};

static void write_pages(const struct memory *memory, char *at, size_t nr)
{
	for (; nr--; at += memory->page)
		*(volatile char *)at = NEW;
}

static void read_pages(struct actor *actor, const struct memory *memory)
{
	size_t i;

	memset((void *)actor->saw, 0, (SHARED_NEW + 1) * sizeof(*actor->saw));
	for (i = 0; i < memory->nr; i++) {
		volatile char *private = memory->private + i * memory->page;
		volatile char *shared = memory->shared + i * memory->page;

		actor->saw[PRIVATE_OLD] += *private == OLD;
		actor->saw[PRIVATE_NEW] += *private == NEW;
		actor->saw[SHARED_OLD] += *shared == OLD;
		actor->saw[SHARED_NEW] += *shared == NEW;
	}
}

/* Reads; then writes what is private, if that is its part; then what is shared; reads again. */
static void live(struct actor *actor)
{
	const struct memory *memory = actor->data;
	static char spare;

	/* What follows is to fault for its pages alone, not for its own code. */
	write_pages(memory, &spare, 1);
	read_pages(actor, memory);
	actor_hold(actor);
	if (memory->writes)
		write_pages(memory, memory->private, memory->nr);
	actor_hold(actor);
	if (memory->writes)
		write_pages(memory, memory->shared, memory->nr);
	actor_hold(actor);
	read_pages(actor, memory);
}

/* How many of the pages lie in one frame for both; -1 after lab_failed(). */
static int64_t same_frames(struct lab *lab, const struct memory *memory, const char *at,
			   const struct actor *actors)
{
	int64_t same = 0;
	size_t i;

	for (i = 0; i < memory->nr; i++) {
		uintptr_t address = (uintptr_t)at + i * memory->page;
		struct way ways[2];

		if (!space_walk(lab, actors[0].pid, address, &ways[0]) ||
		    !space_walk(lab, actors[1].pid, address, &ways[1]))
			return -1;
		same += ways[0].frame && ways[0].frame == ways[1].frame;
	}
	return same;
}

static void compare_frames(struct lab *lab, const char *what, uint64_t user,
			   const struct memory *memory, const char *at,
			   const struct actor *actors)
{
	int64_t same = same_frames(lab, memory, at, actors);

	if (same >= 0)
		lab_same(lab, what, user, same);
}

/* Pages of the private memory that more than one process has. */
static bool compare_shared(struct lab *lab, const char *what, uint64_t user,
			   const struct memory *memory, pid_t pid)
{
	union value row[RINGSIDE_A_MAP_MAX + 1];

	if (!space_area(lab, pid, (uintptr_t)memory->private, row))
		return false;
	lab_same(lab, what, user, row[RINGSIDE_A_MAP_SHARED].num / memory->page);
	return true;
}

static uint64_t fewer(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Both have read, and are held. The first one writes; what user space tells is known at the end. */
static void compare(struct lab *lab, struct actor *actors, const struct memory *memory)
{
	union value before[RINGSIDE_A_TASK_MAX + 1], after[RINGSIDE_A_TASK_MAX + 1];
	bool frames = space_frames(lab);
	struct actor *writer = &actors[0], *reader = &actors[1];
	struct way way;

	if (!space_walk(lab, writer->pid, (uintptr_t)memory->private, &way))
		return;
	lab_shown(lab, "an address; levels to its page", lab_text(lab, "%p", memory->private),
		  lab_text(lab, "%u", way.nr));
	if (!compare_shared(lab, "fork: pages that both have",
			    fewer(writer->saw[PRIVATE_OLD], reader->saw[PRIVATE_OLD]), memory,
			    writer->pid))
		return;
	if (frames)
		compare_frames(lab, "  in one frame",
			       fewer(writer->saw[PRIVATE_OLD], reader->saw[PRIVATE_OLD]), memory,
			       memory->private, actors);

	if (!lab_task(lab, writer->pid, before) || !actor_go(writer) || !actor_go(reader) ||
	    !lab_task(lab, writer->pid, after))
		return;
	lab_same(lab, "one writes: pages, faults", memory->nr,
		 after[RINGSIDE_A_TASK_MIN_FLT].num - before[RINGSIDE_A_TASK_MIN_FLT].num);
	/* First the writes to what is shared, then both look. */
	if (!actor_go(writer) || !actor_go(reader) || !actor_go(writer) || !actor_go(reader))
		return;
	lab_shown(lab, "  that read new, and old",
		  lab_text(lab, "%llu, %llu", (unsigned long long)writer->saw[PRIVATE_NEW],
			   (unsigned long long)reader->saw[PRIVATE_OLD]), NULL);
	compare_shared(lab, "  that both have now",
		       fewer(writer->saw[PRIVATE_NEW], reader->saw[PRIVATE_NEW]), memory,
		       writer->pid);
	if (!frames) {
		lab_skip(lab, "frames", "their numbers are for who has CAP_SYS_ADMIN");
		return;
	}
	compare_frames(lab, "  in one frame now",
		       fewer(writer->saw[PRIVATE_NEW], reader->saw[PRIVATE_NEW]), memory,
		       memory->private, actors);
	compare_frames(lab, "MAP_SHARED: written by one, read", reader->saw[SHARED_NEW], memory,
		       memory->shared, actors);
}

static void run(struct lab *lab)
{
	struct memory memory = { .nr = lab->times, .page = sysconf(_SC_PAGESIZE) };
	size_t len = memory.nr * memory.page;
	struct memory writing;
	struct actor actors[2];

	memory.private = space_reserve(len);
	memory.shared = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!memory.private || memory.shared == MAP_FAILED) {
		lab_failed(lab, "memory", "there is none: %s", strerror(errno));
		return;
	}
	/* Kernels without huge pages refuse, and are right. */
	madvise(memory.private, len, MADV_NOHUGEPAGE);
	memset(memory.private, OLD, len);
	memset(memory.shared, OLD, len);
	writing = memory;
	writing.writes = true;
	if (!actor_start(lab, &actors[0], live, &writing))
		return;
	if (actor_start(lab, &actors[1], live, &memory)) {
		if (actor_go(&actors[0]) && actor_go(&actors[1]))
			compare(lab, actors, &memory);
		actor_end(&actors[1]);
	}
	actor_end(&actors[0]);
	munmap(memory.private, len);
	munmap(memory.shared, len);
}

const struct experiment lab_isolation = {
	.name = "isolation",
	.title = "one address, two processes",
	.tried = "A process fills memory and forks twice: both children read the same at the same "
		 "addresses. Then one of them writes, to memory of its own and to memory that is "
		 "shared; the module walks the page tables of both, before and after.",
	.means = "An address means nothing without a process: its page tables say which frame of "
		 "memory it is. fork(2) copies no memory, only the tables; the first write to a "
		 "page faults, and the kernel gives the writer a copy. MAP_SHARED keeps one frame "
		 "for all.",
	.further = "man 2 fork; /proc/PID/smaps; ringside maps PID; ringside maps PID ADDRESS",
	.unit = "pages",
	.times = 64,
	.most = 65536,
	.run = run,
};
