/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What descriptors of processes are open on, as far as it can be told: records are
 * read when their calls are over, and the process may be elsewhere by then. So they
 * are known by what it had at first and by its calls since.
 */
#ifndef FDS_H
#define FDS_H

#include <stdint.h>

#include <linux/ringside_events.h>

/* A process is looked at from now on: what it has open now, and where it is. */
void fds_begin(uint32_t tgid);

/* Its path, or "socket:[123]" and the like; NULL: not known. AT_FDCWD is one. */
const char *fds_path(uint32_t tgid, int fd);

/* What that call changed; to be told of each, once its arguments were written. */
void fds_called(const struct ringside_event_call *call);

/* A new process has what the one has that made it. */
void fds_fork(uint32_t parent, uint32_t child);

/* A process ended. */
void fds_forget(uint32_t tgid);

#endif
