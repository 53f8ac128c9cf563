// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ringside.h>

#include "tally.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

#define WHOLE	10000	/* hundredths of a percent */

static const struct column columns[] = {
	{ "%TIME", "share of the time that all calls took",
	  .attr = { TALLY_TIME_SHARE }, .kind = KIND_HUNDREDTHS },
	{ "SECONDS", "time it took: on a CPU in the kernel, with -w by the clock",
	  .attr = { TALLY_TIME }, .kind = KIND_SECONDS },
	{ "USECS/CALL", "the same for one call, microseconds",
	  .attr = { TALLY_PER_CALL }, .kind = KIND_HUNDREDTHS },
	{ "%CALLS", "share of all calls", .attr = { TALLY_CALLS_SHARE }, .kind = KIND_HUNDREDTHS },
	{ "CALLS", "how often it was called", .attr = { S(CALLS) }, .kind = KIND_RARE },
	{ "ERRORS", "how often it returned an error", .attr = { S(ERRORS) }, .kind = KIND_RARE },
	{ "PID", "process, --by process", .attr = { S(PROCESS) }, .kind = KIND_RARE },
	{ "COMM", "name of the process", .attr = { S(COMM) }, .kind = KIND_TEXT },
	{ "START_TIME", "time from boot to the start of the process",
	  .attr = { S(START_TIME) }, .kind = KIND_SPAN },
	{ "CGROUP", "path in the unified hierarchy, --by cgroup",
	  .attr = { S(CGROUP) }, .kind = KIND_CGROUP },
	{ "CGROUP_ID", "inode number of its directory",
	  .field = "cgroup", .attr = { S(CGROUP) }, .kind = KIND_COUNT },
	{ "SYSCALL", "name of the call", .attr = { TALLY_NAME }, .kind = KIND_TEXT },
	{ "CALL", "its number", .attr = { S(CALL) }, .kind = KIND_SIGNED },
	{ "ABI", "x86_64, x86 or x32", .attr = { S(ABI) }, .kind = KIND_TEXT },
	{ "ERRNO", "the error it returned, --by errno",
	  .attr = { TALLY_ERRNO_NAME }, .kind = KIND_TEXT },
	{ "MEANING", "what that error says", .attr = { TALLY_MEANING }, .kind = KIND_TEXT },
	{ "CPU", "time on a CPU in the kernel", .attr = { S(CPU_TIME) }, .kind = KIND_BRIEF },
	{ "WALL", "time by the clock, waiting included", .attr = { S(TIME) }, .kind = KIND_BRIEF },
	{ "AVG", "the same for one call", .attr = { TALLY_AVERAGE }, .kind = KIND_BRIEF },
	{ "MIN", "that of the shortest call since the start",
	  .attr = { S(MIN_TIME) }, .kind = KIND_BRIEF },
	{ "MAX", "that of the longest call since the start",
	  .attr = { S(MAX_TIME) }, .kind = KIND_BRIEF },
	{ "P50", "what half of the calls since the start did not exceed",
	  .attr = { S(P50) }, .kind = KIND_BRIEF },
	{ "P99", "what 99 % of the calls since the start did not exceed",
	  .attr = { S(P99) }, .kind = KIND_BRIEF },
};

const struct noun count_noun = {
	.name = "count",
	.about = "System calls: of a COMMAND and its children, then the table is on standard\n"
		 "error; or of others by -p, -g, -u or -a, until Ctrl-C or as long as it runs.",
	.width = TALLY_VALUES,
	.own = TALLY_VALUES - RINGSIDE_A_SYSCALL_MAX - 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "%TIME,SECONDS,USECS/CALL,CALLS,ERRORS,SYSCALL",
};

#define E(name)	RINGSIDE_A_ERROR_##name

/* Up to the call's number the attributes are those of the counts. */
static const struct column error_columns[] = {
	{ .name = "COMM", .attr = { E(COMM) }, .kind = KIND_TEXT },
	{ .name = "ABI", .attr = { E(ABI) }, .kind = KIND_TEXT },
	{ .name = "CALL", .attr = { E(CALL) }, .kind = KIND_SIGNED },
};

static const struct noun error_noun = {
	.name = "count",
	.width = RINGSIDE_A_ERROR_MAX + 1,
	.columns = error_columns,
	.nr_columns = ARRAY_SIZE(error_columns),
};

bool tally_needs_times(const struct column *column)
{
	switch (column->attr[0]) {
	case S(ERRORS):
	case S(TIME):
	case S(CPU_TIME):
	case S(MIN_TIME):
	case S(MAX_TIME):
	case S(P50):
	case S(P99):
	case TALLY_TIME:
	case TALLY_TIME_SHARE:
	case TALLY_PER_CALL:
	case TALLY_AVERAGE:
		return true;
	}
	return false;
}

/* Errors that only a restarted call ends with, which the C library has no names for. */
static const struct {
	uint32_t number;
	const char *name;
	const char *meaning;
} restarts[] = {
	{ 0, "(other)", "of more kinds than are kept for a call" },
	{ 512, "ERESTARTSYS", "a signal came; begins again if SA_RESTART is set" },
	{ 513, "ERESTARTNOINTR", "a signal came; begins again" },
	{ 514, "ERESTARTNOHAND", "a signal came; begins again if there is no handler" },
	{ 516, "ERESTART_RESTARTBLOCK", "a signal came; goes on where it was" },
};

static void name_errno(struct rows *rows, union value *row)
{
	uint32_t number = row[TALLY_ERRNO].num;
	const char *name = strerrorname_np(number);
	char text[32];
	size_t i;

	row[TALLY_ERRNO_NAME].text = name;
	row[TALLY_MEANING].text = strerrordesc_np(number);
	for (i = 0; i < ARRAY_SIZE(restarts); i++)
		if (restarts[i].number == number) {
			row[TALLY_ERRNO_NAME].text = restarts[i].name;
			row[TALLY_MEANING].text = restarts[i].meaning;
			return;
		}
	if (!name) {
		int len = snprintf(text, sizeof(text), "%u", number);

		row[TALLY_ERRNO_NAME].text = rows_text(rows, text, len);
	}
}

static int row_abi(const union value *row)
{
	return call_abi(row[S(ABI)].text ?: "");
}

static void name_call(struct rows *rows, union value *row)
{
	int number = row[S(CALL)].num;
	const char *name = call_name(row_abi(row), number);
	char text[32];

	if (!name && number < 0)
		name = "(out of range)";
	else if (!name)
		name = rows_text(rows, text, snprintf(text, sizeof(text), "syscall_%#x", number));
	row[TALLY_NAME].text = name;
}

static bool is_chosen(const void *data, const union value *row)
{
	return callset_has(data, row_abi(row), row[S(CALL)].num);
}

static int get(const struct tally *tally, uint8_t cmd, struct rows *rows)
{
	struct request req;

	request_init(&req, cmd);
	mnl_attr_put_u32(req.nlh, S(WATCH), tally->watch);
	if (client_get(tally->client, &req, rows))
		return -1;
	rows_filter(rows, is_chosen, tally->set);
	return 0;
}

static int compare(const union value *a, const union value *b, unsigned int value)
{
	return (a[value].num > b[value].num) - (a[value].num < b[value].num);
}

/* Which call of whom. */
static int by_call(const void *a, const void *b)
{
	const union value *ra = *(const union value **)a, *rb = *(const union value **)b;

	return compare(ra, rb, S(PROCESS)) ?: compare(ra, rb, S(START_TIME)) ?:
	       compare(ra, rb, S(CGROUP)) ?: compare(ra, rb, S(CALL)) ?:
	       strcmp(ra[S(ABI)].text ?: "", rb[S(ABI)].text ?: "");
}

static int by_key(const void *a, const void *b)
{
	const union value *ra = *(const union value **)a, *rb = *(const union value **)b;

	return by_call(a, b) ?: compare(ra, rb, TALLY_ERRNO);
}

static const union value **sorted(const struct rows *rows, int (*compare)(const void *, const void *))
{
	const union value **list = reallocate(NULL, (rows->nr + 1) * sizeof(*list));
	size_t i;

	for (i = 0; i < rows->nr; i++)
		list[i] = rows_get(rows, i);
	qsort(list, rows->nr, sizeof(*list), compare);
	return list;
}

static const char *copy_text(struct rows *rows, const char *text)
{
	return text ? rows_text(rows, text, strlen(text)) : NULL;
}

/* Error rows become rows of counts, with the calls that the errors are of. */
static void add_errors(struct rows *rows, const struct rows *errors, const struct rows *calls)
{
	const union value **list = sorted(calls, by_call), **found;
	size_t i;

	for (i = 0; i < errors->nr; i++) {
		const union value *error = rows_get(errors, i);
		union value *row = rows_add(rows);

		memcpy(row, error, (E(CALL) + 1) * sizeof(*row));
		row[S(COMM)].text = copy_text(rows, error[E(COMM)].text);
		row[S(ABI)].text = copy_text(rows, error[E(ABI)].text);
		row[S(ERRORS)].num = error[E(ERRORS)].num;
		row[TALLY_ERRNO].num = error[E(ERRNO)].num;
		name_errno(rows, row);
		found = bsearch(&row, list, calls->nr, sizeof(*list), by_call);
		if (found)
			row[S(CALLS)].num = (*found)[S(CALLS)].num;
	}
	free(list);
}

int tally_look(const struct tally *tally, struct rows *rows)
{
	struct rows errors, calls;
	int err;
	size_t i;

	if (!tally->by_errno) {
		err = get(tally, RINGSIDE_CMD_SYSCALL_GET, rows);
	} else {
		rows_clear(rows);
		rows_init(&errors, &error_noun);
		rows_init(&calls, &count_noun);
		err = get(tally, RINGSIDE_CMD_ERROR_GET, &errors) ||
		      get(tally, RINGSIDE_CMD_SYSCALL_GET, &calls) ? -1 : 0;
		if (!err)
			add_errors(rows, &errors, &calls);
		rows_clear(&errors);
		rows_clear(&calls);
	}
	for (i = 0; i < rows->nr; i++)
		name_call(rows, rows_get(rows, i));
	return err;
}

/* What only grows; a count that is summed over CPUs may seem to go back. */
static void subtract(union value *row, const union value *before)
{
	static const uint8_t growing[] = { S(CALLS), S(ERRORS), S(TIME), S(CPU_TIME) };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(growing); i++) {
		uint64_t then = before[growing[i]].num;

		row[growing[i]].num = row[growing[i]].num > then ? row[growing[i]].num - then : 0;
	}
}

void tally_difference(struct rows *rows, const struct rows *now, const struct rows *before)
{
	const union value **list = sorted(before, by_key), **found;
	size_t i;

	rows_clear(rows);
	for (i = 0; i < now->nr; i++) {
		const union value *row = rows_get(now, i);
		union value *more = memcpy(rows_add(rows), row, TALLY_VALUES * sizeof(*row));

		found = bsearch(&row, list, before->nr, sizeof(*list), by_key);
		if (found)
			subtract(more, *found);
		if (more[TALLY_ERRNO_NAME].text ? !more[S(ERRORS)].num :
		    !more[S(CALLS)].num && !more[S(ERRORS)].num && !more[S(TIME)].num)
			rows_drop(rows);
	}
	free(list);
}

static uint64_t share(uint64_t part, uint64_t whole)
{
	return whole ? (uint64_t)((double)part * WHOLE / whole + 0.5) : 0;
}

/* Times of one row, and a part's of the whole. */
static void reckon(union value *row, const union value *total)
{
	uint64_t calls = row[S(CALLS)].num;

	row[TALLY_TIME_SHARE].num = share(row[TALLY_TIME].num, total[TALLY_TIME].num);
	row[TALLY_CALLS_SHARE].num = share(calls, total[S(CALLS)].num);
	if (!calls)
		return;
	row[TALLY_PER_CALL].num = row[TALLY_TIME].num / (10 * calls);
	row[TALLY_AVERAGE].num = row[S(TIME)].num / calls;
}

void tally_reckon(const struct tally *tally, struct rows *rows, union value *total)
{
	static const uint8_t summed[] = {
		S(CALLS), S(ERRORS), S(TIME), S(CPU_TIME), TALLY_TIME,
	};
	size_t i, j;

	memset(total, 0, TALLY_VALUES * sizeof(*total));
	total[TALLY_NAME].text = "total";
	for (i = 0; i < rows->nr; i++) {
		union value *row = rows_get(rows, i);
		uint64_t min = row[S(MIN_TIME)].num;

		row[TALLY_TIME].num = row[tally->wall ? S(TIME) : S(CPU_TIME)].num;
		for (j = 0; j < ARRAY_SIZE(summed); j++)
			total[summed[j]].num += row[summed[j]].num;
		if (row[S(MAX_TIME)].num > total[S(MAX_TIME)].num)
			total[S(MAX_TIME)].num = row[S(MAX_TIME)].num;
		if (min && (!total[S(MIN_TIME)].num || min < total[S(MIN_TIME)].num))
			total[S(MIN_TIME)].num = min;
	}
	for (i = 0; i < rows->nr; i++)
		reckon(rows_get(rows, i), total);
	reckon(total, total);
	/* A call with several errors is in as many rows. */
	if (tally->by_errno)
		total[S(CALLS)].num = 0;
}

bool tally_mixes_abis(const struct rows *rows)
{
	size_t i;

	for (i = 1; i < rows->nr; i++)
		if (strcmp(rows_get(rows, i)[S(ABI)].text ?: "",
			   rows_get(rows, 0)[S(ABI)].text ?: ""))
			return true;
	return false;
}
