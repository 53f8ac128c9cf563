# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A QEMU of our own, unpacked with all its libraries: bookworm's 7.2 corrupts the code of a guest with several
# CPUs when probes are toggled, 10.0 does not. And busybox, for the guest. Needs common.sh and apt.sh.
# shellcheck disable=SC2034,SC2154 # set for, or by, those who source it

qemu_root=$cache/qemu-10
busybox=$cache/busybox/bin/busybox

qemu_unpack() {
	local packages
	[ ! -e "$qemu_root/ready" ] || return 0
	apt_open bookworm bookworm-security bookworm-backports
	mapfile -t packages < <(apt_closure -t bookworm-backports qemu-system-x86)
	[ ${#packages[@]} != 0 ] || die "bookworm-backports has no qemu-system-x86 that can be installed"
	apt_fetch "${packages[@]}"
	say "unpacking QEMU"
	rm -rf "$qemu_root.new"
	apt_unpack "$qemu_root.new" --exclude='./usr/share/doc' --exclude='./usr/share/locale' --exclude='./usr/share/man' \
		--exclude='./var' --exclude='./etc' --exclude='*/gconv'
	touch "$qemu_root.new/ready"
	rm -rf "$qemu_root"
	mv "$qemu_root.new" "$qemu_root"
}

busybox_unpack() {
	[ ! -e "$busybox" ] || return 0
	apt_open bookworm bookworm-security
	apt_fetch busybox-static
	rm -rf "$cache/busybox.new"
	apt_unpack "$cache/busybox.new" --exclude='./usr/share'
	mv "$cache/busybox.new" "$cache/busybox"
}

qemu_ready() {
	[ -e "$qemu_root/ready" ] || locked apt-bookworm qemu_unpack
	[ -e "$busybox" ] || locked apt-bookworm busybox_unpack
}

# The command line every QEMU here starts with: in qemu_command.
qemu_prepare() {
	local libraries=$qemu_root/usr/lib/x86_64-linux-gnu
	qemu_ready
	qemu_command=("$qemu_root/lib64/ld-linux-x86-64.so.2"
		--library-path "$libraries:$qemu_root/lib/x86_64-linux-gnu"
		"$qemu_root/usr/bin/qemu-system-x86_64"
		-L "$qemu_root/usr/share/qemu" -L "$qemu_root/usr/share/seabios")
	export QEMU_MODULE_DIR=$libraries/qemu
}
