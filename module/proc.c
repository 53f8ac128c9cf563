// SPDX-License-Identifier: GPL-2.0-only
/*
 * The face for cat and awk: /proc/ringside/NAME, aligned text under a header.
 *
 * A file's position in rows is the walk's key, so a read resumes after the
 * last row that was read, whatever came and went. Position 0 is the header. A
 * provider with a single row has a line for each field, all of one snapshot,
 * taken when reading begins.
 */
#include <linux/capability.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "compat.h"
#include "ringside.h"

struct reader {
	struct rs_walk walk;
	bool loaded;		/* the single row */
	u64 row[RS_ROW_MAX / sizeof(u64)];
};

static const char * const units[] = {
	[RS_NONE] = "count",
	[RS_BYTES] = "bytes",
	[RS_NSEC] = "ns",
	[RS_CENTI] = "tasks",
};

static void pad(struct seq_file *m, int spaces)
{
	for (; spaces > 0; spaces--)
		seq_putc(m, ' ');
}

/*
 * Nothing that splits a column or moves a terminal's cursor gets through. A
 * width of 0 is the last column: a sentence may stand there.
 */
static void put_string(struct seq_file *m, const char *s, int width)
{
	unsigned char least = width ? '!' : ' ';
	int len = 0;

	if (!*s) {
		seq_putc(m, '-');
		len++;
	} else if (!strcmp(s, "-")) {
		/* Not to be taken for an empty one. */
		least = '-' + 1;
	}
	for (; *s; s++) {
		if ((unsigned char)*s < least || *s == '\\' || *s == 0x7f) {
			seq_printf(m, "\\%03o", (unsigned char)*s);
			len += 4;
		} else {
			seq_putc(m, *s);
			len++;
		}
	}
	pad(m, width - len);
}

static void put_field(struct seq_file *m, const struct rs_field *field,
		      const void *row)
{
	const void *at = row + field->offset;
	u64 value;

	if (field->type == RS_STR) {
		put_string(m, at, field->width);
		return;
	}
	if (field->type == RS_S32) {
		seq_printf(m, "%*d", field->width, *(const s32 *)at);
		return;
	}
	value = rs_value(field, row);
	if (field->unit == RS_CENTI)
		seq_printf(m, "%*llu.%02llu", field->width - 3, value / 100, value % 100);
	else
		seq_printf(m, "%*llu", field->width, value);
}

/* Several rows: one a line. */

static void *rows_found(struct seq_file *m, loff_t *pos)
{
	struct reader *reader = m->private;
	int got;

	got = rs_walk_seek(&reader->walk, reader->row);
	if (got < 0)
		return ERR_PTR(got);
	*pos = got ? reader->walk.key : RS_KEY_END;
	return got ? reader->row : NULL;
}

static void *rows_start(struct seq_file *m, loff_t *pos)
{
	struct reader *reader = m->private;

	if (!*pos)
		return SEQ_START_TOKEN;
	reader->walk.key = *pos;
	return rows_found(m, pos);
}

static void *rows_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct reader *reader = m->private;

	reader->walk.key = ++*pos;
	return rows_found(m, pos);
}

static int rows_show(struct seq_file *m, void *v)
{
	struct reader *reader = m->private;
	const struct rs_provider *provider = reader->walk.provider;
	const struct rs_field *field = provider->fields;
	const struct rs_field *end = field + provider->nr_fields;

	for (; field < end; field++) {
		if (field->type == RS_FLAG)
			continue;
		if (field != provider->fields)
			seq_putc(m, ' ');
		if (v != SEQ_START_TOKEN)
			put_field(m, field, reader->row);
		else if (field->type == RS_STR)
			seq_printf(m, "%-*s", field->width, field->name);
		else
			seq_printf(m, "%*s", field->width, field->name);
	}
	seq_putc(m, '\n');
	return 0;
}

/* A single row: one field a line. */

static void *row_at(struct seq_file *m, loff_t pos)
{
	struct reader *reader = m->private;
	const struct rs_provider *provider = reader->walk.provider;

	return pos <= provider->nr_fields ?
	       (void *)&provider->fields[pos - 1] : NULL;
}

static void *row_start(struct seq_file *m, loff_t *pos)
{
	struct reader *reader = m->private;
	int got;

	if (!reader->loaded) {
		reader->walk.key = 1;
		got = rs_walk_seek(&reader->walk, reader->row);
		if (got <= 0)
			return got ? ERR_PTR(got) : NULL;
		reader->loaded = true;
	}
	return *pos ? row_at(m, *pos) : SEQ_START_TOKEN;
}

static void *row_next(struct seq_file *m, void *v, loff_t *pos)
{
	return row_at(m, ++*pos);
}

static int row_show(struct seq_file *m, void *v)
{
	struct reader *reader = m->private;
	const struct rs_field *field = v;

	if (v == SEQ_START_TOKEN) {
		seq_printf(m, "%-20s %16s unit\n", "field", "value");
		return 0;
	}
	seq_printf(m, "%-20s ", field->name);
	put_field(m, field, reader->row);
	seq_printf(m, " %s\n", units[field->unit]);
	return 0;
}

static void stop(struct seq_file *m, void *v)
{
}

static const struct seq_operations rows_ops = {
	.start = rows_start,
	.next = rows_next,
	.stop = stop,
	.show = rows_show,
};

static const struct seq_operations row_ops = {
	.start = row_start,
	.next = row_next,
	.stop = stop,
	.show = row_show,
};

/*
 * A read of the beginning takes a new snapshot; one of the middle, for which
 * seq_file goes over the beginning again, does not.
 */
static ssize_t proc_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct seq_file *m = iocb->ki_filp->private_data;
	struct reader *reader = m->private;

	if (!iocb->ki_pos)
		reader->loaded = false;
	return seq_read_iter(iocb, to);
}

static bool opener_capable(const void *unused, struct user_namespace *ns, int cap)
{
	return ns_capable_noaudit(ns, cap);
}

static int proc_open(struct inode *inode, struct file *file)
{
	const struct rs_provider *provider = pde_data(inode);
	struct reader *reader;
	const char *why;
	int err;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);
	if (!reader)
		return -ENOMEM;
	err = rs_walk_init(&reader->walk, provider, file->f_cred, opener_capable, NULL, &why);
	if (err)
		goto err_walk;
	err = seq_open(file, provider->single ? &row_ops : &rows_ops);
	if (err)
		goto err_seq;
	((struct seq_file *)file->private_data)->private = reader;
	return 0;

err_seq:
	rs_walk_exit(&reader->walk);
err_walk:
	kfree(reader);
	return err;
}

static int proc_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct reader *reader = m->private;

	rs_walk_exit(&reader->walk);
	return seq_release_private(inode, file);
}

static const struct proc_ops proc_ops = {
	.proc_open = proc_open,
	.proc_read_iter = proc_read_iter,
	.proc_lseek = seq_lseek,
	.proc_release = proc_release,
};

static struct proc_dir_entry *dir;

int rs_proc_init(void)
{
	unsigned int i;

	dir = proc_mkdir("ringside", NULL);
	if (!dir)
		return -ENOMEM;
	for (i = 0; i < rs_nr_providers; i++)
		/* Who reads a file has nowhere to say what is needed. */
		if (!rs_providers[i]->needs &&
		    !proc_create_data(rs_providers[i]->name, 0444, dir, &proc_ops,
				      (void *)rs_providers[i])) {
			rs_proc_exit();
			return -ENOMEM;
		}
	/* Who may see its watch is asked when that is chosen. */
	if (!proc_create("events", 0666, dir, &rs_events_ops)) {
		rs_proc_exit();
		return -ENOMEM;
	}
	return 0;
}

void rs_proc_exit(void)
{
	proc_remove(dir);
}
