// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sleepers N UID M: N processes that sleep until they are killed, the last M
 * of them with this user id. Returns when all of them are there.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

int main(int argc, char **argv)
{
	unsigned int i, nr, few;
	int ready[2];
	char byte;
	uid_t uid;

	if (argc != 4 || pipe(ready) < 0)
		return 2;
	nr = number(argv[1]);
	uid = number(argv[2]);
	few = number(argv[3]);
	for (i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("sleepers: fork");
			kill(0, SIGTERM);
			return 1;
		}
		if (pid)
			continue;
		close(ready[0]);
		if (i >= nr - few && (setgid(uid) || setuid(uid)))
			return 1;
		setsid();
		if (write(ready[1], "", 1) != 1)
			return 1;
		close(ready[1]);
		for (;;)
			pause();
	}
	close(ready[1]);
	for (i = 0; i < nr; i++)
		if (read(ready[0], &byte, 1) != 1)
			return 1;
	return 0;
}
