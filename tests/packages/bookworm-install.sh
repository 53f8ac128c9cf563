# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 12 with headers: installed, upgraded, used, purged; nothing is left
# machine: bookworm linux-headers-cloud-amd64
# repository: dkms
# seconds: 5400

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
apt_ready
works "apt installs dkms" apt-get -y install dkms
inventory >/run/before

works "apt installs the packages of an older version" apt-get -y install "$here"/old/*.deb
same "DKMS has it, built for this kernel" "ringside/0.0.9, $(uname -r), x86_64: installed" "$(dkms status ringside)"
works "the older module loads" modprobe ringside
same "it is the older one" 0.0.9 "$(cat /sys/module/ringside/version)"

works "apt upgrades them" apt-get -y install "$here"/debs/*.deb
version=$(dpkg-query -W -f '${Version}' ringside-dkms)
same "DKMS has the new one and no other" "ringside/$version, $(uname -r), x86_64: installed" "$(dkms status ringside)"
same "so has /usr/src" "ringside-$version" "$(cd /usr/src && echo ringside-*)"
fails "doctor says that the module that is loaded is another version's" 'The module is version 0.0.9, this tool' ringside doctor
works "the older module goes" rmmod ringside
at_work "installed by apt"
works "the module is the one that DKMS built" grep -q "updates/dkms/ringside.ko" "/lib/modules/$(uname -r)/modules.dep"
works "the manual page is there" test -e "$(find /usr/share/man -name 'ringside.[18].gz' | head -n 1)"
works "the header compiles" sh -c 'echo "#include <linux/ringside.h>" | gcc -Wall -Werror -x c -fsyntax-only -'
empty "nothing loads it when the machine starts" sh -c 'grep -rsl ringside /etc/modules /etc/modules-load.d /usr/lib/modules-load.d /etc/modprobe.d /etc/systemd'
cp /usr/share/doc/ringside/examples/modules-load.conf /etc/modules-load.d/ringside.conf
cp /usr/share/doc/ringside/examples/modprobe.conf /etc/modprobe.d/ringside.conf
sed -i 's/^#options ringside group=.*/options ringside group=4321/' /etc/modprobe.d/ringside.conf
works "the module goes again" rmmod ringside
works "systemd loads it by the example of modules-load.d" systemctl restart systemd-modules-load
same "with the parameter of modprobe.d's" 4321 "$(cat /sys/module/ringside/parameters/group)"
rm -f /etc/modules-load.d/ringside.conf /etc/modprobe.d/ringside.conf
works "it can be unloaded" rmmod ringside

works "apt purges them" apt-get -y purge ringside ringside-dkms
same "DKMS knows nothing of it" "" "$(dkms status ringside)"
empty "no module is left" find /lib/modules -name '*ringside*'
inventory >/run/after
works "files, users and groups are as they were" diff /run/before /run/after
finish
