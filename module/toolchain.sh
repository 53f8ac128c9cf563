#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# toolchain.sh KERNEL-TREE: what to add to make's command line so that a module builds there with what is installed here.
# The kernel's own compiler is the best one. Another knows other options, and some that the kernel was built with are
# not known to an older one; types for BTF take pahole.
set -eu

auto=$1/include/config/auto.conf
[ -r "$auto" ] || exit 0

if grep -q '^CONFIG_CC_IS_CLANG=y' "$auto"; then
	echo LLVM=1
else
	major=$(sed -n 's/^CONFIG_GCC_VERSION=\([0-9]*\)[0-9][0-9][0-9][0-9]$/\1/p' "$auto")
	compiler=gcc-$major
	[ -n "$(command -v "$compiler")" ] || compiler=gcc
	echo "CC=$compiler"
	if grep -q '^CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=y' "$auto" &&
		! "$compiler" -fmin-function-alignment=16 -E - </dev/null >/dev/null 2>&1; then
		echo CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=
	fi
fi
# An older pahole than the kernel's lacks options, too.
wanted=$(sed -n 's/^CONFIG_PAHOLE_VERSION=//p' "$auto")
have=$(pahole --numeric_version 2>/dev/null) || have=0
if [ "${have:-0}" -lt "${wanted:-1}" ]; then
	echo CONFIG_DEBUG_INFO_BTF_MODULES= PAHOLE=
fi
