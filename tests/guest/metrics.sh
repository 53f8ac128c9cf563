#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ringside metrics: every series against the other faces, the syntax, and a file that is there whole or not at all. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
calls=$here/helper-calls
rounds=20

# metrics WHAT ARGUMENT...: well, without a word, and valid; "NAME|VALUE OF LABEL|... VALUE" in series.
metrics() {
	what=$1 format=
	shift
	case " $* " in
	*' --openmetrics '*) format=--openmetrics ;;
	esac
	run ringside metrics "$@"
	# shellcheck disable=SC2086 # nothing, or an option
	[ "$status" = 0 ] && [ ! -s "$work/err" ] && "$here/helper-metrics" $format <"$work/out" >"$work/series" 2>"$work/err"
	result $? "$what"
}

# families FILE: the names in the heads.
families() {
	sed -n 's/^# TYPE \([^ ]*\) .*/\1/p' "$1"
}

# value SERIES
value() {
	awk -v series="$1" '$1 == series { print $2 }' "$work/series"
}

# same FILE WANTED WHAT: as sets of lines.
same() {
	sort "$1" >"$work/got"
	sort "$2" >"$work/wanted"
	cmp -s "$work/got" "$work/wanted"
	same=$?
	[ $same = 0 ] || diff "$work/wanted" "$work/got" >"$work/out"
	[ -s "$work/wanted" ] && [ $same = 0 ]
	result $? "$3 ($(wc -l <"$work/wanted") lines)"
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
	refuses 1 'the module is not loaded: modprobe ringside' "without the module it says what to do" ringside metrics
	refuses 1 'the module is not loaded: modprobe ringside' "and writes no file" ringside metrics --to "$work/none"
	[ -z "$(ls "$work"/none* 2>/dev/null)" ]
	result $? "there is none"
	modprobe ringside
}

usage() {
	refuses 2 'no option' "an unknown option" ringside metrics --nonsense
	refuses 2 'no option' "an option of the tables'" ringside metrics -J
	refuses 2 'needs an argument' "--to without a file" ringside metrics --to
	refuses 2 'takes no argument' "--openmetrics with one" ringside metrics --openmetrics=1
	refuses 2 "no part 'taks': did you mean 'tasks'" "a part with a slip" ringside metrics memory taks
	refuses 2 "no part ''" "an empty one" ringside metrics ''
	refuses 2 "no part 'nonsense'" "what is wrong is said before a file is touched" ringside metrics --to "$work/none" nonsense
	[ ! -e "$work/none" ]
	result $? "there is none"
	run ringside help metrics
	cp "$work/out" "$work/help"
	run ringside metrics --help
	[ "$status" = 0 ] && [ -s "$work/out" ] && cmp -s "$work/out" "$work/help"
	result $? "help metrics and metrics --help say the same"
	parts=$(sed -n '/^Parts:/,/^$/{ s/^  *\([a-z]*\)  .*/\1/p }' "$work/help" | paste -s -d' ')
	is "$parts" 'syscalls slabs tasks memory' "the parts that help names"
	[ "$(wc -l <"$work/help")" -le 24 ] && ! grep -q '.\{100\}' "$work/help" && grep -q 'watch_new$' "$work/help"
	result $? "which fits a screen, and says how calls come to be counted"
}

formats() {
	metrics "all in Prometheus's text format"
	families "$work/out" >"$work/families"
	cut -d'|' -f1 "$work/series" | cut -d' ' -f1 | grep -v '^ringside_slab' >"$work/names"
	[ "$(grep -c ' counter$' "$work/out")" -ge 20 ] && [ "$(grep -c ' gauge$' "$work/out")" -ge 30 ]
	result $? "counters and gauges"
	metrics "and again"
	families "$work/out" >"$work/again"
	cmp -s "$work/families" "$work/again"
	result $? "the families are the same, in the same order"
	cut -d'|' -f1 "$work/series" | cut -d' ' -f1 | grep -v '^ringside_slab' | cmp -s - "$work/names"
	result $? "and so are the samples"
	metrics "all in OpenMetrics" --openmetrics
	is "$(tail -n 1 "$work/out")" '# EOF' "which ends so"
	cut -d'|' -f1 "$work/series" | cut -d' ' -f1 | grep -v '^ringside_slab' | cmp -s - "$work/names"
	result $? "the samples are those of the other format"
	sed 's/_total$//' "$work/families" >"$work/wanted"
	families "$work/out" | cmp -s - "$work/wanted"
	result $? "and so are the families, without _total"
	: >"$work/each"
	for part in $parts; do
		metrics "just $part" "$part"
		families "$work/out" >>"$work/each"
		metrics "$part in OpenMetrics" --openmetrics "$part"
	done
	cmp -s "$work/each" "$work/families"
	result $? "the parts together are all there is"
	metrics "two parts, one of them twice" memory slabs memory
	families "$work/out" >"$work/each"
	metrics "and in another order" slabs memory
	families "$work/out" | cmp -s - "$work/each"
	result $? "are the same"
	for part in '' slabs; do
		# shellcheck disable=SC2086 # nothing, or a part
		ringside metrics $part >/dev/full 2>"$work/err"
		status=$? last="to a full disk"
		[ $status = 1 ] && grep -q 'No space left' "$work/err"
		result $? "to a full disk: status 1, and a word"
	done
	(ringside metrics 2>"$work/err") | head -n 1 >"$work/out"
	[ ! -s "$work/err" ]
	result $? "into a pipe that closes: quiet"
}

# inbetween KIND: of files before.N, got.N and after.N, with lines NAME VALUE: every name is in each, and every value
# between the two around it, a counter's each time, a gauge's at least once. Words on those that are not.
inbetween() {
	i=0
	while [ $i -lt $rounds ]; do
		awk -v i=$i '{ print i, FILENAME, $0 }' "$work/before.$i" "$work/got.$i" "$work/after.$i"
		i=$((i + 1))
	done | sed "s#$work/\(before\|got\|after\)\.[0-9]*#\1#" | awk -v rounds=$rounds '
		{ key = $1 SUBSEP $3; has[$2, key] = 1; value[$2, key] = $4; names[$3] = 1 }
		END {
			for (name in names) {
				good = 0
				for (i = 0; i < rounds; i++) {
					key = i SUBSEP name
					if (!(("got", key) in has) || !(("before", key) in has) || !(("after", key) in has)) {
						print name " is not everywhere, in round " i
						break
					}
					b = value["before", key] + 0; g = value["got", key] + 0; a = value["after", key] + 0
					if ((b <= g && g <= a) || (a <= g && g <= b))
						good++
					else if (name ~ /_total/)
						print name " is " g " between " b " and " a
				}
				if (!good) print name " is nothing like it, at last " g ", not " b " or " a
			}
		}'
}

# Something goes on meanwhile: what goes up and down does so, and two readings have others between them.
busy() {
	while :; do
		ringside memory -J >"$work/busy"
		cat "$work/busy" "$work/busy" "$work/busy" >"$work/busy.more"
	done &
	busy=$!
}

# proc_memory: the file in /proc as lines of metrics. What only grows, which it does not say, is told here.
proc_memory() {
	awk 'NR > 1 {
		unit = $3 == "bytes" ? "_bytes" : ""
		total = $1 ~ /^(pg|pswp|oom_kill|context_switches)/ ? "_total" : ""
		print "ringside_memory_" $1 unit total, $2
	}' /proc/ringside/memory
}

memory() {
	busy
	i=0
	while [ $i -lt $rounds ]; do
		proc_memory >"$work/before.$i"
		# One process, as the other reader is: each has its memory and stack.
		ringside metrics memory >"$work/raw"
		proc_memory >"$work/after.$i"
		grep -v '^#' "$work/raw" >"$work/got.$i"
		i=$((i + 1))
	done
	kill $busy
	wait $busy 2>/dev/null
	is "$(wc -l <"$work/got.0")" "$(($(wc -l </proc/ringside/memory) - 1))" "memory has every field"
	inbetween >"$work/out"
	[ ! -s "$work/out" ]
	result $? "as /proc/ringside/memory has it"
	metrics "memory" memory
	is "$(value ringside_memory_mem_total_bytes)" "$(awk '/^MemTotal/ { print $2 * 1024 }' /proc/meminfo)" "bytes are bytes"
}

proc_slabs() {
	awk 'NR > 1 {
		print "ringside_slab_bytes|" $1, $8
		print "ringside_slab_active_objects|" $1, $2
		print "ringside_slab_objects|" $1, $3
	}' /proc/ringside/slabs
}

slabs() {
	busy
	i=0
	while [ $i -lt $rounds ]; do
		proc_slabs >"$work/before.$i"
		ringside metrics slabs >"$work/raw"
		proc_slabs >"$work/after.$i"
		"$here/helper-metrics" <"$work/raw" >"$work/got.$i"
		i=$((i + 1))
	done
	kill $busy
	wait $busy 2>/dev/null
	is "$(wc -l <"$work/got.0")" "$((3 * ($(wc -l </proc/ringside/slabs) - 1)))" "slabs have three series each"
	inbetween >"$work/out"
	[ ! -s "$work/out" ]
	result $? "as /proc/ringside/slabs has it"
}

# look WHEN: as ringside tasks tells it. Nothing else runs meanwhile than when metrics are read.
look() {
	ringside tasks -n -r -o STATE >"$work/tasks.$1"
	ringside tasks -n -r -o STATE -T >"$work/threads.$1"
}

# states WHEN: that, as lines of metrics, with each state that there may be.
states() {
	for name in tasks threads; do
		awk -v name="ringside_$name" '
		BEGIN { split("R S D T t X Z P I", letters, " "); for (i in letters) n[letters[i]] = 0 }
		{ n[$1]++ }
		END { for (letter in n) print name "|" letter, n[letter] }' "$work/$name.$1"
	done | sort
}

tasks() {
	"$calls" threads 5 wait "$work/never" &
	threads=$!
	sleep 1000 &
	stopped=$!
	# A zombie: its parent is a sleep, which waits for nobody.
	sh -c 'true & exec sleep 1000' &
	parent=$!
	usleep 300000
	kill -STOP $threads $stopped
	usleep 100000
	# Kernel threads come and go: until there is a moment in which none does.
	tries=0
	until [ $tries = 100 ]; do
		tries=$((tries + 1))
		look before
		run ringside metrics tasks
		look after
		states before >"$work/before"
		states after >"$work/after"
		"$here/helper-metrics" <"$work/out" | sort >"$work/series"
		cmp -s "$work/before" "$work/after" && cmp -s "$work/before" "$work/series" && break
	done
	diff "$work/before" "$work/series" >"$work/out"
	[ $tries -lt 100 ]
	result $? "tasks and threads, in all their states, as ringside tasks has them"
	is "$(value 'ringside_tasks|T')" 2 "two are stopped"
	is "$(value 'ringside_threads|T')" 7 "one of them with all of its threads"
	is "$(value 'ringside_tasks|Z')" 1 "one is a zombie"
	is "$(value 'ringside_tasks|X')" 0 "a state that nobody is in is 0"
	kill -KILL $threads $stopped $parent
	wait $threads $stopped $parent 2>/dev/null
}

# The watches of the module's own files, as lines of metrics; with names for the calls that helper-calls makes.
proc_syscalls() {
	awk '
		BEGIN {
			n = split("0 read 1 write 3 close 9 mmap 10 mprotect 11 munmap 12 brk 13 rt_sigaction 14 rt_sigprocmask " \
				"21 access 28 madvise 35 nanosleep 56 clone 61 wait4 80 chdir 111 getpgrp 202 futex " \
				"219 restart_syscall 230 clock_nanosleep 257 openat 273 set_robust_list 334 rseq 435 clone3 " \
				"439 faccessat2 500 syscall_0x1f4", word, " ")
			for (i = 1; i < n; i += 2)
				names["x86_64", word[i]] = word[i + 1]
			names["x86_64", -1] = "(out of range)"
			names["x86", 20] = "getpid"
		}
		function call() { return $2 "|" $7 "|" (($7, $8) in names ? names[$7, $8] : $8) }
		function seconds(ns) { return sprintf("%d.%09d", int(ns / 1e9), ns % 1e9) }
		FILENAME ~ /watches$/ && FNR > 1 && $2 != "-" {
			named++
			times[$2] = $8
			print "ringside_watch_missed_calls_total|" $2, $15
			print "ringside_watch_unkept_threads_total|" $2, $16
			print "ringside_watch_lapsed_seconds_total|" $2, seconds($17)
		}
		FILENAME ~ /syscalls$/ && FNR > 1 && $2 != "-" {
			key = call()
			calls[key] += $9; time[key] += $11; cpu[key] += $12
		}
		FILENAME ~ /errors$/ && FNR > 1 && $2 != "-" {
			name = $9 == 2 ? "ENOENT" : $9 == 9 ? "EBADF" : $9 == 14 ? "EFAULT" : $9 == 38 ? "ENOSYS" :
				$9 == 516 ? "ERESTART_RESTARTBLOCK" : $9
			errors[call() "|" name] += $10
		}
		END {
			print "ringside_watches", named + 0
			for (key in calls) {
				split(key, part, "|")
				print "ringside_syscalls_total|" key, calls[key]
				if (!times[part[1]])
					continue
				print "ringside_syscall_seconds_total|" key, seconds(time[key])
				print "ringside_syscall_cpu_seconds_total|" key, seconds(cpu[key])
			}
			for (key in errors)
				print "ringside_syscall_errors_total|" key, errors[key]
		}' /proc/ringside/watches /proc/ringside/syscalls /proc/ringside/errors
}

syscalls() {
	metrics "without a watch it is well, too" syscalls
	is "$(cat "$work/series")" 'ringside_watches 0' "there is none, and that is all"
	grep -q '^# HELP ringside_watches .*watch_new$' "$work/out"
	result $? "the help says how to make one"
	grep -q '^# TYPE ringside_syscalls_total counter$' "$work/out"
	result $? "and what there would be"
	ringside count -t -p $$ >"$work/table" 2>&1 &
	unnamed=$!
	tries=0
	until [ "$(ringside watches -n | wc -l)" = 1 ] || [ $tries = 500 ]; do
		tries=$((tries + 1))
		usleep 10000
	done
	metrics "with a watch that has no name" syscalls
	[ $tries -lt 500 ] && [ "$(cat "$work/series")" = 'ringside_watches 0' ]
	result $? "whose calls are its maker's"

	"$calls" children 3 threads 2 wait "$work/go" call 111 100 call 80 5 call 500 2 call 100000 3 compat 20 4 \
		make "$work/done" wait "$work/stop" &
	target=$!
	usleep 300000
	{
		echo "exact pid=$target times" && echo "apart pid=$target by=process times" && echo "plain pid=$target" &&
			echo 'no.body_1-2 uid=4711 times'
	} >"$work/watches"
	while read -r line; do
		echo "$line" >/sys/kernel/ringside/watch_new
	done <"$work/watches"
	touch "$work/go"
	until_there "$work/done"
	usleep 500000
	# Who is stopped makes no calls, so that all faces have the same.
	# shellcheck disable=SC2046 # a list
	kill -STOP $(ringside tasks -n -r -o PID,PPID | awk -v parent=$target '$2 == parent { print $1 }')
	usleep 200000
	proc_syscalls >"$work/before"
	metrics "with watches that have names" syscalls
	cp "$work/out" "$work/first"
	same "$work/series" "$work/before" "every series of them as in /proc/ringside"
	proc_syscalls >"$work/after"
	same "$work/before" "$work/after" "nothing moved meanwhile"
	is "$(value ringside_watches)" 4 "all of them are told"
	for watch in exact apart plain; do
		is "$(value "ringside_syscalls_total|$watch|x86_64|getpgrp")" 600 "$watch: calls of all threads of all children"
	done
	for watch in exact apart; do
		is "$(value "ringside_syscall_errors_total|$watch|x86_64|chdir|EFAULT")" 30 "$watch: errors by name"
	done
	is "$(value "ringside_syscalls_total|exact|x86|getpid")" 24 "32-bit calls stand apart"
	is "$(grep -c '^ringside_syscall_.*|plain|' "$work/series")" 0 "without times there are none"
	is "$(grep -c 'no.body_1-2' "$work/series")" 3 "a watch that has counted nothing"
	[ "$(grep -c '^ringside_syscall_seconds_total|apart|' "$work/series")" -ge 5 ]
	result $? "with times there are"
	metrics "once more" syscalls
	cmp -s "$work/out" "$work/first"
	result $? "byte for byte the same"
	metrics "and in OpenMetrics" syscalls --openmetrics
	same "$work/series" "$work/before" "the same series"
	grep -q '^# UNIT ringside_syscall_seconds seconds$' "$work/out"
	result $? "with their unit"

	kill -TERM $unnamed
	wait $unnamed 2>/dev/null
	touch "$work/stop"
	# shellcheck disable=SC2046 # a list
	kill -CONT $(ringside tasks -n -r -o PID,PPID | awk -v parent=$target '$2 == parent { print $1 }')
	wait $target 2>/dev/null
	while read -r name _; do
		echo "$name" >/sys/kernel/ringside/watch_delete
	done <"$work/watches"
	metrics "when they are ended" syscalls
	is "$(cat "$work/series")" 'ringside_watches 0' "there is none again"
}

# A cache's name with quotes, a backslash, a newline, a letter of two bytes and a byte that is no UTF-8; and one that is
# written as the first comes out.
odd_names() {
	[ -e "$TESTS_NEIGHBOUR" ] && insmod "$TESTS_NEIGHBOUR"
	result $? "the other module loads"
	for name in 'rs "odd"\\\n\303\244\377' 'rs "odd"\\\n\303\244\\xff'; do
		# shellcheck disable=SC2059 # on purpose
		printf "$name" >/sys/module/rs_neighbour/parameters/cache
	done
	is "$(grep -c '^rs\\040"odd"' /proc/ringside/slabs)" 2 "two caches with odd names"
	bytes=$(awk '/^rs\\040"odd"/ { n += $8 } END { print n }' /proc/ringside/slabs)
	for format in '' --openmetrics; do
		# shellcheck disable=SC2086 # nothing, or an option
		metrics "they keep to the format" slabs $format
		printf '%s %s\n' 'ringside_slab_bytes{cache="rs \"odd\"\\\nä\\xff"}' "$bytes" >"$work/wanted"
		grep '^ringside_slab_bytes{cache="rs ' "$work/out" >"$work/got"
		cmp -s "$work/got" "$work/wanted"
		result $? "and are one series, their sum: $(cat "$work/got")"
	done
	rmmod rs_neighbour
}

# left NAME...: just these files are in the folder.
left() {
	is "$(find "$folder" -mindepth 1 -exec basename {} ';' | sort | paste -s -d' ')" "$*" "no other file is left"
}

files() {
	folder=$work/folder
	mkdir "$folder"
	(umask 022 && ringside metrics --to "$folder/ringside.prom") >"$work/out" 2>"$work/err"
	status=$? last="--to gives $status"
	[ $status = 0 ] && [ ! -s "$work/out" ] && [ ! -s "$work/err" ]
	result $? "--to"
	"$here/helper-metrics" <"$folder/ringside.prom" >"$work/series"
	result $? "it is there"
	is "$(stat -c %a "$folder/ringside.prom")" 644 "for all to read"
	inode=$(stat -c %i "$folder/ringside.prom")
	(umask 027 && ringside metrics --openmetrics --to "$folder/ringside.prom")
	[ "$(stat -c %i "$folder/ringside.prom")" != "$inode" ] && [ "$(stat -c %a "$folder/ringside.prom")" = 640 ]
	result $? "the next one takes its place, with the mode that umask says"
	is "$(tail -n 1 "$folder/ringside.prom")" '# EOF' "in the format asked for"
	left ringside.prom
	(cd "$folder" && ringside metrics --to here.prom memory) && [ -s "$folder/here.prom" ]
	result $? "a name without a folder"
	rm "$folder/here.prom"

	# Who reads all the time reads whole files.
	until [ -e "$work/stop" ]; do
		ringside metrics --to "$folder/ringside.prom" memory tasks
	done &
	writer=$!
	i=0 torn=0
	ringside metrics --to "$folder/ringside.prom" memory tasks
	lines=$(wc -l <"$folder/ringside.prom")
	while [ $i -lt 60 ]; do
		cat "$folder/ringside.prom" >"$work/read"
		[ "$(wc -l <"$work/read")" = "$lines" ] && "$here/helper-metrics" <"$work/read" >"$work/series" || torn=$((torn + 1))
		i=$((i + 1))
	done
	touch "$work/stop"
	wait $writer
	is $torn 0 "who reads while it is written reads it whole, 60 times"

	ln -s ringside.prom "$folder/link"
	mkfifo "$folder/fifo"
	mkdir "$folder/dir"
	mknod "$folder/null" c 1 3
	for name in link fifo dir null; do
		refuses 1 'no regular file' "--to a $name" ringside metrics --to "$folder/$name"
	done
	[ -L "$folder/link" ] && [ -p "$folder/fifo" ] && [ -d "$folder/dir" ] && [ -c "$folder/null" ]
	result $? "they are what they were"
	left dir fifo link null ringside.prom
	refuses 1 'No such file' "--to a folder that is not there" ringside metrics --to /nosuch/file
	refuses 1 'No such file' "--to nothing" ringside metrics --to ''
	refuses 1 'File name too long' "--to a name that is too long" ringside metrics --to "$folder/$(printf '%0255d' 0)"
}

# spared WHAT WORDS COMMAND...: it fails with these words, and the file is as before.
spared() {
	what=$1 words=$2
	shift 2
	cp "$folder/ringside.prom" "$work/before"
	refuses 1 "$words" "$what: status 1, and a word" "$@"
	cmp -s "$folder/ringside.prom" "$work/before"
	result $? "$what: the file is what it was"
}

full() {
	folder=$work/full
	mkdir "$folder"
	mount -t tmpfs -o size=64k none "$folder"
	ringside metrics --to "$folder/ringside.prom" memory
	result $? "--to a small disk"
	dd if=/dev/zero of="$folder/other" bs=4k 2>/dev/null
	spared "a full disk" 'cannot write .*No space left' ringside metrics --to "$folder/ringside.prom"
	spared "a full disk, for a first page" 'cannot write .*No space left' ringside metrics --to "$folder/ringside.prom" memory
	left other ringside.prom
	refuses 1 'cannot write .*No space left' "a first file on a full disk" ringside metrics --to "$folder/new.prom"
	left other ringside.prom
	# Room for the beginning only: it ends in the middle.
	dd if=/dev/zero of="$folder/other" bs=4k count=13 2>/dev/null
	spared "a disk that gets full" 'cannot write .*No space left' ringside metrics --to "$folder/ringside.prom"
	left other ringside.prom
	rm "$folder/other"
	ringside metrics --to "$folder/ringside.prom" && "$here/helper-metrics" <"$folder/ringside.prom" >"$work/series"
	result $? "with room again it is written"
	# A limit, which ends who does not see to it.
	spared "a limit of files' size" 'cannot write .*File too large' \
		sh -c "ulimit -f 1; exec ringside metrics --to $folder/ringside.prom"
	left ringside.prom
	umount "$folder"
	mount -t tmpfs -o nr_inodes=2 none "$folder"
	ringside metrics --to "$folder/ringside.prom" memory
	result $? "--to a disk for one file"
	spared "a disk without room for another" 'cannot write .*No space left' ringside metrics --to "$folder/ringside.prom"
	mount -o remount,ro "$folder"
	spared "a disk that is not written to" 'cannot write .*Read-only' ringside metrics --to "$folder/ringside.prom"
	left ringside.prom
	umount "$folder"
}

others() {
	folder=$work/hers
	mkdir "$folder"
	echo old >"$folder/ringside.prom"
	chown -R alice "$folder"
	spared "an ordinary user" 'CAP_PERFMON' su alice -s /bin/sh -c "ringside metrics --to $folder/ringside.prom"
	left ringside.prom
	refuses 1 '' "on standard output she gets nothing either" su alice -s /bin/sh -c 'ringside metrics'
	[ "$(grep -cE '^ringside: (slabs|memory): this needs CAP_PERFMON' "$work/err")" = 2 ] && grep -q 'name the parts' "$work/err"
	result $? "but a sentence for each part that is missing, and what to do"
	for part in slabs memory; do
		refuses 1 "$part: this needs CAP_PERFMON" "nor $part alone" su alice -s /bin/sh -c "ringside metrics $part"
		is "$(wc -l <"$work/err")" 1 "in one sentence"
	done
	echo 'everything all' >/sys/kernel/ringside/watch_new
	metrics "for root a watch counts" syscalls
	is "$(value ringside_watches)" 1 "it is seen"
	run su alice -s /bin/sh -c 'ringside metrics tasks syscalls'
	"$here/helper-metrics" <"$work/out" >"$work/series" && [ "$status" = 0 ]
	result $? "her own tasks she may count"
	is "$(awk '/^ringside_tasks/ { n += $2 } END { print n }' "$work/series")" 1 "which are hers alone"
	is "$(grep -v '^ringside_t' "$work/series")" 'ringside_watches 0' "and see no watch of others"
	[ "$(grep -c '^# HELP .*the caller may see' "$work/out")" = 3 ]
	result $? "as the help of each says"
	echo everything >/sys/kernel/ringside/watch_delete
	chmod 755 "$work" "$folder"
	refuses 1 'Permission denied' "nor does she write where she may not" su alice -s /bin/sh -c "ringside metrics tasks --to /etc/file"
}

last='' status=0
: >"$work/out"
: >"$work/err"
chmod 755 "$work"
without_module
usage
formats
memory
slabs
tasks
syscalls
odd_names
files
full
others
echo "1..$count"
# A result that is not ok is a failure anyhow; this is for who runs it by hand.
[ "$count" -gt 0 ]
