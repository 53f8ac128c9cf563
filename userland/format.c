// SPDX-License-Identifier: GPL-2.0-or-later
#include <locale.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "format.h"
#include "names.h"

#define NSEC		1000000000ULL
#define MINUTE		60ULL
#define HOUR		(60 * MINUTE)
#define DAY		(24 * HOUR)

/* By their numbers in <linux/sched.h>; SCHED_ISO was never used. */
static const char *const policies[] = {
	"OTHER", "FIFO", "RR", "BATCH", "4", "IDLE", "DEADLINE", "EXT",
};

static const bool stands_right[] = {
	[KIND_COUNT] = true,
	[KIND_SIGNED] = true,
	[KIND_FLAG] = true,
	[KIND_BYTES] = true,
	[KIND_SPAN] = true,
	[KIND_AGE] = true,
	[KIND_HUNDREDTHS] = true,
	[KIND_RARE] = true,
	[KIND_SECONDS] = true,
	[KIND_BRIEF] = true,
	[KIND_MORE] = true,
	[KIND_MORE_BYTES] = true,
};

static uint64_t boot_now;	/* ns after boot */

static uint64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

void format_now(void)
{
	boot_now = clock_ns(CLOCK_BOOTTIME);
}

bool format_is_right(const struct column *column)
{
	return column->kind < sizeof(stands_right) && stands_right[column->kind];
}

#define DIGITS	20	/* of the largest number */

/*
 * Like printf's %llu at a tenth of its price: there are ten of these in a row.
 * It writes DIGITS bytes, whatever the number.
 */
static char *put_number(char *out, uint64_t num)
{
	char digits[2 * DIGITS], *at = digits + DIGITS;

	do {
		*--at = '0' + num % 10;
		num /= 10;
	} while (num);
	memcpy(out, at, DIGITS);
	return out + (digits + DIGITS - at);
}

/* In digits of that many bits. */
static char *put_digits(char *out, uint64_t num, unsigned int bits)
{
	unsigned int shift = (63 - __builtin_clzll(num | 1)) / bits * bits;

	for (;; shift -= bits) {
		*out++ = "0123456789abcdef"[(num >> shift) & ((1 << bits) - 1)];
		if (!shift)
			return out;
	}
}

static char *put_two(char *out, unsigned int num)
{
	*out++ = '0' + num / 10;
	*out++ = '0' + num % 10;
	return out;
}

static char *put_signed(char *out, int64_t num, bool plus)
{
	if (num < 0)
		*out++ = '-';
	else if (num && plus)
		*out++ = '+';
	return put_number(out, num < 0 ? -(uint64_t)num : (uint64_t)num);
}

/* As lsblk does: 512B, 1.5M, 20G. */
static char *put_size(char *out, uint64_t bytes)
{
	static const char units[] = "BKMGTPE";
	unsigned int unit, tenths = 0;
	uint64_t whole = bytes;

	if (!bytes) {
		*out++ = '0';
		return out;
	}
	unit = (63 - __builtin_clzll(bytes)) / 10;
	if (unit) {
		unsigned int shift = unit * 10;

		whole = bytes >> shift;
		tenths = (((bytes >> (shift - 10)) & 1023) * 10 + 512) >> 10;
		if (tenths == 10) {
			tenths = 0;
			whole++;
		}
		if (whole == 1024) {
			whole = 1;
			unit++;
		}
	}
	out = put_number(out, whole);
	if (tenths) {
		*out++ = '.';
		*out++ = '0' + tenths;
	}
	*out++ = units[unit];
	return out;
}

/* 0:12.34, 59:59.99, 23:59:59, 3-04:05:06 */
static char *put_span(char *out, uint64_t ns)
{
	uint64_t sec = ns / NSEC;

	if (sec < HOUR) {
		out = put_number(out, sec / MINUTE);
		*out++ = ':';
		out = put_two(out, sec % MINUTE);
		*out++ = '.';
		return put_two(out, ns % NSEC / (NSEC / 100));
	}
	if (sec < DAY) {
		out = put_number(out, sec / HOUR);
	} else {
		out = put_number(out, sec / DAY);
		*out++ = '-';
		out = put_two(out, sec % DAY / HOUR);
	}
	*out++ = ':';
	out = put_two(out, sec % HOUR / MINUTE);
	*out++ = ':';
	return put_two(out, sec % MINUTE);
}

/* The two units that matter: 42s, 12m05s, 3h12m, 47d12h. */
static char *put_age(char *out, uint64_t ns)
{
	static const struct unit {
		uint64_t seconds;
		uint64_t minor;
		char name;
		char minor_name;
	} units[] = {
		{ DAY, HOUR, 'd', 'h' },
		{ HOUR, MINUTE, 'h', 'm' },
		{ MINUTE, 1, 'm', 's' },
	};
	uint64_t sec = ns / NSEC;
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const struct unit *unit = &units[i];

		if (sec < unit->seconds)
			continue;
		out = put_number(out, sec / unit->seconds);
		*out++ = unit->name;
		out = put_two(out, sec % unit->seconds / unit->minor);
		*out++ = unit->minor_name;
		return out;
	}
	out = put_number(out, sec);
	*out++ = 's';
	return out;
}

static char *put_date(char *out, uint64_t ns)
{
	static uint64_t booted;	/* ns after 1970 */
	struct tm tm;
	time_t sec;
	size_t len;

	if (!booted)
		booted = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
	sec = (booted + ns) / NSEC;
	if (!localtime_r(&sec, &tm))
		return out;
	len = strftime(out, FORMAT_SCRATCH - 1, "%Y-%m-%dT%H:%M:%S%z", &tm);
	if (len < 2)
		return out;
	/* RFC 3339 has a colon in +00:00. */
	memmove(out + len - 1, out + len - 2, 2);
	out[len - 2] = ':';
	return out + len + 1;
}

static char *put_hundredths(char *out, uint64_t num)
{
	out = put_number(out, num / 100);
	*out++ = '.';
	return put_two(out, num % 100);
}

/* Digits enough that nothing is lost where a program reads them. */
static char *put_seconds(char *out, uint64_t ns, bool plain)
{
	uint64_t unit = NSEC / 10, least = plain ? 1 : 1000;

	out = put_number(out, ns / NSEC);
	*out++ = '.';
	for (; unit >= least; unit /= 10)
		*out++ = '0' + ns / unit % 10;
	return out;
}

/* Three digits: 830ns, 12.3us, 4.56ms, 17.0s, 4711s. */
static char *put_brief(char *out, uint64_t ns)
{
	static const char *const units[] = { "ns", "us", "ms", "s" };
	unsigned int unit = 0;
	uint64_t scale = 1;

	/* What rounds up to 1000 is of the next unit. */
	while (unit < 3 && ns >= scale * 1000 - (scale > 1 ? scale / 2 : 0)) {
		scale *= 1000;
		unit++;
	}
	if (scale == 1 || ns >= scale * 100 - scale / 20) {
		out = put_number(out, (ns + scale / 2) / scale);
	} else if (ns >= scale * 10 - scale / 200) {
		uint64_t tenths = (ns + scale / 20) / (scale / 10);

		out = put_number(out, tenths / 10);
		*out++ = '.';
		*out++ = '0' + tenths % 10;
	} else {
		out = put_hundredths(out, (ns + scale / 200) / (scale / 100));
	}
	return stpcpy(out, units[unit]);
}

static const char *with_length(const char *text, size_t *len)
{
	*len = strlen(text);
	return text;
}

const char *format_value(const struct column *column, const union value *row, bool plain,
			 char *scratch, size_t *len)
{
	uint64_t num = column_num(column, row);
	char *end = scratch;

	switch ((enum kind)column->kind) {
	case KIND_TEXT:
		return with_length(row[column->attr[0]].text ?: "", len);
	case KIND_USER:
		return with_length(user_name(num), len);
	case KIND_GROUP:
		return with_length(group_name(num), len);
	case KIND_CGROUP:
		return with_length(cgroup_path(num), len);
	case KIND_POLICY:
		if (!plain && num < sizeof(policies) / sizeof(*policies))
			return with_length(policies[num], len);
		end = put_number(end, num);
		break;
	case KIND_DATE:
		end = put_date(end, num);
		break;
	case KIND_HUNDREDTHS:
		end = put_hundredths(end, num);
		break;
	case KIND_SIGNED:
		end = put_signed(end, num, false);
		break;
	case KIND_MORE:
		end = put_signed(end, num, !plain);
		break;
	case KIND_MORE_BYTES:
		if (plain || !num) {
			end = put_signed(end, num, false);
			break;
		}
		*end++ = (int64_t)num < 0 ? '-' : '+';
		end = put_size(end, (int64_t)num < 0 ? -num : num);
		break;
	case KIND_BYTES:
		end = plain ? put_number(end, num) : put_size(end, num);
		break;
	case KIND_SPAN:
		end = plain ? put_number(end, num) : put_span(end, num);
		break;
	case KIND_SECONDS:
		end = put_seconds(end, num, plain);
		break;
	case KIND_BRIEF:
		if (plain)
			end = put_number(end, num);
		else if (num)
			end = put_brief(end, num);
		break;
	case KIND_RARE:
		if (num || plain)
			end = put_number(end, num);
		break;
	case KIND_AGE:
		num = boot_now > num ? boot_now - num : 0;
		end = plain ? put_number(end, num) : put_age(end, num);
		break;
	case KIND_HEX:
		if (num || plain)
			end = put_digits(stpcpy(end, "0x"), num, 4);
		break;
	case KIND_OCTAL:
		if (num || plain)
			end = put_digits(stpcpy(end, "0"), num, 3);
		break;
	case KIND_COUNT:
	case KIND_FLAG:
		end = put_number(end, num);
		break;
	}
	*len = end - scratch;
	return scratch;
}

static char *put_hex(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789abcdef";

	*out++ = '\\';
	*out++ = 'x';
	*out++ = digits[byte >> 4];
	*out++ = digits[byte & 15];
	return out;
}

void format_locale(void)
{
	static bool set;

	if (!set)
		setlocale(LC_CTYPE, "");
	set = true;
}

/* The bytes of the printable character at text, which isn't ASCII; 0 for none. */
static size_t wide_length(const char *text, size_t len, int *width)
{
	mbstate_t state;
	wchar_t wide;
	size_t size;

	format_locale();
	memset(&state, 0, sizeof(state));
	size = mbrtowc(&wide, text, len, &state);
	if (!size || size > len || !iswprint(wide))
		return 0;
	*width = wcwidth(wide);
	return *width > 0 ? size : 0;
}

size_t format_escape(const char *text, size_t len, bool blanks, char *out, size_t *width)
{
	const char *end = text + len;
	unsigned char least = blanks ? '!' : ' ';
	char *start = out;
	size_t columns = 0;

	while (text < end) {
		unsigned char byte = *text;
		size_t size = 0;
		int wide;

		if (byte >= least && byte < 0x7f && (byte != '\\' || text[1] != 'x')) {
			*out++ = *text++;
			columns++;
			continue;
		}
		if (byte >= 0x80)
			size = wide_length(text, end - text, &wide);
		if (size) {
			memcpy(out, text, size);
			out += size;
			text += size;
			columns += wide;
			continue;
		}
		out = put_hex(out, *text++);
		columns += 4;
	}
	*width = columns;
	return out - start;
}

/* The length of the UTF-8 sequence at text, 0 if it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text)
{
	unsigned int low = 0x80, high = 0xbf;
	size_t len, i;

	if (text[0] < 0x80)
		return 1;
	if (text[0] < 0xc2 || text[0] > 0xf4)
		return 0;
	len = text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;
	if (text[0] == 0xe0)		/* shorter forms exist */
		low = 0xa0;
	else if (text[0] == 0xed)	/* halves of UTF-16 */
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)	/* past U+10FFFF */
		high = 0x8f;
	for (i = 1; i < len; i++) {
		if (text[i] < low || text[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return len;
}

void format_utf8(const char *text, char *out)
{
	while (*text) {
		size_t len = utf8_length((const unsigned char *)text);

		if (!len) {
			out = put_hex(out, *text++);
			continue;
		}
		memcpy(out, text, len);
		out += len;
		text += len;
	}
	*out = '\0';
}
