#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check-links.py BUILD: each module library links with those below it alone, as layers.ini names them."""
import os
import re
import sys
import tempfile

from layers import ROOT, Layers, library, run, verdict

UNDEFINED = re.compile(r"undefined reference to [`'](\w+)'")


def outside(layers, module):
    """The libraries of others that a module or one below it is linked with, as far as this system has them."""
    names = [n for m in sorted({module} | layers.below(module)) for n in layers.outside.get(m, [])]
    return [f"-l{n}" for n in names if os.path.isabs(run("cc", f"-print-file-name=lib{n}.so").stdout.strip())]


def main():
    build, layers, faults, looked_at = sys.argv[1], Layers(), [], 0
    with tempfile.TemporaryDirectory() as scratch:
        empty = os.path.join(scratch, "main.c")
        with open(empty, "w", encoding="ascii") as f:
            f.write("int main(void) { return 0; }\n")
        for module in layers.leans:
            if not os.path.exists(library(build, module)):
                if module != "cmd" and os.path.exists(os.path.join(ROOT, "src", module, "meson.build")):
                    faults.append(f"{library(build, module)} is not built")
                continue
            looked_at += 1
            below = [library(build, m) for m in layers.below(module)]
            out = run("cc", "-o", os.path.join(scratch, "x"), empty,
                      "-Wl,--whole-archive", library(build, module), "-Wl,--no-whole-archive",
                      "-Wl,--start-group", *below, "-Wl,--end-group", *outside(layers, module), "-lm", "-lpthread")
            if out.returncode:
                wants = sorted(set(UNDEFINED.findall(out.stderr))) or [out.stderr.strip()[-300:]]
                faults.append(f"{module} does not link with {' '.join(sorted(layers.below(module))) or 'nothing'} alone:"
                              f" needs {' '.join(wants)}")
    return verdict("links", faults, looked_at and f"{looked_at} libraries")


if __name__ == "__main__":
    sys.exit(main())
