#!/bin/bash
# SPDX-License-Identifier: MIT
# tls.sh PROGRAM: `handfast tls server` and `handfast tls client` against OpenSSL, GnuTLS, curl and Python's ssl, over the kernel's TCP
# on loopback, and once over our own.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# ---- certificates ----
quietly() { "$@" >/dev/null 2>log || not_ok "prepare: $*" "$(cat log)"; }
quietly "$hf" cert ca ca
for key in ec256 ec384 rsa2048 ed25519; do
	quietly "$hf" cert issue --ca ca --key $key --out $key localhost 127.0.0.1 10.9.0.1 10.9.0.2
done
quietly "$hf" cert issue --ca ca --out a a.example
quietly "$hf" cert issue --ca ca --out b b.example
quietly "$hf" cert issue --ca ca --purpose client --out me me.example
quietly "$hf" cert issue --ca ca --bad expired --out expired localhost
quietly "$hf" cert issue --ca ca --bad revoked --out revoked localhost
serial=$(openssl x509 -in ec256.crt -noout -serial | cut -d= -f2)
printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=localhost\n' "$serial" >index.txt
quietly openssl ocsp -CA ca/intermediate.crt -issuer ca/intermediate.crt -cert ec256.crt -no_nonce -reqout request.der
quietly openssl ocsp -index index.txt -CA ca/intermediate.crt -rsigner ca/intermediate.crt -rkey ca/intermediate.key -reqin request.der \
	-respout good.ocsp -ndays 7
head -c 5000000 /dev/urandom >big

# ---- helpers ----
# serve ARGS...: starts our server; port and pid say where it is. Its stdin stays open.
mkfifo never
exec 9<>never
serve() {
	rm -f serve.out serve.err
	"$hf" tls server --port 0 --listen 127.0.0.1 "$@" >serve.out 2>serve.err <&9 &
	pid=$!
	children+=($pid)
	until_true 10 grep -qs listening serve.out serve.err || not_ok "serve $*" "$(cat serve.err)"
	port=$(grep -ho 'listening[": ]*[0-9.]*:[0-9]*' serve.out serve.err | grep -o '[0-9]*$')
}
stop() { kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; }
# peer ARGS...: starts openssl s_server likewise; what comes through the FIFO `typed` is its stdin.
mkfifo typed
exec 8<>typed
peer() {
	rm -f peer.out peer.err
	openssl s_server -accept 127.0.0.1:0 -naccept 100 "$@" >peer.out 2>peer.err <&8 &
	pid=$!
	children+=($pid)
	until_true 10 grep -qs ^ACCEPT peer.out || not_ok "s_server $*" "$(cat peer.err)"
	port=$(grep -o '^ACCEPT.*' peer.out | head -1 | grep -o '[0-9]*$')
}
request() { printf 'GET / HTTP/1.0\r\n\r\n'; }
# s_client ARGS...: the page of --http, fetched by openssl.
s_client() {
	request | timeout 10 openssl s_client -connect 127.0.0.1:$port -servername localhost -CAfile ca/root.crt -verify_return_error \
		-ign_eof -quiet "$@" 2>client.err
}
# line NAME: its value in the page on stdin.
line() { tr -d '\r' | sed -n "s/^$1  *//p"; }
# client ARGS...: ours, to `port`; what it says goes to client.err.
client() { timeout 10 "$hf" tls client localhost:$port --cacert ca/root.crt "$@" 2>client.err; }
agreed() { sed -n 's/^handfast tls: \(TLS 1.*\)/\1/p' client.err; }
# field FILTER: of the JSON on stdin, in Python's words.
field() { python3 -c "import json, sys
d = json.loads([l for l in sys.stdin if '\"remote\"' in l][-1])
print($1)"; }

# The group both ends agree on when nobody asks for another.
usual=x25519
openssl list -kem-algorithms 2>/dev/null | grep -q X25519MLKEM768 && usual=X25519MLKEM768

# ---- our server, every suite and group, by each kind of certificate: openssl s_client ----
for key in ec256 rsa2048 ed25519; do
	serve --http --cert $key.crt --key $key.key --tls-rsa-key-transport --quiet
	for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
		same "s_client-1.3-$key-$suite" "$(s_client -tls1_3 -ciphersuites $suite | line suite)" $suite
	done
	[ $key = rsa2048 ] && kind=RSA || kind=ECDSA
	for suite in AES_128_GCM_SHA256:AES128-GCM-SHA256 AES_256_GCM_SHA384:AES256-GCM-SHA384 CHACHA20_POLY1305_SHA256:CHACHA20-POLY1305; do
		same "s_client-1.2-$key-${suite%:*}" "$(s_client -tls1_2 -cipher ECDHE-$kind-${suite#*:} | line suite)" TLS_ECDHE_${kind}_WITH_${suite%:*}
	done
	for group in X25519:x25519 P-256:secp256r1 P-384:secp384r1 P-521:secp521r1 X448:x448; do
		for version in 1_3 1_2; do
			# RFC 8422 5.1: in 1.2 the groups bind the certificate's curve, too.
			[ $version$key = 1_2ec256 ] && continue
			same "s_client-$version-$key-${group%:*}" "$(s_client -tls$version -groups ${group%:*} | line group)" ${group#*:}
		done
	done
	if [ $key = rsa2048 ]; then
		for suite in AES128-GCM-SHA256:TLS_RSA_WITH_AES_128_GCM_SHA256 AES256-GCM-SHA384:TLS_RSA_WITH_AES_256_GCM_SHA384; do
			same "s_client-rsa-key-transport-${suite%:*}" "$(s_client -tls1_2 -cipher ${suite%:*} | line suite)" ${suite#*:}
		done
	fi
	stop
done

# ---- our client, likewise: openssl s_server ----
for key in ec256 ec384 rsa2048 ed25519; do
	peer -www -cert $key.crt -cert_chain $key.crt -key $key.key
	case $key in
	ec256) scheme=ecdsa_secp256r1_sha256 ;;
	ec384) scheme=ecdsa_secp384r1_sha384 ;;
	rsa2048) scheme=rsa_pss_rsae_sha256 ;;
	ed25519) scheme=ed25519 ;;
	esac
	for suite in TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256; do
		request | client --ciphers $suite >page
		same "s_server-1.3-$key-$suite" "$? $(agreed)" "0 TLS 1.3, $suite, $usual, $scheme, certificate good"
	done
	[ $key = rsa2048 ] && kind=RSA || kind=ECDSA
	[ $key = ec384 ] && scheme=ecdsa_secp256r1_sha256 # in 1.2 the name stands for ECDSA with SHA-256, whatever the curve
	for suite in AES_128_GCM_SHA256 AES_256_GCM_SHA384 CHACHA20_POLY1305_SHA256; do
		request | client --tls-max 1.2 --ciphers TLS_ECDHE_${kind}_WITH_$suite >page
		same "s_server-1.2-$key-$suite" "$? $(agreed)" "0 TLS 1.2, TLS_ECDHE_${kind}_WITH_$suite, x25519, $scheme, certificate good"
	done
	for group in x25519 secp256r1 secp384r1 secp521r1 x448; do
		for version in 1.3 1.2; do
			case $version$key in 1.2ec*) continue ;; esac
			request | client --tls-min $version --tls-max $version --groups $group >page
			same "s_server-$version-$key-$group" "$? $(agreed | cut -d' ' -f4)" "0 $group,"
		done
	done
	if [ $key = rsa2048 ]; then
		request | client --tls-max 1.2 --tls-rsa-key-transport --ciphers AES256-GCM-SHA384 >page
		same s_server-rsa-key-transport "$? $(agreed)" "0 TLS 1.2, TLS_RSA_WITH_AES_256_GCM_SHA384, RSA key transport, certificate good"
	fi
	stop
done

# ---- resumption, retry ----
serve --http --cert ec256.crt --key ec256.key --quiet
for version in 1_3 1_2; do
	first=$(s_client -tls$version -sess_out session.$version | line resumed)
	same "s_client-resumes-$version" "$first $(s_client -tls$version -sess_in session.$version | line resumed)" "no yes"
	rm -f ours
	first=$(request | client --tls-max ${version/_/.} --session-file ours | line resumed)
	same "ours-resumes-ours-$version" "$first $(request | client --tls-max ${version/_/.} --session-file ours | line resumed) $(stat -c %a ours)" "no yes 600"
done
request | client --no-tickets --session-file ours >page
same no-tickets "$(line resumed <page)" no
stop
serve --http --cert ec256.crt --key ec256.key --quiet --groups P-384
same s_client-retry "$(s_client -tls1_3 -groups X25519:P-384 | line 'hello retried')" yes
request | client >page
same ours-retry-ours "$? $(agreed)" "0 TLS 1.3, TLS_AES_128_GCM_SHA256, secp384r1, ecdsa_secp256r1_sha256, certificate good, after a retry"
stop
peer -www -cert ec256.crt -cert_chain ec256.crt -key ec256.key -groups P-384
request | client >page
same s_server-retry "$? $(agreed | grep -c 'secp384r1.*after a retry')" "0 1"
stop
peer -www -cert ec256.crt -cert_chain ec256.crt -key ec256.key
for version in 1.3 1.2; do
	rm -f ours
	request | client --tls-max $version --session-file ours >page
	request | client --tls-max $version --session-file ours >page
	same "s_server-resumes-$version" "$(grep -c 'Reused, TLS' page) $(agreed | grep -c resumed)" "1 1"
done
stop

# ---- early data ----
serve --http --cert ec256.crt --key ec256.key --quiet --early-data 4096
request >early.txt
rm -f ours
s_client -tls1_3 -sess_out session.early >page
timeout 10 openssl s_client -connect 127.0.0.1:$port -servername localhost -CAfile ca/root.crt -ign_eof -quiet -tls1_3 -sess_in session.early \
	-early_data early.txt </dev/null >page 2>client.err
same s_client-early-data "$(line 'early data' <page)" accepted
timeout 10 openssl s_client -connect 127.0.0.1:$port -servername localhost -CAfile ca/root.crt -ign_eof -quiet -tls1_3 -sess_in session.early \
	-early_data early.txt <early.txt >page 2>client.err
same s_client-early-data-replayed "$(line 'early data' <page)" rejected
request | client --session-file ours >page
client --session-file ours --early-data early.txt </dev/null >page
same ours-early-data-ours "$? $(line 'early data' <page) $(agreed | grep -c 'early data accepted')" "0 accepted 1"
stop
serve --http --cert ec256.crt --key ec256.key --quiet
client --session-file ours --early-data early.txt </dev/null >page
same early-data-without-a-ticket "$? $(line version <page)" "0 TLS 1.3"
stop
peer -cert ec256.crt -cert_chain ec256.crt -key ec256.key -early_data -max_early_data 16384
rm -f ours
client --session-file ours --half-close --timeout 1 </dev/null >page
client --session-file ours --early-data early.txt --half-close --timeout 1 </dev/null >page
same s_server-early-data "$? $(agreed | grep -c 'early data accepted') $(grep -c '^Early data received' peer.out)" "0 1 1"
stop

# ---- the hybrid with ML-KEM, which OpenSSL has since 3.5 ----
if [ $usual = X25519MLKEM768 ]; then
	for key in ec256 rsa2048; do
		serve --http --cert $key.crt --key $key.key --quiet --tickets 1
		s_client -groups $usual -sess_out session >page
		same "s_client-hybrid-$key" "$(line group <page) $(line resumed <page) $(line 'hello retried' <page)" "$usual no no"
		s_client -groups $usual -sess_in session >page
		same "s_client-hybrid-$key-resumes" "$(line group <page) $(line resumed <page)" "$usual yes"
		same "s_client-hybrid-$key-usual" "$(s_client | line group)" $usual
		same "s_client-hybrid-$key-without" "$(s_client -groups X25519 | line group)" x25519
		stop
		peer -www -cert $key.crt -cert_chain $key.crt -key $key.key -groups $usual
		rm -f ours
		request | client --session-file ours >page
		same "s_server-hybrid-$key" "$? $(agreed | cut -d' ' -f4)" "0 $usual,"
		request | client --session-file ours >page
		same "s_server-hybrid-$key-resumes" "$? $(agreed | cut -d' ' -f4) $(agreed | grep -c resumed)" "0 $usual, 1"
		stop
	done
	serve --http --cert ec256.crt --key ec256.key --quiet --groups $usual
	s_client -groups "*X25519:$usual" >page
	same s_client-hybrid-retry "$(line group <page) $(line 'hello retried' <page)" "$usual yes"
	stop
	peer -www -cert ec256.crt -cert_chain ec256.crt -key ec256.key -groups $usual
	request | client --groups x25519,$usual >page
	same s_server-hybrid-retry "$? $(agreed | cut -d' ' -f4) $(agreed | grep -c 'after a retry')" "0 $usual, 1"
	stop
	peer -www -cert ec256.crt -cert_chain ec256.crt -key ec256.key -groups P-256:X25519
	request | client >page
	same s_server-hybrid-without "$? $(agreed | cut -d' ' -f4) $(agreed | grep -c 'after a retry')" "0 x25519, 0"
	stop
else
	echo "# without the hybrid X25519MLKEM768: this libcrypto has no ML-KEM"
fi

# ---- client certificates ----
for version in 1_3 1_2; do
	serve --http --cert ec256.crt --key ec256.key --quiet --client-cert require --cacert ca/root.crt
	same "s_client-with-certificate-$version" "$(s_client -tls$version -cert me.crt -cert_chain me.crt -key me.key | line 'client certificate')" CN=me.example
	s_client -tls$version >page
	same "s_client-without-certificate-$version" "$(grep -cE 'alert (certificate required|handshake failure)' client.err)" 1
	s_client -tls$version -cert a.crt -cert_chain a.crt -key a.key >page
	same "s_client-with-a-server's-certificate-$version" "$(wc -c <page) $(grep -c 'alert unsupported certificate' client.err)" "0 1"
	request | client --tls-max ${version/_/.} --cert me.crt --key me.key >page
	same "ours-with-certificate-$version" "$? $(line 'client certificate' <page)" "0 CN=me.example"
	request | client --tls-max ${version/_/.} >page
	same "ours-without-certificate-$version" "$? $(grep -cE 'certificate_required|handshake_failure' client.err)" "5 1"
	same "curl-with-certificate-$version" "$(curl -s --tls-max ${version/_/.} --cacert ca/root.crt --cert me.crt --key me.key https://localhost:$port/ | line 'its check')" good
	stop
	peer -www -cert ec256.crt -cert_chain ec256.crt -key ec256.key -Verify 2 -CAfile ca/root.crt -verify_return_error
	request | client --tls-max ${version/_/.} --cert me.crt --key me.key >page
	same "s_server-with-certificate-$version" "$? $(grep -c 'me.example' page | awk '{ print ($1 > 0) }')" "0 1"
	request | client --tls-max ${version/_/.} >page
	same "s_server-without-certificate-$version" "$? $(grep -cE 'certificate_required|handshake_failure' client.err)" "5 1"
	stop
done
serve --http --cert ec256.crt --key ec256.key --quiet --client-cert request --cacert ca/root.crt
same client-certificate-requested "$(request | client | line 'client certificate')" none
stop

# ---- names, ALPN, staple ----
serve --http --cert a.crt --key a.key --cert b.crt --key b.key --sni-strict --alpn http/1.1,http/1.0 --quiet
for name in a b; do
	request | timeout 10 openssl s_client -connect 127.0.0.1:$port -servername $name.example -verify_hostname $name.example -CAfile ca/root.crt \
		-verify_return_error -ign_eof -quiet -alpn h2,http/1.1 >page 2>client.err
	same "s_client-name-$name" "$(line 'server name' <page) $(line ALPN <page)" "$name.example http/1.1"
done
same unknown-name "$(s_client -servername c.example; grep -c 'unrecognized name' client.err)" 1
same unknown-protocol "$(s_client -servername a.example -alpn h2; grep -c 'no application protocol' client.err)" 1
request | client --sni b.example --alpn http/1.0 >page
same ours-name "$? $(line 'server name' <page) $(line ALPN <page)" "0 b.example http/1.0"
request | client --sni b.example --verify-name a.example >page
same ours-wrong-name "$? $(grep -c '^NOT TRUSTED (wrong-name)' client.err)" "4 1"
request | timeout 10 "$hf" tls client b.example:$port --connect 127.0.0.1 --cacert ca/root.crt 2>client.err >page
same ours-connect "$? $(line 'server name' <page)" "0 b.example"
stop
peer -www -cert ec256.crt -cert_chain ec256.crt -key ec256.key -alpn h2,http/1.1 -status_file good.ocsp
request | client --alpn http/1.1,h2 --status >page
same s_server-alpn-and-staple "$? $(agreed | grep -c 'certificate good, stapled, ALPN h2')" "0 1"
request | client --alpn http/1.1,h2 --status --tls-max 1.2 >page
same s_server-alpn-and-staple-1.2 "$? $(agreed | grep -c 'certificate good, stapled, ALPN h2')" "0 1"
stop
serve --http --cert ec256.crt --key ec256.key --ocsp good.ocsp --quiet
for version in 1_3 1_2; do
	same "s_client-staple-$version" "$(request | timeout 10 openssl s_client -connect 127.0.0.1:$port -CAfile ca/root.crt -status -ign_eof \
		-tls$version 2>/dev/null | grep -cE 'OCSP Response Status: successful|Cert Status: good')" 2
done
stop
serve --http --cert revoked.crt --key revoked.key --ocsp revoked.ocsp --quiet
request | client --status >page
same revoked-by-staple "$? $(grep -c '^NOT TRUSTED (revoked)' client.err)" "4 1"
request | client --crl revoked.crl >page
same revoked-by-list "$? $(grep -c '^NOT TRUSTED (revoked)' client.err)" "4 1"
stop

# ---- certificates that are not good ----
serve --http --cert expired.crt --key expired.key --quiet
request | client >page
same expired "$? $(grep -c '^NOT TRUSTED (expired)' client.err) $(wc -c <page)" "4 1 0"
request | client --insecure >page
same expired-insecure "$? $(agreed | grep -c 'certificate NOT TRUSTED (expired)') $(grep -c 'was not checked' client.err)" "0 1 1"
stop
peer -www -cert expired.crt -cert_chain expired.crt -key expired.key
request | client >page
same s_server-expired "$? $(grep -c '^NOT TRUSTED (expired)' client.err)" "4 1"
stop
peer -www -cert ec256.crt -key ec256.key
request | client >page
same s_server-missing-intermediate "$? $(grep -c '^NOT TRUSTED (missing-intermediate)' client.err)" "4 1"
request | client --verify-name other.example --json >page
same json-of-a-failure "$? $(field 'd["certificate"]["fault"], d["exit"], d["end"], d["alert_sent"]' <page)" "4 missing-intermediate 4 failed unknown_ca"
stop

# ---- sizes of records ----
serve --echo --cert ec256.crt --key ec256.key --json
timeout 10 openssl s_client -connect 127.0.0.1:$port -CAfile ca/root.crt -maxfraglen 512 -quiet -no_ign_eof <<<"$(head -c 3000 /dev/zero | tr '\0' x)" >echo 2>client.err
head -c 300000 big | client --half-close --max-fragment 1024 --quiet | cmp - <(head -c 300000 big) && ok max-fragment || not_ok max-fragment "$(cat client.err)"
head -c 300000 big | client --half-close --record-size-limit 300 --padding 100 --quiet | cmp - <(head -c 300000 big) && ok record-size-limit || not_ok record-size-limit "$(cat client.err)"
client --half-close --quiet <big >echo
same echo-of-all "$? $(sum echo)" "0 $(sum big)"
stop
same record-sizes "$(grep remote serve.out | python3 -c 'import json, sys
for l in sys.stdin:
	d = json.loads(l); print(d["record_octets_send"], d["octets_received"], d["end"], end=" ")')" "512 3001 closed 1024 300000 closed 300 300000 closed 16384 5000000 closed "
peer -WWW -cert ec256.crt -cert_chain ec256.crt -key ec256.key
for more in '' '--tls-max 1.2' '--max-fragment 2048' '--padding 1000'; do
	printf 'GET /big HTTP/1.0\r\n\r\n' | client $more --quiet >page
	same "s_server-big$more" "$? $(tail -c 5000000 page | sha256sum | cut -d' ' -f1)" "0 $(sum big)"
done
stop
serve --cert ec256.crt --key ec256.key --accept 1
timeout 20 openssl s_client -connect 127.0.0.1:$port -CAfile ca/root.crt -quiet -nocommands -no_ign_eof <big >/dev/null 2>client.err
wait $pid
same s_client-big "$? $(sum serve.out)" "0 $(sum big)"

# ---- new keys ----
serve --echo --cert ec256.crt --key ec256.key --json
(sleep .3; echo k; sleep .2; echo K; sleep .2; echo hello; sleep .3; echo Q) | timeout 10 openssl s_client -connect 127.0.0.1:$port -CAfile ca/root.crt >page 2>client.err
stop
same s_client-key-update "$(field 'd["key_updates_received"], d["key_updates_sent"], d["octets_received"], d["end"]' <serve.out) $(grep -c ^hello page)" "2 1 6 closed 1"
peer -rev -cert ec256.crt -cert_chain ec256.crt -key ec256.key
(sleep .3; echo k; sleep .2; echo K; sleep .2; echo hello; sleep .3; echo Q) | client --interactive --json >page
same s_server-key-update "$? $(field 'd["key_updates_sent"], d["key_updates_received"], d["octets_sent"], d["octets_received"]' <page)" "0 2 1 6 6"
stop
peer -cert ec256.crt -cert_chain ec256.crt -key ec256.key
(sleep .3; echo k; sleep .2; echo K; sleep .2; echo hello; sleep .3; echo Q) >&8 &
# (Q of s_server is a FIN without close_notify, and told so.)
(sleep 1.2) | client --json >page
same s_server-asks-for-key-update "$? $(field 'd["key_updates_received"], d["key_updates_sent"], d["octets_received"], d["end"]' <page)" "10 2 1 6 truncated"
stop

# ---- how it ends ----
cat >ends.py <<'END'
import socket, ssl, struct, time
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain('ec256.crt', 'ec256.key')
s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True)
for how in ('close', 'fin', 'reset', 'silence', 'fin-in-handshake'):
    k, _ = s.accept()
    if how == 'silence': kept = k; continue
    if how == 'fin-in-handshake': k.recv(10000); k.close(); continue
    t = c.wrap_socket(k, server_side=True, suppress_ragged_eofs=True)
    t.recv(100); t.sendall(b'half of it')
    if how == 'close': t.unwrap().close()
    elif how == 'fin': t.shutdown(socket.SHUT_RDWR); t.close()
    else: time.sleep(.2); t.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0)); t.close()
END
python3 ends.py >ends.out 2>ends.err &
children+=($!)
until_true 10 grep -q . ends.out
port=$(cat ends.out)
for want in '0 closed by the other side with close_notify' '10 cut short (RFC 8446 6.1)' '8 reset the connection'; do
	echo hello | client >page
	same "ends-${want%% *}" "$? $(cat page) $(grep -c "${want#* }" client.err)" "${want%% *} half of it 1"
done
echo hello | timeout 20 "$hf" tls client localhost:$port --cacert ca/root.crt >page 2>client.err
same silence-in-the-handshake "$? $(grep -c 'the handshake took too long' client.err)" "5 1"
echo hello | client >page
same fin-in-the-handshake "$? $(grep -c 'in the middle of the TLS handshake' client.err)" "5 1"
port=1 client >page </dev/null
same refused "$? $(grep -c 'nothing listens' client.err)" "7 1"
serve --cert ec256.crt --key ec256.key
openssl s_client -connect 127.0.0.1:$port -CAfile ca/root.crt -quiet <never >/dev/null 2>&1 &
peer=$!
until_true 5 grep -q 'TLS 1.3' serve.err
kill -KILL $peer
wait $peer 2>/dev/null
until_true 5 grep -q 'cut short\|reset' serve.err
same server-sees-truncation "$(grep -c 'without close_notify\|reset' serve.err)" 1
# Stopped while a connection is open.
(sleep 2) | client >page & peer=$!
until_true 5 grep -q '^#2.*TLS 1.3' serve.err
kill -TERM $pid
wait $pid
code=$?
wait $peer
same stopped "$code $? $(grep -c 'with close_notify' client.err)" "0 0 1"

# ---- those who do not speak TLS ----
serve --http --cert ec256.crt --key ec256.key
same plain-http "$(curl -s -w '%{http_code}' http://127.0.0.1:$port/ | tr '\n' ' ')" "This port speaks TLS: ask for https:// and not for http:// (RFC 9110). 400"
same garbage "$(printf 'EHLO mail.example\r\n' | timeout 5 nc -q 2 127.0.0.1 $port | od -An -tx1)" " 15 03 03 00 02 02 0a"
same old-version "$(s_client -tls1_1 -cipher ALL:@SECLEVEL=0; grep -c 'protocol version' client.err)" 1
same still-there "$(request | client | line version)" "TLS 1.3"
stop

# ---- curl, GnuTLS, Python ----
serve --http --cert rsa2048.crt --key rsa2048.key --cert ec256.crt --key ec256.key --alpn http/1.1 --quiet
same curl-1.3 "$(curl -s --tlsv1.3 --cacert ca/root.crt https://localhost:$port/ | line version)" "TLS 1.3"
same curl-1.2 "$(curl -s --tls-max 1.2 --cacert ca/root.crt https://localhost:$port/ | line version)" "TLS 1.2"
same curl-head "$(curl -sI --cacert ca/root.crt https://localhost:$port/ | tr -d '\r' | head -1)" "HTTP/1.1 200 OK"
same python-1.3 "$(python3 -c '
import ssl, urllib.request
c = ssl.create_default_context(cafile="ca/root.crt")
print(urllib.request.urlopen("https://localhost:'$port'/", context=c).read().decode())' | line version)" "TLS 1.3"
same python-1.2 "$(python3 -c '
import ssl, urllib.request
c = ssl.create_default_context(cafile="ca/root.crt"); c.maximum_version = ssl.TLSVersion.TLSv1_2
print(urllib.request.urlopen("https://localhost:'$port'/", context=c).read().decode())' | line version)" "TLS 1.2"
if command -v gnutls-cli >/dev/null; then
	for version in 1.3 1.2; do
		for sign in '' ':-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256' ':-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256'; do
			request | timeout 10 gnutls-cli --x509cafile ca/root.crt -p $port localhost --no-ca-verification \
				--priority "NORMAL:-VERS-ALL:+VERS-TLS$version$sign" >page 2>client.err
			same "gnutls-cli-$version$sign" "$? $(line version <page)" "0 TLS $version"
		done
	done
	for n in 1 2; do
		request | timeout 10 gnutls-cli --x509cafile ca/root.crt -p $port localhost --priority NORMAL:-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519 \
			--alpn=http/1.1 >page 2>client.err
	done
	same gnutls-cli-verifies "$? $(line ALPN <page) $(grep -c 'certificate is trusted' page)" "0 http/1.1 1"
	(request; sleep 1) | timeout 10 gnutls-cli --x509cafile ca/root.crt -p $port localhost --rehandshake >page 2>client.err
	request | timeout 10 gnutls-cli --x509cafile ca/root.crt -p $port localhost --resume >page 2>client.err
	same gnutls-cli-resumes "$(grep -c 'This is a resumed session' page)" 1
fi
stop
if command -v gnutls-serv >/dev/null; then
	gnutls-serv --http --port 7443 --x509certfile ec256.crt --x509keyfile ec256.key --x509certfile rsa2048.crt --x509keyfile rsa2048.key --recordsize 16384 \
		>serv.out 2>&1 &
	children+=($!)
	until_true 10 nc -z 127.0.0.1 7443
	port=7443
	for version in 1.3 1.2; do
		rm -f ours
		request | client --tls-max $version --session-file ours >page
		same "gnutls-serv-$version" "$? $(agreed | cut -d, -f1,5)" "0 TLS $version, certificate good"
		request | client --tls-max $version --session-file ours >page
		same "gnutls-serv-$version-resumes" "$? $(agreed | grep -c resumed)" "0 1"
		request | client --tls-max $version --sigalgs rsa_pss_rsae_sha256,rsa_pkcs1_sha256 --ciphers TLS_CHACHA20_POLY1305_SHA256,ECDHE-RSA-CHACHA20-POLY1305 >page
		same "gnutls-serv-$version-rsa" "$? $(agreed | grep -c 'CHACHA20.*rsa_pss_rsae_sha256')" "0 1"
	done
	request | client --record-size-limit 600 --json >page
	same gnutls-serv-record-size-limit "$? $(field 'd["record_octets_receive"]' <page)" "0 600"
	kill "$!"
fi

# ---- the key log ----
serve --http --cert ec256.crt --key ec256.key --quiet
rm -f keys.log
request | SSLKEYLOGFILE=keys.log client >page
request | SSLKEYLOGFILE=keys.log client --tls-max 1.2 >page
stop
same key-log "$(stat -c %a keys.log) $(cut -d' ' -f1 keys.log | sort -u | tr '\n' ' ')" "600 CLIENT_HANDSHAKE_TRAFFIC_SECRET CLIENT_RANDOM CLIENT_TRAFFIC_SECRET_0 EXPORTER_SECRET SERVER_HANDSHAKE_TRAFFIC_SECRET SERVER_TRAFFIC_SECRET_0 "

# ---- over our own TCP ----
"$hf" tls server --http --port 443 --cert ec256.crt --key ec256.key --net tun:hf5,addr=10.9.0.2/24,gw=10.9.0.1 --show >serve.out 2>serve.err </dev/null &
pid=$!
children+=($pid)
until_true 10 grep -q listening serve.out
same own-tcp-server "$(curl -s --cacert ca/root.crt https://10.9.0.2/ | line version)" "TLS 1.3"
# With the hybrid the ClientHello is in two segments.
same own-tcp-usual-group "$(request | timeout 10 openssl s_client -connect 10.9.0.2:443 -CAfile ca/root.crt -ign_eof -quiet 2>/dev/null | line group)" $usual
same own-tcp-s_client "$(request | timeout 10 openssl s_client -connect 10.9.0.2:443 -CAfile ca/root.crt -ign_eof -quiet -tls1_2 2>/dev/null | line version)" "TLS 1.2"
same own-tcp-ladder "$(grep -c 'Finished.*RFC' serve.err | awk '{ print ($1 >= 4) }')" 1
stop
same own-tcp-stopped "$(ip link show hf5 2>/dev/null | wc -l)" 0
rm -f peer.out
openssl s_server -accept 4433 -naccept 10 -WWW -cert ec256.crt -cert_chain ec256.crt -key ec256.key >peer.out 2>&1 <&8 &
pid=$!
children+=($pid)
until_true 10 grep -q ^ACCEPT peer.out
printf 'GET /big HTTP/1.0\r\n\r\n' | timeout 20 "$hf" tls client 10.9.0.1:4433 --cacert ca/root.crt --net tun:hf5,addr=10.9.0.2/24,gw=10.9.0.1 --pcap own.pcapng >page 2>client.err
same own-tcp-client "$? $(agreed | cut -d' ' -f4) $(tail -c 5000000 page | sha256sum | cut -d' ' -f1)" "0 $usual, $(sum big)"
stop
plan
