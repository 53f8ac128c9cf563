// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"
#include "child.h"
#include "count.h"
#include "lib.h"

struct told *told;
struct actor actor;

static long note_call(int abi, long call, const long *arg, long result)
{
	struct made *made = &told->made[told->nr++];

	made->abi = abi;
	made->call = call;
	memcpy(made->arg, arg, sizeof(made->arg));
	made->result = result;
	return result;
}

static long raw(long call, const long *arg)
{
	long result = syscall(call, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);

	return result == -1 ? -errno : result;
}

static long raw32(long call, const long *arg)
{
	long result;

	asm volatile("int $0x80" : "=a"(result) : "a"(call), "b"(arg[0]), "c"(arg[1]), "d"(arg[2]), "S"(arg[3]), "D"(arg[4])
		     : "r8", "r9", "r10", "r11", "memory");
	return result;
}

long do_call(long call, const long *arg)
{
	return note_call(RINGSIDE_ABI_NATIVE, call, arg, raw(call, arg));
}

long do_call32(long call, const long *arg)
{
	return note_call(RINGSIDE_ABI_COMPAT, call, arg, raw32(call, arg));
}

void actor_sleeps(void)
{
	struct task task;

	for (;;) {
		task_read(&task, actor.pid, 0);
		if (task.state == 'S')
			return;
		usleep(1000);
	}
}

void actor_make(void (*act)(void))
{
	char byte;

	if (pipe(actor.go) || pipe(actor.done))
		bail("pipe: %s", strerror(errno));
	if (!told)
		told = shared(sizeof(*told));
	memset(told, 0, sizeof(*told));
	fflush(stdout);
	actor.pid = fork();
	if (!actor.pid) {
		for (;;) {
			if (read(actor.go[0], &byte, 1) != 1)
				_exit(1);
			act();
			if (write(actor.done[1], "d", 1) != 1)
				_exit(1);
		}
	}
	actor_sleeps();
}

void actor_go(void)
{
	if (write(actor.go[1], "g", 1) != 1)
		bail("the actor is gone");
}

void actor_done(void)
{
	char byte;

	if (read(actor.done[0], &byte, 1) != 1)
		bail("the actor is gone");
}

void actor_end(void)
{
	kill(actor.pid, SIGKILL);
	waitpid(actor.pid, NULL, 0);
	close(actor.go[0]);
	close(actor.go[1]);
	close(actor.done[0]);
	close(actor.done[1]);
}
