/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same rows from the text in /proc/ringside
 */
#ifndef PROCFILE_H
#define PROCFILE_H

#include "rows.h"

/*
 * Replaces the rows by what the noun's file says. 0, or -1 when it failed and
 * a sentence was printed.
 */
int procfile_get(struct rows *rows);

#endif
