// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "rows.h"
#include "say.h"
#include "vdso.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))
#define NSEC			1000000000ULL
#define THREADS_MAX		256	/* of processes that run already */

/* As many as a processor has breakpoints for. */
static const struct {
	const char *symbol;
	const char *name;	/* of the call */
} functions[] = {
#ifdef __x86_64__
	{ "__vdso_clock_gettime", "clock_gettime" },
	{ "__vdso_gettimeofday", "gettimeofday" },
	{ "__vdso_time", "time" },
	{ "__vdso_getcpu", "getcpu" },
#else
	{ "__kernel_clock_gettime", "clock_gettime" },
	{ "__kernel_gettimeofday", "gettimeofday" },
	{ "__kernel_clock_getres", "clock_getres" },
#endif
};

#define FUNCTIONS	ARRAY_SIZE(functions)

static const struct {
	const char *word;
	enum vdso_when when;
} words[] = {
	{ "auto", VDSO_AUTO }, { "always", VDSO_ALWAYS }, { "never", VDSO_NEVER },
};

int vdso_parse(const char *word, enum vdso_when *when)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word)) {
			*when = words[i].when;
			return 0;
		}
	say("--vdso takes auto, always or never, not '%s'", word);
	return -1;
}

/* It can't be done. 0 when it needn't, else -1 after a sentence. */
static int __attribute__((format(printf, 2, 3)))
give_up(struct vdso *vdso, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(vdso->why_not, sizeof(vdso->why_not), fmt, ap);
	va_end(ap);
	if (vdso->when != VDSO_ALWAYS)
		return 0;
	say("--vdso always: %s", vdso->why_not);
	return -1;
}

static void forget(struct vdso *vdso)
{
	size_t i;

	for (i = 0; i < vdso->nr_fds; i++)
		if (vdso->fds[i] >= 0)
			close(vdso->fds[i]);
	free(vdso->fds);
	vdso->fds = NULL;
	vdso->nr_fds = 0;
	vdso->counting = false;
}

/* Where a function lies in the vDSO, which is the same one in all programs; 0: nowhere. */
static uint64_t offset_of(size_t function)
{
	static uint64_t offsets[FUNCTIONS];
	static bool looked;
	void *handle, *at;
	size_t i;

	if (looked)
		return offsets[function];
	looked = true;
	handle = dlopen("linux-vdso.so.1", RTLD_LAZY | RTLD_NOLOAD);
	for (i = 0; i < FUNCTIONS; i++) {
		at = handle ? dlsym(handle, functions[i].symbol) : NULL;
		if (at)
			offsets[i] = (uintptr_t)at - getauxval(AT_SYSINFO_EHDR);
	}
	return offsets[function];
}

static bool is_64_bit(pid_t pid)
{
	unsigned char ident[EI_NIDENT] = { 0 };
	char path[64];
	ssize_t got;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return true;
	got = read(fd, ident, sizeof(ident));
	close(fd);
	return got != sizeof(ident) || ident[EI_CLASS] == ELFCLASS64;
}

/* Where the program has it; 0: it has none, or that is not to be seen. */
static uint64_t base_of(pid_t pid)
{
	Elf64_auxv_t entry;
	uint64_t base = 0;
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	file = fopen(path, "re");
	while (file && fread(&entry, sizeof(entry), 1, file) == 1)
		if (entry.a_type == AT_SYSINFO_EHDR)
			base = entry.a_un.a_val;
	if (file)
		fclose(file);
	return base;
}

/* A breakpoint that counts, in a thread and all that come of it. */
static int open_breakpoint(pid_t tid, uint64_t address)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_X,
		.bp_addr = address,
		.bp_len = sizeof(long),
		.inherit = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
		/* Another program has something else there. */
		.remove_on_exec = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);

	/* Linux before 5.13 doesn't know it. */
	if (fd < 0 && (errno == EINVAL || errno == E2BIG)) {
		attr.remove_on_exec = 0;
		fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);
	}
	return fd;
}

/* Why one can't be had, as part of a sentence. */
static const char *why(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return "breakpoints need CAP_PERFMON (root has it) or a lower kernel.perf_event_paranoid";
	case ENOSPC:
		return "all of the processor's breakpoints are taken";
	case ENOSYS:
	case EOPNOTSUPP:
	case ENODEV:
	case ENOENT:
		return "this kernel has no breakpoints to count with";
	default:
		return strerror(error);
	}
}

static int set_breakpoints(struct vdso *vdso, pid_t tid, uint64_t base)
{
	size_t i;

	vdso->fds = reallocate(vdso->fds, (vdso->nr_fds + FUNCTIONS) * sizeof(*vdso->fds));
	for (i = 0; i < FUNCTIONS; i++)
		vdso->fds[vdso->nr_fds + i] = -1;
	vdso->nr_fds += FUNCTIONS;
	for (i = 0; i < FUNCTIONS; i++) {
		uint64_t offset = offset_of(i);
		int fd;

		if (!offset)
			continue;
		fd = open_breakpoint(tid, base + offset);
		if (fd < 0)
			return -errno;
		vdso->fds[vdso->nr_fds - FUNCTIONS + i] = fd;
		vdso->counting = true;
	}
	return 0;
}

/* Has it rights of its own, which exec() keeps from it when somebody without them traces it? */
static bool gains_rights(const char *path)
{
	struct stat st;

	return (!stat(path, &st) && st.st_mode & (S_ISUID | S_ISGID)) ||
	       getxattr(path, "security.capability", NULL, 0) >= 0;
}

static bool may_trace_all(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &header, data) &&
	       data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective & CAP_TO_MASK(CAP_SYS_PTRACE);
}

int vdso_hold(struct vdso *vdso, const struct child *child)
{
	size_t i;
	int fd;

	if (vdso->when == VDSO_NEVER)
		return give_up(vdso, "not counted, as --vdso never says");
	if (gains_rights(child->path) && !may_trace_all())
		return give_up(vdso, "not counted: to hold the program would take its set-user-ID or capabilities from it");
	/* Before anybody is stopped for nothing. */
	fd = open_breakpoint(child->pid, (uint64_t)(uintptr_t)vdso_hold);
	if (fd < 0)
		return give_up(vdso, "not counted: %s", why(errno));
	close(fd);
	/* Looked up while nobody waits for it. */
	for (i = 0; i < FUNCTIONS; i++)
		offset_of(i);
	if (ptrace(PTRACE_SEIZE, child->pid, NULL, PTRACE_O_TRACEEXEC))
		return give_up(vdso, "not counted: the program cannot be held in execve (%s)",
			       strerror(errno));
	vdso->holding = true;
	return 0;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

/* Until it is in its execve(); signals go on to where they belong. False: it is over. */
static bool wait_for_exec(struct child *child)
{
	int status;

	for (;;) {
		if (waitpid(child->pid, &status, 0) < 0) {
			if (errno == EINTR)
				continue;
			return false;
		}
		if (!WIFSTOPPED(status)) {
			child->status = status;
			child->over = true;
			return false;
		}
		if (status >> 16 == PTRACE_EVENT_EXEC)
			return true;
		ptrace(PTRACE_CONT, child->pid, NULL, status >> 16 ? 0 : WSTOPSIG(status));
	}
}

void vdso_release(struct vdso *vdso, struct child *child)
{
	uint64_t base, since;
	int err;

	if (!vdso->holding || !wait_for_exec(child))
		return;
	since = now();
	base = is_64_bit(child->pid) ? base_of(child->pid) : 0;
	err = base ? set_breakpoints(vdso, child->pid, base) : 0;
	if (err) {
		forget(vdso);
		give_up(vdso, "not counted: %s", why(-err));
	} else if (!base) {
		give_up(vdso, "not counted: %s", is_64_bit(child->pid) ?
			"this program has no vDSO" : "this is a 32-bit program");
	}
	ptrace(PTRACE_DETACH, child->pid, NULL, 0);
	vdso->held = now() - since;
}

/* All threads of one process: 0, or an errno, negative. */
static int attach_threads(struct vdso *vdso, pid_t pid, uint64_t base)
{
	struct dirent *entry;
	char path[64];
	int err = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	dir = opendir(path);
	while (dir && !err && vdso->nr_fds < THREADS_MAX * FUNCTIONS && (entry = readdir(dir)))
		if (entry->d_name[0] != '.') {
			err = set_breakpoints(vdso, strtol(entry->d_name, NULL, 10), base);
			if (err == -ESRCH)
				err = 0;
		}
	if (dir)
		closedir(dir);
	return err;
}

int vdso_attach(struct vdso *vdso, const struct pids *pids)
{
	unsigned int i;

	if (vdso->when == VDSO_NEVER)
		return give_up(vdso, "not counted, as --vdso never says");
	for (i = 0; i < pids->nr; i++) {
		uint64_t base = is_64_bit(pids->list[i]) ? base_of(pids->list[i]) : 0;
		int err = base ? attach_threads(vdso, pids->list[i], base) : 0;

		if (err) {
			forget(vdso);
			return give_up(vdso, "not counted: %s", why(-err));
		}
	}
	if (!vdso->counting)
		return give_up(vdso, "not counted: no vDSO of these processes can be seen");
	return 0;
}

static uint64_t count_of(const struct vdso *vdso, size_t function)
{
	uint64_t all = 0, count;
	size_t i;

	for (i = function; i < vdso->nr_fds; i += FUNCTIONS)
		if (vdso->fds[i] >= 0 && read(vdso->fds[i], &count, sizeof(count)) == sizeof(count))
			all += count;
	return all;
}

void vdso_tell(const struct vdso *vdso, uint64_t (*crossed)(const void *data, const char *name),
	       const void *data, char *text, size_t size)
{
	uint64_t counts[FUNCTIONS], all = 0;
	size_t used, i;

	if (!vdso->counting) {
		snprintf(text, size, "%s", vdso->why_not[0] ? vdso->why_not : "not counted");
		return;
	}
	for (i = 0; i < FUNCTIONS; i++) {
		uint64_t through = crossed(data, functions[i].name);

		counts[i] = count_of(vdso, i);
		counts[i] -= counts[i] > through ? through : counts[i];
		all += counts[i];
	}
	used = snprintf(text, size, "%llu call%s", (unsigned long long)all, all == 1 ? "" : "s");
	for (i = 0; i < FUNCTIONS && used < size; i++)
		if (counts[i])
			used += snprintf(text + used, size - used, ", %s %llu", functions[i].name,
					 (unsigned long long)counts[i]);
	if (vdso->held && used < size)
		snprintf(text + used, size - used, "; held %.1f ms in execve for it, which is in its sleep",
			 vdso->held / 1e6);
}

void vdso_end(struct vdso *vdso)
{
	forget(vdso);
}
