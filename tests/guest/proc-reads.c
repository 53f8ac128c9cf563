// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * However a file of /proc/ringside is read, in small pieces, by pread or after
 * a seek, the text is that of one big read; and a task that exits under the
 * cursor loses nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chance.h"
#include "child.h"
#include "lib.h"
#include "watched.h"

/* The same each time. */
static struct chance chance = { 12345 };

static int open_file(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/ringside/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	return fd;
}

static char *one_big(const char *name, size_t *len)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/ringside/%s", name);
	text = slurp(path, len);
	if (!text || !*len)
		bail("%s: %s", path, strerror(errno));
	return text;
}

static const unsigned int sizes[] = { 1, 2, 3, 7, 13, 64, 100, 511, 1000, 1023, 2048, 4095, 4096, 4097 };

/* How many reads by other sizes, which change from read to read, come after those. */
static unsigned int ways(void)
{
	return NR(sizes) + often(6, 100);
}

/* By reads of this size; 0: of any up to the limit. The length, or -errno. */
static ssize_t pieces_of(int fd, unsigned int size, unsigned int limit, char *buf, size_t room)
{
	size_t at = 0;
	ssize_t got;

	do {
		unsigned int piece = size ? size : 1 + below(&chance, limit);

		got = read(fd, buf + at, piece < room - at ? piece : room - at);
		if (got > 0)
			at += got;
	} while (got > 0);
	if (!got && at < room)
		/* Past the end it stays so. */
		got = read(fd, buf + at, 1);
	return got ? (got < 0 ? -errno : -EIO) : (ssize_t)at;
}

static ssize_t in_pieces(const char *name, unsigned int size, unsigned int limit, char *buf, size_t room)
{
	int fd = open_file(name);
	ssize_t got = pieces_of(fd, size, limit, buf, room);

	close(fd);
	return got;
}

/*
 * A text that nobody changes meanwhile: read before and after, again when it
 * moved. Of tasks only some columns are quiet, so that is not asked here.
 */
static void steady(const char *name)
{
	unsigned int i, same = 0, tried = 0, differ = 0, rounds = 0;
	size_t len, len_after;
	char *text, *after, *buf;

	for (i = 0; i < ways(); i++) {
		unsigned int size = i < NR(sizes) ? sizes[i] : 0;
		ssize_t got;

		/* As below: until nothing moves while it is read byte by byte. */
		for (rounds = 0; rounds < 200; rounds++) {
			text = one_big(name, &len);
			buf = malloc(len * 2);
			got = in_pieces(name, size, 4097, buf, len * 2);
			after = one_big(name, &len_after);
			if (len == len_after && !memcmp(text, after, len)) {
				tried++;
				if (got == (ssize_t)len && !memcmp(text, buf, len)) {
					same++;
				} else if (differ++ < 5) {
					diag("in pieces of %u: %zd bytes, not the %zu of one read", size,
					     got, len);
				}
				rounds = 1000;
			}
			free(text);
			free(after);
			free(buf);
		}
	}
	ok(!differ && same == ways(), "%s: reads of 1 to 4097 bytes give what one gives", name);
	note("%s: %u ways of reading compared", name, tried);
}

enum { PARTS = 250 };

/* pread and lseek anywhere give that part. */
static void anywhere(const char *name)
{
	unsigned int i, tried = 0, differ = 0;
	size_t len, len_after;
	char *text, *after, buf[5000];

	/* Slabs move more often than not where freed memory is kept in quarantine. */
	for (i = 0; i < 3000 && tried < PARTS; i++) {
		unsigned int at, size, where;
		ssize_t got = 0, wanted, one = 1;
		int fd;

		text = one_big(name, &len);
		at = below(&chance, len + 100);
		size = 1 + below(&chance, 4097);
		where = below(&chance, len);
		fd = open_file(name);
		if (i & 1) {
			/* From wherever the cursor was before. */
			got = pread(fd, buf, 1 + below(&chance, 3000), where);
			got = pread(fd, buf, size, at);
		} else {
			one = lseek(fd, where, SEEK_SET) == where && read(fd, buf, 1 + below(&chance, 3000)) > 0;
			one &= lseek(fd, at, SEEK_SET) == at;
			got = read(fd, buf, size);
		}
		close(fd);
		after = one_big(name, &len_after);
		if (len == len_after && !memcmp(text, after, len)) {
			tried++;
			wanted = at >= len ? 0 : len - at < size ? len - at : size;
			/* A read may give less, never something else, and nothing only at the end. */
			if ((!one || got > wanted || got < 0 || (wanted && !got) ||
			     memcmp(buf, text + at, got)) && differ++ < 5)
				diag("%s %u at %u: %zd bytes of %zu, not the text's", i & 1 ? "pread" : "read",
				     size, at, got, len);
		}
		free(text);
		free(after);
	}
	ok(!differ && tried == PARTS, "%s: pread and seek give any part of it", name);
	note("%s: %u parts compared in %u rounds", name, tried, i);
}

/* Memory, which never stands still: in pieces what the rest of the same snapshot is in one. */
static void moving(void)
{
	static char text[1 << 16], again[1 << 16];
	unsigned int i, differ = 0;

	for (i = often(3, 0); i < ways(); i++) {
		int fd = open_file("memory");
		ssize_t got = pieces_of(fd, i < NR(sizes) ? sizes[i] : 0, 4097, text, sizeof(text));
		ssize_t rest = pread(fd, again, sizeof(again), 1);

		if ((got < 1000 || rest != got - 1 || memcmp(text + 1, again, rest)) && differ++ < 5)
			diag("in way %u: %zd bytes, and %zd from the second on", i, got, rest);
		close(fd);
	}
	ok(!differ, "memory: reads of %u to 4097 bytes give what one gives", sizes[often(3, 0)]);
}

/* The pids that lines begin with, the first line perhaps cut off; false when they don't rise. */
static bool rising(const char *text, bool whole, unsigned int *lines, bool *init)
{
	long last = 0, pid;

	for (*lines = 0; (text = whole ? text : strchr(text, '\n')) && *text; whole = false) {
		text += *text == '\n';
		if (!strchr(text, '\n'))
			break;
		pid = strtol(text, NULL, 10);
		/* The header has no number. */
		if (pid <= last && !(whole && !pid))
			return false;
		last = pid;
		*init |= pid == 1;
		++*lines;
	}
	return true;
}

/* Of tasks most columns move; but in pieces too, each has one line, in order, and from anywhere. */
static void tasks(void)
{
	unsigned int i, bad = 0, lines, least, parts = 0;
	static char text[1 << 20];
	bool init = false;
	size_t len;
	char *big;

	big = one_big("tasks", &len);
	rising(big, true, &least, &init);
	free(big);
	for (i = often(3, 0); i < ways(); i++) {
		ssize_t got;

		init = false;
		got = in_pieces("tasks", i < NR(sizes) ? sizes[i] : 0, 4097, text, sizeof(text) - 1);
		text[got < 0 ? 0 : got] = '\0';
		if ((got < 0 || !rising(text, true, &lines, &init) || !init || lines + 5 < least || lines > least + 5) &&
		    bad++ < 5)
			diag("in way %u: %zd bytes, %u lines, not about %u, %s init", i, got, lines, least,
			     init ? "with" : "without");
	}
	ok(!bad && least > 10, "tasks: reads of %u to 4097 bytes give each task once", sizes[often(3, 0)]);
	for (i = bad = 0; i < often(100, 1000); i++) {
		int fd = open_file("tasks");
		ssize_t got;

		if (i & 1)
			got = pread(fd, text, 1 + below(&chance, 4097), below(&chance, len));
		else
			got = lseek(fd, below(&chance, len), SEEK_SET) < 0 ? -1 : read(fd, text, 1 + below(&chance, 4097));
		close(fd);
		text[got < 0 ? 0 : got] = '\0';
		bad += got < 0 || !rising(text, false, &lines, &init);
		parts += lines > 0;
	}
	ok(!bad && parts > i / 2, "tasks: pread and seek give parts with each task once");
}

/* One open and read from the start is one snapshot, however slowly it is read. */
static void snapshot(void)
{
	char text[8192], again[8192];
	int fd = open_file("memory");
	ssize_t got, first;
	size_t at = 0;
	unsigned int i;
	bool same;

	for (first = 0; (got = read(fd, text + first, 100)) > 0; first += got)
		/* What would show in a second snapshot. */
		for (i = 0; i < 20; i++)
			free(one_big("status", &at));
	/* Without returning to the start: of the same snapshot. The last line moves with every nap. */
	for (i = 0, same = true; i < 50; i++) {
		at = i & 1 ? first - 30 : 1 + below(&chance, first - 1);
		usleep(1000);
		got = pread(fd, again, 200, at);
		same &= got > 0 && !memcmp(again, text + at, got);
	}
	ok(same && first > 1000, "memory: what is read after the start is of the same snapshot");
	got = pread(fd, again, sizeof(again), 0);
	ok(got > 0 && memcmp(again, text, got), "memory: reading from the start takes a new one");
	close(fd);
}

static void past_the_end(const char *name)
{
	static const off_t far[] = { 1 << 20, 1LL << 32, 1LL << 61, 0x7fffffffffffeffeLL };
	int fd = open_file(name);
	bool good = true;
	char buf[64];
	unsigned int i;

	for (i = 0; i < NR(far); i++) {
		ssize_t got = pread(fd, buf, sizeof(buf), far[i]);

		good &= !got;
		if (got)
			diag("pread at %lld: %zd (%s)", (long long)far[i], got, strerror(errno));
	}
	ok(good, "%s: past the end there is nothing", name);
	ok(lseek(fd, -1, SEEK_SET) == -1 && errno == EINVAL, "%s: a seek before the start is refused", name);
	ok(lseek(fd, 0, SEEK_SET) == 0 && read(fd, buf, sizeof(buf)) > 0, "%s: and back at the start it reads", name);
	close(fd);
	snprintf(buf, sizeof(buf), "/proc/ringside/%s", name);
	fd = open(buf, O_WRONLY | O_CLOEXEC);
	ok(fd < 0 || write(fd, "x", 1) < 0, "%s: it can't be written", name);
	if (fd >= 0)
		close(fd);
}

/*
 * Of many children, the one whose line is being read and some around it are
 * killed and reaped; each of the others must still be read just once.
 */
static void exits_under_the_cursor(void)
{
	enum { MANY = 60 };
	pid_t pid[MANY];
	unsigned int seen[MANY] = { 0 }, gone[MANY] = { 0 }, i, lost = 0, doubled = 0, killed = 0;
	static char text[1 << 20];
	size_t at = 0, parsed = 0;
	ssize_t got;
	char *end;
	int fd;

	for (i = 0; i < MANY; i++)
		pid[i] = child(NULL, NULL);
	fd = open_file("tasks");
	/* Bytes less than a line each, so that the cursor stands in every line. */
	while ((got = read(fd, text + at, 150)) > 0) {
		at += got;
		text[at] = '\0';
		while ((end = strchr(text + parsed, '\n'))) {
			int nr = strtol(text + parsed, NULL, 10);

			for (i = 0; i < MANY; i++) {
				if (nr != pid[i])
					continue;
				seen[i]++;
				/* This line has been read, the next has begun. */
				if (i % 3 == 0 && i + 2 < MANY) {
					gone[i] = gone[i + 1] = 1;
					killed += 2;
					child_end(pid[i]);
					child_end(pid[i + 1]);
				}
			}
			parsed = end + 1 - text;
		}
	}
	close(fd);
	for (i = 0; i < MANY; i++) {
		lost += !gone[i] && !seen[i];
		doubled += seen[i] > 1;
		if ((!gone[i] && !seen[i]) || seen[i] > 1)
			diag("child %u (%d) was seen %u times", i, pid[i], seen[i]);
	}
	ok(!got && !lost && !doubled && killed > 30,
	   "tasks: %u exits under the cursor lose nobody else, and nobody comes twice", killed);
	children_end();
}

/* Whole lines only, each of as many columns as the header. */
static void shape(const char *name)
{
	unsigned int columns = 0, bad = 0, lines = 0;
	char *text, *line, *save;
	size_t len;

	text = one_big(name, &len);
	ok(text[len - 1] == '\n', "%s: the text ends with a newline", name);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++) {
		unsigned int nr = 0;
		char *word, *in;

		for (word = strtok_r(line, " ", &in); word; word = strtok_r(NULL, " ", &in))
			nr++;
		if (!lines)
			columns = nr;
		bad += nr != columns;
	}
	ok(!bad && lines > 2, "%s: every line has as many columns as the header", name);
	free(text);
}

int main(void)
{
	static const char * const steadies[] = { "slabs", "status", "watches", "syscalls", "errors", "latency" };
	static const char * const all[] = { "tasks", "slabs", "status", "memory", "watches", "syscalls", "errors", "latency", "files" };
	struct watched watched;
	static struct ring r;
	unsigned int i;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	watched_make(&r, &watched);
	for (i = 0; i < NR(steadies); i++) {
		steady(steadies[i]);
		anywhere(steadies[i]);
	}
	moving();
	snapshot();
	tasks();
	for (i = 0; i < NR(all); i++)
		past_the_end(all[i]);
	for (i = 0; i < NR(all); i++)
		/* A line a field, and sentences in the last column, are no table. */
		if (strcmp(all[i], "memory") && strcmp(all[i], "status"))
			shape(all[i]);
	watched_end(&r, &watched);
	ring_close(&r);
	exits_under_the_cursor();
	return tap_end();
}
