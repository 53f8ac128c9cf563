// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whoever asks first has the module read the kernel's BTF; it must be the
 * kernel's, not what that one has mounted in its place: a layout of an
 * attacker's would have the kernel read memory of the attacker's choice.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "lib.h"

#define BTF	"/sys/kernel/btf/vmlinux"
#define FORGED	"/tmp/forged"

static const char * const asked[] = {
	"/proc/ringside/tasks", "/proc/ringside/memory", "/proc/ringside/slabs", "/proc/ringside/status",
	"/sys/kernel/ringside/memory/mem_free",
};

/* Anybody can have all rights in namespaces of their own. */
static int ask_first(void *unused)
{
	unsigned int i;

	if (become(1000, 1000) || unshare(CLONE_NEWUSER | CLONE_NEWNS))
		return 1;
	if (mount(FORGED, BTF, NULL, MS_BIND, NULL)) {
		diag("%s", strerror(errno));
		return 2;
	}
	for (i = 0; i < NR(asked); i++)
		free(slurp(asked[i], NULL));
	return 0;
}

int main(void)
{
	char state[64], detail[256], text[64];
	struct rows rows;
	struct ring r;
	struct row *init;
	struct stat st;
	int fd;

	lib_init();
	if (access(BTF, R_OK))
		bail("%s: %s", BTF, strerror(errno));
	fd = open(FORGED, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, "no BTF at all\n", 14) != 14 || close(fd))
		bail("%s: %s", FORGED, strerror(errno));
	is(apart(ask_first, NULL), 0, "a user of a namespace of their own asks first, with another file for the kernel's BTF");

	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	status_of(&r, "tasks", state, sizeof(state), detail, sizeof(detail));
	is_str(state, "available", "the list of tasks is there");
	is_str(detail, "", "and lacks nothing");
	dump_all(&r, RINGSIDE_CMD_TASK_GET, &rows);
	init = row_by(&rows, RINGSIDE_A_TASK_PID, 1);
	if (!init || stat("/proc/1/ns/mnt", &st))
		bail("there is no process 1");
	is(init->v[RINGSIDE_A_TASK_MNT_NS], st.st_ino, "with the mount namespace that /proc tells");
	rows_free(&rows);
	status_of(&r, "slabs", state, sizeof(state), detail, sizeof(detail));
	is_str(state, "available", "the slab caches are there");
	status_of(&r, "memory", state, sizeof(state), detail, sizeof(detail));
	ok(!strstr(detail, "BTF"), "and memory lacks nothing for want of BTF");
	read_line(text, sizeof(text), "/sys/kernel/ringside/memory/context_switches");
	ok(atoll(text) > 0, "it counts context switches");
	ring_close(&r);
	return tap_end();
}
