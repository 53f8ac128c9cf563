# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Small Debian roots with real tools in them, as disk images in the cache. Needs common.sh and apt.sh.
# shellcheck disable=SC2154 # set by those who source it

# Which Debian: 12, unless who sources this says otherwise.
root_suite=bookworm

# What every root has beside the essential packages.
root_packages=(kmod mount passwd procps iproute2 libmnl0 libsmartcols1)

# Raise it when the same packages would make another image.
root_layout=2

# root_image PACKAGE,...: the image with these in it, made when it is not there. Beside it, in IMAGE.packages, all that is in
# it, as NAME=VERSION.
root_image() {
	local packages image
	mapfile -t packages < <(tr ', ' '\n' <<<"$1" | grep . | sort -u)
	image=$cache/roots/$root_suite-$(printf '%s\n' "${packages[@]}" | paste -sd+ | cut -c1-150)-$(
		printf '%s\n' $root_layout $root_suite "${root_packages[@]}" "${packages[@]}" | sha256sum | cut -c1-8).ext4
	if [ ! -e "$image" ]; then
		locked "apt-$root_suite" root_make "$image" "${packages[@]}" || exit
	fi
	printf '%s\n' "$image"
}

root_make() {
	local image=$1 wanted size root
	shift
	[ ! -e "$image" ] || return 0
	apt_open $root_suite $root_suite-security
	mapfile -t wanted < <(apt_closure '?essential' "${root_packages[@]}" "$@")
	[ ${#wanted[@]} != 0 ] || die "apt can't install $*: see the sentence above"
	apt_fetch "${wanted[@]}"
	say "making a Debian root ($root_suite) with $*"
	mkdir -p "$cache/roots"
	root=$cache/roots/new-$root_suite
	# As root, since owners and a chroot are needed; a function can't go through sudo, so this file runs itself.
	as_root bash "${BASH_SOURCE[0]}" install "$root" "$apt_state/archives" >"$root.log" 2>&1 || {
		tail -n 40 "$root.log" >&2
		die "the Debian root with $* can't be made (above; all of it in $root.log)"
	}
	rm -f "$apt_state"/archives/*.deb
	size=$(as_root du -sm "$root" | cut -f1)
	# Mapped as memory, which Linux takes in pieces of 128 MiB.
	truncate -s $(((size + size / 4 + 256 + 127) / 128 * 128))M "$image.new"
	as_root mke2fs -q -t ext4 -O ^has_journal -E root_owner=0:0 -d "$root" "$image.new" >&2
	as_root rm -rf "$root"
	printf '%s\n' "${wanted[@]}" >"$image.packages"
	mv "$image.new" "$image"
}

# install ROOT ARCHIVES: all the packages unpacked, then configured in a chroot.
root_install() {
	local root=$1 archives=$2 name deb
	set -e
	rm -rf "$root"
	for name in bin sbin lib lib64; do
		mkdir -p "$root/usr/$name"
		ln -s "usr/$name" "$root/$name"
	done
	for deb in "$archives"/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" --keep-directory-symlink
	done
	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	mkdir -p "$root/debs" "$root/var/lib/dpkg"
	: >>"$root/var/lib/dpkg/status"
	cp "$archives"/*.deb "$root/debs/"
	# Nothing is to be started.
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	[ -e "$root/usr/bin/awk" ] || ln -s mawk "$root/usr/bin/awk"
	[ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
	# All drivers there are would take minutes, at each kernel: it boots from one kind of disk.
	if [ -e "$root/usr/share/initramfs-tools" ]; then
		mkdir -p "$root/etc/initramfs-tools/conf.d" "$root/usr/share/initramfs-tools/modules.d"
		echo MODULES=list >"$root/etc/initramfs-tools/conf.d/disk"
		printf '%s\n' virtio_pci virtio_blk ext4 >"$root/usr/share/initramfs-tools/modules.d/disk"
	fi
	# A package whose scripts want an order of their own gets it on the second round.
	for name in 1 2; do
		# shellcheck disable=SC2016 # the inner shell's
		env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 \
			chroot "$root" sh -c 'dpkg --force-depends --force-unsafe-io --unpack /debs/*.deb && dpkg --configure -a' && break
		[ $name = 1 ] || return 1
	done
	chroot "$root" useradd -m -u 1000 -s /bin/bash alice
	chroot "$root" useradd -m -u 1001 -s /bin/bash bob
	rm -rf "$root/debs" "$root/usr/sbin/policy-rc.d" "$root/usr/share/doc"/* "$root/usr/share/man"/* "$root/usr/share/locale"/*
}

if [ "${1:-}" = install ] && [ "${BASH_SOURCE[0]}" = "$0" ]; then
	root_install "$2" "$3"
fi
