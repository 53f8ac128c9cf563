# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The few files of the kernel's own sources that the checks use, from Debian's package of them, into the cache:
# checkpatch, the schemas of netlink specifications, the Python client for them. No smaller package has any of
# these. Needs scripts/lib/common.sh and apt.sh.

# shellcheck disable=SC2154 # common.sh's
kernel_source=$cache/linux-source

kernel_source_unpack() {
	local package top wanted
	wanted=(scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch Documentation/netlink tools/net/ynl/pyynl)
	[ ! -e "$kernel_source/ready" ] || return 0
	# A state of its own: others unpack what they find in theirs.
	cache=$cache/linux-source.apt
	apt_open trixie-backports
	package=$(apt-cache "${apt_options[@]}" depends linux-source | sed -n 's/.*Depends: \(linux-source-[0-9]\)/\1/p')
	[ -n "$package" ] || die "trixie-backports has no linux-source any more"
	apt_fetch "$package"
	say "unpacking checkpatch and the netlink schemas"
	top=$package
	rm -rf "$kernel_source.new"
	mkdir -p "$kernel_source.new"
	dpkg-deb --fsys-tarfile "$apt_state"/archives/linux-source-*.deb |
		tar -xO "./usr/src/$package.tar.xz" | xz -dc |
		tar -x -C "$kernel_source.new" --no-same-owner --strip-components=1 "${wanted[@]/#/$top/}" ||
		die "can't unpack $package: is the disk full? ($cache)"
	rm -rf "$cache" "$kernel_source"
	touch "$kernel_source.new/ready"
	mv "$kernel_source.new" "$kernel_source"
}

# Leaves in kernel_source the folder they are in.
kernel_source_ready() {
	[ -e "$kernel_source/ready" ] || locked linux-source kernel_source_unpack
}
