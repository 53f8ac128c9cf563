/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every test includes. */
#ifndef TESTS_LIB_H
#define TESTS_LIB_H

#include "tap.h"
#include "ring.h"
#include "proc.h"

#include <stdio.h>

static inline void lib_init(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
}

#endif
