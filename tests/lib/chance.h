/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a test leaves to chance, the same again with the same seed. */
#ifndef TESTS_CHANCE_H
#define TESTS_CHANCE_H

#include <stdint.h>

/* Begins with the seed as its state. */
struct chance {
	uint64_t state;
};

uint64_t draw(struct chance *chance);
/* Below limit, which is not 0. */
unsigned int below(struct chance *chance, unsigned int limit);

#endif
