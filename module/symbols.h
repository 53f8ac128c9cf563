/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one door to what the kernel does not export: where a variable is, and
 * how a structure is laid out. For reading only: nothing that is not exported
 * is ever called.
 */
#ifndef RS_SYMBOLS_H
#define RS_SYMBOLS_H

#include <linux/mutex.h>
#include <linux/types.h>

/*
 * The address of a variable of the kernel itself, or NULL if it has none by
 * that name. Not for per-CPU variables: their address is an offset, and the
 * look-up may read what is there. Process context, sleeps; slow, so ask once.
 */
void *rs_symbol(const char *name);

/* A member that is wanted: filled in by rs_layout(). */
struct rs_member {
	const char *type;	/* name of the struct or union */
	const char *name;	/* of the member, in it or in an anonymous
				 * struct or union inside it
				 */
	u32 bit_offset;		/* from the beginning of the type */
	u32 bits;		/* width of a bit-field, else 0 */
	u32 size;		/* of the member in bytes; 0 for an array */
	u32 type_size;		/* of the struct or union in bytes */
	bool found;
};

/*
 * Looks members up in the kernel's own BTF (/sys/kernel/btf/vmlinux), in one
 * pass. Returns 0 when the BTF was read, whatever was found in it, else
 * -ENOENT (the kernel has none), -ENOMEM, or -EINVAL (it can't be made sense
 * of). Whose context it is makes no difference to what is read. Process
 * context, sleeps; reads several megabytes, so ask once.
 */
int rs_layout(struct rs_member *members, unsigned int nr);

/* What is found out on first use, and kept. */
struct rs_once {
	struct mutex lock;	/* held while finding out */
	bool done;
};

#define RS_ONCE_INIT(once)	{ .lock = __MUTEX_INITIALIZER((once).lock) }

/*
 * Calls find the first time; when it returns, what find wrote is to be seen.
 * Returns 0, or -ENOMEM when find did: then nothing was found out, find has
 * written nothing, and is called again by who asks next. Process context, may
 * sleep.
 */
int rs_once(struct rs_once *once, int (*find)(void));

/* Why there is nothing when it was so. */
#define RS_NO_MEMORY_FOR_BTF	"there was no memory to read the kernel's BTF: ask again"

/* When nobody can call one of the above any more. */
void rs_symbols_exit(void);

#endif
