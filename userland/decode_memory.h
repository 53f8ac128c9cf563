/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What arguments point at; and what decode.c has for it
 */
#ifndef DECODE_MEMORY_H
#define DECODE_MEMORY_H

#include "decode.h"

/* What that argument, an enum arg, points at. False: it isn't known, or not a pointer. */
bool decode_memory(struct line *line, const struct decoding *how,
		   const struct ringside_event_call *call, unsigned int kind, unsigned int i);

/* What the call left in memory that belongs to its result, in brackets. */
void decode_memory_result(struct line *line, const struct ringside_event_call *call,
			  const uint8_t *kinds);

/* decode.c */
void decode_address(struct line *line, uint64_t address);
void decode_flags(struct line *line, unsigned int arg, uint64_t value);
void decode_mode(struct line *line, uint64_t mode, bool type);
void decode_fd(struct line *line, const struct decoding *how,
	       const struct ringside_event_call *call, int fd);

#endif
