#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file that the module has in sysfs is in the ABI text, and the reverse; and who may do what with it is as it says. TAP.

here=$(dirname "$0")
# shellcheck source=tests/lib/lib.sh
. "$here/lib.sh"
text=$here/sysfs-kernel-ringside
files=$(find /sys/kernel/ringside /sys/module/ringside/parameters -type f | sort)
: >"$work/err"

# shows STATUS WHAT WORDS: a result; when it is not ok, with these words.
shows() {
	echo "$3" >"$work/out"
	result "$1" "$2"
}

echo "1..4"
[ "$(echo "$files" | wc -l)" -ge 40 ]
shows $? "there are files" "$files"

undescribed=$(for file in $files; do grep -q "^What:$(printf '\t\t')$file\$" "$text" || echo "$file"; done)
[ -z "$undescribed" ]
shows $? "every file is in the ABI text" "$undescribed"

missing=$(sed -n 's/^What:\t\t//p' "$text" | while read -r file; do [ -f "$file" ] || echo "$file"; done)
[ -z "$missing" ]
shows $? "every file of the ABI text is there" "$missing"

# The modes, by the words that each entry has for them.
wrong=$(awk '
	/^What:/ { if (file) print file, said; file = $2; said = ""; next }
	{ said = said " " $0 }
	END { print file, said }' "$text" | while read -r file said; do
	said=$(echo "$said" | tr -s '[:space:]' ' ')
	case $said in
	*'Write-only'*) mode=200 ;;
	*'Read-only, for everybody'*) mode=444 ;;
	*'Read-only, for root and the group'*) mode=440 ;;
	*'Read-only'*) mode=444 ;;
	*'Writing it takes'*) mode=644 ;;
	*) mode=unsaid ;;
	esac
	[ "$(stat -c %a "$file")" = $mode ] || echo "$file: $(stat -c %a "$file"), by the text $mode"
done)
[ -z "$wrong" ]
shows $? "and has the mode that it says" "$wrong"
