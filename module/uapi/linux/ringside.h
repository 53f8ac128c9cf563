/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ringside: what the kernel knows, over generic netlink
 *
 * The family is called "ringside". Each kind of data is one command that
 * answers both ways:
 *
 *   do    one row, named by its key (a task by PID, a slab cache by NAME;
 *         memory has just one row)
 *   dump  every row the caller may see, in the order of the key, narrowed by
 *         the filters in the request; it resumes by key, so a task that exits
 *         under the reader loses nobody else
 *
 * Rows
 *   One row is one message and one attribute a field, never nested. An
 *   attribute whose value is zero or the empty string is not sent: what is
 *   missing is zero. Attributes marked "uint" or "sint" carry 4 bytes when the
 *   value fits and 8 when it does not, as the type of that name in netlink
 *   specs does; the length of the attribute tells. Strings end with a NUL.
 *
 * Filters
 *   An attribute marked "filter" may stand in a request, with the same number
 *   and type as in the answer: a row matches when every filter does. They are
 *   applied in the kernel. Anything else in a request is refused (-EINVAL)
 *   with an extended ack that says why and points at the attribute.
 *
 * Units
 *   Memory is in bytes, time in nanoseconds, the rest are counts, unless the
 *   line of the attribute says otherwise.
 *
 * Who may look
 *   Decided once, when a request is received, from the credentials that the
 *   socket was opened with, and kept for the whole dump. System-wide data
 *   takes CAP_PERFMON or CAP_SYS_ADMIN, which the sender must have as well, or
 *   membership of the group named by the module parameter "group"; memory and
 *   slabs answer -EPERM without it.
 *   Tasks are those of the caller's pid namespace, and with no such right just
 *   the ones whose user ids (real, effective, saved) and group ids are all the
 *   caller's own. For tasks the capability counts in the user namespace that
 *   owns the pid namespace, so a container's root sees the container. Ids of
 *   processes, users and groups are translated into the caller's namespaces.
 *
 * Consistency
 *   When rows came or went during a dump, a message of it carries
 *   NLM_F_DUMP_INTR: ask again for a snapshot. In a pid namespace other than
 *   the first, the end of a process that leads a living process group or
 *   session is not noticed.
 *
 * Versioning
 *   Numbers are never reused or renumbered; what is new is added at the end of
 *   its enum, and unknown attributes in an answer are to be skipped.
 *
 * The same contract as a YNL specification: ringside.yaml.
 */
#ifndef _UAPI_LINUX_RINGSIDE_H
#define _UAPI_LINUX_RINGSIDE_H

#define RINGSIDE_FAMILY_NAME	"ringside"
#define RINGSIDE_FAMILY_VERSION	1

/* The most pids one request may name. More is refused with -E2BIG. */
#define RINGSIDE_MAX_PIDS	1024

enum {
	RINGSIDE_CMD_STATUS_GET = 1,	/* RINGSIDE_A_STATUS_* */
	RINGSIDE_CMD_TASK_GET,		/* RINGSIDE_A_TASK_* */
	RINGSIDE_CMD_MEMORY_GET,	/* RINGSIDE_A_MEMORY_* */
	RINGSIDE_CMD_SLAB_GET,		/* RINGSIDE_A_SLAB_* */

	__RINGSIDE_CMD_MAX,
	RINGSIDE_CMD_MAX = (__RINGSIDE_CMD_MAX - 1)
};

/*
 * What ringside itself can do here: one row a fact. Anyone may ask.
 * Items: "version" and "kernel" (STATE holds them), each provider by its name
 * (STATE is "available" or "unavailable", DETAIL says why), and "attached".
 */
enum {
	RINGSIDE_A_STATUS_ITEM = 1,	/* string, filter, key of a do */
	RINGSIDE_A_STATUS_STATE,	/* string */
	RINGSIDE_A_STATUS_DETAIL,	/* string */

	__RINGSIDE_A_STATUS_MAX,
	RINGSIDE_A_STATUS_MAX = (__RINGSIDE_A_STATUS_MAX - 1)
};

/*
 * A process, or with THREADS in the request a thread. PID with START_TIME is
 * the identity: pids are reused.
 *
 * For a process, times, faults and switches are the sum of its threads, dead
 * ones included, as getrusage(RUSAGE_SELF) counts them; for a thread they are
 * its own. Kernel threads have no memory of their own. A process that has
 * exited and waits for its parent has no memory, files or namespaces left.
 */
enum {
	RINGSIDE_A_TASK_PID = 1,	/* u32, key, filter: may be repeated */
	RINGSIDE_A_TASK_TGID,		/* u32, process the thread belongs to */
	RINGSIDE_A_TASK_PPID,		/* u32, parent process */
	RINGSIDE_A_TASK_PGID,		/* u32, process group */
	RINGSIDE_A_TASK_SID,		/* u32, session */
	RINGSIDE_A_TASK_UID,		/* u32, real user id, filter */
	RINGSIDE_A_TASK_EUID,		/* u32, effective user id */
	RINGSIDE_A_TASK_GID,		/* u32, real group id */
	RINGSIDE_A_TASK_EGID,		/* u32, effective group id */
	RINGSIDE_A_TASK_STATE,		/* string, one letter of RSDTtXZPI as in
					 * /proc/PID/stat; filter: any of the
					 * letters given
					 */
	RINGSIDE_A_TASK_COMM,		/* string of at most 15 bytes, filter */
	RINGSIDE_A_TASK_KTHREAD,	/* u32, 1 for a kernel thread; filter:
					 * 1 only kernel threads, 0 none
					 */
	RINGSIDE_A_TASK_NR_THREADS,	/* u32, threads of the process */
	RINGSIDE_A_TASK_NICE,		/* s32, -20 to 19 */
	RINGSIDE_A_TASK_PRIORITY,	/* s32, as in /proc/PID/stat: 0 to 39,
					 * negative for real-time
					 */
	RINGSIDE_A_TASK_POLICY,		/* u32, SCHED_* of <linux/sched.h> */
	RINGSIDE_A_TASK_CPU,		/* u32, where it last ran */
	RINGSIDE_A_TASK_UTIME,		/* uint, ns in user mode */
	RINGSIDE_A_TASK_STIME,		/* uint, ns in the kernel */
	RINGSIDE_A_TASK_START_TIME,	/* uint, ns after boot (CLOCK_BOOTTIME) */
	RINGSIDE_A_TASK_VSIZE,		/* uint, bytes of address space */
	RINGSIDE_A_TASK_RSS_ANON,	/* uint, resident bytes: anonymous */
	RINGSIDE_A_TASK_RSS_FILE,	/* uint, resident bytes: file mappings */
	RINGSIDE_A_TASK_RSS_SHMEM,	/* uint, resident bytes: shared memory */
	RINGSIDE_A_TASK_SWAP,		/* uint, bytes swapped out */
	RINGSIDE_A_TASK_MIN_FLT,	/* uint, faults served without I/O */
	RINGSIDE_A_TASK_MAJ_FLT,	/* uint, faults that took I/O */
	RINGSIDE_A_TASK_NVCSW,		/* uint, voluntary context switches */
	RINGSIDE_A_TASK_NIVCSW,		/* uint, involuntary ones */
	RINGSIDE_A_TASK_NR_FDS,		/* u32, open file descriptors */
	RINGSIDE_A_TASK_CGROUP,		/* uint, id in the unified hierarchy (the
					 * inode number of its directory);
					 * filter: that cgroup and below
					 */
	RINGSIDE_A_TASK_PID_NS,		/* u32, inode number in /proc/PID/ns */
	RINGSIDE_A_TASK_MNT_NS,		/* u32, likewise */
	RINGSIDE_A_TASK_NET_NS,		/* u32, likewise */
	RINGSIDE_A_TASK_USER_NS,	/* u32, likewise */
	RINGSIDE_A_TASK_THREADS,	/* flag, in a dump request only: one row a
					 * thread, not a process
					 */

	__RINGSIDE_A_TASK_MAX,
	RINGSIDE_A_TASK_MAX = (__RINGSIDE_A_TASK_MAX - 1)
};

/*
 * The machine's memory, as /proc/meminfo, /proc/vmstat, /proc/loadavg and
 * /proc/stat count it. One row. All uint; amounts in bytes, the rest counts
 * since boot.
 */
enum {
	RINGSIDE_A_MEMORY_MEM_TOTAL = 1,	/* usable RAM */
	RINGSIDE_A_MEMORY_MEM_FREE,
	RINGSIDE_A_MEMORY_MEM_AVAILABLE,	/* estimate: without swapping */
	RINGSIDE_A_MEMORY_BUFFERS,
	RINGSIDE_A_MEMORY_CACHED,		/* page cache without buffers and
						 * swap cache
						 */
	RINGSIDE_A_MEMORY_SWAP_CACHED,
	RINGSIDE_A_MEMORY_ACTIVE_ANON,
	RINGSIDE_A_MEMORY_INACTIVE_ANON,
	RINGSIDE_A_MEMORY_ACTIVE_FILE,
	RINGSIDE_A_MEMORY_INACTIVE_FILE,
	RINGSIDE_A_MEMORY_UNEVICTABLE,
	RINGSIDE_A_MEMORY_MLOCKED,
	RINGSIDE_A_MEMORY_SWAP_TOTAL,
	RINGSIDE_A_MEMORY_SWAP_FREE,
	RINGSIDE_A_MEMORY_DIRTY,
	RINGSIDE_A_MEMORY_WRITEBACK,
	RINGSIDE_A_MEMORY_ANON_PAGES,		/* mapped anonymous memory */
	RINGSIDE_A_MEMORY_MAPPED,		/* mapped files */
	RINGSIDE_A_MEMORY_SHMEM,		/* shared memory and tmpfs */
	RINGSIDE_A_MEMORY_SLAB_RECLAIMABLE,
	RINGSIDE_A_MEMORY_SLAB_UNRECLAIMABLE,
	RINGSIDE_A_MEMORY_KERNEL_STACK,
	RINGSIDE_A_MEMORY_PAGE_TABLES,
	RINGSIDE_A_MEMORY_COMMITTED_AS,		/* promised, touched or not */
	RINGSIDE_A_MEMORY_PGPGIN,		/* bytes read from block devices */
	RINGSIDE_A_MEMORY_PGPGOUT,		/* bytes written to them */
	RINGSIDE_A_MEMORY_PSWPIN,		/* bytes swapped in */
	RINGSIDE_A_MEMORY_PSWPOUT,		/* bytes swapped out */
	RINGSIDE_A_MEMORY_PGFREE,		/* pages freed */
	RINGSIDE_A_MEMORY_PGFAULT,		/* page faults */
	RINGSIDE_A_MEMORY_PGMAJFAULT,		/* page faults that took I/O */
	RINGSIDE_A_MEMORY_PGSCAN_KSWAPD,	/* pages looked at by kswapd */
	RINGSIDE_A_MEMORY_PGSCAN_DIRECT,	/* and by tasks in need */
	RINGSIDE_A_MEMORY_PGSTEAL_KSWAPD,	/* pages reclaimed by kswapd */
	RINGSIDE_A_MEMORY_PGSTEAL_DIRECT,	/* and by tasks in need */
	RINGSIDE_A_MEMORY_OOM_KILL,		/* processes killed */
	RINGSIDE_A_MEMORY_LOAD1,		/* load average, hundredths */
	RINGSIDE_A_MEMORY_LOAD5,
	RINGSIDE_A_MEMORY_LOAD15,
	RINGSIDE_A_MEMORY_CONTEXT_SWITCHES,	/* of all CPUs */

	__RINGSIDE_A_MEMORY_MAX,
	RINGSIDE_A_MEMORY_MAX = (__RINGSIDE_A_MEMORY_MAX - 1)
};

/* A slab cache, with the figures of /proc/slabinfo. */
enum {
	RINGSIDE_A_SLAB_NAME = 1,	/* string, filter, key of a do */
	RINGSIDE_A_SLAB_ACTIVE_OBJS,	/* uint, objects in use; an estimate when
					 * over 10,000 slabs of a node are partly
					 * used, as in /proc/slabinfo since 6.10
					 */
	RINGSIDE_A_SLAB_NUM_OBJS,	/* uint, objects there is room for */
	RINGSIDE_A_SLAB_OBJSIZE,	/* u32, bytes an object takes */
	RINGSIDE_A_SLAB_OBJPERSLAB,	/* u32 */
	RINGSIDE_A_SLAB_PAGESPERSLAB,	/* u32 */
	RINGSIDE_A_SLAB_NUM_SLABS,	/* uint */
	RINGSIDE_A_SLAB_BYTES,		/* uint, pages of its slabs in bytes; a
					 * slab that fell back to a smaller order
					 * counts as a full one
					 */
	RINGSIDE_A_SLAB_ALIASES,	/* u32, other caches merged into it */
	RINGSIDE_A_SLAB_RECLAIMABLE,	/* u32, 1 if its memory can be reclaimed */
	RINGSIDE_A_SLAB_RCU_FREED,	/* u32, 1 if its slabs are freed after a
					 * grace period (SLAB_TYPESAFE_BY_RCU)
					 */

	__RINGSIDE_A_SLAB_MAX,
	RINGSIDE_A_SLAB_MAX = (__RINGSIDE_A_SLAB_MAX - 1)
};

#endif /* _UAPI_LINUX_RINGSIDE_H */
