// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What records show to whom: nothing of a program with another's rights, no arguments of a process
 * that can't be dumped by its owner, and numbers of the right pid namespace. Who may choose a watch
 * at all is in who.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "count.h"
#include "events.h"
#include "lib.h"
#include "watched.h"

/* This program, as copies with their modes. */
#define PLAIN	"/tmp/events-plain"
#define SETUID	"/tmp/events-setuid"

#define SECRET	"/nothing/but/a/secret"

enum { RING = 65536 };

/* A process that does as it is told by a letter, and answers when it has. */
static struct {
	pid_t pid;
	int to, from;
} doer;

static struct ring roots, alices;

static void become_program(const char *path, int in, int out)
{
	char text[2][12];

	snprintf(text[0], sizeof(text[0]), "%d", in);
	snprintf(text[1], sizeof(text[1]), "%d", out);
	execl(path, path, "obey", text[0], text[1], NULL);
	_exit(1);
}

/* Told to become another program it answers as that. */
static int obey(int in, int out)
{
	char letter, bad;

	while (read(in, &letter, 1) == 1) {
		bad = 0;
		switch (letter) {
		case 'c':
			bad = open(SECRET, O_RDONLY) >= 0;
			break;
		case 'h':
			bad = prctl(PR_SET_DUMPABLE, 0);
			break;
		case 'd':
			bad = prctl(PR_SET_DUMPABLE, 1);
			break;
		case 'p':
			become_program(PLAIN, in, out);
			break;
		case 'u':
			become_program(SETUID, in, out);
			break;
		case 'o':
			bad = setresuid(OTHER, OTHER, OTHER);
			break;
		}
		if (write(out, &bad, 1) != 1)
			return 1;
	}
	return 0;
}

static void have(const char *letters)
{
	char bad;

	for (; *letters; letters++)
		if (write(doer.to, letters, 1) != 1 || read(doer.from, &bad, 1) != 1 || bad)
			bail("a process could not do '%c'", *letters);
}

static void make_doer(unsigned long long caps)
{
	int to[2], from[2];

	fflush(stdout);
	if (pipe(to) || pipe(from))
		bail("pipe: %s", strerror(errno));
	doer.pid = fork();
	if (!doer.pid) {
		close(to[1]);
		close(from[0]);
		_exit(become_with(ALICE, ALICE, caps) || obey(to[0], from[1]));
	}
	close(to[0]);
	close(from[1]);
	doer.to = to[1];
	doer.from = from[0];
	/* It is alice's from here on; and it changed users, so it can't be dumped. */
	have("d");
}

static void end_doer(void)
{
	close(doer.to);
	close(doer.from);
	waitpid(doer.pid, NULL, 0);
}

/* The same, seen by two. */
static struct view {
	struct ring *ring;
	uint32_t id;
	int fd;
	struct events events;
} alice = { .ring = &alices }, root = { .ring = &roots };

static void view_begin(struct view *view)
{
	view->id = watch_new(view->ring, &(struct watch){ .pids = &doer.pid, .nr_pids = 1, .events = RING });
	if (view == &alice && (setegid(ALICE) || seteuid(ALICE)))
		bail("not alice: %s", strerror(errno));
	view->fd = events_reader(view->id);
	if (seteuid(0) || setegid(0))
		bail("not root: %s", strerror(errno));
	memset(&view->events, 0, sizeof(view->events));
}

static void view_end(struct view *view)
{
	is(watch_del(view->ring, view->id), 0, "a watch ends");
	events_all(view->fd, &view->events);
	close(view->fd);
}

/* The nth open() that it sees, or NULL. */
static const struct ringside_event_call *open_at(const struct view *view, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < view->events.nr; i++) {
		const struct ringside_event_call *call = (const void *)view->events.event[i];

		if (call->event.type == RINGSIDE_EVENT_CALL && call->event.tid == (uint32_t)doer.pid &&
		    call->call == SYS_openat && !nth--)
			return call;
	}
	return NULL;
}

static bool shows(const struct ringside_event_call *call)
{
	return call && !(call->event.flags & RINGSIDE_CALL_HIDDEN) && call->result == -ENOENT &&
	       capture_is(capture_of(call, 1, 0), SECRET, strlen(SECRET), 0);
}

static bool hides(const struct ringside_event_call *call)
{
	unsigned int i;
	bool hidden = call && call->event.flags & RINGSIDE_CALL_HIDDEN && !call->result && !call->captures &&
		      call->event.size == sizeof(*call) && call->event.time > call->start;

	for (i = 0; hidden && i < 6; i++)
		hidden = !call->arg[i];
	return hidden;
}

/* The secret must be nowhere in what it read. */
static bool leaks(const struct view *view)
{
	return memmem(view->events.bytes, view->events.length, SECRET, strlen(SECRET));
}

static void dumpable(void)
{
	make_doer(0);
	view_begin(&alice);
	view_begin(&root);
	have("chcdc");
	view_end(&alice);
	view_end(&root);
	ok(shows(open_at(&alice, 0)), "alice sees what her process opens");
	ok(hides(open_at(&alice, 1)), "not when it can't be dumped, but that it calls");
	ok(shows(open_at(&alice, 2)), "and again when it can");
	ok(shows(open_at(&root, 0)) && shows(open_at(&root, 1)) && shows(open_at(&root, 2)), "root sees all of them");
	events_free(&alice.events);
	events_free(&root.events);
	/* Begun when it can't. */
	have("h");
	view_begin(&alice);
	have("cc");
	view_end(&alice);
	ok(hides(open_at(&alice, 0)) && hides(open_at(&alice, 1)) && !leaks(&alice), "no secret of one that never could is in any record");
	events_free(&alice.events);
	end_doer();
}

static void setuid_program(void)
{
	const struct ringside_event *last;
	const struct ringside_event_exec *exec;
	unsigned int opens = 0;

	make_doer(0);
	view_begin(&alice);
	view_begin(&root);
	have("puc");
	is(watch_number(&alices, alice.id, RINGSIDE_A_WATCH_THREADS), 0, "a setuid program is followed no further for alice");
	is(watch_number(&roots, root.id, RINGSIDE_A_WATCH_THREADS), 1, "but for root");
	view_end(&alice);
	view_end(&root);
	last = alice.events.nr ? alice.events.event[alice.events.nr - 1] : NULL;
	ok(last && last->type == RINGSIDE_EVENT_LEAVE && last->tid == (uint32_t)doer.pid, "it leaves, as the last that is told");
	ok(!leaks(&alice), "and none of its calls");
	is(events_count(&alice.events, 0, RINGSIDE_EVENT_EXEC), 1, "the plain program before it was one");
	exec = events_find(&root.events, 0, RINGSIDE_EVENT_EXEC, 1);
	ok(exec && !strcmp(exec->comm, "events-setuid"), "root sees it begin");
	/* Behind those of its loader. */
	while (open_at(&root, opens))
		opens++;
	ok(opens && shows(open_at(&root, opens - 1)), "and call");
	is(events_count(&root.events, 0, RINGSIDE_EVENT_LEAVE), 0, "it does not leave there");
	events_free(&alice.events);
	events_free(&root.events);
	end_doer();
}

static void changed_by_call(void)
{
	const struct ringside_event *last;

	make_doer(CAP(SETUID) | CAP(SETGID));
	view_begin(&alice);
	have("oc");
	view_end(&alice);
	last = alice.events.nr ? alice.events.event[alice.events.nr - 1] : NULL;
	ok(last && last->type == RINGSIDE_EVENT_LEAVE && !leaks(&alice), "a process that takes another user leaves");
	events_free(&alice.events);
	end_doer();
}

/* A file is as good as who opened it, whoever has it then. */
static void passed_on(void)
{
	struct events events = { 0 };
	uint32_t id;
	char text[16];
	int fd;

	make_doer(0);
	id = watch_new(&roots, &(struct watch){ .pids = &doer.pid, .nr_pids = 1, .events = RING });
	snprintf(text, sizeof(text), "%u", id);
	if (setegid(ALICE) || seteuid(ALICE))
		bail("not alice: %s", strerror(errno));
	fd = open(RINGSIDE_EVENTS_FILE, O_RDWR | O_CLOEXEC);
	if (seteuid(0) || setegid(0) || fd < 0)
		bail("not root: %s", strerror(errno));
	ok(write(fd, text, strlen(text)) < 0 && errno == ESRCH, "root can't choose with a file of alice's what she may not");
	close(fd);
	fd = open(RINGSIDE_EVENTS_FILE, O_RDWR | O_CLOEXEC);
	if (fd < 0 || setegid(ALICE) || seteuid(ALICE))
		bail("not alice: %s", strerror(errno));
	ok(write(fd, text, strlen(text)) > 0 && events_read(fd, 4096, &events) > 0, "alice can with one of root's that she was given");
	if (seteuid(0) || setegid(0))
		bail("not root: %s", strerror(errno));
	close(fd);
	watch_del(&roots, id);
	events_free(&events);
	end_doer();
}

/* What a pid namespace sees of itself, and what is seen of it from outside. */
static struct inside {
	unsigned int joins, calls, foreign;
	pid_t child;
	bool failed;
} *inside;

static int look_inside(void *arg)
{
	pid_t self = getpid(), child;
	struct events events = { 0 };
	struct ring r;
	unsigned int i;
	uint32_t id;
	int fd;

	if (!ring_open(&r))
		return 1;
	id = watch_new(&r, &(struct watch){ .pids = &self, .nr_pids = 1, .events = RING });
	fd = events_reader(id);
	child = fork();
	if (!child) {
		syscall(SYS_getppid);
		_exit(0);
	}
	inside->child = child;
	waitpid(child, NULL, 0);
	watch_del(&r, id);
	events_all(fd, &events);
	for (i = 0; i < events.nr; i++) {
		const struct ringside_event *event = events.event[i];

		inside->joins += event->type == RINGSIDE_EVENT_JOIN && event->tid == (uint32_t)inside->child &&
				 ((const struct ringside_event_join *)event)->parent_tid == (uint32_t)self;
		inside->calls += event->type == RINGSIDE_EVENT_CALL && event->tid == (uint32_t)inside->child &&
				 ((const struct ringside_event_call *)event)->call == SYS_getppid;
		/* The second process there was its child before, so it is followed too. */
		inside->foreign += event->tid != (uint32_t)self && event->tid != (uint32_t)inside->child && event->tid != 2;
	}
	inside->failed = events_errors;
	return 0;
}

static void pid_namespaces(void)
{
	static const struct caller pid = { "pid", { 0, 0, 0, ALL_CAPS }, CLONE_NEWPID };
	static const struct caller three = { "three", { ALICE, ALICE }, CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET };
	const struct caller *callers[] = { &pid, &three };
	unsigned int i;

	for (i = 0; i < NR(callers); i++) {
		memset(inside, 0, sizeof(*inside));
		if (caller_run(callers[i], look_inside, NULL))
			bail("%s could not look", callers[i]->name);
		ok(inside->joins == 1 && inside->calls == 1 && !inside->foreign && !inside->failed && inside->child < 100,
		   "%s: a pid namespace sees its own by their numbers there", callers[i]->name);
		diag("child %d: %u joins, %u calls, %u foreign", inside->child, inside->joins, inside->calls, inside->foreign);
	}
}

static void copy_self(const char *path, mode_t mode)
{
	size_t len;
	char *self = slurp("/proc/self/exe", &len);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (!self || fd < 0 || write(fd, self, len) != (ssize_t)len || fchmod(fd, mode) || close(fd))
		bail("%s: %s", path, strerror(errno));
	free(self);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "obey")) {
		char bad = 0;
		int out = atoi(argv[3]);

		return write(out, &bad, 1) != 1 || obey(atoi(argv[2]), out);
	}
	lib_init();
	inside = shared(sizeof(*inside));
	/* Each watch that ends waits for two grace periods. */
	write_file("/sys/kernel/rcu_expedited", "1");
	copy_self(PLAIN, 0755);
	copy_self(SETUID, 04755);
	/* A socket is as good as who opened it. */
	if (!ring_open(&roots) || setegid(ALICE) || seteuid(ALICE) || !ring_open(&alices) || seteuid(0) || setegid(0))
		bail("no sockets: %s", strerror(errno));
	dumpable();
	setuid_program();
	changed_by_call();
	passed_on();
	pid_namespaces();
	unlink(PLAIN);
	unlink(SETUID);
	ring_close(&roots);
	ring_close(&alices);
	is(events_errors, 0, "each record is as the header has it");
	if (events_errors)
		diag("%s", events_error);
	wire_ok();
	watches_gone();
	write_file("/sys/kernel/rcu_expedited", "0");
	return tap_end();
}
