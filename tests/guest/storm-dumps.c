// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Dumps of everything, many at a time: abandoned, begun again, received in
 * scraps, handed from process to process, while tasks come and go. Each that
 * comes to its end is whole. And what those take that never come to theirs.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "kmem.h"
#include "lib.h"
#include "mutate.h"
#include "watched.h"

enum {
	QUIET = 30,	/* processes that are there all the time */
	MORE = 180,	/* and so many that a dump of them is long */
	SLOTS = 8,	/* sockets that all workers have */
	WORKERS = 4,
};

/* All that are dumped, but the few entries of page tables. */
static const int cmds[] = {
	RINGSIDE_CMD_STATUS_GET, RINGSIDE_CMD_TASK_GET, RINGSIDE_CMD_MEMORY_GET, RINGSIDE_CMD_SLAB_GET,
	RINGSIDE_CMD_WATCH_GET, RINGSIDE_CMD_SYSCALL_GET, RINGSIDE_CMD_ERROR_GET, RINGSIDE_CMD_LATENCY_GET,
	RINGSIDE_CMD_MAP_GET, RINGSIDE_CMD_FILE_GET,
};

/* A dump on its way: what it has said so far. */
struct dump {
	uint32_t seq;
	int cmd;
	bool running, init;
	unsigned int rows, quiet;
	int64_t last;		/* pid or id */
};

/* A socket, and whose turn it is. */
struct slot {
	int taken, fd;
	uint32_t seq;
	struct dump dump;
	pid_t began;
};

enum way { WHOLE, HANDED, ABANDONED, AGAIN, SCRAPS, WAYS };

static struct common {
	struct slot slot[SLOTS];
	unsigned long begun, whole[WAYS], left, refused, cut, bad, wire, rows, handed;
	char why[sizeof(wire_error)];
} *common;

static pid_t quiet[QUIET], listed[QUIET + MORE];
static unsigned int nr_listed;
static uint64_t first_seed;
static int family;

static void count(unsigned long *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

static void wrong(const struct dump *dump, const char *format, ...) PRINTF(2);
static void wrong(const struct dump *dump, const char *format, ...)
{
	char words[200];
	va_list ap;

	va_start(ap, format);
	vsnprintf(words, sizeof(words), format, ap);
	va_end(ap);
	if (__atomic_fetch_add(&common->bad, 1, __ATOMIC_RELAXED) < 5)
		diag("process %d, a dump of %s: %s", getpid(), noun_of(dump->cmd)->name, words);
}

static int open_socket(bool tiny)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), one = 1;

	if (fd < 0 || (tiny && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one))))
		bail("a socket: %s", strerror(errno));
	return fd;
}

/* How tasks are asked for. */
enum { THREADS = 1, LISTED = 2 };

static void begin(struct dump *dump, int fd, int cmd, uint32_t seq, unsigned int how)
{
	static char out[16384];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(out);
	struct genlmsghdr *genl;
	unsigned int i;

	*dump = (struct dump){ .seq = seq, .cmd = cmd, .running = true };
	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = RINGSIDE_FAMILY_VERSION;
	if (cmd == RINGSIDE_CMD_TASK_GET && how & LISTED) {
		/* As many as may be, most of them somebody else or nobody. */
		for (i = 0; i < RINGSIDE_MAX_PIDS - nr_listed; i++)
			mnl_attr_put_u32(nlh, RINGSIDE_A_TASK_PID, 1 + i * 7);
		for (i = 0; i < nr_listed; i++)
			mnl_attr_put_u32(nlh, RINGSIDE_A_TASK_PID, listed[i]);
		mnl_attr_put_strz(nlh, RINGSIDE_A_TASK_STATE, "RSDTtXZPI");
	}
	if (cmd == RINGSIDE_CMD_TASK_GET && how & THREADS)
		mnl_attr_put(nlh, RINGSIDE_A_TASK_THREADS, 0, NULL);
	/* Of one that keeps still. */
	if (cmd == RINGSIDE_CMD_MAP_GET)
		mnl_attr_put_u32(nlh, RINGSIDE_A_MAP_PID, quiet[0]);
	if (send(fd, nlh, nlh->nlmsg_len, 0) < 0)
		wrong(dump, "it does not begin: %s", strerror(errno));
	count(&common->begun);
}

static void begin_any(struct dump *dump, int fd, struct chance *chance, uint32_t seq)
{
	begin(dump, fd, cmds[below(chance, NR(cmds))], seq, below(chance, 4));
}

static int by_pid(const void *a, const void *b)
{
	return *(const pid_t *)a - *(const pid_t *)b;
}

static void take_row(struct dump *dump, const struct nlmsghdr *nlh)
{
	struct row row;
	int64_t key;
	pid_t pid;

	row_decode(noun_of(dump->cmd), nlh, &row);
	/* Of tasks and watches the pid and the id; of the others a watch or a pid, which may stay the same. */
	key = row.v[RINGSIDE_A_TASK_PID];
	pid = key;
	dump->rows++;
	count(&common->rows);
	if (dump->cmd == RINGSIDE_CMD_TASK_GET || dump->cmd >= RINGSIDE_CMD_WATCH_GET) {
		if (key < dump->last + (dump->cmd <= RINGSIDE_CMD_WATCH_GET))
			wrong(dump, "%lld comes after %lld", (long long)key, (long long)dump->last);
		dump->last = key;
	}
	if (dump->cmd == RINGSIDE_CMD_TASK_GET) {
		dump->init |= pid == 1;
		dump->quiet += bsearch(&pid, quiet, QUIET, sizeof(pid), by_pid) != NULL;
	}
	row_clear(&row);
}

static void check_whole(const struct dump *dump)
{
	static const unsigned int least[] = {
		[RINGSIDE_CMD_STATUS_GET] = 5, [RINGSIDE_CMD_TASK_GET] = QUIET + 1, [RINGSIDE_CMD_MEMORY_GET] = 1,
		[RINGSIDE_CMD_SLAB_GET] = 20, [RINGSIDE_CMD_WATCH_GET] = 2, [RINGSIDE_CMD_SYSCALL_GET] = 5,
		[RINGSIDE_CMD_ERROR_GET] = 2, [RINGSIDE_CMD_LATENCY_GET] = 2,
		[RINGSIDE_CMD_MAP_GET] = 5, [RINGSIDE_CMD_FILE_GET] = 3 * QUIET,
	};

	if (dump->rows < least[dump->cmd])
		wrong(dump, "it ends with %u rows", dump->rows);
	if (dump->cmd == RINGSIDE_CMD_TASK_GET && (!dump->init || dump->quiet != QUIET))
		wrong(dump, "%s init, %u of %u who were there all the time", dump->init ? "with" : "without",
		      dump->quiet, QUIET);
}

/* What a receive gave, of this dump and perhaps another that was begun after it. */
static void take(struct dump *dump, struct dump *other, const void *buf, int left)
{
	const struct nlmsghdr *nlh = buf;

	for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		struct dump *of = other && nlh->nlmsg_seq == other->seq ? other : dump;
		const int *err = mnl_nlmsg_get_payload(nlh);

		if (nlh->nlmsg_seq != of->seq || !of->running) {
			wrong(of, "an answer of type %u to %u, not to %u", nlh->nlmsg_type, nlh->nlmsg_seq, of->seq);
		} else if (nlh->nlmsg_type == family) {
			take_row(of, nlh);
		} else if (nlh->nlmsg_type == NLMSG_ERROR && *err == -EBUSY && of == other) {
			of->running = false;
			count(&common->refused);
		} else if (nlh->nlmsg_type == NLMSG_DONE && !*err) {
			of->running = false;
			check_whole(of);
		} else {
			wrong(of, "an answer of type %u: %s", nlh->nlmsg_type, strerror(-*err));
		}
	}
	if (left)
		wrong(dump, "%d bytes are no message", left);
}

/* At most this many receives; all that is left when negative. */
static void go_on(struct dump *dump, struct dump *other, int fd, int most)
{
	static char buf[65536];

	while ((dump->running || (other && other->running)) && most--) {
		ssize_t got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (got < 0) {
			/* There is always more, until it has ended. */
			wrong(dump, "a receive: %s", strerror(errno));
			dump->running = false;
			return;
		}
		take(dump, other, buf, got);
	}
}

/* One socket that all have: this process does the next bit of what some other began. */
static void on_common(struct chance *chance, bool may_begin)
{
	struct slot *slot = &common->slot[below(chance, SLOTS)];
	bool mine;

	if (__atomic_exchange_n(&slot->taken, 1, __ATOMIC_ACQUIRE))
		return;
	if (!slot->dump.running && may_begin) {
		begin_any(&slot->dump, slot->fd, chance, ++slot->seq);
		slot->began = getpid();
	} else if (slot->dump.running) {
		mine = slot->began == getpid();
		go_on(&slot->dump, NULL, slot->fd, 1 + below(chance, 2));
		if (!mine)
			count(&common->handed);
		if (!slot->dump.running)
			count(&common->whole[mine ? WHOLE : HANDED]);
	}
	__atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
}

/* Asks again in the middle: refused as long as there is more of the first, which goes on to its end. */
static void again(struct dump *dump, int fd, struct chance *chance)
{
	struct dump second;

	if (!below(chance, 4))
		go_on(dump, NULL, fd, 1);
	if (!dump->running)
		return;
	begin_any(&second, fd, chance, dump->seq + 1);
	go_on(dump, &second, fd, -1);
}

/* Receives that have room for a part of a message only, until nothing is left; then another must be whole. */
static void scraps(struct dump *dump, int fd, struct chance *chance)
{
	char buf[300];
	ssize_t got;

	while ((got = recv(fd, buf, 1 + below(chance, sizeof(buf)), MSG_DONTWAIT)) > 0)
		count(&common->cut);
	if (errno != EAGAIN)
		wrong(dump, "a receive of some bytes: %s", strerror(errno));
	begin_any(dump, fd, chance, dump->seq + 1);
	go_on(dump, NULL, fd, -1);
}

static void on_own(struct chance *chance)
{
	enum way way = ABANDONED + below(chance, WAYS - ABANDONED);
	/* A refusal might not fit a tiny one. */
	int fd = open_socket(way != AGAIN && !below(chance, 4));
	struct dump dump;

	if (way == AGAIN)
		/* One that does not fit the first receive, so that there is a middle. */
		begin(&dump, fd, RINGSIDE_CMD_TASK_GET, 1, below(chance, 4));
	else
		begin_any(&dump, fd, chance, 1);
	switch (way) {
	case ABANDONED:
		go_on(&dump, NULL, fd, below(chance, 3));
		if (dump.running)
			count(&common->left);
		break;
	case AGAIN:
		again(&dump, fd, chance);
		break;
	default:
		scraps(&dump, fd, chance);
	}
	close(fd);
	if (way != ABANDONED && !dump.running)
		count(&common->whole[way]);
}

static void work(unsigned int nr, unsigned long dumps)
{
	bool somebody = nr == WORKERS - 1;
	struct chance chance = { first_seed + nr };

	/* Who began may see all; who goes on need not. */
	if (somebody && become(1000, 1000))
		bail("could not become uid 1000");
	while (__atomic_load_n(&common->begun, __ATOMIC_RELAXED) < dumps)
		if (somebody || below(&chance, 2))
			on_common(&chance, !somebody);
		else
			on_own(&chance);
	if (wire_errors && !__atomic_fetch_add(&common->wire, wire_errors, __ATOMIC_RELAXED))
		snprintf(common->why, sizeof(common->why), "%s", wire_error);
	_exit(0);
}

/* Processes and threads that come and go. */
static pid_t come_and_go(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid)
		return pid;
	for (;;) {
		pid = fork();
		if (!pid)
			_exit(0);
		usleep(500);
		waitpid(pid, NULL, 0);
	}
}

static void storm(unsigned long dumps)
{
	pid_t worker[WORKERS], coming = come_and_go();
	double from = monotonic();
	unsigned int i, died = 0;
	double seconds;
	int status;

	for (i = 0; i < SLOTS; i++)
		common->slot[i].fd = open_socket(i < 2);
	for (i = 0; i < WORKERS; i++) {
		worker[i] = fork();
		if (!worker[i])
			work(i, dumps);
	}
	for (i = 0; i < WORKERS; i++)
		died += waitpid(worker[i], &status, 0) != worker[i] || status;
	seconds = monotonic() - from;
	for (i = 0; i < SLOTS; i++) {
		go_on(&common->slot[i].dump, NULL, common->slot[i].fd, -1);
		close(common->slot[i].fd);
	}
	kill(coming, SIGKILL);
	waitpid(coming, NULL, 0);
	note("%lu dumps, %.0f a second, %lu rows; whole: %lu by one process, %lu by several, in %lu turns of another",
	     common->begun, common->begun / seconds, common->rows, common->whole[WHOLE], common->whole[HANDED],
	     common->handed);
	note("%lu left in the middle, %lu begun twice and refused, %lu whole after %lu receives in scraps", common->left,
	     common->refused, common->whole[SCRAPS], common->cut);
	ok(!died && !common->bad, "%lu dumps: each that ends is whole, and nobody comes twice", common->begun);
	ok(common->whole[WHOLE] > dumps / 100 && common->whole[HANDED] > dumps / 50 && common->left > dumps / 50 &&
	   common->refused > dumps / 50 && common->whole[SCRAPS] > dumps / 50, "of every way there are many");
	ok(!common->wire, "every message kept the contract of the header");
	if (common->wire)
		diag("%lu did not, one: %s", common->wire, common->why);
}

/* One socket, used by four threads that send and receive as they like. */
static unsigned long ended;
static unsigned int turns;

static void *sharer(void *arg)
{
	char buf[32768], out[64];
	struct nlmsghdr *nlh = memset(out, 0, sizeof(out));
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	int fd = *(int *)arg, left;
	unsigned int i;

	for (i = 0; i < turns; i++) {
		nlh->nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN;
		nlh->nlmsg_type = family;
		nlh->nlmsg_flags = NLM_F_REQUEST | (i % 3 ? NLM_F_DUMP : 0);
		genl->cmd = cmds[i % NR(cmds)];
		genl->version = 1;
		send(fd, out, nlh->nlmsg_len, MSG_DONTWAIT);
		left = recv(fd, buf, i % 5 ? sizeof(buf) : 100, MSG_DONTWAIT);
		for (nlh = (struct nlmsghdr *)buf; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
			if (nlh->nlmsg_type == NLMSG_DONE)
				count(&ended);
		nlh = (struct nlmsghdr *)out;
	}
	return NULL;
}

static bool works(void)
{
	unsigned long bad = common->bad;
	int fd = open_socket(false);
	struct dump dump;
	unsigned int i;

	for (i = 0; i < NR(cmds); i++) {
		begin(&dump, fd, cmds[i], i + 1, 0);
		go_on(&dump, NULL, fd, -1);
	}
	close(fd);
	return common->bad == bad;
}

static void share(void)
{
	pthread_t thread[4];
	int fd = open_socket(false);
	unsigned int i;

	turns = often(500, 25000);
	for (i = 0; i < NR(thread); i++)
		if (pthread_create(&thread[i], NULL, sharer, &fd))
			bail("pthread_create: %s", strerror(errno));
	for (i = 0; i < NR(thread); i++)
		pthread_join(thread[i], NULL);
	close(fd);
	note("one socket, four threads, %u requests each: %lu dumps came to their end", turns, ended);
	ok(ended && works(), "one socket shared by four threads that send and receive as they like");
}

static int users(void)
{
	char text[32];

	return read_line(text, sizeof(text), "/sys/module/ringside/refcnt") ? atoi(text) : -1;
}

enum { DEAF = 500 };

/* Sockets that are asked with, until there is no room for answers, and never read. */
static int deaf(void *arg)
{
	unsigned int *full = arg, i, n;
	int fd, err, room = 8192;
	socklen_t len = sizeof(err);
	struct dump dump;

	for (i = 0; i < DEAF; i++) {
		fd = open_socket(false);
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
		begin(&dump, fd, RINGSIDE_CMD_TASK_GET, 1, 0);
		/* Each is refused, for the first has not ended. */
		for (n = 0; n < 200; n++) {
			begin(&dump, fd, cmds[n % NR(cmds)], 2 + n, 0);
			if (!getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) && err == ENOBUFS)
				break;
		}
		*full += n < 200;
	}
	return 0;
}

static void never_read(void)
{
	unsigned int *full = shared(sizeof(*full));
	int before = users(), try;
	pid_t pid;

	pid = child(deaf, full);
	is(*full, DEAF, "sockets that nobody reads, full");
	ok(users() >= before + DEAF, "each holds the module: %d do", users() - before);
	ok(works(), "others read while they stand there");
	child_end(pid);
	for (try = 0; users() != before && try < 100; try++)
		usleep(100000);
	is(users(), before, "who holds the module after their process was killed, as before");
}

/* The kernel's memory that a dump takes while it is open: the longest request, not read or read once. */
static void memory(void)
{
	enum { OPEN = 200 };
	static struct kmem before, unread, once;
	long long bytes[2];
	struct dump dump;
	int fd[OPEN], i;
	char *buf = malloc(1 << 16);

	while (nr_listed < NR(listed))
		listed[nr_listed++] = child(NULL, NULL);
	for (i = 0; i < OPEN; i++)
		fd[i] = open_socket(false);
	memset(buf, 0, 1 << 16);
	kmem_read(&before);
	for (i = 0; i < OPEN; i++)
		begin(&dump, fd[i], RINGSIDE_CMD_TASK_GET, 1, LISTED);
	kmem_read(&unread);
	for (i = 0; i < OPEN; i++)
		if (recv(fd[i], buf, 1 << 16, MSG_DONTWAIT) <= 0)
			bail("a dump is not open: %s", strerror(errno));
	kmem_read(&once);
	for (i = 0; i < OPEN; i++)
		close(fd[i]);
	bytes[0] = (before.free - unread.free) / OPEN;
	bytes[1] = (before.free - once.free) / OPEN;
	note("an open dump of 1,024 pids takes %lld bytes of the kernel, %lld after a receive", bytes[0], bytes[1]);
	ok(bytes[0] > 4096 && bytes[0] <= 65536 && bytes[1] <= 65536, "an open dump takes at most 64 KiB of the kernel");
	kmem_diag(&before, &once);
	free(buf);
}

int main(void)
{
	static struct ring own;
	struct watched watched;
	unsigned int i;

	lib_init();
	first_seed = seed();
	common = shared(sizeof(*common));
	for (i = 0; i < QUIET; i++)
		quiet[i] = child(NULL, NULL);
	qsort(quiet, QUIET, sizeof(quiet[0]), by_pid);
	memcpy(listed, quiet, sizeof(quiet));
	nr_listed = QUIET;
	if (!ring_open(&own))
		bail("no family: %s", strerror(errno));
	family = own.family;
	watched_make(&own, &watched);
	storm(often(2000, 100000));
	share();
	never_read();
	memory();
	watched_end(&own, &watched);
	children_end();
	return tap_end();
}
