// SPDX-License-Identifier: GPL-2.0-or-later
/* What a test leaves to chance, the same again with the same seed. */
#include "chance.h"

uint64_t draw(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

unsigned int below(struct chance *chance, unsigned int limit)
{
	return (draw(chance) >> 32) % limit;
}
