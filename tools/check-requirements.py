#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Keeps docs/requirements/rfc9293.csv true: every numbered requirement once, each place and each test it names exists."""
import csv
import os
import re
import sys

ROOT = os.environ.get("HF_ROOT") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LEDGER = os.path.join("docs", "requirements", "rfc9293.csv")
COLUMNS = ["id", "section", "summary", "status", "where", "test", "note"]
IDS = ([f"MUST-{n}" for n in range(1, 70)] + [f"SHLD-{n}" for n in range(1, 32)] + [f"MAY-{n}" for n in range(1, 19)] + ["REC-1"])
STATUSES = ["obeyed", "exception", "not yet"]


def text(path, cache={}):
    full = os.path.join(ROOT, path)
    if path not in cache:
        cache[path] = None
        if os.path.isfile(full):
            with open(full, encoding="utf-8") as f:
                cache[path] = f.read()
    return cache[path]


def missing(place):
    """Why 'file:name' does not stand; None when it does.

    In a .c the name is a function defined there; one with spaces is a row of a test's table.
    """
    path, _, name = place.partition(":")
    body = text(path)
    if body is None:
        return f"no file {path}"
    if not name:
        return f"'{place}' is not file:name"
    if not re.fullmatch(r"\w+", name):
        return None if path.startswith("tests/") and f'"{name}"' in body else f"{path} has no \"{name}\""
    defined = rf"^(?!\s|#|/|\*)[^;\n]*\b{name}\(" if path.endswith(".c") else rf"\b{name}\b"
    if not re.search(defined, body, re.M):
        return f"{path} has no {name}"
    return None


def no_scenario(name):
    for folder, _, names in os.walk(os.path.join(ROOT, "src")):
        for n in names:
            if f'"{name}"' in (text(os.path.relpath(os.path.join(folder, n), ROOT)) or ""):
                return None
    return f"no scenario {name}"


def faults_of(row):
    if row["status"] not in STATUSES:
        yield f"status '{row['status']}' is none of {', '.join(STATUSES)}"
    if row["status"] == "obeyed" and not (row["where"] and row["test"]):
        yield "is obeyed, but names no place or no test"
    if row["status"] != "obeyed" and not row["note"]:
        yield f"'{row['status']}' needs a note that says why"
    for place in filter(None, map(str.strip, row["where"].split(";"))):
        yield missing(place)
    for test in filter(None, map(str.strip, row["test"].split(";"))):
        yield no_scenario(test[len("scenario "):]) if test.startswith("scenario ") else missing(test)


def main():
    with open(os.path.join(ROOT, LEDGER), encoding="utf-8", newline="") as f:
        reader = csv.DictReader(f)
        rows = list(reader)
    faults = [] if reader.fieldnames == COLUMNS else [f"the columns must be {','.join(COLUMNS)}"]
    seen = [r["id"] for r in rows]
    faults += [f"{i} is missing" for i in IDS if i not in seen]
    faults += [f"{i} is no id of RFC 9293" for i in seen if i not in IDS]
    faults += [f"{i} stands twice" for i in sorted({i for i in seen if seen.count(i) > 1})]
    if not faults:
        faults = [f"{row['id']}: {fault}" for row in rows for fault in faults_of(row) if fault]
    for fault in faults:
        print(f"requirements: {LEDGER}: {fault}")
    count = ", ".join(f"{sum(r['status'] == s for r in rows)} {s}" for s in STATUSES)
    print(f"requirements: {len(rows)} ids: {count}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
