# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Debian 12: node_exporter's textfile collector takes what ringside metrics writes, and Prometheus scrapes it
# after: bookworm-headers
# repository: prometheus prometheus-node-exporter python3
# seconds: 5400

# shellcheck source=tests/packages/guest.sh
. /scenario/guest.sh
apt_ready
folder=/var/lib/prometheus/node-exporter
works "apt installs prometheus-node-exporter and prometheus" apt-get -y --no-install-recommends install prometheus-node-exporter prometheus python3
works "the module loads" modprobe ringside
works "a watch with a name" sh -c 'echo "all all" >/sys/kernel/ringside/watch_new'
works "ringside metrics --to where the collector looks" ringside metrics --to $folder/ringside.prom
works "promtool has nothing to say against it" sh -c "promtool check metrics <$folder/ringside.prom"

# until_answers URL WORDS: fetches it until it has them.
until_answers() {
	tries=0
	until python3 -c 'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())' "$1" >"$log" 2>&1 &&
		grep -qE "$2" "$log"; do
		tries=$((tries + 1))
		[ $tries -lt 60 ] || return 1
		sleep 3
	done
}

works "node_exporter starts" systemctl start prometheus-node-exporter
until_answers http://localhost:9100/metrics '^ringside_'
result $? "node_exporter serves the figures"
sed -n 's/^\(ringside_[a-z_]*\)[ {].*/\1/p' "$log" | sort -u >/run/served
sed -n 's/^\(ringside_[a-z_]*\)[ {].*/\1/p' $folder/ringside.prom | sort -u >/run/written
works "all that were written" diff /run/written /run/served
until_answers http://localhost:9100/metrics '^node_textfile_scrape_error 0'
result $? "and found no fault in the file"

# The default file scrapes node_exporter on this machine; sooner than in 15 s is not needed.
works "prometheus starts" systemctl start prometheus
name=$(head -n 1 /run/written)
until_answers "http://localhost:9090/api/v1/query?query=$name" '"result":\[\{'
result $? "prometheus scraped it: $name"
works "the watch ends" sh -c 'echo all >/sys/kernel/ringside/watch_delete'
finish
