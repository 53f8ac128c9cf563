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
 *   A process's address space, page tables and open files are for who may look
 *   into it: the caller's own, as above, if it is dumpable, of the caller's user
 *   namespace and has no capability that the caller lacks; everybody's, in the
 *   user namespaces from the one that owns the pid namespace down, for who has
 *   CAP_SYS_PTRACE there. That is the rule of /proc/PID/maps, without security
 *   modules; the group has no part in it. Frames take CAP_SYS_ADMIN in the first
 *   user namespace as well: without it they are not sent.
 *
 * Address spaces
 *   The lock of another's address space is tried for some milliseconds, and
 *   never waited for: -EBUSY says that it was held all the time, be it at the
 *   first row or later. It is let go every 32,768 entries of page tables, so a
 *   large area is not one moment's picture.
 *
 * Consistency
 *   When rows came or went during a dump, a message of it carries
 *   NLM_F_DUMP_INTR: ask again for a snapshot. In a pid namespace other than
 *   the first, the end of a process that leads a living process group or
 *   session is not noticed. Nor is that files were opened and closed.
 *
 * Watches
 *   System calls are counted while a watch asks for it, and nothing is attached
 *   to the kernel otherwise. A watch says who: everything, processes (with
 *   their threads, the children they have and those to come), a cgroup and
 *   below, or a user; whether the outcome (errors, time) is wanted with the
 *   counts; and by what the counts are kept apart. WATCH_NEW makes one and
 *   answers with its id, WATCH_DEL ends it. Without a name it belongs to the
 *   socket it was made on and ends with it, however that closes; with a name it
 *   stays until it is ended, which takes CAP_SYS_ADMIN, as does making it.
 *   Anybody may watch processes of their own, and see their own watches; what
 *   is not the caller's own takes the same rights as looking at it.
 *   There may be RINGSIDE_MAX_WATCHES at a time, RINGSIDE_MAX_OWN of one user
 *   without the rights (-ENOSPC).
 *   Each watch counts from the moment that WATCH_NEW is answered, every call
 *   that begins after it and none that began before. What could not be counted
 *   is in MISSED, UNKEPT and LAPSED of the watch.
 *   Its memory is bounded: 64 MiB a watch, 4,096 processes or cgroups kept apart
 *   in one, and 65,536 threads followed for all of them. Watching everything
 *   without BY and TIMES follows no thread.
 *   A watch holds the module: it can be removed when there is none.
 *   With EVENTS it also keeps a record of every call, to be read from
 *   /proc/ringside/events: see ringside_events.h.
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

/* Watches at a time; of one user without the right to see all. -ENOSPC. */
#define RINGSIDE_MAX_WATCHES	64
#define RINGSIDE_MAX_OWN	8

/*
 * Bytes of EVENTS: a power of two. The rings of all CPUs together take no more
 * than RINGSIDE_MAX_RINGS, which a machine of many CPUs has smaller ones for.
 */
#define RINGSIDE_MIN_RING	4096
#define RINGSIDE_MAX_RING	16777216
#define RINGSIDE_MAX_RINGS	50331648

enum {
	RINGSIDE_CMD_STATUS_GET = 1,	/* RINGSIDE_A_STATUS_* */
	RINGSIDE_CMD_TASK_GET,		/* RINGSIDE_A_TASK_* */
	RINGSIDE_CMD_MEMORY_GET,	/* RINGSIDE_A_MEMORY_* */
	RINGSIDE_CMD_SLAB_GET,		/* RINGSIDE_A_SLAB_* */
	RINGSIDE_CMD_WATCH_GET,		/* RINGSIDE_A_WATCH_* */
	RINGSIDE_CMD_SYSCALL_GET,	/* RINGSIDE_A_SYSCALL_*; dump only */
	RINGSIDE_CMD_ERROR_GET,		/* RINGSIDE_A_ERROR_*; dump only */
	RINGSIDE_CMD_LATENCY_GET,	/* RINGSIDE_A_LATENCY_*; dump only */
	RINGSIDE_CMD_WATCH_NEW,		/* do: RINGSIDE_A_WATCH_*, answers ID */
	RINGSIDE_CMD_WATCH_DEL,		/* do: RINGSIDE_A_WATCH_ID */
	RINGSIDE_CMD_MAP_GET,		/* RINGSIDE_A_MAP_*; dump only */
	RINGSIDE_CMD_PAGE_GET,		/* RINGSIDE_A_PAGE_*; dump only */
	RINGSIDE_CMD_FILE_GET,		/* RINGSIDE_A_FILE_*; dump only */

	__RINGSIDE_CMD_MAX,
	RINGSIDE_CMD_MAX = (__RINGSIDE_CMD_MAX - 1)
};

/*
 * What ringside itself can do here: one row a fact. Anyone may ask.
 * Items: "version" and "kernel" (STATE holds them), each provider by its name
 * (STATE is "available" or "unavailable", DETAIL says why), "backend" (what counts
 * system calls, or would, and why that one), "attached" (to what, now) and "cpl"
 * (the privilege level of the module's own code, as the processor has it: 0).
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

/*
 * A watch. What WATCH_NEW takes is marked "new": one of PID, CGROUP and UID, or
 * none of them for everything.
 */
enum {
	RINGSIDE_A_WATCH_ID = 1,	/* u32, key, filter: may be repeated */
	RINGSIDE_A_WATCH_NAME,		/* string of at most 31 bytes out of
					 * A-Za-z0-9._-; filter; new: it stays
					 */
	RINGSIDE_A_WATCH_SCOPE,		/* string: "all", "process", "cgroup" or
					 * "user"
					 */
	RINGSIDE_A_WATCH_PID,		/* u32, the first process; new: may be
					 * repeated
					 */
	RINGSIDE_A_WATCH_CGROUP,	/* uint, id in the unified hierarchy; new */
	RINGSIDE_A_WATCH_UID,		/* u32, real user id; new */
	RINGSIDE_A_WATCH_BY,		/* string: "process" or "cgroup" when
					 * counts are kept apart by it; new
					 */
	RINGSIDE_A_WATCH_TIMES,		/* u32, 1 when errors and time are kept
					 * too; new
					 */
	RINGSIDE_A_WATCH_CALL,		/* u32, RINGSIDE_CALL(abi, number), only in
					 * WATCH_NEW: may be repeated, just these
					 * calls are kept
					 */
	RINGSIDE_A_WATCH_OWNER,		/* u32, user id of who made it */
	RINGSIDE_A_WATCH_BACKEND,	/* string: what counts for it, "direct",
					 * "kprobe" or "tracepoint"
					 */
	RINGSIDE_A_WATCH_START_TIME,	/* uint, ns after boot (CLOCK_BOOTTIME) */
	RINGSIDE_A_WATCH_THREADS,	/* u32, threads followed now; 0 for "all"
					 * as long as that needs none
					 */
	RINGSIDE_A_WATCH_KEYS,		/* u32, processes or cgroups kept apart;
					 * those over the bound count in the rows
					 * without one
					 */
	RINGSIDE_A_WATCH_CALLS,		/* uint, calls counted */
	RINGSIDE_A_WATCH_MISSED,	/* uint, calls that were seen and could not
					 * be counted, or were not seen to begin or
					 * to return
					 */
	RINGSIDE_A_WATCH_UNKEPT,	/* uint, threads over the bound: their calls
					 * are not in the counts
					 */
	RINGSIDE_A_WATCH_LAPSED,	/* uint, ns at most in which calls may have
					 * been missed: somebody had switched the
					 * backend off, or a CPU went offline while
					 * tracepoints told of calls or threads
					 */
	RINGSIDE_A_WATCH_BYTES,		/* uint, bytes of memory it takes */
	RINGSIDE_A_WATCH_EVENTS,	/* u32, bytes of ring a CPU that records
					 * wait in; 0: none are made. Less than
					 * asked for where there are many CPUs.
					 * It keeps TIMES too; new
					 */
	RINGSIDE_A_WATCH_RECORDED,	/* uint, records put there */
	RINGSIDE_A_WATCH_LOST,		/* uint, records that found no room */

	__RINGSIDE_A_WATCH_MAX,
	RINGSIDE_A_WATCH_MAX = (__RINGSIDE_A_WATCH_MAX - 1)
};

/* ABIs by the number that RINGSIDE_A_WATCH_CALL has of them. */
enum {
	RINGSIDE_ABI_NATIVE,		/* "x86_64" */
	RINGSIDE_ABI_COMPAT,		/* "x86": 32-bit programs, and int 0x80 */
	RINGSIDE_ABI_X32,		/* "x32" */
};

#define RINGSIDE_CALL(abi, number)	((abi) << 16 | (number))

/*
 * A call of a watch, if it was made at all: one row a watch, a key (process or
 * cgroup, when they are kept apart), an ABI and a call. A call counts when it
 * begins; its outcome is added when it returns.
 */
enum {
	RINGSIDE_A_SYSCALL_WATCH = 1,	/* u32, id of the watch, filter */
	RINGSIDE_A_SYSCALL_NAME,	/* string, name of the watch if it has one */
	RINGSIDE_A_SYSCALL_PROCESS,	/* u32, pid; 0 when it has none in the
					 * caller's pid namespace
					 */
	RINGSIDE_A_SYSCALL_START_TIME,	/* uint, of the process, ns after boot */
	RINGSIDE_A_SYSCALL_COMM,	/* string, of the process */
	RINGSIDE_A_SYSCALL_CGROUP,	/* uint, id in the unified hierarchy */
	RINGSIDE_A_SYSCALL_ABI,		/* string: "x86_64", "x86" or "x32" */
	RINGSIDE_A_SYSCALL_CALL,	/* s32, its number; -1: a number out of
					 * range
					 */
	RINGSIDE_A_SYSCALL_CALLS,	/* uint */
	RINGSIDE_A_SYSCALL_ERRORS,	/* uint, returned an error */
	RINGSIDE_A_SYSCALL_TIME,	/* uint, ns from entry to exit, waiting
					 * included
					 */
	RINGSIDE_A_SYSCALL_CPU_TIME,	/* uint, ns of them on a CPU */
	RINGSIDE_A_SYSCALL_MIN_TIME,	/* uint, ns, of the shortest */
	RINGSIDE_A_SYSCALL_MAX_TIME,	/* uint, ns, of the longest */
	RINGSIDE_A_SYSCALL_P50,		/* uint, ns: half took no longer; within
					 * 12.5 %
					 */
	RINGSIDE_A_SYSCALL_P99,		/* uint, ns: 99 % took no longer; likewise */
	RINGSIDE_A_SYSCALL_MISSED,	/* uint, of the whole watch, as in
					 * RINGSIDE_A_WATCH_MISSED
					 */

	__RINGSIDE_A_SYSCALL_MAX,
	RINGSIDE_A_SYSCALL_MAX = (__RINGSIDE_A_SYSCALL_MAX - 1)
};

/*
 * An error that a call of a watch with TIMES returned. WATCH to CALL are as in
 * RINGSIDE_A_SYSCALL_*.
 */
enum {
	RINGSIDE_A_ERROR_WATCH = 1,	/* u32, filter */
	RINGSIDE_A_ERROR_NAME,		/* string */
	RINGSIDE_A_ERROR_PROCESS,	/* u32 */
	RINGSIDE_A_ERROR_START_TIME,	/* uint */
	RINGSIDE_A_ERROR_COMM,		/* string */
	RINGSIDE_A_ERROR_CGROUP,	/* uint */
	RINGSIDE_A_ERROR_ABI,		/* string */
	RINGSIDE_A_ERROR_CALL,		/* s32 */
	RINGSIDE_A_ERROR_ERRNO,		/* u32; 0: those of more kinds than are
					 * kept for a call
					 */
	RINGSIDE_A_ERROR_ERRORS,	/* uint, returned it */

	__RINGSIDE_A_ERROR_MAX,
	RINGSIDE_A_ERROR_MAX = (__RINGSIDE_A_ERROR_MAX - 1)
};

/*
 * How long calls of a watch with TIMES took: the buckets that are not empty.
 * WATCH to CALL are as in RINGSIDE_A_SYSCALL_*.
 */
enum {
	RINGSIDE_A_LATENCY_WATCH = 1,	/* u32, filter */
	RINGSIDE_A_LATENCY_NAME,	/* string */
	RINGSIDE_A_LATENCY_PROCESS,	/* u32 */
	RINGSIDE_A_LATENCY_START_TIME,	/* uint */
	RINGSIDE_A_LATENCY_COMM,	/* string */
	RINGSIDE_A_LATENCY_CGROUP,	/* uint */
	RINGSIDE_A_LATENCY_ABI,		/* string */
	RINGSIDE_A_LATENCY_CALL,	/* s32 */
	RINGSIDE_A_LATENCY_FROM,	/* uint, ns: the least that counts here */
	RINGSIDE_A_LATENCY_TO,		/* uint, ns: the least that no longer does;
					 * 0: without end
					 */
	RINGSIDE_A_LATENCY_CALLS,	/* uint */

	__RINGSIDE_A_LATENCY_MAX,
	RINGSIDE_A_LATENCY_MAX = (__RINGSIDE_A_LATENCY_MAX - 1)
};

/*
 * An area of a process's address space, with what of it is in memory as
 * /proc/PID/smaps counts it, of the page tables. PID has to be given.
 */
enum {
	RINGSIDE_A_MAP_PID = 1,		/* u32, filter; has to be given */
	RINGSIDE_A_MAP_START,		/* uint, address */
	RINGSIDE_A_MAP_END,		/* uint, address of the first byte after it */
	RINGSIDE_A_MAP_PERMS,		/* string: "rwxp", a dash for each right that
					 * it lacks, and s for p when it is shared
					 */
	RINGSIDE_A_MAP_OFFSET,		/* uint, bytes into the file */
	RINGSIDE_A_MAP_DEVICE,		/* string: major and minor number of the
					 * file's, as in "254:1"
					 */
	RINGSIDE_A_MAP_INODE,		/* uint, of the file */
	RINGSIDE_A_MAP_NAME,		/* string: path of the file, else "[heap]",
					 * "[stack]", "[vdso]" and the like, or
					 * "[anon:NAME]"; of one that is longer
					 * than 255 the last 252, after "..."
					 */
	RINGSIDE_A_MAP_PAGE_SIZE,	/* uint, bytes; larger for hugetlbfs only */
	RINGSIDE_A_MAP_RSS,		/* uint, resident bytes, without HUGETLB */
	RINGSIDE_A_MAP_ANON,		/* uint, bytes of them that belong to no file */
	RINGSIDE_A_MAP_SHARED,		/* uint, bytes of them that are mapped more
					 * than once
					 */
	RINGSIDE_A_MAP_DIRTY,		/* uint, bytes of them written to */
	RINGSIDE_A_MAP_HUGE,		/* uint, bytes of them in huge pages, each
					 * mapped by one entry
					 */
	RINGSIDE_A_MAP_SWAP,		/* uint, bytes swapped out; not of shared
					 * memory, which the page tables don't tell
					 */
	RINGSIDE_A_MAP_HUGETLB,		/* uint, resident bytes of hugetlbfs */

	__RINGSIDE_A_MAP_MAX,
	RINGSIDE_A_MAP_MAX = (__RINGSIDE_A_MAP_MAX - 1)
};

/*
 * The way of the processor from a process's address to a page: an entry a level,
 * from the top down to the one that has the page or nothing. PID and ADDRESS
 * have to be given, and the process must have an area there (-EFAULT).
 */
enum {
	RINGSIDE_A_PAGE_PID = 1,	/* u32, filter; has to be given */
	RINGSIDE_A_PAGE_ADDRESS,	/* uint, filter; has to be given */
	RINGSIDE_A_PAGE_LEVEL,		/* string: "PGD", "P4D", "PUD", "PMD" or
					 * "PTE"; there is no P4D with 4 levels
					 */
	RINGSIDE_A_PAGE_INDEX,		/* u32, place of the entry in its table */
	RINGSIDE_A_PAGE_SIZE,		/* uint, bytes of addresses that it is for */
	RINGSIDE_A_PAGE_STATE,		/* string: "table" when it points to the next
					 * level, "page" when to a page, "none" when
					 * to nothing; "swap", "migration" (the page
					 * is being moved), or "other"
					 */
	RINGSIDE_A_PAGE_FLAGS,		/* string: of a table or page, with commas
					 * between: "write", "user", "accessed",
					 * "dirty", "special", "nx", "huge" and the
					 * like
					 */
	RINGSIDE_A_PAGE_FRAME,		/* uint, number of the page frame that it
					 * points to, the first one of a huge page;
					 * only for CAP_SYS_ADMIN
					 */

	__RINGSIDE_A_PAGE_MAX,
	RINGSIDE_A_PAGE_MAX = (__RINGSIDE_A_PAGE_MAX - 1)
};

/* An open file of a process. */
enum {
	RINGSIDE_A_FILE_PID = 1,	/* u32, process, filter: may be repeated */
	RINGSIDE_A_FILE_FD,		/* u32, its number there */
	RINGSIDE_A_FILE_UID,		/* u32, real user id of the process, filter */
	RINGSIDE_A_FILE_COMM,		/* string of at most 15 bytes, of the process */
	RINGSIDE_A_FILE_TYPE,		/* string: "file", "directory", "socket",
					 * "pipe" (and FIFO), "character", "block",
					 * "link" or "anon" (of the kernel's own)
					 */
	RINGSIDE_A_FILE_MODE,		/* string: "r", "w", "rw", or "" with O_PATH */
	RINGSIDE_A_FILE_FLAGS,		/* u32, of open(2), as in fdinfo */
	RINGSIDE_A_FILE_POS,		/* uint, where it stands */
	RINGSIDE_A_FILE_DEVICE,		/* string: major and minor number of the file
					 * system's, as in "254:1"
					 */
	RINGSIDE_A_FILE_INODE,		/* uint */
	RINGSIDE_A_FILE_NAME,		/* string: path, or "socket:[INODE]",
					 * "anon_inode:[eventpoll]" and the like;
					 * of one that is longer than 255 the last
					 * 252, after "..."
					 */

	__RINGSIDE_A_FILE_MAX,
	RINGSIDE_A_FILE_MAX = (__RINGSIDE_A_FILE_MAX - 1)
};

#endif /* _UAPI_LINUX_RINGSIDE_H */
