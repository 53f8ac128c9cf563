/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Calls that the vDSO answers without crossing: nobody in the kernel sees them, so
 * breakpoints of the processor's own count them as its functions are entered.
 */
#ifndef VDSO_H
#define VDSO_H

#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "options.h"

enum vdso_when {
	VDSO_AUTO,		/* if it can be done */
	VDSO_ALWAYS,
	VDSO_NEVER,
};

/* A word: 0, or -1 after a sentence. */
int vdso_parse(const char *word, enum vdso_when *when);

struct vdso {
	enum vdso_when when;
	bool holding;
	bool counting;
	char why_not[96];	/* it counts nothing; part of a sentence */
	uint64_t held;		/* ns that the program was stopped for it */
	int *fds;		/* of breakpoints, a row of them a thread */
	size_t nr_fds;
};

/*
 * Has the child stop in its execve(), which it is about to be let go for: before
 * that there is no program to look at. And there sets the breakpoints and lets it
 * go on. 0, or -1 after a sentence if it had to be done and can't.
 */
int vdso_hold(struct vdso *vdso, const struct child *child);
void vdso_release(struct vdso *vdso, struct child *child);

/* Sets them in processes that run, which are not stopped. 0 or -1, likewise. */
int vdso_attach(struct vdso *vdso, const struct pids *pids);

/*
 * What was counted, or why nothing was, as a sentence. Crossed gives how often a
 * call of that name crossed all the same: some clocks the vDSO passes on.
 */
void vdso_tell(const struct vdso *vdso, uint64_t (*crossed)(const void *data, const char *name),
	       const void *data, char *text, size_t size);

void vdso_end(struct vdso *vdso);

#endif
