/* SPDX-License-Identifier: MIT */
/* The head of the page, what failed, the figures; themes; and the start. */

function fillHead() {
	const r = report.result;
	$("title").textContent = show(r.title) || show(report.schema.url);
	$("url").textContent = show(r.final_url || report.schema.url);
	document.title = $("title").textContent + " - page load";
}

/* What failed, the worst first: the page itself, then connections, then its parts. */
function failures() {
	const list_ = [];
	const main_ = report.result.fault;
	const same = (a, b) => a && b && a.code === b.code && a.detail === b.detail && a.at_ns === b.at_ns;
	if (main_)
		list_.push({ fault: main_, kind: "about", number: 0, what: "The page", also: [] });
	for (const [kind, all, what] of [["connection", report.connection, connName], ["resource", report.resource, (x) => x.kind + " " + shortUrl(x.url)],
		["lookup", report.lookup, (l) => "lookup of " + show(l.name)]])
		for (const x of all) {
			if (!x.fault || same(x.fault, main_))
				continue;
			/* What failed together is told once: a connection, and what was to come over it. */
			const told = list_.find((f) => same(f.fault, x.fault));
			if (told)
				told.also.push({ kind, number: x.number, what: what(x) });
			else
				list_.push({ fault: x.fault, kind, number: x.number, what: what(x), also: [] });
		}
	return list_;
}

function fillTrouble() {
	const box = $("trouble"), list_ = failures(), r = report.result;
	if (!list_.length && !r.limit)
		return;
	box.hidden = false;
	const first = list_[0];
	if (first && r.fault) {
		box.classList.add("fatal");
		const at = report.connection.find((c) => c.fault && c.fault.code === first.fault.code) || null;
		box.append(h("div", "first",
			h("p", "says", h("span", { class: "sign", "aria-hidden": "true" }, "!"), sentenceCase(says(first.fault))),
			first.fault.advice ? h("p", "try", h("b", "", "What to try: "), first.fault.advice + ".") : null,
			h("p", "where", h("code", "", first.fault.code), " in the step: " + first.fault.step + ", by " + first.fault.side +
				(first.fault.state ? ", in the state " + show(first.fault.state) : "") + (first.fault.at_ns === null ? "" : ", after " + time(first.fault.at_ns)) + " ",
				at ? link("connection", at.number, "the connection") : null, at ? " " : null,
				first.fault.event !== null && first.fault.event < events.n ? link("event", first.fault.event, "the event that caused it") : null)));
	}
	const rest = first && r.fault ? list_.slice(1) : list_;
	if (rest.length) {
		box.append(h("details", { open: rest.length < 7 && !r.fault }, h("summary", "", h("span", { class: "sign", "aria-hidden": "true" }, "!"),
			many(rest.length, r.fault ? "more failure" : "failure")),
		h("ul", "", rest.slice(0, 100).map((f) => h("li", "", h("code", "", f.fault.code), " ", link(f.kind, f.number, f.what),
			f.also.slice(0, 3).map((a) => [", ", link(a.kind, a.number, a.what)]), f.also.length > 3 ? " and " + (f.also.length - 3) + " more" : null,
			h("span", "", ": " + says(f.fault)),
			f.fault.advice ? h("span", "muted", " Try: " + f.fault.advice + ".") : null))),
		rest.length > 100 ? h("p", "muted", "and " + (rest.length - 100) + " more: see the lanes") : null));
	}
	if (r.limit)
		box.append(h("p", "limit", h("b", "", "A limit was met: "), show(r.limit)));
}

function fillFacts() {
	const r = report.result, all = r.all || {};
	const items = [
		[time(r.first_octet_ns), "first octet"], [time(r.document_ns), "document"], [time(r.everything_ns), "everything"],
		[String(all.requests || 0), "requests"], [String(all.failed || 0), "failed", all.failed ? "bad" : ""],
		[String(all.cached || 0), "from cache"], [String(r.connections || 0), "connections"], [String(r.lookups || 0), "lookups"],
		[size(all.octets_wire || 0), "transferred"], [size(all.octets || 0), "decoded"], [events.n.toLocaleString("en"), "events"],
	];
	$("facts").append(h("dl", "", items.map(([value, name, cls]) => h("div", cls || "", h("dt", "", name), h("dd", "", value)))));
	if (r.events_left_out)
		$("facts").append(h("p", "muted", many(r.events_left_out, "event") + " left out: there were too many"));
}

function fillLegend() {
	const entry = (look, name, text) => h("li", { title: text || null }, swatch(look), h("span", "", name));
	const plain = (name) => [colours["p-" + name], "none", "#000"];
	$("legend").replaceChildren(
		h("div", "", h("h3", "", "TCP states"), h("ul", "", Object.keys(STATE_LOOK).map((s) => entry(STATE_LOOK[s], s, TCP_STATES[s])))),
		h("div", "", h("h3", "", "TLS states"), h("ul", "", [["C_WAIT_SH", "hello"], ["C13_WAIT_CV", "certificates"], ["C13_WAIT_FINISHED", "finishing"],
			["C13_CONNECTED", "connected"], ["FAILED", "failed"]].map(([s, name]) => entry(tlsLook(s), name)))),
		h("div", "", h("h3", "", "Resources"), h("ul", "", PHASES.map((p) => entry(plain(p), p, PHASE_TEXT[p])))),
		h("div", "", h("h3", "", "Events"), h("ul", "", LAYERS.map((l) => entry([colours[l.toLowerCase()], "none", "#000"], l)))));
}

/* ---- light and dark: as the system has it, unless told otherwise ---- */

const THEMES = ["auto", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = "auto";
try {
	theme = THEMES.includes(localStorage.getItem("handfast-theme")) ? localStorage.getItem("handfast-theme") : "auto";
} catch (e) { /* a page from a file may have no storage */ }
function useTheme() {
	document.documentElement.dataset.theme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
	$("theme").textContent = "Theme: " + theme;
	readColours();
	fillLegend();
	draw();
}
$("theme").addEventListener("click", () => {
	theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
	try {
		localStorage.setItem("handfast-theme", theme);
	} catch (e) { /* then it lasts as long as the page */ }
	useTheme();
	showDetail(selection.kind, selection.number, {});
});
dark.addEventListener("change", useTheme);

/* ---- what belongs to the whole page ---- */

$("legend-open").addEventListener("click", () => {
	const on = $("legend").hidden;
	$("legend").hidden = !on;
	$("legend-open").setAttribute("aria-expanded", String(on));
});

/* ---- the line between time and events ---- */

function split(share) {
	const s = Math.max(0.2, Math.min(0.85, share));
	document.querySelector(".left").style.setProperty("--split", s);
	$("split").setAttribute("aria-valuenow", Math.round(100 * s));
}
$("split").addEventListener("pointerdown", (e) => {
	$("split").setPointerCapture(e.pointerId);
	const box = document.querySelector(".left").getBoundingClientRect();
	const move = (ev) => split((ev.clientY - box.top) / box.height);
	$("split").addEventListener("pointermove", move);
	$("split").addEventListener("lostpointercapture", () => $("split").removeEventListener("pointermove", move), { once: true });
});
$("split").addEventListener("keydown", (e) => {
	const by = { ArrowUp: -5, ArrowDown: 5 }[e.key];
	if (by) {
		e.preventDefault();
		split((Number($("split").getAttribute("aria-valuenow")) + by) / 100);
	}
});
$("about").addEventListener("click", () => select("about", 0, { open: true }));
$("keys").append(h("h2", { id: "keys-title" }, "Keys and pointer"), h("dl", "facts", KEYS.map(([k, what]) => [h("dt", "", k), h("dd", "", what)])),
	h("form", { method: "dialog" }, h("button", { class: "plain-button", autofocus: true }, "Close")));
$("keys").querySelector("form").addEventListener("submit", (e) => {
	e.preventDefault();
	$("keys").close();
});
$("keys-open").addEventListener("click", () => $("keys").showModal());

document.addEventListener("keydown", (e) => {
	const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName);
	if (e.ctrlKey || e.metaKey || e.altKey || $("keys").open)
		return;
	if (e.key === "Escape" && document.body.classList.contains("detail-open")) {
		closeDetail();
	} else if (writing) {
		return;
	} else if (e.key === "/") {
		e.preventDefault();
		$("search").focus();
	} else if (e.key === "?") {
		$("keys").showModal();
	} else if (e.key === "." || e.key === ",") {
		step(e.key === "." ? 1 : -1);
	}
});

onSelect((kind, number) => {
	if (kind === "event")
		reveal(events.at[number]);
	draw();
});

$("app").hidden = false;
fillHead();
fillTrouble();
fillFacts();
useTheme();
split(0.62);
layOut();
showLoad();
search();
showDetail("about", 0, {});
const resized = new ResizeObserver(() => {
	layOut();
	layList();
});
resized.observe(rowsBox);
resized.observe(list);
