#!/bin/bash
# SPDX-License-Identifier: MIT
# scenarios.sh PROGRAM: every scenario shows what it must, and tshark reads the captures, inside TLS too.
set -uo pipefail
hf=$(realpath "$1")
command -v tshark >/dev/null || { echo "1..0 # SKIP tshark is not installed"; exit 0; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
export NO_COLOR=1 COLUMNS=100 HOME=$work
count=0

ok() { count=$((count + 1)); echo "ok $count - $1"; }
not_ok() { count=$((count + 1)); echo "not ok $count - $1"; echo "# $2"; }
same() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "$2 instead of $3"; fi; }
shark() { tshark -r "$1.pcapng" "${@:2}" 2>/dev/null; }
# How many packets of a scenario fit a filter.
packets() { shark "$1" -Y "$2" | wc -l; }

for name in $("$hf" scenario list --json | python3 -c 'import json, sys; print(*[s["name"] for s in json.load(sys.stdin)])'); do
	if "$hf" scenario "$name" --pcap "$name.pcapng" >"$name.txt" 2>log; then
		# Checksums are bad only where the line itself spoils them.
		same "$name is well formed" "$(packets "$name" '_ws.malformed || (tcp.checksum.status == "Bad" && !pkt_comment contains "a bit flips")')" 0
	else
		not_ok "$name" "code $?: $(tail -c 300 log | tr '\n' ' ')"
	fi
	same "$name as JSON" "$("$hf" scenario "$name" --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["ok"])' 2>&1)" True
done

# The secrets are in the capture: nothing else is needed.
for name in https-handshake-1.3 https-handshake-1.2 https-rsa-key-transport resumption hello-retry client-certificate; do
	shark "$name" -Y http -T fields -e tls.record.content_type -e http.request.uri -e http.response.code >seen
	same "tshark reads the request inside TLS: $name" "$(awk -F'\t' '$1 ~ /23/ && $2 == "/"' seen | head -1 | cut -f2)" /
	same "and the answer: $name" "$(awk -F'\t' '$1 ~ /23/ && $3 == 200' seen | head -1 | cut -f3)" 200
done
same "the handshake of 1.3 is TLS 1.3 for tshark" "$(packets https-handshake-1.3 'tls.handshake.extensions.supported_version == 0x0304 && tls.handshake.type == 2')" 1
same "its certificate is decrypted" "$(packets https-handshake-1.3 'tls.handshake.type == 11 && tls.handshake.type == 15')" 1
same "the client's secret is one block of RSA" "$(packets https-rsa-key-transport 'tls.handshake.type == 16 && tls.handshake.length == 258')" 1
same "the second connection offers a ticket" "$(packets resumption 'tls.handshake.type == 1 && tls.handshake.extensions.psk.identity.identity')" 1
same "the first hello is answered with a retry" "$(packets hello-retry 'tls.handshake.type == 1')" 2
same "the alert is the one told" "$(packets expired-certificate 'tls.alert_message.desc == 45')" 1
same "what is changed does not decrypt" "$(packets tampered-record 'tls.alert_message.desc == 20')" 1
same "TLS 1.3 is gone from the hello, and the server warns" "$(packets downgrade-attempt 'tls.handshake.type == 1 && tls.handshake.extensions.supported_version == 0x0304')$(packets downgrade-attempt 'tls.handshake.type == 2 && tls.handshake.random contains 44:4f:57:4e:47:52:44:01')" 01
same "one half is HTTP and the other TLS" "$(packets http-vs-https 'http.request && !tls')$(packets http-vs-https 'http.request && tls')" 11
same "the ladder shows messages below segments" "$(grep -c '{EncryptedExtensions, *|' https-handshake-1.3.txt)" 1
# Captures of get and serve hold them too.
mkdir site && echo mistletoe >site/index.html
"$hf" get --net sim,dir=site --pcap get.pcapng https://10.9.0.5/ >page 2>log
same "get brings the page" "$?:$(cat page)" 0:mistletoe
same "tshark reads it in get's capture" "$(packets get 'tls && http.response.code == 200')" 1
echo "1..$count"
