// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is refused: the right error, a sentence, and the attribute to blame by
 * its offset. What is damaged by chance: storm-messages.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "count.h"
#include "lib.h"
#include "watched.h"

static struct ring r;

/* Sends what was built and says whether it was refused as wanted; at -1: no attribute is to blame. */
static void refused(int err, int at, const char *what)
{
	struct rows rows = { 0 };
	int got = answer(&r, &rows);
	bool good = got == err && *r.why && r.offset == at;

	if (!ok(good, "%s", what)) {
		diag("wanted %s at %d with a sentence", strerror(-err), at);
		diag("got %s at %d: '%s'", strerror(-got), r.offset, r.why);
	} else {
		diag("it says: %s", r.why);
	}
	rows_free(&rows);
}

/* The core of generic netlink refuses it before us, without a sentence on some kernels. */
static void refused_by_core(int err, const char *what)
{
	struct rows rows = { 0 };
	int got = answer(&r, &rows);

	if (!ok(got == err, "%s", what))
		diag("wanted %s, got %s: '%s'", strerror(-err), strerror(-got), r.why);
	rows_free(&rows);
}

static void answered(unsigned int nr, const char *what)
{
	struct rows rows = { 0 };
	int got = answer(&r, &rows);

	if (!ok(!got && rows.nr == nr, "%s", what))
		diag("wanted %u rows, got %s: '%s', %u rows", nr, strerror(-got), r.why, rows.nr);
	rows_free(&rows);
}

static void commands(void)
{
	static const int unknown[] = { 0, RINGSIDE_CMD_MAX + 1, 200, 255 };
	char what[64];
	unsigned int i;
	int dump;

	for (i = 0; i < NR(unknown); i++)
		for (dump = 0; dump < 2; dump++) {
			snprintf(what, sizeof(what), "command %d is unknown, as a %s", unknown[i],
				 dump ? "dump" : "do");
			ask(&r, unknown[i], dump);
			refused_by_core(-EOPNOTSUPP, what);
		}
}

/* For each command, each attribute in turn as a filter: those in answers only are refused. */
static void answer_only(void)
{
	static const int filters[] = {
		RINGSIDE_A_TASK_PID, RINGSIDE_A_TASK_UID, RINGSIDE_A_TASK_STATE, RINGSIDE_A_TASK_COMM,
		RINGSIDE_A_TASK_KTHREAD, RINGSIDE_A_TASK_CGROUP, RINGSIDE_A_TASK_THREADS,
	};
	const struct noun *noun;
	unsigned int bad = 0, tried = 0, i;
	int attr, dump, at, got;

	for (noun = nouns; noun->name; noun++)
		for (attr = 1; attr <= noun->max + 3; attr++)
			for (dump = 0; dump < 2; dump++) {
				bool is_filter = false;
				struct rows rows = { 0 };

				for (i = 0; i < NR(filters); i++)
					is_filter |= noun->cmd == RINGSIDE_CMD_TASK_GET && attr == filters[i];
				is_filter |= attr == 1 && noun->cmd != RINGSIDE_CMD_MEMORY_GET;
				is_filter |= noun->cmd == RINGSIDE_CMD_WATCH_GET && attr == RINGSIDE_A_WATCH_NAME;
				is_filter |= noun->cmd == RINGSIDE_CMD_PAGE_GET && attr == RINGSIDE_A_PAGE_ADDRESS;
				is_filter |= noun->cmd == RINGSIDE_CMD_FILE_GET && attr == RINGSIDE_A_FILE_UID;
				if (is_filter || (noun->only_dump && !dump))
					continue;
				ask(&r, noun->cmd, dump);
				at = ask_offset(&r);
				ask_u32(&r, attr, 1);
				got = answer(&r, &rows);
				tried++;
				if ((got != -EINVAL || !*r.why || r.offset != at) && bad++ < 10)
					diag("%s, attribute %d, %s: %s at %d: '%s'", noun->name, attr,
					     dump ? "dump" : "do", strerror(-got), r.offset, r.why);
				rows_free(&rows);
			}
	ok(!bad && tried > 100, "%u attributes that are no filters, unknown ones too, are refused by name", tried);
}

static void put(int type, const void *data, unsigned int len)
{
	mnl_attr_put(r.req, type, len, data);
}

/* Wrong lengths and types, in a dump where a filter may stand. */
static void shapes(void)
{
	static const struct {
		int cmd, attr;
		const char *data;
		unsigned int len;
		int err;
		const char *what;
	} bad[] = {
#define T(NAME) RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_##NAME
		{ T(PID), "\1\0", 2, -EINVAL, "a pid of 2 bytes" },
		{ T(PID), "\1\0\0\0\0\0\0\0", 8, -EINVAL, "a pid of 8 bytes" },
		{ T(PID), "", 0, -EINVAL, "a pid of no bytes" },
		{ T(UID), "\1", 1, -EINVAL, "a uid of 1 byte" },
		{ T(UID), "root", 5, -EINVAL, "a uid in words" },
		{ T(KTHREAD), "\2\0\0\0", 4, -ERANGE, "kthread 2" },
		{ T(KTHREAD), "\377\377\377\377", 4, -ERANGE, "kthread 2^32 - 1" },
		{ T(CGROUP), "\1\0", 2, -EINVAL, "a cgroup of 2 bytes" },
		{ T(CGROUP), "\1\0\0\0\0", 5, -EINVAL, "a cgroup of 5 bytes" },
		{ T(CGROUP), "", 0, -EINVAL, "a cgroup of no bytes" },
		{ T(CGROUP), "\1\0\0\0\0\0\0\0\0\0\0\0", 12, -ERANGE, "a cgroup of 12 bytes" },
		{ T(COMM), "name", 4, -EINVAL, "a comm without its NUL" },
		{ T(COMM), "", 0, -EINVAL, "a comm of no bytes" },
		{ T(COMM), "sixteen-letters-", 17, -ERANGE, "a comm of 16 bytes and a NUL" },
		{ T(STATE), "S", 1, -EINVAL, "a state without its NUL" },
		{ T(STATE), "RSDTtXZPIRSDTtXZPI", 19, -ERANGE, "states that are too many" },
		{ T(THREADS), "\1\0\0\0", 4, -ERANGE, "a flag with a value" },
		{ T(PID) | NLA_F_NESTED, "\10\0\1\0\1\0\0\0", 8, -EINVAL, "a nested pid" },
		{ T(COMM) | NLA_F_NESTED, "\10\0\1\0\1\0\0\0", 8, -EINVAL, "a nested comm" },
		{ RINGSIDE_CMD_SLAB_GET, RINGSIDE_A_SLAB_NAME, "dentry", 6, -EINVAL, "a slab's name without its NUL" },
		{ RINGSIDE_CMD_STATUS_GET, RINGSIDE_A_STATUS_ITEM, "tasks", 5, -EINVAL, "an item without its NUL" },
	};
	static char big[40000];
	unsigned int i;

	for (i = 0; i < NR(bad); i++) {
		struct rows rows = { 0 };
		int at, got;

		ask(&r, bad[i].cmd, true);
		at = ask_offset(&r);
		put(bad[i].attr, bad[i].data, bad[i].len);
		got = answer(&r, &rows);
		/* Kernels differ between "invalid" and "out of range" for a length. */
		if (!ok((got == -EINVAL || got == -ERANGE) && *r.why && r.offset == at, "%s", bad[i].what))
			diag("got %s at %d, not at %d: '%s'", strerror(-got), r.offset, at, r.why);
		rows_free(&rows);
	}
	memset(big, 'x', sizeof(big) - 1);
	ask(&r, RINGSIDE_CMD_SLAB_GET, true);
	put(RINGSIDE_A_SLAB_NAME, big, sizeof(big));
	refused(-EINVAL, NLMSG_HDRLEN + GENL_HDRLEN, "a slab's name of 40,000 bytes");
}

static void tasks(void)
{
	unsigned int i;
	int at;

	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	refused(-EINVAL, -1, "a do without a key");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	at = ask_offset(&r);
	ask_u32(&r, RINGSIDE_A_TASK_UID, 0);
	refused(-EINVAL, at, "a do with a filter and no key");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
	at = ask_offset(&r);
	ask_u32(&r, RINGSIDE_A_TASK_UID, 0);
	refused(-EINVAL, at, "a do with its key and a filter");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
	at = ask_offset(&r);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 2);
	refused(-EINVAL, at, "a do with two keys");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	at = ask_offset(&r);
	ask_flag(&r, RINGSIDE_A_TASK_THREADS);
	refused(-EINVAL, at, "a do of threads");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 0);
	refused(-ESRCH, -1, "pid 0");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 4194303);
	refused(-ESRCH, -1, "a pid that is nobody's");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 0xffffffff);
	refused(-ESRCH, -1, "a pid of 2^32 - 1");
	ask(&r, RINGSIDE_CMD_TASK_GET, false);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 0x80000001);
	refused(-ESRCH, -1, "a pid of 2^31 + 1");

	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_u32(&r, RINGSIDE_A_TASK_UID, 0);
	at = ask_offset(&r);
	ask_u32(&r, RINGSIDE_A_TASK_UID, 0);
	refused(-EINVAL, at, "a filter given twice");
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_flag(&r, RINGSIDE_A_TASK_THREADS);
	at = ask_offset(&r);
	ask_flag(&r, RINGSIDE_A_TASK_THREADS);
	refused(-EINVAL, at, "a flag given twice");

	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	for (i = 0; i < RINGSIDE_MAX_PIDS; i++)
		ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
	answered(1, "1,024 pids");
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	for (i = 0; i < RINGSIDE_MAX_PIDS; i++)
		ask_u32(&r, RINGSIDE_A_TASK_PID, i + 1);
	at = ask_offset(&r);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 5000);
	refused(-E2BIG, at, "1,025 pids");
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 0);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 0xffffffff);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 0x80000000);
	answered(0, "a dump of pids that are nobody's is empty");
}

static void others(void)
{
	int at;

	ask(&r, RINGSIDE_CMD_MEMORY_GET, false);
	answered(1, "a do of memory wants no key");
	ask(&r, RINGSIDE_CMD_MEMORY_GET, true);
	answered(1, "a dump of memory is one row");
	ask(&r, RINGSIDE_CMD_SLAB_GET, false);
	refused(-EINVAL, -1, "a do of slabs without a name");
	ask(&r, RINGSIDE_CMD_SLAB_GET, false);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "no such cache");
	refused(-ESRCH, -1, "a slab cache that is not there");
	ask(&r, RINGSIDE_CMD_SLAB_GET, false);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "");
	refused(-ESRCH, -1, "a slab cache with no name");
	ask(&r, RINGSIDE_CMD_SLAB_GET, false);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "dentry");
	at = ask_offset(&r);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "dentry");
	refused(-EINVAL, at, "a slab cache named twice");
	ask(&r, RINGSIDE_CMD_SLAB_GET, false);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "dentry");
	answered(1, "a do of one slab cache");
	ask(&r, RINGSIDE_CMD_SLAB_GET, true);
	ask_str(&r, RINGSIDE_A_SLAB_NAME, "dentry");
	answered(1, "a dump of one slab cache");
	ask(&r, RINGSIDE_CMD_STATUS_GET, false);
	refused(-EINVAL, -1, "a do of status without an item");
	ask(&r, RINGSIDE_CMD_STATUS_GET, false);
	ask_str(&r, RINGSIDE_A_STATUS_ITEM, "nonsense");
	refused(-ESRCH, -1, "an item that is not there");
}

/* What lies about lengths. */
static void lengths(void)
{
	struct nlattr *attr;
	struct rows rows = { 0 };
	unsigned int i, bad = 0;

	/* An attribute longer than its message. */
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	attr = mnl_nlmsg_get_payload_tail(r.req);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
	attr->nla_len = 200;
	i = answer(&r, &rows);
	ok((int)i == -EINVAL && *r.why, "an attribute longer than its message");
	/* Shorter than its own header. */
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	attr = mnl_nlmsg_get_payload_tail(r.req);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
	attr->nla_len = 3;
	i = answer(&r, &rows);
	ok((int)i == -EINVAL && *r.why, "an attribute shorter than its header");
	/* Bytes after the last. */
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
	r.req->nlmsg_len += 2;
	i = answer(&r, &rows);
	ok((int)i == -EINVAL && *r.why, "bytes after the last attribute");
	/* No room for the generic header. */
	ask(&r, RINGSIDE_CMD_TASK_GET, true);
	r.req->nlmsg_len = NLMSG_HDRLEN + 2;
	refused_by_core(-EINVAL, "a message without its generic header");

	/* Every way to cut a valid message short: an answer or a refusal, and the next one works. */
	for (i = 0; i <= NLMSG_HDRLEN + GENL_HDRLEN + 16; i++) {
		char buf[8192];
		ssize_t got;

		ask(&r, RINGSIDE_CMD_TASK_GET, false);
		ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
		ask_u32(&r, RINGSIDE_A_TASK_UID, 0);
		if (send(ring_fd(&r), r.req, i, 0) < 0 && i)
			bad++;
		while (recv(ring_fd(&r), buf, sizeof(buf), MSG_DONTWAIT) > 0)
			;
		/* The header tells of more than there is: not even an error is owed. */
		ask(&r, RINGSIDE_CMD_STATUS_GET, true);
		got = answer(&r, &rows);
		bad += got || rows.nr < 5;
		rows_free(&rows);
	}
	ok(!bad, "messages cut short anywhere leave the socket in order");
	rows_free(&rows);
}

int main(void)
{
	struct watched watched;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	watched_make(&r, &watched);
	commands();
	answer_only();
	shapes();
	tasks();
	others();
	lengths();
	watched_end(&r, &watched);
	wire_ok();
	return tap_end();
}
