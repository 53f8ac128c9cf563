// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes the system calls it is told to make, word for word:
 *
 *   call NUMBER COUNT      so often
 *   compat NUMBER COUNT    the same as 32-bit programs do
 *   wait FILE              until it is there
 *   make FILE
 *   threads N ...          all that follows, in so many threads
 *   children N ...         all that follows, in so many children
 *   die SIGNAL
 *   exit STATUS
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void *obey(void *data);

static void compat(long number)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(0), "c"(0), "d"(0)
			 : "memory", "r8", "r9", "r10", "r11");
#endif
}

static void threads(long nr, char **words)
{
	pthread_t list[16];
	long i;

	for (i = 0; i < nr && i < 16; i++)
		if (pthread_create(&list[i], NULL, obey, words))
			exit(99);
	while (i--)
		pthread_join(list[i], NULL);
}

static void children(long nr, char **words)
{
	while (nr--) {
		pid_t pid = fork();

		if (!pid) {
			obey(words);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static void *obey(void *data)
{
	char **words = data;

	for (; words[0] && words[1]; words += 2) {
		const char *word = words[0];
		long number = strtol(words[1], NULL, 0), count;

		if (!strcmp(word, "wait")) {
			while (access(words[1], F_OK))
				usleep(10000);
		} else if (!strcmp(word, "make")) {
			close(open(words[1], O_CREAT | O_WRONLY, 0600));
		} else if (!strcmp(word, "exit")) {
			exit(number);
		} else if (!strcmp(word, "die")) {
			signal(number, SIG_DFL);
			raise(number);
		} else if (!strcmp(word, "threads")) {
			threads(number, words + 2);
			return NULL;
		} else if (!strcmp(word, "children")) {
			children(number, words + 2);
			return NULL;
		} else if (words[2]) {
			for (count = strtol(words[2], NULL, 0); count > 0; count--)
				if (word[1] == 'a')
					syscall(number);
				else
					compat(number);
			words++;
		}
	}
	return NULL;
}

int main(int argc, char **argv)
{
	obey(argv + 1);
	return 0;
}
