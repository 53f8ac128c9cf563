// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Readers of records: how a file is given its watch, and all that may go wrong with it; waiting,
 * poll, and what becomes of a reader when its watch ends or the module is to go.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "count.h"
#include "events.h"
#include "lib.h"
#include "module.h"
#include "watched.h"

enum { RING = 65536 };

static struct ring r;

/* A process that makes ten calls when it gets SIGUSR1, and else sleeps. */
static pid_t quiet;

static void make_calls(int nr)
{
	int i;

	for (i = 0; i < 10; i++)
		getppid();
}

static int setup(void *arg)
{
	return signal(SIGUSR1, make_calls) == SIG_ERR;
}

static uint32_t watch_quiet(void)
{
	return watch_new(&r, &(struct watch){ .pids = &quiet, .nr_pids = 1, .events = RING });
}

/* Until so many of its calls are recorded. */
static void calls_made(uint32_t id, int64_t recorded)
{
	int tries;

	for (tries = 0; tries < 1000 && watch_number(&r, id, RINGSIDE_A_WATCH_RECORDED) < recorded; tries++)
		usleep(10000);
}

static int choose(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int choose_watch(int fd, uint32_t id)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", id);
	return choose(fd, text);
}

static short poll_of(int fd, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, ms) < 0 ? -1 : pollfd.revents;
}

static void choosing(void)
{
	static const char * const wrong[] = { "\n", "x", "-1", "1 2", "4294967296", "1\n1\n", "0x1 ", "99999999999999999999999999" };
	uint32_t id = watch_quiet(), plain = watch_new(&r, &(struct watch){ .pids = &quiet, .nr_pids = 1, .times = true });
	int fd = open(RINGSIDE_EVENTS_FILE, O_RDWR | O_CLOEXEC), other;
	unsigned int i, bad = 0;
	char byte[100];

	is(read(fd, byte, 1) < 0 ? errno : 0, ENOTCONN, "before a watch is chosen there is nothing to read");
	is(poll_of(fd, 0), POLLERR, "nor to wait for");
	for (i = 0; i < NR(wrong); i++)
		bad += choose(fd, wrong[i]) != -EINVAL;
	memset(byte, '1', sizeof(byte));
	bad += write(fd, byte, sizeof(byte)) >= 0 || errno != EINVAL;
	bad += syscall(SYS_write, fd, 8, 1) >= 0 || errno != EFAULT;
	is(bad, 0, "what is no id is refused");
	is(choose(fd, "65000"), -ESRCH, "so is one that nobody has");
	is(choose(fd, "0"), -ESRCH, "and 0");
	is(choose_watch(fd, plain), -ENODATA, "and a watch without events");
	is(choose_watch(fd, id), 0, "a watch is chosen");
	is(choose_watch(fd, id), -EALREADY, "once");
	is(events_open(id, 0), -EBUSY, "a second reader is refused");
	ok(lseek(fd, 0, SEEK_SET) < 0 && errno == ESPIPE, "it is a stream");
	close(fd);
	other = events_open(id, 0);
	ok(other >= 0, "when the first is gone there is room for another");
	is(watch_del(&r, id), 0, "the watch ends");
	is(events_open(id, 0), -ESRCH, "then nobody finds it");
	close(other);
	watch_del(&r, plain);
}

static void refusing(void)
{
	static const uint32_t wrong[] = { 1, 2048, 4095, 5000, 12288, RINGSIDE_MAX_RING + 1, RINGSIDE_MAX_RING * 2, 0x80000000, -1 };
	unsigned int i, bad = 0;

	for (i = 0; i < NR(wrong); i++) {
		struct watch watch = { .pids = &quiet, .nr_pids = 1, .events = wrong[i] };
		int id = watch_try(&r, &watch);

		if (id != -EINVAL || !strstr(r.why, "power of two")) {
			bad++;
			diag("%u: %d (%s)", wrong[i], id, r.why);
		}
	}
	is(bad, 0, "a ring is a power of two, neither too small nor too big");
}

static void bounds(void)
{
	int id = watch_try(&r, &(struct watch){ .pids = &quiet, .nr_pids = 1, .events = RINGSIDE_MAX_RING });
	int64_t got, bytes;

	ok(id > 0, "the biggest ring");
	got = watch_number(&r, id, RINGSIDE_A_WATCH_EVENTS);
	bytes = watch_number(&r, id, RINGSIDE_A_WATCH_BYTES);
	ok(got >= RINGSIDE_MIN_RING && got <= RINGSIDE_MAX_RING && bytes >= got && bytes <= 64 << 20,
	   "is of %lld bytes, and all of the watch of %lld", (long long)got, (long long)bytes);
	is(watch_number(&r, id, RINGSIDE_A_WATCH_TIMES), 1, "and keeps times");
	watch_del(&r, id);
}

static void waiting(void)
{
	struct events events = { 0 };
	uint32_t id = watch_quiet();
	int fd = events_reader(id);
	char *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char small[16];

	fcntl(fd, F_SETFL, O_NONBLOCK);
	is(poll_of(fd, 1000), POLLIN, "there is something to read: that it was joined");
	ok(read(fd, small, sizeof(small)) < 0 && errno == EINVAL, "which is too big for a small buffer");
	ok(read(fd, page, 4096) < 0 && errno == EFAULT, "and not to be had where nothing can be written");
	is(events_read(fd, 4096, &events), sizeof(struct ringside_event_join), "then it is read");
	is(events_read(fd, 4096, &events), -EAGAIN, "now there is nothing");
	is(poll_of(fd, 50), 0, "and poll() waits in vain");
	kill(quiet, SIGUSR1);
	is(poll_of(fd, 10000), POLLIN, "until there are calls");
	/* pause() that was interrupted began before the watch did: ten, and rt_sigreturn(). */
	calls_made(id, 12);
	while (events_read(fd, 4096, &events) > 0)
		;
	is(events_count(&events, quiet, RINGSIDE_EVENT_CALL), 11, "which are read");
	kill(quiet, SIGUSR1);
	fcntl(fd, F_SETFL, 0);
	ok(events_read(fd, 4096, &events) > 0, "a read that waits is given what comes");
	watch_del(&r, id);
	ok(poll_of(fd, 10000) & POLLHUP, "poll() tells the end");
	events_all(fd, &events);
	is(events_read(fd, 4096, &events), 0, "and read() says so again and again");
	close(fd);
	events_free(&events);
	munmap(page, 4096);
}

struct blocked {
	int fd;
	pid_t tid;
	ssize_t got;
};

static void *read_main(void *arg)
{
	struct blocked *blocked = arg;
	char buf[4096];

	__atomic_store_n(&blocked->tid, syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	do {
		blocked->got = read(blocked->fd, buf, sizeof(buf));
		if (blocked->got < 0)
			blocked->got = -errno;
	} while (blocked->got > 0);
	return NULL;
}

/* A thread that sleeps in read(). */
static void block(struct blocked *blocked, pthread_t *thread)
{
	struct task task = { 0 };

	blocked->tid = 0;
	if (pthread_create(thread, NULL, read_main, blocked))
		bail("no thread");
	while (task.state != 'S') {
		usleep(10000);
		if (__atomic_load_n(&blocked->tid, __ATOMIC_SEQ_CST))
			task_read(&task, getpid(), blocked->tid);
	}
	usleep(20000);
}

static void nothing(int nr)
{
}

static void blocked(void)
{
	struct sigaction action = { .sa_handler = nothing };
	struct blocked blocked = { 0 };
	pthread_t thread;
	struct ring own;
	uint32_t id = watch_quiet();

	blocked.fd = events_reader(id);
	block(&blocked, &thread);
	is(watch_del(&r, id), 0, "a watch ends while its reader waits");
	pthread_join(thread, NULL);
	is(blocked.got, 0, "who then comes to the end");
	close(blocked.fd);

	/* Of a socket of its own, which is closed. */
	if (!ring_open(&own))
		bail("no socket");
	id = watch_new(&own, &(struct watch){ .pids = &quiet, .nr_pids = 1, .events = RING });
	blocked.fd = events_reader(id);
	block(&blocked, &thread);
	ring_close(&own);
	pthread_join(thread, NULL);
	is(blocked.got, 0, "also when that is because its socket was closed");
	close(blocked.fd);

	id = watch_quiet();
	blocked.fd = events_reader(id);
	sigaction(SIGUSR2, &action, NULL);
	block(&blocked, &thread);
	pthread_kill(thread, SIGUSR2);
	pthread_join(thread, NULL);
	is(blocked.got, -EINTR, "a signal wakes who waits");
	close(blocked.fd);
	watch_del(&r, id);
}

/* What one did not read is the next one's. */
static void relay(void)
{
	struct events events = { 0 };
	uint32_t id = watch_quiet();
	int64_t recorded;
	int i, fd;

	kill(quiet, SIGUSR1);
	calls_made(id, 12);
	recorded = watch_number(&r, id, RINGSIDE_A_WATCH_RECORDED);
	for (i = 0; i < 5; i++) {
		fd = events_reader(id);
		/* One or two records. */
		events_read(fd, 256, &events);
		close(fd);
	}
	fd = events_reader(id);
	watch_del(&r, id);
	events_all(fd, &events);
	close(fd);
	is(events.nr, recorded, "six readers, one after the other, get each record once");
	events_free(&events);
}

static void unloading(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	uint32_t id = watch_quiet();
	int fd = events_reader(id), idle = open(RINGSIDE_EVENTS_FILE, O_RDWR | O_CLOEXEC), epoll = epoll_create1(EPOLL_CLOEXEC);
	char byte;

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		bail("epoll: %s", strerror(errno));
	is(module_unload(), -EAGAIN, "a watch keeps the module");
	watch_del(&r, id);
	ok(epoll_wait(epoll, &event, 1, 10000) == 1 && event.events & EPOLLHUP, "an epoll is told that the watch has ended");
	is(module_unload(), -EAGAIN, "its reader still keeps the module");
	close(fd);
	is(module_unload(), 0, "a file that has no watch does not");
	ok(read(idle, &byte, 1) < 0 && errno == EIO, "and then reads no more");
	is(module_load(""), 0, "it loads again");
	close(idle);
	close(epoll);
}

int main(void)
{
	lib_init();
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	/* Each watch that ends waits for two grace periods. */
	write_file("/sys/kernel/rcu_expedited", "1");
	quiet = child(setup, NULL);
	choosing();
	refusing();
	bounds();
	waiting();
	blocked();
	relay();
	unloading();
	children_end();
	is(events_errors, 0, "each record is as the header has it");
	if (events_errors)
		diag("%s", events_error);
	wire_ok();
	write_file("/sys/kernel/rcu_expedited", "0");
	return tap_end();
}
