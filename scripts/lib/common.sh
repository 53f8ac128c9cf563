# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# shellcheck disable=SC2034 # those who source it use them
# What every script here starts with: where things are, how they speak, how they fail.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${RINGSIDE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/ringside}
self=scripts/${0##*/}

# An ordinary user may have no such folders in it: depmod and mke2fs are there.
PATH=$PATH:/usr/sbin:/sbin

say() {
	printf '%s: %s\n' "$self" "$*" >&2
}

die() {
	say "$*"
	exit "${die_status:-2}"
}

# usage FILE: the script's own opening comment is its --help.
usage() {
	sed -n '3,/^[^#]/{ s/^# \{0,1\}//p }' "$1"
}

# as_root COMMAND...: sudo only when it is needed.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "'$1' needs root here: run this as root, or install sudo"
	fi
}

# locked NAME COMMAND...: one at a time for everybody who shares this cache.
locked() {
	local name=$1 fd
	shift
	mkdir -p "$cache/locks" || die "can't write to $cache: set RINGSIDE_CACHE to a folder that you own"
	(
		exec {fd}>"$cache/locks/$name"
		flock "$fd"
		"$@" {fd}>&-
	)
}
