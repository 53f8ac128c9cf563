// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Chrome's trace event format, which Perfetto reads too: a track a thread and ring
 */
#include <stdlib.h>
#include <string.h>

#include "cross.h"
#include "decode.h"
#include "format.h"
#include "rows.h"

/* Tracks are told apart by numbers of threads: those of ring 0 are beyond them all. */
#define RING0		10000000

static void put_string(FILE *out, const char *text, size_t len)
{
	char *plain = reallocate(NULL, len + 1), *utf8 = reallocate(NULL, 4 * len + 1);
	const char *at;

	memcpy(plain, text, len);
	plain[len] = '\0';
	format_utf8(plain, utf8);
	fputc('"', out);
	for (at = utf8; *at; at++) {
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if ((unsigned char)*at < ' ')
			fprintf(out, "\\u%04x", *at);
		else
			fputc(*at, out);
	}
	fputc('"', out);
	free(plain);
	free(utf8);
}

/* Microseconds, of nanoseconds. */
static void put_us(FILE *out, const char *name, uint64_t ns)
{
	fprintf(out, ",\"%s\":%llu.%03u", name, (unsigned long long)(ns / 1000),
		(unsigned int)(ns % 1000));
}

static void put_track(FILE *out, uint32_t tgid, uint64_t track, const char *name, uint64_t order)
{
	fprintf(out,
		",\n{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":%u,\"tid\":%llu,\"args\":{\"name\":",
		tgid, (unsigned long long)track);
	put_string(out, name, strlen(name));
	fprintf(out,
		"}},\n{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":%u,\"tid\":%llu,\"args\":{\"sort_index\":%llu}}",
		tgid, (unsigned long long)track, (unsigned long long)order);
}

void perfetto_begin(FILE *out)
{
	/* Every event after it begins with its comma. */
	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"made by\":\"ringside " RINGSIDE_VERSION
	      "\"},\n"
	      "\"traceEvents\":[\n{\"ph\":\"M\",\"name\":\"trace_name\",\"pid\":0,\"tid\":0,\"args\":{\"name\":\"ringside\"}}",
	      out);
}

void perfetto_name(FILE *out, uint32_t tgid, uint32_t tid, const char *comm)
{
	char name[64];

	if (tid == tgid) {
		fprintf(out,
			",\n{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":%u,\"tid\":%u,\"args\":{\"name\":",
			tgid, tid);
		put_string(out, comm, strlen(comm));
		fputs("}}", out);
	}
	snprintf(name, sizeof(name), "%s, ring 3", comm);
	put_track(out, tgid, tid, name, 2ULL * tid);
	snprintf(name, sizeof(name), "%s, ring 0", comm);
	put_track(out, tgid, (uint64_t)RING0 + tid, name, 2ULL * tid + 1);
}

static void put_event(FILE *out, const char *phase, uint32_t tgid, uint64_t track, uint64_t time)
{
	fprintf(out, ",\n{\"ph\":\"%s\",\"pid\":%u,\"tid\":%llu", phase, tgid,
		(unsigned long long)track);
	put_us(out, "ts", time);
}

void perfetto_call(FILE *out, const struct ringside_event_call *call, uint64_t start, uint64_t user)
{
	static const struct decoding how = { .strings = 64 };
	const struct ringside_event *event = &call->event;
	static struct line line;

	if (user) {
		put_event(out, "X", event->tgid, event->tid, start - (user < start ? user : start));
		put_us(out, "dur", user < start ? user : start);
		fputs(",\"name\":\"ring 3\",\"cat\":\"ring 3\"}", out);
	}
	/* What never returned goes on to the end. */
	put_event(out, event->flags & RINGSIDE_CALL_UNRETURNED ? "B" : "X", event->tgid,
		  (uint64_t)RING0 + event->tid, start);
	if (!(event->flags & RINGSIDE_CALL_UNRETURNED))
		put_us(out, "dur", event->time - call->start);
	line.len = 0;
	decode_name(&line, call);
	fputs(",\"cat\":\"ring 0\",\"name\":", out);
	put_string(out, line.text, line.len);
	line.len = 0;
	decode_args(&line, &how, call);
	fputs(",\"args\":{\"arguments\":", out);
	put_string(out, line.text, line.len);
	line.len = 0;
	decode_result(&line, &how, call);
	fputs(",\"result\":", out);
	put_string(out, line.text, line.len);
	put_us(out, "asleep_us", call->off_cpu);
	fprintf(out,
		",\"cpu\":%u,\"voluntary_switches\":%u,\"involuntary_switches\":%u,\"minor_faults\":%u,\"major_faults\":%u}}",
		event->cpu, call->nvcsw, call->nivcsw, call->min_flt, call->maj_flt);
}

void perfetto_mark(FILE *out, uint32_t tgid, uint32_t tid, uint64_t time, const char *what)
{
	put_event(out, "i", tgid, tid, time);
	fprintf(out, ",\"s\":\"%s\",\"name\":", tid ? "t" : "g");
	put_string(out, what, strlen(what));
	fputs("}", out);
}

void perfetto_end(FILE *out)
{
	fputs("\n]}\n", out);
}
