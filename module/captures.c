// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arguments point at, for common calls: the table, and how it is copied out of
 * a thread without ever fetching a page for it.
 */
#include <linux/compat.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "counter.h"
#include "probe_call.h"
#include "record.h"

enum how {
	NOTHING,
	TEXT,		/* a string that the kernel reads */
	TEXTS,		/* an array of them, which ends with NULL */
	READS,		/* so many things of that size, which it reads */
	WRITES,		/* and which it writes */
	RETURNS,	/* it writes as many bytes as it returns */
	SAYS,		/* it writes as many as another argument points at the number of */
};

#define ONE	6	/* in place of the argument that says how many */
#define TAKES	3	/* at most of one call */

struct take {
	u8 how;
	u8 arg;
	u8 count;	/* argument */
	u16 size;
};

struct plan {
	struct take take[TAKES];
};

#define TEXT_(arg)		{ TEXT, arg }
#define TEXTS_(arg)		{ TEXTS, arg }
#define READS_(arg, count, size) { READS, arg, count, size }
#define WRITES_(arg, count, size) { WRITES, arg, count, size }
#define RETURNS_(arg)		{ RETURNS, arg }
#define SAYS_(arg, length)	{ SAYS, arg, length }

/* The same on every ABI, whatever their numbers: no structure with a long in it. */
#define COMMON(NR) \
	[NR(open)] = { { TEXT_(0) } }, \
	[NR(creat)] = { { TEXT_(0) } }, \
	[NR(openat)] = { { TEXT_(1) } }, \
	[NR(openat2)] = { { TEXT_(1), READS_(2, 3, 1) } }, \
	[NR(read)] = { { RETURNS_(1) } }, \
	[NR(write)] = { { READS_(1, 2, 1) } }, \
	[NR(pread64)] = { { RETURNS_(1) } }, \
	[NR(pwrite64)] = { { READS_(1, 2, 1) } }, \
	[NR(execve)] = { { TEXT_(0), TEXTS_(1) } }, \
	[NR(execveat)] = { { TEXT_(1), TEXTS_(2) } }, \
	[NR(access)] = { { TEXT_(0) } }, \
	[NR(faccessat)] = { { TEXT_(1) } }, \
	[NR(faccessat2)] = { { TEXT_(1) } }, \
	[NR(statx)] = { { TEXT_(1), WRITES_(4, ONE, 256) } }, \
	[NR(readlink)] = { { TEXT_(0), RETURNS_(1) } }, \
	[NR(readlinkat)] = { { TEXT_(1), RETURNS_(2) } }, \
	[NR(getcwd)] = { { RETURNS_(0) } }, \
	[NR(chdir)] = { { TEXT_(0) } }, \
	[NR(chroot)] = { { TEXT_(0) } }, \
	[NR(mkdir)] = { { TEXT_(0) } }, \
	[NR(mkdirat)] = { { TEXT_(1) } }, \
	[NR(rmdir)] = { { TEXT_(0) } }, \
	[NR(unlink)] = { { TEXT_(0) } }, \
	[NR(unlinkat)] = { { TEXT_(1) } }, \
	[NR(rename)] = { { TEXT_(0), TEXT_(1) } }, \
	[NR(renameat)] = { { TEXT_(1), TEXT_(3) } }, \
	[NR(renameat2)] = { { TEXT_(1), TEXT_(3) } }, \
	[NR(link)] = { { TEXT_(0), TEXT_(1) } }, \
	[NR(linkat)] = { { TEXT_(1), TEXT_(3) } }, \
	[NR(symlink)] = { { TEXT_(0), TEXT_(1) } }, \
	[NR(symlinkat)] = { { TEXT_(0), TEXT_(2) } }, \
	[NR(mknod)] = { { TEXT_(0) } }, \
	[NR(mknodat)] = { { TEXT_(1) } }, \
	[NR(chmod)] = { { TEXT_(0) } }, \
	[NR(fchmodat)] = { { TEXT_(1) } }, \
	[NR(chown)] = { { TEXT_(0) } }, \
	[NR(lchown)] = { { TEXT_(0) } }, \
	[NR(fchownat)] = { { TEXT_(1) } }, \
	[NR(truncate)] = { { TEXT_(0) } }, \
	[NR(mount)] = { { TEXT_(0), TEXT_(1), TEXT_(2) } }, \
	[NR(umount2)] = { { TEXT_(0) } }, \
	[NR(pivot_root)] = { { TEXT_(0), TEXT_(1) } }, \
	[NR(swapon)] = { { TEXT_(0) } }, \
	[NR(swapoff)] = { { TEXT_(0) } }, \
	[NR(sethostname)] = { { READS_(0, 1, 1) } }, \
	[NR(memfd_create)] = { { TEXT_(0) } }, \
	[NR(inotify_add_watch)] = { { TEXT_(1) } }, \
	[NR(setxattr)] = { { TEXT_(0), TEXT_(1), READS_(2, 3, 1) } }, \
	[NR(lsetxattr)] = { { TEXT_(0), TEXT_(1), READS_(2, 3, 1) } }, \
	[NR(fsetxattr)] = { { TEXT_(1), READS_(2, 3, 1) } }, \
	[NR(getxattr)] = { { TEXT_(0), TEXT_(1), RETURNS_(2) } }, \
	[NR(lgetxattr)] = { { TEXT_(0), TEXT_(1), RETURNS_(2) } }, \
	[NR(fgetxattr)] = { { TEXT_(1), RETURNS_(2) } }, \
	[NR(listxattr)] = { { TEXT_(0), RETURNS_(1) } }, \
	[NR(removexattr)] = { { TEXT_(0), TEXT_(1) } }, \
	[NR(init_module)] = { { TEXT_(2) } }, \
	[NR(finit_module)] = { { TEXT_(1) } }, \
	[NR(delete_module)] = { { TEXT_(0) } }, \
	[NR(add_key)] = { { TEXT_(0), TEXT_(1) } }, \
	[NR(request_key)] = { { TEXT_(0), TEXT_(1), TEXT_(2) } }, \
	[NR(getrandom)] = { { RETURNS_(0) } }, \
	[NR(pipe)] = { { WRITES_(0, ONE, 8) } }, \
	[NR(pipe2)] = { { WRITES_(0, ONE, 8) } }, \
	[NR(socketpair)] = { { WRITES_(3, ONE, 8) } }, \
	[NR(bind)] = { { READS_(1, 2, 1) } }, \
	[NR(connect)] = { { READS_(1, 2, 1) } }, \
	[NR(accept4)] = { { SAYS_(1, 2) } }, \
	[NR(getsockname)] = { { SAYS_(1, 2) } }, \
	[NR(getpeername)] = { { SAYS_(1, 2) } }, \
	[NR(sendto)] = { { READS_(1, 2, 1), READS_(4, 5, 1) } }, \
	[NR(recvfrom)] = { { RETURNS_(1), SAYS_(4, 5) } }, \
	[NR(setsockopt)] = { { READS_(3, 4, 1) } }, \
	[NR(getsockopt)] = { { SAYS_(3, 4) } }, \
	[NR(poll)] = { { READS_(0, 1, 8), WRITES_(0, 1, 8) } }, \
	[NR(epoll_ctl)] = { { READS_(3, ONE, 12) } }

#define NATIVE(name)	__NR_##name

/* And those with structures of longs, which are not taken of 32-bit calls. */
static const struct plan native[] = {
	COMMON(NATIVE),
	[NATIVE(stat)] = { { TEXT_(0), WRITES_(1, ONE, 144) } },
	[NATIVE(lstat)] = { { TEXT_(0), WRITES_(1, ONE, 144) } },
	[NATIVE(fstat)] = { { WRITES_(1, ONE, 144) } },
	[NATIVE(newfstatat)] = { { TEXT_(1), WRITES_(2, ONE, 144) } },
	[NATIVE(statfs)] = { { TEXT_(0), WRITES_(1, ONE, 120) } },
	[NATIVE(fstatfs)] = { { WRITES_(1, ONE, 120) } },
	[NATIVE(utimensat)] = { { TEXT_(1), READS_(2, ONE, 32) } },
	[NATIVE(readv)] = { { READS_(1, 2, 16) } },
	[NATIVE(writev)] = { { READS_(1, 2, 16) } },
	[NATIVE(sendmsg)] = { { READS_(1, ONE, 56) } },
	[NATIVE(recvmsg)] = { { WRITES_(1, ONE, 56) } },
	[NATIVE(accept)] = { { SAYS_(1, 2) } },
	[NATIVE(ppoll)] = { { READS_(0, 1, 8), READS_(2, ONE, 16), WRITES_(0, 1, 8) } },
	[NATIVE(nanosleep)] = { { READS_(0, ONE, 16) } },
	[NATIVE(clock_nanosleep)] = { { READS_(2, ONE, 16) } },
	[NATIVE(clock_gettime)] = { { WRITES_(1, ONE, 16) } },
	[NATIVE(clock_getres)] = { { WRITES_(1, ONE, 16) } },
	[NATIVE(gettimeofday)] = { { WRITES_(0, ONE, 16) } },
	[NATIVE(getrlimit)] = { { WRITES_(1, ONE, 16) } },
	[NATIVE(setrlimit)] = { { READS_(1, ONE, 16) } },
	[NATIVE(prlimit64)] = { { READS_(2, ONE, 16), WRITES_(3, ONE, 16) } },
	[NATIVE(rt_sigaction)] = { { READS_(1, ONE, 32), WRITES_(2, ONE, 32) } },
	[NATIVE(rt_sigprocmask)] = { { READS_(1, ONE, 8), WRITES_(2, ONE, 8) } },
	[NATIVE(wait4)] = { { WRITES_(1, ONE, 4) } },
	[NATIVE(clone3)] = { { READS_(0, 1, 1) } },
};

#ifdef CONFIG_IA32_EMULATION
#include <asm/unistd_32_ia32.h>

#define COMPAT(name)	__NR_ia32_##name

static const struct plan compat[] = {
	COMMON(COMPAT),
	[COMPAT(chown32)] = { { TEXT_(0) } },
	[COMPAT(lchown32)] = { { TEXT_(0) } },
	[COMPAT(truncate64)] = { { TEXT_(0) } },
	[COMPAT(stat64)] = { { TEXT_(0), WRITES_(1, ONE, 96) } },
	[COMPAT(lstat64)] = { { TEXT_(0), WRITES_(1, ONE, 96) } },
	[COMPAT(fstat64)] = { { WRITES_(1, ONE, 96) } },
	[COMPAT(fstatat64)] = { { TEXT_(1), WRITES_(2, ONE, 96) } },
	[COMPAT(statfs)] = { { TEXT_(0) } },
	[COMPAT(utimensat)] = { { TEXT_(1) } },
	[COMPAT(waitpid)] = { { WRITES_(1, ONE, 4) } },
	[COMPAT(wait4)] = { { WRITES_(1, ONE, 4) } },
};
#endif

static const struct plan none;

static const struct plan *plan_of(u32 slot)
{
	if (slot < ARRAY_SIZE(native))
		return &native[slot];
#ifdef CONFIG_IA32_EMULATION
	slot -= RINGSIDE_ABI_COMPAT * RS_ABI_SLOTS;
	if (slot < ARRAY_SIZE(compat))
		return &compat[slot];
#endif
	return &none;
}

DECLARE_BITMAP(rs_captured, RS_SLOTS);

void __init rs_captures_init(void)
{
	u32 slot;

	for (slot = 0; slot < RS_SLOTS; slot++)
		if (plan_of(slot)->take[0].how)
			__set_bit(slot, rs_captured);
}

static bool is_late(u8 how)
{
	return how >= WRITES;
}

/* What was copied, and what of that did not go well: RINGSIDE_CAPTURE_*. */
struct copied {
	u32 length;
	u8 flags;
};

/* Fetches no page, so preemption may be off. How many bytes were not to be had. */
static u32 copy(void *to, u64 from, u32 length)
{
	const void __user *user = (const void __user *)(unsigned long)from;
	u32 left = length;

	if (!access_ok(user, length))
		return length;
	pagefault_disable();
	left = __copy_from_user_inatomic(to, user, length);
	pagefault_enable();
	return left;
}

static struct copied copy_bytes(void *to, u64 from, u64 length, u32 room)
{
	u32 most = min3(length, (u64)room, (u64)RINGSIDE_CAPTURE_BYTES);
	u32 left = copy(to, from, most);

	return (struct copied){
		.length = most - left,
		.flags = (most < length ? RINGSIDE_CAPTURE_CUT : 0) |
			 (left ? RINGSIDE_CAPTURE_UNREADABLE : 0),
	};
}

/* The length is without the NUL. */
static struct copied copy_text(void *to, u64 from, u32 room)
{
	u32 most = min_t(u32, room, RINGSIDE_CAPTURE_STRING);
	long length = 0;

	if (most) {
		pagefault_disable();
		length = strncpy_from_user(to, (const char __user *)(unsigned long)from, most);
		pagefault_enable();
	}
	if (length < 0)
		return (struct copied){ .flags = RINGSIDE_CAPTURE_UNREADABLE };
	return (struct copied){ length, length == most ? RINGSIDE_CAPTURE_CUT : 0 };
}

static struct copied copy_texts(char *to, u64 from, u32 room, bool wide)
{
	u32 most = min_t(u32, room, RINGSIDE_CAPTURE_STRING);
	u32 size = wide ? sizeof(u64) : sizeof(u32);
	struct copied all = { };

	for (;; from += size) {
		struct copied one;
		u64 text = 0;

		/* The lower half comes first. */
		if (copy(&text, from, size)) {
			all.flags |= RINGSIDE_CAPTURE_UNREADABLE;
			return all;
		}
		if (!text)
			return all;
		one = copy_text(to + all.length, text, most - all.length);
		all.flags |= one.flags;
		if (one.flags)
			return all;
		all.length += one.length + 1;
	}
}

static u64 count_of(const struct take *take, const struct rs_stash *stash)
{
	u64 count = take->count == ONE ? 1 : stash->arg[take->count];

	/* Whatever it is, it is bounded further on. */
	return min_t(u64, count, U32_MAX) * take->size;
}

static struct copied copy_taken(const struct take *take, const struct rs_stash *stash, bool wide,
				s64 result, void *to, u32 room)
{
	u64 from = stash->arg[take->arg];
	u32 length = 0;

	switch (take->how) {
	case TEXT:
		return copy_text(to, from, room);
	case TEXTS:
		return copy_texts(to, from, room, wide);
	case RETURNS:
		return copy_bytes(to, from, result > 0 ? result : 0, room);
	case SAYS:
		if (copy(&length, stash->arg[take->count], sizeof(length)))
			return (struct copied){ .flags = RINGSIDE_CAPTURE_UNREADABLE };
		return copy_bytes(to, from, length, room);
	default:
		return copy_bytes(to, from, count_of(take, stash), room);
	}
}

/* Writes one at capture, within room. Its size: 0 when there is no room at all. */
static u32 put_capture(struct ringside_capture *capture, const struct take *take,
		       struct copied copied, u8 flags)
{
	u32 size = ALIGN(sizeof(*capture) + copied.length, 8);

	*capture = (struct ringside_capture){
		.size = size,
		.length = copied.length,
		.arg = take->arg,
		.kind = take->how == TEXT ? RINGSIDE_CAPTURE_TEXT :
			take->how == TEXTS ? RINGSIDE_CAPTURE_TEXTS : RINGSIDE_CAPTURE_DATA,
		.flags = copied.flags | flags,
	};
	memset(capture->data + copied.length, 0, size - sizeof(*capture) - copied.length);
	return size;
}

static bool is_wide(u32 slot)
{
	return slot / RS_ABI_SLOTS == RINGSIDE_ABI_NATIVE && IS_ENABLED(CONFIG_64BIT);
}

notrace void rs_capture_enter(struct rs_stash *stash, u32 slot)
{
	struct rs_captured *captured = &stash->captured;
	const struct plan *plan = plan_of(slot);
	unsigned int i;

	for (i = 0; i < TAKES && plan->take[i].how; i++) {
		const struct take *take = &plan->take[i];
		struct ringside_capture *capture = (void *)(stash->data + captured->used);
		u32 room = sizeof(stash->data) - captured->used;
		struct copied copied;

		captured->late |= is_late(take->how);
		if (is_late(take->how) || !stash->arg[take->arg] || room < sizeof(*capture))
			continue;
		copied = copy_taken(take, stash, is_wide(slot), 0, capture->data,
				    room - sizeof(*capture));
		/* Its page may be there when the kernel has read it. */
		if (copied.flags & RINGSIDE_CAPTURE_UNREADABLE) {
			captured->unread |= BIT(i);
			captured->late = true;
			stash->mm = current->mm;
			continue;
		}
		captured->used += put_capture(capture, take, copied, 0);
		captured->nr++;
	}
}

notrace void rs_capture_leave(const struct rs_stash *stash, u32 slot, bool returned,
			      struct ringside_event_call *record)
{
	bool failed = record->event.flags & RINGSIDE_CALL_FAILED;
	const struct plan *plan = plan_of(slot);
	u32 room = RS_CAPTURE_LATE;
	unsigned int i;

	for (i = 0; i < TAKES && plan->take[i].how; i++) {
		struct ringside_capture *capture = (void *)record + record->event.size;
		const struct take *take = &plan->take[i];
		bool late = is_late(take->how);
		struct copied copied = { .flags = RINGSIDE_CAPTURE_UNREADABLE };
		u32 size;

		if (late ? failed || !returned : !(stash->captured.unread & BIT(i)))
			continue;
		if (!stash->arg[take->arg] || room < sizeof(*capture))
			continue;
		/* After exec() its addresses are another program's. */
		if (returned && (late || stash->mm == current->mm))
			copied = copy_taken(take, stash, is_wide(slot), record->result,
					    capture->data, room - sizeof(*capture));
		size = put_capture(capture, take, copied,
				   late ? RINGSIDE_CAPTURE_WRITTEN : RINGSIDE_CAPTURE_LATE);
		record->event.size += size;
		record->captures++;
		room -= size;
	}
}
