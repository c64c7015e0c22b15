#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""har_schema.py SHOW_SAMPLE, or har_schema.py --file FILE...: are they HTTP Archives, version 1.2?

The format as the W3C's draft "HTTP Archive (HAR) format" tells it, written down as a table: each object's members, those
that must be there, and what each may be. Members of others begin with an underscore, as the draft asks for.
"""
import json
import re
import subprocess
import sys

DATE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def text(v):
    return isinstance(v, str)


def date(v):
    return text(v) and DATE.match(v) is not None


def address(v):
    return text(v) and re.match(r"^[0-9a-fA-F:.]+$", v) is not None


def number(v):
    return isinstance(v, (int, float)) and not isinstance(v, bool)


def count(v):
    return isinstance(v, int) and not isinstance(v, bool) and v >= 0


def size(v):  # -1: not known
    return isinstance(v, int) and not isinstance(v, bool) and v >= -1


def length(v):
    return number(v) and v >= 0


def length_or_not(v):  # -1: does not apply
    return number(v) and (v >= 0 or v == -1)


def truth(v):
    return isinstance(v, bool)


def status(v):
    return count(v) and (v == 0 or 100 <= v <= 999)


class Many:
    def __init__(self, of):
        self.of = of


# name: (what it may be, must it be there)
NAMED = {"name": (text, True), "value": (text, True), "comment": (text, False)}
PROGRAM = {"name": (text, True), "version": (text, True), "comment": (text, False)}
COOKIE = {"name": (text, True), "value": (text, True), "path": (text, False), "domain": (text, False), "expires": (date, False),
          "httpOnly": (truth, False), "secure": (truth, False), "sameSite": (text, False), "comment": (text, False)}
REQUEST = {"method": (text, True), "url": (text, True), "httpVersion": (text, True), "cookies": (Many(COOKIE), True),
           "headers": (Many(NAMED), True), "queryString": (Many(NAMED), True), "headersSize": (size, True),
           "bodySize": (size, True), "comment": (text, False)}
CONTENT = {"size": (count, True), "compression": (count, False), "mimeType": (text, True), "text": (text, False),
           "encoding": (text, False), "comment": (text, False)}
RESPONSE = {"status": (status, True), "statusText": (text, True), "httpVersion": (text, True), "cookies": (Many(COOKIE), True),
            "headers": (Many(NAMED), True), "content": (CONTENT, True), "redirectURL": (text, True), "headersSize": (size, True),
            "bodySize": (size, True), "comment": (text, False)}
TIMINGS = {"blocked": (length_or_not, False), "dns": (length_or_not, False), "connect": (length_or_not, False),
           "send": (length, True), "wait": (length, True), "receive": (length, True), "ssl": (length_or_not, False),
           "comment": (text, False)}
ENTRY = {"pageref": (text, False), "startedDateTime": (date, True), "time": (length, True), "request": (REQUEST, True),
         "response": (RESPONSE, True), "cache": ({}, True), "timings": (TIMINGS, True), "serverIPAddress": (address, False),
         "connection": (text, False), "comment": (text, False)}
PAGE = {"startedDateTime": (date, True), "id": (text, True), "title": (text, True),
        "pageTimings": ({"onContentLoad": (length_or_not, False), "onLoad": (length_or_not, False)}, True), "comment": (text, False)}
LOG = {"version": (lambda v: v == "1.2", True), "creator": (PROGRAM, True), "browser": (PROGRAM, False), "pages": (Many(PAGE), False),
       "entries": (Many(ENTRY), True), "comment": (text, False)}
ARCHIVE = {"log": (LOG, True)}


def check(value, rule, where, wrong):
    if isinstance(rule, Many):
        if not isinstance(value, list):
            wrong.append(f"{where}: no array")
            return
        for i, one in enumerate(value):
            check(one, rule.of, f"{where}[{i}]", wrong)
    elif isinstance(rule, dict):
        if not isinstance(value, dict):
            wrong.append(f"{where}: no object")
            return
        for name, (of, must) in rule.items():
            if name in value:
                check(value[name], of, f"{where}.{name}", wrong)
            elif must:
                wrong.append(f"{where}: no {name}")
        for name in value:
            if name not in rule and not name.startswith("_"):
                wrong.append(f"{where}: {name} is not of the format")
    elif not rule(value):
        wrong.append(f"{where}: {value!r} does not fit")


def check_sums(log, wrong):
    """What the draft says in words: time is the sum of the timings, ssl is part of connect, pageref names a page."""
    pages = {page["id"] for page in log.get("pages", [])}
    for i, entry in enumerate(log["entries"]):
        t = entry["timings"]
        total = sum(v for k, v in t.items() if k != "ssl" and number(v) and v > 0)
        if abs(total - entry["time"]) > 1e-6:
            wrong.append(f"entries[{i}]: the timings come to {total}, time is {entry['time']}")
        if t.get("ssl", -1) > t.get("connect", -1):
            wrong.append(f"entries[{i}]: ssl is longer than connect")
        if "pageref" in entry and entry["pageref"] not in pages:
            wrong.append(f"entries[{i}]: no page {entry['pageref']}")


def judge(octets, name):
    wrong = []
    archive = json.loads(octets.decode("utf-8"), parse_constant=lambda c: wrong.append(f"{c} is no JSON"))
    check(archive, ARCHIVE, "", wrong)
    if not wrong:
        check_sums(archive["log"], wrong)
    for line in wrong:
        print(f"har: {name}: {line}")
    return archive, not wrong


def judge_sample(show):
    archive, ok = judge(subprocess.run([show, "har"], check=True, capture_output=True).stdout, "sample")
    entries = archive["log"]["entries"]
    page = archive["log"]["pages"][0]

    def expect(what, is_so):
        nonlocal ok
        if not is_so:
            print("har: sample: not so:", what)
            ok = False

    expect("five entries, the font is noted only", len(entries) == 5)
    expect("the page begins in 2026", page["startedDateTime"] == "2026-01-01T00:00:00.000000Z")
    expect("its milestones", page["pageTimings"] == {"onContentLoad": 215, "onLoad": 300})
    expect("the redirect", entries[0]["response"]["status"] == 301 and entries[0]["response"]["redirectURL"] == "https://a.example/")
    expect("its timings", entries[0]["timings"] == {"blocked": 0, "dns": 10, "connect": 40, "send": 0, "wait": 40, "receive": 0, "ssl": -1})
    expect("TLS inside connect", entries[1]["timings"]["connect"] == 80 and entries[1]["timings"]["ssl"] == 40)
    expect("the peer", entries[1]["serverIPAddress"] == "10.9.0.2" and entries[1]["connection"] == "1")
    expect("when it began", entries[1]["startedDateTime"] == "2026-01-01T00:00:00.090000Z")
    expect("cookies", [c["name"] for c in entries[1]["request"]["cookies"]] == ["a", "b"])
    expect("set cookies", entries[1]["response"]["cookies"][0]["expires"] == "2026-10-21T07:28:00.000Z")
    expect("content", entries[1]["response"]["content"] == {"size": 6120, "compression": 4286, "mimeType": "text/html; charset=UTF-8"})
    expect("headers", entries[1]["response"]["headers"][1] == {"name": "Content-Encoding", "value": "gzip"})
    expect("the query", entries[2]["request"]["queryString"][1] == {"name": "x", "value": "a%20b"})
    expect("the cache", entries[3].get("_fromCache") == "disk" and "connection" not in entries[3])
    expect("the failure", entries[4]["response"]["_error"] == "E-HTTP-404" and entries[4]["timings"]["blocked"] == 41)
    for code in "E-DNS-NXDOMAIN", "E-TCP-REFUSED", "E-TLS-CHAIN-EXPIRED", "E-HTTP-CUT":
        ok &= judge(subprocess.run([show, "har", code], check=True, capture_output=True).stdout, code)[1]
    return ok


def main():
    if len(sys.argv) > 2 and sys.argv[1] == "--file":
        good = True
        for path in sys.argv[2:]:
            with open(path, "rb") as f:
                good &= judge(f.read(), path)[1]
    else:
        good = judge_sample(sys.argv[1])
    print("har: as the format says" if good else "har: not as the format says")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
