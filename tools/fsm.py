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


# TLS's table says what may be received in each state, and which states may follow: its handlers choose among these.
TURN = re.compile(r'^M\(\s*(\w+)\s*,\s*(\w+)\s*,\s*(TO\([^,]*)\s*,\s*(\w+)\s*,\s*(\w+)\s*,\s*"([^"]*)"\s*\)')


class Turn:
    def __init__(self, match):
        self.frm, self.message, to, self.keys, self.handler, self.rfc = match.groups()
        self.to = re.findall(r"TO\((\w+)\)", to)


class TurnMachine:
    """One side of one version: its own states, and those before the version is agreed on."""

    def __init__(self, path, side, version, turns):
        own = (side + "_", side + version + "_")
        self.name = f"{os.path.basename(path)[: -len('_fsm.def')]}{version}_{'client' if side == 'C' else 'server'}"
        self.arrows = [(t.frm, to, t) for t in turns if t.frm.startswith(own) for to in t.to if to.startswith(own)]
        # No state of this version is what none of its messages leads to, or what leads nowhere: a retry, to 1.2.
        reached = self.walk(FIRST[side], 0, 1)
        leading = self.walk(f"{side}{version}_CONNECTED", 1, 0)
        self.states = [s for s in reached if s in leading]
        self.arrows = [a for a in self.arrows if a[0] in self.states and a[1] in self.states]

    def walk(self, start, here, there):
        found, ahead = [], [start]
        while ahead:
            state = ahead.pop(0)
            if state not in found:
                found.append(state)
                ahead += [a[there] for a in self.arrows if a[here] == state]
        return found


FIRST = {"C": "C_WAIT_SH", "S": "S_WAIT_CH"}


def turn_machines(root=ROOT):
    path = os.path.join(root, "src", "tls", "tls_fsm.def")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        rows = [l for l in f if l.startswith("M(")]
    turns = [Turn(m) for m in map(TURN.match, rows) if m]
    if len(turns) != len(rows):
        sys.exit(f"{path}: {len(rows) - len(turns)} rows are not as fsm.py knows them")
    return [TurnMachine(path, side, version, turns) for version in ("13", "12") for side in ("C", "S")]


if __name__ == "__main__":
    sys.exit("fsm.py is read by states.py and mutate.py")
