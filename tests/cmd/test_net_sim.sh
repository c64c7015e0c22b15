#!/bin/bash
# SPDX-License-Identifier: MIT
# get and serve over --net sim: the octets are right, a seed repeats a run byte for byte, and codes and sentences are those of
# a real net. Needs no rights and no network. Prints TAP-like lines; exits 1 when one is not ok.
hf=$(realpath "$1")
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; failed=1; }
# is NAME COMMAND...: ok when it succeeds.
is() {
	local name=$1
	shift
	"$@" >/dev/null 2>&1 && ok "$name" || not_ok "$name" "$* ended with $?"
}
isnt() {
	local name=$1
	shift
	"$@" >/dev/null 2>&1 && not_ok "$name" "$* ended with 0" || ok "$name"
}
# run NAME CODE COMMAND...: ends with that code; what it says is in out and err.
run() {
	local name=$1 code=$2 got
	shift 2
	timeout 60 "$hf" "$@" >out 2>err
	got=$?
	[ $got -eq "$code" ] && ok "$name" || not_ok "$name" "code $got instead of $code: $(head -c 300 err)"
}

mkdir www
head -c 300000 /dev/urandom >www/file.bin
head -c 5000000 /dev/urandom >www/large.bin
echo 'a page' >www/index.html
url=http://10.9.0.1

# ---- the octets ----
run page 0 get $url/ --net sim,dir=www
is page-is-whole cmp out www/index.html
is page-says-nothing-else test ! -s err
run lossy 0 get $url/file.bin --net sim,dir=www,loss=5% -o got.bin
is lossy-is-whole cmp got.bin www/file.bin
run slow-line 0 get $url/file.bin --net sim,dir=www,rtt=2s,rate=100kbit,loss=1% -o got.bin
is slow-line-is-whole cmp got.bin www/file.bin
run no-delay 0 get $url/large.bin --net sim,dir=www,rtt=0s,rate=1000gbit -o got.bin
is no-delay-is-whole cmp got.bin www/large.bin
run ip6 0 get 'http://[2001:db8::7]/file.bin' --net sim,dir=www -o got.bin
is ip6-is-whole cmp got.bin www/file.bin
run ip6-link-local 0 get 'http://[fe80::2]/' --net sim,dir=www
run address-of-ours 0 get http://10.9.0.2/ --net sim,dir=www
run address-of-ours-ip6 0 get 'http://[fd09::2]/' --net sim,dir=www
run head 0 get -I $url/file.bin --net sim,dir=www
is head-has-length grep -q '^Content-Length: 300000' out
is head-has-virtual-date grep -q '^Date: Thu, 01 Jan 2026 00:00:00 GMT' out
run include 0 get -i $url/ --net sim,dir=www
is include-has-both grep -qz 'HTTP/1.1 200 OK.*a page' out
(cd www && mkdir -p empty && cd empty && : >there && timeout 60 "$hf" get $url/ --net sim) >out 2>err
is current-folder-is-listed grep -qF 'href="./there"' out

# ---- codes ----
run missing 0 get $url/missing --net sim,dir=www
run missing-fails 10 get -f $url/missing --net sim,dir=www
is missing-fails-says-404 grep -qF 'the server answered 404' err
run refused 7 get $url:81/ --net sim,dir=www
is refused-says-so grep -qF 'nothing listens at that port' err
run other-port 0 get $url:8080/ --net sim,dir=www,port=8080
run other-port-refused 7 get $url/ --net sim,dir=www,port=8080
run all-lost 9 get $url/ --net sim,dir=www,loss=100%
run too-slow 9 get $url/large.bin --net sim,dir=www,rate=1mbit --timeout 5 -o late.bin

# ---- the same seed, the same bytes ----
# fetch NUMBER SPEC
fetch() { "$hf" get $url/file.bin --net "sim,dir=www,loss=5%,$2" -o "$1.bin" --pcap "$1.pcapng" --json --trace >"$1.json" 2>"$1.trace"; }
fetch 1 seed=7; fetch 2 seed=7; fetch 3 seed=8
for kind in pcapng json trace; do
	is "same-seed-same-$kind" cmp 1.$kind 2.$kind
	isnt "other-seed-other-$kind" cmp 1.$kind 3.$kind
done
is other-seed-whole cmp 3.bin www/file.bin
is trace-tells grep -q 'sends SYN seq 0' 1.trace
is json-tells-the-end grep -q '"whole": true' 1.json
# A reader who takes real time takes no virtual time.
"$hf" get $url/large.bin --net sim,dir=www -o got.bin --pcap fast.pcapng
"$hf" get $url/large.bin --net sim,dir=www --pcap slow.pcapng | { sleep 0.3; head -c 100000; sleep 0.3; cat; } >got.slow
is slow-reader-gets-all cmp got.slow www/large.bin
is slow-reader-same-bytes cmp fast.pcapng slow.pcapng
# In virtual time a line of 1 mbit/s takes 2.4 s for 300 kB.
"$hf" get $url/file.bin --net sim,dir=www,rate=1mbit --json >out
is time-is-virtual awk '/"total_ns"/ { t = $2 + 0; exit } END { exit !(t > 2.4e9 && t < 2.7e9) }' out
"$hf" get $url/large.bin --net sim,dir=www 2>err | head -c 10 >/dev/null
is closed-reader-code test "${PIPESTATUS[0]}" -eq 1
is closed-reader-is-quiet test ! -s err

# ---- HTTPS: a server whose certificate is made on the way, the same each time ----
run tls 0 get https://a.example/ --net sim,dir=www --json
is tls-is-verified grep -q '"verified": true' out
is tls-both-ends-say-so grep -q '"end": "close_notify"' out
is tls-names-the-server grep -q '"names": "IP:10.9.0.1, IP:fd09::1, DNS:a.example"' out
run tls-address 0 get https://10.9.0.1/ --net sim,dir=www
is tls-page-is-whole cmp out www/index.html
run tls-ip6 0 get 'https://[2001:db8::7]/file.bin' --net sim,dir=www -o got.bin
is tls-ip6-is-whole cmp got.bin www/file.bin
run tls-lossy 0 get https://a.example/large.bin --net sim,dir=www,loss=3% -o got.bin
is tls-lossy-is-whole cmp got.bin www/large.bin
run tls-1.2 0 get https://a.example/file.bin --net sim,dir=www --tls-max 1.2 --json -o got.bin
is tls-1.2-is-whole cmp got.bin www/file.bin
is tls-1.2-is-told grep -q '"version": "TLS 1.2"' out
run tls-port 0 get https://a.example:8443/ --net sim,dir=www,port=8443
run tls-resolve 0 get https://a.example/ --net sim,dir=www --resolve A.Example:443:10.7.0.9 --json
is tls-resolve-leads-there grep -q '"addr": "10.7.0.9"' out
run name-of-http 0 get http://a.example/ --net sim,dir=www
run tls-groups 0 get https://a.example/ --net sim,dir=www --groups P-384 --ciphers TLS_CHACHA20_POLY1305_SHA256 --json
is tls-groups-are-taken grep -q '"group": "secp384r1"' out
is tls-ciphers-are-taken grep -q '"suite": "TLS_CHACHA20_POLY1305_SHA256"' out
"$hf" cert ca stranger >/dev/null
run tls-untrusted 4 get https://a.example/ --net sim,dir=www --cacert stranger/root.crt
is tls-untrusted-says-why grep -q 'unknown-issuer' err
run tls-insecure 0 get -k https://a.example/ --net sim,dir=www --cacert stranger/root.crt
is tls-insecure-is-loud grep -q 'NOT VERIFIED: anybody could have answered' err
is tls-insecure-page cmp out www/index.html
# fetch_tls NUMBER SPEC
fetch_tls() { "$hf" get https://a.example/file.bin --net "sim,dir=www,loss=3%,$2" -o "$1.bin" --pcap "$1.pcapng" --json --trace >"$1.json" 2>"$1.trace"; }
fetch_tls 4 seed=7; fetch_tls 5 seed=7; fetch_tls 6 seed=8
for kind in pcapng json trace; do
	is "tls-same-seed-same-$kind" cmp 4.$kind 5.$kind
	isnt "tls-other-seed-other-$kind" cmp 4.$kind 6.$kind
done
is tls-capture-with-secrets-is-private test "$(stat -c %a 4.pcapng)" = 600
is tls-trace-tells grep -q 'TLS: sends ClientHello, [0-9]* octets (RFC 8446 4)' 4.trace
is tls-trace-tells-of-tcp-too grep -q 'sends SYN seq 0' 4.trace
SSLKEYLOGFILE=keys.log timeout 60 "$hf" get https://a.example/ --net sim,dir=www >/dev/null
is key-log grep -q '^CLIENT_HANDSHAKE_TRAFFIC_SECRET [0-9a-f]\{64\} ' keys.log
is key-log-is-private test "$(stat -c %a keys.log)" = 600
"$hf" get https://a.example/large.bin --net sim,dir=www | { sleep 0.3; head -c 100000; sleep 0.3; cat; } >got.slow
is tls-slow-reader-gets-all cmp got.slow www/large.bin

# ---- serve ----
run serve 0 serve www --net sim,clients=3,get=/file.bin,loss=5%
is serve-says-where grep -qx 'listening http://10.9.0.2:80' out
is serve-answered-three test "$(grep -c 'GET /file.bin 200 300000 ' err)" -eq 3
run serve-again 0 serve www --net sim,clients=3,get=/file.bin,loss=5% --pcap a.pcapng --json
cp out a.json
run serve-again 0 serve www --net sim,clients=3,get=/file.bin,loss=5% --pcap b.pcapng --json
is serve-same-log cmp a.json out
is serve-same-bytes cmp a.pcapng b.pcapng
run serve-seed 0 serve www --net sim,clients=3,get=/file.bin,loss=5%,seed=2 --pcap c.pcapng
isnt serve-other-seed cmp a.pcapng c.pcapng
run serve-one 0 serve www --net sim
is serve-one-page grep -q ' GET / 200 7 ' err
run serve-missing 0 serve www --net sim,get=/missing --port 8080
is serve-missing-404 grep -q ' GET /missing 404 ' err
run serve-crowd 0 serve www --net sim,clients=200,get=/file.bin,loss=1%,rate=100mbit --connections 50 -q
run serve-trace 0 serve www --net sim,get=/file.bin,loss=5% --trace
is serve-trace-tells-of-loss grep -q 'sends it again' err
run serve-quiet 0 serve www --net sim -q
isnt serve-quiet-tells-no-end grep -q clients out

# ---- serve by HTTPS: each client comes by both, and every second one again, with its session ----
run serve-tls-auto 0 serve www --net sim,clients=3,get=/file.bin,loss=3% --tls auto:a.example --json --pcap d.pcapng
is serve-tls-says-where grep -qxF '{"listening": "https://10.9.0.2:443"}' out
is serve-tls-answers-three test "$(grep -c '"octets": 300000, "whole": true, .*"tls": {"version": "TLS 1.3", .*"sni": "a.example", "resumed": false' out)" -eq 3
is serve-tls-resumes-one test "$(grep -c '"sni": "a.example", "resumed": true' out)" -eq 1
is serve-tls-and-http test "$(grep -c '"octets": 300000, "whole": true, "ns": [0-9]*}' out)" -eq 3
is serve-tls-tells-the-end grep -qxF '{"clients": {"number": 3, "failed": 0, "answers_http": 3, "answers_https": 4, "resumed": 1}}' out
cp out d.json
run serve-tls-again 0 serve www --net sim,clients=3,get=/file.bin,loss=3% --tls auto:a.example --json --pcap e.pcapng
is serve-tls-same-log cmp d.json out
is serve-tls-same-bytes cmp d.pcapng e.pcapng
is serve-tls-capture-with-secrets-is-private test "$(stat -c %a d.pcapng)" = 600
run serve-tls-seed 0 serve www --net sim,clients=3,get=/file.bin,loss=3%,seed=2 --tls auto:a.example --pcap f.pcapng
isnt serve-tls-other-seed cmp d.pcapng f.pcapng
if command -v tshark >/dev/null; then
	# Without loss: when the first of a ClientHello's two segments comes last, tshark does not see TLS at all.
	run serve-tls-without-loss 0 serve www --net sim,clients=3,get=/file.bin --tls auto:a.example --pcap g.pcapng
	is serve-tls-tshark-reads-it test "$(tshark -r g.pcapng -Y 'tls && http.response' -T fields -e http.response.code 2>/dev/null | grep -c 200)" -eq 4
fi
run serve-tls-only 0 serve www --net sim,clients=2 --tls auto --tls-only
is serve-tls-only-tells-the-end grep -qx 'clients 2: whole answers 0 by HTTP, 3 by HTTPS (1 of them resumed); 0 clients failed' out
run serve-tls-1.2 0 serve www --net sim,clients=2,loss=3% --tls auto --tls-max 1.2 --tls-port 8443 --json
is serve-tls-1.2-resumes test "$(grep -c '"version": "TLS 1.2", .*"resumed": true' out)" -eq 1
# Certificates from files, of a time that is later than the simulated one's beginning; two of them take turns.
"$hf" cert ca own --time 2031-01-01T00:00:00Z >/dev/null
"$hf" cert issue --ca own b.example --time 2031-01-01T00:00:00Z >/dev/null
"$hf" cert issue --ca own '*.c.example' --out c --time 2031-01-01T00:00:00Z >/dev/null
run serve-tls-files 0 serve www --net sim,clients=2 --tls b.example.crt,b.example.key --tls c.crt,c.key --json
is serve-tls-files-by-name test "$(grep -c '"sni": "b.example"' out) $(grep -c '"sni": "www.c.example"' out)" = '1 2'
"$hf" cert issue --ca own b.example --out bad --bad bad-signature --time 2031-01-01T00:00:00Z >/dev/null
run serve-tls-not-believed 4 serve www --net sim,clients=2 --tls bad.crt,bad.key
is serve-tls-not-believed-says-why grep -q '^handfast serve: 2 of 2 simulated clients got no whole answer: .*(bad-signature)' err
is serve-tls-not-believed-is-told-the-server grep -q 'TLS failed: .* with the alert [a-z_]*: ' err
run serve-tls-wants-a-certificate 5 serve www --net sim --tls auto --client-cert require --cacert own/root.crt
is serve-tls-wants-a-certificate-says-so grep -q 'got no whole answer: .*certificate_required' err
run serve-tls-lost 9 serve www --net sim,loss=100% --tls auto --tls-only
run serve-lost 9 serve www --net sim,clients=2,loss=100%
is serve-lost-says-so grep -qx 'handfast serve: 2 of 2 simulated clients got no whole answer: no answer came in time' err
is serve-tells-the-end grep -qx 'clients 2: whole answers 0 by HTTP, 0 by HTTPS (0 of them resumed); 2 clients failed' out

exit $failed
