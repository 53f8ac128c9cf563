#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every file that the module has in sysfs is in the ABI text, and the reverse; and who may do what with it is as it says. TAP.

text=$(dirname "$0")/sysfs-kernel-ringside
files=$(find /sys/kernel/ringside /sys/module/ringside/parameters -type f | sort)
count=0

# result STATUS WHAT WORDS: ok when STATUS is 0; else shows the words.
result() {
	count=$((count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		echo "$3" | sed 's/^/# /'
	fi
}

echo "1..4"
[ "$(echo "$files" | wc -l)" -ge 40 ]
result $? "there are files" "$files"

undescribed=$(for file in $files; do grep -q "^What:$(printf '\t\t')$file\$" "$text" || echo "$file"; done)
[ -z "$undescribed" ]
result $? "every file is in the ABI text" "$undescribed"

missing=$(sed -n 's/^What:\t\t//p' "$text" | while read -r file; do [ -f "$file" ] || echo "$file"; done)
[ -z "$missing" ]
result $? "every file of the ABI text is there" "$missing"

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
result $? "and has the mode that it says" "$wrong"
