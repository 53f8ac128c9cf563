// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints: the backend of that name, what calls return, and the life of
 * threads. They are not exported, but found by name.
 */
#include <linux/binfmts.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/kprobes.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "compat.h"
#include "probe.h"
#include "probe_call.h"
#include "probe_clock.h"
#include "symbols.h"
#include "watch.h"

/* What sys_enter is for: as a backend, and for times. */
static bool counting, timing;

#ifdef CONFIG_X86_64
u32 rs_clock_mult;

void rs_clock_choose(void)
{
	u64 mult = tsc_khz && !check_tsc_unstable() ?
		   div_u64(1000000ULL << RS_CLOCK_SHIFT, tsc_khz) : 0;

	WRITE_ONCE(rs_clock_mult, mult > U32_MAX ? 0 : mult);
}
#endif

static void on_sys_enter(void *data, struct pt_regs *regs, long id)
{
	u32 slot = rs_call_slot(regs);

	if (READ_ONCE(counting))
		rs_probe_call(slot);
	if (READ_ONCE(timing))
		rs_follow_enter(regs, slot);
}

static void on_sys_exit(void *data, struct pt_regs *regs, long ret)
{
	rs_follow_leave(regs, ret, -syscall_get_error(current, regs));
}

static void on_switch(void *data, RS_SWITCH_ARGS)
{
	rs_follow_switch(prev, next);
}

static void on_fork(void *data, struct task_struct *parent, struct task_struct *child)
{
	rs_watch_fork(parent, child);
}

static void on_exec(void *data, struct task_struct *task, pid_t old_pid,
		    struct linux_binprm *bprm)
{
	rs_watch_exec(task, old_pid);
}

static void on_exit(void *data, RS_EXIT_ARGS)
{
	rs_follow_gone(task);
}

static void on_cgroup(void *data, struct cgroup *cgroup, const char *path,
		      struct task_struct *task, bool threadgroup)
{
	rs_watch_cgroup(task, threadgroup);
}

enum { SYS_ENTER, SYS_EXIT, SWITCH, FORK, EXEC, EXIT, CGROUP, NR_POINTS };

static struct point {
	const char *name;
	void *probe;
	struct tracepoint *tracepoint;
	bool on;
} points[NR_POINTS] = {
	[SYS_ENTER] = { "sys_enter", on_sys_enter },
	[SYS_EXIT] = { "sys_exit", on_sys_exit },
	[SWITCH] = { "sched_switch", on_switch },
	[FORK] = { "sched_process_fork", on_fork },
	[EXEC] = { "sched_process_exec", on_exec },
	[EXIT] = { "sched_process_exit", on_exit },
	[CGROUP] = { "cgroup_attach_task", on_cgroup },
};

/* commit_creds() has no tracepoint. */
static int on_creds(struct kprobe *probe, struct pt_regs *regs)
{
	rs_watch_user(current, (const struct cred *)regs_get_kernel_argument(regs, 0));
	return 0;
}
NOKPROBE_SYMBOL(on_creds);

static struct kprobe creds;
static bool creds_on;

static struct rs_once once = RS_ONCE_INIT(once);

static void resolve_point(struct tracepoint *tracepoint, void *unused)
{
	int i;

	for (i = 0; i < NR_POINTS; i++)
		if (!strcmp(tracepoint->name, points[i].name))
			points[i].tracepoint = tracepoint;
}

static int resolve(void)
{
	for_each_kernel_tracepoint(resolve_point, NULL);
	return 0;
}

static int point_on(struct point *point, const char **why)
{
	int err;

	if (point->on)
		return 0;
	rs_once(&once, resolve);
	if (!point->tracepoint) {
		*why = "the kernel lacks a tracepoint that this needs (CONFIG_TRACEPOINTS, CONFIG_FTRACE_SYSCALLS)";
		return -EOPNOTSUPP;
	}
	err = tracepoint_probe_register(point->tracepoint, point->probe, NULL);
	if (err)
		*why = "the kernel refuses a probe on a tracepoint";
	point->on = !err;
	return err;
}

static void point_off(struct point *point)
{
	if (!point->on)
		return;
	tracepoint_probe_unregister(point->tracepoint, point->probe, NULL);
	point->on = false;
}

static int creds_set(bool on, const char **why)
{
	int err;

	if (on == creds_on)
		return 0;
	if (!on) {
		unregister_kprobe(&creds);
		rs_guard_put();
		creds_on = false;
		return 0;
	}
	err = rs_guard_get(why);
	if (err)
		return err;
	creds = (struct kprobe){ .symbol_name = "commit_creds", .pre_handler = on_creds };
	err = register_kprobe(&creds);
	if (err) {
		*why = "the kernel refuses a kprobe on commit_creds, by which a change of user is seen";
	} else if (rs_kprobe_broken(&creds)) {
		unregister_kprobe(&creds);
		*why = "a change of user can't be seen: kprobes are switched off (debugfs kprobes/enabled, kernel.ftrace_enabled)";
		err = -EIO;
	}
	if (err)
		rs_guard_put();
	creds_on = !err;
	return err;
}

static bool is_needed(const struct rs_need *need, int i)
{
	switch (i) {
	case SYS_ENTER:
		return need->times || counting;
	case SYS_EXIT:
	case SWITCH:
		return need->times;
	case CGROUP:
		return need->cgroups;
	default:
		return need->threads;
	}
}

int rs_events_set(const struct rs_need *need, const char **why)
{
	int i, err;

	/* Before anything is timed by it. */
	if (!timing)
		rs_clock_choose();
	/* The end of a thread before its beginning, so that none stays. */
	for (i = NR_POINTS - 1; i >= 0; i--)
		if (is_needed(need, i)) {
			err = point_on(&points[i], why);
			if (err)
				return err;
		}
	err = creds_set(need->users, why);
	if (err)
		return err;
	if (!need->times)
		rs_follow_timed(false);
	WRITE_ONCE(timing, need->times);
	if (need->times)
		rs_follow_timed(true);
	for (i = 0; i < NR_POINTS; i++)
		if (!is_needed(need, i))
			point_off(&points[i]);
	return 0;
}

unsigned int rs_events_attached(void)
{
	unsigned int i, nr = creds_on;

	for (i = 0; i < NR_POINTS; i++)
		nr += points[i].on;
	return nr;
}

void rs_events_exit(void)
{
	tracepoint_synchronize_unregister();
}

static int tracepoint_attach(const unsigned long *wanted, const char **why)
{
	int err = point_on(&points[SYS_ENTER], why);

	WRITE_ONCE(counting, !err);
	return err;
}

static void tracepoint_detach(void)
{
	WRITE_ONCE(counting, false);
	if (!timing)
		point_off(&points[SYS_ENTER]);
}

static const char *tracepoint_broken(void)
{
	return NULL;
}

static u64 tracepoint_missed(void)
{
	return 0;
}

static unsigned int tracepoint_sites(void)
{
	return counting;
}

const struct rs_backend rs_tracepoint = {
	.name = "tracepoint",
	.attach = tracepoint_attach,
	.detach = tracepoint_detach,
	.broken = tracepoint_broken,
	.missed = tracepoint_missed,
	.sites = tracepoint_sites,
};
