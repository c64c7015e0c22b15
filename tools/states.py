#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tools/states.py DIR: draws every machine of the transition tables into DIR/NAME.svg and DIR/NAME.png.

An arrow carries its event over its action, as in RFC 9293 figure 5. What ends a connection by force from nearly every
state (reset, abort, give-up, ICMP) is one dashed arrow a state, to a small CLOSED of its own beside the state.
"""
import os
import subprocess
import sys

from fsm import machines, turn_machines

FORCED = {"USER_ABORT": "abort", "RCV_RST": "reset", "TIMEOUT_R2": "R2", "TIMEOUT_ORPHAN": "orphan", "ICMP_HARD": "ICMP"}
SHORT = {
    "USER_PASSIVE_OPEN": "passive OPEN", "USER_ACTIVE_OPEN": "active OPEN", "BELIEVE_SYN": "rcv SYN, believed (fault)",
    "RCV_FIN_ACK_OF_FIN": "rcv FIN, ACK of FIN", "RCV_FIN_AGAIN": "rcv FIN again", "RCV_NEW_SYN": "rcv later SYN", "RCV_RST_PASSIVE": "rcv RST",
    "TIMEOUT_2MSL": "2 MSL over", "NOTHING": "", "DELETE": "delete block", "START_2MSL": "start 2 MSL",
    "ACK_START_2MSL": "snd ACK, start 2 MSL",
}
FILL = {
    "CLOSED": "#eceff1", "LISTEN": "#e3f2fd", "SYN_SENT": "#e3f2fd", "SYN_RECEIVED": "#e3f2fd", "ESTABLISHED": "#c8e6c9",
    "TIME_WAIT": "#fff3e0",
}

# TCP stands as in RFC 9293 figure 5: where each state is (inches, y up), on which side its small CLOSED stands, which
# sides of the boxes an arrow leaves and enters by, and how far along it its words stand.
PLACE = {
    "CLOSED": (6, 12.6), "LISTEN": (6, 10.4), "SYN_RECEIVED": (2.2, 8.6), "SYN_SENT": (9.8, 8.6), "ESTABLISHED": (6, 6.8),
    "FIN_WAIT_1": (2.2, 5.0), "CLOSE_WAIT": (9.8, 5.0), "FIN_WAIT_2": (2.2, 2.4), "CLOSING": (6, 2.4),
    "LAST_ACK": (9.8, 2.4), "TIME_WAIT": (6, 0),
}
FORCED_SIDE = {"SYN_RECEIVED": -2.5, "FIN_WAIT_1": -2.5, "FIN_WAIT_2": -2.5, "CLOSING": 2.4}  # else 2.5, to the right

PORTS = {
    ("CLOSED", "LISTEN"): ("se", "ne", .55), ("LISTEN", "CLOSED"): ("nw", "sw", .55),
    ("CLOSED", "SYN_SENT"): ("e", "n", .36), ("SYN_SENT", "CLOSED"): ("nw", "se", .42),
    ("LISTEN", "SYN_RECEIVED"): ("s", "ne", .36), ("SYN_RECEIVED", "LISTEN"): ("n", "w", .45),
    ("LISTEN", "SYN_SENT"): ("se", "w", .62), ("SYN_SENT", "SYN_RECEIVED"): ("sw", "e", .74),
    ("LISTEN", "ESTABLISHED"): ("s", "n", .3), ("SYN_RECEIVED", "ESTABLISHED"): ("s", "nw", .5),
    ("SYN_SENT", "ESTABLISHED"): ("s", "ne", .5), ("SYN_RECEIVED", "FIN_WAIT_1"): ("s", "n", .5),
    ("SYN_RECEIVED", "CLOSE_WAIT"): ("se", "n", .75), ("ESTABLISHED", "FIN_WAIT_1"): ("sw", "ne", .5),
    ("ESTABLISHED", "CLOSE_WAIT"): ("se", "nw", .5), ("FIN_WAIT_1", "CLOSING"): ("se", "n", .5),
    ("FIN_WAIT_1", "TIME_WAIT"): ("s", "nw", .62), ("FIN_WAIT_2", "TIME_WAIT"): ("s", "w", .5),
}
# Far arrows end in a small copy of their target instead of crossing the picture: offset from the state.
GHOST = {("TIME_WAIT", "CLOSED"): (2.5, 0.62), ("LAST_ACK", "CLOSED"): (0, -1.4), ("TIME_WAIT", "SYN_RECEIVED"): (-2.7, -.55),
         ("SYN_RECEIVED", "CLOSE_WAIT"): (-.9, -1.5)}
LIGHT, DARK = "#90a4ae", "#37474f"
LEGEND = "black: what happens    grey: what is done    dashed: the ways to end by force (R2: no answer for too long)"


def words(name):
    if name in SHORT:
        return SHORT[name]
    for prefix, short in (("RCV_", "rcv "), ("SEND_", "snd "), ("USER_", ""), ("SENT_", "sent ")):
        if name.startswith(prefix):
            name = short + (name[len(prefix):] if prefix[0] in "RS" and name[len(prefix):].split("_")[0] in
                            ("SYN", "ACK", "FIN", "RST") else name[len(prefix):].lower() if prefix != "USER_" else name[5:])
            break
    else:
        name = name.lower()
    return name.replace("SYN_ACK", "SYN,ACK").replace("_OF_", " of ").replace("_", " ")


def caption(rows):
    parts = []
    for row in rows:
        action = words(row.then)
        parts.append(f"<tr><td>{words(row.on)}</td></tr>" +
                     (f'<tr><td><font color="#78909c" point-size="9">{action}</font></td></tr>' if action else ""))
    return ('<<table border="0" cellborder="0" cellspacing="0" cellpadding="0" bgcolor="white">' + "".join(parts) + "</table>>")


def split(machine):
    """Ordinary arrows by (from, to), and the ways each state can be ended by force."""
    arrows, forced = {}, {}
    for row in machine.rows:
        if row.on in FORCED and row.to == "CLOSED":
            forced.setdefault(row.frm, []).append(FORCED[row.on])
        else:
            arrows.setdefault((row.frm, row.to), []).append(row)
    return arrows, forced


def corner(place, port):
    """Where an arrow touches a box of 1.55 x 0.46 inches."""
    x, y = place
    x += {"e": .775, "w": -.775}.get(port[-1] if port else "", 0)
    y += {"n": .23, "s": -.23}.get(port[0] if port else "", 0)
    return x, y


class Picture:
    """Placed by hand: boxes, arrows, and words that stand on the arrows as nodes of their own."""

    def __init__(self):
        self.out, self.words = [], 0

    def box(self, name, label, at, style):
        self.out.append(f'{name} [label="{label}", pos="{at[0]},{at[1]}!", {style}]')

    def arrow(self, frm, to, start, end, at, text, style=""):
        self.out.append(f"{frm} -> {to} [{style}]")
        x, y = start[0] + (end[0] - start[0]) * at, start[1] + (end[1] - start[1]) * at
        self.words += 1
        self.out.append(f'w{self.words} [shape=plain, style="", label={text}, pos="{x},{y}!", fontsize=10]')


def by_hand(machine):
    arrows, forced = split(machine)
    pic = Picture()
    ghost = f'shape=box, style="rounded,dashed", color="{LIGHT}", fontcolor="#607d8b", fontsize=9, height=0.26, width=0.9, margin=0.04'
    for state in machine.states:
        pic.box(state, state, PLACE[state], f'fillcolor="{FILL.get(state, "#f5f5f5")}"')
    for (frm, to), rows in arrows.items():
        a, b = PLACE[frm], PLACE[to]
        style = f'color="#c62828", style=dotted' if all(r.on == "BELIEVE_SYN" for r in rows) else ""
        if (frm, to) in GHOST:
            off = GHOST[frm, to]
            at = (a[0] + off[0], a[1] + off[1])
            pic.box(f"{frm}_{to}", to, at, ghost)
            port = "e" if off[0] > 1.5 else "w" if off[0] < -1.5 else "s"
            end = {"e": (at[0] - .45, at[1]), "w": (at[0] + .45, at[1]), "s": (at[0], at[1] + .13)}[port]
            pic.arrow(f"{frm}:{port}", f"{frm}_{to}", corner(a, port), end, .5, caption(rows), style)
        elif frm == to:
            pic.out.append(f"{frm} -> {to} [label={caption(rows)}, fontsize=10, headport=s, tailport=s]")
        else:
            tail, head, at = PORTS.get((frm, to), ("s" if a[1] > b[1] else "n", "n" if a[1] > b[1] else "s", .5))
            pic.arrow(f"{frm}:{tail}", f"{to}:{head}", corner(a, tail), corner(b, head), at, caption(rows), style)
    for frm, how in forced.items():
        side = FORCED_SIDE.get(frm, 2.5)
        x, y = PLACE[frm]
        pic.box(f"{frm}_END", "CLOSED", (x + side, y), ghost)
        start, end = (x + (.775 if side > 0 else -.775), y), (x + side - (.45 if side > 0 else -.45), y)
        cells = [f'<tr><td><font color="{LIGHT}" point-size="9">{", ".join(how[i:i + 2]) or " "}</font></td></tr>' for i in (0, 2)]
        text = f'<<table border="0" cellborder="0" cellspacing="4" cellpadding="0">{"".join(cells)}</table>>'
        pic.arrow(f"{frm}:{'e' if side > 0 else 'w'}", f"{frm}_END", start, end, .5, text, f'style=dashed, color="{LIGHT}"')
    return pic.out


def by_graphviz(machine):
    arrows, _ = split(machine)
    out = [f'{s} [label="{s}"]' for s in machine.states]
    return out + [f"{frm} -> {to} [label={caption(rows)}]" for (frm, to), rows in arrows.items()]


def draw(machine, path, kind):
    placed = not set(machine.states) - set(PLACE)
    text = "\n".join([
        "digraph {", f'graph [fontname="Helvetica", bgcolor="white", pad=0.3, nodesep=0.7, ranksep=0.8, splines={"line" if placed else "true"}, '
        f'outputorder=edgesfirst, dpi=80, fontsize=12, labelloc=t, label="{machine.name}\\n{LEGEND if placed else LEGEND.split("    dashed")[0]}\\n "]',
        f'node [fontname="Helvetica", fontsize=12, shape=box, style="rounded,filled", fillcolor="#f5f5f5", color="{DARK}", height=0.46, width=1.55, margin=0.05]',
        f'edge [fontname="Helvetica", fontsize=10, color="{DARK}", arrowsize=0.7]',
        *(by_hand(machine) if placed else by_graphviz(machine)), "}"])
    subprocess.run(["neato" if placed else "dot", f"-T{kind}", "-o", path], input=text, text=True, check=True)


# ---- TLS: what may be received in each state ----

TURN_NAME = {"S_WAIT_CH": "START", "S_WAIT_CH_2": "START\\nafter a retry", "C_WAIT_SH_2": "WAIT_SH\\nafter a retry"}
TURN_MARK = {"PLAIN": ("", ""), "EARLY": ("&lt;", "&gt;"), "HANDSHAKE": ("{", "}"), "APPLICATION": ("[", "]")}
TURN_LEGEND = {
    "13": "what comes, and in grey the RFC that says so    {..} under the keys of the handshake, [..] of the data, &lt;..&gt; of early data",
    "12": "what comes, and in grey the RFC that says so    [..] under the keys that were agreed on",
}


def turn_caption(turns):
    """Arrows between the same two states share a line, with all that takes that way."""
    rows = []
    for t in turns:
        left, right = TURN_MARK[t.keys]
        message = {"CCS_MESSAGE": "ChangeCipherSpec"}.get(t.message) or "".join(w.capitalize() for w in t.message.split("_"))
        rows.append(f'<tr><td>{left}{message}{right} <font color="#78909c" point-size="9"> {t.rfc}</font></td></tr>')
    return '<<table border="0" cellborder="0" cellspacing="0" cellpadding="1">' + "".join(rows) + "</table>>"


def draw_turns(machine, path, kind):
    fill = {machine.states[0]: "#e3f2fd"}
    fill.update({s: "#c8e6c9" for s in machine.states if s.endswith("CONNECTED")})
    version = machine.name[3:5]
    nodes = [f'{s} [label="{TURN_NAME.get(s, s.split("_", 1)[1])}", fillcolor="{fill.get(s, "#f5f5f5")}"]' for s in machine.states]
    together = {}
    for frm, to, turn in machine.arrows:
        together.setdefault((frm, to), []).append(turn)
    edges = [f"{frm} -> {to} [label={turn_caption(turns)}]" for (frm, to), turns in together.items()]
    text = "\n".join([
        f'digraph {{ graph [fontname="Helvetica", bgcolor="white", pad=0.3, nodesep=0.5, ranksep=0.55, dpi=80, fontsize=12, labelloc=t, '
        f'label=<{machine.name}<br/>{TURN_LEGEND[version]}<br/> >]',
        f'node [fontname="Helvetica", fontsize=12, shape=box, style="rounded,filled", color="{DARK}", height=0.46, width=1.55, margin=0.05]',
        f'edge [fontname="Helvetica", fontsize=10, color="{DARK}", arrowsize=0.7]', *nodes, *edges, "}"])
    subprocess.run(["dot", f"-T{kind}", "-o", path], input=text, text=True, check=True)


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for machine in machines():
        for kind in ("svg", "png"):
            path = os.path.join(folder, f"{machine.name}.{kind}")
            draw(machine, path, kind)
            print(path)
    for machine in turn_machines():
        for kind in ("svg", "png"):
            path = os.path.join(folder, f"{machine.name}.{kind}")
            draw_turns(machine, path, kind)
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
