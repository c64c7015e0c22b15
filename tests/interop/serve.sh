#!/bin/bash
# SPDX-License-Identifier: MIT
# serve.sh PROGRAM: clients that everybody has against `handfast serve`.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

mkdir -p www/dir
head -c 104857600 /dev/urandom >www/big
head -c 1000000 www/big >www/mega
echo hello >www/a.txt
echo '<h1>here</h1>' >www/index.html
cp www/a.txt www/dir/index.html
echo secret >secret
ln -s ../secret www/out
mkdir -p www/.git www/.well-known
echo "who to write to" >www/.well-known/security.txt
echo hidden | tee www/.env >www/.git/config
big=$(sum www/big) mega=$(sum www/mega)
net=tun:hf0,addr=10.9.0.2/24,gw=10.9.0.1,addr6=fd09::2/64,gw6=fd09::1
v4=http://10.9.0.2 v6='http://[fd09::2]'

start() {
	rm -f out # what the last one said must not be taken for this one's
	"$hf" serve www --net $net "$@" >out 2>err &
	server=$!
	children=("$server")
	until_true 10 grep -q 'listening.*fd09' out
}
get() { curl -g -s -S -m 60 "$@"; }

start --head-timeout 2
same ready-lines "$(tr '\n' ' ' <out)" "listening http://10.9.0.2:80 listening http://[fd09::2]:80 "
check page get -f -o page $v4/
same page-is-right "$(cat page)" '<h1>here</h1>'
get -o got $v4/big; same big-over-ipv4 "$(sum got)" "$big"
get -o got "$v6/big"; same big-over-ipv6 "$(sum got)" "$big"

mkdir many
for i in $(seq 200); do get -o many/$i $v4/mega & pids[i]=$!; done
bad=0
for i in $(seq 200); do wait "${pids[i]}" || bad=$((bad + 1)); done
same 200-at-once "$bad failed, $(sha256sum many/* | grep -c "$mega") right" "0 failed, 200 right"
rm -r many

check wget wget -q -T 60 -O got $v4/big
same wget-is-right "$(sum got)" "$big"
check python-http-client python3 - <<'END'
import http.client, hashlib
for host in ('10.9.0.2', '[fd09::2]'):
    c = http.client.HTTPConnection(host, timeout=30)
    for path, n in (('/a.txt', 6), ('/mega', 1000000), ('/none', None), ('/a.txt', 6)):
        c.request('GET', path)
        r = c.getresponse()
        body = r.read()
        assert (r.status, len(body)) == (200, n) if n else r.status == 404, (path, r.status, len(body))
    c.request('HEAD', '/mega')
    r = c.getresponse()
    assert r.status == 200 and r.getheader('Content-Length') == '1000000' and r.read() == b''
END
request='GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n'
# shellcheck disable=SC2059
same half-close "$(printf "$request" | timeout 10 nc -N 10.9.0.2 80 | tail -1)" hello
# shellcheck disable=SC2059
same pipelined "$(printf "$request$request$request" | timeout 10 nc -N 10.9.0.2 80 | grep -c '^hello')" 3
# shellcheck disable=SC2059
same byte-by-byte "$(printf "$request" | python3 -c '
import socket, sys, time
s = socket.create_connection(("10.9.0.2", 80)); s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for b in sys.stdin.buffer.read(): s.sendall(bytes([b])); time.sleep(.002)
s.shutdown(socket.SHUT_WR)
print(s.makefile("rb").read().split(b"\r\n\r\n")[1].decode().strip())')" hello

status() { get -o page -w '%{http_code}' "$@"; }
same not-found "$(status $v4/none)" 404
same redirect "$(get -o page -w '%{http_code} %{redirect_url}' $v4/dir?q)" "301 $v4/dir/?q"
same index "$(get $v4/dir/)" hello
same link-out "$(status $v4/out)" 403
same dot-names "$(status $v4/.env) $(status $v4/.git/config) $(status $v4/.git/)" "404 404 404"
same well-known "$(get $v4/.well-known/security.txt) $(status $v4/.well-known/.env)" "who to write to 404"
same way-up "$(status --path-as-is $v4/../secret)" 400
same way-up-encoded "$(status --path-as-is $v4/%2e%2e/secret)" 400
same slash-encoded "$(status --path-as-is $v4/..%2fsecret)" 404
same post "$(status -d x $v4/a.txt) $(get -d x -i $v4/a.txt | grep -i '^allow' | tr -d '\r')" "405 Allow: GET, HEAD"
same unknown-method "$(status -X BREW $v4/)" 501
same range "$(get -r 1-3 $v4/a.txt)" ell
same range-outside "$(status -r 10- $v4/a.txt)" 416
same resume "$(head -c 5000000 www/big >got; get -C - -o got $v4/big; sum got)" "$big"
tag=$(get -I $v4/a.txt | tr -d '\r' | sed -n 's/^ETag: //p')
same not-modified "$(status -H "If-None-Match: $tag" $v4/a.txt)" 304
same not-modified-since "$(status -z www/a.txt $v4/a.txt)" 304
same body-with-get "$(get -X GET -d payload $v4/a.txt)" hello
# What a client says does not steer the terminal that shows the log.
printf 'GET /\302\233\063\061m HTTP/1.1\r\nHost: x\r\n\r\n' | timeout 10 nc -N 10.9.0.2 80 >page
until_true 5 grep -aq 'GET /.*31m 400' err
same log-is-plain "$(grep -ac 'GET /??31m 400' err)" 1
same head-with-bad-body "$(printf 'HEAD /a.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n' |
	timeout 10 nc -N 10.9.0.2 80 | tr -d '\r' | sed -n '1p;/^$/,$p' | tr '\n' ' ')" "HTTP/1.1 400 Bad Request  "
until_true 5 grep -q 'HEAD /a.txt 400' err
same its-log-line "$(grep -c 'HEAD /a.txt 400' err)" 1
same large-body "$(head -c 3000000 /dev/zero | status -X GET --data-binary @- -H 'Expect:' $v4/a.txt)" 413
same expect-continue "$(status -X GET -H 'Expect: 100-continue' -d x $v4/a.txt)" 200
same tls "$(get -k https://10.9.0.2:80/ 2>&1 | grep -c 'curl: (35)')" 1
same half-a-head "$( (printf 'GET / HTTP/1.1\r\nHost'; sleep 4) | timeout 10 nc 10.9.0.2 80 | head -1 | tr -d '\r')" "HTTP/1.1 408 Request Timeout"
same smuggling "$(printf 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n' |
	timeout 10 nc -N 10.9.0.2 80 | grep -c '^HTTP/1.1')" 1

# A slow reader is seen in the table, and keeps nobody else.
get --limit-rate 5M -o slow $v4/big 2>/dev/null & slow=$!
sleep 1
same states-text "$("$hf" states | awk '$1 == "ESTABLISHED" && $4 > 0' | wc -l)" 1
same states-json "$("$hf" states --json | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(sum(c["state"] == "ESTABLISHED" and c["send_queued"] > 0 for c in d["connections"]), sum(c["state"] == "LISTEN" for c in d["connections"]))')" "1 1"
same others-meanwhile "$(get $v4/a.txt)" hello
kill $slow
wait $slow 2>/dev/null
# Clients of the control socket that ask nothing keep nobody out, and cost nothing.
same idle-control-clients "$(python3 - "$hf" $server run/handfast/serve-$server.sock <<'END'
import socket, subprocess, sys, time
def ticks():
    return sum(int(n) for n in open('/proc/%s/stat' % sys.argv[2]).read().rsplit(')', 1)[1].split()[11:13])
idle = [socket.socket(socket.AF_UNIX) for _ in range(12)]
for s in idle:
    s.connect(sys.argv[3])
time.sleep(.2)
before = ticks()
time.sleep(1)
print('calm' if ticks() - before < 30 else 'busy', subprocess.run([sys.argv[1], 'states'], stdout=subprocess.DEVNULL).returncode)
END
)" "calm 0"
same socket-mode "$(stat -c %a run/handfast/*.sock run/handfast | tr '\n' ' ')" "600 700 "
if id nobody >/dev/null 2>&1; then
	chmod 711 run run/handfast; chmod 666 run/handfast/*.sock
	same socket-of-others "$(setpriv --reuid nobody --clear-groups "$hf" states --socket run/handfast/serve-$server.sock 2>&1 | grep -c 'did not answer')" 1
	chmod 700 run run/handfast; chmod 600 run/handfast/*.sock
fi

# A file that shrinks while it is sent ends its own connection only.
cp www/big www/shrinks
get --limit-rate 10M -o slow $v4/shrinks 2>/dev/null & slow=$!
sleep 1
truncate -s 1000 www/shrinks
wait $slow
same shrunk-file "$? $(get $v4/a.txt)" "56 hello"

check thousand-connections python3 - <<'END'
import socket
all = [socket.create_connection(('10.9.0.2', 80), timeout=30) for _ in range(1200)]
for s in all:
    s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n')
for s in all:
    got = b''
    while b'hello\n' not in got:
        more = s.recv(4096)
        assert more, got
        got += more
assert b'200 OK' in got
END

# Nobody can take the buffers from the rest: neither who reads nothing nor who sends and sends while an answer is under way.
head -c 60000 www/big >www/part
check greedy-clients python3 - <<'END'
import socket, threading, time
def send(s, octets):
    try:
        s.sendall(octets)
    except OSError:
        pass
part = b'GET /part HTTP/1.1\r\nHost: x\r\n\r\n'
for n, octets in ((400, part * 100), (200, b'GET /big HTTP/1.1\r\nHost: x\r\n\r\n' + part * 100000)):
    greedy = []
    for _ in range(n):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(('10.9.0.2', 80))
        threading.Thread(target=send, args=(s, octets), daemon=True).start()
        greedy.append(s)
    time.sleep(2)
    s = socket.create_connection(('10.9.0.2', 80), timeout=5)
    s.sendall(part.replace(b'\r\n\r\n', b'\r\nConnection: close\r\n\r\n'))
    got = s.makefile('rb').read()
    assert len(got) > 60000, len(got)
    for s in greedy:
        s.shutdown(socket.SHUT_RDWR)
        s.close()
END
rm www/part

get --limit-rate 5M -o slow $v4/big 2>/dev/null & slow=$!
sleep 0.5
begin=$(date +%s%N)
kill -INT $server
wait $server
code=$?
took=$((($(date +%s%N) - begin) / 1000000))
wait $slow 2>/dev/null
same ctrl-c "$code $(ip link show hf0 2>/dev/null | wc -l) $(find run -name '*.sock' | wc -l)" "0 0 0"
check ctrl-c-within-3-s test $took -lt 3000

# With closed standard descriptors, what is said goes nowhere, least of all to the device.
"$hf" serve www --net $net <&- >&- 2>&- &
server=$!
children=("$server")
until_true 10 get -f -o got $v4/a.txt
same closed-descriptors "$(cat got) $(readlink /proc/$server/fd/[012] | tr '\n' ' ')" "hello /dev/null /dev/null /dev/null "
kill -TERM $server
wait $server

start --quiet --list --pcap all.pcapng --connections 20
get -o got $v4/mega
same listing "$(rm www/index.html; get $v4/ | grep -c '<li>')" 6
# More who want in than there is room for wait their turn.
for i in $(seq 60); do get -o /dev/null $v4/a.txt & pids[i]=$!; done
bad=0
for i in $(seq 60); do wait "${pids[i]}" || bad=$((bad + 1)); done
same more-than-room "$bad" 0
kill -TERM $server
wait $server
same term $? 0
if command -v tshark >/dev/null; then
	same capture "$(tshark -r all.pcapng -Y '_ws.malformed || tcp.checksum.status == "Bad"' 2>/dev/null | wc -l) $(tshark -r all.pcapng -Y http.request 2>/dev/null | wc -l)" "0 62"
fi
start --quiet
ip link del hf0
wait $server
same device-removed "$? $(grep -c 'hf0: reading a frame: No such device' err)" "11 1"

start --json --dotfiles
get -o got $v4/a.txt
until_true 5 grep -q octets out
same dotfiles "$(get $v4/.env) $(get $v4/.git/config)" "hidden hidden"
(printf 'GET /a.txt HTTP/1.1\r\nHost: x\r\nConn'; sleep .3; printf 'ection: close\r\n\r\n') | timeout 10 nc -N 10.9.0.2 80 >page
until_true 5 test "$(grep -c octets out)" = 4
# From the first octet of the request to the acknowledgment of the answer's last.
same json-log-times "$(python3 -c '
import json
l = [json.loads(x)["ns"] for x in open("out") if "octets" in x]
print(len(l), all(n > 0 for n in l), 200e6 < l[3] < 5e9)')" "4 True True"
same json-log "$(python3 -c '
import json
l = [json.loads(x) for x in open("out")]
print(l[0]["listening"], l[2]["method"], l[2]["target"], l[2]["status"], l[2]["octets"], l[2]["whole"])')" "http://10.9.0.2:80 GET /a.txt 200 6 True"
plan
