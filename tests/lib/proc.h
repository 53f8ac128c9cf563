/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel's own files say. */
#ifndef TESTS_PROC_H
#define TESTS_PROC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "ring.h"
#include "tap.h"

/* The whole file, ended with a NUL; NULL (and errno) when it can't be read. To be freed. */
char *slurp(const char *path, size_t *len);
/* "NAME" or "NAME:" and a number, at the start of a line; false if there is none. */
bool number_after(const char *text, const char *name, int64_t *value);
/* A small file's text without its last newline into buf; false if none. */
bool read_line(char *buf, size_t size, const char *format, ...) PRINTF(3);
bool write_file(const char *path, const char *format, ...) PRINTF(2);
/* The same in one write, of any text, also an empty one. 0 or -errno. */
int write_to(const char *path, const char *text);
/* The number in "net:[4026531992]", or 0. */
int64_t ns_inode(const char *format, ...) PRINTF(1);

/* A task as its files in /proc tell. */
struct task {
	pid_t pid, tid;
	bool gone;
	int64_t v[ATTRS];	/* by RINGSIDE_A_TASK_*; times in clock ticks */
	char comm[64];
	char state;
	bool is_kworker;
};

/* Thread tid of process pid, or the process when tid is 0. */
void task_read(struct task *task, pid_t pid, pid_t tid);

/* Every process in /proc (threads: every thread), in order. To be freed. */
struct task *tasks_read(bool threads, unsigned int *nr);
/* Just their numbers, in order; *nr of them. To be freed. */
pid_t *pids_read(const char *proc, unsigned int *nr);

#endif
