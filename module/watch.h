/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches: who is counted, how much, and for whom.
 *
 * Watches are made and ended under one mutex. A reader that has one holds
 * rs_watches_lock() for reading, so that it does not go away.
 */
#ifndef RS_WATCH_H
#define RS_WATCH_H

#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/spinlock.h>
#include <linux/xarray.h>

#include <uapi/linux/ringside.h>

#include "counter.h"

enum rs_scope { RS_ALL, RS_PROCESS, RS_CGROUP, RS_USER, RS_NR_SCOPES };
enum rs_by { RS_BY_NOTHING, RS_BY_PROCESS, RS_BY_CGROUP, RS_NR_BYS };

extern const char * const rs_scope_names[RS_NR_SCOPES];
extern const char * const rs_by_names[RS_NR_BYS];	/* "" for nothing */

#define RS_WATCH_NAME	32
#define RS_MAX_WATCH_ID	U16_MAX

/* Processes or cgroups a watch keeps apart; more count in its first key. */
#define RS_MAX_KEYS	4096
/* Bytes that one watch may take. */
#define RS_WATCH_BYTES	(64L << 20)

/* What is asked for. */
struct rs_watch_request {
	char name[RS_WATCH_NAME];	/* "": ends with its socket */
	enum rs_scope scope;
	enum rs_by by;
	bool times;
	u32 events;			/* bytes of ring a CPU, or 0; then times too */
	bool some;			/* just the calls in wanted */
	u64 cgroup;
	kuid_t uid;
	unsigned int nr_pids;
	u32 *pids;			/* in ns; not kept */
	DECLARE_BITMAP(wanted, RS_SLOTS);

	/* By whom. */
	const struct cred *cred;
	bool all;			/* may watch everybody in the machine */
	bool all_here;			/* and in the current pid namespace */
	u32 portid;			/* of the socket, and its namespace */
	const struct net *net;
	struct pid_namespace *ns;	/* whose numbers pids are */
};

/* A key of a watch: a process, a cgroup or, with index 0, all the rest. */
struct rs_key {
	struct hlist_node node;
	u32 index;
	u64 id;				/* what it is found by */
	struct pid *pid;		/* of the process */
	u64 start_time;
	char comm[TASK_COMM_LEN];
	struct rs_tally tally;		/* last: it ends in an array */
};

struct rs_watch {
	u32 id;
	bool ready, dead;		/* it counts; it is about to end */
	struct rs_watch_request ask;
	struct pid *pid;		/* the first */
	u64 start_time;
	u64 missed_before, lapsed_before;
	u64 *before;			/* rs_counts when it began; NULL: it has keys */
	struct rs_budget budget;
	struct rs_rings *rings;		/* of records; NULL: none are made */
	atomic64_t unkept;

	/* Keys are only ever added. */
	spinlock_t lock;
	DECLARE_HASHTABLE(keys, 8);
	struct xarray by_index;
	u32 nr_keys;
};

/*
 * Makes one: its id; or -errno, why, and in *blame the pid it is about, if
 * one is. Sleeps.
 */
int rs_watch_new(struct rs_watch_request *ask, const char **why, u32 *blame);

/* Ends one that cred may end. 0, -ESRCH or -EPERM. Sleeps. */
int rs_watch_del(u32 id, const struct cred *cred, bool all);
/* The same by its name. */
int rs_watch_del_name(const char *name);

void rs_watches_lock(void);
void rs_watches_unlock(void);

/* The first watch with at least that id that cred may see, or NULL. Locked. */
struct rs_watch *rs_watch_find(u32 id, const struct cred *cred, bool all);

/* What it has of a slot: rs_tally_calls() or, without keys, of the system. */
u64 rs_watch_calls(const struct rs_watch *watch, const struct rs_key *key, u32 slot);

/* Of all its keys and slots; what it missed; ns in which it may have. Locked; sleep. */
u64 rs_watch_total(struct rs_watch *watch);
u64 rs_watch_missed(const struct rs_watch *watch);
u64 rs_watch_lapsed(const struct rs_watch *watch);

/* How many there are. Not locked; sleeps. */
unsigned int rs_watch_count(void);

/*
 * The first watch from slot *i on that is not about to end, and *i its slot;
 * NULL past the last. Under RCU, locked, or while nobody makes or ends one.
 */
struct rs_watch *rs_watch_next(int *i);

#define rs_for_each_watch(i, watch) \
	for ((i) = 0; ((watch) = rs_watch_next(&(i))); (i)++)

struct rs_rings;

/*
 * The records of the watch with that id, for a reader with these credentials in that pid
 * namespace, who puts them back by rs_watch_close(). Or as an error what a reader is told:
 * see ringside_events.h.
 */
struct rs_rings *rs_watch_open(u32 id, const struct cred *cred, bool all,
			       const struct pid_namespace *ns);
void rs_watch_close(struct rs_rings *rings);

/* Whether it follows threads; else it is a difference of what the system calls. */
static inline bool rs_has_keys(const struct rs_watch *watch)
{
	return watch->ask.scope != RS_ALL || watch->ask.times || watch->ask.by;
}

/* Whether a change of user takes a thread into it, or out of it. */
static inline bool rs_cares_for_users(const struct rs_watch *watch)
{
	return watch->ask.scope == RS_USER ||
	       (watch->ask.scope == RS_PROCESS && !watch->ask.all && !watch->ask.all_here);
}

/* members.c */

/* Another key; or NULL: over the bound, or there is no memory. No sleep. */
struct rs_key *rs_key_add(struct rs_watch *watch, u64 id);
/* Frees all. When nobody counts or reads any more. */
void rs_keys_free(struct rs_watch *watch);

/*
 * Follows who belongs to it now; who comes later is seen below. 0; or -errno,
 * why, and the pid to blame. Sleeps.
 */
int rs_members_find(struct rs_watch *watch, const char **why, u32 *blame);

/* In the life of a thread, from the tracepoints: no sleep. */
void rs_watch_fork(struct task_struct *parent, struct task_struct *child);
void rs_watch_exec(struct task_struct *task, pid_t old_pid);	/* the current one */
void rs_watch_cgroup(struct task_struct *task, bool threadgroup);
/* Before it has the new credentials. */
void rs_watch_user(struct task_struct *task, const struct cred *cred);

int rs_watch_init(void);
void rs_watch_exit(void);

#endif
