// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside metrics: figures for Prometheus
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/ringside.h>

#include "callset.h"
#include "client.h"
#include "commands.h"
#include "options.h"
#include "prom.h"
#include "say.h"
#include "tally.h"

#define T(name)	RINGSIDE_A_TASK_##name
#define B(name)	RINGSIDE_A_SLAB_##name
#define W(name)	RINGSIDE_A_WATCH_##name

static const struct column watches_metric = {
	.name = "watches",
	.help = "named watches that count system calls and that the caller may see; one is made by "
		"echo \"NAME all times\" >/sys/kernel/ringside/watch_new",
	.kind = KIND_COUNT,
};

static const struct column watch_metrics[] = {
	{ "watch_missed_calls", "calls that are not counted, or not whole",
	  .attr = { W(MISSED) }, .kind = KIND_COUNT, .counter = true },
	{ "watch_unkept_threads", "threads over the bound, whose calls are not counted",
	  .attr = { W(UNKEPT) }, .kind = KIND_COUNT, .counter = true },
	{ "watch_lapsed", "time in which calls may be missing",
	  .attr = { W(LAPSED) }, .kind = KIND_SECONDS, .counter = true },
};

static const struct column call_metrics[] = {
	{ "syscalls", "system calls that began",
	  .attr = { S(CALLS) }, .kind = KIND_COUNT, .counter = true },
	{ "syscall", "time that calls took by the clock, waiting included, of watches with times",
	  .attr = { S(TIME) }, .kind = KIND_SECONDS, .counter = true },
	{ "syscall_cpu", "time that calls were on a CPU, of watches with times",
	  .attr = { S(CPU_TIME) }, .kind = KIND_SECONDS, .counter = true },
};

static const struct column errors_metric = {
	.name = "syscall_errors",
	.help = "system calls that returned an error, of watches with times",
	.attr = { S(ERRORS) },
	.kind = KIND_COUNT,
	.counter = true,
};

static const struct column slab_metrics[] = {
	{ "slab", "memory of the cache's slabs", .attr = { B(BYTES) }, .kind = KIND_BYTES },
	{ "slab_active_objects", "objects in use",
	  .attr = { B(ACTIVE_OBJS) }, .kind = KIND_COUNT },
	{ "slab_objects", "objects there is room for", .attr = { B(NUM_OBJS) }, .kind = KIND_COUNT },
};

static const struct column tasks_metric = {
	.name = "tasks",
	.help = "processes that the caller may see, by state as in /proc/PID/stat",
	.kind = KIND_COUNT,
};

static const struct column threads_metric = {
	.name = "threads",
	.help = "threads that the caller may see, by state as in /proc/PID/stat",
	.kind = KIND_COUNT,
};

static void add_families(struct prom *prom, struct family **families,
			 const struct column *columns, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		families[i] = prom_family(prom, "", &columns[i]);
}

/* What one watch has counted; of processes or cgroups together if it keeps them apart. */
static int get_watch(struct client *client, const union value *watch, struct family **families,
		     struct family *errors)
{
	static const struct callset every_call;
	struct tally tally = { client, watch[W(ID)].num, .set = &every_call };
	bool times = watch[W(TIMES)].num;
	struct rows rows;
	size_t i, j;
	int err;

	rows_init(&rows, &count_noun);
	err = tally_look(&tally, &rows);
	for (i = 0; !err && i < rows.nr; i++) {
		const union value *row = rows_get(&rows, i);
		const struct label labels[] = {
			{ "watch", watch[W(NAME)].text },
			{ "abi", row[S(ABI)].text ?: "" },
			{ "call", row[TALLY_NAME].text },
			{ }
		};

		for (j = 0; j < ARRAY_SIZE(call_metrics); j++)
			if (times || !tally_needs_times(&call_metrics[j]))
				prom_add(families[j], column_num(&call_metrics[j], row), labels);
	}
	tally.by_errno = true;
	if (!err && times)
		err = tally_look(&tally, &rows);
	else
		rows_clear(&rows);
	for (i = 0; !err && i < rows.nr; i++) {
		const union value *row = rows_get(&rows, i);
		const struct label labels[] = {
			{ "watch", watch[W(NAME)].text },
			{ "abi", row[S(ABI)].text ?: "" },
			{ "call", row[TALLY_NAME].text },
			{ "errno", row[TALLY_ERRNO_NAME].text },
			{ }
		};

		prom_add(errors, column_num(&errors_metric, row), labels);
	}
	rows_clear(&rows);
	return err;
}

/* Watches without a name belong to who looks with them, and end with that. */
static int get_syscalls(struct client *client, struct prom *prom)
{
	struct family *of_watch[ARRAY_SIZE(watch_metrics)], *of_call[ARRAY_SIZE(call_metrics)];
	struct family *named, *errors;
	struct request req;
	struct rows rows;
	size_t i, j;
	int err;

	named = prom_family(prom, "", &watches_metric);
	prom_add(named, 0, NULL);
	add_families(prom, of_watch, watch_metrics, ARRAY_SIZE(watch_metrics));
	add_families(prom, of_call, call_metrics, ARRAY_SIZE(call_metrics));
	errors = prom_family(prom, "", &errors_metric);

	rows_init(&rows, &watches_noun);
	request_init(&req, watches_noun.cmd);
	err = client_get(client, &req, &rows);
	for (i = 0; !err && i < rows.nr; i++) {
		const union value *row = rows_get(&rows, i);
		const struct label labels[] = { { "watch", row[W(NAME)].text }, { } };

		if (!row[W(NAME)].text)
			continue;
		prom_add(named, 1, NULL);
		for (j = 0; j < ARRAY_SIZE(watch_metrics); j++)
			prom_add(of_watch[j], column_num(&watch_metrics[j], row), labels);
		err = get_watch(client, row, of_call, errors);
	}
	rows_clear(&rows);
	return err;
}

static int get_slabs(struct client *client, struct prom *prom)
{
	struct family *families[ARRAY_SIZE(slab_metrics)];
	struct request req;
	struct rows rows;
	size_t i, j;
	int err;

	add_families(prom, families, slab_metrics, ARRAY_SIZE(slab_metrics));
	rows_init(&rows, &slabs_noun);
	request_init(&req, slabs_noun.cmd);
	err = client_get(client, &req, &rows);
	for (i = 0; !err && i < rows.nr; i++) {
		const union value *row = rows_get(&rows, i);
		const struct label labels[] = { { "cache", row[B(NAME)].text ?: "" }, { } };

		for (j = 0; j < ARRAY_SIZE(slab_metrics); j++)
			prom_add(families[j], column_num(&slab_metrics[j], row), labels);
	}
	rows_clear(&rows);
	return err;
}

/* A state that nobody is in is 0: its series goes on. */
static void add_states(struct family *family, const uint64_t *states)
{
	int letter;

	for (letter = 1; letter <= UINT8_MAX; letter++) {
		const char text[] = { letter, '\0' };
		const struct label labels[] = { { "state", text }, { } };

		if (states[letter] || strchr(TASK_STATES, letter))
			prom_add(family, states[letter], labels);
	}
}

static int get_tasks(struct client *client, struct prom *prom)
{
	uint64_t processes[UINT8_MAX + 1] = { 0 }, threads[UINT8_MAX + 1] = { 0 };
	unsigned int pid, tgid, state;
	struct request req;
	struct rows rows;
	size_t i;
	int err;

	rows_init(&rows, &tasks_noun);
	rows_want_none(&rows);
	pid = rows_want(&rows, T(PID));
	tgid = rows_want(&rows, T(TGID));
	state = rows_want(&rows, T(STATE));
	request_init(&req, tasks_noun.cmd);
	mnl_attr_put(req.nlh, T(THREADS), 0, NULL);
	/* On a busy machine somebody always comes or goes. */
	req.loose = true;
	err = client_get(client, &req, &rows);
	for (i = 0; !err && i < rows.nr; i++) {
		const union value *row = rows_get(&rows, i);
		unsigned char letter = row[state].text ? *row[state].text : 0;

		threads[letter]++;
		processes[letter] += row[pid].num == row[tgid].num;
	}
	add_states(prom_family(prom, "", &tasks_metric), processes);
	add_states(prom_family(prom, "", &threads_metric), threads);
	rows_clear(&rows);
	return err;
}

/* The second name of an attribute, and sums, add nothing. */
static bool is_metric(const struct column *column)
{
	const struct column *c = memory_noun.columns;

	while (c->attr[0] != column->attr[0] || c->attr[1])
		c++;
	return c == column;
}

static int get_memory(struct client *client, struct prom *prom)
{
	struct request req;
	struct rows rows;
	size_t i;
	int err;

	rows_init(&rows, &memory_noun);
	request_init(&req, memory_noun.cmd);
	err = client_get(client, &req, &rows);
	if (!err && !rows.nr) {
		say("memory: the answer was empty");
		err = -1;
	}
	for (i = 0; !err && i < memory_noun.nr_columns; i++) {
		const struct column *c = &memory_noun.columns[i];

		if (!c->attr[1] && is_metric(c))
			prom_add(prom_family(prom, "memory_", c), column_num(c, rows_get(&rows, 0)),
				 NULL);
	}
	rows_clear(&rows);
	return err;
}

static const struct part {
	const char *name;
	const char *help;
	int (*get)(struct client *client, struct prom *prom);	/* 0, or -1 after a sentence */
} parts[] = {
	{ "syscalls", "calls, errors and time, of watches with a name", get_syscalls },
	{ "slabs", "memory and objects by slab cache", get_slabs },
	{ "tasks", "processes and threads by state", get_tasks },
	{ "memory", "where memory is, paging and load", get_memory },
};

enum {
	LETTER_OPENMETRICS = 256,
	LETTER_TO,
};

static const struct choice choices[] = {
	{ LETTER_OPENMETRICS, "openmetrics", NULL, "OpenMetrics, not Prometheus's text format" },
	{ LETTER_TO, "to", "FILE", "write there, at once or not at all" },
	{ 'h', "help", NULL, "this text" },
	{ }
};

struct metrics {
	bool wanted[ARRAY_SIZE(parts)];
	bool openmetrics;
	const char *to;
	struct prom prom;
};

static void help(void)
{
	size_t i;

	puts("Usage: ringside metrics [options] [PART...]\n\n"
	     "Figures for Prometheus: all of them, or these PARTs. node_exporter's textfile\n"
	     "collector takes them from a FILE in its directory whose name ends in .prom.\n\n"
	     "Options:");
	options_help(choices);
	puts("\nParts:");
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		printf("     %-18s  %s\n", parts[i].name, parts[i].help);
	puts("\nCalls are those of watches that stay: without any, ringside_watches is 0.\n"
	     "One is made by echo \"NAME all times\" >/sys/kernel/ringside/watch_new");
}

static int take_part(struct metrics *metrics, const char *name)
{
	struct guess guess;
	size_t i;

	guess_start(&guess, name);
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!strcmp(parts[i].name, name)) {
			metrics->wanted[i] = true;
			return 0;
		}
		guess_consider(&guess, parts[i].name);
	}
	say("metrics: there is no part '%s'%s \"ringside metrics --help\" lists them", name,
	    guess_text(&guess));
	return -1;
}

/* Reads the command line. 0, or -1 with the exit status. */
static int parse(struct metrics *metrics, int argc, char **argv, int *status)
{
	struct options options;
	int letter;

	*status = EXIT_USAGE;
	options_init(&options, argv, false);
	options_add(&options, choices);
	while ((letter = options_next(&options, argc, argv)) != -1) {
		switch (letter) {
		case LETTER_OPENMETRICS:
			metrics->openmetrics = true;
			break;
		case LETTER_TO:
			metrics->to = optarg;
			break;
		case 'h':
			help();
			*status = EXIT_OK;
			return -1;
		default:
			return -1;
		}
	}
	if (optind == argc)
		memset(metrics->wanted, true, sizeof(metrics->wanted));
	for (; optind < argc; optind++)
		if (take_part(metrics, argv[optind]))
			return -1;
	return 0;
}

/* 0, or -1 after a sentence for each part that isn't to be had. */
static int get(struct metrics *metrics)
{
	struct client *client = client_open(false);
	unsigned int nr = 0;
	int err = 0;
	size_t i;

	if (!client)
		return -1;
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!metrics->wanted[i])
			continue;
		nr++;
		if (parts[i].get(client, &metrics->prom))
			err = -1;
	}
	client_close(client);
	if (err && nr > 1)
		say("metrics: it is all or nothing; name the parts that are to be had, as in \"ringside metrics tasks\"");
	return err;
}

/* Writes and closes the file: 0 or an errno. */
static int fill(const struct metrics *metrics, int fd)
{
	mode_t mask = umask(0);
	FILE *file = fdopen(fd, "w");
	int err = 0;

	umask(mask);
	if (!file) {
		close(fd);
		return ENOMEM;
	}
	errno = 0;
	prom_print(&metrics->prom, metrics->openmetrics, file);
	if (fflush(file) || ferror(file) || fchmod(fd, 0666 & ~mask) || fsync(fd))
		err = errno ?: EIO;
	if (fclose(file) && !err)
		err = errno;
	return err;
}

/*
 * Who reads the file finds the old one or the new one, whole. The other name
 * doesn't end in .prom, so that the collector lets it be. 0 or an errno.
 */
static int replace(const struct metrics *metrics)
{
	char *name;
	int fd, err;

	if (asprintf(&name, "%s.XXXXXX", metrics->to) < 0)
		return ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	err = fd < 0 ? errno : fill(metrics, fd);
	if (!err && rename(name, metrics->to))
		err = errno;
	if (err && fd >= 0)
		unlink(name);
	free(name);
	return err;
}

/* 0, or -1 after a sentence. */
static int write_file(const struct metrics *metrics)
{
	sigset_t all, before;
	struct stat st;
	int err;

	if (!lstat(metrics->to, &st) && !S_ISREG(st.st_mode)) {
		say("%s is no regular file, and would become one: without --to it can be written to",
		    metrics->to);
		return -1;
	}
	/* None leaves the other name behind; a limit of files' size is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	err = replace(metrics);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (!err)
		return 0;
	say("cannot write %s, and left it as it was: %s", metrics->to, strerror(err));
	return -1;
}

int metrics_run(int argc, char **argv)
{
	struct metrics metrics = { 0 };
	int status;

	if (parse(&metrics, argc, argv, &status))
		return status;
	status = EXIT_FAILED;
	if (!get(&metrics)) {
		if (!metrics.to) {
			prom_print(&metrics.prom, metrics.openmetrics, stdout);
			status = EXIT_OK;
		} else if (!write_file(&metrics)) {
			status = EXIT_OK;
		}
	}
	prom_clear(&metrics.prom);
	return status;
}
