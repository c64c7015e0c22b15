#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""docs.py PROGRAM MANY_PAGES [--keep DIR] [--only WORD]: documentation made by others, served by Debian's nginx, loaded and painted by us.

A page of each of some packages under /usr/share/doc, over HTTP and HTTPS, and fifty of apache2-doc, python3-doc and sqlite3-doc
(where they are installed). Each must load and be painted; and for documents, style sheets and images nginx's log must hold the
same requests as for Chromium, where that is here. Aside are icons, which browsers without a window do not want, and what a
page's scripts ask for: we run none, so a page that differs is loaded by Chromium once more without. Then MANY_PAGES loads and
paints 200 in one process, which must not grow. --keep has the pictures of both in DIR, NAME.png beside NAME.theirs.png. TAP on
stdout; in a namespace of its own, over the kernel's TCP.
"""
import argparse
import collections
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True  # the source tree stays as it is
import browser  # noqa: E402

MAP = "--host-resolver-rules=MAP *.docs.test 127.0.0.1"
DOC = "/usr/share/doc"
PORTS = {"http": 8000, "https": 8443}
BY_OTHERS = (("apache2-doc", "apache2-doc/manual/en", 20), ("python3-doc", "python3-doc/html", 15), ("sqlite3-doc", "sqlite3", 15))
PACKAGES = 16
IN_A_ROW = 200
HEAP_GROWS = 64 * 1024  # octets at most, by the last hundred pages
RESIDENT_GROWS = 1024   # KiB
COUNTED = ("text/html", "text/css", "image/")
NGINX = """daemon off; master_process off; user root; pid {d}/nginx.pid; error_log {d}/nginx.err;
events {{}}
http {{
    include /etc/nginx/mime.types; sendfile on;
    log_format line escape=json '{{"host":"$host","path":"$request_uri","status":$status,"type":"$sent_http_content_type","agent":"$http_user_agent"}}';
    access_log {d}/access.log line;
    client_body_temp_path {d}/t1; proxy_temp_path {d}/t2; fastcgi_temp_path {d}/t3; scgi_temp_path {d}/t4; uwsgi_temp_path {d}/t5;
    server {{ listen 127.0.0.1:8000; listen 127.0.0.1:8443 ssl; root {doc}; ssl_certificate {d}/docs.crt; ssl_certificate_key {d}/docs.key; }}
}}
"""
count = 0


def check(name, good, why=""):
    global count
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good:
        print("".join(f"# {line}\n" for line in str(why).splitlines()[:12]), end="", flush=True)
    return good


def is_page(path):
    """Not a fragment, a template, or what only leads elsewhere."""
    try:
        with open(path, "rb") as f:
            head = f.read(100_000).lower()
    except OSError:
        return False
    return len(head) > 1000 and b"http-equiv=\"refresh\"" not in head and b"<body" in head


def pages_of_package(package):
    root = os.path.join(DOC, package)
    found = []
    for folder, folders, files in os.walk(root):
        folders.sort()
        found += [os.path.join(folder, f) for f in sorted(files) if f.endswith(".html")]
        if len(found) > 200:
            break
    return [f for f in found if is_page(f)]


def spread(things, n):
    """n of them, from the first to the last."""
    return [things[i * (len(things) - 1) // (n - 1)] for i in range(n)] if len(things) > n else things


def choose():
    """(name, path in the URL, its schemes), one after another."""
    theirs = [x[0] for x in BY_OTHERS]
    seen, chosen = set(), []
    for package in sorted(os.listdir(DOC)):
        if package in theirs or package == "sqlite3" or os.path.islink(os.path.join(DOC, package)):
            continue
        for page in pages_of_package(package)[:1]:
            real = os.path.realpath(page)
            if real in seen or os.path.basename(real) == "NEWS.html" and any("NEWS.html" in s for s in seen):
                continue
            seen.add(real)
            chosen.append((f"package {package}", os.path.relpath(page, DOC), tuple(PORTS)))
    chosen = spread(chosen, PACKAGES)
    for package, folder, n in BY_OTHERS:
        found = pages_of_package(folder) if os.path.isdir(os.path.join(DOC, folder)) else []
        if not found:
            print(f"# {package} is not installed")
        chosen += [(package, os.path.relpath(p, DOC), ("http",)) for p in spread(found, n)]
    return chosen


class Lab:
    def __init__(self, program, work, keep):
        self.program, self.work, self.keep = program, work, keep
        self.run("cert", "ca", "ca")
        self.run("cert", "issue", "--ca", "ca", "--out", "docs", "docs.test", "*.docs.test")
        with open("nginx.conf", "w", encoding="ascii") as f:
            f.write(NGINX.format(d=work, doc=DOC))
        self.nginx = subprocess.Popen(["nginx", "-c", f"{work}/nginx.conf"], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            if subprocess.run(["curl", "-ks", "-o", "/dev/null", "https://127.0.0.1:8443/"], check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise TimeoutError("nginx does not answer")

    def run(self, *options):
        subprocess.run([self.program, *options], stdout=subprocess.DEVNULL, check=True)

    def url(self, i, scheme, path):
        """A name for each page and scheme, by which its requests are found in the log, and nothing of another is in a cache."""
        return f"{scheme}://p{i}-{scheme}.docs.test:{PORTS[scheme]}/{urllib.parse.quote(path)}"

    @staticmethod
    def hosts(urls):
        """A file of their names, all here."""
        with open("hosts", "w", encoding="ascii") as f:
            f.writelines(f"127.0.0.1 {urllib.parse.urlsplit(url).hostname}\n" for url in urls)
        return "hosts"

    def load(self, url, *more):
        host = urllib.parse.urlsplit(url)
        return subprocess.run([self.program, "page", url, "--resolve", f"{host.hostname}:{host.port}:127.0.0.1", "--resolv-conf", "", "--hosts", "",
                               "--cacert", "ca/root.crt", "--quiet", "--json", *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    @staticmethod
    def requests(of_chromium, since):
        """{host: [line]} of the log from there on."""
        found = collections.defaultdict(list)
        with open("access.log", encoding="utf-8") as f:
            f.seek(since)
            for line in map(json.loads, f):
                if ("Chrome" in line["agent"]) == of_chromium:
                    found[line["host"]].append(line)
        return found


def size_of(png):
    """Width and height, and whether its octets say more than one colour."""
    with open(png, "rb") as f:
        head = f.read(33)
        rest = f.read()
    if head[:8] != b"\x89PNG\r\n\x1a\n":
        return 0, 0, False
    return (*struct.unpack(">II", head[16:24]), len(rest) > 2500)


def is_counted(line):
    kind = line["type"]
    if line["status"] >= 400:  # the type is the error page's
        return line["path"].split("?")[0].endswith((".html", ".css", ".png", ".gif", ".jpg", ".jpeg", ".svg", ".webp"))
    return kind.startswith(COUNTED)


def ours(lab, loads):
    """Loads all of them; what must be left out of the count of each (its icons)."""
    icons = {}
    for name, url in loads:
        host = urllib.parse.urlsplit(url).hostname
        png = f"{lab.keep}/{host.split('.')[0]}.png"
        out = lab.load(url, "--png", png)
        said = [json.loads(line) for line in out.stdout.splitlines()]
        things = [x for x in said if x.get("type") == "resource"]
        width, height, drawn = size_of(png) if os.path.exists(png) else (0, 0, False)
        check(f"{name} is painted", out.returncode in (0, 1) and things and things[0]["status"] == 200 and drawn and width == 1024 and height >= 50,
              f"code {out.returncode}, {width}x{height}, drawn {drawn}\n" + out.stderr.decode(errors="replace"))
        for x in things:
            if x.get("fault") and x["kind"] in ("document", "style", "image"):
                print(f"#   {x['url']}: {x['fault']['code']}")
        paths = {kind: {urllib.parse.urlsplit(x["url"]).path for x in things if x["kind"] == kind} for kind in ("icon", "image")}
        icons[host] = paths["icon"] - paths["image"] | {"/favicon.ico"}
    return icons


def theirs(lab, chromium, loads):
    for _, url in loads:
        page = chromium.visit(url)
        if page.error:
            print(f"# chromium: {url}: {page.error}")
        if lab.keep != lab.work:
            chromium.picture(f"{lab.keep}/{urllib.parse.urlsplit(url).hostname.split('.')[0]}.theirs.png")
    time.sleep(0.3)  # nginx logs when it is done


def counted(lines, aside):
    return collections.Counter(x["path"] for x in lines if is_counted(x) and x["path"] not in aside)


def compare(lab, loads, icons, scripts=True):
    """Those that differ."""
    since = os.path.getsize("access.log")
    mine = lab.requests(False, 0)
    with browser.Browser(MAP, scripts=scripts) as chromium:
        theirs(lab, chromium, loads)
    other, differ = lab.requests(True, since), []
    for name, url in loads:
        host = urllib.parse.urlsplit(url).hostname
        a, b = counted(mine[host], icons[host]), counted(other[host], icons[host])
        alone = [f"ours alone: {x}" for x in a - b] + [f"Chromium's alone: {x}" for x in b - a]
        if not alone or not scripts:
            check(f"{name}: {sum(b.values())} requests, as Chromium{'' if scripts else ' without scripts'}", b and not alone, "\n".join(alone))
        else:
            differ.append((name, url))
            print(f"# {name}: {', '.join(alone)}")
    return differ


def in_a_row(lab, many_pages, urls):
    options = ["--resolv-conf", "", "--hosts", lab.hosts(urls), "--cacert", "ca/root.crt", "--quiet", "--png", "row.png"]
    out = subprocess.run([many_pages, str(IN_A_ROW), *options, "--", *urls], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    print("".join(f"# {line}\n" for line in out.stdout.splitlines()), end="")
    heap, resident = ([int(x) for x in re.findall(what, out.stdout)] for what in (r"heap (\d+)", r"resident (\d+)"))
    check(f"{IN_A_ROW} pages in a row", out.returncode == 0 and len(heap) == IN_A_ROW // len(urls), f"code {out.returncode}\n{out.stderr[-1000:]}")
    # The first turns fill what is kept; those of the second half add nothing to it.
    grown = [x[-1] - x[len(x) // 2 - 1] if len(x) > 3 else None for x in (heap, resident)]
    check("memory stays as it is", None not in grown and grown[0] <= HEAP_GROWS and grown[1] <= RESIDENT_GROWS, f"heap {heap}\nresident {resident}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("many_pages")
    parser.add_argument("--keep")
    parser.add_argument("--only", default="")
    args = parser.parse_args()
    if os.geteuid() != 0:
        print("1..0 # SKIP needs root, for a namespace")
        return 0
    missing = [p for p in ("nginx", "curl") if not shutil.which(p)]
    if missing:
        print(f"1..0 # SKIP not installed: {' '.join(missing)}")
        return 0
    if os.environ.get("HF_DOCS_INSIDE") != "1":
        os.environ["HF_DOCS_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-nm", sys.executable, os.path.abspath(__file__), *sys.argv[1:]])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    program, many_pages, keep = os.path.abspath(args.program), os.path.abspath(args.many_pages), args.keep and os.path.abspath(args.keep)
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as work:
        os.chmod(work, 0o755)
        os.chdir(work)
        os.environ["XDG_RUNTIME_DIR"] = work
        lab = Lab(program, work, keep or work)
        os.makedirs(lab.keep, exist_ok=True)
        loads = [(f"{scheme} {name}: {path}", lab.url(i, scheme, path)) for i, (name, path, schemes) in enumerate(choose()) for scheme in schemes
                 if args.only in f"{scheme} {name}: {path}"]
        try:
            icons = ours(lab, loads)
            if browser.is_here():
                differ = compare(lab, loads, icons)
                if differ:
                    compare(lab, differ, icons, scripts=False)
            else:
                print("# chromium is not here: nothing to compare with")
            if not args.only:
                small = sorted((path for _, path, _ in choose()), key=lambda path: os.path.getsize(os.path.join(DOC, path)))[:25]
                in_a_row(lab, many_pages, [lab.url(i, ("http", "https")[i % 2], path) for i, path in enumerate(small)])
        finally:
            lab.nginx.terminate()
            lab.nginx.wait()
    print(f"1..{count}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
