# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 12 without headers: says so, is installed all the same, and builds when headers come
# machine: bookworm
# repository: dkms linux-headers-cloud-amd64
# seconds: 5400

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
apt_ready
works "apt installs the packages without headers" apt-get -y --no-install-recommends install "$here"/debs/*.deb
said "it says that headers are missing" "kernel headers for this kernel do not seem to be installed"
same "both are configured" "ii  ii  " "$(dpkg-query -W -f '${db:Status-Abbrev} ' ringside ringside-dkms)"
same "DKMS knows it, and has not built it" "ringside/$(dpkg-query -W -f '${Version}' ringside-dkms): added" "$(dkms status ringside)"
fails "modprobe finds no module" "ringside not found" modprobe ringside
fails "the tool says what to do" "modprobe ringside" ringside tasks
fails "doctor says what is missing" "Headers of this kernel: absent" ringside doctor
said "and what to do" 'Install linux-headers-\$\(uname -r\)'

works "apt installs the headers" apt-get -y install linux-headers-cloud-amd64
same "DKMS has built it by itself" "installed" "$(dkms status ringside | sed 's/.*: //')"
at_work "after its headers came"
finish
