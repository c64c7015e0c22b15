# SPDX-License-Identifier: MIT
# What the tests of the checks share: a scratch copy to break on purpose.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() { echo "FAILED: $*"; exit 1; }

# green COMMAND...: it must succeed.
green() { "$@" >"$scratch/said" 2>&1 || { cat "$scratch/said"; fail "should have been green: $*"; }; }

# red WORD COMMAND...: it must fail, and say WORD.
red() {
	local word=$1
	shift
	if "$@" >"$scratch/said" 2>&1; then fail "should have been red: $*"; fi
	grep -qF -- "$word" "$scratch/said" || { cat "$scratch/said"; fail "does not say '$word': $*"; }
}

# A copy of the sources and checks: $scratch/tree.
copy_tree() {
	mkdir -p "$scratch/tree"
	cp -r "$root/src" "$root/include" "$root/tools" "$root/layers.ini" "$scratch/tree/"
	unset HF_ROOT
}

# Whole copies of the libraries of build folder $1 in $scratch/build, for adding an object to. Meson's are thin: they
# only name their objects.
copy_libraries() {
	local a to
	for a in "$1"/src/*/libhf_*.a; do
		to=$scratch/build/${a#"$1"/}
		mkdir -p "$(dirname "$to")"
		if [ "$(head -c 7 "$a")" = '!<thin>' ]; then
			(cd "$1" && ar t "${a#"$1"/}" | xargs ar rcs "$to")
		else
			cp "$a" "$to"
		fi
	done
}

# add_object MODULE SOURCE: compiles SOURCE and adds it to the copied library of MODULE.
add_object() {
	printf '%s\n' "$2" >"$scratch/broken.c"
	cc -w -fPIC -O1 -I"$root/include" -I"$root/src" -c "$scratch/broken.c" -o "$scratch/broken.o"
	ar rcs "$scratch/build/src/$1/libhf_$1.a" "$scratch/broken.o"
}
