// SPDX-License-Identifier: GPL-2.0-or-later
/* Who calls, reads and asks while the module comes and goes, for tests. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "chance.h"
#include "count.h"
#include "crowd.h"
#include "ctrl.h"
#include "proc.h"
#include "tap.h"

/* Between two of what they do, so that there is time for the module to come and go. */
#define PAUSE_US 5000

static const char * const names[CROWD_KINDS] = {
	"calls", "calls", "files", "files", "dumps", "dos", "policies", "watches begun meanwhile",
};

static struct told {
	unsigned int change;	/* odd while it comes or goes */
	struct crowd_sums by[CROWD_KINDS];
} *told;

static struct ring r;
static pid_t pids[CROWD_KINDS];
static unsigned int chosen;
static struct chance chance;

static unsigned int changes(void)
{
	return __atomic_load_n(&told->change, __ATOMIC_SEQ_CST);
}

void crowd_change(void)
{
	__atomic_add_fetch(&told->change, 1, __ATOMIC_SEQ_CST);
}

static void odd(unsigned int nr, const char *what, int err)
{
	if (!told->by[nr].odd++)
		snprintf(told->by[nr].what, sizeof(told->by[nr].what), "%s: %s", what, strerror(err));
}

static int outcome_of(unsigned int kind, int err)
{
	switch (err) {
	case 0:
		return CROWD_GOOD;
	case ENOENT:
		return CROWD_ENOENT;
	case ENODEV:
		return CROWD_ENODEV;
	case EIO:
		return CROWD_EIO;
	case EPROTONOSUPPORT:
		return kind == CROWD_DUMPS ? CROWD_GOING : -1;
	default:
		return -1;
	}
}

static void came_to(unsigned int nr, const char *what, int err, bool race)
{
	int outcome = outcome_of(nr, err);

	told->by[nr].done++;
	/* What is not there is no race. */
	race &= err != ENOENT;
	told->by[nr].races += race;
	if (outcome < 0) {
		odd(nr, what, err);
		return;
	}
	told->by[nr].of[outcome]++;
	told->by[nr].races_of[outcome] += race;
}

/* Files */

static struct file {
	const char *path;
	bool whole;		/* says the same each time; else its first line does, or it is a number */
	char *text;
} files[] = {
	{ "/proc/ringside/tasks" }, { "/sys/kernel/ringside/version", true }, { "/proc/ringside/memory" },
	{ "/sys/kernel/ringside/tasks/state", true }, { "/proc/ringside/slabs" },
	{ "/sys/kernel/ringside/slabs/state", true }, { "/proc/ringside/status" },
	{ "/sys/kernel/ringside/memory/mem_total", true }, { "/proc/ringside/watches" },
	{ "/sys/kernel/ringside/watches/state", true }, { "/proc/ringside/syscalls" },
	{ "/sys/kernel/ringside/memory/mem_free" }, { "/proc/ringside/errors" },
	{ "/sys/kernel/ringside/memory/context_switches" }, { "/proc/ringside/latency" },
	{ "/proc/ringside/files" },
	{ "/sys/kernel/ringside/latency/state", true },
	/* Directories */
	{ "/proc/ringside" }, { "/sys/kernel/ringside" }, { "/sys/kernel/ringside/memory" },
};

#define NR_DIRS	3
#define NR_FILES	(NR(files) - NR_DIRS)

void crowd_learn(unsigned long long seed)
{
	unsigned int i;

	chance.state = seed;
	told = shared(sizeof(*told));
	for (i = 0; i < NR_FILES; i++) {
		char *text = slurp(files[i].path, NULL);

		if (!text || !*text)
			bail("%s: %s", files[i].path, strerror(errno));
		if (!files[i].whole && strncmp(files[i].path, "/sys", 4))
			strchr(text, '\n')[1] = '\0';
		files[i].text = text;
	}
}

static bool is_good(const struct file *file, const char *got, size_t len, size_t offset)
{
	size_t known = strlen(file->text);

	if (!file->whole && !strncmp(file->path, "/sys", 4))
		return strspn(got, "0123456789\n") == len;
	if (offset >= known)
		return !file->whole || !len;
	return !strncmp(got, file->text + offset, len < known - offset ? len : known - offset);
}

/* Until it has begun to change, or is not about to. */
static void wait_for_change(void)
{
	unsigned int before = changes(), tries;

	for (tries = 0; tries < 50 && changes() == before; tries++)
		usleep(1000);
}

/* 0 or errno; EBADMSG: what was read is not what there is. */
static int read_file(const struct file *file, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char buf[4096], list[1024];
	size_t offset = 0;
	ssize_t got;

	switch (below(&chance, 4)) {
	case 0:
		while ((got = read(fd, buf, sizeof(buf) - 1)) > 0) {
			buf[got] = '\0';
			if (!is_good(file, buf, got, offset))
				return EBADMSG;
			offset += got;
		}
		return got < 0 ? errno : 0;
	case 1:
		if (poll(&poll_fd, 1, 0) < 0)
			return errno;
		break;
	case 2:
		/* Nothing is read ahead of it. */
		if (read(fd, list, below(&chance, 8)) < 0)
			return errno;
		offset = below(&chance, 6);
		if (lseek(fd, offset, SEEK_SET) >= 0)
			break;
		/* That is how /proc refuses to seek what is gone: then a read says so. */
		if (errno == EINVAL)
			return read(fd, list, 1) < 0 ? errno : EBADMSG;
		return errno;
	default:
		offset = below(&chance, 6);
		wait_for_change();
		got = pread(fd, buf, 16, offset);
		if (got < 0)
			return errno;
		buf[got] = '\0';
		return is_good(file, buf, got, offset) ? 0 : EBADMSG;
	}
	got = read(fd, buf, 64);
	if (got < 0)
		return errno;
	buf[got] = '\0';
	return is_good(file, buf, got, offset) ? 0 : EBADMSG;
}

static int read_dir(const char *path)
{
	DIR *dir = opendir(path);
	int rest = 2, err = 0;

	if (!dir)
		return errno;
	for (; !err && rest--; rewinddir(dir)) {
		do
			errno = 0;
		while (readdir(dir));
		err = errno;
		if (!err && rest)
			wait_for_change();
	}
	closedir(dir);
	return err;
}

/* One file, or a directory. */
static void read_one(unsigned int nr, const struct file *file)
{
	unsigned int before = changes();
	int fd, err;

	if (file >= &files[NR_FILES]) {
		err = read_dir(file->path);
	} else {
		fd = open(file->path, O_RDONLY | O_CLOEXEC);
		err = fd < 0 ? errno : read_file(file, fd);
		if (fd >= 0 && close(fd))
			odd(nr, "close", errno);
	}
	came_to(nr, file->path, err, before % 2 || changes() != before);
	/* While it is away there is nothing to race. */
	usleep(err == ENOENT ? PAUSE_US : 100);
}

/* All files at once, opened before it comes or goes and read when it does. */
static void read_many(unsigned int nr)
{
	unsigned int before = changes(), i;
	int fd[NR_FILES], err[NR_FILES];

	for (i = 0; i < NR_FILES; i++) {
		fd[i] = open(files[i].path, O_RDONLY | O_CLOEXEC);
		err[i] = fd[i] < 0 ? errno : 0;
	}
	for (i = 0; i < 100 && changes() == before; i++)
		usleep(1000);
	for (i = 0; i < NR_FILES; i++) {
		if (fd[i] >= 0) {
			err[i] = read_file(&files[i], fd[i]);
			if (close(fd[i]))
				odd(nr, "close", errno);
		}
		came_to(nr, files[i].path, err[i], before % 2 || changes() != before);
	}
}

static void read_on(unsigned int nr)
{
	unsigned int i = below(&chance, NR(files));

	for (;; i = (i + 1) % NR(files)) {
		/* The watchdog: none of it waits for anything. */
		alarm(100);
		if (i % 4)
			read_one(nr, &files[i]);
		else
			read_many(nr);
	}
}

/* Calls */

static void call_on(unsigned int nr)
{
	unsigned int i;

	for (i = 0;; i++) {
		syscall(SYS_getppid);
		if (i % 200)
			continue;
		told->by[nr].done += 200;
		/* Who never sleeps has those wait who wait for a grace period of RCU tasks: all that attach or let go. */
		usleep(100);
		if (i % 2000 == 0) {
			pid_t pid = fork();

			if (!pid) {
				execl("/proc/self/exe", "nothing", "nothing", NULL);
				_exit(1);
			}
			waitpid(pid, NULL, 0);
		}
	}
}

/* Netlink */

static void ask_on(unsigned int nr, bool dump)
{
	unsigned int i;

	for (i = 0;; i++) {
		const struct noun *noun = &nouns[i % NR_NOUNS];
		struct rows rows = { 0 };
		int err;

		alarm(100);
		if (!ring_open(&r)) {
			came_to(nr, "the family", errno, false);
			usleep(PAUSE_US);
			continue;
		}
		ask(&r, noun->cmd, dump);
		if (!dump && noun->cmd == RINGSIDE_CMD_TASK_GET)
			ask_u32(&r, RINGSIDE_A_TASK_PID, 1);
		if (dump && noun->needs)
			ask_u32(&r, 1, getpid());
		if (dump && noun->cmd == RINGSIDE_CMD_PAGE_GET)
			ask_u64(&r, RINGSIDE_A_PAGE_ADDRESS, (unsigned long)&r);
		err = -answer(&r, &rows);
		/* That it wants to know which, or has none, is an answer. */
		if (!dump && (err == ESRCH || err == EINVAL || err == EOPNOTSUPP))
			err = 0;
		came_to(nr, noun->name, err, false);
		rows_free(&rows);
		ring_close(&r);
		if (wire_errors)
			odd(nr, wire_error, EBADMSG);
		usleep(PAUSE_US);
	}
}

/* What the family takes, as the kernel's own family tells it of every other. 0 or errno. */
static int policy(struct mnl_socket *nl)
{
	const struct nlmsghdr *nlh;
	char buf[32768];
	int got;

	if (ctrl_ask(nl, CTRL_CMD_GETPOLICY, NLM_F_DUMP) < 0)
		return errno;
	for (;;) {
		got = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (got < 0)
			return errno;
		for (nlh = (struct nlmsghdr *)buf; mnl_nlmsg_ok(nlh, got); nlh = mnl_nlmsg_next(nlh, &got))
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
				return -*(int *)mnl_nlmsg_get_payload(nlh);
	}
}

static void policies(unsigned int nr)
{
	struct mnl_socket *nl = mnl_socket_open(NETLINK_GENERIC);
	int err;

	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		bail("a socket: %s", strerror(errno));
	for (;;) {
		alarm(100);
		err = policy(nl);
		came_to(nr, "a policy", err, false);
		usleep(PAUSE_US);
	}
}

/*
 * Watches begun at any time, just when the module is about to go above all: one
 * that then is not refused would outlive it.
 */
static void begin_on(unsigned int kind)
{
	static const char path[] = "/sys/kernel/ringside/watch_new";
	unsigned int tries;

	for (;;) {
		unsigned int before;
		int fd, err;

		alarm(100);
		/* What it begins, others wait for. */
		usleep(often(800000, 2500000));
		fd = open(path, O_WRONLY | O_CLOEXEC);
		/* Mostly until it comes or goes. */
		before = changes();
		for (tries = below(&chance, 500); tries && changes() == before; tries--)
			usleep(1000);
		before = changes();
		if (fd >= 0) {
			err = write(fd, "meanwhile all\n", 14) < 0 ? errno : 0;
			came_to(kind, path, err, before % 2);
			if (!err && !write_file("/sys/kernel/ringside/watch_delete", "meanwhile\n"))
				odd(kind, "watch_delete", errno);
			close(fd);
		} else if (ring_open(&r)) {
			err = watch_try(&r, &(struct watch){ .times = below(&chance, 2),
					      .events = below(&chance, 2) ? RINGSIDE_MIN_RING : 0 });
			came_to(kind, "WATCH_NEW", err < 0 ? -err : 0, before % 2);
			ring_close(&r);
		}
	}
}

static void be(unsigned int kind)
{
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* Who loads and lets go is not to wait for its turn among all these. */
	setpriority(PRIO_PROCESS, 0, kind == CROWD_CALLS || kind == CROWD_OTHER_CALLS ? 19 : 10);
	chance.state += kind;
	switch (kind) {
	case CROWD_CALLS:
	case CROWD_OTHER_CALLS:
		CPU_ZERO(&set);
		CPU_SET(kind - CROWD_CALLS, &set);
		sched_setaffinity(0, sizeof(set), &set);
		call_on(kind);
		break;
	case CROWD_FILES:
	case CROWD_OTHER_FILES:
		read_on(kind);
		break;
	case CROWD_POLICIES:
		policies(kind);
		break;
	case CROWD_WATCHES:
		begin_on(kind);
		break;
	default:
		ask_on(kind, kind == CROWD_DUMPS);
	}
}

void crowd_begin(unsigned int kinds)
{
	unsigned int i;

	chosen = kinds ?: (1U << CROWD_KINDS) - 1;
	fflush(stdout);
	for (i = 0; i < CROWD_KINDS; i++) {
		if (!(chosen & 1U << i))
			continue;
		pids[i] = fork();
		if (pids[i])
			continue;
		/* Whoever loads, unloads and reads is not to wait for its turn behind those that always call. */
		if (i <= CROWD_OTHER_CALLS)
			nice(10);
		be(i);
	}
}

void crowd_end(void)
{
	unsigned int i;
	int status;

	for (i = 0; i < CROWD_KINDS; i++) {
		if (!pids[i])
			continue;
		if (waitpid(pids[i], &status, WNOHANG)) {
			odd(i, "it ended before", status);
		} else {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
		pids[i] = 0;
	}
	/* Perhaps one is left. */
	if (!access("/sys/kernel/ringside/watch_delete", F_OK))
		write_file("/sys/kernel/ringside/watch_delete", "meanwhile\n");
}

pid_t crowd_pid(unsigned int kind)
{
	return pids[kind];
}

const struct crowd_sums *crowd_sums(unsigned int kind)
{
	return &told->by[kind];
}

bool crowd_ok(const char *when)
{
	unsigned int i, bad = 0;

	for (i = 0; i < CROWD_KINDS; i++)
		if (chosen & 1U << i && (told->by[i].odd || !told->by[i].done)) {
			bad++;
			diag("%s: %u odd of %llu: %s", names[i], told->by[i].odd, told->by[i].done,
			     told->by[i].what);
		}
	return ok(!bad, "%s: nobody sees anything but what there is, or that it is gone", when);
}

