// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside trace: every crossing a line, in strace's words
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "decode.h"
#include "fds.h"
#include "say.h"
#include "session.h"

#define NSEC		1000000000LL
#define RESULT_COLUMN	40	/* where results begin, if there is room */
#define STRINGS		32
#define STRINGS_MAX	RINGSIDE_CAPTURE_STRING
#define OUTPUT_BUFFER	(256 * 1024)

enum stamp {
	STAMP_NONE,
	STAMP_SECONDS,		/* -t */
	STAMP_MICROSECONDS,	/* -tt */
	STAMP_EPOCH,		/* -ttt */
};

struct trace {
	struct session session;
	struct decoding how;
	bool follow;
	bool spent;		/* -T */
	bool relative;		/* -r */
	unsigned int stamp;
	bool failed_only, successful_only;
	const char *to;

	FILE *out;
	bool broken;		/* it can't be written any more */
	struct line line;
	unsigned int threads;	/* that are followed now */
	uint64_t lost;		/* records, as far as told */
	uint64_t last;		/* when the call before began */
	int64_t epoch;		/* what makes a record's time that of the day, ns */
};

static const struct choice choices[] = {
	{ 'p', "pid", "PID,...", "these processes, until Ctrl-C or their end" },
	{ 'f', "follow", NULL, "their other threads and children too" },
	{ 'e', "trace", "SET", "just these calls: names, %classes, !SET for all others" },
	{ 'o', "output", "FILE", "write there, not to standard error" },
	{ 's', "strings", "BYTES", "show so much of a string (32)" },
	{ 'T', "spent", NULL, "the time each call took" },
	{ 'r', "relative", NULL, "the time since the call before began" },
	{ 't', "time", NULL, "the time of day; -tt with microseconds, -ttt since 1970" },
	{ 'y', "paths", NULL, "what descriptors are open on" },
	{ 'z', "successful", NULL, "just calls that succeed" },
	{ 'Z', "failed", NULL, "just calls that fail" },
	{ 'h', "help", NULL, "this text" },
	{ }
};

static void help(void)
{
	fputs("Usage: ringside trace [options] [--] COMMAND [ARGUMENT...]\n"
	      "       ringside trace [options] -p PID\n\n"
	      "Shows every system call of a COMMAND or of a process, in strace's words, without\n"
	      "stopping anyone. Lines go to standard error.\n\nOptions:\n", stdout);
	options_help(choices);
}

static int take_option(struct trace *trace, int letter)
{
	unsigned long count;

	switch (letter) {
	case 'p':
		return parse_pids(optarg, &trace->session.wish.pids);
	case 'f':
		trace->follow = true;
		return 0;
	case 'e':
		return callset_parse(&trace->session.wish.set, optarg);
	case 'o':
		trace->to = optarg;
		return 0;
	case 's':
		if (parse_count(optarg, "number of bytes", &count))
			return -1;
		if (count > STRINGS_MAX) {
			say("-s: the module copies no more than %d bytes of a string", STRINGS_MAX);
			return -1;
		}
		trace->how.strings = count;
		return 0;
	case 'T':
		trace->spent = true;
		return 0;
	case 'r':
		trace->relative = true;
		return 0;
	case 't':
		trace->stamp += trace->stamp < STAMP_EPOCH;
		return 0;
	case 'y':
		trace->how.paths = true;
		return 0;
	case 'z':
		trace->successful_only = true;
		return 0;
	case 'Z':
		trace->failed_only = true;
		return 0;
	default:
		return -1;
	}
}

/* The index of the first operand, or -1 with a status. */
static int parse(struct trace *trace, int argc, char **argv, int *status)
{
	struct options options;
	int letter;

	options_init(&options, argv, true);
	options_add(&options, choices);
	*status = EXIT_USAGE;
	while ((letter = options_next(&options, argc, argv)) >= 0) {
		if (letter == 'h') {
			help();
			*status = EXIT_OK;
			return -1;
		}
		if (letter == '?' || take_option(trace, letter))
			return -1;
	}
	if (session_check(&trace->session, "trace", argv[optind]))
		return -1;
	if (trace->failed_only && trace->successful_only) {
		say("-z and -Z together leave no call to show");
		return -1;
	}
	return optind;
}

/* Said once; what is traced goes on. */
static void say_broken(struct trace *trace)
{
	if (trace->broken)
		return;
	trace->broken = true;
	say("cannot write %s: %s", trace->to ?: "standard error", strerror(errno));
}

static void put_line(struct trace *trace)
{
	line_add(&trace->line, "\n", 1);
	if (!trace->broken &&
	    fwrite_unlocked(trace->line.text, 1, trace->line.len, trace->out) != trace->line.len)
		say_broken(trace);
	trace->line.len = 0;
}

static void put_stamps(struct trace *trace, uint64_t time)
{
	struct line *line = &trace->line;
	int64_t at = (int64_t)time + trace->epoch, since;
	time_t seconds = at / NSEC;
	long long micros = at % NSEC / 1000;
	struct tm tm;
	char text[16];

	if (trace->stamp == STAMP_EPOCH) {
		line_print(line, "%lld.%06lld ", (long long)seconds, micros);
	} else if (trace->stamp) {
		localtime_r(&seconds, &tm);
		strftime(text, sizeof(text), "%T", &tm);
		line_word(line, text);
		if (trace->stamp == STAMP_MICROSECONDS)
			line_print(line, ".%06lld", micros);
		line_add(line, " ", 1);
	}
	if (!trace->relative)
		return;
	since = trace->last ? (int64_t)(time - trace->last) : 0;
	trace->last = time;
	/* One that took long comes after those that began while it did. */
	line_print(line, "%s%5lld.%06lld ", since < 0 ? "-" : " ", llabs(since) / NSEC,
		   llabs(since) % NSEC / 1000);
}

/* What a line of that thread begins with. */
static void begin_line(struct trace *trace, uint32_t tid, uint64_t time)
{
	if (trace->follow && trace->to)
		line_print(&trace->line, "%-5u ", tid);
	else if (trace->follow && trace->threads > 1)
		line_print(&trace->line, "[pid %5u] ", tid);
	if (trace->stamp || trace->relative)
		put_stamps(trace, time);
}

static bool is_wanted(const struct trace *trace, const struct ringside_event_call *call)
{
	bool failed = call->event.flags & RINGSIDE_CALL_FAILED;

	if (!callset_has(&trace->session.wish.set, call->abi, call->call))
		return false;
	if (!trace->failed_only && !trace->successful_only)
		return true;
	if (call->event.flags & RINGSIDE_CALL_UNRETURNED)
		return false;
	return trace->failed_only ? failed : !failed;
}

static void put_call(struct trace *trace, const struct ringside_event_call *call)
{
	struct line *line = &trace->line;

	if (!is_wanted(trace, call)) {
		if (trace->how.paths)
			fds_called(call);
		return;
	}
	begin_line(trace, call->event.tid, call->start);
	decode_name(line, call);
	line_add(line, "(", 1);
	decode_args(line, &trace->how, call);
	line_add(line, ") ", 2);
	line_fill(line, RESULT_COLUMN);
	line_add(line, "= ", 2);
	if (trace->how.paths)
		fds_called(call);
	decode_result(line, &trace->how, call);
	if (trace->spent && !(call->event.flags & (RINGSIDE_CALL_UNRETURNED | RINGSIDE_CALL_MISSED))) {
		uint64_t took = call->event.time - call->start;

		line_print(line, " <%llu.%06llu>", took / NSEC, took % NSEC / 1000);
	}
	if (call->event.flags & RINGSIDE_CALL_MISSED)
		line_word(line, " <its beginning was not seen>");
	put_line(trace);
}

static void put_exit(struct trace *trace, const struct ringside_event_exit *exit)
{
	struct line *line = &trace->line;

	begin_line(trace, exit->event.tid, exit->event.time);
	if (WIFSIGNALED(exit->status)) {
		line_word(line, "+++ killed by ");
		decode_signal(line, WTERMSIG(exit->status));
		line_word(line, WCOREDUMP(exit->status) ? " (core dumped) +++" : " +++");
	} else {
		line_print(line, "+++ exited with %u +++", WEXITSTATUS(exit->status));
	}
	put_line(trace);
}

/* Without -f just the threads that were named. */
static bool is_asked(const struct trace *trace, uint32_t tid)
{
	const struct pids *pids = &trace->session.wish.pids;
	unsigned int i;

	if (trace->follow || !tid)
		return true;
	for (i = 0; i < pids->nr; i++)
		if (pids->list[i] == tid)
			return true;
	return false;
}

static void put_lost(struct trace *trace, const struct ringside_event_lost *lost)
{
	trace->lost += lost->lost;
	line_print(&trace->line, "+++ %llu records lost on CPU %u +++",
		   (unsigned long long)lost->lost, lost->event.cpu);
	put_line(trace);
}

/* Those that no record came after. */
static void put_last_lost(struct trace *trace)
{
	const struct session *session = &trace->session;
	struct watch_side side;

	if (!watch_look(session->client, session->watch, &side) || side.lost <= trace->lost)
		return;
	line_print(&trace->line, "+++ %llu records lost until the end +++",
		   (unsigned long long)(side.lost - trace->lost));
	put_line(trace);
}

static void take_join(struct trace *trace, const struct ringside_event_join *join)
{
	trace->threads++;
	if (!trace->how.paths || join->parent_tgid == join->event.tgid)
		return;
	if (join->parent_tgid)
		fds_fork(join->parent_tgid, join->event.tgid);
	else if (join->event.tid == join->event.tgid && !fds_path(join->event.tgid, AT_FDCWD))
		fds_begin(join->event.tgid);
}

static void take(void *data, const struct ringside_event *event)
{
	struct trace *trace = data;

	switch (event->type) {
	case RINGSIDE_EVENT_CALL:
		if (is_asked(trace, event->tid))
			put_call(trace, (const struct ringside_event_call *)event);
		break;
	case RINGSIDE_EVENT_JOIN:
		take_join(trace, (const struct ringside_event_join *)event);
		break;
	case RINGSIDE_EVENT_EXIT:
		if (is_asked(trace, event->tid))
			put_exit(trace, (const struct ringside_event_exit *)event);
		if (event->tid == event->tgid)
			fds_forget(event->tgid);
		trace->threads -= trace->threads > 0;
		break;
	case RINGSIDE_EVENT_LEAVE:
		trace->threads -= trace->threads > 0;
		if (!is_asked(trace, event->tid))
			break;
		begin_line(trace, event->tid, event->time);
		line_word(&trace->line, "+++ no longer followed: it runs as somebody else now +++");
		put_line(trace);
		break;
	case RINGSIDE_EVENT_LOST:
		put_lost(trace, (const struct ringside_event_lost *)event);
		break;
	}
}

/* Nobody is to wait for lines that are there already. */
static void pause_output(void *data)
{
	struct trace *trace = data;

	if (!trace->broken && fflush(trace->out))
		say_broken(trace);
}

/* Where those are whose paths are to be told, before they go elsewhere. */
static int ready(void *data)
{
	const struct trace *trace = data;
	const struct pids *pids = &trace->session.wish.pids;
	unsigned int i;

	for (i = 0; trace->how.paths && i < pids->nr; i++)
		fds_begin(pids->list[i]);
	return 0;
}

static int open_output(struct trace *trace)
{
	static char buffer[OUTPUT_BUFFER];

	trace->out = trace->to ? fopen(trace->to, "we") : fdopen(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0), "w");
	if (!trace->out) {
		say("cannot write %s: %s", trace->to ?: "standard error", strerror(errno));
		return -1;
	}
	setvbuf(trace->out, buffer, _IOFBF, sizeof(buffer));
	return 0;
}

static void set_epoch(struct trace *trace)
{
	struct timespec day, now;

	clock_gettime(CLOCK_REALTIME, &day);
	clock_gettime(CLOCK_MONOTONIC, &now);
	trace->epoch = (day.tv_sec - now.tv_sec) * NSEC + day.tv_nsec - now.tv_nsec;
}

int trace_run(int argc, char **argv)
{
	static struct trace trace;
	struct session *session = &trace.session;
	int first, status;

	trace.how.strings = STRINGS;
	session->wish.command = argv[0];
	first = parse(&trace, argc, argv, &status);
	if (first < 0)
		return status;
	if (open_output(&trace))
		return EXIT_FAILED;
	set_epoch(&trace);
	session->argv = argv[first] ? argv + first : NULL;
	session->to_the_last = trace.follow;
	session->data = &trace;
	session->take = take;
	session->pause = pause_output;
	session->ready = ready;
	status = session_run(session);
	if (session->watch && status == EXIT_OK)
		put_last_lost(&trace);
	pause_output(&trace);
	if (session->watch && status == EXIT_OK)
		watch_say_missing(session->client, session->watch);
	session_close(session);
	if (trace.broken && status == EXIT_OK)
		status = EXIT_FAILED;
	if (fclose(trace.out) && status == EXIT_OK) {
		say_broken(&trace);
		status = EXIT_FAILED;
	}
	if (status == EXIT_OK && session->argv && session->child.over)
		status = child_leave(&session->child);
	return status;
}
