// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab rings: what a program may not do, and who sees to it
 */
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "actor.h"

#ifdef __x86_64__

#define KERNEL_ADDRESS	0xffffffff81000000UL	/* where kernels begin, or near it */
#define USER_BITS	3			/* of a segment register: the level */

/* The numbers of the processor's exceptions, by which the handler counts them. */
enum { GENERAL_PROTECTION = 13, PAGE_FAULT = 14, LEVEL = 32, WENT_ON };

static volatile uint64_t *seen;
static volatile uintptr_t resume;	/* what follows the instruction that faults */

static unsigned int level(void)
{
	uint16_t cs;

	__asm__ volatile("mov %%cs, %0" : "=r"(cs));
	return cs & USER_BITS;
}

static void halt(void)
{
	__asm__ volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\thlt\n1:"
			 : "=m"(resume) : : "rax", "memory");
}

static void read_kernel(void)
{
	__asm__ volatile("lea 1f(%%rip), %%rax\n\tmov %%rax, %0\n\tmovb (%1), %%al\n1:"
			 : "=m"(resume) : "r"(KERNEL_ADDRESS) : "rax", "memory");
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	greg_t trap = user->uc_mcontext.gregs[REG_TRAPNO];

	(void)sig;
	(void)info;
	if (trap == GENERAL_PROTECTION || trap == PAGE_FAULT)
		seen[trap]++;
	user->uc_mcontext.gregs[REG_RIP] = resume;
}

/* Privileged instructions; then, after a look, reads of the kernel. */
static void trespass(struct actor *actor)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	unsigned long i;

	seen = actor->saw;
	actor->saw[LEVEL] = level();
	sigaction(SIGSEGV, &action, NULL);
	for (i = 0; i < actor->lab->times; i++)
		halt();
	actor_hold(actor);
	for (i = 0; i < actor->lab->times; i++)
		read_kernel();
}

/* Without a handler. */
static void trespass_and_die(struct actor *actor)
{
	/* It is to leave no core behind. */
	prctl(PR_SET_DUMPABLE, 0);
	actor_hold(actor);
	halt();
}

static void stand_by(struct actor *actor)
{
	actor->saw[WENT_ON] = 1;
	actor_hold(actor);
	actor->saw[WENT_ON]++;
}

/* A signal's handler returns by a call: as many as there were faults. */
static void faults(struct lab *lab)
{
	struct actor actor;
	uint64_t returns;

	if (!actor_run(lab, &actor, trespass, NULL))
		return;
	lab_compare(lab, actor.saw[LEVEL] == 3 && !strcmp(lab_status(lab, "cpl"), "0"),
		    "privilege level: program, module",
		    lab_text(lab, "%llu", (unsigned long long)actor.saw[LEVEL]),
		    lab_status(lab, "cpl"));
	returns = actor_calls(&actor, SYS_rt_sigreturn);
	lab_same(lab, "hlt: SIGSEGV, back from handler", actor.saw[GENERAL_PROTECTION], returns);
	if (actor_go(&actor) && actor_look(&actor))
		lab_same(lab, "a read of the kernel: likewise", actor.saw[PAGE_FAULT],
			 actor_calls(&actor, SYS_rt_sigreturn) - returns);
	actor_end(&actor);
}

static void kill_one(struct lab *lab, struct actor *bystander)
{
	union value before[RINGSIDE_A_TASK_MAX + 1], after[RINGSIDE_A_TASK_MAX + 1];
	struct actor actor;
	bool same;

	if (!actor_start(lab, &actor, trespass_and_die, NULL))
		return;
	if (!actor_watch(&actor, true, NULL) || !actor_go(&actor) || !actor_go(bystander) ||
	    !lab_task(lab, bystander->pid, before))
		goto out;
	actor_begin(&actor);
	if (actor_wait(&actor)) {
		lab_failed(lab, "hlt without a handler", "who executed it lives");
		goto out;
	}
	if (!actor_look(&actor) || !lab_task(lab, bystander->pid, after))
		goto out;
	lab_compare(lab, actor.sig == SIGSEGV && !actor_calls(&actor, SYS_exit_group),
		    "hlt without a handler: its end",
		    actor.sig ? lab_text(lab, "by SIG%s", sigabbrev_np(actor.sig)) : "none",
		    lab_text(lab, "%llu calls of exit",
			     (unsigned long long)actor_calls(&actor, SYS_exit_group)));
	if (!actor_go(bystander))
		goto out;
	same = before[RINGSIDE_A_TASK_START_TIME].num == after[RINGSIDE_A_TASK_START_TIME].num &&
	       before[RINGSIDE_A_TASK_MIN_FLT].num == after[RINGSIDE_A_TASK_MIN_FLT].num;
	lab_compare(lab, bystander->saw[WENT_ON] == 2 && same, "another process, meanwhile",
		    bystander->saw[WENT_ON] == 2 ? "goes on" : "does not go on",
		    same ? "same, no fault" : "not the same");
out:
	actor_end(&actor);
}

static void run(struct lab *lab)
{
	struct actor bystander;

	faults(lab);
	if (!actor_start(lab, &bystander, stand_by, NULL))
		return;
	kill_one(lab, &bystander);
	actor_end(&bystander);
}

#else

static void run(struct lab *lab)
{
	lab_skip(lab, "rings",
		 "its instructions are those of x86-64, and this is another processor");
}

#endif

const struct experiment lab_rings = {
	.name = "rings",
	.title = "what a program may not do, and who sees to it",
	.tried = "A program reads its privilege level out of a register, executes an instruction "
		 "that halts the processor, and reads an address of the kernel's. The module "
		 "reads the level of its own code, and counts the program's ways back from the "
		 "signals that it gets.",
	.means = "The processor itself refuses: it raises an exception, which enters the kernel "
		 "at ring 0 as a system call does, and the kernel makes SIGSEGV of it. Only the "
		 "process that tried it is hit.",
	.further = "man 7 signal; man 2 sigreturn; dmesg | grep traps; ringside status",
	.unit = "faults of each kind",
	.times = 100,
	.most = 1000000,
	.run = run,
};
