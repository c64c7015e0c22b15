# SPDX-License-Identifier: MIT
"""The tables of TLS that mutate.py changes row by row, besides those fsm.py reads: turns, extensions, reasons, suites."""
import glob
import os
import re

from fsm import ROOT

# The alert of these is never that of the row: it comes with the verdict.
OTHER_ALERT = {"VERDICT"}


class Row:
    def __init__(self, line, frm, on):
        self.line, self.frm, self.on = line, frm, on


class Table:
    """A file of rows, the sources its values go into, and the tests to begin with. Where a row makes a name (named), it is
    the compiler that must miss it."""

    def __init__(self, name, sources, tests, rows, named=False):
        self.name, self.sources, self.tests, self.named = name, sources, tests, named
        self.path = os.path.join(ROOT, "src", "tls", name + ".def")
        with open(self.path, encoding="utf-8") as f:
            self.lines = f.readlines()
        self.rows = rows

    def mutants(self):
        """(row, how, text): a row is (macro, cells); each way to change it gives the cells anew, or None: it is gone."""
        parsed = []
        for n, line in enumerate(self.lines):
            m = re.match(r"([A-Z])\((.*)\)\s*(/\*.*\*/)?\s*$", line)
            if m:
                parsed.append((n, m.group(1), [c.strip() for c in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", m.group(2))]))
        for n, macro, cells in parsed:
            for how, other in self.rows(cells, [c for _, _, c in parsed]):
                text = "" if other is None else f"{macro}({', '.join(other)})\n"
                yield Row(n, cells[0], cells[1] if self.name == "tls_fsm" else ""), how, text

    def users(self, name):
        """Sources that name a row."""
        found = []
        for path in sorted(glob.glob(os.path.join(ROOT, "src", "tls", "*.c"))):
            with open(path, encoding="utf-8") as f:
                if re.search(rf"\b(?:TLS_WHY_|TLS_ROW_)?{name}\b", f.read()):
                    found.append(os.path.relpath(path, ROOT))
        return found


def another(names, now):
    names = list(dict.fromkeys(names))
    return names[(names.index(now) + 1) % len(names)]


def put(cells, n, text):
    return cells[:n] + [text] + cells[n + 1:]


def turns(cells, every):
    states = [c[0] for c in every]
    to = re.findall(r"TO\((\w+)\)", cells[2])
    yield "is gone", None
    for state in to:
        rest = [s for s in to if s != state]
        if rest:
            yield f"does not lead to {state}", put(cells, 2, " | ".join(f"TO({s})" for s in rest))
        else:
            yield f"leads to {another(states, state)}", put(cells, 2, f"TO({another(states, state)})")
    more = next(s for s in states[states.index(cells[0]):] + states if s not in to)
    yield f"leads to {more}, too", put(cells, 2, f"{cells[2]} | TO({more})")
    yield "has other keys", put(cells, 3, another(["PLAIN", "EARLY", "HANDSHAKE", "APPLICATION"], cells[3]))
    yield "has another handler", put(cells, 4, another([c[4] for c in every], cells[4]))


def extensions(cells, _every):
    messages = ["CH", "SH", "SH12", "HRR", "EE", "CR", "CT", "NST"]
    has = [m.strip() for m in cells[1].split("|")]
    yield "is gone", None
    for m in messages:
        other = [x for x in has if x != m] if m in has else has + [m]
        yield ("not in " if m in has else "also in ") + m, put(cells, 1, " | ".join(other) or "0")


def reasons(cells, every):
    yield "is gone", None
    if cells[0] not in OTHER_ALERT:
        alert = another([c[1] for c in every], cells[1])
        yield f"says {alert}", put(cells, 1, alert)


def suites(cells, every):
    yield "is gone", None
    for n, what in enumerate(["number", "version", "AEAD", "hash", "key exchange"]):
        other = another([c[n] for c in every], cells[n])
        if n == 0:
            continue
        yield f"has another {what}", put(cells, n, other)


def tables():
    return [
        Table("tls_fsm", ["src/tls/tls_in.c", "tests/tls/test_turns.c"], ["turns", "12_refuse", "step", "12", "13"], turns),
        Table("tls_ext", ["src/tls/tls_ext.c"], ["ext", "13_refuse", "12_refuse", "12_certs", "mangled"], extensions, True),
        Table("tls_why", ["src/tls/tls_step.c"], ["step", "13_refuse", "12_refuse", "hello_server", "hello_client"], reasons, True),
        Table("tls_suites", ["src/tls/tls_choose.c"], ["choose", "record", "13", "12"], suites),
    ]
