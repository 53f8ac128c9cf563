/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What decode.c knows of calls and their arguments: tables only. A call's
 * arguments each have a kind; kinds from KIND_FLAGS on are sets of names.
 */
#ifndef DECODE_TABLES_H
#define DECODE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_ARGS	6

enum arg {
	A_END,			/* there are no more */
	A_INT,			/* 32 bits, signed */
	A_UINT,			/* 32 bits */
	A_LONG,			/* as wide as the ABI's long, signed */
	A_SIZE,			/* likewise, unsigned */
	A_HEX,
	A_ADDR,			/* what it points at is not shown */
	A_PATH,			/* to a string */
	A_STRING,		/* to a string that names no file */
	A_INPUT,		/* to bytes, as many as the next argument says */
	A_OUTPUT,		/* to bytes, as many as the call returned */
	A_OUTSTRING,		/* likewise, a string with its NUL */
	A_WORDS,		/* to a list of strings that ends with NULL */
	A_FD,
	A_DIRFD,
	A_OCTAL,		/* permissions */
	A_NEWMODE,		/* permissions, if the flags before it create a file */
	A_FILETYPE,		/* S_IFREG|0644 */
	A_SIGNAL,
	A_ID,			/* user or group: -1 is none */
	A_PROTOCOL,		/* of a socket, the family is the first argument */
	A_SOCKOPT,		/* the level is the argument before it */
	A_FDPAIR,		/* to two descriptors, which the call returned */
	A_STATUS,		/* to a wait status, which the call returned */
	A_LIMIT,		/* of a resource */
	A_HIDDEN,		/* never shown */

	A_FLAGS,		/* from here on: flag_sets[arg - A_FLAGS] */
	A_OPEN = A_FLAGS,
	A_AT_STAT,
	A_AT_STATX,
	A_AT_UNLINK,
	A_AT_LINK,
	A_AT_ACCESS,
	A_ACCESS,
	A_WHENCE,
	A_FCNTL,
	A_FDFLAGS,
	A_LOCKTYPE,
	A_FLOCK,
	A_FALLOCATE,
	A_FADVISE,
	A_RENAME,
	A_MOUNT,
	A_UMOUNT,
	A_STATX,
	A_SPLICE,
	A_INOTIFY,
	A_XATTR,
	A_MEMFD,
	A_IOCTL,
	A_PROT,
	A_MAP,
	A_MREMAP,
	A_MADVISE,
	A_MSYNC,
	A_MLOCKALL,
	A_CLONE,
	A_UNSHARE,
	A_WAIT,
	A_IDTYPE,
	A_FUTEX,
	A_BITSET,
	A_PRCTL,
	A_ARCH_PRCTL,
	A_PTRACE,
	A_SECCOMP,
	A_RESOURCE,
	A_RUSAGE,
	A_PRIORITY,
	A_SCHED,
	A_CLOCK,
	A_TIMER,
	A_ITIMER,
	A_HOW,
	A_RANDOM,
	A_FAMILY,
	A_SOCKET,
	A_SOCKFLAGS,
	A_LEVEL,
	A_MSG,
	A_SHUTDOWN,
	A_EPOLL,
	A_EPOLLBITS,
	A_EPOLLFLAGS,
	A_EVENTFD,
	A_TIMERFD,
	A_PIPE,
	A_LAST,			/* its first past the end */

	A_STRUCTS = A_LAST,	/* pointers; from here on: structs[arg - A_STRUCTS] */
	A_STAT = A_STRUCTS,
	A_TIMESPEC,
	A_TIMEVAL,
	A_ITIMERVAL,
	A_ITIMERSPEC,
	A_RLIMIT,
	A_RLIMIT64,
	A_WINSIZE,
	A_CLONE_ARGS,
	A_OPEN_HOW,
	A_STATXBUF,
	A_EPOLLDATA,
	A_EPOLLEVENT,
	A_STRUCTS_LAST,

	A_SOCKADDR = A_STRUCTS_LAST,	/* its length is the next argument */
	A_SOCKLEN,		/* of the argument before it, as it was left there */
	A_OPTION,		/* of a socket: to what is an int if it has its size */
	A_IOVEC,		/* as many as the next argument says */
	A_SIGSET,
	A_SIGACTION,
	A_POLLFDS,		/* as many as the next argument says */
};

/* What a result is. */
enum {
	R_INT,			/* signed decimal */
	R_ADDR,
	R_FD,
	R_OCTAL,
	R_NEVER,		/* it does not return */
	R_POLL,			/* 0 is a timeout */
};

struct name {
	uint64_t value;
	const char *name;	/* NULL at the end */
};

struct flag_set {
	const char *unknown;	/* what strace calls the others */
	uint64_t mask;		/* these bits together are one of values */
	const struct name *values;
	const struct name *bits;
};

/* flags_file.c, flags_task.c, flags_net.c: each NULL but for its own. */
extern const struct flag_set file_flags[A_LAST - A_FLAGS];
extern const struct flag_set task_flags[A_LAST - A_FLAGS];
extern const struct flag_set net_flags[A_LAST - A_FLAGS];

/* What socket(2) calls the protocols of a family, and the options of a level. */
const struct name *protocol_names(uint64_t family);
const struct name *sockopt_names(uint64_t level);

/* The arguments of a call, in the order of the ABI. */
struct shape {
	const char *name;	/* libseccomp's; the table is sorted by it */
	uint8_t args[CALL_ARGS];
	uint8_t result;		/* R_* */
};

extern const struct shape shapes[];
extern const size_t nr_shapes;

/*
 * A call whose arguments depend on one of them: with that value under the mask
 * they are these.
 */
struct variant {
	const char *name;
	uint64_t mask;
	uint64_t value;
	uint8_t args[CALL_ARGS];
	uint8_t selector;	/* which argument */
	uint8_t result;
	uint8_t result_flags;	/* enum arg: the names of what it returned, or 0 */
};

/*
 * What a pointer to a structure points at: its first members, as far as they are
 * shown. Only of 64-bit calls.
 */
struct member {
	const char *name;
	uint16_t offset;
	uint8_t size;		/* bytes; 0: of the structure that arg is */
	uint8_t arg;		/* enum arg that it is like */
};

struct structure {
	const struct member *members;	/* ends with one without a name */
	bool more;			/* there are others */
};

extern const struct structure structs[A_STRUCTS_LAST - A_STRUCTS];

extern const struct variant variants[];
extern const size_t nr_variants;

#endif
