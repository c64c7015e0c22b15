# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it: a namespace of one's own, a place to work in, and TAP on stdout.
# shellcheck shell=bash
hf=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
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
# needs PROGRAM...: without one of them there is nothing to test.
needs() {
	for p in "$@"; do
		command -v "$p" >/dev/null || { echo "1..0 # SKIP $p is not installed"; exit 0; }
	done
}

# ---- peers ----

# begin_nginx URL: Debian's nginx, with the http block that comes on stdin; it answers at URL.
begin_nginx() {
	{
		cat <<-END
			daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.err; user root;
			events {}
			http {
			client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; scgi_temp_path $work/t4; uwsgi_temp_path $work/t5;
		END
		cat
		echo "}"
	} >nginx.conf
	nginx -c "$work/nginx.conf" 2>nginx.out &
	children+=("$!")
	until_true 10 curl -ks -o /dev/null "$1"
}
# begin_dnsmasq: a name server that knows what stdin says, and asks nobody.
begin_dnsmasq() {
	{
		printf '%s\n' keep-in-foreground no-resolv no-hosts user=root pid-file=
		cat
	} >dnsmasq.conf
	dnsmasq -C dnsmasq.conf >dnsmasq.log 2>&1 &
	children+=("$!")
	until_true 10 sh -c "ss -Hlnu 'sport = :53' | grep -q ."
}
# begin_bad: servers that go wrong in one way each, at the ports from 9000 on: stdin makes them of bad_server.py.
begin_bad() {
	cat >bad.py
	PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 python3 bad.py >bad.out 2>bad.err &
	children+=("$!")
	until_true 60 grep -q ready bad.out
}
