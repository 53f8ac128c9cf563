// SPDX-License-Identifier: GPL-2.0-or-later
/* Allocations that fail because they are told to. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "proc.h"
#include "tap.h"

#define DEBUGFS "/sys/kernel/debug/"

/* What can fail; usercopy is there too, and is no allocation. */
static const char * const kinds[] = { "failslab", "fail_page_alloc", NULL };

static int nth = -1;

static void set(const char *kind, const char *file, unsigned long value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, file);
	/* "times" is signed, and -1 for ever; this is the one way all of them take numbers. */
	if (!write_file(path, "%ld", (long)value))
		bail("%s: %s", path, strerror(errno));
}

static void set_flag(const char *kind, const char *file, bool value)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", kind, file);
	if (!write_file(path, "%c", value ? 'Y' : 'N'))
		bail("%s: %s", path, strerror(errno));
}

/* which: "require" or "reject", of what is on the stack. */
static void set_range(const char *kind, const char *which, unsigned long from, unsigned long to)
{
	char path[128];

	snprintf(path, sizeof(path), DEBUGFS "%s/%s-start", kind, which);
	if (!write_file(path, "%#lx", from))
		bail("%s: %s", path, strerror(errno));
	snprintf(path, sizeof(path), DEBUGFS "%s/%s-end", kind, which);
	if (!write_file(path, "%#lx", to))
		bail("%s: %s", path, strerror(errno));
}

static void function(const char *name, unsigned long *begin, unsigned long *end)
{
	unsigned long from = 0, to = -1UL, at;
	char *text = slurp("/proc/kallsyms", NULL), *line, wanted[128];

	if (!text)
		bail("/proc/kallsyms: %s", strerror(errno));
	snprintf(wanted, sizeof(wanted), " %s\n", name);
	line = strstr(text, wanted);
	if (line) {
		while (line > text && line[-1] != '\n')
			line--;
		from = strtoul(line, NULL, 16);
	}
	if (!from)
		bail("the kernel has no function %s", name);
	/* To where the next one begins. Not by sscanf(), which looks for the end of the text each time. */
	for (line = text; line && *line; line = strchr(line, '\n'), line += !!line) {
		at = strtoul(line, NULL, 16);
		if (at > from && at < to)
			to = at;
	}
	free(text);
	*begin = from;
	*end = to;
}

void fail_init(void)
{
	unsigned long from, to;
	int i;

	function("disarm_kprobe", &from, &to);
	for (i = 0; kinds[i]; i++) {
		set(kinds[i], "verbose", 0);
		set(kinds[i], "stacktrace-depth", 32);
		set_flag(kinds[i], "ignore-gfp-wait", false);
		set_range(kinds[i], "reject", from, to);
	}
	set_flag("fail_page_alloc", "ignore-gfp-highmem", false);
	set("fail_page_alloc", "min-order", 0);
	set_range("fail_usercopy", "require", 1, 2);
	nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth < 0)
		bail("/proc/thread-self/fail-nth: %s", strerror(errno));
}

static void fail_in(unsigned long from, unsigned long to)
{
	int i;

	for (i = 0; kinds[i]; i++)
		set_range(kinds[i], "require", from, to);
}

void fail_in_module(void)
{
	char *text = slurp("/proc/modules", NULL), *line = text ? strstr(text, "ringside ") : NULL;
	unsigned long size, from;

	/* Its code is at the beginning, its data behind it are on no stack. */
	if (!line || sscanf(line, "ringside %lu %*u %*s %*s %lx", &size, &from) != 2 || !from)
		bail("where is the module? /proc/modules says: %.80s", line ? line : "nothing");
	free(text);
	fail_in(from, from + size);
}

void fail_in_function(const char *name)
{
	unsigned long from, to;

	function(name, &from, &to);
	fail_in(from, to);
}

void fail_arm(unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	if (pwrite(nth, text, len, 0) != len)
		bail("fail-nth: %s", strerror(errno));
}

unsigned int fail_disarm(void)
{
	char text[16] = "";

	if (pread(nth, text, sizeof(text) - 1, 0) <= 0 || pwrite(nth, "0", 1, 0) != 1)
		bail("fail-nth: %s", strerror(errno));
	return strtoul(text, NULL, 10);
}

void fail_anyone(unsigned int n)
{
	int i;

	for (i = 0; kinds[i]; i++) {
		set(kinds[i], "interval", n);
		set(kinds[i], "times", 1);
	}
	/* Only what comes from the slabs: a big piece of single pages is a thousand of them. */
	set("failslab", "probability", 100);
}

bool fail_anyone_end(void)
{
	char text[32];

	set("failslab", "probability", 0);
	if (!read_line(text, sizeof(text), DEBUGFS "failslab/times"))
		bail("failslab/times: %s", strerror(errno));
	return strtol(text, NULL, 10) == 0;
}
