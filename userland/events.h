/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of a watch, read from the module and put in order
 */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/ringside_events.h>

struct events;

/* Those of a watch made with EVENTS. NULL after a sentence. */
struct events *events_open(uint32_t watch);
void events_close(struct events *events);

/* To be polled for reading. */
int events_fd(const struct events *events);

/*
 * Takes in what there is, without waiting. 1; EVENTS_FULL when it is as much as is
 * kept at a time, and there may be more; 0 when nothing more will come; -1 after a
 * sentence.
 */
#define EVENTS_FULL	2

int events_fill(struct events *events);

/*
 * The next of what was taken in, in the order in which calls began: so it waits for
 * what began earlier and ends later, but no longer than EVENTS_WINDOW; a call that
 * took longer comes as soon as it is over. NULL: none is ripe, or with all: there
 * are none. It lasts until the next is asked for.
 */
#define EVENTS_WINDOW	20000000	/* ns */

const struct ringside_event *events_next(struct events *events, bool all);

/* How long it may be until one is ripe, at most so many milliseconds. */
int events_wait(const struct events *events, int most);

/* When a call began, any other was made: ns. */
uint64_t event_start(const struct ringside_event *event);

#endif
