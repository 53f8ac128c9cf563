// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend "kprobe": on the functions that dispatch system calls, or where
 * there are none on every handler.
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "probe.h"
#include "probe_call.h"
#include "symbols.h"

/* Those of the dispatchers, or of the handlers; first what was wanted alone. */
#define GROUPS	2

static struct group {
	struct kprobe *probes;
	struct kprobe **list;		/* as register_kprobes() takes it */
	unsigned int nr;
} groups[GROUPS];

static bool all;

static u32 slot_of(struct pt_regs *regs)
{
	return rs_call_slot((const struct pt_regs *)regs_get_kernel_argument(regs, 0));
}

/* Calls that dispatchers are entered for on some kernels, and not on others. */
static bool is_odd(u32 slot)
{
	return slot == RINGSIDE_ABI_NATIVE * RS_ABI_SLOTS + RS_ABI_OTHER ||
	       slot >= RINGSIDE_ABI_COMPAT * RS_ABI_SLOTS + RS_ABI_OTHER;
}

int rs_on_handler(struct kprobe *probe, struct pt_regs *regs)
{
	rs_probe_call(slot_of(regs));
	return 0;
}
NOKPROBE_SYMBOL(rs_on_handler);

/* All of those end in the handler for calls that the kernel does not have. */
int rs_on_missing(struct kprobe *probe, struct pt_regs *regs)
{
	u32 slot = slot_of(regs);

	if (is_odd(slot))
		rs_probe_call(slot);
	return 0;
}
NOKPROBE_SYMBOL(rs_on_missing);

int rs_on_dispatcher(struct kprobe *probe, struct pt_regs *regs)
{
	u32 slot = slot_of(regs);

	if (likely(!is_odd(slot)))
		rs_probe_call(slot);
	return 0;
}
NOKPROBE_SYMBOL(rs_on_dispatcher);

/* Where only 32-bit calls have a dispatcher. */
int rs_on_native_handler(struct kprobe *probe, struct pt_regs *regs)
{
	u32 slot = slot_of(regs);

	if (slot / RS_ABI_SLOTS != RINGSIDE_ABI_COMPAT || is_odd(slot))
		rs_probe_call(slot);
	return 0;
}
NOKPROBE_SYMBOL(rs_on_native_handler);

#ifdef CONFIG_X86_64

/* As rs_on_dispatcher(), of native calls alone: its second argument is the number. */
static int on_native_dispatcher(struct kprobe *probe, struct pt_regs *regs)
{
	u32 slot = rs_slot(RINGSIDE_ABI_NATIVE, regs_get_kernel_argument(regs, 1), RS_NR_NATIVE);

	if (likely(!is_odd(slot)))
		rs_probe_call(slot);
	return 0;
}
NOKPROBE_SYMBOL(on_native_dispatcher);

static const struct {
	const char *symbol;
	kprobe_pre_handler_t handler;
} dispatchers[] = {
	{ "x64_sys_call", on_native_dispatcher },
	{ "__x64_sys_ni_syscall", rs_on_missing },
	{ RS_COMPAT_DISPATCHER, rs_on_dispatcher },
	{ "__ia32_sys_ni_syscall", rs_on_missing },
};

#define NR_DISPATCHERS	ARRAY_SIZE(dispatchers)

#else
#define NR_DISPATCHERS	0
#endif

static int make_group(struct group *group, unsigned int nr)
{
	unsigned int i;

	group->probes = kvcalloc(nr, sizeof(*group->probes), GFP_KERNEL);
	group->list = kvmalloc_array(nr, sizeof(*group->list), GFP_KERNEL);
	if (!group->probes || !group->list) {
		kvfree(group->probes);
		kvfree(group->list);
		group->probes = NULL;
		return -ENOMEM;
	}
	for (i = 0; i < nr; i++)
		group->list[i] = &group->probes[i];
	group->nr = nr;
	return 0;
}

static void free_group(struct group *group)
{
	kvfree(group->probes);
	kvfree(group->list);
	group->probes = NULL;
	group->nr = 0;
}

static int register_group(struct group *group, const char **why)
{
	int err = rs_guard_get(why);

	if (err) {
		free_group(group);
		return err;
	}
	err = register_kprobes(group->list, group->nr);
	if (err) {
		rs_guard_put();
		free_group(group);
		*why = "the kernel refuses kprobes on its system calls";
	}
	return err;
}

/* -ENOENT when the kernel has none. */
static int attach_dispatchers(const char **why)
{
	unsigned int i;
	int err;

	if (!NR_DISPATCHERS)
		return -ENOENT;
	err = make_group(&groups[0], NR_DISPATCHERS);
	if (err)
		return err;
#ifdef CONFIG_X86_64
	for (i = 0; i < NR_DISPATCHERS; i++) {
		groups[0].probes[i].symbol_name = dispatchers[i].symbol;
		groups[0].probes[i].pre_handler = dispatchers[i].handler;
	}
#endif
	return register_group(&groups[0], why);
}

/*
 * Behind the place of ftrace, where the arguments are still where they were:
 * there each kprobe would go through all functions of the kernel.
 */
static kprobe_opcode_t *place_in(unsigned long handler)
{
	return (kprobe_opcode_t *)(rs_is_traceable(handler) ? rs_fentry(handler) + RS_FENTRY_SIZE :
							      handler);
}

static bool contains(const struct group *group, unsigned long handler)
{
	unsigned int i;

	for (i = 0; i < group->nr; i++)
		if (group->probes[i].addr == place_in(handler))
			return true;
	return false;
}

static int attach_handlers(struct group *group, const unsigned long *wanted, const char **why)
{
	unsigned long *sites, *list;
	unsigned int i, nr = 0;
	bool compat;
	int got, busy, err = 0;

	got = rs_handlers(wanted, &sites, &compat, why);
	if (got < 0)
		return got;
	if (!compat) {
		*why = "the kernel has neither dispatchers nor a table of its 32-bit calls";
		kvfree(sites);
		return -ENOENT;
	}
	list = kvmalloc_array(got, sizeof(*list), GFP_KERNEL);
	if (!list) {
		kvfree(sites);
		return -ENOMEM;
	}
	/* The busy ones last: of those that share a hash, the newest is found first. */
	for (busy = 0; busy < 2; busy++)
		for (i = 0; i < got; i++)
			if (rs_is_busy(sites[i]) == busy &&
			    (group == groups || !contains(groups, sites[i])))
				list[nr++] = sites[i];
	if (nr)
		err = make_group(group, nr);
	for (i = 0; !err && i < nr; i++) {
		group->probes[i].addr = place_in(list[i]);
		group->probes[i].pre_handler = rs_on_handler;
	}
	kvfree(sites);
	kvfree(list);
	return err || !nr ? err : register_group(group, why);
}

static int kprobe_attach(const unsigned long *wanted, const char **why)
{
	int err;

	*why = "there is no memory";
	if (all)
		return 0;
	if (!groups[0].nr) {
		err = attach_dispatchers(why);
		all = !err;
		/* What lacks memory now is not to be seen at each call's handler for good. */
		if (!err || err == -ENOMEM)
			return err;
		err = attach_handlers(&groups[0], wanted, why);
		all = !err && !wanted;
		return err;
	}
	err = attach_handlers(&groups[1], NULL, why);
	all = !err;
	return err;
}

static u64 kprobe_missed(void)
{
	unsigned int i, j;
	u64 missed = 0;

	for (i = 0; i < GROUPS; i++)
		for (j = 0; j < groups[i].nr; j++)
			missed += groups[i].probes[j].nmissed;
	return missed;
}

static void kprobe_detach(void)
{
	int i;

	for (i = GROUPS - 1; i >= 0; i--) {
		if (!groups[i].nr)
			continue;
		unregister_kprobes(groups[i].list, groups[i].nr);
		rs_guard_put();
		free_group(&groups[i]);
	}
	all = false;
}

const char *rs_kprobe_broken(struct kprobe *probe)
{
	if (kprobe_disabled(probe))
		return "its kprobes were disabled (debugfs kprobes/enabled)";
	if (kprobe_ftrace(probe))
		return rs_is_patched((unsigned long)probe->addr) ? NULL :
		       "kprobes or ftrace were switched off (debugfs kprobes/enabled, kernel.ftrace_enabled)";
	return READ_ONCE(*probe->addr) != probe->opcode ? NULL :
	       "kprobes were switched off (debugfs kprobes/enabled)";
}

static const char *kprobe_broken(void)
{
	const char *why = NULL;
	unsigned int i, j;

	for (i = 0; i < GROUPS; i++)
		for (j = 0; !why && j < groups[i].nr; j++)
			why = rs_kprobe_broken(&groups[i].probes[j]);
	return why;
}

static unsigned int kprobe_sites(void)
{
	return groups[0].nr + groups[1].nr;
}

const struct rs_backend rs_kprobe = {
	.name = "kprobe",
	.attach = kprobe_attach,
	.detach = kprobe_detach,
	.broken = kprobe_broken,
	.missed = kprobe_missed,
	.sites = kprobe_sites,
};
