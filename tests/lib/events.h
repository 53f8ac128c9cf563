/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A reader of /proc/ringside/events. What it takes in is held against the contract of the uapi
 * header (sizes, captures within their record, nothing reserved): what breaks it is counted in
 * events_errors and said in events_error.
 */
#ifndef TESTS_EVENTS_H
#define TESTS_EVENTS_H

#include <linux/ringside.h>
#include <linux/ringside_events.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <sys/types.h>

struct ring;

extern unsigned int events_errors;
extern char events_error[256];

struct events {
	char *bytes;
	size_t length, room;
	const struct ringside_event **event;	/* nr of them */
	unsigned int nr;
};

/* A file that reads this watch, opened with these further flags; or -errno. */
int events_open(uint32_t id, int flags);
/* The same; bails out. */
int events_reader(uint32_t id);
/*
 * One read() of at most size bytes, added to events: how many bytes, or -errno. Pointers into events
 * are no longer good after it.
 */
ssize_t events_read(int fd, size_t size, struct events *events);
/* Reads to the end of the watch. Bails out when that fails. */
void events_all(int fd, struct events *events);
void events_free(struct events *events);

/* Of records that are read and not kept. */
struct events_sums {
	unsigned long long records, lost;	/* those that say how many were lost are not in records */
	int32_t call;				/* one that is counted, of the native ABI; -1: none */
	unsigned long long calls;		/* of it */
};
/* One read(), added to the sums: 0 at the end of the watch, or -errno. */
ssize_t events_sum(int fd, struct events_sums *sums);

/* A process that reads the records of a watch as they come, and keeps none. */
struct recorder {
	uint32_t id;
	pid_t pid;
	struct events_sums *sums;	/* to be read when it has ended */
};

/* Begins it; call: as in the sums. */
void recorder_start(struct recorder *recorder, uint32_t id, int32_t call);
/*
 * Ends the watch; four results, with these words before them: it read every record, all were good,
 * and it was told of all that were lost.
 */
void recorder_end(struct recorder *recorder, struct ring *r, const char *words);

/* Whose: 0 for any. What: RINGSIDE_EVENT_*, 0 for any. The nth of them from 0 on, or NULL. */
const void *events_find(const struct events *events, uint32_t tid, uint16_t type, unsigned int nth);
unsigned int events_count(const struct events *events, uint32_t tid, uint16_t type);
/* The capture of an argument, with that flag or without (WRITTEN); NULL if there is none. */
const struct ringside_capture *capture_of(const struct ringside_event_call *call, unsigned int arg, uint8_t written);
/* Whether it has just these bytes, and just these flags beside LATE. */
bool capture_is(const struct ringside_capture *capture, const void *bytes, size_t length, uint8_t flags);

#endif
