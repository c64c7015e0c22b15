#!/bin/bash
# SPDX-License-Identifier: MIT
# page_files.sh PROGRAM: what `handfast page` writes of real loads, read by others: the HTTP Archive held to its schema, the
# capture decrypted by tshark. Over a TUN device against Debian's nginx, and in a simulated network.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
needs nginx tshark
schema=$here/../explain/har_schema.py
site=$(realpath "$here/../../demo/site")
name=site.example

"$hf" cert ca ca >/dev/null
"$hf" cert issue --ca ca $name --out server >/dev/null
begin_nginx https://127.0.0.1/index.html <<END
	include /etc/nginx/mime.types; log_format line '\$request_uri'; access_log $work/access.log line; sendfile on; gzip on; gzip_min_length 1;
	server {
		listen 80; listen 443 ssl; root $site; ssl_certificate $work/server.crt; ssl_certificate_key $work/server.key; ssl_protocols TLSv1.2 TLSv1.3;
		location = /old { return 301 /; }
	}
END
tun=tun:hf1,addr=10.9.0.2/24,gw=10.9.0.1

dissect() { # FILE OPTION...: what tshark says of a capture, by the keys in it
	tshark -r "$1" "${@:2}" 2>/dev/null
}
# examine NAME CODE CAPTURED: the files of a load that ended with this code, whose requests have these paths on the wire
examine() {
	same "$1-code" "$code" "$2"
	check "$1-har" "$schema" --file "$1.har"
	# Each request stands in the archive, and in the capture as well, in the clear.
	same "$1-requests" "$(dissect "$1.pcapng" -Y http.request -T fields -e http.request.uri | sort)" "$3"
	same "$1-archive" "$(python3 -c '
import json, sys, urllib.parse
for e in json.load(open(sys.argv[1]))["log"]["entries"]:
    if e.get("connection"):
        print(urllib.parse.urlsplit(e["request"]["url"]).path)' "$1.har" | sort)" "$3"
	same "$1-nothing-bad" "$(dissect "$1.pcapng" -Y '_ws.malformed || tcp.checksum.status == "Bad" || ip.checksum.status == "Bad"' | wc -l)" 0
	same "$1-answers" "$(dissect "$1.pcapng" -Y http.response -T fields -e http.response.code | sort | uniq -c | tr -s ' \n' ' ')" "$(python3 -c '
import collections, json, sys
c = collections.Counter(e["response"]["status"] for e in json.load(open(sys.argv[1]))["log"]["entries"] if e["response"]["status"])
print("", *(f"{n} {s}" for s, n in sorted(c.items())), "")' "$1.har")"
}
load() { # NAME URL OPTION...
	local url=$2
	timeout 100 "$hf" page "$url" "${@:3}" --quiet --har "$1.har" --pcap "$1.pcapng" >out 2>err
	code=$?
}
tun() { # NAME SCHEME OPTION...
	: >access.log
	load "$1" "$2://$name/old" --net $tun --resolve $name:80:10.9.0.1 --resolve $name:443:10.9.0.1 --cacert ca/root.crt "${@:3}"
	sleep 0.2 # nginx logs when it is done
	examine "$1" 1 "$(sort access.log)"
}

# One picture of the site is missing, on purpose: code 1.
tun http http
tun https-1.2 https --tls-max 1.2
tun https-1.3 https
load sim https://$name/ --net "sim,dir=$site,rtt=40ms,loss=1%,seed=7"
examine sim 1 "$(dissect sim.pcapng -Y http.request -T fields -e http.request.uri | sort)"
same sim-is-decrypted "$(dissect sim.pcapng -Y http.request -T fields -e http.request.uri | grep -cx /)" 1
cp sim.har first.har
cp sim.pcapng first.pcapng
load sim https://$name/ --net "sim,dir=$site,rtt=40ms,loss=1%,seed=7"
same sim-again "$(sum sim.har) $(sum sim.pcapng)" "$(sum first.har) $(sum first.pcapng)"
plan
