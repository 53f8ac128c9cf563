/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel addresses and poison in what was answered: every window of eight bytes
 * against the ranges that the kernel says its memory has (/proc/kcore).
 */
#ifndef TESTS_LEAK_H
#define TESTS_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct leaks {
	const char *where;	/* what is looked at, for words about a hit */
	unsigned long long windows, numbers, hits, poison;
};

extern struct leaks leaks;

/* Reads the ranges; how many there are. Bails out. */
unsigned int leaks_init(void);
/* Where the first of them begins. */
uint64_t leaks_first(void);
/* Looks at a message, or any bytes; fits wire_tap of ring.h. */
void leaks_scan(const void *message, size_t len);
/* Looks at the numbers of a text, decimal and hexadecimal. */
void leaks_scan_text(const char *text);

#endif
