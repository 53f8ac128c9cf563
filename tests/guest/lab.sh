#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ringside lab: every experiment, for root and for an ordinary user; both sides agree, and where they are made to
# differ it says so. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
shown=40
chmod 755 "$work"
trace=$(cat /proc/sys/debug/exception-trace)
trap 'rm -rf "$work"; echo "$trace" >/proc/sys/debug/exception-trace' EXIT
# One experiment has processes die of what the kernel would log, and the log is read for trouble.
echo 0 >/proc/sys/debug/exception-trace
# With less memory than 512 MB huge pages are off.
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled

# Each with how many answers both sides give, for root and for who may not know frames. In the tour's order.
experiments='rings 5 5
stdio 3 3
vdso 4 4
errors 7 7
seccomp 5 5
cost 4 4
switch 8 8
isolation 6 3
paging 7 6
namespaces 7 7
reading 3 3'
# What a kernel was built without (the debug kernels: CONFIG_IO_URING) is said to be skipped.
without=
grep -q ' io_ring_exit_work$' /proc/kallsyms || {
	without='by\x20io_uring '
	experiments=$(echo "$experiments" | sed 's/^cost 4 4/cost 3 3/')
}

# as USER COMMAND: a command line.
as() {
	if [ "$1" = root ]; then
		run sh -c "$2"
	else
		run su "$1" -s /bin/sh -c "$2"
	fi
}

# rows VERDICT: how many, of a table -r -n -o VERDICT,WHAT.
rows() {
	awk -v verdict="$1" '$1 == verdict' "$work/out" | wc -l
}

without_module() {
	rmmod ringside
	run ringside lab
	[ "$status" = 0 ] && [ -s "$work/out" ] && [ ! -s "$work/err" ]
	result $? "without the module, lab lists its experiments"
	refuses 1 'the module is not loaded: modprobe ringside' "and says what to do when one is to be done" ringside lab stdio
	modprobe ringside
}

usage() {
	refuses 2 "no experiment 'nonsense'" "an experiment that is not there" ringside lab nonsense
	refuses 2 "did you mean 'vdso'" "one with a slip" ringside lab vdos
	refuses 2 'whole number' "--times 0" ringside lab vdso --times 0
	refuses 2 'whole number' "--times with a word" ringside lab vdso --times many
	refuses 2 'vdso takes at most' "--times with too many" ringside lab vdso --times 999999999999
	refuses 2 'no option' "an unknown option" ringside lab --nonsense
	refuses 2 "no column 'NOPE'" "a column that is not there" ringside lab vdso -o NOPE
}

list() {
	run ringside lab -n -r -o NAME
	[ "$status" = 0 ] && echo "$experiments" | cut -d' ' -f1 | cmp -s - "$work/out"
	result $? "lab lists all of them, in the tour's order"
	run ringside lab -J
	[ "$("$here/helper-json" <"$work/out" 2>>"$work/err")" = "$(echo "$experiments" | wc -l)" ]
	result $? "and so in JSON"
}

# all USER COLUMN SKIPPED: one after the other; both sides agree in as many answers as that column has, and nothing but
# that is skipped.
all() {
	: >"$work/skipped"
	for name in $(echo "$experiments" | cut -d' ' -f1); do
		wanted=$(echo "$experiments" | awk -v name="$name" -v column="$2" '$1 == name { print $column }')
		as "$1" "ringside lab $name -n -r -o VERDICT,WHAT,USER,KERNEL,WHY"
		[ "$status" = 0 ] && [ ! -s "$work/err" ] && [ "$(rows agree)" = "$wanted" ] &&
			[ "$(rows differ)" = 0 ] && [ "$(rows failed)" = 0 ]
		result $? "$1: $name: both sides agree, in $wanted answers"
		awk '$1 == "skipped" { print $2 }' "$work/out" >>"$work/skipped"
	done
	sort -u "$work/skipped" >"$work/out"
	last="what $1 had skipped"
	[ "$(paste -s -d' ' "$work/out")" = "$3" ]
	result $? "$1: nothing is skipped but what can't be done here: $3"
}

# The words around the tables, of all in one go, each as little as it can be done.
words() {
	run ringside lab all --times 1
	[ "$status" = 0 ] && [ ! -s "$work/err" ]
	result $? "all, once each: both sides agree"
	awk 'length > 80' "$work/out" >"$work/err"
	[ -s "$work/out" ] && [ ! -s "$work/err" ]
	result $? "no line is longer than 80 columns"
	for words in '^Verdict: agree, in all' '^What it means: ' '^Look further: '; do
		[ "$(grep -c "$words" "$work/out")" = "$(echo "$experiments" | wc -l)" ]
		result $? "each has its '$words'"
	done
	run ringside lab all --times 1 -J
	elements=$("$here/helper-json" <"$work/out" 2>>"$work/err")
	[ "$status" = 0 ] && [ "${elements:-0}" -ge "$(echo "$experiments" | awk '{ n += $2 } END { print n }')" ]
	result $? "all as JSON"
	run ringside lab stdio vdso --times 2 -n -r -o EXPERIMENT
	[ "$status" = 0 ] && [ "$(uniq "$work/out" | paste -s -d' ')" = "stdio vdso" ]
	result $? "two of them, in the order asked for"
	run ringside watches -n -r -o ID
	[ "$status" = 0 ] && [ ! -s "$work/out" ]
	result $? "no watch is left"
	[ "$(cgroups)" = 0 ]
	result $? "nor a cgroup"
}

# cgroups: how many of namespaces there are.
cgroups() {
	find /sys/fs/cgroup -maxdepth 1 -name 'ringside-lab-*' | wc -l
}

# As by Ctrl-C, which a shell lets nobody in the background have: the signal goes to all of them.
stopped() {
	setsid ringside lab namespaces --times 10000000 >"$work/out" 2>"$work/err" &
	lab=$!
	tries=0
	while [ "$(cgroups)" = 0 ] && [ $((tries += 1)) -lt 300 ]; do
		sleep 0.1
	done
	had=$(cgroups)
	kill -TERM -$lab
	wait $lab
	status=$?
	last="ringside lab namespaces, of which a signal ends all, gives $status; $had cgroup before, $(cgroups) after"
	[ "$had" = 1 ] && [ $status = 143 ] && [ "$(cgroups)" = 0 ]
	result $? "a signal ends it, and takes its cgroup along"
}

# What user space takes for calls is answered before it enters: only the kernel's side can know.
differ() {
	run "$here/helper-refused" ringside lab cost --times 100
	[ "$status" = 1 ] && grep -q '^differ: getppid, counted: user space says 100, ' "$work/out" &&
		grep -q '^Verdict: of [0-9]* answers that both sides gave, ' "$work/out"
	result $? "calls that never enter: both sides differ, it says where, and status 1"
	run "$here/helper-refused" ringside lab cost --times 100 -n -r -o VERDICT,WHAT
	[ "$status" = 1 ] && [ "$(rows differ)" = 1 ]
	result $? "and so in a table"
	run "$here/helper-refused" ringside lab stdio --times 100
	[ "$status" = 0 ]
	result $? "an experiment that makes no such call agrees as ever"
}

[ "$(cat /proc/sys/kernel/randomize_va_space)" = 2 ]
result $? "addresses are random here"
without_module
usage
list
# A guest has no counter of instructions; and who isn't root knows no frames.
all root 2 "${without}instructions"
all alice 3 "${without}frames instructions"
words
stopped
differ
echo "1..$count"
# A result that is not ok is a failure anyhow; this is for who runs it by hand.
[ "$count" -gt 0 ]
