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

/*
 * Sums that only grow: calls that were seen too late; ns that may lack some, for whom the backend
 * counts (calls), or tracepoints tell of calls or threads (events). Sleep.
 */
u64 rs_probe_missed(void);
u64 rs_probe_lapsed(bool calls, bool events);
/* Looks whether what is attached still works, and replaces it. Sleeps. */
void rs_probe_check(void);

/* "direct", "kprobe" or "tracepoint"; that of the next watch if there is none. */
const char *rs_probe_backend(void);
/* Why that one. Sleeps. */
void rs_probe_reason(char *buf, size_t size);
/*
 * What is attached, as in "direct,tracepoint", or "nothing"; at how many places
 * of the kernel, and to how many tracepoints. Sleeps.
 */
void rs_probe_attached(char *names, size_t size, unsigned int *sites, unsigned int *events);

/*
 * The administrator's choice: "auto" or one of the above; -EINVAL for others. While
 * something is counted it is tried: -errno when it does not work here, the log says
 * why, and that of before stays. Else the next watch tries it. Sleeps.
 */
int rs_probe_choose(const char *name);
const char *rs_probe_choice(void);

/* Before anything is attached: 0 or -errno; and when nothing is any more. Both sleep. */
int rs_probe_init(void);
void rs_probe_exit(void);

/* Within probe*.c */

struct kprobe;
struct pt_regs;

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
 * (NULL: all), sorted, each once, with room for one more, in *sites, to be
 * kvfree()d. How many, or -errno and why. *compat tells whether those of 32-bit
 * calls are among them: kernels without a table of these have a dispatcher.
 */
int rs_handlers(const unsigned long *wanted, unsigned long **sites, bool *compat,
		const char **why);

#define RS_COMPAT_DISPATCHER	"ia32_sys_call"

/* Whether it serves one of the busiest calls. After rs_handlers(). */
bool rs_is_busy(unsigned long site);

/*
 * probe_guard.c: keeps kernel.ftrace_enabled from being cleared, which then
 * fails with EBUSY, as long as something is attached by ftrace; counted. What is
 * detached while it is cleared leaves the kernel's records such that a later
 * detach warns and ends ftrace for good (seen on 6.1 and 6.12). 0, or -errno and
 * why: it is cleared already.
 */
int rs_guard_get(const char **why);
void rs_guard_put(void);

/*
 * probe_kprobe.c: pre-handlers. Each counts the call that the function is entered
 * for: a handler, a dispatcher, and the one for calls that the kernel does not
 * have, which is a dispatcher's other calls' and one of the handlers.
 */
int rs_on_handler(struct kprobe *probe, struct pt_regs *regs);
int rs_on_dispatcher(struct kprobe *probe, struct pt_regs *regs);
int rs_on_missing(struct kprobe *probe, struct pt_regs *regs);
int rs_on_native_handler(struct kprobe *probe, struct pt_regs *regs);

/* Who has switched a registered probe off, or NULL. */
const char *rs_kprobe_broken(struct kprobe *probe);

/*
 * Whether ftrace can trace the function, a handler, at all. One that it can't may
 * look as if: with a kprobe, also one that is gone and whose jump is not yet. May
 * sleep; one caller at a time. Without memory what is patched is taken for traceable.
 */
bool rs_is_traceable(unsigned long function);
/* Where ftrace patches the function that begins there, and whether it has. */
#define RS_FENTRY_SIZE	5
unsigned long rs_fentry(unsigned long function);
bool rs_is_patched(unsigned long fentry);

#endif
