#!/bin/bash
# SPDX-License-Identifier: MIT
# `handfast cert` as people use it, with the openssl program as a second opinion. Prints TAP-like lines; exits 1 when one is not ok.
hf=$(realpath "$1")
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export COLUMNS=100 NO_COLOR=1

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; failed=1; }
# is NAME WHAT WANTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "is $2, not $3"; fi; }
sum() { sha256sum "$1" | cut -d' ' -f1; }
# wrong NAME CODE WORDS ARGS...: that exit code, nothing on stdout, one sentence with those words.
wrong() {
	local name=$1 code=$2 words=$3 got
	shift 3
	"$hf" cert "$@" >out 2>err
	got=$?
	if [ $got -ne "$code" ]; then not_ok "$name" "code $got instead of $code: $(cat err)"
	elif [ -s out ]; then not_ok "$name" "something on stdout"
	elif [ "$(wc -l <err)" -ne 1 ] || ! grep -qF -e "$words" err; then not_ok "$name" "says: $(cat err)"
	else ok "$name"; fi
}

# ---- an authority ----
"$hf" cert ca ca >out 2>err
is ca-code $? 0
is ca-says "$(head -1 out)" ca/root.crt
is ca-dir-mode "$(stat -c %a ca)" 700
is root-key-mode "$(stat -c %a ca/root.key)" 600
is intermediate-key-mode "$(stat -c %a ca/intermediate.key)" 600
is root-cert-mode "$(stat -c %a ca/root.crt)" 644
wrong ca-again 2 'an authority is not overwritten' ca ca
wrong ca-nowhere 2 'No such file' ca no/such/place

# ---- good leaves, which openssl takes too ----
for key in ec256 ec384 ec521 rsa2048 ed25519; do
	"$hf" cert issue --ca ca --key $key --out leaf-$key a.example '*.b.example' 127.0.0.1 ::1 >out 2>err
	is "issue-$key" "$?:$(tr '\n' ' ' <out)" "0:leaf-$key.key leaf-$key.crt "
	is "key-mode-$key" "$(stat -c %a leaf-$key.key)" 600
	for name in a.example x.b.example 127.0.0.1 ::1; do
		"$hf" cert verify --cacert ca/root.crt --verify-name $name leaf-$key.crt >out 2>err
		is "verify-$key-$name" "$?:$(tail -1 out)" "0:TRUSTED: the certificate is trusted, for $name"
	done
	openssl verify -x509_strict -auth_level 2 -CAfile ca/root.crt -untrusted leaf-$key.crt -verify_hostname a.example -purpose sslserver \
		leaf-$key.crt >out 2>&1 && ok "openssl-$key" || not_ok "openssl-$key" "$(tail -1 out)"
	is "pair-$key" "$(openssl x509 -in leaf-$key.crt -noout -pubkey)" "$(openssl pkey -in leaf-$key.key -pubout)"
done
"$hf" cert issue --ca ca '*.c.example' >out 2>err
is issue-wildcard "$(tail -1 out)" _.c.example.crt
"$hf" cert issue --ca ca --purpose client --out me me.example >out 2>err
"$hf" cert verify --trust ca/root.crt --purpose client me.crt >out 2>err
is client-code $? 0
"$hf" cert verify --cacert ca/root.crt --purpose server me.crt >out 2>err
is client-is-no-server "$?:$(grep -o '(wrong-purpose)' out)" '4:(wrong-purpose)'

# A key is not overwritten by chance.
before=$(sum leaf-ec256.key)
wrong issue-again 2 'leaf-ec256.key is there already: --force makes it anew' issue --ca ca --out leaf-ec256 a.example
: >alone-there.crt
wrong issue-over-a-certificate 2 'alone-there.crt is there already' issue --ca ca --out alone-there a.example
is issue-again-left-it "$(sum leaf-ec256.key) $(ls alone-there.*)" "$before alone-there.crt"
cp leaf-ec256.key forced.key
"$hf" cert issue --ca ca --out forced --force a.example >out 2>err
is issue-by-force "$?:$(openssl x509 -in forced.crt -noout -pubkey)" "0:$(openssl pkey -in forced.key -pubout)"
is issue-by-force-is-new "$([ "$(sum forced.key)" != "$before" ] && echo yes)" yes

# ---- every bad kind: its code, exit 4; the number is openssl's own where it sees it as we do ----
for bad in expired:10 not-yet-valid:9 wrong-name:62 self-signed:18 unknown-issuer:20 missing-intermediate:20 bad-signature:7 weak-key:66 \
	weak-hash:68 wrong-purpose:26 path-length:25 name-constraints:47 revoked:23; do
	kind=${bad%:*} number=${bad#*:} more=()
	"$hf" cert issue --ca ca --bad "$kind" a.example >out 2>err || not_ok "issue-$kind" "$(cat err)"
	[ "$kind" = revoked ] && more=(--crl a.example.revoked.crl)
	"$hf" cert verify --trust ca/root.crt --name a.example "${more[@]}" "a.example.$kind.crt" >out 2>err
	is "bad-$kind-code" $? 4
	is "bad-$kind" "$(grep -c "^NOT TRUSTED ($kind): " out)" 1
	is "bad-$kind-number" "$(sed -n 's/^libcrypto *error \([0-9]*\),.*/\1/p' out)" "$number"
	[ "$kind" = revoked ] && more=(-crl_check -CRLfile a.example.revoked.crl)
	openssl verify -auth_level 2 -CAfile ca/root.crt -untrusted "a.example.$kind.crt" -verify_hostname a.example -purpose sslserver \
		"${more[@]}" "a.example.$kind.crt" >out 2>&1
	grep -q "^error $number at" out && ok "openssl-$kind" || not_ok "openssl-$kind" "$(grep error out | head -1)"
done
"$hf" cert verify --trust ca/root.crt --name a.example --ocsp a.example.revoked.ocsp a.example.revoked.crt >out 2>err
is revoked-by-staple "$?:$(grep -c 'the stapled OCSP answer says so' out)" 4:1
openssl ocsp -respin a.example.revoked.ocsp -CAfile ca/root.crt -issuer ca/intermediate.crt -cert a.example.revoked.crt -verify_other \
	ca/intermediate.crt >out 2>&1
grep -q 'a.example.revoked.crt: revoked' out && ok openssl-reads-ocsp || not_ok openssl-reads-ocsp "$(cat out)"
"$hf" cert verify --trust ca/root.crt --ocsp leaf-ec256.crt leaf-ec256.crt >out 2>err
is staple-of-garbage "$?:$(grep -c '^NOT TRUSTED (bad-staple)' out)" 4:1

# ---- times ----
"$hf" cert ca --time 2025-01-01T00:00:00Z old >/dev/null
"$hf" cert issue --ca old --time 1735689600 --days 30 --out old30 a.example >/dev/null
verify_at() { "$hf" cert verify --trust old/root.crt --time "$1" old30.crt >out 2>err; echo $?; }
is at-its-last-second "$(verify_at 2025-01-31T00:00:00Z)" 0
is a-fraction-is-dropped "$(verify_at 2025-01-31T00:00:00.999Z)" 0
is a-second-later "$(verify_at 2025-01-31T00:00:01Z)" 4
is with-an-offset "$(verify_at 2025-01-31T01:00:00+01:00)" 0
is with-an-offset-too-late "$(verify_at 2025-01-30T23:00:01-01:00)" 4
is an-hour-before "$(verify_at 2024-12-31T23:00:00z)" 0
is more-than-an-hour-before "$(verify_at 2024-12-31T22:59:59Z)" 4
for t in yesterday 2025-13-01T00:00:00Z 2025-02-29T00:00:00Z 2025-01-01T24:00:00Z 2025-01-01 2025-01-01T00:00:00 2025-01-01T00:00:00.Z \
	-1 1e9 253402300800 1969-12-31T23:59:59Z 2025-01-01T00:00:00+1:00; do
	wrong "time-$t" 2 "--time $t: seconds since 1970" verify --time "$t" old30.crt
done

# ---- trust, more certificates, to the letter or not ----
openssl x509 -in leaf-ec256.crt -out alone.crt
"$hf" cert verify --trust ca/root.crt --untrusted ca/intermediate.crt --name a.example alone.crt >out 2>err
is untrusted $? 0
"$hf" cert verify --trust ca/intermediate.crt --name a.example alone.crt >out 2>err
is an-intermediate-can-be-trusted $? 0
"$hf" cert verify --trust alone.crt --name a.example alone.crt >out 2>err
is a-leaf-can-be-trusted $? 0
"$hf" cert verify --name a.example leaf-ec256.crt >out 2>err
is system-store-does-not-know-us "$?:$(grep -c '^NOT TRUSTED (unknown-issuer)' out)" 4:1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout s.key -out s.crt -subj /CN=s.example -days 30 \
	-addext subjectAltName=DNS:s.example >/dev/null 2>&1
"$hf" cert verify --trust s.crt --name s.example --lenient s.crt >out 2>err
is made-by-openssl $? 0
"$hf" cert verify --trust ca/root.crt --name s.example s.crt >out 2>err
is made-by-openssl-not-trusted "$?:$(grep -c '^NOT TRUSTED (self-signed)' out)" 4:1
# A leaf without an authorityKeyIdentifier: what people make by hand, and clients take.
openssl req -new -newkey rsa:2048 -nodes -keyout h.key -out h.csr -subj /CN=h.example >/dev/null 2>&1
printf 'subjectAltName=DNS:h.example\nauthorityKeyIdentifier=none\n' >h.ext
openssl x509 -req -in h.csr -CA ca/intermediate.crt -CAkey ca/intermediate.key -days 30 -extfile h.ext -out h.crt >/dev/null 2>&1
"$hf" cert verify --trust ca/root.crt --untrusted ca/intermediate.crt --name h.example --lenient h.crt >out 2>err
is by-hand-lenient $? 0
"$hf" cert verify --trust ca/root.crt --untrusted ca/intermediate.crt --name h.example h.crt >out 2>err
is by-hand-to-the-letter "$?:$(grep -c 'it has no authorityKeyIdentifier \[RFC 5280 4.2.1.1\]' out)" 4:1
# The configuration of libcrypto is not for others to choose.
printf 'openssl_conf = c\n[c]\nproviders = p\n[p]\nnull = n\n[n]\nactivate = 1\n' >conf
OPENSSL_CONF=conf "$hf" cert verify --trust ca/root.crt --name a.example leaf-ec256.crt >out 2>err
is no-configuration-is-read $? 0

# ---- show ----
"$hf" cert show leaf-ec256.crt >out 2>err
is show-code $? 0
is show-draws "$(grep -c '^+-- ' out)" 2
is show-names "$(sed -n 's/^|   names  *//p' out)" 'DNS:a.example, DNS:*.b.example, IP:127.0.0.1, IP:::1'
is show-is-narrow "$(awk '{ if (length > m) m = length } END { print (m <= 100) }' out)" 1
is show-fingerprint "$(sed -n 's/^|   sha-256  *//p' out | head -1)" \
	"$(openssl x509 -in leaf-ec256.crt -noout -fingerprint -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)"
"$hf" cert show --json leaf-ec256.crt >out 2>err
python3 - out <<'EOF' && ok show-json || not_ok show-json "$(cat out)"
import json, sys
certs = json.load(open(sys.argv[1]))
assert [c["is_ca"] for c in certs] == [False, True]
assert certs[0]["subject"] == "CN=a.example" and certs[0]["key"] == "EC P-256"
assert certs[0]["not_after_unix"] - certs[0]["not_before_unix"] == 90 * 86400 + 3600
EOF
"$hf" cert verify --json --trust ca/root.crt --name a.example a.example.expired.crt >out 2>err
is verify-json-code $? 4
python3 - out <<'EOF' && ok verify-json || not_ok verify-json "$(cat out)"
import json, sys
r = json.load(open(sys.argv[1]))
assert (r["trusted"], r["fault"], r["libcrypto"], r["at"], r["alert"]) == (False, "expired", 10, 0, 45)
assert [c["from"] for c in r["chain"]] == ["sent", "sent", "store"] and r["name"] == "a.example"
EOF
"$hf" cert show /etc/ssl/certs/ca-certificates.crt >out 2>err
is show-system-store $? 0

# ---- show, of a server ----
"$hf" tls server --port 0 --listen 127.0.0.1 --cert leaf-ec256.crt --key leaf-ec256.key --http --quiet >ready 2>&1 &
server=$!
for _ in $(seq 100); do grep -q listening ready && break; sleep 0.05; done
port=$(sed -n 's/.*:\([0-9]*\)$/\1/p' ready | head -1)
"$hf" cert show "https://a.example:$port/" --connect 127.0.0.1 --trust ca/root.crt >out 2>err
is show-url-code $? 0
is show-url-draws "$(grep -c '^+-- ' out)" 3
is show-url-trusted "$(grep -c '^TRUSTED' out)" 1
"$hf" cert show "https://127.0.0.1:$port/" --json >out 2>err
is show-url-json "$?:$(python3 -c 'import json; print(json.load(open("out"))["fault"])')" 0:unknown-issuer
"$hf" cert show "https://c.example:$port/" --connect 127.0.0.1 --trust ca/root.crt >out 2>err
is show-url-name "$?:$(grep -c 'wrong-name' out | sed 's/[1-9][0-9]*/some/')" 0:some
wrong show-url-nameless 2 'not looked up yet' show https://c.example/
wrong show-url-connect 2 'not an address' show https://c.example/ --connect nowhere
kill $server
wait $server 2>/dev/null
wrong show-url-nobody 7 'nothing listens' show "https://127.0.0.1:$port/"

# ---- files that are not what they should be ----
sed '3s/./!/5' leaf-ec256.crt >bang.crt
wrong not-base64 10 'bang.crt, block 1: line 3, character 5 is not base64' show bang.crt
head -5 leaf-ec256.crt >cut.crt
wrong cut 10 'has no END line' show cut.crt
wrong a-key 10 'there is no block -----BEGIN CERTIFICATE-----' show leaf-ec256.key
wrong missing 2 'No such file' show nothing.crt
wrong missing-trust 2 'nothing.crt: No such file' verify --trust nothing.crt leaf-ec256.crt
wrong a-directory 2 'this is a directory' show ca
: >empty
wrong empty 10 'empty: there is no block' show empty
printf -- '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n' >tiny.crt
wrong tiny 10 'tiny.crt, certificate 1: it is no certificate' show tiny.crt
"$hf" cert verify --trust ca/root.crt tiny.crt >out 2>err
is tiny-is-not-trusted "$?:$(head -1 out)" '4:NOT TRUSTED (malformed): a certificate breaks its format'
wrong crl-is-none 2 'there is no block -----BEGIN X509 CRL-----' verify --trust ca/root.crt --crl ca/root.crt leaf-ec256.crt
wrong trust-is-none 2 'leaf-ec256.key: there is no block' verify --trust leaf-ec256.key leaf-ec256.crt
cp -r ca mixed && cp old/intermediate.crt old/intermediate.key mixed/
wrong mixed-authority 2 'the root has not signed the intermediate' issue --ca mixed a.example
cp old/root.key mixed/
wrong key-of-another 2 'the key is that of another certificate' issue --ca mixed a.example
wrong no-ca-there 2 'No such file' issue --ca nowhere a.example

# ---- the command line ----
wrong nothing 2 'what is to be done'
wrong unknown 2 'there is no cert forge' forge
wrong ca-no-dir 2 'in which directory' ca
wrong ca-two 2 'not also b' ca a b
wrong issue-no-ca 2 '--ca is needed' issue a.example
wrong issue-no-name 2 'for which name' issue --ca ca
wrong issue-not-a-name 2 'no host name' issue --ca ca 'a b'
wrong issue-a-path 2 'no host name' issue --ca ca a/b
wrong issue-partial-wildcard 2 'no host name' issue --ca ca 'a*.example'
wrong issue-bad-kind 2 '--bad awful: there are expired, not-yet-valid' issue --ca ca --bad awful a.example
wrong issue-key-kind 2 '--key dsa: there are ec256' issue --ca ca --key dsa a.example
wrong issue-days 2 '--days 0' issue --ca ca --days 0 a.example
wrong issue-json 2 '--json does not go with issue' issue --ca ca --json a.example
wrong show-none 2 'which file' show
wrong show-two 2 'not also' show a b
wrong show-bad 2 '--bad does not go with show' show --bad expired a
wrong verify-none 2 'which certificate' verify
wrong verify-two 2 '--untrusted' verify a b
wrong verify-purpose 2 '--purpose mail: server or client' verify --purpose mail a
"$hf" cert verify --trust ca/root.crt leaf-ec256.crt >/dev/full 2>err
is full-stdout "$?:$(grep -c 'No space left' err)" 11:1
exit $failed
