/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System calls by name, and sets of them as -e has them
 */
#ifndef CALLSET_H
#define CALLSET_H

#include <stdbool.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#define CALL_ABIS	3	/* RINGSIDE_ABI_* */
#define CALL_NUMBERS	576	/* no number is as high */

/* The number of an ABI by the kernel's name for it, -1 for one not known here. */
int call_abi(const char *name);

/* The call's name, or NULL where nobody knows it. */
const char *call_name(int abi, int number);

/* All zero: every call belongs to it. */
struct callset {
	bool chosen;
	bool inverted;		/* the calls that aren't below */
	uint64_t calls[CALL_ABIS][CALL_NUMBERS / 64];
};

/*
 * What -e is given, in strace's syntax: names, numbers, %classes, /patterns,
 * each with @64, @32 or @x32 behind it when it is for one ABI; ! in front of all
 * inverts. It takes the place of what the set was. 0, or -1 after a sentence.
 */
int callset_parse(struct callset *set, const char *text);

bool callset_has(const struct callset *set, int abi, int number);

/*
 * Has the kernel keep just these calls, as far as that can be said in a
 * request: of an inverted set it keeps all.
 */
void callset_put(const struct callset *set, struct nlmsghdr *nlh);

#endif
