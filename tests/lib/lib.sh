# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What tests that are scripts share, TAP among it: read with ". $here/lib.sh". What is run leaves its output in
# $work/out and $work/err, in a folder that goes when the script ends.

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0 status=0
# What the last command was and gave; lines of its output to show when that is wrong.
last=nothing shown=12

# result STATUS WHAT: ok when STATUS is 0; else shows what the last command said.
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		echo "# $last"
		sed 's/^/# out: /' "$work/out" | head -n "$shown"
		sed 's/^/# err: /' "$work/err" | tail -n "$shown"
	fi
}

# run COMMAND...: its output in out and err, its exit status in $status.
run() {
	"$@" >"$work/out" 2>"$work/err"
	status=$?
	last="$* gives $status"
}

# is GOT WANTED WHAT
is() {
	[ "$1" = "$2" ]
	result $? "$3 ($1, wanted $2)"
}

# refuses STATUS WORDS WHAT COMMAND...: exits so, nothing on stdout, the words on stderr, after the tool's name.
refuses() {
	wanted=$1 words=$2 what=$3
	shift 3
	run "$@"
	[ "$status" = "$wanted" ] && [ ! -s "$work/out" ] && grep -q "^ringside: .*$words" "$work/err"
	result $? "$what"
}

# says PATTERN WHAT: the last command did, on stderr.
says() {
	grep -qE "$1" "$work/err"
	result $? "$2"
}

# until_watches NUMBER: so many watches there are.
until_watches() {
	tries=0
	until [ "$(ringside watches -n -r -o ID 2>/dev/null | wc -l)" = "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 500 ] || return 1
		usleep 10000
	done
}
