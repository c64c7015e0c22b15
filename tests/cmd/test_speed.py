#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_speed.py HANDFAST: every figure is there and fits the others, for people and for programs."""
import json
import subprocess
import sys

HANDFAST = sys.argv[1]
LENGTHS = (64, 1350, 16384)
MUST = (
    [("seal", c, n) for c in ("AES-128-GCM", "AES-256-GCM", "ChaCha20-Poly1305") for n in LENGTHS]
    + [("hash", h, n) for h in ("SHA-256", "SHA-384") for n in LENGTHS]
    + [("hash", "HMAC-SHA-256", 64), ("hash", "HKDF, a key from a key", 32)]
    + [(k, g, None) for g in ("X25519", "P-256", "P-384") for k in ("offer", "answer", "finish")]
    + [(k, s, None) for s in ("ECDSA P-256", "ECDSA P-384", "Ed25519", "RSA-2048") for k in ("sign", "verify")]
    + [("decrypt", "RSA-2048", None)]
    + [(k, f"TLS {h}", None) for h in ("1.3, full, first time", "1.3, full", "1.3, resumed", "1.2, full", "1.2, resumed")
       for k in ("handshake-client", "handshake-server")]
)


def run(*options):
    return subprocess.run([HANDFAST, "speed", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100, check=False)


def check(good, what):
    if not good:
        sys.exit(f"FAILED: {what}")


def main():
    out = run("--seconds", "0.5", "--json")
    check(out.returncode == 0 and out.stderr == "", f"--json: {out.returncode}, {out.stderr!r}")
    said = json.loads(out.stdout)
    ps = {(r["kind"], r["name"], r.get("octets")): r["ps"] for r in said["results"]}
    check(len(ps) == len(said["results"]), "a figure stands there twice")
    for row in MUST:
        check(ps.get(row, 0) > 0, f"{row} is missing")
    for r in said["results"]:
        check(abs(r["ps"] * r["per_cpu_s"] / 1e12 - 1) < 0.05 or r["per_cpu_s"] < 50, f"{r}: the two figures are not of one thing")
        check((r["kind"] == "seal") == ("backend" in r), f"{r}: who seals is not said")
    # All of the hybrid or, where libcrypto has no ML-KEM, nothing.
    hybrid = [(k, "X25519MLKEM768", None) for k in ("offer", "answer", "finish")]
    hybrid += [(f"handshake-{side}", "TLS 1.3, X25519MLKEM768", None) for side in ("client", "server")]
    check(sum(ps.get(row, 0) > 0 for row in hybrid) in (0, len(hybrid)), "some figures of X25519MLKEM768 are missing")
    # What holds on every processor, by far.
    check(ps["seal", "AES-128-GCM", 64] < ps["seal", "AES-128-GCM", 16384], "longer records are not dearer")
    check(ps["verify", "RSA-2048", None] * 4 < ps["sign", "RSA-2048", None], "RSA verifies no quicker than it signs")
    check(ps["handshake-server", "TLS 1.2, resumed", None] < ps["handshake-server", "TLS 1.2, full", None], "resuming saves nothing")
    check(ps["handshake-server", "TLS 1.3, full", None] > ps["sign", "ECDSA P-256", None], "a handshake is cheaper than its signature")

    out = run("--seconds=0.5")
    check(out.returncode == 0 and out.stderr == "", f"the table: {out.returncode}, {out.stderr!r}")
    for word in {name for _, name, _ in MUST} | {"GB/s", "Why data does not", "Why handshakes use public keys"}:
        check(word in out.stdout, f"the table does not say {word}")
    check(all(len(line) <= 100 for line in out.stdout.splitlines()), "the table is too wide")
    for wrong in ("0", "x", "1e9"):
        check(run("--seconds", wrong).returncode == 2, f"--seconds {wrong} is taken")
    check(run("fast").returncode == 2, "an operand is taken")
    print(f"speed: {len(ps)} figures")


main()
