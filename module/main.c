// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

static int __init rs_init(void)
{
	return 0;
}

static void __exit rs_exit(void)
{
}

module_init(rs_init);
module_exit(rs_exit);

MODULE_DESCRIPTION("A ringside seat at the edge between ring 3 and ring 0");
MODULE_AUTHOR("The ringside authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(RINGSIDE_VERSION);
