/* SPDX-License-Identifier: MIT */

const $ = (id) => document.getElementById(id);

/* An element: h("p", "class", child, ...), h("a", {href: ..}, ...). Strings become text, never markup. */
function h(tag, with_, ...children) {
	const e = document.createElement(tag);
	if (typeof with_ === "string" && with_)
		e.className = with_;
	else if (with_)
		for (const [k, v] of Object.entries(with_))
			if (k.startsWith("on"))
				e.addEventListener(k.slice(2), v);
			else if (v !== null && v !== undefined && v !== false)
				e.setAttribute(k, v === true ? "" : v);
	for (const c of children.flat(9))
		if (c !== null && c !== undefined && c !== false)
			e.append(c);
	return e;
}

/* RFC 9293 section 3.5 of "9293 3.5": the one thing here that leads out, and only when it is followed. */
function rfcLink(rfc) {
	const m = /^(\d{1,5})(?: ([A-Z]?[\d.]+))?$/.exec(rfc);
	if (!m)
		return rfc ? h("span", "", "RFC " + show(rfc)) : null;
	const section = m[2] ? (/^[A-Z]/.test(m[2]) ? "#appendix-" : "#section-") + m[2].replace(/\.$/, "") : "";
	return h("a", { href: "https://www.rfc-editor.org/rfc/rfc" + m[1] + section, rel: "noopener noreferrer" },
		"RFC " + m[1] + (m[2] ? ", section " + m[2] : ""));
}

function chip(layer) {
	return h("span", "chip layer-" + LAYERS[layer].toLowerCase(), LAYERS[layer]);
}

function facts(...pairs) {
	const dl = h("dl", "facts");
	for (const [name, value] of pairs) {
		if (value === null || value === undefined || value === "")
			continue;
		dl.append(h("dt", "", name), h("dd", "", value));
	}
	return dl;
}

/* Rows are made as they come into view; who reads the page aloud goes by the order of the elements. */
function putInOrder(box, rows_, n, e) {
	let next = -1;
	for (const k of rows_.keys())
		if (k > n && (next < 0 || k < next))
			next = k;
	box.insertBefore(e, next < 0 ? null : rows_.get(next));
}

/* ---- what is selected: one thing for the whole page ---- */

const selection = { kind: "about", number: 0 };
const listeners = [];
function onSelect(f) {
	listeners.push(f);
}
/* how: {open: it was asked to be opened, from: who asks, so that it need not move} */
function select(kind, number, how = {}) {
	selection.kind = kind;
	selection.number = number;
	for (const f of listeners)
		f(kind, number, how);
}
function link(kind, number, text) {
	return h("button", { type: "button", class: "link", onclick: () => select(kind, number, { open: true }) }, text);
}

/* ---- colours ---- */

/* The canvases paint with what the style sheet says. */
const colours = {};
function readColours() {
	const style = getComputedStyle(document.documentElement);
	for (const name of ["bg", "panel", "line", "line-soft", "text", "muted", "accent", "bad", "good", "cursor", "edge",
		"dns", "tcp", "tls", "http", "page", "p-blocked", "p-dns", "p-connect", "p-tls", "p-send", "p-wait", "p-receive"])
		colours[name] = style.getPropertyValue("--" + name).trim();
	paints.clear();
}

/*
 * A state's fill, the pattern drawn over it, and the colour of its name. The eleven differ in lightness and in pattern as
 * well as in hue, so that they can be told apart without colours.
 */
const STATE_LOOK = {
	CLOSED: ["#4a4e55", "none", "#fff"],
	LISTEN: ["#d7dbe0", "dots", "#1c1e21"],
	SYN_SENT: ["#f6c453", "up", "#1c1e21"],
	SYN_RECEIVED: ["#d9730d", "down", "#fff"],
	ESTABLISHED: ["#2c8a50", "none", "#fff"],
	FIN_WAIT_1: ["#b3d4f8", "vertical", "#1c1e21"],
	FIN_WAIT_2: ["#5a9ae0", "horizontal", "#111"],
	CLOSING: ["#8e2f6f", "cross", "#fff"],
	TIME_WAIT: ["#cdbdf0", "dots", "#1c1e21"],
	CLOSE_WAIT: ["#0f6b75", "up", "#fff"],
	LAST_ACK: ["#1d3a66", "down", "#fff"],
};
function tlsLook(name) {
	if (/CONNECTED/.test(name))
		return ["#7d55c7", "none", "#fff"];
	if (/FAILED|ALERT|CLOSED/.test(name))
		return ["#b3261e", "cross", "#fff"];
	if (/WAIT_(SH|CH|EE)|START|handshake/.test(name))
		return ["#f1d9f7", "up", "#1c1e21"];
	if (/CERT|CV|STATUS/.test(name))
		return ["#d79be3", "horizontal", "#1c1e21"];
	return ["#b06fd0", "down", "#111"];
}
const PHASE_TEXT = {
	blocked: "known, and waiting for a connection",
	dns: "name lookup",
	connect: "TCP handshake",
	tls: "TLS handshake",
	send: "request sent",
	wait: "waiting for the first octet",
	receive: "answer received",
};

const paints = new Map();
/* A canvas pattern of a fill and its pattern, for this context's scale. */
function paintOf(ctx, [fill, pattern, ink]) {
	if (pattern === "none")
		return fill;
	const key = fill + pattern;
	let tile = paints.get(key);
	if (!tile) {
		tile = document.createElement("canvas");
		tile.width = tile.height = 8;
		const t = tile.getContext("2d");
		t.fillStyle = fill;
		t.fillRect(0, 0, 8, 8);
		t.strokeStyle = t.fillStyle = ink;
		t.globalAlpha = 0.34;
		t.lineWidth = 1.4;
		t.beginPath();
		if (pattern === "up" || pattern === "cross")
			for (const d of [-8, 0, 8]) {
				t.moveTo(d, 8);
				t.lineTo(d + 8, 0);
			}
		if (pattern === "down" || pattern === "cross")
			for (const d of [-8, 0, 8]) {
				t.moveTo(d, 0);
				t.lineTo(d + 8, 8);
			}
		if (pattern === "vertical") {
			t.moveTo(4, 0);
			t.lineTo(4, 8);
		}
		if (pattern === "horizontal") {
			t.moveTo(0, 4);
			t.lineTo(8, 4);
		}
		t.stroke();
		if (pattern === "dots")
			for (const [x, y] of [[2, 2], [6, 6]]) {
				t.beginPath();
				t.arc(x, y, 1.2, 0, 7);
				t.fill();
			}
		paints.set(key, tile);
	}
	return ctx.createPattern(tile, "repeat");
}

/* Gives a canvas as many pixels as the screen has there. */
function fit(canvas, width, height) {
	const scale = window.devicePixelRatio || 1;
	const w = Math.max(1, Math.round(width * scale)), t = Math.max(1, Math.round(height * scale));
	if (canvas.width !== w || canvas.height !== t) {
		canvas.width = w;
		canvas.height = t;
		canvas.style.width = width + "px";
		canvas.style.height = height + "px";
	}
	const ctx = canvas.getContext("2d");
	ctx.setTransform(scale, 0, 0, scale, 0, 0);
	ctx.clearRect(0, 0, width, height);
	ctx.font = "11px " + getComputedStyle(document.body).fontFamily;
	ctx.textBaseline = "middle";
	return ctx;
}

/* As much of a text as fits, ending in dots; "" when too little would. */
function cut(ctx, text, width) {
	if (ctx.measureText(text).width <= width)
		return text;
	let n = Math.floor(text.length * width / ctx.measureText(text).width);
	while (n > 1 && ctx.measureText(text.slice(0, n) + "\u2026").width > width)
		n--;
	return n > 3 ? text.slice(0, n) + "\u2026" : "";
}

const debounce = (f, ms) => {
	let timer = 0;
	return (...args) => {
		clearTimeout(timer);
		timer = setTimeout(() => f(...args), ms);
	};
};
