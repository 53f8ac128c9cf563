// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "events.h"
#include "rows.h"
#include "say.h"

#define NSEC	1000000000ULL
#define CHUNK	(64 * RINGSIDE_EVENT_MAX)
#define BACKLOG	500000	/* records that are kept here at most, before more are read */

struct waiting {
	uint64_t start;
	uint64_t number;	/* of those that begin at once, the first that was read */
	struct ringside_event *event;
};

struct events {
	int fd;
	uint64_t number;
	uint64_t now;			/* all up to here was read */
	struct waiting *heap;		/* the earliest first */
	size_t nr, room;
	struct ringside_event *given;	/* what events_next() gave last */
	char chunk[CHUNK] __attribute__((aligned(8)));
};

/* What a record of each type has at least. */
static const uint16_t sizes[] = {
	[RINGSIDE_EVENT_CALL] = sizeof(struct ringside_event_call),
	[RINGSIDE_EVENT_JOIN] = sizeof(struct ringside_event_join),
	[RINGSIDE_EVENT_EXEC] = sizeof(struct ringside_event_exec),
	[RINGSIDE_EVENT_EXIT] = sizeof(struct ringside_event_exit),
	[RINGSIDE_EVENT_LEAVE] = sizeof(struct ringside_event),
	[RINGSIDE_EVENT_LOST] = sizeof(struct ringside_event_lost),
};

uint64_t event_start(const struct ringside_event *event)
{
	if (event->type == RINGSIDE_EVENT_CALL)
		return ((const struct ringside_event_call *)event)->start;
	return event->time;
}

static void say_choose_error(int error)
{
	switch (error) {
	case ESRCH:
		say("the watch ended before its records could be read");
		break;
	case EXDEV:
		say("records are read in the pid namespace that the watch was made in");
		break;
	default:
		say("cannot read the records of a watch: %s", strerror(error));
	}
}

struct events *events_open(uint32_t watch)
{
	struct events *events;
	char text[16];
	int fd, len;

	fd = open(RINGSIDE_EVENTS_FILE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		if (errno == ENOENT)
			say("this module gives no records of calls: it is older than this tool, or /proc is not mounted");
		else
			say("cannot open %s: %s", RINGSIDE_EVENTS_FILE, strerror(errno));
		return NULL;
	}
	len = snprintf(text, sizeof(text), "%u", watch);
	if (write(fd, text, len) < 0) {
		say_choose_error(errno);
		close(fd);
		return NULL;
	}
	events = reallocate(NULL, sizeof(*events));
	memset(events, 0, offsetof(struct events, chunk));
	events->fd = fd;
	return events;
}

void events_close(struct events *events)
{
	size_t i;

	for (i = 0; i < events->nr; i++)
		free(events->heap[i].event);
	free(events->given);
	close(events->fd);
	free(events->heap);
	free(events);
}

int events_fd(const struct events *events)
{
	return events->fd;
}

static bool is_before(const struct waiting *a, const struct waiting *b)
{
	return a->start < b->start || (a->start == b->start && a->number < b->number);
}

static void push(struct events *events, const struct ringside_event *event)
{
	struct waiting new = { event_start(event), events->number++, NULL };
	size_t at = events->nr++;

	if (events->nr > events->room) {
		events->room = events->nr * 2;
		events->heap = reallocate(events->heap, events->room * sizeof(*events->heap));
	}
	new.event = reallocate(NULL, event->size);
	memcpy(new.event, event, event->size);
	while (at && is_before(&new, &events->heap[(at - 1) / 2])) {
		events->heap[at] = events->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	events->heap[at] = new;
}

static struct ringside_event *pop(struct events *events)
{
	struct ringside_event *event = events->heap[0].event;
	struct waiting last = events->heap[--events->nr];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= events->nr)
			break;
		if (child + 1 < events->nr &&
		    is_before(&events->heap[child + 1], &events->heap[child]))
			child++;
		if (!is_before(&events->heap[child], &last))
			break;
		events->heap[at] = events->heap[child];
		at = child;
	}
	events->heap[at] = last;
	return event;
}

/* Are a call's captures within its record? */
static bool captures_fit(const struct ringside_event_call *call)
{
	size_t at = sizeof(*call);
	unsigned int i;

	for (i = 0; i < call->captures; i++) {
		const struct ringside_capture *capture = (const void *)((const char *)call + at);
		size_t left = call->event.size - at;

		if (left < sizeof(*capture) || capture->size > left ||
		    capture->size < sizeof(*capture) ||
		    capture->length > capture->size - sizeof(*capture))
			return false;
		at += capture->size;
	}
	return true;
}

static int take_chunk(struct events *events, size_t len)
{
	size_t at = 0;

	while (len - at >= sizeof(struct ringside_event)) {
		const struct ringside_event *event = (const void *)(events->chunk + at);

		if (event->size < sizeof(*event) || event->size > len - at)
			break;
		at += event->size;
		if (!event->type || event->type >= sizeof(sizes) / sizeof(*sizes))
			continue;
		if (event->size < sizes[event->type] ||
		    (event->type == RINGSIDE_EVENT_CALL && !captures_fit((const void *)event)))
			break;
		push(events, event);
		if (event->time > events->now)
			events->now = event->time;
	}
	if (at == len)
		return 0;
	say("a record makes no sense: the module is of another version than this tool");
	return -1;
}

int events_fill(struct events *events)
{
	struct timespec now;
	ssize_t got;

	while (events->nr < BACKLOG) {
		/* What is read up to then has happened by then. */
		clock_gettime(CLOCK_MONOTONIC, &now);
		got = read(events->fd, events->chunk, sizeof(events->chunk));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN) {
			if (now.tv_sec * NSEC + now.tv_nsec > events->now)
				events->now = now.tv_sec * NSEC + now.tv_nsec;
			return 1;
		}
		if (got < 0) {
			say("cannot read records: %s", strerror(errno));
			return -1;
		}
		if (!got)
			return 0;
		if (take_chunk(events, got))
			return -1;
	}
	return EVENTS_FULL;
}

const struct ringside_event *events_next(struct events *events, bool all)
{
	free(events->given);
	events->given = NULL;
	if (!events->nr || (!all && events->heap[0].event->time + EVENTS_WINDOW > events->now))
		return NULL;
	events->given = pop(events);
	return events->given;
}

int events_wait(const struct events *events, int most)
{
	int window = EVENTS_WINDOW / 1000000;

	return events->nr && window < most ? window : most;
}
