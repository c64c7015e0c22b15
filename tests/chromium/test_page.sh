#!/bin/bash
# SPDX-License-Identifier: MIT
# handfast page --engine chromium, with the Chromium that is installed: what a script asks for comes by the loader, from a simulated
# network and from a real server; what would send something does not; nothing stays behind. Needs no rights.
hf=$(realpath "$1")
failed=0 server=
dir=$(mktemp -d)
trap 'rm -rf "$dir"; [ -z "$server" ] || kill $server' EXIT
cd "$dir" || exit 1
mkdir tmp bin
export COLUMNS=100 NO_COLOR=1 TMPDIR=$dir/tmp

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; failed=1; }
is() {
	local name=$1
	shift
	"$@" >/dev/null 2>&1 && ok "$name" || not_ok "$name" "$* ended with $?"
}
# run NAME CODE ARGUMENTS...: page ends with that code; what it says is in out and err.
run() {
	local name=$1 code=$2 got
	shift 2
	timeout 120 "$hf" page "$@" >out 2>err
	got=$?
	[ $got -eq "$code" ] && ok "$name" || not_ok "$name" "code $got instead of $code: $(head -c 300 err)"
	is "$name-leaves-nothing" test -z "$(ls tmp)"
}
# size FILE: of a PNG.
size() { od -An -tu1 -j16 -N8 "$1" | awk '{ print $1 * 16777216 + $2 * 65536 + $3 * 256 + $4, $5 * 16777216 + $6 * 65536 + $7 * 256 + $8 }'; }

# ---- where there is none ----
ln -s "$(command -v env)" "$(command -v bash)" "$(command -v timeout)" bin
(PATH=$dir/bin && timeout 20 "$hf" page http://127.0.0.1:1/ --engine chromium >out 2>err)
is absent-code test $? -eq 3
is absent-says grep -q -- '--engine chromium: ' err
run not-there 3 http://127.0.0.1:1/ --chromium /nonexistent
is not-there-says grep -q -- '--chromium /nonexistent: there is no such program' err

found=
for c in chromium chromium-browser google-chrome google-chrome-stable; do command -v $c >/dev/null && found=1; done
if [ -z "$found" ] || grep -q 'built without' err; then
	echo "ok the rest # skipped: Chromium is not installed here"
	exit $failed
fi

# ---- a page with a script ----
mkdir -p www/css www/sub
cat >www/index.html <<'HTML'
<!DOCTYPE html><html><head><meta charset="utf-8"><title>Scripts</title><link rel="stylesheet" href="css/a.css"></head>
<body style="margin: 0"><div id="box"></div><iframe src="sub" style="height: 10px; border: 0"></iframe><img src="none.png">
<script src="a.js"></script></body></html>
HTML
cat >www/a.js <<'JS'
fetch('data.json').then(r => r.json()).then(d => { document.getElementById('box').style.height = d.height + 'px' });
fetch('form', { method: 'POST', body: 'secret' });
fetch('a.js', { method: 'HEAD' });
new Image().src = 'late.svg';
JS
echo '{ "height": 2000 }' >www/data.json
echo '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="20" height="10"/></svg>' >www/late.svg
printf '@charset "iso-8859-1";\n#box { background: #fff url(../late.svg); font-family: "\xe9" }\n' >www/css/a.css
echo '<!DOCTYPE html><title>Sub</title><p>below</p>' >www/sub/index.html

# look NAME: what both nets must show.
look() {
	local all
	is "$1-size" test "$(size page.png | cut -d' ' -f1)" = 500
	is "$1-script-ran" test "$(size page.png | cut -d' ' -f2)" -gt 2000
	is "$1-report" python3 - <<'PY'
import json
rows = [json.loads(l) for l in open("out")]
got = {}
for r in rows:
    if r.get("type") == "resource":
        got.setdefault(r["url"].split("/", 3)[3], []).append(r["status"])
assert got == {"": [200], "css/a.css": [200], "a.js": [200], "none.png": [404], "data.json": [200], "late.svg": [200], "sub": [301],
               "sub/": [200]}, got
result = [r for r in rows if r.get("type") == "result"][0]
assert result["engine"] == "chromium" and result["engine_octets"] > 500, result
said = [r["sentence"] for r in rows if r.get("type") == "event" and r["name"] == "chromium"][0]
assert "1 of them because they would have sent something" in said, said
PY
}
run sim 1 https://a.example/ --net sim,dir=www,rtt=20ms --engine chromium --width 500 --png page.png --json -q
look sim
run waterfall 1 https://a.example/ --net sim,dir=www --engine chromium
is waterfall-octets grep -q 'painted by chromium .*through this stack' <(tr '\n' ' ' <out)

# ---- over the kernel's TCP ----
python3 -c '
import functools, http.server
h = functools.partial(http.server.SimpleHTTPRequestHandler, directory="www")
s = http.server.ThreadingHTTPServer(("127.0.0.1", 0), h)
print(s.server_port, flush=True)
s.serve_forever()' >port 2>/dev/null &
server=$!
for _ in $(seq 50); do [ -s port ] || sleep 0.1; done
run host 1 "http://127.0.0.1:$(cat port)/" --engine chromium --width 500 --png page.png --json -q
look host
run density 1 "http://127.0.0.1:$(cat port)/" --engine chromium --width 300 --density 2 --png big.png -q
is density-size test "$(size big.png | cut -d' ' -f1)" = 600

# ---- failures ----
run refused 4 http://127.0.0.1:1/ --engine chromium --png refused.png -q
is refused-code grep -q E-TCP-REFUSED err
is refused-page test "$(size refused.png)" = '1024 768'
run no-name 4 https://b.example/ --net sim,dir=www,names=a.example --engine chromium -q
is no-name-code grep -q E-DNS-NXDOMAIN err
head -c 100 /dev/urandom >www/file.bin
run download 1 https://a.example/file.bin --net sim,dir=www --engine chromium --png none.png -q
is download-code grep -q 'E-PAGE-NOT-HTML' err
timeout -s INT 1 "$hf" page "http://127.0.0.1:$(cat port)/" --engine chromium -q >out 2>err
is interrupted grep -q E-INTERRUPTED err
is interrupted-leaves-nothing test -z "$(ls tmp)"
exit $failed
