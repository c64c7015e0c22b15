#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/run-tests.py DIR [--suite NAME] [meson test arguments]: runs the tests, ends with 'N passed, N failed[, N skipped]'.

A cmocka program counts with each of its tests, one that speaks TAP with each of its checks, any other program as one.
"""
import collections
import json
import os
import re
import subprocess
import sys

GOOD = re.compile(r"^\[  PASSED  \] (\d+) test", re.M)
BAD = re.compile(r"^\[  FAILED  \] (\d+) test", re.M)
SKIP = re.compile(r"^\[  SKIPPED \] (\d+) test", re.M)
TAP_GOOD = re.compile(r"^ok \d", re.M)
TAP_BAD = re.compile(r"^not ok \d", re.M)


def count(test):
    """What one program adds to the sums: passed, failed, skipped."""
    text = test.get("stdout", "") + "\n" + test.get("stderr", "")
    good, bad, skipped = (sum(map(int, r.findall(text))) for r in (GOOD, BAD, SKIP))
    good, bad = good + len(TAP_GOOD.findall(text)), bad + len(TAP_BAD.findall(text))
    if test["result"] == "SKIP":
        return 0, 0, max(skipped, 1)
    if test["result"] not in ("OK", "EXPECTEDFAIL"):
        return good, max(bad, 1), skipped
    return (good, 0, skipped) if good + skipped else (1, 0, 0)


def main():
    build, rest = sys.argv[1], sys.argv[2:]
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    run = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--quiet", *rest],
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    tests = []
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as f:
            tests = [json.loads(line) for line in f if line.strip()]
    if not tests:
        print(run.stdout)
        print("0 passed, 1 failed")
        return 1

    suites = collections.OrderedDict()
    for test in sorted(tests, key=lambda t: t["name"]):
        suite, _, name = test["name"].rpartition(" / ")
        suite = suite.split(":", 1)[-1] or "other"
        got = count(test)
        sums = suites.setdefault(suite, [0, 0, 0, 0.0])
        for i, n in enumerate(got):
            sums[i] += n
        sums[3] += test["duration"]
        if got[1]:
            print(f"---- {name}: {test['result']}")
            said = (test.get("stdout", "") + test.get("stderr", "")).splitlines()
            print("\n".join([l for l in said if not l.startswith(("[ RUN ", "[       OK", "ok "))][-60:]))
        elif got[2]:
            why = [l for l in (test.get("stdout", "") + test.get("stderr", "")).splitlines() if "skip" in l.lower()]
            print(f"skipped  {name}: {why[-1].strip() if why else 'says nothing'}")
    for suite, (good, bad, skipped, seconds) in suites.items():
        print(f"{suite:10} {good} passed, {bad} failed" + (f", {skipped} skipped" if skipped else "") + f"  ({seconds:.1f} s)")
    good, bad, skipped = (sum(s[i] for s in suites.values()) for i in range(3))
    if run.returncode and not bad:
        bad = 1
        print(run.stdout)
    print(f"{good} passed, {bad} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
