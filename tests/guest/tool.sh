#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The tool as a person uses it: commands, options, exit statuses, words. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
tab=$(printf '\t')

# gives STATUS WHAT COMMAND...: exits so, and says nothing on stderr when all is well.
gives() {
	wanted=$1 what=$2
	shift 2
	run "$@"
	if [ "$wanted" = 0 ]; then
		[ "$status" = 0 ] && [ -s "$work/out" ] && [ ! -s "$work/err" ]
	else
		[ "$status" = "$wanted" ]
	fi
	result $? "$what"
}

has() {
	grep -qE "$1" "$work/out"
	result $? "$2"
}

json() {
	what=$1
	shift
	run "$@"
	elements=$("$here/helper-json" <"$work/out" 2>>"$work/err")
	[ "$status" = 0 ] && [ -n "$elements" ] && [ "$elements" -ge 1 ]
	result $? "$what"
}

without_module() {
	rmmod ringside
	for command in tasks memory slabs files status; do
		refuses 1 'the module is not loaded: modprobe ringside' "without the module, $command says what to do" \
			ringside $command
		refuses 1 'the module is not loaded: modprobe ringside' "and so with --via proc" \
			ringside $command --via proc
	done
	run ringside doctor
	[ "$status" != 0 ] && grep -q 'modprobe ringside' "$work/out"
	result $? "without the module, doctor says what to do"
	modprobe ringside
}

usage() {
	run ringside
	[ "$status" = 2 ] && grep -q '^Usage' "$work/err"
	result $? "no command: usage, on stderr"
	refuses 2 "no command 'nonsense'" "an unknown command" ringside nonsense
	refuses 2 'no option' "an unknown option" ringside tasks --nonsense
	refuses 2 'no option' "an unknown letter" ringside tasks -Z
	refuses 2 'needs an argument' "an option without its argument" ringside tasks -p
	refuses 2 'one argument too many' "an argument too many" ringside tasks extra
	refuses 2 "no column 'NOPE'" "a column that is not there" ringside tasks -o NOPE
	refuses 2 "no column 'NOPE'" "sorting by a column that is not there" ringside memory -S NOPE
	refuses 2 'netlink or proc' "an unknown face" ringside tasks --via carrier-pigeon
	gives 0 "--version" ringside --version
	has '^ringside [0-9]+\.[0-9]+' "it says a version"
	gives 0 "help" ringside help
	for command in tasks memory slabs count watches status doctor; do
		gives 0 "help $command" ringside help $command
		cp "$work/out" "$work/help"
		gives 0 "$command --help" ringside $command --help
		cmp -s "$work/out" "$work/help"
		result $? "both say the same"
		gives 0 "$command -H" ringside $command -H -n -r
		columns=$(cut -d' ' -f1 "$work/out" | paste -s -d,)
		whom=
		[ $command != count ] || whom='-a --for 0.05'
		# shellcheck disable=SC2086 # words
		gives 0 "$command with every column of its list" ringside $command $whom -r -o "$columns"
		[ "$(head -n 1 "$work/out")" = "$(echo "$columns" | tr , ' ')" ]
		result $? "and there they are"
		gives 0 "$command -H -O" ringside $command -H -O -n -r
		[ "$(grep -c ' 1 ' "$work/out")" = "$(echo "$columns" | tr , '\n' | wc -l)" ]
		result $? "which are all shown then"
	done
}

tasks() {
	gives 0 "tasks" ringside tasks
	has '^ *1 +0 root .* init$' "init is there"
	gives 0 "tasks -p" ringside tasks -n -r -o PID -p "1,$$"
	[ "$(paste -s -d' ' "$work/out")" = "1 $$" ]
	result $? "just these two"
	refuses 1 'no task 4000000' "a pid that is nobody's" ringside tasks -p 4000000
	run ringside tasks -n -r -o PID -p 1,4000000
	[ "$status" = 1 ] && [ "$(cat "$work/out")" = 1 ] && grep -q 4000000 "$work/err"
	result $? "one that is there and one that is not: the row, the word and status 1"
	for pid in abc 0 -1 '1,' 1x 99999999999; do
		refuses 2 '-p takes' "-p $pid" ringside tasks -p $pid
	done
	gives 0 "tasks -u by name" ringside tasks -u alice -n -r -o UID
	[ "$(sort -u "$work/out")" = 1000 ]
	result $? "just alice's"
	gives 0 "tasks -u by number" ringside tasks -u 1000 -n -r -o USER
	[ "$(sort -u "$work/out")" = alice ]
	result $? "just hers, too"
	refuses 2 'no user' "a user that is not there" ringside tasks -u nobodyhere
	gives 0 "tasks -C" ringside tasks -C init -n -r -o PID
	[ "$(cat "$work/out")" = 1 ]
	result $? "just that one"
	refuses 1 'no task matches' "no match" ringside tasks -C nosuchthing
	refuses 2 'at most 15 bytes' "a name that is too long" ringside tasks -C sixteen-letters-
	gives 0 "tasks -s" ringside tasks -s T -n -r -o PID
	[ "$(cat "$work/out")" = "$stopped" ]
	result $? "just the stopped one"
	refuses 2 'letters of' "a state that is none" ringside tasks -s Q
	gives 0 "tasks -k" ringside tasks -k -n -r -o KTHREAD
	[ "$(sort -u "$work/out")" = 1 ]
	result $? "kernel threads only"
	gives 0 "tasks -K" ringside tasks -K -n -r -o KTHREAD
	[ "$(sort -u "$work/out")" = 0 ]
	result $? "no kernel threads"
	refuses 2 'nothing to show' "-k and -K" ringside tasks -k -K
	mkdir -p /sys/fs/cgroup/tool
	echo "$sleeper" >/sys/fs/cgroup/tool/cgroup.procs
	for path in tool /tool /sys/fs/cgroup/tool; do
		gives 0 "tasks -g $path" ringside tasks -g $path -n -r -o PID,CGROUP
		[ "$(cat "$work/out")" = "$sleeper /tool" ]
		result $? "just the one in it"
	done
	refuses 2 'No such file' "a cgroup that is not there" ringside tasks -g /nosuch
	gives 0 "tasks -T" ringside tasks -T
	gives 0 "tasks --tree" ringside tasks --tree -K -o PID,COMM
	has '^ *1 init$' "the tree's root"
	has "[|\`]-" "and a branch"
	gives 0 "tasks -S" ringside tasks -S -PID -n -r -o PID
	sort -nr "$work/out" | cmp -s - "$work/out"
	result $? "sorted from high to low"
	gives 0 "tasks -o +" ringside tasks -o +SID -p 1
	has '^ *PID .* COMM +SID$' "a column added to the default"
	gives 0 "tasks -b" ringside tasks -b -n -o RSS -p 1
	has '^ *[0-9]{5,}$' "bytes"
	gives 0 "tasks -O" ringside tasks -O -p 1
	has ' USER_NS' "every column"
	# What /proc says of a quiet one.
	run ringside tasks -n -r -o PID,PPID,PGID,SID,NR_THREADS,VSIZE -p "$sleeper"
	wanted=$(sed 's/.*) //' "/proc/$sleeper/stat" | awk -v pid="$sleeper" '{ print pid, $2, $3, $4, $18, $21 }')
	[ "$(cat "$work/out")" = "$wanted" ]
	result $? "as /proc has it"
}

memory() {
	gives 0 "memory" ringside memory
	gives 0 "memory -o" ringside memory -n -r -b -o MEM_TOTAL
	kb=$(awk '/^MemTotal/ { print $2 * 1024 }' /proc/meminfo)
	[ "$(grep -oE '[0-9]+$' "$work/out")" = "$kb" ]
	result $? "as /proc/meminfo has it"
	gives 0 "memory -d -c" ringside memory -d 0.05 -c 3
	[ "$(wc -l <"$work/out")" = 4 ]
	result $? "a header and three lines"
	refuses 2 'number of seconds' "-d with a word" ringside memory -d soon
	refuses 2 'number of seconds' "-d 0" ringside memory -d 0
	refuses 2 'number of seconds' "-d below zero" ringside memory -d -1
	refuses 2 'whole number' "-c 0" ringside memory -c 0
}

inside() {
	gives 0 "maps PID" ringside maps $$
	has '0x[0-9a-f]+ .* \[stack\]$' "its stack is among them"
	gives 0 "maps PID -o" ringside maps $$ -n -r -o START,END,PERMS,RSS,NAME
	grep -q '^0x[0-9a-f]* 0x[0-9a-f]* r-xp [1-9][0-9]* /' "$work/out"
	result $? "raw: addresses in hexadecimal, and a program's code"
	address=$(sed -n '1s/ .*//p' "$work/out")
	gives 0 "maps PID ADDRESS" ringside maps $$ "$address"
	has '^PGD ' "the way begins at the top"
	gives 0 "maps PID ADDRESS, as /proc writes it" ringside maps $$ "${address#0x}" -n -r -o LEVEL,STATE
	[ "$(tail -n 1 "$work/out")" = "PTE page" ]
	result $? "and ends at a page"
	json "maps -J" ringside maps $$ -J
	json "maps ADDRESS -J" ringside maps $$ "$address" -J
	refuses 1 'no area with this address' "an address that is none of its" ringside maps $$ 10
	refuses 1 "it is the kernel's own" "a kernel thread" ringside maps 2
	refuses 1 'no process has this pid' "nobody" ringside maps 4194303
	refuses 2 'takes a process id' "no pid" ringside maps
	refuses 2 'no process id' "a pid in words" ringside maps init
	refuses 2 'no address' "an address in words" ringside maps $$ stack
	refuses 2 'there is no file of it' "maps --via proc" ringside maps $$ --via proc
	gives 0 "files" ringside files
	gives 0 "files -p" ringside files -p $$ -n -r -o PID,FD,NAME
	grep -q "^$$ [0-9]* $0\$" "$work/out" && ! grep -qv "^$$ " "$work/out"
	result $? "this script is among them, and nobody else's"
	gives 0 "files -u" ringside files -u root -n -r -o USER
	[ "$(sort -u "$work/out")" = root ]
	result $? "files -u: just those of that user"
	json "files -J" ringside files -J
	gives 0 "files --via proc" ringside files -p $$ -n -r -o PID,FD,NAME --via proc
	has " $0\$" "says so too"
	refuses 1 'no open file of a process 4194303' "files of nobody" ringside files -p 4194303
}

slabs() {
	gives 0 "slabs" ringside slabs
	gives 0 "slabs NAME" ringside slabs dentry -n -r -o NAME,OBJSIZE,OBJPERSLAB,PAGESPERSLAB
	wanted=$(awk '$1 == "dentry" { print $1, $4, $5, $6 }' /proc/slabinfo)
	[ "$(cat "$work/out")" = "$wanted" ]
	result $? "as /proc/slabinfo has it"
	gives 0 "slabs PATTERN" ringside slabs 'kmalloc-*' -n -r -o NAME
	[ "$(grep -vc '^kmalloc-' "$work/out")" = 0 ]
	result $? "just those"
	refuses 1 'no cache is called nosuch' "a cache that is not there" ringside slabs nosuch
	gives 0 "slabs -d -c" ringside slabs -d 0.05 -c 2
	gives 0 "slabs -S" ringside slabs -S -BYTES -n -r -o BYTES
	sort -nr "$work/out" | cmp -s - "$work/out"
	result $? "sorted by bytes"
}

# A name with a newline, a tab, a backslash, a quote and a byte that is no UTF-8.
odd_name() {
	odd=$(printf '%s/busybox\n\t\\"\377x' "$work")
	cp /bin/busybox "$odd"
	"$odd" sleep 1000 &
	odd_pid=$!
	usleep 300000
	run ringside tasks -p $odd_pid
	[ "$status" = 0 ] && [ "$(wc -l <"$work/out")" = 2 ] && ! grep -q "$tab" "$work/out"
	result $? "an odd name keeps to its line, without control bytes"
	run ringside tasks -r -n -o PID,COMM,PPID -p $odd_pid
	[ "$(wc -l <"$work/out")" = 1 ] && [ "$(wc -w <"$work/out")" = 3 ]
	result $? "and to its column with -r"
	json "and is JSON with -J" ringside tasks -J -p $odd_pid
	json "and so with --via proc" ringside tasks -J -p $odd_pid --via proc
	kill $odd_pid
	wait $odd_pid 2>/dev/null
}

faces() {
	for command in tasks memory slabs files status; do
		json "$command -J is JSON" ringside $command -J
		json "$command -J with every column" ringside $command -J -O
		gives 0 "$command --via proc" ringside $command --via proc
		json "$command -J --via proc is JSON" ringside $command -J --via proc
	done
	json "doctor -J is JSON" ringside doctor -J
	json "tasks --tree -J is JSON" ringside tasks --tree -J
	json "memory -d -J is JSON" ringside memory -d 0.05 -c 1 -J
	# The same by both ways, of what is quiet.
	for columns in PID,TGID,PPID,PGID,SID,UID,EUID,GID,EGID,STATE,COMM,KTHREAD,NR_THREADS,NICE,PRIORITY,POLICY \
		UTIME,STIME,START_TIME,VSIZE,RSS_ANON,RSS_FILE,RSS_SHMEM,SWAP,MIN_FLT,MAJ_FLT,NVCSW,NIVCSW,NR_FDS,CGROUP_ID \
		PID_NS,MNT_NS,NET_NS,USER_NS; do
		ringside tasks -r -p "$sleeper,$stopped,$hers" -o $columns >"$work/netlink"
		run ringside tasks -r -p "$sleeper,$stopped,$hers" -o $columns --via proc
		[ "$status" = 0 ] && cmp -s "$work/netlink" "$work/out" && [ "$(wc -l <"$work/out")" = 4 ]
		result $? "--via proc says the same as netlink: $columns"
	done
	# By default they are sorted by what moves.
	columns=NAME,OBJSIZE,OBJPERSLAB,PAGESPERSLAB,ALIASES,RECLAIMABLE,RCU_FREED
	ringside slabs -r -S NAME -o $columns >"$work/netlink"
	run ringside slabs -r -S NAME -o $columns --via proc
	cmp -s "$work/netlink" "$work/out"
	result $? "--via proc says the same as netlink: slabs"
	ringside status -r >"$work/netlink"
	run ringside status -r --via proc
	cmp -s "$work/netlink" "$work/out"
	result $? "--via proc says the same as netlink: status"
}

output() {
	for command in tasks memory slabs status doctor help; do
		ringside $command >/dev/full 2>"$work/err"
		status=$?
		last="ringside $command >/dev/full gives $status"
		: >"$work/out"
		[ $status = 1 ] && grep -q 'No space left' "$work/err"
		result $? "$command to a full disk: status 1, and a word"
	done
	for command in tasks slabs; do
		(ringside $command -O 2>"$work/err") | true
		(ringside $command -O -J 2>>"$work/err") | head -n 1 >"$work/out"
		[ ! -s "$work/err" ]
		result $? "$command into a pipe that closes: quiet"
	done
	ringside tasks >&- 2>"$work/err"
	status=$?
	last="ringside tasks >&- gives $status"
	[ $status != 0 ] && [ -s "$work/err" ]
	result $? "without standard output: a word"
	ringside tasks -o PID,COMM >"$work/out"
	! grep -q "$(printf '\033')" "$work/out"
	result $? "no colours into a file"
}

others() {
	for command in memory slabs; do
		for via in netlink proc; do
			refuses 1 'needs CAP_PERFMON' "$command --via $via as an ordinary user says what it takes" \
				su alice -s /bin/sh -c "ringside $command --via $via"
		done
	done
	run su alice -s /bin/sh -c 'ringside tasks -n -r -o USER'
	[ "$status" = 0 ] && [ "$(sort -u "$work/out")" = alice ]
	result $? "tasks as an ordinary user: just her own"
	run su alice -s /bin/sh -c 'ringside files -n -r -o USER'
	[ "$status" = 0 ] && [ "$(sort -u "$work/out")" = alice ]
	result $? "files as an ordinary user: just of her own"
	refuses 1 'not yours to look into' "maps of a process that is not hers" su alice -s /bin/sh -c 'ringside maps 1'
	gives 0 "status as an ordinary user" su alice -s /bin/sh -c 'ringside status'
	refuses 1 'no task 1 ' "a pid that is not hers" su alice -s /bin/sh -c 'ringside tasks -p 1'
}

sleep 1000 &
sleeper=$!
sleep 1000 &
stopped=$!
kill -STOP $stopped
su alice -s /bin/sh -c 'exec sleep 1000' &
hers=$!
usleep 500000
chmod 755 "$work"

without_module
usage
tasks
memory
slabs
inside
odd_name
faces
output
others
kill -KILL $sleeper $stopped $hers
wait 2>/dev/null
rmdir /sys/fs/cgroup/tool
echo "1..$count"
# A result that is not ok is a failure anyhow; this is for who runs it by hand.
[ "$count" -gt 0 ]
