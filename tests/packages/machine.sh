# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Machines with a Debian of their own for tests/check-packages: a disk, a repository, a boot with the kernel that is
# installed on the disk, as its boot loader would choose it. Needs common.sh, apt.sh, root.sh, qemu.sh and guest.sh.
# shellcheck disable=SC2034,SC2154 # set for, or by, those who source it

# What every machine has: it boots, has a kernel, and can build modules but for its headers.
machine_packages=apt,ca-certificates,systemd-sysv,udev,initramfs-tools,linux-image-cloud-amd64,gcc,make,libc6-dev,dpkg-dev,zstd

# machine_disk SUITE PACKAGE,... DISK: a disk of its own, with some room.
machine_disk() {
	local image disk=$3
	root_suite=$1
	image=$(root_image "$2") || return
	cp --sparse=always --reflink=auto "$image" "$disk.new"
	truncate -s +2G "$disk.new"
	resize2fs -f "$disk.new" >"$disk.log" 2>&1 || {
		cat "$disk.log" >&2
		return 1
	}
	cp "$image.packages" "$disk.packages"
	mv "$disk.new" "$disk"
}

# machine_repository DIRECTORY DISK SUITE PACKAGE...: an apt repository with what these take beside what is on the disk, as
# the mirror's suite has it; newer ones than the disk's, if SUITE is its backports.
machine_repository() {
	local directory=$1 disk=$2 suite=$3 wanted prefer=() on_disk
	shift 3
	mapfile -t on_disk < <(tr , '\n' <<<"$machine_packages")
	mkdir -p "$directory"
	case $suite in
	*-backports)
		prefer=(-t "$suite")
		apt_open "${suite%-backports}" "${suite%-backports}-security" "$suite"
		;;
	*) apt_open "$suite" "$suite-security" ;;
	esac
	mapfile -t wanted < <(apt_closure "${prefer[@]}" '?essential' "${root_packages[@]}" "${on_disk[@]}" "$@" | grep -vxFf "$disk.packages")
	[ ${#wanted[@]} != 0 ] || die "$suite has nothing to add with $*"
	apt_fetch "${wanted[@]}"
	mv "$apt_state"/archives/*.deb "$directory/"
	(cd "$directory" && dpkg-scanpackages -m . 2>/dev/null >Packages)
	{
		printf 'Origin: Debian\nSuite: %s\nCodename: %s\n' "$suite" "$suite"
		[ "$suite" = "${suite%-backports}" ] || printf 'NotAutomatic: yes\nButAutomaticUpgrades: yes\n'
		printf 'Architectures: amd64\nDate: %s\nSHA256:\n %s %s Packages\n' "$(LC_ALL=C date -Ru)" \
			"$(sha256sum <"$directory/Packages" | cut -d' ' -f1)" "$(stat -c %s "$directory/Packages")"
	} >"$directory/Release"
}

# machine_kernel DISK DIRECTORY: the newest kernel on it that has an initrd, as a boot loader would have them; prints its version.
# Debian's packages of 7.x keep the kernel among its modules.
machine_kernel() {
	local disk=$1 directory=$2 version path
	version=$(debugfs -R 'ls -p /boot' "$disk" 2>/dev/null | sed -n 's#^/.*/initrd.img-\([^/]*\)/.*#\1#p' | sort -V | tail -n 1)
	[ -n "$version" ] || die "there is no kernel on $disk"
	debugfs -R "dump /boot/initrd.img-$version $directory/initrd" "$disk" 2>/dev/null
	for path in "/boot/vmlinuz-$version" "/usr/lib/modules/$version/vmlinuz"; do
		debugfs -R "dump $path $directory/vmlinuz" "$disk" 2>/dev/null
		[ ! -s "$directory/vmlinuz" ] || break
	done
	{ [ -s "$directory/vmlinuz" ] && [ -s "$directory/initrd" ]; } || die "there is no kernel $version on $disk, or no initrd for it"
	echo "$version"
}

# machine_boot DISK PAYLOAD SECONDS WORK CMDLINE: runs /scenario/run of the payload, a tar archive, as root when the machine has
# booted, and powers it off. Its output goes to WORK/out; the kernel's log to WORK/console.
machine_boot() {
	local disk=$1 payload=$2 seconds=$3 work=$4 append=$5 command
	machine_kernel "$disk" "$work" >"$work/kernel" || return
	qemu_prepare
	# systemd runs it when the basic system is up; the rest is left out.
	command="mkdir -p /scenario; tar -xf /dev/vdb -C /scenario; sh /scenario/run >/dev/ttyS1 2>&1; sync; systemctl poweroff -f"
	: >"$work/out"
	: >"$work/console"
	setpriv --pdeathsig KILL timeout -k 5 "$seconds" setpriv --pdeathsig KILL "${qemu_command[@]}" \
		-nodefaults -no-user-config -display none -no-reboot -m 2G -smp 2 -accel tcg,thread=multi -cpu max \
		-kernel "$work/vmlinuz" -initrd "$work/initrd" \
		-append "console=ttyS0 root=/dev/vda rw panic=-1 loglevel=5 systemd.show_status=false no_timer_check rcupdate.rcu_cpu_stall_timeout=60 watchdog_thresh=30 systemd.run=\"/bin/sh -c '$command'\" $append" \
		-drive "file=$disk,format=raw,if=virtio,cache=unsafe" -drive "file=$payload,format=raw,if=virtio,readonly=on" \
		-device virtio-rng-pci -serial "file:$work/console" -serial "file:$work/out" </dev/null >"$work/qemu" 2>&1
}
