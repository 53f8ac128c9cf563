// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that serve system calls: the kernel's own tables name them by
 * number, also where a call without arguments has one function for two ABIs
 * and several names.
 */
#include <linux/ftrace.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "compat.h"
#include "probe.h"
#include "probe_call.h"
#include "symbols.h"

#ifdef CONFIG_X86_64

static struct {
	struct rs_once once;
	const unsigned long *native, *compat;
} tables = {
	.once = RS_ONCE_INIT(tables.once),
};

static int resolve(void)
{
	tables.native = rs_symbol("sys_call_table");
	tables.compat = rs_symbol("ia32_sys_call_table");
	return 0;
}

static int cmp_site(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

static bool is_wanted(const unsigned long *wanted, u32 slot)
{
	return !wanted || test_bit(slot, wanted);
}

static unsigned int unique(unsigned long *sites, unsigned int nr)
{
	unsigned int i, kept = 0;

	sort(sites, nr, sizeof(*sites), cmp_site, NULL);
	for (i = 0; i < nr; i++)
		if (sites[i] && (!kept || sites[i] != sites[kept - 1]))
			sites[kept++] = sites[i];
	return kept;
}

int rs_handlers(const unsigned long *wanted, unsigned long **found, bool *compat,
		const char **why)
{
	unsigned int call, nr = 0;
	unsigned long *sites;

	rs_once(&tables.once, resolve);
	if (!tables.native) {
		*why = "the kernel shows no sys_call_table (CONFIG_KALLSYMS_ALL)";
		return -ENOENT;
	}
	sites = kvmalloc_array(RS_NR_NATIVE + RS_NR_COMPAT + 1, sizeof(*sites), GFP_KERNEL);
	if (!sites) {
		*why = "there is no memory";
		return -ENOMEM;
	}
	for (call = 0; call < RS_NR_NATIVE; call++)
		if (is_wanted(wanted, rs_slot(RINGSIDE_ABI_NATIVE, call, RS_NR_NATIVE)) ||
		    is_wanted(wanted, rs_slot(RINGSIDE_ABI_X32, call, RS_NR_X32)))
			sites[nr++] = tables.native[call];
	for (call = 0; tables.compat && call < RS_NR_COMPAT; call++)
		if (is_wanted(wanted, rs_slot(RINGSIDE_ABI_COMPAT, call, RS_NR_COMPAT)))
			sites[nr++] = tables.compat[call];
	*compat = tables.compat || !RS_NR_COMPAT;
	*found = sites;
	return unique(sites, nr);
}

/* The calls that are most frequent, or so short that a count is much to them. */
static const u16 busy_calls[] = {
	__NR_read, __NR_write, __NR_futex, __NR_getpid, __NR_getppid,
};

bool rs_is_busy(unsigned long site)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(busy_calls); i++)
		if (tables.native[busy_calls[i]] == site)
			return true;
	return false;
}

/* The bytes of an endbr64, and what a sealed one is replaced by: until 6.14, and since. */
#define ENDBR		0xfa1e0ff3
#define SEALED_ENDBR	0x001f0f66
#define SEALED_ENDBR2	0xd6401f0f
/* What ftrace finds there, or leaves, by kernel and CPU; what it puts there. */
static const u8 nops[][RS_FENTRY_SIZE] = {
	{ 0x0f, 0x1f, 0x44, 0x00, 0x00 },
	{ 0x66, 0x66, 0x66, 0x66, 0x90 },
};

#define CALL		0xe8
#define JMP		0xe9
#define INT3		0xcc	/* while it is being put there */

unsigned long rs_fentry(unsigned long function)
{
	u32 first = *(const u32 *)function;

	return first == ENDBR || first == SEALED_ENDBR || first == SEALED_ENDBR2 ?
	       function + 4 : function;
}

bool rs_is_patched(unsigned long fentry)
{
	u8 first = READ_ONCE(*(const u8 *)fentry);

	return first == CALL || first == JMP || first == INT3;
}

/*
 * A filter that nobody uses takes it if ftrace knows it. That costs a page or
 * two, so it is asked only of what may be ftrace's or a kprobe's.
 */
static bool ftrace_knows(unsigned long fentry)
{
#ifdef CONFIG_DYNAMIC_FTRACE
	static struct ftrace_ops ops;
	int err = ftrace_set_filter_ip(&ops, fentry, 0, 1);

	rs_ftrace_free_filter(&ops);
	return err != -EINVAL;
#else
	return false;
#endif
}

bool rs_is_traceable(unsigned long function)
{
	unsigned long fentry = rs_fentry(function);
	int i;

	for (i = 0; i < ARRAY_SIZE(nops); i++)
		if (!memcmp((const void *)fentry, nops[i], sizeof(nops[i])))
			return true;
	return rs_is_patched(fentry) && ftrace_knows(fentry);
}

#else

bool rs_is_busy(unsigned long site)
{
	return false;
}

bool rs_is_traceable(unsigned long function)
{
	return false;
}

int rs_handlers(const unsigned long *wanted, unsigned long **found, bool *compat,
		const char **why)
{
	*why = "the calls' handlers are only known on x86-64";
	return -EOPNOTSUPP;
}

unsigned long rs_fentry(unsigned long function)
{
	return function;
}

bool rs_is_patched(unsigned long fentry)
{
	return true;
}

#endif
