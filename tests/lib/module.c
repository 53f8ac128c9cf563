// SPDX-License-Identifier: GPL-2.0-or-later
/* The module, loaded and let go from within a test. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "module.h"
#include "proc.h"
#include "tap.h"

int module_load(const char *parameters)
{
	struct utsname name;
	char path[256];
	int fd, err;

	uname(&name);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/dkms/ringside.ko", name.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		bail("%s: %s", path, strerror(errno));
	err = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return err;
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "ringside", O_NONBLOCK) ? -errno : 0;
}

int module_unload_soon(unsigned int *busy)
{
	unsigned int tries;
	int err = 0;

	for (tries = 0; tries < 100000; tries++) {
		err = module_unload();
		if (err != -EAGAIN)
			break;
		if (busy)
			++*busy;
		usleep(100);
	}
	return err;
}

bool module_loaded(void)
{
	return !access("/sys/module/ringside", F_OK);
}

bool module_gone(void)
{
	static const char * const paths[] = {
		"/proc/ringside", "/sys/kernel/ringside", "/sys/module/ringside",
	};
	/* In which nothing but it has this name. Some kernels lack some. */
	static const char * const files[] = {
		"/proc/modules", "/proc/slabinfo", "/proc/kallsyms", "/sys/kernel/debug/kprobes/list",
		"/sys/kernel/tracing/enabled_functions",
	};
	bool gone = true;
	unsigned int i;

	if (access("/sys/kernel/debug/kprobes", F_OK))
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	if (access("/sys/kernel/tracing/trace", F_OK))
		mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL);
	for (i = 0; i < NR(paths); i++)
		if (!access(paths[i], F_OK)) {
			gone = false;
			diag("%s is left", paths[i]);
		}
	for (i = 0; i < NR(files); i++) {
		char *text = slurp(files[i], NULL), *at;

		at = text ? strstr(text, "ringside") : NULL;
		if (at) {
			gone = false;
			diag("%s has '%.40s' left", files[i], at);
		}
		free(text);
	}
	return gone;
}
