# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Packages of any Debian suite, from the mirrors this machine's apt already uses, signed, into the cache.
# The state (lists, sources, archives) is private: the machine's own apt is only read.
# Needs common.sh.
# shellcheck disable=SC2154 # common.sh sets cache

# A long enough life for lists, a short enough one that files named in them still exist.
apt_lists_hours=12

# apt_site [-security]: the address of the machine's Debian mirror.
apt_site() {
	local kind=${1:-} sites site
	# shellcheck disable=SC2016 # apt-get's
	sites=$(apt-get indextargets --no-release-info --format '$(SITE) $(RELEASE) $(COMPONENT)' |
		awk '$3 == "main" && $2 ~ /^(bullseye|bookworm|trixie|forky|sid|testing|stable|oldstable|unstable)/ { print $1, $2 }')
	site=$(awk -v kind="$kind" '($2 ~ /-security$/) == (kind == "-security") { print $1; exit }' <<<"$sites")
	if [ -z "$site" ] && [ "$kind" = -security ]; then
		# A machine without security sources: mirrors keep them beside the archive.
		site=$(apt_site) || return
		site=${site%/}-security
	fi
	[ -n "$site" ] || die "apt knows no Debian mirror: add one to /etc/apt/sources.list"
	printf '%s\n' "$site"
}

# apt_open SUITE...: a private apt that sees these suites and nothing installed; leaves its options in apt_options.
apt_open() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg suite site
	[ -e "$keyring" ] || die "no $keyring: install debian-archive-keyring, which tells Debian's packages from forged ones"
	apt_state=$cache/apt/$(printf '%s+' "$@")
	apt_state=${apt_state%+}
	mkdir -p "$apt_state"/{lists,archives}/partial || die "can't write to $cache: set RINGSIDE_CACHE to a folder that you own"
	: >>"$apt_state/status"
	apt_options=(
		-o "Dir::State::lists=$apt_state/lists" -o "Dir::State::status=$apt_state/status"
		-o "Dir::Etc::sourcelist=$apt_state/sources.list" -o Dir::Etc::sourceparts=/dev/null
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
		-o "Dir::Cache=$apt_state" -o Dir::Cache::archives=archives
		-o "APT::Sandbox::User=$(id -un)" -o APT::Install-Recommends=false
		-o Acquire::Languages=none -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
		-o Acquire::Retries=3 -qq
	)
	for suite; do
		case $suite in
		*-security) site=$(apt_site -security) ;;
		*) site=$(apt_site) ;;
		esac || return
		printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$keyring" "$site" "$suite"
	done >"$apt_state/sources.list.new" || return
	if ! cmp -s "$apt_state/sources.list.new" "$apt_state/sources.list"; then
		mv "$apt_state/sources.list.new" "$apt_state/sources.list"
		rm -f "$apt_state/fresh"
	fi
	if [ -z "$(find "$apt_state/fresh" -mmin -$((apt_lists_hours * 60)) 2>/dev/null)" ]; then
		say "reading the package lists of $*"
		apt-get "${apt_options[@]}" update >&2 ||
			die "apt can't fetch the lists of $*: is the network there, and does the mirror carry it? (sources: $apt_state/sources.list)"
		touch "$apt_state/fresh"
	fi
}

# apt_fetch NAME[=VERSION]...: downloads into the open state's archives, resuming what was broken off. Nothing but
# these is there then: what another run left is not unpacked with them.
apt_fetch() {
	local wanted file
	wanted=$(cd "$apt_state/archives" && apt-get "${apt_options[@]}" download --print-uris "$@" | cut -d' ' -f2) ||
		die "these lists have no such packages: $*"
	for file in "$apt_state"/archives/*.deb; do
		grep -qxF -- "${file##*/}" <<<"$wanted" || rm -f "$file"
	done
	say "downloading $(printf '%s\n' "${@%%=*}" | paste -sd' ' | fold -sw 300 | head -1)"
	(cd "$apt_state/archives" && apt-get "${apt_options[@]}" download "$@" >&2) || {
		rm -f "$apt_state/fresh"
		die "the download failed: run the command again, it goes on where it stopped"
	}
}

# apt_unpack DIRECTORY [TAR OPTION...]: unpacks everything downloaded in the open state, then forgets it.
apt_unpack() {
	local into=$1 deb
	shift
	mkdir -p "$into"
	for deb in "$apt_state"/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$into" --no-same-owner "$@" ||
			die "can't unpack ${deb##*/}: is the disk full? ($cache)"
	done
	rm -f "$apt_state"/archives/*.deb
}

# apt_closure PACKAGE... [-t SUITE]: everything these packages need, as NAME=VERSION.
apt_closure() {
	apt-get "${apt_options[@]}" -q=0 -s -y install "$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p'
}
