// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <regex.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/ringside.h>

#include "callset.h"
#include "classes.h"
#include "rows.h"
#include "say.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))
#define WORD_MAX_LEN		256

static const struct abi {
	const char *name;	/* the kernel's */
	const char *suffix;	/* behind a call's name */
	uint32_t arch;		/* libseccomp's */
	int bit;		/* that its numbers have there and not here */
} abis[CALL_ABIS] = {
#ifdef __x86_64__
	[RINGSIDE_ABI_NATIVE] = { "x86_64", "64", SCMP_ARCH_X86_64, 0 },
	[RINGSIDE_ABI_COMPAT] = { "x86", "32", SCMP_ARCH_X86, 0 },
#else
	[RINGSIDE_ABI_NATIVE] = { "native", "64", SCMP_ARCH_AARCH64, 0 },
	[RINGSIDE_ABI_COMPAT] = { "compat", "32", SCMP_ARCH_ARM, 0 },
#endif
	[RINGSIDE_ABI_X32] = { "x32", "x32", SCMP_ARCH_X32, 0x40000000 },
};

static const struct class {
	const char *name;
	uint32_t classes;
} classes[] = {
	{ "%file", IN_FILE },
	{ "%desc", IN_DESC },
	{ "%process", IN_PROCESS },
	{ "%network", IN_NETWORK },
	{ "%net", IN_NETWORK },
	{ "%signal", IN_SIGNAL },
	{ "%ipc", IN_IPC },
	{ "%memory", IN_MEMORY },
	{ "%stat", IN_STAT },
	{ "%lstat", IN_LSTAT },
	{ "%fstat", IN_FSTAT },
	{ "%%stat", IN_STAT_LIKE },
	{ "%statfs", IN_STATFS },
	{ "%fstatfs", IN_FSTATFS },
	{ "%%statfs", IN_STATFS_LIKE },
	{ "%pure", IN_PURE },
	{ "%creds", IN_CREDS },
	{ "%clock", IN_CLOCK },
};

static const char *names[CALL_ABIS][CALL_NUMBERS];

/* All at once: who asks for one name asks for many. */
static void read_names(void)
{
	static bool read;
	size_t abi, i;

	if (read)
		return;
	read = true;
	for (abi = 0; abi < CALL_ABIS; abi++) {
		for (i = 0; i < CALL_NUMBERS; i++)
			names[abi][i] = seccomp_syscall_resolve_num_arch(abis[abi].arch,
									 i | abis[abi].bit);
		for (i = 0; i < ARRAY_SIZE(classified); i++)
			if (classified[i].number && !names[abi][classified[i].number])
				names[abi][classified[i].number] = classified[i].name;
	}
}

int call_abi(const char *name)
{
	size_t abi;

	for (abi = 0; abi < CALL_ABIS; abi++)
		if (!strcmp(abis[abi].name, name))
			return abi;
	return -1;
}

const char *call_name(int abi, int number)
{
	if (abi < 0 || abi >= CALL_ABIS || number < 0 || number >= CALL_NUMBERS)
		return NULL;
	read_names();
	return names[abi][number];
}

static void add(struct callset *set, size_t abi, size_t number)
{
	set->calls[abi][number / 64] |= 1ULL << number % 64;
}

static bool is_in(const struct callset *set, size_t abi, size_t number)
{
	return set->calls[abi][number / 64] >> number % 64 & 1;
}

/*
 * One word of a set, and what it is taken for. Each of those below adds the
 * calls of one ABI and tells whether there were any.
 */
struct word {
	char text[WORD_MAX_LEN];
	size_t first, last;	/* ABIs that it is for */
	bool optional;
	uint32_t classes;
	regex_t pattern;
};

typedef bool add_word(struct callset *set, size_t abi, const struct word *word);

static bool add_number(struct callset *set, size_t abi, const struct word *word)
{
	unsigned long number = strtoul(word->text, NULL, 0);

	if (number >= CALL_NUMBERS)
		return false;
	add(set, abi, number);
	return true;
}

static bool add_name(struct callset *set, size_t abi, const struct word *word)
{
	bool found = false;
	size_t i;

	for (i = 0; i < CALL_NUMBERS; i++) {
		if (!names[abi][i] || strcmp(names[abi][i], word->text))
			continue;
		add(set, abi, i);
		found = true;
	}
	return found;
}

static bool add_pattern(struct callset *set, size_t abi, const struct word *word)
{
	bool found = false;
	size_t i;

	for (i = 0; i < CALL_NUMBERS; i++) {
		if (!names[abi][i] || regexec(&word->pattern, names[abi][i], 0, NULL, 0))
			continue;
		add(set, abi, i);
		found = true;
	}
	return found;
}

static int by_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct classified *)row)->name);
}

static bool add_class(struct callset *set, size_t abi, const struct word *word)
{
	size_t i;

	for (i = 0; i < CALL_NUMBERS; i++) {
		const struct classified *call;

		if (!names[abi][i])
			continue;
		call = bsearch(names[abi][i], classified, ARRAY_SIZE(classified),
			       sizeof(*classified), by_name);
		if (call && call->classes & word->classes)
			add(set, abi, i);
	}
	return true;
}

static bool add_everywhere(struct callset *set, const struct word *word, add_word *add_one)
{
	bool found = false;
	size_t abi;

	for (abi = word->first; abi <= word->last; abi++)
		if (add_one(set, abi, word))
			found = true;
	return found;
}

static const struct class *find_class(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(classes[i].name, name))
			return &classes[i];
	return NULL;
}

static void say_unknown(const struct word *word)
{
	struct guess guess;
	size_t abi, i;

	guess_start(&guess, word->text);
	for (i = 0; i < ARRAY_SIZE(classes); i++)
		guess_consider(&guess, classes[i].name);
	for (abi = word->first; abi <= word->last && word->text[0] != '%'; abi++)
		for (i = 0; i < CALL_NUMBERS; i++)
			if (names[abi][i])
				guess_consider(&guess, names[abi][i]);
	if (word->text[0] == '%')
		say("-e: there is no class of calls '%s'%s \"man ringside\" lists them", word->text,
		    guess_text(&guess));
	else if (word->first == word->last)
		say("-e: the ABI \"%s\" has no call '%s'%s", abis[word->first].name, word->text,
		    guess.best ? guess_text(&guess) : "");
	else
		say("-e: there is no call '%s'%s", word->text,
		    guess.best ? guess_text(&guess) : "");
}

/* Cuts @64 and the like off. */
static int take_suffix(struct word *word)
{
	char *at = strrchr(word->text, '@');
	size_t abi;

	word->first = 0;
	word->last = CALL_ABIS - 1;
	if (!at)
		return 0;
	for (abi = 0; abi < CALL_ABIS; abi++)
		if (!strcmp(abis[abi].suffix, at + 1))
			break;
	if (abi == CALL_ABIS) {
		say("-e: behind '@' goes 64, 32 or x32, not '%s'", at + 1);
		return -1;
	}
	word->first = abi;
	word->last = abi;
	*at = '\0';
	return 0;
}

static int add_matches(struct callset *set, struct word *word)
{
	int err = regcomp(&word->pattern, word->text + 1, REG_EXTENDED | REG_NOSUB);
	char why[WORD_MAX_LEN];
	bool found;

	if (err) {
		regerror(err, &word->pattern, why, sizeof(why));
		say("-e: the pattern '%s': %s", word->text + 1, why);
		return -1;
	}
	found = add_everywhere(set, word, add_pattern);
	regfree(&word->pattern);
	if (found || word->optional)
		return 0;
	say("-e: no call matches the pattern '%s'", word->text + 1);
	return -1;
}

/* A name; or a class without its %, which not all of them need. */
static int add_plain(struct callset *set, struct word *word)
{
	bool found = add_everywhere(set, word, add_name);
	const struct class *class;
	char with[WORD_MAX_LEN + 1];

	snprintf(with, sizeof(with), "%%%s", word->text);
	class = find_class(with);
	/* The names of stat and its like are calls in the first place. */
	if (class && (!found || class->classes & (IN_SIGNAL | IN_IPC))) {
		if (found && word->first != word->last) {
			say("-e: '%s' is a class and a call of 32-bit programs: write %s, or %s@32",
			    word->text, class->name, word->text);
			return -1;
		}
		if (found)
			return 0;
		word->classes = class->classes;
		return add_everywhere(set, word, add_class) ? 0 : -1;
	}
	if (found || word->optional)
		return 0;
	say_unknown(word);
	return -1;
}

static int add_one(struct callset *set, const char *text, size_t len)
{
	struct word word = { .optional = *text == '?' };
	const struct class *class;

	len -= word.optional;
	text += word.optional;
	if (!len || len >= sizeof(word.text)) {
		say(len ? "-e: a name is too long" : "-e: a name is missing between two commas");
		return -1;
	}
	memcpy(word.text, text, len);
	word.text[len] = '\0';
	if (take_suffix(&word))
		return -1;
	if (word.text[0] == '/')
		return add_matches(set, &word);
	if (isdigit((unsigned char)word.text[0])) {
		if (word.text[strspn(word.text, "0123456789")] ||
		    !add_everywhere(set, &word, add_number)) {
			say("-e: '%s' is no number of a call", word.text);
			return -1;
		}
		return 0;
	}
	if (word.text[0] != '%')
		return add_plain(set, &word);
	class = find_class(word.text);
	if (!class) {
		say_unknown(&word);
		return -1;
	}
	word.classes = class->classes;
	return add_everywhere(set, &word, add_class) ? 0 : -1;
}

int callset_parse(struct callset *set, const char *text)
{
	size_t len = strcspn(text, "=/,");

	memset(set, 0, sizeof(*set));
	set->chosen = true;
	read_names();
	if (text[len] == '=') {
		if (strncmp(text, "trace=", len + 1)) {
			say("-e %.*s= is strace's alone; calls are chosen with -e [trace=]CALL,...",
			    (int)len, text);
			return -1;
		}
		text += len + 1;
	}
	for (; *text == '!'; text++)
		set->inverted = !set->inverted;
	if (!strcmp(text, "none"))
		return 0;
	if (!strcmp(text, "all")) {
		set->inverted = !set->inverted;
		return 0;
	}
	if (!*text) {
		say("-e takes names of calls and classes of them, as in openat,%%network");
		return -1;
	}
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (add_one(set, text, len))
			return -1;
		if (!text[len])
			return 0;
	}
}

bool callset_has(const struct callset *set, int abi, int number)
{
	bool in = false;

	if (!set->chosen)
		return true;
	if (abi >= 0 && abi < CALL_ABIS && number >= 0 && number < CALL_NUMBERS)
		in = is_in(set, abi, number);
	return in != set->inverted;
}

void callset_put(const struct callset *set, struct nlmsghdr *nlh)
{
	size_t abi, i;

	if (!set->chosen || set->inverted)
		return;
	for (abi = 0; abi < CALL_ABIS; abi++)
		for (i = 0; i < CALL_NUMBERS; i++)
			if (is_in(set, abi, i))
				mnl_attr_put_u32(nlh, RINGSIDE_A_WATCH_CALL, RINGSIDE_CALL(abi, i));
}
