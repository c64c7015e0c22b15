#!/bin/bash
# SPDX-License-Identifier: MIT
# The include check sees each kind of broken rule.
. "$(dirname "$0")/common.sh"
copy_tree
cd "$scratch/tree"
green tools/check-layers.py

# broken FILE LINE WORD: with LINE in FILE the check is red and names FILE's fault; then it is mended.
broken() {
	cp "$1" "$scratch/kept"
	echo "$2" >>"$1"
	red "$3" tools/check-layers.py
	grep -qF "$1" "$scratch/said" || fail "does not name $1"
	cp "$scratch/kept" "$1"
}
broken src/tcp/tcp.h '#include "ip/ip.h"' 'tcp may lean on base wire'
broken src/base/bits.h '#include "wire/eth.h"' 'base may lean on nothing'
broken src/wire/eth.h '#  include <stdio.h>' 'the core includes only'
broken src/ip/ip.h '#include <openssl/evp.h>' 'only crypto may see'
broken src/ip/ip.h '#include "nowhere/x.h"' 'no module of layers.ini'
mkdir src/stray && echo 'int x;' >src/stray/x.c
red 'does not know the module stray' tools/check-layers.py
rm -r src/stray
green tools/check-layers.py
