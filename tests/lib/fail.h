/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocations that fail because they are told to (CONFIG_FAULT_INJECTION), on
 * kernel kasan: those made below one function or module, so that what fails is
 * what the module asked for, in whatever depth of the kernel. But not below
 * disarm_kprobe(): the kernel itself has no way out there, it warns ("Failed to
 * disarm kprobe-ftrace") and keeps the probe.
 */
#ifndef TESTS_FAIL_H
#define TESTS_FAIL_H

#include <stdbool.h>

/* Bails out without CONFIG_FAULT_INJECTION and what goes with it. */
void fail_init(void);

/* Which: those that the module makes (it is loaded), or those below a function of the kernel's own. */
void fail_in_module(void);
void fail_in_function(const char *name);

/* From now on the nth of these that this thread makes fails, once. */
void fail_arm(unsigned int n);
/* No more. How many it would still have taken; 0: it has failed. */
unsigned int fail_disarm(void);

/*
 * The same for whoever makes them, as for a worker of the kernel's: about one
 * in n, once.
 */
void fail_anyone(unsigned int n);
/* No more. Whether one has failed. */
bool fail_anyone_end(void);

#endif
