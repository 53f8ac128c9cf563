# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 13: installed on its 6.12; then apt brings the kernel of trixie-backports, and DKMS builds for it by itself
# machine: trixie linux-headers-cloud-amd64 python3-yaml python3-jsonschema
# repository: dkms
# backports: linux-image-cloud-amd64 linux-headers-cloud-amd64
# seconds: 5400

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
apt_ready
works "apt installs the packages" apt-get -y install "$here"/debs/*.deb
same "DKMS built it for this kernel" "installed" "$(dkms status ringside | sed 's/.*: //')"
at_work "on 6.12"

works "apt installs the kernel of backports" apt-get -y -t trixie-backports install linux-image-cloud-amd64 linux-headers-cloud-amd64
new=$(find /lib/modules -mindepth 1 -maxdepth 1 -name '[7-9].*' -printf '%f\n' | sort -V | tail -n 1)
works "it is a newer one" [ -n "$new" ]
version=$(dpkg-query -W -f '${Version}' ringside-dkms)
dkms status ringside >/run/status
works "DKMS has built for it by itself" grep -xF "ringside/$version, $new, x86_64: installed" /run/status
works "and keeps the other" grep -xF "ringside/$version, $(uname -r), x86_64: installed" /run/status
# Loaded by the next boot.
cp /usr/share/doc/ringside/examples/modules-load.conf /etc/modules-load.d/ringside.conf
finish
