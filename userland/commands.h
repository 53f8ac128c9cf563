/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands. Each takes its own name as argv[0] and returns the exit status.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "noun.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof(*(array)))

int tasks_run(int argc, char **argv);
int memory_run(int argc, char **argv);
int slabs_run(int argc, char **argv);
int count_run(int argc, char **argv);
int trace_run(int argc, char **argv);
int cross_run(int argc, char **argv);
int watches_run(int argc, char **argv);
int status_run(int argc, char **argv);
int doctor_run(int argc, char **argv);

extern const struct noun status_noun;
extern const struct noun watches_noun;

#endif
