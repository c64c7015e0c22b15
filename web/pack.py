#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pack.py TEMPLATE STYLE SCRIPT... OUT: the page of `handfast page --html` as C arrays, cut where the report goes in.

The page asks for nothing from anywhere: style and scripts stand in it, and its policy allows these and no others, by their
hashes. The template says @NAME@ where something is filled in: STYLE_HASH, SCRIPT_HASH, STYLE and SCRIPT here; at TITLE,
PLAIN and DATA the text is cut, in this order, for view.c.
"""
import base64
import hashlib
import sys

CUTS = ("TITLE", "PLAIN", "DATA")


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def array(name, text):
    octets = text.encode()
    lines = [",".join(map(str, octets[i : i + 32])) for i in range(0, len(octets), 32)]
    return f"static const char {name}[] = {{\n" + ",\n".join(lines) + "\n};\n"


def main():
    template, style, *scripts, out = sys.argv[1:]
    css = read(style)
    # One scope for all of them: nothing of ours is seen outside, and a mistake stops the page rather than half of it.
    js = '"use strict";\n(() => {\n' + "\n".join(read(s) for s in scripts) + "\n})();\n"
    for text, end in ((css, "</style"), (js, "</script"), (js, "<!--")):
        if end in text.lower():
            sys.exit(f"pack.py: {end} stands in it")
    if not all(ord(c) < 128 for c in css + js):
        sys.exit("pack.py: ASCII only, so that nothing depends on how it is read")
    page = read(template)
    for name, text in (("STYLE_HASH", digest(css)), ("SCRIPT_HASH", digest(js)), ("STYLE", css), ("SCRIPT", js)):
        if page.count(f"@{name}@") != 1:
            sys.exit(f"pack.py: @{name}@ must stand in the template once")
        page = page.replace(f"@{name}@", text)
    pieces = []
    for name in CUTS:
        piece, found, page = page.partition(f"@{name}@")
        if not found:
            sys.exit(f"pack.py: @{name}@ must stand in the template, in the order of {CUTS}")
        pieces.append(piece)
    with open(out, "w", encoding="utf-8") as f:
        f.write("/* Made by web/pack.py: do not edit. */\n")
        for name, piece in zip(CUTS, pieces):
            f.write(array(f"view_before_{name.lower()}", piece))
        f.write(array("view_end", page))


main()
