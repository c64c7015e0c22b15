#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""view.py SHOW_VIEW DIR: the page of `handfast page --html` in Chromium. Pictures of it at three widths are put into DIR.

SHOW_VIEW writes the pages (tests/explain/show_view.c). Without a Chromium on this machine there is nothing to test.
"""
import os
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import devtools

WIDTHS = ((360, 780), (800, 1100), (1440, 900))
CONTRAST = """(() => {
	const rgb = (s) => s.match(/[\\d.]+/g).slice(0, 3).map((v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
	const light = (s) => { const [r, g, b] = rgb(s); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c; } return "rgb(255,255,255)"; };
	const bad = [];
	for (const e of document.querySelectorAll("#app *")) {
		if (!e.checkVisibility() || ![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.closest('[aria-pressed="false"]')) continue;
		const a = light(getComputedStyle(e).color), b = light(ground(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) bad.push(e.className + " " + e.textContent.slice(0, 20) + " " + ratio.toFixed(2));
	}
	return bad;
})()"""
# What stands on top of each other, or leaves the window.
CROWDED = """(() => {
	const bad = [];
	if (document.documentElement.scrollWidth > innerWidth) bad.push("the page is wider than the window");
	for (const box of document.querySelectorAll(".top, .tools, .bar, #facts dl, .group, .steps")) {
		const all = [...box.children].filter((e) => e.checkVisibility()).map((e) => [e, e.getBoundingClientRect()]);
		all.forEach(([e, a], i) => {
			if (a.right > innerWidth + 1 || a.left < -1) bad.push((e.id || e.className || e.tagName) + " leaves the window");
			for (const [f, b] of all.slice(i + 1))
				if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
					bad.push((e.id || e.textContent) + " over " + (f.id || f.textContent));
		});
	}
	return bad;
})()"""
FOCUSED = """(() => { const e = document.activeElement;
	const o = getComputedStyle(e), lane = e.closest && e.closest(".lane");
	const seen = (o.outlineStyle !== "none" && parseFloat(o.outlineWidth) >= 2) || (lane && getComputedStyle(lane).boxShadow !== "none") ||
		o.outlineStyle === "auto" || (e.id === "detail" && o.boxShadow !== "none");
	return e === document.body ? null : [e.id || (lane ? "lane" : e.className) || e.tagName, !!seen, e.closest("section, aside, header, div").id]; })()"""
# Each TCP state's swatch without its colour: by how much the two most alike differ, pixel by pixel.
LEGEND = """(() => {
	const all = [...document.querySelector("#legend div").querySelectorAll("canvas")].map((c) => {
		const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data, grey = [];
		for (let i = 0; i < d.length; i += 4) grey.push(0.3 * d[i] + 0.59 * d[i + 1] + 0.11 * d[i + 2]);
		return grey;
	});
	let least = 255;
	all.forEach((a, i) => all.slice(i + 1).forEach((b) => { least = Math.min(least, a.reduce((s, v, k) => s + Math.abs(v - b[k]), 0) / a.length); }));
	return [all.length, least];
})()"""


class Tap:
    def __init__(self):
        self.n, self.bad = 0, 0

    def ok(self, what, good, said=""):
        self.n += 1
        self.bad += not good
        print(f"{'ok' if good else 'not ok'} {self.n} {what}", flush=True)
        if not good:
            print(f"# {said}")


def text(b, selector):
    return b.js(f"document.querySelector({selector!r}).textContent")


def rich(tap, b, url, out):
    b.size(1440, 900)
    b.open(url)
    tap.ok("the console says nothing", not b.said, b.said)
    tap.ok("nothing is asked for but the page", b.asked == [url], b.asked)
    tap.ok("failures come first, with code and advice", "E-TCP-REFUSED" in text(b, "#trouble") and "Try: check the port" in text(b, "#trouble"),
           text(b, "#trouble"))
    lanes = b.js("[...document.querySelectorAll('.lane-name')].map(e => e.getAttribute('aria-label'))")
    tap.ok("lanes say what they show", any(s.startswith("Lookup of A of example.org, 20.5 ms") for s in lanes), lanes)
    count, least = b.js(LEGEND)
    tap.ok("eleven states, which can be told apart without colours", count == 11 and least > 9, (count, least))
    keys(tap, b)
    pointer(tap, b)
    listed(tap, b)
    names(tap, b)
    tab_order(tap, b, url)
    looks(tap, b, url, out)
    tap.ok("the console has said nothing since", not b.said, b.said)


def keys(tap, b):
    window = lambda: text(b, "#window")
    b.js("document.querySelector('.lane-name[tabindex=\"0\"]').focus()")
    whole = window()
    b.key("+")
    near = window()
    b.key("ArrowRight")
    moved = window()
    b.key("-")
    b.key("0")
    tap.ok("keys zoom, move, and lead back", len({whole, near, moved}) == 3 and window() == whole, (whole, near, moved, window()))
    b.key("9")
    tap.ok("9 shows all there is", window() != whole and "979 ms" in window(), window())
    b.key("0")
    label = "document.activeElement.getAttribute('aria-label')"
    b.key("End")
    last = b.js(label)
    b.key("Home")
    first = b.js(label)
    b.key("ArrowDown")
    tap.ok("up, down, Home and End go from lane to lane", last.startswith("font sans.woff2") and first == "Events, 216" and b.js(label).startswith("DNS: 14"),
           (last, first, b.js(label)))
    tap.ok("one lane is on the way of Tab", b.js("document.querySelectorAll('#rows [tabindex=\"0\"]').length") == 1)
    b.key("Home")
    b.key("Enter")
    folded = b.js("document.activeElement.getAttribute('aria-expanded')")
    b.key("Enter")
    tap.ok("Enter folds a group", folded == "false" and b.js("document.activeElement.getAttribute('aria-expanded')") == "true", folded)
    for _ in range(40):
        if (b.js(label) or "").startswith("Connection 1 "):
            break
        b.key("ArrowDown")
    b.key("Enter")
    detail = text(b, "#detail")
    tap.ok("Enter opens a connection: states, attempts, chain", all(s in detail for s in (
        "FIN_WAIT_2", "All is acknowledged; waits until", "given up, another won", "TLS_AES_128_GCM_SHA256", "CN=Intermediate E7", "Trusted")), detail)


def pointer(tap, b):
    b.js("document.getElementById('zoom-load').click(); document.getElementById('rows').scrollTop = 0")
    b.settle()
    left, top, width = b.js("(r => [r.left, r.top, r.width])(document.getElementById('rows').getBoundingClientRect())")
    window = text(b, "#window")
    b.mouse("mouseWheel", left + 600, top + 60, deltaX=0, deltaY=-120, modifiers=2)
    b.settle()
    near = text(b, "#window")
    b.mouse("mousePressed", left + 600, top + 60, button="left", clickCount=1)
    b.mouse("mouseMoved", left + 500, top + 60, button="left", buttons=1)
    b.mouse("mouseReleased", left + 500, top + 60, button="left", clickCount=1)
    b.settle()
    tap.ok("the wheel with Ctrl zooms, a drag moves", len({window, near, text(b, "#window")}) == 3, (window, near))
    b.js("document.getElementById('zoom-load').click()")
    b.settle()
    # The first lookup's bar, and the first mark in DNS's lane, stand a little right of where time begins.
    y = b.js("(r => r.top + r.height / 2)(document.querySelector('.lane.layer').getBoundingClientRect())")
    order = b.js("[...document.querySelectorAll('.lane')].map(e => +e.getAttribute('aria-posinset'))")
    tap.ok("lanes are read in the order in which they are seen", order == sorted(order) and len(order) > 5, order)
    scale = (width - 258 - 10) / (900 * 1.08)
    b.click(left + 258 + (0.3 + 18) * scale, y)
    tap.ok("a click on a mark opens its event", "event 1 of 216" in text(b, "#detail") or "event 2 of 216" in text(b, "#detail"), text(b, "#detail"))
    y = b.js("(r => r.top + r.height / 2)(document.querySelector('.lane.lookup').getBoundingClientRect())")
    b.click(left + 258 + 30 * scale, y)
    tap.ok("a click on a bar opens what it is", "name lookup" in text(b, "#detail") and "may be kept for300 s" in text(b, "#detail"), text(b, "#detail"))


def listed(tap, b):
    b.js("document.getElementById('list').focus()")
    b.key("Home")
    b.key("ArrowDown")
    b.key("ArrowDown")
    detail = text(b, "#detail")
    tap.ok("an event: sentence, time, who, octets", all(s in detail for s in ("An answer that matches the question", "20.400 ms", "the name server", "61 octets")), detail)
    tap.ok("its octets in hexadecimal", b.js("document.querySelector('pre.hex').textContent").startswith("0000  "))
    link = b.js("(a => [a.href, a.textContent])(document.querySelector('#detail a'))")
    tap.ok("its rule is a link to the RFC's section", link == ["https://www.rfc-editor.org/rfc/rfc1035#section-4.1.3", "RFC 1035, section 4.1.3"], link)
    tap.ok("the list tells which is current", b.js("document.getElementById(document.getElementById('list').getAttribute('aria-activedescendant')).getAttribute('aria-selected')") == "true")
    shown = lambda: [int(s) for s in text(b, "#count").replace(",", "").split() if s.isdigit()]
    b.js("document.querySelector('#layers .layer-tcp').click()")
    b.settle()
    tap.ok("a layer is left out", shown() == [84, 216], shown())
    b.js("document.querySelector('#layers .layer-tcp').click()")
    b.js("s = document.getElementById('search'), s.focus()")
    b.call("Input.insertText", text="enters time_wait")
    time.sleep(0.3)
    b.settle()
    tap.ok("a search by words", shown() == [2, 216], shown())
    b.js("document.getElementById('search').value = '', document.getElementById('search').dispatchEvent(new Event('input'))")
    b.js("c = document.getElementById('conn'), c.value = '3', c.dispatchEvent(new Event('change'))")
    time.sleep(0.3)
    b.settle()
    tap.ok("one connection's only", shown() == [2, 216], shown())
    b.js("c = document.getElementById('conn'), c.value = '-1', c.dispatchEvent(new Event('change'))")
    b.key("Escape")


def names(tap, b):
    wanted = {"button", "link", "searchbox", "textbox", "combobox", "checkbox", "listbox", "option", "listitem", "image", "region", "separator", "group"}
    bare, seen = [], set()
    for node in b.call("Accessibility.getFullAXTree")["nodes"]:
        role = node.get("role", {}).get("value")
        if node.get("ignored") or role not in wanted:
            continue
        seen.add(role)
        if role not in ("listitem", "group") and not node.get("name", {}).get("value", "").strip():
            bare.append((role, node.get("backendDOMNodeId")))
    tap.ok("everything that can be used has a name", not bare and {"button", "listbox", "option", "searchbox", "separator", "image"} <= seen, (bare, seen))
    heads = b.js("[...document.querySelectorAll('h1,h2,h3')].filter(e => e.checkVisibility()).map(e => +e.tagName[1])")
    tap.ok("one first heading, and none is skipped", heads.count(1) == 1 and heads[0] == 1 and all(y - x <= 1 for x, y in zip(heads, heads[1:])), heads)


def tab_order(tap, b, url):
    b.open(url)
    way, unseen = [], []
    for _ in range(120):
        b.key("Tab")
        at = b.js(FOCUSED)
        if at is None:
            break
        way.append(at[0])
        if not at[1]:
            unseen.append(at)
    order = [way.index(x) if x in way else -1 for x in ("skip", "about", "zoom-in", "legend-open", "lane", "split", "conn", "search", "in-window", "list")]
    tap.ok("Tab goes through all of it, in the order of the page, and out", -1 not in order and order == sorted(order) and len(way) < 120, (order, way))
    tap.ok("lanes and events are one stop each", way.count("lane") == 1 and way.count("list") == 1, way)
    tap.ok("one sees where the focus is", not unseen, unseen)


def looks(tap, b, url, out):
    for scheme in ("light", "dark"):
        b.media(prefers_color_scheme=scheme)
        b.open(url)
        faint = b.js(CONTRAST)
        tap.ok(f"{scheme}: as the system has it, and text is readable", b.js("document.documentElement.dataset.theme") == scheme and not faint, faint)
        for width, height in WIDTHS:
            b.size(width, height)
            b.open(url)
            b.picture(os.path.join(out, f"{scheme}-{width}.png"))
            crowded = b.js(CROWDED)
            tap.ok(f"{scheme}, {width} wide: nothing overlaps or leaves the window", not crowded, crowded)
            b.js("document.getElementById('rows').scrollTop = 290, document.getElementById('rows').scrollIntoView()")
            b.js("document.getElementById('list').focus()")
            b.key("Home")
            for _ in range(9):
                b.key("ArrowDown")
            b.key("Enter")
            time.sleep(0.25)
            b.picture(os.path.join(out, f"{scheme}-{width}-event.png"))
            tap.ok(f"{scheme}, {width} wide: the details can be seen", b.js("(r => r.top < innerHeight - 100 && r.left < innerWidth - 100 && r.height > 100)"
                   "(document.querySelector('#detail h2').parentElement.getBoundingClientRect())") and not b.js(CROWDED), b.js(CROWDED))
            b.js("scrollTo(0, 0)")
            if width < 1100:
                b.key("Escape")
                tap.ok(f"{scheme}, {width} wide: Esc closes the details, and the focus is where it was",
                       b.js("!document.body.classList.contains('detail-open') && document.activeElement.id") == "list", b.js(FOCUSED))
        b.js("document.getElementById('theme').click()")
        b.js("document.getElementById('theme').click()")
        tap.ok(f"{scheme}: the switch wins", b.js("document.documentElement.dataset.theme") == "dark" and b.js("localStorage.getItem('handfast-theme')") == "dark")
        b.js("localStorage.removeItem('handfast-theme')")
    b.media(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    b.size(800, 1100)
    tap.ok("nothing moves by itself where that is not wanted", b.js("getComputedStyle(document.getElementById('detail')).transitionDuration") == "0s")
    b.media(prefers_color_scheme="light")


def failed(tap, b, url, out):
    b.size(1440, 900)
    b.open(url)
    trouble = text(b, "#trouble")
    tap.ok("a page that failed: what, why, where, what to try", all(s in trouble for s in (
        "The server's certificate has expired: www.example.org, 3 days ago.", "What to try: check the clock", "E-TLS-CHAIN-EXPIRED", "TLS handshake", "C13_WAIT_CV")), trouble)
    b.js("[...document.querySelectorAll('#trouble button')].find(e => e.textContent == 'the event that caused it').click()")
    tap.ok("the event that caused it is one press away", "Certificate, 1,532 octets" in text(b, "#detail"), text(b, "#detail"))
    b.js("document.getElementById('about').click()")
    tap.ok("the chain says which certificate is to blame", "expired: a certificate of the chain has expired" in text(b, ".card.bad"), text(b, "#detail"))
    b.picture(os.path.join(out, "failed.png"))


def hostile(tap, b, url):
    b.open(url)
    tap.ok("hostile strings run nothing and ask for nothing", not b.said and b.asked == [url], (b.said, b.asked))
    got = b.js("[document.scripts.length, document.images.length, document.getElementById('url').textContent]")
    tap.ok("and are shown as they are, what is unseen made visible", got[:2] == [1, 0] and got[2].startswith("</script><script>alert(1)") and "<U+2028><U+202E>" in got[2], got)
    b.js("document.querySelector('.event').click()")
    tap.ok("also in the details", "</script><script>alert(1)" in text(b, "#detail h2") and b.js("document.images.length") == 0)
    csp = b.js("document.querySelector('meta[http-equiv]').content")
    b.js("void document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = 1' }))")
    b.js("void document.body.append(Object.assign(document.createElement('img'), { src: 'http://192.0.2.1/x' }))")
    b.settle()
    tap.ok("the policy lets nothing else in", csp.startswith("default-src 'none'") and b.js("window.ran === undefined") and b.asked == [url], (csp, b.asked))


def large(tap, b, url):
    b.size(1440, 900)
    begin = time.monotonic()
    b.open(url)
    took = time.monotonic() - begin
    elements = b.js("document.querySelectorAll('*').length")
    tap.ok("200,000 events and 1,000 resources open", took < 60 and not b.said, (took, b.said))
    print(f"# opened in {took:.1f} s; {elements} elements")
    tap.ok("and are few elements", elements < 1500, elements)
    b.js("document.getElementById('list').focus()")
    b.key("End")
    b.key("Enter")
    tap.ok("the last event is there", "event 200,000 of 200,000" in text(b, "#detail"), text(b, "#detail")[:200])
    tap.ok("octets beyond what the page keeps are said to be missing", "not kept in this page" in text(b, "#detail"), text(b, "#detail")[:300])
    b.js("document.querySelector('.lane-name').focus()")
    b.call("Performance.enable")
    used = lambda: {m["name"]: m["value"] for m in b.call("Performance.getMetrics")["metrics"]}["ScriptDuration"]
    before = used()
    for _ in range(10):
        b.key("+")
    each = (used() - before) / 10 * 1000
    print(f"# {each:.0f} ms of script for a step of zoom")
    tap.ok("a step of zoom is quick", each < 250, each)


def without_scripts(tap, b, url, out):
    b.size(800, 1100)
    b.call("Emulation.setScriptExecutionDisabled", value=True)
    b.call("Page.navigate", url=url)
    b.wait_for("Page.loadEventFired")
    time.sleep(0.3)
    b.picture(os.path.join(out, "without-scripts.png"))
    b.call("Emulation.setScriptExecutionDisabled", value=False)
    said = b.js("document.querySelector('noscript').innerText")
    tap.ok("without scripts: resources, connections, chain, lookups, events in tables", all(s in said for s in (
        "https://www.example.org/style/main.css", "TCP FIN_WAIT_2 at 946 ms", "CN=Intermediate E7", "10.9.0.2", "E-DNS-NXDOMAIN", "an answer that matches the question")), said[:400])
    tap.ok("and nothing of what needs scripts", b.js("document.getElementById('app').hidden"))


def main():
    show, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    program = devtools.find()
    if not program:
        print("1..0 # SKIP no Chromium is here: tools/setup.sh browser")
        return 0
    os.makedirs(out, exist_ok=True)
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="handfast-view-") as pages:
        url = {}
        for name in ("rich", "failed", "hostile", "empty", "large"):
            path = os.path.join(pages, name + ".html")
            with open(path, "wb") as f:
                subprocess.run([show, name], stdout=f, check=True)
            url[name] = "file://" + path
        b = devtools.Browser(program, "--force-device-scale-factor=1")
        try:
            rich(tap, b, url["rich"], out)
            failed(tap, b, url["failed"], out)
            hostile(tap, b, url["hostile"])
            b.open(url["empty"])
            tap.ok("a load of nothing is shown as well", not b.said and "No event was recorded" in text(b, "#list"), b.said)
            large(tap, b, url["large"])
            without_scripts(tap, b, url["rich"], out)
        except devtools.Gone as why:
            tap.ok("the browser answers", False, why)
        finally:
            b.close()
    print(f"1..{tap.n}")
    return 1 if tap.bad else 0


if __name__ == "__main__":
    sys.exit(main())
