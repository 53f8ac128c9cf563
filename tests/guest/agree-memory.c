// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every field of memory against the kernel's own files, read before and after.
 * What says the same both times must be what ringside says; what only grows
 * must lie in between; the rest is asked again, until it holds still.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "disk.h"
#include "lib.h"

enum where { MEMINFO, VMSTAT, STAT, LOADAVG, NR_FILES };

static const char * const files[NR_FILES] = {
	"/proc/meminfo", "/proc/vmstat", "/proc/stat", "/proc/loadavg"
};

#define KB	1024
#define PAGE	4096

static const struct source {
	int attr;
	enum where where;
	/* The value is the sum of these lines, or of those that begin so ("*"). */
	const char *line;
	int unit;
	bool grows;
} sources[] = {
#define S(NAME, ...) { RINGSIDE_A_MEMORY_##NAME, __VA_ARGS__ }
	S(MEM_TOTAL, MEMINFO, "MemTotal", KB), S(MEM_FREE, MEMINFO, "MemFree", KB),
	S(MEM_AVAILABLE, MEMINFO, "MemAvailable", KB), S(BUFFERS, MEMINFO, "Buffers", KB),
	S(CACHED, MEMINFO, "Cached", KB), S(SWAP_CACHED, MEMINFO, "SwapCached", KB),
	S(ACTIVE_ANON, MEMINFO, "Active(anon)", KB),
	S(INACTIVE_ANON, MEMINFO, "Inactive(anon)", KB),
	S(ACTIVE_FILE, MEMINFO, "Active(file)", KB),
	S(INACTIVE_FILE, MEMINFO, "Inactive(file)", KB),
	S(UNEVICTABLE, MEMINFO, "Unevictable", KB), S(MLOCKED, MEMINFO, "Mlocked", KB),
	S(SWAP_TOTAL, MEMINFO, "SwapTotal", KB), S(SWAP_FREE, MEMINFO, "SwapFree", KB),
	S(DIRTY, MEMINFO, "Dirty", KB), S(WRITEBACK, MEMINFO, "Writeback", KB),
	S(ANON_PAGES, MEMINFO, "AnonPages", KB), S(MAPPED, MEMINFO, "Mapped", KB),
	S(SHMEM, MEMINFO, "Shmem", KB), S(SLAB_RECLAIMABLE, MEMINFO, "SReclaimable", KB),
	S(SLAB_UNRECLAIMABLE, MEMINFO, "SUnreclaim", KB),
	S(KERNEL_STACK, MEMINFO, "KernelStack", KB), S(PAGE_TABLES, MEMINFO, "PageTables", KB),
	S(COMMITTED_AS, MEMINFO, "Committed_AS", KB),
	S(PGPGIN, VMSTAT, "pgpgin", KB, true), S(PGPGOUT, VMSTAT, "pgpgout", KB, true),
	S(PSWPIN, VMSTAT, "pswpin", PAGE, true), S(PSWPOUT, VMSTAT, "pswpout", PAGE, true),
	S(PGFREE, VMSTAT, "pgfree", 1, true), S(PGFAULT, VMSTAT, "pgfault", 1, true),
	S(PGMAJFAULT, VMSTAT, "pgmajfault", 1, true),
	S(PGSCAN_KSWAPD, VMSTAT, "pgscan_kswapd", 1, true),
	S(PGSCAN_DIRECT, VMSTAT, "pgscan_direct", 1, true),
	S(PGSTEAL_KSWAPD, VMSTAT, "pgsteal_kswapd", 1, true),
	S(PGSTEAL_DIRECT, VMSTAT, "pgsteal_direct", 1, true),
	S(OOM_KILL, VMSTAT, "oom_kill", 1, true),
	S(LOAD1, LOADAVG, NULL, 0), S(LOAD5, LOADAVG, NULL, 1), S(LOAD15, LOADAVG, NULL, 2),
	S(CONTEXT_SWITCHES, STAT, "ctxt", 1, true),
};

struct reading {
	int64_t v[ATTRS];
};

static int64_t load(const char *text, int nr)
{
	int whole[3] = { 0 }, part[3] = { 0 };

	sscanf(text, "%d.%d %d.%d %d.%d", &whole[0], &part[0], &whole[1], &part[1], &whole[2],
	       &part[2]);
	return whole[nr] * 100 + part[nr];
}

/*
 * Without taking or giving back memory, here and in main(): what this program
 * did between two readings would be in one and not in the other.
 */
static void read_all(struct reading *reading)
{
	static char text[NR_FILES][32768];
	unsigned int i;

	for (i = 0; i < NR_FILES; i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		ssize_t got, at = 0;

		while (fd >= 0 && (got = read(fd, text[i] + at, sizeof(text[i]) - at - 1)) > 0)
			at += got;
		if (!at)
			bail("%s: %s", files[i], strerror(errno));
		text[i][at] = '\0';
		close(fd);
	}
	for (i = 0; i < NR(sources); i++) {
		const struct source *source = &sources[i];
		const char *in = text[source->where];
		int64_t value;

		if (!source->line)
			value = load(in, source->unit);
		else if (number_after(in, source->line, &value))
			value *= source->unit;
		else
			bail("%s has no %s", files[source->where], source->line);
		reading->v[source->attr] = value;
	}
}

static int touch(void *arg)
{
	size_t size = *(size_t *)arg;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (at == MAP_FAILED)
		return -1;
	for (i = 0; i < size; i += 4096)
		at[i] = i >> 12;
	return 0;
}

static int locked(void *arg)
{
	return mlockall(MCL_CURRENT);
}

/* One that takes more than its cgroup may have, and is killed for it. */
static int greedy(void *arg)
{
	size_t size = 32 << 20;

	return write_file("/sys/fs/cgroup/greedy/cgroup.procs", "%d", getpid()) ? touch(&size) : 1;
}

static bool memory_controller(void)
{
	return write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
}

/* The kernel says a word at length about whom it kills: not for the console. */
static void kill_one(void)
{
	if (!memory_controller()) {
		diag("no memory controller");
		return;
	}
	mkdir("/sys/fs/cgroup/greedy", 0755);
	write_file("/sys/fs/cgroup/greedy/memory.max", "%d", 4 << 20);
	write_file("/sys/fs/cgroup/greedy/memory.swap.max", "0");
	write_file("/proc/sys/kernel/printk", "1");
	if (apart(greedy, NULL) != 128 + SIGKILL)
		diag("nobody was killed");
	write_file("/proc/sys/kernel/printk", "8");
	rmdir("/sys/fs/cgroup/greedy");
	write_file("/sys/fs/cgroup/cgroup.subtree_control", "-memory");
}

static int64_t counter(const char *name)
{
	char *text = slurp("/proc/vmstat", NULL);
	int64_t value = 0;

	number_after(text, name, &value);
	free(text);
	return value;
}

/*
 * Reads and writes a block device through the page cache: until memory is full
 * of what was read, and kswapd has had to make room. Then there is to be room
 * again: where it is short, pages go back at once that are else kept for a CPU.
 */
static int use_disk(void)
{
	static char buf[1 << 20];
	int i, fd = open(scratch_disk(), O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	for (i = 0; i < 1024 && !counter("pgsteal_kswapd"); i++)
		if (read(fd, buf, sizeof(buf)) != sizeof(buf))
			return -1;
	write_file("/proc/sys/vm/drop_caches", "1");
	lseek(fd, 0, SEEK_SET);
	for (i = 0; i < 2; i++)
		if (read(fd, buf, sizeof(buf)) != sizeof(buf))
			return -1;
	for (i = 0; i < 2; i++)
		if (write(fd, buf, sizeof(buf)) != sizeof(buf))
			return -1;
	if (fsync(fd))
		return -1;
	/* Of a few pages that are dirty the kernel may not tell for a second. */
	return pwrite(fd, buf, sizeof(buf), 0) == sizeof(buf) ? fd : -1;
}

/* What makes as many fields as can be not zero. The disk's descriptor. */
static int make_busy(const char **no_swap)
{
	static size_t some = 8 << 20;
	int fd;

	*no_swap = swap_on();
	child(touch, &some);
	child(locked, NULL);
	if (!*no_swap)
		child(swap_some, NULL);
	kill_one();
	fd = use_disk();
	if (fd < 0)
		diag("no block device: %s", strerror(errno));
	return fd;
}

static unsigned int compared[ATTRS], between[ATTRS], nonzero[ATTRS], in_a_row[ATTRS], differ;

/* In how many of the rounds values may have left and come back: one that does takes others with it. */
enum { ROUNDS = 40, MOST_BACK = 2 };

static unsigned int back;

static void compare(const struct reading *a, const struct reading *b, const struct row *row)
{
	unsigned int before = back, i;

	for (i = 0; i < NR(sources); i++) {
		const struct source *source = &sources[i];
		int attr = source->attr;
		int64_t low = a->v[attr], high = b->v[attr], ours = row->v[attr];

		/* meminfo and vmstat round down to their unit. */
		if (source->line && source->unit > 1)
			ours -= ours % source->unit;
		if (low != high && !source->grows)
			continue;
		compared[attr]++;
		between[attr] += low != high;
		nonzero[attr] += !!ours;
		if (ours >= low && ours <= high) {
			in_a_row[attr] = 0;
			continue;
		}
		/* What goes up and down may have done both in between: told, and rare, and not twice running. */
		if (!source->grows && !in_a_row[attr]++) {
			back = before + 1;
			if (back <= MOST_BACK)
				continue;
		}
		if (differ++ < 40)
			diag("%s: %s says %lld and then %lld, here it is %lld",
			     noun_of(RINGSIDE_CMD_MEMORY_GET)->fields[attr - 1].name,
			     files[source->where], (long long)low, (long long)high,
			     (long long)ours);
	}
}

/* Whether the kernel says that a field is not given here. */
static bool not_given(struct ring *r, const char *name)
{
	struct rows rows = { 0 };
	bool said;
	int err;

	ask(r, RINGSIDE_CMD_STATUS_GET, false);
	ask_str(r, RINGSIDE_A_STATUS_ITEM, "memory");
	err = answer(r, &rows);
	if (err)
		bail("status: %s (%s)", strerror(-err), r->why);
	said = strstr(rows.row[0].s[RINGSIDE_A_STATUS_DETAIL], name);
	rows_free(&rows);
	return said;
}

int main(void)
{
	unsigned int i, total = 0, moved = 0, never = 0, zero = 0, tries;
	struct reading before, after;
	struct rows rows = { 0 };
	const char *no_swap;
	bool no_swap_cached;
	struct ring r;
	int err, fd;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	fd = make_busy(&no_swap);
	/* The status says so, then: it counts as cached. */
	no_swap_cached = not_given(&r, "swap_cached");
	/* An answer of 32 KB, by default, is memory taken while it is made. */
	r.room = 4096;
	for (tries = 0; tries < ROUNDS; tries++) {
		rows.nr = 0;
		/* The kernel writes back what is dirty whenever it likes. */
		if (fd >= 0 && pwrite(fd, "dirty", 5, 0) != 5)
			diag("write: %s", strerror(errno));
		read_all(&before);
		ask(&r, RINGSIDE_CMD_MEMORY_GET, tries & 1);
		err = answer(&r, &rows);
		read_all(&after);
		if (err || rows.nr != 1)
			bail("memory: %s (%s), %u rows", strerror(-err), r.why, rows.nr);
		if (no_swap_cached) {
			before.v[RINGSIDE_A_MEMORY_CACHED] += before.v[RINGSIDE_A_MEMORY_SWAP_CACHED];
			after.v[RINGSIDE_A_MEMORY_CACHED] += after.v[RINGSIDE_A_MEMORY_SWAP_CACHED];
			before.v[RINGSIDE_A_MEMORY_SWAP_CACHED] = after.v[RINGSIDE_A_MEMORY_SWAP_CACHED] = 0;
		}
		compare(&before, &after, &rows.row[0]);
		usleep(20000);
	}
	ok(!differ, "every field that does not move is as in /proc, what grows is in between");
	if (differ)
		diag("%u differ", differ);
	for (i = 0; i < NR(sources); i++) {
		const char *name = noun_of(RINGSIDE_CMD_MEMORY_GET)->fields[sources[i].attr - 1].name;
		int attr = sources[i].attr;

		total += compared[attr];
		moved += between[attr];
		if (!compared[attr]) {
			diag("%s was never compared", name);
			never++;
		}
		zero += !nonzero[attr];
		if (!nonzero[attr])
			diag("%s is zero", name);
	}
	is(NR(sources), RINGSIDE_A_MEMORY_MAX, "every field has its source");
	ok(!never, "every field was compared");
	if (no_swap)
		skip(no_swap, "swapping shows");
	else
		ok(nonzero[RINGSIDE_A_MEMORY_SWAP_TOTAL] && nonzero[RINGSIDE_A_MEMORY_SWAP_FREE] &&
		   nonzero[RINGSIDE_A_MEMORY_PSWPOUT] && nonzero[RINGSIDE_A_MEMORY_PGSCAN_KSWAPD] &&
		   nonzero[RINGSIDE_A_MEMORY_PGSTEAL_KSWAPD], "swapping and reclaim show");
	ok(nonzero[RINGSIDE_A_MEMORY_OOM_KILL], "a process killed for want of memory shows");
	ok(fd >= 0 && nonzero[RINGSIDE_A_MEMORY_PGPGIN] && nonzero[RINGSIDE_A_MEMORY_PGPGOUT] &&
	   nonzero[RINGSIDE_A_MEMORY_BUFFERS] && nonzero[RINGSIDE_A_MEMORY_DIRTY],
	   "reading and writing a block device show");
	note("in %u of %u rounds values were others in between, where /proc said the same before and after", back, ROUNDS);
	note("compared %u values of %u fields, %u of them between two readings; %u fields were zero",
	     total, (unsigned int)NR(sources), moved, zero);
	wire_ok();
	children_end();
	if (!no_swap)
		swap_off();
	close(fd);
	scratch_disk_off();
	return tap_end();
}
