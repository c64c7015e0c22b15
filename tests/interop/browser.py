# SPDX-License-Identifier: MIT
"""Loads of pages by Chromium without a window: what it asks for, how long it takes, and its pictures."""
import os
import sys
import time

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "web"))
import devtools  # noqa: E402

QUIET_S = 0.6  # nothing asked for and nothing under way for so long: the page is loaded


def is_here():
    return devtools.find() is not None


class Page:
    """What came of one load; `network`: seconds from the first request to the last octet that was asked for."""

    def __init__(self):
        self.asked, self.open = [], set()
        self.first, self.network = None, 0.0
        self.loaded, self.error = False, None
        self.heard = time.monotonic()


class Browser(devtools.Browser):
    domains = ("Page", "Network")

    def __init__(self, *switches, width=1024, height=768, scripts=True):
        self.page = Page()
        super().__init__(devtools.find(), "--no-pings", "--hide-scrollbars", "--ignore-certificate-errors", *switches, width=width, height=height, seconds=60)
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def note(self, message):
        """What a message says about the load."""
        page, what, params = self.page, message.get("method"), message.get("params", {})
        if what is None or message.get("sessionId") != self.session:
            return
        page.heard = time.monotonic()
        if what == "Network.requestWillBeSent":
            page.asked.append(params["request"]["url"])
            page.open.add(params["requestId"])
            page.first = min(page.first or params["timestamp"], params["timestamp"])
        elif what in ("Network.loadingFinished", "Network.loadingFailed") and params["requestId"] in page.open:
            page.open.remove(params["requestId"])
            page.network = max(page.network, params["timestamp"] - page.first)
        elif what == "Page.loadEventFired":
            page.loaded = True

    def visit(self, url, wait_s=60):
        self.page = page = Page()
        page.error = self.call("Page.navigate", url=url).get("errorText")
        until = page.heard + wait_s
        while (now := time.monotonic()) < until:
            message = self.hear(min(until, now + 0.1))
            if message is not None:
                self.note(message)
            elif page.loaded and not page.open and now - page.heard > QUIET_S:
                return page
        page.error = page.error or "it was never still"
        return page
