// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "names.h"
#include "rows.h"
#include "say.h"

#define BUCKETS		256	/* a power of two */

struct name {
	struct name *next;
	uint64_t id;
	char text[];
};

struct names {
	struct name *buckets[BUCKETS];
};

static struct names users, groups, cgroups;

/* Where the unified hierarchy is mounted, on its own or beside version 1. */
static const char *const mounts[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };

static const char *names_find(const struct names *names, uint64_t id)
{
	const struct name *name = names->buckets[id % BUCKETS];

	for (; name; name = name->next)
		if (name->id == id)
			return name->text;
	return NULL;
}

static const char *names_add(struct names *names, uint64_t id, const char *text)
{
	struct name **bucket = &names->buckets[id % BUCKETS];
	size_t size = strlen(text) + 1;
	struct name *name = reallocate(NULL, sizeof(*name) + size);

	name->next = *bucket;
	name->id = id;
	memcpy(name->text, text, size);
	*bucket = name;
	return name->text;
}

static const char *names_add_number(struct names *names, const char *fmt, uint64_t id)
{
	char text[32];

	snprintf(text, sizeof(text), fmt, (unsigned long long)id);
	return names_add(names, id, text);
}

/*
 * The file at one go, "name:x:uid:...": it has nearly everyone, and getpwuid()
 * would ask daemons and open the file again for each of them.
 */
static void read_passwd(void)
{
	FILE *file = fopen("/etc/passwd", "re");
	size_t size = 0;
	char *line = NULL;

	while (file && getline(&line, &size, file) > 0) {
		char *rest = line, *name = strsep(&rest, ":"), *end;
		unsigned long uid;

		if (!strsep(&rest, ":") || !rest || !isdigit((unsigned char)*rest))
			continue;
		uid = strtoul(rest, &end, 10);
		if (*end == ':' && *name && !names_find(&users, uid))
			names_add(&users, uid, name);
	}
	free(line);
	if (file)
		fclose(file);
}

const char *user_name(uint32_t uid)
{
	const char *name = names_find(&users, uid);
	const struct passwd *pw;
	static bool read;

	if (!name && !read) {
		read = true;
		read_passwd();
		name = names_find(&users, uid);
	}
	if (name)
		return name;
	pw = getpwuid(uid);
	return pw ? names_add(&users, uid, pw->pw_name) : names_add_number(&users, "%llu", uid);
}

const char *group_name(uint32_t gid)
{
	const char *name = names_find(&groups, gid);
	const struct group *gr;

	if (name)
		return name;
	gr = getgrgid(gid);
	return gr ? names_add(&groups, gid, gr->gr_name) : names_add_number(&groups, "%llu", gid);
}

static const char *cgroup_mount(void)
{
	struct statfs fs;
	size_t i;

	for (i = 0; i < sizeof(mounts) / sizeof(*mounts); i++)
		if (!statfs(mounts[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return mounts[i];
	return NULL;
}

static size_t mount_len;

static int add_cgroup(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw;
	if (type == FTW_D || type == FTW_DNR)
		names_add(&cgroups, st->st_ino, path[mount_len] ? path + mount_len : "/");
	return 0;
}

const char *cgroup_path(uint64_t id)
{
	static bool walked;
	const char *name;

	if (!id)
		return "";
	if (!walked) {
		const char *mount = cgroup_mount();

		walked = true;
		if (mount) {
			mount_len = strlen(mount);
			nftw(mount, add_cgroup, 16, FTW_PHYS | FTW_MOUNT);
		}
	}
	name = names_find(&cgroups, id);
	return name ? name : names_add_number(&cgroups, "(%llu)", id);
}

/* All of it a number that fits 32 bits? */
static bool is_id(const char *text, uint32_t *id)
{
	unsigned long num;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	num = strtoul(text, &end, 10);
	if (*end || errno || num > UINT32_MAX)
		return false;
	*id = num;
	return true;
}

int user_id(const char *name, uint32_t *uid)
{
	const struct passwd *pw = getpwnam(name);

	if (pw)
		*uid = pw->pw_uid;
	else if (!is_id(name, uid)) {
		say("there is no user '%s'", name);
		return -1;
	}
	return 0;
}

int cgroup_id(const char *path, uint64_t *id)
{
	const char *mount = cgroup_mount();
	char full[PATH_MAX];
	struct statfs fs;
	struct stat st;

	if (!mount) {
		say("there is no unified cgroup hierarchy at %s", mounts[0]);
		return -1;
	}
	if (strncmp(path, mount, strlen(mount)))
		snprintf(full, sizeof(full), "%s/%s", mount, path + strspn(path, "/"));
	else
		snprintf(full, sizeof(full), "%s", path);
	if (stat(full, &st)) {
		say("cgroup %s: %s", full, strerror(errno));
		return -1;
	}
	if (!S_ISDIR(st.st_mode) || statfs(full, &fs) || fs.f_type != CGROUP2_SUPER_MAGIC) {
		say("%s is not a cgroup", full);
		return -1;
	}
	*id = st.st_ino;
	return 0;
}
