# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it: a namespace of one's own, a place to work in, and TAP on stdout.
# shellcheck shell=bash
hf=$(realpath "$1")
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root, for a TUN device"; exit 0; }
[ -c /dev/net/tun ] || { echo "1..0 # SKIP there is no /dev/net/tun here"; exit 0; }
if [ "${2:-}" != inside ]; then
	unshare -nm true 2>/dev/null || { echo "1..0 # SKIP namespaces cannot be made here"; exit 0; }
	exec unshare -nm "$0" "$hf" inside
fi
ip link set lo up
ulimit -n 8192
work=$(mktemp -d)
chmod 755 "$work"
export XDG_RUNTIME_DIR=$work/run NO_COLOR=1
mkdir -m 700 "$work/run"
count=0
children=()
cleanup() {
	for p in "${children[@]}"; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$work"
}
trap cleanup EXIT
cd "$work" || exit 1

ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() { count=$((count + 1)); echo "not ok $count - $1"; echo "# $2"; }
# check NAME COMMAND...: ok when it ends with 0
check() {
	local name=$1
	shift
	if "$@" >log 2>&1; then ok "$name"; else not_ok "$name" "code $?: $(tail -c 300 log | tr '\n' ' ')"; fi
}
# same NAME GOT WANT
same() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2 instead of $3"; fi; }
sum() { sha256sum "$1" | cut -d' ' -f1; }
# until_true SECONDS COMMAND...
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.05
	done
}
plan() { echo "1..$count"; }
