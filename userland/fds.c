// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "callset.h"
#include "decode.h"
#include "fds.h"
#include "rows.h"

#define BUCKETS	1024	/* a power of two */

struct fd {
	struct fd *next;
	uint32_t tgid;
	int fd;
	char path[];
};

static struct fd *buckets[BUCKETS];

static struct fd **find(uint32_t tgid, int fd)
{
	struct fd **at = &buckets[(tgid * 31 + fd) % BUCKETS];

	while (*at && ((*at)->tgid != tgid || (*at)->fd != fd))
		at = &(*at)->next;
	return at;
}

static void forget(uint32_t tgid, int fd)
{
	struct fd **at = find(tgid, fd), *old = *at;

	if (!old)
		return;
	*at = old->next;
	free(old);
}

static const char *keep(uint32_t tgid, int fd, const char *path)
{
	size_t size = strlen(path) + 1;
	struct fd *new, **at;

	new = reallocate(NULL, sizeof(*new) + size);
	new->next = NULL;
	new->tgid = tgid;
	new->fd = fd;
	memcpy(new->path, path, size);
	/* The path may be the old one's. */
	forget(tgid, fd);
	at = find(tgid, fd);
	*at = new;
	return new->path;
}

/* What the kernel says now: its length, 0 for nothing. */
static size_t ask(uint32_t tgid, int fd, char *path, size_t size)
{
	char link[64];
	ssize_t len;

	if (fd == AT_FDCWD)
		snprintf(link, sizeof(link), "/proc/%u/cwd", tgid);
	else
		snprintf(link, sizeof(link), "/proc/%u/fd/%d", tgid, fd);
	len = readlink(link, path, size - 1);
	if (len <= 0)
		return 0;
	path[len] = '\0';
	return len;
}

/* Is it closed by the execve() that a command waits for? */
static bool ends_at_exec(uint32_t tgid, int fd)
{
	unsigned long flags = 0;
	char path[64], line[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%d", tgid, fd);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "flags:", 6))
			flags = strtoul(line + 6, NULL, 8);
	if (file)
		fclose(file);
	return flags & O_CLOEXEC;
}

void fds_begin(uint32_t tgid)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	if (ask(tgid, AT_FDCWD, path, sizeof(path)))
		keep(tgid, AT_FDCWD, path);
	snprintf(path, sizeof(path), "/proc/%u/fd", tgid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		int fd = strtol(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && !ends_at_exec(tgid, fd) &&
		    ask(tgid, fd, path, sizeof(path)))
			keep(tgid, fd, path);
	}
	if (dir)
		closedir(dir);
}

const char *fds_path(uint32_t tgid, int fd)
{
	const struct fd *known = *find(tgid, fd);

	return known ? known->path : NULL;
}

static bool same_root(uint32_t tgid)
{
	struct stat ours, theirs;
	char link[64];

	snprintf(link, sizeof(link), "/proc/%u/root", tgid);
	return stat("/", &ours) || stat(link, &theirs) ||
	       (ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino);
}

/*
 * What was opened, or moved to, is known by its name, which holds even when the descriptor has
 * become another's since. Not so for names that mean another thing to everybody.
 */
static void opened(const struct ringside_event_call *call, int dirfd, unsigned int arg, int as)
{
	const struct ringside_capture *capture = decode_capture(call, arg, false);
	char name[2 * PATH_MAX], path[PATH_MAX];
	uint32_t tgid = call->event.tgid;
	const char *folder;

	if (!capture || !capture->length ||
	    capture->flags & (RINGSIDE_CAPTURE_CUT | RINGSIDE_CAPTURE_UNREADABLE)) {
		forget(tgid, as);
		return;
	}
	if (capture->data[0] == '/') {
		snprintf(name, sizeof(name), "%.*s", capture->length, capture->data);
	} else {
		folder = fds_path(tgid, dirfd);
		if (!folder || *folder != '/') {
			forget(tgid, as);
			return;
		}
		snprintf(name, sizeof(name), "%s/%.*s", folder, capture->length, capture->data);
	}
	forget(tgid, as);
	if (!strncmp(name, "/proc/", 6) || !strncmp(name, "/dev/", 5) || !same_root(tgid))
		return;
	/* It may be gone by now. */
	keep(tgid, as, realpath(name, path) ? path : name);
}

/* What is always called the same. */
static const struct {
	const char *call;
	const char *path;
} nameless[] = {
	{ "epoll_create", "anon_inode:[eventpoll]" }, { "epoll_create1", "anon_inode:[eventpoll]" },
	{ "eventfd", "anon_inode:[eventfd]" }, { "eventfd2", "anon_inode:[eventfd]" },
	{ "inotify_init", "anon_inode:inotify" }, { "inotify_init1", "anon_inode:inotify" },
	{ "signalfd4", "anon_inode:[signalfd]" }, { "timerfd_create", "anon_inode:[timerfd]" },
	{ "perf_event_open", "anon_inode:[perf_event]" },
};

/* It has no path; else than those it is asked for as long as it may be there still. */
static void made(const char *name, uint32_t tgid, int fd)
{
	char path[PATH_MAX];
	size_t i;

	forget(tgid, fd);
	for (i = 0; i < sizeof(nameless) / sizeof(*nameless); i++)
		if (!strcmp(nameless[i].call, name)) {
			keep(tgid, fd, nameless[i].path);
			return;
		}
	if (ask(tgid, fd, path, sizeof(path)) && *path != '/')
		keep(tgid, fd, path);
}

static void closed_range(const struct ringside_event_call *call)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct fd **at = &buckets[i];

		while (*at) {
			struct fd *fd = *at;

			if (fd->tgid != call->event.tgid || fd->fd < 0 ||
			    (uint32_t)fd->fd < (uint32_t)call->arg[0] ||
			    (uint32_t)fd->fd > (uint32_t)call->arg[1]) {
				at = &fd->next;
				continue;
			}
			*at = fd->next;
			free(fd);
		}
	}
}

/* A call that gives a descriptor, or takes one away. */
static const struct change {
	const char *name;
	enum {
		OPENS,		/* path first */
		OPENS_AT,	/* folder first, then path */
		MOVES,		/* where relative paths begin: path first */
		MOVES_TO,	/* likewise: descriptor first */
		COPIES,
		MAKES,
		CLOSES,
		CLOSES_RANGE,
	} how;
} changes[] = {
	{ "open", OPENS }, { "chdir", MOVES }, { "fchdir", MOVES_TO }, { "creat", OPENS },
	{ "openat", OPENS_AT }, { "openat2", OPENS_AT },
	{ "dup", COPIES },
	{ "dup2", COPIES }, { "dup3", COPIES }, { "fcntl", COPIES }, { "fcntl64", COPIES },
	{ "socket", MAKES },
	{ "accept", MAKES }, { "accept4", MAKES }, { "epoll_create", MAKES },
	{ "epoll_create1", MAKES },
	{ "eventfd", MAKES }, { "eventfd2", MAKES }, { "inotify_init", MAKES },
	{ "inotify_init1", MAKES },
	{ "memfd_create", MAKES }, { "pidfd_open", MAKES }, { "pidfd_getfd", MAKES },
	{ "signalfd4", MAKES },
	{ "timerfd_create", MAKES }, { "perf_event_open", MAKES }, { "close", CLOSES },
	{ "close_range", CLOSES_RANGE },
};

static const struct change *find_change(const struct ringside_event_call *call)
{
	const char *name = call_name(call->abi, call->call);
	size_t i;

	for (i = 0; name && i < sizeof(changes) / sizeof(*changes); i++)
		if (!strcmp(changes[i].name, name))
			return &changes[i];
	return NULL;
}

void fds_called(const struct ringside_event_call *call)
{
	const struct change *change;
	struct fd *from;

	if (call->event.flags &
	    (RINGSIDE_CALL_FAILED | RINGSIDE_CALL_HIDDEN | RINGSIDE_CALL_UNRETURNED))
		return;
	change = find_change(call);
	if (!change)
		return;
	switch (change->how) {
	case OPENS:
		opened(call, AT_FDCWD, 0, call->result);
		break;
	case OPENS_AT:
		opened(call, (int32_t)call->arg[0], 1, call->result);
		break;
	case MOVES:
		opened(call, AT_FDCWD, 0, AT_FDCWD);
		break;
	case MOVES_TO:
		from = *find(call->event.tgid, (int32_t)call->arg[0]);
		if (from)
			keep(call->event.tgid, AT_FDCWD, from->path);
		else
			forget(call->event.tgid, AT_FDCWD);
		break;
	case COPIES:
		if (!strncmp(change->name, "fcntl", 5) && call->arg[1] != F_DUPFD &&
		    call->arg[1] != F_DUPFD_CLOEXEC)
			break;
		from = *find(call->event.tgid, (int32_t)call->arg[0]);
		if (from)
			keep(call->event.tgid, call->result, from->path);
		else
			forget(call->event.tgid, call->result);
		break;
	case MAKES:
		made(change->name, call->event.tgid, call->result);
		break;
	case CLOSES:
		forget(call->event.tgid, (int32_t)call->arg[0]);
		break;
	case CLOSES_RANGE:
		closed_range(call);
		break;
	}
}

void fds_fork(uint32_t parent, uint32_t child)
{
	struct fd *fd;
	size_t i;

	/* What is added to a bucket on the way is the child's, and is passed over. */
	for (i = 0; i < BUCKETS; i++)
		for (fd = buckets[i]; fd; fd = fd->next)
			if (fd->tgid == parent && !*find(child, fd->fd))
				keep(child, fd->fd, fd->path);
}

void fds_forget(uint32_t tgid)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct fd **at = &buckets[i];

		while (*at) {
			struct fd *fd = *at;

			if (fd->tgid != tgid) {
				at = &fd->next;
				continue;
			}
			*at = fd->next;
			free(fd);
		}
	}
}
