// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * dump [UID]: every field of every task, received by a bare libmnl loop that
 * counts the attributes and does no more. With UID the kernel is asked for the
 * tasks of this user alone. Says how many rows, attributes, bytes and chunks
 * came, by how many system calls (the opening of the socket included), and the
 * instructions from the request to the end of the answer.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ringside.h>

#include "bench.h"

struct totals {
	unsigned long rows, attributes, bytes, chunks, calls;
	uint16_t family;
};

/* The largest chunk that the kernel makes of a dump. */
static char buf[32768];

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	struct totals *totals = data;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			totals->family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int on_row(const struct nlmsghdr *nlh, void *data)
{
	struct totals *totals = data;
	const struct nlattr *attr;

	totals->rows++;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		totals->attributes++;
	return MNL_CB_OK;
}

static int receive(struct mnl_socket *socket, struct nlmsghdr *request, mnl_cb_t on_message,
		   struct totals *totals, unsigned long *bytes)
{
	ssize_t len;
	int more;

	if (mnl_socket_sendto(socket, request, request->nlmsg_len) < 0)
		return -1;
	totals->calls++;
	do {
		len = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		totals->calls++;
		if (len < 0)
			return -1;
		if (bytes) {
			*bytes += len;
			totals->chunks++;
		}
		more = mnl_cb_run(buf, len, request->nlmsg_seq, mnl_socket_get_portid(socket),
				  on_message, totals);
	} while (more > 0);
	return more;
}

static struct nlmsghdr *request(uint16_t type, uint16_t flags, uint8_t cmd)
{
	static char space[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(space);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

int main(int argc, char **argv)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);
	struct totals totals = {.calls = 3}; /* socket, bind, getsockname */
	struct nlmsghdr *nlh;
	uint64_t begun;

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return 1;
	nlh = request(GENL_ID_CTRL, NLM_F_ACK, CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, RINGSIDE_FAMILY_NAME);
	if (receive(socket, nlh, on_family, &totals, NULL) < 0) {
		fprintf(stderr, "dump: no family ringside: %s\n", strerror(errno));
		return 1;
	}
	nlh = request(totals.family, NLM_F_DUMP, RINGSIDE_CMD_TASK_GET);
	if (argc > 1)
		mnl_attr_put_u32(nlh, RINGSIDE_A_TASK_UID, number(argv[1]));
	begun = count();
	if (receive(socket, nlh, on_row, &totals, &totals.bytes) < 0) {
		fprintf(stderr, "dump: %s\n", strerror(errno));
		return 1;
	}
	begun = count() - begun;
	mnl_socket_close(socket);
	totals.calls++;
	printf("rows %lu attributes %lu bytes %lu chunks %lu calls %lu instructions %llu\n",
	       totals.rows, totals.attributes, totals.bytes, totals.chunks, totals.calls,
	       (unsigned long long)begun);
	return !totals.rows;
}
