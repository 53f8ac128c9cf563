// SPDX-License-Identifier: GPL-2.0-only
/*
 * Another module, which has a kprobe where it likes: insmod rs_neighbour.ko
 * symbol=__x64_sys_ni_syscall. What programs get by the kernel's tracing can't be
 * on functions that ftrace does not know; a module's can.
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
