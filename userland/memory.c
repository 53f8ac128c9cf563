// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside memory: where the memory is, and with -d how it moves
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "commands.h"
#include "format.h"
#include "sample.h"
#include "say.h"
#include "view.h"

#define A(name)	RINGSIDE_A_MEMORY_##name

#define BYTES(name, about) \
	{ #name, about, .attr = { A(name) }, .kind = KIND_BYTES }
#define BYTES_MOVED(name, about) \
	{ #name, about, .attr = { A(name) }, .kind = KIND_BYTES, .counter = true }
#define COUNTED(name, about) \
	{ #name, about, .attr = { A(name) }, .kind = KIND_COUNT, .counter = true }
#define LOAD(name, about) \
	{ #name, about, .attr = { A(name) }, .kind = KIND_HUNDREDTHS }

static const struct column columns[] = {
	BYTES(MEM_TOTAL, "usable RAM"),
	{ "USED", "MEM_TOTAL without MEM_AVAILABLE",
	  .attr = { A(MEM_TOTAL), -A(MEM_AVAILABLE) }, .kind = KIND_BYTES },
	BYTES(MEM_FREE, "unused RAM"),
	BYTES(MEM_AVAILABLE, "estimate of what is to be had without swapping"),
	{ "AVAIL", "the same, under a short name",
	  .attr = { A(MEM_AVAILABLE) }, .kind = KIND_BYTES },
	BYTES(BUFFERS, "cache of block devices"),
	BYTES(CACHED, "page cache without BUFFERS and SWAP_CACHED"),
	BYTES(SWAP_CACHED, "swapped out and still in RAM"),
	BYTES(ACTIVE_ANON, "anonymous memory in use lately"),
	BYTES(INACTIVE_ANON, "anonymous memory not in use lately"),
	BYTES(ACTIVE_FILE, "page cache in use lately"),
	BYTES(INACTIVE_FILE, "page cache not in use lately: it goes first"),
	BYTES(UNEVICTABLE, "memory that can't be reclaimed"),
	BYTES(MLOCKED, "memory locked by mlock"),
	BYTES(SWAP_TOTAL, "swap space"),
	{ "SWAP_USED", "swap space in use",
	  .attr = { A(SWAP_TOTAL), -A(SWAP_FREE) }, .kind = KIND_BYTES },
	BYTES(SWAP_FREE, "swap space left"),
	BYTES(DIRTY, "page cache that waits to be written"),
	BYTES(WRITEBACK, "page cache that is being written"),
	BYTES(ANON_PAGES, "mapped anonymous memory"),
	BYTES(MAPPED, "mapped files"),
	BYTES(SHMEM, "shared memory and tmpfs"),
	BYTES(SLAB_RECLAIMABLE, "kernel objects that can be reclaimed"),
	BYTES(SLAB_UNRECLAIMABLE, "kernel objects that can't be reclaimed"),
	BYTES(KERNEL_STACK, "kernel stacks of tasks"),
	BYTES(PAGE_TABLES, "page tables"),
	BYTES(COMMITTED_AS, "promised to programs, touched or not"),
	BYTES_MOVED(PGPGIN, "read from block devices"),
	BYTES_MOVED(PGPGOUT, "written to block devices"),
	BYTES_MOVED(PSWPIN, "swapped in"),
	BYTES_MOVED(PSWPOUT, "swapped out"),
	COUNTED(PGFREE, "pages freed"),
	COUNTED(PGFAULT, "page faults"),
	COUNTED(PGMAJFAULT, "page faults that took I/O"),
	COUNTED(PGSCAN_KSWAPD, "pages looked at by kswapd"),
	COUNTED(PGSCAN_DIRECT, "pages looked at by tasks in need"),
	{ "SCAN", "pages looked at by either",
	  .attr = { A(PGSCAN_KSWAPD), A(PGSCAN_DIRECT) }, .kind = KIND_COUNT, .counter = true },
	COUNTED(PGSTEAL_KSWAPD, "pages reclaimed by kswapd"),
	COUNTED(PGSTEAL_DIRECT, "pages reclaimed by tasks in need"),
	COUNTED(OOM_KILL, "processes killed for want of memory"),
	LOAD(LOAD1, "load average of 1 minute"),
	LOAD(LOAD5, "load average of 5 minutes"),
	LOAD(LOAD15, "load average of 15 minutes"),
	COUNTED(CONTEXT_SWITCHES, "context switches of all CPUs"),
	{ "CS", "the same, under a short name",
	  .attr = { A(CONTEXT_SWITCHES) }, .kind = KIND_COUNT, .counter = true },
};

/* What vmstat's readers look for, in 80 columns. */
#define HEADING_EVERY	20	/* lines */
#define RATES	"LOAD1,AVAIL,CACHED,PGPGIN,PGPGOUT,PSWPIN,PSWPOUT,PGFAULT,SCAN,CS"

const struct noun memory_noun = {
	.name = "memory",
	.about = "Where the machine's memory is. With -d a line every SECONDS: what counts since\n"
		 "boot is then shown per second, and the default is\n" RATES ".",
	.cmd = RINGSIDE_CMD_MEMORY_GET,
	.single = true,
	.width = RINGSIDE_A_MEMORY_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "ALL",
};

/* Without -o: everything at a glance, three columns side by side. */
#define GRID_BLOCKS	3

static const char *const grid_titles[GRID_BLOCKS] = { "MEMORY", "KERNEL AND SWAP", "SINCE BOOT" };

static const char *const grid[][GRID_BLOCKS] = {
	{ "MEM_TOTAL", "SLAB_RECLAIMABLE", "PGFAULT" },
	{ "USED", "SLAB_UNRECLAIMABLE", "PGMAJFAULT" },
	{ "MEM_AVAILABLE", "KERNEL_STACK", "PGPGIN" },
	{ "MEM_FREE", "PAGE_TABLES", "PGPGOUT" },
	{ "BUFFERS", "COMMITTED_AS", "PSWPIN" },
	{ "CACHED", "UNEVICTABLE", "PSWPOUT" },
	{ "ANON_PAGES", "MLOCKED", "PGFREE" },
	{ "MAPPED", "DIRTY", "PGSCAN_KSWAPD" },
	{ "SHMEM", "WRITEBACK", "PGSCAN_DIRECT" },
	{ "ACTIVE_ANON", "SWAP_TOTAL", "PGSTEAL_KSWAPD" },
	{ "INACTIVE_ANON", "SWAP_USED", "PGSTEAL_DIRECT" },
	{ "ACTIVE_FILE", "SWAP_FREE", "OOM_KILL" },
	{ "INACTIVE_FILE", "SWAP_CACHED", "CONTEXT_SWITCHES" },
	{ "LOAD1", "LOAD5", "LOAD15" },
};

#define GRID_LINES	ARRAY_SIZE(grid)

static void lower(const char *text, char *out, size_t size)
{
	while (*text && --size)
		*out++ = tolower((unsigned char)*text++);
	*out = '\0';
}

static void print_grid(const struct view *view, const union value *row)
{
	int names[GRID_BLOCKS] = { 0 }, values[GRID_BLOCKS] = { 0 };
	char text[GRID_LINES][GRID_BLOCKS][FORMAT_SCRATCH + 1];
	size_t line, block, len;

	for (line = 0; line < GRID_LINES; line++) {
		for (block = 0; block < GRID_BLOCKS; block++) {
			const char *name = grid[line][block];

			format_value(noun_column(&memory_noun, name, strlen(name)), row, false,
				     text[line][block], &len);
			text[line][block][len] = '\0';
			if ((int)len > values[block])
				values[block] = len;
			if ((int)strlen(name) > names[block])
				names[block] = strlen(name);
		}
	}
	for (block = 0; block < GRID_BLOCKS && !view->noheadings; block++) {
		bool last = block + 1 == GRID_BLOCKS;

		printf("%-*s%s", last ? 0 : names[block] + 1 + values[block], grid_titles[block],
		       last ? "\n" : "   ");
	}
	for (line = 0; line < GRID_LINES; line++) {
		for (block = 0; block < GRID_BLOCKS; block++) {
			char name[32];

			lower(grid[line][block], name, sizeof(name));
			printf("%-*s %*s%s", names[block], name, values[block], text[line][block],
			       block + 1 < GRID_BLOCKS ? "   " : "\n");
		}
	}
}

/* With -b, where the grid would be too wide: a line each, and what it is. */
static void print_list(const union value *row)
{
	size_t i, len;

	for (i = 0; i < memory_noun.nr_columns; i++) {
		char name[32], text[FORMAT_SCRATCH];
		const char *value = format_value(&columns[i], row, true, text, &len);

		lower(columns[i].name, name, sizeof(name));
		printf("%-18s %15.*s  %s\n", name, (int)len, value, columns[i].help);
	}
}

/*
 * Counters become what they grew by in a second. They are summed over CPUs that
 * go on counting, so one may seem to go back: that is nothing.
 */
static void make_rates(union value *row, const union value *now, const union value *before,
		       double seconds)
{
	size_t i;

	memcpy(row, now, memory_noun.width * sizeof(*row));
	for (i = 0; i < memory_noun.nr_columns; i++) {
		const struct column *c = &columns[i];
		uint64_t more;

		if (!c->counter || c->attr[1])
			continue;
		more = now[c->attr[0]].num - before[c->attr[0]].num;
		row[c->attr[0]].num = (int64_t)more > 0 ? more / seconds + 0.5 : 0;
	}
}

struct options_here {
	struct sample sample;
	bool noheadings;
};

static const struct choice choices[] = {
	SAMPLE_CHOICES("a line every so often; a fraction will do"),
	{ }
};

static int take(void *data, int letter, const char *arg)
{
	struct options_here *here = data;

	return sample_take(&here->sample, letter, arg);
}

static void show_rates(struct view *view, const struct rows *now, const struct rows *before,
		       double seconds, unsigned long nr)
{
	const struct options_here *here = view->data;
	bool again = isatty(STDOUT_FILENO) && nr % HEADING_EVERY == 0;
	struct rows rates;

	if (!now->nr || !before->nr)
		return;
	rows_init(&rates, &memory_noun);
	make_rates(rows_add(&rates), rows_get(now, 0), rows_get(before, 0), seconds);
	view->noheadings = here->noheadings || (nr && !again);
	view_print(view, &rates);
	rows_clear(&rates);
}

int memory_run(int argc, char **argv)
{
	struct options_here here = { 0 };
	struct view view = {
		.noun = &memory_noun,
		.choices = choices,
		.take = take,
		.data = &here,
		.floor = 6,
	};
	struct request req;
	struct rows rows;

	if (view_parse(&view, argc, argv) < 0)
		return view.status;
	here.noheadings = view.noheadings;
	if (here.sample.seconds)
		view.defaults = RATES;
	if (view_ready(&view))
		return view.status;
	if (here.sample.seconds)
		return sample_run(&view, &here.sample, show_rates);

	rows_init(&rows, &memory_noun);
	request_init(&req, memory_noun.cmd);
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	if (!rows.nr) {
		say("memory: the answer was empty");
		return EXIT_FAILED;
	}
	if (view.columns_arg || view.layout != LAYOUT_TABLE)
		view_print(&view, &rows);
	else if (view.plain)
		print_list(rows_get(&rows, 0));
	else
		print_grid(&view, rows_get(&rows, 0));
	return EXIT_OK;
}
