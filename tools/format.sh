#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/format.sh --check|--write: clang-format over all C but the tables (.def), which are laid out as tables.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find include src tests tools examples \( -name '*.[ch]' -o -name '*.cpp' \) | sort)
case ${1:-} in
--write)
	clang-format -i "${files[@]}"
	;;
--check)
	wrong=()
	for f in "${files[@]}"; do
		clang-format "$f" | cmp -s - "$f" || wrong+=("$f")
	done
	for f in ${wrong[@]+"${wrong[@]}"}; do
		echo "format: $f: $(clang-format "$f" | diff "$f" - | grep -c '^[<>]' || true) lines differ; 'make format' mends them"
	done
	[ ${#wrong[@]} -eq 0 ] && echo "format: ${#files[@]} files as .clang-format says"
	;;
*)
	echo "format: --check or --write" >&2
	exit 2
	;;
esac
