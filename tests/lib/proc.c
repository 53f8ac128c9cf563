// SPDX-License-Identifier: GPL-2.0-or-later
/* What the kernel's own files say of tasks. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc.h"

#define PF_KTHREAD	0x00200000
#define PF_WQ_WORKER	0x00000020

static void *grow(void *old, size_t size)
{
	void *at = realloc(old, size);

	if (!at)
		bail("no memory");
	return at;
}

char *slurp(const char *path, size_t *len)
{
	size_t room = 65536, at = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text;
	ssize_t got;

	if (fd < 0)
		return NULL;
	text = malloc(room);
	while ((got = read(fd, text + at, room - at - 1)) > 0) {
		at += got;
		if (room - at < 32768)
			text = grow(text, room *= 2);
	}
	if (got < 0) {
		int err = errno;

		free(text);
		close(fd);
		errno = err;
		return NULL;
	}
	close(fd);
	text[at] = '\0';
	if (len)
		*len = at;
	return text;
}

bool number_after(const char *text, const char *name, int64_t *value)
{
	size_t len = strlen(name);
	const char *line;

	for (line = text; line; line = strchr(line, '\n'), line += !!line)
		if (!strncmp(line, name, len) && strchr(": \t", line[len]) && line[len]) {
			*value = strtoll(line + len + 1, NULL, 10);
			return true;
		}
	return false;
}

bool read_line(char *buf, size_t size, const char *format, ...)
{
	char path[512];
	va_list ap;
	ssize_t got;
	int fd;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	*buf = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, buf, size - 1);
	close(fd);
	if (got < 0)
		return false;
	if (got && buf[got - 1] == '\n')
		got--;
	buf[got] = '\0';
	return true;
}

bool write_file(const char *path, const char *format, ...)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	va_list ap;
	bool good;

	if (fd < 0)
		return false;
	va_start(ap, format);
	good = vdprintf(fd, format, ap) > 0;
	va_end(ap);
	return !close(fd) && good;
}

int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

int64_t ns_inode(const char *format, ...)
{
	char path[256], link[128];
	const char *at;
	va_list ap;
	ssize_t got;

	va_start(ap, format);
	vsnprintf(path, sizeof(path), format, ap);
	va_end(ap);
	got = readlink(path, link, sizeof(link) - 1);
	if (got < 0)
		return 0;
	link[got] = '\0';
	at = strchr(link, '[');
	return at ? strtoll(at + 1, NULL, 10) : 0;
}

#define V(NAME) task->v[RINGSIDE_A_TASK_##NAME]

static void parse_stat(struct task *task, const char *text)
{
	const char *at = strrchr(text, ')');
	int64_t f[53] = { 0 };
	int i;

	if (!at) {
		task->gone = true;
		return;
	}
	task->state = at[2];
	at += 3;
	for (i = 4; i <= 52; i++)
		f[i] = strtoull(at, (char **)&at, 10);
	V(PPID) = f[4];
	V(PGID) = f[5];
	V(SID) = f[6];
	V(KTHREAD) = !!(f[9] & PF_KTHREAD);
	task->is_kworker = f[9] & PF_WQ_WORKER;
	V(MIN_FLT) = f[10];
	V(MAJ_FLT) = f[12];
	V(UTIME) = f[14];
	V(STIME) = f[15];
	V(PRIORITY) = f[18];
	V(NICE) = f[19];
	V(NR_THREADS) = f[20];
	V(START_TIME) = f[22];
	V(VSIZE) = f[23];
	V(CPU) = f[39];
	V(POLICY) = f[41];
}

static int64_t kilobytes(const char *text, const char *name)
{
	int64_t value = 0;

	number_after(text, name, &value);
	return value * 1024;
}

static void parse_status(struct task *task, const char *text)
{
	const char *at;

	at = strstr(text, "\nUid:");
	if (at) {
		V(UID) = strtoull(at + 5, (char **)&at, 10);
		V(EUID) = strtoull(at, NULL, 10);
	}
	at = strstr(text, "\nGid:");
	if (at) {
		V(GID) = strtoull(at + 5, (char **)&at, 10);
		V(EGID) = strtoull(at, NULL, 10);
	}
	V(RSS_ANON) = kilobytes(text, "RssAnon");
	V(RSS_FILE) = kilobytes(text, "RssFile");
	V(RSS_SHMEM) = kilobytes(text, "RssShmem");
	V(SWAP) = kilobytes(text, "VmSwap");
}

static void add_switches(struct task *task, const char *path)
{
	char *text = slurp(path, NULL);
	int64_t value;

	if (!text)
		return;
	if (number_after(text, "voluntary_ctxt_switches", &value))
		V(NVCSW) += value;
	if (number_after(text, "nonvoluntary_ctxt_switches", &value))
		V(NIVCSW) += value;
	free(text);
}

static bool is_number(const char *name)
{
	return *name >= '1' && *name <= '9' && !name[strspn(name, "0123456789")];
}

static int cmp_pid(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

pid_t *pids_read(const char *proc, unsigned int *nr)
{
	unsigned int room = 64;
	struct dirent *entry;
	DIR *dir = opendir(proc);
	pid_t *pids = malloc(room * sizeof(*pids));

	*nr = 0;
	while (dir && (entry = readdir(dir))) {
		if (!is_number(entry->d_name))
			continue;
		if (*nr == room)
			pids = grow(pids, (room *= 2) * sizeof(*pids));
		pids[(*nr)++] = strtol(entry->d_name, NULL, 10);
	}
	if (dir)
		closedir(dir);
	qsort(pids, *nr, sizeof(*pids), cmp_pid);
	return pids;
}

static void sum_switches(struct task *task, pid_t pid, pid_t tid)
{
	unsigned int i, nr;
	char path[128];
	pid_t *tids;

	if (tid) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
		add_switches(task, path);
		return;
	}
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tids = pids_read(path, &nr);
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tids[i]);
		add_switches(task, path);
	}
	free(tids);
}

static int64_t count_fds(const char *dir)
{
	char path[160];
	struct dirent *entry;
	int64_t nr = 0;
	DIR *fds;

	snprintf(path, sizeof(path), "%s/fd", dir);
	fds = opendir(path);
	while (fds && (entry = readdir(fds)))
		nr += *entry->d_name != '.';
	if (fds) {
		/* Our own listing takes one itself. */
		nr -= !strcmp(dir, "/proc/self");
		closedir(fds);
	}
	return nr;
}

/* The directory of the line "0::/path". */
static int64_t cgroup_inode(const char *dir)
{
	char path[256], *text, *at, *end;
	struct stat st;
	int64_t inode = 0;

	snprintf(path, sizeof(path), "%s/cgroup", dir);
	text = slurp(path, NULL);
	at = text ? strstr(text, "0::") : NULL;
	if (at) {
		end = strchr(at, '\n');
		if (end)
			*end = '\0';
		snprintf(path, sizeof(path), "/sys/fs/cgroup%s", at + 3);
		if (!stat(path, &st))
			inode = st.st_ino;
	}
	free(text);
	return inode;
}

void task_read(struct task *task, pid_t pid, pid_t tid)
{
	char dir[64], path[128], *text;
	size_t len;

	memset(task, 0, sizeof(*task));
	task->pid = pid;
	task->tid = tid;
	V(PID) = tid ? tid : pid;
	V(TGID) = pid;
	if (tid)
		snprintf(dir, sizeof(dir), "/proc/%d/task/%d", pid, tid);
	else
		snprintf(dir, sizeof(dir), "/proc/%d", pid);

	snprintf(path, sizeof(path), "%s/stat", dir);
	text = slurp(path, NULL);
	if (text)
		parse_stat(task, text);
	task->gone = !text;
	free(text);

	snprintf(path, sizeof(path), "%s/status", dir);
	text = slurp(path, NULL);
	if (text)
		parse_status(task, text);
	task->gone |= !text;
	free(text);

	snprintf(path, sizeof(path), "%s/comm", dir);
	text = slurp(path, &len);
	if (text && len) {
		text[len - 1] = '\0';
		snprintf(task->comm, sizeof(task->comm), "%s", text);
	}
	free(text);

	sum_switches(task, pid, tid);
	V(NR_FDS) = count_fds(dir);
	V(CGROUP) = cgroup_inode(dir);
	V(PID_NS) = ns_inode("%s/ns/pid", dir);
	V(MNT_NS) = ns_inode("%s/ns/mnt", dir);
	V(NET_NS) = ns_inode("%s/ns/net", dir);
	V(USER_NS) = ns_inode("%s/ns/user", dir);
}

struct task *tasks_read(bool threads, unsigned int *nr)
{
	unsigned int i, t, nr_pids, nr_tids, room = 256;
	pid_t *pids = pids_read("/proc", &nr_pids), *tids;
	struct task *tasks = malloc(room * sizeof(*tasks));
	char path[64];

	*nr = 0;
	for (i = 0; i < nr_pids; i++) {
		snprintf(path, sizeof(path), "/proc/%d/task", pids[i]);
		tids = threads ? pids_read(path, &nr_tids) : NULL;
		for (t = 0; t < (threads ? nr_tids : 1); t++) {
			if (*nr == room)
				tasks = grow(tasks, (room *= 2) * sizeof(*tasks));
			task_read(&tasks[(*nr)++], pids[i], threads ? tids[t] : 0);
		}
		free(tids);
	}
	free(pids);
	return tasks;
}
