/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much memory the kernel has in use, for what may not grow. */
#ifndef TESTS_KMEM_H
#define TESTS_KMEM_H

struct kmem {
	struct kmem_cache {
		char name[64];
		long long bytes;
	} cache[128];
	unsigned int nr;
	long long objects;	/* bytes of the objects in use of every kmalloc cache and ringside's own */
	long long vmalloc;	/* bytes, without the stacks of threads */
	long long percpu;	/* bytes */
	long long free;		/* bytes of pages that nobody has */
};

/*
 * Has the caches let go of what they needn't keep, a quarantine of KASAN's
 * included, and reads. What is freed after a grace period may still be there:
 * this waits a little before.
 */
void kmem_read(struct kmem *kmem);
/* Words about each cache that has more in use after than before. */
void kmem_diag(const struct kmem *before, const struct kmem *after);
/* One result: of none it has so many bytes more in use after than before; when: "after ... than before ...". A note, too. */
void kmem_ok(const struct kmem *before, const struct kmem *after, long long most, const char *when);

#endif
