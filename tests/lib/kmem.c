// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kmem.h"
#include "proc.h"
#include "tap.h"

static void shrink(void)
{
	DIR *dir = opendir("/sys/kernel/slab");
	struct dirent *entry;

	if (!dir)
		bail("/sys/kernel/slab: %s", strerror(errno));
	/* All of them: what others let go of meanwhile would look like ours. Links are further names. */
	while ((entry = readdir(dir))) {
		char path[512];

		snprintf(path, sizeof(path), "/sys/kernel/slab/%s/shrink", entry->d_name);
		if (entry->d_type == DT_DIR && *entry->d_name != '.' && !write_file(path, "1"))
			bail("%s: %s", path, strerror(errno));
	}
	closedir(dir);
}

static long long kib_of(const char *text, const char *name)
{
	int64_t value;

	if (!number_after(text, name, &value))
		bail("/proc/meminfo has no %s", name);
	return value * 1024;
}

void kmem_read(struct kmem *kmem)
{
	char *text, *line, *save, name[64];
	unsigned long long active, total, size;

	usleep(300000);
	shrink();
	text = slurp("/proc/slabinfo", NULL);
	if (!text)
		bail("/proc/slabinfo: %s", strerror(errno));
	kmem->objects = kmem->nr = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (sscanf(line, "%63s %llu %llu %llu", name, &active, &total, &size) == 4 &&
		    (!strncmp(name, "kmalloc-", 8) || !strncmp(name, "ringside", 8)) && kmem->nr < NR(kmem->cache)) {
			struct kmem_cache *cache = &kmem->cache[kmem->nr++];

			snprintf(cache->name, sizeof(cache->name), "%s", name);
			cache->bytes = active * size;
			kmem->objects += cache->bytes;
		}
	free(text);
	text = slurp("/proc/meminfo", NULL);
	if (!text)
		bail("/proc/meminfo: %s", strerror(errno));
	/* The kernel's own threads come and go. */
	kmem->vmalloc = kib_of(text, "VmallocUsed") - kib_of(text, "KernelStack");
	kmem->percpu = kib_of(text, "Percpu");
	kmem->free = kib_of(text, "MemFree");
	free(text);
}

void kmem_diag(const struct kmem *before, const struct kmem *after)
{
	unsigned int i, n;

	for (i = 0; i < after->nr; i++)
		for (n = 0; n < before->nr; n++)
			if (!strcmp(after->cache[i].name, before->cache[n].name) &&
			    after->cache[i].bytes > before->cache[n].bytes)
				diag("%s has %lld bytes more in use", after->cache[i].name,
				     after->cache[i].bytes - before->cache[n].bytes);
}

void kmem_ok(const struct kmem *before, const struct kmem *after, long long most, const char *when)
{
	long long objects = after->objects - before->objects, vmalloc = after->vmalloc - before->vmalloc;
	long long percpu = after->percpu - before->percpu;

	note("in use: kmalloc %+lld bytes, vmalloc %+lld, per CPU %+lld, %s", objects, vmalloc, percpu, when);
	ok(objects < most && vmalloc < most && percpu < most, "the kernel has not %lld bytes more in use %s", most, when);
	kmem_diag(before, after);
}
