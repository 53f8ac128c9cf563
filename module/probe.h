/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where system calls are seen. Only the files probe*.c know kprobes, ftrace
 * and tracepoints.
 *
 * A backend counts calls when they begin. What calls return, and how long they
 * take, only the tracepoints sys_enter and sys_exit tell: they are attached
 * besides when a watch wants it. Nothing is attached when nobody watches.
 */
#ifndef RS_PROBE_H
#define RS_PROBE_H

#include <linux/types.h>

#include "counter.h"

/* What has to be attached. */
struct rs_need {
	bool calls;		/* every call that begins */
	bool some;		/* of them, just those in wanted */
	bool times;		/* what calls return, and when */
	bool threads;		/* fork, exec and exit */
	bool cgroups;		/* threads that change their cgroup */
	bool users;		/* and those that change their user */
	DECLARE_BITMAP(wanted, RS_SLOTS);
};

/*
 * Attaches what is needed and detaches what no longer is. 0, or -errno and in
 * why what stands in the way: then what was attached before still is. Sleeps,
 * for long.
 */
int rs_probe_set(const struct rs_need *need, const char **why);

/* Sums that only grow: calls that were seen too late, ns that may lack some. */
u64 rs_probe_missed(void);
u64 rs_probe_lapsed(void);
/* Looks whether what is attached still works, and replaces it. Sleeps. */
void rs_probe_check(void);

/* "direct", "kprobe" or "tracepoint"; that of the next watch if there is none. */
const char *rs_probe_backend(void);
/* Why that one; and what is attached, or "nothing". Sleep. */
void rs_probe_reason(char *buf, size_t size);
void rs_probe_attached(char *buf, size_t size);

/* The administrator's choice: "auto" or one of the above. -EINVAL for others. */
int rs_probe_choose(const char *name);
const char *rs_probe_choice(void);

/* When nothing is attached any more. Sleeps. */
void rs_probe_exit(void);

/* Within probe*.c */

/* A way to see calls begin. All of it sleeps, and comes under probe.c's mutex. */
struct rs_backend {
	const char *name;
	/*
	 * Attaches to calls in wanted, or all for NULL; again for more. Each
	 * call ends up in rs_probe_call() once. 0, or -errno and why, with
	 * nothing more attached than before.
	 */
	int (*attach)(const unsigned long *wanted, const char **why);
	void (*detach)(void);
	/* Whether it has been switched off meanwhile: who did, or NULL. */
	const char *(*broken)(void);
	/* Calls missed since it was attached. */
	u64 (*missed)(void);
	/* How many places it is attached to. */
	unsigned int (*sites)(void);
};

extern const struct rs_backend rs_direct, rs_kprobe, rs_tracepoint;

/* probe_tracepoint.c: what a need asks for besides calls. As attach. */
int rs_events_set(const struct rs_need *need, const char **why);
unsigned int rs_events_attached(void);
void rs_events_exit(void);

/*
 * probe_handlers.c: the addresses of the functions that serve the calls wanted
 * (NULL: all), sorted, each once, in *sites, to be kvfree()d. How many, or
 * -errno and why. When *by_name comes back true the kernel has no table of its
 * 32-bit calls: they are the functions that match RS_COMPAT_HANDLERS, and what
 * matches it is not in *sites.
 */
int rs_handlers(const unsigned long *wanted, unsigned long **sites, bool *by_name,
		const char **why);

#define RS_COMPAT_HANDLERS	"__ia32_*sys_*"

/* Where ftrace patches the function that begins there, and whether it has. */
unsigned long rs_fentry(unsigned long function);
bool rs_is_patched(unsigned long fentry);

#endif
