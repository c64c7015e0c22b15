# SPDX-License-Identifier: MIT
"""Reads the transition tables (src/*/*_fsm.def) for the tools that draw and mutate them."""
import glob
import os
import re
import sys

ROOT = os.environ.get("HF_ROOT") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROW = re.compile(r'^([A-Z])\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*"([^"]*)"\s*\)')
SIDE = {"T": "", "S": "_server", "C": "_client"}  # by the row's macro: one file may hold the machines of both sides


class Row:
    def __init__(self, line, match):
        self.line = line  # counts from 0
        self.macro, self.frm, self.on, self.to, self.then, self.rfc = match.groups()

    def text(self, to=None, then=None):
        return f'{self.macro}({self.frm}, {self.on}, {to or self.to}, {then or self.then}, "{self.rfc}")\n'


class Machine:
    """The rows of one macro in one table file."""

    def __init__(self, path, lines, macro, rows):
        self.path, self.lines, self.rows = path, lines, rows
        self.name = os.path.basename(path)[: -len("_fsm.def")] + SIDE.get(macro, "_" + macro.lower())
        self.states = list(dict.fromkeys(s for r in rows for s in (r.frm, r.to)))
        self.actions = list(dict.fromkeys(r.then for r in rows))


def machines(root=ROOT):
    found = []
    for path in sorted(glob.glob(os.path.join(root, "src", "*", "*_fsm.def"))):
        with open(path, encoding="utf-8") as f:
            lines = f.readlines()
        rows = [Row(i, m) for i, l in enumerate(lines) for m in [ROW.match(l)] if m]
        for macro in dict.fromkeys(r.macro for r in rows):
            found.append(Machine(path, lines, macro, [r for r in rows if r.macro == macro]))
    return found


if __name__ == "__main__":
    sys.exit("fsm.py is read by states.py and mutate.py")
