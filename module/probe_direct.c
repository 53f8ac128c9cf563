// SPDX-License-Identifier: GPL-2.0-only
/*
 * The backend "direct": the handlers of the calls call a trampoline, by
 * ftrace's direct calls. It counts in a dozen instructions.
 */
#include <linux/cpu.h>
#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "probe.h"
#include "probe_call.h"

#if defined(CONFIG_X86_64) && defined(CONFIG_SMP) && \
	defined(CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)

#include <asm/linkage.h>

#ifndef ASM_ENDBR
#define ASM_ENDBR
#endif

/* A constant, as min() is not. */
#define LEAST(a, b)	((a) < (b) ? (a) : (b))

/* For the trampoline, and it: the assembler knows them by name. */
extern bool rs_direct_compat;
extern const u64 rs_direct_golden;
void rs_direct_call(void);

/*
 * The trampoline. It is called at the first instruction of
 *
 *	long handler(const struct pt_regs *regs)
 *
 * and may use what a function may without saving it: rax, r10, r11. The slot
 * is that of rs_call_slot(), the count this_cpu_inc(). A handler that serves two
 * ABIs leaves 32-bit calls to their dispatcher if that counts them. A task that is not in an
 * empty bucket of the followed threads takes the way through C.
 *
 * This function is never called: it gives the assembler its constants.
 */
static void __used constants(void)
{
	asm volatile(
	".pushsection .text, \"ax\"\n"
	".p2align 4\n"
	".globl rs_direct_call\n"
	".type rs_direct_call, @function\n"
	"rs_direct_call:\n"
	ASM_ENDBR
	"	movl	%c[orig_ax](%%rdi), %%eax\n"
	"	movq	%%gs:%c[current_task], %%r10\n"
	"	testb	%[ts_compat], %c[status](%%r10)\n"
	"	jnz	2f\n"
	"	cmpl	%[nr_native], %%eax\n"
	"	jae	3f\n"
	"1:	movq	rs_counts(%%rip), %%r11\n"
	"	incq	%%gs:(%%r11, %%rax, 8)\n"
	"	cmpl	$0, rs_following(%%rip)\n"
	"	jne	5f\n"
	ASM_RET

	/* A 32-bit call */
	"2:	cmpb	$0, rs_direct_compat(%%rip)\n"
	"	je	8f\n"
	"	cmpl	%[nr_compat], %%eax\n"
	"	jae	4f\n"
	"	addl	%[compat], %%eax\n"
	"	jmp	1b\n"
	"4:	movl	%[compat_other], %%eax\n"
	"	jmp	1b\n"
	"8:\n"
	ASM_RET

	/* No number of a native call: one of x32, or none */
	"3:	xorl	%[x32_bit], %%eax\n"
	"	cmpl	%[nr_x32], %%eax\n"
	"	jae	6f\n"
	"	addl	%[x32], %%eax\n"
	"	jmp	1b\n"
	"6:	movl	%[other], %%eax\n"
	"	jmp	1b\n"

	"5:	imulq	rs_direct_golden(%%rip), %%r10\n"
	"	shrq	%[shift], %%r10\n"
	"	movq	rs_followed(%%rip), %%r11\n"
	"	cmpq	$0, (%%r11, %%r10, 8)\n"
	"	jne	7f\n"
	ASM_RET
	"7:	pushq	%%rdi\n"
	"	pushq	%%rsi\n"
	"	pushq	%%rdx\n"
	"	pushq	%%rcx\n"
	"	pushq	%%r8\n"
	"	pushq	%%r9\n"
	"	movl	%%eax, %%edi\n"
	"	call	rs_follow_call\n"
	"	popq	%%r9\n"
	"	popq	%%r8\n"
	"	popq	%%rcx\n"
	"	popq	%%rdx\n"
	"	popq	%%rsi\n"
	"	popq	%%rdi\n"
	ASM_RET
	".size rs_direct_call, . - rs_direct_call\n"
	".popsection\n"
	: : [orig_ax] "i" (offsetof(struct pt_regs, orig_ax)),
	    [current_task] "i" (RS_CURRENT_TASK),
	    [status] "i" (offsetof(struct task_struct, thread_info.status)),
	    [ts_compat] "i" (TS_COMPAT),
	    [nr_native] "i" (LEAST(RS_NR_NATIVE, RS_ABI_OTHER)),
	    [nr_compat] "i" (LEAST(RS_NR_COMPAT, RS_ABI_OTHER)),
	    [nr_x32] "i" (RS_NR_X32),
	    [x32_bit] "i" (__X32_SYSCALL_BIT),
	    [compat] "i" (RINGSIDE_ABI_COMPAT * RS_ABI_SLOTS),
	    [x32] "i" (RINGSIDE_ABI_X32 * RS_ABI_SLOTS),
	    [other] "i" (RINGSIDE_ABI_NATIVE * RS_ABI_SLOTS + RS_ABI_OTHER),
	    [compat_other] "i" (RINGSIDE_ABI_COMPAT * RS_ABI_SLOTS + RS_ABI_OTHER),
	    [shift] "i" (64 - RS_FOLLOW_BITS));
}

/* Whether handlers count 32-bit calls; else a kprobe on their dispatcher does. */
bool rs_direct_compat __used;
const u64 rs_direct_golden __used = RS_FOLLOW_GOLDEN;

/* First what a watch wanted alone; then, when more was, the rest. */
#define GROUPS	2

/*
 * Where direct calls can't be: the handler of calls that the kernel does not
 * have, if ftrace can't trace it, and the dispatcher of 32-bit calls, whose
 * handlers nothing names.
 */
#define MAX_ODD	4

static struct group {
	struct rs_direct_ops ops;
	unsigned long *sites;
	unsigned int nr;
	struct kprobe odd[MAX_ODD];
	unsigned int nr_odd;
} groups[GROUPS];

static bool all;	/* the rest is attached, or there is none */

/*
 * Shaped like a handler, and never one: attached to with them, it is what the
 * self-test calls. The module is behind the kernel, so the sites stay sorted.
 */
static noinline long handler(const struct pt_regs *regs)
{
	barrier_data(regs);
	return 0;
}

#define TEST_CALLS	64

/* How many known calls are counted as they should be; takes the counts back. */
static long test_calls(void *unused)
{
	struct pt_regs regs = {};
	long i, good = 0;

	preempt_disable();
	for (i = 0; i < TEST_CALLS; i++) {
		u64 before;
		u32 slot;

		regs.orig_ax = i % 2 ? i : ~i;
		slot = rs_call_slot(&regs);
		before = this_cpu_read(rs_counts[slot]);
		handler(&regs);
		good += this_cpu_read(rs_counts[slot]) == before + 1;
		this_cpu_write(rs_counts[slot], before);
	}
	preempt_enable();
	return good;
}

/* By a worker, which nobody follows. */
static bool self_test(void)
{
	long good;

	cpus_read_lock();
	good = work_on_cpu(raw_smp_processor_id(), test_calls, NULL);
	cpus_read_unlock();
	return good == TEST_CALLS;
}

static bool is_busy(unsigned long site)
{
	return site == (unsigned long)handler || rs_is_busy(site);
}

/* What the others call there. Its registers are not saved, but they lead to the same. */
static void notrace on_call(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			    rs_ftrace_regs *unused)
{
	rs_probe_call(rs_call_slot(task_pt_regs(current)));
}

static bool contains(const struct group *group, unsigned long site)
{
	unsigned int i, low = 0, high = group->nr;

	for (i = 0; i < group->nr_odd; i++)
		if ((unsigned long)group->odd[i].addr == site)
			return true;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (group->sites[mid] == site)
			return true;
		if (group->sites[mid] < site)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Leaves the sites that are not attached: how many. */
static unsigned int only_new(unsigned long *sites, unsigned int nr)
{
	unsigned int i, kept = 0;

	for (i = 0; i < nr; i++)
		if (!contains(&groups[0], sites[i]))
			sites[kept++] = sites[i];
	return kept;
}

static const char *direct_broken(void)
{
	unsigned int i, j;

	for (i = 0; i < GROUPS; i++) {
		for (j = 0; j < groups[i].nr; j++)
			if (!rs_is_patched(rs_fentry(groups[i].sites[j])))
				return "ftrace was switched off (kernel.ftrace_enabled)";
		for (j = 0; j < groups[i].nr_odd; j++)
			if (rs_kprobe_broken(&groups[i].odd[j]))
				return rs_kprobe_broken(&groups[i].odd[j]);
	}
	return NULL;
}

static void detach_odd(struct group *group)
{
	while (group->nr_odd)
		unregister_kprobe(&group->odd[--group->nr_odd]);
}

static int add_odd(struct group *group, const struct kprobe *wanted, const char **why)
{
	struct kprobe *odd = &group->odd[group->nr_odd];
	int err = -ENOSPC;

	if (group->nr_odd < MAX_ODD) {
		*odd = *wanted;
		err = register_kprobe(odd);
	}
	if (err)
		*why = "some system calls can neither be traced nor probed";
	else
		group->nr_odd++;
	return err;
}

/* Takes those that are none for ftrace out of the sites: how many are left, or -errno. */
static int attach_odd(struct group *group, unsigned long *sites, int nr, const char **why)
{
	int i, kept = 0, err;

	for (i = 0; i < nr; i++) {
		struct kprobe odd = {
			.addr = (kprobe_opcode_t *)sites[i],
			.pre_handler = rs_direct_compat ? rs_on_handler : rs_on_native_handler,
		};

		if (rs_is_traceable(sites[i])) {
			sites[kept++] = sites[i];
			continue;
		}
		err = add_odd(group, &odd, why);
		if (err)
			return err;
	}
	if (!rs_direct_compat && group == groups) {
		struct kprobe dispatcher = {
			.symbol_name = RS_COMPAT_DISPATCHER,
			.pre_handler = rs_on_dispatcher,
		};

		err = add_odd(group, &dispatcher, why);
		if (err)
			return err;
	}
	return kept;
}

static int attach_sites(struct group *group, unsigned long *sites, int nr, const char **why)
{
	int err = 0;

	nr = attach_odd(group, sites, nr, why);
	if (nr > 0) {
		err = rs_direct_register(&group->ops, sites, nr, (unsigned long)rs_direct_call,
					 is_busy, on_call);
		if (err)
			*why = err == -EBUSY ?
			       "another tracer has direct calls on the calls' handlers" :
			       "ftrace refuses direct calls on the calls' handlers";
	}
	if (nr < 0 || err) {
		detach_odd(group);
		return nr < 0 ? nr : err;
	}
	group->sites = sites;
	group->nr = nr;
	return 0;
}

static int attach_group(struct group *group, const unsigned long *wanted, const char **why)
{
	unsigned long *sites;
	int nr, err;

	nr = rs_handlers(wanted, &sites, &rs_direct_compat, why);
	if (nr < 0)
		return nr;
	if (group == groups)
		sites[nr++] = (unsigned long)handler;	/* there is room */
	else
		nr = only_new(sites, nr);
	err = attach_sites(group, sites, nr, why);
	if (err)
		kvfree(sites);
	return err;
}

static void direct_detach(void)
{
	bool was = groups[0].sites;
	int i;

	for (i = GROUPS - 1; i >= 0; i--) {
		if (!groups[i].sites)
			continue;
		if (groups[i].nr)
			rs_direct_unregister(&groups[i].ops, (unsigned long)rs_direct_call);
		detach_odd(&groups[i]);
		kvfree(groups[i].sites);
		groups[i].sites = NULL;
		groups[i].nr = 0;
	}
	all = false;
	if (was)
		rs_guard_put();
}

static int direct_attach(const unsigned long *wanted, const char **why)
{
	unsigned long *sites;
	bool compat;
	int nr, err;

	if (all)
		return 0;
	if (!groups[0].sites) {
		err = rs_guard_get(why);
		if (err)
			return err;
		err = attach_group(&groups[0], wanted, why);
		if (err)
			rs_guard_put();
		if (!err && !self_test()) {
			direct_detach();
			*why = "it does not count the known calls of its self-test";
			err = -EIO;
		}
		all = !err && !wanted;
		return err;
	}
	nr = rs_handlers(wanted, &sites, &compat, why);
	if (nr < 0)
		return nr;
	nr = only_new(sites, nr);
	kvfree(sites);
	if (!nr)
		return 0;
	err = attach_group(&groups[1], NULL, why);
	all = !err;
	return err;
}

static u64 direct_missed(void)
{
	unsigned int i, j;
	u64 missed = 0;

	for (i = 0; i < GROUPS; i++)
		for (j = 0; j < groups[i].nr_odd; j++)
			missed += groups[i].odd[j].nmissed;
	return missed;
}

static unsigned int direct_sites(void)
{
	return groups[0].nr + groups[0].nr_odd + groups[1].nr + groups[1].nr_odd;
}

const struct rs_backend rs_direct = {
	.name = "direct",
	.attach = direct_attach,
	.detach = direct_detach,
	.broken = direct_broken,
	.missed = direct_missed,
	.sites = direct_sites,
};

#else

static int direct_attach(const unsigned long *wanted, const char **why)
{
	*why = "the kernel has no direct calls (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS), or is not x86-64";
	return -EOPNOTSUPP;
}

const struct rs_backend rs_direct = {
	.name = "direct",
	.attach = direct_attach,
};

#endif
