#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""matrix.py PROGRAM [--out PREFIX] [--only WORD] [--jobs N]: our TLS against everybody's: peer x side x version x suite x group x certificate.

Everything runs in a namespace of its own, and over our own TCP: each of our servers has a TUN device, each of our
clients makes one. One cell of the matrix is one handshake with a page behind it, and one check (TAP on stdout). The
table at the end has a row for each peer and side; PREFIX.txt and PREFIX.json keep it. --only runs the cells with WORD
in their names.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
from matrix_peers import (CIPHERS, CLIENTS, CURVE, GROUPS, KEYS, REQUEST, SERVERS, TRANSPORT, VERSIONS, Failed, body_of,  # noqa: E402
                          cipher_of, our_options, page_of, run, suite_of)

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- the bench: a namespace, certificates, our servers ----

class Lab:
    """What all cells share."""

    def __init__(self, program, work):
        self.program, self.work = program, work
        self.children, self.hosts, self.nets = [], ["127.0.0.1 localhost"], 0
        self.slots = queue.SimpleQueue()
        for n in range(32):
            self.slots.put(n)

    def certificates(self):
        hf = self.program
        run([hf, "cert", "ca", "ca"])
        for key in KEYS:
            names = [f"{n}.test" for n in (key, "retry", "auth", "files", "peer")]
            run([hf, "cert", "issue", "--ca", "ca", "--key", key, "--out", key, *names])
        run([hf, "cert", "issue", "--ca", "ca", "--bad", "expired", "--out", "expired", "expired.test", "peer.test"])
        run([hf, "cert", "issue", "--ca", "ca", "--purpose", "client", "--out", "me", "me.example"])
        os.mkdir("www")
        with open("www/file", "wb") as f:
            f.write(os.urandom(1 << 20))
        with open("www/file", "rb") as f:
            self.file_sum = hashlib.sha256(f.read()).hexdigest()

    def start(self, name, command, env=None):
        with open(f"{name}.log", "wb") as log:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env)
        self.children.append(p)
        return p

    def net(self, device):
        n = self.nets
        self.nets += 1
        return f"10.77.{n}.2", f"tun:{device},addr=10.77.{n}.2/24,gw=10.77.{n}.1"

    def serve(self, name, *options, pair=None):
        """`handfast tls server` at https://NAME.test/, with the certificate `pair`, or NAME's own."""
        addr, net = self.net(f"hms{self.nets}")
        self.hosts.append(f"{addr} {name}.test")
        self.start(name, [self.program, "tls", "server", "--http", "--net", net, "--port", "443", "--alpn", "http/1.1",
                          "--cert", f"{pair or name}.crt", "--key", f"{pair or name}.key", *options])

    def force(self, version, name, *options):
        """A server that takes one thing only, for those who cannot be told what to offer."""
        host = forced_name(version, name)
        run([self.program, "cert", "issue", "--ca", "ca", "--out", host, f"{host}.test"])
        self.serve(host, "--tls-min", version, "--tls-max", version, *options)

    def servers(self):
        for key in KEYS:
            self.serve(key, "--tls-rsa-key-transport")
        self.serve("retry", "--groups", "secp384r1", pair="ec256")
        self.serve("auth", "--client-cert", "require", "--cacert", "ca/root.crt", pair="ec256")
        self.serve("expired")
        for version in VERSIONS:
            for cipher in CIPHERS:
                self.force(version, cipher, "--ciphers", suite_of(version, cipher, "ec256"))
            self.force(version, "any")
        for group in GROUPS:
            self.force("1.3", group, "--groups", group)
        addr, net = self.net("hmfiles")
        self.hosts.append(f"{addr} files.test")
        self.start("files", [self.program, "serve", "www", "--quiet", "--tls", "ec256.crt,ec256.key", "--tls-only", "--net", net])
        with open("hosts", "w", encoding="ascii") as f:
            f.write("\n".join(self.hosts) + "\n")
        subprocess.run(["mount", "--bind", "hosts", "/etc/hosts"], check=True)
        for line in self.hosts[1:]:
            self.wait(line.split()[0], 443)

    @staticmethod
    def wait(addr, port):
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection((addr, port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > end:
                    raise Failed(f"nobody listens at {addr}:{port}") from None
                time.sleep(0.05)

    def own(self, command, data=b""):
        """Our own client, over a TUN device of its own; it stands for GATEWAY in the command."""
        slot = self.slots.get()
        net = f"tun:hmc{slot},addr=10.78.{slot}.2/24,gw=10.78.{slot}.1"
        try:
            return run([self.program, *(c.replace("GATEWAY", f"10.78.{slot}.1") for c in command), "--net", net], data)
        finally:
            self.slots.put(slot)

    def end(self):
        for p in self.children:
            p.terminate()
        for p in self.children:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()


def forced_name(version, name):
    return f"v{version}-{name}".replace(".", "").replace("_", "-").lower()


# ---- cells ----

EXPIRED = {"curl": "expired", "openssl s_client": "expired", "gnutls-cli": "expired", "wget": "ended with 5", "python3 ssl": "expired",
           "go": "expired", "chromium": "ERR_CERT_DATE_INVALID", "handfast": "expired"}


class Cell:
    """One handshake: a name, the columns that it counts in, and what does it; this raises Failed."""

    def __init__(self, row, columns, name, work):
        self.row, self.columns, self.name, self.work, self.why = row, columns, f"{row} {name}", work, None

    def run(self):
        try:
            self.work()
        except Failed as e:
            self.why = str(e) or "failed"
        except Exception as e:  # a fault of this program is a failure, too
            self.why = f"{type(e).__name__}: {e}"


def wanted(page, **want):
    for name, value in want.items():
        name = name.replace("_", " ")
        if page.get(name) != value:
            raise Failed(f"{name}: {page.get(name)} instead of {value}")


def must_fail(words, work):
    try:
        work()
    except Failed as e:
        if words not in str(e) or "not done within" in str(e):
            raise Failed(f"failed, but not with {words}: {e}") from None
        return
    raise Failed("did not fail")


def columns_of(version, suite=None, group=None, key=None):
    transport = [f"{version} key transport"] if suite in TRANSPORT else []
    return transport + ([f"{version} {cipher_of(suite)}"] if suite and not transport else []) + [c for c in (group, key) if c]


def products(peer):
    """version, suite, group, key: all that the peer can be told."""
    for key in peer.keys:
        for version in VERSIONS:
            # RFC 8422 5.1: in 1.2 the groups bind the certificate's curve, too.
            groups = [CURVE[key]] if version == "1.2" and key in CURVE else peer.groups
            for group in groups:
                for cipher in CIPHERS:
                    yield version, suite_of(version, cipher, key), group, key


def client_cells(peer):
    row = f"{peer.name} -> us"

    def cell(columns, name, host, want, **how):
        def work():
            wanted(page_of(peer.fetch(host, **how)), **want)
        return Cell(row, columns, name, work)

    seen = set()
    for version, suite, group, key in products(peer) if peer.versions else ():
        told = {"version": version, "suite": suite if version == "1.2" or peer.ciphers13 else None, "group": group if group in peer.groups else None}
        if (key, *told.values()) in seen:
            continue
        seen.add((key, *told.values()))
        want = {"version": f"TLS {version}", **{k: v for k, v in told.items() if k != "version" and v}}
        yield cell(columns_of(version, told["suite"], told["group"], key), f"{version} {told['suite'] or 'any'} {told['group'] or 'any'} {key}",
                   key, want, **told)
    for version in VERSIONS:
        name, how = f"v{version}", {"version": version} if peer.versions else {}
        for cipher in CIPHERS:
            suite = suite_of(version, cipher, "ec256")
            yield cell(columns_of(version, suite, None, "ec256"), f"{version} our choice {suite}", forced_name(version, cipher),
                       {"version": f"TLS {version}", "suite": suite})
        if not peer.versions:
            yield cell([], f"{version} our choice", forced_name(version, "any"), {"version": f"TLS {version}"})
        if peer.transport and version == "1.2":
            for suite in TRANSPORT:
                yield cell(columns_of("1.2", suite), f"1.2 {suite}", "rsa2048", {"suite": suite, "group": "none: RSA key transport"},
                           suite=suite, **how)
        if peer.versions:
            again = version in peer.resumes
            yield cell([f"{version} resumed"] if again else [], f"{version} {'resumed' if again else 'a second time, not resumed'}", "ec256",
                       {"version": f"TLS {version}", "resumed": "yes" if again else "no"}, twice=True, **how)
        if peer.auth:
            yield cell(["client certificate"], f"{version} client certificate", "auth",
                       {"version": f"TLS {version}", "client_certificate": "CN=me.example", "its_check": "good"}, auth=True, **how)
            yield Cell(row, ["client certificate"], f"{version} no client certificate", lambda how=how: must_fail("", lambda: peer.fetch("auth", **how)))
        if peer.files:
            def work(how=how):
                if hashlib.sha256(peer.fetch("files", "/file", **how)).hexdigest() != peer.lab.file_sum:
                    raise Failed("another file")
            yield Cell(row, ["file"], f"{version} file from handfast serve", work)
    if not peer.versions:
        for key in peer.keys:
            yield cell([key], key, key, {"version": "TLS 1.3", "ALPN": "http/1.1"})
    for group in peer.forced_groups:
        yield cell([group], f"1.3 our choice {group}", forced_name("1.3", group), {"version": "TLS 1.3", "group": group})
    yield cell(["retry"], "1.3 hello retry", "retry", {"version": "TLS 1.3", "group": "secp384r1", "hello_retried": "yes"})
    if peer.alpn:
        yield cell(["ALPN"], "ALPN", "ec256", {"ALPN": "http/1.1"})
    yield Cell(row, ["expired"], "refuses an expired certificate", lambda: must_fail(EXPIRED[peer.name], lambda: peer.fetch("expired")))


AGREED = re.compile(r"^handfast tls: TLS (1\.\d), (TLS_\w+), (.*)$", re.M)


def server_cells(peer):
    row = f"us -> {peer.name}"

    def ask(kind, version=None, suite=None, groups=None, more=(), times=1):
        """What ours says was agreed on: version, suite, the rest of the line."""
        command = ["tls", "client", f"peer.test:{peer.port[kind]}", "--connect", "GATEWAY", "--cacert", "ca/root.crt",
                   *our_options(version, suite, groups), *more]
        if times > 1:
            command += ["--session-file", tempfile.mktemp(dir=peer.lab.work)]
        for _ in range(times):
            out, said = peer.lab.own(command, REQUEST % (peer.file if kind == peer.file_only else "/").encode())
        agreed = AGREED.search(said)
        if not agreed:
            raise Failed(said[-300:])
        body_of(out)
        return agreed.groups()

    def cell(columns, name, kind, want, version, suite=None, groups=None, **how):
        def work():
            got = ask(kind, version, suite, groups, **how)
            words = got[2].split(", ")
            if version and got[0] != version or suite and got[1] != suite or not set(want) <= set(words):
                raise Failed(f"agreed on {got}")
        return Cell(row, columns, name, work)

    for version, suite, group, key in products(peer):
        yield cell(columns_of(version, suite, group, key), f"{version} {suite} {group} {key}", key, (group, "certificate good"), version, suite, group)
    for version in VERSIONS:
        if peer.transport and version == "1.2":
            for suite in TRANSPORT:
                yield cell(columns_of("1.2", suite), f"1.2 {suite}", "rsa2048", ("RSA key transport", "certificate good"), "1.2", suite)
        again = version in peer.resumes
        yield cell([f"{version} resumed"] if again else [], f"{version} {'resumed' if again else 'a second time, not resumed'}", "ec256",
                   ("resumed" if again else "certificate good",), version, times=2)
        if peer.auth:
            yield cell(["client certificate"], f"{version} client certificate", "auth", ("certificate good",), version,
                       more=("--cert", "me.crt", "--key", "me.key"))
            yield Cell(row, ["client certificate"], f"{version} no client certificate",
                       lambda version=version: must_fail("", lambda: ask("auth", version)))
        if peer.files:
            def work(version=version):
                port = peer.port[peer.file_at]
                out, _ = peer.lab.own(["get", f"https://peer.test:{port}{peer.file}", "--resolve", f"peer.test:{port}:GATEWAY", "--cacert", "ca/root.crt",
                                       "--quiet", "--tls-min", version, "--tls-max", version])
                if hashlib.sha256(out).hexdigest() != peer.lab.file_sum:
                    raise Failed("another file")
            yield Cell(row, ["file"], f"{version} file to handfast get", work)
    if peer.retries:
        yield cell(["retry"], "1.3 hello retry", "retry", ("secp384r1", "after a retry"), "1.3")
    yield cell(["ALPN"], "ALPN", "ec256", ("ALPN http/1.1",), None, more=("--alpn", "http/1.1"))
    yield Cell(row, ["expired"], "refuses an expired certificate", lambda: must_fail("(expired)", lambda: ask("expired")))


# ---- the table ----

COLUMNS = ([(f"{v} {c}", (v, c.split("_")[0].replace("CHACHA20", "CHACHA") + (c.split("_")[1] if c[0] == "A" else ""))) for v in VERSIONS for c in CIPHERS] +
           [("1.2 key transport", ("1.2", "RSA-KT"))] + [(g, ("", g.replace("secp", "P-").replace("r1", ""))) for g in GROUPS] +
           [(k, ("", k)) for k in KEYS] + [("1.3 resumed", ("1.3", "resume")), ("1.2 resumed", ("1.2", "resume")), ("retry", ("1.3", "HRR")),
                                          ("client certificate", ("", "client")), ("ALPN", ("", "ALPN")), ("expired", ("", "expired")), ("file", ("", "file"))])


def table(cells, seconds, missing):
    """Text: ok where all of a column's cells are, FAIL n where n are not, -- where there is none; and the same as data."""
    rows = collections.OrderedDict()
    for c in cells:
        rows.setdefault(c.row, []).append(c)
    width = max(len(r) for r in rows) if rows else 4
    lines = [" " * width + "".join(f" {t[0]:>7}" for _, t in COLUMNS) + "  cells", " " * width + "".join(f" {t[1]:>7}" for _, t in COLUMNS)]
    for row, mine in rows.items():
        marks = []
        for column, _ in COLUMNS:
            there = [c for c in mine if column in c.columns]
            bad = sum(c.why is not None for c in there)
            marks.append(f"FAIL {bad}" if bad else "ok" if there else "--")
        lines.append(f"{row:{width}}" + "".join(f" {m:>7}" for m in marks) + f"  {len(mine):5}")
    bad = sum(c.why is not None for c in cells)
    lines.append(f"{len(cells) - bad} cells ok, {bad} FAIL, in {seconds:.0f} s" + "".join(f"; {m} is not installed" for m in missing))
    data = {"seconds": round(seconds, 1), "ok": len(cells) - bad, "failed": bad, "missing": missing,
            "cells": [{"row": c.row, "cell": c.name[len(c.row) + 1:], "columns": c.columns, "ok": c.why is None, **({"why": c.why} if c.why else {})} for c in cells]}
    return "\n".join(lines) + "\n", data


def compile_peer():
    """Go's peer, once; its cache goes with the rest."""
    env = {**os.environ, "GOCACHE": os.path.abspath("go-cache"), "GO111MODULE": "off", "GOPATH": os.path.abspath("go-path")}
    p = subprocess.run(["go", "build", "-o", "matrix_peer", os.path.join(HERE, "matrix_peer.go")], env=env, stderr=subprocess.PIPE, text=True, timeout=120, check=False)
    if p.returncode:
        raise Failed(p.stderr)


def matrix(lab, only, jobs):
    missing, cells = [], []
    have = {c.program: bool(shutil.which(c.program)) for c in CLIENTS + SERVERS}
    have["chromium"] = have["chromium"] and bool(shutil.which("certutil"))
    missing = sorted(p for p in have if not have[p])
    lab.certificates()
    if have["go"]:
        compile_peer()
    lab.servers()
    for n, kind in enumerate(SERVERS):
        if have[kind.program]:
            peer = kind(lab, 5000 + 100 * n)
            peer.start()
            for k in peer.kinds():
                lab.wait("127.0.0.1", peer.port[k])
            cells += server_cells(peer)
    for kind in CLIENTS:
        if have[kind.program]:
            cells += client_cells(kind(lab))
    cells = [c for c in cells if only in c.name]
    print(f"1..{len(cells)}")
    # Chromium gives up what it does when network devices come and go, as they do with our clients: these come later.
    n = 0
    for still in (True, False):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            done = {pool.submit(c.run): c for c in cells if still != c.row.startswith(("us ", "handfast "))}
            for future in concurrent.futures.as_completed(done):
                c, n = done[future], n + 1
                print(f"ok {n} - {c.name}" if c.why is None else f"not ok {n} - {c.name}\n# FAIL {c.name}: {' '.join(c.why.split())}", flush=True)
    return cells, missing


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program", type=os.path.abspath)
    arguments.add_argument("--out", type=os.path.abspath)
    arguments.add_argument("--only", default="")
    arguments.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) + 2)
    a = arguments.parse_args()
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        print("1..0 # SKIP needs root and /dev/net/tun")
        return 0
    if os.environ.get("HF_MATRIX_INSIDE") != "1":
        os.environ["HF_MATRIX_INSIDE"] = "1"
        if subprocess.run(["unshare", "-nm", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            print("1..0 # SKIP namespaces cannot be made here")
            return 0
        os.execvp("unshare", ["unshare", "-nm", sys.executable, os.path.abspath(__file__)] + sys.argv[1:])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open("/proc/sys/net/ipv4/ip_forward", "w", encoding="ascii") as f:
        f.write("1")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    begin = time.monotonic()
    work = tempfile.mkdtemp(prefix="hf-matrix-")
    os.chdir(work)
    for d in ("run", "data"):
        os.mkdir(d, 0o700)
    os.environ.update(NO_COLOR="1", XDG_RUNTIME_DIR=f"{work}/run", XDG_DATA_HOME=f"{work}/data", LC_ALL="C.UTF-8")
    lab = Lab(a.program, work)
    try:
        cells, missing = matrix(lab, a.only, a.jobs)
    finally:
        lab.end()
        os.chdir("/")
        if os.environ.get("HF_MATRIX_KEEP") != "1":
            shutil.rmtree(work, ignore_errors=True)
    text, data = table(cells, time.monotonic() - begin, missing)
    print("".join(f"# {line}\n" for line in text.splitlines()), end="")
    if a.out:
        with open(f"{a.out}.txt", "w", encoding="utf-8") as f:
            f.write(text)
        with open(f"{a.out}.json", "w", encoding="utf-8") as f:
            json.dump(data, f, indent=1)
    return 1 if data["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
