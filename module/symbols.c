// SPDX-License-Identifier: GPL-2.0-only
/*
 * Variables by a kprobe that is refused, layouts from BTF.
 *
 * register_kprobe() looks its symbol up before it finds that data can't be
 * probed, and leaves the address behind. That is the only way to a variable
 * that is not exported since kallsyms_lookup_name() is not.
 */
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/path.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/workqueue.h>
#include <uapi/linux/btf.h>

#include "compat.h"
#include "symbols.h"

#define BTF_PATH	"sys/kernel/btf/vmlinux"
#define BTF_MAX_SIZE	(64U << 20)
#define HEADER_MIN	offsetofend(struct btf_header, str_len)
#define MAX_DEPTH	8	/* of structures inside each other, typedefs */

void *rs_symbol(const char *name)
{
	struct kprobe probe = { .symbol_name = name };

	if (register_kprobe(&probe) == 0) {
		/* It is code: not what was asked for. */
		unregister_kprobe(&probe);
		return NULL;
	}
	return probe.addr;
}

/* The BTF in memory, and where each type begins in it. */
struct image {
	void *data;
	size_t size;
	const void *types, *types_end;
	const char *strings;
	u32 strings_len;
	const struct btf_type **type;	/* by id; [0] is void */
	u32 nr_types;
};

static const char *string_at(const struct image *btf, u32 offset)
{
	return offset < btf->strings_len ? btf->strings + offset : "";
}

/* Bytes after the type's fixed part, or -1 for a kind from the future. */
static ssize_t trailer(const struct btf_type *t)
{
	u32 vlen = BTF_INFO_VLEN(t->info);

	switch (BTF_INFO_KIND(t->info)) {
	case BTF_KIND_INT:
	case 14: /* BTF_KIND_VAR */
	case 17: /* BTF_KIND_DECL_TAG */
		return sizeof(u32);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * sizeof(struct btf_enum);
	case BTF_KIND_FUNC_PROTO:
		return vlen * sizeof(struct btf_param);
	case 15: /* BTF_KIND_DATASEC: three words a variable */
	case 19: /* BTF_KIND_ENUM64: three words a value */
		return vlen * 3 * sizeof(u32);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case 16: /* BTF_KIND_FLOAT */
	case 18: /* BTF_KIND_TYPE_TAG */
		return 0;
	default:
		return -1;
	}
}

static const struct btf_type *next_type(const struct image *btf, const void *at)
{
	ssize_t extra;

	if (btf->types_end - at < (ssize_t)sizeof(struct btf_type))
		return NULL;
	extra = trailer(at);
	if (extra < 0 || btf->types_end - at < (ssize_t)sizeof(struct btf_type) + extra)
		return NULL;
	return at + sizeof(struct btf_type) + extra;
}

/*
 * As the first process of the machine has it. A kernel thread's own root is
 * that one, or, since 7.2, empty.
 */
static struct file *open_btf(void)
{
	struct task_struct *first;
	struct file *file;
	struct path root = {};

	rcu_read_lock();
	first = pid_task(find_pid_ns(1, &init_pid_ns), PIDTYPE_PID);
	if (first)
		get_task_struct(first);
	rcu_read_unlock();
	if (!first)
		return ERR_PTR(-ENOENT);
	task_lock(first);
	if (first->fs)
		get_fs_root(first->fs, &root);
	task_unlock(first);
	put_task_struct(first);
	if (!root.mnt)
		return ERR_PTR(-ENOENT);
	file = file_open_root(&root, BTF_PATH, O_RDONLY, 0);
	path_put(&root);
	return file;
}

static int image_load(struct image *btf)
{
	struct file *file;
	loff_t pos = 0;
	ssize_t got;

	file = open_btf();
	if (IS_ERR(file))
		return PTR_ERR(file) == -ENOMEM ? -ENOMEM : -ENOENT;
	btf->size = i_size_read(file_inode(file));
	if (!btf->size || btf->size > BTF_MAX_SIZE) {
		filp_close(file, NULL);
		return -EINVAL;
	}
	/* Who asked is told; the log needn't be. */
	btf->data = kvmalloc(btf->size, GFP_KERNEL | __GFP_NOWARN);
	if (!btf->data) {
		filp_close(file, NULL);
		return -ENOMEM;
	}
	do
		got = kernel_read(file, btf->data + pos, btf->size - pos, &pos);
	while (got > 0 && pos < btf->size);
	filp_close(file, NULL);
	if (got == -ENOMEM)
		return -ENOMEM;
	return pos == btf->size ? 0 : -EINVAL;
}

/* Checks every bound once, so that what follows may rely on it. */
static int image_index(struct image *btf)
{
	const struct btf_header *h = btf->data;
	const void *at, *next;
	u32 id;

	if (btf->size < HEADER_MIN || h->magic != BTF_MAGIC ||
	    h->hdr_len < HEADER_MIN || h->hdr_len > btf->size ||
	    h->type_off > btf->size || h->type_len > btf->size ||
	    h->str_off > btf->size || h->str_len > btf->size ||
	    (u64)h->hdr_len + h->type_off + h->type_len > btf->size ||
	    (u64)h->hdr_len + h->str_off + h->str_len > btf->size ||
	    !h->str_len)
		return -EINVAL;
	btf->types = btf->data + h->hdr_len + h->type_off;
	btf->types_end = btf->types + h->type_len;
	btf->strings = btf->data + h->hdr_len + h->str_off;
	btf->strings_len = h->str_len;
	if (btf->strings[btf->strings_len - 1])
		return -EINVAL;

	btf->nr_types = 1;
	for (at = btf->types; at < btf->types_end; at = next) {
		next = next_type(btf, at);
		if (!next)
			return -EINVAL;
		btf->nr_types++;
	}
	btf->type = kvcalloc(btf->nr_types, sizeof(*btf->type), GFP_KERNEL | __GFP_NOWARN);
	if (!btf->type)
		return -ENOMEM;
	for (at = btf->types, id = 1; at < btf->types_end; at = next, id++) {
		btf->type[id] = at;
		next = next_type(btf, at);
	}
	return 0;
}

static const struct btf_type *type_by_id(const struct image *btf, u32 id)
{
	return id < btf->nr_types ? btf->type[id] : NULL;
}

static bool is_composite(const struct btf_type *t)
{
	return BTF_INFO_KIND(t->info) == BTF_KIND_STRUCT ||
	       BTF_INFO_KIND(t->info) == BTF_KIND_UNION;
}

/* Size in bytes of what a member is declared as; 0 for an array or unknown. */
static u32 size_of(const struct image *btf, u32 id)
{
	const struct btf_type *t;
	int depth;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		t = type_by_id(btf, id);
		if (!t)
			return 0;
		switch (BTF_INFO_KIND(t->info)) {
		case BTF_KIND_TYPEDEF:
		case BTF_KIND_VOLATILE:
		case BTF_KIND_CONST:
		case BTF_KIND_RESTRICT:
		case 18: /* BTF_KIND_TYPE_TAG */
			id = t->type;
			continue;
		case BTF_KIND_PTR:
			return sizeof(void *);
		case BTF_KIND_INT:
		case BTF_KIND_ENUM:
		case BTF_KIND_STRUCT:
		case BTF_KIND_UNION:
			return t->size;
		default:
			return 0;
		}
	}
	return 0;
}

static bool find_member(const struct image *btf, const struct btf_type *t,
			struct rs_member *want, u32 base, int depth)
{
	const struct btf_member *m = (const void *)(t + 1);
	u32 i, vlen = BTF_INFO_VLEN(t->info);

	for (i = 0; i < vlen; i++, m++) {
		bool packed = BTF_INFO_KFLAG(t->info);
		u32 offset = packed ? BTF_MEMBER_BIT_OFFSET(m->offset) : m->offset;
		const char *name = string_at(btf, m->name_off);
		const struct btf_type *inner;

		if (!strcmp(name, want->name)) {
			want->bit_offset = base + offset;
			want->bits = packed ? BTF_MEMBER_BITFIELD_SIZE(m->offset) : 0;
			want->size = size_of(btf, m->type);
			want->found = true;
			return true;
		}
		inner = *name ? NULL : type_by_id(btf, m->type);
		if (inner && is_composite(inner) && depth < MAX_DEPTH &&
		    find_member(btf, inner, want, base + offset, depth + 1))
			return true;
	}
	return false;
}

static void find_members(const struct image *btf, struct rs_member *members,
			 unsigned int nr)
{
	u32 id;

	for (id = 1; id < btf->nr_types; id++) {
		const struct btf_type *t = btf->type[id];
		const char *name;
		unsigned int i;

		if (!(id % 4096))
			cond_resched();
		if (!is_composite(t) || !BTF_INFO_VLEN(t->info))
			continue;
		name = string_at(btf, t->name_off);
		for (i = 0; i < nr; i++)
			if (!members[i].found && !strcmp(name, members[i].type) &&
			    find_member(btf, t, &members[i], 0, 0))
				members[i].type_size = t->size;
	}
}

/*
 * A kernel thread looks, never the caller: what is mounted at BTF_PATH is for
 * each process to choose in its own namespaces, and a forged layout would have
 * us read where its author likes. And a caller may come from a file of kernfs
 * itself, whose lock it holds.
 */
static struct {
	struct mutex lock;	/* one at a time */
	struct rs_member *members;
	unsigned int nr;
	int err;
	struct completion done;
} wanted = {
	.lock = __MUTEX_INITIALIZER(wanted.lock),
	.done = COMPLETION_INITIALIZER(wanted.done),
};

static void look(struct work_struct *unused)
{
	struct image btf = {};

	wanted.err = image_load(&btf);
	if (!wanted.err)
		wanted.err = image_index(&btf);
	if (!wanted.err)
		find_members(&btf, wanted.members, wanted.nr);
	kvfree(btf.type);
	kvfree(btf.data);
	complete(&wanted.done);
}

static DECLARE_WORK(looking, look);

int rs_layout(struct rs_member *members, unsigned int nr)
{
	int err;

	mutex_lock(&wanted.lock);
	wanted.members = members;
	wanted.nr = nr;
	/* Not flush_work(), which lockdep takes for waiting on kernfs too. */
	queue_work(system_dfl_wq, &looking);
	wait_for_completion(&wanted.done);
	err = wanted.err;
	mutex_unlock(&wanted.lock);
	return err;
}

int rs_once(struct rs_once *once, int (*find)(void))
{
	int err = 0;

	/* Pairs with the release below. */
	if (smp_load_acquire(&once->done))
		return 0;
	mutex_lock(&once->lock);
	if (!once->done) {
		err = find();
		if (err != -ENOMEM) {
			/* What was found is written before. */
			smp_store_release(&once->done, true);
		}
	}
	mutex_unlock(&once->lock);
	return err == -ENOMEM ? err : 0;
}

void rs_symbols_exit(void)
{
	/* Who asked was told, and may be gone, before the work was quite over. */
	flush_work(&looking);
}
