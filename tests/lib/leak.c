// SPDX-License-Identifier: GPL-2.0-or-later
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leak.h"
#include "ring.h"
#include "tap.h"

struct leaks leaks = { .where = "" };

static struct range {
	uint64_t from, to;
} ranges[64];

static unsigned int nr_ranges;

static void add_range(uint64_t from, uint64_t to)
{
	if (from < to && from >> 63 && nr_ranges < NR(ranges))
		ranges[nr_ranges++] = (struct range){ from, to };
}

unsigned int leaks_init(void)
{
	Elf64_Phdr phdr[64];
	Elf64_Ehdr ehdr;
	int i, fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr))
		bail("/proc/kcore: %s", strerror(errno));
	for (i = 0; i < ehdr.e_phnum && i < 64; i++) {
		if (pread(fd, &phdr[i], sizeof(phdr[i]), ehdr.e_phoff + i * sizeof(phdr[i])) != sizeof(phdr[i]))
			break;
		if (phdr[i].p_type == PT_LOAD)
			add_range(phdr[i].p_vaddr, phdr[i].p_vaddr + phdr[i].p_memsz);
	}
	close(fd);
	return nr_ranges;
}

uint64_t leaks_first(void)
{
	return ranges[0].from;
}

static bool is_address(uint64_t value)
{
	unsigned int i;

	/* All of them are in the upper half, and few numbers are. */
	for (i = 0; value >> 63 && i < nr_ranges; i++)
		if (value >= ranges[i].from && value < ranges[i].to)
			return true;
	return false;
}

/*
 * Whether the sequence number and the port of a message are there, which are the
 * receiver's own (a port that netlink chose is any negative number, and memory
 * with five levels of tables begins at 0xff11...), or an attribute's header: with
 * the low half of a value behind it, which may be any number, it looks like an
 * address now and then.
 */
static bool is_header(const void *message, size_t len, size_t at)
{
	const struct nlmsghdr *nlh = message;
	const struct nlattr *attr;

	if (len < NLMSG_HDRLEN + GENL_HDRLEN || nlh->nlmsg_len != len || nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return false;
	if (at == offsetof(struct nlmsghdr, nlmsg_seq))
		return true;
	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if ((const char *)attr == (const char *)message + at)
			return true;
	return false;
}

/*
 * Attributes are aligned to four bytes, so what is longer begins there. A row's
 * own values are in its attributes; padding and what is beyond are looked at too.
 */
void leaks_scan(const void *message, size_t len)
{
	const unsigned char *at = message;
	size_t i, run;

	for (i = 0; i + 8 <= len; i += 4) {
		uint64_t value;

		memcpy(&value, at + i, 8);
		leaks.windows++;
		if (is_address(value) && !is_header(message, len, i) && leaks.hits++ < 10)
			diag("%s: %#llx at byte %zu of a message", leaks.where, (unsigned long long)value, i);
	}
	for (i = 0; i < len; i += run) {
		for (run = 1; i + run < len && at[i + run] == at[i]; run++)
			;
		if (run >= 8 && (at[i] == 0x6b || at[i] == 0x5a || at[i] == 0xa5 || at[i] == 0xcc) && leaks.poison++ < 10)
			diag("%s: %zu bytes of %#x at byte %zu of a message", leaks.where, run, at[i], i);
	}
}

/* Decimal and hexadecimal, with 0x or without. */
void leaks_scan_text(const char *text)
{
	while (*text) {
		size_t len = strspn(text, "0123456789abcdefABCDEF");
		char word[40];

		if (!len) {
			text++;
			continue;
		}
		snprintf(word, sizeof(word), "%.*s", (int)(len < 39 ? len : 39), text);
		leaks.numbers++;
		if ((is_address(strtoull(word, NULL, 16)) || is_address(strtoull(word, NULL, 10))) && leaks.hits++ < 10)
			diag("%s: the text has %s", leaks.where, word);
		text += len;
	}
}
