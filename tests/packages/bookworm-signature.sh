# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 12 that wants signatures: a module with none, or by a key it does not know, is refused, and doctor explains it
# after: bookworm-headers
# append: module.sig_enforce=1
# seconds: 1800

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
module=/lib/modules/$(uname -r)/updates/dkms/ringside.ko
refused='Key was rejected by service|Required key not available'

same "the kernel wants signatures" Y "$(cat /sys/module/module/parameters/sig_enforce)"
works "DKMS made itself a key, in two files" test -s /var/lib/dkms/mok.key -a -s /var/lib/dkms/mok.pub
same "it signed the module" "DKMS module signing key" "$(modinfo -F signer ringside)"
same "the certificate to enrol is that key's" "$(modinfo -F sig_key ringside | tr -d :)" \
	"$(openssl x509 -inform DER -in /var/lib/dkms/mok.pub -noout -serial | sed 's/serial=//')"
fails "a kernel that does not know the key refuses the module" "$refused" modprobe ringside
fails "doctor says why" "ringside is signed by DKMS module signing key, whose key this kernel does not know" ringside doctor
said "and what to do" "mokutil --import /var/lib/dkms/mok.pub"

cp "$module" signed.ko
works "without its signature" strip --strip-debug "$module"
same "it has no signer" "" "$(modinfo -F signer ringside)"
fails "the kernel refuses that too" "$refused" modprobe ringside
fails "doctor says that there is none" "modules need a signature, and ringside has none" ringside doctor
works "compressed, as other kernels have them" sh -c "xz -c --check=crc32 signed.ko >$module.xz && rm $module && depmod"
fails "doctor finds the signature there too" "ringside is signed by DKMS module signing key, whose key" ringside doctor
rm "$module.xz"
mv signed.ko "$module"
depmod
works "the kernel takes what Debian signed" modprobe dummy
finish
