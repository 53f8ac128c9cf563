// SPDX-License-Identifier: GPL-2.0-only
/*
 * The face for scripts that want one value: /sys/kernel/ringside/
 *
 *	version		the module's
 *	backend, watch_new, watch_delete
 *			switches, see control.c
 *	NAME/state	"available", or "unavailable: " and why, for each provider
 *	NAME/FIELD	the value, for a provider with a single row
 *
 * Values are for root and the module parameter's group: sysfs looks at a file's
 * mode when it is opened. The unit of a value is that of the attribute of the
 * same name in <linux/ringside.h>.
 */
#include <linux/capability.h>
#include <linux/completion.h>
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "compat.h"
#include "ringside.h"

/* A file: the version, a switch, a provider's state, or a field of its single row. */
struct value {
	struct attribute attr;
	const struct rs_switch *control;	/* or */
	const struct rs_provider *provider;	/* neither: the version */
	const struct rs_field *field;		/* NULL: the state */
};

/* A directory: the top, then one for each provider. */
struct dir {
	struct kobject kobj;
	struct completion released;
	struct value *values;
	unsigned int nr_values;
};

static struct dir *dirs;
static unsigned int nr_dirs;	/* made so far */

static int show_state(const struct rs_provider *provider, char *buf)
{
	const char *why = provider->unavailable ? provider->unavailable() : NULL;

	return why ? sysfs_emit(buf, "unavailable: %s\n", why) :
		     sysfs_emit(buf, "available\n");
}

static int show_value(const struct rs_field *field, const void *row, char *buf)
{
	const void *at = row + field->offset;
	u64 value;

	if (field->type == RS_STR)
		return sysfs_emit(buf, "%s\n", (const char *)at);
	if (field->type == RS_S32)
		return sysfs_emit(buf, "%d\n", *(const s32 *)at);
	value = rs_value(field, row);
	if (field->unit == RS_CENTI)
		return sysfs_emit(buf, "%llu.%02llu\n", value / 100, value % 100);
	return sysfs_emit(buf, "%llu\n", value);
}

/* The file's mode has let the opener in, so the walk need not ask again. */
static bool opener_capable(const void *unused, struct user_namespace *ns, int cap)
{
	return true;
}

static int show_field(const struct value *value, char *buf)
{
	struct rs_walk walk;
	const char *why;
	void *row;
	int got;

	got = rs_walk_init(&walk, value->provider, current_cred(), opener_capable, NULL, &why);
	if (got)
		return got;
	row = kmalloc(RS_ROW_MAX, GFP_KERNEL);
	got = row ? rs_walk_seek(&walk, row) : -ENOMEM;
	if (got > 0)
		got = show_value(value->field, row, buf);
	kfree(row);
	rs_walk_exit(&walk);
	return got;
}

static ssize_t show(struct kobject *kobj, struct attribute *attr, char *buf)
{
	const struct value *value = container_of(attr, struct value, attr);

	if (value->control)
		return value->control->show(buf);
	if (!value->provider)
		return sysfs_emit(buf, "%s\n", RINGSIDE_VERSION);
	return value->field ? show_field(value, buf) :
			      show_state(value->provider, buf);
}

static ssize_t store(struct kobject *kobj, struct attribute *attr, const char *buf, size_t count)
{
	const struct value *value = container_of(attr, struct value, attr);
	char *text;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	text = kstrndup(buf, count, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	err = value->control->store(strim(text));
	kfree(text);
	return err ?: count;
}

static void release(struct kobject *kobj)
{
	complete(&container_of(kobj, struct dir, kobj)->released);
}

static void get_ownership(rs_const_kobject *kobj, kuid_t *uid, kgid_t *gid)
{
	if (gid_valid(rs_group()))
		*gid = rs_group();
}

static const struct sysfs_ops sysfs_ops = {
	.show = show,
	.store = store,
};

static struct kobj_type dir_type = {
	.sysfs_ops = &sysfs_ops,
	.release = release,
	.get_ownership = get_ownership,
};

static int add_value(struct dir *dir, const char *name, umode_t mode,
		     const struct rs_provider *provider, const struct rs_field *field)
{
	struct value *value = &dir->values[dir->nr_values++];

	sysfs_attr_init(&value->attr);
	value->attr.name = name;
	value->attr.mode = mode;
	value->provider = provider;
	value->field = field;
	return sysfs_create_file(&dir->kobj, &value->attr);
}

/* On failure the directory is left for rs_sysfs_exit() to remove. */
static int add_dir(struct kobject *parent, const char *name,
		   const struct rs_provider *provider)
{
	unsigned int i, nr = !provider ? rs_nr_switches :
			     provider->single ? provider->nr_fields : 0;
	struct dir *dir = &dirs[nr_dirs];
	int err;

	dir->values = kcalloc(1 + nr, sizeof(*dir->values), GFP_KERNEL);
	if (!dir->values)
		return -ENOMEM;
	init_completion(&dir->released);
	nr_dirs++;
	err = kobject_init_and_add(&dir->kobj, &dir_type, parent, "%s", name);
	if (!err)
		err = add_value(dir, provider ? "state" : "version", 0444, provider, NULL);
	for (i = 0; !err && i < nr; i++) {
		if (provider) {
			err = add_value(dir, provider->fields[i].name, 0440, provider,
					&provider->fields[i]);
			continue;
		}
		dir->values[dir->nr_values].control = &rs_switches[i];
		err = add_value(dir, rs_switches[i].name, rs_switches[i].mode, NULL, NULL);
	}
	return err;
}

int rs_sysfs_init(void)
{
	unsigned int i;
	int err;

	dirs = kcalloc(1 + rs_nr_providers, sizeof(*dirs), GFP_KERNEL);
	if (!dirs)
		return -ENOMEM;
	nr_dirs = 0;
	err = add_dir(kernel_kobj, "ringside", NULL);
	for (i = 0; !err && i < rs_nr_providers; i++)
		err = add_dir(&dirs[0].kobj, rs_providers[i]->name, rs_providers[i]);
	if (err)
		rs_sysfs_exit();
	return err;
}

void rs_sysfs_exit(void)
{
	while (nr_dirs--) {
		struct dir *dir = &dirs[nr_dirs];

		kobject_put(&dir->kobj);
		wait_for_completion(&dir->released);
		kfree(dir->values);
	}
	kfree(dirs);
}
