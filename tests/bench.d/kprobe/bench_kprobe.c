// SPDX-License-Identifier: GPL-2.0-only
/* A kprobe that does nothing: what one costs by itself. */
#include <linux/kprobes.h>
#include <linux/module.h>

static char *symbol = "";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "where it is");

static int nothing(struct kprobe *probe, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe probe = {
	.pre_handler = nothing,
};

static int __init bench_init(void)
{
	probe.symbol_name = symbol;
	return register_kprobe(&probe);
}

static void __exit bench_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(bench_init);
module_exit(bench_exit);
MODULE_DESCRIPTION("a kprobe that does nothing");
MODULE_LICENSE("GPL");
