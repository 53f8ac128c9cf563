// SPDX-License-Identifier: GPL-2.0-only
/*
 * What changes something: watches made and ended over netlink, and the
 * switches at the top of /sys/kernel/ringside, for root:
 *
 *	backend		what counts system calls: auto, direct, kprobe or
 *			tracepoint; read for the choice
 *	watch_new	NAME SCOPE[=VALUE] [times] [by=process|cgroup], where
 *			SCOPE is all, pid, cgroup (its id) or uid
 *	watch_delete	NAME
 *
 * A wrong word is -EINVAL, and the log says what.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/pid_namespace.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "probe.h"
#include "ringside.h"
#include "watch.h"

static const char bad_name[] =
	"a watch's name is up to 31 letters, digits, dots, dashes and underscores";

static bool is_name(const char *name)
{
	if (!*name || strlen(name) >= RS_WATCH_NAME)
		return false;
	for (; *name; name++)
		if (!isalnum(*name) && !strchr("._-", *name))
			return false;
	return true;
}

static int by_name(const char *word)
{
	int by;

	for (by = RS_BY_PROCESS; by < RS_NR_BYS; by++)
		if (!strcmp(word, rs_by_names[by]))
			return by;
	return -1;
}

/* Netlink */

static const struct nla_policy new_policy[RINGSIDE_A_WATCH_MAX + 1] = {
	[RINGSIDE_A_WATCH_NAME] = { .type = NLA_NUL_STRING, .len = RS_WATCH_NAME - 1 },
	[RINGSIDE_A_WATCH_PID] = { .type = NLA_U32 },
	[RINGSIDE_A_WATCH_CGROUP] = { .type = RS_NLA_UINT, .len = RS_NLA_UINT_LEN },
	[RINGSIDE_A_WATCH_UID] = { .type = NLA_U32 },
	[RINGSIDE_A_WATCH_BY] = { .type = NLA_NUL_STRING, .len = 7 },
	[RINGSIDE_A_WATCH_TIMES] = {
		.type = NLA_U32, .validation_type = NLA_VALIDATE_MAX, .max = 1,
	},
	[RINGSIDE_A_WATCH_CALL] = { .type = NLA_U32 },
	[RINGSIDE_A_WATCH_EVENTS] = { .type = NLA_U32 },
};

static const struct nla_policy del_policy[RINGSIDE_A_WATCH_ID + 1] = {
	[RINGSIDE_A_WATCH_ID] = { .type = NLA_U32 },
};

/* A request's attribute, and what is wrong with it. */
static int refuse(struct genl_info *info, const struct nlattr *attr, int err, const char *why)
{
	if (info->extack) {
		info->extack->_msg = why;
		info->extack->bad_attr = attr;
	}
	return err;
}

static int take_call(struct rs_watch_request *ask, const struct nlattr *attr,
		     struct genl_info *info)
{
	u32 call = nla_get_u32(attr), abi = call >> 16;

	call &= 0xffff;
	if (abi >= RS_ABIS || call >= RS_ABI_OTHER)
		return refuse(info, attr, -EINVAL, "there is no such call: it is RINGSIDE_CALL(abi, number)");
	ask->some = true;
	__set_bit(rs_slot(abi, call, RS_ABI_SLOTS), ask->wanted);
	return 0;
}

static int take_pid(struct rs_watch_request *ask, const struct nlattr *attr,
		    struct genl_info *info)
{
	if (ask->nr_pids == RINGSIDE_MAX_PIDS)
		return refuse(info, attr, -E2BIG, "too many pids in one watch: make several");
	if (!ask->pids)
		ask->pids = kvmalloc_array(RINGSIDE_MAX_PIDS, sizeof(u32), GFP_KERNEL_ACCOUNT);
	if (!ask->pids)
		return -ENOMEM;
	ask->pids[ask->nr_pids++] = nla_get_u32(attr);
	return 0;
}

static int take_scope(struct rs_watch_request *ask, const struct nlattr *attr,
		      struct genl_info *info)
{
	enum rs_scope scope = nla_type(attr) == RINGSIDE_A_WATCH_PID ? RS_PROCESS :
			      nla_type(attr) == RINGSIDE_A_WATCH_CGROUP ? RS_CGROUP : RS_USER;

	if (ask->scope != RS_ALL && (ask->scope != scope || scope != RS_PROCESS))
		return refuse(info, attr, -EINVAL, "a watch is of processes, or of one cgroup, or of one user: make several");
	ask->scope = scope;
	switch (scope) {
	case RS_PROCESS:
		return take_pid(ask, attr, info);
	case RS_CGROUP:
		if (nla_len(attr) != sizeof(u32) && nla_len(attr) != sizeof(u64))
			return refuse(info, attr, -EINVAL, "this attribute is 4 or 8 bytes long");
		ask->cgroup = nla_len(attr) == sizeof(u32) ? nla_get_u32(attr) : nla_get_u64(attr);
		return 0;
	default:
		ask->uid = make_kuid(ask->cred->user_ns, nla_get_u32(attr));
		return uid_valid(ask->uid) ? 0 :
		       refuse(info, attr, -EINVAL, "there is no such user id here");
	}
}

/* Or none. */
static bool is_ring(u32 bytes)
{
	return !bytes || (is_power_of_2(bytes) && bytes >= RINGSIDE_MIN_RING &&
			  bytes <= RINGSIDE_MAX_RING);
}

static int take(struct rs_watch_request *ask, const struct nlattr *attr, struct genl_info *info)
{
	int by;

	switch (nla_type(attr)) {
	case RINGSIDE_A_WATCH_NAME:
		nla_strscpy(ask->name, attr, sizeof(ask->name));
		return is_name(ask->name) ? 0 : refuse(info, attr, -EINVAL, bad_name);
	case RINGSIDE_A_WATCH_PID:
	case RINGSIDE_A_WATCH_CGROUP:
	case RINGSIDE_A_WATCH_UID:
		return take_scope(ask, attr, info);
	case RINGSIDE_A_WATCH_BY:
		by = by_name(nla_data(attr));
		if (by < 0)
			return refuse(info, attr, -EINVAL, "counts are kept apart by \"process\" or by \"cgroup\"");
		ask->by = by;
		return 0;
	case RINGSIDE_A_WATCH_TIMES:
		ask->times = nla_get_u32(attr);
		return 0;
	case RINGSIDE_A_WATCH_CALL:
		return take_call(ask, attr, info);
	case RINGSIDE_A_WATCH_EVENTS:
		ask->events = nla_get_u32(attr);
		return is_ring(ask->events) ? 0 :
		       refuse(info, attr, -EINVAL, "a ring of records is a power of two of bytes, from 4096 to 16777216");
	default:
		return refuse(info, attr, -EINVAL, "this attribute is only given in answers");
	}
}

/* The attribute that names this pid. */
static const struct nlattr *attr_of_pid(const struct nlmsghdr *nlh, u32 pid)
{
	const struct nlattr *attr;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
		if (nla_type(attr) == RINGSIDE_A_WATCH_PID && nla_get_u32(attr) == pid)
			return attr;
	return NULL;
}

static int new_watch(struct rs_watch_request *ask, struct genl_info *info)
{
	const struct nlattr *attr;
	const char *why = NULL;
	u32 blame, id;
	int rem, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, rem) {
		err = take(ask, attr, info);
		if (err)
			return err;
	}
	/* What is recorded is what is timed. */
	ask->times |= !!ask->events;
	err = rs_watch_new(ask, &why, &blame);
	if (err < 0)
		return refuse(info, blame ? attr_of_pid(info->nlhdr, blame) : NULL, err, why);
	id = err;
	err = rs_netlink_reply(info, RINGSIDE_CMD_WATCH_NEW, RINGSIDE_A_WATCH_ID, id);
	if (err)
		rs_watch_del(id, ask->cred, true);
	return err;
}

static int watch_new(struct sk_buff *skb, struct genl_info *info)
{
	struct rs_watch_request *ask;
	int err;

	ask = kzalloc(sizeof(*ask), GFP_KERNEL_ACCOUNT);
	if (!ask)
		return -ENOMEM;
	ask->cred = rs_netlink_cred(skb);
	ask->ns = task_active_pid_ns(current);
	ask->portid = info->snd_portid;
	ask->net = genl_info_net(info);
	if (!ask->cred) {
		err = -EPERM;
	} else {
		ask->all = rs_netlink_sees_all(skb, &init_user_ns) || rs_in_group(ask->cred);
		ask->all_here = rs_netlink_sees_all(skb, ask->ns->user_ns);
		if (info->attrs[RINGSIDE_A_WATCH_NAME] &&
		    !rs_netlink_capable(skb, &init_user_ns, CAP_SYS_ADMIN))
			err = refuse(info, info->attrs[RINGSIDE_A_WATCH_NAME], -EPERM,
				     "a watch that stays takes CAP_SYS_ADMIN: without a name it ends with its socket");
		else
			err = new_watch(ask, info);
	}
	kvfree(ask->pids);
	kfree(ask);
	return err;
}

static int watch_del(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[RINGSIDE_A_WATCH_ID];
	const struct cred *cred = rs_netlink_cred(skb);
	int err;

	if (!attr)
		return refuse(info, NULL, -EINVAL, "name the watch that is to end by its id");
	err = cred ? rs_watch_del(nla_get_u32(attr), cred,
				  rs_netlink_capable(skb, &init_user_ns, CAP_SYS_ADMIN)) : -EPERM;
	if (err == -ESRCH)
		return refuse(info, attr, err, "no watch has this id, or it is not yours to end");
	if (err)
		return refuse(info, attr, err, "ending a watch that has a name takes CAP_SYS_ADMIN");
	return 0;
}

const struct rs_command rs_commands[] = {
	{ RINGSIDE_CMD_WATCH_NEW, new_policy, RINGSIDE_A_WATCH_MAX, watch_new },
	{ RINGSIDE_CMD_WATCH_DEL, del_policy, RINGSIDE_A_WATCH_ID, watch_del },
};

const unsigned int rs_nr_commands = ARRAY_SIZE(rs_commands);

/* sysfs */

static ssize_t show_backend(char *buf)
{
	return sysfs_emit(buf, "%s\n", rs_probe_choice());
}

static int store_backend(char *text)
{
	int err = rs_probe_choose(text);

	if (err == -EINVAL)
		pr_err("'%s' is no backend: choose from auto, direct, kprobe and tracepoint\n",
		       text);
	return err;
}

/* SCOPE or SCOPE=VALUE. 0, or what is wrong. */
static const char *take_scope_word(struct rs_watch_request *ask, char *word, u32 *pid)
{
	char *value = strchr(word, '=');
	u64 number = 0;

	if (!strcmp(word, "all"))
		return NULL;
	if (!value || kstrtou64(value + 1, 0, &number))
		return "it takes a number: pid=, cgroup= or uid=, or else all";
	*value = '\0';
	if (!strcmp(word, "cgroup")) {
		ask->scope = RS_CGROUP;
		ask->cgroup = number;
		return NULL;
	}
	if (number > U32_MAX)
		return "the number is too big";
	if (!strcmp(word, "pid")) {
		ask->scope = RS_PROCESS;
		ask->pids = pid;
		*pid = number;
		ask->nr_pids = 1;
	} else if (!strcmp(word, "uid")) {
		ask->scope = RS_USER;
		ask->uid = make_kuid(current_user_ns(), number);
	} else {
		return "it is none of all, pid=, cgroup= and uid=";
	}
	return NULL;
}

static const char *take_line(struct rs_watch_request *ask, char *line, u32 *pid)
{
	const char *why = bad_name;
	char *word;
	int by;

	word = strsep(&line, " ");
	if (!is_name(word))
		return why;
	strscpy(ask->name, word, sizeof(ask->name));
	if (!line)
		return "after its name comes whom it counts: all, pid=, cgroup= or uid=";
	why = take_scope_word(ask, strsep(&line, " "), pid);
	while (!why && line) {
		word = strsep(&line, " ");
		by = strncmp(word, "by=", 3) ? -1 : by_name(word + 3);
		if (by >= 0)
			ask->by = by;
		else if (!strcmp(word, "times"))
			ask->times = true;
		else if (*word)
			why = "what follows is times, by=process or by=cgroup";
	}
	return why;
}

static int store_watch_new(char *text)
{
	struct rs_watch_request *ask;
	const char *why;
	u32 pid, blame;
	int err;

	ask = kzalloc(sizeof(*ask), GFP_KERNEL);
	if (!ask)
		return -ENOMEM;
	ask->cred = current_cred();
	ask->ns = task_active_pid_ns(current);
	ask->all = true;
	why = take_line(ask, text, &pid);
	err = why ? -EINVAL : rs_watch_new(ask, &why, &blame);
	if (err < 0)
		pr_err("no new watch '%s': %s\n", ask->name, why);
	kfree(ask);
	return min(err, 0);
}

static int store_watch_delete(char *text)
{
	int err = rs_watch_del_name(text);

	if (err)
		pr_err("no watch is called '%s'\n", text);
	return err;
}

const struct rs_switch rs_switches[] = {
	{ "backend", 0644, show_backend, store_backend },
	{ "watch_new", 0200, NULL, store_watch_new },
	{ "watch_delete", 0200, NULL, store_watch_delete },
};

const unsigned int rs_nr_switches = ARRAY_SIZE(rs_switches);
