# SPDX-License-Identifier: MIT
"""Chromium without a window, led over a pipe (the DevTools protocol): what it asks for, how long it takes, and its pictures."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

QUIET_S = 0.6  # nothing asked for and nothing under way for so long: the page is loaded
SWITCHES = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--no-pings", "--hide-scrollbars", "--ignore-certificate-errors", "--remote-debugging-pipe")


def is_here():
    return shutil.which("chromium") is not None


class Page:
    """What came of one load. Times are seconds from the call; `network` ends with the last octet that was asked for."""

    def __init__(self):
        self.asked, self.failed, self.open = [], [], set()
        self.network = self.load = 0.0
        self.error = None


class Browser:
    def __init__(self, *switches, width=1024, height=768, scripts=True):
        self.home = tempfile.mkdtemp(prefix="chromium-")
        self.buffer, self.told, self.number = b"", [], 0
        to_read, self.write_to = os.pipe()
        self.read_from, to_write = os.pipe()
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (to_read, to_write)]
        env = dict(os.environ, HOME=self.home, XDG_CONFIG_HOME=f"{self.home}/config", XDG_CACHE_HOME=f"{self.home}/cache")
        command = ["chromium", *SWITCHES, f"--user-data-dir={self.home}/profile", f"--window-size={width},{height}", *switches, "about:blank"]
        with open(f"{self.home}/said", "wb") as said:
            self.process = subprocess.Popen(["bash", "-c", f'exec 3<&{high[0]} 4>&{high[1]} {high[0]}<&- {high[1]}>&-; exec "$@"', "-", *command],
                                            pass_fds=high, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=env)
        for fd in (to_read, to_write, *high):
            os.close(fd)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network"):
            self.ask(f"{domain}.enable", self.session)
        self.ask("Emulation.setScriptExecutionDisabled", self.session, value=not scripts)
        self.ask("Emulation.setDeviceMetricsOverride", self.session, width=width, height=height, deviceScaleFactor=1, mobile=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask("Browser.close", wait_s=5)
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self.write_to)
        os.close(self.read_from)
        shutil.rmtree(self.home, ignore_errors=True)

    def hear(self, until):
        """The next message, or None."""
        while b"\0" not in self.buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.read_from], [], [], left)[0]:
                return None
            more = os.read(self.read_from, 1 << 20)
            if not more:
                raise EOFError("chromium has ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def ask(self, method, session=None, wait_s=60, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.write_to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + wait_s
        while True:
            said = self.hear(until)
            if said is None:
                raise TimeoutError(method)
            if said.get("id") == self.number:
                if "error" in said:
                    raise OSError(f"{method}: {said['error'].get('message')}")
                return said.get("result", {})
            if "method" in said:
                self.told.append(said)

    def take(self, page, said, begin):
        """What a message says about the load."""
        what, params = said["method"], said["params"]
        if said.get("sessionId") != self.session:
            return
        if what == "Network.requestWillBeSent":
            page.asked.append(params["request"]["url"])
            page.open.add(params["requestId"])
            page.first = min(getattr(page, "first", params["timestamp"]), params["timestamp"])
        elif what in ("Network.loadingFinished", "Network.loadingFailed"):
            page.open.discard(params["requestId"])
            page.network = max(page.network, params["timestamp"] - page.first)
            if what == "Network.loadingFailed":
                page.failed.append(params.get("errorText"))
        elif what == "Page.loadEventFired":
            page.load = time.monotonic() - begin

    def visit(self, url, wait_s=60):
        self.told.clear()
        page, begin = Page(), time.monotonic()
        page.error = self.ask("Page.navigate", self.session, url=url).get("errorText")
        until, quiet = begin + wait_s, time.monotonic()
        while time.monotonic() < until:
            said = self.told.pop(0) if self.told else self.hear(min(until, time.monotonic() + 0.1))
            if said is not None and "method" in said and said["method"].startswith(("Network.", "Page.")):
                self.take(page, said, begin)
                quiet = time.monotonic()
            elif said is None and page.load and not page.open and time.monotonic() - quiet > QUIET_S:
                return page
        page.error = page.error or "it was never still"
        return page

    def picture(self, path, whole=False):
        data = self.ask("Page.captureScreenshot", self.session, format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as f:
            f.write(base64.b64decode(data))
