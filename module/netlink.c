// SPDX-License-Identifier: GPL-2.0-only
/*
 * The face for programs: the generic netlink family "ringside". Its operations
 * and their policies are made from the providers' tables of fields.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "ringside.h"

#ifndef __LITTLE_ENDIAN
#error "struct wire masks 8 bytes where a field may have 4: give it a shift for big-endian"
#endif

static struct genl_family family;

/* A field on its way out: what put_row() needs, and nothing to decide there. */
struct wire {
	u64 mask;		/* of the 8 bytes at offset; 0: a string */
	u16 offset;		/* in the row */
	struct nlattr nla;	/* that of a value of 4 bytes */
};

/* A provider's fields so, for its rows are many. */
struct form {
	const struct rs_provider *provider;
	struct wire *wire;
	unsigned int nr;
	unsigned int room;	/* the most bytes that a message can take */
};

static struct form *forms;	/* one a provider */

/* One request, do or dump, from its arrival to its last answer. */
struct query {
	struct rs_walk walk;
	const struct form *form;
	u64 row[RS_ROW_MAX / sizeof(u64) + 1];	/* put_row() reads 8 bytes anywhere */
};

/* What is asked */

static int ask_key(struct rs_walk *walk, const struct nlattr *attr, unsigned int max)
{
	if (!walk->pids)
		walk->pids = kvmalloc_array(max, sizeof(u32), GFP_KERNEL_ACCOUNT);
	if (!walk->pids)
		return -ENOMEM;
	walk->pids[walk->nr_pids++] = nla_get_u32(attr);
	return 0;
}

static int ask_value(struct rs_walk *walk, const struct rs_field *field,
		     const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	void *at;

	if (walk->asked & RS_ASKED(field->attr)) {
		NL_SET_ERR_MSG_ATTR(extack, attr, "this filter is given twice: give it once");
		return -EINVAL;
	}
	if (!walk->want)
		walk->want = kzalloc(walk->provider->row_size, GFP_KERNEL_ACCOUNT);
	if (!walk->want)
		return -ENOMEM;
	at = walk->want + field->offset;
	switch (field->type) {
	case RS_STR:
		nla_strscpy(at, attr, field->size);
		break;
	case RS_FLAG:
		*(u32 *)at = 1;
		break;
	case RS_UINT:
		if (nla_len(attr) != sizeof(u32) && nla_len(attr) != sizeof(u64)) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "this attribute is 4 or 8 bytes long");
			return -EINVAL;
		}
		*(u64 *)at = nla_len(attr) == sizeof(u32) ? nla_get_u32(attr) :
							    nla_get_u64(attr);
		break;
	default:
		*(u32 *)at = nla_get_u32(attr);
	}
	walk->asked |= RS_ASKED(field->attr);
	return 0;
}

static int cmp_u32(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void sort_keys(struct rs_walk *walk)
{
	unsigned int i, nr = 0;

	sort(walk->pids, walk->nr_pids, sizeof(u32), cmp_u32, NULL);
	for (i = 0; i < walk->nr_pids; i++)
		if (!nr || walk->pids[i] != walk->pids[nr - 1])
			walk->pids[nr++] = walk->pids[i];
	walk->nr_pids = nr;
}

static const struct rs_field *field_of(const struct rs_walk *walk,
				       const struct nlattr *attr)
{
	return &walk->provider->fields[nla_type(attr) - 1];
}

static int check_needed(const struct rs_walk *walk, struct netlink_ext_ack *extack)
{
	const struct rs_provider *provider = walk->provider;
	unsigned int i;

	for (i = 0; provider->needs && i < provider->nr_fields; i++) {
		const struct rs_field *field = &provider->fields[i];

		if (!(field->ask & RS_NEEDED) || walk->asked & RS_ASKED(field->attr))
			continue;
		if (extack)
			extack->_msg = provider->needs;
		return -EINVAL;
	}
	return 0;
}

/* The policy has been through: types and lengths are right, numbers in range. */
static int ask(struct rs_walk *walk, const struct nlmsghdr *nlh,
	       struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	unsigned int keys = 0;
	int rem, err;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem)
		if (field_of(walk, attr)->ask & RS_KEY && ++keys > RINGSIDE_MAX_PIDS) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "too many pids in one request: ask in several, or for all");
			return -E2BIG;
		}
	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		const struct rs_field *field = field_of(walk, attr);

		err = field->ask & RS_KEY ? ask_key(walk, attr, keys) :
					    ask_value(walk, field, attr, extack);
		if (err)
			return err;
	}
	sort_keys(walk);
	return check_needed(walk, extack);
}

/* A do names one row and asks nothing else. */
static int check_do(const struct rs_walk *walk, const struct nlmsghdr *nlh,
		    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	bool named = walk->provider->single;
	int rem;

	nlmsg_for_each_attr(attr, nlh, GENL_HDRLEN, rem) {
		if (named || !(field_of(walk, attr)->ask & (RS_KEY | RS_NAME))) {
			NL_SET_ERR_MSG_ATTR(extack, attr, "a request for one row takes its key alone: use a dump to filter");
			return -EINVAL;
		}
		named = true;
	}
	if (!named) {
		NL_SET_ERR_MSG(extack, "name the row wanted by its key, or ask for a dump of all");
		return -EINVAL;
	}
	return 0;
}

static const struct form *form_of(u8 cmd)
{
	const struct form *form = forms;

	while (form->provider->cmd != cmd)
		form++;
	return form;
}

const struct cred *rs_netlink_cred(const struct sk_buff *skb)
{
	const struct socket *sock = NETLINK_CB(skb).sk->sk_socket;

	return sock && sock->file ? sock->file->f_cred : NULL;
}

/*
 * Both who opened the socket and who sends must have it: a socket handed to
 * somebody with more rights, or kept by somebody who gave them up, gets none.
 */
bool rs_netlink_capable(const struct sk_buff *skb, struct user_namespace *ns, int cap)
{
	const struct socket *sock = NETLINK_CB(skb).sk->sk_socket;

	return file_ns_capable(sock->file, ns, cap) && ns_capable(ns, cap);
}

bool rs_netlink_sees_all(const struct sk_buff *skb, struct user_namespace *ns)
{
	return rs_netlink_capable(skb, ns, CAP_PERFMON) ||
	       rs_netlink_capable(skb, ns, CAP_SYS_ADMIN);
}

static bool opener_capable(const void *skb, struct user_namespace *ns, int cap)
{
	return rs_netlink_capable(skb, ns, cap);
}

static struct query *query_begin(struct sk_buff *skb, const struct nlmsghdr *nlh,
				 struct netlink_ext_ack *extack)
{
	const struct genlmsghdr *hdr = nlmsg_data(nlh);
	const struct form *form = form_of(hdr->cmd);
	const struct rs_provider *provider = form->provider;
	const struct cred *cred = rs_netlink_cred(skb);
	struct query *query;
	const char *why;
	int err;

	if (!cred)
		return ERR_PTR(-EPERM);
	query = kzalloc(sizeof(*query), GFP_KERNEL_ACCOUNT);
	if (!query)
		return ERR_PTR(-ENOMEM);
	err = rs_walk_init(&query->walk, provider, cred, opener_capable, skb, &why);
	if (err) {
		if (err == -EPERM)
			NL_SET_ERR_MSG(extack, "this needs CAP_PERFMON or CAP_SYS_ADMIN, or the group that the module was given (ringside.group)");
		else if (err == -EOPNOTSUPP && extack)
			extack->_msg = why;
		kfree(query);
		return ERR_PTR(err);
	}
	err = ask(&query->walk, nlh, extack);
	if (err) {
		rs_walk_exit(&query->walk);
		kfree(query);
		return ERR_PTR(err);
	}
	query->form = form;
	return query;
}

static void query_end(struct query *query)
{
	rs_walk_exit(&query->walk);
	kfree(query);
}

/* What is answered */

/* By the byte: strings are short, and their end is found on the way. */
static void *put_string(struct nlattr *nla, const char *string)
{
	char *begin = nla_data(nla), *end = begin;

	while ((*end++ = *string++))
		;
	nla->nla_len = nla_attr_size(end - begin);
	while (!IS_ALIGNED((unsigned long)end, NLA_ALIGNTO))
		*end++ = '\0';
	return end;
}

/* Attributes as nla_put() lays them out, in place: there is room. */
static void *put_fields(void *at, const struct form *form, const void *row)
{
	const struct wire *wire = form->wire, *end = wire + form->nr;

	for (; wire < end; wire++) {
		const void *data = row + wire->offset;
		u64 value = get_unaligned((const u64 *)data) & wire->mask;
		struct nlattr *nla = at;

		if (value) {
			*nla = wire->nla;
			if (value == (u32)value) {
				*(u32 *)nla_data(nla) = value;
			} else {
				nla->nla_len = nla_attr_size(sizeof(u64));
				put_unaligned(value, (u64 *)nla_data(nla));
			}
			at += nla->nla_len;
		} else if (!wire->mask && *(const char *)data) {
			*nla = wire->nla;
			at = put_string(nla, data);
		}
	}
	return at;
}

/* One row, one message, as genlmsg_put() begins it; with cb it is one of many. */
static int put_row(struct sk_buff *skb, const struct query *query, u32 portid,
		   u32 seq, struct netlink_callback *cb)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)skb_tail_pointer(skb);
	struct genlmsghdr *hdr = nlmsg_data(nlh);
	const struct form *form = query->form;
	void *end;

	if (skb_tailroom(skb) < (int)form->room)
		return -EMSGSIZE;
	*nlh = (struct nlmsghdr){
		.nlmsg_type = family.id,
		.nlmsg_flags = cb ? NLM_F_MULTI : 0,
		.nlmsg_seq = seq,
		.nlmsg_pid = portid,
	};
	*hdr = (struct genlmsghdr){
		.cmd = form->provider->cmd,
		.version = RINGSIDE_FAMILY_VERSION,
	};
	if (cb) {
		cb->seq = query->walk.seq;
		nl_dump_check_consistent(cb, nlh);
	}
	end = put_fields(hdr + 1, form, query->row);
	nlh->nlmsg_len = end - (void *)nlh;
	skb_put(skb, nlh->nlmsg_len);
	return 0;
}

static int row_get(struct sk_buff *skb, struct genl_info *info)
{
	struct query *query;
	struct sk_buff *reply;
	int got;

	query = query_begin(skb, info->nlhdr, info->extack);
	if (IS_ERR(query))
		return PTR_ERR(query);
	got = check_do(&query->walk, info->nlhdr, info->extack);
	if (got)
		goto out;
	got = rs_walk_seek(&query->walk, query->row);
	if (got <= 0) {
		if (!got && info->extack)
			info->extack->_msg = query->walk.provider->missing;
		got = got ?: -ESRCH;
		goto out;
	}
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply) {
		got = -ENOMEM;
		goto out;
	}
	got = put_row(reply, query, info->snd_portid, info->snd_seq, NULL);
	if (got)
		nlmsg_free(reply);
	else
		got = genlmsg_reply(reply, info);
out:
	query_end(query);
	return got;
}

int rs_netlink_reply(struct genl_info *info, u8 cmd, int attr, u32 value)
{
	struct sk_buff *reply = genlmsg_new(nla_total_size(sizeof(value)), GFP_KERNEL);
	void *hdr;

	if (!reply)
		return -ENOMEM;
	hdr = genlmsg_put_reply(reply, info, &family, 0, cmd);
	if (!hdr || nla_put_u32(reply, attr, value)) {
		nlmsg_free(reply);
		return -EMSGSIZE;
	}
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/*
 * Kernels up to 6.1 give no extended ack here. There the refusal is sent from
 * here, and -EINTR keeps the core from sending another.
 */
static int dump_start(struct netlink_callback *cb)
{
	struct netlink_ext_ack own = {};
	struct query *query = query_begin(cb->skb, cb->nlh, cb->extack ?: &own);

	if (IS_ERR(query)) {
		if (cb->extack)
			return PTR_ERR(query);
		netlink_ack(cb->skb, nlmsg_hdr(cb->skb), PTR_ERR(query), &own);
		return -EINTR;
	}
	cb->args[0] = (long)query;
	return 0;
}

static int dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct query *query = (struct query *)cb->args[0];
	struct rs_walk *walk = &query->walk;
	int got;

	while ((got = rs_walk_seek(walk, query->row)) > 0) {
		if (put_row(skb, query, NETLINK_CB(cb->skb).portid,
			    cb->nlh->nlmsg_seq, cb))
			/* Full: this row begins the next buffer. */
			return skb->len ?: -EMSGSIZE;
		walk->key++;
	}
	if (got < 0) {
		if (walk->why && cb->extack)
			cb->extack->_msg = walk->why;
		return got;
	}
	/* The core flags its last message, when this changed since the last row. */
	cb->seq = walk->seq;
	walk->key = RS_KEY_END;
	return 0;
}

static int dump_done(struct netlink_callback *cb)
{
	query_end((struct query *)cb->args[0]);
	return 0;
}

/* The family */

static struct genl_ops *ops;

static void make_policy(struct nla_policy *policy, const struct rs_field *field)
{
	if (!field->ask) {
		policy->type = NLA_REJECT;
		policy->reject_message = "this attribute is only given in answers, it is no filter";
		return;
	}
	switch (field->type) {
	case RS_STR:
		policy->type = NLA_NUL_STRING;
		policy->len = field->size - 1;
		break;
	case RS_UINT:
		policy->type = RS_NLA_UINT;
		policy->len = RS_NLA_UINT_LEN;
		break;
	case RS_FLAG:
		policy->type = NLA_FLAG;
		break;
	case RS_BOOL:
		policy->type = NLA_U32;
		policy->validation_type = NLA_VALIDATE_MAX;
		policy->max = 1;
		break;
	default:
		policy->type = NLA_U32;
	}
}

static int make_form(struct form *form, const struct rs_provider *provider)
{
	unsigned int i, size = 0;

	form->provider = provider;
	form->wire = kcalloc(provider->nr_fields, sizeof(*form->wire), GFP_KERNEL);
	if (!form->wire)
		return -ENOMEM;
	for (i = 0; i < provider->nr_fields; i++) {
		const struct rs_field *field = &provider->fields[i];

		if (field->type == RS_FLAG)
			continue;
		size += nla_total_size(field->size);
		form->wire[form->nr++] = (struct wire){
			.offset = field->offset,
			.mask = field->type == RS_STR ? 0 :
				field->type == RS_UINT ? U64_MAX : U32_MAX,
			.nla.nla_len = nla_attr_size(sizeof(u32)),
			.nla.nla_type = field->attr,
		};
	}
	form->room = nlmsg_total_size(genlmsg_msg_size(size));
	return 0;
}

static int make_op(struct genl_ops *op, const struct rs_provider *provider)
{
	struct nla_policy *policy;
	unsigned int i;

	policy = kcalloc(provider->nr_fields + 1, sizeof(*policy), GFP_KERNEL);
	if (!policy)
		return -ENOMEM;
	for (i = 0; i < provider->nr_fields; i++)
		make_policy(&policy[i + 1], &provider->fields[i]);
	op->cmd = provider->cmd;
	op->policy = policy;
	op->maxattr = provider->nr_fields;
	op->doit = provider->missing ? row_get : NULL;
	op->start = dump_start;
	op->dumpit = dump;
	op->done = dump_done;
	return 0;
}

static void make_command(struct genl_ops *op, const struct rs_command *command)
{
	op->cmd = command->cmd;
	op->policy = command->policy;
	op->maxattr = command->maxattr;
	op->doit = command->doit;
}

static void free_tables(void)
{
	unsigned int i;

	for (i = 0; i < rs_nr_providers; i++) {
		kfree(forms[i].wire);
		kfree(ops[i].policy);
	}
	kfree(forms);
	kfree(ops);
}

static int __init make_tables(void)
{
	unsigned int i;
	int err = 0;

	ops = kcalloc(rs_nr_providers + rs_nr_commands, sizeof(*ops), GFP_KERNEL);
	forms = kcalloc(rs_nr_providers, sizeof(*forms), GFP_KERNEL);
	if (!ops || !forms) {
		kfree(forms);
		kfree(ops);
		return -ENOMEM;
	}
	for (i = 0; !err && i < rs_nr_providers; i++) {
		err = make_form(&forms[i], rs_providers[i]) ?:
		      make_op(&ops[i], rs_providers[i]);
	}
	for (i = 0; i < rs_nr_commands; i++)
		make_command(&ops[rs_nr_providers + i], &rs_commands[i]);
	if (err)
		free_tables();
	return err;
}

static struct genl_family family __ro_after_init = {
	.name = RINGSIDE_FAMILY_NAME,
	.version = RINGSIDE_FAMILY_VERSION,
	.netnsok = true,
	.parallel_ops = true,
	.module = THIS_MODULE,
};

int __init rs_netlink_init(void)
{
	int err;

	err = make_tables();
	if (err)
		return err;
	family.ops = ops;
	family.n_ops = rs_nr_providers + rs_nr_commands;
	err = genl_register_family(&family);
	if (err)
		free_tables();
	return err;
}

void rs_netlink_exit(void)
{
	genl_unregister_family(&family);
	free_tables();
}
