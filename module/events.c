// SPDX-License-Identifier: GPL-2.0-only
/*
 * The face for records: /proc/ringside/events, a stream of one watch for one reader. What it
 * says to whom is in ringside_events.h.
 *
 * A file that has its watch holds its rings and the module, so neither the end of the watch nor
 * a removal finds a reader, or an epoll, in them.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>
#include <linux/user_namespace.h>

#include "ring.h"
#include "ringside.h"
#include "watch.h"

struct reader {
	struct mutex lock;		/* one reads, or chooses the watch */
	struct rs_rings *rings;		/* of the watch, once it is chosen */
	struct pid_namespace *ns;
	bool all;
};

static int events_open(struct inode *inode, struct file *file)
{
	struct reader *reader = kzalloc(sizeof(*reader), GFP_KERNEL_ACCOUNT);

	if (!reader)
		return -ENOMEM;
	mutex_init(&reader->lock);
	reader->ns = get_pid_ns(task_active_pid_ns(current));
	reader->all = ns_capable_noaudit(&init_user_ns, CAP_PERFMON) ||
		      ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN) ||
		      rs_in_group(file->f_cred);
	file->private_data = reader;
	return stream_open(inode, file);
}

static int events_release(struct inode *inode, struct file *file)
{
	struct reader *reader = file->private_data;

	if (reader->rings)
		rs_watch_close(reader->rings);
	put_pid_ns(reader->ns);
	kfree(reader);
	return 0;
}

static ssize_t events_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct reader *reader = file->private_data;
	struct rs_rings *rings;
	ssize_t done;
	u32 id;

	/* Longer than any, and than kstrtou32_from_user() reads. */
	done = size > 16 ? -EINVAL : kstrtou32_from_user(buf, size, 10, &id);
	if (done)
		return done == -EFAULT ? done : -EINVAL;
	if (mutex_lock_interruptible(&reader->lock))
		return -ERESTARTSYS;
	if (reader->rings) {
		done = -EALREADY;
	} else {
		rings = rs_watch_open(id, file->f_cred, reader->all, reader->ns);
		done = PTR_ERR_OR_ZERO(rings) ?: size;
		if (!IS_ERR(rings))
			/* Who reads or polls finds it made. */
			smp_store_release(&reader->rings, rings);
	}
	mutex_unlock(&reader->lock);
	return done;
}

static ssize_t events_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct reader *reader = file->private_data;
	/* Pairs with events_write(). */
	struct rs_rings *rings = smp_load_acquire(&reader->rings);
	ssize_t done;
	bool ended;

	if (!rings)
		return -ENOTCONN;
	for (;;) {
		/* First: then what is not there now never comes. */
		ended = smp_load_acquire(&rings->ended);
		if (mutex_lock_interruptible(&reader->lock))
			return -ERESTARTSYS;
		done = rs_rings_read(rings, buf, size);
		mutex_unlock(&reader->lock);
		if (done || ended)
			return done;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		if (wait_event_interruptible(rings->wait, rs_rings_ready(rings)))
			return -ERESTARTSYS;
	}
}

static __poll_t events_poll(struct file *file, poll_table *wait)
{
	struct reader *reader = file->private_data;
	/* Pairs with events_write(). */
	struct rs_rings *rings = smp_load_acquire(&reader->rings);
	__poll_t events = 0;

	if (!rings)
		return EPOLLERR;
	poll_wait(file, &rings->wait, wait);
	if (rs_rings_ready(rings))
		events |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(rings->ended))
		events |= EPOLLHUP;
	return events;
}

const struct proc_ops rs_events_ops = {
	.proc_open = events_open,
	.proc_release = events_release,
	.proc_write = events_write,
	.proc_read = events_read,
	.proc_poll = events_poll,
};
