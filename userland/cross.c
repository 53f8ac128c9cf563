// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside cross: a picture of a program crossing between ring 3 and ring 0
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "callset.h"
#include "commands.h"
#include "cross.h"
#include "decode.h"
#include "fold.h"
#include "format.h"
#include "rows.h"
#include "say.h"
#include "session.h"
#include "vdso.h"

#define TITLE		256	/* bytes of it, its NUL included */
#define BUCKETS		256	/* a power of two */
#define PATIENCE	1000000000ULL	/* ns a run may be waited for on a terminal */

/* One that is followed, by its number. */
struct thread {
	struct thread *next;
	uint32_t tid, tgid;
	char comm[16];
	bool known;		/* since when it has been in ring 3 */
	uint64_t since;		/* when it last came back there */
	struct fold fold;	/* of its calls */
};

struct cross {
	struct session session;
	struct vdso vdso;
	struct output {
		const char *name;
		FILE *file;
	} svg_to, perfetto_to;
	struct text_picture *text;
	struct svg *svg;
	struct summary summary;
	struct cost costs[CALL_ABIS][CALL_NUMBERS];
	struct thread *threads[BUCKETS];
	struct line line;
	bool begun;
	uint64_t first, last;	/* records, as they count time */
	char title[4 * TITLE + 1];
};

enum {
	LETTER_SVG = 256,
	LETTER_PERFETTO,
	LETTER_VDSO,
};

static const struct choice choices[] = {
	{ 'p', "pid", "PID,...", "these processes with their children, until they end" },
	{ LETTER_SVG, "svg", "FILE", "draw the picture there; the terminal has the summary" },
	{ LETTER_PERFETTO, "perfetto", "FILE", "every call, for Perfetto and chrome://tracing" },
	{ LETTER_VDSO, "vdso", "WHEN", "count what the vDSO answers: auto, always or never" },
	{ 'h', "help", NULL, "this text" },
	{ }
};

static void help(void)
{
	fputs("Usage: ringside cross [options] [--] COMMAND [ARGUMENT...]\n"
	      "       ringside cross [options] -p PID\n\n"
	      "Draws every crossing of a COMMAND or of processes between ring 3 and ring 0,\n"
	      "time downwards, and sums them up. It goes to standard error when there is a\n"
	      "COMMAND, else to standard output.\n\nOptions:\n", stdout);
	options_help(choices);
}

static int take_option(struct cross *cross, int letter)
{
	switch (letter) {
	case 'p':
		return parse_pids(optarg, &cross->session.wish.pids);
	case LETTER_SVG:
		cross->svg_to.name = optarg;
		return 0;
	case LETTER_PERFETTO:
		cross->perfetto_to.name = optarg;
		return 0;
	default:
		return vdso_parse(optarg, &cross->vdso.when);
	}
}

static int parse(struct cross *cross, int argc, char **argv, int *status)
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
		if (letter == '?' || take_option(cross, letter))
			return -1;
	}
	if (session_check(&cross->session, "cross", argv[optind]))
		return -1;
	return optind;
}

static struct thread **find_thread(struct cross *cross, uint32_t tid)
{
	struct thread **at = &cross->threads[tid % BUCKETS];

	while (*at && (*at)->tid != tid)
		at = &(*at)->next;
	return at;
}

static void draw(void *data, const struct row *row)
{
	struct cross *cross = data;

	if (cross->text)
		text_row(cross->text, row);
	if (cross->svg)
		svg_row(cross->svg, row);
}

static struct thread *get_thread(struct cross *cross, const struct ringside_event *event)
{
	struct thread **at = find_thread(cross, event->tid);

	if (!*at) {
		*at = reallocate(NULL, sizeof(**at));
		memset(*at, 0, sizeof(**at));
		(*at)->tid = event->tid;
		(*at)->tgid = event->tgid;
		(*at)->fold.draw = draw;
		(*at)->fold.data = cross;
		cross->summary.threads++;
	}
	return *at;
}

static void name_thread(struct cross *cross, struct thread *thread, const char *comm)
{
	memcpy(thread->comm, comm, sizeof(thread->comm));
	thread->comm[sizeof(thread->comm) - 1] = '\0';
	if (cross->perfetto_to.file)
		perfetto_name(cross->perfetto_to.file, thread->tgid, thread->tid, thread->comm);
}

static void put_word(struct cross *cross, struct thread *thread, const char *word,
		     const char *about, uint64_t time)
{
	struct row row = { .word = word, .start = time, .end = time };

	if (thread) {
		fold_end(&thread->fold);
		row.tid = thread->tid;
		row.tgid = thread->tgid;
		memcpy(row.comm, thread->comm, sizeof(row.comm));
	}
	snprintf(row.label, sizeof(row.label), "%s", about);
	draw(cross, &row);
	if (cross->perfetto_to.file) {
		char what[ROW_LABEL + 64];

		snprintf(what, sizeof(what), "%s %s", word, about);
		perfetto_mark(cross->perfetto_to.file, row.tgid, row.tid, time, what);
	}
}

static void copy_line(const struct line *line, char *to, size_t size)
{
	snprintf(to, size, "%.*s", (int)line->len, line->text);
}

static void add_to_picture(struct cross *cross, struct thread *thread,
			   const struct ringside_event_call *call, uint64_t start, uint64_t user)
{
	uint64_t kernel = call->event.time - call->start;
	struct step step = {
		.abi = call->abi,
		.call = call->call,
		.result = call->result,
		.row = {
			.tid = thread->tid,
			.tgid = thread->tgid,
			.calls = 1,
			.errors = !!(call->event.flags & RINGSIDE_CALL_FAILED),
			.start = start,
			.end = start + kernel,
			.user = user,
			.kernel = kernel,
			.asleep = call->off_cpu,
			.switches = call->nvcsw + call->nivcsw,
			.faults = call->min_flt + call->maj_flt,
			.disk_faults = call->maj_flt,
		},
	};
	struct line *line = &cross->line;

	memcpy(step.row.comm, thread->comm, sizeof(step.row.comm));
	line->len = 0;
	decode_name(line, call);
	line_word(line, "(");
	decode_brief(line, call);
	line_word(line, ")");
	copy_line(line, step.row.label, sizeof(step.row.label));
	line->len = 0;
	decode_brief_result(line, call);
	copy_line(line, step.row.result, sizeof(step.row.result));
	fold_add(&thread->fold, &step);
}

static void add_to_summary(struct cross *cross, const struct ringside_event_call *call,
			   uint64_t user)
{
	struct summary *summary = &cross->summary;
	uint64_t kernel = call->event.time - call->start;

	summary->calls++;
	summary->errors += !!(call->event.flags & RINGSIDE_CALL_FAILED);
	summary->user += user;
	summary->running += kernel - call->off_cpu;
	summary->asleep += call->off_cpu;
	summary->faults += call->min_flt + call->maj_flt;
	summary->disk_faults += call->maj_flt;
	summary->slept += call->nvcsw;
	summary->preempted += call->nivcsw;
	if (call->abi < CALL_ABIS && call->call >= 0 && call->call < CALL_NUMBERS) {
		struct cost *cost = &cross->costs[call->abi][call->call];

		cost->calls++;
		cost->kernel += kernel;
		cost->asleep += call->off_cpu;
	}
}

static void take_call(struct cross *cross, const struct ringside_event_call *call)
{
	struct thread *thread = get_thread(cross, &call->event);
	uint64_t user = 0, start;

	if (!cross->begun) {
		cross->begun = true;
		cross->first = call->start;
	}
	start = call->start > cross->first ? call->start - cross->first : 0;
	if (thread->known && call->start > thread->since)
		user = call->start - thread->since;
	thread->known = true;
	thread->since = call->event.time;
	add_to_summary(cross, call, user);
	add_to_picture(cross, thread, call, start, user);
	if (cross->perfetto_to.file)
		perfetto_call(cross->perfetto_to.file, call, start, user);
}

static void take_join(struct cross *cross, const struct ringside_event_join *join)
{
	struct thread *thread = get_thread(cross, &join->event);
	char about[64];

	name_thread(cross, thread, join->comm);
	/* One that was there before may be in a call that nobody saw begin. */
	if (!join->parent_tid)
		return;
	thread->known = true;
	thread->since = join->event.time;
	snprintf(about, sizeof(about), "by %u", join->parent_tid);
	put_word(cross, thread,
		 join->parent_tgid == join->event.tgid ? "new thread" : "new process", about,
		 join->event.time - cross->first);
}

static void take_exec(struct cross *cross, const struct ringside_event_exec *exec)
{
	struct thread *thread = get_thread(cross, &exec->event);
	struct row *last = NULL;

	name_thread(cross, thread, exec->comm);
	/* So has the call that did it, whichever of the two comes first. */
	if (thread->fold.nr)
		last = &thread->fold.steps[thread->fold.nr - 1].row;
	if (last && !strncmp(last->label, "execve", strlen("execve")))
		memcpy(last->comm, thread->comm, sizeof(last->comm));
}

static void end_thread(struct cross *cross, const struct ringside_event *event, const char *word,
		       const char *about)
{
	struct thread **at = find_thread(cross, event->tid), *thread = *at;

	if (!thread)
		return;
	put_word(cross, thread, word, about,
		 cross->begun ? event->time - cross->first : 0);
	*at = thread->next;
	free(thread);
}

static void take_exit(struct cross *cross, const struct ringside_event_exit *exit)
{
	struct line name = { 0 };
	char about[64];

	if (WIFSIGNALED(exit->status)) {
		decode_signal(&name, WTERMSIG(exit->status));
		snprintf(about, sizeof(about), "by %.*s", (int)name.len, name.text);
		free(name.text);
		end_thread(cross, &exit->event, "killed", about);
		return;
	}
	snprintf(about, sizeof(about), "with %d", WEXITSTATUS(exit->status));
	end_thread(cross, &exit->event, "exited", about);
}

static void take(void *data, const struct ringside_event *event)
{
	struct cross *cross = data;
	char about[64];

	if (event->time > cross->last)
		cross->last = event->time;
	switch (event->type) {
	case RINGSIDE_EVENT_CALL:
		take_call(cross, (const struct ringside_event_call *)event);
		break;
	case RINGSIDE_EVENT_JOIN:
		take_join(cross, (const struct ringside_event_join *)event);
		break;
	case RINGSIDE_EVENT_EXEC:
		take_exec(cross, (const struct ringside_event_exec *)event);
		break;
	case RINGSIDE_EVENT_EXIT:
		take_exit(cross, (const struct ringside_event_exit *)event);
		break;
	case RINGSIDE_EVENT_LEAVE:
		end_thread(cross, event, "left", "it runs as somebody else now");
		break;
	case RINGSIDE_EVENT_LOST:
		snprintf(about, sizeof(about), "%llu records on CPU %u",
			 (unsigned long long)((const struct ringside_event_lost *)event)->lost,
			 event->cpu);
		put_word(cross, NULL, "lost", about, cross->begun ? event->time - cross->first : 0);
		break;
	}
}

/* Runs that nothing was added to for a while; or all. */
static void end_runs(struct cross *cross, uint64_t before)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct thread *thread = cross->threads[i];

		for (; thread; thread = thread->next)
			if (thread->since <= before)
				fold_end(&thread->fold);
	}
}

static void pause_picture(void *data)
{
	struct cross *cross = data;
	struct timespec now;

	if (!cross->text || !isatty(fileno(text_file(cross->text))))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	end_runs(cross, now.tv_sec * 1000000000ULL + now.tv_nsec - PATIENCE);
	fflush(text_file(cross->text));
}

static int by_cost(const void *a, const void *b)
{
	const struct cost *ca = a, *cb = b;

	return (ca->kernel < cb->kernel) - (ca->kernel > cb->kernel);
}

/* Calls of that name, of 64-bit programs. */
static uint64_t crossed(const void *data, const char *name)
{
	const struct cross *cross = data;
	size_t i;

	for (i = 0; i < CALL_NUMBERS; i++) {
		const char *other = cross->costs[0][i].calls ? call_name(0, i) : NULL;

		if (other && !strcmp(other, name))
			return cross->costs[0][i].calls;
	}
	return 0;
}

static void sum_up(struct cross *cross)
{
	struct summary *summary = &cross->summary;
	size_t abi, i, nr = 0;
	struct cost *all;

	all = reallocate(NULL, sizeof(cross->costs));
	for (abi = 0; abi < CALL_ABIS; abi++)
		for (i = 0; i < CALL_NUMBERS; i++) {
			if (!cross->costs[abi][i].calls)
				continue;
			all[nr] = cross->costs[abi][i];
			all[nr++].name = call_name(abi, i) ?: "(unnamed)";
		}
	qsort(all, nr, sizeof(*all), by_cost);
	for (i = 0; i < COSTLIEST && i < nr; i++)
		summary->costs[i] = all[i];
	free(all);
	summary->title = cross->title;
	summary->wall = cross->begun ? cross->last - cross->first : 0;
	vdso_tell(&cross->vdso, crossed, cross, summary->vdso, sizeof(summary->vdso));
	vdso_end(&cross->vdso);
	watch_look(cross->session.client, cross->session.watch, &summary->side);
}

/* The command line, whatever is in it, or the processes. */
static void set_title(struct cross *cross)
{
	const struct session *session = &cross->session;
	char text[TITLE];
	size_t used = 0, width;
	unsigned int i;
	char **arg;

	for (arg = session->argv; arg && *arg && used < sizeof(text); arg++)
		used += snprintf(text + used, sizeof(text) - used, "%s%s", used ? " " : "", *arg);
	for (i = 0; !session->argv && i < session->wish.pids.nr && used < sizeof(text); i++)
		used += snprintf(text + used, sizeof(text) - used, "%s%u",
				 used ? ", " : "process ", session->wish.pids.list[i]);
	format_locale();
	used = format_escape(text, strlen(text), false, cross->title, &width);
	cross->title[used] = '\0';
}

static int open_to(struct output *output)
{
	if (!output->name)
		return 0;
	output->file = fopen(output->name, "we");
	if (output->file)
		return 0;
	say("cannot write %s: %s", output->name, strerror(errno));
	return -1;
}

static int close_to(struct output *output)
{
	bool failed;

	if (!output->file)
		return 0;
	failed = ferror(output->file);
	errno = 0;
	if (!fclose(output->file) && !failed)
		return 0;
	say("cannot write %s: %s", output->name, errno ? strerror(errno) : "it failed");
	return -1;
}

static int ready(void *data)
{
	struct cross *cross = data;

	if (cross->session.argv)
		return vdso_hold(&cross->vdso, &cross->session.child);
	return vdso_attach(&cross->vdso, &cross->session.wish.pids);
}

static void started(void *data)
{
	struct cross *cross = data;

	vdso_release(&cross->vdso, &cross->session.child);
}

/* Draws what was there until the end, and the summary. */
static int finish(struct cross *cross, FILE *out, int status)
{
	struct text_picture *text = cross->text;
	bool failed;

	end_runs(cross, UINT64_MAX);
	sum_up(cross);
	if (!text)
		text = text_open(out);
	text_summary(text, &cross->summary);
	failed = fflush(out) || ferror(out);
	if (failed)
		say("cannot write the picture: %s", strerror(errno));
	if (cross->svg)
		svg_write(cross->svg, &cross->summary, cross->svg_to.file);
	if (cross->perfetto_to.file)
		perfetto_end(cross->perfetto_to.file);
	failed |= close_to(&cross->svg_to);
	failed |= close_to(&cross->perfetto_to);
	return failed && status == EXIT_OK ? EXIT_FAILED : status;
}

int cross_run(int argc, char **argv)
{
	static struct cross cross;
	struct session *session = &cross.session;
	int first, status;
	FILE *out;

	session->wish.command = argv[0];
	first = parse(&cross, argc, argv, &status);
	if (first < 0)
		return status;
	if (open_to(&cross.svg_to) || open_to(&cross.perfetto_to))
		return EXIT_FAILED;
	session->argv = argv[first] ? argv + first : NULL;
	session->data = &cross;
	session->take = take;
	session->pause = pause_picture;
	session->ready = ready;
	session->started = started;
	set_title(&cross);
	out = session->argv ? stderr : stdout;
	if (cross.svg_to.file)
		cross.svg = svg_open();
	if (cross.perfetto_to.file)
		perfetto_begin(cross.perfetto_to.file);
	if (!cross.svg && !cross.perfetto_to.file)
		cross.text = text_open(out);
	status = session_run(session);
	/* One that never began is no picture. */
	if (session->events && (cross.begun || status == EXIT_OK))
		status = finish(&cross, out, status);
	if (session->watch && status == EXIT_OK)
		watch_say_missing(session->client, session->watch);
	session_close(session);
	if (status == EXIT_OK && session->argv && session->child.over)
		status = child_leave(&session->child);
	return status;
}
