// SPDX-License-Identifier: GPL-2.0-only
/* The table of providers; load and unload. */
#include <linux/capability.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sysfs.h>

#include "counter.h"
#include "follow.h"
#include "probe.h"
#include "record.h"
#include "ringside.h"
#include "symbols.h"
#include "watch.h"

const struct rs_provider * const rs_providers[] = {
	&rs_status,
	&rs_tasks,
	&rs_memory,
	&rs_slabs,
	&rs_watches,
	&rs_syscalls,
	&rs_errors,
	&rs_latency,
	&rs_maps,
	&rs_pages,
	&rs_files,
};

const unsigned int rs_nr_providers = ARRAY_SIZE(rs_providers);

static int group = -1;
module_param(group, int, 0444);
MODULE_PARM_DESC(group, "id of the group that may see everything without CAP_PERFMON (default: none)");

kgid_t rs_group(void)
{
	return group < 0 ? INVALID_GID : KGIDT_INIT(group);
}

/* While it is loaded who loads it has the right; later the file asks nobody. */
static int set_backend(const char *name, const struct kernel_param *param)
{
	if (THIS_MODULE->state == MODULE_STATE_LIVE && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return rs_probe_choose(name);
}

static int get_backend(char *buf, const struct kernel_param *param)
{
	return sysfs_emit(buf, "%s\n", rs_probe_choice());
}

static const struct kernel_param_ops backend_ops = {
	.set = set_backend,
	.get = get_backend,
};

module_param_cb(backend, &backend_ops, NULL, 0644);
MODULE_PARM_DESC(backend, "what counts system calls: direct, kprobe, tracepoint, or auto for the first that works (default)");

static int __init rs_init(void)
{
	int err;

	rs_captures_init();
	err = rs_counter_init();
	if (err)
		goto err_counter;
	err = rs_probe_init();
	if (err)
		goto err_probe;
	err = rs_watch_init();
	if (err)
		goto err_watch;
	err = rs_proc_init();
	if (err)
		goto err_proc;
	err = rs_sysfs_init();
	if (err)
		goto err_sysfs;
	err = rs_netlink_init();
	if (err)
		goto err_netlink;
	return 0;

err_netlink:
	rs_sysfs_exit();
err_sysfs:
	rs_proc_exit();
err_proc:
	rs_watch_exit();
err_watch:
	rs_probe_exit();
	rs_follow_exit();
err_probe:
	rs_counter_exit();
err_counter:
	rs_symbols_exit();
	return err;
}

static void __exit rs_exit(void)
{
	rs_netlink_exit();
	rs_sysfs_exit();
	rs_proc_exit();
	rs_watch_exit();
	rs_probe_exit();
	rs_follow_exit();
	rs_counter_exit();
	rs_symbols_exit();
}

module_init(rs_init);
module_exit(rs_exit);

MODULE_DESCRIPTION("A ringside seat at the edge between ring 3 and ring 0");
MODULE_AUTHOR("The ringside authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(RINGSIDE_VERSION);
