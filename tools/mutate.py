#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/mutate.py [MACHINE]: changes every row of every transition table and expects a test to notice.

A row is changed in three ways: it leads to another state, does another thing, or is gone. Each change is built in a
scratch copy, and the module's own tests run, quickest first, then those of the modules that stand on it, until one fails. A
change that does not compile is caught as well, and so is one that makes a test go on for ever. The tables of TLS (turns,
extensions, reasons with their alerts, suites: tables.py) have other ways to be changed, and only their own tests. Exit 0
only when every change is caught.
"""
import json
import math
import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from fsm import ROOT, machines
from tables import tables

WORKERS = os.cpu_count() or 2
# A test that needs this much more of the processor than it did on the unchanged tree goes round in circles. Measured in the
# processor's time, for on a busy machine every test is slow by the clock; the clock is for a test that sleeps.
CPU_FACTOR, CPU_SECONDS = 10, 2
WALL_SECONDS = 60
ENVIRONMENT = dict(os.environ, HF_SEEDS="100")  # tests over seeds: enough to notice, few enough to wait for
SETUP = ["-Dbuildtype=debug", "-Doptimization=1", "-Db_ndebug=false"]

ABOVE = {"http": {"cmd"}}  # whose tests exercise a module besides its own; for the others host and sim


class Mutant:
    def __init__(self, machine, row, how, text):
        self.machine, self.row, self.how, self.text = machine, row, how, text
        self.caught_by = None

    def __str__(self):
        return f"{self.machine.name} {self.row.frm} {self.row.on}: {self.how}"


def another(names, now):
    """The name after `now`, round about: a fixed choice, so that two runs change the same things."""
    return names[(names.index(now) + 1) % len(names)]


def mutants(machine):
    for row in machine.rows:
        to, then = another(machine.states, row.to), another(machine.actions, row.then)
        yield Mutant(machine, row, f"leads to {to}", row.text(to=to))
        yield Mutant(machine, row, f"does {then}", row.text(then=then))
        yield Mutant(machine, row, "is gone", "")


class Lab:
    """A scratch copy of the tree with a build folder of its own."""

    def __init__(self, folder):
        self.tree, self.build = folder, os.path.join(folder, "b")

    def make(self):
        def left_out(folder, names):
            top = os.path.samefile(folder, ROOT)
            return [n for n in names if top and (n == ".git" or n == "build" or n.startswith("build-"))]

        shutil.copytree(ROOT, self.tree, ignore=left_out)
        self.must("meson", "setup", self.build, self.tree, *SETUP)

    def must(self, *command):
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if run.returncode:
            sys.exit(f"mutate: {' '.join(command)}\n{run.stdout[-3000:]}")
        return run.stdout

    def tests(self):
        """Unit tests: (folder under tests/, program, its time limit)."""
        found = []
        for t in json.loads(self.must("meson", "introspect", self.build, "--tests")):
            path = os.path.relpath(t["cmd"][0], self.build)
            if any(s.endswith("unit") for s in t["suite"]) and path.startswith("tests" + os.sep):
                found.append((path.split(os.sep)[1], path))
        return found

    def ninja(self, *targets):
        return subprocess.run(["ninja", "-C", self.build, "--quiet", *targets], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False).returncode == 0

    def fails(self, test, cpu_seconds=WALL_SECONDS):
        """How, in a word or two; None when it passes."""
        limit = (cpu_seconds, cpu_seconds + 1)
        try:
            code = subprocess.run([os.path.join(self.build, test)], cwd=self.build, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=WALL_SECONDS, check=False,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, limit)).returncode
        except subprocess.TimeoutExpired:
            return "never ends"
        if code == -signal.SIGXCPU:
            return "never ends"
        return None if code in (0, 77) else "fails"

    def judge(self, mutant, tests):
        path = os.path.join(self.tree, os.path.relpath(mutant.machine.path, ROOT))
        lines = list(mutant.machine.lines)
        lines[mutant.row.line] = mutant.text
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        try:
            for test, cpu_seconds in tests:
                if not self.ninja(test):
                    return "the compiler"
                how = self.fails(test, cpu_seconds)
                if how:
                    return os.path.basename(test) + (" (never ends)" if how == "never ends" else "")
            return None
        finally:
            with open(path, "w", encoding="utf-8") as f:
                f.writelines(mutant.machine.lines)


class Quick(Lab):
    """Compiles only what a row's values go into, and links the tests anew."""

    def prepare(self):
        self.compile = {os.path.relpath(c["file"], os.path.relpath(self.tree, self.build)): c["command"]
                        for c in self.json("-t", "compdb") if c["file"].endswith(".c")}
        self.links = {}

    def json(self, *args):
        return json.loads(subprocess.run(["ninja", "-C", self.build, *args], stdout=subprocess.PIPE, check=True, text=True).stdout)

    def link(self, test):
        if test not in self.links:
            all_of_it = subprocess.run(["ninja", "-C", self.build, "-t", "commands", test], stdout=subprocess.PIPE, check=True,
                                       text=True).stdout
            self.links[test] = all_of_it.splitlines()[-1]
        return self.run(self.links[test])

    def run(self, command):
        return subprocess.run(command, shell=True, cwd=self.build, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False).returncode == 0

    def build_sources(self, sources):
        return all([self.run(self.compile[s]) for s in sources])

    def judge_table(self, mutant, tests):
        table, gone = mutant.machine, mutant.text == ""
        path = os.path.join(self.tree, os.path.relpath(table.path, ROOT))
        sources = table.users(mutant.row.frm) if gone and table.named else table.sources
        lines, when = list(table.lines), os.stat(path)
        lines[mutant.row.line] = mutant.text
        with open(path, "w", encoding="utf-8") as f:
            f.writelines(lines)
        try:
            if not self.build_sources(sources):
                return "the compiler"
            if gone and table.named:
                return None
            for test, cpu_seconds in tests:
                how = self.fails(test, cpu_seconds) if self.link(test) else "fails"
                if how:
                    return os.path.basename(test) + (" (never ends)" if how == "never ends" else "")
            return None
        finally:
            with open(path, "w", encoding="utf-8") as f:
                f.writelines(table.lines)
            os.utime(path, ns=(when.st_atime_ns, when.st_mtime_ns))
            self.build_sources(sources)


def order(lab, machine, tests):
    """The machine's own tests first, its table's before them, then those above; each group quickest first.

    Each with the processor time it may take: (path, seconds)."""
    module = os.path.basename(os.path.dirname(machine.path))
    named, mine = ["fsm", *machine.name.split("_")[1:]], []
    for folder, path in tests:
        if folder != module and folder not in ABOVE.get(module, {"host", "sim"}):
            continue
        start, cpu = time.monotonic(), cpu_of_children()
        if lab.fails(path):
            sys.exit(f"mutate: {path} fails before anything is changed")
        limit = CPU_SECONDS + math.ceil(CPU_FACTOR * (cpu_of_children() - cpu))
        mine.append((folder != module, not any(n in path for n in named), time.monotonic() - start, path, limit))
    return [(path, limit) for *_, path, limit in sorted(mine)]


def table_tests(lab, table, tests):
    """Those of the table, in its order, then all others of TLS."""
    found, mine = [], [path for folder, path in tests if folder == "tls"]
    first = [next(p for p in mine if os.path.basename(p) == "test_tls_" + name) for name in table.tests]
    for path in first + [p for p in mine if p not in first]:
        cpu = cpu_of_children()
        if lab.fails(path):
            sys.exit(f"mutate: {path} fails before anything is changed")
        found.append((path, CPU_SECONDS + math.ceil(CPU_FACTOR * (cpu_of_children() - cpu))))
    return found


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main():
    wanted = sys.argv[1:]
    todo, every, start = queue.Queue(), [], time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        first = Quick(os.path.join(scratch, "0"))
        first.make()
        tests = first.tests()
        if not first.ninja(*(path for _, path in tests)):
            sys.exit("mutate: the tree does not build")
        for table in tables():
            if wanted and table.name not in wanted:
                continue
            quickest = table_tests(first, table, tests)
            for row, how, text in table.mutants():
                every.append(Mutant(table, row, how, text))
                todo.put((every[-1], quickest))
        for machine in machines():
            if wanted and machine.name not in wanted:
                continue
            quickest = order(first, machine, tests)
            for mutant in mutants(machine):
                every.append(mutant)
                todo.put((mutant, quickest))
        labs = [first]
        for n in range(1, WORKERS):
            subprocess.run(["cp", "-a", first.tree, os.path.join(scratch, str(n))], check=True)
            labs.append(Quick(os.path.join(scratch, str(n))))

        def work(lab):
            lab.prepare()
            while True:
                try:
                    mutant, quickest = todo.get_nowait()
                except queue.Empty:
                    return
                judge = lab.judge if hasattr(mutant.machine, "actions") else lab.judge_table
                mutant.caught_by = judge(mutant, quickest)
                if not mutant.caught_by:
                    print(f"SURVIVES {mutant}", file=sys.stderr, flush=True)

        threads = [threading.Thread(target=work, args=(lab,)) for lab in labs]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    return report(every, time.monotonic() - start)


def report(every, seconds):
    rows = {}
    for m in every:
        rows.setdefault((m.machine.name, m.row.frm, m.row.on), []).append(m)
    print(f"{'machine':12} {'state or row':24} {'event':22} {'caught':>8}  by")
    for (machine, frm, on), ms in rows.items():
        caught = [m for m in ms if m.caught_by]
        by = ", ".join(dict.fromkeys(m.caught_by for m in caught))
        print(f"{machine:12} {frm:24} {on:22} {len(caught):>3} of {len(ms):>1}  {by}")
    survivors = [m for m in every if not m.caught_by]
    for m in survivors:
        print(f"SURVIVES {m}")
    print(f"{len(every) - len(survivors)} of {len(every)} changed rows caught ({seconds:.0f} s)")
    return 1 if survivors or not every else 0


if __name__ == "__main__":
    sys.exit(main())
