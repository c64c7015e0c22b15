#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/setup.sh GROUP...: installs the Debian packages that are missing for these groups. Silent and instant when none is.
set -euo pipefail

# peers: whom the tests of tests/interop and tests/chromium and the bench meet besides, and pages by others, when they are here; they are large.
declare -A need=(
	[build]="gcc libc6-dev meson ninja-build pkgconf python3 libcmocka-dev libssl-dev"
	[test]="bind9-dnsutils clang curl dnsmasq-base gnutls-bin iproute2 iputils-ping mount netcat-openbsd nginx-light openssl procps python3-cryptography python3-scapy tcpdump tshark wget"
	[peers]="apache2-doc chromium golang-go h2o libnss3-tools python3-doc sqlite3-doc unbound"
	[browser]="chromium"
	[demo]="curl iproute2"
	[newer]="mmdebstrap"
	[fuzz]="clang libclang-rt-dev llvm"
	[bench]="curl iproute2 nginx-light openssl"
	[tidy]="clang clang-format clang-tidy cppcheck python3"
	[states]="graphviz python3"
)

# What URLs and the page loader lean on (docs/decisions).
need[build]+=" libbrotli-dev libgumbo-dev libidn2-dev libpsl-dev libzstd-dev publicsuffix zlib1g-dev"
# What paints pages; without them the rest still builds.
need[build]+=" g++ libcairo2-dev libfontconfig-dev libgif-dev libjpeg-dev liblitehtml-dev libpango1.0-dev libpng-dev librsvg2-dev libwebp-dev"
need[test]+=" fonts-dejavu-core"

# DevTools' JSON, for pages that Chromium paints; itself it is one of the peers.
need[build]+=" libjansson-dev"

# Intel's library for ciphers is for their processors and AMD's.
[ "$(uname -m)" != x86_64 ] || need[build]+=" libipsec-mb-dev"

say() { echo "setup: $*" >&2; }

packages=()
for group in "$@"; do
	[ -n "${need[$group]:-}" ] || { say "no such group: $group"; exit 2; }
	read -ra more <<<"${need[$group]}"
	packages+=("${more[@]}")
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "this is not a Debian system; have the likes of these installed: ${packages[*]}"
	exit 0
fi

missing=()
have=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${packages[@]}" 2>/dev/null || true)
for p in "${packages[@]}"; do
	grep -qx "installed $p" <<<"$have" || missing+=("$p")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		say "needs these packages, and neither root nor sudo is at hand to install them: ${missing[*]}"
		exit 1
	fi
	as_root=(sudo)
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$log" 2>&1 </dev/null
}

say "installs ${missing[*]}"
# The lists may be absent or old: only then are they worth fetching.
if ! install; then
	"${as_root[@]}" apt-get update >"$log" 2>&1 </dev/null && install || {
		tail -n 5 "$log" >&2
		say "apt-get could not install: ${missing[*]}"
		exit 1
	}
fi
