#!/bin/bash
# SPDX-License-Identifier: MIT
# get.sh PROGRAM: `handfast get` against Debian's nginx, and against servers that go wrong in one way each.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
command -v nginx >/dev/null || { echo "1..0 # SKIP nginx is not installed"; exit 0; }

mkdir www
head -c 104857600 /dev/urandom >www/big
echo hello >www/a.txt
big=$(sum www/big)
net=tun:hf1,addr=10.9.0.2/24,gw=10.9.0.1,addr6=fd09::2/64,gw6=fd09::1
url=http://10.9.0.1:8000

cat >nginx.conf <<END
daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.err; user root;
events {}
http {
	access_log off; sendfile on;
	client_body_temp_path $work/t1; proxy_temp_path $work/t2; fastcgi_temp_path $work/t3; scgi_temp_path $work/t4; uwsgi_temp_path $work/t5;
	server { listen 8000; listen [::]:8000; root $work/www; autoindex on; }
}
END
nginx -c "$work/nginx.conf" 2>/dev/null &
children+=($!)
cat >bad.py <<'END'
import socket, struct, threading, time
def serve(port, answer):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', port)); s.listen(50)
    def loop():
        while True:
            c, _ = s.accept(); threading.Thread(target=answer, args=(c,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
def read(c):
    b = b''
    while b'\r\n\r\n' not in b:
        d = c.recv(4096)
        if not d: return
        b += d
def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); c.close()
def reset_in_body(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 300); time.sleep(.3); reset(c)
def reset_at_once(c): read(c); reset(c)
def short(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 300); c.close()
def mute(c): read(c); time.sleep(60)
def mute_in_body(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhell'); time.sleep(60)
def chunks(c):
    read(c); c.sendall(b'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    for _ in range(5): c.sendall(b'3;x=y\r\nabc\r\n'); time.sleep(.01)
    c.sendall(b'0\r\nT: 1\r\n\r\n'); time.sleep(5); c.close()
def chunks_cut(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'); c.close()
def to_the_end(c): read(c); c.sendall(b'HTTP/1.0 200 OK\n\nto the end'); c.close()
def not_http(c): c.sendall(b'220 mail.example ESMTP\r\n\r\n'); time.sleep(1); c.close()
def nothing(c): read(c); c.close()
def drip(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
    for _ in range(100): c.sendall(b'x'); time.sleep(.2)
for i, f in enumerate([reset_in_body, reset_at_once, short, mute, mute_in_body, chunks, chunks_cut, to_the_end, not_http, nothing, drip]):
    serve(9000 + i, f)
print('ready', flush=True)
time.sleep(1000)
END
python3 bad.py >bad.out 2>bad.err &
children+=($!)
until_true 10 grep -q ready bad.out
until_true 10 curl -s -o /dev/null http://127.0.0.1:8000/a.txt

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

check big-over-ipv4 get -o got $url/big
same big-over-ipv4-is-right "$(sum got)" "$big"
check big-over-ipv6 get -o got 'http://[fd09::1]:8000/big'
same big-over-ipv6-is-right "$(sum got)" "$big"
same no-part-left "$(find . -name '*.part' | wc -l)" 0
same to-stdout "$(get $url/a.txt)" hello
same to-a-slow-pipe "$(get $url/big | (sleep 1; sha256sum) | cut -d' ' -f1)" "$big"
same to-a-closed-pipe "$(get $url/big 2>err | head -c 1000 | wc -c) $(wc -c <err)" "1000 0"
same include "$(get -i $url/a.txt | tr -d '\r' | sed -n '1p;$p' | tr '\n' ' ')" "HTTP/1.1 200 OK hello "
same head "$(get -I $url/a.txt | tr -d '\r' | grep -c '^Content-Length: 6')" 1
same error-body "$(get $url/none | grep -c '404 Not Found'; get $url/none >/dev/null; echo $?)" "2
0"
get --fail $url/none >out 2>err
same fail-option "$? $(grep -c 'the server answered 404 Not Found' err) $(grep -c '404 Not Found' out)" "10 1 2"
same json "$(get --json $url/a.txt | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(d["status"], d["body_octets"], d["whole"], d["error"], d["exit"], d["connection"]["remote"]["port"])')" "200 6 True None 0 8000"
same chunked "$(get http://10.9.0.1:9005/)" abcabcabcabcabc
same until-close "$(get http://10.9.0.1:9007/)" "to the end"

ends refused 7 'nothing listens at that port (RST answered our SYN)' http://10.9.0.1:81/
ends refused-ip6 7 'nothing listens at that port' 'http://[fd09::1]:81/'
ends reset-in-body 8 'the other side reset the connection after 300 of 1000 octets of the body' http://10.9.0.1:9000/
same part-is-kept "$(stat -c %s file.part) $(grep -c 'kept in file.part (300 octets)' err)" "300 1"
ends reset-at-once 8 'reset the connection before it answered' http://10.9.0.1:9001/
ends cut-short 10 'the body was cut short: 300 of 1000 octets came' http://10.9.0.1:9002/
ends no-answer 9 'connected, but no answer came for 1 s' http://10.9.0.1:9003/ --idle-timeout 1
ends silence-in-body 9 'nothing came for 1 s' http://10.9.0.1:9004/ --idle-timeout 1
ends total-time-out 9 'not whole after 1.5 s' http://10.9.0.1:9010/ --timeout 1.5
ends chunks-cut 10 'the last chunk did not' http://10.9.0.1:9006/
ends not-http 10 'does not begin with an HTTP status line' http://10.9.0.1:9008/
ends nothing 10 'closed the connection without an answer' http://10.9.0.1:9009/
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
