// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "child.h"
#include "doer.h"
#include "proc.h"
#include "tap.h"

static const struct program {
	char letter;
	const char *path;
	mode_t mode;
} programs[] = {
	{ 'p', "/tmp/doer-plain", 0755 },
	{ 'u', "/tmp/doer-setuid", 04755 },
	{ 'g', "/tmp/doer-setgid", 02755 },
};

static bool (*can_also)(char letter);

static bool become_program(const char *path, int in, int out)
{
	char text[2][12];

	snprintf(text[0], sizeof(text[0]), "%d", in);
	snprintf(text[1], sizeof(text[1]), "%d", out);
	execl(path, path, "obey", text[0], text[1], NULL);
	return false;
}

static bool did(char letter, int in, int out)
{
	unsigned int i;

	for (i = 0; i < NR(programs); i++)
		if (letter == programs[i].letter)
			return become_program(programs[i].path, in, out);
	if (letter == 'a')
		return !setresgid(ALICE, ALICE, ALICE) && !setresuid(ALICE, ALICE, ALICE);
	if (letter == 'o')
		return !setresuid(OTHER, OTHER, OTHER);
	return can_also(letter);
}

/* Told to become another program it answers as that. */
static int obey(int in, int out)
{
	char letter, bad;

	while (read(in, &letter, 1) == 1) {
		bad = !did(letter, in, out);
		if (write(out, &bad, 1) != 1)
			return 1;
	}
	return 0;
}

int doer_main(int argc, char **argv, bool (*can)(char letter))
{
	char bad = 0;

	can_also = can;
	if (argc != 4 || strcmp(argv[1], "obey"))
		return -1;
	return write(atoi(argv[3]), &bad, 1) != 1 || obey(atoi(argv[2]), atoi(argv[3]));
}

void doer_programs_make(void)
{
	unsigned int i;
	size_t len;
	char *self = slurp("/proc/self/exe", &len);

	for (i = 0; i < NR(programs); i++) {
		int fd = open(programs[i].path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

		if (!self || fd < 0 || write(fd, self, len) != (ssize_t)len || fchmod(fd, programs[i].mode) || close(fd))
			bail("%s: %s", programs[i].path, strerror(errno));
	}
	free(self);
}

void doer_programs_end(void)
{
	unsigned int i;

	for (i = 0; i < NR(programs); i++)
		unlink(programs[i].path);
}

void doer_make(struct doer *doer, unsigned long long caps)
{
	int to[2], from[2];
	char bad = 0;

	fflush(stdout);
	if (pipe(to) || pipe(from))
		bail("pipe: %s", strerror(errno));
	doer->pid = fork();
	if (!doer->pid) {
		close(to[1]);
		close(from[0]);
		_exit(become_with(ALICE, ALICE, caps) || write(from[1], &bad, 1) != 1 || obey(to[0], from[1]));
	}
	close(to[0]);
	close(from[1]);
	doer->to = to[1];
	doer->from = from[0];
	if (doer->pid < 0 || read(doer->from, &bad, 1) != 1)
		bail("no process that does as it is told");
}

void doer_do(const struct doer *doer, const char *letters)
{
	char bad;

	for (; *letters; letters++)
		if (write(doer->to, letters, 1) != 1 || read(doer->from, &bad, 1) != 1 || bad)
			bail("a process could not do '%c'", *letters);
}

void doer_end(struct doer *doer)
{
	close(doer->to);
	close(doer->from);
	waitpid(doer->pid, NULL, 0);
}
