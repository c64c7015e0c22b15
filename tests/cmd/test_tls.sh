#!/bin/bash
# SPDX-License-Identifier: MIT
# `handfast tls server` and `handfast tls client` with one another over loopback, and what they say of wrong command lines and files.
# Prints TAP-like lines; exits 1 when one is not ok.
hf=$(realpath "$1")
failed=0
dir=$(mktemp -d)
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir" || exit 1
export COLUMNS=100 NO_COLOR=1

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; failed=1; }
# is NAME WHAT WANTED
is() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1" "is $2, not $3"; fi; }
# wrong NAME CODE WORDS ARGS...: that exit code, nothing on stdout, one sentence with those words.
wrong() {
	local name=$1 code=$2 words=$3 got
	shift 3
	timeout -k 1 10 "$hf" tls "$@" >out 2>err </dev/null
	got=$?
	if [ $got -ne "$code" ]; then not_ok "$name" "code $got instead of $code: $(cat err)"
	elif [ -s out ]; then not_ok "$name" "something on stdout"
	elif [ "$(wc -l <err)" -ne 1 ] || ! grep -qF -e "$words" err; then not_ok "$name" "says: $(cat err)"
	else ok "$name"; fi
}
# serve ARGS...: a server; port and pid say where.
serve() {
	rm -f serve.out serve.err
	"$hf" tls server --port 0 --listen 127.0.0.1 "$@" >serve.out 2>serve.err </dev/null &
	pid=$!
	pids+=($pid)
	for _ in $(seq 200); do
		grep -qs listening serve.out serve.err && break
		sleep .05
	done
	port=$(grep -ho 'listening[": ]*[0-9.]*:[0-9]*' serve.out serve.err | grep -o '[0-9]*$')
}
stop() { kill $pid; wait $pid; }
client() { timeout 10 "$hf" tls client localhost:$port --cacert ca/root.crt "$@" 2>err; }

"$hf" cert ca ca >/dev/null
"$hf" cert issue --ca ca --out s localhost >/dev/null
"$hf" cert issue --ca ca --key rsa2048 --out r localhost >/dev/null

# ---- the command line, and files ----
wrong no-side 2 'which side'
wrong no-target 2 'to which HOST:PORT?' client
wrong no-port 2 'HOST:PORT is wanted' client 127.0.0.1
wrong bare-ip6 2 'stands in brackets' client ::1:443
wrong a-name 2 'names are not looked up yet' client a.example:443
wrong no-certificate 2 'a server needs a certificate' server
wrong role 2 '--http does not go with client' client 127.0.0.1:1 --http
wrong cipher 2 '--ciphers: "NONE" is not known' server --cert s.crt --key s.key --ciphers NONE
wrong nothing-left 2 'leave no version' server --cert s.crt --key s.key --tls-min 1.3 --ciphers ECDHE-RSA-AES128-GCM-SHA256
wrong version 2 'are 1.2 and 1.3' server --cert s.crt --key s.key --tls-min 1.1
wrong no-name 2 '--verify-name: a name is wanted' client 127.0.0.1:1 --verify-name ''
wrong fragment 2 '512, 1024, 2048 or 4096' client 127.0.0.1:1 --max-fragment 600
wrong groups 2 'the libcrypto of this system can do none of these: ffdhe2048, ...' client 127.0.0.1:1 --groups ffdhe2048,ffdhe3072
if openssl list -kem-algorithms 2>/dev/null | grep -q X25519MLKEM768; then
	wrong hybrid 7 'nothing listens at that port' client 127.0.0.1:1 --groups X25519MLKEM768
else
	echo '# without ML-KEM, as this libcrypto has none: X25519MLKEM768 must be refused'
	wrong hybrid 2 'the libcrypto of this system can do none of these: X25519MLKEM768' client 127.0.0.1:1 --groups X25519MLKEM768
fi
wrong sim 2 'nobody to speak TLS with' client 127.0.0.1:1 --net sim
wrong no-file 2 'nothere.crt: No such file' server --cert nothere.crt --key s.key
wrong other-key 2 'r.key: this key does not belong to the certificate in s.crt' server --cert s.crt --key r.key
wrong no-key 2 's.crt: no private key is in it' server --cert s.crt
wrong no-cacert 2 's.key: there is no block' client 127.0.0.1:1 --cacert s.key
head -c 1000 s.crt >cut.crt
wrong cut-certificate 2 'cut.crt, block 2: the block that begins in line 13 has no END line' server --cert cut.crt --key s.key
cp s.key open.key
chmod 644 open.key
wrong open-key 2 'open.key: a private key that others may read (mode 0644)' server --cert s.crt --key open.key
mkfifo pipe
wrong a-pipe 2 'pipe: this is a pipe or a device, and a regular file is wanted' server --cert pipe --key s.key
wrong a-pipe-of-roots 2 'pipe: this is a pipe or a device' client 127.0.0.1:1 --cacert pipe
wrong a-device 2 '/dev/zero: this is a pipe or a device' client 127.0.0.1:1 --crl /dev/zero
wrong a-directory 2 'ca: this is a directory, and a file is wanted' server --cert ca --key s.key
(umask 077; cat s.crt s.key >both.pem)
cp both.pem open.pem
chmod 640 open.pem
wrong open-both 2 'open.pem: a private key that others may read (mode 0640)' server --cert open.pem
wrong refused 7 'nothing listens at that port' client 127.0.0.1:1

# ---- one with the other ----
serve --echo --cert both.pem
echo hello | client --half-close --quiet >out
is key-in-the-certificates-file "$? $(cat out)" '0 hello'
stop
serve --echo --json --cert s.crt --key open.key --insecure-key-permissions --cert r.crt --key r.key
echo hello | client --half-close --groups x25519 >out
is echo "$? $(cat out)" '0 hello'
is summary "$(head -1 err)" 'handfast tls: TLS 1.3, TLS_AES_128_GCM_SHA256, x25519, ecdsa_secp256r1_sha256, certificate good'
is end "$(tail -1 err)" 'handfast tls: closed by the other side with close_notify: all it sent is here'
echo hello | client --half-close --quiet --tls-max 1.2 --sigalgs rsa_pss_rsae_sha256 --json >out
is json "$? $(python3 -c 'import json
d = json.load(open("out"))
print(d["version"], d["peer_signature"], d["certificate"]["fault"], d["octets_received"], d["end"], d["alert_sent"], d["exit"])')" \
	'0 TLS 1.2 rsa_pss_rsae_sha256 good 6 closed close_notify 0'
is quiet "$(wc -c <err)" 0
echo hello | client --half-close --show >out
is ladder "$(grep -cE -- '(-->|<--) (Client|Server)Hello, [0-9]+ octets \(RFC [0-9]+ [0-9.]+\)$' err)" 2
# Each message in the order of the wire, what is encrypted too, and below it what stands in it.
is show-messages "$(grep -oE -- '(-->|<--) [A-Z][A-Za-z]+' err | tr '\n' ' ')" \
	'--> ClientHello <-- ServerHello <-- EncryptedExtensions <-- Certificate <-- CertificateVerify <-- Finished --> Finished <-- NewSessionTicket <-- NewSessionTicket '
is show-whose-keys "$(grep -cE ', under the keys of the (handshake|data) \(RFC ' err)" 9
is show-fields "$(grep -cE '^ {17}(verify_data: [0-9a-f]{64}|algorithm: ecdsa_secp256r1_sha256|ticket_age_add: [0-9]+|description: close_notify)$' err)" 7
is show-certificates "$(grep -cE '^ {17}certificate [12] in words: .*, issued by .*, good until 2' err)" 2
timeout 10 "$hf" tls client localhost:$port --cacert ca/root.crt --half-close --tls-max 1.2 --show --json >out 2>err </dev/null
is show-json "$(python3 -c 'import json
d = [json.loads(line) for line in open("out")]
m = [e["message"] for e in d[:-1] if e["name"] == "MESSAGE"]
assert all(e["what"] == "tls" and e["len"] == e["message"]["octets"] for e in d[:-1] if e["name"] == "MESSAGE")
assert [e["at_ns"] for e in d[:-1]] == sorted(e["at_ns"] for e in d[:-1])
print(*(e["message"] for e in m), d[-1]["exit"], *(c["issuer"] != c["subject"] for e in d[:-1] for c in e.get("certificates", [])))')" \
	'client_hello server_hello certificate server_key_exchange server_hello_done client_key_exchange finished new_session_ticket finished 0 True True'
is show-json-alone "$(grep -c -- '-->' err)" 0
timeout 10 "$hf" tls client localhost:$port >out 2>err </dev/null
is untrusted "$? $(grep -c '^NOT TRUSTED (unknown-issuer)' err)" '4 1'
client --verify-name other.example >out </dev/null
is wrong-name "$? $(grep -c '^NOT TRUSTED (wrong-name)' err)" '4 1'
# Who asks for no name still has one to be convinced of: the host's.
timeout 10 "$hf" tls client 127.0.0.1:$port --cacert ca/root.crt --sni '' --half-close >out 2>err </dev/null
is no-name-asked-for "$? $(grep -c '^NOT TRUSTED (wrong-name)' err)" '4 1'
client --sni '' --half-close >out </dev/null
is no-name-but-the-host $? 0
client --ciphers ECDHE-ECDSA-AES128-GCM-SHA256 --tls-max 1.2 --sigalgs rsa_pss_rsae_sha256 >out </dev/null
is nothing-in-common "$? $(grep -c 'ended the TLS handshake with the alert handshake_failure' err)" '5 1'
stop
is stopped $? 0
is a-line-each "$(grep -c '"remote"' serve.out)" 9
is line "$(python3 -c 'import json
d = [json.loads(l) for l in open("serve.out")][1]
print(d["connected"], d["octets_sent"], d["end"], d["alert_sent"], d["alert_received"])')" 'True 6 closed close_notify close_notify'

# Where no handshake has been, a close_notify in plain proves nothing: it may be of anybody on the way.
python3 -c 'import socket
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
c = s.accept()[0]
c.recv(4096)
c.sendall(bytes.fromhex("15030300020100"))
while c.recv(4096): pass' >closer &
pids+=($!)
for _ in $(seq 200); do [ -s closer ] && break; sleep .05; done
timeout 10 "$hf" tls client 127.0.0.1:"$(cat closer)" --cacert ca/root.crt >out 2>err </dev/null
is closed-too-early "$? $(grep -c 'ended the TLS handshake with the alert close_notify' err)" '5 1'

# Nothing to send and nothing heard: the end comes when --timeout says so, and not with somebody's signal.
serve --cert s.crt --key s.key --http
client --timeout 1 >out </dev/null
is silence-ends "$? $(grep -c 'close_notify' err)" '0 1'
client --timeout 9 --half-close >out </dev/null
is half-close-of-nothing $? 0
wrong port-taken 11 "cannot listen at 127.0.0.1:$port: that address and port are taken already" \
	server --cert s.crt --key s.key --listen 127.0.0.1 --port $port
kill $pid
for file in s.crt empty; do
	: >empty
	wrong "no-key-in-$file" 2 "$file: there is no block -----BEGIN PRIVATE KEY-----" server --cert s.crt --key $file
done
chmod 644 s.key
wrong http-and-echo 2 '--http and --echo do not go together' server --http --echo
wrong key-for-all 2 's.key: a private key that others may read (mode 0644)' server --cert s.crt --key s.key
chmod 600 s.key

serve --cert s.crt --key s.key --accept 1
head -c 3000000 /dev/urandom >big
client --half-close --quiet <big >out
code=$?
wait $pid
is to-stdout "$? $code $(sha256sum <serve.out)" "0 0 $(sha256sum <big)"
exit $failed
