// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <linux/ringside.h>

#include "callset.h"
#include "decode.h"
#include "decode_memory.h"
#include "decode_tables.h"
#include "fds.h"
#include "metadata.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

/* Flags of open() that have it look at the mode: O_CREAT, and what O_TMPFILE has of its own. */
#define CREATES	(O_CREAT | 020000000)

/* What a call's number is known to be. */
struct known {
	bool looked;
	const char *name;
	const struct shape *shape;	/* NULL: nobody knows its arguments */
	const struct variant *variants;	/* the first of its name, or NULL */
};

static const struct known *know(const struct ringside_event_call *call)
{
	static struct known all[CALL_ABIS][CALL_NUMBERS];
	static const struct known unknown;
	struct known *known;
	size_t i;

	if (call->abi >= CALL_ABIS || call->call < 0 || call->call >= CALL_NUMBERS)
		return &unknown;
	known = &all[call->abi][call->call];
	if (known->looked)
		return known;
	known->looked = true;
	known->name = call_name(call->abi, call->call);
	if (!known->name)
		return known;
	for (i = 0; i < nr_shapes && !known->shape; i++)
		if (!strcmp(shapes[i].name, known->name))
			known->shape = &shapes[i];
	for (i = 0; i < nr_variants && !known->variants; i++)
		if (!strcmp(variants[i].name, known->name))
			known->variants = &variants[i];
	if (!known->shape)
		known->shape = metadata_shape(known->name);
	return known;
}

static const struct variant *find_variant(const struct known *known,
					  const struct ringside_event_call *call)
{
	const struct variant *variant = known->variants;

	for (; variant && variant < variants + nr_variants; variant++)
		if (!strcmp(variant->name, known->name) &&
		    (call->arg[variant->selector] & variant->mask) == variant->value)
			return variant;
	return NULL;
}

void decode_name(struct line *line, const struct ringside_event_call *call)
{
	const char *name = know(call)->name;

	if (name) {
		line_word(line, name);
		return;
	}
	line_word(line, "syscall_");
	line_hex(line, (uint32_t)call->call);
}

const struct ringside_capture *decode_capture(const struct ringside_event_call *call,
					      unsigned int arg, bool written)
{
	const struct ringside_capture *capture = (const void *)(call + 1);
	unsigned int i;

	for (i = 0; i < call->captures; i++) {
		if (capture->arg == arg && !(capture->flags & RINGSIDE_CAPTURE_WRITTEN) == !written)
			return capture;
		capture = (const void *)((const char *)capture + capture->size);
	}
	return NULL;
}

static const struct flag_set *set_of(unsigned int arg)
{
	const struct flag_set *const tables[] = { file_flags, task_flags, net_flags };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tables); i++)
		if (tables[i][arg - A_FLAGS].mask || tables[i][arg - A_FLAGS].bits)
			return &tables[i][arg - A_FLAGS];
	return NULL;
}

static const char *name_in(const struct name *names, uint64_t value)
{
	for (; names && names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}

static void put_unknown(struct line *line, uint64_t value, const char *what)
{
	line_hex(line, value);
	if (what)
		line_print(line, " /* %s */", what);
}

/* What a command's number says of itself. */
static void put_ioctl(struct line *line, uint64_t command)
{
	static const char *const ways[] = {
		"_IOC_NONE", "_IOC_WRITE", "_IOC_READ", "_IOC_READ|_IOC_WRITE"
	};

	line_print(line, "_IOC(%s, %#x, %#x, ", ways[_IOC_DIR(command)],
		   (unsigned int)_IOC_TYPE(command), (unsigned int)_IOC_NR(command));
	if (_IOC_SIZE(command))
		line_hex(line, _IOC_SIZE(command));
	else
		line_word(line, "0");
	line_word(line, ")");
}

void decode_flags(struct line *line, unsigned int arg, uint64_t value)
{
	const struct flag_set *set = set_of(arg);
	const struct name *bit;
	const char *name = NULL;
	bool any = false;

	if (!set) {
		line_hex(line, value);
		return;
	}
	/* Values are as wide as an int, but for what is 64 bits in a structure. */
	if (arg != A_UNSHARE && arg != A_CLONE)
		value = (uint32_t)value;
	if (set->mask || !value)
		name = name_in(set->values, value & set->mask);
	if (name && (set->mask || !value)) {
		/* A type of 0 among bits says nothing. */
		any = (value & set->mask) || !(value & ~set->mask) || arg == A_OPEN ||
		      arg == A_AT_STATX;
		if (any)
			line_word(line, name);
		value &= ~set->mask;
	}
	if (set->mask == ~0ULL) {
		if (!name && arg == A_IOCTL)
			put_ioctl(line, value);
		else if (!name)
			put_unknown(line, value, set->unknown);
		return;
	}
	for (bit = set->bits; bit && bit->name; bit++) {
		if (!bit->value || (value & bit->value) != bit->value)
			continue;
		line_print(line, "%s%s", any ? "|" : "", bit->name);
		value &= ~bit->value;
		any = true;
	}
	if (value && any) {
		line_word(line, "|");
		line_hex(line, value);
	} else if (value) {
		put_unknown(line, value, set->unknown);
	} else if (!any) {
		line_word(line, "0");
	}
}

void decode_signal(struct line *line, unsigned int sig)
{
	const char *name;

	if (sig >= 32 && sig <= 64) {
		line_print(line, sig == 32 ? "SIGRTMIN" : "SIGRT_%u", sig - 32);
		return;
	}
	name = sig == SIGIO ? "IO" : sig ? sigabbrev_np(sig) : NULL;
	if (name)
		line_print(line, "SIG%s", name);
	else
		line_signed(line, (int32_t)sig);
}

void decode_address(struct line *line, uint64_t address)
{
	if (address)
		line_hex(line, address);
	else
		line_word(line, "NULL");
}

void decode_mode(struct line *line, uint64_t mode, bool type)
{
	static const struct name types[] = {
		{ S_IFREG, "S_IFREG" }, { S_IFDIR, "S_IFDIR" }, { S_IFLNK, "S_IFLNK" },
		{ S_IFCHR, "S_IFCHR" },
		{ S_IFBLK, "S_IFBLK" }, { S_IFIFO, "S_IFIFO" }, { S_IFSOCK, "S_IFSOCK" }, { }
	};
	const char *name = type ? name_in(types, mode & S_IFMT) : NULL;

	if (name)
		line_print(line, "%s|%s%s%s", name, mode & S_ISUID ? "S_ISUID|" : "",
			   mode & S_ISGID ? "S_ISGID|" : "", mode & S_ISVTX ? "S_ISVTX|" : "");
	line_print(line, "%#03llo", (unsigned long long)(name ? mode & 0777 : mode & 0xffffffff));
}

void decode_fd(struct line *line, const struct decoding *how,
	       const struct ringside_event_call *call, int fd)
{
	const char *path;

	if (fd == AT_FDCWD)
		line_word(line, "AT_FDCWD");
	else
		line_signed(line, fd);
	if (!how->paths || (fd < 0 && fd != AT_FDCWD))
		return;
	path = fds_path(call->event.tgid, fd);
	if (path)
		line_print(line, "<%s>", path);
}

static int64_t long_of(const struct ringside_event_call *call, uint64_t value)
{
	return call->abi == RINGSIDE_ABI_COMPAT ? (int32_t)value : (int64_t)value;
}

static void put_number(struct line *line, const struct ringside_event_call *call,
		       unsigned int kind, uint64_t value)
{
	switch (kind) {
	case A_INT:
		line_signed(line, (int32_t)value);
		break;
	case A_UINT:
		line_unsigned(line, (uint32_t)value);
		break;
	case A_LONG:
		line_signed(line, long_of(call, value));
		break;
	case A_SIZE:
		line_unsigned(line, value);
		break;
	case A_ID:
		if ((uint32_t)value == UINT32_MAX)
			line_word(line, "-1");
		else
			line_unsigned(line, (uint32_t)value);
		break;
	case A_HEX:
		if (value)
			line_hex(line, value);
		else
			line_word(line, "0");
		break;
	default:
		decode_address(line, value);
	}
}

/* The protocols of a family, the options of a level; their names depend on another argument. */
static void put_belonging(struct line *line, const struct name *names, uint64_t value)
{
	const char *name = name_in(names, (uint32_t)value);

	if (name)
		line_word(line, name);
	else
		line_signed(line, (int32_t)value);
}

static void put_arg(struct line *line, const struct decoding *how,
		    const struct ringside_event_call *call, const uint8_t *kinds, unsigned int i)
{
	uint64_t value = call->arg[i];

	switch (kinds[i]) {
	case A_FD:
	case A_DIRFD:
		decode_fd(line, how, call, (int32_t)value);
		break;
	case A_OCTAL:
	case A_NEWMODE:
		decode_mode(line, value, false);
		break;
	case A_FILETYPE:
		decode_mode(line, value, true);
		break;
	case A_SIGNAL:
		decode_signal(line, value);
		break;
	case A_PROTOCOL:
		put_belonging(line, protocol_names((uint32_t)call->arg[0]), value);
		break;
	case A_SOCKOPT:
		put_belonging(line, sockopt_names((uint32_t)call->arg[i - 1]), value);
		break;
	default:
		if (kinds[i] >= A_FLAGS && kinds[i] < A_LAST)
			decode_flags(line, kinds[i], value);
		else if (!decode_memory(line, how, call, kinds[i], i))
			put_number(line, call, kinds[i], value);
	}
}

/* clone() has its arguments with names, as the order of them is not the same everywhere. */
static const struct {
	const char *label;
	uint8_t at[CALL_ABIS];
	uint8_t kind;
	uint64_t flags;		/* shown with any of them; 0: always */
} clone_args[] = {
	{ "child_stack=", { 1, 1, 1 }, A_ADDR, 0 },
	{ ", flags=", { 0, 0, 0 }, A_CLONE, 0 },
	{ ", parent_tid=", { 2, 2, 2 }, A_ADDR, CLONE_PARENT_SETTID | CLONE_PIDFD },
	{ ", tls=", { 4, 3, 4 }, A_ADDR, CLONE_SETTLS },
	{ ", child_tidptr=", { 3, 4, 3 }, A_ADDR, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID },
};

static void put_clone(struct line *line, const struct ringside_event_call *call)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(clone_args); i++) {
		uint64_t value = call->arg[clone_args[i].at[call->abi]];

		if (clone_args[i].flags && !(call->arg[0] & clone_args[i].flags))
			continue;
		line_word(line, clone_args[i].label);
		if (clone_args[i].kind != A_CLONE) {
			decode_address(line, value);
			continue;
		}
		/* The signal at its end is the lowest byte. */
		if (value & ~0xffULL)
			decode_flags(line, A_CLONE, value & ~0xffULL);
		if (value & 0xff) {
			if (value & ~0xffULL)
				line_word(line, "|");
			decode_signal(line, value & 0xff);
		} else if (!value) {
			line_word(line, "0");
		}
	}
}

void decode_args(struct line *line, const struct decoding *how,
		 const struct ringside_event_call *call)
{
	const struct known *known = know(call);
	const struct variant *variant = find_variant(known, call);
	const uint8_t *kinds = variant ? variant->args : known->shape ? known->shape->args : NULL;
	const char *comma = "";
	unsigned int i;

	if (call->event.flags & RINGSIDE_CALL_HIDDEN) {
		line_word(line, "/* not yours to see */");
		return;
	}
	if (known->name && !strcmp(known->name, "clone")) {
		put_clone(line, call);
		return;
	}
	for (i = 0; i < CALL_ARGS && (!kinds || kinds[i] != A_END); i++) {
		if (kinds && kinds[i] == A_HIDDEN)
			continue;
		if (kinds && kinds[i] == A_NEWMODE && !(call->arg[i - 1] & CREATES))
			continue;
		line_word(line, comma);
		comma = ", ";
		if (kinds)
			put_arg(line, how, call, kinds, i);
		else
			line_hex(line, call->arg[i]);
	}
}

/* Errors that no program sees: the kernel begins the call again, or says EINTR. */
static const struct {
	int number;
	const char *text;
	const char *name;
} restarts[] = {
	{ 512, "ERESTARTSYS (To be restarted if SA_RESTART is set)", "ERESTARTSYS" },
	{ 513, "ERESTARTNOINTR (To be restarted)", "ERESTARTNOINTR" },
	{ 514, "ERESTARTNOHAND (To be restarted if no handler)", "ERESTARTNOHAND" },
	{ 516, "ERESTART_RESTARTBLOCK (Interrupted by signal)", "ERESTART_RESTARTBLOCK" },
};

static void put_error(struct line *line, int error)
{
	const char *name = strerrorname_np(error);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(restarts); i++)
		if (restarts[i].number == error) {
			line_print(line, "? %s", restarts[i].text);
			return;
		}
	if (name)
		line_print(line, "-1 %s (%s)", name, strerrordesc_np(error));
	else
		line_print(line, "-1 (errno %d)", error);
}

static void put_value(struct line *line, const struct decoding *how,
		      const struct ringside_event_call *call, unsigned int kind)
{
	switch (kind) {
	case R_ADDR:
		line_hex(line, call->result);
		break;
	case R_OCTAL:
		line_print(line, "%#03llo", (unsigned long long)call->result);
		break;
	case R_FD:
		decode_fd(line, how, call, call->result);
		break;
	default:
		line_signed(line, call->result);
	}
}

void decode_result(struct line *line, const struct decoding *how,
		   const struct ringside_event_call *call)
{
	const struct known *known = know(call);
	const struct variant *variant = find_variant(known, call);
	unsigned int kind = known->shape ? known->shape->result : R_INT;

	if (call->event.flags & RINGSIDE_CALL_UNRETURNED) {
		line_word(line, kind == R_NEVER ? "?" : "? <did not return>");
		return;
	}
	if (call->event.flags & RINGSIDE_CALL_HIDDEN) {
		line_word(line, "?");
		return;
	}
	if (call->event.flags & RINGSIDE_CALL_FAILED) {
		put_error(line, -call->result);
	} else {
		if (variant && variant->result_flags && call->result) {
			line_hex(line, call->result);
			line_word(line, " (flags ");
			decode_flags(line, variant->result_flags, call->result);
			line_word(line, ")");
		} else {
			put_value(line, how, call, variant ? variant->result : kind);
		}
		if (kind == R_POLL && !call->result)
			line_word(line, " (Timeout)");
		else if (kind == R_POLL)
			decode_memory_result(line, call, known->shape->args);
	}
	if (call->event.flags & RINGSIDE_CALL_REFUSED)
		line_word(line, " <refused before it began>");
}

void decode_brief(struct line *line, const struct ringside_event_call *call)
{
	static const struct decoding brief = { .strings = 32 };
	const struct known *known = know(call);
	const uint8_t *kinds = known->shape ? known->shape->args : NULL;
	unsigned int i;

	if (!kinds || call->event.flags & RINGSIDE_CALL_HIDDEN)
		return;
	/* A path, wherever it is, before a descriptor. */
	for (i = 0; i < CALL_ARGS && kinds[i] != A_END; i++) {
		const struct ringside_capture *capture = decode_capture(call, i, false);

		if (kinds[i] == A_PATH && capture && capture->length) {
			put_arg(line, &brief, call, kinds, i);
			return;
		}
	}
	for (i = 0; i < CALL_ARGS && kinds[i] != A_END; i++)
		if ((kinds[i] == A_FD || kinds[i] == A_DIRFD) && (int32_t)call->arg[i] >= 0) {
			line_signed(line, (int32_t)call->arg[i]);
			return;
		}
}

void decode_brief_result(struct line *line, const struct ringside_event_call *call)
{
	static const struct decoding brief;
	const struct known *known = know(call);
	const char *name;
	size_t i;

	if (call->event.flags & (RINGSIDE_CALL_UNRETURNED | RINGSIDE_CALL_HIDDEN)) {
		line_word(line, "?");
		return;
	}
	if (!(call->event.flags & RINGSIDE_CALL_FAILED)) {
		put_value(line, &brief, call, known->shape ? known->shape->result : R_INT);
		return;
	}
	name = strerrorname_np(-call->result);
	for (i = 0; i < ARRAY_SIZE(restarts); i++)
		if (restarts[i].number == -call->result)
			name = restarts[i].name;
	if (name)
		line_word(line, name);
	else
		line_print(line, "errno %lld", (long long)-call->result);
}
