#!/bin/bash
# SPDX-License-Identifier: MIT
# handfast page in a simulated network, and of failures that need none: what it prints and writes, its codes and exit codes, and that
# a seed repeats a run byte for byte. Needs no rights. Prints TAP-like lines; exits 1 when one is not ok.
hf=$(realpath "$1")
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export COLUMNS=100 NO_COLOR=1

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
# run NAME CODE ARGUMENTS...: page ends with that code; what it says is in out and err.
run() {
	local name=$1 code=$2 got
	shift 2
	timeout 60 "$hf" page "$@" >out 2>err
	got=$?
	[ $got -eq "$code" ] && ok "$name" || not_ok "$name" "code $got instead of $code: $(head -c 300 err)"
}
# fails NAME EXIT CODE ARGUMENTS...: with that stable code, and everything that is to be said of it.
fails() {
	run "$1" "$2" "${@:4}"
	is "$1-code" grep -q "^ *$3: " err
	is "$1-step" grep -q 'FAILED' err
	is "$1-more" grep -q "handfast explain $3" err
}

mkdir -p www/css www/img www/sub
cat >www/index.html <<'HTML'
<!DOCTYPE html><html><head><meta charset="utf-8"><title>A page</title>
<link rel="stylesheet" href="css/a.css"></head>
<body><h1>Hello</h1><p>See <a href="sub">more</a>.</p><img src="img/a.svg" alt="a"><img src="img/none.png" alt="none">
<iframe src="sub"></iframe></body></html>
HTML
echo '@import "b.css"; h1 { color: #123456 }' >www/css/a.css
echo 'body { background: #fff url(../img/b.svg) }' >www/css/b.css
echo '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10" fill="#c00"/></svg>' >www/img/a.svg
sed 's/c00/00c/' www/img/a.svg >www/img/b.svg
echo '<!DOCTYPE html><title>Sub</title><p>below</p>' >www/sub/index.html
gzip -nk www/sub/index.html
touch -d 2025-06-01T00:00:00Z www www/* www/*/*
cp -rp www good
rm good/img/none.png 2>/dev/null
sed -i 's/<img src="img.none.png" alt="none">//' good/index.html
url=https://a.example/

# ---- a page whose parts are all there ----
run good 0 $url --net sim,dir=good
is good-waterfall grep -q '^ *css/b.css\|^ */css/b.css  *style  *200' out
is good-redirect grep -q '/sub  *frame  *301' out
is good-totals grep -q '^[0-9]* requests (1 redirect) over ' out
is good-says-no-fault test ! -s err
run http 0 http://a.example/ --net sim,dir=good
run address 0 http://10.7.0.1:8080/ --net sim,dir=good
run ip6 0 'http://[fd09::1]/' --net sim,dir=good
run no-scheme 0 a.example --net sim,dir=good
run no-scheme-port 0 a.example:8080/sub/ --net sim,dir=good
run compressed 0 ${url}sub/ --net sim,dir=good --json -q
is compressed-is grep -q '"coding": "gzip"' out
run only-4 0 $url --net sim,dir=good -4 --json
isnt only-4-asks-for-no-6 grep -q '"record": 28' out
run only-6 0 $url --net sim,dir=good -6 --text
is only-6-says grep -q '^Hello' out
run resolve 0 $url --net sim,dir=good --resolve a.example:443:10.9.0.1 --json
is resolve-says-so grep -q '"--resolve"' out
run quiet 0 $url --net sim,dir=good -q
is quiet-is-quiet test ! -s out -a ! -s err
run document 0 $url --net sim,dir=good --document-only
is document-alone grep -q '^1 request' out
run names 0 https://b.example/ --net sim,dir=good,names=a.example:b.example

# ---- text, JSON, files ----
run text 0 $url --net sim,dir=good --text
is text-says grep -q '^Hello' out
is text-links grep -q 'https://a.example/sub' out
is text-waterfall-aside grep -q 'requests' err
run json 1 $url --net sim,dir=www --json -q
is json-schema grep -q '"handfast.page/1"' <(head -n 1 out)
is json-is-json python3 -c '
import json, sys
rows = [json.loads(l) for l in open("out")]
kinds = [r.get("type") for r in rows]
assert {"lookup", "connection", "resource", "event"} <= set(kinds), set(kinds)
assert any(r.get("type") == "resource" and (r.get("fault") or {}).get("code") == "E-HTTP-404" for r in rows)
states = [s for r in rows if r.get("type") == "connection" for s in r["states"]]
assert any("TIME_WAIT" in str(s) for s in states)'
run explain 1 $url --net sim,dir=www,loss=1% --explain
is explain-ladder grep -q 'SYN_SENT .*|-- SYN seq 0 ' out
is explain-tls grep -q 'ClientHello' out
is explain-rfc grep -q '\[RFC 9293 3.10.1\]' out
is explain-waterfall grep -q '/img/none.png  *image  *404' out

# ---- the same seed, the same bytes ----
files() { run "$1" 1 $url --net "sim,dir=www,rtt=40ms,loss=2%,seed=$2" --png $1.png --har $1.har --qlog $1.qlog --pcap $1.pcapng --explain; cp out $1.out; }
files one 5
files two 5
files three 6
kinds="har qlog pcapng out"
"$hf" page --help | grep -q -- '--html' && {
	run html-one 1 $url --net sim,dir=www,loss=2%,seed=5 --html one.html
	run html-two 1 $url --net sim,dir=www,loss=2%,seed=5 --html two.html
	is same-seed-same-html cmp one.html two.html
	is html-is-there grep -q '<script' one.html
}
for k in $kinds; do
	is same-seed-same-$k cmp one.$k two.$k
	isnt other-seed-other-$k cmp one.$k three.$k
done
if [ -s one.png ]; then
	is png-is-one test "$(head -c 8 one.png | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a
	is same-seed-same-png cmp one.png two.png
fi
is har-is-json python3 -c '
import json
log = json.load(open("one.har"))["log"]
assert log["version"] == "1.2"
for e in log["entries"]:
    t = e["timings"]
    total = sum(t[k] for k in ("blocked", "dns", "connect", "send", "wait", "receive") if t[k] >= 0)
    assert abs(total - e["time"]) < 0.01, e'
is qlog-is-json python3 -c 'import json; json.load(open("one.qlog"))'
is capture-is-private test "$(stat -c %a one.pcapng)" = 600
if command -v tshark >/dev/null; then
	is tshark-decrypts test "$(tshark -r one.pcapng -Y 'http.response.code == 404' 2>/dev/null | wc -l)" -eq 1
	is tshark-sees-names test "$(tshark -r one.pcapng -Y 'dns.flags.response == 1' 2>/dev/null | wc -l)" -ge 2
fi

# ---- options ----
run close-each 0 $url --net sim,dir=good --close-each
is close-each-is-many grep -q 'requests .*over [6-9] connections' out
run per-host 0 $url --net sim,dir=good --per-host 1
is per-host-is-one grep -q 'over 1 connection' out
run cache 0 $url --net sim,dir=good --cache cache
run cache-again 0 $url --net sim,dir=good --cache cache --json
is cache-serves grep -q '"cached": "' out
run tls-1.2 0 $url --net sim,dir=good --tls-max 1.2 --json
is tls-1.2-it-is grep -q '"TLS 1.2"' out

# ---- failures, each with its code ----
fails no-name 4 E-DNS-NXDOMAIN https://b.example/ --net sim,dir=good,names=a.example
fails no-name-server 4 E-DNS-TIMEOUT https://a.example/ --net sim,dir=good --dns 10.9.0.99
fails not-listening 4 E-TCP-REFUSED http://a.example:81/ --net sim,dir=good --resolve a.example:81:10.9.0.53
fails nobody-there 4 E-TCP-SYN-TIMEOUT http://a.example/ --net sim,dir=good --resolve a.example:80:10.9.0.77 --connect-timeout 5
fails private 4 E-NET-PRIVATE $url --net sim,dir=good --public-only
"$hf" cert ca other >/dev/null
fails unknown-issuer 4 E-TLS-CHAIN-ISSUER $url --net sim,dir=good --cacert other/root.crt
run insecure 0 $url --net sim,dir=good --cacert other/root.crt --insecure
fails wrong-name 4 E-TLS-CHAIN-NAME https://c.example/ --net sim,dir=good,names=a.example --resolve c.example:443:10.9.0.1
fails not-found 1 E-HTTP-404 https://a.example/nothing --net sim,dir=good
fails too-large 4 E-LIMIT-SIZE $url --net sim,dir=good --max-size 20
run too-many 1 $url --net sim,dir=good --max-resources 2
is too-many-names-the-limit grep -q -- '--max-resources' out
fails too-slow 4 E-LIMIT-TIME $url --net sim,dir=good,rtt=2s --timeout 1
echo text >good/a.bin
fails not-html 1 E-PAGE-NOT-HTML https://a.example/a.bin --net sim,dir=good
fails bad-url 2 E-URL-BAD 'http://a b/' --net sim,dir=good
fails bad-scheme 2 E-URL-SCHEME ftp://a.example/ --net sim,dir=good
run error-page 4 https://b.example/ --net sim,dir=good,names=a.example --png error.png
[ ! -s one.png ] || is error-page-is-painted test -s error.png
run unwritable 3 $url --net sim,dir=good --har /nowhere/x.har

# ---- over the kernel's ----
fails kernel-refused 4 E-TCP-REFUSED http://127.0.0.1:1/
fails kernel-private 4 E-NET-PRIVATE http://127.0.0.1:1/ --public-only
fails kernel-mapped-private 4 E-NET-PRIVATE 'http://[::ffff:10.0.0.1]/' --public-only
fails kernel-nat64-private 4 E-NET-PRIVATE 'http://[64:ff9b::7f00:1]/' --public-only
fails kernel-reserved-name 4 E-DNS-NXDOMAIN http://a.invalid/
fails kernel-number-private 4 E-NET-PRIVATE 'http://0x7f.1/' --public-only
run no-capture 2 http://127.0.0.1:1/ --pcap x.pcapng
is no-capture-says-why grep -q 'there are none of ours to capture' err

# ---- wrong command lines ----
wrong() {
	local name=$1 want=$2
	shift 2
	run "$name" 2 "$@"
	is "$name-says" grep -q -- "$want" err
}
wrong no-url 'which URL'
wrong two 'not also' http://a/ http://b/
wrong engine 'there are litehtml' http://a/ --engine x
wrong width 'a whole number' http://a/ --width 0
wrong density 'pixels of CSS\|a pixel of CSS' http://a/ --density 99
wrong both 'both want stdout' http://a/ --text --json
wrong dash 'is no file here' http://a/ --png -
wrong sim-port 'port= is for' http://a.example/ --net sim,port=81
wrong get-names 'there are dir' http://a.example/ --net sim,nonsense=1
wrong hosts 'No such file' http://a.example/ --hosts nowhere

exit $failed
