# SPDX-License-Identifier: MIT
"""A page's load: `handfast page` beside curl, which fetches the same URLs one after another, and Chromium without a window.

One `handfast serve` answers all of them by HTTPS, behind a line that it simulates on its TUN device; each client comes with
nothing from before. What counts of the time is the net's: from the first request to the last octet of the last answer.
"""
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True  # the source tree stays as it is
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "interop"))
import browser  # noqa: E402

ROUNDS = 3
LINES = (("80 ms", ",rtt=80ms"), ("0 ms", ""))
PAGES = (("demo/site", "site/index.html"), ("30 pictures", "gallery/index.html"))
PICTURES, STYLES = 30, 3
TICK = os.sysconf("SC_CLK_TCK")


def make_pages(www):
    shutil.copytree(os.path.join(HERE, "..", "..", "demo", "site"), f"{www}/site")
    os.mkdir(f"{www}/gallery")
    rows = [f'<link rel="stylesheet" href="{i}.css">' for i in range(STYLES)]
    rows += ["<title>Pictures</title>"]
    rows += [f'<p><img src="{i}.svg" width="200" height="100" alt="{i}"> A line of words beside picture {i}.' for i in range(PICTURES)]
    with open(f"{www}/gallery/index.html", "w", encoding="ascii") as f:
        f.write("<!DOCTYPE html>\n" + "\n".join(rows))
    for i in range(STYLES):
        with open(f"{www}/gallery/{i}.css", "w", encoding="ascii") as f:
            f.writelines(f".c{i}x{n} {{ color: #{n:06x}; margin: {n}px }}\n" for n in range(400))
    for i in range(PICTURES):
        dots = "".join(f'<circle cx="{(n * 37 + i) % 200}" cy="{(n * 53) % 100}" r="3" fill="#{n * 9973 % 0xffffff:06x}"/>' for n in range(300))
        with open(f"{www}/gallery/{i}.svg", "w", encoding="ascii") as f:
            f.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100">{dots}</svg>')


# ---- what a process and all that it has started cost ----

def tree(pid):
    """The process and its descendants, as they are now."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                    parents[int(name)] = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found = [pid]
    for p in found:
        found += [child for child, parent in parents.items() if parent == p]
    return found


def cpu_s(pid):
    """Of all of them, and of those that have ended and were waited for."""
    total = 0
    for p in tree(pid):
        try:
            with open(f"/proc/{p}/stat", encoding="ascii", errors="replace") as f:
                total += sum(map(int, f.read().rpartition(")")[2].split()[11:15]))
        except OSError:
            pass
    return total / TICK


def memory(pid):
    """Octets of all of them, what several share counted once (proportional set size)."""
    total = 0
    for p in tree(pid):
        try:
            with open(f"/proc/{p}/smaps_rollup", encoding="ascii") as f:
                total += next((int(line.split()[1]) for line in f if line.startswith("Pss:")), 0) * 1024
        except OSError:
            pass
    return total


class Peak:
    """The most memory that a tree of processes had while this was open."""

    def __init__(self, pid):
        self.pid, self.most, self.over = pid, 0, threading.Event()
        self.thread = threading.Thread(target=self.look)

    def look(self):
        while not self.over.is_set():
            self.most = max(self.most, memory(self.pid))
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


# ---- the clients ----

def run(command):
    """What it prints, its seconds, and its CPU seconds with all that it has waited for."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60, check=False)
    wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
    return out, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def page_lines(out):
    said = [json.loads(line) for line in out.stdout.splitlines()]
    result = [x for x in said if x.get("type") == "result"]
    if out.returncode > 1 or not result:
        raise ValueError(f"handfast page ended with {out.returncode}")
    return said, result[0]


class Clients:
    def __init__(self, program, trust):
        self.program, self.trust = program, trust

    def page(self, url, *options):
        return [self.program, "page", url, "--cacert", self.trust, "--quiet", "--json", *options]

    def ours(self, url):
        """Network and CPU seconds, the picture's included; the URLs that it took."""
        out, _, cpu = run(self.page(url, "--png", "ours.png"))
        said, result = page_lines(out)
        urls = [x["url"] for x in said if x.get("type") == "resource" and x["status"] and x["kind"] != "icon"]
        return result["everything_ns"] / 1e9, cpu, urls

    def ours_memory(self, url):
        with subprocess.Popen(self.page(url, "--png", "ours.png"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as p, Peak(p.pid) as peak:
            p.wait()
        return peak.most

    def curl(self, urls):
        out, wall, cpu = run(["curl", "-s", "--cacert", self.trust, "--remove-on-error", *(x for u in urls for x in ("-o", "curl.out", u))])
        if out.returncode:
            raise ValueError(f"curl ended with {out.returncode}")
        return wall, cpu

    @staticmethod
    def chromium(url):
        """Network seconds, CPU seconds from start to picture and those after the start, requests."""
        with browser.Browser() as b:
            started = cpu_s(b.process.pid)
            page = b.visit(url)
            b.picture("chromium.png", whole=True)
            ended = cpu_s(b.process.pid)
        if page.error:
            raise ValueError(f"chromium: {page.error}")
        return page.network, ended, ended - started, len([x for x in page.asked if x.startswith("http") and not x.endswith("/favicon.ico")])

    @staticmethod
    def chromium_memory(url):
        with browser.Browser() as b, Peak(b.process.pid) as peak:
            b.visit(url)
            b.picture("chromium.png", whole=True)
        return peak.most


def measure(clients, url):
    rows = {"ours": [], "curl": [], "chromium": []}
    for _ in range(ROUNDS):
        seconds, cpu, urls = clients.ours(url)
        rows["ours"].append({"s": seconds, "cpu_s": cpu, "requests": len(urls)})
        seconds, cpu = clients.curl(urls)
        rows["curl"].append({"s": seconds, "cpu_s": cpu, "requests": len(urls)})
        seconds, cpu, cpu_load, asked = clients.chromium(url)
        rows["chromium"].append({"s": seconds, "cpu_s": cpu, "cpu_load_s": cpu_load, "requests": asked})
    result = {who: {what: statistics.median(r[what] for r in said) for what in said[0]} for who, said in rows.items()}
    # By runs of their own: looking costs time.
    result["ours"]["memory"] = clients.ours_memory(url)
    result["chromium"]["memory"] = clients.chromium_memory(url)
    return result


def wait_for(url, trust):
    for _ in range(100):
        if subprocess.run(["curl", "-sf", "--cacert", trust, "-o", "/dev/null", url], check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise TimeoutError("no server")


def inside(program, work):
    """In a namespace of its own: prints the results as JSON."""
    os.chdir(work)
    os.environ["XDG_RUNTIME_DIR"] = work
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for command in (["ca", "ca"], ["issue", "--ca", "ca", "--out", "x", "10.9.0.2"]):
        subprocess.run([program, "cert", *command], stdout=subprocess.DEVNULL, check=True)
    os.mkdir("www")
    make_pages("www")
    result = {}
    for line, spec in LINES:
        server = subprocess.Popen([program, "serve", "www", "--quiet", "--tls", "x.crt,x.key", "--tls-only", "--net",
                                   f"tun:hfpage0,addr=10.9.0.2/24,gw=10.9.0.1{spec}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            wait_for("https://10.9.0.2/site/index.html", "ca/root.crt")
            for name, path in PAGES:
                result[f"{name}, {line}"] = measure(Clients(program, "ca/root.crt"), f"https://10.9.0.2/{path}")
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(result))


def page(build, result):
    """The part of bench.py."""
    missing = [x for x in ("chromium", "curl") if not shutil.which(x)]
    if os.geteuid() != 0 or not os.access("/dev/net/tun", os.R_OK | os.W_OK) or missing:
        print(f"page: skipped, needs root, /dev/net/tun {' '.join(missing)}")
        return
    with tempfile.TemporaryDirectory() as work:
        out = subprocess.run(["unshare", "-nm", sys.executable, os.path.abspath(__file__), os.path.abspath(os.path.join(build, "handfast")), work],
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if out.returncode:
        print(f"page: failed: {(out.stderr.splitlines() or ['?'])[-1]}")
        result["page"] = None
        return
    result["page"] = said = json.loads(out.stdout)
    print(f"{'a page over https':26} {'ours':>8} {'curl':>8} {'ratio':>6} {'Chromium':>9} {'ratio':>6}   aim")
    for name, who in said.items():
        ours, curl, chromium = (who[x] for x in ("ours", "curl", "chromium"))
        print(f"  {name + ', network':24} {ours['s'] * 1e3:8.1f} {curl['s'] * 1e3:8.1f} {ours['s'] / curl['s']:6.2f} {chromium['s'] * 1e3:9.1f}"
              f" {ours['s'] / chromium['s']:6.2f}   at most 1.0 of Chromium   (ms; {ours['requests']:.0f} requests, Chromium {chromium['requests']:.0f})")
        print(f"  {'  CPU':24} {ours['cpu_s'] * 1e3:8.1f} {curl['cpu_s'] * 1e3:8.1f} {ours['cpu_s'] / curl['cpu_s']:6.2f} {chromium['cpu_load_s'] * 1e3:9.1f}"
              f" {ours['cpu_s'] / chromium['cpu_load_s']:6.2f}   none set   (ms, painted; Chromium {chromium['cpu_s'] * 1e3:.0f} with its start)")
        print(f"  {'  memory':24} {ours['memory'] / 1e6:8.1f} {'':8} {'':6} {chromium['memory'] / 1e6:9.1f} {ours['memory'] / chromium['memory']:6.2f}"
              f"   at most 0.1   (MB at most, all processes)")


if __name__ == "__main__":
    inside(sys.argv[1], sys.argv[2])
