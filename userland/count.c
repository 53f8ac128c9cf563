// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside count: system calls, of a command or of what runs already
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "names.h"
#include "say.h"
#include "tally.h"
#include "view.h"
#include "watch.h"

#define NSEC		1000000000.0
#define TICK		0.2	/* seconds between looks whether the processes are gone */
#define CLEAR		"\033[H\033[J"
#define AROUND		6	/* lines of a screen that are no rows */

enum by {
	BY_CALL,
	BY_PROCESS,
	BY_CGROUP,
	BY_ERRNO,
};

static const struct {
	const char *name;
	const char *asked;	/* what the kernel is to keep apart */
	const char *plain;	/* the columns without times, and with */
	const char *timed;
	const char *sort[2];
} modes[] = {
	[BY_CALL] = { "call", NULL, "%CALLS,CALLS,SYSCALL",
		      "%TIME,SECONDS,USECS/CALL,CALLS,ERRORS,SYSCALL",
		      { "-CALLS,SYSCALL", "-SECONDS,-CALLS,SYSCALL" } },
	[BY_PROCESS] = { "process", "process", "%CALLS,CALLS,PID,COMM,SYSCALL",
			 "%TIME,SECONDS,USECS/CALL,CALLS,ERRORS,PID,COMM,SYSCALL",
			 { "-CALLS,PID,SYSCALL", "-SECONDS,-CALLS,PID,SYSCALL" } },
	[BY_CGROUP] = { "cgroup", "cgroup", "%CALLS,CALLS,SYSCALL,CGROUP",
			"%TIME,SECONDS,USECS/CALL,CALLS,ERRORS,SYSCALL,CGROUP",
			{ "-CALLS,CGROUP,SYSCALL", "-SECONDS,-CALLS,CGROUP,SYSCALL" } },
	[BY_ERRNO] = { "errno", NULL, NULL, "ERRORS,CALLS,SYSCALL,ERRNO,MEANING",
		       { NULL, "-ERRORS,SYSCALL,ERRNO" } },
};

/* What the command line asks for. */
struct count {
	struct view view;
	struct wish wish;
	enum by by;
	double interval;
	double duration;
	bool no_times;
	bool percentiles;
	const char *to;
	char sort[256];
	char columns[256];

	bool has_child;
	struct child child;
	struct tally tally;
	struct rows now, before, more;
	struct timespec start;
	double looked;		/* when the last time, in seconds after the start */
	unsigned long shown;
};

enum {
	LETTER_BY = LETTER_OWN,
	LETTER_FOR,
	LETTER_NO_TIMES,
	LETTER_PERCENTILES,
	LETTER_TO,
};

static const struct choice choices[] = {
	{ 'p', "pid", "PID,...", "these processes, all their threads and children" },
	{ 'g', "cgroup", "PATH", "this cgroup and below" },
	{ 'u', "user", "USER", "this real user, name or number" },
	{ 'a', "all", NULL, "everybody" },
	{ 'e', "trace", "SET", "just these calls: names, %classes, !SET for all others" },
	{ LETTER_BY, "by", "WHAT", "a line a call (default) and process, cgroup or errno" },
	{ 'i', "interval", "SECONDS", "what was added, every so often" },
	{ LETTER_FOR, "for", "SECONDS", "stop after so long" },
	{ 't', "times", NULL, "time and errors too, as is done for a COMMAND" },
	{ LETTER_NO_TIMES, "no-times", NULL, "count only, which costs less" },
	{ 'w', "wall", NULL, "time by the clock, not on a CPU in the kernel" },
	{ LETTER_PERCENTILES, "percentiles", NULL, "columns P50 and P99, by the clock" },
	{ LETTER_TO, "to", "FILE", "write the table there" },
	{ }
};

static int take_who(struct count *count, enum who who)
{
	if (count->wish.who && (count->wish.who != who || who != WHO_PIDS)) {
		say("count takes one of -p, -g, -u and -a");
		return -1;
	}
	count->wish.who = who;
	return 0;
}

static int take_by(struct count *count, const char *arg)
{
	struct guess guess;
	size_t i;

	guess_start(&guess, arg);
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		if (!strcmp(modes[i].name, arg)) {
			count->by = i;
			return 0;
		}
		guess_consider(&guess, modes[i].name);
	}
	say("--by takes call, process, cgroup or errno, not '%s'%s", arg,
	    guess.best ? guess_text(&guess) : "");
	return -1;
}

static int take(void *data, int letter, const char *arg)
{
	struct count *count = data;

	switch (letter) {
	case 'p':
		return take_who(count, WHO_PIDS) ?: parse_pids(arg, &count->wish.pids);
	case 'g':
		return take_who(count, WHO_CGROUP) ?: cgroup_id(arg, &count->wish.cgroup);
	case 'u':
		return take_who(count, WHO_USER) ?: user_id(arg, &count->wish.uid);
	case 'a':
		return take_who(count, WHO_ALL);
	case 'e':
		return callset_parse(&count->wish.set, arg);
	case LETTER_BY:
		return take_by(count, arg);
	case 'i':
		return parse_seconds(arg, &count->interval);
	case LETTER_FOR:
		return parse_seconds(arg, &count->duration);
	case 't':
		count->wish.times = true;
		return 0;
	case LETTER_NO_TIMES:
		count->no_times = true;
		return 0;
	case 'w':
		count->tally.wall = true;
		return 0;
	case LETTER_PERCENTILES:
		count->percentiles = true;
		return 0;
	default:
		count->to = arg;
		return 0;
	}
}

/* strace's words for -S, each in the order that it has there. */
static const struct {
	const char *word;
	const char *column;
} sort_words[] = {
	{ "time", "-SECONDS" }, { "time_total", "-SECONDS" }, { "time_percent", "-SECONDS" },
	{ "calls", "-CALLS" }, { "count", "-CALLS" },
	{ "errors", "-ERRORS" }, { "error", "-ERRORS" },
	{ "name", "SYSCALL" }, { "syscall", "SYSCALL" },
	{ "min", "-MIN" }, { "shortest", "-MIN" },
	{ "max", "-MAX" }, { "longest", "-MAX" },
	{ "avg", "-AVG" }, { "time_avg", "-AVG" },
};

static const char *sort_column(const char *word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sort_words); i++)
		if (!strcmp(sort_words[i].word, word))
			return sort_words[i].column;
	return word;
}

static void translate_sort(struct count *count)
{
	const char *list = count->view.sort_arg;
	size_t len, used = 0;

	if (!list)
		return;
	if (!strcmp(list, "nothing") || !strcmp(list, "none")) {
		count->view.sort_arg = NULL;
		count->view.sort = NULL;
		return;
	}
	/* What does not fit is too long for view_ready() as well. */
	for (; used < sizeof(count->sort); list += len + 1) {
		char word[64];

		len = strcspn(list, ",");
		snprintf(word, sizeof(word), "%.*s", (int)len, list);
		used += snprintf(count->sort + used, sizeof(count->sort) - used, "%s%s",
				 used ? "," : "", sort_column(word));
		if (!list[len])
			break;
	}
	count->view.sort_arg = count->sort;
}

/* Before the counts, so that names stay where strace has them. */
static void add_percentiles(struct count *count)
{
	const char *defaults = count->view.defaults, *calls = strstr(defaults, ",CALLS");

	snprintf(count->columns, sizeof(count->columns), "%.*s,P50,P99%s",
		 (int)(calls - defaults), defaults, calls);
	count->view.defaults = count->columns;
}

/* Settles the columns, and whether they need times. 0, or -1 with a status. */
static int settle(struct count *count, bool command)
{
	struct view *view = &count->view;
	bool wanted, needed = count->by == BY_ERRNO;
	size_t i;

	view->status = EXIT_USAGE;
	wanted = count->wish.times || count->tally.wall || count->percentiles || needed;
	if (count->no_times && wanted) {
		say("--no-times leaves nothing for %s", count->wish.times ? "--times" :
		    count->tally.wall ? "--wall" : needed ? "--by errno" : "--percentiles");
		return -1;
	}
	if (count->percentiles && count->by == BY_ERRNO) {
		say("--percentiles are of calls, not of their errors: leave --by errno");
		return -1;
	}
	if (command && !count->no_times && (!count->wish.who || wanted))
		wanted = true;
	view->defaults = wanted ? modes[count->by].timed : modes[count->by].plain;
	view->sort = modes[count->by].sort[wanted];
	if (count->percentiles)
		add_percentiles(count);
	translate_sort(count);
	if (view_ready(view))
		return -1;
	view->status = EXIT_USAGE;
	for (i = 0; i < view->nr_columns; i++)
		needed |= tally_needs_times(&view->columns[i]);
	for (i = 0; i < view->nr_keys; i++)
		needed |= tally_needs_times(&view->keys[i].column);
	/* With -O whoever wants no times gets columns without them. */
	if (needed && count->no_times && !(view->columns_arg && !strcmp(view->columns_arg, "ALL"))) {
		say("--no-times leaves a column empty that -o or -S asks for");
		return -1;
	}
	count->wish.times = (needed || wanted) && !count->no_times;
	count->wish.by = modes[count->by].asked;
	count->tally.by_errno = count->by == BY_ERRNO;
	count->tally.set = &count->wish.set;
	return 0;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - start->tv_sec) + (now.tv_nsec - start->tv_nsec) / NSEC;
}

/* A screen that shows the newest, rather than lines one after the other. */
static bool is_live(const struct count *count)
{
	return count->interval && !count->has_child && !count->to &&
	       count->view.layout == LAYOUT_TABLE && isatty(STDOUT_FILENO);
}

static void fit_screen(struct view *view)
{
	struct winsize size;

	view->lines = 0;
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row > AROUND)
		view->lines = size.ws_row - AROUND;
}

static void add_abi(struct view *view, const struct rows *rows)
{
	const struct column *abi = noun_column(view->noun, "ABI", 3);
	size_t i;

	/* Programs get the same columns always. */
	if (view->columns_arg || (view->layout == LAYOUT_TABLE && !tally_mixes_abis(rows)))
		return;
	for (i = 0; i < view->nr_columns; i++)
		if (view->columns[i].attr[0] == abi->attr[0])
			return;
	view->columns[view->nr_columns++] = *abi;
}

static void show(struct count *count, struct rows *rows)
{
	union value total[TALLY_VALUES];
	struct view *view = &count->view;
	FILE *out = view->out ?: stdout;

	tally_reckon(&count->tally, rows, total);
	add_abi(view, rows);
	view->total = total;
	if (is_live(count)) {
		fputs(CLEAR, out);
		fit_screen(view);
	} else if (count->shown && view->layout == LAYOUT_TABLE) {
		fputc('\n', out);
	}
	view_print(view, rows);
	if (count->wish.times && count->by != BY_ERRNO && !view->columns_arg &&
	    view->layout == LAYOUT_TABLE && !view->noheadings)
		fputs(count->tally.wall ?
		      "time: by the clock from entry to exit, waiting included (-w)\n" :
		      "time: on a CPU in the kernel; -w shows it by the clock, waiting included\n",
		      out);
	fflush(out);
	count->shown++;
	view->total = NULL;
}

/* What was added since the last look. 0, or -1 after a sentence. */
static int show_more(struct count *count, bool even_nothing)
{
	struct rows then = count->before;

	count->before = count->now;
	count->now = then;
	count->looked = seconds_since(&count->start);
	if (tally_look(&count->tally, &count->now))
		return -1;
	tally_difference(&count->more, &count->now, &count->before);
	if (count->more.nr || even_nothing)
		show(count, &count->more);
	return 0;
}

/* A signal that isn't the child's end: true when it ends the counting. */
static bool take_signal(struct count *count, int sig, bool sent)
{
	if (!count->has_child)
		return sig != SIGCHLD;
	/* The child has what a terminal sends, too. */
	if (sig != SIGCHLD && sent)
		kill(count->child.pid, sig);
	return false;
}

/* Until it is over. 0, or -1 after a sentence. */
static int count_on(struct count *count)
{
	bool ticks = count->wish.who == WHO_PIDS && !count->has_child;
	double next = count->interval;

	for (;;) {
		double passed = seconds_since(&count->start), until = -1;
		bool sent = false;
		int sig;

		if (count->interval && passed >= next) {
			if (show_more(count, true))
				return -1;
			/* Looks that came too late are left out. */
			while (next <= passed)
				next += count->interval;
		}
		if (count->duration && passed >= count->duration)
			return 0;
		if (ticks && watch_is_empty(count->tally.client, count->tally.watch))
			return 0;
		if (count->interval)
			until = next;
		if (count->duration && (until < 0 || until > count->duration))
			until = count->duration;
		if (ticks && (until < 0 || until > passed + TICK))
			until = passed + TICK;
		if (until >= 0) {
			until -= seconds_since(&count->start);
			if (until < 0)
				until = 0;
		}
		sig = signals_wait(until, &sent);
		if (sig && take_signal(count, sig, sent))
			return 0;
		if (count->has_child && child_is_over(&count->child))
			return 0;
	}
}

/* Counts and prints, once there is a watch. */
static int run(struct count *count)
{
	int status = EXIT_OK;

	if (count->has_child) {
		status = child_go(&count->child);
		if (status)
			return status;
	}
	clock_gettime(CLOCK_MONOTONIC, &count->start);
	if (count_on(count)) {
		status = EXIT_FAILED;
		/* The command is not to suffer for it. */
		count->interval = 0;
		if (count->has_child && !count->child.over)
			count_on(count);
	} else if (count->interval) {
		/* What the next interval had begun. A screen stays as it is. */
		bool begun = count->has_child ||
			     seconds_since(&count->start) - count->looked > count->interval / 100;

		if (!is_live(count) && begun && show_more(count, !count->shown))
			status = EXIT_FAILED;
	} else if (tally_look(&count->tally, &count->now)) {
		status = EXIT_FAILED;
	} else {
		show(count, &count->now);
	}
	if (status == EXIT_OK)
		watch_say_missing(count->tally.client, count->tally.watch);
	return status;
}

static int open_output(struct count *count)
{
	struct view *view = &count->view;

	if (!count->to) {
		view->out = count->has_child ? stderr : NULL;
		return 0;
	}
	view->out = fopen(count->to, "we");
	if (view->out)
		return 0;
	say("cannot write %s: %s", count->to, strerror(errno));
	return -1;
}

static int close_output(struct count *count)
{
	bool failed;

	if (!count->to)
		return 0;
	failed = ferror(count->view.out);
	errno = 0;
	if (!fclose(count->view.out) && !failed)
		return 0;
	say("cannot write %s: %s", count->to, errno ? strerror(errno) : "it failed");
	return -1;
}

/* With the output open and the child waiting, if there is one. */
static int watch_and_run(struct count *count)
{
	int status = EXIT_FAILED;

	count->tally.client = client_open(false);
	if (count->tally.client)
		count->tally.watch = watch_new(count->tally.client, &count->wish);
	if (count->tally.watch)
		status = run(count);
	else if (count->has_child)
		child_cancel(&count->child);
	if (count->tally.client)
		client_close(count->tally.client);
	return status;
}

/* Its command ends as the child did, unless something else went wrong. */
static int finish(struct count *count, int status)
{
	if (close_output(count) && status == EXIT_OK)
		status = EXIT_FAILED;
	if (status == EXIT_OK && count->has_child)
		status = child_leave(&count->child);
	return status;
}

static int check_usage(const struct count *count, char **command)
{
	if (!*command && !count->wish.who) {
		say("count whom? A COMMAND, or -p PID, -g CGROUP, -u USER or -a; \"ringside count --help\" tells more");
		return -1;
	}
	if (*command && count->duration) {
		say("a COMMAND ends the counting when it ends: leave --for, or run it with timeout(1)");
		return -1;
	}
	return 0;
}

int count_run(int argc, char **argv)
{
	static struct count count;
	struct view *view = &count.view;
	int first, status;

	count.wish.command = argv[0];
	view->noun = &count_noun;
	view->operands = "[--] [COMMAND [ARGUMENT...]]";
	view->in_order = true;
	view->choices = choices;
	view->take = take;
	view->data = &count;
	first = view_parse(view, argc, argv);
	if (first < 0)
		return view->status;
	if (check_usage(&count, argv + first))
		return EXIT_USAGE;
	if (settle(&count, argv[first]))
		return view->status;
	rows_init(&count.now, &count_noun);
	rows_init(&count.before, &count_noun);
	rows_init(&count.more, &count_noun);

	count.has_child = argv[first];
	if (open_output(&count))
		return EXIT_FAILED;
	signals_take();
	if (count.has_child) {
		status = child_start(&count.child, argv + first);
		if (status)
			return status;
		if (!count.wish.who) {
			count.wish.who = WHO_PIDS;
			count.wish.pids.nr = 1;
			count.wish.pids.list[0] = count.child.pid;
		}
	}
	return finish(&count, watch_and_run(&count));
}
