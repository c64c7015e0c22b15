#!/bin/bash
# SPDX-License-Identifier: MIT
# Chromium reaches nobody either where the system allows no network namespace: as in a user namespace that may have none.
run='echo 0 >/proc/sys/user/max_net_namespaces && ! unshare -n true 2>/dev/null'
unshare -Ur sh -c "$run" 2>/dev/null || { echo "skipped: no user namespace can be had here, or none without networks in it"; exit 77; }
said=$(unshare -Ur sh -c "$run && exec \"\$0\" reaches_nobody" "$(realpath "$1")" 2>&1)
code=$?
echo "$said"
[ $code -ne 0 ] || grep -q 'this system allows no network namespace' <<<"$said" || code=1
exit $code
