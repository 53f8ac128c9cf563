// SPDX-License-Identifier: GPL-2.0-only
/* The provider "watches": who counts what now. */
#include <linux/kernel.h>
#include <linux/pid_namespace.h>
#include <linux/string.h>

#include <uapi/linux/ringside.h>

#include "follow.h"
#include "probe.h"
#include "ring.h"
#include "ringside.h"
#include "watch.h"

struct watch_row {
	u32 id, pid, uid, times, call, owner, threads, keys, events;
	char name[RS_WATCH_NAME];
	char scope[8], by[8], backend[12];
	u64 cgroup, start_time, calls, missed, unkept, lapsed, bytes, recorded, lost;
};

#define FIELD(member, attr, type, unit, width, ask) \
	RS_FIELD(watch_row, member, RINGSIDE_A_WATCH_##attr, type, unit, width, ask)

static const struct rs_field fields[] = {
	FIELD(id, ID, RS_U32, RS_NONE, 5, RS_FILTER | RS_KEY),
	FIELD(name, NAME, RS_STR, RS_NONE, 12, RS_FILTER),
	FIELD(scope, SCOPE, RS_STR, RS_NONE, 7, 0),
	FIELD(pid, PID, RS_U32, RS_NONE, 7, 0),
	FIELD(cgroup, CGROUP, RS_UINT, RS_NONE, 6, 0),
	FIELD(uid, UID, RS_U32, RS_NONE, 6, 0),
	FIELD(by, BY, RS_STR, RS_NONE, 7, 0),
	FIELD(times, TIMES, RS_BOOL, RS_NONE, 5, 0),
	FIELD(call, CALL, RS_FLAG, RS_NONE, 0, 0),
	FIELD(owner, OWNER, RS_U32, RS_NONE, 6, 0),
	FIELD(backend, BACKEND, RS_STR, RS_NONE, 10, 0),
	FIELD(start_time, START_TIME, RS_UINT, RS_NSEC, 16, 0),
	FIELD(threads, THREADS, RS_U32, RS_NONE, 7, 0),
	FIELD(keys, KEYS, RS_U32, RS_NONE, 5, 0),
	FIELD(calls, CALLS, RS_UINT, RS_NONE, 12, 0),
	FIELD(missed, MISSED, RS_UINT, RS_NONE, 6, 0),
	FIELD(unkept, UNKEPT, RS_UINT, RS_NONE, 6, 0),
	FIELD(lapsed, LAPSED, RS_UINT, RS_NSEC, 12, 0),
	FIELD(bytes, BYTES, RS_UINT, RS_BYTES, 9, 0),
	FIELD(events, EVENTS, RS_U32, RS_BYTES, 8, 0),
	FIELD(recorded, RECORDED, RS_UINT, RS_NONE, 12, 0),
	FIELD(lost, LOST, RS_UINT, RS_NONE, 12, 0),
};

static void fill(const struct rs_walk *walk, struct watch_row *row, struct rs_watch *watch)
{
	const struct rs_watch_request *ask = &watch->ask;

	row->id = watch->id;
	strscpy(row->name, ask->name, sizeof(row->name));
	strscpy(row->scope, rs_scope_names[ask->scope], sizeof(row->scope));
	row->pid = watch->pid ? pid_nr_ns(watch->pid, walk->ns) : 0;
	row->cgroup = ask->scope == RS_CGROUP ? ask->cgroup : 0;
	row->uid = ask->scope == RS_USER ? from_kuid_munged(walk->cred->user_ns, ask->uid) : 0;
	strscpy(row->by, rs_by_names[ask->by], sizeof(row->by));
	row->times = ask->times;
	row->call = 0;
	row->owner = from_kuid_munged(walk->cred->user_ns, ask->cred->euid);
	strscpy(row->backend, ask->times ? "tracepoint" : rs_probe_backend(), sizeof(row->backend));
	row->start_time = watch->start_time;
	row->threads = watch->before ? 0 : rs_follow_count(watch);
	row->keys = watch->before ? 0 : READ_ONCE(watch->nr_keys) - 1;
	row->calls = rs_watch_total(watch);
	row->missed = rs_watch_missed(watch);
	row->unkept = atomic64_read(&watch->unkept);
	row->lapsed = rs_watch_lapsed(watch);
	row->bytes = atomic_long_read(&watch->budget.bytes);
	row->events = ask->events;
	row->recorded = watch->rings ? rs_rings_recorded(watch->rings) : 0;
	row->lost = watch->rings ? rs_rings_lost(watch->rings) : 0;
}

/* The first id of those asked for that is at least id; 0 past the last. */
static u32 next_asked(const struct rs_walk *walk, u32 id)
{
	unsigned int i;

	if (!walk->pids)
		return id;
	for (i = 0; i < walk->nr_pids; i++)
		if (walk->pids[i] >= id)
			return walk->pids[i];
	return 0;
}

static bool matches(const struct rs_walk *walk, const struct rs_watch *watch, u32 id)
{
	const struct watch_row *want = walk->want;

	if (walk->pids && watch->id != id)
		return false;
	return !(walk->asked & RS_ASKED(RINGSIDE_A_WATCH_NAME)) ||
	       !strcmp(watch->ask.name, want->name);
}

static int watch_seek(struct rs_walk *walk, void *row)
{
	u32 id = min_t(u64, walk->key, RS_MAX_WATCH_ID + 1);
	struct rs_watch *watch;
	int got = 0;

	rs_probe_check();
	rs_watches_lock();
	while (!got) {
		id = next_asked(walk, id);
		watch = id ? rs_watch_find(id, walk->cred, walk->all) : NULL;
		if (!watch)
			break;
		if (matches(walk, watch, id)) {
			fill(walk, row, watch);
			walk->key = watch->id;
			got = 1;
		}
		id = (walk->pids ? id : watch->id) + 1;
	}
	rs_watches_unlock();
	return got;
}

const struct rs_provider rs_watches = {
	.name = "watches",
	.cmd = RINGSIDE_CMD_WATCH_GET,
	.open = true,
	.row_size = sizeof(struct watch_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.missing = "no watch has this id, or it is not yours to see",
	.seek = watch_seek,
};
