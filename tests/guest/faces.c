// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The three faces say the same: the text of /proc/ringside/NAME and the files
 * of /sys/kernel/ringside/ against the netlink rows, field by field.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "lib.h"
#include "people.h"
#include "watched.h"

#define WORDS 64

static char *text_of(const char *name)
{
	char path[64], *text;

	snprintf(path, sizeof(path), "/proc/ringside/%s", name);
	text = slurp(path, NULL);
	if (!text)
		bail("%s: %s", path, strerror(errno));
	return text;
}

/* Splits at spaces, the last of max words being all the rest; the number of words. */
static int split(char *line, char **word, int max)
{
	int nr = 0;

	for (line += strspn(line, " "); *line && nr < max; line += strspn(line, " ")) {
		word[nr++] = line;
		if (nr == max)
			break;
		line += strcspn(line, " ");
		if (*line)
			*line++ = '\0';
	}
	return nr;
}

/* In the last column, if it is one of words, a sentence may stand. */
static int columns(const struct noun *noun)
{
	const struct field *field;
	int nr = 0;

	for (field = noun->fields; field->name; field++)
		nr += field->type != FLAG;
	return noun->fields[nr - 1].type == STR ? nr : WORDS;
}

/* The contract of the text: "-" is empty; \ooo stands for what splits columns or moves a cursor. */
static void unescape(const char *from, char *to)
{
	if (!strcmp(from, "-"))
		from++;
	for (; *from; to++) {
		if (*from == '\\') {
			*to = strtol((char []) { from[1], from[2], from[3], 0 }, NULL, 8);
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < ' ' && *text != '\n') || *text == 0x7f)
			return false;
	return true;
}

static void value_text(const struct field *field, const struct row *row, char *buf, size_t size)
{
	long long value = row->v[field->attr];

	if (!strncmp(field->name, "load", 4))
		snprintf(buf, size, "%lld.%02lld", value / 100, value % 100);
	else
		snprintf(buf, size, "%lld", value);
}

/* A line of a table against a row. A word for the first difference, or NULL. */
static const char *line_differs(const struct noun *noun, char **word, int nr, const struct row *row)
{
	static char why[512];
	const struct field *field;
	int column = 0;

	for (field = noun->fields; field->name; field++) {
		char ours[512], theirs[512];

		if (field->type == FLAG)
			continue;
		if (column == nr)
			return "it is short of columns";
		if (field->type == STR) {
			unescape(word[column], theirs);
			snprintf(ours, sizeof(ours), "%s", row->s[field->attr]);
		} else {
			snprintf(theirs, sizeof(theirs), "%s", word[column]);
			value_text(field, row, ours, sizeof(ours));
		}
		column++;
		if (strcmp(ours, theirs)) {
			snprintf(why, sizeof(why), "%s is %.100s over netlink, %.100s in the text",
				 field->name, ours, theirs);
			return why;
		}
	}
	return column == nr ? NULL : "it has a column too many";
}

/* The header line: the names of the fields, in order. */
static void check_header(const struct noun *noun, char *line)
{
	const struct field *field;
	char *word[WORDS];
	int nr = split(line, word, WORDS), column = 0;
	bool good = true;

	for (field = noun->fields; field->name; field++)
		if (field->type != FLAG)
			good &= column < nr && !strcmp(word[column++], field->name);
	ok(good && column == nr, "%s: the first line names the fields", noun->name);
}

/*
 * Rows that say the same before and after the text was read must be in it. Fails
 * what differs; says how many were compared.
 */
static void table(struct ring *r, const struct noun *noun, unsigned int least)
{
	unsigned int i = 0, compared = 0, differ = 0, moved = 0, lines = 0;
	struct rows before, after;
	char *text, *line, *save, *word[WORDS], why[512];
	const char *wrong;

	dump_all(r, noun->cmd, &before);
	text = text_of(noun->name);
	dump_all(r, noun->cmd, &after);
	ok(is_plain(text), "%s: the text has no control byte but newlines", noun->name);
	line = strtok_r(text, "\n", &save);
	check_header(noun, line);
	for (line = strtok_r(NULL, "\n", &save); line; line = strtok_r(NULL, "\n", &save), i++) {
		int nr = split(line, word, columns(noun));
		struct row *a, *b;

		lines++;
		if (noun->cmd == RINGSIDE_CMD_TASK_GET) {
			a = row_by(&before, RINGSIDE_A_TASK_PID, strtol(word[0], NULL, 10));
			b = row_by(&after, RINGSIDE_A_TASK_PID, strtol(word[0], NULL, 10));
		} else {
			a = i < before.nr ? &before.row[i] : NULL;
			b = i < after.nr ? &after.row[i] : NULL;
		}
		if (!a || !b || !rows_same(noun, a, b, 0, why, sizeof(why))) {
			moved++;
			continue;
		}
		compared++;
		wrong = line_differs(noun, word, nr, a);
		if (wrong && differ++ < 10)
			diag("line %u (%s): %s", i + 1, word[0], wrong);
	}
	ok(!differ && compared >= least, "%s: the text says what netlink says", noun->name);
	note("%s: compared %u lines, %u moved", noun->name, compared, moved);
	if (noun->cmd != RINGSIDE_CMD_TASK_GET)
		is(lines, before.nr, "%s: as many lines as rows", noun->name);
	free(text);
	rows_free(&before);
	rows_free(&after);
}

static bool only_grows(const struct field *field)
{
	return field->attr >= RINGSIDE_A_MEMORY_PGPGIN &&
	       (field->attr < RINGSIDE_A_MEMORY_LOAD1 || field->attr > RINGSIDE_A_MEMORY_LOAD15);
}

/* Memory: a line a field, of which those that moved are asked again. */
static void single(struct ring *r)
{
	const struct noun *noun = noun_of(RINGSIDE_CMD_MEMORY_GET);
	unsigned int compared[ATTRS] = { 0 }, differ = 0, never = 0;
	char *text, *line, *save, *word[WORDS], ours[64];
	const struct field *field;
	bool shape = true, grows;
	int try, nr;

	for (try = 0; try < 40; try++) {
		struct rows before, after;

		dump_all(r, noun->cmd, &before);
		text = text_of(noun->name);
		field = noun->fields;
		line = strtok_r(text, "\n", &save);
		nr = split(line, word, WORDS);
		shape &= nr == 3 && !strcmp(word[0], "field") && !strcmp(word[1], "value") &&
			 !strcmp(word[2], "unit");
		dump_all(r, noun->cmd, &after);
		for (line = strtok_r(NULL, "\n", &save); line && field->name;
		     line = strtok_r(NULL, "\n", &save), field++) {
			int64_t low = before.row[0].v[field->attr], high = after.row[0].v[field->attr];
			int64_t now;

			nr = split(line, word, WORDS);
			shape &= nr == 3 && !strcmp(word[0], field->name);
			/* Only ever grows: between the two. */
			now = strtoll(word[1], NULL, 10);
			grows = only_grows(field);
			value_text(field, &before.row[0], ours, sizeof(ours));
			if (low == high ? strcmp(ours, word[1]) : grows && (now < low || now > high)) {
				differ++;
				diag("%s: %s in the text, %s over netlink", field->name, word[1], ours);
			}
			compared[field->attr] += low == high || grows;
		}
		shape &= !line && !field->name;
		free(text);
		rows_free(&after);
		rows_free(&before);
		if (try < 4)
			continue;
		for (never = 0, field = noun->fields; field->name; field++)
			never += !compared[field->attr];
		if (!never)
			break;
	}
	for (field = noun->fields; field->name; field++)
		if (!compared[field->attr])
			diag("%s was not compared", field->name);
	ok(shape, "memory: the text has a header and a line a field, in order");
	ok(!differ && !never, "memory: the text says what netlink says, every field");
}

/* One value of sysfs between two rows, until it can be told: 1 the same, 0 not, -1 it moved each time. */
static int value_agrees(struct ring *r, const struct noun *noun, const struct field *field)
{
	int try, told = -1, attr = field->attr;
	struct rows before, after;
	char value[64], ours[64];

	for (try = 0; try < 100 && told < 0; try++) {
		dump_all(r, noun->cmd, &before);
		if (!read_line(value, sizeof(value), "/sys/kernel/ringside/%s/%s", noun->name, field->name))
			told = 0;
		dump_all(r, noun->cmd, &after);
		value_text(field, &after.row[0], ours, sizeof(ours));
		if (before.row[0].v[attr] == after.row[0].v[attr])
			told = told < 0 ? !strcmp(value, ours) : told;
		else if (only_grows(field))
			told = strtoll(value, NULL, 10) >= before.row[0].v[attr] &&
			       strtoll(value, NULL, 10) <= after.row[0].v[attr];
		rows_free(&before);
		rows_free(&after);
	}
	if (told != 1)
		diag("%s: %s in sysfs, %s over netlink, after %d tries", field->name, value, ours, try);
	return told;
}

static void single_in_sysfs(struct ring *r)
{
	const struct noun *noun = noun_of(RINGSIDE_CMD_MEMORY_GET);
	const struct field *field;
	int bad = 0;

	for (field = noun->fields; field->name; field++)
		bad += value_agrees(r, noun, field) != 1;
	ok(!bad, "memory: sysfs says what netlink says, every field");
}

static void sysfs(struct ring *r)
{
	static const char * const orders[] = { "watch_new", "watch_delete" };
	const struct noun *noun;
	struct rows status;
	char text[512], wanted[512];
	struct row *row;
	struct stat st;
	unsigned int i;

	dump_all(r, RINGSIDE_CMD_STATUS_GET, &status);
	row = row_named(&status, RINGSIDE_A_STATUS_ITEM, "version");
	read_line(text, sizeof(text), "/sys/kernel/ringside/version");
	is_str(text, row ? row->s[RINGSIDE_A_STATUS_STATE] : NULL, "sysfs: the version is the status'");
	for (noun = nouns; noun->name; noun++) {
		row = row_named(&status, RINGSIDE_A_STATUS_ITEM, noun->name);
		read_line(text, sizeof(text), "/sys/kernel/ringside/%s/state", noun->name);
		if (noun->cmd == RINGSIDE_CMD_STATUS_GET) {
			is_str(text, "available", "sysfs: the state of status");
			continue;
		}
		snprintf(wanted, sizeof(wanted), "%s", row ? row->s[RINGSIDE_A_STATUS_STATE] : "(none)");
		if (!strcmp(wanted, "unavailable"))
			snprintf(wanted, sizeof(wanted), "unavailable: %s",
				 row->s[RINGSIDE_A_STATUS_DETAIL]);
		is_str(text, wanted, "sysfs: the state of %s", noun->name);
	}
	row = row_named(&status, RINGSIDE_A_STATUS_ITEM, "kernel");
	read_line(text, sizeof(text), "/proc/sys/kernel/osrelease");
	is_str(row ? row->s[RINGSIDE_A_STATUS_STATE] : NULL, text, "status names the kernel");
	row = row_named(&status, RINGSIDE_A_STATUS_ITEM, "attached");
	is_str(row ? row->s[RINGSIDE_A_STATUS_STATE] : NULL, "nothing", "status: nothing is attached");
	ok(!stat("/sys/kernel/ringside/backend", &st) && (st.st_mode & 07777) == 0644 &&
	   !st.st_uid && !st.st_gid, "sysfs: the backend is everybody's to read and root's to choose");
	for (i = 0; i < NR(orders); i++) {
		snprintf(wanted, sizeof(wanted), "/sys/kernel/ringside/%s", orders[i]);
		ok(!stat(wanted, &st) && (st.st_mode & 07777) == 0200 && !st.st_uid && !st.st_gid,
		   "sysfs: %s is root's to write", orders[i]);
	}
	ok(!stat("/sys/kernel/ringside/memory/mem_free", &st) && (st.st_mode & 07777) == 0440 &&
	   !st.st_uid && !st.st_gid, "sysfs: a value is for root alone");
	ok(!stat("/sys/kernel/ringside/version", &st) && (st.st_mode & 07777) == 0444,
	   "sysfs: the version is for everybody");
	rows_free(&status);
}

/* Of watches that keep still; the status names what is attached for them. */
static void watches(struct ring *r)
{
	struct watched watched;
	struct rows status;
	struct row *row;

	watched_make(r, &watched);
	table(r, noun_of(RINGSIDE_CMD_WATCH_GET), 2);
	table(r, noun_of(RINGSIDE_CMD_SYSCALL_GET), 13);
	table(r, noun_of(RINGSIDE_CMD_ERROR_GET), 4);
	table(r, noun_of(RINGSIDE_CMD_LATENCY_GET), 10);
	table(r, noun_of(RINGSIDE_CMD_STATUS_GET), 15);
	dump_all(r, RINGSIDE_CMD_STATUS_GET, &status);
	row = row_named(&status, RINGSIDE_A_STATUS_ITEM, "attached");
	ok(row && strcmp(row->s[RINGSIDE_A_STATUS_STATE], "nothing") && strstr(row->s[RINGSIDE_A_STATUS_DETAIL], "2 watches"),
	   "status: something is attached, for 2 watches");
	rows_free(&status);
	watched_end(r, &watched);
}

/* Everyone with an odd name is found in the text with just that name. */
static void odd_names(void)
{
	char *text = text_of("tasks"), *line, *save, *word[WORDS], name[64];
	bool found[64] = { 0 };
	int i, nr;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		nr = split(line, word, WORDS);
		for (i = 0; people_names[i]; i++) {
			unescape(nr > 10 ? word[10] : "", name);
			found[i] |= !strcmp(name, people_names[i]);
		}
	}
	for (i = 0; people_names[i]; i++)
		ok(found[i], "tasks: the name '%s' can be told from the text", people_names[i]);
	free(text);
}

int main(void)
{
	struct ring r;

	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	people_make();
	table(&r, noun_of(RINGSIDE_CMD_TASK_GET), 30);
	odd_names();
	table(&r, noun_of(RINGSIDE_CMD_SLAB_GET), 50);
	table(&r, noun_of(RINGSIDE_CMD_STATUS_GET), 15);
	watches(&r);
	single(&r);
	single_in_sysfs(&r);
	sysfs(&r);
	wire_ok();
	people_end();
	return tap_end();
}
