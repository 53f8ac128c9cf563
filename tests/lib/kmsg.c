// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "kmsg.h"
#include "proc.h"
#include "tap.h"

static int kmsg = -1;
static unsigned int lost, troubles;
static bool racing;		/* in a report of KCSAN */
static unsigned int frames;	/* of one of its two accesses so far */
static bool known;		/* it is the kernel's own */

/* KCSAN tells every race of the whole kernel, between two lines of "====". Which is ours: as in scripts/lib/guest.sh. */
static bool is_trouble(const char *line)
{
	static const char * const words[] = {
		"WARNING: ", "BUG: ", "BUG kmalloc", "Oops", "panic", "blocked for more", " stall", "possible circular",
		"possible recursive", "inconsistent lock", "suspicious RCU", "trying to register", "KASAN: ", "UBSAN: ",
		"refcount_t: ", "general protection", "nable to handle", "scheduling while atomic", "sleeping function",
	};
	unsigned int i;

	if (strstr(line, "BUG: KCSAN: ")) {
		racing = true;
		known = strstr(line, "in sum_vm_events");
	} else if (strstr(line, "=====")) {
		racing = false;
	}
	if (strstr(line, "BUG: KCSAN: ") || strstr(line, " by task ") || strstr(line, " by interrupt "))
		frames = 0;
	else if (strstr(line, " asm_"))
		frames = 99;
	else if (strstr(line, "+0x"))
		frames++;
	if (racing)
		return strstr(line, "[ringside]") && frames <= 4 && !known && !strstr(line, "Workqueue: ");
	for (i = 0; i < NR(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

void kmsg_begin(void)
{
	lost = troubles = 0;
	racing = false;
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0 || lseek(kmsg, 0, SEEK_END) < 0 || !write_file("/proc/sys/kernel/printk", "4"))
		bail("/dev/kmsg: %s", strerror(errno));
}

unsigned int kmsg_read(const char *words)
{
	unsigned int found = 0;
	char line[8192];
	ssize_t got;

	while ((got = read(kmsg, line, sizeof(line) - 1)) > 0 || (got < 0 && errno == EPIPE)) {
		if (got < 0) {
			lost++;
			continue;
		}
		line[got] = '\0';
		found += !!strstr(line, words);
		if (is_trouble(line)) {
			troubles++;
			diag("the kernel says: %.200s", line);
		}
	}
	return found;
}

void kmsg_end(const char *what)
{
	kmsg_read("");
	close(kmsg);
	write_file("/proc/sys/kernel/printk", "8");
	ok(!troubles && !lost, "%s: the kernel has no trouble but that", what);
	if (lost)
		diag("%u times some of what it says was lost", lost);
}
