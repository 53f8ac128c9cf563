/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children that do something, say that they are ready, and then sleep. */
#ifndef TESTS_CHILD_H
#define TESTS_CHILD_H

#include <linux/capability.h>
#include <sys/types.h>

/*
 * A child that has run setup(arg), unless NULL, and sleeps until killed; it returns 0 when
 * well. Bails out when it does not.
 */
pid_t child(int (*setup)(void *arg), void *arg);
/* The same, but it has also let go of everything it inherited but 0, 1 and 2. */
pid_t child_clean(int (*setup)(void *arg), void *arg);
/* Kills and reaps it. */
void child_end(pid_t pid);
/* All that were made by the two above and not ended. */
void children_end(void);

/*
 * Runs test(arg) in a child of its own, for what a process can't undo
 * (credentials, namespaces). It may only write results into shared memory, from
 * shared(). Returns its exit status, or 128 and the signal.
 */
int apart(int (*test)(void *arg), void *arg);
/* Zeroed memory that parents and children share. */
void *shared(size_t size);

/* Becomes this user and group for good, with no other groups and no capability. 0, or -1. */
int become(uid_t uid, gid_t gid);
/* The same, but keeps the capabilities of this mask (bit n: capability n). */
int become_with(uid_t uid, gid_t gid, unsigned long long caps);
/* Keeps these capabilities only. */
int drop_to(unsigned long long caps);

struct someone {
	uid_t uid;
	gid_t gid, other;	/* other: a further group, or 0 */
	unsigned long long caps;
};

/* Becomes them, for good. 0, or -1. */
int become_someone(const struct someone *who);

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif
/* In a mask. */
#define CAP(name) (1ULL << CAP_##name)

#endif
