# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What scripts/vm puts into a guest, and what it makes of what comes out. Needs common.sh, apt.sh, qemu.sh.
# shellcheck disable=SC2154 # set by those who source it

# Modules of the kernel's own that a guest can load, beside what they need themselves.
guest_modules=(virtio_pci virtio_pmem nd_pmem virtio_blk virtio_console overlay veth dummy tun loop
	unix_diag tcp_diag netlink_diag nf_tables zram null_blk)

# What a kernel says when something is wrong.
trouble='WARNING: |BUG: |BUG kmalloc|Oops|Kernel panic|Call Trace:|INFO: task .* blocked|rcu.*( stall|self-detected)|'
trouble+='possible (circular|recursive) locking|inconsistent lock state|suspicious RCU usage|INFO: trying to register|'
trouble+='(KASAN|KCSAN|KMSAN|UBSAN|KFENCE|lockdep|refcount_t): |general protection fault|nable to handle|'
trouble+='soft lockup|hard LOCKUP|scheduling while atomic|sleeping function called|kernel BUG at|stack guard page'

# Modules of ours: the one, and the one with deliberate bugs.
our_modules='[[](ringside|rs_control)[]]'

# build_for_guest KERNEL [VAR=VALUE...]
build_for_guest() {
	"$top/scripts/kernels" build "$@" || exit 125
	[ -e "$top/Makefile" ] && compgen -G "$top/userland/*.c" >/dev/null || return 0
	mkdir -p "$top/build"
	(
		flock 9
		make -s -C "$top" tool >"$top/build/tool.log" 2>&1 9>&-
	) 9>"$top/build/tool.lock" || {
		cat "$top/build/tool.log" >&2
		die "the tool does not build (above)"
	}
}

# The dynamic libraries (and loader) of the ELF programs among the files named on stdin, NUL between them.
libraries_of() {
	local file magic
	while IFS= read -r -d '' file; do
		read -rN4 magic <"$file" 2>/dev/null || continue
		[ "$magic" = $'\x7fELF' ] || continue
		ldd "$file" 2>/dev/null || true
	done | sed -nE 's/^\t(.* => )?(\/[^ ]*) \(0x.*/\2/p' | sort -u
}

# copy_in STAGING FILE...: to the same path there, what a path's links lead to included.
copy_in() {
	local staging=$1 path directory
	shift
	for path; do
		directory=$staging$(dirname "$path")
		mkdir -p "$directory"
		cp -a "$path" "$directory/"
		while [ -L "$path" ]; do
			path=$(cd "$(dirname "$path")" && realpath -ms "$(readlink "$path")")
			mkdir -p "$staging$(dirname "$path")"
			cp -a "$path" "$staging$(dirname "$path")/"
		done
	done
}

# copy_libraries STAGING FILE...: for the ELF programs among these files and folders.
copy_libraries() {
	local staging=$1 library
	shift
	find -L "$@" -type f -print0 2>/dev/null | libraries_of | while read -r library; do
		[ -e "$staging$library" ] || copy_in "$staging" "$library"
	done
}

merged_usr() {
	local name
	for name in bin sbin lib lib64; do
		mkdir -p "$1/usr/$name"
		ln -sfn "usr/$name" "$1/$name"
	done
}

archive() {
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z | cpio -0 -o -H newc -R 0:0 --reproducible --quiet)
}

# The part that is the same for every guest.
pack_base() {
	local staging
	staging=$(mktemp -d "$work/base.XXXXXX")
	merged_usr "$staging"
	mkdir -p "$staging"/{dev,proc,sys,run,tmp,root,etc,home/alice,home/bob,mnt,var/log}
	cp "$busybox" "$staging/bin/busybox"
	ln -s busybox "$staging/bin/sh"
	cp "$top/scripts/lib/guest-init" "$staging/init"
	chmod 755 "$staging/init"
	cat >"$staging/etc/passwd" <<-'END'
		root:x:0:0:root:/root:/bin/sh
		nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
		alice:x:1000:1000:alice:/home/alice:/bin/sh
		bob:x:1001:1001:bob:/home/bob:/bin/sh
	END
	cat >"$staging/etc/group" <<-'END'
		root:x:0:
		tty:x:5:
		nogroup:x:65534:
		alice:x:1000:
		bob:x:1001:
	END
	echo 'passwd: files' >"$staging/etc/nsswitch.conf"
	echo '127.0.0.1 localhost ringside' >"$staging/etc/hosts"
	archive "$staging"
	rm -rf "$staging"
}

# pack_build STAGING KERNEL TREE: the kernel's modules, ours among them, and the tool.
pack_build() {
	local staging=$1 kernel=$2 tree=$3 version modules name path
	version=$(cat "$tree/version")
	modules=$staging/usr/lib/modules/$version
	mkdir -p "$modules/updates/dkms"
	for name in "${guest_modules[@]}"; do
		# A module's line in modules.dep names it and all that it needs; built in, it has none.
		sed -nE "/^[^ ]*\/$name\.ko(\.xz)?:/{ s/://; s/ /\n/g; p }" "$tree/lib/modules/$version/modules.dep"
	done | sort -u | while read -r path; do
		[ -n "$path" ] || continue
		mkdir -p "$modules/$(dirname "$path")"
		case $path in
		*.xz) xz -dc "$tree/lib/modules/$version/$path" >"$modules/${path%.xz}" ;;
		*) cp "$tree/lib/modules/$version/$path" "$modules/$path" ;;
		esac
	done
	mkdir -p "$staging/boot"
	cp "$tree/config" "$staging/boot/config-$version"
	cp "$tree/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$modules/"
	if [ -e "$top/build/$kernel/ringside.ko" ]; then
		cp "$top/build/$kernel/ringside.ko" "$modules/updates/dkms/"
	fi
	depmod -b "$staging" "$version"
	if [ -e "$top/build/ringside" ]; then
		mkdir -p "$staging/usr/bin"
		cp "$top/build/ringside" "$staging/usr/bin/"
		copy_libraries "$staging" "$top/build/ringside"
	fi
}

# quoted WORD...: as sh reads them back, byte for byte.
quoted() {
	local word
	for word; do
		printf " '%s'" "${word//\'/\'\\\'\'}"
	done
	printf '\n'
}

# pack_guest FILE KERNEL TREE ROOT COMMAND...: the archive that the guest boots from.
# On a Debian root the payload is copied over the disk by the guest's init.
pack_guest() {
	local file=$1 kernel=$2 tree=$3 root=$4 staging=$work/guest payload share variable
	shift 4
	payload=$staging
	mkdir -p "$staging/ringside"
	if [ -n "$root" ]; then
		# The boot itself needs only the modules.
		merged_usr "$staging"
		payload=$staging/payload
		mkdir -p "$payload"
	fi
	merged_usr "$payload"
	pack_build "$payload" "$kernel" "$tree"
	if [ -n "$root" ]; then
		cp -al "$payload/usr/lib/modules" "$staging/usr/lib/"
	fi
	for share in "${shares[@]}"; do
		[ -e "$share" ] || die "--share $share: there is no such file"
		share=$(realpath -s "$share")
		copy_in "$payload" "$share"
		copy_libraries "$payload" "$share"
	done
	{
		for variable in "${environment[@]}"; do
			printf 'export%s' "$(quoted "$variable")"
			echo
		done
		[ $# = 0 ] || printf 'exec%s\n' "$(quoted "$@")"
	} >"$staging/ringside/command"
	cp "$([ -e "$work/stdin" ] && echo "$work/stdin" || echo /dev/null)" "$staging/ringside/stdin" 2>/dev/null ||
		: >"$staging/ringside/stdin"
	{
		echo "job_root=${root:+1}"
		echo "job_cpus=${cpus%%,*}"
		echo "job_shell=$([ $# != 0 ] || echo 1)"
		printf "job_fetch='%s'\n" "${fetch//\'/\'\\\'\'}"
		echo "job_term=${TERM//[!a-z0-9-]/}"
	} >"$staging/ringside/job"
	{
		pack_base
		archive "$staging"
	} >"$file"
	rm -rf "$staging"
}

# KVM, if a guest really boots with it: there are machines whose KVM hangs without a word.
probe_accel() {
	local kernel=$1 key answer
	if [ ! -w /dev/kvm ]; then
		echo tcg
		return
	fi
	key=$cache/accel/$(uname -r)-$kernel
	if [ ! -e "$key" ]; then
		say "trying whether KVM works here (15 s at most)"
		answer=tcg
		"$top/scripts/vm" --accel kvm --no-build -k "$kernel" --timeout 15 -- true 2>/dev/null && answer=kvm
		say "it $([ $answer = kvm ] && echo does || echo 'does not: emulating instead')"
		mkdir -p "$cache/accel"
		echo "$answer" >"$key"
	fi
	cat "$key"
}

# judge CONSOLE VERDICT QEMU-STATUS QEMU-OUTPUT: leaves with what the run was worth.
judge() {
	local console=$1 verdict status=$3 output=$4 kept=$1 problem=
	if [ "$kernel" = kcsan ]; then
		forgive_races "$console"
	fi
	verdict=$(sed -n 's/^exit \([0-9]*\)$/\1/p' "$2")
	if grep -qE "$trouble" "$console"; then
		problem="the kernel reported trouble"
		status=125
	elif [ -z "$verdict" ] && [ "$status" = 124 ]; then
		problem="the guest did not finish within $timeout s"
	elif [ -z "$verdict" ]; then
		problem="the guest ended without a verdict"
		status=125
	else
		return "$verdict"
	fi
	if [ -z "$log" ]; then
		mkdir -p "$top/build/logs"
		kept=$top/build/logs/$kernel-$(date +%Y%m%d-%H%M%S)-$$
		cp "$console" "$kept"
	fi
	[ "$status" = 124 ] || cat "$output" >&2
	report "$console" >&2
	say "$problem (above; all of it in ${kept#"$top/"})"
	return "$status"
}

# KCSAN reports every race of the whole kernel, between two lines of "=====". One is ours when a module of ours makes one of
# the two accesses, itself or by a function or three that it calls: further down it has only asked for something, or was
# interrupted. (all_vm_events() reads the other processors' counters as they stand.) Of the others the first line is made one
# of no trouble; what else is said in between keeps its meaning.
forgive_races() {
	awk -v ours="$our_modules" '
	function flush(    i) {
		for (i = 0; i < n; i++) {
			if (!mine) sub(/BUG: KCSAN: /, "a race of the kernel'"'"'s own: ", held[i])
			print held[i]
		}
		n = 0; mine = 0; known = 0
	}
	/BUG: KCSAN: / { flush(); inside = 1 }
	!inside { print; next }
	{ held[n++] = $0 }
	/ by (task|interrupt)/ { frames = 0 }
	/\+0x[0-9a-f]+\/0x/ { frames++ }
	/ asm_/ { frames = 99 }
	/BUG: KCSAN: / { frames = 0 }
	/BUG: KCSAN: data-race in sum_vm_events/ { known = 1 }
	$0 ~ ours && frames <= 4 && !known && !/Workqueue: / { mine = 1 }
	/=====/ { flush(); inside = 0 }
	END { flush() }' "$1" >"$work/console.ours"
	cat "$work/console.ours" >"$1"
}

# From the first word of trouble on, or the last words when there was none.
report() {
	local line
	line=$(grep -m1 -nE "$trouble" "$1" | cut -d: -f1 || true)
	# By one program: head would end the one before it, and with it this script, in the middle of a line.
	if [ -n "$line" ]; then
		sed -n "$((line > 3 ? line - 3 : 1)),$((line + 77))p" "$1"
	else
		tail -n 30 "$1"
	fi
}
