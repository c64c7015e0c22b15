/* SPDX-License-Identifier: MIT */
/*
 * The time line: which part of the time is in view (view.begin, view.end), the overview, the axis, and the lanes in view.
 * Labels are elements, for readers and for the keyboard; bars are painted on one canvas over them.
 */

const metrics = { labelWidth: 240, labelHeight: 0 };
const view = { begin: 0, end: 1, left: 0, right: 1, x: (t) => view.left + (t - view.begin) * view.scale, scale: 1 };
const LEAST = 500; /* nanoseconds in view */
const rowsBox = $("rows"), overview = $("overview"), axis = $("axis"), tip = $("tip");
const sheet = h("div", { class: "sheet", "aria-hidden": "true" }), sheetCanvas = h("canvas", "");
const spacer = h("div", "spacer");
sheet.append(sheetCanvas);
rowsBox.append(sheet, spacer);
const shown = new Map(); /* row number -> element */
let active = 0, cursor = null, drawing = 0, totalHeight = 0;
const onWindow = [];
const pad = (length) => length * 0.02;
const range = { begin: -pad(allEnd), end: allEnd + pad(allEnd) };

const MARKS = [["first octet", report.result.first_octet_ns], ["document", report.result.document_ns], ["all", report.result.everything_ns]]
	.filter((m) => m[1] !== null && m[1] !== undefined);

function draw() {
	if (!drawing)
		drawing = requestAnimationFrame(() => {
			drawing = 0;
			drawNow();
		});
}

function setWindow(begin, end) {
	let length = Math.min(Math.max(end - begin, LEAST), range.end - range.begin);
	const middle = (begin + end) / 2;
	begin = Math.max(range.begin, Math.min(middle - length / 2, range.end - length));
	view.begin = begin;
	view.end = begin + length;
	$("window").textContent = time(Math.max(0, Math.round(view.begin))) + " \u2013 " + time(Math.round(view.end)) +
		" (" + time(Math.round(length)) + ")";
	for (const f of onWindow)
		f();
	draw();
}
function showLoad() {
	setWindow(-pad(loadEnd), loadEnd + 3 * pad(loadEnd));
}
function showAll() {
	setWindow(range.begin, range.end);
}
function zoom(factor, around) {
	if (around === undefined)
		around = cursor !== null && cursor >= view.begin && cursor <= view.end ? cursor : (view.begin + view.end) / 2;
	const length = Math.min(Math.max((view.end - view.begin) * factor, LEAST), range.end - range.begin);
	const share = (around - view.begin) / (view.end - view.begin);
	setWindow(around - share * length, around + (1 - share) * length);
}
function pan(share) {
	const by = (view.end - view.begin) * share;
	setWindow(view.begin + by, view.end + by);
}
function reveal(at) {
	if (at < view.begin || at > view.end) {
		const half = (view.end - view.begin) / 2;
		setWindow(at - half, at + half);
	}
}
function timeAt(x) {
	return view.begin + (x - view.left) / view.scale;
}

/* ---- layout ---- */

function layOut() {
	const width = rowsBox.clientWidth;
	metrics.labelWidth = width < 520 ? 0 : width < 900 ? 190 : 250;
	metrics.labelHeight = metrics.labelWidth ? 0 : 16;
	rowsBox.classList.toggle("stacked", !metrics.labelWidth);
	totalHeight = buildRows();
	spacer.style.height = totalHeight + "px";
	for (const e of shown.values())
		e.remove();
	shown.clear();
	active = Math.max(0, Math.min(active, rows.length - 1));
	drawNow();
}

function placeRows(top, bottom) {
	const focused = shown.get(active);
	const keep = focused && focused.contains(document.activeElement) ? active : -1;
	for (const [i, e] of shown)
		if (i !== keep && (rows[i].y + rows[i].height < top || rows[i].y > bottom)) {
			e.remove();
			shown.delete(i);
		}
	for (const row of rows) {
		if (row.y + row.height < top)
			continue;
		if (row.y > bottom)
			break;
		if (!shown.has(row.index))
			shown.set(row.index, makeRow(row));
	}
	for (const [i, e] of shown) {
		e.firstChild.tabIndex = i === active ? 0 : -1;
		e.classList.toggle("selected", isSelected(rows[i]));
	}
	/* The one that Tab goes to may be out of view: then it is the first in view. */
	if (!shown.has(active) && shown.size) {
		active = Math.min(...shown.keys());
		shown.get(active).firstChild.tabIndex = 0;
	}
}

function makeRow(row) {
	const l = labelOf(row);
	const button = h("button", { type: "button", class: "lane-name", tabindex: -1, "aria-label": l.all,
		"aria-expanded": row.kind === "group" ? String(!folded.has(row.key)) : null, title: row.kind === "resource" ? show(report.resource[row.number].url) : null },
		row.kind === "group" ? h("span", "fold") : null,
		l.tag ? h("span", "tag", l.tag) : null,
		l.layer !== undefined ? chip(l.layer) : h("span", "name", l.name),
		l.note ? h("span", "note", l.note) : null,
		l.second ? h("span", "second", l.second) : null);
	button.addEventListener("focus", () => {
		active = row.index;
	});
	button.addEventListener("click", (e) => {
		if (e.detail === 0 || row.kind === "group") /* a pointer's click is the lane's affair */
			open(row);
	});
	const box = h("div", { role: "listitem", class: "lane " + row.kind + (l.bad ? " bad" : "") + (l.quiet ? " quiet" : "") +
		(l.sub ? " sub" : ""), "aria-setsize": rows.length, "aria-posinset": row.index + 1 }, button);
	box.style.top = row.y + "px";
	box.style.height = row.height + "px";
	button.style.width = metrics.labelWidth ? metrics.labelWidth + "px" : "100%";
	if (metrics.labelHeight && row.kind !== "group" && row.kind !== "attempt")
		button.style.height = metrics.labelHeight + "px";
	putInOrder(spacer, shown, row.index, box);
	return box;
}

function isSelected(row) {
	return (row.kind === selection.kind && row.number === selection.number) ||
		(selection.kind === "event" && row.kind === "connection" && events.conn[selection.number] === row.number);
}

function open(row) {
	if (row.kind === "group") {
		if (!folded.delete(row.key))
			folded.add(row.key);
		layOut();
		focusRow(row.index);
	} else if (row.kind === "layer") {
		onlyLayer(row.number);
	} else {
		select(row.kind === "attempt" ? "connection" : row.kind, row.number, { open: true, from: "rows" });
	}
}

function focusRow(i) {
	if (!rows.length)
		return;
	active = Math.max(0, Math.min(i, rows.length - 1));
	const row = rows[active];
	if (row.y < rowsBox.scrollTop)
		rowsBox.scrollTop = row.y;
	else if (row.y + row.height > rowsBox.scrollTop + rowsBox.clientHeight)
		rowsBox.scrollTop = row.y + row.height - rowsBox.clientHeight;
	drawNow();
	const e = shown.get(active);
	if (e)
		e.firstChild.focus({ preventScroll: true });
}

/* ---- painting ---- */

function drawNow() {
	const width = rowsBox.clientWidth, height = rowsBox.clientHeight;
	if (!width)
		return;
	view.left = metrics.labelWidth ? metrics.labelWidth + 8 : 8;
	view.right = width - 10;
	view.scale = (view.right - view.left) / (view.end - view.begin);
	drawOverview(width);
	drawAxis(width);
	const top = rowsBox.scrollTop;
	placeRows(top - 60, top + height + 60);
	const ctx = fit(sheetCanvas, width, height);
	ctx.save();
	ctx.beginPath();
	ctx.rect(view.left - 1, 0, view.right - view.left + 2, height);
	ctx.clip();
	ctx.fillStyle = colours["line-soft"];
	for (const t of ticks())
		ctx.fillRect(Math.round(view.x(t)), 0, 1, height);
	for (const [, at] of MARKS)
		dashed(ctx, view.x(at), height);
	/* Lines belong to the bars: they do not go through names. */
	for (const row of rows) {
		if (row.y + row.height < top || row.y > top + height)
			continue;
		if (row.kind === "group" || (metrics.labelHeight && row.kind !== "attempt"))
			ctx.clearRect(0, row.y - top, width, row.kind === "group" ? row.height : metrics.labelHeight);
	}
	for (const row of rows) {
		if (row.y + row.height < top || row.y > top + height)
			continue;
		painters[row.kind](ctx, view, row, row.y - top + (row.kind === "group" || row.kind === "attempt" ? 0 : metrics.labelHeight));
	}
	drawLines(ctx, height);
	ctx.restore();
}

function dashed(ctx, x, height) {
	ctx.strokeStyle = colours.muted;
	ctx.lineWidth = 1;
	ctx.setLineDash([3, 3]);
	ctx.beginPath();
	ctx.moveTo(Math.round(x) + 0.5, 0);
	ctx.lineTo(Math.round(x) + 0.5, height);
	ctx.stroke();
	ctx.setLineDash([]);
}

/* The pointer's line, and that of the selected event. */
function drawLines(ctx, height) {
	if (selection.kind === "event") {
		ctx.fillStyle = colours.accent;
		ctx.fillRect(Math.round(view.x(events.at[selection.number])) - 0.5, 0, 2, height);
	}
	if (cursor !== null) {
		ctx.fillStyle = colours.cursor;
		ctx.fillRect(Math.round(view.x(cursor)), 0, 1, height);
	}
}

/* Where the axis has its numbers: at 1, 2 or 5 times a power of ten. */
function ticks() {
	const length = view.end - view.begin, room = view.right - view.left;
	const about = length * 90 / room, power = 10 ** Math.floor(Math.log10(about));
	const step = [1, 2, 5, 10].map((k) => k * power).find((s) => s >= about);
	const list = [];
	for (let t = Math.ceil(view.begin / step) * step; t <= view.end; t += step)
		if (t > -step / 2)
			list.push(Math.abs(t) < step / 1e6 ? 0 : t);
	return list;
}

function drawAxis(width) {
	const ctx = fit(axis, width, 36);
	ctx.fillStyle = colours.muted;
	if (metrics.labelWidth)
		ctx.fillText("since the load began", 10, 11);
	for (const t of ticks()) {
		const x = Math.round(view.x(t)), text = time(Math.round(t));
		ctx.fillStyle = colours.line;
		ctx.fillRect(x, 16, 1, 5);
		ctx.fillStyle = colours.text;
		const w = ctx.measureText(text).width;
		ctx.fillText(text, Math.max(view.left, Math.min(x - w / 2, view.right - w)), 10);
	}
	let free = view.left - 2;
	const marks = MARKS.filter(([, at]) => view.x(at) >= view.left - 2 && view.x(at) <= view.right + 2);
	marks.forEach(([name, at], i) => {
		const x = view.x(at), w = ctx.measureText(name).width;
		const next = i + 1 < marks.length ? view.x(marks[i + 1][1]) - 4 : view.right;
		ctx.fillStyle = colours.muted;
		ctx.beginPath();
		ctx.moveTo(x, 36);
		ctx.lineTo(x - 3.5, 30);
		ctx.lineTo(x + 3.5, 30);
		ctx.fill();
		let from = x + 6;
		if (from + w > next && x - w - 6 >= free)
			from = x - w - 6;
		if (from < free || from + w > view.right)
			return;
		ctx.fillText(name, from, 29);
		free = Math.max(from + w + 6, x + 5);
	});
	if (selection.kind === "event")
		flag(ctx, events.at[selection.number], colours.accent, colours.panel);
	if (cursor !== null)
		flag(ctx, cursor, colours.cursor, colours.panel);
}

function flag(ctx, at, fill, ink) {
	const x = view.x(at), text = time(Math.round(at)), w = ctx.measureText(text).width + 10;
	if (x < view.left - 1 || x > view.right + 1)
		return;
	const from = Math.max(view.left, Math.min(x - w / 2, view.right - w));
	ctx.fillStyle = fill;
	ctx.fillRect(from, 2, w, 16);
	ctx.fillRect(Math.round(x), 18, 1, 18);
	ctx.fillStyle = ink;
	ctx.fillText(text, from + 5, 10.5);
}

/* ---- the overview ---- */

const OVERVIEW_HEIGHT = 48;
function overviewX(t) {
	return view.left + (t - range.begin) / (range.end - range.begin) * (view.right - view.left);
}
function overviewTime(x) {
	return range.begin + (x - view.left) / (view.right - view.left) * (range.end - range.begin);
}
function drawOverview(width) {
	const ctx = fit(overview, width, OVERVIEW_HEIGHT);
	ctx.fillStyle = colours.muted;
	if (metrics.labelWidth)
		ctx.fillText("all " + time(allEnd), 10, OVERVIEW_HEIGHT / 2);
	ctx.drawImage(overviewGround(width), 0, 0, width, OVERVIEW_HEIGHT);
	const a = overviewX(view.begin), b = overviewX(view.end);
	ctx.globalAlpha = 0.72;
	ctx.fillStyle = colours.panel;
	ctx.fillRect(view.left, 0, a - view.left, OVERVIEW_HEIGHT);
	ctx.fillRect(b, 0, view.right - b, OVERVIEW_HEIGHT);
	ctx.globalAlpha = 1;
	ctx.strokeStyle = colours.line;
	ctx.lineWidth = 1;
	ctx.strokeRect(view.left + 0.5, 0.5, view.right - view.left - 1, OVERVIEW_HEIGHT - 1);
	ctx.strokeStyle = ctx.fillStyle = colours.accent;
	ctx.strokeRect(a + 0.5, 0.5, Math.max(b - a - 1, 1), OVERVIEW_HEIGHT - 1);
	for (const x of [a, b])
		ctx.fillRect(x - 2.5, OVERVIEW_HEIGHT / 2 - 8, 5, 16);
}

/* All resources as thin lines, and how many events there were: the same until the width or the colours change. */
let ground = null, groundOf = "";
function overviewGround(width) {
	const is = [width, window.devicePixelRatio, colours.bg].join();
	if (groundOf === is)
		return ground;
	groundOf = is;
	ground = document.createElement("canvas");
	const ctx = fit(ground, width, OVERVIEW_HEIGHT);
	ctx.fillStyle = colours.bg;
	ctx.fillRect(view.left, 0, view.right - view.left, OVERVIEW_HEIGHT);
	const lines = report.resource.filter((x) => x.all);
	const step = Math.min(4, 28 / Math.max(lines.length, 1));
	lines.forEach((x, i) => {
		for (let k = 0; k < x.spans.length; k++) {
			const s = x.spans[k], a = overviewX(s.begin);
			ctx.fillStyle = x.fault ? colours.bad : colours["p-" + s.phase];
			ctx.fillRect(a, 3 + i * step, Math.max(overviewX(s.end) - a, 1), Math.max(step - 0.8, 0.8));
		}
	});
	const bins = new Uint32Array(Math.max(1, Math.floor(view.right - view.left)));
	let most = 1;
	for (let i = 0; i < events.n; i++)
		bins[Math.max(0, Math.min(bins.length - 1, Math.floor(overviewX(events.at[i]) - view.left)))]++;
	for (const n of bins)
		most = Math.max(most, n);
	ctx.fillStyle = colours.muted;
	for (let k = 0; k < bins.length; k++)
		if (bins[k]) {
			const t = 3 + 10 * Math.log(1 + bins[k]) / Math.log(1 + most);
			ctx.fillRect(view.left + k, OVERVIEW_HEIGHT - 2 - t, 1, t);
		}
	return ground;
}
