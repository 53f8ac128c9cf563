/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inner contract of ringside: providers, their rows, and the walk that
 * carries a reader over them.
 *
 * A provider knows one kind of data. It describes a row by a table of fields
 * and hands out copies of rows, one a call, in the order of a 64-bit key. A
 * face (proc.c, netlink.c, sysfs.c) renders any provider and knows none.
 *
 *	- A row is a copy. No lock is held when a face has it.
 *	- A field is data, never a callback.
 *	- A face keeps nothing between two reads but the walk, and the walk
 *	  holds no reference to what it walks over: only the next key.
 */
#ifndef RS_RINGSIDE_H
#define RS_RINGSIDE_H

#include <linux/bits.h>
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* How a field lies in its row, and so how a face writes it. */
enum rs_type {
	RS_U32,		/* u32 */
	RS_S32,		/* s32 */
	RS_UINT,	/* u64; on the wire a "uint" of 4 or 8 bytes */
	RS_STR,		/* char[size], ends with a NUL */
	RS_BOOL,	/* u32 that is 0 or 1 */
	RS_FLAG,	/* u32 that is 0 or 1 and is only ever asked */
};

enum rs_unit {
	RS_NONE,	/* a count, an id or a word */
	RS_BYTES,
	RS_NSEC,
	RS_CENTI,	/* hundredths */
};

/* What a request may do with a field. */
#define RS_FILTER	BIT(0)	/* narrow a dump by it */
#define RS_KEY		BIT(1)	/* u32 and the walk's key: give a list of it */
#define RS_NAME		BIT(2)	/* string that names a row in a do */
#define RS_NEEDED	BIT(3)	/* a filter that has to be given */

struct rs_field {
	const char	*name;	/* in lower case, as in the uapi enum */
	u16		offset;	/* in the row */
	u16		size;	/* in the row */
	u8		attr;	/* RINGSIDE_A_*; its index in fields[] plus one */
	u8		type;	/* enum rs_type */
	u8		unit;	/* enum rs_unit */
	u8		ask;	/* RS_FILTER and its like */
	u8		width;	/* columns in text; 0 for a string that ends the line */
};

#define RS_FIELD(_row, _member, _attr, _type, _unit, _width, _ask) {	\
	.name = #_member, .attr = (_attr), .type = (_type),		\
	.unit = (_unit), .width = (_width), .ask = (_ask),		\
	.offset = offsetof(struct _row, _member),			\
	.size = sizeof_field(struct _row, _member) }

/* The value of a field that is a number and never negative. */
static inline u64 rs_value(const struct rs_field *field, const void *row)
{
	const void *at = row + field->offset;

	return field->type == RS_UINT ? *(const u64 *)at : *(const u32 *)at;
}

struct genl_info;
struct nla_policy;
struct sk_buff;
struct rs_provider;

/*
 * One reader's way over a provider's rows. The face makes it (rs_walk_init),
 * fills in what is asked before the first seek, and ends it (rs_walk_exit).
 * Not shared: the face serialises its use.
 */
struct rs_walk {
	const struct rs_provider *provider;

	/*
	 * Before a seek: the least key wanted, at least 1. After it: the key
	 * of the row that was given. Keys stay below 2^62.
	 */
	u64 key;

	/*
	 * Set by seek, if the provider can tell: differs from what it was when
	 * rows came or went in between; never 0 then.
	 */
	u32 seq;

	/* Who looks; decided when the walk was made, kept to its end. */
	const struct cred *cred;	/* of the opener */
	struct pid_namespace *ns;	/* whose numbers are shown */
	bool all;			/* may see everybody's rows */
	bool frames;			/* may see numbers of page frames */

	/*
	 * What is asked: bit n of asked is set when fields[n] must be as in
	 * want, a row of the provider's; pids is a sorted list without
	 * doubles, NULL for any.
	 */
	u64 asked;
	void *want;
	u32 *pids;
	unsigned int nr_pids;

	void *scratch;	/* the provider's own; kfree()d at the end */

	/*
	 * May be set by a seek that returns -errno: a sentence, constant, that
	 * says what it was.
	 */
	const char *why;
};

/* The bit of attribute attr in rs_walk.asked. */
#define RS_ASKED(attr)	BIT_ULL((attr) - 1)

/*
 * A kind of data. All of it is constant; the table of providers is in main.c.
 */
struct rs_provider {
	const char *name;	/* of its file, its directory and its command */
	u8 cmd;			/* RINGSIDE_CMD_*_GET */
	bool single;		/* has just one row, with key 1 */
	bool open;		/* anybody may see some of it: seek honours
				 * walk->all itself. Else only who may see all.
				 */
	bool namespaced;	/* who may see all of a pid namespace may see
				 * all of this there
				 */
	bool inner;		/* of the inside of processes: CAP_SYS_PTRACE lets
				 * its holder see everybody's, and nothing else
				 */
	u16 row_size;		/* at most RS_ROW_MAX */
	u16 nr_fields;		/* at most 64 */
	const struct rs_field *fields;
	const char *missing;	/* "no task with this pid": answers a do; NULL:
				 * it has no key, and is only dumped
				 */
	const char *needs;	/* what a request has to give that has some field
				 * of RS_NEEDED; such a provider has no file in
				 * /proc/ringside. NULL: nothing
				 */

	/*
	 * Copies the first row with a key of at least walk->key that matches
	 * what is asked to row and sets walk->key to its key. The row comes as
	 * it may: every field is to be set, each string to its NUL.
	 * Process context, may sleep. Returns 1; 0 past the end; or -errno, with
	 * nothing left held. Never takes longer over rows that don't match than
	 * the scheduler likes.
	 */
	int (*seek)(struct rs_walk *walk, void *row);

	/*
	 * Why this kernel can't give the data, or NULL if it can. Process
	 * context, may sleep. Optional.
	 */
	const char *(*unavailable)(void);

	/* What works but in part: a sentence for the status, or NULL. Optional. */
	const char *(*limits)(void);
};

#define RS_ROW_MAX	512

/* Past every key: where a walk stands that has come to its end. */
#define RS_KEY_END	BIT_ULL(62)

/* main.c. The first is status. */
extern const struct rs_provider * const rs_providers[];
extern const unsigned int rs_nr_providers;

/* A face's own way to ask whether its opener has a capability in ns. */
typedef bool (*rs_capable_t)(const void *opener, struct user_namespace *ns, int cap);

/*
 * Begins a walk for the opener with these credentials, in the current task's
 * pid namespace; capable(opener, ...) tells of capabilities. Membership of the
 * administrator's group is looked at here. 0, or -errno with nothing to undo:
 * -EPERM when the provider shows nothing to such an opener, -EOPNOTSUPP when it
 * is unavailable (*why then says which, always a string).
 */
int rs_walk_init(struct rs_walk *walk, const struct rs_provider *provider,
		 const struct cred *cred, rs_capable_t capable, const void *opener,
		 const char **why);
void rs_walk_exit(struct rs_walk *walk);

static inline int rs_walk_seek(struct rs_walk *walk, void *row)
{
	return walk->provider->seek(walk, row);
}

/*
 * The user namespace in which a capability lets its holder see every row of
 * the provider: the one that owns the current pid namespace for what is
 * namespaced, the first one for what belongs to the machine.
 */
struct user_namespace *rs_walk_user_ns(const struct rs_provider *provider);

/* The group of the module parameter "group", or the invalid one. */
kgid_t rs_group(void);

/* Whether these are of somebody in that group. */
bool rs_in_group(const struct cred *cred);

/*
 * The providers: tasks.c, memory.c, slabs.c, status.c, watches.c, syscalls.c,
 * maps.c, pages.c, files.c
 */
extern const struct rs_provider rs_tasks, rs_memory, rs_slabs, rs_status;
extern const struct rs_provider rs_maps, rs_pages, rs_files;
extern const struct rs_provider rs_watches, rs_syscalls, rs_errors, rs_latency;

/*
 * What is no row: commands of the family that do something (control.c), and
 * files at the top of /sys/kernel/ringside that switch it.
 */
struct rs_command {
	u8 cmd;
	const struct nla_policy *policy;
	unsigned int maxattr;
	int (*doit)(struct sk_buff *skb, struct genl_info *info);
};

struct rs_switch {
	const char *name;
	umode_t mode;
	ssize_t (*show)(char *buf);		/* as sysfs_ops.show */
	int (*store)(char *text);		/* one line: 0 or -errno */
};

extern const struct rs_command rs_commands[];
extern const unsigned int rs_nr_commands;
extern const struct rs_switch rs_switches[];
extern const unsigned int rs_nr_switches;

/*
 * netlink.c: whose credentials a request is looked at with, those of who opened
 * the socket; NULL for a socket of the kernel's own. And whether that and the
 * sender both may see all that belongs to the user namespace.
 */
const struct cred *rs_netlink_cred(const struct sk_buff *skb);
bool rs_netlink_sees_all(const struct sk_buff *skb, struct user_namespace *ns);
bool rs_netlink_capable(const struct sk_buff *skb, struct user_namespace *ns, int cap);
/* Answers a request with one number. 0 or -errno. */
int rs_netlink_reply(struct genl_info *info, u8 cmd, int attr, u32 value);

/* events.c: the file of records, which is no provider's. */
struct proc_ops;

extern const struct proc_ops rs_events_ops;

/* The faces: proc.c, netlink.c, sysfs.c. 0 or -errno, with nothing to undo. */
int rs_proc_init(void);
void rs_proc_exit(void);
int rs_netlink_init(void);
void rs_netlink_exit(void);
int rs_sysfs_init(void);
void rs_sysfs_exit(void);

#endif
