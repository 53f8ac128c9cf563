/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A call as a person reads it, in strace's words
 */
#ifndef DECODE_H
#define DECODE_H

#include <linux/ringside_events.h>

#include "line.h"

struct decoding {
	size_t strings;		/* bytes shown of a string that is no path */
	bool paths;		/* what descriptors are open on, too */
};

/* Its name, syscall_0x3e8 where it has none. */
void decode_name(struct line *line, const struct ringside_event_call *call);

/* Its arguments, without the brackets around them. */
void decode_args(struct line *line, const struct decoding *how,
		 const struct ringside_event_call *call);

/* What it returned, as in "3" or "-1 ENOENT (No such file or directory)". */
void decode_result(struct line *line, const struct decoding *how,
		   const struct ringside_event_call *call);

/* Just what it is about, if that is known: a path, or a descriptor. For pictures. */
void decode_brief(struct line *line, const struct ringside_event_call *call);

/* Just the number, or the error's name. Likewise. */
void decode_brief_result(struct line *line, const struct ringside_event_call *call);

/* A signal's name, with SIG. */
void decode_signal(struct line *line, unsigned int sig);

/* What that argument pointed at, as it was before the call or as it was after it; or NULL. */
const struct ringside_capture *decode_capture(const struct ringside_event_call *call,
					      unsigned int arg, bool written);

#endif
