// SPDX-License-Identifier: GPL-2.0-only
/* The life of a walk: who looks, and one row after the other. */
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "ringside.h"

/* groups_search() is not exported; the list is short and asked once a walk. */
bool rs_in_group(const struct cred *cred)
{
	const struct group_info *groups = cred->group_info;
	kgid_t group = rs_group();
	int i;

	if (!gid_valid(group))
		return false;
	if (gid_eq(cred->egid, group))
		return true;
	for (i = 0; i < groups->ngroups; i++)
		if (gid_eq(groups->gid[i], group))
			return true;
	return false;
}

struct user_namespace *rs_walk_user_ns(const struct rs_provider *provider)
{
	return provider->namespaced ? task_active_pid_ns(current)->user_ns :
				&init_user_ns;
}

static bool sees_all(const struct rs_provider *provider, const struct cred *cred,
		     rs_capable_t capable, const void *opener)
{
	struct user_namespace *ns = rs_walk_user_ns(provider);

	if (provider->inner)
		return capable(opener, ns, CAP_SYS_PTRACE);
	return capable(opener, ns, CAP_PERFMON) || capable(opener, ns, CAP_SYS_ADMIN) ||
	       rs_in_group(cred);
}

int rs_walk_init(struct rs_walk *walk, const struct rs_provider *provider,
		 const struct cred *cred, rs_capable_t capable, const void *opener,
		 const char **why)
{
	bool all = sees_all(provider, cred, capable, opener);

	memset(walk, 0, sizeof(*walk));
	if (!all && !provider->open)
		return -EPERM;
	*why = provider->unavailable ? provider->unavailable() : NULL;
	if (*why)
		return -EOPNOTSUPP;

	walk->provider = provider;
	walk->key = 1;
	walk->all = all;
	walk->frames = provider->inner && capable(opener, &init_user_ns, CAP_SYS_ADMIN);
	walk->cred = get_cred(cred);
	walk->ns = get_pid_ns(task_active_pid_ns(current));
	return 0;
}

void rs_walk_exit(struct rs_walk *walk)
{
	kfree(walk->want);
	kvfree(walk->pids);
	kfree(walk->scratch);
	put_pid_ns(walk->ns);
	put_cred(walk->cred);
}
