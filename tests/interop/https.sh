#!/bin/bash
# SPDX-License-Identifier: MIT
# https.sh PROGRAM: HTTPS in both directions, beside curl, openssl, wget, Python and Debian's nginx.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

mkdir -p www
head -c 104857600 /dev/urandom >www/big
head -c 1000000 www/big >www/mega
head -c 60000 www/big >www/part
echo hello >www/a.txt
echo '<h1>here</h1>' >www/index.html
big=$(sum www/big) mega=$(sum www/mega)
export XDG_DATA_HOME=$work/data
"$hf" cert ca ca >/dev/null
"$hf" cert issue --ca ca a.example 10.9.0.2 fd09::2 >/dev/null
"$hf" cert issue --ca ca b.example --key rsa2048 >/dev/null
"$hf" cert issue --ca ca c.example --key ed25519 >/dev/null
"$hf" cert issue --ca ca client.example --purpose client --out client >/dev/null
"$hf" cert ca other-ca >/dev/null
"$hf" cert issue --ca other-ca client.example --purpose client --out stranger >/dev/null
net=tun:hf2,addr=10.9.0.2/24,gw=10.9.0.1,addr6=fd09::2/64,gw6=fd09::1
v4=https://10.9.0.2 v6='https://[fd09::2]'

start() {
	rm -f out # what the last one said must not be taken for this one's
	"$hf" serve www --net $net "$@" >out 2>err &
	server=$!
	children=("$server")
	until_true 10 grep -q 'listening.*fd09.*443' out
}
stop() {
	kill -TERM $server
	wait $server
}
get() { curl -g -s -S -m 60 --cacert ca/root.crt "$@"; }
named() { get --resolve "$1:443:10.9.0.2" "${@:2}"; }
subject() { openssl s_client -connect 10.9.0.2:443 "$@" </dev/null 2>/dev/null | openssl x509 -noout -subject | sed 's/.*CN *= *//'; }
serial() { openssl s_client -connect 10.9.0.2:443 -servername a.example </dev/null 2>/dev/null | openssl x509 -noout -serial; }
status() { get -o page -w '%{http_code}' "$@"; }

# ---- our server ----
start --tls a.example.crt,a.example.key --tls b.example.crt,b.example.key --tls c.example.crt,c.example.key
same ready-lines "$(tr '\n' ' ' <out)" "listening http://10.9.0.2:80 listening http://[fd09::2]:80 listening https://10.9.0.2:443 listening https://[fd09::2]:443 "
check page get -f -o page $v4/
same page-is-right "$(cat page)" '<h1>here</h1>'
same versions "$(for v in '--tlsv1.3' '--tls-max 1.2'; do get $v -o /dev/null -w '%{http_code} ' $v4/; done)" "200 200 "
same old-versions-refused "$(get --tls-max 1.1 --ciphers 'DEFAULT@SECLEVEL=0' $v4/ >/dev/null 2>&1; echo $?)" 35
same plain-http-beside "$(curl -s http://10.9.0.2/a.txt)" hello
get -o got $v4/big; same big-over-1.3 "$(sum got)" "$big"
get -o got --tls-max 1.2 $v4/big; same big-over-1.2 "$(sum got)" "$big"
get -o got "$v6/big"; same big-over-ipv6 "$(sum got)" "$big"
for c in AES128-GCM-SHA256 AES256-GCM-SHA384 CHACHA20-POLY1305; do
	named b.example --tls-max 1.2 --ciphers ECDHE-RSA-$c -o got https://b.example/mega
	same "mega-1.2-rsa-$c" "$(sum got)" "$mega"
done
for c in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
	get --tls13-ciphers $c -o got $v4/mega
	same "mega-1.3-$c" "$(sum got)" "$mega"
done
same sni "$(subject -servername a.example) $(subject -servername b.example) $(subject -servername c.example)" "a.example b.example c.example"
same sni-unknown "$(subject -servername nobody.example) $(subject -noservername)" "a.example a.example"
same sni-by-curl "$(for n in a b c; do named $n.example -o /dev/null -w '%{http_code}%{ssl_verify_result} ' https://$n.example/; done)" "2000 2000 2000 "
same several-requests "$(get -w '%{num_connects}' $v4/a.txt $v4/a.txt $v4/a.txt | tr '\n' ' ')" "hello 1hello 0hello 0"
same range "$(get -r 1-3 $v4/a.txt)" ell
same not-found "$(status $v4/none)" 404
same post "$(status -d x $v4/a.txt)" 405
same large-body "$(head -c 3000000 /dev/zero | status -X GET --data-binary @- -H 'Expect:' $v4/a.txt)" 413
same expect-continue "$(status -X GET -H 'Expect: 100-continue' -d x $v4/a.txt)" 200
# Heads in many records, in one record with the next one, and byte by byte.
same heads-in-pieces "$(python3 - <<'PY'
import socket, ssl, time
ctx = ssl.create_default_context(cafile='ca/root.crt')
def ask(*pieces):
    with ctx.wrap_socket(socket.create_connection(('10.9.0.2', 443), timeout=30), server_hostname='a.example', suppress_ragged_eofs=False) as s:
        for p in pieces:
            s.sendall(p)
        got = b''
        while True:
            more = s.recv(65536)
            if not more:
                return got
            got += more
head = b'GET /a.txt HTTP/1.1\r\nHost: a.example\r\n'
last = head + b'Connection: close\r\n\r\n'
long = head + b'X: ' + b'y' * 16200 + b'\r\n\r\n'
print(ask(*[bytes([b]) for b in last]).count(b'hello'), ask((head + b'\r\n') * 50 + last).count(b'hello'),
      ask(long[:9000], long[9000:] + head + b'\r\n', last).count(b'hello'), ask(head + b'X: ' + b'y' * 50000).split(b' ')[1].decode())
PY
)" "1 51 3 431"
check wget wget -q -T 60 --ca-certificate=ca/root.crt -O got $v4/big
same wget-is-right "$(sum got)" "$big"
same python-urllib "$(python3 -c '
import hashlib, ssl, urllib.request
print(hashlib.sha256(urllib.request.urlopen("https://10.9.0.2/mega", context=ssl.create_default_context(cafile="ca/root.crt")).read()).hexdigest())')" "$mega"
# Both ends are told clearly: recv() would raise an error at an end without close_notify.
same close-notify "$(python3 - <<'PY'
import socket, ssl
ctx = ssl.create_default_context(cafile='ca/root.crt')
s = ctx.wrap_socket(socket.create_connection(('10.9.0.2', 443), timeout=30), server_hostname='a.example', suppress_ragged_eofs=False)
s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n')
while b'hello' not in s.recv(65536):
    pass
s.unwrap()
print('answered')
PY
)" answered
session() { # FLAGS...: two connections, the second with the first one's session
	rm -f sess
	(printf 'GET /a.txt HTTP/1.0\r\n\r\n'; sleep 0.5) | openssl s_client "$@" -connect 10.9.0.2:443 -ign_eof -sess_out sess >/dev/null 2>&1
	(printf 'GET /a.txt HTTP/1.0\r\n\r\n'; sleep 0.5) | openssl s_client "$@" -connect 10.9.0.2:443 -ign_eof -sess_in sess 2>/dev/null | grep -c '^Reused\|^hello'
}
same resumption-1.3 "$(session -tls1_3)" 2
same resumption-1.2 "$(session -tls1_2)" 2
# RFC 8446 4.6.3: new keys, of one side and of both, before a request and in the middle of an answer.
same key-update "$( (echo k; sleep 0.2; echo K; sleep 0.2; printf 'GET /a.txt HTTP/1.0\r\n\r\n'; sleep 0.5) |
	openssl s_client -brief -connect 10.9.0.2:443 2>/dev/null | tail -1)" hello
same key-update-in-an-answer "$( (printf 'GET /big HTTP/1.0\r\n\r\n'; sleep 0.1; echo K; sleep 5) |
	openssl s_client -brief -connect 10.9.0.2:443 2>/dev/null | tail -c 104857600 | sha256sum | cut -d' ' -f1)" "$big"
same http-to-the-tls-port "$(curl -s -i http://10.9.0.2:443/ | tr -d '\r' | sed -n '1p;$p' | tr '\n' ' ')" \
	"HTTP/1.1 400 Bad Request This port speaks HTTPS, which is HTTP over TLS, and plain HTTP has come. Ask again with https:// in front. "
same its-log-line "$(grep -c 'TLS failed: plain HTTP was sent to a port of TLS' err)" 1
same noise-to-the-tls-port "$(printf '\0\1\2\3\4\5\6\7' | timeout 10 nc -N 10.9.0.2 443 | od -An -tx1 | tr -d ' \n')" 1503030002020a
mkdir many
for i in $(seq 100); do get -o many/$i $v4/mega & pids[i]=$!; done
bad=0
for i in $(seq 100); do wait "${pids[i]}" || bad=$((bad + 1)); done
same 100-at-once "$bad failed, $(sha256sum many/* | grep -c "$mega") right" "0 failed, 100 right"
rm -r many
same log-line "$(grep -c '10.9.0.1:[0-9]* https GET /a.txt 200 6 ' err | awk '{ print ($1 > 5) }')" 1

# New certificates while a transfer is under way, then bad ones.
before=$(serial)
get --limit-rate 20M -o slow $v4/big & slow=$!
sleep 0.5
"$hf" cert issue --force --ca ca a.example 10.9.0.2 fd09::2 >/dev/null
same states-json "$("$hf" states --json | python3 -c '
import json, sys
print([(c["tls"]["version"], c["tls"]["suite"]) for c in json.load(sys.stdin)["connections"] if c["tls"] and c["send_queued"] > 0])')" "[('TLS 1.3', 'TLS_AES_128_GCM_SHA256')]"
same states-text "$("$hf" states | grep -c '1.3 AES_128_GCM_SHA256')" 1
kill -HUP $server
until_true 5 grep -q 'certificates read anew' err
after=$(serial)
check reload-takes-new-ones test "$before" != "$after" -a -n "$after"
cp a.example.crt good.crt
echo nonsense >a.example.crt
kill -HUP $server
until_true 5 grep -q 'the certificates stay as they were' err
same reload-keeps-old-ones "$(serial) $(grep -c 'a.example.crt' err)" "$after 1"
wait $slow
same reload-during-a-transfer "$? $(sum slow)" "0 $big"
cp good.crt a.example.crt
cp -r ca/root.crt trusted.crt

# Peers that never say a word, or half of one, take no place from others.
same silent-peers "$(python3 - <<'PY'
import socket, ssl, time
ctx = ssl.create_default_context(cafile='ca/root.crt')
mute = [socket.create_connection(('10.9.0.2', 443), timeout=30) for _ in range(1500)]
for s in mute[:700]:
    s.sendall(b'\x16\x03\x01\x02\x00\x01')
begin = time.time()
with ctx.wrap_socket(socket.create_connection(('10.9.0.2', 443), timeout=30), server_hostname='a.example') as s:
    s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    while s.recv(65536):
        pass
print('served' if time.time() - begin < 2 else 'late')
mute[0].settimeout(20)
mute[-1].settimeout(20)
print(mute[0].recv(100).hex(), mute[-1].recv(100).hex(), 9 < time.time() - begin < 15)
PY
)" "served
1503030002025a  True" # an alert for who has begun, FIN for who has not
stop
same term $? 0

start --tls a.example.crt,a.example.key --connections 50
same silent-peers-fill-the-table "$(python3 - <<'PY'
import socket, ssl, time
ctx = ssl.create_default_context(cafile='ca/root.crt')
mute = [socket.create_connection(('10.9.0.2', 443), timeout=30) for _ in range(200)]
begin = time.time()
with ctx.wrap_socket(socket.create_connection(('10.9.0.2', 443), timeout=30), server_hostname='a.example') as s:
    s.sendall(b'GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    while s.recv(65536):
        pass
print(time.time() - begin < 8)
PY
)" True
stop

# ---- client certificates ----
start --json --tls a.example.crt,a.example.key --client-cert require --cacert ca/root.crt
same client-cert-missing "$(get $v4/a.txt 2>&1 | grep -c 'certificate required')" 1
same client-cert "$(get --cert client.crt --key client.key $v4/a.txt)" hello
same client-cert-1.2 "$(get --tls-max 1.2 --cert client.crt --key client.key $v4/a.txt)" hello
same client-cert-of-a-stranger "$(get --cert stranger.crt --key stranger.key $v4/a.txt 2>&1 | grep -ci 'unknown ca')" 1
until_true 5 grep -q tls_failed out
same json-log "$(python3 -c '
import json
l = [json.loads(x) for x in open("out")]
r = [x for x in l if "method" in x][0]
f = [x for x in l if "tls_failed" in x]
print(r["status"], r["tls"]["version"], r["tls"]["suite"], r["tls"]["sni"], r["tls"]["client_certificate"], sorted(set(x["tls_failed"] for x in f)))')" \
	"200 TLS 1.3 TLS_AES_128_GCM_SHA256 None True ['CERTIFICATE_REQUIRED', 'VERDICT']"
stop
start --tls a.example.crt,a.example.key --client-cert request --cacert ca/root.crt
same client-cert-requested "$(get $v4/a.txt; get --cert client.crt --key client.key $v4/a.txt)" "hello
hello"
stop

# ---- options ----
start --tls-only --tls a.example.crt,a.example.key --tls-min 1.3 --early-data 16384
same tls-only "$(grep -c http:// out) $(curl -s -m 5 http://10.9.0.2/; echo $?)" "0 7"
same tls-min "$(get --tls-max 1.2 $v4/ >/dev/null 2>&1; echo $?) $(status $v4/)" "35 200"
early() { # METHOD
	rm -f sess
	(printf 'GET /a.txt HTTP/1.0\r\n\r\n'; sleep 0.5) | openssl s_client -connect 10.9.0.2:443 -ign_eof -sess_out sess >/dev/null 2>&1
	printf '%s /a.txt HTTP/1.0\r\n\r\n' "$1" >early
	sleep 1 | openssl s_client -connect 10.9.0.2:443 -ign_eof -sess_in sess -early_data early 2>/dev/null >early.out
	echo "$(grep -c 'Early data was accepted' early.out) $(tr -d '\r' <early.out | grep -a '^HTTP')"
}
same early-data-get "$(early GET)" "1 HTTP/1.1 200 OK"
same early-data-delete "$(early DELETE)" "1 HTTP/1.1 425 Too Early"
stop
start --tls b.example.crt,b.example.key --tls-max 1.2
rsa() { openssl s_client -connect 10.9.0.2:443 -tls1_2 -cipher AES128-GCM-SHA256 </dev/null 2>/dev/null | grep -c 'Cipher is AES128-GCM-SHA256'; }
same rsa-key-transport-is-off "$(rsa)" 0
stop
start --tls b.example.crt,b.example.key --tls-max 1.2 --tls-rsa-key-transport --idle-timeout 1
same rsa-key-transport "$(rsa)" 1
same idle-end-is-clean "$(python3 - <<'PY'
import socket, ssl
ctx = ssl.create_default_context(cafile='ca/root.crt')
s = ctx.wrap_socket(socket.create_connection(('10.9.0.2', 443), timeout=30), server_hostname='b.example', suppress_ragged_eofs=False)
print(s.recv(100))
PY
)" "b''"
stop

# ---- an authority of our own ----
start --tls auto:www.example --pcap all.pcapng
authority=$(sed -n 's/^authority //p' out)
same auto "$authority $(curl -s --cacert "$authority" $v4/a.txt) $(curl -g -s --cacert "$authority" "$v6/a.txt") $(curl -s --cacert "$authority" --resolve www.example:443:10.9.0.2 https://www.example/a.txt)" \
	"$XDG_DATA_HOME/handfast/ca/root.crt hello hello hello"
same auto-is-private "$(find data -type d -printf '%m ') $(find data -name '*.key' -printf '%m ')" "700 700 700  600 600 600 "
stop
cert=$(sum data/handfast/10.9.0.2.crt)
SSLKEYLOGFILE=keys.log start --tls auto:www.example --pcap all.pcapng
same auto-again "$(sum data/handfast/10.9.0.2.crt) $(curl -s --cacert "$authority" $v4/a.txt)" "$cert hello"
stop
if command -v tshark >/dev/null; then
	same capture "$(tshark -r all.pcapng -o tls.keylog_file:keys.log -Y http.request -T fields -e http.request.uri 2>/dev/null) $(tshark -r all.pcapng -Y '_ws.malformed || tcp.checksum.status == "Bad"' 2>/dev/null | wc -l)" "/a.txt 0"
fi
start --tls auto:more.example
same auto-more-names "$(curl -s --cacert "$authority" --resolve more.example:443:10.9.0.2 https://more.example/a.txt)" hello
stop

# Under sudo it is that user's, made with that user's rights: a link in the user's folder leads root nowhere.
data=$XDG_DATA_HOME
unset XDG_DATA_HOME
(cat /etc/passwd; echo "caller:x:47110:47110::$work/home:/bin/sh") >passwd
mount --bind passwd /etc/passwd
install -d -o 47110 -g 47110 home
export SUDO_UID=47110
start --tls auto
same auto-of-the-caller "$(sed -n 's/^authority //p' out) $(curl -s --cacert home/.local/share/handfast/ca/root.crt $v4/a.txt) $(find home ! -uid 47110 -o ! -gid 47110) $(find home -name '*.key' -printf '%m ')" \
	"$work/home/.local/share/handfast/ca/root.crt hello  600 600 600 "
same root-again-afterwards "$(tr '\n' ' ' <"/proc/$server/status" | grep -o 'Uid:[^G]*' | tr -s ' \t' ' ')" "Uid: 0 0 0 0 "
stop
rm -r home/.local
install -d -m 700 of-root
chown -h 47110 home
ln -s "$work/of-root" home/.local
"$hf" serve www --net $net --tls auto >out 2>err
same auto-through-a-link "$? $(grep -c 'Permission denied' err) $(ls of-root)" "3 1 "
umount /etc/passwd
export XDG_DATA_HOME=$data
unset SUDO_UID

# ---- our client: nginx ----
url=https://10.9.0.1:8443
if command -v nginx >/dev/null; then
"$hf" cert issue --force --ca ca 10.9.0.1 fd09::1 good.example --out good >/dev/null
"$hf" cert issue --ca ca 10.9.0.1 good.example --key rsa2048 --out good-rsa >/dev/null
port=8500
kinds="expired not-yet-valid wrong-name self-signed unknown-issuer missing-intermediate bad-signature weak-key wrong-purpose path-length name-constraints revoked"
servers=
for kind in $kinds; do
	case $kind in weak-key) key=rsa2048 ;; *) key=ec256 ;; esac
	"$hf" cert issue --ca ca 10.9.0.1 --bad $kind --key $key --out "$kind" >/dev/null || "$hf" cert issue --ca ca 10.9.0.1 --bad $kind --out "$kind" >/dev/null
	port=$((port + 1))
	extra=
	[ $kind = revoked ] && extra="ssl_stapling on; ssl_stapling_file $work/revoked.ocsp;"
	servers="$servers server { listen $port ssl; ssl_certificate $work/$kind.crt; ssl_certificate_key $work/$kind.key; $extra root $work/www; }"
done
children=()
begin_nginx https://127.0.0.1:8443/a.txt <<CONF
	access_log off; sendfile on; ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;
	server { listen 8443 ssl; listen [::]:8443 ssl; server_name good.example; root $work/www;
		ssl_certificate $work/good.crt; ssl_certificate_key $work/good.key;
		ssl_certificate $work/good-rsa.crt; ssl_certificate_key $work/good-rsa.key; }
	server { listen 8444 ssl; ssl_certificate $work/good.crt; ssl_certificate_key $work/good.key; root $work/www;
		ssl_verify_client on; ssl_client_certificate $work/ca/root.crt; ssl_verify_depth 3; }
	$servers
CONF
ours() { timeout 60 "$hf" get --cacert ca/root.crt --net "$net" "$@"; }
check nginx-big ours -o got $url/big
same nginx-big-is-right "$(sum got)" "$big"
check nginx-big-1.2 ours -o got --tls-max 1.2 $url/big
same nginx-big-1.2-is-right "$(sum got)" "$big"
check nginx-big-ipv6 ours -o got 'https://[fd09::1]:8443/big'
same nginx-big-ipv6-is-right "$(sum got)" "$big"
same nginx-name "$(ours --resolve good.example:8443:10.9.0.1 https://good.example:8443/a.txt)" hello
for c in ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-RSA-CHACHA20-POLY1305 ECDHE-RSA-AES256-GCM-SHA384; do
	same "nginx-$c" "$(ours --tls-max 1.2 --ciphers $c $url/a.txt)" hello
done
same nginx-groups "$(for g in X25519 P-256 P-384; do ours --groups $g --json $url/a.txt | python3 -c 'import json, sys; print(json.load(sys.stdin)["tls"]["group"])'; done | tr '\n' ' ')" "x25519 secp256r1 secp384r1 "
same nginx-json "$(ours --json $url/a.txt | python3 -c '
import json, sys
d = json.load(sys.stdin)
t = d["tls"]
print(d["status"], d["whole"], t["version"], t["suite"], t["verified"], t["certificate"]["fault"], t["alpn"], t["end"])')" \
	"200 True TLS 1.3 TLS_AES_128_GCM_SHA256 True good http/1.1 close_notify"
same nginx-client-cert "$(ours --cert client.crt --key client.key https://10.9.0.1:8444/a.txt) $(ours https://10.9.0.1:8444/a.txt | grep -c '<title>400 No required SSL certificate')" "hello 1"
port=8500
for kind in $kinds; do
	port=$((port + 1))
	ours --json https://10.9.0.1:$port/a.txt >got.json 2>got.err
	code=$?
	same "bad-$kind" "$code $(python3 -c 'import json; t = json.load(open("got.json"))["tls"]; print(t["certificate"]["fault"], t["verified"])') $(grep -c "($kind" got.err)" "4 $kind False 1"
done
same report-is-drawn "$(ours https://10.9.0.1:8501/ 2>&1 >/dev/null | grep -c 'subject\|WRONG')" 4
same insecure "$(ours -k https://10.9.0.1:8501/a.txt 2>err) $(grep -c 'NOT VERIFIED: anybody could have answered' err) $(ours -k --json https://10.9.0.1:8501/a.txt 2>/dev/null | grep -c '"verified": false')" "hello 1 1"
timeout 60 "$hf" get --net "$net" $url/a.txt >out 2>err
same system-store "$? $(grep -c '^handfast get:.*(unknown-issuer' err)" "4 1"
ours --tls-min 1.3 --groups P-521 --trace -o /dev/null $url/a.txt 2>err
same trace "$(grep -c 'TLS: sends ClientHello' err | awk '{ print ($1 >= 1) }') $(grep -c 'sends SYN seq 0' err)" "1 1"
kill "${children[0]}"
fi

# ---- our client: servers that end in many ways ----
cat >ends.py <<'PY'
import socket, ssl, struct, threading, time
def context():
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain('good.crt', 'good.key')
    return c
def read(c):
    b = b''
    while b'\r\n\r\n' not in b:
        b += c.recv(4096)
def fin(c): socket.socket.shutdown(c, socket.SHUT_WR); time.sleep(.5)   # below TLS
def reset(c): time.sleep(.3); c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); socket.socket.close(c)
def to_the_end(c): read(c); c.sendall(b'HTTP/1.0 200 OK\r\n\r\nto the end')
def length(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello')
def half(c): read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n' + b'x' * 300)
def notify(c): c.unwrap()
cases = [(to_the_end, notify), (to_the_end, fin), (to_the_end, reset), (length, fin), (half, notify), (half, fin), (half, reset), (read, fin)]
def serve(port, talk, end):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', port)); s.listen(50)
    def one(raw):
        try:
            c = context().wrap_socket(raw, server_side=True)
            talk(c); end(c)
        except OSError:
            pass
    def loop():
        while True:
            threading.Thread(target=one, args=(s.accept()[0],), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
for i, (talk, end) in enumerate(cases):
    serve(9500 + i, talk, end)
def raw(port, answer):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('', port)); s.listen(50)
    def loop():
        while True:
            c = s.accept()[0]
            threading.Thread(target=answer, args=(c,), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
raw(9600, lambda c: (c.recv(4096), c.sendall(b'HTTP/1.1 400 Bad Request\r\n\r\n'), time.sleep(1)))
raw(9601, lambda c: (c.recv(4096), c.sendall(b'\x15\x03\x03\x00\x02\x02\x28'), time.sleep(1), c.close()))
raw(9602, lambda c: time.sleep(60))
raw(9603, lambda c: (c.recv(4096), c.close()))
print('ready', flush=True)
time.sleep(1000)
PY
[ -e good.crt ] || "$hf" cert issue --ca ca 10.9.0.1 --out good >/dev/null
python3 ends.py >ends.out 2>ends.err &
children=($!)
until_true 10 grep -q ready ends.out
# ends NAME CODE WORDS PORT [OPTION...]
ends() {
	local name=$1 code=$2 words=$3 port=$4 got
	shift 4
	timeout 60 "$hf" get --cacert ca/root.crt --net "$net" "https://10.9.0.1:$port/" "$@" >out 2>err
	got=$?
	if [ $got -ne "$code" ]; then not_ok "$name" "code $got instead of $code: $(cat err)"
	elif ! grep -qF -e "$words" err out; then not_ok "$name" "says: $(cat err)"
	else ok "$name"; fi
}
ends end-by-close-notify 0 'to the end' 9500
ends end-by-fin 10 'the stream ended without close_notify, and nothing else says how long the body is' 9501
ends end-by-reset 8 'the other side reset the connection' 9502
ends length-and-fin 0 hello 9503
same length-and-fin-in-json "$(timeout 60 "$hf" get --cacert ca/root.crt --net "$net" --json https://10.9.0.1:9503/ | python3 -c 'import json, sys; d = json.load(sys.stdin); print(d["whole"], d["tls"]["end"])')" "True fin"
ends half-and-close-notify 10 'the server itself ended the stream there, with close_notify' 9504
ends half-and-fin 10 'somebody on the way may have cut it' 9505
ends half-and-reset 8 'the other side reset the connection after 300 of 1000 octets' 9506
ends nothing-and-fin 10 'closed the connection without an answer' 9507
ends answers-in-plain 5 'speaks plain HTTP at that port' 9600
ends answers-with-an-alert 5 'handshake_failure' 9601
ends never-answers 9 'TLS handshake was not over' 9602 --connect-timeout 1.5
ends hangs-up 5 'in the middle of the TLS handshake' 9603
ends refused 7 'nothing listens at that port' 9999
plan
