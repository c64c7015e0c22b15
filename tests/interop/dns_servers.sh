#!/bin/bash
# SPDX-License-Identifier: MIT
# dns_servers.sh ASK: our resolver against name servers that others have written.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
needs dnsmasq
servers=127.0.0.53
command -v unbound >/dev/null && servers="127.0.0.53 127.0.0.54" # tools/setup.sh peers

begin_dnsmasq <<END
bind-interfaces
listen-address=127.0.0.53
local=/example.test/
auth-ttl=300
local-ttl=300
address=/www.example.test/192.0.2.1
address=/www.example.test/2001:db8::1
host-record=real.example.test,192.0.2.2
cname=alias.example.test,real.example.test
$(seq -f 'host-record=many.example.test,192.0.2.%g' 0 149)
END
{
	echo "server:"
	echo " interface: 127.0.0.54"
	echo " username: root"
	echo " chroot: ''"
	echo " directory: '$work'"
	echo " pidfile: ''"
	echo " use-syslog: no"
	echo " do-not-query-localhost: no"
	echo " module-config: iterator"
	echo " local-zone: own.test. static"
	echo " local-data: 'own.test. 300 IN SOA ns.own.test. root.own.test. 1 2 3 4 77'"
	echo " local-data: 'www.own.test. 300 IN A 192.0.2.7'"
	echo " local-data: 'www.own.test. 300 IN AAAA 2001:db8::7'"
	for i in $(seq 0 149); do echo " local-data: 'many.own.test. 300 IN A 192.0.2.$i'"; done
	echo " local-zone: test. transparent"
	echo "forward-zone:"
	echo " name: example.test"
	echo " forward-addr: 127.0.0.53"
} >unbound.conf
[ "$servers" = 127.0.0.53 ] || { unbound -d -c unbound.conf >unbound.log 2>&1 & children+=("$!"); }
listens() { ss -lntu | grep -q "$1:53 "; }
for s in $servers; do until_true 10 listens "$s" || { echo "1..0 # SKIP $s does not begin: $(tail -qn1 ./*.log)"; exit 0; }; done

ask() { timeout 30 "$hf" "$@" 2>told | sort; }
for s in $servers; do
	same "$s-both-families" "$(ask www.example.test $s)" \
		"A 192.0.2.1 canonical=www.example.test ttl=300 tcp=0
AAAA 2001:db8::1 canonical=www.example.test ttl=300 tcp=0"
	same "$s-alias" "$(ask alias.example.test $s | head -1)" "A 192.0.2.2 canonical=real.example.test ttl=300 tcp=0"
	same "$s-alias-without-data" "$(ask alias.example.test $s | tail -1 | cut -d' ' -f1,2)" "AAAA E-DNS-NODATA"
	same "$s-nobody" "$(ask gone.example.test $s | cut -d' ' -f1,2)" "A E-DNS-NXDOMAIN
AAAA E-DNS-NXDOMAIN"
	same "$s-many-by-tcp" "$(ask many.example.test $s | head -1 | sed 's/.*tcp=//')" 1
	same "$s-keeps-case" "$(grep -c NO_CASE told)" 0
done
same dnsmasq-refuses "$(ask www.elsewhere.test 127.0.0.53 | cut -d' ' -f1,2)" "A E-DNS-REFUSED
AAAA E-DNS-REFUSED"
if [ "$servers" = 127.0.0.53 ]; then
	plan
	exit 0
fi
same unbound-own "$(ask www.own.test 127.0.0.54)" "A 192.0.2.7 canonical=www.own.test ttl=300 tcp=0
AAAA 2001:db8::7 canonical=www.own.test ttl=300 tcp=0"
same unbound-own-negative "$(ask gone.own.test 127.0.0.54 | head -1)" "A E-DNS-NXDOMAIN canonical=gone.own.test ttl=77 tcp=0"
same unbound-own-many "$(ask many.own.test 127.0.0.54 | head -1 | sed 's/.*tcp=//')" 1
same the-next-server "$(ask www.own.test 127.0.0.53 127.0.0.54 | head -1)" "A 192.0.2.7 canonical=www.own.test ttl=300 tcp=0"
plan
