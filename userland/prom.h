/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Metrics as Prometheus takes them: in its text format or in OpenMetrics
 */
#ifndef PROM_H
#define PROM_H

#include <stdio.h>

#include "noun.h"

/* All families, in the order in which they were made. All zero: none yet. */
struct prom {
	struct family *first;
	struct family *last;
};

/*
 * A new family, whose name and help are the column's: "ringside_", the prefix,
 * the column's name in small letters, and what its kind calls for: "_bytes" for
 * KIND_BYTES, "_seconds" for KIND_SECONDS (whose values are nanoseconds), nothing
 * for KIND_COUNT and KIND_HUNDREDTHS; then "_total" for a counter. The column
 * lasts as long as the family does.
 */
struct family *prom_family(struct prom *prom, const char *prefix, const struct column *column);

struct label {
	const char *name;
	const char *value;	/* any text */
};

/*
 * Adds a sample with these labels, which end with one without a name; NULL for
 * none. Samples of the same labels are one, their sum.
 */
void prom_add(struct family *family, uint64_t value, const struct label *labels);

/*
 * Prints each family with its samples in the order of their labels; a family
 * without any is its head alone.
 */
void prom_print(const struct prom *prom, bool openmetrics, FILE *to);

void prom_clear(struct prom *prom);

#endif
