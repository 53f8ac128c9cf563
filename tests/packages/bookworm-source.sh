# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 12, from the sources: README's section Install to the letter, then make install and make dkms-install, and back
# machine: bookworm linux-headers-cloud-amd64
# repository: dkms sudo build-essential debhelper dh-dkms fakeroot pkg-config libmnl-dev libseccomp-dev libsmartcols-dev
# seconds: 5400

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
apt_ready
# apt would say which of them it takes.
works "apt installs sudo and dkms" apt-get -y install sudo dkms
tar -xzf "$here"/ringside-*.tar.gz
cd ringside-* || finish
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# What README says, as it says it: the lines of the section that are indented by four.
sed -n '/^## Install/,/^## /{ /^## /!p }' README.md | sed '1{ /^$/d }; ${ /^$/d }' >/run/section
works "README's section Install has ten lines at most" [ "$(wc -l </run/section)" -le 10 ]
sed -n 's/^    //p' /run/section >/run/commands
works "README's section Install has commands" [ -s /run/commands ]
number=0
while IFS= read -r line; do
	number=$((number + 1))
	printf '%s\n' "$line" >/run/line
	works "README: $line" bash -e /run/line </dev/null
done </run/commands
at_work "installed as README says"
works "the module goes" rmmod ringside
works "apt purges it" apt-get -y purge ringside ringside-dkms

inventory >/run/before
works "make dkms-install" make dkms-install
same "DKMS has it" "ringside/$version, $(uname -r), x86_64: installed" "$(dkms status ringside)"
works "modprobe takes it" modprobe ringside
works "it goes" rmmod ringside
works "make dkms-remove" make dkms-remove
inventory >/run/after
works "dkms-remove leaves nothing" diff /run/before /run/after

works "make" make
inventory >/run/before
works "make install" make install
works "the module is where modprobe looks" modprobe ringside
works "its tool is /usr/local/bin/ringside" /usr/local/bin/ringside status
works "it goes" rmmod ringside
works "make uninstall" make uninstall
inventory >/run/after
# Folders that /usr/local has in other machines too stay.
sed -i '\#^/usr/local/[^|]*|d|#d' /run/before /run/after
works "uninstall leaves nothing" diff /run/before /run/after
fails "modprobe finds nothing" "not found" modprobe ringside
finish
