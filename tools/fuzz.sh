#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/fuzz.sh [NAME] [SECONDS]: builds the fuzzers with clang, then runs NAME, or each of them, for SECONDS.
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1
seconds=$2
[[ $seconds =~ ^[0-9]+$ ]] || { echo "fuzz: S must be a number of seconds, not '$seconds'" >&2; exit 2; }

CC=clang CXX=clang++ tools/build.sh build-fuzz -Dfuzz=true -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
	-Dc_args=-fno-sanitize-recover=all
mapfile -t fuzzers < <(find build-fuzz/tests -type f -name 'fuzz_*' -perm -u+x | sort)
if [ -n "$name" ]; then
	wanted=${name#fuzz_}
	mapfile -t fuzzers < <(printf '%s\n' "${fuzzers[@]}" | grep "/fuzz_$wanted\$" || true)
	[ ${#fuzzers[@]} -gt 0 ] || { echo "fuzz: there is no fuzzer '$name'; there are:" >&2; find build-fuzz/tests -type f -name 'fuzz_*' -perm -u+x -printf '  %f\n' | sort >&2; exit 2; }
fi

bad=0
for f in "${fuzzers[@]}"; do
	base=$(basename "$f")
	corpus=build-fuzz/corpus/$base
	mkdir -p "$corpus"
	seeds=()
	for d in tests/fuzz/corpus/"$base" tests/*/corpus/"$base"; do
		if [ -d "$d" ]; then seeds+=("$d"); fi
	done
	log=build-fuzz/$base.log
	if "$f" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build-fuzz/"$base"- \
		"$corpus" ${seeds[@]+"${seeds[@]}"} >"$log" 2>&1; then
		printf '%-24s clean  %s runs in %s s\n' "$base" "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds"
	else
		bad=1
		printf '%-24s FOUND SOMETHING, see %s\n' "$base" "$log"
		grep -E 'ERROR|SUMMARY|Test unit written' "$log" | head -n 5
	fi
done
exit $bad
