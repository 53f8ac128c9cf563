// SPDX-License-Identifier: GPL-2.0-only
/* Which backend counts, and whether it still does. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/cpuhotplug.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "probe.h"

#define CHECK_PERIOD	HZ	/* between two looks whether it still works */

/* In the order in which "auto" tries them. */
static const struct rs_backend * const backends[] = {
	&rs_direct, &rs_kprobe, &rs_tracepoint,
};

static DEFINE_MUTEX(mutex);		/* over all that follows */
static const struct rs_backend *chosen;	/* by the administrator; NULL: auto */
static const struct rs_backend *current_backend;
static struct rs_need now;		/* what is attached */
static char reason[160] = "the first that works is taken when somebody watches";
static u64 missed_before;		/* by backends that are detached */
static u64 lapsed;			/* ns */
static ktime_t checked;			/* when it was last seen to work */

/*
 * While a CPU goes offline tracepoints may pass by a thread that is moved away from it: ns,
 * of all that time, and of that in which calls were counted by them.
 */
static atomic64_t offline = ATOMIC64_INIT(0), offline_counting = ATOMIC64_INIT(0);
static ktime_t going_since;		/* changes of CPUs come one after the other */
static enum cpuhp_state going_state, gone_state;

static void check(struct work_struct *work);
static DECLARE_DELAYED_WORK(check_work, check);

static void say(const char *format, ...) __printf(1, 2);
static void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(reason, sizeof(reason), format, args);
	va_end(args);
}

static const unsigned long *wanted_of(const struct rs_need *need)
{
	return need->some ? need->wanted : NULL;
}

static void stop(void)
{
	if (!current_backend)
		return;
	missed_before += current_backend->missed();
	current_backend->detach();
	WRITE_ONCE(current_backend, NULL);
}

/* Attaches the one chosen, or the first that works from there on. */
static int start(const struct rs_need *need, const struct rs_backend *not, const char **why)
{
	const char *first = NULL;
	unsigned int i;
	int err = -EINVAL;

	for (i = 0; i < ARRAY_SIZE(backends); i++) {
		const struct rs_backend *backend = backends[i];

		if (backend == not || (chosen && backend != chosen && !not))
			continue;
		err = backend->attach(wanted_of(need), why);
		if (!err) {
			*why = backend->broken();
			if (*why) {
				backend->detach();
				err = -EIO;
			}
		}
		if (!err) {
			WRITE_ONCE(current_backend, backend);
			if (chosen == backend)
				say("it was asked for");
			else if (first)
				say("%s", first);
			else
				say("the first choice, and its self-test is passed");
			return 0;
		}
		/* Told when another one takes its place; strings last. */
		first = first ?: *why;
	}
	return err;
}

/* The same for an attached backend that is to see more. */
static int set_calls(const struct rs_need *need, const char **why)
{
	if (!need->calls) {
		stop();
		return 0;
	}
	if (current_backend)
		return current_backend->attach(wanted_of(need), why);
	return start(need, NULL, why);
}

/* Lost since it was last seen to work: some, none or all. */
static void lapse(void)
{
	lapsed += ktime_to_ns(ktime_sub(ktime_get(), checked));
}

static void replace(const char *because)
{
	const struct rs_backend *old = current_backend;
	const char *why = NULL;

	stop();
	if (start(&now, old, &why))
		say("nothing counts now: %s", why);
	else
		say("%s: %s", old->name, because);
	lapse();
	pr_warn("%s no longer counts: %s; now it is %s\n", old->name, because,
		current_backend ? current_backend->name : "nothing");
}

static void check_locked(void)
{
	const char *because;

	if (!now.calls)
		return;
	because = current_backend ? current_backend->broken() : NULL;
	if (because) {
		replace(because);
	} else if (!current_backend) {
		/* None worked the last time: perhaps one does now. */
		start(&now, NULL, &because);
		lapse();
	}
	checked = ktime_get();
}

static void check(struct work_struct *work)
{
	mutex_lock(&mutex);
	check_locked();
	if (now.calls)
		schedule_delayed_work(&check_work, CHECK_PERIOD);
	mutex_unlock(&mutex);
}

void rs_probe_check(void)
{
	mutex_lock(&mutex);
	check_locked();
	mutex_unlock(&mutex);
}

int rs_probe_set(const struct rs_need *need, const char **why)
{
	const char *ignored;
	int err;

	mutex_lock(&mutex);
	check_locked();
	err = rs_events_set(need, why);
	if (!err)
		err = set_calls(need, why);
	if (err) {
		rs_events_set(&now, &ignored);
	} else {
		if (need->calls && !now.calls) {
			checked = ktime_get();
			schedule_delayed_work(&check_work, CHECK_PERIOD);
		}
		now = *need;
	}
	mutex_unlock(&mutex);
	return err;
}

u64 rs_probe_missed(void)
{
	u64 missed;

	mutex_lock(&mutex);
	missed = missed_before + (current_backend ? current_backend->missed() : 0);
	mutex_unlock(&mutex);
	return missed;
}

u64 rs_probe_lapsed(bool calls, bool events)
{
	u64 sum = 0;

	if (calls) {
		mutex_lock(&mutex);
		sum = lapsed;
		mutex_unlock(&mutex);
	}
	if (events)
		sum += atomic64_read(&offline);
	else if (calls)
		sum += atomic64_read(&offline_counting);
	return sum;
}

const char *rs_probe_backend(void)
{
	const struct rs_backend *backend = READ_ONCE(current_backend);

	return backend ? backend->name : rs_probe_choice();
}

void rs_probe_reason(char *buf, size_t size)
{
	mutex_lock(&mutex);
	strscpy(buf, reason, size);
	mutex_unlock(&mutex);
}

void rs_probe_attached(char *names, size_t size, unsigned int *sites, unsigned int *events)
{
	const struct rs_backend *backend;

	mutex_lock(&mutex);
	backend = current_backend;
	*sites = backend ? backend->sites() : 0;
	*events = rs_events_attached();
	if (backend && backend != &rs_tracepoint)
		scnprintf(names, size, "%s%s", backend->name, *events ? ",tracepoint" : "");
	else
		strscpy(names, *events ? "tracepoint" : "nothing", size);
	mutex_unlock(&mutex);
}

const char *rs_probe_choice(void)
{
	const struct rs_backend *backend = READ_ONCE(chosen);

	return backend ? backend->name : "auto";
}

int rs_probe_choose(const char *name)
{
	const struct rs_backend *choice = NULL, *before;
	const char *why = NULL;
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(backends); i++)
		if (sysfs_streq(name, backends[i]->name))
			choice = backends[i];
	if (!choice && !sysfs_streq(name, "auto"))
		return -EINVAL;
	mutex_lock(&mutex);
	before = chosen;
	WRITE_ONCE(chosen, choice);
	if (!now.calls) {
		say(choice ? "it was asked for" : "the first that works is taken when somebody watches");
	} else if (!current_backend || current_backend != (choice ?: backends[0])) {
		/* What is called in between is not counted: that is told. */
		check_locked();
		stop();
		err = start(&now, NULL, &why);
		if (err) {
			pr_err("%s does not work here: %s\n",
			       choice ? choice->name : "no backend", why);
			/* -EINVAL is for what is none. */
			err = err == -EINVAL ? -EIO : err;
			WRITE_ONCE(chosen, before);
			if (start(&now, NULL, &why))
				say("nothing counts now: %s", why);
		}
		lapse();
		checked = ktime_get();
	}
	mutex_unlock(&mutex);
	return err;
}

/* On that CPU, with the kernel's lock over such changes, so none of ours. */
static int going(unsigned int cpu)
{
	going_since = ktime_get();
	return 0;
}

/* On another one, after all was moved away. */
static int gone(unsigned int cpu)
{
	s64 time = ktime_to_ns(ktime_sub(ktime_get(), going_since));

	atomic64_add(time, &offline);
	if (READ_ONCE(current_backend) == &rs_tracepoint)
		atomic64_add(time, &offline_counting);
	return 0;
}

int rs_probe_init(void)
{
	int state;

	state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "ringside:gone", NULL, gone);
	if (state < 0)
		return state;
	gone_state = state;
	state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "ringside:going", NULL, going);
	if (state < 0) {
		cpuhp_remove_state_nocalls(gone_state);
		return state;
	}
	going_state = state;
	return 0;
}

void rs_probe_exit(void)
{
	cpuhp_remove_state_nocalls(going_state);
	cpuhp_remove_state_nocalls(gone_state);
	cancel_delayed_work_sync(&check_work);
	rs_events_exit();
	/* Nobody is left in a trampoline or a probe of ours. */
	synchronize_rcu_tasks();
}
