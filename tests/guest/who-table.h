/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who may look: every operation of the netlink family, every file below
 * /proc/ringside and /sys/kernel/ringside and every parameter of the module, by
 * who calls. who.c tries each cell; it fails for what the running module has and
 * this table hasn't, and the other way around.
 *
 * The callers, from left to right:
 *
 *	root	with all capabilities
 *	alice	whose processes and watches some of those are that are looked at
 *	other	a user who has none of them
 *	uid 0	with no capability
 *	user	alice, as root of a user namespace that she made
 *	pid	root, in a pid namespace of its own
 *	net	root, in a network namespace of its own
 *	three	alice, as root of a user, a pid and a network namespace
 *	perfmon	a user who has CAP_PERFMON only
 *	admin	a user who has CAP_SYS_ADMIN only
 *	netadm	a user who has CAP_NET_ADMIN only
 *	rest	a user who has every capability but CAP_PERFMON and CAP_SYS_ADMIN
 *	group	a user in the group that the module was given
 *	gid	a user whose first group is that one
 *
 * What comes back:
 *
 *	A	root's, alice's and the caller's own
 *	r	root's and the caller's own
 *	a	alice's and the caller's own
 *	s	just the caller's own
 *	N	just those of the caller's pid namespace, and all of them
 *	n	nobody's
 *	M	what is nobody's: of the machine or of ringside itself
 *	W	it is done
 *	P	EPERM		over netlink with a sentence that says why
 *	-	ESRCH		likewise: it is not there, or not for the caller
 *	E	EINVAL		likewise: nobody has such a number there
 *	C	EACCES		the file's mode is in the way
 *	I	EIO		the file can't be written
 *	U	ENOTCONN	no watch was chosen
 *	X	EOPNOTSUPP	there is no such operation; also in place of M and I
 *				for slabs on a kernel that can't tell of them
 *
 * Process ids are always those of the caller's own pid namespace, and 0 for who
 * is not in it. No answer has a row beside those.
 */
#ifndef WHO_TABLE_H
#define WHO_TABLE_H

struct line {
	const char *object, *act, *cells;
};

#define PROC	"/proc/ringside/"
#define SYSFS	"/sys/kernel/ringside/"
#define PARAM	"/sys/module/ringside/parameters/"

static const struct line table[] = {
	/*					r a o 0 u p n t p a n r g g */
	/*					o l t   s i e h e d e e r i */
	{ "STATUS_GET", "do",			"M M M M M M M M M M M M M M" },
	{ "STATUS_GET", "dump",			"M M M M M M M M M M M M M M" },
	{ "TASK_GET", "do",			"A a s r a N A N A A s s A A" },
	{ "TASK_GET", "dump",			"A a s r a N A N A A s s A A" },
	{ "TASK_GET", "dump of threads",	"A a s r a N A N A A s s A A" },
	{ "MEMORY_GET", "do",			"M P P P P M M P M M P P M M" },
	{ "MEMORY_GET", "dump",			"M P P P P M M P M M P P M M" },
	{ "SLAB_GET", "do",			"M P P P P M M P M M P P M M" },
	{ "SLAB_GET", "dump",			"M P P P P M M P M M P P M M" },
	{ "WATCH_GET", "do",			"A a s r s A A s A A s s A A" },
	{ "WATCH_GET", "dump",			"A a s r s A A s A A s s A A" },
	{ "SYSCALL_GET", "do",			"X X X X X X X X X X X X X X" },
	{ "SYSCALL_GET", "dump",		"A a s r s A A s A A s s A A" },
	{ "ERROR_GET", "do",			"X X X X X X X X X X X X X X" },
	{ "ERROR_GET", "dump",			"A a s r s A A s A A s s A A" },
	{ "LATENCY_GET", "do",			"X X X X X X X X X X X X X X" },
	{ "LATENCY_GET", "dump",		"A a s r s A A s A A s s A A" },
	{ "WATCH_NEW", "do for itself",		"W W W W W W W W W W W W W W" },
	{ "WATCH_NEW", "do for alice's",	"W W P P W - W - W W P P W W" },
	{ "WATCH_NEW", "do for root's",		"W P P W P - W - W W P P W W" },
	{ "WATCH_NEW", "do for everybody",	"W P P P P W W P W W P P W W" },
	{ "WATCH_NEW", "do for a cgroup",	"W P P P P W W P W W P P W W" },
	{ "WATCH_NEW", "do for the user alice",	"W W P P W W W W W W P P W W" },
	{ "WATCH_NEW", "do for the user root",	"W P P W E W W E W W P P W W" },
	{ "WATCH_NEW", "do for one that stays",	"W P P P P W W P P W P P P P" },
	{ "WATCH_NEW", "dump",			"X X X X X X X X X X X X X X" },
	{ "WATCH_DEL", "do of its own",		"W W W W W W W W W W W W W W" },
	{ "WATCH_DEL", "do of alice's",		"W W - - - W W - - W - - - -" },
	{ "WATCH_DEL", "do of root's",		"W - - W - W W - - W - - - -" },
	{ "WATCH_DEL", "do of one that stays",	"W - - P - W W - - W - - - -" },
	{ "WATCH_DEL", "dump",			"X X X X X X X X X X X X X X" },
	/* The inside of processes: CAP_SYS_PTRACE, and for frames CAP_SYS_ADMIN. */
	{ "MAP_GET", "do",			"X X X X X X X X X X X X X X" },
	{ "MAP_GET", "dump",			"A a s s s N A N s s s A s s" },
	{ "PAGE_GET", "do",			"X X X X X X X X X X X X X X" },
	{ "PAGE_GET", "dump",			"A a s s s N A N s s s A s s" },
	{ "PAGE_GET", "dump of frames",		"A n n n n N A n n s n n n n" },
	{ "FILE_GET", "do",			"X X X X X X X X X X X X X X" },
	{ "FILE_GET", "dump",			"A a s s s N A N s s s A s s" },

	{ PROC "status", "read",		"M M M M M M M M M M M M M M" },
	{ PROC "status", "write",		"I C C C C I I C C C C I C C" },
	{ PROC "tasks", "read",			"A a s r a N A N A A s s A A" },
	{ PROC "tasks", "write",		"I C C C C I I C C C C I C C" },
	{ PROC "memory", "read",		"M P P P P M M P M M P P M M" },
	{ PROC "memory", "write",		"I C C C C I I C C C C P C C" },
	{ PROC "slabs", "read",			"M P P P P M M P M M P P M M" },
	{ PROC "slabs", "write",		"I C C C C I I C C C C P C C" },
	{ PROC "watches", "read",		"A a s r s A A s A A s s A A" },
	{ PROC "watches", "write",		"I C C C C I I C C C C I C C" },
	{ PROC "syscalls", "read",		"A a s r s A A s A A s s A A" },
	{ PROC "syscalls", "write",		"I C C C C I I C C C C I C C" },
	{ PROC "errors", "read",		"A a s r s A A s A A s s A A" },
	{ PROC "errors", "write",		"I C C C C I I C C C C I C C" },
	{ PROC "latency", "read",		"A a s r s A A s A A s s A A" },
	{ PROC "latency", "write",		"I C C C C I I C C C C I C C" },
	{ PROC "events", "read",		"U U U U U U U U U U U U U U" },
	/* Which watches it may be given, all made in the first pid namespace but its own. */
	{ PROC "events", "write",		"A a s r s s A s A A s s A A" },
	{ PROC "files", "read",			"A a s s s N A N s s s A s s" },
	{ PROC "files", "write",		"I C C C C I I C C C C I C C" },

	/* A file's mode decides here, and who writes must have CAP_SYS_ADMIN too. */
	{ SYSFS "version", "read",		"M M M M M M M M M M M M M M" },
	{ SYSFS "version", "write",		"C C C C C C C C C C C C C C" },
	{ SYSFS "backend", "read",		"M M M M M M M M M M M M M M" },
	{ SYSFS "backend", "write",		"W C C P C W W C C C C P C C" },
	{ SYSFS "watch_new", "read",		"C C C C C C C C C C C C C C" },
	{ SYSFS "watch_new", "write",		"W C C P C W W C C C C P C C" },
	{ SYSFS "watch_delete", "read",		"C C C C C C C C C C C C C C" },
	{ SYSFS "watch_delete", "write",	"W C C P C W W C C C C P C C" },
	/* Of each provider: status, tasks, ... */
	{ SYSFS "*/state", "read",		"M M M M M M M M M M M M M M" },
	{ SYSFS "*/state", "write",		"C C C C C C C C C C C C C C" },
	/* Each field of MEMORY_GET. */
	{ SYSFS "memory/*", "read",		"M C C M C M M C C C C M M M" },
	{ SYSFS "memory/*", "write",		"C C C C C C C C C C C C C C" },

	{ PARAM "group", "read",		"M M M M M M M M M M M M M M" },
	{ PARAM "group", "write",		"C C C C C C C C C C C C C C" },
	{ PARAM "backend", "read",		"M M M M M M M M M M M M M M" },
	{ PARAM "backend", "write",		"W C C P C W W C C C C P C C" },
};

#endif
