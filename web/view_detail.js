/* SPDX-License-Identifier: MIT */
/* What is selected, in full. */

const detail = $("detail");

function faultCard(f) {
	return h("div", "fault",
		h("p", "code", f.code),
		h("p", "says", sentenceCase(says(f))),
		f.advice ? h("p", "try", h("b", "", "What to try: "), f.advice + ".") : null,
		facts(["step", f.step], ["side", f.side], ["state", f.state ? h("code", "", show(f.state)) : null], ["after", f.at_ns === null ? null : time(f.at_ns)],
			["rule", f.rfc ? rfcLink(f.rfc) : null],
			["event", f.event !== null && f.event < events.n ? link("event", f.event, show(events.name[f.event])) : null],
			["more", h("code", "", "handfast explain " + f.code)]));
}
/* What went wrong, in one sentence. */
function says(f) {
	return f.sentence + (f.detail ? ": " + show(f.detail) : "") + ".";
}
function sentenceCase(s) {
	return s.charAt(0).toUpperCase() + s.slice(1);
}

function head(kind, title, ...more_) {
	return [h("p", "kind", kind), h("h2", "", title), ...more_];
}

/* A row of octets: place, hexadecimal, ASCII. */
function hexDump(bytes) {
	const lines = [], wide = detail.clientWidth > 560 ? 16 : 8;
	for (let i = 0; i < bytes.length; i += wide) {
		const part = [...bytes.subarray(i, i + wide)];
		const hex = part.map((b) => b.toString(16).padStart(2, "0"));
		lines.push(i.toString(16).padStart(4, "0") + "  " + (hex.slice(0, 8).join(" ") + "  " + hex.slice(8).join(" ")).padEnd(3 * wide + 1) + " " +
			part.map((b) => (b > 0x1f && b < 0x7f ? String.fromCharCode(b) : ".")).join(""));
	}
	return h("pre", { class: "hex", tabindex: 0, "aria-label": "Octets, hexadecimal and ASCII" }, lines.join("\n"));
}

const details = {
	about() {
		const r = report.result;
		const kinds = Object.entries(r.kinds || {}).filter(([, k]) => k.requests);
		return [head("the load", show(r.title) || show(report.schema.url)),
			facts(["asked for", show(report.schema.url)], ["came to", r.final_url !== report.schema.url ? show(r.final_url) : null],
				["begun", show(report.schema.started)], ["over", show(report.schema.net)], ["charset", show(r.charset)],
				["first octet", time(r.first_octet_ns)], ["document", time(r.document_ns)], ["everything", time(r.everything_ns)],
				["connections", r.connections + (r.connections_failed ? ", " + r.connections_failed + " failed" : "") +
					(r.connections_resumed ? ", " + r.connections_resumed + " resumed" : "")],
				["octets", size(r.octets_in) + " in, " + size(r.octets_out) + " out"],
				["painted by", r.engine ? show(r.engine) + (r.paint_ns ? " in " + time(r.paint_ns) + ", " + r.paint_width + " x " + r.paint_height : "") : null],
				["limit met", r.limit ? show(r.limit) : null], ["exit code", String(r.exit)]),
			kinds.length ? [h("h3", "", "By kind"), table(["kind", "requests", "on the wire", "decoded", "failed"],
				kinds.map(([name, k]) => [name, String(k.requests), size(k.octets_wire), size(k.octets), k.failed ? String(k.failed) : ""]), [1, 2, 3, 4])] : null,
			chains(),
			report.resource.length ? [h("h3", "", "Slowest"), h("ul", "plain-list", [...report.resource].filter((x) => x.all && !x.not_wanted)
				.sort((a, b) => b.all.end - b.all.begin - (a.all.end - a.all.begin)).slice(0, 5)
				.map((x) => h("li", "", link("resource", x.number, shortUrl(x.url)), " ", h("span", "muted", time(x.all.end - x.all.begin)))))] : null];
	},

	event(i) {
		const bytes = bytesOf(i), c = events.conn[i], x = events.resource[i];
		return [head("event " + (i + 1).toLocaleString("en") + " of " + events.n.toLocaleString("en"), show(events.name[i])),
			h("p", "says", sentenceCase(show(events.sentence[i]))),
			h("div", "steps",
				h("button", { type: "button", class: "plain-button", "aria-label": "The event before", onclick: () => step(-1) }, "\u2190 before"),
				h("button", { type: "button", class: "plain-button", "aria-label": "The event after", onclick: () => step(1) }, "after \u2192")),
			facts(["at", clock(events.at[i]) + " ms"], ["layer", chip(events.layer[i])], ["by", SIDES[events.side[i]]],
				["state then", c >= 0 && c < report.connection.length ? stateAt(report.connection[c], events.at[i]) : null],
				["connection", c >= 0 && c < report.connection.length ? link("connection", c, connName(report.connection[c])) : null],
				["resource", x >= 0 && x < report.resource.length ? link("resource", x, shortUrl(report.resource[x].url)) : null],
				["rule", events.rfc[i] ? rfcLink(events.rfc[i]) : null],
				["octets", events.octets[i] ? many(events.octets[i], "octet") : null]),
			bytes ? [h("h3", "", "Octets" + (bytes.length < events.octets[i] ? ", the first " + bytes.length : "")), hexDump(bytes)]
				: events.octets[i] ? h("p", "muted", "Its octets are not kept in this page; --pcap writes all of them.") : null];
	},

	connection(n) {
		const c = report.connection[n], t = c.tls;
		const used = report.resource.filter((x) => x.connection === n);
		const states = [...c.tcpSpans.map((s) => ["TCP", s]), ...c.tlsSpans.map((s) => ["TLS", s])].sort((a, b) => a[1].begin - b[1].begin);
		return [head("connection " + n, show(c.host) + ":" + c.port),
			c.fault ? faultCard(c.fault) : null,
			facts(["from", endpoint(c.local)], ["to", endpoint(c.remote)],
				["lookup", c.lookup !== null && c.lookup < report.lookup.length ? link("lookup", c.lookup, show(report.lookup[c.lookup].name)) : null],
				["connect", took(c.connect_begin_ns, c.connect_end_ns)], ["TLS handshake", t ? took(t.begin_ns, t.end_ns) : "none: http"],
				["TLS", t && t.version ? [t.version, t.suite, t.group, t.scheme].filter(Boolean).map(show).join(", ") : null],
				["ALPN", t && t.alpn ? show(t.alpn) : null], ["resumed", t && t.resumed ? "yes" : null],
				["octets", size(c.octets_in) + " in, " + size(c.octets_out) + " out"],
				["closed", c.closed_ns === null ? "not while we watched" : time(c.closed_ns) + ", " + (c.closed_by_us ? "by us first" : "by the server first")]),
			h("div", "steps", h("button", { type: "button", class: "plain-button", onclick: () => onlyConn(n) },
				"Show its " + many(eventsOf.connection[n].length, "event"))),
			c.attempts.length > 1 ? [h("h3", "", "Addresses that were tried"), table(["address", "begin", "took", "outcome"],
				c.attempts.map((a) => [endpoint(a.remote), time(a.begin_ns), took(a.begin_ns, a.end_ns), outcome(a)]), [1, 2])] : null,
			states.length ? [h("h3", "", "States"), h("ol", "states", states.map(([machine, s]) => h("li", "",
				swatch(machine === "TCP" ? STATE_LOOK[s.name] || STATE_LOOK.CLOSED : tlsLook(s.name)),
				h("div", "", h("b", "", machine === "TCP" ? s.name : shortTls(s.name)), h("span", "muted", " " + machine + " at " + time(s.begin) +
					(s.name === "CLOSED" ? "" : s.open ? ", to the end" : ", for " + time(s.end - s.begin))),
				TCP_STATES[s.name] ? h("p", "", sentenceCase(TCP_STATES[s.name]) + ".") : null))))] : null,
			t && t.chain ? [h("h3", "", "Certificates"), chainCards(t.chain)] : null,
			used.length ? [h("h3", "", "What it carried"), h("ul", "plain-list", used.slice(0, 50).map((x) => h("li", "",
				link("resource", x.number, shortUrl(x.url)), " ", h("span", x.fault ? "bad-text" : "muted", x.status ? String(x.status) : "no answer")))),
				used.length > 50 ? h("p", "muted", "and " + (used.length - 50) + " more") : null] : null];
	},

	resource(n) {
		const x = report.resource[n];
		const own = eventsOf.resource[n];
		return [head(x.kind, shortUrl(x.url)),
			h("p", "url", show(x.url)),
			x.fault ? faultCard(x.fault) : null,
			x.note ? h("p", "muted", sentenceCase(show(x.note)) + ".") : null,
			facts(["status", x.status ? x.status + " " + show(x.reason) : null], ["method", show(x.method)], ["type", [show(x.mime), show(x.charset)].filter(Boolean).join(", ")],
				["coding", show(x.coding)], ["cache", x.cached === "fresh" ? "used without asking" : x.cached === "validated" ? "asked, and still good" : null],
				["on the wire", x.octets_wire ? size(x.octets_wire) : null], ["decoded", x.octets && x.octets !== x.octets_wire ? size(x.octets) : null],
				["picture", x.width ? x.width + " x " + x.height : null],
				["connection", x.connection !== null && x.connection < report.connection.length ? [link("connection", x.connection, connName(report.connection[x.connection])),
					x.made_connection ? " made for it" : " used again"] : null],
				["asked for by", x.parent !== null && x.parent < report.resource.length ? link("resource", x.parent, shortUrl(report.resource[x.parent].url)) : null],
				["redirected from", x.redirected_from !== null && x.redirected_from < report.resource.length
					? link("resource", x.redirected_from, shortUrl(report.resource[x.redirected_from].url)) : null],
				["leads to", x.location ? show(x.location) : null]),
			x.all ? [h("h3", "", "Time: " + time(x.all.end - x.all.begin) + " from " + time(x.all.begin)), phaseTable(x)] : null,
			x.request_head ? [h("h3", "", "Request"), h("pre", { class: "head", tabindex: 0 }, showLines(x.request_head))] : null,
			x.response_head ? [h("h3", "", "Response"), h("pre", { class: "head", tabindex: 0 }, showLines(x.response_head))] : null,
			own.length ? [h("h3", "", "Events"), h("ul", "plain-list", own.slice(0, 20).map((i) => h("li", "",
				h("span", "muted", clock(events.at[i]) + " "), link("event", i, show(events.name[i])))),
				own.length > 20 ? h("li", "muted", "and " + (own.length - 20) + " more") : null)] : null];
	},

	lookup(n) {
		const l = report.lookup[n];
		return [head("name lookup", show(l.name)),
			l.fault ? faultCard(l.fault) : null,
			facts(["record", recordName(l.record)], ["addresses", l.addresses.join(", ")], ["alias of", l.canonical ? show(l.canonical) : null],
				["answered by", show(l.server)], ["over", l.tcp ? "TCP" : null], ["tries", String(l.tries)],
				["begin", time(l.begin_ns)], ["took", took(l.begin_ns, l.end_ns)], ["may be kept for", l.ttl_s ? l.ttl_s + " s" : null],
				["rcode", l.rcode ? String(l.rcode) : null])];
	},
};

function took(begin, end) {
	return begin === null ? "did not happen" : end === null ? "did not end" : time(end - begin);
}
function showLines(s) {
	return s.split(/\r?\n/).map(show).join("\n").trimEnd();
}
function stateAt(c, at) {
	const find = (spans) => spans.filter((s) => s.begin <= at).pop();
	const tcp = find(c.tcpSpans), tls = find(c.tlsSpans);
	return [tcp ? tcp.name : null, tls ? shortTls(tls.name) : null].filter(Boolean).join(", ");
}
function step(by) {
	if (selection.kind !== "event")
		goTo(place, { open: true, from: "list" });
	else
		goTo(place + by, { open: true, from: "list" });
}

function table(columns, lines, right) {
	const is = (k) => (right.includes(k) ? "n" : "");
	return h("div", "scroll", h("table", "", h("thead", "", h("tr", "", columns.map((c, k) => h("th", { scope: "col", class: is(k) }, c)))),
		h("tbody", "", lines.map((l) => h("tr", "", l.map((v, k) => h("td", is(k), v)))))));
}

function phaseTable(x) {
	const box = h("div", "phases");
	const whole = Math.max(1, x.all.end - x.all.begin);
	for (const name of PHASES) {
		const length = (x.phases_ns || {})[name];
		if (!length)
			continue;
		const s = x.spans.find((p, k) => k > 0 && p.phase === name);
		const bar = h("i", "p-" + name);
		bar.style.left = (s ? (s.begin - x.all.begin) / whole * 100 : 0) + "%";
		bar.style.width = Math.max(0.6, length / whole * 100) + "%";
		box.append(h("span", { title: PHASE_TEXT[name] }, name), h("span", { class: "track", "aria-hidden": "true" }, s || name === "blocked" ? bar : null),
			h("span", "n", time(length)));
	}
	return box;
}

function swatch(look, width = 26, height = 14) {
	const c = h("canvas", { class: "swatch", "aria-hidden": "true" });
	const ctx = fit(c, width, height);
	ctx.fillStyle = paintOf(ctx, look);
	ctx.fillRect(0, 0, width, height);
	return c;
}

/* ---- certificates ---- */

function chainCards(chain) {
	return h("ol", { class: "chain", "aria-label": "Certificate chain, the server's own first" }, chain.chain.map((c, i) => {
		const bad = c.fault !== "good" && c.fault !== null;
		const role = i === 0 ? "the server's own" : c.from === "store" ? "root, from our trust store" : c.self_signed ? "self-signed" : "intermediate";
		return h("li", "card" + (bad || (!chain.trusted && chain.at === i) ? " bad" : ""),
			h("p", "role", role),
			h("h4", "", show(c.subject)),
			facts(["names", show(c.names)], ["issuer", c.self_signed ? "itself" : show(c.issuer)],
				["valid", show(c.not_before).slice(0, 10) + " to " + show(c.not_after).slice(0, 10) + validity(c, chain.time_unix)],
				["key", show(c.key)], ["signature", show(c.signature)], ["serial", h("code", "", show(c.serial))],
				["SHA-256", h("code", "", (show(c.sha256).match(/.{1,4}/g) || []).join(" "))],
				["may sign", c.is_ca ? "yes, it is an authority" : "no"]),
			bad || (!chain.trusted && chain.at === i) ? h("p", "wrong", "\u2717 " + show(bad ? c.fault : chain.fault) + ": " + show(chain.sentence) +
				(chain.detail ? ": " + show(chain.detail) : "") + ".") : null);
	}), h("li", "verdict " + (chain.trusted ? "good" : "bad"), chain.trusted ? "\u2713 Trusted: the chain ends at an authority we know"
		: "\u2717 Not trusted: " + show(chain.sentence) + (chain.advice ? ". " + sentenceCase(show(chain.advice)) : "") + "."));
}
function validity(c, now) {
	const day = 86400;
	if (!now)
		return "";
	if (now > c.not_after_unix)
		return ", expired " + many(Math.floor((now - c.not_after_unix) / day), "day") + " before";
	if (now < c.not_before_unix)
		return ", not for another " + many(Math.ceil((c.not_before_unix - now) / day), "day");
	return ", " + many(Math.floor((c.not_after_unix - now) / day), "day") + " left";
}
/* Each chain once, however many connections were shown it. */
function chains() {
	const seen = new Map();
	for (const c of report.connection)
		if (c.tls && c.tls.chain && c.tls.chain.chain.length) {
			const key = c.tls.chain.chain[0].sha256 + c.tls.chain.fault + c.tls.chain.name;
			seen.set(key, [...(seen.get(key) || []), c]);
		}
	return seen.size ? [h("h3", "", "Certificates"), [...seen.values()].map((cs) => h("details", { class: "chain-of", open: !cs[0].tls.chain.trusted },
		h("summary", "", show(cs[0].tls.chain.name || cs[0].host), h("span", cs[0].tls.chain.trusted ? "good-text" : "bad-text",
			cs[0].tls.chain.trusted ? " \u2713 trusted" : " \u2717 " + show(cs[0].tls.chain.fault)),
			h("span", "muted", " connection" + (cs.length > 1 ? "s " : " ") + cs.slice(0, 8).map((c) => "#" + c.number).join(" "))),
		chainCards(cs[0].tls.chain)))] : null;
}

/* ---- showing it ---- */

const flat = (list_) => list_.flat(9).filter((c) => c !== null && c !== undefined && c !== false);
function showDetail(kind, number, how) {
	const close = h("button", { type: "button", class: "close square", "aria-label": "Close the details", onclick: closeDetail }, "\u00d7");
	detail.replaceChildren(close, ...flat(details[kind](number)));
	detail.scrollTop = 0;
	if (how.open) {
		document.body.classList.add("detail-open");
		if (how.focus)
			detail.focus({ preventScroll: true });
	}
}
let opener = null;
function closeDetail() {
	document.body.classList.remove("detail-open");
	if (opener && opener.isConnected)
		opener.focus({ preventScroll: true });
}
onSelect((kind, number, how) => {
	if (how.open && !detail.contains(document.activeElement))
		opener = document.activeElement;
	const inside = detail.contains(document.activeElement);
	showDetail(kind, number, { ...how, focus: inside });
});
