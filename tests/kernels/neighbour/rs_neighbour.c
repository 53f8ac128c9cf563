// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another module, with a kprobe that does nothing: insmod rs_neighbour.ko
 * symbol=__x64_sys_ni_syscall. For tests, as programs can't have one by the
 * kernel's tracing where ftrace can't trace; and to measure what one costs.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static char *symbol;
module_param(symbol, charp, 0400);
MODULE_PARM_DESC(symbol, "the function to be probed");

static int on_function(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe probe = { .pre_handler = on_function };

static int __init neighbour_init(void)
{
	probe.symbol_name = symbol;
	return symbol ? register_kprobe(&probe) : -EINVAL;
}

static void __exit neighbour_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(neighbour_init);
module_exit(neighbour_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Somebody else's kprobe, for the tests of ringside");
