#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/build.sh DIR [meson options]: configures DIR once and builds it. Prints nothing unless something is wrong.
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$1
shift

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -f "$dir/build.ninja" ]; then
	rm -rf "$dir"
	if ! meson setup "$dir" "$@" >"$log" 2>&1; then
		tail -n 12 "$log" >&2
		rm -rf "$dir"
		exit 1
	fi
fi
# A build file that changed lets meson speak at length; only what a compiler says, or a failure, is worth reading.
if ! ninja -C "$dir" --quiet >"$log" 2>&1; then
	grep -vE '^(Compiler for C|Build|Project|C (compiler|linker)|Host|Source|The Meson|Dependency|Program|Found)' "$log" >&2
	exit 1
fi
! grep -q 'warning:' "$log" || cat "$log" >&2
