// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside lab: experiments that show what the edge is, measured from both sides
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "commands.h"
#include "lab.h"
#include "say.h"
#include "view.h"

#define EDGE	80	/* columns: a lesson is read on a projector */
#define NSEC	1000000000ULL

/* In an order that tells a story. */
#define EXPERIMENTS(line)	\
	line(rings)		\
	line(stdio)		\
	line(vdso)		\
	line(errors)		\
	line(seccomp)		\
	line(cost)		\
	line(switch)		\
	line(isolation)		\
	line(paging)		\
	line(namespaces)	\
	line(reading)

#define DECLARE(name)	extern const struct experiment lab_##name;
#define REFER(name)	&lab_##name,

EXPERIMENTS(DECLARE)

static const struct experiment *const experiments[] = {
	EXPERIMENTS(REFER)
};

enum verdict { AGREE, DIFFER, SHOWN, SKIPPED, FAILED };

static const char *const verdicts[] = { "agree", "differ", "shown", "skipped", "failed" };

enum { EXPERIMENT = 1, WHAT, USER, KERNEL, VERDICT, WHY, NR_VALUES };

static const struct column columns[] = {
	{ "EXPERIMENT", "its name", .attr = { EXPERIMENT }, .kind = KIND_TEXT },
	{ "WHAT", "what both sides were asked", .attr = { WHAT }, .kind = KIND_TEXT },
	{ "USER", "what user space did and saw", .attr = { USER }, .kind = KIND_TEXT },
	{ "KERNEL", "what the kernel saw, by the module", .attr = { KERNEL }, .kind = KIND_TEXT },
	{ "VERDICT", "agree, differ, shown, skipped or failed",
	  .attr = { VERDICT }, .kind = KIND_TEXT },
	{ "WHY", "why it was skipped or failed", .attr = { WHY }, .kind = KIND_TEXT },
};

static const struct noun noun = {
	.name = "lab",
	.about = "Experiments at the edge between user space and the kernel: each is done here\n"
		 "and now, and what user space saw stands beside what the kernel saw. Without a\n"
		 "NAME it lists them, with \"all\" it does them all. Exit status 1: both differ.",
	.width = NR_VALUES,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
	.defaults = "EXPERIMENT,WHAT,USER,KERNEL,VERDICT,WHY",
};

/* The columns of a lesson: its experiment and its reasons are told in words. */
#define LESSON_FIRST	1
#define LESSON_COLUMNS	4

enum { NAME = 1, TITLE, NR_LIST_VALUES };

static const struct column list_columns[] = {
	{ "NAME", "of the experiment", .attr = { NAME }, .kind = KIND_TEXT },
	{ "TITLE", "what it shows", .attr = { TITLE }, .kind = KIND_TEXT },
};

static const struct noun list_noun = {
	.name = "lab",
	.width = NR_LIST_VALUES,
	.columns = list_columns,
	.nr_columns = ARRAY_SIZE(list_columns),
	.defaults = "NAME,TITLE",
};

static const char *add_text(struct lab *lab, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	return rows_text(lab->rows, text, strlen(text));
}

const char *lab_text(struct lab *lab, const char *fmt, ...)
{
	const char *text;
	va_list ap;

	va_start(ap, fmt);
	text = add_text(lab, fmt, ap);
	va_end(ap);
	return text;
}

static union value *add(struct lab *lab, enum verdict verdict, const char *what)
{
	union value *row = rows_add(lab->rows);

	row[EXPERIMENT].text = lab->experiment->name;
	row[WHAT].text = what;
	row[VERDICT].text = verdicts[verdict];
	return row;
}

void lab_compare(struct lab *lab, bool agree, const char *what, const char *user,
		 const char *kernel)
{
	union value *row = add(lab, agree ? AGREE : DIFFER, what);

	row[USER].text = user;
	row[KERNEL].text = kernel;
}

void lab_same(struct lab *lab, const char *what, uint64_t user, uint64_t kernel)
{
	lab_compare(lab, user == kernel, what, lab_text(lab, "%llu", (unsigned long long)user),
		    lab_text(lab, "%llu", (unsigned long long)kernel));
}

void lab_shown(struct lab *lab, const char *what, const char *user, const char *kernel)
{
	union value *row = add(lab, SHOWN, what);

	row[USER].text = user;
	row[KERNEL].text = kernel;
}

void lab_skip(struct lab *lab, const char *what, const char *fmt, ...)
{
	union value *row = add(lab, SKIPPED, what);
	va_list ap;

	va_start(ap, fmt);
	row[WHY].text = add_text(lab, fmt, ap);
	va_end(ap);
}

void lab_failed(struct lab *lab, const char *what, const char *fmt, ...)
{
	union value *row = add(lab, FAILED, what);
	va_list ap;

	va_start(ap, fmt);
	row[WHY].text = add_text(lab, fmt, ap);
	va_end(ap);
}

bool lab_task(struct lab *lab, pid_t pid, union value *row)
{
	static const struct noun task = {
		.name = "tasks",
		.cmd = RINGSIDE_CMD_TASK_GET,
		.single = true,
		.width = RINGSIDE_A_TASK_MAX + 1,
	};
	struct request req;
	struct rows rows;
	bool found;

	rows_init(&rows, &task);
	request_init(&req, task.cmd);
	mnl_attr_put_u32(req.nlh, RINGSIDE_A_TASK_PID, pid);
	found = !client_get(lab->client, &req, &rows) && rows.nr;
	if (found)
		memcpy(row, rows_get(&rows, 0), task.width * sizeof(*row));
	else
		lab_failed(lab, "the task", "the module does not give it");
	rows_clear(&rows);
	return found;
}

const char *lab_status(struct lab *lab, const char *item)
{
	struct noun status = status_noun;
	const char *state = NULL;
	struct request req;
	struct rows rows;

	status.single = true;
	rows_init(&rows, &status);
	request_init(&req, status.cmd);
	mnl_attr_put_strz(req.nlh, RINGSIDE_A_STATUS_ITEM, item);
	if (!client_get(lab->client, &req, &rows) && rows.nr)
		state = rows_get(&rows, 0)[RINGSIDE_A_STATUS_STATE].text;
	state = lab_text(lab, "%s", state ?: "");
	rows_clear(&rows);
	return state;
}

uint64_t lab_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NSEC + now.tv_nsec;
}

static bool is(const union value *row, enum verdict verdict)
{
	return row[VERDICT].text == verdicts[verdict];
}

/* Below the table: what stands in none of its columns. */
static void print_reasons(const struct rows *rows, size_t first)
{
	size_t i;

	for (i = first; i < rows->nr; i++) {
		const union value *row = rows_get(rows, i);
		char text[640];

		if (is(row, DIFFER))
			snprintf(text, sizeof(text), "%s: user space says %s, the kernel %s",
				 row[WHAT].text, row[USER].text ?: "nothing",
				 row[KERNEL].text ?: "nothing");
		else if (row[WHY].text)
			snprintf(text, sizeof(text), "%s: %s", row[WHAT].text, row[WHY].text);
		else
			continue;
		print_wrapped(text, printf("%s: ", row[VERDICT].text), EDGE);
	}
}

static void print_verdict(const struct rows *rows, size_t first)
{
	size_t i, agree = 0, asked = 0;

	for (i = first; i < rows->nr; i++) {
		const union value *row = rows_get(rows, i);

		agree += is(row, AGREE);
		asked += is(row, AGREE) || is(row, DIFFER) || is(row, FAILED);
	}
	if (!asked)
		puts("Verdict: nothing was held against anything.");
	else if (agree < asked)
		printf("Verdict: of %zu answers that both sides gave, %zu agree.\n", asked, agree);
	else
		printf("Verdict: agree, in all %zu answers that both sides gave.\n", asked);
}

static void print_lesson(const struct view *view, const struct experiment *experiment,
			 const struct rows *rows, size_t first)
{
	const union value **list = reallocate(NULL, (rows->nr - first + 1) * sizeof(*list));
	struct view lesson = *view;
	size_t i;

	for (i = first; i < rows->nr; i++)
		list[i - first] = rows_get(rows, i);
	lesson.nr_columns = LESSON_COLUMNS;
	memcpy(lesson.columns, columns + LESSON_FIRST, LESSON_COLUMNS * sizeof(*columns));
	if (first)
		putchar('\n');
	printf("%s: %s\n\n", experiment->name, experiment->title);
	print_wrapped(experiment->tried, 0, EDGE);
	putchar('\n');
	text_print(&lesson, list, rows->nr - first);
	putchar('\n');
	print_reasons(rows, first);
	print_verdict(rows, first);
	print_wrapped(experiment->means, printf("What it means: "), EDGE);
	print_wrapped(experiment->further, printf("Look further: "), EDGE);
	fflush(stdout);
	free(list);
}

static const struct experiment *find_experiment(const char *name)
{
	struct guess guess;
	size_t i;

	guess_start(&guess, name);
	for (i = 0; i < ARRAY_SIZE(experiments); i++) {
		if (!strcmp(experiments[i]->name, name))
			return experiments[i];
		guess_consider(&guess, experiments[i]->name);
	}
	say("lab: there is no experiment '%s'%s \"ringside lab\" lists them", name,
	    guess_text(&guess));
	return NULL;
}

enum {
	LETTER_TIMES = LETTER_OWN,
};

static const struct choice choices[] = {
	{ LETTER_TIMES, "times", "N", "how often it is done, instead of its own number" },
	{ }
};

static int take(void *data, int letter, const char *arg)
{
	(void)letter;
	return parse_count(arg, "number of times", data);
}

static int print_list(struct view *view)
{
	struct rows rows;
	size_t i;

	view->noun = &list_noun;
	view->defaults = list_noun.defaults;
	if (view_ready(view))
		return view->status;
	rows_init(&rows, &list_noun);
	for (i = 0; i < ARRAY_SIZE(experiments); i++) {
		union value *row = rows_add(&rows);

		row[NAME].text = experiments[i]->name;
		row[TITLE].text = experiments[i]->title;
	}
	view_print(view, &rows);
	rows_clear(&rows);
	return EXIT_OK;
}

/* Does the chosen ones, and prints each as it is done unless all are one table. */
static int run(struct view *view, const struct experiment **chosen, size_t nr, unsigned long times)
{
	bool table = view->columns_arg || view->layout != LAYOUT_TABLE || view->nr_keys;
	struct lab lab = { .client = client_open(false) };
	int status = EXIT_OK;
	struct rows rows;
	size_t i, first;

	if (!lab.client)
		return EXIT_FAILED;
	rows_init(&rows, &noun);
	lab.rows = &rows;
	for (i = 0; i < nr; i++) {
		lab.experiment = chosen[i];
		lab.times = times ?: chosen[i]->times;
		first = rows.nr;
		/* Those who act are forked: what is to be written is written before. */
		fflush(stdout);
		chosen[i]->run(&lab);
		if (!table)
			print_lesson(view, chosen[i], &rows, first);
	}
	for (i = 0; i < rows.nr; i++)
		if (is(rows_get(&rows, i), DIFFER) || is(rows_get(&rows, i), FAILED))
			status = EXIT_FAILED;
	if (table)
		view_print(view, &rows);
	rows_clear(&rows);
	client_close(lab.client);
	return status;
}

int lab_run(int argc, char **argv)
{
	const struct experiment *chosen[ARRAY_SIZE(experiments)];
	unsigned long times = 0;
	struct view view = {
		.noun = &noun,
		.operands = "[NAME...|all]",
		.choices = choices,
		.take = take,
		.data = &times,
	};
	size_t nr = 0;
	int i;

	i = view_parse(&view, argc, argv);
	if (i < 0)
		return view.status;
	if (i == argc)
		return print_list(&view);
	if (argc - i == 1 && !strcmp(argv[i], "all")) {
		memcpy(chosen, experiments, sizeof(experiments));
		nr = ARRAY_SIZE(experiments);
		i = argc;
	}
	for (; i < argc; i++) {
		if (nr == ARRAY_SIZE(chosen)) {
			say("lab: these are more than there are");
			return EXIT_USAGE;
		}
		chosen[nr] = find_experiment(argv[i]);
		if (!chosen[nr++])
			return EXIT_USAGE;
	}
	for (i = 0; times && (size_t)i < nr; i++)
		if (times > chosen[i]->most) {
			say("lab: %s takes at most %lu %s", chosen[i]->name, chosen[i]->most,
			    chosen[i]->unit);
			return EXIT_USAGE;
		}
	if (view_ready(&view))
		return view.status;
	return run(&view, chosen, nr, times);
}
