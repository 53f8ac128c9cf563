# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 13, booted into the kernel that backports brought: the module works there, and the kernel's own YNL client asks it
# after: trixie-kernel
# seconds: 5400

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
release=$(uname -r)
works "the machine runs the new kernel ($release)" [ "${release%%.*}" -ge 7 ]
works "the module was loaded at boot, by the example of modules-load.d" test -d /sys/module/ringside
# ask OPERATION.KIND [JSON]: an answer that the client decodes, by the specification that the package installed.
ask() {
	echo "+ $1 ${2:-}" >"$log"
	python3 "$here/pyynl/cli.py" --family ringside --output-json "--${1#*.}" "${1%.*}" ${2:+--json "$2"} >/run/answer 2>>"$log" &&
		python3 -c 'import json, sys; json.load(open("/run/answer"))' 2>>"$log"
	status=$?
	cat /run/answer >>"$log"
	result $status "YNL: $1${2:+ $2}"
}

ask status-get.do '{"item": "version"}'
same "YNL: the version is the tool's" "$(ringside --version | sed 's/.* //')" \
	"$(python3 -c 'import json; print(json.load(open("/run/answer"))["state"])')"
ask status-get.dump
ask task-get.do '{"pid": [1]}'
same "YNL: task 1 is systemd" systemd "$(python3 -c 'import json; print(json.load(open("/run/answer"))["comm"])')"
ask task-get.dump
ask memory-get.do
ask memory-get.dump
ask slab-get.do '{"name": "task_struct"}'
ask slab-get.dump
ask watch-new.do '{"name": "all", "times": 1, "by": "process"}'
ask watch-get.do '{"id": [1]}'
ask watch-get.dump
ask syscall-get.dump
ask error-get.dump
ask latency-get.dump
ask watch-del.do '{"id": [1]}'
ask map-get.dump "{\"pid\": $$}"
ask page-get.dump "{\"pid\": $$, \"address\": $((0x$(sed -n '1s/-.*//p' /proc/$$/maps)))}"
ask file-get.dump '{"pid": [1]}'
# Nothing that the specification has was left out.
python3 - >"$log" 2>&1 <<-'END'
	import yaml
	asked = set()
	for line in open("/scenario/run"):
	    words = line.split()
	    if words[:1] == ["ask"]:
	        asked.add(tuple(words[1].split(".")))
	spec = yaml.safe_load(open("/usr/share/ynl/specs/ringside.yaml"))
	there = {(op["name"], kind) for op in spec["operations"]["list"] for kind in ("do", "dump") if kind in op}
	assert there == asked, there ^ asked
END
result $? "YNL: every operation of the specification was asked"

at_work "after the reboot"
works "the module goes" rmmod ringside
works "apt purges it" apt-get -y purge ringside ringside-dkms
empty "no kernel has it any more" find /lib/modules -name '*ringside*'
finish
