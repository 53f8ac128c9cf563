// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cross.h"
#include "format.h"
#include "rows.h"

#define ROWS_MAX	2000	/* that are drawn; the rest is in the summary */

#define WIDTH		1000
#define CHARACTER	7	/* a letter is no wider, at 11 px and in any monospaced font */
#define TIMES_END	92	/* where times end */
#define LEFT		104	/* the lane of ring 3 */
#define WALL		560
#define RIGHT		(WIDTH - 16)
#define BAR		250	/* the longest */
#define ROW		40
#define WORD		22
#define LEAST		18	/* a line of text */
#define USER_SHOWN	10000	/* ns in ring 3 that are drawn */

struct svg {
	struct row *rows;
	size_t nr, room;
	unsigned long long left_out;
};

struct svg *svg_open(void)
{
	struct svg *svg = reallocate(NULL, sizeof(*svg));

	memset(svg, 0, sizeof(*svg));
	return svg;
}

void svg_row(struct svg *svg, const struct row *row)
{
	if (svg->nr == ROWS_MAX) {
		svg->left_out += row->calls;
		return;
	}
	if (svg->nr == svg->room) {
		svg->room = svg->room * 2 + 64;
		svg->rows = reallocate(svg->rows, svg->room * sizeof(*svg->rows));
	}
	svg->rows[svg->nr++] = *row;
}

/* What is no character of XML's, or no UTF-8, is written as \xHH. */
static void put_escaped(FILE *out, const char *text, size_t len)
{
	char *utf8 = reallocate(NULL, 4 * strlen(text) + 1);
	size_t shown = 0;
	const char *at;

	format_utf8(text, utf8);
	for (at = utf8; *at; at++) {
		/* A character, not a byte of one. */
		bool first = ((unsigned char)*at & 0xc0) != 0x80;

		if (first && shown + 1 >= len && strlen(at) > 1) {
			fputs("…", out);
			break;
		}
		shown += first;
		switch (*at) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			if ((unsigned char)*at >= ' ' && *at != 127)
				fputc(*at, out);
			else
				fputc('?', out);
		}
	}
	free(utf8);
}

/* From x to the right, within so many pixels. */
static void put_text(FILE *out, int x, int y, int room, const char *class, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	put_escaped(out, text, room > 0 ? room / CHARACTER : 1);
	fputs("</text>\n", out);
}

static int bar_of(uint64_t ns)
{
	double length = ns > 100 ? (log10(ns) - 2) / 8 * BAR : 0;

	return length < 2 ? 2 : length > BAR ? BAR : (int)length;
}

static void put_call(FILE *out, const struct row *row, int y)
{
	int bar = bar_of(row->kernel),
	    asleep = row->kernel ? (int)(row->asleep * bar / row->kernel) : 0;
	char stamp[32], amount[DURATION], marks[96];
	int in = y + 14, back = y + 32, words = WALL + 18 + bar + 8;

	snprintf(stamp, sizeof(stamp), "%.3f ms", row->start / 1e6);
	fprintf(out, "<text class=\"t\" x=\"%d\" y=\"%d\">%s</text>\n", TIMES_END, in, stamp);
	put_text(out, LEFT + 8, in - 3, WALL - LEFT - 16, "c", row->label);
	fprintf(out, "<path class=\"a\" d=\"M%d %dH%d\"/>\n", LEFT + 8, in, WALL + 8);
	fprintf(out, "<rect class=\"r\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
		WALL + 18, in - 4, bar - asleep, back - in + 6);
	if (asleep)
		fprintf(out, "<rect class=\"s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/>\n",
			WALL + 18 + bar - asleep, in - 4, asleep, back - in + 6);
	put_text(out, words, in + 4, RIGHT - words, "d", duration(row->kernel, amount));
	row_marks(row, marks, sizeof(marks));
	put_text(out, words, back, RIGHT - words, "m", marks);
	fprintf(out, "<path class=\"a\" d=\"M%d %dH%d\"/>\n", WALL + 8, back, LEFT + 8);
	if (row->result[0])
		put_text(out, WALL - 12 - CHARACTER * (int)strlen(row->result), back - 3,
			 CHARACTER * (int)strlen(row->result), row->errors ? "e" : "o",
			 row->result);
}

static int put_row(FILE *out, const struct row *row, int y)
{
	char text[ROW_LABEL + 64], amount[DURATION];

	if (row->word) {
		snprintf(text, sizeof(text), "%s %s", row->word, row->label);
		put_text(out, LEFT + 8, y + 14, WALL - LEFT - 16, "w", text);
		return y + WORD;
	}
	if (row->user >= USER_SHOWN) {
		fprintf(out, "<rect class=\"u\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"10\"/>\n",
			LEFT + 8, y + 4, bar_of(row->user));
		put_text(out, LEFT + 16 + bar_of(row->user), y + 13,
			 WALL - LEFT - 24 - bar_of(row->user), "d", duration(row->user, amount));
		y += WORD;
	}
	put_call(out, row, y);
	return y + ROW;
}

static int put_thread(FILE *out, const struct row *row, int y)
{
	char comm[sizeof(row->comm) + 1], text[64];

	snprintf(comm, sizeof(comm), "%.*s", (int)sizeof(row->comm), row->comm);
	snprintf(text, sizeof(text), "%s %u", comm, row->tid);
	fprintf(out, "<path class=\"h\" d=\"M%d %dH%d\"/>\n", LEFT, y + 4, RIGHT);
	put_text(out, LEFT + 8, y + 17, WALL - LEFT - 16, "b", text);
	return y + WORD;
}

static bool is_new_thread(const struct svg *svg, size_t i)
{
	size_t before;

	if (!svg->rows[i].tid)
		return false;
	for (before = i; before--;)
		if (svg->rows[before].tid)
			return svg->rows[before].tid != svg->rows[i].tid;
	return true;
}

static int height_of(const struct svg *svg, size_t i)
{
	const struct row *row = &svg->rows[i];

	return (is_new_thread(svg, i) ? WORD : 0) +
	       (row->word ? WORD : ROW + (row->user >= USER_SHOWN ? WORD : 0));
}

struct facts {
	FILE *out;	/* NULL: they are only counted */
	int y;
};

static void put_fact(void *data, const char *what, const char *how_much, int share)
{
	struct facts *facts = data;
	int x = 20;

	facts->y += LEAST;
	if (!facts->out)
		return;
	/* What belongs to the line before begins with blanks. */
	for (; *what == ' '; what++)
		x += CHARACTER;
	put_text(facts->out, x, facts->y, 170 - x, "c", what);
	put_text(facts->out, 180, facts->y, share < 0 ? RIGHT - 180 : 100, "d", how_much);
	if (share < 0)
		return;
	fprintf(facts->out, "<text class=\"d\" x=\"290\" y=\"%d\">%d %%</text>\n", facts->y, share);
	fprintf(facts->out, "<rect class=\"%s\" x=\"340\" y=\"%d\" width=\"%d\" height=\"10\"/>\n",
		strstr(what, "ring 3") ? "u" : strstr(what, "asleep") ? "s" : "r", facts->y - 9,
		share * 4 + 1);
}

static void put_legend(FILE *out, int y)
{
	static const struct {
		const char *class, *text;
		int x;
	} entries[] = {
		{"u", "running in ring 3", 20},
		{"r", "running in ring 0", 200},
		{"s", "in ring 0, without a CPU", 380},
	};
	size_t i;

	for (i = 0; i < sizeof(entries) / sizeof(*entries); i++) {
		fprintf(out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"14\" height=\"10\"/>\n",
			entries[i].class, entries[i].x, y - 9);
		put_text(out, entries[i].x + 20, y, 300, "t2", entries[i].text);
	}
	put_text(out, 620, y, RIGHT - 620, "t2", "a bar's length is its time, logarithmic");
}

static const char style[] =
	"text{font:11px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#222}"
	".n{font-size:15px;font-weight:bold}.t{text-anchor:end;fill:#666}.t2{fill:#444}.c{font-weight:bold}.e{fill:#b00020}"
	".m{fill:#2a4d8f}.w{fill:#666;font-style:italic}.b{font-weight:bold;fill:#444}"
	".a{stroke:#555;fill:none;marker-end:url(#p)}.h{stroke:#ccc;fill:none}"
	".u{fill:#4c9f50}.r{fill:#e08a1e}.s{fill:#8fb0e0}";

void svg_write(struct svg *svg, const struct summary *summary, FILE *out)
{
	struct facts facts = { .y = 46 };
	int y, lanes, bottom;
	size_t i;
	char text[96];

	summary_each(summary, &facts, put_fact);
	lanes = facts.y + 50;
	bottom = lanes + 30;
	for (i = 0; i < svg->nr; i++)
		bottom += height_of(svg, i);
	if (svg->left_out)
		bottom += WORD;
	fprintf(out,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by ringside " RINGSIDE_VERSION
		" -->\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n<style>%s</style>\n"
		"<defs><marker id=\"p\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">"
		"<path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n",
		WIDTH, bottom + 10, WIDTH, bottom + 10, style, WIDTH, bottom + 10);
	/* Its letters are larger. */
	put_text(out, 20, 30, (RIGHT - 20) * 7 / 10, "n", summary->title);
	facts = (struct facts){ .out = out, .y = 46 };
	summary_each(summary, &facts, put_fact);
	put_legend(out, facts.y + 28);
	fprintf(out,
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#f2f8f2\"/>\n"
		"<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#fdf6ec\"/>\n"
		"<rect x=\"%d\" y=\"%d\" width=\"3\" height=\"%d\" fill=\"#333\"/>\n",
		LEFT, lanes - 10, WALL - LEFT + 8, bottom - lanes + 10, WALL + 10, lanes - 10,
		RIGHT - WALL - 10, bottom - lanes + 10, WALL + 8, lanes - 10, bottom - lanes + 10);
	put_text(out, LEFT + 8, lanes + 8, 200, "b", "ring 3");
	put_text(out, WALL + 18, lanes + 8, 200, "b", "ring 0");
	y = lanes + 22;
	for (i = 0; i < svg->nr; i++) {
		if (is_new_thread(svg, i))
			y = put_thread(out, &svg->rows[i], y);
		y = put_row(out, &svg->rows[i], y);
	}
	if (svg->left_out) {
		snprintf(text, sizeof(text), "and %llu more crossings, which are not drawn",
			 svg->left_out);
		put_text(out, LEFT + 8, y + 14, WALL - LEFT - 16, "w", text);
	}
	fputs("</svg>\n", out);
	free(svg->rows);
	free(svg);
}
