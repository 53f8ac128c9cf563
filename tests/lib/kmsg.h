/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says, read by the test: for what it tells with a trace of calls
 * and is no trouble, which on the console would be taken for it.
 */
#ifndef TESTS_KMSG_H
#define TESTS_KMSG_H

/* From here on nothing but errors that end it goes to the console. */
void kmsg_begin(void);
/* What was said since the last time: how many of its lines have these words. Trouble in it is told by kmsg_end(). */
unsigned int kmsg_read(const char *words);
/* Reads the rest, and gives a result: that there was no trouble. The console is told all again. */
void kmsg_end(const char *what);

#endif
