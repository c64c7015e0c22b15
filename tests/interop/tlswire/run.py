# SPDX-License-Identifier: MIT
"""Certificates, servers and clients of the program under test; rows and their outcomes."""
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
import traceback

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .client import Client
from .record import Ended, Wire
from .server import Server


class Bench:
    """What rows run on."""

    def __init__(self, program, only):
        self.program, self.only = program, only
        self.dir = tempfile.mkdtemp(prefix="hf-tls-wire-")
        self.count = self.failed = 0
        self.servers = {}
        self.credentials = {}
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(5)
        self.started = time.monotonic()

    # ---- certificates ----

    def certify(self):
        self.run("cert", "ca", "ca")
        for key in ("ec256", "ec384", "rsa2048", "ed25519"):
            self.run("cert", "issue", "--ca", "ca", "--key", key, "--out", key, "localhost", "127.0.0.1")
        for key in ("ec256", "rsa2048", "ed25519"):
            self.run("cert", "issue", "--ca", "ca", "--key", key, "--purpose", "client", "--out", "me-" + key, "me.example")
        for name in os.listdir(self.dir):
            if name.endswith(".crt"):
                self.credentials[name[:-4]] = self.load(name[:-4])

    def run(self, *args):
        subprocess.run([self.program, *args], cwd=self.dir, check=True, stdout=subprocess.DEVNULL)

    def load(self, name):
        with open(f"{self.dir}/{name}.crt", "rb") as f:
            pems = re.findall(b"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", f.read(), re.S)
        with open(f"{self.dir}/{name}.key", "rb") as f:
            key = serialization.load_pem_private_key(f.read(), None)
        chain = [x509.load_pem_x509_certificate(c).public_bytes(serialization.Encoding.DER) for c in pems]
        return chain, key

    # ---- who is under test ----

    KINDS = {
        "any": "--cert ec256.crt --key ec256.key --cert rsa2048.crt --key rsa2048.key --cert ed25519.crt --key ed25519.key",
        "ec384": "--cert ec384.crt --key ec384.key",
        "1.2": "--cert ec256.crt --key ec256.key --tls-max 1.2",
        "1.3": "--cert ec256.crt --key ec256.key --tls-min 1.3",
        "transport": "--cert rsa2048.crt --key rsa2048.key --tls-rsa-key-transport",
        "requests": "--cert ec256.crt --key ec256.key --client-cert request --cacert ca/root.crt",
        "requires": "--cert ec256.crt --key ec256.key --client-cert require --cacert ca/root.crt",
        "early": "--cert ec256.crt --key ec256.key --early-data 2000",
        "alpn": "--cert ec256.crt --key ec256.key --alpn http/1.1,imap",
        "strict": "--cert ec256.crt --key ec256.key --sni-strict",
        "limit": "--cert ec256.crt --key ec256.key --record-size-limit 1000",
        "ecdsa": "--cert ec256.crt --key ec256.key",
        "p384": "--cert ec256.crt --key ec256.key --groups P-384",
    }

    def port(self, kind):
        """Of the server of this kind, which lives from its first row to the end."""
        if kind not in self.servers:
            command = [self.program, "tls", "server", "--echo", "--port", "0", "--listen", "127.0.0.1", "--json",
                       *self.KINDS[kind].split()]
            out = f"{self.dir}/{kind}.out"
            with open(out, "w") as told, open(f"{self.dir}/{kind}.err", "w") as err:
                s = subprocess.Popen(command, cwd=self.dir, stdin=subprocess.PIPE, stdout=told, stderr=err)
            end, at = time.monotonic() + 10, None
            while at is None:
                with open(out) as f:
                    at = re.search(r'"listening": "[^"]*:(\d+)"', f.read())
                if time.monotonic() > end or s.poll() is not None:
                    raise RuntimeError(f"the server {kind} does not start")
                time.sleep(0.005)
            self.servers[kind] = (s, int(at.group(1)))
        return self.servers[kind][1]

    def client(self, kind="any", credential=None):
        c = Client(self.port(kind), self.credentials.get(credential))
        self.open.append(c)
        return c

    def server(self, *args, key="ec256"):
        """A server for a fresh `handfast tls client`."""
        command = [self.program, "tls", "client", f"127.0.0.1:{self.listener.getsockname()[1]}", "--sni", "localhost",
                   "--cacert", "ca/root.crt", "--quiet", "--timeout", "3", *args]
        s = Server(self.listener, command, self.credentials[key], self.dir)
        self.open.append(s)
        return s

    # ---- rows ----

    def row(self, name, want, f, *args, **kwargs):
        """Runs f(bench, ...), which returns an outcome or raises Ended; `want` is a regular expression for all of it."""
        if self.only not in name:
            return
        self.open = []
        trace = ""
        began = time.monotonic()
        try:
            got = f(self, *args, **kwargs)
        except Ended as e:
            got = e.how + self.aftermath(e.how)
            trace = traceback.format_exc()
        except Exception:  # a row must not end the others
            got = "exception"
            trace = traceback.format_exc()
        for w in self.open:
            if not w.sock._closed:
                w.close()
        took = time.monotonic() - began
        self.count += 1
        if isinstance(got, str) and re.fullmatch(want, got):
            print(f"ok {self.count} {name}", flush=True)
        else:
            self.failed += 1
            print(f"not ok {self.count} {name}\n# got: {got}; want: {want}", flush=True)
            for w in self.open:
                if getattr(w, "err", b""):
                    print("# it says: " + w.err.decode(errors="replace").strip().replace("\n", "\n# "), flush=True)
            if got == "exception" or "wrong" in str(got) or os.environ.get("TLS_WIRE_TRACE"):
                print("# " + trace.replace("\n", "\n# "), flush=True)
        if took > 1:
            print(f"# {took:.1f} s", flush=True)

    def aftermath(self, how):
        """An error ends the connection: nothing but the end may follow an alert."""
        last = self.open[-1]
        if how.startswith("warning") or how.split()[-1] not in Wire.FATAL:
            return ""
        last.half = b""
        try:
            kind, _ = last.next_record()
        except Ended as e:
            return "" if e.how in ("fin", "reset") else ", then " + e.how
        return f", then a record of type {kind}"

    def end(self):
        for kind, (s, _) in self.servers.items():
            gone = s.poll()
            s.terminate()
            s.stdin.close()
            code = s.wait()
            self.count += 1
            if gone is None and code == 0:
                print(f"ok {self.count} server {kind} lives to the end")
            else:
                self.failed += 1
                with open(f"{self.dir}/{kind}.err") as f:
                    print(f"not ok {self.count} server {kind} lives to the end\n# exit {code}\n# " + f.read()[-2000:].replace("\n", "\n# "))
        shutil.rmtree(self.dir)
        print(f"1..{self.count}")
        print(f"# {self.failed} failed, {time.monotonic() - self.started:.1f} s")
        return 1 if self.failed else 0


def main(program, only):
    from . import rows_client12, rows_client13, rows_hello, rows_more, rows_record, rows_server12, rows_server13
    bench = Bench(program, only)
    try:
        bench.certify()
        for rows in (rows_record, rows_hello, rows_server13, rows_server12, rows_client13, rows_client12, rows_more):
            rows.run(bench)
    finally:
        code = bench.end()
    return code
