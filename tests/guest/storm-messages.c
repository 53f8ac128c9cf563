// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages damaged with their structure in mind, to every operation: each is
 * answered as netlink has it, what is answered decodes and shows nothing of the
 * kernel's, valid requests still work in between, and nothing is left behind.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "kmem.h"
#include "leak.h"
#include "lib.h"
#include "mutate.h"
#include "refusals.h"
#include "watched.h"

enum {
	LINES = 8,	/* sockets */
	OWED = 128,	/* answers that one of them may wait for */
	KEPT = 192,	/* bytes of a message kept for words about it */
	EVERY = 200,	/* datagrams between two looks whether all is well */
	MOST = 24,	/* watches let live */
};

/* What was sent and is not answered yet. */
struct owed {
	uint64_t nr;		/* of the datagram */
	uint32_t seq;
	uint8_t cmd;
	bool dump, ack, answered;
	unsigned int len;
	unsigned char kept[KEPT];
};

static struct line {
	int fd;
	bool narrow, lost;	/* its buffer is tiny; something did not fit it */
	unsigned int nr, unread;
	struct owed owed[OWED];
} lines[LINES];

enum class { ROW, ACK, DUMP, BY_NETLINK, BY_POLICY, BY_US, SILENT, ABANDONED, CLASSES };

/* What a worker saw, nothing but numbers. */
struct seen {
	unsigned long classes[CLASSES], refusals[256], ours[NR(ours)];
	unsigned long sent, datagrams, overruns, wrongs, rows, checks, made, unwell, windows, leaks;
};

/* Two, so that requests meet in the kernel. */
enum { WORKERS = 2 };

static struct seen *workers, *my;
static pid_t pids[8] = { 1 };
static struct rows status;

/* All that a request may be refused with. Not ENOMEM, EMSGSIZE or EFAULT. */
static const int allowed[] = {
	EINVAL, ERANGE, EOPNOTSUPP, ESRCH, ENOENT, E2BIG, EBUSY, EEXIST, ENOSPC,
};

static struct mutate source;
static struct ring own;

static void PRINTF(2) wrong(const struct owed *owed, const char *format, ...)
{
	char hex[2 * KEPT + 1] = "", words[256];
	unsigned int i;
	va_list ap;

	if (my->wrongs++ >= 5)
		return;
	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	diag("%s", words);
	if (!owed)
		return;
	for (i = 0; i < owed->len && i < KEPT; i++)
		sprintf(hex + 2 * i, "%02x", owed->kept[i]);
	diag("seed %llu, datagram %llu, a message of %u bytes that begins %s",
	     (unsigned long long)source.seed, (unsigned long long)owed->nr, owed->len, hex);
}

static void line_open(struct line *line)
{
	unsigned int which = line - lines;
	/* Just one of them lacks each of what a client may ask of netlink. */
	int yes = which != 1, cap = which != 2, strict = which & 1, room = which == 3 ? 1 : 4 << 20;

	memset(line, 0, sizeof(*line));
	line->narrow = which == 3;
	line->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (line->fd < 0 || setsockopt(line->fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof(yes)) ||
	    setsockopt(line->fd, SOL_NETLINK, NETLINK_CAP_ACK, &cap, sizeof(cap)) ||
	    setsockopt(line->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &strict, sizeof(strict)) ||
	    setsockopt(line->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		bail("a socket: %s", strerror(errno));
}

static void line_close(struct line *line)
{
	my->classes[ABANDONED] += line->nr;
	close(line->fd);
	line_open(line);
}

static struct owed *owed_of(struct line *line, uint32_t seq)
{
	unsigned int i;

	for (i = 0; i < line->nr; i++)
		if (line->owed[i].seq == seq)
			return &line->owed[i];
	return NULL;
}

static void settled(struct line *line, struct owed *owed, enum class class)
{
	my->classes[class]++;
	*owed = line->owed[--line->nr];
}

/* The sentence behind a refusal, which points into the message if anywhere. */
static enum class read_words(const struct owed *owed, const struct nlmsghdr *nlh, unsigned int at)
{
	enum class class = BY_NETLINK;
	const struct nlattr *attr;
	unsigned int i;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return class;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		/* All of the message is there again, in front of the words. */
		at += owed->len - NLMSG_HDRLEN;
	leaks_scan((const char *)nlh + NLMSG_HDRLEN + at, nlh->nlmsg_len - NLMSG_HDRLEN - at);
	mnl_attr_for_each(attr, nlh, at) {
		uint16_t type = mnl_attr_get_type(attr), len = mnl_attr_get_payload_len(attr);
		const char *why = mnl_attr_get_payload(attr);

		if (type == NLMSGERR_ATTR_OFFS) {
			uint32_t offset = mnl_attr_get_u32(attr);

			if (len != 4 || offset < NLMSG_HDRLEN || offset >= owed->len)
				wrong(owed, "the offset %u is in no message of %u bytes", offset, owed->len);
		} else if (type == NLMSGERR_ATTR_MSG) {
			if (!len || why[len - 1]) {
				wrong(owed, "a sentence without its end");
				continue;
			}
			class = BY_POLICY;
			for (i = 0; i < NR(ours); i++)
				if (!strcmp(why, ours[i])) {
					my->ours[i]++;
					class = BY_US;
				}
		}
	}
	return class;
}

static void read_error(struct line *line, struct owed *owed, const struct nlmsghdr *nlh)
{
	int err = -((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
	unsigned int i;

	if (!err) {
		if (owed->dump || !owed->ack)
			wrong(owed, "acknowledged, which was not asked for");
		settled(line, owed, owed->answered ? ROW : ACK);
		return;
	}
	if (err == ENOBUFS && line->narrow && owed->dump) {
		/* The dump has begun all the same, and goes on when there is room. */
		my->overruns++;
		line->lost = true;
		return;
	}
	for (i = 0; i < NR(allowed) && allowed[i] != err; i++)
		;
	if (i == NR(allowed))
		wrong(owed, "refused with %s", strerror(err));
	if (owed->answered)
		wrong(owed, "answered and refused with %s", strerror(err));
	my->refusals[err & 255]++;
	settled(line, owed, read_words(owed, nlh, sizeof(struct nlmsgerr)));
}

static void read_row(struct line *line, struct owed *owed, const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct noun *noun = nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN ? NULL : noun_of(genl->cmd);
	bool multi = nlh->nlmsg_flags & NLM_F_MULTI;
	unsigned int before = wire_errors;
	struct row row;

	if (!noun || genl->cmd != owed->cmd || multi != owed->dump || (!multi && owed->answered)) {
		wrong(owed, "a row that was not asked for");
		return;
	}
	my->rows++;
	/* Of dumps just some, for all the rest of it is the same code. */
	if (!multi || my->rows % 16 == 0)
		leaks_scan(nlh, nlh->nlmsg_len);
	row_decode(noun, nlh, &row);
	if (wire_errors != before)
		wrong(owed, "%s", wire_error);
	if (genl->cmd == RINGSIDE_CMD_WATCH_NEW)
		source.ids[my->made++ % NR(source.ids)] = row.v[RINGSIDE_A_WATCH_ID];
	row_clear(&row);
	owed->answered = true;
	if (!multi && !owed->ack)
		settled(line, owed, ROW);
}

/* Of a process that is not there, busy, or has no such address: known when the dump goes on. */
static bool may_end_so(const struct owed *owed, int err)
{
	return (owed->cmd == RINGSIDE_CMD_MAP_GET || owed->cmd == RINGSIDE_CMD_PAGE_GET) &&
	       (err == ESRCH || err == EBUSY || err == EFAULT);
}

static void read_datagram(struct line *line, const void *buf, int left)
{
	const struct nlmsghdr *nlh = buf;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		struct owed *owed = owed_of(line, nlh->nlmsg_seq);

		if (!owed)
			wrong(NULL, "an answer of type %u to message %u, which owes none", nlh->nlmsg_type,
			      nlh->nlmsg_seq);
		else if (nlh->nlmsg_type == NLMSG_ERROR)
			read_error(line, owed, nlh);
		else if (nlh->nlmsg_type == source.family)
			read_row(line, owed, nlh);
		else if (nlh->nlmsg_type != NLMSG_DONE || !owed->dump)
			wrong(owed, "an answer of type %u", nlh->nlmsg_type);
		else if (may_end_so(owed, -*(int *)mnl_nlmsg_get_payload(nlh)))
			settled(line, owed, BY_US);
		else if (*(int *)mnl_nlmsg_get_payload(nlh))
			wrong(owed, "a dump ended with %s", strerror(-*(int *)mnl_nlmsg_get_payload(nlh)));
		else
			settled(line, owed, DUMP);
	}
	if (left)
		wrong(NULL, "%d bytes of an answer are no message", left);
}

enum { AT_ONCE = 32 };

/* At most this many datagrams of an answer, a few with one system call, for all of those are watched. */
static void line_read(struct line *line, unsigned int most)
{
	static char buf[AT_ONCE][1 << 16];
	static struct mmsghdr part[AT_ONCE];
	static struct iovec iov[AT_ONCE];
	int i, got, wanted;

	while (most) {
		wanted = most < AT_ONCE ? most : AT_ONCE;
		for (i = 0; i < wanted; i++) {
			iov[i] = (struct iovec){ buf[i], sizeof(buf[i]) };
			part[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
		}
		got = recvmmsg(line->fd, part, wanted, MSG_DONTWAIT, NULL);
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0 && errno == ENOBUFS && line->narrow) {
			my->overruns++;
			line->lost = true;
			continue;
		}
		if (got < 0) {
			wrong(NULL, "a receive: %s", strerror(errno));
			return;
		}
		for (i = 0; i < got; i++) {
			if (part[i].msg_hdr.msg_flags & MSG_TRUNC)
				wrong(NULL, "an answer of more than 64 KiB");
			read_datagram(line, buf[i], part[i].msg_len);
		}
		most -= got;
	}
}

/* Reads all that is owed, and there must be nothing left to wait for. */
static void line_settle(struct line *line)
{
	line_read(line, -1);
	line->unread = 0;
	if (line->lost) {
		line_close(line);
		return;
	}
	while (line->nr) {
		struct owed *owed = &line->owed[0];

		/* Has ended a watch, perhaps, and was not to say so. */
		if (owed->cmd != RINGSIDE_CMD_WATCH_DEL || owed->dump || owed->ack || owed->answered)
			wrong(owed, "no answer, or not all of it");
		settled(line, owed, SILENT);
	}
}

/* Goes through a datagram as netlink does, numbers its messages, and notes what they are owed. */
static void expect(struct line *line, uint64_t nr, unsigned char *buf, unsigned int len)
{
	static uint32_t seq;
	unsigned int left = len;

	while (left >= NLMSG_HDRLEN) {
		struct nlmsghdr *nlh = (struct nlmsghdr *)(buf + len - left);
		struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
		struct owed *owed = &line->owed[line->nr];
		bool heard;

		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > left)
			return;
		nlh->nlmsg_seq = ++seq;
		*owed = (struct owed){ .nr = nr, .seq = seq, .len = nlh->nlmsg_len };
		heard = nlh->nlmsg_flags & NLM_F_REQUEST && nlh->nlmsg_type >= NLMSG_MIN_TYPE;
		owed->ack = nlh->nlmsg_flags & NLM_F_ACK;
		owed->dump = heard && (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP &&
			     nlh->nlmsg_type == source.family;
		if (heard && nlh->nlmsg_type == source.family && nlh->nlmsg_len >= NLMSG_HDRLEN + GENL_HDRLEN)
			owed->cmd = genl->cmd;
		memcpy(owed->kept, nlh, owed->len < KEPT ? owed->len : KEPT);
		if (heard || owed->ack)
			line->nr++;
		else
			my->classes[SILENT]++;
		left -= NLMSG_ALIGN(nlh->nlmsg_len) < left ? NLMSG_ALIGN(nlh->nlmsg_len) : left;
	}
}

static void one_datagram(uint64_t nr)
{
	static unsigned char buf[MUTATE_ROOM] __attribute__((__aligned__(8)));
	unsigned int messages, len;
	struct chance chance;
	struct line *line;

	len = mutate_make(&source, nr, buf, &messages, &chance);
	line = &lines[below(&chance, LINES)];
	if (line->nr + 32 > OWED || line->unread > 32)
		line_settle(line);
	expect(line, nr, buf, len);
	if (send(line->fd, buf, len, 0) != (ssize_t)len)
		wrong(NULL, "datagram %llu of %u bytes is not sent: %s", (unsigned long long)nr, len, strerror(errno));
	my->sent += messages;
	my->datagrams++;
	line->unread++;
	switch (below(&chance, 8)) {
	case 0:
		/* Goes away in the middle, now and then. */
		if (!below(&chance, 16))
			line_close(line);
		return;
	case 1:
		line_settle(line);
		return;
	case 2:
		line_read(line, -1);
		return;
	default:
		line_read(line, below(&chance, 8));
	}
}

/* But what counts, which the watches of the storm change. */
static bool same_status(const struct rows *a, const struct rows *b)
{
	char why[256];
	unsigned int i;

	for (i = 0; i < a->nr && a->nr == b->nr; i++)
		if (strcmp(a->row[i].s[RINGSIDE_A_STATUS_ITEM], "backend") &&
		    strcmp(a->row[i].s[RINGSIDE_A_STATUS_ITEM], "attached") &&
		    !rows_same(noun_of(RINGSIDE_CMD_STATUS_GET), &a->row[i], &b->row[i], 0, why, sizeof(why)))
			return false;
	return a->nr == b->nr;
}

/*
 * A watch of each kind stays there: what counts need not be attached anew for
 * each one that the storm makes, which is slow, and not what this is about.
 */
static uint32_t lasting[4];

static void lasting_make(void)
{
	const struct watch watch[NR(lasting)] = {
		{ 0 }, { .pids = &pids[1], .nr_pids = 1, .by = "process", .times = true },
		{ .cgroup = 1, .by = "cgroup" }, { .by_uid = true, .uid = 1000 },
	};
	unsigned int i;

	for (i = 0; i < NR(lasting); i++)
		lasting[i] = watch_new(&own, &watch[i]);
}

static void lasting_end(void)
{
	unsigned int i;

	/* The storm may have. */
	for (i = 0; i < NR(lasting); i++)
		watch_del(&own, lasting[i]);
}

/* Too many would make each system call slow. */
static void thin_out(const struct rows *watches)
{
	unsigned int i;

	for (i = 0; i < LINES; i++)
		line_close(&lines[i]);
	for (i = 0; i < watches->nr; i++)
		if (*watches->row[i].s[RINGSIDE_A_WATCH_NAME])
			watch_del(&own, watches->row[i].v[RINGSIDE_A_WATCH_ID]);
}

/* Valid requests, among the damaged ones: they say what they said before. */
static void well(void)
{
	unsigned int i, bad = 0;
	struct rows now;

	my->checks++;
	dump_all(&own, RINGSIDE_CMD_STATUS_GET, &now);
	bad += !same_status(&status, &now);
	rows_free(&now);
	dump_all(&own, RINGSIDE_CMD_TASK_GET, &now);
	for (i = 0; i < NR(pids); i++)
		bad += !row_by(&now, RINGSIDE_A_TASK_PID, pids[i]);
	for (i = 1; i < now.nr; i++)
		bad += now.row[i].v[RINGSIDE_A_TASK_PID] <= now.row[i - 1].v[RINGSIDE_A_TASK_PID];
	rows_free(&now);
	dump_all(&own, RINGSIDE_CMD_WATCH_GET, &now);
	if (now.nr > MOST)
		thin_out(&now);
	for (i = 0; my == workers && i < NR(lasting); i++)
		if (!row_by(&now, RINGSIDE_A_WATCH_ID, lasting[i])) {
			lasting_end();
			lasting_make();
			break;
		}
	rows_free(&now);
	my->unwell += bad;
	if (bad)
		wrong(NULL, "valid requests do not say what they said before");
}

static void figures(const struct seen *all, double seconds)
{
	char text[1024] = "";
	unsigned int i, at = 0;

	note("%lu messages in %lu datagrams, %.0f a second; %lu rows read, %lu watches made", all->sent, all->datagrams,
	     all->sent / seconds, all->rows, all->made);
	note("answered %lu, acknowledged %lu, dumps ended %lu; refused by netlink %lu, by policy %lu, by us %lu; none owed %lu, abandoned %lu",
	     all->classes[ROW], all->classes[ACK], all->classes[DUMP], all->classes[BY_NETLINK],
	     all->classes[BY_POLICY], all->classes[BY_US], all->classes[SILENT], all->classes[ABANDONED]);
	for (i = 0; i < NR(all->refusals); i++)
		if (all->refusals[i])
			at += snprintf(text + at, sizeof(text) - at, " %s %lu", strerrorname_np(i), all->refusals[i]);
	note("errors:%s; %lu answers did not fit the tiny socket", text, all->overruns);
	note("%lu windows of 8 bytes looked at", all->windows);
	for (i = 0; i < NR(ours); i++)
		diag("%6lu times: %s", all->ours[i], ours[i]);
}

/* Until it has sent as many; in a process of its own. */
static void work(unsigned int which, unsigned long nr)
{
	double from = monotonic();
	unsigned int i;

	my = &workers[which];
	if (!ring_open(&own))
		bail("no family: %s", strerror(errno));
	if (!which) {
		/* The first numbers are met by chance the most often. */
		lasting_make();
		lasting_end();
		lasting_make();
	}
	for (i = 0; i < LINES; i++)
		line_open(&lines[i]);
	while (my->sent < nr) {
		one_datagram(my->datagrams * WORKERS + which);
		if (!which && my->datagrams % 10000 == 0)
			note("%lu messages by one of %u in %.0f s", my->sent, WORKERS, monotonic() - from);
		if (my->datagrams % EVERY == 0)
			well();
	}
	for (i = 0; i < LINES; i++)
		line_settle(&lines[i]);
	my->windows += leaks.windows;
	my->leaks += leaks.hits + leaks.poison;
	fflush(stdout);
	_exit(0);
}

/* All workers together, until they have sent so many. The seconds it took. */
static double storm(unsigned long nr)
{
	double from = monotonic();
	pid_t pid[WORKERS];
	unsigned int i;
	int code;

	for (i = 0; i < WORKERS; i++) {
		fflush(stdout);
		pid[i] = fork();
		if (!pid[i])
			work(i, nr / WORKERS);
	}
	for (i = 0; i < WORKERS; i++)
		if (waitpid(pid[i], &code, 0) != pid[i] || code)
			bail("a worker ended with %#x", code);
	return monotonic() - from;
}

/* Ends every watch that was left: what the kernel has in use now. */
static void rest(struct kmem *kmem)
{
	struct rows watches;
	unsigned int i;

	dump_all(&own, RINGSIDE_CMD_WATCH_GET, &watches);
	for (i = 0; i < watches.nr; i++)
		watch_del(&own, watches.row[i].v[RINGSIDE_A_WATCH_ID]);
	rows_free(&watches);
	watches_gone();
	/* What kfree_rcu() is given is gathered for up to 5 s. */
	sleep(6);
	kmem_read(kmem);
}

int main(void)
{
	unsigned long nr = often(10000, 1000000), least = often(12, NR(ours) - 1), met = 0, i, n;
	static struct kmem before, after;
	struct seen all = { 0 };
	double seconds;

	lib_init();
	source.seed = seed();
	leaks_init();
	leaks.where = "the storm";
	workers = shared(WORKERS * sizeof(*workers));
	for (i = 1; i < NR(pids); i++)
		pids[i] = child(NULL, NULL);
	memcpy(source.pids, pids, sizeof(source.pids));
	/* Watches end after grace periods, and many are made. */
	if (!write_file("/sys/kernel/rcu_expedited", "1") || !ring_open(&own))
		bail("no family, or no expedited grace periods: %s", strerror(errno));
	source.family = own.family;
	dump_all(&own, RINGSIDE_CMD_STATUS_GET, &status);

	/* The first ones fill what the kernel keeps for good. */
	seconds = storm(nr / 10);
	rest(&before);
	seconds += storm(nr);
	rest(&after);
	for (i = 0; i < WORKERS; i++)
		for (n = 0; n < sizeof(all) / sizeof(long); n++)
			((unsigned long *)&all)[n] += ((unsigned long *)&workers[i])[n];
	figures(&all, seconds);

	ok(!all.wrongs, "%lu messages: each is answered as it is owed, and what is answered decodes", all.sent);
	ok(!all.unwell && all.checks >= WORKERS * 2, "valid requests in between, %lu times, say what they said before",
	   all.checks);
	ok(all.classes[ROW] > nr / 50 && all.classes[DUMP] > nr / 50, "many are answered with what they ask for");
	ok(all.classes[BY_NETLINK] > nr / 50 && all.classes[BY_POLICY] > nr / 20 && all.classes[BY_US] > nr / 50,
	   "many are refused by netlink, by the policy, and behind it");
	for (i = 0; i < NR(ours); i++)
		met += all.ours[i] != 0;
	ok(met >= least, "of %zu reasons to refuse at least %lu are met: %lu", NR(ours), least, met);
	ok(all.made > nr / 2000, "watches come into being: %lu", all.made);
	ok(!all.leaks && all.windows > nr, "no kernel address and no poison in any answer");
	kmem_ok(&before, &after, 65536, "after all than after the first tenth");
	write_file("/sys/kernel/rcu_expedited", "0");
	ring_close(&own);
	rows_free(&status);
	children_end();
	return tap_end();
}
