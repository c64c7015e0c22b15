# SPDX-License-Identifier: MIT
"""Reads layers.ini for the checks beside this file."""
import configparser
import os
import subprocess
import sys

ROOT = os.environ.get("HF_ROOT") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Layers:
    def __init__(self):
        ini = configparser.ConfigParser(delimiters=("=",), interpolation=None)
        ini.optionxform = str
        with open(os.path.join(ROOT, "layers.ini"), encoding="utf-8") as f:
            ini.read_file(f)
        self.leans = {m: set(v.split()) for m, v in ini["may lean on"].items()}
        self.core = {k: v.split() for k, v in ini["core"].items()}
        self.only_in = dict(ini["only in"].items())
        self.outside = {m: v.split() for m, v in ini["outside"].items()}

    def below(self, module):
        """Everything a module may lean on, directly or by way of others."""
        found, todo = set(), [module]
        while todo:
            for m in self.leans[todo.pop()] - found:
                found.add(m)
                todo.append(m)
        return found


def library(build, module):
    return os.path.join(build, "src", module, f"libhf_{module}.a")


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)


def verdict(name, faults, looked_at):
    """Prints what was found; the exit code."""
    for fault in faults:
        print(f"{name}: {fault}")
    if not looked_at:
        print(f"{name}: nothing to look at")
        return 1
    if not faults:
        print(f"{name}: {looked_at}, all as layers.ini says")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit("layers.py is read by the check-*.py beside it")
