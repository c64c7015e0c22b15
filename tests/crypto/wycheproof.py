#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wycheproof.py PROGRAM FOLDER: turns the files of project Wycheproof into lines, and lets PROGRAM (wycheproof.c) judge each.

A line: operation, number of the test, what must come of it ("good", "bad", "any"), then its fields in hexadecimal, "-" for empty.
"""
import json
import os
import subprocess
import sys

AEAD, HASH = {"aes128": "0", "aes256": "1", "chacha": "2"}, {"hkdf_sha256": "0", "hkdf_sha384": "1"}
MUST = {"valid": "good", "invalid": "bad", "acceptable": "any"}


def aead(group, t, name):
    if group["ivSize"] != 96 or group["tagSize"] != 128 or group["keySize"] == 192:
        return None
    return ["aead", AEAD[name if name == "chacha" else f"aes{group['keySize']}"], t["key"], t["iv"], t["aad"], t["msg"], t["ct"] + t["tag"]]


def hkdf(_, t, name):
    if t["result"] == "invalid":  # longer than 255 hashes: no caller may ask for it
        return None
    return ["hkdf", HASH[name], t["ikm"], t["salt"], t["info"], t["okm"]]


def x25519(_, t, __):
    t["result"] = "invalid" if "ZeroSharedSecret" in t["flags"] else "valid"
    return ["kex", "001d", t["private"], t["public"], t["shared"]]


def ecdh(_, t, __):
    if t["result"] == "acceptable":  # compressed points, which TLS does not have
        t["result"] = "invalid"
    private = t["private"][-64:].rjust(64, "0")
    return ["kex", "0017", private, t["public"], t["shared"]]


def verify(group, t, scheme):
    return ["verify", scheme, group["publicKeyDer"], t["msg"], t["sig"]]


FILES = {
    "aes_gcm": (aead, "aes", 130),
    "chacha20_poly1305": (aead, "chacha", 280),
    "hkdf_sha256": (hkdf, "hkdf_sha256", 80),
    "hkdf_sha384": (hkdf, "hkdf_sha384", 80),
    "x25519": (x25519, None, 510),
    "ecdh_secp256r1_ecpoint": (ecdh, None, 350),
    "ecdsa_secp256r1_sha256": (verify, "0403", 480),
    "ecdsa_secp384r1_sha384": (verify, "0503", 500),
    "ed25519": (verify, "0807", 150),
    "rsa_pss_2048_sha256_mgf1_32": (verify, "0804", 100),
    "rsa_signature_2048_sha256": (verify, "0401", 250),
}


def main():
    program, folder = sys.argv[1:]
    if not os.path.isdir(folder):
        print("skipped: no data")
        return 77
    bad = False
    for name, (make, word, least) in FILES.items():
        lines, left_out = [], 0
        with open(os.path.join(folder, f"{name}_test.json"), encoding="utf-8") as f:
            groups = json.load(f)["testGroups"]
        for group in groups:
            for t in group["tests"]:
                fields = make(group, t, word)
                if fields:
                    lines.append(" ".join([fields[0], str(t["tcId"]), MUST[t["result"]], *(x or "-" for x in fields[1:])]))
                else:
                    left_out += 1
        run = subprocess.run([program], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=False)
        print(f"{name}: {len(lines)} tests, {left_out} not for us: {'all as they should be' if run.returncode == 0 else 'FAILED'}")
        print(run.stdout, end="")
        bad = bad or run.returncode != 0 or len(lines) < least
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
