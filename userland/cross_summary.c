// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "cross.h"

const char *duration(uint64_t ns, char *text)
{
	static const struct {
		uint64_t below;		/* ns */
		double unit;
		const char *name;
	} units[] = {
		{ 1000000, 1e3, "us" }, { 1000000000, 1e6, "ms" }, { UINT64_MAX, 1e9, "s" },
	};
	size_t i = 0;
	double amount;

	if (ns < 1000) {
		snprintf(text, DURATION, "%uns", (unsigned int)ns);
		return text;
	}
	while (ns >= units[i].below)
		i++;
	amount = ns / units[i].unit;
	snprintf(text, DURATION, "%.*f%s",
		 amount < 10  ? 2 :
		 amount < 100 ? 1 :
				0,
		 amount, units[i].name);
	return text;
}

static size_t add_mark(char *text, size_t used, size_t size, uint64_t nr, const char *one)
{
	if (!nr || used >= size)
		return used;
	return used + snprintf(text + used, size - used, "%s%llu %s%s", used ? ", " : "",
			       (unsigned long long)nr, one,
			       nr == 1			   ? "" :
			       one[strlen(one) - 1] == 'h' ? "es" :
							     "s");
}

void row_marks(const struct row *row, char *text, size_t size)
{
	char amount[DURATION];
	size_t used = 0;

	*text = '\0';
	if (row->asleep)
		used = snprintf(text, size, "slept %s", duration(row->asleep, amount));
	used = add_mark(text, used, size, row->switches, "switch");
	used = add_mark(text, used, size, row->faults, "fault");
	if (row->disk_faults && used < size)
		snprintf(text + used, size - used, " (%llu from disk)",
			 (unsigned long long)row->disk_faults);
}

static int share(uint64_t part, uint64_t all)
{
	return all ? (int)(part * 100.0 / all + 0.5) : 0;
}

static void put_costs(const struct summary *summary, void *data,
		      void (*put)(void *data, const char *what, const char *how_much, int share))
{
	uint64_t kernel = summary->running + summary->asleep;
	char what[64], text[96], amount[DURATION], slept[DURATION];
	size_t i;

	for (i = 0; i < COSTLIEST && summary->costs[i].calls; i++) {
		const struct cost *cost = &summary->costs[i];

		snprintf(what, sizeof(what), "  %s", cost->name);
		snprintf(text, sizeof(text), "%s in %llu, %d %% of ring 0%s%s",
			 duration(cost->kernel, amount), (unsigned long long)cost->calls,
			 share(cost->kernel, kernel), cost->asleep ? ", slept " : "",
			 cost->asleep ? duration(cost->asleep, slept) : "");
		put(data, what, text, -1);
	}
}

void summary_each(const struct summary *summary, void *data,
		  void (*put)(void *data, const char *what, const char *how_much, int share))
{
	uint64_t all = summary->user + summary->running + summary->asleep;
	const struct watch_side *side = &summary->side;
	unsigned long long both = summary->slept + summary->preempted;
	char text[256], amount[DURATION];

	put(data, "wall time", duration(summary->wall, amount), -1);
	put(data, "in ring 3", duration(summary->user, amount), share(summary->user, all));
	put(data, "in ring 0, running", duration(summary->running, amount),
	    share(summary->running, all));
	put(data, "in ring 0, asleep", duration(summary->asleep, amount),
	    share(summary->asleep, all));
	if (summary->threads > 1) {
		snprintf(text, sizeof(text), "%llu, whose times these are together",
			 (unsigned long long)summary->threads);
		put(data, "threads", text, -1);
	}
	snprintf(text, sizeof(text), "%llu, %llu failed", (unsigned long long)summary->calls,
		 (unsigned long long)summary->errors);
	put(data, "crossings", text, -1);
	snprintf(text, sizeof(text), "%llu in ring 0, %llu of them from disk",
		 (unsigned long long)summary->faults, (unsigned long long)summary->disk_faults);
	put(data, "page faults", text, -1);
	snprintf(text, sizeof(text), "%llu in ring 0: %llu to wait, %llu preempted",
		 both, (unsigned long long)summary->slept, (unsigned long long)summary->preempted);
	put(data, "context switches", text, -1);
	if (summary->costs[0].calls)
		put(data, "costliest", "", -1);
	put_costs(summary, data, put);
	put(data, "without crossing", summary->vdso, -1);
	snprintf(text, sizeof(text), "%s, %llu KiB, %llu records, %llu missed, %llu lost",
		 side->backend[0] ? side->backend : "gone", (unsigned long long)(side->bytes / 1024),
		 (unsigned long long)side->recorded, (unsigned long long)side->missed,
		 (unsigned long long)side->lost);
	put(data, "the module's side", text, -1);
}
