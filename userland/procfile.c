// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "procfile.h"
#include "say.h"

#define FOLDER		"/proc/ringside"
#define FIRST_READ	65536

/* The attribute that a field is, 0 for one this tool doesn't know. */
static unsigned int field_attr(const struct noun *noun, const char *field)
{
	size_t i;

	for (i = 0; i < noun->nr_columns; i++) {
		const struct column *c = &noun->columns[i];

		if (!c->attr[1] && !strcasecmp(c->field ?: c->name, field))
			return c->attr[0];
	}
	return 0;
}

/* Cuts the next word off the text, which ends with a NUL; NULL at its end. */
static char *next_word(char **text)
{
	char *word = *text + strspn(*text, " ");

	if (!*word)
		return NULL;
	*text = word + strcspn(word, " ");
	if (**text)
		*(*text)++ = '\0';
	return word;
}

static char *next_line(char **text)
{
	char *line = *text;

	if (!*line)
		return NULL;
	*text = line + strcspn(line, "\n");
	if (**text)
		*(*text)++ = '\0';
	return line;
}

/* What is left of a line, without the blanks around it; NULL when nothing is. */
static char *last_words(char **line)
{
	char *words = *line + strspn(*line, " "), *end = words + strlen(words);

	while (end > words && end[-1] == ' ')
		*--end = '\0';
	return *words ? words : NULL;
}

/* Undoes \040 and the like; the word is lost. */
static const char *unescape(struct rows *rows, char *word)
{
	char *in = word, *out = word;

	if (!strcmp(word, "-"))
		return NULL;
	while (*in) {
		if (in[0] == '\\' && in[1] >= '0' && in[1] <= '3' &&
		    in[2] >= '0' && in[2] <= '7' && in[3] >= '0' && in[3] <= '7') {
			*out++ = (in[1] - '0') << 6 | (in[2] - '0') << 3 | (in[3] - '0');
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	return rows_text(rows, word, out - word);
}

static void set_value(struct rows *rows, union value *row, unsigned int attr, char *word)
{
	char *point;

	if (!attr)
		return;
	if (rows->kinds[attr] == KIND_TEXT) {
		row[attr].text = unescape(rows, word);
		return;
	}
	/* 0.12 is twelve hundredths: two digits follow the point. */
	point = rows->kinds[attr] == KIND_HUNDREDTHS ? strchr(word, '.') : NULL;
	if (point)
		memmove(point, point + 1, strlen(point));
	if (*word == '-')
		row[attr].num = strtoll(word, NULL, 10);
	else
		row[attr].num = strtoull(word, NULL, 10);
}

/* A header of fields, then a line a row, which a sentence may end. */
static void parse_table(struct rows *rows, char *text)
{
	unsigned int attrs[NOUN_ATTRS], nr = 0, i;
	char *line = next_line(&text), *word;

	while (line && nr < NOUN_ATTRS && (word = next_word(&line)))
		attrs[nr++] = field_attr(rows->noun, word);
	while ((line = next_line(&text))) {
		union value *row = rows_add(rows);

		for (i = 0; i < nr; i++) {
			word = i + 1 < nr ? next_word(&line) : last_words(&line);
			if (!word)
				break;
			set_value(rows, row, attrs[i], word);
		}
	}
}

/* A header, then a line "field value unit" each. */
static void parse_single(struct rows *rows, char *text)
{
	union value *row = rows_add(rows);
	char *line;

	next_line(&text);
	while ((line = next_line(&text))) {
		const char *field = next_word(&line);
		char *word = next_word(&line);

		if (field && word)
			set_value(rows, row, field_attr(rows->noun, field), word);
	}
}

/* The whole file, to be freed; NULL after an error. */
static char *read_whole(const char *noun, const char *path)
{
	size_t size = FIRST_READ, len = 0;
	char *text = reallocate(NULL, size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd;

	while (got >= 0) {
		got = read(fd, text + len, size - len);
		if (!got)
			break;
		len += got > 0 ? got : 0;
		if (size == len) {
			size *= 2;
			text = reallocate(text, size);
		}
	}
	text[len] = '\0';
	if (got < 0) {
		say_error(noun, errno);
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

int procfile_get(struct rows *rows)
{
	char path[64], *text;

	rows_clear(rows);
	snprintf(path, sizeof(path), FOLDER "/%s", rows->noun->name);
	text = read_whole(rows->noun->name, path);
	if (!text)
		return -1;
	if (rows->noun->single)
		parse_single(rows, text);
	else
		parse_table(rows, text);
	free(text);
	return 0;
}
