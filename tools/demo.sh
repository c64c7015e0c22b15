#!/bin/bash
# SPDX-License-Identifier: MIT
# Shows what the program can do: ladders from a simulated network, then the kernel's curl fetching a file from us.
set -uo pipefail
cd "$(dirname "$0")/.."
hf=$PWD/build/handfast
bad=0

title() { printf '\n==== %s\n\n' "$*"; }

play() {
	title "$2"
	"$hf" scenario "$1" || { echo "demo: the scenario $1 did not show what it must"; bad=1; }
}

# In a network namespace of its own: nothing of this machine's network is touched.
fetch() {
	local size=100000000 url want got start
	dir=$(mktemp -d)
	trap 'kill ${server:-} 2>/dev/null; wait; rm -rf "$dir"' EXIT
	head -c $size /dev/urandom >"$dir/file.bin"
	want=$(sha256sum <"$dir/file.bin")
	ip link set lo up
	"$hf" serve --net tun:hf0,addr=10.9.0.2/24,gw=10.9.0.1 "$dir" >"$dir/said" 2>"$dir/why" &
	server=$!
	for _ in $(seq 50); do
		grep -q '^listening ' "$dir/said" && break
		kill -0 $server 2>/dev/null || { cat "$dir/why"; return 1; }
		sleep 0.1
	done
	url=$(sed -n 's/^listening //p' "$dir/said" | head -n 1)
	echo "\$ handfast serve --net tun:hf0,addr=10.9.0.2/24,gw=10.9.0.1 DIR"
	cat "$dir/said"
	echo "\$ curl -sS -o file.bin $url/file.bin"
	start=$(date +%s%N)
	curl -sS --noproxy '*' --max-time 30 -o "$dir/got.bin" "$url/file.bin" || return 1
	printf '%d octets in %d ms\n' "$(stat -c %s "$dir/got.bin")" $((($(date +%s%N) - start) / 1000000))
	got=$(sha256sum <"$dir/got.bin")
	echo "sha256 sent ${want%% *}"
	echo "sha256 got  ${got%% *}"
	[ "$want" = "$got" ]
}

if [ "${1:-}" = fetch ]; then
	fetch
	exit
fi

play three-way-handshake "a connection is agreed on in three steps"
play stale-syn "an old SYN arrives after the connection has ended: the third step is there to refuse it"
play four-way-close "each direction is closed by itself"
play loss-1-percent "a file crosses a line that loses one packet in a hundred"

title "a simulated server has this folder's files; the line to it loses five packets in a hundred"
echo "\$ handfast get -I http://10.9.0.1/README.md --net sim,loss=5%,seed=3 --trace"
"$hf" get -I http://10.9.0.1/README.md --net sim,loss=5%,seed=3 --trace 2>&1 || { echo "demo: get did not get its answer"; bad=1; }

title "the kernel's curl fetches a file over our TCP"
if [ "$(id -u)" != 0 ]; then
	echo "skipped: making a TUN device needs root (or CAP_NET_ADMIN); everything above ran without"
elif ! [ -c /dev/net/tun ] || ! (: <>/dev/net/tun) 2>/dev/null; then
	echo "skipped: this machine has no /dev/net/tun that may be opened"
elif ! unshare -n true 2>/dev/null; then
	echo "skipped: this machine lets nobody make a network namespace"
else
	unshare -n "$0" fetch || { echo "demo: curl did not get the file whole"; bad=1; }
fi
exit $bad
