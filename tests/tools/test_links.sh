#!/bin/bash
# SPDX-License-Identifier: MIT
# test_links.sh BUILD: the link check sees a library that leans on one above or beside it.
. "$(dirname "$0")/common.sh"
copy_libraries "$1"
check=("$root/tools/check-links.py" "$scratch/build")
green "${check[@]}"
add_object wire 'void hf_host_check(void *); void broken(void *h); void broken(void *h) { hf_host_check(h); }'
red 'wire does not link with base alone: needs hf_host_check' "${check[@]}"
rm -r "$scratch/build"
copy_libraries "$1"
add_object udp 'void tcp_check(void *); void broken(void *t); void broken(void *t) { tcp_check(t); }'
red 'udp does not link with base wire alone: needs tcp_check' "${check[@]}"
