/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel itself says of its calls' arguments, in tracefs
 */
#ifndef METADATA_H
#define METADATA_H

#include "decode_tables.h"

/* The call's arguments by their types; NULL where that can't be read. It stays. */
const struct shape *metadata_shape(const char *name);

#endif
