// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lab switch: two who wait for each other
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "actor.h"

#define TRIES	50

enum { ROUNDS, ELAPSED };

struct player {
	int cpu;
	int from, to;		/* pipes */
	int theirs[2];		/* their other ends */
	bool serves;
};

static bool move(const struct player *player, bool reads)
{
	char ball = 0;

	return (reads ? read(player->from, &ball, 1) : write(player->to, &ball, 1)) == 1;
}

static void play_on(struct actor *actor, const struct player *player)
{
	uint64_t begin = lab_now();
	unsigned long i;

	for (i = 0; i < actor->lab->times; i++) {
		if (!move(player, !player->serves) || !move(player, player->serves))
			return;
		actor->saw[ROUNDS]++;
	}
	actor->saw[ELAPSED] = lab_now() - begin;
}

static void play(struct actor *actor)
{
	const struct player *player = actor->data;
	cpu_set_t cpus;

	/* Nobody is to wait for one who has left: each end is open just once. */
	close(player->theirs[0]);
	close(player->theirs[1]);
	CPU_ZERO(&cpus);
	CPU_SET(player->cpu, &cpus);
	if (!sched_setaffinity(0, sizeof(cpus), &cpus))
		play_on(actor, player);
	close(player->from);
	close(player->to);
}

/* Switches of one that is dead and not yet buried: it makes no more, once it is off its CPU. */
struct switches {
	uint64_t voluntary, involuntary;
};

static bool of_kernel(struct lab *lab, pid_t pid, struct switches *switches)
{
	union value row[RINGSIDE_A_TASK_MAX + 1];

	if (!lab_task(lab, pid, row))
		return false;
	switches->voluntary = row[RINGSIDE_A_TASK_NVCSW].num;
	switches->involuntary = row[RINGSIDE_A_TASK_NIVCSW].num;
	return true;
}

/* libc's waitid() does not ask for it. */
static bool of_user(pid_t pid, struct switches *switches)
{
	struct rusage usage;

	if (syscall(SYS_waitid, P_PID, pid, NULL, WEXITED | WNOWAIT, &usage))
		return false;
	switches->voluntary = usage.ru_nvcsw;
	switches->involuntary = usage.ru_nivcsw;
	return true;
}

static bool is_same(const struct switches *a, const struct switches *b)
{
	return a->voluntary == b->voluntary && a->involuntary == b->involuntary;
}

/* Both sides', of a moment in which they stood still. */
static bool count_switches(struct lab *lab, pid_t pid, struct switches *user,
			   struct switches *kernel)
{
	struct switches before;
	int i;

	for (i = 0; i < TRIES; i++) {
		if (!of_kernel(lab, pid, &before) || !of_user(pid, user) ||
		    !of_kernel(lab, pid, kernel))
			return false;
		if (is_same(&before, kernel))
			break;
		usleep(1000);
	}
	return true;
}

static void compare(struct lab *lab, const char *where, struct actor *actors)
{
	struct switches user[2], kernel[2];
	uint64_t asleep, reads, rounds;
	int i;

	rounds = actors[0].saw[ROUNDS] + actors[1].saw[ROUNDS];
	reads = actor_calls(&actors[0], SYS_read) + actor_calls(&actors[1], SYS_read);
	asleep = actor_sum(&actors[0], SYS_read, S(TIME)) -
		 actor_sum(&actors[0], SYS_read, S(CPU_TIME));
	lab_same(lab, lab_text(lab, "%s: waits for the other", where), rounds, reads);
	lab_compare(lab, asleep <= actors[0].saw[ELAPSED], "  us a round; asleep in read",
		    lab_text(lab, "%.1f", actors[0].saw[ELAPSED] / 1e3 / lab->times),
		    lab_text(lab, "%.1f", asleep / 1e3 / lab->times));
	for (i = 0; i < 2; i++) {
		/* It has acted: now it exits. */
		actor_begin(&actors[i]);
		if (actor_wait(&actors[i]) || !count_switches(lab, actors[i].pid, &user[i], &kernel[i])) {
			lab_failed(lab, "  switches", "they could not be read");
			return;
		}
	}
	lab_same(lab, "  voluntary switches", user[0].voluntary + user[1].voluntary,
		 kernel[0].voluntary + kernel[1].voluntary);
	lab_same(lab, "  involuntary switches", user[0].involuntary + user[1].involuntary,
		 kernel[0].involuntary + kernel[1].involuntary);
}

static void play_and_compare(struct lab *lab, const char *where, struct actor *actors)
{
	bool done;

	if (!actor_watch(&actors[0], true, NULL) || !actor_watch(&actors[1], true, NULL))
		return;
	actor_begin(&actors[0]);
	actor_begin(&actors[1]);
	done = actor_wait(&actors[0]);
	done &= actor_wait(&actors[1]);
	if (!done || actors[0].saw[ROUNDS] != lab->times || actors[1].saw[ROUNDS] != lab->times)
		lab_failed(lab, where, "the two did not play to the end");
	else if (actor_look(&actors[0]) && actor_look(&actors[1]))
		compare(lab, where, actors);
}

static void match(struct lab *lab, const char *where, int cpu, int other)
{
	struct actor actors[2];
	int there[2], back[2], i;
	bool ready = false;

	if (pipe2(there, O_CLOEXEC)) {
		lab_failed(lab, where, "no pipe: %s", strerror(errno));
		return;
	}
	if (pipe2(back, O_CLOEXEC)) {
		lab_failed(lab, where, "no pipe: %s", strerror(errno));
		close(there[0]);
		close(there[1]);
		return;
	}
	struct player server = { cpu, back[0], there[1], { there[0], back[1] }, true };
	struct player player = { other, there[0], back[1], { back[0], there[1] }, false };

	if (actor_start(lab, &actors[0], play, &server)) {
		ready = actor_start(lab, &actors[1], play, &player);
		if (!ready)
			actor_end(&actors[0]);
	}
	for (i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
	if (!ready)
		return;
	play_and_compare(lab, where, actors);
	actor_end(&actors[0]);
	actor_end(&actors[1]);
}

static void run(struct lab *lab)
{
	int cpu, first = -1, second = -1;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	sched_getaffinity(0, sizeof(cpus), &cpus);
	for (cpu = 0; cpu < CPU_SETSIZE && second < 0; cpu++) {
		if (!CPU_ISSET(cpu, &cpus))
			continue;
		if (first < 0)
			first = cpu;
		else
			second = cpu;
	}
	if (first < 0) {
		lab_skip(lab, "a CPU", "this machine has more than %d CPUs", CPU_SETSIZE);
		return;
	}
	match(lab, "one CPU", first, first);
	if (second < 0)
		lab_skip(lab, "two CPUs", "there is one that may be used");
	else
		match(lab, "two CPUs", first, second);
}

const struct experiment lab_switch = {
	.name = "switch",
	.title = "two who wait for each other",
	.tried = "Two processes pass a byte to and fro through pipes, on one CPU and then on two. "
		 "User space counts the rounds and asks wait(2) for the switches; the kernel "
		 "counts reads, the time asleep in them, and the switches of each task.",
	.means = "Who waits gives the CPU away within its system call: a voluntary switch. A "
		 "round costs far more than its four calls, as each wakes the other and the "
		 "scheduler goes from one to the other. Involuntary is what the scheduler takes.",
	.further = "man 2 getrusage; /proc/PID/status; ringside tasks -o +NVCSW,NIVCSW",
	.unit = "rounds",
	.times = 2000,
	.most = 1000000,
	.run = run,
};
