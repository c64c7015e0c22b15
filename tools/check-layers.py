#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds every #include under src/ to layers.ini."""
import os
import re
import sys

from layers import ROOT, Layers, verdict

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def judge(layers, module, kind, header):
    """Why this module must not include that header; None when it may."""
    for prefix, owner in layers.only_in.items():
        if header.startswith(prefix) and module != owner:
            return f"only {owner} may see <{prefix}...>"
    if kind == "<":
        allowed = layers.core["headers"] + layers.core["intrinsics"]
        if module in layers.core["modules"] and header not in allowed:
            return "the core includes only " + " ".join(allowed)
        return None
    target = header.split("/")[0] if "/" in header else module
    if target in ("hf", module) or target in layers.leans[module]:
        return None
    if target not in layers.leans:
        return "that is no module of layers.ini"
    return f"{module} may lean on {' '.join(sorted(layers.leans[module])) or 'nothing'}"


def main():
    layers, faults, files = Layers(), [], 0
    src = os.path.join(ROOT, "src")
    for folder, _, names in sorted(os.walk(src)):
        module = os.path.relpath(folder, src).split(os.sep)[0]
        for name in sorted(names):
            if not name.endswith((".c", ".h", ".def", ".cpp")):
                continue
            path = os.path.join(folder, name)
            if module not in layers.leans:
                faults.append(f"{os.path.relpath(path, ROOT)}: layers.ini does not know the module {module}")
                continue
            files += 1
            with open(path, encoding="utf-8") as f:
                for number, line in enumerate(f, 1):
                    m = INCLUDE.match(line)
                    why = m and judge(layers, module, m[1], m[2])
                    if why:
                        faults.append(f"{os.path.relpath(path, ROOT)}:{number}: includes {m[2]}: {why}")
    return verdict("layers", faults, files and f"{files} files")


if __name__ == "__main__":
    sys.exit(main())
