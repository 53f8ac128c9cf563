// SPDX-License-Identifier: GPL-2.0-or-later
#include <langinfo.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cross.h"
#include "format.h"
#include "line.h"
#include "rows.h"

#define WIDTH_PLAIN	80	/* where there is no terminal */
#define WIDTH_MIN	40
#define WIDTH_TIMES	60	/* from here on there is room for the time */
#define TIME_COLUMN	11
#define LEFT_MAX	90	/* longer arrows only lead the eye astray */
#define USER_SHOWN	10000	/* ns in ring 3 that get a line of their own */
#define BAR_DECADES	7	/* from a microsecond to ten seconds */

enum glyph {
	G_LINE,
	G_IN,		/* the head of the arrow in */
	G_OUT,
	G_WALL,		/* between the rings */
	G_USER,
	G_RUNNING,
	G_ASLEEP,
	G_MORE,		/* something was cut off */
};

static const char *const fine[] = { "─", "▶", "◀", "┃", "▒", "█", "░", "…" };
static const char *const ascii[] = { "-", ">", "<", "|", "=", "#", ".", "~" };

enum colour {
	C_PLAIN,
	C_DIM,
	C_USER,
	C_RUNNING,
	C_ASLEEP,
	C_ERROR,
	C_BOLD,
};

static const char *const colours[] = { "0", "2", "32", "33", "34", "1;31", "1" };

struct text_picture {
	FILE *out;
	const char *const *glyphs;
	bool colour;
	unsigned int width, times, left, right;
	struct line line;
	unsigned int column;	/* of the line, in what a terminal shows */
	uint32_t tid;		/* whose rows these are */
	unsigned long rows;
};

/*
 * Does what shows it know more than ASCII? The environment says so even where the
 * locale that it names is not installed.
 */
static bool is_utf8(void)
{
	const char *locale = getenv("LC_ALL");

	if (!strcmp(nl_langinfo(CODESET), "UTF-8"))
		return true;
	if (!locale || !*locale)
		locale = getenv("LC_CTYPE");
	if (!locale || !*locale)
		locale = getenv("LANG");
	return locale && (strcasestr(locale, "UTF-8") || strcasestr(locale, "UTF8"));
}

struct text_picture *text_open(FILE *out)
{
	struct text_picture *text = reallocate(NULL, sizeof(*text));
	struct winsize size = { 0 };
	bool terminal = isatty(fileno(out));
	unsigned int rest;

	memset(text, 0, sizeof(*text));
	format_locale();
	text->out = out;
	text->glyphs = is_utf8() ? fine : ascii;
	text->colour = terminal && !getenv("NO_COLOR");
	text->width = WIDTH_PLAIN;
	if (terminal && !ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col)
		text->width = size.ws_col;
	if (text->width < WIDTH_MIN)
		text->width = WIDTH_MIN;
	text->times = text->width >= WIDTH_TIMES ? TIME_COLUMN : 0;
	/* The wall with a blank on either side. */
	rest = text->width - text->times - 3;
	text->left = rest * 3 / 5 < LEFT_MAX ? rest * 3 / 5 : LEFT_MAX;
	text->right = rest - text->left;
	return text;
}

FILE *text_file(const struct text_picture *text)
{
	return text->out;
}

static void colour(struct text_picture *text, enum colour colour)
{
	if (text->colour)
		line_print(&text->line, "\033[%sm", colours[colour]);
}

/* As much of it as there is room for up to a column. */
static void put(struct text_picture *text, const char *word, unsigned int until)
{
	size_t len = strlen(word), room = until > text->column ? until - text->column : 0;

	if (len <= room) {
		line_add(&text->line, word, len);
		text->column += len;
	} else if (room) {
		line_add(&text->line, word, room - 1);
		line_word(&text->line, text->glyphs[G_MORE]);
		text->column += room;
	}
}

static void repeat(struct text_picture *text, enum glyph glyph, unsigned int times)
{
	text->column += times;
	while (times--)
		line_word(&text->line, text->glyphs[glyph]);
}

static void fill(struct text_picture *text, unsigned int column)
{
	while (text->column < column) {
		line_add(&text->line, " ", 1);
		text->column++;
	}
}

static void end_line(struct text_picture *text)
{
	struct line *line = &text->line;

	while (line->len && line->text[line->len - 1] == ' ')
		line->len--;
	line_add(line, "\n", 1);
	fwrite_unlocked(line->text, 1, line->len, text->out);
	line->len = 0;
	text->column = 0;
}

/* The wall, and what is before it. */
static void put_wall(struct text_picture *text)
{
	fill(text, text->times + text->left + 1);
	colour(text, C_BOLD);
	repeat(text, G_WALL, 1);
	colour(text, C_PLAIN);
	fill(text, text->times + text->left + 3);
}

static unsigned int bar_of(uint64_t ns, unsigned int most)
{
	double length = ns > 1000 ? (log10(ns) - 3) / BAR_DECADES * most : 0;

	return length < 1 ? 1 : length > most ? most : (unsigned int)length;
}

static void put_heading(struct text_picture *text)
{
	colour(text, C_BOLD);
	if (text->times)
		put(text, "        ms", text->times);
	fill(text, text->times);
	put(text, "ring 3", text->times + text->left);
	colour(text, C_PLAIN);
	put_wall(text);
	colour(text, C_BOLD);
	put(text, "ring 0", text->width);
	colour(text, C_PLAIN);
	end_line(text);
}

static void put_time(struct text_picture *text, uint64_t ns)
{
	char stamp[32];

	if (text->times) {
		snprintf(stamp, sizeof(stamp), "%10.3f ", ns / 1e6);
		colour(text, C_DIM);
		put(text, stamp, text->times);
		colour(text, C_PLAIN);
	}
	fill(text, text->times);
}

static void put_user(struct text_picture *text, uint64_t ns)
{
	char amount[DURATION];

	fill(text, text->times);
	colour(text, C_USER);
	repeat(text, G_USER, bar_of(ns, text->left - DURATION / 2));
	colour(text, C_PLAIN);
	put(text, " ", text->times + text->left);
	put(text, duration(ns, amount), text->times + text->left);
	put_wall(text);
	end_line(text);
}

static void put_in(struct text_picture *text, const struct row *row)
{
	unsigned int end = text->times + text->left, most = text->right - DURATION / 2, bar, asleep;
	char amount[DURATION];

	put_time(text, row->start);
	colour(text, C_BOLD);
	put(text, row->label, end - 3);
	colour(text, C_PLAIN);
	put(text, " ", end);
	colour(text, C_DIM);
	repeat(text, G_LINE, end - text->column);
	repeat(text, G_IN, 1);
	colour(text, C_PLAIN);
	put_wall(text);

	bar = bar_of(row->kernel, most);
	asleep = row->kernel ? row->asleep * bar / row->kernel : 0;
	colour(text, C_RUNNING);
	repeat(text, G_RUNNING, bar - asleep);
	colour(text, C_ASLEEP);
	repeat(text, G_ASLEEP, asleep);
	colour(text, C_PLAIN);
	put(text, " ", text->width);
	put(text, duration(row->kernel, amount), text->width);
	end_line(text);
}

static void put_out(struct text_picture *text, const struct row *row)
{
	unsigned int end = text->times + text->left, len = strlen(row->result);
	char marks[96];

	fill(text, text->times);
	colour(text, C_DIM);
	if (len > text->left - 6)
		len = text->left - 6;
	repeat(text, G_OUT, 1);
	repeat(text, G_LINE, text->left - len - (len ? 3 : 0));
	colour(text, C_PLAIN);
	if (len) {
		put(text, " ", end);
		colour(text, row->errors ? C_ERROR : C_PLAIN);
		put(text, row->result, text->column + len);
		colour(text, C_PLAIN);
		put(text, " ", end);
	}
	colour(text, C_DIM);
	repeat(text, G_LINE, end + 1 - text->column);
	colour(text, C_PLAIN);
	put_wall(text);
	row_marks(row, marks, sizeof(marks));
	colour(text, C_ASLEEP);
	put(text, marks, text->width);
	colour(text, C_PLAIN);
	end_line(text);
}

static void put_word(struct text_picture *text, const struct row *row)
{
	put_time(text, row->start);
	colour(text, C_DIM);
	put(text, row->word, text->times + text->left);
	put(text, " ", text->times + text->left);
	put(text, row->label, text->times + text->left);
	colour(text, C_PLAIN);
	put_wall(text);
	end_line(text);
}

/* Whose rows follow. */
static void put_thread(struct text_picture *text, const struct row *row)
{
	char name[4 * sizeof(row->comm) + 1], title[128];
	size_t width, len;

	len = format_escape(row->comm, strnlen(row->comm, sizeof(row->comm)), false, name, &width);
	snprintf(title, sizeof(title), " %.*s %u ", (int)len, name, row->tid);
	fill(text, text->times);
	colour(text, C_DIM);
	repeat(text, G_LINE, 2);
	colour(text, C_BOLD);
	put(text, title, text->times + text->left);
	/* Some of its bytes may be one character together. */
	text->column -= len - width;
	colour(text, C_DIM);
	if (text->column < text->times + text->left)
		repeat(text, G_LINE, text->times + text->left - text->column);
	colour(text, C_PLAIN);
	put_wall(text);
	end_line(text);
}

void text_row(struct text_picture *text, const struct row *row)
{
	if (!text->rows++)
		put_heading(text);
	if (row->tid && row->tid != text->tid) {
		text->tid = row->tid;
		put_thread(text, row);
	}
	if (row->word) {
		put_word(text, row);
		return;
	}
	if (row->user >= USER_SHOWN)
		put_user(text, row->user);
	put_in(text, row);
	put_out(text, row);
}

#define WHAT_COLUMN	20
#define AMOUNT_COLUMN	34
#define SHARE_BAR	30

/* What does not fit a line goes on in the next ones, at the same column. */
static void put_wrapped(struct text_picture *text, const char *words)
{
	unsigned int room = text->width - WHAT_COLUMN;

	while (strlen(words) > room) {
		size_t len = room;

		while (len && words[len] != ' ')
			len--;
		if (!len)
			len = room;
		line_add(&text->line, words, len);
		end_line(text);
		words += len + (words[len] == ' ');
		fill(text, WHAT_COLUMN);
	}
	put(text, words, text->width);
}

static void put_fact(void *data, const char *what, const char *how_much, int share)
{
	struct text_picture *text = data;
	unsigned int bar;

	put(text, what, WHAT_COLUMN - 1);
	fill(text, WHAT_COLUMN);
	if (share < 0) {
		put_wrapped(text, how_much);
		end_line(text);
		return;
	}
	put(text, how_much, text->width);
	if (text->width >= WIDTH_TIMES) {
		fill(text, AMOUNT_COLUMN);
		line_print(&text->line, "%3d %% ", share);
		text->column += 6;
		bar = share * SHARE_BAR / 100;
		repeat(text, G_RUNNING, bar);
	}
	end_line(text);
}

void text_summary(struct text_picture *text, const struct summary *summary)
{
	if (text->rows)
		end_line(text);
	colour(text, C_BOLD);
	put(text, summary->title, text->width);
	colour(text, C_PLAIN);
	end_line(text);
	summary_each(summary, text, put_fact);
}
