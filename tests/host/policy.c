// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * policy: what the kernel says it accepts, as tests/host/contract reads it. A
 * line an operation, "op COMMAND do|dump POLICY"; a line an attribute of a
 * policy, "attr POLICY NUMBER TYPE" and its limits as "NAME=VALUE"; and
 * "family VERSION MAXATTR". Types and limits by their NL_* numbers' names.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ctrl.h"

static const char * const types[] = {
	"invalid", "flag", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64",
	"binary", "string", "nul-string", "nested", "nested-array", "bitfield32",
	"sint", "uint",
};

static void show_number(const char *name, const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) == sizeof(uint64_t))
		printf(" %s=%llu", name, (unsigned long long)mnl_attr_get_u64(attr));
	else
		printf(" %s=%u", name, mnl_attr_get_u32(attr));
}

static void show_attribute(unsigned int policy, const struct nlattr *nest)
{
	const struct nlattr *attr;
	uint32_t type = 0;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == NL_POLICY_TYPE_ATTR_TYPE)
			type = mnl_attr_get_u32(attr);
	printf("attr %u %u ", policy, mnl_attr_get_type(nest));
	if (type < sizeof(types) / sizeof(*types))
		printf("%s", types[type]);
	else
		printf("type-%u", type);
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case NL_POLICY_TYPE_ATTR_MIN_VALUE_U:
		case NL_POLICY_TYPE_ATTR_MIN_VALUE_S:
			show_number("min", attr);
			break;
		case NL_POLICY_TYPE_ATTR_MAX_VALUE_U:
		case NL_POLICY_TYPE_ATTR_MAX_VALUE_S:
			show_number("max", attr);
			break;
		case NL_POLICY_TYPE_ATTR_MIN_LENGTH:
			show_number("min-len", attr);
			break;
		case NL_POLICY_TYPE_ATTR_MAX_LENGTH:
			show_number("max-len", attr);
			break;
		}
	}
	printf("\n");
}

static void show_operation(const struct nlattr *nest)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		printf("op %u %s %u\n", mnl_attr_get_type(nest),
		       mnl_attr_get_type(attr) == CTRL_ATTR_POLICY_DO ? "do" : "dump",
		       mnl_attr_get_u32(attr));
}

static int on_policy(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr, *nest, *inner;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_OP_POLICY:
			mnl_attr_for_each_nested(nest, attr)
				show_operation(nest);
			break;
		case CTRL_ATTR_POLICY:
			mnl_attr_for_each_nested(nest, attr)
				mnl_attr_for_each_nested(inner, nest)
					show_attribute(mnl_attr_get_type(nest), inner);
			break;
		}
	}
	return MNL_CB_OK;
}

static int on_family(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == CTRL_ATTR_VERSION)
			printf("version %u\n", mnl_attr_get_u32(attr));
	return MNL_CB_OK;
}

static int ask(struct mnl_socket *socket, uint8_t cmd, uint16_t flags, mnl_cb_t cb)
{
	static char buf[32768];
	ssize_t len;
	int more;

	if (ctrl_ask(socket, cmd, flags) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(socket, buf, sizeof(buf));
		more = len < 0 ? -1 : mnl_cb_run(buf, len, 0, mnl_socket_get_portid(socket), cb, NULL);
	} while (more > 0);
	return more;
}

int main(void)
{
	struct mnl_socket *socket = mnl_socket_open(NETLINK_GENERIC);

	if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    ask(socket, CTRL_CMD_GETFAMILY, NLM_F_ACK, on_family) < 0 ||
	    ask(socket, CTRL_CMD_GETPOLICY, NLM_F_DUMP, on_policy) < 0) {
		fprintf(stderr, "policy: %s\n", strerror(errno));
		return 1;
	}
	mnl_socket_close(socket);
	return 0;
}
