#!/bin/bash
# SPDX-License-Identifier: MIT
# get.sh PROGRAM: `handfast get` against Debian's nginx, and against servers that go wrong in one way each: over our own TCP and
# the kernel's, plain and over TLS.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
needs nginx

mkdir www
head -c 104857600 /dev/urandom >www/big
echo hello >www/a.txt
big=$(sum www/big)
tun=tun:hf1,addr=10.9.0.2/24,gw=10.9.0.1,addr6=fd09::2/64,gw6=fd09::1
"$hf" cert ca ca >/dev/null
"$hf" cert issue --ca ca a.example localhost 127.0.0.1 ::1 10.9.0.1 fd09::1 --out server >/dev/null

begin_nginx http://127.0.0.1:8000/a.txt <<END
	access_log off; sendfile on;
	server {
		listen 8000; listen [::]:8000; listen 8443 ssl; listen [::]:8443 ssl; root $work/www; autoindex on;
		ssl_certificate $work/server.crt; ssl_certificate_key $work/server.key; ssl_protocols TLSv1.2 TLSv1.3;
	}
END
begin_bad <<'END'
import time
from bad_server import mute, mute_at_once, not_http, nothing, read, reset, reset_hello, reset_request, serve
def reset_in_body(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 300); time.sleep(.3); reset(c)
def short(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 300); c.close()
def mute_in_body(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell'); time.sleep(60)
def chunks(c):
    read(c); c.sendall(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    for _ in range(5): c.sendall(b'3;x=y\r\nabc\r\n'); time.sleep(.01)
    c.sendall(b'0\r\nT: 1\r\n\r\n'); time.sleep(5); c.close()
def chunks_cut(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'); c.close()
def to_the_end(c): read(c); c.sendall(b'HTTP/1.0 200 OK\n\nto the end'); c.close()
def drip(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
    for _ in range(100): c.sendall(b'x'); time.sleep(.2)
serve([reset_in_body, reset_request, short, mute, mute_in_body, chunks, chunks_cut, to_the_end, not_http, nothing, drip, reset_hello, mute_at_once])
END
(cd www && exec python3 -m http.server 8001 --bind :: >/dev/null 2>&1) &
children+=($!)
until_true 10 curl -s -o /dev/null http://127.0.0.1:8001/a.txt

get() { timeout 60 "$hf" get "$@" --net "$net"; }
# ends NAME CODE WORDS ARGUMENTS...: ends with that code and a sentence with those words.
ends() {
	local name=$1 code=$2 words=$3 got
	shift 3
	rm -f file file.part
	get -o file "$@" >out 2>err
	got=$?
	if [ $got -ne "$code" ]; then not_ok "$name" "code $got instead of $code: $(cat err)"
	elif ! grep -qF -e "$words" err; then not_ok "$name" "says: $(cat err)"
	elif [ -e file ]; then not_ok "$name" "the file has its name"
	else ok "$name"; fi
}

# both KIND NET HOST HOST6 CONNECTION: what is the same over either TCP.
both() {
	local kind=$1 net=$2 host=$3 host6=$4 connection=$5 url=http://$3:8000
	check "$kind-big-over-ipv4" get -o got $url/big
	same "$kind-big-over-ipv4-is-right" "$(sum got)" "$big"
	check "$kind-big-over-ipv6" get -o got "http://[$host6]:8000/big"
	same "$kind-big-over-ipv6-is-right" "$(sum got)" "$big"
	same "$kind-no-part-left" "$(find . -name '*.part' | wc -l)" 0
	same "$kind-to-stdout" "$(get $url/a.txt)" hello
	same "$kind-to-a-slow-pipe" "$(get $url/big | (sleep 1; sha256sum) | cut -d' ' -f1)" "$big"
	same "$kind-to-a-closed-pipe" "$(get $url/big 2>err | head -c 1000 | wc -c) $(wc -c <err)" "1000 0"
	same "$kind-include" "$(get -i $url/a.txt | tr -d '\r' | sed -n '1p;$p' | tr '\n' ' ')" "HTTP/1.1 200 OK hello "
	same "$kind-head" "$(get -I $url/a.txt | tr -d '\r' | grep -c '^Content-Length: 6')" 1
	same "$kind-error-body" "$(get $url/none | grep -c '404 Not Found'; get $url/none >/dev/null; echo $?)" "2
0"
	get --fail $url/none >out 2>err
	same "$kind-fail-option" "$? $(grep -c 'the server answered 404 Not Found' err) $(grep -c '404 Not Found' out)" "10 1 2"
	same "$kind-json" "$(get --json $url/a.txt | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["status"], d["body_octets"], d["whole"], d["error"], d["exit"], (d["connection"] or {"remote": None})["remote"])')" "200 6 True None 0 $connection"
	same "$kind-chunked" "$(get http://$host:9005/)" abcabcabcabcabc
	same "$kind-until-close" "$(get http://$host:9007/)" "to the end"

	ends "$kind-refused" 7 'nothing listens at that port (RST answered our SYN)' http://$host:81/
	ends "$kind-refused-ip6" 7 'nothing listens at that port' "http://[$host6]:81/"
	ends "$kind-reset-in-body" 8 'the other side reset the connection after 300 of 1000 octets of the body' http://$host:9000/
	same "$kind-part-is-kept" "$(stat -c %s file.part) $(grep -c 'kept in file.part (300 octets)' err)" "300 1"
	ends "$kind-reset-at-once" 8 'reset the connection before it answered' http://$host:9001/
	ends "$kind-cut-short" 10 'the body was cut short: 300 of 1000 octets came' http://$host:9002/
	ends "$kind-no-answer" 9 'connected, but no answer came for 1 s' http://$host:9003/ --idle-timeout 1
	ends "$kind-silence-in-body" 9 'nothing came for 1 s' http://$host:9004/ --idle-timeout 1
	ends "$kind-total-time-out" 9 'not whole after 1.5 s' http://$host:9010/ --timeout 1.5
	ends "$kind-chunks-cut" 10 'the last chunk did not' http://$host:9006/
	ends "$kind-not-http" 10 'does not begin with an HTTP status line' http://$host:9008/
	ends "$kind-nothing" 10 'closed the connection without an answer' http://$host:9009/
	check "$kind-python" get -o got http://$host:8001/big
	same "$kind-python-is-right" "$(sum got)" "$big"
	check "$kind-tls" get -o got https://$host:8443/big --cacert ca/root.crt
	same "$kind-tls-is-right" "$(sum got)" "$big"
	check "$kind-tls-1.2-ipv6" get -o got "https://[$host6]:8443/big" --cacert ca/root.crt --tls-max 1.2
	same "$kind-tls-1.2-ipv6-is-right" "$(sum got)" "$big"
	same "$kind-tls-to-a-slow-pipe" "$(get https://$host:8443/big --cacert ca/root.crt | (sleep 1; sha256sum) | cut -d' ' -f1)" "$big"
	same "$kind-tls-by-name" "$(get https://a.example:8443/a.txt --resolve a.example:8443:$host --cacert ca/root.crt)" hello
	same "$kind-tls-ends-in-order" "$(get --json https://$host:8443/a.txt --cacert ca/root.crt | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["tls"]["verified"], d["tls"]["end"], d["body_octets"], d["exit"])')" "True close_notify 6 0"
	ends "$kind-tls-untrusted" 4 'unknown-issuer' https://$host:8443/a.txt
	ends "$kind-tls-meets-http" 5 'the other side speaks plain HTTP at that port' https://$host:8000/
	ends "$kind-tls-reset" 8 'the other side reset the connection in the middle of the TLS handshake' https://$host:9011/
	ends "$kind-tls-mute" 9 'connected, but the TLS handshake was not over after 1.5 s' https://$host:9012/ --connect-timeout 1.5
	get -o /dev/null https://$host:8443/a.txt --cacert ca/root.crt --trace 2>err
	same "$kind-trace-of-tls-and-http" "$(grep -c 'TLS: sends ClientHello' err) $(grep -c 'HTTP: sends GET /a.txt (RFC 9112 3)' err) $(grep -c 'HTTP: receives 200 OK (RFC 9112 4)' err) $(grep -c 'HTTP: the answer is whole, with 6 octets' err)" "1 1 1 1"
}
both tun "$tun" 10.9.0.1 fd09::1 "{'addr': '10.9.0.1', 'port': 8000}"
both host host 127.0.0.1 ::1 None
net=$tun url=http://10.9.0.1:8000

# ---- ways that lead nowhere ----
ends connect-time-out 9 'no answer from 10.9.0.77 in time' http://10.9.0.77/ --connect-timeout 1.5
timeout 60 "$hf" get http://10.99.0.1/ --net tun:hf1,addr=10.9.0.2/24 2>err
same no-route "$? $(grep -c 'no route leads to 10.99.0.1' err)" "6 1"
timeout 60 "$hf" get 'http://[fd99::1]/' --net tun:hf1,addr=10.9.0.2/24 2>err
same no-address "$? $(wc -l <err)" "6 1"
# A router on the way that knows none further says so by ICMP.
sysctl -q -w net.ipv4.ip_forward=1
ip route add unreachable 10.98.0.0/16
ends unreachable 6 '10.98.0.1 cannot be reached' http://10.98.0.1/
timeout 60 "$hf" get http://255.255.255.255/ --net "$net" 2>err
same broadcast "$? $(grep -c 'no connection can go to that address' err)" "2 1"
timeout 60 "$hf" get http://10.9.0.2/ --net "$net" 2>err
same own-address "$? $(grep -c "this host's own address (addr= or addr6= in --net)" err)" "2 1"

# The same of the kernel's: no way, a way that is forbidden, an address where nobody is.
net=host
ip tuntap add hfnobody mode tun && ip addr add 10.97.0.1/24 dev hfnobody && ip link set hfnobody up
ends host-connect-time-out 9 'no answer from 10.97.0.77 in time' http://10.97.0.77/ --connect-timeout 1.5
ends host-no-route 6 'no route leads to 10.99.0.1' http://10.99.0.1/
ends host-no-route-ip6 6 'no route leads to fd99::1' 'http://[fd99::1]/'
ends host-unreachable 6 '10.98.0.1 cannot be reached' http://10.98.0.1/
ip route add prohibit 10.96.0.0/16
ends host-prohibited 6 '10.96.0.1 cannot be reached' http://10.96.0.1/
same host-any "$(get http://0.0.0.0:8000/ 2>&1 | cut -d: -f5-)" " no connection can go to that address (any, broadcast or multicast)"
same host-is-the-default "$(timeout 60 "$hf" get http://127.0.0.1:8000/a.txt)" hello
same host-localhost "$(get http://localhost:8000/a.txt) $(get https://LOCALHOST:8443/a.txt --cacert ca/root.crt) $(get http://b.localhost.:8000/a.txt)" "hello hello hello"
python3 -m http.server 8002 -d www --bind ::1 >/dev/null 2>&1 &
children+=($!)
until_true 10 curl -s -o /dev/null 'http://[::1]:8002/'
same host-localhost-over-ip6 "$(get http://localhost:8002/a.txt)" hello
get http://127.0.0.1:8000/ --pcap none.pcapng 2>err
same host-no-capture "$? $(grep -c 'there are none of ours to capture' err) $(ls none.pcapng 2>/dev/null)" "2 1 "
get -o /dev/null http://127.0.0.1:8000/a.txt --trace 2>err
same host-trace "$(grep -c "connects to 127.0.0.1, port 8000; what TCP does is the kernel's, and not told" err) $(grep -c SYN err)" "1 0"
timeout 60 "$hf" get -o file http://127.0.0.1:9003/ 2>err &
pid=$!
sleep 1
kill -INT "$(pgrep -P $pid)"
wait $pid
same host-interrupted "$? $(grep -c interrupted err)" "1 1"
net=$tun

timeout 60 "$hf" get -o file http://10.9.0.1:9003/ --net "$net" 2>err &
pid=$!
sleep 1
kill -INT "$(pgrep -P $pid)"
wait $pid
same interrupted "$? $(grep -c interrupted err) $(ip link show hf1 2>/dev/null | wc -l)" "1 1 0"

# A FIFO that nobody reads holds open() up, but not the user who wants to leave.
mkfifo pipe
"$hf" get -o pipe $url/a.txt --net "$net" 2>err &
pid=$!
sleep 1
kill -TERM $pid
(sleep 5; kill -KILL $pid) 2>/dev/null &
children+=($!)
wait $pid 2>/dev/null
same fifo-without-a-reader "$?" $((128 + 15))
(cat pipe >got) & reader=$!
check fifo get -o pipe $url/a.txt
wait $reader
same fifo-is-right "$(cat got)" hello

get -o /dev/null $url/a.txt --trace --pcap get.pcapng 2>err
same trace "$(grep -c 'sends SYN seq 0' err) $(grep -c 'RFC 9293' err | awk '{ print ($1 > 5) }')" "1 1"
if command -v tshark >/dev/null; then
	same capture "$(tshark -r get.pcapng -Y '_ws.malformed || tcp.checksum.status == "Bad"' 2>/dev/null | wc -l) $(tshark -r get.pcapng -Y http.response 2>/dev/null | wc -l)" "0 1"
fi
plan
