/* SPDX-License-Identifier: GPL-2.0-only */
/* Other processes from inside: who may look, and how not to stand in their way. */
#ifndef RS_PROCESS_H
#define RS_PROCESS_H

#include <linux/mm_types.h>
#include <linux/path.h>
#include <linux/sched.h>

#include "ringside.h"

/*
 * Whether the walk's opener may look into the process: by the rule of
 * /proc/PID/maps, but that no security module is asked. Under rcu_read_lock()
 * and task_lock(task).
 */
bool rs_may_look(const struct rs_walk *walk, struct task_struct *task);

/*
 * The address space of the process with that pid in the walk's namespace, if it
 * is the opener's to look at, locked against changes of its areas. The lock is
 * tried for RS_MM_PATIENCE ms. An ERR_PTR when there is none: -ESRCH, -EBUSY or
 * -EINTR, with walk->why set. Sets walk->seq: it differs when areas came or went,
 * and when it is another process or program. Process context, sleeps.
 */
struct mm_struct *rs_mm_lock(struct rs_walk *walk, u32 pid);
void rs_mm_unlock(struct mm_struct *mm);

#define RS_MM_PATIENCE	20

/* A path or a name, as long as a row has room for it. */
#define RS_PATH_NAME	256

/*
 * Its path as the current task sees it; of one that is longer the end, after
 * "...". buf is PATH_MAX bytes of scratch. Any context with a reference to path.
 */
void rs_path_name(const struct path *path, char *buf, char name[RS_PATH_NAME]);

#endif
