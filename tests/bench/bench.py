#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tests/bench/bench.py BUILD: every figure beside its aim, as ratios in one run; the same as JSON in BUILD/bench.json.

On a shared machine absolute figures say little: what counts is ours against the kernel's in the same minute.
"""
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
import bench_page  # noqa: E402

ROUNDS = 3
OCTETS = 4 << 30
LIMIT_S = 40
PORT = "5001"


def lines(text):
    return [json.loads(l) for l in text.splitlines() if l.startswith("{")]


class Wire:
    """Two namespaces with a veth pair between them; the first one also holds our TUN device."""

    def __init__(self, build):
        self.bench = os.path.join(build, "tests", "bench")
        self.a, self.b = f"hfbench-a{os.getpid()}", f"hfbench-b{os.getpid()}"

    def __enter__(self):
        for ns in (self.a, self.b):
            self.must("ip", "netns", "add", ns)
            self.must("ip", "-n", ns, "link", "set", "lo", "up")
        self.must("ip", "link", "add", "hfb0", "netns", self.a, "type", "veth", "peer", "name", "hfb1", "netns", self.b)
        for ns, dev, addr in ((self.a, "hfb0", "10.8.0.1/24"), (self.b, "hfb1", "10.8.0.2/24")):
            self.must("ip", "-n", ns, "addr", "add", addr, "dev", dev)
            self.must("ip", "-n", ns, "link", "set", dev, "up")
        return self

    def __exit__(self, *_):
        for ns in (self.a, self.b):
            subprocess.run(["ip", "netns", "del", ns], stderr=subprocess.DEVNULL, check=False)

    @staticmethod
    def must(*command):
        subprocess.run(command, check=True, timeout=10)

    def start(self, ns, *command):
        return subprocess.Popen(["ip", "netns", "exec", ns, os.path.join(self.bench, command[0]), *command[1:]],
                                stdout=subprocess.PIPE, text=True)

    def finish(self, *procs):
        """What each of them says last; None when one fails or takes too long."""
        said, good = [], True
        for p in procs:
            try:
                out, _ = p.communicate(timeout=LIMIT_S)
                good = good and p.returncode == 0
                said.append(lines(out)[-1] if lines(out) else None)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
                good = False
        return said if good and all(said) else None

    def kernel(self):
        """(sender, receiver) over veth."""
        recv = self.start(self.b, "kernel_bulk", "listen-recv", PORT, str(OCTETS))
        return self.finish(self.start(self.a, "kernel_bulk", "send", "10.8.0.2", PORT, str(OCTETS)), recv)

    def handfast(self, direction):
        net = "tun:hfbench0,addr=10.9.0.2/24,gw=10.9.0.1"
        ours = self.start(self.a, "hf_bulk", direction, net, PORT, str(OCTETS))
        if not ours.stdout.readline():  # it says when it is ready
            return self.finish(ours)
        theirs = self.start(self.a, "kernel_bulk", "recv" if direction == "send" else "send", "10.9.0.2", PORT, str(OCTETS))
        return self.finish(ours, theirs)


def per_gb(said):
    return statistics.median(s["cpu_s"] / (s["count"] / 1e9) for s in said)


def gbit(said, clock="wall_s"):
    return statistics.median(s["count"] * 8 / s[clock] / 1e9 for s in said)


def over_tun(build, result):
    if os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        print("bulk over TUN: skipped, needs root and /dev/net/tun")
        return
    kernel_send, kernel_recv, ours = [], [], {"send": [], "recv": []}
    with Wire(build) as wire:
        for _ in range(ROUNDS):
            said = wire.kernel()
            if said:
                kernel_send.append(said[0])
                kernel_recv.append(said[1])
            for direction, into in ours.items():
                said = wire.handfast(direction)
                if said:
                    into.append(said[0])
    print(f"{'bulk, TUN beside veth':26} {'Gbit/s':>8} {'CPU s/GB':>9} {'kernel':>8} {'ratio':>7}   aim")
    for direction, kernel in (("send", kernel_send), ("recv", kernel_recv)):
        if not kernel or not ours[direction]:
            print(f"  {direction:24} failed")
            result[f"tun_{direction}"] = None
            continue
        mine, theirs = per_gb(ours[direction]), per_gb(kernel)
        row = {"gbit_s": gbit(ours[direction]), "cpu_s_per_gb": mine, "kernel_cpu_s_per_gb": theirs,
               "kernel_gbit_s": gbit(kernel), "cpu_ratio": mine / theirs}
        result[f"tun_{direction}"] = row
        aim = "at most 1.0" if direction == "send" else "none set"
        print(f"  {direction:24} {row['gbit_s']:8.1f} {mine:9.3f} {theirs:8.3f} {mine / theirs:7.2f}   {aim}"
              f"   (kernel {row['kernel_gbit_s']:.1f} Gbit/s)")


def in_memory(build, result):
    runs = []
    for _ in range(ROUNDS):
        out = subprocess.run([os.path.join(build, "tests", "bench", "memory"), "bare", "bulk", "tso", "conns", "footprint"],
                             stdout=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False)
        if out.returncode:
            print("in memory: failed")
            return
        runs.append({s["name"]: s for s in lines(out.stdout)})
    said = {name: [r[name] for r in runs] for name in runs[0]}
    bare, bulk, tso = (gbit(said[name], "cpu_s") for name in ("bare", "bulk", "tso"))
    conns = statistics.median(s["count"] / s["cpu_s"] for s in said["conns"])
    result.update(memory_bare_gbit_s=bare, memory_bulk_gbit_s=bulk, memory_tso_gbit_s=tso, memory_conns_s=conns, footprint=runs[0]["footprint"])
    print(f"{'in memory, one core':26} {'figure':>8}   aim")
    print(f"  {'MSS 1460, checksums':24} {bulk:8.1f}   at least 40 Gbit/s; {bulk / bare:.2f} of two bare sums and copies, which go at {bare:.0f} here and now")
    print(f"  {'super-segments':24} {tso:8.1f}   Gbit/s, none set")
    print(f"  {'whole connections':24} {conns:8.0f}   a second, none set")
    print(f"{'memory of one':26} {'octets':>8}   aim")
    # The record of TIME_WAIT has an aim of 64; its share of the hash table are 8 more, counted in all three.
    for name, what, aim in (("conn", "idle connection", 512), ("half_open", "half-open peer", 64), ("time_wait", "TIME_WAIT", 72)):
        print(f"  {what:24} {result['footprint'][name]:8}   at most {aim}")


TLS_ROWS = (
    ("tls-full13-server", "full 1.3, server", "libssl", 1.8),
    ("tls-full13-client", "full 1.3, client", "libssl", 2.0),
    ("tls-first13-client", "  ... its first time", "libssl", None),
    ("tls-resumed13-server", "resumed 1.3, server", "libssl", 2.0),
    ("tls-resumed13-client", "resumed 1.3, client", "libssl", None),
    ("tls-full12-server", "full 1.2, server", "libssl", None),
    ("tls-full12-client", "full 1.2, client", "libssl", None),
    ("tls-resumed12-server", "resumed 1.2, server", "libssl", None),
    ("tls-record-16k", "records of 16 KiB", "aead", 0.95),
)


def tls(build, result):
    out = subprocess.run([os.path.join(build, "tests", "bench", "tls")], stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    if out.returncode:
        print("TLS: failed")
        result["tls"] = None
        return
    said = {(s["name"], s["who"]): s for s in lines(out.stdout)}
    result["tls"] = {f"{name} {who}": s.get("per_cpu_s", s.get("octets")) for (name, who), s in said.items()}
    print(f"{'TLS in memory, one core':26} {'ours/s':>8} {'theirs':>9} {'ratio':>7}   aim")
    for name, what, who, aim in TLS_ROWS:
        mine, theirs = said[name, "ours"]["per_cpu_s"], said[name, who]["per_cpu_s"]
        whose = "libssl 3.0" if who == "libssl" else "the bare AEAD"
        print(f"  {what:24} {mine:8.0f} {theirs:9.0f} {mine / theirs:7.2f}   {f'at least {aim}' if aim else 'none set'} of {whose}")
    print(f"  {'idle connection':24} {said['tls-idle', 'ours']['octets']:8}   octets beside TCP's, at most 4096;"
          f" libssl {said['tls-idle', 'libssl']['octets']}")


HTTPS_FILES = (("1 MiB files", "mega", 1 << 20, 1000), ("100 MB files", "big", 100_000_000, 10))
HANDSHAKES_S = 2
NGINX = """daemon off; master_process off; user root; pid {d}/nginx.pid; error_log {d}/nginx.err; worker_rlimit_nofile 4096;
events {{}}
http {{ access_log off; sendfile on; keepalive_requests 1000000;
client_body_temp_path {d}/t1; proxy_temp_path {d}/t2; fastcgi_temp_path {d}/t3; scgi_temp_path {d}/t4; uwsgi_temp_path {d}/t5;
server {{ listen 443 ssl; root {d}/www; ssl_certificate {d}/x.crt; ssl_certificate_key {d}/x.key; ssl_protocols TLSv1.2 TLSv1.3; }} }}
"""


class Https:
    """A server, and curl and openssl as its clients. What counts is the CPU time of the server's process, and with it what the
    kernel does in its name: in both cases the client's share of TCP as well, up to the socket that it reads from."""

    def __init__(self, wire, where, addr, trust, server):
        self.wire, self.addr, self.trust, self.server = wire, addr, trust, server
        self.where = ["ip", "netns", "exec", where]

    def cpu_s(self):
        with open(f"/proc/{self.server.pid}/schedstat", encoding="ascii") as f:
            return int(f.read().split()[0]) / 1e9

    def client(self, *command):
        out = subprocess.run([*self.where, *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                             timeout=LIMIT_S, check=True)
        return out.stdout

    def wait(self):
        for _ in range(100):
            try:
                return self.client("curl", "-sf", "--cacert", self.trust, "-o", "/dev/null", f"https://{self.addr}/small")
            except subprocess.CalledProcessError:
                time.sleep(0.1)
        raise TimeoutError("no server")

    def bulk(self, name, octets, times):
        """CPU seconds for each GB, over one connection."""
        before = self.cpu_s()
        got = self.client("curl", "-sf", "--cacert", self.trust, "--tls13-ciphers", "TLS_AES_128_GCM_SHA256", "-o", "/dev/null", "-w",
                          "%{size_download}\n", f"https://{self.addr}/{name}?[1-{times}]")
        assert sum(map(int, got.split())) == octets * times
        return (self.cpu_s() - before) / (octets * times / 1e9)

    def handshakes(self):
        """CPU seconds for a full handshake of 1.3 with a small request, and the end of it."""
        before = self.cpu_s()
        command = [*self.where, "openssl", "s_time", "-connect", f"{self.addr}:443", "-new", "-www", "/small", "-time", str(HANDSHAKES_S),
                   "-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"]
        clients = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) for _ in range(2)]
        said = [c.communicate(timeout=LIMIT_S)[0] for c in clients]
        n = sum(int(re.search(r"^(\d+) connections in .* real seconds", s, re.M).group(1)) for s in said)
        return (self.cpu_s() - before) / n


def measure_https(wire, program, work):
    subprocess.run([program, "cert", "ca", "ca"], cwd=work, stdout=subprocess.DEVNULL, check=True)
    subprocess.run([program, "cert", "issue", "--ca", "ca", "--out", "x", "10.8.0.2", "10.9.0.2"], cwd=work, stdout=subprocess.DEVNULL, check=True)
    os.mkdir(f"{work}/www")
    for name, octets in (("small", 100), ("mega", 1 << 20), ("big", 100_000_000)):
        with open(f"{work}/www/{name}", "wb") as f:
            f.write(os.urandom(octets))
    with open(f"{work}/nginx.conf", "w", encoding="ascii") as f:
        f.write(NGINX.format(d=work))
    in_a, in_b = (["ip", "netns", "exec", ns] for ns in (wire.a, wire.b))
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": work}
    servers = [subprocess.Popen([*in_b, "nginx", "-c", f"{work}/nginx.conf"], **quiet),
               subprocess.Popen([*in_a, program, "serve", "www", "--quiet", "--tls", "x.crt,x.key", "--tls-only", "--socket", f"{work}/socket",
                                 "--net", "tun:hfbench1,addr=10.9.0.2/24,gw=10.9.0.1"], **quiet)]
    try:
        trust = f"{work}/ca/root.crt"
        who = {"nginx": Https(wire, wire.a, "10.8.0.2", trust, servers[0]), "ours": Https(wire, wire.a, "10.9.0.2", trust, servers[1])}
        said = {}
        for h in who.values():
            h.wait()
        for _ in range(ROUNDS):
            for name, h in who.items():
                for what, *file in HTTPS_FILES:
                    said.setdefault((what, name), []).append(h.bulk(*file))
                said.setdefault(("handshake", name), []).append(h.handshakes())
        return {key: statistics.median(v) for key, v in said.items()}
    finally:
        for p in servers:
            p.terminate()
            p.wait()


def https(build, result):
    needs = [p for p in ("nginx", "curl", "openssl") if not shutil.which(p)]
    if os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK) or needs:
        print(f"https over TUN: skipped, needs root, /dev/net/tun {' '.join(needs)}")
        return
    try:
        with Wire(build) as wire, tempfile.TemporaryDirectory() as work:
            os.chmod(work, 0o755)
            said = measure_https(wire, os.path.abspath(os.path.join(build, "handfast")), work)
    except (subprocess.SubprocessError, OSError, AssertionError) as e:
        print(f"https over TUN: failed: {e}")
        result["https"] = None
        return
    result["https"] = {f"{what}, {name}": value for (what, name), value in said.items()}
    print(f"{'https over tun against nginx':28} {'ours':>7} {'nginx':>8} {'ratio':>7}   aim")
    for what, unit, scale, aim in (("1 MiB files", "CPU s/GB", 1, "0.33"), ("100 MB files", "CPU s/GB", 1, "0.33"), ("handshake", "CPU us", 1e6, "0.50")):
        mine, theirs = said[what, "ours"] * scale, said[what, "nginx"] * scale
        print(f"  {what:24} {mine:9.3g} {theirs:8.3g} {mine / theirs:7.2f}   at most {aim}   ({unit})")
    cipher = (result.get("tls") or {}).get("tls-record-16k aead")
    if cipher:
        alone = 1e9 / 16384 / cipher
        print(f"  AES-128-GCM alone takes {alone:.3g} CPU s/GB here and now: {alone / said['1 MiB files', 'nginx']:.2f} and"
              f" {alone / said['100 MB files', 'nginx']:.2f} of nginx's whole")


def main():
    build, result = sys.argv[1], {}
    in_memory(build, result)
    tls(build, result)
    over_tun(build, result)
    https(build, result)
    bench_page.page(build, result)
    with open(os.path.join(build, "bench.json"), "w", encoding="utf-8") as f:
        json.dump(result, f, indent=1)
    print(f"JSON: {os.path.join(build, 'bench.json')}")
    good = all(result.get(x) for x in ("footprint", "memory_bulk_gbit_s", "tls")) and all(result.get(x, True) for x in ("tun_send", "https", "page"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
