/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices that are made of nothing. */
#ifndef TESTS_DISK_H
#define TESTS_DISK_H

/* One of 1 GB that reads as zeroes and forgets what is written; its path. Bails out without. */
const char *scratch_disk(void);
void scratch_disk_off(void);

/* A swap area of 64 MB, which takes memory itself; NULL or why there is none. */
const char *swap_on(void);
void swap_off(void);
/* For child(): has 2 MB of memory swapped out. */
int swap_some(void *arg);

#endif
