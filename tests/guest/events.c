// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Records: what programs called, with which arguments, strings and results, in the order in which
 * they did; who came and went; and that what was lost is counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "actor.h"
#include "child.h"
#include "count.h"
#include "events.h"
#include "ia32.h"
#include "lib.h"

#define FOLDER	"/dev/shm/events"

enum { RING = 1 << 20 };

static struct ring r;
static char helper[PATH_MAX];

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* When it acted, by CLOCK_MONOTONIC. */
static uint64_t before, after;

/* The records of one act of an actor, watched in a ring of so many bytes. */
static void record(void (*act)(void), uint32_t bytes, struct events *events)
{
	uint32_t id;
	int fd;

	actor_make(act);
	id = watch_new(&r, &(struct watch){ .pids = &actor.pid, .nr_pids = 1, .events = bytes });
	fd = events_reader(id);
	before = now();
	actor_go();
	actor_done();
	after = now();
	/* In a call, when it is killed. */
	actor_sleeps();
	actor_end();
	is(watch_del(&r, id), 0, "the watch ends");
	memset(events, 0, sizeof(*events));
	events_all(fd, events);
	close(fd);
}

/* Each of the calls that the actor noted, in order. */
static void compare(const struct events *events, unsigned int first, const char *what)
{
	unsigned int i, k, bad = 0;

	for (i = 0; i < told->nr; i++) {
		const struct ringside_event_call *call = events_find(events, actor.pid, RINGSIDE_EVENT_CALL, first + i);
		const struct made *made = &told->made[i];
		uint64_t mask = made->abi == RINGSIDE_ABI_NATIVE ? ~0ULL : UINT32_MAX;
		bool same;

		if (!call) {
			diag("record %u of %u is missing", i, told->nr);
			bad++;
			break;
		}
		same = call->abi == made->abi && call->call == (int)made->call &&
		       (call->event.flags & RINGSIDE_CALL_FAILED) == (made->result < 0 && made->result >= -4095 ? RINGSIDE_CALL_FAILED : 0) &&
		       call->result == made->result && call->event.tgid == (uint32_t)actor.pid;
		for (k = 0; k < (made->abi == RINGSIDE_ABI_NATIVE ? 6 : 5); k++)
			same &= call->arg[k] == (made->arg[k] & mask);
		if (same)
			continue;
		if (bad++ < 5)
			diag("record %u: abi %u call %d flags %#x result %lld arg0 %#llx; made: abi %d call %ld result %ld arg0 %#lx", i,
			     call->abi, call->call, call->event.flags, (long long)call->result, (long long)call->arg[0],
			     made->abi, made->call, made->result, made->arg[0]);
	}
	ok(!bad && told->nr, "%s: %u calls, arguments and results as made", what, told->nr);
}

static const struct ringside_event_call *call_at(const struct events *events, unsigned int nth)
{
	static const struct ringside_event_call nothing;
	const struct ringside_event_call *call = events_find(events, actor.pid, RINGSIDE_EVENT_CALL, nth);

	return call ? call : &nothing;
}

static char long_path[600];
static char *edge;		/* where readable memory ends */
static char *unseen;		/* a path in a page that was never touched */

static void act_native(void)
{
	static char buf[300], many[400], words[3][16];
	static int fds[2];
	long fd;

	DO(SYS_getppid, -1, 0x123456789abcdef0, 3, 4, 5, 6);			/* 0 */
	fd = DO(SYS_openat, AT_FDCWD, P(FOLDER "/file"), O_RDONLY);		/* 1 */
	DO(SYS_read, fd, P(buf), sizeof(buf));					/* 2 */
	DO(SYS_read, fd, P(buf), sizeof(buf));					/* 3: its end */
	DO(SYS_close, fd);							/* 4 */
	DO(SYS_close, -1);							/* 5 */
	DO(SYS_openat, AT_FDCWD, P(FOLDER "/none"), O_RDONLY);			/* 6 */
	fd = DO(SYS_open, P(FOLDER "/new"), O_WRONLY | O_CREAT, 0600);		/* 7 */
	memset(many, 'm', sizeof(many));
	DO(SYS_write, fd, P(many), sizeof(many));				/* 8 */
	DO(SYS_rename, P(FOLDER "/new"), P(FOLDER "/old"));			/* 9 */
	DO(SYS_pipe2, P(fds), O_CLOEXEC);					/* 10 */
	DO(SYS_getcwd, P(buf), sizeof(buf));					/* 11 */
	DO(SYS_open, 8, O_RDONLY);						/* 12: EFAULT */
	DO(SYS_write, fd, P(edge - 20), 40);					/* 13 */
	DO(SYS_open, P(edge - 5), O_RDONLY);					/* 14: EFAULT */
	DO(SYS_open, P(long_path), O_RDONLY);					/* 15: ENAMETOOLONG */
	DO(SYS_open, P(unseen), O_RDONLY);					/* 16 */
	/* In a page that is there. */
	strcpy(words[0], "none");
	strcpy(words[2], "two words");
	DO(SYS_execve, P(FOLDER "/none"), P(((char *[]){ words[0], words[1], words[2], NULL })), P((char *[]){ NULL })); /* 17 */
	DO(SYS_nanosleep, P((&(struct timespec){ 0, 5000000 })), 0);		/* 18 */
	DO(SYS_open, P("\xff\n\001" "bytes"), O_RDONLY);			/* 19 */
	DO(SYS_write, fd, 0, 0);						/* 20 */
	DO(5000, 1, 2, 3, 4, 5, 6);						/* 21 */
	DO(SYS_open, 0, O_RDONLY);						/* 22 */
}

static bool path_is(const struct ringside_event_call *call, unsigned int arg, const char *path)
{
	const struct ringside_capture *capture = capture_of(call, arg, 0);

	return capture_is(capture, path, strlen(path), 0) && capture->kind == RINGSIDE_CAPTURE_TEXT;
}

static void native(void)
{
	const struct ringside_event_call *call;
	const struct ringside_capture *capture;
	struct events events;
	char cwd[PATH_MAX];
	unsigned int i;
	bool ordered = true;

	record(act_native, RING, &events);
	compare(&events, 0, "x86_64");
	is(events_count(&events, 0, RINGSIDE_EVENT_CALL), told->nr + 2,
	   "nothing else was recorded but how it says that it is done, and what it was killed in");
	ok(path_is(call_at(&events, 1), 1, FOLDER "/file"), "the path of openat()");
	ok(path_is(call_at(&events, 6), 1, FOLDER "/none"), "and of one that fails");
	ok(capture_is(capture_of(call_at(&events, 2), 1, RINGSIDE_CAPTURE_WRITTEN), "contents", 8, RINGSIDE_CAPTURE_WRITTEN),
	   "what read() read");
	ok(capture_is(capture_of(call_at(&events, 3), 1, RINGSIDE_CAPTURE_WRITTEN), "", 0, RINGSIDE_CAPTURE_WRITTEN),
	   "and nothing at the file's end");
	is(call_at(&events, 5)->captures, 0, "close() has nothing to show");
	call = call_at(&events, 8);
	capture = capture_of(call, 1, 0);
	ok(capture && capture->length == RINGSIDE_CAPTURE_BYTES && capture->flags == RINGSIDE_CAPTURE_CUT && capture->data[255] == 'm',
	   "what write() wrote, cut");
	ok(path_is(call_at(&events, 9), 0, FOLDER "/new") && path_is(call_at(&events, 9), 1, FOLDER "/old"), "both paths of rename()");
	capture = capture_of(call_at(&events, 10), 0, RINGSIDE_CAPTURE_WRITTEN);
	ok(capture && capture->length == 8 && ((int *)capture->data)[0] > 2 && ((int *)capture->data)[1] == ((int *)capture->data)[0] + 1,
	   "the descriptors of pipe2()");
	ok(getcwd(cwd, sizeof(cwd)) &&
	   capture_is(capture_of(call_at(&events, 11), 0, RINGSIDE_CAPTURE_WRITTEN), cwd, strlen(cwd) + 1, RINGSIDE_CAPTURE_WRITTEN),
	   "what getcwd() answered");
	ok(capture_is(capture_of(call_at(&events, 12), 0, 0), "", 0, RINGSIDE_CAPTURE_UNREADABLE), "a bad pointer is marked");
	capture = capture_of(call_at(&events, 13), 1, 0);
	ok(capture && capture->flags & RINGSIDE_CAPTURE_UNREADABLE && capture->length <= 20 &&
	   !memcmp(capture->data, edge - 20, capture->length), "so is a buffer that ends in nowhere");
	ok(capture_is(capture_of(call_at(&events, 14), 0, 0), "", 0, RINGSIDE_CAPTURE_UNREADABLE), "and a string");
	capture = capture_of(call_at(&events, 15), 0, 0);
	ok(capture && capture->length == RINGSIDE_CAPTURE_STRING && capture->flags == RINGSIDE_CAPTURE_CUT &&
	   !memcmp(capture->data, long_path, capture->length), "a long path is cut");
	capture = capture_of(call_at(&events, 16), 0, 0);
	ok(path_is(call_at(&events, 16), 0, "/never/seen") && capture->flags == RINGSIDE_CAPTURE_LATE,
	   "a path whose page was not there is read when the kernel has had it");
	call = call_at(&events, 17);
	ok(path_is(call, 0, FOLDER "/none") && capture_is(capture_of(call, 1, 0), "none\0\0two words", 16, 0) &&
	   capture_of(call, 1, 0)->kind == RINGSIDE_CAPTURE_TEXTS, "path and words of execve()");
	call = call_at(&events, 18);
	ok(call->off_cpu >= 4000000 && call->off_cpu <= call->event.time - call->start && call->nvcsw >= 1,
	   "nanosleep() slept: %llu ns without a CPU, %u switches", (long long)call->off_cpu, call->nvcsw);
	ok(call_at(&events, 16)->min_flt + call_at(&events, 16)->maj_flt >= 1, "a page fault is the call's that took it");
	ok(path_is(call_at(&events, 19), 0, "\xff\n\001" "bytes"), "odd bytes are as they were");
	is(call_at(&events, 22)->captures, 0, "NULL points at nothing");
	for (i = 0; i < told->nr; i++) {
		call = call_at(&events, i);
		/* The clocks may differ a little. */
		ordered &= call->start + 1000000 >= before && call->event.time <= after + 1000000 &&
			   (!i || call->start >= call_at(&events, i - 1)->event.time);
	}
	ok(ordered, "each began when the one before had returned, by CLOCK_MONOTONIC");
	is(events_count(&events, actor.pid, RINGSIDE_EVENT_JOIN), 1, "the thread joined");
	ok(!((const struct ringside_event_join *)events_find(&events, 0, RINGSIDE_EVENT_JOIN, 0))->parent_tid &&
	   events.event[0]->type == RINGSIDE_EVENT_JOIN, "first, and nobody made it");
	events_free(&events);
}

static char *low;		/* memory below 4 GiB */

static void act_ia32(void)
{
	strcpy(low, FOLDER "/file");
	memset(low + 100, 0, 100);
	DO32(IA32_GETPPID, -1, 2, 3, 4, 5);
	DO32(5 /* open */, P(low), O_RDONLY);
	DO32(3 /* read */, told->made[1].result, P(low + 100), 100);
	DO32(IA32_CLOSE, told->made[1].result);
	DO32(IA32_CLOSE, -1);
	DO32(5, 8, O_RDONLY);
	DO(SYS_getppid, 0);
	DO32(IA32_GETUID);
}

static void ia32(void)
{
	struct events events;

	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		bail("no memory below 4 GiB");
	record(act_ia32, RING, &events);
	compare(&events, 0, "x86");
	ok(path_is(call_at(&events, 1), 0, FOLDER "/file"), "the path of a 32-bit open()");
	ok(capture_is(capture_of(call_at(&events, 2), 1, RINGSIDE_CAPTURE_WRITTEN), "contents", 8, RINGSIDE_CAPTURE_WRITTEN),
	   "what a 32-bit read() read");
	events_free(&events);
}

static void act_many(void)
{
	unsigned int i;

	for (i = 0; i < 1000; i++)
		DO(SYS_getppid, i);
}

/* The lost ones that records tell of. */
static uint64_t lost_in(const struct events *events)
{
	uint64_t lost = 0;
	unsigned int i;

	for (i = 0; i < events_count(events, 0, RINGSIDE_EVENT_LOST); i++)
		lost += ((const struct ringside_event_lost *)events_find(events, 0, RINGSIDE_EVENT_LOST, i))->lost;
	return lost;
}

static void losing(void)
{
	uint64_t recorded, lost, last = 0;
	struct events events = { 0 };
	unsigned int i, bad = 0;
	uint32_t id;
	int fd;

	actor_make(act_many);
	id = watch_new(&r, &(struct watch){ .pids = &actor.pid, .nr_pids = 1, .events = RINGSIDE_MIN_RING });
	is(watch_number(&r, id, RINGSIDE_A_WATCH_EVENTS), RINGSIDE_MIN_RING, "the ring is as small as was asked for");
	actor_go();
	actor_done();
	/* Once more, with room for some. */
	fd = events_reader(id);
	events_read(fd, RINGSIDE_EVENT_MAX, &events);
	told->nr = 0;
	actor_go();
	actor_done();
	actor_sleeps();
	recorded = watch_number(&r, id, RINGSIDE_A_WATCH_RECORDED);
	lost = watch_number(&r, id, RINGSIDE_A_WATCH_LOST);
	/* join; two rounds of calls; of the first one's end write(), read() and write() */
	is(recorded + lost, 1 + 2 * 1000 + 3, "recorded and lost are what was made (%llu and %llu)", (long long)recorded, (long long)lost);
	is(watch_del(&r, id), 0, "the watch ends");
	events_all(fd, &events);
	is(events.nr - events_count(&events, 0, RINGSIDE_EVENT_LOST), recorded, "all that was recorded can be read");
	is(lost_in(&events), lost, "all that was lost is told there");
	for (i = 0; i < events.nr; i++) {
		bad += events.event[i]->time < last;
		last = events.event[i]->time;
	}
	is(bad, 0, "in order");
	close(fd);
	actor_end();
	events_free(&events);
}

/* Nothing is lost to a reader that keeps up. */
static void keeping_up(void)
{
	struct events events;

	record(act_many, 1 << 18, &events);
	compare(&events, 0, "a thousand");
	is(events_count(&events, 0, RINGSIDE_EVENT_LOST), 0, "none is lost");
	events_free(&events);
}

static void *thread_main(void *unused)
{
	told->thread = syscall(SYS_gettid);
	syscall(SYS_getppid);
	syscall(SYS_exit, 0);
	return NULL;
}

static void act_life(void)
{
	pthread_t thread;
	pid_t pid;
	int status;

	pid = fork();
	if (!pid) {
		syscall(SYS_getppid);
		pid = fork();
		if (!pid)
			for (;;)
				pause();
		told->grandchild = pid;
		execl(helper, helper, "call", "110", "3", "exit", "7", NULL);
		_exit(1);
	}
	told->child = pid;
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 7)
		_exit(1);
	kill(told->grandchild, SIGKILL);
	if (pthread_create(&thread, NULL, thread_main, NULL) || pthread_join(thread, NULL))
		_exit(1);
}

static const struct ringside_event *last_of(const struct events *events, pid_t tid)
{
	unsigned int nr = events_count(events, tid, 0);

	return nr ? events_find(events, tid, 0, nr - 1) : NULL;
}

static unsigned int index_of(const struct events *events, const void *event)
{
	unsigned int i;

	for (i = 0; i < events->nr && events->event[i] != event; i++)
		;
	return i;
}

static void life(void)
{
	const struct ringside_event_join *join;
	const struct ringside_event_exec *exec;
	const struct ringside_event_exit *end;
	const struct ringside_event_call *call;
	struct events events = { 0 };
	unsigned int i, calls;
	uint32_t id;
	int fd;

	actor_make(act_life);
	id = watch_new(&r, &(struct watch){ .pids = &actor.pid, .nr_pids = 1, .events = RING });
	fd = events_reader(id);
	actor_go();
	actor_done();
	actor_end();
	/* The grandchild is nobody's to wait for. */
	for (i = 0; i < 1000 && watch_number(&r, id, RINGSIDE_A_WATCH_THREADS); i++)
		usleep(10000);
	is(watch_del(&r, id), 0, "the watch ends");
	events_all(fd, &events);
	close(fd);

	join = events_find(&events, told->child, RINGSIDE_EVENT_JOIN, 0);
	ok(join && join->parent_tid == (uint32_t)actor.pid && join->parent_tgid == (uint32_t)actor.pid && !strcmp(join->comm, "events"),
	   "a child joins, and who made it is told");
	join = events_find(&events, told->grandchild, RINGSIDE_EVENT_JOIN, 0);
	ok(join && join->parent_tid == (uint32_t)told->child, "so does its child");
	join = events_find(&events, told->thread, RINGSIDE_EVENT_JOIN, 0);
	ok(join && join->event.tgid == (uint32_t)actor.pid && join->parent_tid == (uint32_t)actor.pid, "and a thread");
	exec = events_find(&events, told->child, RINGSIDE_EVENT_EXEC, 0);
	ok(exec && exec->old_tid == (uint32_t)told->child && !strcmp(exec->comm, "helper-calls"), "another program is begun");
	call = exec ? (const void *)events.event[index_of(&events, exec) + 1] : NULL;
	for (i = index_of(&events, exec) + 1; i < events.nr; i++) {
		call = (const void *)events.event[i];
		if (call->event.tid == (uint32_t)told->child)
			break;
	}
	ok(call && call->event.type == RINGSIDE_EVENT_CALL && call->call == SYS_execve && !call->result && path_is(call, 0, helper),
	   "and its execve() returns then");
	calls = 0;
	for (i = index_of(&events, exec); i < events.nr; i++) {
		call = (const void *)events.event[i];
		calls += call->event.tid == (uint32_t)told->child && call->event.type == RINGSIDE_EVENT_CALL && call->call == SYS_getppid;
	}
	is(calls, 3, "its calls are there");
	end = (const void *)last_of(&events, told->child);
	ok(end && end->event.type == RINGSIDE_EVENT_EXIT && end->status == 7 << 8, "a process ends with its status");
	call = end ? events_find(&events, told->child, 0, events_count(&events, told->child, 0) - 2) : NULL;
	ok(call && call->event.type == RINGSIDE_EVENT_CALL && call->call == SYS_exit_group && call->arg[0] == 7 &&
	   call->event.flags == RINGSIDE_CALL_UNRETURNED, "in a call that does not return");
	end = (const void *)last_of(&events, told->grandchild);
	ok(end && end->event.type == RINGSIDE_EVENT_EXIT && end->status == SIGKILL, "one that is killed, too");
	end = (const void *)last_of(&events, told->thread);
	call = end ? events_find(&events, told->thread, 0, events_count(&events, told->thread, 0) - 2) : NULL;
	ok(end && end->event.type == RINGSIDE_EVENT_EXIT && !end->status && call->call == SYS_exit &&
	   call->event.flags == RINGSIDE_CALL_UNRETURNED, "and a thread");
	end = (const void *)last_of(&events, actor.pid);
	ok(end && end->event.type == RINGSIDE_EVENT_EXIT && end->status == SIGKILL, "and the first process");
	events_free(&events);
}

static void act_refused(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { NR(filter), filter };

	DO(SYS_getppid, 1);
	DO(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	DO(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, P(&program));
	DO(SYS_getppid, 2, 3, 4, 5, 6, 7);
	DO(SYS_getpid);
}

static void refused(void)
{
	struct events events;

	record(act_refused, RING, &events);
	compare(&events, 0, "with seccomp");
	is(call_at(&events, 3)->event.flags, RINGSIDE_CALL_REFUSED | RINGSIDE_CALL_FAILED, "what seccomp refuses is marked");
	is(call_at(&events, 0)->event.flags | call_at(&events, 4)->event.flags, 0, "and nothing else");
	events_free(&events);
}

/* Just the calls that were asked for. */
static void chosen(void)
{
	uint32_t calls[] = { RINGSIDE_CALL(RINGSIDE_ABI_NATIVE, SYS_close) };
	struct events events = { 0 };
	uint32_t id;
	int fd;

	actor_make(act_native);
	id = watch_new(&r, &(struct watch){ .pids = &actor.pid, .nr_pids = 1, .events = RING, .calls = calls, .nr_calls = 1 });
	fd = events_reader(id);
	actor_go();
	actor_done();
	actor_end();
	is(watch_del(&r, id), 0, "the watch ends");
	events_all(fd, &events);
	close(fd);
	is(events_count(&events, 0, RINGSIDE_EVENT_CALL), 2, "of a watch of one call there are just these");
	events_free(&events);
}

/* Two watches of the same process see the same. */
static void two(void)
{
	struct events events[2] = { 0 };
	uint32_t id[2];
	int fd[2], i;

	actor_make(act_many);
	for (i = 0; i < 2; i++) {
		id[i] = watch_new(&r, &(struct watch){ .pids = &actor.pid, .nr_pids = 1, .events = RING });
		fd[i] = events_reader(id[i]);
	}
	actor_go();
	actor_done();
	actor_end();
	for (i = 0; i < 2; i++) {
		watch_del(&r, id[i]);
		events_all(fd[i], &events[i]);
		close(fd[i]);
		compare(&events[i], 0, i ? "the second watch" : "the first of two watches");
	}
	events_free(&events[0]);
	events_free(&events[1]);
}

static void prepare(void)
{
	int fd;

	mkdir(FOLDER, 0755);
	fd = open(FOLDER "/file", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, "contents", 8) != 8)
		bail(FOLDER ": %s", strerror(errno));
	close(fd);
	memset(long_path, 'l', sizeof(long_path) - 1);
	edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge == MAP_FAILED || mprotect(edge + 4096, 4096, PROT_NONE))
		bail("no memory");
	memset(edge, 'e', 4096);
	edge += 4096;
	/* A file's page that nobody here has looked at. */
	fd = open(FOLDER "/page", O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || write(fd, "/never/seen", 12) != 12 || ftruncate(fd, 4096))
		bail(FOLDER ": %s", strerror(errno));
	unseen = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (unseen == MAP_FAILED)
		bail("no memory");
	close(fd);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];

	lib_init();
	snprintf(path, sizeof(path), "%s", argv[0]);
	snprintf(helper, sizeof(helper), "%s/helper-calls", dirname(path));
	if (!ring_open(&r))
		bail("no family: %s", strerror(errno));
	prepare();
	native();
	ia32();
	keeping_up();
	losing();
	life();
	refused();
	chosen();
	two();
	is(events_errors, 0, "each record is as the header has it");
	if (events_errors)
		diag("%s", events_error);
	wire_ok();
	return tap_end();
}
