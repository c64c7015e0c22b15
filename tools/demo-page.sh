#!/bin/bash
# SPDX-License-Identifier: MIT
# A page from its name to its picture, without rights and without any network: one simulated host serves demo/site by HTTPS, another
# answers for its name, a third loads it over a line of 40 ms that loses one packet in a hundred.
set -uo pipefail
cd "$(dirname "$0")/.."
hf=$PWD/build/handfast
out=demo/out
site=$out/site
rm -rf $out
mkdir -p $out
cp -rp demo/site $site
gzip -nk9 $site/index.html $site/notes/index.html

url=https://demo.handfast.example/
files=(--png $out/page.png --html $out/page.html --har $out/page.har --pcap $out/page.pcapng)
echo "\$ handfast page $url --net sim,dir=$site,rtt=40ms,loss=1% --explain ${files[*]}"
echo
"$hf" page $url --net "sim,dir=$site,rtt=40ms,loss=1%" --explain "${files[@]}"
code=$?
# One picture is not there, on purpose.
[ $code -eq 1 ] || { echo "demo: handfast page ended with $code, and 1 was expected (img/lost.png is missing)" >&2; exit 1; }
bad=0
say() { [ -s "$1" ] && printf '  %-22s %s\n' "$1" "$2" || { echo "demo: $1 was not made" >&2; bad=1; }; }
echo
say $out/page.png "the page as it is painted: open it in any viewer of pictures"
say $out/page.html "the time line of all layers: open it in a browser"
say $out/page.har "the same for browsers: drop it on the network panel of their developer tools"
say $out/page.pcapng "every packet, with the keys of TLS: wireshark $out/page.pcapng"
exit $bad
