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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "callers.h"
#include "count.h"
#include "doer.h"
#include "events.h"
#include "lib.h"
#include "watched.h"

#define SECRET	"/nothing/but/a/secret"

enum { RING = 65536 };

static struct doer doer;
static struct ring roots, alices;

static bool can(char letter)
{
	switch (letter) {
	case 'c':
		return open(SECRET, O_RDONLY) < 0;
	case 'h':
		return !prctl(PR_SET_DUMPABLE, 0);
	case 'd':
		return !prctl(PR_SET_DUMPABLE, 1);
	default:
		return false;
	}
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
	doer_make(&doer, 0);
	doer_do(&doer, "d");
	view_begin(&alice);
	view_begin(&root);
	doer_do(&doer, "chcdc");
	view_end(&alice);
	view_end(&root);
	ok(shows(open_at(&alice, 0)), "alice sees what her process opens");
	ok(hides(open_at(&alice, 1)), "not when it can't be dumped, but that it calls");
	ok(shows(open_at(&alice, 2)), "and again when it can");
	ok(shows(open_at(&root, 0)) && shows(open_at(&root, 1)) && shows(open_at(&root, 2)), "root sees all of them");
	events_free(&alice.events);
	events_free(&root.events);
	/* Begun when it can't. */
	doer_do(&doer, "h");
	view_begin(&alice);
	doer_do(&doer, "cc");
	view_end(&alice);
	ok(hides(open_at(&alice, 0)) && hides(open_at(&alice, 1)) && !leaks(&alice), "no secret of one that never could is in any record");
	events_free(&alice.events);
	doer_end(&doer);
}

static void setuid_program(void)
{
	const struct ringside_event *last;
	const struct ringside_event_exec *exec;
	unsigned int opens = 0;

	doer_make(&doer, 0);
	doer_do(&doer, "d");
	view_begin(&alice);
	view_begin(&root);
	doer_do(&doer, "puc");
	is(watch_number(&alices, alice.id, RINGSIDE_A_WATCH_THREADS), 0, "a setuid program is followed no further for alice");
	is(watch_number(&roots, root.id, RINGSIDE_A_WATCH_THREADS), 1, "but for root");
	view_end(&alice);
	view_end(&root);
	last = alice.events.nr ? alice.events.event[alice.events.nr - 1] : NULL;
	ok(last && last->type == RINGSIDE_EVENT_LEAVE && last->tid == (uint32_t)doer.pid, "it leaves, as the last that is told");
	ok(!leaks(&alice), "and none of its calls");
	is(events_count(&alice.events, 0, RINGSIDE_EVENT_EXEC), 1, "the plain program before it was one");
	exec = events_find(&root.events, 0, RINGSIDE_EVENT_EXEC, 1);
	ok(exec && !strcmp(exec->comm, "doer-setuid"), "root sees it begin");
	/* Behind those of its loader. */
	while (open_at(&root, opens))
		opens++;
	ok(opens && shows(open_at(&root, opens - 1)), "and call");
	is(events_count(&root.events, 0, RINGSIDE_EVENT_LEAVE), 0, "it does not leave there");
	events_free(&alice.events);
	events_free(&root.events);
	doer_end(&doer);
}

static void changed_by_call(void)
{
	const struct ringside_event *last;

	doer_make(&doer, CAP(SETUID) | CAP(SETGID));
	doer_do(&doer, "d");
	view_begin(&alice);
	doer_do(&doer, "oc");
	view_end(&alice);
	last = alice.events.nr ? alice.events.event[alice.events.nr - 1] : NULL;
	ok(last && last->type == RINGSIDE_EVENT_LEAVE && !leaks(&alice), "a process that takes another user leaves");
	events_free(&alice.events);
	doer_end(&doer);
}

/* A file is as good as who opened it, whoever has it then. */
static void passed_on(void)
{
	struct events events = { 0 };
	uint32_t id;
	char text[16];
	int fd;

	doer_make(&doer, 0);
	doer_do(&doer, "d");
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
	doer_end(&doer);
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

int main(int argc, char **argv)
{
	int told = doer_main(argc, argv, can);

	if (told >= 0)
		return told;
	lib_init();
	inside = shared(sizeof(*inside));
	/* Each watch that ends waits for two grace periods. */
	write_file("/sys/kernel/rcu_expedited", "1");
	doer_programs_make();
	/* A socket is as good as who opened it. */
	if (!ring_open(&roots) || setegid(ALICE) || seteuid(ALICE) || !ring_open(&alices) || seteuid(0) || setegid(0))
		bail("no sockets: %s", strerror(errno));
	dumpable();
	setuid_program();
	changed_by_call();
	passed_on();
	pid_namespaces();
	doer_programs_end();
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
