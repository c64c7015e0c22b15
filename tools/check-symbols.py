#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/check-symbols.py BUILD: the core asks nothing of libc but the five mem and str functions."""
import os
import sys

from layers import Layers, library, run, verdict


def symbols(archive, kind):
    """(object, symbol) pairs of an archive: kind '--undefined-only' or '--defined-only'."""
    out = run("nm", "--print-file-name", "--format=posix", kind, archive)
    if out.returncode:
        sys.exit(f"symbols: nm {archive}: {out.stderr.strip()}")
    for line in out.stdout.splitlines():
        where, _, rest = line.partition("]: ")
        if rest:
            yield where.rpartition("[")[2], rest.split()[0]


def main():
    build, layers = sys.argv[1], Layers()
    archives = [library(build, m) for m in layers.core["modules"]]
    missing = [a for a in archives if not os.path.exists(a)]
    if missing:
        return verdict("symbols", [f"{a} is not built" for a in missing], len(archives))
    defined = {s for a in archives for _, s in symbols(a, "--defined-only")}
    allowed = defined | set(layers.core["symbols"]) | set(layers.core["runtime"])
    faults = [f"{os.path.basename(a)}: {obj} calls {s}, and the core may call only {' '.join(layers.core['symbols'])}"
              for a in archives for obj, s in sorted(set(symbols(a, "--undefined-only"))) if s not in allowed]
    return verdict("symbols", faults, f"{len(archives)} core libraries")


if __name__ == "__main__":
    sys.exit(main())
