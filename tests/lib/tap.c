// SPDX-License-Identifier: GPL-2.0-or-later
/* TAP: results, words about them, and the plan at the end. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"

static int count, failed;

static void text(const char *before, const char *format, va_list ap)
{
	char line[4096];
	const char *s;

	vsnprintf(line, sizeof(line), format, ap);
	fputs(before, stdout);
	for (s = line; *s; s++) {
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			printf("\\%03o", (unsigned char)*s);
		else
			putchar(*s);
	}
}

static void result(bool good, const char *format, va_list ap)
{
	char before[32];

	count++;
	failed += !good;
	snprintf(before, sizeof(before), "%sok %d - ", good ? "" : "not ", count);
	text(before, format, ap);
}

bool ok(bool good, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	result(good, format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	return good;
}

bool is(long long got, long long wanted, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	result(got == wanted, format, ap);
	va_end(ap);
	putchar('\n');
	if (got != wanted)
		diag("wanted %lld, got %lld", wanted, got);
	fflush(stdout);
	return got == wanted;
}

bool is_str(const char *got, const char *wanted, const char *format, ...)
{
	bool good = got && !strcmp(got, wanted);
	va_list ap;

	va_start(ap, format);
	result(good, format, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		diag("wanted '%s'", wanted);
		diag("got    '%s'", got ? got : "(nothing)");
	}
	fflush(stdout);
	return good;
}

void skip(const char *why, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	result(true, format, ap);
	va_end(ap);
	printf(" # SKIP %s\n", why);
	fflush(stdout);
}

void diag(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text("# ", format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void note(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text("# NOTE ", format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void bail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	text("Bail out! ", format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_Exit(99);
}

unsigned long often(unsigned long quick, unsigned long full)
{
	const char *asked = getenv("TESTS_FULL");

	return asked && !strcmp(asked, "1") ? full : quick;
}

unsigned long long seed(void)
{
	const char *given = getenv("TESTS_SEED");
	unsigned long long value = given && *given ? strtoull(given, NULL, 0) : 1;

	note("seed %llu", value);
	return value;
}

double monotonic(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec + at.tv_nsec / 1e9;
}

int tap_end(void)
{
	printf("1..%d\n", count);
	fflush(stdout);
	return failed ? 1 : 0;
}
