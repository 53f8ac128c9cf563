#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ringside count as a person uses it: commands run untouched, who is counted, sets of calls, words. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
calls=$here/helper-calls

# table ARGUMENT...: run ringside count with its table in $work/table, and nothing else said.
table() {
	rm -f "$work/table"
	run ringside count --to "$work/table" "$@"
}

# counts NAME: how often the table has it, 0 when it hasn't; of a table -n -r -o CALLS,SYSCALL.
counts() {
	awk -v name="$1" '$2 == name { n += $1 } END { print n + 0 }' "$work/table"
}

json() {
	elements=$("$here/helper-json" <"$2" 2>>"$work/err")
	[ -n "$elements" ] && [ "$elements" -ge 1 ]
	result $? "$1"
}

# until_there FILE
until_there() {
	tries=0
	until [ -e "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 1000 ] || return 1
		usleep 10000
	done
}

without_module() {
	rmmod ringside
	refuses 1 'the module is not loaded: modprobe ringside' "without the module, count says what to do" \
		ringside count -a
	refuses 1 'the module is not loaded: modprobe ringside' "and does not run a command" \
		ringside count -- touch "$work/ran"
	[ ! -e "$work/ran" ]
	result $? "it was not run"
	refuses 1 'the module is not loaded: modprobe ringside' "nor does watches know any" ringside watches
	modprobe ringside
}

usage() {
	refuses 2 'count whom?' "nobody to count" ringside count
	refuses 2 'one of -p, -g, -u and -a' "two kinds of whom" ringside count -a -p 1
	refuses 2 'one of -p, -g, -u and -a' "twice one of them" ringside count -u alice -u bob
	for pid in abc 0 -1 '1,' 99999999999; do
		refuses 2 '-p takes' "-p $pid" ringside count -p $pid
	done
	refuses 1 'pid 4000000: .*ended' "a pid that is nobody's" ringside count -p 1,4000000
	refuses 2 'No such file' "a cgroup that is not there" ringside count -g /nosuch
	refuses 2 "no user 'nobodyhere'" "a user that is not there" ringside count -u nobodyhere
	refuses 2 'number of seconds' "-i with a word" ringside count -a -i soon
	refuses 2 'number of seconds' "-i 0" ringside count -a -i 0
	refuses 2 'did you mean .process' "--by a word that is near" ringside count --by proces true
	refuses 2 "no column 'NOPE'" "a column that is not there" ringside count -o NOPE true
	refuses 2 'no option' "an unknown option" ringside count --nonsense
	refuses 2 'leave --for' "--for with a command" ringside count --for 1 true
	refuses 2 'leaves nothing for --wall' "--no-times and -w" ringside count --no-times -w true
	refuses 2 'leaves a column empty' "--no-times and a time" ringside count --no-times -o +P99 true
	refuses 1 'No such file' "--to a folder that is not there" ringside count --to /nosuch/file true
	refuses 2 "did you mean 'openat'" "-e with a slip" ringside count -e openatt true
	refuses 2 "did you mean '%file'" "-e with a class and a slip" ringside count -e %fiel true
	refuses 2 'goes 64, 32 or x32' "-e with an odd ABI" ringside count -e read@16 true
	refuses 2 'has no call' "-e with a call of another ABI" ringside count -e socketcall@64 true
	refuses 2 'is a class and a call' "-e signal may be two things" ringside count -e signal true
	refuses 2 'no call matches' "-e with a pattern of nothing" ringside count -e /^zzz true
	refuses 2 'pattern' "-e with a broken pattern" ringside count -e '/(' true
	refuses 2 'no number' "-e with a number that is none" ringside count -e 99999 true
	refuses 2 'is missing' "-e with a comma too many" ringside count -e read,,write true
	refuses 2 's alone' "-e of strace's that is not for counting" ringside count -e status=failed true
	for set in read,write trace=read '!read' %file,%desc,%process,%network,%net,%signal,%ipc,%memory \
		%creds,%clock,%pure,%stat,%lstat,%fstat,%%stat,%statfs,%fstatfs,%%statfs file,network,desc \
		all none '!all' '?nosuch' '/^(f|l)?stat' 0,1@32,2@x32 signal@32 mseal,read@64,socketcall@32; do
		table -e "$set" true
		[ "$status" = 0 ] && [ ! -s "$work/err" ]
		result $? "-e $set"
	done
}

# The command is as it would be without us.
commands() {
	run ringside count -- echo hello
	[ "$status" = 0 ] && [ "$(cat "$work/out")" = hello ]
	result $? "a command's output is untouched"
	head -n 1 "$work/err" | grep -qE '^ *%TIME +SECONDS +USECS/CALL +CALLS +ERRORS +SYSCALL$'
	result $? "the columns are those of strace -c"
	tail -n 2 "$work/err" | grep -qE '^ *100\.00 .* total$'
	result $? "with a total"
	grep -q '^time: on a CPU' "$work/err"
	result $? "and what time it is"
	run ringside count -w -- true
	grep -q '^time: by the clock' "$work/err"
	result $? "-w says so"
	run ringside count cat <"$here/count"
	cmp -s "$work/out" "$here/count"
	result $? "a command's input is untouched"
	for wanted in 0 1 42 255; do
		table sh -c "exit $wanted"
		is "$status" $wanted "exit status $wanted"
	done
	for signal in TERM INT HUP KILL USR1 SEGV; do
		number=$(kill -l $signal)
		table "$calls" die "$number"
		is "$status" $((128 + number)) "death by SIG$signal"
		[ -s "$work/table" ]
		result $? "with a table"
	done
	refuses 127 "no command 'nosuchcommand'" "a command that is not there" ringside count nosuchcommand
	refuses 127 'No such file' "nor as a path" ringside count /nosuch/command
	refuses 126 'Permission denied' "a file that is no program" ringside count /etc/passwd
	refuses 126 'Is a directory' "a folder" ringside count /etc
	echo nonsense >"$work/odd"
	chmod 755 "$work/odd"
	refuses 126 'Exec format error' "a program that is none" ringside count "$work/odd"
	table -- sh -c 'exit $#' sh -a --nonsense -J
	is "$status" 3 "the command's options are its own"
	table sh -c 'exit $#' sh -a --nonsense -J
	is "$status" 3 "without -- too"

	# shellcheck disable=SC2016 # the inner shell's
	probe='grep -E "^(Sig(Blk|Ign|Cgt)|Shd)" /proc/self/status; ls /proc/self/fd; echo $PPID >/dev/null'
	for before in '' "trap '' PIPE" "trap '' HUP" "trap '' INT CHLD"; do
		sh -c "$before
			exec sh -c '$probe'" >"$work/plain"
		sh -c "$before
			exec ringside count --to $work/table sh -c '$probe'" >"$work/out" 2>"$work/err"
		cmp -s "$work/plain" "$work/out"
		result $? "signals and files are those it would have: '$before'"
	done

	ringside count --to "$work/table" sleep 1000 &
	pid=$!
	until_watches 1
	usleep 100000
	kill -TERM $pid
	wait $pid
	is $? 143 "SIGTERM is passed on"
	grep -q nanosleep "$work/table" && ! pidof sleep >/dev/null
	result $? "and the table is there, the command gone"
	until_watches 0
	result $? "and no watch is left"
}

exact() {
	table -n -r -o CALLS,SYSCALL -- "$calls" call 111 1000
	is "$(counts execve)" 1 "the first call is the command's execve"
	is "$(counts getpgrp)" 1000 "all calls are counted"
	is "$(counts exit_group)" 1 "to the last"
	grep -qE ' (wait4|clone|fork|read)$' "$work/table" && grep -q ' wait4$' "$work/table"
	is $? 1 "and none of ours"
	table --no-times -n -r -o CALLS,SYSCALL -- "$calls" call 111 1000
	is "$(counts getpgrp)" 1000 "without times too"
	table -n -r -o CALLS,SYSCALL -e getpgrp "$calls" threads 3 children 2 call 111 100
	is "$(counts getpgrp)" 600 "threads and their children are counted"
	is "$(wc -l <"$work/table")" 1 "and just the call that -e names"
	table -n -r -o CALLS,SYSCALL -e '!getpgrp' "$calls" call 111 10
	[ "$(counts getpgrp)" = 0 ] && [ "$(counts execve)" = 1 ]
	result $? "-e with ! has all but that"
	table -n -r -o CALLS,SYSCALL -e 111@64,%pure "$calls" call 111 10 call 39 7
	[ "$(counts getpgrp)" = 10 ] && [ "$(counts getpid)" -ge 7 ] && [ "$(counts execve)" = 0 ]
	result $? "-e by number and by class"
	table -n -r -o CALLS,SYSCALL -e all "$calls" call 999 3 call 100000 2
	grep -qxE '5 \(out.x20of.x20range\)' "$work/table"
	result $? "numbers that are nobody's"
	table -n -r -o CALLS,SYSCALL,ABI -e getpid@32,getpid@64 "$calls" compat 20 5 call 39 4
	[ "$(awk '$3 == "x86" { print $1 }' "$work/table")" = 5 ] && [ "$(awk '$3 == "x86_64" { print $1 }' "$work/table")" -ge 4 ]
	result $? "32-bit calls stand apart"
	run ringside count -e getpid "$calls" compat 20 5 call 39 4
	head -n 1 "$work/err" | grep -q 'SYSCALL ABI$' && grep -q ' x86$' "$work/err"
	result $? "with a column that tells"
	table -n -r -o ERRORS,CALLS,SYSCALL,ERRNO --by errno "$calls" call 3 0 call 62 0 call 81 0 call 111 1 call 80 5
	grep -qE '^5 5 chdir EFAULT$' "$work/table"
	result $? "--by errno"
	table -n -r -S name -o SYSCALL sh -c 'ls / >/dev/null'
	sort "$work/table" | cmp -s - "$work/table"
	result $? "-S name"
	table -n -r -S calls -o CALLS sh -c 'ls / >/dev/null'
	sort -nr "$work/table" | cmp -s - "$work/table"
	result $? "-S calls, from high to low as strace has it"
	for words in time errors min max avg nothing -CALLS,SYSCALL; do
		table -S $words true
		[ "$status" = 0 ] && [ -s "$work/table" ]
		result $? "-S $words"
	done
	table --percentiles true
	head -n 1 "$work/table" | grep -q ' P50 *P99 *CALLS ERRORS SYSCALL$'
	result $? "--percentiles"
	table -n -r -w -o SECONDS -e nanosleep,clock_nanosleep sleep 0.5
	awk '{ if ($1 >= 0.5 && $1 < 5) ok = 1 } END { exit !ok }' "$work/table"
	result $? "a sleep's time by the clock"
	table -n -r -o SECONDS -e nanosleep,clock_nanosleep sleep 0.5
	awk '{ if ($1 < 0.1) ok = 1 } END { exit !ok }' "$work/table"
	result $? "and on a CPU"
	table -O -J sh -c 'ls / >/dev/null'
	json "every column as JSON" "$work/table"
	table -J --by errno sh -c 'ls /nosuch'
	json "errors as JSON" "$work/table"
	table -i 0.1 -n -r -o CALLS,SYSCALL -e getpgrp "$calls" call 111 10 wait /proc/1 call 111 10
	is "$(counts getpgrp)" 20 "what -i adds is all"
}

others() {
	"$calls" threads 2 children 2 make "$work/up" wait "$work/go" call 111 100 wait "$work/stop" &
	target=$!
	until_there "$work/up"
	usleep 200000
	ringside count -n -r -o CALLS,SYSCALL -e getpgrp -p $target >"$work/table" 2>"$work/err" &
	pid=$!
	until_watches 1
	is "$(ringside watches -n -r -o SCOPE,THREADS)" "process 7" "-p follows threads and children"
	touch "$work/go"
	usleep 300000
	touch "$work/stop"
	wait $target
	wait $pid
	is $? 0 "-p ends when the processes have"
	is "$(counts getpgrp)" 400 "all of them are counted"
	rm -f "$work/go" "$work/stop"

	# With times from here on, mostly: to attach what counts without them takes long on some kernels.
	for signal in TERM HUP; do
		ringside count -t -n -p $$ >"$work/out" 2>"$work/err" &
		pid=$!
		until_watches 1
		kill -$signal $pid
		wait $pid && grep -q ' total$' "$work/out"
		result $? "SIG$signal ends it, and the table is there"
	done
	ringside count -t -i 0.2 -a >"$work/out" 2>"$work/err" &
	pid=$!
	tries=0
	until [ "$(grep -c '^ *%TIME' "$work/out")" -ge 3 ] || [ $tries = 500 ]; do
		tries=$((tries + 1))
		usleep 20000
	done
	kill -TERM $pid
	wait $pid && [ $tries -lt 500 ] && ! grep -q "$(printf '\033')" "$work/out"
	result $? "-i prints one after the other where there is no terminal"
	run ringside count -a --for 0.3
	[ "$status" = 0 ] && grep -q ' total$' "$work/out" && head -n 1 "$work/out" | grep -qE '^ *%CALLS +CALLS +SYSCALL$'
	result $? "--for ends it, and without times there are just counts"
	table -t -n -r -o CALLS,SYSCALL -a -e getpgrp "$calls" call 111 50
	[ "$(counts getpgrp)" -ge 50 ]
	result $? "-a for as long as a command runs"
	for by in process cgroup; do
		table -t -J -a --by $by sh -c 'ls / >/dev/null'
		json "-a --by $by as JSON" "$work/table"
	done
	table -t -n -r -a --by process -o CALLS,SYSCALL,COMM -e getpgrp "$calls" call 111 50
	grep -qE '^50 getpgrp helper-calls$' "$work/table"
	result $? "--by process names it"

	mkdir -p /sys/fs/cgroup/count
	table -t -n -r -g count -o CALLS,SYSCALL -e getpgrp sh -c "$calls call 111 5
		echo \$\$ >/sys/fs/cgroup/count/cgroup.procs
		$calls call 111 20"
	is "$(counts getpgrp)" 20 "-g counts what is in it"
	rmdir /sys/fs/cgroup/count
	chmod 755 "$here" "$calls"
	table -t -n -r -u alice -o CALLS,SYSCALL -e getpgrp sh -c "$calls call 111 5
		su alice -s /bin/sh -c '$calls call 111 20'"
	is "$(counts getpgrp)" 20 "-u counts the user's"

	ringside count -t -a >"$work/out" 2>"$work/err" &
	pid=$!
	until_watches 1
	run ringside watches -J -O
	json "watches as JSON" "$work/out"
	kill -KILL $pid
	wait $pid 2>/dev/null
	until_watches 0
	result $? "a watch ends with who made it"
	echo 'keeper all times' >/sys/kernel/ringside/watch_new
	is "$(ringside watches -n -r -o NAME,SCOPE)" "keeper all" "one with a name is there without anybody"
	run ringside watches --delete keeper
	[ "$status" = 0 ] && [ -z "$(ringside watches -n)" ]
	result $? "watches --delete"
	refuses 1 "no watch called 'nosuch'" "watches --delete of none" ringside watches --delete nosuch
}

people() {
	run su alice -s /bin/sh -c "ringside count -n -r -o CALLS,SYSCALL -e getpgrp $calls call 111 30"
	[ "$status" = 0 ] && grep -qx '30 getpgrp' "$work/err"
	result $? "an ordinary user counts her own command"
	su alice -s /bin/sh -c 'exec sleep 1000' &
	hers=$!
	usleep 300000
	run su alice -s /bin/sh -c "ringside count -t -p $hers --for 0.1"
	is "$status" 0 "and her own process"
	run su alice -s /bin/sh -c 'ringside count -t -u alice --for 0.1'
	is "$status" 0 "and all that is hers"
	for who in '-p 1' -a '-u root' '-u bob'; do
		refuses 1 'CAP_PERFMON' "$who is not hers" su alice -s /bin/sh -c "ringside count -t $who --for 0.1"
	done
	# shellcheck disable=SC2016 # the inner shell's
	refuses 1 'as many watches as one user may have' "a watch too many" su alice -s /bin/sh -c "
		for i in 1 2 3 4 5 6 7 8; do
			ringside count -t -p $hers >/dev/null 2>&1 &
		done
		"'tries=0
		until [ $(ringside watches -n | wc -l) = 8 ]; do
			usleep 10000
			tries=$((tries + 1))
			[ $tries -lt 500 ] || break
		done
		ringside count true
		status=$?
		kill $(jobs -p)
		wait
		exit $status'
	kill $hers
	wait $hers 2>/dev/null
}

chmod 755 "$work"
without_module
usage
commands
exact
others
people
# Watches end behind the backs of those who were killed; the module can go when they have.
tries=0
until [ "$(cat /sys/module/ringside/refcnt)" = 0 ] || [ $tries = 500 ]; do
	tries=$((tries + 1))
	usleep 20000
done
[ $tries -lt 500 ]
result $? "nothing is left"
echo "1..$count"
# A result that is not ok is a failure anyhow; this is for who runs it by hand.
[ "$count" -gt 0 ]
