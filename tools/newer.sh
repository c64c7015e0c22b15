#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/newer.sh DIR: `make test` of this tree, as it lies here, in a Debian 13 of its own below DIR, which is made once from
# Debian's packages (1.5 GB). Its OpenSSL has ML-KEM, its compiler and peers are newer. The mounts it needs end with it.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(realpath -m "$1")
root=$dir/root
mirror=${MIRROR:-http://deb.debian.org/debian}
say() { echo "newer: $*" >&2; }

[ "$(id -u)" = 0 ] || { say "needs root, for another root directory"; exit 1; }
if [ ! -f "$dir/made" ]; then
	say "makes a Debian 13 in $root"
	rm -rf "$dir"
	mkdir -p "$dir"
	if ! mmdebstrap --quiet --variant=apt --include=make,ca-certificates trixie "$root" "$mirror" >"$dir/log" 2>&1; then
		tail -n 5 "$dir/log" >&2
		exit 1
	fi
	touch "$dir/made"
fi

# What git knows and what is new, but nothing that was built. Times are kept, so only what changed is built again.
rm -rf "$root/src.new"
mkdir -p "$root/src.new"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' f; do [ ! -f "$f" ] || printf '%s\0' "$f"; done |
	tar --create --null --files-from=- | tar --extract --directory "$root/src.new"
[ ! -d "$root/src/build" ] || mv "$root/src/build" "$root/src.new/build"
rm -rf "$root/src"
mv "$root/src.new" "$root/src"

# The root is a mount of its own, so that the tests can make namespaces in it. Its /dev is its own, too, with a few devices of
# ours bound into it: nothing that runs there as root can put a file in the place of our /dev/null.
# shellcheck disable=SC2016 # these are for the shell inside
exec unshare --mount --propagation private bash -c '
	set -e
	mount --bind "$1" "$1"
	cd "$1"
	mount -t proc proc proc
	mount -t sysfs sysfs sys
	mount -t tmpfs -o mode=755 dev dev
	mkdir dev/net dev/pts dev/shm
	for d in null zero full random urandom tty net/tun; do
		[ ! -c "/dev/$d" ] || { : >"dev/$d" && mount --bind "/dev/$d" "dev/$d"; }
	done
	mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
	mount -t tmpfs -o mode=1777 shm dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	for n in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${n%:*}" "dev/${n#*:}"; done
	exec chroot . make --no-print-directory -C /src test' newer "$root"
