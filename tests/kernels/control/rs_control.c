// SPDX-License-Identifier: GPL-2.0-only
/*
 * A module with bugs, each made when its name is given: insmod rs_control.ko
 * bug=leak. It shows that a debug kernel really reports what it is built to
 * report. Never install it.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *bug = "";
module_param(bug, charp, 0400);
MODULE_PARM_DESC(bug, "use-after-free, sleep, inversion, leak, race or unwritten");

static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(one);
static DEFINE_MUTEX(other);
static unsigned long shared;

static void use_after_free(void)
{
	unsigned long *freed = kmalloc(64, GFP_KERNEL);

	if (!freed)
		return;
	kfree(freed);
	/* Hidden from the compiler, which would warn. */
	OPTIMIZER_HIDE_VAR(freed);
	shared = READ_ONCE(*freed);
}

/* By its name in a report. */
static noinline void unwritten(void)
{
	unsigned long *memory = kmalloc(64, GFP_KERNEL);

	if (!memory)
		return;
	OPTIMIZER_HIDE_VAR(memory);
	if (READ_ONCE(memory[1]))
		shared++;
	kfree(memory);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	msleep(20);
	spin_unlock(&spin);
}

static void inversion(void)
{
	mutex_lock(&one);
	mutex_lock(&other);
	mutex_unlock(&other);
	mutex_unlock(&one);

	mutex_lock(&other);
	mutex_lock(&one);
	mutex_unlock(&one);
	mutex_unlock(&other);
}

static noinline void leak(void)
{
	int i;

	/* Of several, one whose address stayed in some register is no matter. */
	for (i = 0; i < 8; i++)
		memset(kzalloc(100, GFP_KERNEL | __GFP_NOFAIL), 1, 100);
}

static int racer(void *unused)
{
	while (!kthread_should_stop()) {
		shared++;
		cond_resched();
	}
	return 0;
}

static int race(void)
{
	struct task_struct *racers[2];
	int i;

	for (i = 0; i < 2; i++) {
		racers[i] = kthread_run(racer, NULL, "rs_control/%d", i);
		if (IS_ERR(racers[i]))
			break;
	}
	if (i == 2)
		msleep(3000);
	while (i--)
		kthread_stop(racers[i]);
	return 0;
}

static int __init control_init(void)
{
	if (!strcmp(bug, "use-after-free"))
		use_after_free();
	else if (!strcmp(bug, "sleep"))
		sleep_in_atomic();
	else if (!strcmp(bug, "inversion"))
		inversion();
	else if (!strcmp(bug, "leak"))
		leak();
	else if (!strcmp(bug, "race"))
		return race();
	else if (!strcmp(bug, "unwritten"))
		unwritten();
	else if (*bug)
		return -EINVAL;
	return 0;
}

static void __exit control_exit(void)
{
}

module_init(control_init);
module_exit(control_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Deliberate bugs, for the tests of ringside's debug kernels");
