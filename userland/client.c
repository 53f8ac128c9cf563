// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/ringside.h>

#include "client.h"
#include "say.h"

#define CHUNK		32768	/* the largest message a dump comes in */
#define BATCH		8	/* chunks taken with one system call */
#define ATTEMPTS	3	/* at a dump that nothing changes under */

struct client {
	struct mnl_socket *socket;
	uint32_t seq;
	uint16_t family;
	char chunks[BATCH][CHUNK] __attribute__((aligned(16)));
};

/* How far an answer has come. */
struct answer {
	struct rows *rows;	/* NULL: none are expected */
	const char *noun;
	const struct nlmsghdr *request;
	uint32_t seq;
	bool done;
	bool interrupted;	/* rows came or went meanwhile */
	int error;		/* errno, 0 while all is well */
	bool said;		/* the kernel has given its own words for it */
};

void request_init(struct request *req, uint8_t cmd)
{
	struct genlmsghdr *genl;

	req->nlh = mnl_nlmsg_put_header(req->buf);
	genl = mnl_nlmsg_put_extra_header(req->nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = RINGSIDE_FAMILY_VERSION;
	req->loose = false;
}

/*
 * Which of a request's numbers the kernel points at, as in "pid 4711: ", into
 * text; else nothing.
 */
static void name_culprit(const struct answer *answer, uint32_t offset, char *text, size_t size)
{
	const struct noun *noun = answer->rows ? answer->rows->noun : NULL;
	const struct nlattr *attr;
	size_t i, len;

	*text = '\0';
	mnl_attr_for_each(attr, answer->request, GENL_HDRLEN) {
		if ((size_t)((const char *)attr - (const char *)answer->request) != offset ||
		    mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		for (i = 0; noun && i < noun->nr_columns; i++) {
			if (noun->columns[i].attr[0] != mnl_attr_get_type(attr))
				continue;
			snprintf(text, size, "%s %u: ", noun->columns[i].name,
				 mnl_attr_get_u32(attr));
			for (len = 0; text[len]; len++)
				text[len] = tolower((unsigned char)text[len]);
			return;
		}
	}
}

/* Prints the kernel's sentence, if the attributes hold one. */
static bool say_extended_ack(const struct answer *answer, const void *attrs, size_t len)
{
	const char *why = NULL;
	const struct nlattr *attr;
	char culprit[64] = "";

	mnl_attr_for_each_payload(attrs, len) {
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			why = mnl_attr_get_str(attr);
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_OFFS &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			name_culprit(answer, mnl_attr_get_u32(attr), culprit, sizeof(culprit));
	}
	if (why)
		say("%s: %s%s", answer->noun, culprit, why);
	return why;
}

static void take_error(struct answer *answer, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);
	size_t skip = sizeof(*err);

	answer->done = true;
	if (len < sizeof(*err)) {
		answer->error = EBADMSG;
		return;
	}
	answer->error = -err->error;
	if (!answer->error || !(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* Unless it was cut, our own message stands before the attributes. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(err->msg.nlmsg_len) - sizeof(err->msg);
	if (skip < len)
		answer->said = say_extended_ack(answer, (const char *)err + skip, len - skip);
}

static void take_done(struct answer *answer, const struct nlmsghdr *nlh)
{
	const int *code = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	answer->done = true;
	if (len < sizeof(*code) || *code >= 0)
		return;
	answer->error = -*code;
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		answer->said = say_extended_ack(answer, code + 1, len - sizeof(*code));
}

static void take_chunk(struct answer *answer, const void *data, int len)
{
	const struct nlmsghdr *nlh = data;

	for (; mnl_nlmsg_ok(nlh, len) && !answer->done; nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_seq != answer->seq)
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			answer->interrupted = true;
		if (nlh->nlmsg_type == NLMSG_ERROR) {
			take_error(answer, nlh);
		} else if (nlh->nlmsg_type == NLMSG_DONE) {
			take_done(answer, nlh);
		} else if (answer->rows && nlh->nlmsg_type >= NLMSG_MIN_TYPE &&
			   mnl_nlmsg_get_payload_len(nlh) >= GENL_HDRLEN) {
			rows_add_attrs(answer->rows,
				       mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
				       mnl_nlmsg_get_payload_len(nlh) - GENL_HDRLEN);
			if (!(nlh->nlmsg_flags & NLM_F_MULTI))
				answer->done = true;
		}
	}
}

/* Takes as many chunks as there are, at least one. */
static int receive(struct client *client, struct answer *answer)
{
	struct sockaddr_nl from[BATCH];
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	int i, nr;

	memset(msgs, 0, sizeof(msgs));
	for (i = 0; i < BATCH; i++) {
		iov[i].iov_base = client->chunks[i];
		iov[i].iov_len = CHUNK;
		msgs[i].msg_hdr.msg_name = &from[i];
		msgs[i].msg_hdr.msg_namelen = sizeof(from[i]);
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	do {
		nr = recvmmsg(mnl_socket_get_fd(client->socket), msgs, BATCH,
			      MSG_WAITFORONE, NULL);
	} while (nr < 0 && errno == EINTR);
	if (nr < 0)
		return -errno;
	for (i = 0; i < nr; i++) {
		if (from[i].nl_pid)	/* not from the kernel */
			continue;
		if (msgs[i].msg_hdr.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		take_chunk(answer, iov[i].iov_base, msgs[i].msg_len);
	}
	return 0;
}

/* One request and its whole answer: 0 or an errno, negative. */
static int converse(struct client *client, struct request *req, struct answer *answer)
{
	answer->request = req->nlh;
	answer->seq = ++client->seq;
	req->nlh->nlmsg_seq = answer->seq;
	if (mnl_socket_sendto(client->socket, req->nlh, req->nlh->nlmsg_len) < 0)
		return -errno;
	while (!answer->done) {
		int err = receive(client, answer);

		if (err)
			return err;
	}
	return -answer->error;
}

static const struct column family_columns[] = {
	{ .name = "ID", .attr = { CTRL_ATTR_FAMILY_ID }, .kind = KIND_COUNT },
};

static const struct noun family_noun = {
	.name = "family",
	.cmd = CTRL_CMD_GETFAMILY,
	.single = true,
	.width = CTRL_ATTR_FAMILY_ID + 1,
	.columns = family_columns,
	.nr_columns = 1,
};

static int find_family(struct client *client)
{
	struct answer answer = { .noun = RINGSIDE_FAMILY_NAME };
	struct request req;
	struct rows rows;
	int err;

	rows_init(&rows, &family_noun);
	answer.rows = &rows;
	request_init(&req, CTRL_CMD_GETFAMILY);
	req.nlh->nlmsg_type = GENL_ID_CTRL;
	req.nlh->nlmsg_flags = NLM_F_REQUEST;
	mnl_attr_put_strz(req.nlh, CTRL_ATTR_FAMILY_NAME, RINGSIDE_FAMILY_NAME);
	err = converse(client, &req, &answer);
	if (!err && rows.nr)
		client->family = rows_get(&rows, 0)[CTRL_ATTR_FAMILY_ID].num;
	rows_clear(&rows);
	if (err || !client->family)
		return err ? err : -ENOENT;
	return 0;
}

struct client *client_open(bool quiet)
{
	struct client *client = reallocate(NULL, sizeof(*client));
	int yes = 1, err;

	client->seq = 0;
	client->family = 0;
	client->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!client->socket || mnl_socket_bind(client->socket, 0, MNL_SOCKET_AUTOPID) < 0) {
		say("cannot open a netlink socket: %s", strerror(errno));
		client_close(client);
		return NULL;
	}
	/* Kernels without them just say less. */
	mnl_socket_setsockopt(client->socket, NETLINK_EXT_ACK, &yes, sizeof(yes));
	mnl_socket_setsockopt(client->socket, NETLINK_CAP_ACK, &yes, sizeof(yes));

	err = find_family(client);
	if (err) {
		if (err != -ENOENT)
			say("cannot look for the module: %s", strerror(-err));
		else if (!quiet)
			say_error(RINGSIDE_FAMILY_NAME, ENOENT);
		client_close(client);
		return NULL;
	}
	return client;
}

void client_close(struct client *client)
{
	if (client->socket)
		mnl_socket_close(client->socket);
	free(client);
}

uint16_t client_family(const struct client *client)
{
	return client->family;
}

int client_get(struct client *client, struct request *req, struct rows *rows)
{
	struct answer answer;
	int err, attempt = 0;

	req->nlh->nlmsg_type = client->family;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | (rows->noun->single ? 0 : NLM_F_DUMP);
	do {
		rows_clear(rows);
		memset(&answer, 0, sizeof(answer));
		answer.rows = rows;
		answer.noun = rows->noun->name;
		err = converse(client, req, &answer);
	} while (!err && answer.interrupted && !req->loose && ++attempt < ATTEMPTS);
	if (err) {
		if (!answer.said)
			say_error(rows->noun->name, -err);
		return -1;
	}
	if (answer.interrupted && !req->loose)
		say("%s came and went while they were read: this is not one moment's list",
		    rows->noun->name);
	return 0;
}

int client_do(struct client *client, struct request *req, const char *noun)
{
	struct answer answer = { .noun = noun };
	int err;

	req->nlh->nlmsg_type = client->family;
	req->nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	err = converse(client, req, &answer);
	if (err && !answer.said)
		say_error(noun, -err);
	return err ? -1 : 0;
}
