// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metadata.h"
#include "rows.h"

static const char *const folders[] = {
	"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
};

/* What a field of that type and name is; the first that fits. NULL fits all. */
static const struct {
	const char *type;	/* how it begins, or for a '*' what is in it */
	const char *name;
	uint8_t arg;
} fields[] = {
	{ "const char *", "pathname", A_PATH }, { "const char *", "filename", A_PATH },
	{ "const char *", "path", A_PATH },
	{ "char *", "filename", A_PATH }, { "*", NULL, A_ADDR }, { "umode_t", NULL, A_OCTAL },
	{ "int", "dfd", A_DIRFD }, { "int", "dirfd", A_DIRFD }, { "", "fd", A_FD },
	{ "", "ufd", A_FD },
	{ "uid_t", NULL, A_ID }, { "gid_t", NULL, A_ID }, { "clockid_t", NULL, A_CLOCK },
	{ "", "flags", A_HEX },
	{ "int", "sig", A_SIGNAL }, { "int", NULL, A_INT }, { "pid_t", NULL, A_INT },
	{ "size_t", NULL, A_SIZE },
	{ "unsigned int", NULL, A_UINT }, { "u32", NULL, A_UINT }, { "loff_t", NULL, A_LONG },
	{ "long", NULL, A_LONG },
};

static uint8_t arg_of(const char *type, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		bool fits = fields[i].type[0] == '*' ? strchr(type, '*') != NULL :
			    !strncmp(type, fields[i].type, strlen(fields[i].type));

		if (fits && (!fields[i].name || !strcmp(name, fields[i].name)))
			return fields[i].arg;
	}
	return A_HEX;
}

static FILE *open_format(const char *name)
{
	char path[256];
	FILE *file;
	size_t i;

	for (i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/events/syscalls/sys_enter_%s/format", folders[i], name);
		file = fopen(path, "re");
		if (file)
			return file;
	}
	return NULL;
}

const struct shape *metadata_shape(const char *name)
{
	FILE *file = open_format(name);
	struct shape *shape;
	size_t size = 0, nr = 0;
	char *line = NULL;
	bool begun = false;

	if (!file)
		return NULL;
	shape = reallocate(NULL, sizeof(*shape));
	memset(shape, 0, sizeof(*shape));
	shape->name = name;
	/* "	field:const char * filename;	offset:24;	size:8;	signed:0;" */
	while (getline(&line, &size, file) > 0) {
		char *type = strstr(line, "field:"), *end, *last;

		if (!type)
			continue;
		type += strlen("field:");
		end = strchr(type, ';');
		if (!end)
			continue;
		*end = '\0';
		last = strrchr(type, ' ');
		if (!last)
			continue;
		*last++ = '\0';
		/* What comes before the number of the call is every event's. */
		if (!strcmp(last, "__syscall_nr")) {
			begun = true;
			continue;
		}
		if (begun && nr < CALL_ARGS)
			shape->args[nr++] = arg_of(type, last);
	}
	free(line);
	fclose(file);
	return shape;
}
