#!/bin/bash
# SPDX-License-Identifier: MIT
# test_symbols.sh BUILD: the nm check sees a core that allocates, prints, or asks the time.
. "$(dirname "$0")/common.sh"
copy_libraries "$1"
check=("$root/tools/check-symbols.py" "$scratch/build")
green "${check[@]}"
for call in 'malloc' 'printf' 'clock_gettime' 'strcmp'; do
	add_object ip "void $call(void); void broken(void); void broken(void) { $call(); }"
	red "ip.a: broken.o calls $call" "${check[@]}"
done
