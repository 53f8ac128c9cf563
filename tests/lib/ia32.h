/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers of the 32-bit ABI, and how often tests/guest/helper-ia32.S calls them. */
#ifndef TESTS_IA32_H
#define TESTS_IA32_H

#define IA32_EXIT	1
#define IA32_CLOSE	6
#define IA32_GETPID	20
#define IA32_GETUID	199
#define IA32_GETPPID	64
#define IA32_UNUSED	222	/* in range, and nobody's */
#define IA32_EXIT_GROUP	252

#define IA32_GETPPIDS	1000
#define IA32_CLOSES	500
#define IA32_GETUIDS	250
#define IA32_UNUSEDS	7
#define IA32_ODD	4	/* numbers out of range */

#endif
