// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab stdio: printf(3) is no system call
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actor.h"

#define BUFFER	4096

/* What the reader of a pipe leaves. */
enum { PACKETS, BYTES };

struct printing {
	int fd;		/* to print to */
	int from;	/* the pipe's other end */
	int mode;	/* for setvbuf() */
};

static void print_lines(struct actor *actor)
{
	const struct printing *printing = actor->data;
	FILE *file = fdopen(printing->fd, "w");
	unsigned long i;

	if (!file)
		return;
	setvbuf(file, NULL, printing->mode, BUFFER);
	for (i = 0; i < actor->lab->times; i++)
		fprintf(file, "line %lu\n", i);
	fclose(file);
}

/* A pipe of packets keeps each write apart from the next. */
static void read_packets(struct actor *actor)
{
	const struct printing *printing = actor->data;
	char packet[BUFFER];
	ssize_t len;

	close(printing->fd);
	while ((len = read(printing->from, packet, sizeof(packet))) > 0) {
		actor->saw[PACKETS]++;
		actor->saw[BYTES] += len;
	}
}

static void show_bytes(struct lab *lab, uint64_t bytes, uint64_t packets, uint64_t writes)
{
	lab_shown(lab, "  bytes that each carries",
		  packets ? lab_text(lab, "%.1f", (double)bytes / packets) : NULL,
		  writes ? lab_text(lab, "%.1f", (double)bytes / writes) : NULL);
}

static void to_pipe(struct lab *lab, const char *what, int mode)
{
	struct printing printing = { .mode = mode };
	struct actor reader, writer;
	bool ready, done = false;
	int ends[2];

	if (pipe2(ends, O_DIRECT | O_CLOEXEC)) {
		lab_failed(lab, what, "no pipe of packets: %s", strerror(errno));
		return;
	}
	printing.from = ends[0];
	printing.fd = ends[1];
	ready = actor_start(lab, &reader, read_packets, &printing);
	if (ready) {
		actor_begin(&reader);
		done = actor_run(lab, &writer, print_lines, &printing);
	}
	close(ends[0]);
	close(ends[1]);
	if (done) {
		uint64_t writes = actor_calls(&writer, SYS_write);

		actor_wait(&reader);
		lab_same(lab, what, reader.saw[PACKETS], writes);
		show_bytes(lab, reader.saw[BYTES], reader.saw[PACKETS], writes);
		actor_end(&writer);
	}
	if (ready)
		actor_end(&reader);
}

static void to_file(struct lab *lab, const char *what)
{
	struct printing printing = { .mode = _IOFBF };
	FILE *file = tmpfile();
	struct actor writer;

	if (!file) {
		lab_skip(lab, what, "there can be no temporary file: %s", strerror(errno));
		return;
	}
	printing.fd = fileno(file);
	if (actor_run(lab, &writer, print_lines, &printing)) {
		uint64_t bytes = lseek(printing.fd, 0, SEEK_END);
		uint64_t buffers = (bytes + BUFFER - 1) / BUFFER;
		uint64_t writes = actor_calls(&writer, SYS_write);

		lab_same(lab, what, buffers, writes);
		show_bytes(lab, bytes, buffers, writes);
		actor_end(&writer);
	}
	fclose(file);
}

static void run(struct lab *lab)
{
	to_pipe(lab, lab_text(lab, "%lu printf to a pipe: writes", lab->times), _IOFBF);
	to_file(lab, lab_text(lab, "%lu printf to a file: writes", lab->times));
	to_pipe(lab, lab_text(lab, "%lu unbuffered: writes", lab->times), _IONBF);
}

const struct experiment lab_stdio = {
	.name = "stdio",
	.title = "printf is not a system call",
	.tried = "A program prints lines with printf(3), to a pipe, to a file, and without a "
		 "buffer. User space counts the packets that come out of the pipe, or the buffers "
		 "of 4096 bytes that the file has been; the kernel counts the calls of write.",
	.means = "printf puts text into a buffer of the program's own; only a full one crosses "
		 "into the kernel. Without the buffer every line does, and that is what makes it "
		 "slow.",
	.further = "man 3 setvbuf; strace -c -e write; ringside count -e write -- COMMAND",
	.unit = "lines",
	.times = 1000,
	.most = 1000000,
	.run = run,
};
