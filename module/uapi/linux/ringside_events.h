/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ringside: every crossing of a watch, as a stream of records
 *
 * A watch made with RINGSIDE_A_WATCH_EVENTS keeps a record of every call of its
 * threads, when it has returned, and of their life. The records lie in a ring a
 * CPU until they are read. Nobody who is watched ever waits for a reader: what
 * finds no room is lost, and counted.
 *
 * How to read
 *   1. Make the watch, with EVENTS (see RINGSIDE_A_WATCH_* in ringside.h).
 *   2. Open RINGSIDE_EVENTS_FILE for reading and writing, and write the id of the
 *      watch to it, in decimal, with or without a newline. What may be wrong:
 *
 *	EINVAL		that is no id
 *	ESRCH		there is no such watch, or it is not the opener's to see
 *	ENODATA		the watch was made without EVENTS
 *	EXDEV		it was made in another pid namespace than the opener's
 *	EBUSY		another open file reads it
 *	EALREADY	this file has been given its watch
 *
 *   3. read() gives as many whole records as there are and the buffer holds, and
 *      waits for one if there is none. It gives 0 when the watch has ended and
 *      all is read. A buffer of RINGSIDE_EVENT_MAX bytes holds any record.
 *
 *	EAGAIN		there is none, with O_NONBLOCK
 *	EINVAL		the next one is bigger than the buffer
 *	ENOTCONN	no watch was chosen yet
 *
 *   poll() tells when there is something to read (POLLIN), and with POLLHUP that
 *   the watch has ended: read on until 0. Records may come some milliseconds late:
 *   a reader is woken for several.
 *   Who may see a watch may read it; who that is was decided when the file was
 *   opened. A watch has one reader at a time. When the file is closed what was
 *   not read stays for the next one. A file that has a watch chosen keeps the
 *   module until it is closed.
 *
 * Order
 *   Of one thread: as it came about. Of several, by time; what happened on one CPU
 *   because of something on another comes after it.
 *
 * Numbers
 *   tid and tgid are those of the pid namespace that the watch was made in.
 *   Times are ns of CLOCK_MONOTONIC as it was when the watch began, carried on by
 *   the CPU's own counter: over hours they may drift from it, by as much as that is
 *   being corrected. What is reserved is 0.
 *
 * What is shown of whom
 *   A watch made without the right to see everything (CAP_PERFMON or CAP_SYS_ADMIN,
 *   or the group of the module) shows arguments, results and strings of processes
 *   only that could be dumped by their owner (prctl(PR_GET_DUMPABLE) gives 1): for
 *   others HIDDEN is set, and these are 0 and not there. A thread that becomes
 *   somebody else's, by a setuid program or a change of user, is no longer
 *   followed then: LEAVE is its last record. Yama is not asked.
 *   A watch of a cgroup or a user has LEAVE of threads that leave these, too, perhaps
 *   before the record of a call that they were just returning from.
 *
 * Changes
 *   Types, flags and kinds may be added, and members at the end of a record: use
 *   event.size and skip what you don't know.
 */
#ifndef _UAPI_LINUX_RINGSIDE_EVENTS_H
#define _UAPI_LINUX_RINGSIDE_EVENTS_H

#include <linux/types.h>

#define RINGSIDE_EVENTS_FILE	"/proc/ringside/events"

/* Bytes: of the longest record. */
#define RINGSIDE_EVENT_MAX	4096

enum {
	RINGSIDE_EVENT_CALL = 1,	/* struct ringside_event_call */
	RINGSIDE_EVENT_JOIN,		/* struct ringside_event_join */
	RINGSIDE_EVENT_EXEC,		/* struct ringside_event_exec */
	RINGSIDE_EVENT_EXIT,		/* struct ringside_event_exit */
	RINGSIDE_EVENT_LEAVE,		/* struct ringside_event */
	RINGSIDE_EVENT_LOST,		/* struct ringside_event_lost */
};

/* What every record begins with. */
struct ringside_event {
	__u16	size;		/* bytes of all of it; a multiple of 8 */
	__u16	type;		/* RINGSIDE_EVENT_*; skip what you don't know */
	__u16	flags;		/* RINGSIDE_CALL_*, of a call; else 0 */
	__u16	cpu;		/* where it was made */
	__u32	tid;		/* the thread; 0 for LOST */
	__u32	tgid;		/* its process; 0 for LOST */
	__u64	time;		/* ns: when it was made; for a call, when it returned */
};

/*
 * A call, made when it returns; or when its thread ends in it, as in exit_group()
 * (UNRETURNED). One that is killed in a call returns from it first. Calls that began
 * before the thread was followed have none.
 */
#define RINGSIDE_CALL_UNRETURNED 0x0001	/* the thread ended in it: result is 0 */
#define RINGSIDE_CALL_REFUSED	0x0002	/* by seccomp or a tracer before it began */
#define RINGSIDE_CALL_MISSED	0x0004	/* its beginning was not seen: no times */
#define RINGSIDE_CALL_HIDDEN	0x0008	/* arg, result and strings are withheld */
#define RINGSIDE_CALL_FAILED	0x0010	/* result is an error: -errno (ERESTARTSYS,
					 * 512, and the like show too: the kernel
					 * begins the call anew, or makes it EINTR)
					 */

struct ringside_event_call {
	struct ringside_event event;
	__s32	call;		/* its number as the program gave it, of x32 without
				 * its bit; it may be nobody's
				 */
	__u16	abi;		/* RINGSIDE_ABI_* */
	__u16	captures;	/* struct ringside_capture that follow */
	__u64	arg[6];		/* as they were when it began; of 32-bit calls the
				 * lower 32 bits; all six, also of calls with less
				 */
	__s64	result;
	__u64	start;		/* ns: when it began; event.time when it is REFUSED
				 * or MISSED
				 */
	__u64	off_cpu;	/* ns of event.time - start that it had no CPU */
	__u32	nvcsw;		/* voluntary context switches in it: it slept */
	__u32	nivcsw;		/* involuntary ones */
	__u32	min_flt;	/* page faults in it, served without I/O */
	__u32	maj_flt;	/* and with */
};

/*
 * What an argument pointed at, for the calls in module/captures.c. What the kernel
 * reads is copied when the call begins, what it writes (WRITTEN) when it returns
 * without an error. No page is fetched for it: what was not in memory when the call
 * began is tried again when it returns, as the kernel has read it by then (LATE), and
 * is UNREADABLE if it still is not. At most RINGSIDE_CAPTURE_STRING bytes of a string
 * or of all strings of an array, and RINGSIDE_CAPTURE_BYTES of anything else; all that
 * a call's begin takes has to fit into RINGSIDE_CAPTURE_ALL. NULL pointers have none.
 */
enum {
	RINGSIDE_CAPTURE_TEXT = 1,	/* a string; data is without its NUL */
	RINGSIDE_CAPTURE_DATA,		/* bytes: a buffer, or a structure of the ABI */
	RINGSIDE_CAPTURE_TEXTS,		/* an array of strings; data has each with its NUL */
};

#define RINGSIDE_CAPTURE_WRITTEN	0x01	/* by the kernel; copied at its return */
#define RINGSIDE_CAPTURE_CUT		0x02	/* there was more */
#define RINGSIDE_CAPTURE_UNREADABLE	0x04	/* of what there is data may hold the
						 * beginning
						 */

#define RINGSIDE_CAPTURE_LATE		0x08	/* as it was when the call returned, though
						 * the kernel only read it
						 */

#define RINGSIDE_CAPTURE_STRING	512
#define RINGSIDE_CAPTURE_BYTES	256
#define RINGSIDE_CAPTURE_ALL	896

struct ringside_capture {
	__u16	size;		/* bytes of all of it; a multiple of 8 */
	__u16	length;		/* bytes of data */
	__u8	arg;		/* whose: 0 to 5 */
	__u8	kind;		/* RINGSIDE_CAPTURE_TEXT and its like */
	__u8	flags;		/* RINGSIDE_CAPTURE_WRITTEN and its like */
	__u8	reserved;
	__u8	data[];
};

/*
 * The thread is followed from now on: it was there when the watch began, or when it
 * came into it (parent 0), or it was made by a thread that is followed.
 */
struct ringside_event_join {
	struct ringside_event event;
	__u32	parent_tid;	/* who made it, or 0 */
	__u32	parent_tgid;
	char	comm[16];	/* ends with a NUL */
};

/*
 * It runs another program from now on. Its process has no other thread then, and
 * the thread that did it has the number of the process: old_tid was its own. The
 * call itself has its record too, when it returns.
 */
struct ringside_event_exec {
	struct ringside_event event;
	__u32	old_tid;	/* 0: not known */
	__u32	reserved;
	char	comm[16];	/* of now */
};

/* The thread has ended. It is its last record. */
struct ringside_event_exit {
	struct ringside_event event;
	__u32	status;		/* as wait() gives it */
	__u32	reserved;
};

/* So many records of this CPU found no room, between the one before and the next there. */
struct ringside_event_lost {
	struct ringside_event event;
	__u64	lost;
};

#endif /* _UAPI_LINUX_RINGSIDE_EVENTS_H */
