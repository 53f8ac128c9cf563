// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "say.h"
#include "watch.h"

#define SAW_SIZE	(ACTOR_SAW * sizeof(uint64_t))

/*
 * An actor speaks by readv() and writev(), which no experiment uses: read() and
 * write() are theirs. True unless the other side is gone.
 */
static bool hear(int control)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	ssize_t got;

	do {
		got = readv(control, &iov, 1);
	} while (got < 0 && errno == EINTR);
	return got == 1;
}

void actor_hold(struct actor *actor)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };

	if (writev(actor->control, &iov, 1) != 1 || !hear(actor->control))
		_exit(EXIT_FAILED);
}

/* Its buffers of output are the parent's too: it never returns, nor flushes them. */
static void __attribute__((noreturn)) become(struct actor *actor)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	actor_hold(actor);
	actor->act(actor);
	actor_hold(actor);
	_exit(EXIT_OK);
}

bool actor_start(struct lab *lab, struct actor *actor, void (*act)(struct actor *actor),
		 const void *data)
{
	static const struct callset all;
	int pair[2];

	memset(actor, 0, sizeof(*actor));
	actor->lab = lab;
	actor->act = act;
	actor->data = data;
	actor->tally.client = lab->client;
	actor->tally.set = &all;
	rows_init(&actor->calls, &count_noun);
	rows_init(&actor->errors, &count_noun);
	actor->saw = mmap(NULL, SAW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			  0);
	if (actor->saw == MAP_FAILED) {
		lab_failed(lab, "an actor", "there is no memory to share: %s", strerror(errno));
		return false;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		lab_failed(lab, "an actor", "no socket: %s", strerror(errno));
		goto no_pair;
	}
	actor->pid = fork();
	if (actor->pid < 0) {
		lab_failed(lab, "an actor", "cannot fork: %s", strerror(errno));
		goto no_fork;
	}
	actor->control = pair[actor->pid ? 0 : 1];
	close(pair[actor->pid ? 1 : 0]);
	if (!actor->pid)
		become(actor);
	/* From here on it makes no call but those of the experiment, which may be counted. */
	if (hear(actor->control))
		return true;
	lab_failed(lab, "an actor", "it died before it began");
	close(actor->control);
	while (waitpid(actor->pid, NULL, 0) < 0 && errno == EINTR)
		;
	goto no_pair;

no_fork:
	close(pair[0]);
	close(pair[1]);
no_pair:
	munmap((void *)actor->saw, SAW_SIZE);
	return false;
}

bool actor_watch(struct actor *actor, bool times, const char *by)
{
	struct wish wish = {
		.who = WHO_PIDS,
		.pids = { .list = { actor->pid }, .nr = 1 },
		.by = by,
		.times = times,
	};

	actor->tally.watch = watch_new(actor->lab->client, &wish);
	if (!actor->tally.watch)
		lab_failed(actor->lab, "a watch", "the module makes none");
	return actor->tally.watch;
}

int actor_forbid(long call, uint32_t action)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err;

	if (!filter)
		return ENOMEM;
	err = seccomp_rule_add(filter, action, call, 0);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return -err;
}

/* One that is dead can't be told. */
void actor_begin(struct actor *actor)
{
	char byte = 0;

	/* This process is not to die of it that the actor did. */
	actor->over = send(actor->control, &byte, 1, MSG_NOSIGNAL) != 1;
}

bool actor_wait(struct actor *actor)
{
	siginfo_t info = { 0 };

	if (!actor->over && hear(actor->control))
		return true;
	/* It is to stay a zombie, which can still be asked for. */
	while (waitid(P_PID, actor->pid, &info, WEXITED | WNOWAIT) && errno == EINTR)
		;
	actor->over = true;
	if (info.si_code == CLD_EXITED)
		actor->status = info.si_status;
	else
		actor->sig = info.si_status;
	return false;
}

bool actor_go(struct actor *actor)
{
	actor_begin(actor);
	if (actor_wait(actor))
		return true;
	lab_failed(actor->lab, "an actor", "it died: signal %d, status %d", actor->sig,
		   actor->status);
	return false;
}

bool actor_look(struct actor *actor)
{
	struct tally *tally = &actor->tally;
	int err;

	tally->by_errno = false;
	err = tally_look(tally, &actor->calls);
	tally->by_errno = true;
	err |= tally_look(tally, &actor->errors);
	if (err)
		lab_failed(actor->lab, "the counts", "they could not be read");
	watch_say_missing(tally->client, tally->watch);
	return !err;
}

bool actor_run(struct lab *lab, struct actor *actor, void (*act)(struct actor *actor),
	       const void *data)
{
	if (!actor_start(lab, actor, act, data))
		return false;
	if (actor_watch(actor, true, NULL) && actor_go(actor) && actor_look(actor))
		return true;
	actor_end(actor);
	return false;
}

void actor_end(struct actor *actor)
{
	struct request req;

	/* It hears that nobody is there, if it can still hear. */
	close(actor->control);
	while (waitpid(actor->pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (actor->tally.watch) {
		request_init(&req, RINGSIDE_CMD_WATCH_DEL);
		mnl_attr_put_u32(req.nlh, RINGSIDE_A_WATCH_ID, actor->tally.watch);
		client_do(actor->lab->client, &req, "lab");
	}
	rows_clear(&actor->calls);
	rows_clear(&actor->errors);
	munmap((void *)actor->saw, SAW_SIZE);
}

static bool is_native(const union value *row, long call)
{
	return (int32_t)row[S(CALL)].num == call &&
	       call_abi(row[S(ABI)].text ?: "") == RINGSIDE_ABI_NATIVE;
}

uint64_t actor_sum(const struct actor *actor, long call, unsigned int what)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < actor->calls.nr; i++) {
		const union value *row = rows_get(&actor->calls, i);

		if (is_native(row, call))
			sum += row[what].num;
	}
	return sum;
}

uint64_t actor_errors(const struct actor *actor, long call, int error)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < actor->errors.nr; i++) {
		const union value *row = rows_get(&actor->errors, i);

		if (is_native(row, call) && row[TALLY_ERRNO].num == (uint64_t)error)
			sum += row[S(ERRORS)].num;
	}
	return sum;
}

uint64_t actor_crossings(const struct actor *actor)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < actor->calls.nr; i++) {
		const union value *row = rows_get(&actor->calls, i);

		if (!is_native(row, SYS_readv) && !is_native(row, SYS_writev))
			sum += row[S(CALLS)].num;
	}
	return sum;
}
