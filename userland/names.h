/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of users, groups and cgroups, each looked up once
 */
#ifndef NAMES_H
#define NAMES_H

#include <stdint.h>

/* The name, or the number in digits where there is none. */
const char *user_name(uint32_t uid);
const char *group_name(uint32_t gid);

/*
 * The path below the root of the unified hierarchy, "(ID)" for a cgroup that
 * can't be seen from here, "" for 0.
 */
const char *cgroup_path(uint64_t id);

/* What -u is given: a name or a number. 0, or -1 after a sentence. */
int user_id(const char *name, uint32_t *uid);

/*
 * What -g is given: a path below the root of the unified hierarchy, or in full.
 * 0, or -1 after a sentence.
 */
int cgroup_id(const char *path, uint64_t *id);

#endif
