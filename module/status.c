// SPDX-License-Identifier: GPL-2.0-only
/* What ringside itself can do here, one fact a row; anyone may ask. */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/utsname.h>

#include <uapi/linux/ringside.h>

#include "probe.h"
#include "ringside.h"
#include "watch.h"

struct status_row {
	char item[16];
	char state[96];
	char detail[320];
};

#define FIELD(member, attr, width, ask) \
	RS_FIELD(status_row, member, RINGSIDE_A_STATUS_##attr, RS_STR, RS_NONE, width, ask)

static const struct rs_field fields[] = {
	FIELD(item, ITEM, 8, RS_FILTER | RS_NAME),
	FIELD(state, STATE, 24, 0),
	FIELD(detail, DETAIL, 0, 0),
};

static void set(struct status_row *row, const char *item, const char *state,
		const char *detail)
{
	strscpy(row->item, item, sizeof(row->item));
	strscpy(row->state, state, sizeof(row->state));
	strscpy(row->detail, detail ?: "", sizeof(row->detail));
}

static void set_provider(struct status_row *row, const struct rs_provider *provider)
{
	const char *why = provider->unavailable ? provider->unavailable() : NULL;
	const char *limits = !why && provider->limits ? provider->limits() : NULL;

	set(row, provider->name, why ? "unavailable" : "available",
	    why ?: limits ?: provider->needs);
}

static void set_backend(struct status_row *row)
{
	char why[sizeof(row->detail)];

	rs_probe_check();
	rs_probe_reason(why, sizeof(why));
	set(row, "backend", rs_probe_backend(), why);
}

static void set_attached(struct status_row *row)
{
	unsigned int sites, events, nr = rs_watch_count();
	char what[32], detail[96] = "";

	rs_probe_attached(what, sizeof(what), &sites, &events);
	if (sites || events)
		snprintf(detail, sizeof(detail), "%u sites and %u tracepoints, for %u watch%s",
			 sites, events, nr, nr == 1 ? "" : "es");
	set(row, "attached", what, detail);
}

/* The privilege level that this code runs at, as the processor has it. */
static void set_cpl(struct status_row *row)
{
#ifdef CONFIG_X86
	char state[16], detail[32];
	unsigned long cs;

	savesegment(cs, cs);
	snprintf(state, sizeof(state), "%lu", cs & 3);
	snprintf(detail, sizeof(detail), "CS is %#lx", cs);
	set(row, "cpl", state, detail);
#else
	set(row, "cpl", "unknown", "this processor has no CS");
#endif
}

/* Keys: 1 version, 2 kernel, then the other providers, what is attached, and cpl. */
static bool fill(struct status_row *row, u64 key)
{
	if (key == 1)
		set(row, "version", RINGSIDE_VERSION, NULL);
	else if (key == 2)
		set(row, "kernel", init_utsname()->release, NULL);
	else if (key < 2 + rs_nr_providers)
		set_provider(row, rs_providers[key - 2]);
	else if (key == 2 + rs_nr_providers)
		set_backend(row);
	else if (key == 3 + rs_nr_providers)
		set_attached(row);
	else if (key == 4 + rs_nr_providers)
		set_cpl(row);
	else
		return false;
	return true;
}

static int status_seek(struct rs_walk *walk, void *row)
{
	const struct status_row *want = walk->want;

	for (; fill(row, walk->key); walk->key++)
		if (!walk->asked || !strcmp(((struct status_row *)row)->item, want->item))
			return 1;
	return 0;
}

const struct rs_provider rs_status = {
	.name = "status",
	.cmd = RINGSIDE_CMD_STATUS_GET,
	.open = true,
	.row_size = sizeof(struct status_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.missing = "status has no such item",
	.seek = status_seek,
};
