#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wpt.py PROGRAM FILE: turns the web-platform-tests' urltestdata.json into lines, and lets PROGRAM (wpt.c) judge each.

A line: a number, then input, base and the expected parts (or "failure") in hexadecimal; "-" is empty, "!" is none.
"""
import json
import os
import subprocess
import sys

PARTS = ("href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash")

# Cases where libidn2 2.3 judges names otherwise than UTS 46 as the standard calls it: (input, base), what comes out, why.
OTHERWISE = {
    ("ftp://%e2%98%83", None): (None, "a snowman: UTS 46 lets symbols pass, libidn2 holds names to IDNA 2008, which has none"),
}


def octets(text):
    """What a browser makes of a string before it looks at it: lone surrogates are U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")


def word(text):
    return "!" if text is None else octets(text).hex() or "-"


def expected(t):
    if (t["input"], t["base"]) in OTHERWISE:
        t = OTHERWISE[t["input"], t["base"]][0]
        if t is None:
            return ["failure"]
    return ["failure"] if t.get("failure") else [word(t.get(p)) for p in PARTS]


def main():
    program, path = sys.argv[1:]
    if not os.path.isfile(path):
        print("skipped: no data")
        return 77
    with open(path, encoding="utf-8") as f:
        cases = [t for t in json.load(f) if isinstance(t, dict)]
    lines = [" ".join([str(i), word(t["input"]), word(t["base"]), *expected(t)]) for i, t in enumerate(cases)]
    run = subprocess.run([program], input="\n".join(lines) + "\n", stdout=subprocess.PIPE, text=True, check=False)
    failures = sum(1 for t in cases if t.get("failure"))
    print(f"{len(cases)} cases, {failures} of them no URLs: {'all as they should be' if run.returncode == 0 else 'FAILED'}")
    for (text, base), (_, why) in OTHERWISE.items():
        print(f"otherwise: {text!r} against {base!r}: {why}")
    print(run.stdout, end="")
    return 1 if run.returncode != 0 or len(cases) < 500 else 0


if __name__ == "__main__":
    sys.exit(main())
