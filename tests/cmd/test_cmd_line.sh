#!/bin/bash
# SPDX-License-Identifier: MIT
# What the program says, where it says it, and with which code it ends. Prints TAP-like lines; exits 1 when one is not ok.
hf=$(realpath "$1")
failed=0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

ok() { echo "ok $1"; }
not_ok() { echo "not ok $1: $2"; failed=1; }

# wrong NAME CODE WORDS COMMAND...: ends with that code, nothing on stdout, one sentence with those words on stderr.
wrong() {
	local name=$1 code=$2 words=$3 got
	shift 3
	timeout 10 "$hf" "$@" >out 2>err
	got=$?
	if [ $got -ne "$code" ]; then not_ok "$name" "code $got instead of $code"
	elif [ -s out ]; then not_ok "$name" "something on stdout"
	elif [ "$(wc -l <err)" -ne 1 ]; then not_ok "$name" "$(wc -l <err) lines on stderr"
	elif ! grep -qF -e "$words" err; then not_ok "$name" "says: $(cat err)"
	else ok "$name"; fi
}

net=tun:hfnever0,addr=10.9.0.2/24,gw=10.9.0.1
url=http://10.9.0.1/

wrong unknown-command 2 'there is no command fetch' fetch
wrong unknown-option-of-all 2 'there is no option --fetch' --fetch
for c in serve get states cert tls scenario explain help; do
	wrong "$c-unknown-option" 2 "handfast $c: there is no option --nonsense" $c --nonsense
done
wrong serve-no-dir 2 'which directory' serve --net $net
wrong serve-no-net 2 '--net is needed' serve .
wrong serve-dir-missing 2 'nothing-here: No such file' serve nothing-here --net $net
wrong serve-dir-is-file 2 'Not a directory' serve out --net $net
wrong serve-two-dirs 2 'not also b' serve . b --net $net
wrong serve-port 2 '--port 65536: a port is a number from 1 to 65535' serve . --net $net --port 65536
wrong serve-port-0 2 '--port 0: no HTTP, and no --tls' serve . --net $net --port 0
wrong serve-port-text 2 '--port http' serve . --net $net --port http
wrong serve-port-missing 2 '--port needs a value' serve . --net $net --port
wrong serve-idle 2 '--idle-timeout soon' serve . --net $net --idle-timeout soon
wrong serve-net-kind 2 '--net' serve . --net nonsense
wrong serve-net-addr 2 '10.9.0.300/24' serve . --net tun:hfnever0,addr=10.9.0.300/24
wrong serve-net-sim-word 2 'no such option of sim' serve . --net sim,addr=10.9.0.2/24
wrong serve-net-sim-clients 2 '"clients=0": not a number of 1 to 1000' serve . --net sim,clients=0
wrong serve-net-sim-dir 2 'dir= and port= are for handfast get' serve . --net sim,dir=.
wrong serve-net-sim-port 2 'dir= and port= are for handfast get' serve . --net sim,port=80
wrong serve-net-sim-socket 2 'over before anybody could ask' serve . --net sim --socket x.sock
# Certificates are looked at before a device is made.
"$hf" cert ca tls-ca >/dev/null && "$hf" cert issue --ca tls-ca a.example >/dev/null && "$hf" cert issue --ca tls-ca b.example >/dev/null
cp a.example.key open.key
chmod 644 open.key
wrong serve-tls-value 2 '--tls needs a value' serve . --net $net --tls
wrong serve-tls-half 2 'CERT,KEY are wanted' serve . --net $net --tls a.example.crt,
wrong serve-tls-missing 2 'nothing.crt: No such file' serve . --net $net --tls nothing.crt,a.example.key
wrong serve-tls-no-cert 2 'a.example.key' serve . --net $net --tls a.example.key,a.example.key
wrong serve-tls-other-key 2 'does not belong to the certificate in a.example.crt' serve . --net $net --tls a.example.crt,b.example.key
wrong serve-tls-open-key 2 'a private key that others may read (mode 0644)' serve . --net $net --tls a.example.crt,open.key
wrong serve-tls-open-key-of-second 2 'open.key: a private key' serve . --net $net --tls b.example.crt,b.example.key --tls a.example.crt,open.key
wrong serve-tls-port 2 '--tls-port 0: a port is' serve . --net $net --tls a.example.crt,a.example.key --tls-port 0
wrong serve-tls-same-port 2 'cannot both have port 80' serve . --net $net --tls a.example.crt,a.example.key --tls-port 80
wrong serve-tls-version 2 'the versions spoken here are 1.2 and 1.3' serve . --net $net --tls a.example.crt,a.example.key --tls-min 1.1
wrong serve-tls-no-version 2 '--tls-min is above --tls-max' serve . --net $net --tls a.example.crt,a.example.key --tls-min 1.3 --tls-max 1.2
wrong serve-tls-client-cert 2 'none, request or require' serve . --net $net --tls a.example.crt,a.example.key --client-cert maybe
wrong serve-tls-client-ca 2 '--cacert says by whom' serve . --net $net --tls a.example.crt,a.example.key --client-cert require
wrong serve-tls-client-ca-missing 2 'nothing.crt: No such file' serve . --net $net --tls a.example.crt,a.example.key --client-cert require --cacert nothing.crt
wrong serve-tls-early 2 'from 0 to 16384' serve . --net $net --tls a.example.crt,a.example.key --early-data 16385
wrong serve-tls-not-asked 2 'but no --tls' serve . --net $net --tls-only
wrong serve-tls-sim-same-port 2 'cannot both have port 80' serve . --net sim --tls auto --tls-port 80
wrong serve-tls-auto-name 2 'is no host name' serve . --net sim --tls auto:a..b
wrong get-tls-version 2 'the versions spoken here' get https://10.9.0.1/ --net $net --tls-max 1.4
wrong get-tls-no-version 2 '--tls-min is above --tls-max' get https://10.9.0.1/ --net $net --tls-min 1.3 --tls-max 1.2
wrong get-tls-ciphers 2 '"NO-SUCH" is not known' get https://10.9.0.1/ --net $net --ciphers NO-SUCH
wrong get-tls-groups 2 '"secp1" is not known' get https://10.9.0.1/ --net $net --groups X25519,secp1
wrong get-tls-nothing-left 2 'nothing to speak TLS with' get https://10.9.0.1/ --net $net --ciphers TLS_AES_128_GCM_SHA256 --tls-max 1.2
wrong get-tls-key 2 'and which --cert' get https://10.9.0.1/ --net $net --key a.example.key
wrong get-tls-open-key 2 'a private key that others may read' get https://10.9.0.1/ --net $net --cert a.example.crt --key open.key
wrong get-tls-cacert 2 'nothing.crt: No such file' get https://10.9.0.1/ --net $net --cacert nothing.crt
wrong get-resolve 2 'NAME:PORT:ADDR is wanted' get https://a.example/ --net $net --resolve a.example:10.9.0.1
wrong get-resolve-addr 2 'x is no address' get https://a.example/ --net $net --resolve a.example:443:x
wrong get-dns 2 'the address of a name server is wanted' get https://a.example/ --net $net --dns ns.example
wrong get-dns-any 2 'the address of a name server is wanted' get https://a.example/ --net $net --dns ::
wrong get-no-url 2 'which URL' get --net $net
wrong get-net-localhost 2 'localhost is reached with --net host alone' get http://localhost/ --net $net
wrong get-net-host-pcap 2 'there are none of ours to capture' get $url --net host --pcap x.pcapng
wrong get-pcap-without-net 2 'there are none of ours to capture' get $url --pcap x.pcapng
wrong get-two 2 'not also' get $url $url --net $net
wrong get-scheme 2 'only http:// and https:// are spoken' get ftp://10.9.0.1/ --net $net
wrong get-no-scheme 2 'a URL begins with http://' get 10.9.0.1 --net $net
wrong get-space 2 'a space or control character' get 'http://10.9.0.1/a b' --net $net
wrong get-port 2 'a port is a number' get http://10.9.0.1:99999/ --net $net
wrong get-bare-ip6 2 'brackets' get http://fd09::1/ --net $net
wrong get-user 2 'user names and passwords' get http://me@10.9.0.1/ --net $net
wrong get-timeout 2 '--timeout 0' get $url --net $net --timeout 0
wrong get-json-dash 2 'both want stdout' get $url --net $net --json -o -
wrong get-net-sim-name 2 'a simulated network has no name' get $url --net sim:hf0
wrong get-net-sim-loss 2 '"loss=lots": not a share' get $url --net sim,loss=lots
wrong get-net-sim-clients 2 'clients= and get= are for handfast serve' get $url --net sim,clients=2
wrong get-net-sim-get 2 'clients= and get= are for handfast serve' get $url --net sim,get=/
wrong get-net-sim-dir 2 'nothing-here: No such file' get $url --net sim,dir=nothing-here
wrong get-net-sim-many 2 'no server can have the address' get http://224.0.0.1/ --net sim
wrong get-net-sim-loopback 2 'no server can have the address' get 'http://[::1]/' --net sim
wrong net-kinds 2 'there are sim, tun:, tap: and packet:' get $url --net nonsense
wrong get-pcap-stdout 2 '--pcap -: the capture goes to a file' get $url --net $net --pcap -
wrong scenario-pcap-stdout 2 '--pcap -: the capture goes to a file' scenario three-way-handshake --pcap -
wrong explain-typo 1 'there is no topic TIME_WIAT; near it: TIME_WAIT' explain TIME_WIAT
wrong explain-nothing-near 1 'there is no topic qqqqqqqqqq, and none near it' explain qqqqqqqqqq
wrong scenario-pcap-nowhere 2 '--pcap /nonexistent/x: No such file' scenario three-way-handshake --pcap /nonexistent/x
wrong help-unknown 2 'there is no command nonsense' help nonsense
wrong help-shell 2 'only bash is known' help --completion fish
export XDG_RUNTIME_DIR=$dir
wrong states-none 11 'no handfast serve of yours runs here' states
wrong states-no-socket 11 'no server answers at /nowhere' states --socket /nowhere
wrong states-operand 2 'nothing is to be named here' states now

# right NAME WORDS COMMAND...: ends with 0, those words on stdout, nothing on stderr.
right() {
	local name=$1 words=$2 got
	shift 2
	timeout 10 "$hf" "$@" >out 2>err
	got=$?
	if [ $got -ne 0 ]; then not_ok "$name" "code $got: $(cat err)"
	elif [ -s err ]; then not_ok "$name" "says on stderr: $(cat err)"
	elif ! grep -qF -e "$words" out; then not_ok "$name" "does not say $words"
	else ok "$name"; fi
}

right version 'handfast 0.' --version
right help Examples --help
for c in serve get states cert tls scenario explain help; do
	right "$c-help" "Usage: handfast $c" $c --help
	head -1 out | grep -qx Examples && ok "$c-help-begins-with-examples" || not_ok "$c-help-begins-with-examples" "$(head -1 out)"
	grep -q '^Exit codes$' out && ok "$c-help-lists-codes" || not_ok "$c-help-lists-codes" "no exit codes"
	[ "$(awk '{ if (length > m) m = length } END { print m }' out)" -le 120 ] && ok "$c-help-is-narrow" || not_ok "$c-help-is-narrow" "a line is longer than 120"
	cp out by-option
	right "help-$c" "Usage: handfast $c" help $c
	cmp -s out by-option && ok "help-$c-is-the-same" || not_ok "help-$c-is-the-same" "it differs"
	right "man-$c" ".SH OPTIONS" help --man $c
	if command -v mandoc >/dev/null; then
		# A page made from the program has no date of its own; its version is there instead.
		mandoc -T lint -W warning out | grep -v 'missing date' >lint
		[ ! -s lint ] && ok "man-$c-lint" || not_ok "man-$c-lint" "$(head -1 lint)"
	fi
	[ "$(grep -c '^  .*--' by-option)" -ge "$(grep -c '^\.B.*\\-\\-' out)" ] || not_ok "man-$c-options" "options differ"
done
right man-all '.SH COMMANDS' help --man
right completion 'complete -F _handfast handfast' help --completion bash
bash -n out && ok completion-is-bash || not_ok completion-is-bash "it is not"
. ./out
COMP_WORDS=(handfast get --ti) COMP_CWORD=2
_handfast
[ "${COMPREPLY[*]}" = --timeout ] && ok completion-completes || not_ok completion-completes "${COMPREPLY[*]}"

"$hf" >out 2>err
[ $? -eq 2 ] && [ ! -s out ] && grep -q Usage err && ok no-command || not_ok no-command "code or words"
"$hf" serve --help 2>err | true
[ ! -s err ] && ok closed-stdout-is-quiet || not_ok closed-stdout-is-quiet "$(cat err)"
for words in --version --help 'get --help' 'help --man get' 'scenario list' 'scenario three-way-handshake' explain 'explain half-close --json'; do
	# shellcheck disable=SC2086
	"$hf" $words >/dev/full 2>err
	code=$?
	[ $code -eq 11 ] && grep -qF 'stdout cannot be written: No space left' err && [ "$(wc -l <err)" -eq 1 ] &&
		ok "full-stdout: $words" || not_ok "full-stdout: $words" "code $code: $(cat err)"
done

# Words are wrapped; what has no space in it is not, and shell lines are broken with a backslash.
for columns in 60 80; do
	for words in --help 'serve --help' 'get --help' 'states --help' 'scenario --help' 'help --help' 'scenario list'; do
		# shellcheck disable=SC2086
		COLUMNS=$columns "$hf" $words >out
		long=$(awk -v n=$columns 'length > n && $0 !~ /^ *--net [^ ]*( \\)?$/ && $0 !~ /^ *[^ ]*( \\)?$/' out | head -1)
		[ -z "$long" ] && ok "$columns columns: $words" || not_ok "$columns columns: $words" "$long"
	done
done

# No picture is wider than the terminal: a line that the terminal breaks is no picture any more.
for name in $("$hf" scenario list | sed -n 's/^\([a-z][^ ]*\) .*/\1/p'); do
	COLUMNS=80 "$hf" scenario "$name" >out
	long=$(awk 'length > 80' out | head -1)
	[ -s out ] && [ -z "$long" ] && ok "80 columns: $name" || not_ok "80 columns: $name" "$long"
done

exit $failed
