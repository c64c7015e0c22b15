#!/bin/bash
# SPDX-License-Identifier: MIT
# The ledger of RFC 9293 is true, and its check sees each way in which it could stop being so.
. "$(dirname "$0")/common.sh"
ledger=docs/requirements/rfc9293.csv
check=$root/tools/check-requirements.py
green "$check"

export HF_ROOT=$scratch/tree
mkdir -p "$HF_ROOT/docs/requirements" "$HF_ROOT/src/tcp" "$HF_ROOT/tests/tcp"
cp "$root/$ledger" "$HF_ROOT/docs/requirements/"
printf 'static void obey(int x)\n{\n\tcall(x);\n}\n' >"$HF_ROOT/src/tcp/a.c"
printf 'static void shows_it(void **state)\n{\n}\n' >"$HF_ROOT/tests/tcp/test_a.c"
cd "$HF_ROOT"

# row LINE: the ledger with every row a plain exception, and MUST-1 as LINE.
row() {
	{
		head -n 1 "$root/$ledger" | tr -d '\r'
		printf '%s\n' "$1"
		for i in $(seq 2 69); do echo "MUST-$i,1,x,exception,,,why"; done
		for i in $(seq 1 31); do echo "SHLD-$i,1,x,exception,,,why"; done
		for i in $(seq 1 18); do echo "MAY-$i,1,x,exception,,,why"; done
		echo "REC-1,1,x,exception,,,why"
	} >"$ledger"
}
row 'MUST-1,3.1,x,obeyed,src/tcp/a.c:obey,tests/tcp/test_a.c:shows_it,'
green "$check"
row 'MUST-1,3.1,x,obeyed,src/tcp/gone.c:obey,tests/tcp/test_a.c:shows_it,'
red 'MUST-1: no file src/tcp/gone.c' "$check"
row 'MUST-1,3.1,x,obeyed,src/tcp/a.c:call,tests/tcp/test_a.c:shows_it,'
red 'MUST-1: src/tcp/a.c has no call' "$check"
row 'MUST-1,3.1,x,obeyed,src/tcp/a.c:obey,tests/tcp/test_a.c:other,'
red 'MUST-1: tests/tcp/test_a.c has no other' "$check"
row 'MUST-1,3.1,x,obeyed,src/tcp/a.c:obey,scenario nowhere,'
red 'MUST-1: no scenario nowhere' "$check"
row 'MUST-1,3.1,x,obeyed,src/tcp/a.c:obey,,'
red 'MUST-1: is obeyed, but names no place or no test' "$check"
row 'MUST-1,3.1,x,exception,,,'
red 'needs a note' "$check"
row 'MUST-1,3.1,x,perhaps,,,why'
red "status 'perhaps'" "$check"
row 'MUST-2,3.1,x,exception,,,why'
red 'MUST-1 is missing' "$check"
