# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What the scenarios in this folder share, in the machine: results as TAP, apt, and what a machine consists of.

set -u
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
here=/scenario
count=0 failed=0
log=/run/scenario.log
cd /root || exit
# Debian's installer writes it, no package does.
[ -s /etc/hosts ] || echo '127.0.0.1 localhost' >/etc/hosts

# result STATUS WHAT: shows the log when it failed.
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
		tail -n 60 "$log" | cut -c1-300 | sed 's/^/# /'
	fi
}

# works WHAT COMMAND...: it succeeds.
works() {
	what=$1
	shift
	echo "+ $*" >"$log"
	"$@" >>"$log" 2>&1
	result $? "$what"
}

# fails WHAT WORDS COMMAND...: it fails, with these words (a pattern).
fails() {
	what=$1 words=$2
	shift 2
	echo "+ $*" >"$log"
	if "$@" >>"$log" 2>&1; then
		result 1 "$what"
	else
		grep -qE -- "$words" "$log"
		result $? "$what"
	fi
}

# said WHAT WORDS: the last command said so.
said() {
	grep -qE -- "$2" "$log"
	result $? "$1"
}

# same WHAT WANTED GOT
same() {
	printf 'wanted: %s\ngot:    %s\n' "$2" "$3" >"$log"
	[ "$2" = "$3" ]
	result $? "$1"
}

# empty WHAT COMMAND...: it prints nothing.
empty() {
	what=$1
	shift
	echo "+ $*" >"$log.command"
	"$@" >"$log" 2>&1
	[ ! -s "$log" ]
	result $? "$what"
}

finish() {
	echo "1..$count"
	exit $failed
}

# Nothing else is there to be asked; what is lost by a crash is thrown away.
apt_ready() {
	rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
	for repository in "$here"/repository*; do
		[ ! -e "$repository/Packages" ] || echo "deb [trusted=yes] file:$repository ./" >>/etc/apt/sources.list
	done
	printf 'force-unsafe-io\n' >/etc/dpkg/dpkg.cfg.d/scenario
	printf 'APT::Sandbox::User "root";\nAPT::Color "0";\nDpkg::Use-Pty "0";\n' >/etc/apt/apt.conf.d/scenario
	touch /etc/apt/sources.list
	apt-get -qq update >"$log" 2>&1 || { result 1 "apt reads its lists"; finish; }
}

# Every file of the machine that packages and DKMS leave behind, with what is in it, and users and groups.
# Not: what apt and dpkg keep for themselves, logs, caches, what depmod makes of the modules that are there, and the key that
# DKMS makes itself at its first build.
inventory() {
	find /etc /lib/modules /usr /var /opt /srv -xdev \
		\( -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /var/tmp -o -path /var/lib/systemd \
		-o -path '/lib/modules/*/modules.*' -o -path '/usr/lib/modules/*/modules.*' -o -path '*/__pycache__' \
		-o -path '/var/lib/dkms/mok.*' \) -prune \
		-o -printf '%p|%y|%m|%U:%G|%l|' \( -type f -exec md5sum {} \; -o -printf '\n' \) | sed 's/|\([0-9a-f]*\)  [^|]*$/|\1/' | sort
	getent passwd
	getent group
}

# The module at work: every face, and a count that has to be right.
at_work() {
	works "$1: modprobe ringside" modprobe ringside
	for file in tasks memory slabs files watches syscalls errors latency status; do
		works "$1: cat /proc/ringside/$file" cat "/proc/ringside/$file"
		[ $file != tasks ] || said "$1: this shell is in it" "(^|[[:space:]])$$[[:space:]]"
	done
	for command in tasks memory slabs files watches status 'maps 1' 'lab stdio' 'trace true' 'cross true'; do
		# shellcheck disable=SC2086 # the command and its arguments
		works "$1: ringside $command" ringside $command
	done
	works "$1: ringside count" ringside count -- ls /
	said "$1: it counted the calls of ls" 'execve'
	works "$1: ringside doctor finds no problem" ringside doctor
	same "$1: the module has the tool's version" "ringside $(cat /sys/module/ringside/version)" "$(ringside --version)"
}
