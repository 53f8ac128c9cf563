#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing that the module allocated is left when it is gone. Only on a kernel with kmemleak.
#
# usage: kmemleak [MODULE]       which one's (ringside); it is unloaded first

module=${1:-ringside}
leaks=/sys/kernel/debug/kmemleak

echo 1..1
if [ ! -w $leaks ]; then
	echo "ok 1 - nothing is leaked # SKIP this kernel has no kmemleak"
	exit
fi
if [ -d "/sys/module/$module" ]; then
	rmmod "$module" || exit
fi
# It takes nothing younger than five seconds for leaked, and asks twice whether what it found changes.
sleep 6
echo scan >$leaks
echo scan >$leaks
# A function of a module that is gone has no name any more, just its address.
awk -v ours="\\\\[$module\\\\]|^ *(\\\\[<[0-9a-f]+>\\\\] )?0xffffffff[0-9a-f]+$" '
	function flush() { if (record != "") printf "%s", (mine ? "ours:\n" : "the kernel'"'"'s own:\n") record; record = ""; mine = 0 }
	/^unreferenced object/ { flush() }
	{ record = record "  " $0 "\n" }
	$0 ~ ours { mine = 1 }
	END { flush() }' $leaks >/tmp/leaks
if grep -q '^ours:' /tmp/leaks; then
	echo "not ok 1 - nothing is leaked"
	status=1
else
	echo "ok 1 - nothing is leaked"
	status=0
fi
sed 's/^/# /' /tmp/leaks | head -n 200
exit $status
