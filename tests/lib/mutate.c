// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/ringside.h>
#include <stdbool.h>
#include <string.h>

#include "mutate.h"
#include "tap.h"

/* What may stand in a request, and what is asked with it. */
enum kind { PID, ID, NUMBER, BOOL, WIDE, CALL, FLAG, WORD, ADDRESS, BYTES };

static const char * const items[] = { "tasks", "version", "backend", "nonsense", "", NULL };
static const char * const states[] = { "S", "RS", "Z", "", "RSDTtXZPI", "RSDTtXZPIRS", NULL };
static const char * const comms[] = { "init", "kthreadd", "storm-messages", "fifteen-letters", "", NULL };
static const char * const caches[] = { "dentry", "kmalloc-64", "no such cache", "", NULL };
static const char * const names[] = { "storm.a", "storm.b", "storm-c_D.9", "31-bytes-----------------------", NULL };
static const char * const bad_names[] = { "storm.a", "a b", "", "\377\376", "%s%n", "../x", NULL };
static const char * const keys[] = { "process", "cgroup", "process", "cgroup", "nothing", "", NULL };

static const struct operand {
	int cmd, attr;
	enum kind kind;
	unsigned int one_in;	/* how often it stands in a message */
	bool again;		/* may be repeated */
	const char * const *words;
} operands[] = {
	{ RINGSIDE_CMD_STATUS_GET, RINGSIDE_A_STATUS_ITEM, WORD, 2, .words = items },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_PID, PID, 2, true },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_UID, NUMBER, 3 },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_STATE, WORD, 3, .words = states },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_COMM, WORD, 3, .words = comms },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_KTHREAD, BOOL, 3 },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_CGROUP, WIDE, 3 },
	{ RINGSIDE_CMD_TASK_GET, RINGSIDE_A_TASK_THREADS, FLAG, 3 },
	{ RINGSIDE_CMD_SLAB_GET, RINGSIDE_A_SLAB_NAME, WORD, 1, .words = caches },
	{ RINGSIDE_CMD_WATCH_GET, RINGSIDE_A_WATCH_ID, ID, 2, true },
	{ RINGSIDE_CMD_WATCH_GET, RINGSIDE_A_WATCH_NAME, WORD, 4, .words = names },
	{ RINGSIDE_CMD_SYSCALL_GET, RINGSIDE_A_SYSCALL_WATCH, ID, 1 },
	{ RINGSIDE_CMD_ERROR_GET, RINGSIDE_A_ERROR_WATCH, ID, 2 },
	{ RINGSIDE_CMD_LATENCY_GET, RINGSIDE_A_LATENCY_WATCH, ID, 2 },
	{ RINGSIDE_CMD_MAP_GET, RINGSIDE_A_MAP_PID, PID, 1 },
	{ RINGSIDE_CMD_PAGE_GET, RINGSIDE_A_PAGE_PID, PID, 1 },
	{ RINGSIDE_CMD_PAGE_GET, RINGSIDE_A_PAGE_ADDRESS, ADDRESS, 1 },
	{ RINGSIDE_CMD_FILE_GET, RINGSIDE_A_FILE_PID, PID, 2, true },
	{ RINGSIDE_CMD_FILE_GET, RINGSIDE_A_FILE_UID, NUMBER, 3 },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_NAME, WORD, 8, .words = names },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_NAME, WORD, 16, .words = bad_names },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_PID, PID, 2, true },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_CGROUP, WIDE, 6 },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_UID, NUMBER, 6 },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_BY, WORD, 3, .words = keys },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_TIMES, BOOL, 2 },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_EVENTS, BYTES, 4 },
	{ RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_CALL, CALL, 3, true },
	{ RINGSIDE_CMD_WATCH_DEL, RINGSIDE_A_WATCH_ID, ID, 1 },
};

/* A message before it is laid out. */
struct part {
	uint16_t type;
	uint16_t len;
	int claim;		/* what its header says of its length, or -1: the truth */
	unsigned int at;	/* in the arena */
};

enum { PARTS = 1200, ARENA = 1 << 15, HEAD = NLMSG_HDRLEN + GENL_HDRLEN, LONGEST = 12288 };

struct draft {
	struct nlmsghdr head;
	struct genlmsghdr genl;
	struct part part[PARTS];
	unsigned int nr, used;
	unsigned char arena[ARENA];
};

static bool one_in(struct chance *c, unsigned int nr)
{
	return !below(c, nr);
}

static void put(struct draft *d, unsigned int type, const void *data, unsigned int len)
{
	struct part *part = &d->part[d->nr];

	if (d->nr == PARTS || d->used + len > ARENA)
		return;
	*part = (struct part){ .type = type, .len = len, .claim = -1, .at = d->used };
	memcpy(d->arena + d->used, data, len);
	d->used += len;
	d->nr++;
}

/* Numbers at which something begins or ends. */
static uint32_t edge(struct chance *c)
{
	static const uint32_t edges[] = {
		0, 1, 2, 255, 256, 1023, 1024, 32768, 65535, 65536, 4194303, 4194304,
		0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff,
	};

	return one_in(c, 4) ? draw(c) : edges[below(c, NR(edges))];
}

static void put_operand(const struct mutate *m, struct chance *c, struct draft *d, const struct operand *o)
{
	unsigned int words = 0;
	uint64_t wide = 0;

	if (o->kind != WORD && one_in(c, o->kind == NUMBER ? 2 : 8))
		wide = edge(c);
	else if (o->kind == PID)
		wide = one_in(c, 4) ? below(c, 400) : (unsigned int)m->pids[below(c, NR(m->pids))];
	else if (o->kind == ID)
		wide = m->ids[below(c, NR(m->ids))];
	else if (o->kind == CALL)
		wide = RINGSIDE_CALL(below(c, 3), below(c, 512));
	else if (o->kind == ADDRESS)
		wide = one_in(c, 2) ? (unsigned long)m : (uint64_t)draw(c) << below(c, 33);
	else if (o->kind == BYTES)
		wide = RINGSIDE_MIN_RING << below(c, 4);
	else
		wide = below(c, 2);
	switch (o->kind) {
	case WORD:
		while (o->words[words])
			words++;
		words = below(c, words);
		put(d, o->attr, o->words[words], strlen(o->words[words]) + 1);
		return;
	case FLAG:
		put(d, o->attr, "", 0);
		return;
	case WIDE:
		put(d, o->attr, &wide, one_in(c, 2) ? 4 : 8);
		return;
	case ADDRESS:
		put(d, o->attr, &wide, 8);
		return;
	default:
		put(d, o->attr, &wide, 4);
	}
}

static int choose(struct chance *c)
{
	static const unsigned char cmds[] = {
		RINGSIDE_CMD_SLAB_GET, RINGSIDE_CMD_SLAB_GET, RINGSIDE_CMD_STATUS_GET, RINGSIDE_CMD_STATUS_GET,
		RINGSIDE_CMD_STATUS_GET, RINGSIDE_CMD_MEMORY_GET, RINGSIDE_CMD_MEMORY_GET, RINGSIDE_CMD_WATCH_GET,
		RINGSIDE_CMD_WATCH_GET, RINGSIDE_CMD_WATCH_GET, RINGSIDE_CMD_SYSCALL_GET, RINGSIDE_CMD_ERROR_GET,
		RINGSIDE_CMD_LATENCY_GET, RINGSIDE_CMD_MAP_GET, RINGSIDE_CMD_PAGE_GET, RINGSIDE_CMD_PAGE_GET,
		RINGSIDE_CMD_FILE_GET,
	};
	unsigned int pick = below(c, 48);

	/* To make and end watches is the slowest by far, so it is the rarest. */
	if (one_in(c, 48))
		return RINGSIDE_CMD_WATCH_NEW + below(c, 2);
	return pick < NR(cmds) ? cmds[pick] : RINGSIDE_CMD_TASK_GET;
}

/* Everything in it is allowed, though not always all of it at once. */
static void make_valid(const struct mutate *m, struct chance *c, struct draft *d)
{
	int cmd = choose(c);
	bool order = cmd == RINGSIDE_CMD_WATCH_NEW || cmd == RINGSIDE_CMD_WATCH_DEL, only_dump = !order && cmd >= RINGSIDE_CMD_SYSCALL_GET;
	/* The kernel's work is mostly in these. */
	bool dump = !order && (only_dump ? !one_in(c, 8) : one_in(c, 5));
	bool key_only = !order && !dump && !one_in(c, 3);
	unsigned int i, times;

	d->nr = d->used = 0;
	d->head = (struct nlmsghdr){
		.nlmsg_type = m->family,
		.nlmsg_flags = NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0) | (one_in(c, 4) ? NLM_F_ACK : 0),
	};
	d->genl = (struct genlmsghdr){ .cmd = cmd, .version = one_in(c, 8) ? below(c, 256) : 1 };
	for (i = 0; i < NR(operands); i++) {
		if (operands[i].cmd != cmd || (!key_only && !one_in(c, operands[i].one_in)))
			continue;
		times = operands[i].again && !key_only ? 1 + below(c, 3) : 1;
		/* As many as may be, and one more. */
		if (operands[i].again && !key_only && one_in(c, 64))
			times = RINGSIDE_MAX_PIDS + below(c, 2);
		while (times--)
			put_operand(m, c, d, &operands[i]);
		if (key_only)
			break;
	}
}

static void change_width(struct chance *c, struct draft *d, struct part *part)
{
	static const unsigned short widths[] = { 0, 1, 2, 3, 5, 7, 8, 9, 12, 16, 17, 32, 33, 64, 300, 4096, 30000 };
	unsigned int len = widths[below(c, one_in(c, 16) ? NR(widths) : NR(widths) - 3)];
	unsigned char fill = one_in(c, 2) ? 0 : below(c, 256);

	if (d->used + len > ARENA)
		return;
	memset(d->arena + d->used, fill, len);
	memcpy(d->arena + d->used, d->arena + part->at, part->len < len ? part->len : len);
	part->at = d->used;
	part->len = len;
	d->used += len;
}

/* What was there in a nest, some levels deep. */
static void nest(struct chance *c, struct draft *d, struct part *part)
{
	unsigned int depth = 1 + below(c, one_in(c, 8) ? 100 : 3), len = part->len + depth * NLA_HDRLEN, i;
	unsigned char *at = d->arena + d->used;

	if (d->used + len > ARENA || len > 4096)
		return;
	for (i = 0; i < depth; i++) {
		struct nlattr attr = {
			.nla_len = len - i * NLA_HDRLEN,
			.nla_type = (i + 1 < depth ? NLA_F_NESTED : 0) | part->type,
		};

		memcpy(at + i * NLA_HDRLEN, &attr, sizeof(attr));
	}
	memcpy(at + depth * NLA_HDRLEN, d->arena + part->at, part->len);
	part->type |= one_in(c, 4) ? 0 : NLA_F_NESTED;
	part->at = d->used;
	part->len = len;
	d->used += len;
}

/* Damage that keeps to the structure: one attribute, or one more, or two. */
static void damage_parts(struct chance *c, struct draft *d)
{
	static const unsigned int claims[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 255, 4096, 32768, 65535 };
	struct part *part, *other, old;
	unsigned int i, times;

	if (!d->nr) {
		put(d, below(c, 64), d->arena, below(c, 40));
		return;
	}
	part = &d->part[below(c, d->nr)];
	other = &d->part[below(c, d->nr)];
	old = *part;
	switch (below(c, 11)) {
	case 0:
		part->claim = one_in(c, 2) ? (int)claims[below(c, NR(claims))] :
			      NLA_HDRLEN + part->len + (int)below(c, 9) - 4;
		return;
	case 1:
		part->type = one_in(c, 4) ? draw(c) : below(c, 64);
		return;
	case 2:
		part->type |= (1 + below(c, 3)) << 14;
		return;
	case 3:
		change_width(c, d, part);
		return;
	case 4:
		/* A string without its end, or with one too soon. */
		if (part->len && one_in(c, 2))
			part->len--;
		else if (part->len)
			d->arena[part->at + below(c, part->len)] = one_in(c, 2) ? 0 : 'x';
		return;
	case 5:
		*part = *other;
		*other = old;
		return;
	case 6:
		times = one_in(c, 32) ? below(c, PARTS) : 1;
		for (i = 0; i < times && d->nr < PARTS; i++)
			d->part[d->nr++] = old;
		return;
	case 7:
		nest(c, d, part);
		return;
	case 8:
		/* One that no request has: of answers, past the last, or 0. */
		i = edge(c);
		put(d, one_in(c, 4) ? 0 : below(c, 64), &i, 4);
		return;
	case 9:
		*part = d->part[--d->nr];
		return;
	default:
		i = edge(c);
		memcpy(d->arena + part->at, &i, part->len < 4 ? part->len : 4);
	}
}

static unsigned int lay_out(const struct draft *d, unsigned char *buf, unsigned int room)
{
	struct nlmsghdr head = d->head;
	unsigned int len = HEAD, i;

	for (i = 0; i < d->nr; i++) {
		const struct part *part = &d->part[i];
		struct nlattr attr = {
			.nla_len = part->claim < 0 ? NLA_HDRLEN + part->len : part->claim,
			.nla_type = part->type,
		};

		if (len + NLA_HDRLEN + NLA_ALIGN(part->len) > room)
			break;
		memcpy(buf + len, &attr, sizeof(attr));
		memset(buf + len + NLA_HDRLEN, 0, NLA_ALIGN(part->len));
		memcpy(buf + len + NLA_HDRLEN, d->arena + part->at, part->len);
		len += NLA_HDRLEN + NLA_ALIGN(part->len);
	}
	head.nlmsg_len = len;
	memcpy(buf, &head, sizeof(head));
	memcpy(buf + NLMSG_HDRLEN, &d->genl, sizeof(d->genl));
	return len;
}

/* Damage to what has been laid out. Returns its length by now. */
static unsigned int damage_bytes(struct chance *c, const struct draft *other, unsigned char *buf, unsigned int len,
				 unsigned int room)
{
	static unsigned char second[MUTATE_ROOM];
	struct nlmsghdr *head = (struct nlmsghdr *)buf;
	unsigned int from, to, end;

	switch (below(c, 8)) {
	case 0:
		buf[NLMSG_HDRLEN + below(c, len - NLMSG_HDRLEN)] ^= 1 << below(c, 8);
		return len;
	case 1:
		buf[NLMSG_HDRLEN + below(c, len - NLMSG_HDRLEN)] = draw(c);
		return len;
	case 2:
		/* Cut, and honest about it. */
		len = NLMSG_HDRLEN + below(c, len - NLMSG_HDRLEN + 1);
		head->nlmsg_len = len;
		return len;
	case 3:
		/* Bytes that are no attribute. */
		from = 1 + below(c, 7);
		if (len + from > room)
			return len;
		memset(buf + len, below(c, 256), from);
		head->nlmsg_len = len + from;
		return len + from;
	case 4:
		/* The first part of one message with the last of another, aligned or not. */
		end = lay_out(other, second, sizeof(second));
		from = HEAD + below(c, len - HEAD + 1);
		to = HEAD + below(c, end - HEAD + 1);
		if (one_in(c, 2)) {
			from &= ~3;
			to &= ~3;
		}
		if (from + end - to > room)
			return len;
		len = from + end - to;
		memcpy(buf + from, second + to, end - to);
		head->nlmsg_len = len;
		return len;
	case 5:
		if (one_in(c, 2))
			head->nlmsg_flags ^= 1 << below(c, 16);
		else
			head->nlmsg_flags = draw(c);
		return len;
	case 6:
		/* What the generic header holds: command, version, and what is reserved. */
		buf[NLMSG_HDRLEN + below(c, GENL_HDRLEN)] = one_in(c, 2) ? below(c, 16) : draw(c);
		return len;
	default:
		if (one_in(c, 8))
			/* None of the family's: those of netlink itself, and one that nobody has. */
			head->nlmsg_type = one_in(c, 2) ? below(c, NLMSG_MIN_TYPE) : 0xfff0 + below(c, 16);
		else if (one_in(c, 4))
			head->nlmsg_len = one_in(c, 2) ? below(c, 40) : len + 1 + below(c, 40);
		else
			head->nlmsg_pid = draw(c);
		return len;
	}
}

unsigned int mutate_make(const struct mutate *m, uint64_t nr, void *buf, unsigned int *messages, struct chance *c)
{
	static struct draft draft, other;
	unsigned int len = 0, times, one;

	c->state = m->seed;
	c->state = draw(c) ^ nr * 0xd1342543de82ef95ULL;
	times = one_in(c, 4) ? 1 : 2 + below(c, 15);
	for (*messages = 0; *messages < times && len + LONGEST + NLMSG_ALIGNTO <= MUTATE_ROOM; ++*messages) {
		unsigned int hurt = below(c, 4);

		make_valid(m, c, &draft);
		make_valid(m, c, &other);
		/* A quarter is left as it is. */
		for (one = 0; one < hurt; one++)
			if (!one_in(c, 3))
				damage_parts(c, &draft);
		one = lay_out(&draft, (unsigned char *)buf + len, LONGEST);
		if (hurt && one_in(c, 3))
			one = damage_bytes(c, &other, (unsigned char *)buf + len, one, LONGEST);
		/* The next begins where it should, but for some. */
		len += one_in(c, 64) ? one : NLMSG_ALIGN(one);
	}
	/* The whole of it, cut anywhere. */
	return one_in(c, 128) ? 1 + below(c, len) : len;
}
