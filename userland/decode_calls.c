// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the arguments of each call are
 */
#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "decode_tables.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

#define C(name, ...)		{ #name, { __VA_ARGS__ }, R_INT }
#define R(result, name, ...)	{ #name, { __VA_ARGS__ }, R_##result }

const struct shape shapes[] = {
	/* Files by their path. */
	C(access, A_PATH, A_ACCESS),
	C(acct, A_PATH),
	C(chdir, A_PATH),
	C(chmod, A_PATH, A_OCTAL),
	C(chown, A_PATH, A_ID, A_ID),
	C(chroot, A_PATH),
	R(FD, creat, A_PATH, A_OCTAL),
	C(faccessat, A_DIRFD, A_PATH, A_ACCESS),
	C(faccessat2, A_DIRFD, A_PATH, A_ACCESS, A_AT_ACCESS),
	C(fchmodat, A_DIRFD, A_PATH, A_OCTAL),
	C(fchownat, A_DIRFD, A_PATH, A_ID, A_ID, A_AT_STAT),
	C(fstatat64, A_DIRFD, A_PATH, A_ADDR, A_AT_STAT),
	C(futimesat, A_DIRFD, A_PATH, A_ADDR),
	C(getcwd, A_OUTSTRING, A_SIZE),
	C(getxattr, A_PATH, A_STRING, A_OUTPUT, A_SIZE),
	C(inotify_add_watch, A_FD, A_PATH, A_INOTIFY),
	C(lchown, A_PATH, A_ID, A_ID),
	C(lgetxattr, A_PATH, A_STRING, A_OUTPUT, A_SIZE),
	C(link, A_PATH, A_PATH),
	C(linkat, A_DIRFD, A_PATH, A_DIRFD, A_PATH, A_AT_LINK),
	C(listxattr, A_PATH, A_OUTPUT, A_SIZE),
	C(llistxattr, A_PATH, A_OUTPUT, A_SIZE),
	C(lremovexattr, A_PATH, A_STRING),
	C(lsetxattr, A_PATH, A_STRING, A_INPUT, A_SIZE, A_XATTR),
	C(lstat, A_PATH, A_STAT),
	C(lstat64, A_PATH, A_ADDR),
	C(mkdir, A_PATH, A_OCTAL),
	C(mkdirat, A_DIRFD, A_PATH, A_OCTAL),
	C(mknod, A_PATH, A_FILETYPE),
	C(mknodat, A_DIRFD, A_PATH, A_FILETYPE),
	C(mount, A_PATH, A_PATH, A_STRING, A_MOUNT, A_STRING),
	C(newfstatat, A_DIRFD, A_PATH, A_STAT, A_AT_STAT),
	R(FD, open, A_PATH, A_OPEN, A_NEWMODE),
	R(FD, openat, A_DIRFD, A_PATH, A_OPEN, A_NEWMODE),
	R(FD, openat2, A_DIRFD, A_PATH, A_OPEN_HOW, A_SIZE),
	C(pivot_root, A_PATH, A_PATH),
	C(readlink, A_PATH, A_OUTPUT, A_SIZE),
	C(readlinkat, A_DIRFD, A_PATH, A_OUTPUT, A_SIZE),
	C(removexattr, A_PATH, A_STRING),
	C(rename, A_PATH, A_PATH),
	C(renameat, A_DIRFD, A_PATH, A_DIRFD, A_PATH),
	C(renameat2, A_DIRFD, A_PATH, A_DIRFD, A_PATH, A_RENAME),
	C(rmdir, A_PATH),
	C(setxattr, A_PATH, A_STRING, A_INPUT, A_SIZE, A_XATTR),
	C(stat, A_PATH, A_STAT),
	C(stat64, A_PATH, A_ADDR),
	C(statfs, A_PATH, A_ADDR),
	C(statx, A_DIRFD, A_PATH, A_AT_STATX, A_STATX, A_STATXBUF),
	C(swapoff, A_PATH),
	C(swapon, A_PATH, A_HEX),
	C(symlink, A_PATH, A_PATH),
	C(symlinkat, A_PATH, A_DIRFD, A_PATH),
	C(truncate, A_PATH, A_SIZE),
	C(umount2, A_PATH, A_UMOUNT),
	C(unlink, A_PATH),
	C(unlinkat, A_DIRFD, A_PATH, A_AT_UNLINK),
	C(utime, A_PATH, A_ADDR),
	C(utimensat, A_DIRFD, A_PATH, A_ADDR, A_AT_STAT),
	C(utimes, A_PATH, A_ADDR),

	/* Files by their descriptor. */
	C(close, A_FD),
	C(close_range, A_UINT, A_UINT, A_HEX),
	C(copy_file_range, A_FD, A_ADDR, A_FD, A_ADDR, A_SIZE, A_HEX),
	R(FD, dup, A_FD),
	R(FD, dup2, A_FD, A_FD),
	R(FD, dup3, A_FD, A_FD, A_PIPE),
	R(FD, epoll_create, A_INT),
	R(FD, epoll_create1, A_EPOLLFLAGS),
	C(epoll_ctl, A_FD, A_EPOLL, A_FD, A_EPOLLEVENT),
	C(epoll_pwait, A_FD, A_ADDR, A_INT, A_INT, A_SIGSET, A_SIZE),
	C(epoll_wait, A_FD, A_ADDR, A_INT, A_INT),
	R(FD, eventfd, A_UINT),
	R(FD, eventfd2, A_UINT, A_EVENTFD),
	C(fadvise64, A_FD, A_LONG, A_SIZE, A_FADVISE),
	C(fallocate, A_FD, A_FALLOCATE, A_LONG, A_LONG),
	C(fchdir, A_FD),
	C(fchmod, A_FD, A_OCTAL),
	C(fchown, A_FD, A_ID, A_ID),
	C(fcntl, A_FD, A_FCNTL, A_HEX),
	C(fcntl64, A_FD, A_FCNTL, A_HEX),
	C(fdatasync, A_FD),
	C(fgetxattr, A_FD, A_STRING, A_OUTPUT, A_SIZE),
	C(flistxattr, A_FD, A_OUTPUT, A_SIZE),
	C(flock, A_FD, A_FLOCK),
	C(fremovexattr, A_FD, A_STRING),
	C(fsetxattr, A_FD, A_STRING, A_INPUT, A_SIZE, A_XATTR),
	C(fstat, A_FD, A_STAT),
	C(fstat64, A_FD, A_ADDR),
	C(fstatfs, A_FD, A_ADDR),
	C(fsync, A_FD),
	C(ftruncate, A_FD, A_SIZE),
	C(getdents, A_FD, A_ADDR, A_UINT),
	C(getdents64, A_FD, A_ADDR, A_UINT),
	R(FD, inotify_init),
	R(FD, inotify_init1, A_PIPE),
	C(inotify_rm_watch, A_FD, A_INT),
	C(ioctl, A_FD, A_IOCTL, A_ADDR),
	C(lseek, A_FD, A_LONG, A_WHENCE),
	R(FD, memfd_create, A_STRING, A_MEMFD),
	C(pipe, A_FDPAIR),
	C(pipe2, A_FDPAIR, A_PIPE),
	R(POLL, poll, A_POLLFDS, A_UINT, A_INT),
	R(POLL, ppoll, A_POLLFDS, A_UINT, A_TIMESPEC, A_SIGSET, A_SIZE),
	C(pread64, A_FD, A_OUTPUT, A_SIZE, A_LONG),
	C(preadv, A_FD, A_ADDR, A_INT, A_LONG),
	R(POLL, pselect6, A_INT, A_ADDR, A_ADDR, A_ADDR, A_TIMESPEC, A_ADDR),
	C(pwrite64, A_FD, A_INPUT, A_SIZE, A_LONG),
	C(pwritev, A_FD, A_ADDR, A_INT, A_LONG),
	C(read, A_FD, A_OUTPUT, A_SIZE),
	C(readahead, A_FD, A_LONG, A_SIZE),
	C(readv, A_FD, A_IOVEC, A_INT),
	R(POLL, select, A_INT, A_ADDR, A_ADDR, A_ADDR, A_TIMEVAL),
	C(sendfile, A_FD, A_FD, A_ADDR, A_SIZE),
	R(FD, signalfd4, A_FD, A_SIGSET, A_SIZE, A_PIPE),
	C(splice, A_FD, A_ADDR, A_FD, A_ADDR, A_SIZE, A_SPLICE),
	C(sync),
	C(sync_file_range, A_FD, A_LONG, A_LONG, A_HEX),
	C(syncfs, A_FD),
	C(tee, A_FD, A_FD, A_SIZE, A_SPLICE),
	R(FD, timerfd_create, A_CLOCK, A_TIMERFD),
	C(timerfd_gettime, A_FD, A_ITIMERSPEC),
	C(timerfd_settime, A_FD, A_HEX, A_ITIMERSPEC, A_ITIMERSPEC),
	R(OCTAL, umask, A_OCTAL),
	C(vmsplice, A_FD, A_ADDR, A_SIZE, A_SPLICE),
	C(write, A_FD, A_INPUT, A_SIZE),
	C(writev, A_FD, A_IOVEC, A_INT),

	/* Memory. */
	R(ADDR, brk, A_ADDR),
	C(get_mempolicy, A_ADDR, A_ADDR, A_SIZE, A_ADDR, A_HEX),
	C(madvise, A_ADDR, A_SIZE, A_MADVISE),
	C(membarrier, A_HEX, A_HEX, A_INT),
	C(mincore, A_ADDR, A_SIZE, A_ADDR),
	C(mlock, A_ADDR, A_SIZE),
	C(mlock2, A_ADDR, A_SIZE, A_HEX),
	C(mlockall, A_MLOCKALL),
	R(ADDR, mmap, A_ADDR, A_SIZE, A_PROT, A_MAP, A_FD, A_HEX),
	R(ADDR, mmap2, A_ADDR, A_SIZE, A_PROT, A_MAP, A_FD, A_HEX),
	C(mprotect, A_ADDR, A_SIZE, A_PROT),
	R(ADDR, mremap, A_ADDR, A_SIZE, A_SIZE, A_MREMAP),
	C(msync, A_ADDR, A_SIZE, A_MSYNC),
	C(munlock, A_ADDR, A_SIZE),
	C(munlockall),
	C(munmap, A_ADDR, A_SIZE),
	C(process_vm_readv, A_INT, A_ADDR, A_SIZE, A_ADDR, A_SIZE, A_SIZE),
	C(process_vm_writev, A_INT, A_ADDR, A_SIZE, A_ADDR, A_SIZE, A_SIZE),

	/* Tasks. */
	C(arch_prctl, A_ARCH_PRCTL, A_ADDR),
	C(bpf, A_HEX, A_ADDR, A_UINT),
	C(capget, A_ADDR, A_ADDR),
	C(capset, A_ADDR, A_ADDR),
	C(clone3, A_CLONE_ARGS, A_SIZE),
	C(execve, A_PATH, A_WORDS, A_ADDR),
	C(execveat, A_DIRFD, A_PATH, A_WORDS, A_ADDR, A_AT_STAT),
	R(NEVER, exit, A_INT),
	R(NEVER, exit_group, A_INT),
	C(fork),
	C(futex, A_ADDR, A_FUTEX, A_UINT, A_TIMESPEC, A_ADDR, A_HEX),
	C(getegid), C(geteuid), C(getgid), C(getpgrp), C(getpid), C(getppid), C(gettid), C(getuid),
	C(getcpu, A_ADDR, A_ADDR, A_ADDR),
	C(getgroups, A_INT, A_ADDR),
	C(getpgid, A_INT),
	C(getpriority, A_PRIORITY, A_INT),
	C(getrandom, A_OUTPUT, A_SIZE, A_RANDOM),
	C(getresgid, A_ADDR, A_ADDR, A_ADDR),
	C(getresuid, A_ADDR, A_ADDR, A_ADDR),
	C(getrlimit, A_RESOURCE, A_RLIMIT),
	C(getrusage, A_RUSAGE, A_ADDR),
	C(getsid, A_INT),
	C(perf_event_open, A_ADDR, A_INT, A_INT, A_FD, A_HEX),
	R(ADDR, personality, A_HEX),
	C(pidfd_getfd, A_FD, A_INT, A_HEX),
	R(FD, pidfd_open, A_INT, A_HEX),
	C(pidfd_send_signal, A_FD, A_SIGNAL, A_ADDR, A_HEX),
	C(prctl, A_PRCTL, A_HEX, A_HEX, A_HEX, A_HEX),
	C(prlimit64, A_INT, A_RESOURCE, A_RLIMIT64, A_RLIMIT64),
	C(ptrace, A_PTRACE, A_INT, A_ADDR, A_ADDR),
	C(rseq, A_ADDR, A_HEX, A_HEX, A_HEX),
	C(sched_get_priority_max, A_SCHED),
	C(sched_get_priority_min, A_SCHED),
	C(sched_getaffinity, A_INT, A_SIZE, A_ADDR),
	C(sched_getparam, A_INT, A_ADDR),
	C(sched_getscheduler, A_INT),
	C(sched_setaffinity, A_INT, A_SIZE, A_ADDR),
	C(sched_setparam, A_INT, A_ADDR),
	C(sched_setscheduler, A_INT, A_SCHED, A_ADDR),
	C(sched_yield),
	C(seccomp, A_SECCOMP, A_HEX, A_ADDR),
	C(set_robust_list, A_ADDR, A_SIZE),
	C(set_tid_address, A_ADDR),
	C(setfsgid, A_ID),
	C(setfsuid, A_ID),
	C(setgid, A_ID),
	C(setgroups, A_SIZE, A_ADDR),
	C(sethostname, A_INPUT, A_SIZE),
	C(setns, A_FD, A_UNSHARE),
	C(setpgid, A_INT, A_INT),
	C(setpriority, A_PRIORITY, A_INT, A_INT),
	C(setregid, A_ID, A_ID),
	C(setresgid, A_ID, A_ID, A_ID),
	C(setresuid, A_ID, A_ID, A_ID),
	C(setreuid, A_ID, A_ID),
	C(setrlimit, A_RESOURCE, A_RLIMIT),
	C(setsid),
	C(setuid, A_ID),
	C(sysinfo, A_ADDR),
	C(times, A_ADDR),
	C(uname, A_ADDR),
	C(unshare, A_UNSHARE),
	C(vfork),
	C(vhangup),
	C(wait4, A_INT, A_STATUS, A_WAIT, A_ADDR),
	C(waitid, A_IDTYPE, A_INT, A_ADDR, A_WAIT, A_ADDR),

	/* Signals and clocks. */
	C(adjtimex, A_ADDR),
	C(alarm, A_UINT),
	C(clock_getres, A_CLOCK, A_TIMESPEC),
	C(clock_gettime, A_CLOCK, A_TIMESPEC),
	C(clock_nanosleep, A_CLOCK, A_TIMER, A_TIMESPEC, A_TIMESPEC),
	C(clock_settime, A_CLOCK, A_TIMESPEC),
	C(getitimer, A_ITIMER, A_ITIMERVAL),
	C(gettimeofday, A_TIMEVAL, A_ADDR),
	C(kill, A_INT, A_SIGNAL),
	C(nanosleep, A_TIMESPEC, A_TIMESPEC),
	C(pause),
	C(restart_syscall),
	C(rt_sigaction, A_SIGNAL, A_SIGACTION, A_SIGACTION, A_SIZE),
	C(rt_sigpending, A_SIGSET, A_SIZE),
	C(rt_sigprocmask, A_HOW, A_SIGSET, A_SIGSET, A_SIZE),
	C(rt_sigqueueinfo, A_INT, A_SIGNAL, A_ADDR),
	C(rt_sigreturn),
	C(rt_sigsuspend, A_SIGSET, A_SIZE),
	C(rt_sigtimedwait, A_SIGSET, A_ADDR, A_TIMESPEC, A_SIZE),
	C(setitimer, A_ITIMER, A_ITIMERVAL, A_ITIMERVAL),
	C(settimeofday, A_TIMEVAL, A_ADDR),
	C(sigaltstack, A_ADDR, A_ADDR),
	C(tgkill, A_INT, A_INT, A_SIGNAL),
	C(time, A_ADDR),
	C(timer_create, A_CLOCK, A_ADDR, A_ADDR),
	C(timer_delete, A_INT),
	C(timer_gettime, A_INT, A_ITIMERSPEC),
	C(timer_settime, A_INT, A_TIMER, A_ITIMERSPEC, A_ITIMERSPEC),
	C(tkill, A_INT, A_SIGNAL),

	/* Sockets. */
	R(FD, accept, A_FD, A_SOCKADDR, A_SOCKLEN),
	R(FD, accept4, A_FD, A_SOCKADDR, A_SOCKLEN, A_SOCKFLAGS),
	C(bind, A_FD, A_SOCKADDR, A_UINT),
	C(connect, A_FD, A_SOCKADDR, A_UINT),
	C(getpeername, A_FD, A_SOCKADDR, A_SOCKLEN),
	C(getsockname, A_FD, A_SOCKADDR, A_SOCKLEN),
	C(getsockopt, A_FD, A_LEVEL, A_SOCKOPT, A_OPTION, A_SOCKLEN),
	C(listen, A_FD, A_INT),
	C(recvfrom, A_FD, A_OUTPUT, A_SIZE, A_MSG, A_SOCKADDR, A_SOCKLEN),
	C(recvmmsg, A_FD, A_ADDR, A_UINT, A_MSG, A_ADDR),
	C(recvmsg, A_FD, A_ADDR, A_MSG),
	C(sendmmsg, A_FD, A_ADDR, A_UINT, A_MSG),
	C(sendmsg, A_FD, A_ADDR, A_MSG),
	C(sendto, A_FD, A_INPUT, A_SIZE, A_MSG, A_SOCKADDR, A_UINT),
	C(setsockopt, A_FD, A_LEVEL, A_SOCKOPT, A_OPTION, A_UINT),
	C(shutdown, A_FD, A_SHUTDOWN),
	R(FD, socket, A_FAMILY, A_SOCKET, A_PROTOCOL),
	C(socketpair, A_FAMILY, A_SOCKET, A_PROTOCOL, A_FDPAIR),
};

const size_t nr_shapes = ARRAY_SIZE(shapes);

#define ALL	(~0U)

#define FCNTL(command, third, ...)	\
	{ "fcntl", ALL, command, { A_FD, A_FCNTL, third }, 1, __VA_ARGS__ },	\
	{ "fcntl64", ALL, command, { A_FD, A_FCNTL, third }, 1, __VA_ARGS__ }
#define IOCTL(command, third)	{ "ioctl", ALL, command, { A_FD, A_IOCTL, third }, 1, R_INT, 0 }
#define FUTEX(op, ...)		\
	{ "futex", 127, op, { A_ADDR, A_FUTEX, A_UINT, __VA_ARGS__ }, 1, R_INT, 0 }
#define PRCTL(option, ...)	{ "prctl", ALL, option, { A_PRCTL, __VA_ARGS__ }, 0, R_INT, 0 }

const struct variant variants[] = {
	FCNTL(F_DUPFD, A_INT, R_FD, 0),
	FCNTL(F_DUPFD_CLOEXEC, A_INT, R_FD, 0),
	FCNTL(F_GETFD, A_END, R_INT, A_FDFLAGS),
	FCNTL(F_SETFD, A_FDFLAGS, R_INT, 0),
	FCNTL(F_GETFL, A_END, R_INT, A_OPEN),
	FCNTL(F_SETFL, A_OPEN, R_INT, 0),
	FCNTL(F_GETOWN, A_END, R_INT, 0),
	FCNTL(F_SETOWN, A_INT, R_INT, 0),
	FCNTL(F_GETSIG, A_END, R_INT, 0),
	FCNTL(F_SETSIG, A_SIGNAL, R_INT, 0),
	FCNTL(F_GETLEASE, A_END, R_INT, 0),
	FCNTL(F_SETLEASE, A_LOCKTYPE, R_INT, 0),
	FCNTL(F_GETPIPE_SZ, A_END, R_INT, 0),
	FCNTL(F_SETPIPE_SZ, A_UINT, R_INT, 0),
	FCNTL(F_GET_SEALS, A_END, R_INT, 0),
	FCNTL(F_ADD_SEALS, A_HEX, R_INT, 0),
	FCNTL(5, A_ADDR, R_INT, 0), FCNTL(6, A_ADDR, R_INT, 0), FCNTL(7, A_ADDR, R_INT, 0),
	FCNTL(12, A_ADDR, R_INT, 0), FCNTL(13, A_ADDR, R_INT, 0), FCNTL(14, A_ADDR, R_INT, 0),
	FCNTL(F_OFD_GETLK, A_ADDR, R_INT, 0), FCNTL(F_OFD_SETLK, A_ADDR, R_INT, 0),
	FCNTL(F_OFD_SETLKW, A_ADDR, R_INT, 0),
	FCNTL(F_SETOWN_EX, A_ADDR, R_INT, 0), FCNTL(F_GETOWN_EX, A_ADDR, R_INT, 0),

	IOCTL(TIOCGWINSZ, A_WINSIZE), IOCTL(TIOCSWINSZ, A_WINSIZE),
	IOCTL(FIOCLEX, A_END), IOCTL(FIONCLEX, A_END), IOCTL(TIOCNOTTY, A_END),
	IOCTL(TIOCEXCL, A_END),
	IOCTL(TIOCSCTTY, A_INT), IOCTL(TCFLSH, A_INT), IOCTL(TCXONC, A_INT), IOCTL(TCSBRK, A_INT),
	IOCTL(FICLONE, A_FD),

	FUTEX(FUTEX_WAIT, A_TIMESPEC),
	FUTEX(FUTEX_WAKE, A_END),
	FUTEX(FUTEX_REQUEUE, A_UINT, A_ADDR),
	FUTEX(FUTEX_CMP_REQUEUE, A_UINT, A_ADDR, A_UINT),
	FUTEX(FUTEX_WAKE_OP, A_UINT, A_ADDR, A_HEX),
	FUTEX(FUTEX_LOCK_PI, A_TIMESPEC),
	FUTEX(FUTEX_UNLOCK_PI, A_END),
	FUTEX(FUTEX_TRYLOCK_PI, A_END),
	FUTEX(FUTEX_WAIT_BITSET, A_TIMESPEC, A_HIDDEN, A_BITSET),
	FUTEX(FUTEX_WAKE_BITSET, A_HIDDEN, A_HIDDEN, A_BITSET),

	PRCTL(PR_SET_NAME, A_STRING), PRCTL(PR_GET_NAME, A_ADDR), PRCTL(PR_GET_DUMPABLE),
	PRCTL(PR_SET_DUMPABLE, A_UINT),
	PRCTL(PR_SET_PDEATHSIG, A_SIGNAL), PRCTL(PR_GET_PDEATHSIG, A_ADDR), PRCTL(PR_GET_KEEPCAPS),
	PRCTL(PR_SET_KEEPCAPS, A_UINT), PRCTL(PR_GET_SECCOMP), PRCTL(PR_CAPBSET_READ, A_UINT),
	PRCTL(PR_CAPBSET_DROP, A_UINT),
	PRCTL(PR_SET_TIMERSLACK, A_UINT), PRCTL(PR_GET_TIMERSLACK),
	PRCTL(PR_SET_CHILD_SUBREAPER, A_UINT),
	PRCTL(PR_GET_CHILD_SUBREAPER, A_ADDR), PRCTL(PR_SET_PTRACER, A_INT),
	PRCTL(PR_GET_SECUREBITS),


	{ "mremap", MREMAP_FIXED, MREMAP_FIXED, { A_ADDR, A_SIZE, A_SIZE, A_MREMAP, A_ADDR }, 3,
	  R_ADDR, 0 },
};

const size_t nr_variants = ARRAY_SIZE(variants);

#define M(type, member, arg)	\
	{ #member, offsetof(type, member), sizeof(((type *)0)->member), arg }

static const struct member stat_members[] = {
	M(struct stat, st_mode, A_FILETYPE), M(struct stat, st_size, A_LONG), { }
};
static const struct member timespec_members[] = {
	M(struct timespec, tv_sec, A_LONG), M(struct timespec, tv_nsec, A_LONG), { }
};
static const struct member timeval_members[] = {
	M(struct timeval, tv_sec, A_LONG), M(struct timeval, tv_usec, A_LONG), { }
};
static const struct member itimerval_members[] = {
	{ "it_interval", 0, 0, A_TIMEVAL }, { "it_value", 16, 0, A_TIMEVAL }, { }
};
static const struct member itimerspec_members[] = {
	{ "it_interval", 0, 0, A_TIMESPEC }, { "it_value", 16, 0, A_TIMESPEC }, { }
};
static const struct member rlimit_members[] = {
	M(struct rlimit, rlim_cur, A_LIMIT), M(struct rlimit, rlim_max, A_LIMIT), { }
};
static const struct member winsize_members[] = {
	{ "ws_row", 0, 2, A_UINT }, { "ws_col", 2, 2, A_UINT }, { "ws_xpixel", 4, 2, A_UINT },
	{ "ws_ypixel", 6, 2, A_UINT }, { }
};
static const struct member clone_members[] = {
	M(struct clone_args, flags, A_UNSHARE), M(struct clone_args, exit_signal, A_SIGNAL),
	M(struct clone_args, stack, A_ADDR), M(struct clone_args, stack_size, A_HEX), { }
};
static const struct member open_members[] = {
	M(struct open_how, flags, A_OPEN), M(struct open_how, mode, A_OCTAL),
	M(struct open_how, resolve, A_HEX), { }
};
static const struct member statx_members[] = {
	M(struct statx, stx_mask, A_STATX), M(struct statx, stx_attributes, A_HEX),
	M(struct statx, stx_mode, A_FILETYPE), M(struct statx, stx_size, A_SIZE), { }
};
static const struct member epoll_data_members[] = {
	M(union epoll_data, u32, A_UINT), M(union epoll_data, u64, A_UINT), { }
};
static const struct member epoll_members[] = {
	M(struct epoll_event, events, A_EPOLLBITS),
	{ "data", offsetof(struct epoll_event, data), 0, A_EPOLLDATA }, { }
};

const struct structure structs[A_STRUCTS_LAST - A_STRUCTS] = {
	[A_STAT - A_STRUCTS] = { stat_members, true },
	[A_TIMESPEC - A_STRUCTS] = { timespec_members, false },
	[A_TIMEVAL - A_STRUCTS] = { timeval_members, false },
	[A_ITIMERVAL - A_STRUCTS] = { itimerval_members, false },
	[A_ITIMERSPEC - A_STRUCTS] = { itimerspec_members, false },
	[A_RLIMIT - A_STRUCTS] = { rlimit_members, false },
	[A_RLIMIT64 - A_STRUCTS] = { rlimit_members, false },
	[A_WINSIZE - A_STRUCTS] = { winsize_members, false },
	[A_CLONE_ARGS - A_STRUCTS] = { clone_members, true },
	[A_OPEN_HOW - A_STRUCTS] = { open_members, false },
	[A_STATXBUF - A_STRUCTS] = { statx_members, true },
	[A_EPOLLDATA - A_STRUCTS] = { epoll_data_members, false },
	[A_EPOLLEVENT - A_STRUCTS] = { epoll_members, false },
};
