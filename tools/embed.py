#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/embed.py FILE OUT NAME: a file as a C string of that name, with a zero behind it."""
import sys


def main():
    path, out, name = sys.argv[1:4]
    with open(path, "rb") as f:
        octets = f.read() + b"\0"
    lines = [", ".join(str(b) for b in octets[i:i + 24]) for i in range(0, len(octets), 24)]
    with open(out, "w", encoding="ascii") as f:
        f.write(f"extern const char {name}[];\nconst char {name}[] = {{\n" + ",\n".join(lines) + ",\n};\n")


if __name__ == "__main__":
    main()
