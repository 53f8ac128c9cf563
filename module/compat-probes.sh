#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# compat-probes.sh SOURCE SYMVERS COMPILER [FLAG...]: asks the questions in SOURCE (compat-probes.c tells how), and writes
# a #define for each that this kernel answers with yes. Kbuild runs it. Nothing is written, and it fails, when a control
# shows that an answer is not to be trusted.
set -eu

source=$1 symvers=$2
shift 2
said=$(mktemp)
trap 'rm -f "$said"' EXIT

# That there are errors is the point; which lines they are in is the answer. What else ends a compiler is seen below.
LC_ALL=C "$@" -Wno-error -Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=int-conversion \
	-Werror=enum-conversion -fsyntax-only "$source" >"$said" 2>&1 || true

awk -v source="$source" -v symvers="$symvers" -v said="$said" -f "${0%.sh}.awk"
