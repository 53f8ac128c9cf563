// SPDX-License-Identifier: GPL-2.0-or-later
/* Block devices that are made of nothing: null_blk. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/swap.h>
#include <unistd.h>

#include "disk.h"
#include "tap.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define AREA (2 << 20)

/* Not a loop device on tmpfs, which waits for the very memory that it is to free. */
static const char *disk_on(int nr, int megabytes, bool keeps)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "modprobe -q configfs; modprobe null_blk nr_devices=0 &&"
		 " { grep -q ' /sys/kernel/config ' /proc/mounts ||"
		 "   mount -t configfs none /sys/kernel/config; } &&"
		 " cd /sys/kernel/config/nullb && mkdir nullb%d && cd nullb%d &&"
		 " echo %d >memory_backed && echo %d >size && echo 4096 >blocksize &&"
		 " echo 1 >power && [ -b /dev/nullb%d ]", nr, nr, keeps, megabytes,
		 nr);
	return system(command) ? "this kernel has no null_blk" : NULL;
}

static void disk_off(int nr)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/config/nullb/nullb%d", nr);
	if (rmdir(path))
		diag("%s was left: %s", path, strerror(errno));
}

const char *scratch_disk(void)
{
	const char *why = disk_on(1, 1024, false);

	if (why)
		bail("%s", why);
	return "/dev/nullb1";
}

void scratch_disk_off(void)
{
	disk_off(1);
}

const char *swap_on(void)
{
	const char *why = disk_on(0, 64, true);

	if (why)
		return why;
	if (system("mkswap /dev/nullb0 >/dev/null 2>&1"))
		return "mkswap fails";
	return swapon("/dev/nullb0", 0) ? "swapon fails" : NULL;
}

void swap_off(void)
{
	swapoff("/dev/nullb0");
	disk_off(0);
}

int swap_some(void *arg)
{
	char *at = mmap(NULL, AREA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int i;

	if (at == MAP_FAILED)
		return -1;
	for (i = 0; i < AREA; i++)
		at[i] = i * 7 + (i >> 9);
	if (madvise(at, AREA, MADV_PAGEOUT))
		return -1;
	/* A part comes back. */
	for (i = 0; i < AREA / 8; i += 4096)
		((volatile char *)at)[i] += 1;
	return 0;
}
