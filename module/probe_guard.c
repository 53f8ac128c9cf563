// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ftrace.h>

#include "compat.h"
#include "probe.h"

#ifdef CONFIG_DYNAMIC_FTRACE

static unsigned int users;

/* Nobody calls it: an ftrace_ops has to be somewhere. */
static noinline void nowhere(void)
{
	barrier();
}

static void notrace on_nowhere(unsigned long ip, unsigned long parent, struct ftrace_ops *ops,
			       rs_ftrace_regs *regs)
{
}

static struct ftrace_ops ops;

int rs_guard_get(const char **why)
{
	int err;

	if (users++)
		return 0;
	ops.func = on_nowhere;
	ops.flags |= FTRACE_OPS_FL_PERMANENT;
	err = ftrace_set_filter_ip(&ops, (unsigned long)nowhere, 0, 1);
	if (!err)
		err = register_ftrace_function(&ops);
	if (err) {
		rs_ftrace_free_filter(&ops);
		*why = "ftrace is switched off (kernel.ftrace_enabled)";
		users--;
	}
	return err;
}

void rs_guard_put(void)
{
	if (--users)
		return;
	unregister_ftrace_function(&ops);
	rs_ftrace_free_filter(&ops);
}

#else

int rs_guard_get(const char **why)
{
	return 0;
}

void rs_guard_put(void)
{
}

#endif
