#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ringside trace: the lines that strace has of the same programs, and whatever may go wrong. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
shown=20
exec </dev/null
actor=$here/helper-trace

# What is left of a trace of "-f -o" once all is gone that differs from run to run: numbers of processes and addresses;
# and what strace alone tells: signals, how many variables an environment has, what devices a file is. Calls that
# strace shows in two halves are put together. Processes come one after the other.
canonical() {
	awk '{
		pid = $1
		sub(/^[0-9]+ +/, "")
		if (/^--- /) next
		if (sub(/ *<unfinished \.\.\.>$/, "")) { held[pid] = $0; next }
		if (sub(/^<\.\.\. [a-z0-9_]+ resumed>/, "")) $0 = held[pid] (held[pid] ~ /,$/ ? " " : "") $0
		print pid, $0
	}' "$1" | sort -s -n -k 1,1 | awk '{
		if ($1 != last) processes++
		last = $1
		sub(/^[0-9]+/, processes)
		print
	}' | sed -E '
		s/\) +=/) =/
		s#( /\* [0-9]+ (vars?|entries) \*/| /\* unreadable \*/)##
		s/<(socket|pipe):\[[0-9]+\]>//g
		s/0x[0-9a-f]{6,}/ADDRESS/g
		s/^([0-9]+ (clone|fork|vfork|wait4|getpid|getppid|gettid|set_tid_address|getpgrp)\(.*\) =) [0-9]+$/\1 PID/
		s/^([0-9]+ clone3\()\{.*\}, 88\) = [0-9]+$/\1...) = PID/
		s/^([0-9]+ (wait4|kill)\()[0-9][0-9]+,/\1PID,/
		s/^([0-9]+ rt_sigreturn\().*/\1)/
		s/^([0-9]+ (uname|prctl)\()[^=]*(\{.*\})?\) =/\1...) =/
		s/^([0-9]+ getrandom\()".*", ([0-9]+, )/\1"...", \2/
		s/(st_mode=S_IFCHR\|[0-7]+), [^}]*\}/\1}/'
}

# same WHAT OPTION... -- COMMAND...: strace and ringside show the same.
same() {
	what=$1
	shift
	strace -f -o "$work/theirs" "$@" >/dev/null 2>&1 </dev/null
	# What the program writes to is in its trace.
	: >"$work/out"
	ringside trace -f -o "$work/ours" "$@" >/dev/null 2>"$work/err" </dev/null
	last="ringside trace $* gives $?"
	canonical "$work/theirs" | grep -v "$left_out" >"$work/theirs.same"
	canonical "$work/ours" | grep -v "$left_out" >"$work/ours.same"
	[ -s "$work/theirs.same" ] && cmp -s "$work/theirs.same" "$work/ours.same"
	matched=$?
	result $matched "$what: $(wc -l <"$work/ours.same") lines as strace has them"
	[ $matched = 0 ] || diff "$work/theirs.same" "$work/ours.same" | grep '^[-+<>]' | head -n 30 | sed 's/^/# /'
	left_out='^$'
}
left_out='^$'

as_strace() {
	same "calls of all kinds" "$actor" calls
	same "bytes that are no characters" "$actor" odd
	same "pointers to nothing" "$actor" nowhere
	# Whether a thread is waited for depends on who is faster.
	left_out=' futex('
	same "children, other programs, a thread" "$actor" family
	# When a signal comes is not the same twice.
	left_out=' rt_sigreturn('
	same "a shell and its pipe" sh -c 'ls / | wc -l; cat /nosuch'
	same "what descriptors are open on" -y "$actor" calls
	# strace shows numbers that are no call's whatever is chosen.
	left_out=' syscall_0x'
	same "just some calls" -e trace=openat,%network "$actor" calls
	same "all but some" -e '!read,write' "$actor" calls
	same "just failures" -Z "$actor" calls
	same "just successes" -z "$actor" calls
	same "shorter strings" -s 5 "$actor" calls
}

stamps() {
	number='[0-9]+\.[0-9]{6}'
	run ringside trace -T "$actor" reads 3 /dev/zero
	says "^read\(3, \"\\\\0\", 1\) += 1 <$number>$" "-T"
	run ringside trace -r "$actor" reads 3 /dev/zero
	says "^ +$number getppid\(\) +=" "-r"
	run ringside trace -t "$actor" reads 3 /dev/zero
	says '^[0-2][0-9]:[0-5][0-9]:[0-5][0-9] getppid' "-t"
	run ringside trace -tt "$actor" reads 3 /dev/zero
	says '^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6} getppid' "-tt"
	before=$(date +%s)
	run ringside trace -ttt "$actor" reads 3 /dev/zero
	after=$(date +%s)
	awk -v before="$before" -v after="$after" '/getppid/ { if ($1 < before || $1 > after + 1) bad = 1; n++ }
		END { exit bad || n != 3 }' "$work/err"
	result $? "-ttt is the time of day"
	run ringside trace -T sleep 0.3
	awk -F '[<>]' '/nanosleep/ && $2 >= 0.3 && $2 < 20 { found = 1 } END { exit !found }' "$work/err"
	result $? "a sleep's time"
	# What took longer than the tool waits for comes when it is over; of what never returned that is not told.
	run ringside trace -f -ttt -T -o "$work/ours" "$actor" family
	awk '{
			began = $2 + 0
			took = match($0, /<[0-9.]+>$/) ? substr($0, RSTART + 1, RLENGTH - 2) + 0 : 0
			if (began < last && took < 0.02 && !/ = \?/) { bad = 1; print }
			if (began > last) last = began
		} END { exit bad || NR < 50 }' "$work/ours" >"$work/out"
	result $? "lines are in the order in which calls began"
}

# The command is as it would be without us.
commands() {
	run ringside trace -e none -- sh -c 'echo out; echo err >&2; exit 7'
	[ "$status" = 7 ] && [ "$(cat "$work/out")" = out ] && grep -qx err "$work/err"
	result $? "a command's output and exit status are its own"
	says '^\+\+\+ exited with 7 \+\+\+$' "its end is told"
	# shellcheck disable=SC2016 # the inner shell's
	for signal in TERM KILL SEGV; do
		run ringside trace sh -c "kill -$signal \$\$"
		is "$status" $((128 + $(kill -l $signal))) "killed by SIG$signal: the exit status"
		says "^\+\+\+ killed by SIG$signal( \(core dumped\))? \+\+\+$" "and the last line"
	done
	# shellcheck disable=SC2016 # the inner shell's
	killer='sleep 100 & pid=$!; usleep 100000; kill -KILL $pid; wait'
	run ringside trace sh -c "$killer"
	! grep -q nanosleep "$work/err"
	result $? "without -f just the one"
	run ringside trace -f sh -c "$killer"
	says '^\[pid +[0-9]+\] .*nanosleep\(.* = \? (ERESTART_RESTARTBLOCK|<did not return>)' "a call that its thread was killed in"
	refuses 127 "no command 'nosuchcommand'" "a command that is not there" ringside trace nosuchcommand
	refuses 127 'No such file' "nor as a path" ringside trace /nosuch/command
	refuses 126 'Permission denied' "a file that is no program" ringside trace /etc/passwd
	refuses 2 'trace whom?' "nobody" ringside trace
	refuses 2 'not both' "a command and a process" ringside trace -p 1 true
	refuses 2 'leave no call' "-z and -Z" ringside trace -z -Z true
	refuses 2 'no option' "an unknown option" ringside trace --nonsense true
	refuses 2 'did you mean' "-e with a slip" ringside trace -e openatt true
	refuses 2 'number of bytes' "-s 0" ringside trace -s 0 true
	refuses 2 'copies no more' "-s with more than there is" ringside trace -s 100000 true
	refuses 1 'pid 4000000: .*ended' "a pid that is nobody's" ringside trace -p 4000000
}

output() {
	run ringside trace -o "$work/ours" -- sh -c 'ls / >/dev/null'
	[ "$status" = 0 ] && [ ! -s "$work/err" ] && grep -q '^execve(' "$work/ours"
	result $? "-o, and nothing is said"
	refuses 1 'No such file' "-o to a folder that is not there" ringside trace -o /nosuch/file true
	rm -f "$work/ran"
	run ringside trace -f -o /dev/full -- sh -c "ls / >/dev/null; touch $work/ran"
	[ "$status" = 1 ] && [ "$(grep -c 'No space left' "$work/err")" = 1 ] && [ -e "$work/ran" ]
	result $? "a full disk: said once, status 1, and the command went on"
	(ringside trace -f sh -c 'ls / / / /; ls /' 2>&1 >/dev/null) 2>"$work/err" | head -n 1 >"$work/out"
	[ "$(wc -l <"$work/out")" = 1 ] && [ ! -s "$work/err" ]
	result $? "into a pipe that closes: quiet"
	until_watches 0
	result $? "and nothing is left of it"

	"$actor" interrupted ringside trace -o "$work/ours" sleep 1000 &
	pid=$!
	until_watches 1
	usleep 200000
	kill -INT $pid
	wait $pid
	is $? 130 "Ctrl-C ends the command, and its trace as the command"
	grep -q '^+++ killed by SIGINT +++$' "$work/ours"
	result $? "and is told"
	sleep 1000 &
	target=$!
	"$actor" interrupted ringside trace -o "$work/ours" -p $target &
	pid=$!
	until_watches 1
	usleep 200000
	kill -INT $pid
	wait $pid
	is $? 0 "Ctrl-C ends a trace of a process"
	kill -0 $target
	result $? "which goes on"
	kill $target
	wait $target 2>/dev/null
	sh -c "until [ -e $work/go ]; do usleep 20000; done; cat /nosuch; exit 0" 2>/dev/null &
	target=$!
	ringside trace -f -o "$work/ours" -p $target &
	pid=$!
	until_watches 1
	usleep 200000
	touch "$work/go"
	wait $pid
	is $? 0 "a trace of a process ends with it"
	grep -qE '^[0-9]+ +open(at)?\(.*"/nosuch", O_RDONLY.*\) += -1 ENOENT \(No such file or directory\)$' "$work/ours"
	result $? "and has its children"
}

# What the tool has no table of is shown by the types that the kernel tells; else as numbers.
rare() {
	grep -q ' /sys/kernel/tracing ' /proc/mounts || mount -t tracefs none /sys/kernel/tracing
	run ringside trace -e sched_getattr "$actor" rare
	says '^sched_getattr\(-1, NULL, 48, 0\) += -1 EINVAL' "a rare call, by its types"
	umount /sys/kernel/tracing
	while umount /sys/kernel/debug 2>/dev/null; do :; done
	run ringside trace -e sched_getattr "$actor" rare
	says '^sched_getattr\(0xffffffff(ffffffff)?, 0x0, 0x30, 0x0(, 0x[0-9a-f]+){2}\) += -1 EINVAL' "and where the kernel tells none"
	mount -t debugfs none /sys/kernel/debug
}

# A program that runs with another user's rights.
setuid() {
	cp "$actor" "$work/suid"
	chmod 4755 "$work/suid"
	run su alice -s /bin/sh -c "ringside trace -f $work/suid who"
	[ "$status" = 0 ] && [ "$(cat "$work/out")" = 0 ]
	result $? "a set-user-ID program of an ordinary user gets its rights"
	says 'no longer followed: it runs as somebody else now' "and is followed no more, which is said"
	! grep -q 'geteuid\|write(1' "$work/err"
	result $? "nothing is shown of what it does then"
	run ringside trace -f su alice -s /bin/sh -c "$work/suid who"
	[ "$status" = 0 ] && grep -q 'geteuid() *= 0$' "$work/err"
	result $? "root sees it"
	refuses 1 'CAP_PERFMON' "what is not hers" su alice -s /bin/sh -c 'ringside trace -p 1'
}

# Faster than a small reader: what is lost is counted, what is not is there.
many() {
	run ringside trace -o "$work/ours" "$actor" reads 100000 /dev/zero
	told=$(grep -cE '^(read|getppid)\(' "$work/ours")
	lost=$(sed -n 's/^+++ \([0-9]*\) records lost .*/\1/p' "$work/ours" | awk '{ n += $1 } END { print n + 0 }')
	[ $((told + lost)) -ge 200000 ] && [ "$told" -gt 0 ]
	result $? "200,000 calls: $told shown, $lost told as lost"
	[ "$lost" = 0 ] || grep -q "records were lost" "$work/err"
	result $? "what was lost is said at the end"
}

chmod 755 "$work" "$here" "$actor"
rmmod ringside
refuses 1 'the module is not loaded: modprobe ringside' "without the module" ringside trace true
modprobe ringside
as_strace
stamps
commands
output
rare
setuid
many
echo "1..$count"
# A result that is not ok is a failure anyhow; this is for who runs it by hand.
[ "$count" -gt 0 ]
