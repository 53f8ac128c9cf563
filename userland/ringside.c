// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ringside: shows what the kernel module of that name knows
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "say.h"

#define OUTPUT_BUFFER	(128 * 1024)

static int help_run(int argc, char **argv);
static int version_run(int argc, char **argv);

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "tasks", tasks_run, "processes and threads" },
	{ "memory", memory_run, "where memory is, and rates with -d" },
	{ "slabs", slabs_run, "the kernel's slab caches, and their growth with -d" },
	{ "count", count_run, "system calls, of a command, processes, cgroup, user or all" },
	{ "trace", trace_run, "system calls one by one, as strace shows them" },
	{ "cross", cross_run, "a picture of a program between ring 3 and ring 0" },
	{ "watches", watches_run, "who counts system calls now" },
	{ "status", status_run, "what the module can do on this kernel" },
	{ "doctor", doctor_run, "why it would not build, load or work here" },
	{ "help", help_run, "this text, or a command's" },
	{ "--help", help_run, NULL },
	{ "-h", help_run, NULL },
	{ "--version", version_run, NULL },
	{ "-V", version_run, NULL },
};

static const struct command *find_command(const char *name)
{
	struct guess guess;
	size_t i;

	guess_start(&guess, name);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
		guess_consider(&guess, commands[i].name);
	}
	say("there is no command '%s'%s \"ringside help\" lists them", name, guess_text(&guess));
	return NULL;
}

static void print_help(FILE *to)
{
	size_t i;

	fputs("Usage: ringside COMMAND [options]\n\n"
	      "Shows what the kernel knows, through the module ringside.\n\nCommands:\n", to);
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].help)
			fprintf(to, "  %-8s  %s\n", commands[i].name, commands[i].help);
	fputs("\n\"ringside COMMAND --help\" lists its options and columns.\n", to);
}

static int help_run(int argc, char **argv)
{
	const struct command *command;
	char *args[] = { argc > 1 ? argv[1] : NULL, "--help", NULL };

	if (argc < 2) {
		print_help(stdout);
		return EXIT_OK;
	}
	command = find_command(argv[1]);
	if (!command)
		return EXIT_USAGE;
	return command->run == help_run ? help_run(1, argv) : command->run(2, args);
}

static int version_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("ringside " RINGSIDE_VERSION);
	return EXIT_OK;
}

/* What was printed is only there once it is written: 0, or -1. */
static int close_output(void)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) && !failed)
		return 0;
	stdout = NULL;
	fprintf(stderr, "ringside: cannot write: %s\n", errno ? strerror(errno) : "it failed");
	return -1;
}

int main(int argc, char **argv)
{
	static char output[OUTPUT_BUFFER];
	const struct command *command;
	int status;

	/* Without it the first socket or file would become standard output. */
	if (fcntl(STDOUT_FILENO, F_GETFD) < 0) {
		say("there is no standard output");
		return EXIT_FAILED;
	}
	signals_pipe();
	setvbuf(stdout, output, _IOFBF, sizeof(output));

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	command = find_command(argv[1]);
	if (!command)
		return EXIT_USAGE;
	status = command->run(argc - 1, argv + 1);
	return close_output() ? EXIT_FAILED : status;
}
