// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watches: one's own, and for "ringside watches" who counts system calls now
 */
#include <stdio.h>
#include <string.h>

#include <linux/ringside.h>

#include "commands.h"
#include "say.h"
#include "view.h"
#include "watch.h"

#define A(name)	RINGSIDE_A_WATCH_##name
#define NSEC	1000000000.0

static const struct column columns[] = {
	{ "ID", "number of the watch", .attr = { A(ID) }, .kind = KIND_COUNT },
	{ "NAME", "name of one that stays when who made it is gone",
	  .attr = { A(NAME) }, .kind = KIND_TEXT },
	{ "SCOPE", "all, process, cgroup or user", .attr = { A(SCOPE) }, .kind = KIND_TEXT },
	{ "PID", "the first process watched", .attr = { A(PID) }, .kind = KIND_RARE },
	{ "CGROUP", "the cgroup watched", .attr = { A(CGROUP) }, .kind = KIND_CGROUP },
	{ "CGROUP_ID", "inode number of its directory",
	  .field = "cgroup", .attr = { A(CGROUP) }, .kind = KIND_COUNT },
	{ "UID", "the user watched, when SCOPE is user", .attr = { A(UID) }, .kind = KIND_COUNT },
	{ "BY", "what counts are kept apart by", .attr = { A(BY) }, .kind = KIND_TEXT },
	{ "TIMES", "1 when errors and time are kept", .attr = { A(TIMES) }, .kind = KIND_FLAG },
	{ "OWNER", "user who made it", .attr = { A(OWNER) }, .kind = KIND_USER },
	{ "BACKEND", "what counts for it", .attr = { A(BACKEND) }, .kind = KIND_TEXT },
	{ "AGE", "time since it was made",
	  .field = "start_time", .attr = { A(START_TIME) }, .kind = KIND_AGE },
	{ "START_TIME", "time from boot to then", .attr = { A(START_TIME) }, .kind = KIND_SPAN },
	{ "THREADS", "threads followed now", .attr = { A(THREADS) }, .kind = KIND_COUNT },
	{ "KEYS", "processes or cgroups kept apart", .attr = { A(KEYS) }, .kind = KIND_COUNT },
	{ "CALLS", "calls counted", .attr = { A(CALLS) }, .kind = KIND_COUNT },
	{ "MISSED", "calls that are not counted, or not whole",
	  .attr = { A(MISSED) }, .kind = KIND_COUNT },
	{ "UNKEPT", "threads over the bound", .attr = { A(UNKEPT) }, .kind = KIND_COUNT },
	{ "LAPSED", "time in which calls may be missing",
	  .attr = { A(LAPSED) }, .kind = KIND_BRIEF },
	{ "BYTES", "memory it takes", .attr = { A(BYTES) }, .kind = KIND_BYTES },
	{ "EVENTS", "memory a CPU for records of calls", .attr = { A(EVENTS) }, .kind = KIND_BYTES },
	{ "RECORDED", "records made", .attr = { A(RECORDED) }, .kind = KIND_COUNT },
	{ "LOST", "records that found no room", .attr = { A(LOST) }, .kind = KIND_COUNT },
};

const struct noun watches_noun = {
	.name = "watches",
	.about = "The watches that count system calls now, as far as you may see them.\n"
		 "\"ringside count\" makes one for as long as it runs.",
	.cmd = RINGSIDE_CMD_WATCH_GET,
	.width = RINGSIDE_A_WATCH_MAX + 1,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "ID,NAME,SCOPE,PID,CGROUP,OWNER,BACKEND,AGE,THREADS,CALLS,MISSED,BYTES",
};

uint32_t watch_new(struct client *client, const struct wish *wish)
{
	/* The answer is a row of a watch, and what goes wrong is said of who asked. */
	struct noun noun = watches_noun;
	struct request req;
	struct rows rows;
	uint32_t id = 0;
	unsigned int i;

	noun.name = wish->command;
	noun.single = true;
	rows_init(&rows, &noun);
	request_init(&req, RINGSIDE_CMD_WATCH_NEW);
	for (i = 0; i < wish->pids.nr; i++)
		mnl_attr_put_u32(req.nlh, A(PID), wish->pids.list[i]);
	if (wish->who == WHO_CGROUP)
		mnl_attr_put_u64(req.nlh, A(CGROUP), wish->cgroup);
	if (wish->who == WHO_USER)
		mnl_attr_put_u32(req.nlh, A(UID), wish->uid);
	if (wish->by)
		mnl_attr_put_strz(req.nlh, A(BY), wish->by);
	if (wish->times)
		mnl_attr_put_u32(req.nlh, A(TIMES), 1);
	if (wish->events)
		mnl_attr_put_u32(req.nlh, A(EVENTS), wish->events);
	callset_put(&wish->set, req.nlh);
	if (client_get(client, &req, &rows))
		return 0;
	if (rows.nr)
		id = rows_get(&rows, 0)[A(ID)].num;
	if (!id)
		say("%s: the module gave no number for the watch", wish->command);
	rows_clear(&rows);
	return id;
}

/* The row of one watch; NULL when it is to be had no more. */
static const union value *look(struct client *client, uint32_t id, struct rows *rows)
{
	struct request req;

	rows_init(rows, &watches_noun);
	request_init(&req, watches_noun.cmd);
	mnl_attr_put_u32(req.nlh, A(ID), id);
	if (client_get(client, &req, rows) || !rows->nr)
		return NULL;
	return rows_get(rows, 0);
}

bool watch_is_empty(struct client *client, uint32_t id)
{
	struct rows rows;
	const union value *row = look(client, id, &rows);
	bool empty = !row || !row[A(THREADS)].num;

	rows_clear(&rows);
	return empty;
}

bool watch_look(struct client *client, uint32_t id, struct watch_side *side)
{
	struct rows rows;
	const union value *row = look(client, id, &rows);

	memset(side, 0, sizeof(*side));
	if (row) {
		snprintf(side->backend, sizeof(side->backend), "%s", row[A(BACKEND)].text ?: "");
		side->bytes = row[A(BYTES)].num;
		side->calls = row[A(CALLS)].num;
		side->missed = row[A(MISSED)].num;
		side->unkept = row[A(UNKEPT)].num;
		side->lapsed = row[A(LAPSED)].num;
		side->recorded = row[A(RECORDED)].num;
		side->lost = row[A(LOST)].num;
	}
	rows_clear(&rows);
	return row;
}

void watch_say_missing(struct client *client, uint32_t id)
{
	struct watch_side side;

	if (!watch_look(client, id, &side))
		return;
	if (side.missed)
		say("%llu calls were missed: they, or how they ended, are not in the counts",
		    (unsigned long long)side.missed);
	if (side.unkept)
		say("%llu threads were over the bound: their calls are not in the counts",
		    (unsigned long long)side.unkept);
	if (side.lapsed)
		say("the backend was switched off for up to %.3f s: calls may be missing",
		    side.lapsed / NSEC);
	if (side.lost)
		say("%llu of %llu records were lost: they came faster than they were read",
		    (unsigned long long)side.lost,
		    (unsigned long long)side.recorded + side.lost);
}

enum {
	LETTER_DELETE = LETTER_OWN,
};

static const struct choice choices[] = {
	{ LETTER_DELETE, "delete", "NAME", "end the watch of that name" },
	{ }
};

static int take(void *data, int letter, const char *arg)
{
	const char **name = data;

	(void)letter;
	*name = arg;
	return 0;
}

static int delete(const char *name)
{
	struct client *client = client_open(false);
	struct request req;
	struct rows rows;
	int status = EXIT_FAILED;

	if (!client)
		return status;
	rows_init(&rows, &watches_noun);
	request_init(&req, RINGSIDE_CMD_WATCH_GET);
	mnl_attr_put_strz(req.nlh, A(NAME), name);
	if (client_get(client, &req, &rows))
		goto out;
	if (!rows.nr) {
		say("there is no watch called '%s' that you may see", name);
		goto out;
	}
	request_init(&req, RINGSIDE_CMD_WATCH_DEL);
	mnl_attr_put_u32(req.nlh, A(ID), rows_get(&rows, 0)[A(ID)].num);
	if (!client_do(client, &req, watches_noun.name))
		status = EXIT_OK;
out:
	rows_clear(&rows);
	client_close(client);
	return status;
}

int watches_run(int argc, char **argv)
{
	const char *name = NULL;
	struct view view = {
		.noun = &watches_noun,
		.choices = choices,
		.take = take,
		.data = &name,
	};
	struct request req;
	struct rows rows;

	if (view_parse(&view, argc, argv) < 0 || view_ready(&view))
		return view.status;
	if (name)
		return delete(name);
	rows_init(&rows, &watches_noun);
	request_init(&req, watches_noun.cmd);
	if (view_get(&view, &req, &rows))
		return EXIT_FAILED;
	view_print(&view, &rows);
	return EXIT_OK;
}
