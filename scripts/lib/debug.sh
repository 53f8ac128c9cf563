# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Kernels that check themselves, built from Debian's source package and the fragments in tests/kernels. Needs common.sh
# and apt.sh.
# shellcheck disable=SC2154 # set by those who source it

debug_names=(kasan kcsan kmsan)
debug_source=$cache/source-6.12
# Raise it when what debug_build() leaves behind changes.
debug_layout=1

is_debug() {
	[[ " ${debug_names[*]} " == *" $1 "* ]]
}

# debug_key NAME: changes when another kernel is asked for.
debug_key() {
	{
		echo $debug_layout
		cat "$top/tests/kernels/base.config" "$top/tests/kernels/$1.config"
	} | sha256sum | cut -c1-12
}

# The source stays packed in the cache: 150 MB, and 1.5 GB unpacked. Locked as kernel 6.12, whose apt state it uses.
debug_fetch_source() {
	local deb
	[ ! -e "$debug_source/version" ] || return 0
	apt_open bookworm-backports
	apt_fetch linux-source-6.12
	deb=("$apt_state"/archives/linux-source-6.12_*.deb)
	dpkg-deb -f "${deb[0]}" Version >"$cache/source-6.12.version"
	rm -rf "$debug_source"
	apt_unpack "$debug_source" --exclude='./usr/share' --strip-components=3
	mv "$cache/source-6.12.version" "$debug_source/version"
}

# debug_dropped CONFIG FRAGMENT...: the fragments' lines that are not in CONFIG; of two for one name the later counts.
debug_dropped() {
	awk '
	/^CONFIG_[A-Za-z0-9_]+=/ { name = substr($0, 1, index($0, "=") - 1) }
	/^# CONFIG_[A-Za-z0-9_]+ is not set$/ { name = $2 }
	!/^(# )?CONFIG_/ { next }
	FILENAME == ARGV[1] { is[name] = $0; next }
	{ wanted[name] = $0 }
	END {
		for (name in wanted)
			if (wanted[name] ~ /^#/ ? is[name] ~ /^CONFIG/ : is[name] != wanted[name])
				print wanted[name]
	}' "$@" | sort
}

# compiler_of KERNEL: what it, and so the module for it, is built with.
compiler_of() {
	if [ "$1" = kmsan ]; then
		echo clang-14
	else
		echo gcc-12
	fi
}

# debug_make NAME WORK ARGUMENT...
debug_make() {
	local name=$1 work=$2
	shift 2
	nice -n 10 make --no-print-directory -C "$work/source" O="$work/objects" ARCH=x86 CC="$(compiler_of "$name")" HOSTCC=gcc-12 \
		KBUILD_BUILD_USER=ringside KBUILD_BUILD_HOST=ringside "$@"
}

# debug_configure NAME WORK
debug_configure() {
	local name=$1 work=$2 dropped
	local fragments=("$top/tests/kernels/base.config" "$top/tests/kernels/$name.config")
	debug_make "$name" "$work" -s tinyconfig
	(cd "$work/source" && scripts/kconfig/merge_config.sh -m -O "$work/objects" "$work/objects/.config" "${fragments[@]}") >/dev/null
	debug_make "$name" "$work" -s olddefconfig
	dropped=$(debug_dropped "$work/objects/.config" "${fragments[@]}")
	[ -z "$dropped" ] || die "kernel $name can't have what tests/kernels asks for: "$'\n'"$dropped"
}

# debug_build NAME FINAL: the same folder that a Debian kernel is unpacked to. What was broken off goes on.
debug_build() {
	local name=$1 final=$2 tree=$2.new work=$2.work key version
	"$top/scripts/setup" kernels build debug
	locked kernel-6.12 debug_fetch_source
	key="$(cat "$debug_source/version") $(debug_key "$name")"
	if [ "$(cat "$work/key" 2>/dev/null)" != "$key" ]; then
		say "unpacking the source of kernel $name"
		rm -rf "$work"
		mkdir -p "$work/source" "$work/objects"
		tar -xf "$debug_source/linux-source-6.12.tar.xz" -C "$work/source" --strip-components=1 \
			--exclude='*/Documentation/*/*' --exclude='*/drivers/gpu/*.[ch]' --exclude='*/arch/[!x]*/*/*/*' ||
			die "can't unpack the kernel's source: is the disk full? ($cache)"
		debug_configure "$name" "$work"
		echo "$key" >"$work/key"
	fi
	say "building kernel $name: a quarter of an hour of processor time, or two"
	debug_make "$name" "$work" -j"$(nproc)" bzImage modules 2>&1 | awk -v file="$work/log" -v say="$self: kernel $name: " '
		{ print >file; fflush(file) }
		/^  (CC|AS|LD|AR) / && ++steps % 200 == 0 { print say steps " steps of about 2000" >"/dev/stderr" }' || {
		tail -n 30 "$work/log" >&2
		die "kernel $name does not build (above; all of it in $work/log)"
	}
	rm -rf "$tree"
	version=$(debug_make "$name" "$work" -s kernelrelease)
	debug_make "$name" "$work" -s INSTALL_MOD_PATH="$tree" INSTALL_MOD_STRIP=1 DEPMOD=true modules_install
	cp "$work/objects/arch/x86/boot/bzImage" "$tree/vmlinuz"
	cp "$work/objects/System.map" "$tree/System.map"
	cp "$work/objects/.config" "$tree/config"
	rm -f "$tree/lib/modules/$version"/{build,source}
	debug_make "$name" "$work" -s run-command \
		KBUILD_RUN_COMMAND="+\$(srctree)/scripts/package/install-extmod-build '$tree/usr/src/linux-headers-$version'"
	ln -s "$final/usr/src/linux-headers-$version" "$tree/lib/modules/$version/build"
	depmod -b "$tree" "$version"
	echo "$version" >"$tree/version"
	layout_of "$name" >"$tree/layout"
	rm -rf "$final"
	mv "$tree" "$final"
	rm -rf "$work"
}
