#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# ringside cross: the picture in a terminal, as text, as SVG and for Perfetto; its summary; the vDSO. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
shown=30
exec </dev/null
actor=$here/helper-trace
escape=$(printf '\033')

# fact WHAT: what the summary has of it.
fact() {
	sed -n "s/^$1 *//p" "$work/err" | head -n 1
}

# widest FILE: columns of its longest line, colours apart; a character of several bytes is one.
widest() {
	sed "s/$escape\[[0-9;]*m//g" "$1" | tr -d '\r' | LC_ALL=C tr -d '\200-\277' |
		LC_ALL=C awk 'length($0) > most { most = length($0) } END { print most + 0 }'
}

picture() {
	run ringside cross -- "$actor" reads 812 /dev/zero
	is "$status" 0 "a picture of a program"
	says 'ring 3 +┃ ring 0$' "two lanes"
	says 'read\(3\) x 812 (─)+▶┃ █' "a run of the same call is one arrow in"
	says '◀(─)+ 1 ─┃' "and one out, with what each returned"
	says 'getppid\(\) x 812 (─)+▶┃' "and so the next"
	says '^ +[0-9]+\.[0-9]{3} execve\("/.* (─)+▶┃' "it begins with execve"
	says ' exited with 0 +┃$' "and ends with its end"
	! grep -q "$escape" "$work/err"
	result $? "no colours into a file"
	is "$(widest "$work/err")" 80 "80 columns where there is no terminal"
	calls=$(fact crossings | sed 's/,.*//')
	wanted=$(strace -o "$work/strace" "$actor" reads 812 /dev/zero; grep -c '^[a-z]' "$work/strace")
	is "$calls" "$wanted" "as many crossings as strace has lines"
	says '^  (read|getppid|execve) .* in [0-9]+, [0-9]+ % of ring 0' "the costliest calls"
	says "^the module's side +[a-z]+, [0-9]+ KiB, [0-9]+ records, 0 missed, 0 lost$" "the module's side"
	run ringside cross -- "$actor" turns 500
	says 'read\(3\) x 500 by turns (─)+▶┃' "two calls that take turns are two arrows in"
	says 'write\(4\) x 500 by turns (─)+▶┃' "the other one too"
	is "$(grep -c 'write(4)' "$work/err")" 1 "and no more"
	run ringside cross -- "$actor" turns 3
	# The first of all read(3) is the loader's.
	is "$(grep -oE '(read|write)\([34]\) (x|─)' "$work/err" | tail -n 6 | cut -d' ' -f1 | paste -s -d' ')" \
		'read(3) write(4) read(3) write(4) read(3) write(4)' "three turns are drawn one by one"
	run ringside cross -- sleep 0.3
	says 'nanosleep\(\) (─)+▶┃ (█)?(░)+ [0-9.]+m?s$' "sleep is another shade"
	says '┃ slept .*1 switch' "and is marked, with its context switch"
	fact 'in ring 0, asleep' | grep -qE '^([3-9][0-9][0-9]ms|[0-9.]+s) '
	result $? "and in the summary ($(fact 'in ring 0, asleep'))"
	run ringside cross -- sh -c 'ls / >/dev/null; cat /nosuch; exit 3'
	is "$status" 3 "exit status 3 is the command's"
	says '── (ls|sh) [0-9]+ (─)+ ┃' "each thread has its name"
	says 'new process by [0-9]+' "a child is told"
	says 'ENOENT ─┃' "errors by their names"
	# Shares are of all the time there is.
	awk '/^in ring .* % / { for (i = 1; i < NF; i++) if ($(i + 1) == "%") all += $i } END { exit all < 98 || all > 102 }' "$work/err"
	result $? "shares add up"
	run sh -c "LC_ALL=C exec ringside cross -- true"
	LC_ALL=C grep -q "$(printf '[\200-\377]')" "$work/err"
	is $? 1 "ASCII where the locale has nothing else"
	says 'execve\(.*\) -+>\| #' "and still a picture"
}

# In terminals of several widths.
terminals() {
	for columns in 40 80 200; do
		run "$actor" terminal $columns ringside cross -- sh -c 'ls / >/dev/null; sleep 0.02'
		[ "$status" = 0 ] && [ "$(widest "$work/out")" -le $columns ]
		result $? "within $columns columns ($(widest "$work/out"))"
		grep -q "$escape\[33m" "$work/out"
		result $? "in colours"
		sed "s/$escape\[[0-9;]*m//g" "$work/out" | grep -qE 'execve.*▶┃ █'
		result $? "with its arrows"
	done
	run "$actor" terminal 80 env NO_COLOR=1 ringside cross -- true
	! grep -q "$escape" "$work/out"
	result $? "none with NO_COLOR"
}

files() {
	run ringside cross --svg "$work/picture.svg" --perfetto "$work/trace.json" -- sh -c "$actor odd; $actor family; $actor reads 812 /dev/zero; : '<&\"'"
	is "$status" 0 "--svg and --perfetto"
	texts=$("$here/helper-svg" <"$work/picture.svg" 2>>"$work/err")
	[ -n "$texts" ] && [ "$texts" -gt 50 ]
	result $? "well-formed, and all of it within the picture ($texts labels)"
	grep -q '>getppid() x 812<' "$work/picture.svg" && grep -q '>ring 3<' "$work/picture.svg" && grep -q '>ring 0<' "$work/picture.svg"
	result $? "its labels"
	grep -qE '>sh [0-9]+<' "$work/picture.svg" && ! grep -qE '>ringside [0-9]+<' "$work/picture.svg"
	result $? "who was the tool until it ran the program has the program's name"
	! grep -q '▶┃' "$work/err" && grep -q '^crossings' "$work/err"
	result $? "the terminal has just the summary"

	events=$("$here/helper-json" <"$work/trace.json" 2>>"$work/err")
	[ -n "$events" ] && [ "$events" -gt 1000 ]
	result $? "JSON ($events events)"
	# An event a line. Every one has its phase and track; those of calls their time; a track's follow each other.
	sed -n 's/^{\("ph".*}\),\{0,1\}$/\1/p' "$work/trace.json" >"$work/events"
	awk '
		function number(name) { if (match($0, "\"" name "\":[0-9.]+")) return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) + 0; bad++; return 0 }
		!/"ph":"[XBMi]"/ { bad++ }
		{ track = number("pid") "/" number("tid") }
		/"ph":"[XBi]"/ { ts = number("ts") }
		/"ph":"X"/ {
			if (ts + 0.0015 < end[track]) overlap++
			end[track] = ts + number("dur")
			n++
		}
		/"ph":"X"/ && /"cat":"ring 0"/ { calls++ }
		/"ph":"M"/ && /"thread_name"/ { named[track] = 1 }
		/"ph":"X"/ { seen[track] = 1 }
		END {
			for (track in seen) if (!(track in named)) nameless++
			print bad + 0, overlap + 0, nameless + 0, calls
		}' "$work/events" >"$work/verdict"
	read -r bad overlap nameless calls <"$work/verdict"
	is "$bad" 0 "every event has its phase, track and time"
	is "$overlap" 0 "none overlaps the next of its track"
	is "$nameless" 0 "every track has a name"
	[ "$calls" -gt 1624 ]
	result $? "every call is there ($calls)"
	refuses 1 'No such file' "--svg to a folder that is not there" ringside cross --svg /nosuch/file true
	for kind in svg perfetto; do
		run ringside cross --$kind /dev/full -- sh -c "ls / >/dev/null; touch $work/ran.$kind"
		[ "$status" = 1 ] && grep -q 'No space left' "$work/err" && [ -e "$work/ran.$kind" ]
		result $? "--$kind to a full disk: status 1, a word, and the command went on"
	done
	ringside cross -- sh -c "ls / >/dev/null; touch $work/ran" 2>/dev/full
	is $? 1 "the picture to a full disk: status 1"
	[ -e "$work/ran" ]
	result $? "and the command went on"
	(ringside cross -- sh -c 'ls / / / /' 2>&1 >/dev/null) 2>"$work/err" | head -n 1 >"$work/out"
	[ "$(wc -l <"$work/out")" = 1 ] && [ ! -s "$work/err" ]
	result $? "into a pipe that closes: quiet"
}

vdso() {
	run ringside cross --vdso always -- "$actor" vdso 500
	[ "$status" = 0 ] && fact 'without crossing' | grep -q 'time 500'
	result $? "500 calls of time() without crossing: $(fact 'without crossing')"
	sed -n '/^without crossing/,/^the module/p' "$work/err" | tr -s ' \n' ' ' >"$work/out"
	grep -q 'getcpu 500' "$work/out"
	result $? "and of getcpu()"
	grep -qE 'held [0-9.]+ ms in execve' "$work/out"
	result $? "and how long the program was held for that"
	run ringside cross --vdso never -- "$actor" vdso 5
	fact 'without crossing' | grep -q 'never'
	result $? "never: none is counted"
	! grep -q ' time() ' "$work/err"
	result $? "they do not cross"
	run su alice -s /bin/sh -c "ringside cross -- $actor vdso 5"
	[ "$status" = 0 ] && fact 'without crossing' | grep -qE '^not counted: breakpoints need|^1[0-9] calls'
	result $? "an ordinary user is told why not, or has them: $(fact 'without crossing')"
	cp "$actor" "$work/suid"
	chmod 4755 "$work/suid"
	run su alice -s /bin/sh -c "ringside cross -- $work/suid who"
	[ "$(cat "$work/out")" = 0 ] && [ "$status" = 0 ]
	result $? "a set-user-ID program gets its rights"
	says 'left it runs as somebody else now' "and is followed no more, which is said"
	refuses 1 'vdso always: .*set-user-ID' "unless the vDSO was to be counted always" \
		su alice -s /bin/sh -c "ringside cross --vdso always -- $work/suid who"
	refuses 2 'auto, always or never' "--vdso with another word" ringside cross --vdso perhaps true
}

others() {
	refuses 127 "no command 'nosuchcommand'" "a command that is not there" ringside cross nosuchcommand
	refuses 2 'cross whom?' "nobody" ringside cross
	refuses 2 'not both' "a command and a process" ringside cross -p 1 true
	refuses 1 'pid 4000000: .*ended' "a pid that is nobody's" ringside cross -p 4000000
	# shellcheck disable=SC2016 # the inner shell's
	run ringside cross sh -c 'kill -KILL $$'
	[ "$status" = 137 ] && grep -q ' killed by SIGKILL ' "$work/err"
	result $? "a program that is killed: its status, and the word"
	"$actor" interrupted ringside cross -- sleep 1000 2>"$work/err" &
	pid=$!
	until_watches 1
	usleep 200000
	kill -INT $pid
	wait $pid
	is $? 130 "Ctrl-C ends the command"
	grep -q '^crossings' "$work/err"
	result $? "and the summary is there"
	"$actor" interrupted sh -c "while [ ! -e $work/stop ]; do usleep 10000; done" &
	target=$!
	"$actor" interrupted ringside cross -p $target >"$work/out" 2>"$work/err" &
	pid=$!
	until_watches 1
	usleep 400000
	kill -INT $pid
	wait $pid
	is $? 0 "Ctrl-C ends a picture of a process"
	grep -q '▶┃' "$work/out" && grep -q "^process $target" "$work/out" && [ ! -s "$work/err" ]
	result $? "which is on standard output"
	touch "$work/stop"
	wait $target
	is $? 0 "and the process goes on"
	until_watches 0
	result $? "nothing is left"
}

chmod 755 "$work" "$here" "$actor"
rmmod ringside
refuses 1 'the module is not loaded: modprobe ringside' "without the module" ringside cross true
modprobe ringside
picture
terminals
files
vdso
others
echo "1..$count"
# A result that is not ok is a failure anyhow; this is for who runs it by hand.
[ "$count" -gt 0 ]
