/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own family, of which every kernel has the same, is asked about ours. */
#ifndef TESTS_CTRL_H
#define TESTS_CTRL_H

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/ringside.h>

/* Sends a CTRL_CMD_* with these further NLM_F_*. Negative, and errno, when that fails. */
static inline ssize_t ctrl_ask(const struct mnl_socket *socket, uint8_t cmd, uint16_t flags)
{
	char buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, RINGSIDE_FAMILY_NAME);
	return mnl_socket_sendto(socket, nlh, nlh->nlmsg_len);
}

#endif
