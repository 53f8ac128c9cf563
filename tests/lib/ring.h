/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plain client of the netlink family "ringside", and what its answers decode
 * to. The decoder holds each message against the contract of the uapi header
 * (no zero sent, the least width, no unknown or doubled attribute, strings
 * ended): what breaks it is counted in wire_errors and said in wire_error.
 */
#ifndef TESTS_RING_H
#define TESTS_RING_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/ringside.h>
#include <stdbool.h>
#include <stdint.h>

/* FLAG: in no answer, whatever its type is in a request. */
enum type { U32 = 1, S32, UINT, STR, FLAG };

struct field {
	const char *name;
	int attr;
	enum type type;
};

/* What one command answers with. Fields end with a NULL name. */
struct noun {
	const char *name;
	int cmd;
	int max;
	const struct field *fields;
	bool only_dump;		/* has no do */
	bool needs;		/* a pid, and more, in each request; it has no file */
};

/* What can be asked for, in the order of RINGSIDE_CMD_*. Ends with a NULL name. */
extern const struct noun nouns[];
#define NR_NOUNS 11
const struct noun *noun_of(int cmd);

#define ATTRS 64

struct row {
	int64_t v[ATTRS];	/* by attribute; 0 when not sent */
	char *s[ATTRS];		/* "" when not sent */
	uint64_t sent;		/* bit n: attribute n was there */
	uint16_t flags;		/* nlmsg_flags */
	unsigned int len;	/* of the message */
};

struct rows {
	struct row *row;
	unsigned int nr, room;
};

struct ring {
	struct mnl_socket *nl;
	int family;
	unsigned int seq;
	/* The request being built. */
	struct nlmsghdr *req;
	char out[1 << 17];
	/*
	 * Bytes a receive has room for. The kernel fills no more into one: a
	 * dump of more goes on when it is received.
	 */
	unsigned int room;
	/* About the last answer. */
	char why[256];		/* the extended ack's sentence, or "" */
	int offset;		/* of the attribute to blame, or -1 */
	bool intr;		/* a message had NLM_F_DUMP_INTR */
	unsigned int messages, bytes;
};

extern unsigned int wire_errors;
extern char wire_error[512];
/* Set: called with each message as it came. */
extern void (*wire_tap)(const void *message, size_t len);

/* With extended acks; false (and errno) when there is no family. */
bool ring_open(struct ring *r);
void ring_close(struct ring *r);
int ring_fd(const struct ring *r);

/* Begins a request. Then mnl_attr_put_*(r->req, ...), then one of the below. */
void ask(struct ring *r, int cmd, bool dump);
void ask_u32(struct ring *r, int attr, uint32_t value);
void ask_u64(struct ring *r, int attr, uint64_t value);
void ask_str(struct ring *r, int attr, const char *value);
void ask_flag(struct ring *r, int attr);
/* The offset at which the next attribute would begin. */
int ask_offset(const struct ring *r);

/* Sends. 0 or -errno. */
int ask_send(struct ring *r);
/*
 * Receives one datagram and adds its rows; *done is set when the answer is
 * whole. 0 or -errno of the answer.
 */
int answer_some(struct ring *r, struct rows *rows, bool *done);
/* Sends and receives all of the answer. 0 or -errno. */
int answer(struct ring *r, struct rows *rows);

/* ask, answer, for a dump without filters. Bails out when it fails. */
void dump_all(struct ring *r, int cmd, struct rows *rows);

void rows_free(struct rows *rows);
/* One message. To be let go of with row_clear(). */
void row_decode(const struct noun *noun, const struct nlmsghdr *nlh, struct row *row);
void row_clear(struct row *row);
/* The row whose attribute (number, or string) is so, or NULL. */
struct row *row_by(const struct rows *rows, int attr, int64_t value);
struct row *row_named(const struct rows *rows, int attr, const char *value);
/* Whether two rows say the same; says the first difference into buf. */
bool rows_same(const struct noun *noun, const struct row *a, const struct row *b,
	       uint64_t but, char *buf, size_t size);

/* One result: that no message so far broke the contract. */
void wire_ok(void);

#endif
