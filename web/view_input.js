/* SPDX-License-Identifier: MIT */
/* Pointer, wheel and keys over the time line. */

/* ---- the lanes: drag moves, a pinch or the wheel with Ctrl zooms, a click opens ---- */

const pointers = new Map();
let drag = null;
function inTrack(e) {
	const box = rowsBox.getBoundingClientRect();
	return { x: e.clientX - box.left, y: e.clientY - box.top, lane: e.clientY - box.top + rowsBox.scrollTop };
}
function rowAt(y) {
	return rows.find((r) => y >= r.y && y < r.y + r.height) || null;
}
function hit(p) {
	const row = rowAt(p.lane);
	if (!row)
		return null;
	const top = row.kind === "group" || row.kind === "attempt" ? 0 : metrics.labelHeight;
	return { row, what: p.x >= view.left - 4 ? whatIsAt(row, timeAt(p.x), p.lane - row.y - top, 5 / view.scale) : null };
}

rowsBox.addEventListener("pointerdown", (e) => {
	if (e.button !== 0 || e.target === rowsBox)
		return; /* the scroll bar */
	const p = inTrack(e);
	pointers.set(e.pointerId, p.x);
	if (pointers.size === 2) {
		const [a, b] = [...pointers.values()];
		drag = { pinch: Math.max(20, Math.abs(a - b)), at: timeAt((a + b) / 2), length: view.end - view.begin, moved: true };
		return;
	}
	drag = { x: e.clientX, y: e.clientY, begin: view.begin, end: view.end, moved: false };
});
window.addEventListener("pointermove", (e) => {
	if (!drag || !pointers.has(e.pointerId))
		return;
	if (drag.pinch) {
		pointers.set(e.pointerId, inTrack(e).x);
		const [a, b] = [...pointers.values()];
		const length = drag.length * drag.pinch / Math.max(20, Math.abs(a - b));
		const share = ((a + b) / 2 - view.left) / (view.right - view.left);
		setWindow(drag.at - share * length, drag.at + (1 - share) * length);
		return;
	}
	const by = e.clientX - drag.x;
	if (!drag.moved && Math.abs(by) < 5)
		return;
	drag.moved = true;
	rowsBox.classList.add("dragging");
	hideTip();
	setWindow(drag.begin - by / view.scale, drag.end - by / view.scale);
});
function release(e, clicked) {
	if (!pointers.delete(e.pointerId))
		return;
	const was = drag;
	if (!pointers.size) {
		drag = null;
		rowsBox.classList.remove("dragging");
	}
	if (!clicked || !was || was.moved || Math.abs(e.clientY - was.y) > 6)
		return;
	const at = hit(inTrack(e));
	if (!at || at.row.kind === "group")
		return;
	active = at.row.index;
	if (at.what && at.what.event !== undefined && at.what.event !== null)
		select("event", at.what.event, { open: true, from: "rows" });
	else if (at.row.kind !== "layer" || inTrack(e).x < view.left)
		open(at.row);
	draw();
}
window.addEventListener("pointerup", (e) => release(e, true));
window.addEventListener("pointercancel", (e) => release(e, false));

rowsBox.addEventListener("pointermove", (e) => {
	if (drag && drag.moved)
		return;
	const p = inTrack(e);
	cursor = p.x >= view.left && p.x <= view.right ? timeAt(p.x) : null;
	const at = e.pointerType === "touch" ? null : hit(p);
	if (at && at.what && cursor !== null)
		showTip(at.what, e.clientX, e.clientY);
	else
		hideTip();
	draw();
});
rowsBox.addEventListener("pointerleave", () => {
	cursor = null;
	hideTip();
	draw();
});
rowsBox.addEventListener("scroll", () => {
	hideTip();
	draw();
});

function showTip(what, x, y) {
	tip.replaceChildren(h("strong", "", what.title), ...what.lines.map((l) => h("div", "", l)));
	tip.hidden = false;
	const w = tip.offsetWidth, t = tip.offsetHeight;
	tip.style.left = Math.max(4, x + 16 + w > innerWidth ? x - w - 12 : x + 16) + "px";
	tip.style.top = Math.max(4, y + 18 + t > innerHeight ? y - t - 12 : y + 18) + "px";
}
function hideTip() {
	tip.hidden = true;
}

function wheel(e, always) {
	const sideways = Math.abs(e.deltaX) > Math.abs(e.deltaY) || e.shiftKey;
	const unit = e.deltaMode === 1 ? 30 : 1;
	if (sideways) {
		e.preventDefault();
		pan((e.deltaX || e.deltaY) * unit / 800);
	} else if (always || e.ctrlKey || e.metaKey) {
		e.preventDefault();
		const box = rowsBox.getBoundingClientRect();
		zoom(Math.exp(Math.max(-120, Math.min(120, e.deltaY * unit)) / 300), timeAt(Math.max(view.left, Math.min(e.clientX - box.left, view.right))));
	}
}
rowsBox.addEventListener("wheel", (e) => wheel(e, false), { passive: false });
axis.addEventListener("wheel", (e) => wheel(e, true), { passive: false });
overview.addEventListener("wheel", (e) => wheel(e, true), { passive: false });

/* ---- the overview: drag its handles, its window, or a new window ---- */

overview.addEventListener("pointerdown", (e) => {
	const at = (ev) => ev.clientX - overview.getBoundingClientRect().left;
	const x = at(e), a = overviewX(view.begin), b = overviewX(view.end);
	const from = overviewTime(x), begin = view.begin, end = view.end;
	const how = Math.abs(x - a) < 7 ? "begin" : Math.abs(x - b) < 7 ? "end" : x > a && x < b && b - a < (view.right - view.left) * 0.9 ? "move" : "new";
	overview.setPointerCapture(e.pointerId);
	const move = (ev) => {
		const t = overviewTime(at(ev));
		if (how === "begin")
			setWindow(Math.min(t, end - LEAST), end);
		else if (how === "end")
			setWindow(begin, Math.max(t, begin + LEAST));
		else if (how === "move")
			setWindow(begin + t - from, end + t - from);
		else if (Math.abs(at(ev) - x) > 4)
			setWindow(Math.min(from, t), Math.max(from, t));
	};
	const stop = (ev) => {
		overview.removeEventListener("pointermove", move);
		overview.removeEventListener("pointerup", stop);
		overview.removeEventListener("pointercancel", stop);
		if (how === "new" && Math.abs(at(ev) - x) <= 4) {
			const half = (view.end - view.begin) / 2;
			setWindow(from - half, from + half);
		}
	};
	overview.addEventListener("pointermove", move);
	overview.addEventListener("pointerup", stop);
	overview.addEventListener("pointercancel", stop);
});
overview.addEventListener("dblclick", showAll);

/* ---- keys ---- */

const KEYS = [
	["+ and \u2212", "zoom in and out, around the pointer or the middle"],
	["0 and 9", "the whole load; all there is"],
	["\u2190 and \u2192", "move in time; with Shift by a whole window"],
	["\u2191 and \u2193", "the lane, or the event, above and below"],
	["Home and End", "the first and the last"],
	["Enter", "open what is focused"],
	[", and .", "the event before and after the selected one"],
	["/", "search the events"],
	["Esc", "close the details"],
	["wheel", "scrolls; with Ctrl, or over the overview and the axis, zooms; with Shift moves"],
	["drag", "moves; in the overview selects what is in view"],
];

const TIME_KEYS = {
	"+": () => zoom(0.6),
	"=": () => zoom(0.6),
	"-": () => zoom(1 / 0.6),
	"_": () => zoom(1 / 0.6),
	"0": showLoad,
	"9": showAll,
	ArrowLeft: (e) => pan(e.shiftKey ? -0.9 : -0.12),
	ArrowRight: (e) => pan(e.shiftKey ? 0.9 : 0.12),
};
const ROW_KEYS = {
	ArrowUp: () => focusRow(active - 1),
	ArrowDown: () => focusRow(active + 1),
	PageUp: () => focusRow(active - 10),
	PageDown: () => focusRow(active + 10),
	Home: () => focusRow(0),
	End: () => focusRow(rows.length - 1),
};
$("time").addEventListener("keydown", (e) => {
	if (e.ctrlKey || e.metaKey || e.altKey)
		return;
	const f = TIME_KEYS[e.key] || (rowsBox.contains(e.target) ? ROW_KEYS[e.key] : null);
	if (f) {
		e.preventDefault();
		f(e);
	}
});
$("zoom-in").addEventListener("click", () => zoom(0.6));
$("zoom-out").addEventListener("click", () => zoom(1 / 0.6));
$("zoom-load").addEventListener("click", showLoad);
$("zoom-all").addEventListener("click", showAll);
