/* SPDX-License-Identifier: MIT */
/*
 * The lanes: what each is called, how high it is, and how it is painted. view_time.js shows those that are in view.
 */

const folded = new Set();
let rows = [];

function buildRows() {
	rows = [];
	let y = 0;
	const add = (row) => {
		row.y = y;
		row.index = rows.length;
		row.height += row.kind === "group" || row.kind === "attempt" ? 0 : metrics.labelHeight;
		y += row.height;
		rows.push(row);
	};
	const group = (key, name, n, fill) => {
		if (!n)
			return;
		add({ kind: "group", key, name, n, height: 26 });
		if (!folded.has(key))
			fill();
	};
	group("layers", "Events", events.n, () => {
		for (let i = 0; i < LAYERS.length; i++)
			if (eventsOf.layer[i].length)
				add({ kind: "layer", number: i, height: 18 });
	});
	group("lookups", "Name lookups", report.lookup.length, () => {
		for (const l of report.lookup)
			add({ kind: "lookup", number: l.number, height: 22 });
	});
	group("connections", "Connections", report.connection.length, () => {
		for (const c of report.connection) {
			add({ kind: "connection", number: c.number, height: c.tlsSpans.length ? 44 : 34 });
			if (c.attempts.length > 1)
				for (let k = 0; k < c.attempts.length; k++)
					add({ kind: "attempt", number: c.number, attempt: k, height: 18 });
		}
	});
	group("resources", "Resources", report.resource.length, () => {
		for (const x of report.resource)
			add({ kind: "resource", number: x.number, height: 22 });
	});
	return y;
}

/* What stands at the left of a lane: {name, note, bad, all}; all: for who cannot see it. */
function labelOf(row) {
	if (row.kind === "group")
		return { name: row.name, note: row.n.toLocaleString("en"), all: row.name + ", " + row.n };
	if (row.kind === "layer") {
		const n = eventsOf.layer[row.number].length;
		return { name: LAYERS[row.number], note: n.toLocaleString("en"), layer: row.number,
			all: LAYERS[row.number] + ": " + many(n, "event") + "; Enter shows only these below" };
	}
	if (row.kind === "lookup") {
		const l = report.lookup[row.number];
		const took = l.end_ns !== null && l.begin_ns !== null ? time(l.end_ns - l.begin_ns) : "no end";
		return { name: show(l.name), tag: recordName(l.record), bad: l.fault, note: took,
			all: "Lookup of " + recordName(l.record) + " of " + show(l.name) + ", " + took + failure(l.fault) };
	}
	if (row.kind === "connection") {
		const c = report.connection[row.number];
		const state = c.tcpSpans.length ? c.tcpSpans.map((s) => s.name).join(", ") : "no state";
		return { name: show(c.host) + ":" + c.port, tag: "#" + c.number, bad: c.fault,
			second: [c.tls ? c.tls.version || "TLS" : "no TLS", many(c.requests, "request")].join(" \u00b7 "),
			all: "Connection " + c.number + " to " + show(c.host) + " port " + c.port + ", " + many(c.requests, "request") +
				"; states of TCP: " + state + failure(c.fault) };
	}
	if (row.kind === "attempt") {
		const c = report.connection[row.number], a = c.attempts[row.attempt];
		return { name: endpoint(a.remote), tag: "try " + (row.attempt + 1), bad: null, sub: true,
			all: "Attempt " + (row.attempt + 1) + " of connection " + row.number + " at " + endpoint(a.remote) + ": " + outcome(a) };
	}
	const x = report.resource[row.number];
	const status = x.status ? String(x.status) : x.not_wanted ? "noted" : x.cached === "fresh" ? "cache" : x.fault ? "failed" : "-";
	return { name: shortUrl(x.url), tag: status, bad: x.fault, quiet: x.not_wanted,
		all: x.kind + " " + shortUrl(x.url) + ", " + (x.status ? "status " + x.status : status) +
			(x.all ? ", " + time(x.all.end - x.all.begin) + " from " + time(x.all.begin) : "") + failure(x.fault) };
}
function failure(f) {
	return f ? "; failed: " + f.sentence : "";
}
function outcome(a) {
	return a.why === "OK" ? "won" : a.why === "ABORTED" ? "given up, another won" : more.statuses[a.why] || show(a.why);
}

/* ---- painting: y is the top of the part below the label ---- */

function paintBar(ctx, view, begin, end, y, height, fill, least = 2) {
	const a = Math.max(view.x(begin), view.left - 4), b = Math.min(view.x(end), view.right + 4);
	if (b < view.left - 3 || a > view.right + 3)
		return null;
	const w = Math.max(b - a, least);
	ctx.fillStyle = fill;
	ctx.fillRect(a, y, w, height);
	return [a, w];
}

function paintName(ctx, text, a, w, y, ink, view) {
	const from = Math.max(a, view.left) + 4, room = Math.min(a + w, view.right) - from - 3;
	if (room < 16)
		return;
	const t = cut(ctx, text, room);
	if (!t)
		return;
	ctx.fillStyle = ink;
	ctx.fillText(t, from, y);
}

/* Marks of events: where there are many in one pixel, the first few of them, so that the work is one of pixels. */
function paintTicks(ctx, view, list, y, height) {
	const names = LAYERS.map((l) => colours[l.toLowerCase()]);
	let pixel = NaN, here = 0, done = 0;
	for (let i = firstAt(list, view.begin); i < list.length && events.at[list[i]] <= view.end; i++) {
		const x = Math.round(view.x(events.at[list[i]]));
		const layer = events.layer[list[i]];
		if (x !== pixel)
			here = done = 0;
		pixel = x;
		if (!(done & (1 << layer))) {
			done |= 1 << layer;
			ctx.fillStyle = names[layer];
			ctx.fillRect(x, y, 1.25, height);
		}
		if (++here === 8)
			i = firstAt(list, view.begin + (x + 0.5 - view.left) / view.scale) - 1;
	}
}

/* Many events in a lane: how many a pixel, as a height. */
function paintDensity(ctx, view, list, y, height, colour) {
	const width = Math.ceil(view.right - view.left) + 1, step = 2;
	const bins = new Uint32Array(Math.ceil(width / step) + 1);
	let most = 1;
	for (let k = 0, i = firstAt(list, view.begin); k < bins.length; k++) {
		const next = firstAt(list, view.begin + (k + 1) * step / view.scale);
		bins[k] = next - i;
		most = Math.max(most, bins[k]);
		i = next;
	}
	ctx.fillStyle = colour;
	for (let k = 0; k < bins.length; k++) {
		if (!bins[k])
			continue;
		const t = Math.max(3, height * (0.35 + 0.65 * Math.log(1 + bins[k]) / Math.log(1 + most)));
		ctx.fillRect(view.left + k * step, y + height - t, step - 0.4, t);
	}
}

const painters = {
	group() {},

	layer(ctx, view, row, y) {
		paintDensity(ctx, view, eventsOf.layer[row.number], y + 2, 13, colours[LAYERS[row.number].toLowerCase()]);
	},

	lookup(ctx, view, row, y) {
		const l = report.lookup[row.number];
		if (l.begin_ns === null)
			return;
		const end = l.end_ns === null ? allEnd : l.end_ns;
		const at = paintBar(ctx, view, l.begin_ns, end, y + 5, 12, l.fault ? colours.bad : colours.dns);
		paintElsewhere(ctx, view, l.begin_ns, end, y + 11);
		if (at)
			paintAfter(ctx, view, at, (l.addresses.length ? l.addresses[0] + (l.addresses.length > 1 ? " +" + (l.addresses.length - 1) : "")
				: l.fault ? l.fault.code : "no address"), y + 11, l.fault);
	},

	connection(ctx, view, row, y) {
		const c = report.connection[row.number];
		if (c.tcpSpans.length)
			paintElsewhere(ctx, view, c.tcpSpans[0].begin, c.tcpSpans[c.tcpSpans.length - 1].end, y + 12);
		for (const s of c.tcpSpans) {
			const look = STATE_LOOK[s.name] || STATE_LOOK.CLOSED;
			const at = paintBar(ctx, view, s.begin, s.end, y + 4, 15, paintOf(ctx, look));
			if (!at)
				continue;
			ctx.fillStyle = colours.panel; /* a gap, so that states of like colours do not run together */
			if (s.begin !== c.tcpSpans[0].begin)
				ctx.fillRect(at[0], y + 4, 1, 15);
			if (at[1] > 3) { /* dark states on a dark page */
				ctx.strokeStyle = colours.edge;
				ctx.lineWidth = 1;
				ctx.strokeRect(at[0] + 1.5, y + 4.5, at[1] - 2, 14);
			}
			if (at[1] > 20) {
				plate(ctx, s.name, at, y + 4, 15, look, view);
				paintName(ctx, s.name, at[0], at[1], y + 12, look[2], view);
			}
		}
		for (const s of c.tlsSpans) {
			const look = tlsLook(s.name), at = paintBar(ctx, view, s.begin, s.end, y + 21, 11, paintOf(ctx, look));
			if (!at)
				continue;
			ctx.fillStyle = colours.panel;
			if (s.begin !== c.tlsSpans[0].begin)
				ctx.fillRect(at[0], y + 21, 1, 11);
			if (at[1] > 20) {
				const font = ctx.font;
				ctx.font = font.replace(/^[\d.]+px/, "9.5px");
				plate(ctx, shortTls(s.name), at, y + 21, 11, look, view);
				paintName(ctx, shortTls(s.name), at[0], at[1], y + 27, look[2], view);
				ctx.font = font;
			}
		}
		paintTicks(ctx, view, eventsOf.connection[row.number], y + (c.tlsSpans.length ? 34 : 22), 7);
		if (c.fault && c.fault.at_ns !== null)
			paintCross(ctx, view, c.fault.at_ns, y + 12);
	},

	attempt(ctx, view, row, y) {
		const a = report.connection[row.number].attempts[row.attempt];
		if (a.begin_ns === null)
			return;
		const won = a.why === "OK", end = a.end_ns === null ? allEnd : a.end_ns;
		const at = paintBar(ctx, view, a.begin_ns, end, y + 5, 8,
			won ? colours.good : a.why === "ABORTED" ? colours.muted : paintOf(ctx, [colours.bad, "cross", "#fff"]));
		if (at)
			paintAfter(ctx, view, at, outcome(a), y + 9, !won && a.why !== "ABORTED");
	},

	resource(ctx, view, row, y) {
		const x = report.resource[row.number];
		if (!x.all)
			return;
		paintElsewhere(ctx, view, x.all.begin, x.all.end, y + 11);
		const whole = paintBar(ctx, view, x.all.begin, x.all.end, y + 9, 4, colours["p-blocked"]);
		for (let k = 1; k < x.spans.length; k++) {
			const s = x.spans[k];
			const tall = s.phase === "wait" || s.phase === "receive";
			paintBar(ctx, view, s.begin, s.end, y + (tall ? 5 : 6), tall ? 12 : 10, colours["p-" + s.phase], 1);
		}
		if (whole) {
			paintAfter(ctx, view, whole, x.fault ? x.fault.code : x.not_wanted ? "noted only" : x.cached === "fresh" ? "from the cache"
				: time(x.all.end - x.all.begin), y + 11, x.fault);
			if (x.fault)
				paintCross(ctx, view, x.all.end, y + 11);
		}
	},
};

/* Where to look for a lane's bar that is not in view. */
function paintElsewhere(ctx, view, begin, end, y) {
	const left = end < view.begin, x = left ? view.left + 3 : view.right - 3;
	if (!left && begin <= view.end)
		return;
	ctx.fillStyle = colours.muted;
	ctx.beginPath();
	ctx.moveTo(x, y);
	ctx.lineTo(x + (left ? 6 : -6), y - 4);
	ctx.lineTo(x + (left ? 6 : -6), y + 4);
	ctx.fill();
}

/* Behind a name on a patterned bar: its own ground, so that it reads. */
function plate(ctx, text, [a, w], y, height, look, view) {
	if (look[1] === "none")
		return;
	const from = Math.max(a, view.left) + 2;
	const room = Math.min(a + w, view.right) - from - 2;
	if (room < 16)
		return;
	const t = cut(ctx, text, room - 5);
	if (!t)
		return;
	ctx.fillStyle = look[0];
	ctx.fillRect(from, y, Math.min(ctx.measureText(t).width + 5, room), height);
}

/* A word behind a bar, or before it when there is no room behind. */
function paintAfter(ctx, view, [a, w], text, y, bad) {
	const width = ctx.measureText(text).width, from = Math.max(a, view.left);
	ctx.fillStyle = bad ? colours.bad : colours.muted;
	const behind = a + w + (bad ? 12 : 6);
	const x = behind + width <= view.right ? behind : from - width - 6;
	if (x < view.left)
		return;
	ctx.strokeStyle = colours.panel; /* an edge around it: lines may cross here */
	ctx.lineWidth = 3;
	ctx.lineJoin = "round";
	ctx.strokeText(text, x, y);
	ctx.fillText(text, x, y);
}

function paintCross(ctx, view, at, y) {
	const x = Math.min(view.x(at), view.right - 5);
	if (x < view.left - 5 || view.x(at) > view.right + 5)
		return;
	ctx.fillStyle = colours.panel;
	ctx.beginPath();
	ctx.arc(x, y, 7, 0, 7);
	ctx.fill();
	ctx.fillStyle = colours.bad;
	ctx.beginPath();
	ctx.arc(x, y, 5.5, 0, 7);
	ctx.fill();
	ctx.strokeStyle = colours.panel;
	ctx.lineWidth = 1.5;
	ctx.beginPath();
	ctx.moveTo(x - 2.2, y - 2.2);
	ctx.lineTo(x + 2.2, y + 2.2);
	ctx.moveTo(x + 2.2, y - 2.2);
	ctx.lineTo(x - 2.2, y + 2.2);
	ctx.stroke();
}

/* ---- what is under the pointer ---- */

/* {title, lines, event}: for the tip, and what a click opens. */
function whatIsAt(row, at, y, near) {
	const inSpan = (s) => at >= s.begin - near && at <= s.end + near;
	const event = nearest(row, at, near);
	if (row.kind === "layer")
		return event === null ? null : { title: LAYERS[row.number], lines: [eventLine(event)], event };
	if (row.kind === "lookup") {
		const l = report.lookup[row.number];
		if (!inSpan({ begin: l.begin_ns, end: l.end_ns === null ? allEnd : l.end_ns }))
			return null;
		return { title: recordName(l.record) + " of " + show(l.name),
			lines: [l.addresses.join(", ") || (l.fault ? l.fault.sentence : "no address"), "from " + show(l.server)] };
	}
	if (row.kind === "attempt") {
		const a = report.connection[row.number].attempts[row.attempt];
		if (!inSpan({ begin: a.begin_ns, end: a.end_ns === null ? allEnd : a.end_ns }))
			return null;
		return { title: endpoint(a.remote), lines: [outcome(a)] };
	}
	if (row.kind === "connection") {
		const c = report.connection[row.number], secure = c.tlsSpans.length > 0;
		const lines = [];
		if (y >= (secure ? 33 : 21) && event !== null)
			return { title: connName(c), lines: [eventLine(event)], event };
		const span = (secure && y >= 20 ? c.tlsSpans : c.tcpSpans).filter(inSpan).pop();
		if (span) {
			lines.push(span.name + (TCP_STATES[span.name] ? ": " + TCP_STATES[span.name] : ""));
			lines.push(time(span.begin) + " to " + (span.open ? "the end" : time(span.end)) +
				(span.open ? "" : ", " + time(span.end - span.begin)));
		}
		return span ? { title: connName(c), lines } : null;
	}
	if (row.kind === "resource") {
		const x = report.resource[row.number];
		if (!x.all || !inSpan(x.all))
			return null;
		const lines = [show(x.method) + " " + show(x.url)];
		for (let k = 1; k < x.spans.length; k++)
			lines.push(x.spans[k].phase + " " + time(x.spans[k].end - x.spans[k].begin));
		if (x.fault)
			lines.push(x.fault.code + ": " + x.fault.sentence);
		return { title: (x.status ? x.status + " " + show(x.reason) + " " : "") + x.kind, lines };
	}
	return null;
}
function eventLine(e) {
	return clock(events.at[e]) + " ms  " + LAYERS[events.layer[e]] + "  " + show(events.name[e]) + ": " + show(events.sentence[e]);
}
function nearest(row, at, near) {
	const list = row.kind === "layer" ? eventsOf.layer[row.number] : row.kind === "connection" ? eventsOf.connection[row.number] : null;
	if (!list || !list.length)
		return null;
	const i = firstAt(list, at);
	let best = null, distance = near;
	for (const k of [i - 1, i]) {
		if (k < 0 || k >= list.length)
			continue;
		const d = Math.abs(events.at[list[k]] - at);
		if (d <= distance) {
			best = list[k];
			distance = d;
		}
	}
	return best;
}
