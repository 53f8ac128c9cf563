/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The module, loaded and let go from within a test. */
#ifndef TESTS_MODULE_H
#define TESTS_MODULE_H

#include <stdbool.h>

/* 0 or -errno. Parameters as insmod takes them, "" for none. */
int module_load(const char *parameters);
/* 0 or -errno: -EAGAIN where somebody holds it. Does not wait. */
int module_unload(void);
/* The same, but tries again for ten seconds while somebody holds it; counts how often that was into *busy unless NULL. */
int module_unload_soon(unsigned int *busy);
bool module_loaded(void);
/*
 * Whether nothing of it is left: files, symbols, probes, slab caches. Says what
 * is. Looks through the kernel's symbols, which takes its time.
 */
bool module_gone(void);

#endif
