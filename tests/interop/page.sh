#!/bin/bash
# SPDX-License-Identifier: MIT
# page.sh PROGRAM: `handfast page` against Debian's nginx, names from dnsmasq, and servers that go wrong in one way each, over our own
# TCP and the kernel's: a page with all it is made of, and each failure with its code and its exit code.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
needs nginx dnsmasq
export COLUMNS=100

cp -r "$here/../../demo/site" www
chmod -R a+rX www
head -c 300000 /dev/urandom >www/large.html
echo 'nothing to see' >www/thing.bin
echo '<!DOCTYPE html><title>gone</title><p>There is no such page here.</p>' >www/gone.html
"$hf" cert ca ca >/dev/null
"$hf" cert ca other >/dev/null
"$hf" cert issue --ca ca www.example.test expired.example.test --out good >/dev/null
"$hf" cert issue --ca ca --bad expired expired.example.test --out bad >/dev/null
mv bad.expired.crt bad.crt 2>/dev/null; mv bad.expired.key bad.key 2>/dev/null

begin_nginx http://127.0.0.1/ <<END
	include /etc/nginx/mime.types; default_type application/octet-stream; access_log off; sendfile on; gzip on; gzip_min_length 100;
	server {
		listen 80; listen [::]:80; listen 443 ssl; listen [::]:443 ssl; root $work/www; server_name www.example.test;
		ssl_certificate $work/good.crt; ssl_certificate_key $work/good.key; ssl_protocols TLSv1.2 TLSv1.3;
		location /large.html { gzip off; }
		location /broken { return 500 "<html><title>no</title><body>the server has failed</body></html>"; default_type text/html; }
		location /loop { return 302 /loop2; }
		location /loop2 { return 302 /loop; }
		location /down { return 302 http://www.example.test/; }
		location /private { return 302 http://127.0.0.1/; }
		error_page 404 /gone.html;
	}
	server {
		listen 443 ssl; listen [::]:443 ssl; server_name expired.example.test; root $work/www;
		ssl_certificate $work/bad.crt; ssl_certificate_key $work/bad.key;
	}
	server {
		listen 8443 ssl; listen [::]:8443 ssl; root $work/www;
		ssl_certificate $work/good.crt; ssl_certificate_key $work/good.key; ssl_protocols TLSv1.3;
	}
END

begin_bad <<'END'
import gzip
from bad_server import mute, mute_at_once, not_http, nothing, read, reset_hello, reset_request, serve
def short(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<p>Hello' + b' ' * 300); c.close()
b = gzip.compress(b'\0' * 100000000, 9)
def bomb(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n' % len(b) + b); c.close()
def not_gzip(c):
    read(c); c.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello'); c.close()
serve([reset_hello, reset_request, short, mute, mute_at_once, not_http, nothing, bomb, not_gzip])
END

begin_dnsmasq <<END
local=/example.test/
host-record=www.example.test,10.9.0.1,fd09::1
host-record=expired.example.test,10.9.0.1
host-record=lost.example.test,10.97.0.77
host-record=away.example.test,10.98.0.1
txt-record=nothing.example.test,text
cname=alias.example.test,www.example.test
END

# The kernel forwards for us: to a network where nobody answers, and to one that it says cannot be reached.
sysctl -qw net.ipv4.ip_forward=1
ip tuntap add hfnobody mode tun && ip addr add 10.97.0.1/24 dev hfnobody && ip link set hfnobody up
ip route add unreachable 10.98.0.0/16
ip addr add 10.9.0.1/32 dev lo
ip addr add fd09::1/128 dev lo nodad

run() {
	timeout 60 "$hf" page --net "$net" --dns "$dns" --hosts '' --cacert ca/root.crt "$@" >out 2>err
}
# loads NAME ARGUMENTS...: all of it is there
loads() {
	local name=$1
	shift
	run "$@"
	same "$kind-$name" "$? $(head -c 200 err)" "0 "
}
# fails NAME EXIT CODE ARGUMENTS...
fails() {
	local name=$1 want="$2 $3" code
	shift 3
	run "$@" -q
	code=$?
	same "$kind-$name" "$code $(sed -n 's/^ *\(E-[A-Z0-9-]*\): .*/\1/p' err | head -n 1)" "$want"
}

https=https://www.example.test
http=http://www.example.test
for net in host tun:hf2,addr=10.9.1.2/24,gw=10.9.1.1,addr6=fd09:1::2/64,gw6=fd09:1::1; do
	kind=${net%%:*}
	dns=10.9.0.1
	run $https/ --png page.png --har page.har --qlog page.qlog --html page.html --json
	same "$kind-page" "$? $(python3 -c '
import json
rows = [json.loads(l) for l in open("out")]
res = [r for r in rows if r.get("type") == "resource"]
print(len(res), [r["url"].rsplit("/", 1)[1] for r in res if r["fault"]], any(r.get("coding") == "gzip" for r in res))')" "1 16 ['lost.png'] True"
	same "$kind-outputs" "$(head -c 4 page.png | tail -c 3) $(python3 -c 'import json; print(json.load(open("page.har"))["log"]["version"], len(json.load(open("page.har"))["log"]["entries"]))') $(grep -c '<html' page.html)" "PNG 1.2 16 1"
	fails 404-part 1 '' $http/
	loads text $http/notes/ --text -q
	same "$kind-text-has-words" "$(test -s out && echo words)" words
	loads alias http://alias.example.test/notes/
	loads ip6 'http://[fd09::1]/notes/'
	loads redirect $http/notes
	loads over-1.2 $https/notes/ --tls-max 1.2
	loads cached $https/notes/ --cache "cache-$kind"
	loads cached-again $https/notes/ --cache "cache-$kind"

	fails no-such-name 4 E-DNS-NXDOMAIN http://nowhere.example.test/
	fails no-address 4 E-DNS-NODATA http://nothing.example.test/
	fails not-asked-for 4 E-DNS-REFUSED http://www.elsewhere.example/
	dns=10.97.0.77
	echo 'options timeout:1 attempts:1' >resolv.conf
	fails no-name-server 4 E-DNS-TIMEOUT $http/ --resolv-conf resolv.conf
	dns=10.9.0.1
	fails refused 4 E-TCP-REFUSED $http:81/
	fails unreachable 4 E-NET-UNREACHABLE http://away.example.test/ --connect-timeout 5
	fails syn-timeout 4 E-TCP-SYN-TIMEOUT http://lost.example.test/ --connect-timeout 2
	fails reset-in-handshake 4 E-TCP-RESET-TLS $https:9000/
	fails expired 4 E-TLS-CHAIN-EXPIRED https://expired.example.test/
	fails wrong-name 4 E-TLS-CHAIN-NAME https://alias.example.test/
	timeout 60 "$hf" page --net "$net" --dns "$dns" --hosts '' --cacert other/root.crt $https/ -q --json >out 2>err
	same "$kind-unknown-authority" "$? $(sed -n 's/^ *\(E-[A-Z0-9-]*\): .*/\1/p' err)" "4 E-TLS-CHAIN-ISSUER"
	same "$kind-chain-is-shown" "$(grep -c '"chain": {' out)" 1
	fails alert 4 E-TLS-ALERT $https:8443/ --tls-max 1.2
	fails handshake-silence 4 E-TLS-TIMEOUT $https:9004/ --timeout 30
	fails 404 1 E-HTTP-404 $https/nothing-here --png 404.png
	same "$kind-404-body-is-painted" "$(head -c 4 404.png | tail -c 3)" PNG
	fails 500 1 E-HTTP-5XX $https/broken
	fails cut-short 4 E-HTTP-CUT $http:9002/
	fails reset 4 E-TCP-RESET $http:9001/
	fails silence 4 E-HTTP-TIMEOUT $http:9003/ --idle-timeout 1
	fails not-http 4 E-HTTP-MALFORMED $http:9005/
	fails no-answer 4 E-HTTP-NO-ANSWER $http:9006/
	fails redirect-loop 4 E-HTTP-REDIRECT-LOOP $https/loop
	fails downgrade 4 E-HTTP-DOWNGRADE $https/down
	fails too-large 4 E-LIMIT-SIZE $http/large.html --max-size 100000
	fails bomb 4 E-LIMIT-DECODED $http:9007/
	fails not-gzip 4 E-CONTENT-CODING $http:9008/
	fails not-html 1 E-PAGE-NOT-HTML $http/thing.bin
	fails not-tls 4 E-TLS-PROTOCOL $https:80/
	fails public-only 4 E-NET-PRIVATE $http/ --public-only
	run http://nowhere.example.test/ --png error.png -q
	same "$kind-error-is-painted" "$? $(head -c 4 error.png | tail -c 3)" "4 PNG"
	if [ "$kind" = tun ]; then
		run $https/ --pcap page.pcapng --explain
		same "$kind-ladder" "$? $(grep -c '|-- SYN seq 0 ' out) $(grep -c 'FIN_WAIT_1 *|-- .*FIN,ACK' out)" "1 1 1"
		if command -v tshark >/dev/null; then
			same "$kind-tshark-decrypts" "$(tshark -r page.pcapng -Y 'http.response.code == 404' 2>/dev/null | wc -l)" 1
		fi
	fi
done

plan
