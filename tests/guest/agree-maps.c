// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Areas against /proc/PID/smaps, entries of page tables against
 * /proc/PID/pagemap: of a process that has every kind of memory, before and after
 * a copy on write, and of every other process.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "disk.h"
#include "lib.h"

#define M(name)	RINGSIDE_A_MAP_##name
#define P(name)	RINGSIDE_A_PAGE_##name

#define PAGE	4096UL
#define MIB	(1UL << 20)
#define HUGE	(2 * MIB)

static struct ring r;

/* An area as smaps tells of it. */
struct area {
	int64_t v[ATTRS];	/* by RINGSIDE_A_MAP_* */
	char perms[8], device[16], name[256];
};

#define AREAS	1024

/* "/proc" shows a newline as \012; of a long name we show the end. */
static void as_shown(char *to, const char *from)
{
	char plain[4200], *out = plain;

	while (*from) {
		if (!strncmp(from, "\\012", 4)) {
			*out++ = '\n';
			from += 4;
		} else {
			*out++ = *from++;
		}
	}
	*out = '\0';
	if (out - plain > 255)
		sprintf(to, "...%s", out - 252);
	else
		strcpy(to, plain);
}

static struct area *smaps(pid_t pid, unsigned int *nr)
{
	static const struct {
		const char *name;
		int attr;
	} sizes[] = {
		{ "KernelPageSize", M(PAGE_SIZE) }, { "Rss", M(RSS) }, { "Anonymous", M(ANON) },
		{ "Shared_Clean", M(SHARED) }, { "Shared_Dirty", M(SHARED) }, { "Shared_Dirty", M(DIRTY) },
		{ "Private_Dirty", M(DIRTY) }, { "AnonHugePages", M(HUGE) }, { "ShmemPmdMapped", M(HUGE) },
		{ "FilePmdMapped", M(HUGE) }, { "Swap", M(SWAP) }, { "Shared_Hugetlb", M(HUGETLB) },
		{ "Private_Hugetlb", M(HUGETLB) },
	};
	struct area *areas = calloc(AREAS, sizeof(*areas)), *area = NULL;
	char path[64], *text, *line, *save;
	unsigned int i;

	if (!areas)
		bail("no memory for areas");
	*nr = 0;
	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	text = slurp(path, NULL);
	for (line = text ? strtok_r(text, "\n", &save) : NULL; line; line = strtok_r(NULL, "\n", &save)) {
		unsigned long long start, end, offset, inode;
		unsigned int major, minor;
		char perms[8], word[64];
		long long kib;
		int at = 0;

		if (sscanf(line, "%llx-%llx %7s %llx %x:%x %llu %n", &start, &end, perms, &offset, &major, &minor, &inode, &at) == 7) {
			if (*nr == AREAS)
				bail("%s has more than %d areas", path, AREAS);
			area = &areas[(*nr)++];
			area->v[M(START)] = start;
			area->v[M(END)] = end;
			area->v[M(OFFSET)] = offset;
			area->v[M(INODE)] = inode;
			strcpy(area->perms, perms);
			if (inode || major || minor)
				snprintf(area->device, sizeof(area->device), "%u:%u", major, minor);
			as_shown(area->name, line + at);
		} else if (area && sscanf(line, "%63[^:]: %lld kB", word, &kib) == 2) {
			for (i = 0; i < NR(sizes); i++)
				if (!strcmp(sizes[i].name, word))
					area->v[sizes[i].attr] += kib * 1024;
		}
	}
	free(text);
	/* It is at an address of the kernel's. */
	if (*nr && !strcmp(areas[*nr - 1].name, "[vsyscall]"))
		--*nr;
	return areas;
}

static int ask_maps(pid_t pid, struct rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	ask(&r, RINGSIDE_CMD_MAP_GET, true);
	ask_u32(&r, M(PID), pid);
	return answer(&r, rows);
}

static int ask_pages(pid_t pid, uint64_t address, struct rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	ask(&r, RINGSIDE_CMD_PAGE_GET, true);
	ask_u32(&r, P(PID), pid);
	ask_u64(&r, P(ADDRESS), address);
	return answer(&r, rows);
}

static unsigned int compared[ATTRS], told[ATTRS], differ, moved;

static void differs(pid_t pid, const struct area *area, const char *what, const char *theirs, const char *ours)
{
	if (differ++ < 30)
		diag("%d, %llx %.60s: %s is %s in smaps and %s here", pid, (long long)area->v[M(START)], area->name, what, theirs, ours);
}

static void compare_area(pid_t pid, const struct area *a, const struct area *b, const struct row *row)
{
	static const struct field *fields;
	int attr;

	fields = noun_of(RINGSIDE_CMD_MAP_GET)->fields;
	if (row->v[M(PID)] != pid)
		differs(pid, a, "pid", "it", "another");
	if (strcmp(a->perms, row->s[M(PERMS)]))
		differs(pid, a, "perms", a->perms, row->s[M(PERMS)]);
	if (strcmp(a->device, row->s[M(DEVICE)]))
		differs(pid, a, "device", a->device, row->s[M(DEVICE)]);
	if (strcmp(a->name, row->s[M(NAME)]))
		differs(pid, a, "name", a->name, row->s[M(NAME)]);
	for (attr = M(START); attr <= RINGSIDE_A_MAP_MAX; attr++) {
		char theirs[32], ours[32];

		if (fields[attr - 1].type != UINT)
			continue;
		/* Of files in memory smaps adds what no page table tells. */
		if (attr == M(SWAP) && a->v[M(INODE)])
			continue;
		if (a->v[attr] != b->v[attr]) {
			moved++;
			continue;
		}
		compared[attr]++;
		told[attr] += a->v[attr] != 0;
		if (a->v[attr] == row->v[attr])
			continue;
		snprintf(theirs, sizeof(theirs), "%lld", (long long)a->v[attr]);
		snprintf(ours, sizeof(ours), "%lld", (long long)row->v[attr]);
		differs(pid, a, fields[attr - 1].name, theirs, ours);
	}
}

/* Whether it was possible: areas that come and go are no fault of anybody's. */
static bool compare_maps(pid_t pid)
{
	struct area *before, *after;
	unsigned int nr_before, nr_after, i;
	struct rows rows;
	bool same;
	int err;

	before = smaps(pid, &nr_before);
	err = ask_maps(pid, &rows);
	after = smaps(pid, &nr_after);
	same = !err && !r.intr && nr_before == nr_after;
	for (i = 0; same && i < nr_before; i++)
		same = before[i].v[M(START)] == after[i].v[M(START)] && before[i].v[M(END)] == after[i].v[M(END)];
	if (same && rows.nr != nr_before && differ++ < 30)
		diag("%d has %u areas in smaps and %u here", pid, nr_before, rows.nr);
	for (i = 0; same && i < nr_before && i < rows.nr; i++)
		compare_area(pid, &before[i], &after[i], &rows.row[i]);
	free(before);
	free(after);
	rows_free(&rows);
	return same && nr_before;
}

/* Entries of page tables */

static uint64_t pagemap(pid_t pid, uint64_t address)
{
	uint64_t entry = 0;
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || pread(fd, &entry, sizeof(entry), address / PAGE * sizeof(entry)) != sizeof(entry))
		bail("%s: %s", path, strerror(errno));
	close(fd);
	return entry;
}

static bool has_flag(const struct row *row, const char *flag)
{
	const char *at = strstr(row->s[P(FLAGS)], flag);
	char end = at ? at[strlen(flag)] : 1;

	return at && (at == row->s[P(FLAGS)] || at[-1] == ',') && (!end || end == ',');
}

static unsigned int walked, in_huge, absent, swapped, wrong;

static void is_wrong(pid_t pid, uint64_t address, const char *what)
{
	if (wrong++ < 30)
		diag("%d, address %llx: %s", pid, (long long)address, what);
}

/* From the top down, each for a part of what the one above it is for. */
static void check_way(pid_t pid, uint64_t address, const struct rows *rows)
{
	static const char * const levels[] = { "PGD", "P4D", "PUD", "PMD", "PTE" };
	unsigned int i, level = 0;

	for (i = 0; i < rows->nr; i++) {
		const struct row *row = &rows->row[i];
		bool last = i == rows->nr - 1;

		if (i && !strcmp(row->s[P(LEVEL)], "PUD") && level == 1)
			level++;
		if (level >= NR(levels) || strcmp(row->s[P(LEVEL)], levels[level++]))
			is_wrong(pid, address, "a level is out of order");
		if (row->v[P(PID)] != pid || (uint64_t)row->v[P(ADDRESS)] != address)
			is_wrong(pid, address, "a row is of something else");
		if ((uint64_t)row->v[P(INDEX)] != address / row->v[P(SIZE)] % 512)
			is_wrong(pid, address, "an index is not the one of the address");
		if (i && row->v[P(SIZE)] * 512 != row[-1].v[P(SIZE)])
			is_wrong(pid, address, "an entry is not for a 512th of the one above");
		if (!strcmp(row->s[P(STATE)], "table") == last)
			is_wrong(pid, address, "the last is a table, or another is none");
		if (!strcmp(row->s[P(STATE)], "table") && (!row->v[P(FRAME)] || !has_flag(row, "user")))
			is_wrong(pid, address, "a table has no frame, or is not for user space");
		if (!strcmp(row->s[P(LEVEL)], "PTE") && row->v[P(SIZE)] != PAGE)
			is_wrong(pid, address, "a PTE is not for a page");
	}
}

/* What of an area's rights its entry must not give. One that gives none is not present to the processor. */
static void check_rights(pid_t pid, uint64_t address, const char *perms, const struct row *leaf)
{
	if (*perms == '-')
		return;
	if (perms[1] == '-' && has_flag(leaf, "write"))
		is_wrong(pid, address, "it can be written to, its area can't");
	if (perms[2] == '-' && !has_flag(leaf, "nx"))
		is_wrong(pid, address, "it can be executed, its area can't");
	if (!has_flag(leaf, "user"))
		is_wrong(pid, address, "it is not for user space");
}

static void compare_page(pid_t pid, uint64_t address, const char *perms)
{
	uint64_t before = pagemap(pid, address), frame;
	const struct row *leaf;
	const char *state;
	struct rows rows;

	if (ask_pages(pid, address, &rows) || before != pagemap(pid, address)) {
		rows_free(&rows);
		moved++;
		return;
	}
	walked++;
	check_way(pid, address, &rows);
	leaf = &rows.row[rows.nr - 1];
	state = leaf->s[P(STATE)];
	if (before >> 63) {
		frame = leaf->v[P(FRAME)] + address % leaf->v[P(SIZE)] / PAGE;
		if (strcmp(state, "page") || frame != (before & ((1ULL << 55) - 1)))
			is_wrong(pid, address, "pagemap has another page");
		check_rights(pid, address, perms, leaf);
		in_huge += has_flag(leaf, "huge");
		if (has_flag(leaf, "huge") != ((uint64_t)leaf->v[P(SIZE)] > PAGE))
			is_wrong(pid, address, "a huge page is not said to be one");
	} else if (before >> 62) {
		swapped++;
		if (strcmp(state, "swap") && strcmp(state, "migration"))
			is_wrong(pid, address, "pagemap has it swapped out");
	} else {
		absent++;
		if (strcmp(state, "none"))
			is_wrong(pid, address, "pagemap has nothing there");
	}
	rows_free(&rows);
}

/* Some pages of each area: the first, the last, and others apart by much. */
static void compare_pages(pid_t pid)
{
	struct rows maps;
	unsigned int i, n;

	if (ask_maps(pid, &maps))
		return;
	for (i = 0; i < maps.nr; i++) {
		uint64_t start = maps.row[i].v[M(START)], end = maps.row[i].v[M(END)];
		uint64_t step = (end - start) / 5 / PAGE * PAGE;

		for (n = 0; n < 5 && (!n || step); n++)
			compare_page(pid, start + n * step + 7, maps.row[i].s[M(PERMS)]);
		compare_page(pid, end - 1, maps.row[i].s[M(PERMS)]);
	}
	rows_free(&maps);
}

/* A process with memory of every kind */

static char *map(size_t size, int prot, int flags, int fd)
{
	char *at = mmap(NULL, size, prot, flags, fd, 0);

	if (at == MAP_FAILED)
		bail("mmap: %s", strerror(errno));
	return at;
}

static void touch(volatile char *at, size_t size, size_t step)
{
	size_t i;

	for (i = 0; i < size; i += step)
		at[i] = 1;
}

static unsigned int sum;

static void look_at(volatile char *at, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE)
		sum += at[i];
}

#define LONG_NAME	200

static int file_of(const char *dir, const char *name, size_t size)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, size))
		bail("%s: %s", path, strerror(errno));
	return fd;
}

static char *huge_page(void)
{
	char *at = map(3 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	at += -(unsigned long)at & (HUGE - 1);
	madvise(at, HUGE, MADV_HUGEPAGE);
	touch(at, HUGE, PAGE);
	return at;
}

static int every_kind(void *arg)
{
	const int rw = PROT_READ | PROT_WRITE, mine = MAP_PRIVATE | MAP_ANONYMOUS;
	char dir[300] = "/mnt/maps/", *at;
	int fd;

	memset(dir + strlen(dir), 'd', LONG_NAME);
	mkdir(dir, 0700);
	at = map(4 * MIB, rw, mine, -1);
	touch(at, MIB, PAGE);
	look_at(at + 2 * MIB, MIB);
	mprotect(at, MIB / 2, PROT_READ);
	mprotect(at + MIB / 2, MIB / 4, PROT_NONE);
	at = map(MIB, rw, MAP_SHARED | MAP_ANONYMOUS, -1);
	touch(at, MIB / 2, PAGE);
	at = map(MIB, rw, MAP_PRIVATE, file_of("/mnt/maps", "private", MIB));
	look_at(at, MIB / 2);
	touch(at, MIB / 4, PAGE);
	at = map(MIB, rw, MAP_SHARED, file_of("/mnt/maps", "of two\nlines, shared", MIB));
	look_at(at, MIB / 2);
	touch(at, MIB / 4, PAGE);
	fd = file_of(dir, "with a long name, of which the end is shown, and dots in front of it", MIB);
	at = map(MIB, PROT_READ, MAP_SHARED, fd);
	look_at(at, MIB / 8);
	fd = memfd_create("of memory", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, MIB))
		bail("memfd: %s", strerror(errno));
	at = map(MIB, rw, MAP_SHARED, fd);
	touch(at, MIB, PAGE);
	at = map(MIB, rw, MAP_SHARED, fd);
	look_at(at, MIB);
	/* Far more than is looked at in one go, and almost nothing there. */
	at = map(1UL << 40, rw, mine | MAP_NORESERVE, -1);
	touch(at, 1UL << 40, 1UL << 37);
	/* As is this, with pages everywhere. */
	at = map(160 * MIB, rw, mine, -1);
	madvise(at, 160 * MIB, MADV_NOHUGEPAGE);
	touch(at, 160 * MIB, PAGE);
	huge_page();
	at = mmap(NULL, 3 * HUGE, rw, mine | MAP_HUGETLB, -1, 0);
	if (at != MAP_FAILED)
		touch(at, 2 * HUGE, HUGE);
	return 0;
}

/* Before and after a copy on write */

static char *page;		/* one of both */
static volatile int *turn;	/* shared */

static void wait_turn(int nr)
{
	while (*turn < nr)
		usleep(1000);
}

static int write_later(void *arg)
{
	wait_turn(1);
	*page = 2;
	*turn = 2;
	return 0;
}

static const struct row *leaf_of(pid_t pid, struct rows *rows)
{
	if (ask_pages(pid, (unsigned long)page, rows))
		bail("the way to a page of %d: %s", pid, r.why);
	return &rows->row[rows->nr - 1];
}

static void copy_on_write(void)
{
	struct rows parents, childs;
	const struct row *a, *b;
	int status;
	pid_t pid;

	turn = shared(sizeof(*turn));
	page = map(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	*page = 1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		*turn = write_later(NULL) ? 0 : 2;
		wait_turn(3);
		_exit(0);
	}
	a = leaf_of(getpid(), &parents);
	b = leaf_of(pid, &childs);
	ok(a->v[P(FRAME)] && a->v[P(FRAME)] == b->v[P(FRAME)], "after a fork both have the same page frame");
	ok(!has_flag(a, "write") && !has_flag(b, "write"), "and neither may write to it");
	rows_free(&parents);
	rows_free(&childs);
	*turn = 1;
	wait_turn(2);
	a = leaf_of(getpid(), &parents);
	b = leaf_of(pid, &childs);
	ok(b->v[P(FRAME)] && a->v[P(FRAME)] != b->v[P(FRAME)], "the one that wrote has a frame of its own");
	ok(has_flag(b, "write") && has_flag(b, "dirty"), "which it may write to, and has");
	rows_free(&parents);
	rows_free(&childs);
	*turn = 3;
	waitpid(pid, &status, 0);
}

int main(void)
{
	unsigned int i, nr, good = 0, tried = 0;
	const char *no_swap;
	pid_t subject, *pids;
	bool whole = false;
	int attr;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	mkdir("/mnt/maps", 0755);
	if (mount("none", "/mnt/maps", "tmpfs", 0, NULL))
		bail("mount tmpfs: %s", strerror(errno));
	/* Before pages are huge: one that was did not go to this swap area on 7.3. */
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "never");
	no_swap = swap_on();
	if (!no_swap)
		child(swap_some, NULL);
	/* With less memory than 512 MB it is off. */
	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "always");
	write_file("/proc/sys/vm/nr_hugepages", "4");
	subject = child(every_kind, NULL);

	for (i = 0; i < 5 && !whole; i++)
		whole = compare_maps(subject);
	ok(whole && !differ, "a process with memory of every kind: as in smaps");
	pids = pids_read("/proc", &nr);
	for (i = 0; i < nr; i++) {
		good += compare_maps(pids[i]);
		tried++;
	}
	ok(good > 4 && !differ, "%u of %u processes too (the kernel's own have no areas)", good, tried);
	for (attr = M(START); attr <= RINGSIDE_A_MAP_MAX; attr++)
		if (attr != M(PERMS) && attr != M(DEVICE) && attr != M(NAME) && !(attr == M(SWAP) && no_swap))
			ok(compared[attr] > 50 && told[attr], "%s: %u compared, of which %u are not 0",
			   noun_of(RINGSIDE_CMD_MAP_GET)->fields[attr - 1].name, compared[attr], told[attr]);
	if (no_swap)
		skip(no_swap, "swap");

	for (i = 0; i < nr; i++)
		compare_pages(pids[i]);
	ok(walked > 200 && !wrong, "%u ways to pages: as in pagemap", walked);
	ok(in_huge > 0 && absent > 20, "%u of them in huge pages, %u to nothing", in_huge, absent);
	if (no_swap)
		skip(no_swap, "and to what is swapped out");
	else
		ok(swapped > 0, "and %u to what is swapped out", swapped);
	note("%u figures and entries moved meanwhile", moved);
	free(pids);

	copy_on_write();

	children_end();
	swap_off();
	umount2("/mnt/maps", MNT_DETACH);
	write_file("/proc/sys/vm/nr_hugepages", "0");
	wire_ok();
	return tap_end();
}
