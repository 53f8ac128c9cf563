/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only file that knows how old kernels differ. The rest of the module is
 * written for the newest; what that lacks here is added under its own name, or
 * under rs_ where a name means something else there.
 */
#ifndef RS_COMPAT_H
#define RS_COMPAT_H

#include <linux/math64.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/percpu_counter.h>
#include <linux/proc_fs.h>
#include <linux/vmstat.h>
#include <linux/version.h>
#include <net/genetlink.h>
#include <net/netlink.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

/*
 * The RSS counters, exact: per CPU since 6.2, and /proc sums them since 6.17 and
 * in stable kernels before.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define rs_mm_counter(mm, member)	percpu_counter_sum_positive(&(mm)->rss_stat[member])
#else
#define rs_mm_counter(mm, member)	get_mm_counter(mm, member)
#endif

/* Reclaim is counted per node, no longer as an event, since 7.1. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 1, 0)
#define rs_reclaim(events, item)	global_node_page_state_pages(item)
#else
#define rs_reclaim(events, item)	((events)[item])
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 11, 0)
#define rs_page_tables()	global_node_page_state(NR_PAGETABLE)
#else
#define rs_page_tables()	global_zone_page_state(NR_PAGETABLE)
#endif

#if LINUX_VERSION_CODE >= KERNEL_VERSION(5, 12, 0)
#define rs_swapcache_pages()	global_node_page_state_pages(NR_SWAPCACHE)
#define RS_NO_SWAPCACHE		NULL
#else
/* Summed over private structures of each swap area there. */
#define rs_swapcache_pages()	0UL
#define RS_NO_SWAPCACHE		"no swap_cached, it counts as cached: kernels before 5.12 keep no such figure"
#endif

/* How a policy says "uint": before it is known, by the most bytes it has. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define RS_NLA_UINT	NLA_UINT
#define RS_NLA_UINT_LEN	0
#else
#define RS_NLA_UINT	NLA_BINARY
#define RS_NLA_UINT_LEN	sizeof(u64)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 11, 0)
#define nla_strscpy(dst, attr, size)	nla_strlcpy(dst, attr, size)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 17, 0)
#define pde_data(inode)	PDE_DATA(inode)
#endif

/* What kobj_type.get_ownership() is given. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define rs_const_kobject	const struct kobject
#else
#define rs_const_kobject	struct kobject
#endif

#endif
