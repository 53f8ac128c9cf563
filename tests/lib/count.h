/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Watches, what they counted, and what counts for them. */
#ifndef TESTS_COUNT_H
#define TESTS_COUNT_H

#include <sys/types.h>

#include "ring.h"

/* What WATCH_NEW takes. All zero: everything, just counts. */
struct watch {
	const pid_t *pids;	/* nr_pids of them */
	unsigned int nr_pids;
	uint64_t cgroup;
	bool by_uid;
	uid_t uid;
	const char *by, *name;
	bool times;
	uint32_t events;	/* bytes of ring */
	const uint32_t *calls;	/* nr_calls of RINGSIDE_CALL() */
	unsigned int nr_calls;
};

/* Its id, or -errno (and r->why, r->offset). */
int watch_try(struct ring *r, const struct watch *watch);
/* The same; bails out. */
uint32_t watch_new(struct ring *r, const struct watch *watch);
/* 0 or -errno. */
int watch_del(struct ring *r, uint32_t id);
/* Its row. Bails out when there is none. To be freed with rows_free(). */
const struct row *watch_row(struct ring *r, uint32_t id, struct rows *rows);
/* A number of its row. */
int64_t watch_number(struct ring *r, uint32_t id, int attr);

/* Its rows of SYSCALL_GET, ERROR_GET or LATENCY_GET. Bails out. */
void watch_dump(struct ring *r, int cmd, uint32_t id, struct rows *rows);

/*
 * Of these rows, those of a call, summed: for all processes and cgroups, or
 * with process not 0 for one. Any of the three commands: what their rows begin
 * with has the same numbers.
 */
struct of {
	const char *abi;	/* NULL: x86_64 */
	long call;
	pid_t process;
	uint64_t cgroup;
};

int64_t sum(const struct rows *rows, const struct of *of, int attr);
/* The first of them, or NULL. */
const struct row *first(const struct rows *rows, const struct of *of);
/* How often the call returned this error, out of rows of ERROR_GET. */
int64_t errors_of(const struct rows *rows, const struct of *of, int err);

#define CALL(nr) (&(struct of){ .call = (nr) })
#define CALL_OF(pid, nr) (&(struct of){ .call = (nr), .process = (pid) })
#define CALL_IN(id, nr) (&(struct of){ .call = (nr), .cgroup = (id) })
#define CALL_X86(nr) (&(struct of){ .abi = "x86", .call = (nr) })

/* Makes so many calls of getppid(), which nobody else in a guest makes. */
void getppids(unsigned int nr);

/* What counts: "direct", "kprobe", "tracepoint". Ends with NULL. */
extern const char * const backends[];
/* The switch in sysfs: 0, or -errno. */
int backend_choose(const char *name);
/* One result: it is chosen, and counts for a watch. "auto" too, which may be any. */
bool backend_works(struct ring *r, const char *name);
/* An item of status: its state (and detail). Bails out when there is none. */
void status_of(struct ring *r, const char *item, char *state, size_t size, char *detail, size_t detail_size);
/* Whether it comes to be so within some seconds. */
bool status_becomes(struct ring *r, const char *item, const char *state);

#endif
