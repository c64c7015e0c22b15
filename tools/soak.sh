#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/soak.sh BUILD SEEDS: the tests over seeds, with many more seeds than `make test` gives them.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1 seeds=$2
[[ $seeds =~ ^[1-9][0-9]*$ ]] || { echo "soak: SEEDS must be a number above 0, not '$seeds'" >&2; exit 2; }
mapfile -t programs < <(find "$build/tests" -type f \( -name 'test_*seeds*' -o -name test_tls_hurt \) -perm -u+x | sort)
[ ${#programs[@]} -gt 0 ] || { echo "soak: no test over seeds is built" >&2; exit 1; }
for p in "${programs[@]}"; do
	echo "soak: $(basename "$p"), $seeds seeds"
	HF_SEEDS=$seeds "$p"
done
