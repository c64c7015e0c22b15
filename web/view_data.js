/* SPDX-License-Identifier: MIT */
/*
 * The report as it was written into the page: the lines of `handfast page --json` and, in columns, the events. Times are
 * nanoseconds since the load began; null: it did not happen. Every string in it may come from a stranger: it goes into the
 * page through textContent and show() only, never as markup.
 */

const more = JSON.parse(document.getElementById("more").textContent);
const report = { lookup: [], connection: [], resource: [], result: {}, schema: {} };
for (const line of document.getElementById("report").textContent.split("\n")) {
	if (!line)
		continue;
	const o = JSON.parse(line);
	if (o.schema)
		report.schema = o;
	else if (o.type === "result")
		report.result = o;
	else
		report[o.type].push(o);
}
for (const id of ["more", "report"]) /* their text is not needed twice */
	document.getElementById(id).remove();

const LAYERS = more.layers, SIDES = more.sides, PHASES = more.phases;
const events = more.events;
events.n = events.at.length;
events.at = Float64Array.from(events.at);

/* The numbers of the events of each thing, in the order of time. */
function index(column, n) {
	const lists = Array.from({ length: n }, () => []);
	for (let i = 0; i < events.n; i++)
		if (column[i] >= 0 && column[i] < n)
			lists[column[i]].push(i);
	return lists;
}
const eventsOf = {
	connection: index(events.conn, report.connection.length),
	resource: index(events.resource, report.resource.length),
	layer: index(events.layer, LAYERS.length),
};

/* The first place in a list of events that is not before this time. */
function firstAt(list, at) {
	let low = 0, high = list.length;
	while (low < high) {
		const mid = (low + high) >> 1;
		if (events.at[list[mid]] < at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Where the load ended, and where everything that is known of ended: connections wait on for a while. */
const loadEnd = (() => {
	let end = report.result.everything_ns || 0;
	if (!end) {
		for (const x of report.resource)
			end = Math.max(end, x.done_ns || 0);
		if (!end && events.n)
			end = events.at[events.n - 1];
	}
	return Math.max(end, 1000);
})();
const allEnd = (() => {
	let end = loadEnd;
	for (let i = 0; i < events.n; i++)
		end = Math.max(end, events.at[i]);
	for (const c of report.connection) {
		end = Math.max(end, c.closed_ns || 0);
		for (const s of c.states)
			end = Math.max(end, s.at_ns || 0);
		for (const a of c.attempts)
			end = Math.max(end, a.end_ns || 0);
	}
	for (const l of report.lookup)
		end = Math.max(end, l.end_ns || 0);
	return end;
})();

/* The spans of one of a connection's machines: {name, begin, end, open}; open: it was in that state to the last. */
function statesOf(c, machine) {
	const spans = [];
	for (const s of c.states) {
		if (s.machine !== machine || s.at_ns === null)
			continue;
		const last = spans[spans.length - 1];
		if (last && last.open) {
			last.end = s.at_ns;
			last.open = false;
		}
		/* Only changes are told: how a handshake began is not. */
		if (!spans.length && machine === "tls" && c.tls && c.tls.begin_ns !== null && c.tls.begin_ns < s.at_ns)
			spans.push({ name: "handshake", begin: c.tls.begin_ns, end: s.at_ns, open: false });
		spans.push({ name: s.state, begin: s.at_ns, end: allEnd, open: true });
	}
	const last = spans[spans.length - 1];
	if (last) {
		const tls = machine === "tls" && c.closed_ns !== null;
		if (tls || (c.closed_ns !== null && c.closed_ns > last.begin && last.name !== "CLOSED")) {
			last.end = Math.max(c.closed_ns, last.begin);
			last.open = false;
		}
		if (last.name === "CLOSED") {
			last.end = last.begin;
			last.open = false;
		}
	}
	return spans;
}
for (const c of report.connection) {
	c.tcpSpans = statesOf(c, "tcp");
	c.tlsSpans = statesOf(c, "tls");
}
for (const x of report.resource) {
	const flat = more.spans[x.number] || [];
	x.spans = [];
	for (let k = 0; k + 2 < flat.length; k += 3)
		x.spans.push({ phase: PHASES[flat[k]], begin: flat[k + 1], end: flat[k + 2] });
	x.all = x.spans.length ? x.spans[0] : null;
}

/* What TCP's states mean (RFC 9293 3.3.2), for us. */
const TCP_STATES = {
	LISTEN: "waits for anybody's SYN",
	SYN_SENT: "our SYN is out; waits for its answer",
	SYN_RECEIVED: "both SYNs have been seen; waits for the ACK of ours",
	ESTABLISHED: "data flows both ways",
	FIN_WAIT_1: "we have closed; waits for the ACK of our FIN, or the other's FIN",
	FIN_WAIT_2: "our FIN is acknowledged; waits for the other's FIN",
	CLOSE_WAIT: "the other has closed; our side has not yet",
	CLOSING: "both have closed at once; waits for the ACK of our FIN",
	LAST_ACK: "the other closed first, now we have; waits for the ACK of our FIN",
	TIME_WAIT: "all is acknowledged; waits until no old segment can be on its way any more",
	CLOSED: "there is no connection",
};

/* ---- as people read it ---- */

/* What cannot be seen, or turns text around, made visible. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;
function show(s) {
	return String(s === null || s === undefined ? "" : s).replace(UNSEEN,
		(c) => "<U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0") + ">");
}

function time(ns) {
	if (ns === null || ns === undefined)
		return "-";
	const a = Math.abs(ns);
	if (a === 0)
		return "0 ms";
	if (a < 1e3)
		return ns + " ns";
	if (a < 1e6)
		return three(ns / 1e3) + " \u00b5s";
	if (a < 1e9)
		return three(ns / 1e6) + " ms";
	return three(ns / 1e9) + " s";
}
function three(v) {
	const a = Math.abs(v);
	const s = v.toFixed(a < 10 ? 2 : a < 100 ? 1 : 0);
	return s.includes(".") ? s.replace(/\.?0+$/, "") : s;
}
/* A point in time: all of them with the same number of digits, so that they stand below each other. */
function clock(ns) {
	return (ns / 1e6).toFixed(3);
}
function size(n) {
	if (n < 1000)
		return n + " B";
	if (n < 1e6)
		return three(n / 1e3) + " kB";
	return three(n / 1e6) + " MB";
}
function many(n, one, several) {
	return n.toLocaleString("en") + " " + (n === 1 ? one : several || one + "s");
}
function endpoint(e) {
	if (!e)
		return "";
	return (e.addr.includes(":") ? "[" + e.addr + "]" : e.addr) + ":" + e.port;
}
/* The last part of a URL's path, as lists of requests name them. */
function shortUrl(url) {
	const s = show(url);
	if (s.startsWith("data:"))
		return s.slice(0, 40);
	const m = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?/i.exec(s);
	if (!m)
		return s;
	const name = m[2].replace(/\/$/, "").split("/").pop();
	return (name || m[1]) + (m[2].endsWith("/") ? "/" : "") + (m[3] || "");
}
function recordName(type) {
	return type === 28 ? "AAAA" : type === 1 ? "A" : "type " + type;
}
/* "C13_WAIT_CV" is WAIT_CV of a client of TLS 1.3: the prefix is known anyway. */
function shortTls(name) {
	return name.replace(/^[CS](1[23])?_/, "");
}
function connName(c) {
	return "#" + c.number + " " + show(c.host) + ":" + c.port;
}

/* Octets of an event: a Uint8Array, or null when the page does not have them. */
function bytesOf(i) {
	if (!events.bytes[i])
		return null;
	return Uint8Array.from(atob(events.bytes[i]), (c) => c.charCodeAt(0));
}
