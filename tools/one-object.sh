#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/one-object.sh CC.. AR OBJCOPY -- OUT.a ARCHIVE..: all objects of the archives as one, with its hidden names made local.
set -euo pipefail
tools=()
while [ "$1" != -- ]; do
	tools+=("$1")
	shift
done
out=$2
shift 2
object=${out%.a}.o
"${tools[@]:0:${#tools[@]}-2}" -r -nostdlib -o "$object" -Wl,--whole-archive "$@" -Wl,--no-whole-archive
"${tools[-1]}" --localize-hidden "$object"
rm -f "$out"
"${tools[-2]}" rcs "$out" "$object"
rm -f "$object"
