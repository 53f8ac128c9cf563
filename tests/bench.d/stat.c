// SPDX-License-Identifier: GPL-2.0-or-later
/* The least a program can do to list processes by /proc: read each PID/stat, no more. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	DIR *proc = opendir("/proc");
	size_t bytes = 0, tasks = 0;
	struct dirent *entry;
	char path[300], buf[4096];

	if (!proc)
		return 1;
	while ((entry = readdir(proc))) {
		ssize_t len;
		int fd;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/stat", entry->d_name);
		fd = openat(dirfd(proc), path, O_RDONLY);
		if (fd < 0)
			continue;
		len = read(fd, buf, sizeof(buf));
		close(fd);
		if (len > 0) {
			bytes += len;
			tasks++;
		}
	}
	closedir(proc);
	printf("rows %zu bytes %zu\n", tasks, bytes);
	return 0;
}
