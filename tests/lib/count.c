// SPDX-License-Identifier: GPL-2.0-or-later
/* Watches, for tests. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "count.h"
#include "proc.h"
#include "tap.h"

/* What all rows of a watch begin with. */
#define SAME(NAME)									\
	_Static_assert((int)RINGSIDE_A_SYSCALL_##NAME == (int)RINGSIDE_A_ERROR_##NAME &&	\
		       (int)RINGSIDE_A_SYSCALL_##NAME == (int)RINGSIDE_A_LATENCY_##NAME, #NAME)

SAME(WATCH);
SAME(PROCESS);
SAME(CGROUP);
SAME(ABI);
SAME(CALL);

const char * const backends[] = { "direct", "kprobe", "tracepoint", NULL };

int watch_try(struct ring *r, const struct watch *watch)
{
	struct rows rows = { 0 };
	unsigned int i;
	int err;

	ask(r, RINGSIDE_CMD_WATCH_NEW, false);
	for (i = 0; i < watch->nr_pids; i++)
		ask_u32(r, RINGSIDE_A_WATCH_PID, watch->pids[i]);
	if (watch->cgroup)
		ask_u64(r, RINGSIDE_A_WATCH_CGROUP, watch->cgroup);
	if (watch->by_uid)
		ask_u32(r, RINGSIDE_A_WATCH_UID, watch->uid);
	if (watch->by)
		ask_str(r, RINGSIDE_A_WATCH_BY, watch->by);
	if (watch->name)
		ask_str(r, RINGSIDE_A_WATCH_NAME, watch->name);
	if (watch->times)
		ask_u32(r, RINGSIDE_A_WATCH_TIMES, 1);
	if (watch->events)
		ask_u32(r, RINGSIDE_A_WATCH_EVENTS, watch->events);
	for (i = 0; i < watch->nr_calls; i++)
		ask_u32(r, RINGSIDE_A_WATCH_CALL, watch->calls[i]);
	err = answer(r, &rows);
	if (!err && (rows.nr != 1 || rows.row[0].v[RINGSIDE_A_WATCH_ID] <= 0))
		bail("WATCH_NEW answers without an id");
	if (!err)
		err = rows.row[0].v[RINGSIDE_A_WATCH_ID];
	rows_free(&rows);
	return err;
}

uint32_t watch_new(struct ring *r, const struct watch *watch)
{
	int id = watch_try(r, watch);

	if (id < 0)
		bail("a watch: %s (%s)", strerror(-id), r->why);
	return id;
}

int watch_del(struct ring *r, uint32_t id)
{
	ask(r, RINGSIDE_CMD_WATCH_DEL, false);
	r->req->nlmsg_flags |= NLM_F_ACK;
	ask_u32(r, RINGSIDE_A_WATCH_ID, id);
	return answer(r, NULL);
}

const struct row *watch_row(struct ring *r, uint32_t id, struct rows *rows)
{
	int err;

	memset(rows, 0, sizeof(*rows));
	ask(r, RINGSIDE_CMD_WATCH_GET, false);
	ask_u32(r, RINGSIDE_A_WATCH_ID, id);
	err = answer(r, rows);
	if (err || rows->nr != 1)
		bail("watch %u: %s (%s), %u rows", id, strerror(-err), r->why, rows->nr);
	return &rows->row[0];
}

int64_t watch_number(struct ring *r, uint32_t id, int attr)
{
	struct rows rows;
	int64_t value = watch_row(r, id, &rows)->v[attr];

	rows_free(&rows);
	return value;
}

void watch_dump(struct ring *r, int cmd, uint32_t id, struct rows *rows)
{
	int err, tries = 0;

	/* Marked when a row came during it: once more. */
	do {
		memset(rows, 0, sizeof(*rows));
		ask(r, cmd, true);
		ask_u32(r, RINGSIDE_A_SYSCALL_WATCH, id);
		err = answer(r, rows);
		if (err)
			bail("a dump of %s: %s (%s)", noun_of(cmd)->name, strerror(-err), r->why);
		if (r->intr && tries < 20)
			rows_free(rows);
	} while (r->intr && tries++ < 20);
}

static bool is_of(const struct row *row, const struct of *of)
{
	return row->v[RINGSIDE_A_SYSCALL_CALL] == of->call &&
	       !strcmp(row->s[RINGSIDE_A_SYSCALL_ABI], of->abi ? of->abi : "x86_64") &&
	       (!of->process || row->v[RINGSIDE_A_SYSCALL_PROCESS] == of->process) &&
	       (!of->cgroup || row->v[RINGSIDE_A_SYSCALL_CGROUP] == (int64_t)of->cgroup);
}

int64_t sum(const struct rows *rows, const struct of *of, int attr)
{
	int64_t total = 0;
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		if (is_of(&rows->row[i], of))
			total += rows->row[i].v[attr];
	return total;
}

const struct row *first(const struct rows *rows, const struct of *of)
{
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		if (is_of(&rows->row[i], of))
			return &rows->row[i];
	return NULL;
}

int64_t errors_of(const struct rows *rows, const struct of *of, int err)
{
	int64_t total = 0;
	unsigned int i;

	for (i = 0; i < rows->nr; i++)
		if (is_of(&rows->row[i], of) && rows->row[i].v[RINGSIDE_A_ERROR_ERRNO] == err)
			total += rows->row[i].v[RINGSIDE_A_ERROR_ERRORS];
	return total;
}

void getppids(unsigned int nr)
{
	while (nr--)
		syscall(SYS_getppid);
}

int backend_choose(const char *name)
{
	return write_to("/sys/kernel/ringside/backend", name);
}

static bool has_symbol(const char *name)
{
	char *text = slurp("/proc/kallsyms", NULL), line[128];
	bool found;

	if (!text)
		bail("/proc/kallsyms: %s", strerror(errno));
	snprintf(line, sizeof(line), " %s\n", name);
	found = strstr(text, line);
	free(text);
	return found;
}

bool backend_works(struct ring *r, const char *name)
{
	struct watch all = { 0 };
	int err = backend_choose(name), id = 0;
	struct rows rows = { 0 };
	const char *backend = "";

	*r->why = '\0';
	if (!err) {
		id = watch_try(r, &all);
		err = id < 0 ? id : 0;
	}
	/* Without it there is no place for a kprobe but on every single call. */
	if (err && *r->why && !strcmp(name, "kprobe") && !has_symbol("x64_sys_call")) {
		ok(true, "kprobe is refused on a kernel that has no place for it");
		diag("it says: %s", r->why);
		return false;
	}
	if (!err)
		backend = watch_row(r, id, &rows)->s[RINGSIDE_A_WATCH_BACKEND];
	if (!ok(!err && (!strcmp(name, "auto") ? *backend : !strcmp(backend, name)), "%s can be chosen, and counts", name))
		diag("%s (%s), backend '%s'", strerror(-err), r->why, backend);
	else
		note("%s: %s counts", name, backend);
	rows_free(&rows);
	if (!err && watch_del(r, id))
		bail("a watch does not end: %s", r->why);
	return !err;
}

void status_of(struct ring *r, const char *item, char *state, size_t size, char *detail, size_t detail_size)
{
	struct rows rows = { 0 };
	int err;

	ask(r, RINGSIDE_CMD_STATUS_GET, false);
	ask_str(r, RINGSIDE_A_STATUS_ITEM, item);
	err = answer(r, &rows);
	if (err || rows.nr != 1)
		bail("status of %s: %s (%s)", item, strerror(-err), r->why);
	snprintf(state, size, "%s", rows.row[0].s[RINGSIDE_A_STATUS_STATE]);
	if (detail)
		snprintf(detail, detail_size, "%s", rows.row[0].s[RINGSIDE_A_STATUS_DETAIL]);
	rows_free(&rows);
}

bool status_becomes(struct ring *r, const char *item, const char *state)
{
	char now[128], detail[512];
	unsigned int tries;

	for (tries = 0; tries < 100; tries++) {
		status_of(r, item, now, sizeof(now), detail, sizeof(detail));
		if (!strcmp(now, state))
			return true;
		usleep(100000);
	}
	diag("%s is '%s' (%s), not '%s'", item, now, detail, state);
	return false;
}
