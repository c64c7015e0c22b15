#!/bin/bash
# SPDX-License-Identifier: MIT
# dns.sh PROGRAM: dig and libc's resolver against `handfast serve --dns`.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
needs dig

mkdir www
echo hello >www/index.html
{
	echo "origin example.test"
	echo "ttl 300"
	echo "10.9.0.2 www.example.test example.test"
	echo "fd09::2 www.example.test"
	echo "cname alias.example.test www.example.test   # leads on"
	for i in $(seq 0 199); do echo "192.0.2.$i many.example.test"; done
} >zone
net=tun:hf0,addr=10.9.0.2/24,gw=10.9.0.1,addr6=fd09::2/64,gw6=fd09::1

start() {
	"$hf" serve www --net $net --dns zone "$@" >out 2>err &
	server=$!
	children=("$server")
	until_true 10 grep -q 'dns.*fd09' out
}
ask() { dig +tries=1 +time=5 "@$1" "${@:2}" 2>&1; }
short() { ask "$@" +short | sort | tr '\n' ' '; }
status() { ask "$@" | sed -n 's/.*status: \([A-Z]*\).*/\1/p'; }
flags() { ask "$@" | sed -n 's/.*flags: \([a-z ]*\);.*/\1/p'; }

start
same ready-lines "$(tr '\n' ' ' <out)" \
	"listening http://10.9.0.2:80 listening http://[fd09::2]:80 listening dns://10.9.0.2:53 listening dns://[fd09::2]:53 "
same a "$(short 10.9.0.2 www.example.test)" "10.9.0.2 "
same aaaa "$(short 10.9.0.2 www.example.test AAAA)" "fd09::2 "
same over-ipv6 "$(short fd09::2 www.example.test AAAA)" "fd09::2 "
same alias "$(short 10.9.0.2 alias.example.test)" "10.9.0.2 www.example.test. "
same ptr "$(short 10.9.0.2 -x 10.9.0.2)" "www.example.test. "
same any "$(short 10.9.0.2 www.example.test ANY +notcp)" "10.9.0.2 fd09::2 "
same nxdomain "$(status 10.9.0.2 gone.example.test)" NXDOMAIN
same nodata "$(status 10.9.0.2 example.test AAAA)" NOERROR
same soa-for-nothing "$(ask 10.9.0.2 gone.example.test +noall +authority | awk '{print $1, $2, $4, $NF}')" "example.test. 300 SOA 300"
same refused "$(status 10.9.0.2 example.org)" REFUSED
same class-chaos "$(status 10.9.0.2 version.bind TXT CH)" REFUSED
same notimp "$(status 10.9.0.2 +opcode=notify www.example.test)" NOTIMP
same badvers "$(status 10.9.0.2 +edns=1 +noednsneg www.example.test)" BADVERS
same flags "$(flags 10.9.0.2 www.example.test)" "qr aa rd"
same truncated "$(flags 10.9.0.2 many.example.test +ignore)" "qr aa tc rd"
same without-edns "$(flags 10.9.0.2 many.example.test +ignore +noedns)" "qr aa tc rd"
same by-tcp-then "$(short 10.9.0.2 many.example.test | wc -w)" 200
same tcp "$(short 10.9.0.2 www.example.test +tcp)" "10.9.0.2 "
same keeps-case "$(ask 10.9.0.2 wWw.eXample.tEst +noall +answer | awk '{print $1, $NF}')" "wWw.eXample.tEst. 10.9.0.2"
check a-hundred-at-once bash -c 'for i in $(seq 100); do dig +tries=1 +time=10 @10.9.0.2 www.example.test +short >a.$i & done; wait
	[ "$(cat a.* | sort | uniq -c | tr -s " ")" = " 100 10.9.0.2" ]'

# libc's resolver, and with it curl
echo "nameserver 10.9.0.2" >resolv.conf
echo "search example.test" >>resolv.conf
echo "hosts: dns" >nsswitch.conf
touch hosts
for f in resolv.conf nsswitch.conf hosts; do mount --bind $f /etc/$f; done
same getent "$(getent ahosts www | awk '{print $1}' | sort -u | tr '\n' ' ')" "10.9.0.2 fd09::2 "
same curl "$(curl -s -S -m 10 http://alias.example.test/)" hello
same curl-over-ipv6 "$(curl -6 -s -S -m 10 http://www.example.test/)" hello
check nobody-of-that-name bash -c 'curl -s -m 10 http://gone.example.test/; [ $? = 6 ]'
kill -INT $server
wait $server
same ends-in-good-order $? 0

# bad zones: one sentence, and nothing was started
bad() {
	printf '%b' "$2" >bad
	timeout 10 "$hf" serve www --net $net --dns bad >out 2>err
	same "$1-code" $? 2
	same "$1" "$(cat err)" "handfast serve: bad, $3"
	same "$1-started-nothing" "$(cat out)" ""
}
bad bad-address '10.9.0.2 www.test\n10.9.0.300 x.test\n' 'line 2: a line begins with an address, or with cname, origin or ttl'
bad no-name '10.9.0.2\n' 'line 1: there is no name behind the address'
bad alias-and-address '10.9.0.2 www.test\ncname www.test x.test\n' 'line 2: an alias has no address and no second target'
timeout 10 "$hf" serve www --net $net --dns nowhere >out 2>err
same no-file-code $? 2
same no-file "$(cat err)" "handfast serve: nowhere: No such file or directory"
plan
