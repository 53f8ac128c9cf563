// SPDX-License-Identifier: GPL-2.0-or-later
/* A reader of records, for tests. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "events.h"
#include "tap.h"

unsigned int events_errors;
char events_error[256];

static void wrong(const struct ringside_event *event, const char *what)
{
	events_errors++;
	snprintf(events_error, sizeof(events_error), "a record of type %u and %u bytes: %s", event->type, event->size, what);
}

static void check_call(const struct ringside_event_call *call)
{
	const char *at = (const char *)(call + 1), *end = (const char *)call + call->event.size;
	unsigned int i;

	for (i = 0; i < call->captures; i++) {
		const struct ringside_capture *capture = (const void *)at;

		if (at + sizeof(*capture) > end || at + capture->size > end ||
		    capture->size != (sizeof(*capture) + capture->length + 7) / 8 * 8) {
			wrong(&call->event, "a capture leaves it");
			return;
		}
		if (capture->arg > 5 || !capture->kind || capture->kind > RINGSIDE_CAPTURE_TEXTS || capture->reserved ||
		    capture->flags > 15)
			wrong(&call->event, "a capture makes no sense");
		at += capture->size;
	}
	if (at != end)
		wrong(&call->event, "there is more behind its captures");
	if (call->start > call->event.time || call->off_cpu > call->event.time - call->start)
		wrong(&call->event, "its times make no sense");
	if (call->event.flags & RINGSIDE_CALL_HIDDEN && (call->captures || call->result || call->arg[0]))
		wrong(&call->event, "it shows what it hides");
}

static const size_t sizes[] = {
	[RINGSIDE_EVENT_CALL] = sizeof(struct ringside_event_call),
	[RINGSIDE_EVENT_JOIN] = sizeof(struct ringside_event_join),
	[RINGSIDE_EVENT_EXEC] = sizeof(struct ringside_event_exec),
	[RINGSIDE_EVENT_EXIT] = sizeof(struct ringside_event_exit),
	[RINGSIDE_EVENT_LEAVE] = sizeof(struct ringside_event),
	[RINGSIDE_EVENT_LOST] = sizeof(struct ringside_event_lost),
};

static void check(const struct ringside_event *event)
{
	if (!event->type || event->type >= NR(sizes)) {
		wrong(event, "there is no such type");
		return;
	}
	if (event->type == RINGSIDE_EVENT_CALL ? event->size < sizes[event->type] : event->size != sizes[event->type]) {
		wrong(event, "it has another size");
		return;
	}
	if (event->type == RINGSIDE_EVENT_LOST ? event->tid || event->tgid : !event->tid || !event->tgid)
		wrong(event, "it is of no thread, or of one");
	if (event->type == RINGSIDE_EVENT_CALL)
		check_call((const void *)event);
	else if (event->flags)
		wrong(event, "it has flags");
}

int events_open(uint32_t id, int flags)
{
	int fd = open(RINGSIDE_EVENTS_FILE, O_RDWR | O_CLOEXEC | flags), err;
	char text[16];

	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u\n", id);
	if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int events_reader(uint32_t id)
{
	int fd = events_open(id, 0);

	if (fd < 0)
		bail("no reader: %s", strerror(-fd));
	return fd;
}

static void find_all(struct events *events)
{
	size_t at;

	events->nr = 0;
	for (at = 0; at < events->length;) {
		const struct ringside_event *event = (const void *)(events->bytes + at);

		if (events->length - at < sizeof(*event) || event->size < sizeof(*event) || event->size % 8 ||
		    event->size > events->length - at || event->size > RINGSIDE_EVENT_MAX)
			bail("a record of %u bytes, of %zu that are left", event->size, events->length - at);
		events->event[events->nr++] = event;
		at += event->size;
	}
}

ssize_t events_read(int fd, size_t size, struct events *events)
{
	unsigned int had = events->nr;
	ssize_t got;

	if (events->room - events->length < size) {
		events->room = events->room * 2 + size;
		events->bytes = realloc(events->bytes, events->room);
		events->event = realloc(events->event, events->room / sizeof(struct ringside_event) * sizeof(*events->event));
		if (!events->bytes || !events->event)
			bail("no memory");
	}
	got = read(fd, events->bytes + events->length, size);
	if (got < 0)
		return -errno;
	events->length += got;
	find_all(events);
	for (; had < events->nr; had++)
		check(events->event[had]);
	return got;
}

void events_all(int fd, struct events *events)
{
	ssize_t got;

	do {
		got = events_read(fd, 1 << 16, events);
		if (got < 0)
			bail("records can't be read: %s", strerror(-got));
	} while (got);
}

void events_free(struct events *events)
{
	free(events->bytes);
	free(events->event);
	memset(events, 0, sizeof(*events));
}

ssize_t events_sum(int fd, struct events_sums *sums)
{
	static struct events some;
	unsigned int i;
	ssize_t got;

	some.length = some.nr = 0;
	got = events_read(fd, 1 << 16, &some);
	for (i = 0; i < some.nr; i++) {
		const struct ringside_event *event = some.event[i];
		const struct ringside_event_call *call = (const void *)event;

		if (event->type == RINGSIDE_EVENT_LOST) {
			sums->lost += ((const struct ringside_event_lost *)event)->lost;
			continue;
		}
		sums->records++;
		sums->calls += event->type == RINGSIDE_EVENT_CALL && call->abi == RINGSIDE_ABI_NATIVE &&
			       call->call == sums->call;
	}
	return got;
}

void recorder_start(struct recorder *recorder, uint32_t id, int32_t call)
{
	int fd = events_reader(id);
	ssize_t got;

	recorder->id = id;
	recorder->sums = shared(sizeof(*recorder->sums));
	recorder->sums->call = call;
	fflush(stdout);
	recorder->pid = fork();
	if (recorder->pid < 0)
		bail("fork: %s", strerror(errno));
	if (!recorder->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((got = events_sum(fd, recorder->sums)) > 0)
			;
		if (events_errors)
			diag("%u records are wrong: %s", events_errors, events_error);
		_exit(got || events_errors);
	}
	close(fd);
}

void recorder_end(struct recorder *recorder, struct ring *r, const char *words)
{
	struct rows rows;
	const struct row *row = watch_row(r, recorder->id, &rows);
	long long records = row->v[RINGSIDE_A_WATCH_RECORDED], lost = row->v[RINGSIDE_A_WATCH_LOST];
	int status;

	rows_free(&rows);
	is(watch_del(r, recorder->id), 0, "%s: the watch ends", words);
	ok(waitpid(recorder->pid, &status, 0) == recorder->pid && !status,
	   "%s: and its reader, which found them all to be good", words);
	is(recorder->sums->records, records, "%s: it read each of them", words);
	is(recorder->sums->lost, lost, "%s: and was told of each that was lost", words);
	note("%s: %lld read meanwhile, %lld lost", words, records, lost);
}

static bool matches(const struct ringside_event *event, uint32_t tid, uint16_t type)
{
	return (!tid || event->tid == tid) && (!type || event->type == type);
}

const void *events_find(const struct events *events, uint32_t tid, uint16_t type, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < events->nr; i++)
		if (matches(events->event[i], tid, type) && !nth--)
			return events->event[i];
	return NULL;
}

unsigned int events_count(const struct events *events, uint32_t tid, uint16_t type)
{
	unsigned int i, nr = 0;

	for (i = 0; i < events->nr; i++)
		nr += matches(events->event[i], tid, type);
	return nr;
}

const struct ringside_capture *capture_of(const struct ringside_event_call *call, unsigned int arg, uint8_t written)
{
	const char *at = (const char *)(call + 1);
	unsigned int i;

	for (i = 0; i < call->captures; i++) {
		const struct ringside_capture *capture = (const void *)at;

		if (capture->arg == arg && (capture->flags & RINGSIDE_CAPTURE_WRITTEN) == written)
			return capture;
		at += capture->size;
	}
	return NULL;
}

bool capture_is(const struct ringside_capture *capture, const void *bytes, size_t length, uint8_t flags)
{
	return capture && (capture->flags & ~RINGSIDE_CAPTURE_LATE) == flags && capture->length == length &&
	       !memcmp(capture->data, bytes, length);
}
