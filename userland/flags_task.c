// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of what calls on memory, tasks, signals and clocks take
 */
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "decode_tables.h"

#define N(name)	{ (unsigned int)(name), #name }
#define SET(set)	[(set) - A_FLAGS]

static const struct name prots[] = {
	N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), { 8, "PROT_SEM" }, N(PROT_GROWSDOWN),
	N(PROT_GROWSUP), { }
};
static const struct name prot_none[] = { N(PROT_NONE), { } };
static const struct name map_types[] = {
	{ 0, "MAP_FILE" }, N(MAP_SHARED), N(MAP_PRIVATE), N(MAP_SHARED_VALIDATE), { }
};
static const struct name maps[] = {
	N(MAP_FIXED), N(MAP_ANONYMOUS), N(MAP_32BIT), N(MAP_NORESERVE), N(MAP_POPULATE),
	N(MAP_NONBLOCK), N(MAP_GROWSDOWN), N(MAP_DENYWRITE), N(MAP_EXECUTABLE), N(MAP_LOCKED),
	N(MAP_STACK), N(MAP_HUGETLB), N(MAP_SYNC), N(MAP_FIXED_NOREPLACE), { }
};
static const struct name mremaps[] = {
	N(MREMAP_MAYMOVE), N(MREMAP_FIXED), { 4, "MREMAP_DONTUNMAP" }, { }
};
static const struct name madvises[] = {
	N(MADV_NORMAL), N(MADV_RANDOM), N(MADV_SEQUENTIAL), N(MADV_WILLNEED), N(MADV_DONTNEED),
	N(MADV_FREE), N(MADV_REMOVE), N(MADV_DONTFORK), N(MADV_DOFORK), N(MADV_MERGEABLE),
	N(MADV_UNMERGEABLE), N(MADV_HUGEPAGE), N(MADV_NOHUGEPAGE), N(MADV_DONTDUMP), N(MADV_DODUMP),
	N(MADV_WIPEONFORK), N(MADV_KEEPONFORK), N(MADV_COLD), N(MADV_PAGEOUT),
	N(MADV_POPULATE_READ), N(MADV_POPULATE_WRITE), N(MADV_HWPOISON), { }
};
static const struct name msyncs[] = { N(MS_ASYNC), N(MS_INVALIDATE), N(MS_SYNC), { } };
static const struct name mlockalls[] = { N(MCL_CURRENT), N(MCL_FUTURE), { 4, "MCL_ONFAULT" }, { } };

static const struct name exit_signals[] = { { 0, "0" }, { SIGCHLD, "SIGCHLD" }, { } };
static const struct name clones[] = {
	N(CLONE_VM), N(CLONE_FS), N(CLONE_FILES), N(CLONE_SIGHAND), N(CLONE_PIDFD), N(CLONE_PTRACE),
	N(CLONE_VFORK), N(CLONE_PARENT), N(CLONE_THREAD), N(CLONE_NEWNS), N(CLONE_SYSVSEM),
	N(CLONE_SETTLS), N(CLONE_PARENT_SETTID), N(CLONE_CHILD_CLEARTID), N(CLONE_UNTRACED),
	N(CLONE_CHILD_SETTID), N(CLONE_NEWCGROUP), N(CLONE_NEWUTS), N(CLONE_NEWIPC),
	N(CLONE_NEWUSER), N(CLONE_NEWPID), N(CLONE_NEWNET), N(CLONE_IO), { }
};
static const struct name waits[] = {
	N(WNOHANG), N(WSTOPPED), N(WEXITED), N(WCONTINUED), N(WNOWAIT), N(__WNOTHREAD), N(__WALL),
	N(__WCLONE), { }
};
static const struct name idtypes[] = { N(P_ALL), N(P_PID), N(P_PGID), { 3, "P_PIDFD" }, { } };
static const struct name futexes[] = {
#define FUTEX(name)	{ name, #name }, N(name##_PRIVATE)
	/* N() of it would be given the number. */ FUTEX(FUTEX_WAIT), FUTEX(FUTEX_WAKE),
	N(FUTEX_FD), FUTEX(FUTEX_REQUEUE), FUTEX(FUTEX_CMP_REQUEUE), FUTEX(FUTEX_WAKE_OP),
	FUTEX(FUTEX_LOCK_PI), FUTEX(FUTEX_UNLOCK_PI), FUTEX(FUTEX_TRYLOCK_PI),
	FUTEX(FUTEX_WAIT_BITSET), FUTEX(FUTEX_WAKE_BITSET), FUTEX(FUTEX_WAIT_REQUEUE_PI),
	FUTEX(FUTEX_CMP_REQUEUE_PI), { 13, "FUTEX_LOCK_PI2" }, { 141, "FUTEX_LOCK_PI2_PRIVATE" },
	{ }
};
static const struct name bitsets[] = { N(FUTEX_BITSET_MATCH_ANY), { } };
static const struct name futex_bits[] = { N(FUTEX_CLOCK_REALTIME), { } };
static const struct name prctls[] = {
	N(PR_SET_PDEATHSIG), N(PR_GET_PDEATHSIG), N(PR_GET_DUMPABLE), N(PR_SET_DUMPABLE),
	N(PR_GET_KEEPCAPS), N(PR_SET_KEEPCAPS), N(PR_SET_NAME), N(PR_GET_NAME), N(PR_GET_SECCOMP),
	N(PR_SET_SECCOMP), N(PR_CAPBSET_READ), N(PR_CAPBSET_DROP), N(PR_GET_TSC), N(PR_SET_TSC),
	N(PR_GET_SECUREBITS), N(PR_SET_SECUREBITS), N(PR_SET_TIMERSLACK), N(PR_GET_TIMERSLACK),
	N(PR_SET_MM), N(PR_SET_CHILD_SUBREAPER), N(PR_GET_CHILD_SUBREAPER), N(PR_SET_NO_NEW_PRIVS),
	N(PR_GET_NO_NEW_PRIVS), N(PR_SET_THP_DISABLE), N(PR_GET_THP_DISABLE), N(PR_CAP_AMBIENT),
	N(PR_GET_SPECULATION_CTRL), N(PR_SET_SPECULATION_CTRL), N(PR_SET_PTRACER),
	{ 0x53564d41, "PR_SET_VMA" }, { }
};
static const struct name arch_prctls[] = {
	N(ARCH_SET_GS), N(ARCH_SET_FS), N(ARCH_GET_FS), N(ARCH_GET_GS), N(ARCH_GET_CPUID),
	N(ARCH_SET_CPUID), { 0x1021, "ARCH_GET_XCOMP_SUPP" }, { 0x1022, "ARCH_GET_XCOMP_PERM" },
	{ 0x1023, "ARCH_REQ_XCOMP_PERM" }, { 0x3001, "ARCH_CET_STATUS" }, { }
};
static const struct name ptraces[] = {
	N(PTRACE_TRACEME), N(PTRACE_PEEKTEXT), N(PTRACE_PEEKDATA), N(PTRACE_PEEKUSER),
	N(PTRACE_POKETEXT), N(PTRACE_POKEDATA), N(PTRACE_POKEUSER), N(PTRACE_CONT), N(PTRACE_KILL),
	N(PTRACE_SINGLESTEP), N(PTRACE_GETREGS), N(PTRACE_SETREGS), N(PTRACE_ATTACH),
	N(PTRACE_DETACH), N(PTRACE_SYSCALL), N(PTRACE_SETOPTIONS), N(PTRACE_GETEVENTMSG),
	N(PTRACE_GETSIGINFO), N(PTRACE_SETSIGINFO), N(PTRACE_GETREGSET), N(PTRACE_SETREGSET),
	N(PTRACE_SEIZE), N(PTRACE_INTERRUPT), N(PTRACE_LISTEN),
	{ 0x420e, "PTRACE_GET_SYSCALL_INFO" }, { }
};
static const struct name seccomps[] = {
	N(SECCOMP_SET_MODE_STRICT), N(SECCOMP_SET_MODE_FILTER), N(SECCOMP_GET_ACTION_AVAIL),
	N(SECCOMP_GET_NOTIF_SIZES), { }
};
static const struct name resources[] = {
	N(RLIMIT_CPU), N(RLIMIT_FSIZE), N(RLIMIT_DATA), N(RLIMIT_STACK), N(RLIMIT_CORE),
	N(RLIMIT_RSS), N(RLIMIT_NPROC), N(RLIMIT_NOFILE), N(RLIMIT_MEMLOCK), N(RLIMIT_AS),
	N(RLIMIT_LOCKS), N(RLIMIT_SIGPENDING), N(RLIMIT_MSGQUEUE), N(RLIMIT_NICE), N(RLIMIT_RTPRIO),
	N(RLIMIT_RTTIME), { }
};
static const struct name rusages[] = { N(RUSAGE_SELF), N(RUSAGE_CHILDREN), N(RUSAGE_THREAD), { } };
static const struct name priorities[] = { N(PRIO_PROCESS), N(PRIO_PGRP), N(PRIO_USER), { } };
static const struct name schedulers[] = {
	{ 0, "SCHED_OTHER" }, { 1, "SCHED_FIFO" }, { 2, "SCHED_RR" }, { 3, "SCHED_BATCH" },
	{ 5, "SCHED_IDLE" }, { 6, "SCHED_DEADLINE" }, { }
};
static const struct name scheduler_bits[] = { { 0x40000000, "SCHED_RESET_ON_FORK" }, { } };
static const struct name clocks[] = {
	N(CLOCK_REALTIME), N(CLOCK_MONOTONIC), N(CLOCK_PROCESS_CPUTIME_ID),
	N(CLOCK_THREAD_CPUTIME_ID), N(CLOCK_MONOTONIC_RAW), N(CLOCK_REALTIME_COARSE),
	N(CLOCK_MONOTONIC_COARSE), N(CLOCK_BOOTTIME), N(CLOCK_REALTIME_ALARM),
	N(CLOCK_BOOTTIME_ALARM), N(CLOCK_TAI), { }
};
static const struct name timers[] = { N(TIMER_ABSTIME), { } };
static const struct name itimers[] = { N(ITIMER_REAL), N(ITIMER_VIRTUAL), N(ITIMER_PROF), { } };
static const struct name hows[] = { N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK), { } };
static const struct name randoms[] = {
	N(GRND_NONBLOCK), N(GRND_RANDOM), { 4, "GRND_INSECURE" }, { }
};

const struct flag_set task_flags[A_LAST - A_FLAGS] = {
	SET(A_PROT) = { "PROT_???", 0, prot_none, prots },
	SET(A_MAP) = { "MAP_???", 15, map_types, maps },
	SET(A_MREMAP) = { "MREMAP_???", 0, NULL, mremaps },
	SET(A_MADVISE) = { "MADV_???", ~0ULL, madvises, NULL },
	SET(A_MSYNC) = { "MS_???", 0, NULL, msyncs },
	SET(A_MLOCKALL) = { "MCL_???", 0, NULL, mlockalls },
	SET(A_CLONE) = { "CLONE_???", 0, exit_signals, clones },
	SET(A_UNSHARE) = { "CLONE_???", 0, NULL, clones },
	SET(A_WAIT) = { "W???", 0, NULL, waits },
	SET(A_IDTYPE) = { "P_???", ~0ULL, idtypes, NULL },
	SET(A_FUTEX) = { "FUTEX_???", ~(uint64_t)FUTEX_CLOCK_REALTIME, futexes, futex_bits },
	SET(A_BITSET) = { NULL, ~0ULL, bitsets, NULL },
	SET(A_PRCTL) = { "PR_???", ~0ULL, prctls, NULL },
	SET(A_ARCH_PRCTL) = { "ARCH_???", ~0ULL, arch_prctls, NULL },
	SET(A_PTRACE) = { "PTRACE_???", ~0ULL, ptraces, NULL },
	SET(A_SECCOMP) = { "SECCOMP_SET_MODE_???", ~0ULL, seccomps, NULL },
	SET(A_RESOURCE) = { "RLIMIT_???", ~0ULL, resources, NULL },
	SET(A_RUSAGE) = { "RUSAGE_???", ~0ULL, rusages, NULL },
	SET(A_PRIORITY) = { "PRIO_???", ~0ULL, priorities, NULL },
	SET(A_SCHED) = { "SCHED_???", 0x3fffffff, schedulers, scheduler_bits },
	SET(A_CLOCK) = { "CLOCK_???", ~0ULL, clocks, NULL },
	SET(A_TIMER) = { "TIMER_???", 0, NULL, timers },
	SET(A_ITIMER) = { "ITIMER_???", ~0ULL, itimers, NULL },
	SET(A_HOW) = { "SIG_???", ~0ULL, hows, NULL },
	SET(A_RANDOM) = { "GRND_???", 0, NULL, randoms },
};
