// SPDX-License-Identifier: GPL-2.0-only
/*
 * Open files, in the order of processes and of their numbers there. A process and
 * its table of files are valid as long as the RCU read section and the locks they
 * were found in: what a row is made of is copied there, and its path is made a
 * name outside.
 */
#include <linux/fdtable.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/path.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <uapi/linux/ringside.h>

#include "compat.h"
#include "process.h"
#include "ringside.h"
#include "who.h"

/* Processes looked at in one RCU read section. */
#define BATCH 64

/* A key is a pid and, in its low bits, a file's number; no process may have more. */
#define FD_BITS 31

struct file_row {
	u32 pid, fd, uid, flags;
	char comm[TASK_COMM_LEN];
	char type[12], mode[4], device[16];
	char name[256];
	u64 pos, inode;
};

#define FIELD(member, attr, kind, unit, width, ask) \
	RS_FIELD(file_row, member, RINGSIDE_A_FILE_##attr, kind, unit, width, ask)

static const struct rs_field fields[] = {
	FIELD(pid, PID, RS_U32, RS_NONE, 7, RS_FILTER | RS_KEY),
	FIELD(fd, FD, RS_U32, RS_NONE, 4, 0),
	FIELD(uid, UID, RS_U32, RS_NONE, 6, RS_FILTER),
	FIELD(comm, COMM, RS_STR, RS_NONE, 15, 0),
	FIELD(type, TYPE, RS_STR, RS_NONE, 9, 0),
	FIELD(mode, MODE, RS_STR, RS_NONE, 4, 0),
	FIELD(flags, FLAGS, RS_U32, RS_NONE, 8, 0),
	FIELD(pos, POS, RS_UINT, RS_NONE, 10, 0),
	FIELD(device, DEVICE, RS_STR, RS_NONE, 6, 0),
	FIELD(inode, INODE, RS_UINT, RS_NONE, 10, 0),
	FIELD(name, NAME, RS_STR, RS_NONE, 24, 0),
};

/* What a walk keeps. */
struct state {
	struct file_row *row;	/* while one is looked for */
	struct files_struct *files;
	struct path path;	/* of the row, with a reference */
	char buf[PATH_MAX];
};

static const char *type_of(const struct inode *inode)
{
	/* Beside the type others may be changing the rights. */
	if (data_race(IS_ANON_FILE(inode)))
		return "anon";
	switch (rs_peek(inode->i_mode) & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFSOCK:
		return "socket";
	case S_IFIFO:
		return "pipe";
	case S_IFCHR:
		return "character";
	case S_IFBLK:
		return "block";
	case S_IFLNK:
		return "link";
	default:
		return "anon";
	}
}

/* The first file that iterate_fd() comes to, with the table's lock held. */
static int take(const void *data, struct file *file, unsigned int fd)
{
	struct state *state = (struct state *)data;
	const struct inode *inode = file_inode(file);
	struct file_row *row = state->row;
	unsigned int flags = READ_ONCE(file->f_flags) & ~O_CLOEXEC;

	if (test_bit(fd, files_fdtable(state->files)->close_on_exec))
		flags |= O_CLOEXEC;
	row->fd = fd;
	strscpy(row->type, type_of(inode), sizeof(row->type));
	snprintf(row->mode, sizeof(row->mode), "%s%s", file->f_mode & FMODE_READ ? "r" : "",
		 file->f_mode & FMODE_WRITE ? "w" : "");
	row->flags = flags;
	row->pos = rs_peek(file->f_pos);
	snprintf(row->device, sizeof(row->device), "%u:%u", MAJOR(inode->i_sb->s_dev),
		 MINOR(inode->i_sb->s_dev));
	row->inode = inode->i_ino;
	state->path = file->f_path;
	path_get(&state->path);
	return 1;
}

/*
 * Whether the process has a file from fd on for the walk. Under rcu_read_lock().
 */
static bool fill(const struct rs_walk *walk, struct task_struct *task, u32 pid, u32 fd)
{
	const struct file_row *want = walk->want;
	struct state *state = walk->scratch;
	struct file_row *row = state->row;
	const struct cred *cred = __task_cred(task);
	bool found = false;

	row->uid = from_kuid_munged(walk->cred->user_ns, cred->uid);
	if (walk->asked & RS_ASKED(RINGSIDE_A_FILE_UID) && row->uid != want->uid)
		return false;
	task_lock(task);
	state->files = task->files;
	if (state->files && rs_may_look(walk, task)) {
		row->pid = pid;
		memcpy(row->comm, task->comm, sizeof(row->comm));
		row->comm[sizeof(row->comm) - 1] = '\0';
		found = iterate_fd(state->files, fd, take, state);
	}
	task_unlock(task);
	return found;
}

/* Moves *nr to the first pid from there on that is asked for; false past the last. */
static bool next_pid(const struct rs_walk *walk, int *nr)
{
	unsigned int i;

	if (!walk->pids)
		return idr_get_next(&walk->ns->idr, nr);
	for (i = 0; i < walk->nr_pids && walk->pids[i] <= PID_MAX_LIMIT; i++)
		if (walk->pids[i] >= *nr) {
			*nr = walk->pids[i];
			return true;
		}
	return false;
}

/*
 * Looks at BATCH processes from *nr on, of the first of them at files from *fd on.
 * Returns 1 with a row, 0 past the end, or -EAGAIN with *nr the next to look at.
 * Under rcu_read_lock().
 */
static int look(const struct rs_walk *walk, int *nr, u32 *fd)
{
	int first = *nr, left = BATCH;

	for (; next_pid(walk, nr); ++*nr) {
		struct task_struct *task = pid_task(find_pid_ns(*nr, walk->ns), PIDTYPE_TGID);

		if (*nr != first)
			*fd = 0;
		if (!left--)
			return -EAGAIN;
		if (task && fill(walk, task, *nr, *fd))
			return 1;
	}
	return 0;
}

static int file_seek(struct rs_walk *walk, void *data)
{
	int got, nr = min_t(u64, walk->key >> FD_BITS, PID_MAX_LIMIT);
	u32 fd = walk->key & (BIT_ULL(FD_BITS) - 1);
	struct file_row *row = data;
	struct state *state;

	if (!walk->scratch)
		walk->scratch = kzalloc(sizeof(*state), GFP_KERNEL_ACCOUNT);
	state = walk->scratch;
	if (!state)
		return -ENOMEM;
	state->row = row;
	for (;;) {
		rcu_read_lock();
		got = look(walk, &nr, &fd);
		rcu_read_unlock();
		if (got != -EAGAIN)
			break;
		cond_resched();
	}
	if (got <= 0)
		return got;
	walk->key = (u64)nr << FD_BITS | row->fd;
	rs_path_name(&state->path, state->buf, row->name);
	path_put(&state->path);
	return 1;
}

const struct rs_provider rs_files = {
	.name = "files",
	.cmd = RINGSIDE_CMD_FILE_GET,
	.open = true,
	.namespaced = true,
	.inner = true,
	.row_size = sizeof(struct file_row),
	.fields = fields,
	.nr_fields = ARRAY_SIZE(fields),
	.seek = file_seek,
};
