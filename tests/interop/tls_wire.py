#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tls_wire.py PROGRAM [PATTERN]: `handfast tls server` and `handfast tls client` held to the RFCs, from the wire.

Another TLS, made of python3-cryptography's primitives (tlswire/), talks to both over loopback. Each row is a good
connection bent in one place, and the reaction that the RFCs demand: an alert, a clean end, or that nothing happens. One row is one
line of TAP. PATTERN runs the rows whose name contains it.
"""
import os
import sys

sys.dont_write_bytecode = True
try:
    from tlswire import run
except ImportError as why:
    print(f"1..0 # SKIP python3-cryptography is not here: {why}")
    sys.exit(0)

sys.exit(run.main(os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""))
