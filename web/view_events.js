/* SPDX-License-Identifier: MIT */
/* The list of events: only the rows in view are elements, so that 200,000 of them are no more work than fifty. */

const list = $("list");
const filter = { layers: new Set(LAYERS.keys()), conn: -1, text: "", inWindow: false };
let found = [], place = 0, lower = null, rowHeight = 26;
const listSpace = h("div", { class: "spacer", role: "presentation" });
list.append(listSpace);
const listShown = new Map(); /* place in found -> element */

function search() {
	const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
	if (words.length && !lower)
		lower = Array.from(events.name, (n, i) => (n + " " + events.sentence[i]).toLowerCase());
	const chosen = place < found.length ? found[place] : -1;
	found = [];
	for (let i = 0; i < events.n; i++) {
		if (!filter.layers.has(events.layer[i]))
			continue;
		if (filter.conn !== -1 && events.conn[i] !== (filter.conn === -2 ? -1 : filter.conn))
			continue;
		if (filter.inWindow && (events.at[i] < view.begin || events.at[i] > view.end))
			continue;
		if (words.length && !words.every((w) => lower[i].includes(w)))
			continue;
		found.push(i);
	}
	const kept = chosen < 0 ? -1 : found.indexOf(chosen);
	place = Math.max(0, kept);
	$("count").textContent = found.length === events.n ? many(events.n, "event")
		: found.length.toLocaleString("en") + " of " + many(events.n, "event");
	layList();
}

function layList() {
	const narrow = list.clientWidth < 620;
	list.classList.toggle("narrow", narrow);
	rowHeight = narrow ? 46 : 26;
	listSpace.style.height = found.length * rowHeight + "px";
	for (const e of listShown.values())
		e.remove();
	listShown.clear();
	drawList();
}

function drawList() {
	const first = Math.max(0, Math.floor(list.scrollTop / rowHeight) - 4);
	const last = Math.min(found.length - 1, Math.ceil((list.scrollTop + list.clientHeight) / rowHeight) + 4);
	for (const [k, e] of listShown)
		if (k < first || k > last) {
			e.remove();
			listShown.delete(k);
		}
	for (let k = first; k <= last; k++) {
		if (!listShown.has(k))
			listShown.set(k, makeEvent(k));
		const e = listShown.get(k), on = selection.kind === "event" && selection.number === found[k];
		e.classList.toggle("selected", on);
		e.classList.toggle("current", k === place);
		e.setAttribute("aria-selected", String(on));
	}
	if (!found.length && !listSpace.firstChild)
		listSpace.append(h("p", { class: "nothing", role: "presentation" }, events.n ? "No event is like that." : "No event was recorded."));
	const current = listShown.get(place);
	if (current)
		list.setAttribute("aria-activedescendant", current.id);
	else
		list.removeAttribute("aria-activedescendant");
}

const ARROW = ["\u2192", "\u2190", "\u2190", "\u2190"];
function makeEvent(k) {
	const i = found[k], c = events.conn[i];
	const e = h("div", { role: "option", id: "event-" + i, class: "event", "aria-setsize": found.length, "aria-posinset": k + 1 },
		h("span", "at", clock(events.at[i])),
		chip(events.layer[i]),
		h("span", { class: "conn", title: c >= 0 ? "connection " + c : null }, c >= 0 ? "#" + c : ""),
		h("span", { class: "who side-" + events.side[i], title: SIDES[events.side[i]] }, ARROW[events.side[i]]),
		h("span", "name", show(events.name[i])),
		h("span", "sentence", show(events.sentence[i])));
	e.style.top = k * rowHeight + "px";
	e.addEventListener("click", () => {
		place = k;
		select("event", i, { open: true, from: "list" });
	});
	putInOrder(listSpace, listShown, k, e);
	return e;
}

function goTo(k, how) {
	if (!found.length)
		return;
	place = Math.max(0, Math.min(k, found.length - 1));
	const y = place * rowHeight;
	if (y < list.scrollTop)
		list.scrollTop = y;
	else if (y + rowHeight > list.scrollTop + list.clientHeight)
		list.scrollTop = y + rowHeight - list.clientHeight;
	select("event", found[place], how);
}

list.addEventListener("scroll", drawList);
list.addEventListener("keydown", (e) => {
	if (e.ctrlKey || e.metaKey || e.altKey)
		return;
	const page = Math.max(1, Math.floor(list.clientHeight / rowHeight) - 1);
	/* The first key shows where one is; the next move on. */
	const here = selection.kind === "event" && selection.number === found[place];
	const to = { ArrowDown: here ? place + 1 : place, ArrowUp: here ? place - 1 : place, PageDown: place + page, PageUp: place - page,
		Home: 0, End: found.length - 1 }[e.key];
	if (to !== undefined) {
		e.preventDefault();
		goTo(to, { from: "list" });
	} else if (e.key === "Enter" || e.key === " ") {
		e.preventDefault();
		goTo(place, { open: true, from: "list" });
	}
});

/* ---- the filters ---- */

LAYERS.forEach((name, i) => {
	const b = h("button", { type: "button", class: "toggle layer-" + name.toLowerCase(), "aria-pressed": "true" },
		name, h("span", "n", eventsOf.layer[i].length.toLocaleString("en")));
	b.addEventListener("click", () => {
		if (!filter.layers.delete(i))
			filter.layers.add(i);
		layersChanged();
	});
	$("layers").append(b);
});
function layersChanged() {
	[...$("layers").children].forEach((b, i) => b.setAttribute("aria-pressed", String(filter.layers.has(i))));
	search();
}
/* Only this layer; once more: all of them. */
function onlyLayer(i) {
	const alone = filter.layers.size === 1 && filter.layers.has(i);
	filter.layers = new Set(alone ? LAYERS.keys() : [i]);
	layersChanged();
}

$("conn").append(h("option", { value: -1 }, "all connections"), h("option", { value: -2 }, "no connection"),
	...report.connection.map((c) => h("option", { value: c.number }, connName(c))));
$("conn").addEventListener("change", (e) => {
	filter.conn = Number(e.target.value);
	search();
});
function onlyConn(c) {
	$("conn").value = String(c);
	filter.conn = c;
	search();
	$("events").scrollIntoView({ block: "nearest" });
	list.focus({ preventScroll: true });
}
$("search").addEventListener("input", debounce((e) => {
	filter.text = $("search").value;
	search();
}, 120));
$("search").addEventListener("keydown", (e) => {
	if (e.key === "ArrowDown" || e.key === "Enter") {
		e.preventDefault();
		list.focus();
		goTo(0, { from: "list" });
	}
});
$("in-window").addEventListener("change", (e) => {
	filter.inWindow = e.target.checked;
	search();
});
onWindow.push(debounce(() => {
	if (filter.inWindow)
		search();
}, 150));

onSelect((kind, number, how) => {
	if (kind === "event" && how.from !== "list") {
		let k = found.indexOf(number);
		if (k < 0) { /* it was filtered out: it is shown all the same */
			filter.layers = new Set(LAYERS.keys());
			filter.conn = -1;
			filter.text = $("search").value = "";
			filter.inWindow = $("in-window").checked = false;
			$("conn").value = "-1";
			layersChanged();
			k = found.indexOf(number);
		}
		place = k;
		const y = k * rowHeight;
		if (y < list.scrollTop || y + rowHeight > list.scrollTop + list.clientHeight)
			list.scrollTop = Math.max(0, y - list.clientHeight / 2);
	}
	drawList();
});
