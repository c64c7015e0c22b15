#!/bin/sh
# SPDX-License-Identifier: MIT
# The host behind each kind of device against the kernel: ping, and octets both ways. tun.sh PROGRAM, where PROGRAM is
# net_small_services of the build. Runs in namespaces of its own; leaves nothing behind. Exit 77: no right to make them.
set -eu

program=$1
if [ "${2:-}" != inside ]; then
	unshare -Urnm true 2>/dev/null || unshare -nm true 2>/dev/null || { echo "skipped: no namespaces here"; exit 77; }
	if [ "$(id -u)" = 0 ]; then exec unshare -nm "$0" "$program" inside; fi
	exec unshare -Urnm "$0" "$program" inside
fi

work=$(mktemp -d)
server=
cleanup() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || true
	wait
	rm -rf "$work"
}
trap cleanup EXIT
ip link set lo up

passed=0
check() { # NAME COMMAND...
	name=$1
	shift
	if "$@" >"$work/log" 2>&1; then
		passed=$((passed + 1))
		echo "ok   $name"
	else
		echo "FAIL $name"
		cat "$work/log"
		exit 1
	fi
}

start() {
	: >"$work/out" # before the other process does it: what the last one said must not count
	"$program" "$@" >"$work/out" 2>"$work/err" &
	server=$!
	for _ in $(seq 100); do
		if grep -q ready "$work/out"; then return; fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.05
	done
	cat "$work/err"
	exit 1
}

stop() {
	kill -INT "$server"
	wait "$server"
	server=
	sed -n '/^in /s/^/     /p' "$work/out"
}

head -c 20000000 /dev/urandom >"$work/data"

echo_back() { # ADDRESS
	timeout 60 nc -N "$1" 7 <"$work/data" >"$work/back" && cmp "$work/back" "$work/data"
}
generated() { # ADDRESS
	timeout 60 nc -d "$1" 19 >"$work/back" && [ "$(wc -c <"$work/back")" = 100000000 ]
}

all() { # NAME ADDRESS4 ADDRESS6
	check "$1: ping over IPv4" ping -c 3 -i 0.2 -W 2 "$2"
	check "$1: ping over IPv6" ping -c 3 -i 0.2 -W 2 "$3"
	check "$1: a ping in fragments" ping -c 2 -i 0.2 -W 2 -s 20000 "$2"
	check "$1: 20 MB echoed over IPv4" echo_back "$2"
	check "$1: 20 MB echoed over IPv6" echo_back "$3"
	check "$1: 100 MB generated over IPv4" generated "$2"
	check "$1: 100 MB generated over IPv6" generated "$3"
}

net=addr=10.9.0.2/24,gw=10.9.0.1,addr6=fd00:9::2/64,gw6=fd00:9::1

if [ -w /dev/net/tun ]; then
	start "tun:hftest0,$net" 100000000
	all "tun" 10.9.0.2 fd00:9::2
	stop
	check "tun: the device is gone" sh -c '! ip link show hftest0'
	start "tun:hftest0,$net,offload=no" 100000000
	all "tun without offload" 10.9.0.2 fd00:9::2
	stop
	start "tap:hftest0,$net,dad=no" 100000000
	all "tap" 10.9.0.2 fd00:9::2
	stop
else
	echo "skipped: /dev/net/tun is closed to this user"
fi

ip link add hftest1 type veth peer name hftest2
sysctl -qw net.ipv6.conf.hftest1.accept_dad=0 net.ipv6.conf.hftest2.disable_ipv6=1 2>/dev/null || true
ip link set hftest1 up
ip link set hftest2 up
ip addr add 10.9.0.1/24 dev hftest1
ip addr add fd00:9::1/64 dev hftest1 nodad
start "packet:hftest2,$net,dad=no" 100000000
all "packet" 10.9.0.2 fd00:9::2
ip link set hftest2 down
sleep 0.3
ip link set hftest2 up
check "packet: after the link was down" echo_back 10.9.0.2
stop
start "packet:hftest2,$net,dad=no" 100000000
ip link set hftest2 down
sleep 0.3
ip link del hftest2
gone=0
timeout 5 tail --pid "$server" -f /dev/null
wait "$server" || gone=$?
server=
check "packet: an interface that is removed ends it" test "$gone" -ne 0

echo "$passed passed, 0 failed"
