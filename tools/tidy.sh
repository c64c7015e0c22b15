#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/tidy.sh BUILD: every check that needs no running program. All of them run; the exit code says whether all are green.
set -uo pipefail
cd "$(dirname "$0")/.."
build=$1
bad=0
check() { "$@" || bad=1; }

check tools/format.sh --check
check tools/check-layers.py
check tools/check-symbols.py "$build"
check tools/check-links.py "$build"
check tools/check-requirements.py

# Only what is compiled here and now: fuzzers and the like are not in compile_commands.json.
mapfile -t files < <(python3 - "$build" <<'E2'
import json, os, sys
seen = set()
for unit in json.load(open(os.path.join(sys.argv[1], "compile_commands.json"))):
    path = os.path.relpath(os.path.join(unit["directory"], unit["file"]))
    if path.startswith("src" + os.sep) and path not in seen:
        seen.add(path)
        print(path)
E2
)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if printf '%s\n' "${files[@]}" | xargs -P "$(nproc)" -n 1 clang-tidy -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option >"$log" 2>/dev/null; then
	echo "clang-tidy: ${#files[@]} files clean"
else
	grep -E '(warning|error):' "$log" | sort -u | sed "s|^$PWD/||; s|^[a-z/-]*\.\./||"
	echo "clang-tidy: $(grep -cE '(warning|error):' "$log") findings"
	bad=1
fi

if cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 --std=c11 --suppressions-list=tools/cppcheck.suppress \
	-j "$(nproc)" -Iinclude -Isrc src >"$log" 2>&1; then
	echo "cppcheck: clean"
else
	cat "$log"
	bad=1
fi
exit $bad
