// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks, walked in the order of their pids over the pid namespace's own idr:
 * resumable by pid, and in a namespace its tasks with its numbers. A task is
 * valid as long as the RCU read section it was found in, so a row is filled
 * within one.
 */
#include <linux/cgroup.h>
#include <linux/fdtable.h>
#include <linux/mm.h>
#include <linux/nsproxy.h>
#include <linux/radix-tree.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <net/net_namespace.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "ringside.h"
#include "symbols.h"
#include "who.h"

/* Tasks looked at in one RCU read section. */
#define BATCH 256

struct task_row {
	u32 pid, tgid, ppid, pgid, sid;
	u32 uid, euid, gid, egid;
	u32 kthread, nr_threads, policy, cpu, nr_fds;
	u32 pid_ns, mnt_ns, net_ns, user_ns;
	u32 threads;		/* asked, never filled */
	s32 nice, priority;
	char state[12];
	char comm[TASK_COMM_LEN];
	u64 utime, stime, start_time;
	u64 vsize, rss_anon, rss_file, rss_shmem, swap;
	u64 min_flt, maj_flt, nvcsw, nivcsw;
	u64 cgroup;
};

#define FIELD(member, attr, type, unit, width, ask) \
	RS_FIELD(task_row, member, RINGSIDE_A_TASK_##attr, type, unit, width, ask)

static const struct rs_field fields[] = {
	FIELD(pid, PID, RS_U32, RS_NONE, 7, RS_FILTER | RS_KEY),
	FIELD(tgid, TGID, RS_U32, RS_NONE, 7, 0),
	FIELD(ppid, PPID, RS_U32, RS_NONE, 7, 0),
	FIELD(pgid, PGID, RS_U32, RS_NONE, 7, 0),
	FIELD(sid, SID, RS_U32, RS_NONE, 7, 0),
	FIELD(uid, UID, RS_U32, RS_NONE, 6, RS_FILTER),
	FIELD(euid, EUID, RS_U32, RS_NONE, 6, 0),
	FIELD(gid, GID, RS_U32, RS_NONE, 6, 0),
	FIELD(egid, EGID, RS_U32, RS_NONE, 6, 0),
	FIELD(state, STATE, RS_STR, RS_NONE, 5, RS_FILTER),
	FIELD(comm, COMM, RS_STR, RS_NONE, 15, RS_FILTER),
	FIELD(kthread, KTHREAD, RS_BOOL, RS_NONE, 7, RS_FILTER),
	FIELD(nr_threads, NR_THREADS, RS_U32, RS_NONE, 10, 0),
	FIELD(nice, NICE, RS_S32, RS_NONE, 4, 0),
	FIELD(priority, PRIORITY, RS_S32, RS_NONE, 8, 0),
	FIELD(policy, POLICY, RS_U32, RS_NONE, 6, 0),
	FIELD(cpu, CPU, RS_U32, RS_NONE, 3, 0),
	FIELD(utime, UTIME, RS_UINT, RS_NSEC, 13, 0),
	FIELD(stime, STIME, RS_UINT, RS_NSEC, 13, 0),
	FIELD(start_time, START_TIME, RS_UINT, RS_NSEC, 16, 0),
	FIELD(vsize, VSIZE, RS_UINT, RS_BYTES, 13, 0),
	FIELD(rss_anon, RSS_ANON, RS_UINT, RS_BYTES, 11, 0),
	FIELD(rss_file, RSS_FILE, RS_UINT, RS_BYTES, 11, 0),
	FIELD(rss_shmem, RSS_SHMEM, RS_UINT, RS_BYTES, 11, 0),
	FIELD(swap, SWAP, RS_UINT, RS_BYTES, 11, 0),
	FIELD(min_flt, MIN_FLT, RS_UINT, RS_NONE, 9, 0),
	FIELD(maj_flt, MAJ_FLT, RS_UINT, RS_NONE, 7, 0),
	FIELD(nvcsw, NVCSW, RS_UINT, RS_NONE, 9, 0),
	FIELD(nivcsw, NIVCSW, RS_UINT, RS_NONE, 9, 0),
	FIELD(nr_fds, NR_FDS, RS_U32, RS_NONE, 6, 0),
	FIELD(cgroup, CGROUP, RS_UINT, RS_NONE, 6, RS_FILTER),
	FIELD(pid_ns, PID_NS, RS_U32, RS_NONE, 10, 0),
	FIELD(mnt_ns, MNT_NS, RS_U32, RS_NONE, 10, 0),
	FIELD(net_ns, NET_NS, RS_U32, RS_NONE, 10, 0),
	FIELD(user_ns, USER_NS, RS_U32, RS_NONE, 10, 0),
	FIELD(threads, THREADS, RS_FLAG, RS_NONE, 0, RS_FILTER),
};

#define ASKED(walk, attr) ((walk)->asked & RS_ASKED(RINGSIDE_A_TASK_##attr))

/* What no function exported tells. */
static struct {
	struct rs_once once;
	int mnt_ns;		/* offset of its ns_common; its struct is private */
	const char *no_mnt_ns;
	const int *nr_threads;	/* of the system */
} found = {
	.once = RS_ONCE_INIT(found.once),
	.mnt_ns = -1,
};

static int resolve(void)
{
	struct rs_member ns = { .type = "mnt_namespace", .name = "ns" };
	int err = rs_layout(&ns, 1);

	if (err == -ENOMEM)
		return err;
	if (err)
		found.no_mnt_ns = "no mnt_ns: the kernel carries no BTF (CONFIG_DEBUG_INFO_BTF)";
	else if (!ns.found || ns.size != sizeof(struct ns_common))
		found.no_mnt_ns = "no mnt_ns: struct mnt_namespace is of an unknown kind";
	else
		found.mnt_ns = ns.bit_offset / 8;
	found.nr_threads = rs_symbol("nr_threads");
	return 0;
}

/* Works on every kernel; but resolves what its rows need. */
static const char *task_unavailable(void)
{
	return rs_once(&found.once, resolve) ? RS_NO_MEMORY_FOR_BTF : NULL;
}

static const char *task_limits(void)
{
	if (rs_once(&found.once, resolve))
		return RS_NO_MEMORY_FOR_BTF;
	return found.no_mnt_ns;
}

static u32 uid_of(const struct rs_walk *walk, kuid_t uid)
{
	return walk->cred->user_ns == &init_user_ns ? __kuid_val(uid) :
	       from_kuid_munged(walk->cred->user_ns, uid);
}

static u32 gid_of(const struct rs_walk *walk, kgid_t gid)
{
	return walk->cred->user_ns == &init_user_ns ? __kgid_val(gid) :
	       from_kgid_munged(walk->cred->user_ns, gid);
}

/* Without the right to see all: what ptrace would call the caller's own. */
static bool visible(const struct rs_walk *walk, const struct cred *cred)
{
	return walk->all || rs_is_own(walk->cred, cred);
}

static char state_of(struct task_struct *p)
{
	/* Of two words, which it changes one after the other. */
	return data_race(task_state_to_char(p));
}

/*
 * Whether the task is as asked. Its state and comm may change on the way, so
 * fill() looks again at what it took.
 */
static bool matches(const struct rs_walk *walk, struct task_struct *p,
		    const struct cred *cred, struct cgroup *cgroup)
{
	const struct task_row *want = walk->want;

	if (!visible(walk, cred))
		return false;
	if (!walk->asked)
		return true;
	if (ASKED(walk, UID) && uid_of(walk, cred->uid) != want->uid)
		return false;
	if (ASKED(walk, KTHREAD) && rs_is_kthread(p) != !!want->kthread)
		return false;
	if (ASKED(walk, STATE) && !strchr(want->state, state_of(p)))
		return false;
	if (ASKED(walk, COMM) && strncmp(p->comm, want->comm, TASK_COMM_LEN))
		return false;
	if (ASKED(walk, CGROUP) && !rs_in_cgroup(cgroup, want->cgroup))
		return false;
	return true;
}

/*
 * The kernel's cputime_adjust(): ticks say how time divides, the scheduler
 * knows how much it was. What /proc has shown before is never taken back.
 */
static void adjust(u64 *utime, u64 *stime, u64 rtime,
		   const struct prev_cputime *prev)
{
	u64 prev_utime = rs_peek(prev->utime);
	u64 prev_stime = rs_peek(prev->stime);

	if (prev_utime + prev_stime >= rtime) {
		*utime = prev_utime;
		*stime = prev_stime;
		return;
	}
	if (!*stime)
		*utime = rtime;
	else if (!*utime)
		*stime = rtime;
	else
		*stime = mul_u64_u64_div_u64(*stime, rtime, *stime + *utime);

	*stime = max(*stime, prev_stime);
	*utime = rtime - min(*stime, rtime);
	if (*utime < prev_utime) {
		*utime = prev_utime;
		*stime = rtime - *utime;
	}
}

static void add_thread(struct task_row *row, struct task_struct *t, u64 *rtime)
{
	row->utime += rs_peek(t->utime);
	row->stime += rs_peek(t->stime);
	row->min_flt += rs_peek(t->min_flt);
	row->maj_flt += rs_peek(t->maj_flt);
	row->nvcsw += rs_peek(t->nvcsw);
	row->nivcsw += rs_peek(t->nivcsw);
	*rtime += rs_peek(t->se.sum_exec_runtime);
}

static void clear_usage(struct task_row *row)
{
	row->utime = 0;
	row->stime = 0;
	row->min_flt = 0;
	row->maj_flt = 0;
	row->nvcsw = 0;
	row->nivcsw = 0;
}

/* The dead threads, which the process keeps the sum of, and the living. */
static u64 sum_usage(struct task_row *row, const struct signal_struct *sig)
{
	u64 rtime = sig->sum_sched_runtime;
	struct task_struct *t;

	row->utime = sig->utime;
	row->stime = sig->stime;
	row->min_flt = sig->min_flt;
	row->maj_flt = sig->maj_flt;
	row->nvcsw = sig->nvcsw;
	row->nivcsw = sig->nivcsw;
	/* __for_each_thread(), whose lockdep check names a lock that is not exported. */
	list_for_each_entry_rcu(t, &sig->thread_head, thread_node)
		add_thread(row, t, &rtime);
	return rtime;
}

/*
 * A thread that exits moves from one sum to the other: when that happened, sum
 * again under the lock, as thread_group_cputime() does.
 */
static void fill_usage(struct task_row *row, struct task_struct *p, bool thread)
{
	struct signal_struct *sig = p->signal;
	unsigned long flags;
	unsigned int seq;
	u64 rtime = 0;

	if (thread) {
		clear_usage(row);
		add_thread(row, p, &rtime);
		adjust(&row->utime, &row->stime, rtime, &p->prev_cputime);
		return;
	}
	seq = read_seqbegin(&sig->stats_lock);
	rtime = sum_usage(row, sig);
	if (read_seqretry(&sig->stats_lock, seq)) {
		read_seqlock_excl_irqsave(&sig->stats_lock, flags);
		rtime = sum_usage(row, sig);
		read_sequnlock_excl_irqrestore(&sig->stats_lock, flags);
	}
	adjust(&row->utime, &row->stime, rtime, &sig->prev_cputime);
}

static u64 mm_bytes(struct mm_struct *mm, int member)
{
	return (u64)rs_mm_counter(mm, member) << PAGE_SHIFT;
}

static void fill_memory(struct task_row *row, struct mm_struct *mm)
{
	row->vsize = mm ? (u64)READ_ONCE(mm->total_vm) << PAGE_SHIFT : 0;
	row->rss_anon = mm ? mm_bytes(mm, MM_ANONPAGES) : 0;
	row->rss_file = mm ? mm_bytes(mm, MM_FILEPAGES) : 0;
	row->rss_shmem = mm ? mm_bytes(mm, MM_SHMEMPAGES) : 0;
	row->swap = mm ? mm_bytes(mm, MM_SWAPENTS) : 0;
}

static u32 count_fds(struct files_struct *files)
{
	struct fdtable *fdt;

	if (!files)
		return 0;
	fdt = files_fdtable(files);
	/* Files come and go meanwhile: a lock would keep them from it. */
	return data_race(bitmap_weight(fdt->open_fds, fdt->max_fds));
}

static u32 mnt_ns_of(const struct nsproxy *nsproxy)
{
	const void *mnt_ns = nsproxy->mnt_ns;

	return found.mnt_ns < 0 ? 0 :
	       ((const struct ns_common *)(mnt_ns + found.mnt_ns))->inum;
}

/* What hangs on the task's lock: comm, memory, files, namespaces. */
static void fill_locked(struct task_row *row, struct task_struct *p)
{
	const struct nsproxy *nsproxy = p->nsproxy;

	memcpy(row->comm, p->comm, sizeof(row->comm));
	row->comm[sizeof(row->comm) - 1] = '\0';
	fill_memory(row, rs_is_kthread(p) ? NULL : p->mm);
	row->nr_fds = count_fds(p->files);
	row->net_ns = nsproxy ? nsproxy->net_ns->ns.inum : 0;
	row->mnt_ns = nsproxy ? mnt_ns_of(nsproxy) : 0;
}

/*
 * Fills the row, or returns false when the task turns out not to match. Under
 * rcu_read_lock().
 */
static bool fill(const struct rs_walk *walk, struct task_row *row,
		 struct task_struct *p, u32 nr)
{
	bool thread = ASKED(walk, THREADS);
	const struct task_row *want = walk->want;
	struct cgroup *cgroup = task_dfl_cgroup(p);
	const struct pid_namespace *ns;
	const struct cred *cred;

	/*
	 * An exec changes comm and credentials, one after the other: take them
	 * so that the pair is one the task really had.
	 */
	do {
		cred = __task_cred(p);
		if (!matches(walk, p, cred, cgroup))
			return false;
		task_lock(p);
		fill_locked(row, p);
		task_unlock(p);
	} while (cred != __task_cred(p));
	row->state[0] = state_of(p);
	row->state[1] = '\0';
	if (ASKED(walk, COMM) && strcmp(row->comm, want->comm))
		return false;
	if (ASKED(walk, STATE) && !strchr(want->state, row->state[0]))
		return false;

	row->pid = nr;
	row->tgid = thread ? pid_nr_ns(task_tgid(p), walk->ns) : nr;
	row->ppid = pid_nr_ns(task_tgid(rcu_dereference(p->real_parent)), walk->ns);
	row->pgid = task_pgrp_nr_ns(p, walk->ns);
	row->sid = task_session_nr_ns(p, walk->ns);
	row->uid = uid_of(walk, cred->uid);
	row->euid = uid_of(walk, cred->euid);
	row->gid = gid_of(walk, cred->gid);
	row->egid = gid_of(walk, cred->egid);
	row->user_ns = cred->user_ns->ns.inum;
	row->kthread = rs_is_kthread(p);
	row->nr_threads = rs_peek(p->signal->nr_threads);
	row->nice = PRIO_TO_NICE(rs_peek(p->static_prio));
	row->priority = rs_peek(p->prio) - MAX_RT_PRIO;
	row->policy = rs_peek(p->policy);
	row->cpu = task_cpu(p);
	row->start_time = rs_peek(p->start_boottime);
	row->cgroup = cgroup_id(cgroup);
	ns = ns_of_pid(task_pid(p));
	row->pid_ns = ns ? ns->ns.inum : 0;
	fill_usage(row, p, thread);
	return true;
}

/* The place in the list of pids asked for of the first that is at least nr. */
static unsigned int place_of(const struct rs_walk *walk, u32 nr)
{
	unsigned int low = 0, high = walk->nr_pids;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (walk->pids[mid] < nr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/*
 * A number that moves with every fork (the cursor of the pids given out) and
 * every exit (how many are out) in the namespace. A pid stays out while it
 * names a process group or session, so in the first namespace, whose tasks are
 * all there are, their number counts too. Exact but for a wrap of the pids
 * within one walk.
 */
static u32 generation(const struct pid_namespace *ns)
{
	/* A change that is missed here is one of the next moment. */
	u32 seq = rs_peek(ns->idr.idr_next) * 0x9e3779b1u + rs_peek(ns->pid_allocated);

	if (ns == &init_pid_ns && found.nr_threads)
		seq = seq * 31 + rs_peek(*found.nr_threads);
	return seq ?: 1;
}

/*
 * Both look at BATCH pids from *nr on and return 1 with *nr that of the row, 0
 * past the end, or -EAGAIN with *nr the next to look at. Under rcu_read_lock().
 */
static int seek_listed(const struct rs_walk *walk, struct task_row *row, u32 *nr)
{
	enum pid_type type = ASKED(walk, THREADS) ? PIDTYPE_PID : PIDTYPE_TGID;
	unsigned int i = place_of(walk, *nr);
	unsigned int end = min(i + BATCH, walk->nr_pids);

	for (; i < end; i++) {
		struct task_struct *p = pid_task(find_pid_ns(walk->pids[i], walk->ns), type);

		*nr = walk->pids[i];
		if (p && fill(walk, row, p, *nr))
			return 1;
	}
	++*nr;
	return i < walk->nr_pids ? -EAGAIN : 0;
}

/* By whole nodes of the tree, for speed: idr_get_next() descends each time. */
static int seek_all(const struct rs_walk *walk, struct task_row *row, u32 *nr)
{
	enum pid_type type = ASKED(walk, THREADS) ? PIDTYPE_PID : PIDTYPE_TGID;
	struct radix_tree_root *root = &walk->ns->idr.idr_rt;
	struct radix_tree_iter iter;
	unsigned int left = BATCH;
	void __rcu **slot;

	radix_tree_for_each_slot(slot, root, &iter, *nr) {
		void *pid = rcu_dereference_raw(*slot);
		struct task_struct *p;

		*nr = iter.index;
		if (radix_tree_deref_retry(pid)) {
			slot = radix_tree_iter_retry(&iter);
			continue;
		}
		p = pid_task(pid, type);
		if (p && fill(walk, row, p, *nr))
			return 1;
		if (!--left) {
			++*nr;
			return -EAGAIN;
		}
	}
	return 0;
}

static int task_seek(struct rs_walk *walk, void *row)
{
	u32 nr = min_t(u64, walk->key, INT_MAX);
	int got;

	walk->seq = generation(walk->ns);
	for (;;) {
		rcu_read_lock();
		got = walk->pids ? seek_listed(walk, row, &nr) : seek_all(walk, row, &nr);
		rcu_read_unlock();
		if (got != -EAGAIN)
			break;
		cond_resched();
	}
	walk->key = nr;
	return got;
}

const struct rs_provider rs_tasks = {
	.name = "tasks",
	.cmd = RINGSIDE_CMD_TASK_GET,
	.open = true,
	.namespaced = true,
	.row_size = sizeof(struct task_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.missing = "no process has this pid here, or it is not yours to see",
	.seek = task_seek,
	.unavailable = task_unavailable,
	.limits = task_limits,
};
