#!/bin/bash
# SPDX-License-Identifier: MIT
# tools/setup.sh is silent when nothing is missing, and says in one sentence what it cannot do.
. "$(dirname "$0")/common.sh"
setup=$root/tools/setup.sh
mkdir "$scratch/bin"
fake() { printf '#!/bin/bash\n%s\n' "$2" >"$scratch/bin/$1"; chmod +x "$scratch/bin/$1"; }
export PATH=$scratch/bin:$PATH

red 'no such group: nonsense' "$setup" nonsense

fake apt-get 'echo apt-get "$@" >>"$SAID"; exit "${APT_EXIT:-0}"'
export SAID=$scratch/apt
# Everything is there.
fake dpkg-query 'shift 2; for p in "$@"; do echo "installed $p"; done'
green "$setup" build test demo
[ ! -s "$scratch/said" ] || fail "speaks though nothing is missing"
[ ! -e "$SAID" ] || fail "calls apt-get though nothing is missing"

# One is not.
fake dpkg-query 'shift 2; for p in "$@"; do [ "$p" = curl ] || echo "installed $p"; done'
fake id 'echo 0'
green "$setup" build demo
grep -qx 'setup: installs curl' "$scratch/said" || fail "does not say what it installs"
grep -q 'install .* curl$' "$SAID" || fail "does not install curl alone"

# It cannot be had.
APT_EXIT=100 red 'apt-get could not install: curl' "$setup" demo
grep -q update "$SAID" || fail "gives up before fetching the lists"

# No right to install.
fake id 'echo 1000'
mkdir "$scratch/few"
for c in bash grep dirname env; do ln -s "$(command -v $c)" "$scratch/few/$c"; done
PATH=$scratch/bin:$scratch/few red 'neither root nor sudo' "$setup" demo
