#!/bin/bash
# SPDX-License-Identifier: MIT
# test_library.sh BUILD: libhandfast as its users find it: installed, found by pkg-config, from C and C++, static and
# shared; the examples talk to each other and to openssl over loopback.
. "$(dirname "$0")/common.sh"
build=$1
stage=$scratch/stage
started=()
stop() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; rm -rf "$scratch"; }
trap stop EXIT

meson install -C "$build" --no-rebuild --quiet --tags devel,runtime --destdir "$stage" >"$scratch/said" 2>&1 || { cat "$scratch/said"; fail "meson install"; }
pc=$(find "$stage" -name handfast.pc)
[ -n "$pc" ] || fail "no handfast.pc"
libdir=$(dirname "$(dirname "$pc")")
# The sysroot stands before our own folders only: libcrypto's are the system's.
flags() { PKG_CONFIG_PATH=$(dirname "$pc") PKG_CONFIG_SYSROOT_DIR=$stage pkg-config "$@" handfast; }
read -ra cflags <<<"$(flags --cflags)"

# ---- headers: each alone, in C11 and in C++ ----
cxx=$(command -v c++ || command -v clang++) || fail "no compiler for C++"
headers=("$stage"/usr/local/include/hf/*.h)
[ "${#headers[@]}" -ge 8 ] || fail "headers are missing: ${headers[*]}"
for h in "${headers[@]}"; do
	echo "#include <hf/$(basename "$h")>" | tee "$scratch/one.c" >"$scratch/one.cc"
	green cc -std=c11 -pedantic-errors -Wall -Wextra -Werror -fsyntax-only "${cflags[@]}" "$scratch/one.c"
	green "$cxx" -std=c++11 -pedantic-errors -Wall -Wextra -Werror -fsyntax-only "${cflags[@]}" "$scratch/one.cc"
done

# ---- names: what the headers declare is what the libraries show, no more and no less ----
declared() {
	cat "${headers[@]}" | python3 -c '
import re, sys
text = re.sub(r"/\*.*?\*/", "", sys.stdin.read(), flags=re.S)
text = re.sub(r"typedef[^;{]*;", "", text)
text = re.sub(r"^static inline.*?^}", "", text, flags=re.S | re.M)
print("\n".join(sorted(set(re.findall(r"\b(hf_\w+)\(", text)))))'
}
declared >"$scratch/declared"
[ "$(wc -l <"$scratch/declared")" -gt 100 ] || fail "too few declarations were found"
nm -D --defined-only --format=posix "$libdir/libhandfast.so" | cut -d' ' -f1 | sort >"$scratch/shared"
nm -g --defined-only --format=posix "$libdir/libhandfast.a" | grep -v ':$' | cut -d' ' -f1 | sort >"$scratch/static"
for kind in shared static; do
	LC_ALL=C diff <(LC_ALL=C sort "$scratch/declared") <(LC_ALL=C sort "$scratch/$kind") || fail "the $kind library does not show what the headers declare"
done
[[ $(readelf -d "$libdir/libhandfast.so") == *'[libhandfast.so.0]'* ]] || fail "the soname is not libhandfast.so.0"

# ---- the examples, both ways ----
read -ra shared <<<"$(flags --libs)"
read -ra static <<<"$(flags --static --libs | sed 's/-lhandfast/-l:libhandfast.a/')"
for e in tls_client tls_server; do
	green cc -std=c11 -Wall -Wextra -Werror "$root/examples/$e.c" -o "$scratch/$e.shared" "${cflags[@]}" "${shared[@]}" "-Wl,-rpath,$libdir"
	green cc -std=c11 -Wall -Wextra -Werror "$root/examples/$e.c" -o "$scratch/$e.static" "${cflags[@]}" "${static[@]}"
done
[[ $(ldd "$scratch/tls_client.shared") == *libhandfast.so.0* ]] || fail "the shared example is not linked with the shared library"
[[ $(ldd "$scratch/tls_client.static") != *libhandfast* ]] || fail "the static example needs the shared library"

# ---- and what they say ----
"$build/handfast" cert ca "$scratch/ca" >"$scratch/said" 2>&1 || { cat "$scratch/said"; fail "no authority"; }
(cd "$scratch" && "$build/handfast" cert issue --ca ca localhost) >"$scratch/said" 2>&1 || { cat "$scratch/said"; fail "no certificate"; }
ca=$scratch/ca/root.crt

# says WORD COMMAND...: it succeeds, and says WORD.
says() {
	local word=$1
	shift
	timeout 20 "$@" >"$scratch/said" 2>&1 </dev/null || { cat "$scratch/said"; fail "should have been green: $*"; }
	grep -qF -- "$word" "$scratch/said" || { cat "$scratch/said"; fail "does not say '$word': $*"; }
}

# start COMMAND...: in the background; $port is what it listens at, as its first line says.
start() {
	"$@" >"$scratch/port" 2>"$scratch/server.err" &
	started+=($!)
	for _ in $(seq 100); do
		port=$(grep -oE -m1 '[0-9]+$' "$scratch/port") || true
		[ -z "$port" ] || return 0
		sleep 0.05
	done
	cat "$scratch/server.err"
	fail "does not listen: $*"
}

for kind in shared static; do
	start "$scratch/tls_server.$kind" 0 "$scratch/localhost.crt" "$scratch/localhost.key"
	for other in shared static; do
		says 'hello over TLS 1.3' "$scratch/tls_client.$other" localhost "$port" "$ca"
		grep -qF 'ALPN "http/1.1"' "$scratch/said" || fail "no ALPN"
	done
	for v in 2 3; do
		says "hello over TLS 1.$v" bash -c 'printf "GET / HTTP/1.0\r\n\r\n" |
			openssl s_client -quiet -verify_return_error -verify_hostname localhost -CAfile "$1" -connect "localhost:$2" -servername localhost "$3"' \
			- "$ca" "$port" "-tls1_$v"
	done
done
# The right authority and the right name are asked for: without the one or the other nothing is said.
red 'not trusted' timeout 20 "$scratch/tls_client.shared" localhost "$port"
red 'other names' timeout 20 "$scratch/tls_client.shared" 127.0.0.1 "$port" "$ca"

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
for v in 2 3; do
	openssl s_server -quiet -www "-tls1_$v" -accept "$port" -cert "$scratch/localhost.crt" -cert_chain "$scratch/localhost.crt" \
		-key "$scratch/localhost.key" >"$scratch/server.err" 2>&1 </dev/null &
	started+=($!)
	for _ in $(seq 100); do
		! (exec 3<>"/dev/tcp/localhost/$port") 2>/dev/null || break
		sleep 0.05
	done
	says "connected: TLS 1.$v" "$scratch/tls_client.static" localhost "$port" "$ca"
	grep -qF 'TLSv1.'$v "$scratch/said" || fail "openssl's page did not come"
	kill "${started[-1]}"
	wait "${started[-1]}" 2>/dev/null || true
done
echo "libhandfast: $(wc -l <"$scratch/declared") names, both libraries, both examples"
