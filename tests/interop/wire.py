#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""wire.py PROGRAM: `handfast serve` seen from the wire, packet by packet.

Makes a network namespace, starts PROGRAM on a TUN device in it and talks to it with raw packets, from addresses that
are on the link but belong to nobody, so that the kernel's own TCP does not answer. One check is one line of TAP.
PATTERN as a second argument runs the groups whose name contains it.
"""
import os
import random
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
    print("1..0 # SKIP needs root and /dev/net/tun")
    sys.exit(0)
if os.environ.get("HF_WIRE_INSIDE") != "1":
    os.environ["HF_WIRE_INSIDE"] = "1"
    if subprocess.run(["unshare", "-nm", "true"], stderr=subprocess.DEVNULL).returncode != 0:
        print("1..0 # SKIP namespaces cannot be made here")
        sys.exit(0)
    os.execvp("unshare", ["unshare", "-nm", sys.executable, os.path.abspath(__file__)] + sys.argv[1:])
try:
    import logging
    logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
    from scapy.layers.inet import ICMP, IP, TCP, UDP, ICMPerror, IPerror, TCPerror, UDPerror  # noqa: F401
    from scapy.layers.inet6 import (ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6PacketTooBig,
                                    ICMPv6ParamProblem, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, PadN)
    from scapy.packet import Raw
except ImportError:
    print("1..0 # SKIP python3-scapy is not here")
    sys.exit(0)

PROGRAM = os.path.abspath(sys.argv[1])
ONLY = sys.argv[2] if len(sys.argv) > 2 else ""
V4, V6 = "10.9.0.2", "fd09::2"
M32 = 0xffffffff
FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = 1, 2, 4, 8, 16, 32, 64, 128
count = failed = 0
rng = random.Random(7)


def ok(name, good, why=""):
    global count, failed
    count += 1
    if good:
        print(f"ok {count} {name}", flush=True)
    else:
        failed += 1
        print(f"not ok {count} {name}\n# {why}", flush=True)
    return good


# ---- the device ----

class Wire:
    def __init__(self, name):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # of all devices: this one may not be there yet
        self.sock.setblocking(False)
        self.name, self.waiting = name, []

    def put(self, packet):
        data = bytes(packet)
        self.sock.sendto(data, (self.name, 0x86dd if data[0] >> 4 == 6 else 0x0800))

    def _take(self):
        while True:
            try:
                data, where = self.sock.recvfrom(65600)
            except BlockingIOError:
                return
            if where[0] != self.name or where[2] == 4 or not data:  # of others, or our own
                continue
            p = IPv6(data) if data[0] >> 4 == 6 else IP(data)
            p.at = time.monotonic()
            p.octets = data
            self.waiting.append(p)

    def get(self, wanted, within):
        """The first packet that is wanted; others keep waiting for somebody else."""
        end = time.monotonic() + within
        while True:
            self._take()
            for i, p in enumerate(self.waiting):
                if wanted(p):
                    return self.waiting.pop(i)
            left = end - time.monotonic()
            if left <= 0:
                return None
            select.select([self.sock], [], [], left)

    def forget(self):
        self._take()
        self.waiting.clear()


wire = None
next_port = 20000


def text_of(p):
    if p is None:
        return "nothing"
    t = p.getlayer(TCP)
    if not t:
        return p.summary()
    return f"{t.flags} seq {t.seq} ack {t.ack} win {t.window} len {len(data_of(p))} {t.options}"


def data_of(p):
    ip, t = p.getlayer(IP) or p.getlayer(IPv6), p[TCP]
    total = ip.len - 4 * ip.ihl if ip.version == 4 else ip.plen
    return bytes(t)[4 * t.dataofs:total] if total > 4 * t.dataofs else b""


class Peer:
    """One end of a connection, that does only what it is told."""

    def __init__(self, v6=False, port=80, src=None, sport=None):
        global next_port
        next_port += 1
        self.v6 = v6
        self.src = src or ("fd09::77" if v6 else "10.9.0.77")
        self.dst = V6 if v6 else V4
        self.sport, self.dport = sport or next_port, port
        self.iss = self.seq = rng.randrange(1 << 32)
        self.ack, self.win, self.ts, self.ts_at, self.their_ts, self.ws = 0, 65535, False, 1000, 0, 0

    def ip(self, **more):
        return IPv6(src=self.src, dst=self.dst, **more) if self.v6 else IP(src=self.src, dst=self.dst, **more)

    def make(self, flags, data=b"", seq=None, ack=None, win=None, opts=None, ts=None, **more):
        opts = list(opts or [])
        if ts is not False and self.ts and not any(o[0] == "Timestamp" for o in opts):
            opts += [("NOP", None), ("NOP", None), ("Timestamp", (self.ts_at if ts is None else ts, self.their_ts))]
        t = TCP(sport=self.sport, dport=self.dport, flags=flags, seq=(self.seq if seq is None else seq) & M32,
                ack=(self.ack if ack is None else ack) & M32 if flags & ACK or ack is not None else 0,
                window=self.win if win is None else win, options=opts, **more)
        return t / Raw(data) if data else t

    def send(self, flags, data=b"", ip=None, **more):
        wire.put((ip or self.ip()) / self.make(flags, data, **more))

    def say(self, data, flags=ACK | PSH, **more):
        """Data in order; counts as sent."""
        self.send(flags, data, **more)
        self.seq = (self.seq + len(data) + (1 if flags & FIN else 0)) & M32

    def is_mine(self, p):
        t = p.getlayer(TCP)
        if not t or p.getlayer(ICMP) or p.getlayer(ICMPv6DestUnreach):
            return False
        ip = p.getlayer(IP) or p.getlayer(IPv6)
        return ip.src == self.dst and ip.dst == self.src and t.sport == self.dport and t.dport == self.sport

    def get(self, within=1.0, wanted=None):
        p = wire.get(lambda q: self.is_mine(q) and (not wanted or wanted(q)), within)
        if p:
            for k, v in p[TCP].options:
                if k == "Timestamp":
                    self.their_ts = v[0]
        return p

    def silent(self, within=0.25):
        self.heard = self.get(within)
        return self.heard is None

    def drain(self, within=0.1):
        got = []
        while (p := self.get(within)) is not None:
            got.append(p)
        return got

    def open(self, opts=(("MSS", 1460),), win=None):
        self.send(SYN, opts=list(opts), win=win)
        p = self.get()
        if p is None:
            return None
        self.seq = (self.iss + 1) & M32
        self.their_iss = p[TCP].seq
        self.ack = (p[TCP].seq + 1) & M32
        self.ts = any(k == "Timestamp" for k, v in p[TCP].options)
        self.send(ACK, win=win)
        return p

    def take(self, p):
        """Acknowledges in mind, sends nothing."""
        n = len(data_of(p)) + (1 if p[TCP].flags & FIN else 0)
        end = (p[TCP].seq + n) & M32
        if n and (end - self.ack) & M32 < 1 << 31 and (p[TCP].seq - self.ack) & M32 in (0,):
            self.ack = end

    def ask(self, path="/a.txt", more="", **k):
        self.say(f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode(), **k)

    def answer(self, within=1.5, ack=True):
        """All octets of an answer, until the line is quiet."""
        got = b""
        while (p := self.get(within, lambda q: len(data_of(q)) > 0)) is not None:
            if p[TCP].seq == self.ack:
                got += data_of(p)
                self.take(p)
                if ack:
                    self.send(ACK)
            within = 0.2
        return got

    def gone(self):
        self.send(RST | ACK, ack=self.ack)


def is_ack(p, peer, ack=None, seq=None):
    return (p is not None and p[TCP].flags == ACK and not data_of(p) and p[TCP].ack == (peer.seq if ack is None else ack) & M32 and
            (seq is None or p[TCP].seq == seq & M32))


def csum_ok(p):
    """Both checksums, computed anew."""
    q = (IPv6 if p.octets[0] >> 4 == 6 else IP)(p.octets)
    if q.version == 4:
        del q.chksum
    del q[TCP].chksum
    return bytes(q) == p.octets


def names(p):
    return [o[0] for o in p[TCP].options]


def opened(v6=False, **k):
    c = Peer(v6)
    return c if c.open(**k) is not None else None


HEADER_ANSWERED = b"HTTP/1.1 200"
groups = []


def group(f):
    groups.append(f)
    return f


# ---- opening ----

FULL = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (1000, 0)), ("NOP", None), ("WScale", 7)]


@group
def handshake():
    c = Peer()
    c.send(SYN, opts=FULL)
    p = c.get()
    if not ok("a SYN is answered", p is not None):
        return
    t, o = p[TCP], dict(p[TCP].options)
    ok("by SYN,ACK and nothing else", t.flags == SYN | ACK and not data_of(p), text_of(p))
    ok("that acknowledges the SYN", t.ack == (c.iss + 1) & M32, text_of(p))
    ok("with our MSS", o.get("MSS") == 1460, text_of(p))
    ok("with timestamps that echo the SYN's", o.get("Timestamp", (0, 0))[1] == 1000, text_of(p))
    ok("with a window scale of 14 at the most", o.get("WScale", 99) <= 14, text_of(p))
    ok("MSS stands first, each option once", names(p)[0] == "MSS" and len([n for n in names(p) if n != "NOP"]) == len(o) - ("NOP" in o), text_of(p))
    ok("timestamps stand aligned", bytes(t)[20:].find(b"\x08\x0a") % 4 == 2, text_of(p))
    ok("TTL 64, DF, no IP options", p.ttl == 64 and p.flags == "DF" and p.ihl == 5, p.summary())
    ok("both checksums are right", csum_ok(p))
    c.send(SYN, opts=FULL)
    q = c.get()
    ok("the SYN again: the same SYN,ACK again", q is not None and q[TCP].flags == SYN | ACK and q[TCP].seq == t.seq, text_of(q))
    c.ack, c.seq, c.ts, c.their_ts = t.seq + 1, c.iss + 1, True, o["Timestamp"][0]
    c.send(ACK)
    c.ask()
    a = c.get(1, lambda p: len(data_of(p)) > 0)
    ok("established: a request is answered", a is not None and data_of(a).startswith(HEADER_ANSWERED), text_of(a))
    ok("every segment has timestamps", a is not None and "Timestamp" in names(a), text_of(a))
    ok("and the echo is the request's", a is not None and dict(a[TCP].options)["Timestamp"][1] == c.ts_at, text_of(a))
    ok("no MSS off a SYN (MUST-65)", a is not None and "MSS" not in names(a) and "WScale" not in names(a), text_of(a))
    ok("the last segment is pushed", a is not None and bool(a[TCP].flags & PSH), text_of(a))
    c.gone()


@group
def options_only_when_asked():
    for name, opts, want in (("none", [], ["MSS"]), ("MSS", [("MSS", 1460)], ["MSS"]),
                             ("MSS and scale", [("MSS", 1460), ("NOP", None), ("WScale", 2)], ["MSS", "WScale"]),
                             ("MSS and timestamps", [("MSS", 1460), ("Timestamp", (5, 0))], ["MSS", "Timestamp"])):
        c = Peer()
        c.send(SYN, opts=opts)
        p = c.get()
        have = [n for n in names(p) if n not in ("NOP", "EOL")] if p else None
        ok(f"SYN with {name}: SYN,ACK with {' '.join(want)}", have == want, text_of(p))
        c.seq, c.ack = c.iss + 1, p[TCP].seq + 1 if p else 0
        c.send(RST)


@group
def initial_numbers():
    seen = []
    for _ in range(6):
        c = Peer()
        c.send(SYN)
        p = c.get()
        seen.append(p[TCP].seq if p else None)
        c.send(RST, seq=c.iss + 1)
    near = sum(1 for a, b in zip(seen, seen[1:]) if None in (a, b) or min((a - b) & M32, (b - a) & M32) < 1 << 20)
    ok("ISNs of different ports have nothing to do with each other", near == 0, str(seen))
    c = Peer()
    c.send(SYN)
    a = c.get()
    c.send(RST, seq=c.iss + 1)
    time.sleep(0.3)
    c.send(SYN, seq=c.iss + 100000)
    b = c.get()
    step = (b[TCP].seq - a[TCP].seq) & M32 if a and b else 0
    ok("the ISN of one tuple goes with a 4 us clock (RFC 6528)", 50000 < step < 400000, str(step))
    c.send(RST, seq=c.iss + 100001)


@group
def syn_ack_comes_again():
    c = Peer()
    c.send(SYN, opts=FULL)
    got = [c.get(8) for _ in range(4)]
    if not ok("SYN,ACK comes four times", all(p is not None for p in got)):
        return
    gaps = [b.at - a.at for a, b in zip(got, got[1:])]
    ok("the same each time", len({(p[TCP].seq, p[TCP].ack, int(p[TCP].flags)) for p in got}) == 1)
    ok("after 1 s, 2 s, 4 s (RFC 6298)", all(abs(g - w) < 0.3 for g, w in zip(gaps, (1, 2, 4))), str(gaps))
    c.send(RST, seq=c.iss + 1)


@group
def strange_syns():
    c = Peer()
    c.send(SYN, b"x" * 100, opts=[("MSS", 1460)])
    p = c.get()
    ok("text beside a SYN: at least the SYN is acknowledged", p is not None and p[TCP].flags == SYN | ACK and (p[TCP].ack - c.iss) & M32 in (1, 101), text_of(p))
    c = Peer()
    c.send(SYN | FIN)
    p = c.get()
    ok("SYN,FIN: answered as a SYN or not at all", p is None or p[TCP].flags == SYN | ACK, text_of(p))
    c = Peer()
    c.send(SYN | ECE | CWR, opts=FULL)
    p = c.get()
    ok("a SYN that offers ECN is answered", p is not None and p[TCP].flags & (SYN | ACK) == SYN | ACK, text_of(p))
    c = Peer()
    c.send(SYN | URG | PSH, urgptr=0)
    p = c.get()
    ok("a SYN with URG and PSH is answered", p is not None and p[TCP].flags == SYN | ACK, text_of(p))
    c = Peer()
    c.send(SYN | RST)
    ok("SYN,RST is not", c.silent(), text_of(c.heard))
    c = Peer()
    c.send(SYN, reserved=7)
    p = c.get()
    ok("reserved bits are ignored", p is not None and p[TCP].flags == SYN | ACK, text_of(p))
    c = Peer(sport=0)
    c.send(SYN)
    ok("source port 0 does no harm", alive())


def alive():
    c = opened()
    if not c:
        return False
    c.ask()
    a = c.answer(1)
    c.gone()
    return a.startswith(HEADER_ANSWERED)


def raw_options(c, flags, octets, data=b"", **k):
    """A segment with these octets as options, padded with zeros."""
    octets += b"\0" * (-len(octets) % 4)
    body = bytearray(bytes(c.make(flags, ts=False, **k))[:20] + octets + data)
    body[12] = (5 + len(octets) // 4) << 4
    body[16:18] = b"\0\0"
    return c.ip(), body


def put_raw(c, ip, body, good=True):
    if c.v6:
        pseudo = socket.inet_pton(socket.AF_INET6, c.src) + socket.inet_pton(socket.AF_INET6, c.dst) + struct.pack("!II", len(body), 6)
    else:
        pseudo = socket.inet_aton(c.src) + socket.inet_aton(c.dst) + struct.pack("!BBH", 0, 6, len(body))
    data = pseudo + bytes(body) + (b"\0" if len(body) % 2 else b"")
    s = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while s >> 16:
        s = (s & 0xffff) + (s >> 16)
    body[16:18] = struct.pack("!H", (~s & 0xffff) if good else (~s + 1) & 0xffff)
    ip = ip.copy()
    if c.v6:
        ip.nh = 6
    else:
        ip.proto = 6
    wire.put(ip / Raw(bytes(body)))


@group
def bad_options():
    for name, octets in (("length 0", b"\x02\x00\x05\xb4"), ("length 1", b"\xfd\x01\x02\x04\x05\xb4"),
                         ("a length beyond the header", b"\xfd\x28\x00\x00"), ("a kind without length at the end", b"\x01\x01\x01\x02"),
                         ("MSS of length 3", b"\x02\x03\x05\x01"), ("unknown kinds", b"\xfd\x06abcd\x02\x04\x05\xb4\xfe\x02"),
                         ("forty octets of NOP", b"\x01" * 40), ("octets behind EOL", b"\x00\xff\xff\xff"),
                         ("MSS twice", b"\x02\x04\x05\xb4\x02\x04\x00\x64"), ("timestamps twice", b"\x08\x0a\0\0\0\1\0\0\0\0\x08\x0a\0\0\0\2\0\0\0\0"),
                         ("MSS at an odd place", b"\x01\x02\x04\x05\xb4")):
        c = Peer()
        put_raw(c, *raw_options(c, SYN, octets))
        p = c.get()
        ok(f"options: {name}: answered by SYN,ACK", p is not None and p[TCP].flags == SYN | ACK, text_of(p))
        c.send(RST, seq=c.iss + 1)
    ok("and all is well after that", alive())
    c = opened()
    put_raw(c, *raw_options(c, ACK | PSH, b"\xfd\x00\x00\x00", b"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"))
    a = c.answer()
    ok("a bad option in a data segment: survives, and takes or drops it", a == b"" or a.startswith(HEADER_ANSWERED))
    c.gone()


@group
def segment_sizes():
    for name, opts, most in (("no MSS option: 536 (MUST-15)", [], 536), ("MSS 200", [("MSS", 200)], 200),
                             ("MSS 200 and timestamps: options count (3.7.1)", [("MSS", 200), ("Timestamp", (1, 0))], 188),
                             ("MSS 65535: the link's", [("MSS", 65535)], 1460)):
        c = Peer()
        c.open(opts)
        c.ask("/big")
        sizes = list({p[TCP].seq: len(data_of(p)) for p in c.drain()}.values())
        ok(f"{name}: full segments of {most}", bool(sizes) and max(sizes) == most, str(sizes[:12]))
        ok(f"{name}: an initial window of ten (RFC 6928)", sum(sizes) <= 10 * most and len(sizes) >= 8, str(sizes))
        c.gone()
    for mss in (0, 1):
        c = Peer()
        c.open([("MSS", mss)])
        c.ask("/a.txt")
        ok(f"MSS {mss}: goes on with a sane size", c.answer().startswith(HEADER_ANSWERED))
        c.gone()
    c = Peer()
    c.open([("MSS", 1460), ("WScale", 15)], win=1)
    c.win = 1
    c.ask("/big")
    n = sum(len(data_of(p)) for p in c.drain(0.3))
    ok("window scale 15 counts as 14", 1460 <= n <= 16384, str(n))
    c.gone()


# ---- resets ----

@group
def closed_port():
    def rst_of(flags, data=b"", **k):
        c = Peer(port=81)
        c.seq = c.iss
        c.send(flags, data, **k)
        return c, c.get(0.5)
    for name, flags, data, length in (("SYN", SYN, b"", 1), ("SYN with text", SYN, b"x" * 10, 11), ("SYN,FIN", SYN | FIN, b"", 2),
                                      ("FIN", FIN, b"", 1), ("text", PSH, b"abc", 3), ("no flag", 0, b"", 0), ("URG", URG, b"", 0)):
        c, p = rst_of(flags, data)
        ok(f"closed port: {name}: RST,ACK seq 0, ack SEG.SEQ+SEG.LEN", p is not None and p[TCP].flags == RST | ACK and p[TCP].seq == 0 and
           p[TCP].ack == (c.iss + length) & M32, text_of(p))
    for name, flags, data in (("ACK", ACK, b""), ("SYN,ACK", SYN | ACK, b""), ("FIN,ACK", FIN | ACK, b""), ("text", ACK | PSH, b"abc"),
                              ("all flags but RST", SYN | FIN | ACK | URG | PSH, b"x")):
        c, p = rst_of(flags, data, ack=0x12345678)
        ok(f"closed port: {name} with ACK: RST seq SEG.ACK", p is not None and p[TCP].flags == RST and p[TCP].seq == 0x12345678 and
           p[TCP].window == 0 and not data_of(p) and csum_ok(p), text_of(p))
    for name, flags in (("RST", RST), ("RST,ACK", RST | ACK), ("RST,SYN", RST | SYN)):
        c, p = rst_of(flags, ack=5)
        ok(f"closed port: {name}: no answer", p is None, text_of(p))


@group
def listening_port():
    for name, flags, want in (("ACK", ACK, RST), ("SYN,ACK", SYN | ACK, RST), ("FIN,ACK", FIN | ACK, RST), ("RST", RST, None),
                              ("FIN", FIN, None), ("text", PSH, None), ("no flag", 0, None)):
        c = Peer()
        c.send(flags, b"x" if flags == PSH else b"", **({"ack": 77} if flags & ACK else {}))
        p = c.get(0.3)
        good = p is None if want is None else p is not None and p[TCP].flags == want and p[TCP].seq == 77
        ok(f"LISTEN: {name}: {'RST seq SEG.ACK' if want else 'no answer'}", good, text_of(p))


@group
def half_open():
    c = Peer()
    c.send(SYN, opts=[("MSS", 1460)])
    p = c.get()
    iss = p[TCP].seq
    c.seq = c.iss + 1
    c.send(ACK, ack=iss + 1000)
    p = c.get()
    ok("SYN_RECEIVED: an ACK of what was not sent: RST seq SEG.ACK", p is not None and p[TCP].flags == RST and p[TCP].seq == (iss + 1000) & M32, text_of(p))
    c.send(ACK, ack=iss)
    p = c.get()
    ok("SYN_RECEIVED: an ACK that is too old: RST", p is not None and p[TCP].flags == RST and p[TCP].seq == iss, text_of(p))
    c.send(RST, seq=c.seq + 100)
    p = c.get()
    ok("SYN_RECEIVED: RST in the window but not exact: challenge ACK", is_ack(p, c, seq=iss + 1), text_of(p))
    c.send(RST, seq=c.seq + 200000)
    ok("SYN_RECEIVED: RST outside: nothing", c.silent(), text_of(c.heard))
    c.send(ACK, ack=iss + 1, seq=c.seq + 200000)
    p = c.get()
    ok("SYN_RECEIVED: outside the window: ACK", is_ack(p, c), text_of(p))
    c.ack = iss + 1
    c.send(PSH, b"GET /a", ack=None)
    ok("SYN_RECEIVED: without ACK: dropped", c.silent(), text_of(c.heard))
    c.ask()
    ok("SYN_RECEIVED: the ACK may carry text", c.answer().startswith(HEADER_ANSWERED))
    c.gone()
    c = Peer()
    c.send(SYN)
    iss = c.get()[TCP].seq
    c.send(RST, seq=c.iss + 1)
    c.send(ACK, seq=c.iss + 1, ack=iss + 1)
    p = c.get()
    ok("SYN_RECEIVED: an exact RST leads back to LISTEN", p is not None and p[TCP].flags == RST and p[TCP].seq == (iss + 1) & M32, text_of(p))
    c = Peer()
    c.send(SYN, opts=[("MSS", 1460)])
    iss = c.get()[TCP].seq
    about(c, iss + 5, 3, 3)
    c.send(SYN, opts=[("MSS", 1460)])
    p = c.get()
    ok("SYN_RECEIVED: port unreachable, but not about our SYN: ignored", p is not None and p[TCP].seq == iss, text_of(p))
    about(c, iss, 3, 3)
    c.send(ACK, seq=c.iss + 1, ack=iss + 1)
    p = c.get()
    ok("SYN_RECEIVED: port unreachable ends it (SHLD-26)", p is not None and p[TCP].flags == RST, text_of(p))
    c = Peer()
    c.send(SYN)
    c.get()
    c.send(SYN, seq=c.iss + 0x40000000)
    p = c.get()
    ok("SYN_RECEIVED: another SYN: ACK of the first", p is not None and p[TCP].flags in (ACK, SYN | ACK) and p[TCP].ack == (c.iss + 1) & M32, text_of(p))
    c.send(RST, seq=c.iss + 1)
    c.send(SYN, seq=c.iss + 0x40000000)
    p = c.get()
    ok("and after the reset that this calls for, the new one is taken", p is not None and p[TCP].flags == SYN | ACK and
       p[TCP].ack == (c.iss + 0x40000001) & M32, text_of(p))
    c.send(RST, seq=c.iss + 0x40000001)
    c = Peer()
    c.send(SYN, opts=[("MSS", 1460)])
    iss = c.get()[TCP].seq
    c.seq, c.ack = c.iss + 1, iss + 1
    c.say(b"GET /a.txt HTTP/1.0\r\n\r\n", flags=ACK | PSH | FIN)
    ok("SYN_RECEIVED: text and FIN with the ACK: answered, then FIN", finishes(c, HEADER_ANSWERED))


def finishes(c, start):
    """Reads until the peer's FIN and answers it."""
    got, fin, end = b"", False, time.monotonic() + 3
    while time.monotonic() < end and not fin:
        p = c.get(1)
        if p is None:
            break
        if p[TCP].flags & RST:
            return False
        if p[TCP].seq == c.ack:
            got += data_of(p)
            fin = bool(p[TCP].flags & FIN)
            c.take(p)
            c.send(ACK)
    return fin and got.startswith(start)


# ---- receiving ----

REQUEST = b"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"


@group
def receiving():
    c = opened()
    start = time.monotonic()
    c.say(REQUEST[:10])
    p = c.get(1)
    ok("a lone segment is acknowledged within 500 ms (MUST-40)", is_ack(p, c) and p.at - start < 0.5, text_of(p))
    took = []
    for _ in range(3):  # a busy machine may lose one race against the 40 ms of the delayed ACK
        c.say(b"a" * 1460)
        time.sleep(0.002)
        start = time.monotonic()
        c.say(b"a" * 1460)
        p = c.get(0.5, lambda q: q[TCP].ack == c.seq & M32)
        took.append(p.at - start if p else 9)
    ok("the second full segment is acknowledged at once (SHLD-19)", min(took) < 0.03, str(took))
    c.gone()

    c = opened()
    c.send(ACK, REQUEST[20:], seq=c.seq + 20)
    p = c.get(0.3)
    ok("out of order: a duplicate ACK at once", is_ack(p, c), text_of(p))
    c.send(ACK, REQUEST[12:25], seq=c.seq + 12)
    p = c.get(0.3)
    ok("overlapping, still out of order: another", is_ack(p, c), text_of(p))
    c.send(ACK, REQUEST[:16])
    p = c.get(0.3)
    c.seq += len(REQUEST)
    ok("the hole filled: acknowledged at once, all of it", p is not None and p[TCP].ack == c.seq & M32, text_of(p))
    a = data_of(p) if p and data_of(p) else b""
    if a:
        c.take(p)
    a += c.answer()
    ok("and put together right", a.startswith(HEADER_ANSWERED), repr(a[:60]))
    c.gone()

    c = opened()
    for i in range(len(REQUEST) - 1, -1, -1):
        c.send(ACK, REQUEST[i:i + 1], seq=c.seq + i)
    c.seq += len(REQUEST)
    ok("octet by octet from the end: put together right", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    c.send(ACK | PSH, REQUEST, seq=c.seq - len(REQUEST))
    p = c.get(0.2)
    ok("all of it again: an ACK, no second answer", is_ack(p, c) and c.silent(), text_of(p))
    c.send(ACK | PSH, REQUEST[5:] + REQUEST, seq=c.seq - len(REQUEST) + 5)
    c.seq += len(REQUEST)
    ok("old and new in one segment: the new part is taken", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    c.send(ACK, b"", seq=c.seq - 1)
    p = c.get(0.2)
    ok("a keep-alive probe is answered", is_ack(p, c), text_of(p))
    c.send(ACK, b"x", seq=c.seq - 1)
    p = c.get(0.2)
    ok("also one with a garbage octet", is_ack(p, c), text_of(p))
    c.send(ACK | PSH, REQUEST, seq=c.seq + (2 << 20))
    p = c.get(0.2)
    ok("beyond the window: ACK, not taken", is_ack(p, c), text_of(p))
    c.send(ACK | PSH, b"x" * 10, seq=c.seq - 100000)
    p = c.get(0.2)
    ok("long before the window: ACK", is_ack(p, c), text_of(p))
    c.send(PSH, REQUEST)
    ok("without ACK: dropped", c.silent(), text_of(c.heard))
    c.send(ACK | PSH, REQUEST, ack=c.ack + 5000)
    p = c.get(0.2)
    ok("an ACK of what was not sent: ACK, not taken", is_ack(p, c), text_of(p))
    c.send(ACK | PSH, REQUEST, ack=c.ack - 0x20000000)
    p = c.get(0.2)
    ok("an ACK older than any window: challenge ACK (RFC 5961 5)", is_ack(p, c), text_of(p))
    ok("and nothing was answered meanwhile", c.silent(), text_of(c.heard))
    c.ask()
    ok("goes on", c.answer().startswith(HEADER_ANSWERED))
    c.gone()


@group
def broken_segments():
    c = opened()
    ip, body = raw_options(c, ACK | PSH, b"", REQUEST)
    put_raw(c, ip, body, good=False)
    ok("a bad TCP checksum: nothing", c.silent(), text_of(c.heard))
    for n in (0, 4):
        ip, body = raw_options(c, ACK | PSH, b"", REQUEST)
        body[12] = n << 4
        put_raw(c, ip, body)
        ok(f"data offset {n}: nothing", c.silent(), text_of(c.heard))
    ip, body = raw_options(c, ACK | PSH, b"", b"ab")
    body[12] = 15 << 4
    put_raw(c, ip, body)
    ok("data offset beyond the segment: nothing", c.silent(), text_of(c.heard))
    wire.put(IP(src=c.src, dst=c.dst, proto=6) / Raw(bytes(c.make(ACK))[:12]))
    ok("a segment of 12 octets: nothing", c.silent(), text_of(c.heard))
    c.send(ACK | PSH, REQUEST, ip=IP(src=c.src, dst=c.dst, chksum=0x1234))
    ok("a bad IP checksum: nothing", c.silent(), text_of(c.heard))
    c.send(ACK | PSH, REQUEST, ip=IP(src=c.src, dst=c.dst, version=5))
    ok("IP version 5: nothing", c.silent(), text_of(c.heard))
    c.ask()
    ok("the connection goes on", c.answer().startswith(HEADER_ANSWERED))
    c.gone()


@group
def attacks():
    c = opened()
    c.send(RST, seq=c.seq + 100)
    p = c.get(0.3)
    ok("RST in the window but not exact: challenge ACK (RFC 5961 3)", is_ack(p, c, seq=c.ack), text_of(p))
    c.send(RST, seq=c.seq - 1)
    ok("RST just before the window: nothing", c.silent(), text_of(c.heard))
    c.send(RST, seq=c.seq + (2 << 20))
    ok("RST beyond the window: nothing", c.silent(), text_of(c.heard))
    for name, seq in (("exact", 0), ("in the window", 50), ("outside", 1 << 30)):
        c.send(SYN, seq=c.seq + seq, opts=[("MSS", 1460)])
        p = c.get(0.3)
        ok(f"SYN, {name}: challenge ACK (RFC 5961 4)", is_ack(p, c, seq=c.ack), text_of(p))
    c.send(SYN | ACK, seq=c.iss, opts=[("MSS", 1460)])
    p = c.get(0.3)
    ok("SYN,ACK: challenge ACK", is_ack(p, c, seq=c.ack), text_of(p))
    for _ in range(30):
        c.send(RST, seq=c.seq + 100)
    n = len(c.drain())
    ok("challenge ACKs are limited (RFC 5961 7)", n < 20, str(n))
    d = opened()
    d.send(RST, seq=d.seq + 100)
    p = d.get(0.3)
    ok("but not by what happens to another connection", is_ack(p, d, seq=d.ack), text_of(p))
    d.send(RST, seq=d.seq)
    d.send(ACK)
    p = d.get(0.3)
    ok("an exact RST ends it: then all is answered by RST", p is not None and p[TCP].flags == RST and p[TCP].seq == d.ack & M32, text_of(p))
    c.ask()
    ok("the attacked connection goes on", c.answer().startswith(HEADER_ANSWERED))
    c.send(RST | ACK, b"why", seq=c.seq)
    c.send(ACK)
    p = c.get(0.3)
    ok("an exact RST with text ends it as well (SHLD-2)", p is not None and p[TCP].flags == RST, text_of(p))
    c = Peer(src=V4, sport=80)
    c.send(SYN)
    p = wire.get(lambda q: q.getlayer(TCP) and q.dst == V4, 0.3)
    ok("a SYN from its own address and port: nothing (land)", p is None, text_of(p))


@group
def timestamps():
    c = Peer()
    c.open([("MSS", 1460), ("Timestamp", (1000, 0))])
    c.ts_at = 5000
    c.say(REQUEST)
    ok("timestamps: taken", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    c.send(ACK | PSH, REQUEST, ts=4000)
    p = c.get(0.3)
    ok("PAWS: an older timestamp: ACK, not taken (RFC 7323 5.3)", is_ack(p, c), text_of(p))
    ok("and TS.Recent stays", p is not None and dict(p[TCP].options).get("Timestamp", (0, 0))[1] == 5000, text_of(p))
    ok("and no answer", c.silent(), text_of(c.heard))
    c.send(ACK | PSH, REQUEST, ts=False)
    ok("none at all: dropped (RFC 7323 3.2)", c.silent(), text_of(c.heard))
    c.send(SYN, ts=False, seq=c.seq + 9)
    p = c.get(0.3)
    ok("a SYN without: challenge ACK all the same", is_ack(p, c), text_of(p))
    c.send(ACK | PSH, REQUEST[10:], seq=c.seq + 10, ts=7000)
    p = c.get(0.3)
    ok("out of order does not move TS.Recent (RFC 7323 4.3)", p is not None and dict(p[TCP].options)["Timestamp"][1] == 5000, text_of(p))
    c.ts_at = 7000
    c.say(REQUEST[:10])
    c.seq += len(REQUEST) - 10
    ok("equal or newer ones: taken", c.answer().startswith(HEADER_ANSWERED))
    c.send(RST, ts=False, seq=c.seq)
    c.send(ACK)
    p = c.get(0.3)
    ok("a RST needs none", p is not None and p[TCP].flags == RST, text_of(p))
    c = opened()
    c.send(ACK | PSH, REQUEST, opts=[("NOP", None), ("NOP", None), ("Timestamp", (9, 9))])
    c.seq += len(REQUEST)
    p = c.get(1, lambda q: len(data_of(q)) > 0)
    ok("timestamps that were not agreed are ignored, and not answered", p is not None and "Timestamp" not in names(p), text_of(p))
    c.gone()


@group
def urgent():
    c = opened()
    c.say(REQUEST[:4], flags=ACK | URG, urgptr=2)
    c.say(REQUEST[4:], flags=ACK | PSH)
    ok("urgent text stays in the stream", c.answer().startswith(HEADER_ANSWERED))
    c.send(ACK | URG, urgptr=60000)
    ok("an urgent pointer far ahead, without text, does no harm", c.silent() or is_ack(c.heard, c), text_of(c.heard))
    c.ask()
    ok("and the stream goes on", c.answer().startswith(HEADER_ANSWERED))
    c.gone()


# ---- sending ----

@group
def retransmission():
    c = opened()
    c.ask()
    first = c.get(1, lambda q: len(data_of(q)) > 0)
    again = [c.get(4, lambda q: len(data_of(q)) > 0) for _ in range(3)]
    if ok("unacknowledged data comes again", first is not None and all(again)):
        gaps = [b.at - a.at for a, b in zip([first] + again, again)]
        ok("the same octets", all(a[TCP].seq == first[TCP].seq and data_of(a) == data_of(first) for a in again))
        ok("each time after twice as long (MUST-19)", 0.15 < gaps[0] < 1.3 and all(1.5 < b / a < 2.6 for a, b in zip(gaps, gaps[1:])), str(gaps))
        c.take(first)
        c.send(ACK)
        ok("until it is acknowledged", c.silent(1), text_of(c.heard))
    c.gone()

    c = opened()
    c.ask("/big")
    got = c.drain()
    seqs = sorted({p[TCP].seq for p in got}, key=lambda s: (s - c.ack) & M32)
    base = seqs[0]
    c.ack = base
    for i in range(3):
        c.send(ACK)
    p = c.get(0.1, lambda q: q[TCP].seq == base)
    ok("three duplicate ACKs: fast retransmit (RFC 5681 3.2)", p is not None and len(data_of(p)) == 1460, text_of(p))
    c.ack = base + 1460 * 3
    c.send(ACK)
    p = c.get(0.15, lambda q: q[TCP].seq == c.ack & M32)
    ok("a partial ACK: the next hole at once (RFC 6582)", p is not None, text_of(p))
    c.gone()


@group
def windows():
    c = Peer()
    c.open(win=4000)
    c.win = 4000
    c.ask("/big")
    got = c.drain(0.15)
    ok("no octet beyond the window", all(((p[TCP].seq + len(data_of(p)) - c.ack) & M32) <= 4000 for p in got) and got, str([text_of(p) for p in got][:3]))
    top = max((p[TCP].seq + len(data_of(p)) - c.ack) & M32 for p in got)
    c.ack = (c.ack + top) & M32
    c.win = 0
    c.send(ACK)
    wire.forget()
    probes = [c.get(8) for _ in range(4)]
    if ok("a shut window is probed (MUST-36)", all(probes), str(probes)):
        gaps = [b.at - a.at for a, b in zip(probes, probes[1:])]
        size = [len(data_of(p)) for p in probes]
        ok("with an octet at the most", max(size) <= 1 and all((p[TCP].seq - c.ack) & M32 in (0, M32) for p in probes), str([text_of(p) for p in probes]))
        ok("less and less often (SHLD-30)", all(1.5 < b / a < 2.6 for a, b in zip(gaps, gaps[1:])), str(gaps))
    c.win = 1
    c.send(ACK)
    ok("a window of one octet: no silly segment at once (MUST-38)", c.silent(0.1) or len(data_of(c.heard)) <= 1, text_of(c.heard))
    c.win = 65535
    c.send(ACK)
    p = c.get(0.1, lambda q: len(data_of(q)) > 1)
    ok("it opens: data at once", p is not None and (p[TCP].seq - c.ack) & M32 <= 1, text_of(p))
    c.drain(0.02)
    c.win = 100
    c.send(ACK)
    p = c.get(2, lambda q: len(data_of(q)) > 0)
    ok("a shrunk window does not stop retransmission (MUST-34)", p is not None and p[TCP].seq == c.ack, text_of(p))
    c.win = 65535
    c.send(ACK)
    c.gone()


@group
def receive_window():
    c = Peer()
    p = c.open([("MSS", 1460), ("NOP", None), ("WScale", 0)], win=0)
    scale, c.win = dict(p[TCP].options).get("WScale", 0), 0
    edge = c.seq + p[TCP].window  # what the SYN,ACK promised
    stream, at, first, last, shrunk, over = REQUEST * 200, 0, c.seq, None, False, False
    end = time.monotonic() + 20
    while time.monotonic() < end:
        room = (edge - c.seq) & M32 if (edge - c.seq) & M32 < 1 << 31 else 0
        n = min(1460, room)
        if n == 0:
            p = c.get(0.5)
            if p is None:
                break
        else:
            piece = (stream[at:] + stream)[:n]
            at = (at + n) % len(stream)
            c.say(piece, flags=ACK)
            p = c.get(0.002)
        while p is not None:
            last = p
            e = (p[TCP].ack + (p[TCP].window << scale)) & M32
            if (e - edge) & M32 < 1 << 31:
                edge = e
            elif (edge - e) & M32 >= 1 << scale:
                shrunk = True
            p = c.get(0.0)
    ok("asked without end by one that reads nothing, it shuts its window", last is not None and last[TCP].window == 0, text_of(last))
    ok("after a buffer's worth, not before and not much after", 60000 < (c.seq - first) & M32 < 4 << 20, str((c.seq - first) & M32))
    ok("the right edge never went back (SHLD-14)", not shrunk)
    ok("and all up to it is acknowledged", last is not None and last[TCP].ack == c.seq & M32, text_of(last))
    c.drain(0.3)
    c.send(ACK, b"G")
    p = c.get(0.2)
    ok("a probe of one octet: ACK, not taken, window 0", is_ack(p, c) and p[TCP].window == 0, text_of(p))
    c.send(ACK, b"", seq=c.seq - 1)
    p = c.get(0.2)
    ok("a probe of none: the same", is_ack(p, c) and p[TCP].window == 0, text_of(p))
    c.send(ACK | URG, b"", urgptr=5)
    c.send(RST, seq=c.seq + 5)
    ok("a RST beyond a shut window: nothing", not [p for p in c.drain(0.2) if p[TCP].flags & RST])
    c.win = 65535
    c.send(ACK)
    got, opened_again, end = 0, None, time.monotonic() + 10
    while opened_again is None and time.monotonic() < end:
        p = c.get(1)
        if p is None:
            break
        if p[TCP].seq == c.ack:
            got += len(data_of(p))
            c.take(p)
            c.send(ACK)
        if p[TCP].window and ((p[TCP].ack + (p[TCP].window << scale) - c.seq) & M32) < 1 << 31:
            opened_again = p
    ok("read again, it opens by a worthwhile step (MUST-39)", opened_again is not None and opened_again[TCP].window << scale >= 536, text_of(opened_again))
    ok("and the answers flow", got > 0, str(got))
    c.gone()


# ---- closing ----

@group
def closing():
    c = opened()
    c.ask(more="Connection: close\r\n")
    got, fin = b"", None
    while (p := c.get(1)) is not None:
        if p[TCP].seq == c.ack:
            got += data_of(p)
            if p[TCP].flags & FIN:
                fin = p
            c.take(p)
        if fin:
            break
        c.send(ACK)
    ok("it closes first when asked to: FIN behind the data", fin is not None and got.startswith(HEADER_ANSWERED), text_of(p))
    q = c.get(2, lambda r: r[TCP].flags & FIN)
    ok("FIN comes again until it is acknowledged", q is not None, text_of(q))
    c.send(ACK)
    ok("FIN_WAIT_2: quiet", c.silent(0.6), text_of(c.heard))
    c.say(b"", flags=ACK | FIN)
    p = c.get(0.2)
    ok("TIME_WAIT: our FIN is acknowledged", is_ack(p, c, seq=c.ack), text_of(p))
    c.send(ACK | FIN, seq=c.seq - 1)
    p = c.get(0.2)
    ok("TIME_WAIT: and again when it comes again", is_ack(p, c, seq=c.ack), text_of(p))
    c.send(RST, seq=c.seq)
    c.send(ACK | FIN, seq=c.seq - 1)
    p = c.get(0.2)
    ok("TIME_WAIT: a RST does not end it (RFC 1337)", is_ack(p, c), text_of(p))
    c.send(SYN, seq=c.seq - 1000, opts=[("MSS", 1460)])
    p = c.get(0.3)
    ok("TIME_WAIT: an older SYN opens nothing", p is None or p[TCP].flags == ACK, text_of(p))
    c.send(ACK | PSH, b"x" * 10, seq=c.seq)
    p = c.get(0.3)
    ok("TIME_WAIT: text beyond the FIN: ACK", is_ack(p, c), text_of(p))
    old = c.ack
    c.send(SYN, seq=c.seq + 1000, opts=[("MSS", 1460)])
    p = c.get(0.3)
    ok("TIME_WAIT: a newer SYN opens a new connection (RFC 6191)", p is not None and p[TCP].flags == SYN | ACK and p[TCP].ack == (c.seq + 1001) & M32, text_of(p))
    ok("with a number above the old one's", p is not None and (p[TCP].seq - old) & M32 < 1 << 31, text_of(p))
    c.send(RST, seq=c.seq + 1001)

    c = Peer()
    c.open([("MSS", 1460), ("Timestamp", (1000, 0))])
    c.ask(more="Connection: close\r\n")
    time.sleep(0.1)
    for p in c.drain():
        c.take(p)
    c.ts_at = 2000
    c.say(b"", flags=ACK | FIN)
    p = c.get(0.3)
    ok("FIN_WAIT_1: FIN that acknowledges the FIN: TIME_WAIT at once", is_ack(p, c, seq=c.ack), text_of(p))
    c.send(SYN, seq=c.seq + 1000, ts=1500)
    p = c.get(0.3)
    ok("TIME_WAIT: a SYN with an older timestamp opens nothing", p is None or p[TCP].flags == ACK, text_of(p))
    c.their_ts = 0
    c.send(SYN, seq=c.seq - 100000, ts=3000)
    p = c.get(0.3)
    ok("TIME_WAIT: a newer timestamp does, whatever the number", p is not None and p[TCP].flags == SYN | ACK, text_of(p))
    c.send(RST, seq=c.seq - 99999)

    c = opened()
    c.say(b"GET /a.txt HTTP/1.0\r\n\r\n")
    fin = None
    while (p := c.get(1)) is not None and not fin:
        if p[TCP].flags & FIN:
            fin = p
    if ok("a FIN, for a simultaneous close", fin is not None):
        end = fin[TCP].seq + len(data_of(fin))
        c.ack = end  # the data, not the FIN
        c.say(b"", flags=ACK | FIN)
        p = c.get(0.2, lambda q: not q[TCP].flags & FIN)
        ok("CLOSING: the other FIN is acknowledged", is_ack(p, c), text_of(p))
        c.ack = end + 1
        c.send(ACK)
        c.drain(0.6)
        c.send(ACK | FIN, seq=c.seq - 1)
        p = c.get(0.3)
        ok("CLOSING to TIME_WAIT", is_ack(p, c, seq=c.ack), text_of(p))

    c = opened()
    c.say(REQUEST, flags=ACK | PSH | FIN)
    p = c.get(0.2)
    ok("text and FIN together: both acknowledged", p is not None and p[TCP].ack == c.seq & M32, text_of(p))
    wire.waiting.insert(0, p)
    ok("half-closed: still answered in full, then closed", finishes(c, HEADER_ANSWERED))
    c.send(ACK)
    p = c.get(0.5, lambda q: q[TCP].flags & RST)
    ok("LAST_ACK to CLOSED: nothing is left", p is not None and p[TCP].flags == RST, text_of(p))

    c = opened()
    c.send(ACK | FIN, seq=c.seq + len(REQUEST))
    p = c.get(0.2)
    ok("a FIN before its text: duplicate ACK", is_ack(p, c), text_of(p))
    c.send(ACK | PSH, REQUEST)
    c.seq += len(REQUEST) + 1
    p = c.get(0.2)
    ok("the text comes: FIN acknowledged as well", p is not None and p[TCP].ack == c.seq & M32, text_of(p))
    c.send(ACK | PSH, b"more", seq=c.seq)
    c.send(ACK | FIN, seq=c.seq - 1)
    ok("text behind a FIN is not taken", all(p[TCP].ack == c.seq & M32 for p in c.drain()))
    c.gone()

    c = opened()
    c.ask("/big", more="Connection: close\r\n")
    c.drain()
    c.send(RST, seq=c.seq)
    ok("a RST while much is under way: quiet", c.silent(0.6), text_of(c.heard))


# ---- IP below ----

@group
def ip_layer():
    c = opened()
    seg = bytes(c.ip() / c.make(ACK | PSH, REQUEST))[20:]
    wire.put(IP(src=c.src, dst=c.dst, id=77, proto=6, frag=3) / Raw(seg[24:]))
    wire.put(IP(src=c.src, dst=c.dst, id=77, proto=6, flags="MF") / Raw(seg[:24]))
    c.seq += len(REQUEST)
    ok("a segment in fragments, the last one first", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    seg = bytes(c.ip() / c.make(ACK | PSH, REQUEST))[20:]
    wire.put(IP(src=c.src, dst=c.dst, id=78, proto=6, flags="MF") / Raw(seg[:24]))
    wire.put(IP(src=c.src, dst=c.dst, id=78, proto=6, frag=2) / Raw(b"X" * 8 + seg[24:]))
    ok("fragments that overlap: dropped", c.silent(), text_of(c.heard))
    c.send(ACK | PSH, REQUEST, ip=IP(src=c.src, dst=c.dst, options=b"\x01\x01\x01\x00"))
    c.seq += len(REQUEST)
    ok("IP options are ignored (MUST-50)", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    c.send(ACK | PSH, REQUEST, ip=IP(src=c.src, dst=c.dst, options=b"\x94\x04\x00\x00"))
    c.seq += len(REQUEST)
    ok("also ones that we do not know", c.answer().startswith(HEADER_ANSWERED))
    c.send(ACK | PSH, REQUEST, ip=IP(src=c.src, dst=c.dst, ttl=1))
    c.seq += len(REQUEST)
    ok("TTL 1 is enough", c.answer().startswith(HEADER_ANSWERED))
    c.gone()
    for name, src, dst in (("to the subnet's broadcast", "10.9.0.77", "10.9.0.255"), ("to 255.255.255.255", "10.9.0.77", "255.255.255.255"),
                           ("to a multicast group", "10.9.0.77", "224.0.0.1"), ("from a broadcast address", "10.9.0.255", V4),
                           ("from a multicast group", "224.0.0.5", V4), ("from 127.0.0.1", "127.0.0.1", V4), ("from 0.0.0.0", "0.0.0.0", V4)):
        wire.put(IP(src=src, dst=dst) / TCP(sport=4321, dport=80, flags="S", seq=1))
        wire.put(IP(src=src, dst=dst) / TCP(sport=4321, dport=81, flags="S", seq=1))
        p = wire.get(lambda q: q.getlayer(TCP) and q[TCP].dport == 4321, 0.15)
        ok(f"a SYN {name}: nothing (MUST-57, MUST-63)", p is None, text_of(p))


@group
def icmp():
    wire.put(IP(src="10.9.0.77", dst=V4) / ICMP(id=5, seq=6) / Raw(b"payload" * 10))
    p = wire.get(lambda q: q.getlayer(ICMP) and q[ICMP].type == 0, 1)
    ok("ping: answered, its octets in it", p is not None and p[ICMP].id == 5 and p[ICMP].seq == 6 and bytes(p[Raw])[:70] == b"payload" * 10, str(p))
    wire.put(IP(src="10.9.0.77", dst=V4) / ICMP(id=5, seq=7, chksum=1))
    p = wire.get(lambda q: q.getlayer(ICMP) and q[ICMP].type == 0, 0.2)
    ok("ping with a bad checksum: nothing", p is None)
    wire.put(IP(src="10.9.0.77", dst=V4) / UDP(sport=4444, dport=9) / Raw(b"hello"))
    p = wire.get(lambda q: q.getlayer(ICMP) and q[ICMP].type == 3, 1)
    ok("UDP to a closed port: port unreachable", p is not None and p[ICMP].code == 3 and p.getlayer(UDPerror) is not None and p[UDPerror].sport == 4444, str(p))
    wire.put(IP(src="10.9.0.77", dst="10.9.0.255") / UDP(sport=4445, dport=9) / Raw(b"hello"))
    p = wire.get(lambda q: q.getlayer(ICMP) and q[ICMP].type == 3, 0.2)
    ok("but not to a broadcast", p is None)
    wire.put(IP(src="10.9.0.77", dst=V4, proto=200) / Raw(b"hello"))
    p = wire.get(lambda q: q.getlayer(ICMP) and q[ICMP].type == 3, 1)
    ok("an unknown protocol: protocol unreachable", p is not None and p[ICMP].code == 2, str(p))
    wire.put(IP(src="10.9.0.77", dst=V4) / ICMP(type=3, code=1) / Raw(bytes(IP(src=V4, dst="10.9.0.77", proto=200) / Raw(b"12345678"))))
    p = wire.get(lambda q: q.getlayer(ICMP) is not None, 0.2)
    ok("an ICMP error is never answered", p is None, str(p))


def about(c, seq, type, code, **k):
    inner = IPv6(src=c.dst, dst=c.src, plen=1480, nh=6) if c.v6 else IP(src=c.dst, dst=c.src, len=1500, flags="DF", proto=6)
    quoted = bytes(inner / TCP(sport=c.dport, dport=c.sport, seq=seq & M32, flags="A"))
    if c.v6:
        h = ICMPv6PacketTooBig(mtu=k["mtu"]) if type == 2 else ICMPv6DestUnreach(type=1, code=code)
        wire.put(IPv6(src="fd09::99", dst=c.dst) / h / Raw(quoted + b"\0" * 40))
    else:
        wire.put(IP(src="10.9.0.99", dst=c.dst) / ICMP(type=type, code=code, **({"nexthopmtu": k["mtu"]} if "mtu" in k else {})) / Raw(quoted[:28]))


@group
def icmp_about_segments():
    c = Peer(src="10.9.0.78")
    c.open()
    c.ask("/big")
    got = c.drain()
    about(c, got[0][TCP].seq + 0x40000000, 3, 4, mtu=700)
    ok("too big, about a number not under way: ignored (RFC 5927)", c.silent(0.1) or len(data_of(c.heard)) == 1460, text_of(c.heard))
    about(c, got[0][TCP].seq, 3, 4, mtu=1000)
    p = c.get(0.15, lambda q: len(data_of(q)) > 0)
    ok("too big: sent again, cut smaller, at once (RFC 1191)", p is not None and 0 < len(data_of(p)) <= 960 and p[TCP].seq == c.ack, text_of(p))
    c.gone()
    c = Peer(src="10.9.0.78")
    c.open()
    c.ask("/big")
    sizes = [len(data_of(p)) for p in c.drain()]
    ok("and remembered for the next connection", sizes and max(sizes) <= 960, str(sizes))
    c.gone()
    for name, code, ends in (("net unreachable", 0, False), ("host unreachable", 1, False), ("source route failed", 5, False),
                             ("prohibited", 13, False), ("protocol unreachable", 2, True), ("port unreachable", 3, True)):
        c = opened()
        c.ask("/big")
        got = c.drain()
        about(c, got[0][TCP].seq, 3, code)
        time.sleep(0.05)
        c.ack = got[0][TCP].seq + 1460
        c.send(ACK)
        p = c.get(0.6)
        if ends:
            ok(f"{name}: the connection ends (SHLD-26)", p is not None and p[TCP].flags == RST, text_of(p))
        else:
            ok(f"{name}: the connection stays (MUST-56)", p is not None and not p[TCP].flags & RST, text_of(p))
        c.gone()
    for name, type, code in (("time exceeded", 11, 0), ("source quench", 4, 0), ("parameter problem", 12, 0)):
        c = opened()
        c.ask("/big")
        got = c.drain()
        about(c, got[0][TCP].seq, type, code)
        c.ack = got[0][TCP].seq + 1460
        c.send(ACK)
        p = c.get(0.6)
        ok(f"{name}: the connection stays (MUST-55, MUST-56)", p is not None and not p[TCP].flags & RST, text_of(p))
        c.gone()
    c = opened()
    c.ask("/big")
    got = c.drain()
    about(c, got[0][TCP].seq - 100000, 3, 3)
    c.ack = got[0][TCP].seq + 1460
    c.send(ACK)
    p = c.get(0.6)
    ok("port unreachable about an old number: ignored (RFC 5927)", p is not None and not p[TCP].flags & RST, text_of(p))
    c.gone()


# ---- IPv6 ----

@group
def ipv6():
    c = Peer(True)
    c.send(SYN, opts=FULL)
    p = c.get()
    if not ok("v6: a SYN is answered", p is not None and p[TCP].flags == SYN | ACK and p[TCP].ack == (c.iss + 1) & M32, text_of(p)):
        return
    ok("v6: MSS 1440", dict(p[TCP].options).get("MSS") == 1440, text_of(p))
    ok("v6: hop limit 64, checksum right", p.hlim == 64 and csum_ok(p), p.summary())
    c.send(RST, seq=c.iss + 1)
    c = Peer(True)
    c.open(())
    c.ask("/big")
    sizes = [len(data_of(p)) for p in c.drain()]
    ok("v6: no MSS option: 1220 (MUST-15)", sizes and max(sizes) == 1220, str(sizes))
    c.gone()
    c = opened(True)
    c.ask()
    ok("v6: a request is answered", c.answer().startswith(HEADER_ANSWERED))
    c.send(ACK, REQUEST[8:], seq=c.seq + 8)
    p = c.get(0.1)
    ok("v6: out of order: duplicate ACK", is_ack(p, c), text_of(p))
    c.send(ACK, REQUEST[:8])
    c.seq += len(REQUEST)
    ok("v6: put together", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    seg = bytes(c.ip() / c.make(ACK | PSH, REQUEST))[40:]
    h = dict(src=c.src, dst=c.dst)
    wire.put(IPv6(**h) / IPv6ExtHdrFragment(nh=6, id=9, offset=0, m=1) / Raw(seg[:24]))
    wire.put(IPv6(**h) / IPv6ExtHdrFragment(nh=6, id=9, offset=3, m=0) / Raw(seg[24:]))
    c.seq += len(REQUEST)
    ok("v6: fragments", c.answer().startswith(HEADER_ANSWERED))
    c.drain()
    c.send(ACK | PSH, REQUEST, ip=IPv6(**h) / IPv6ExtHdrDestOpt(options=[PadN(optdata=b"\0\0\0\0")]))
    c.seq += len(REQUEST)
    ok("v6: a destination options header", c.answer().startswith(HEADER_ANSWERED))
    c.send(RST, seq=c.seq + 10)
    p = c.get(0.3, lambda q: q[TCP].flags == ACK)
    ok("v6: challenge ACK", is_ack(p, c), text_of(p))
    c.gone()
    c = Peer(True, port=81)
    c.send(SYN)
    p = c.get(0.5)
    ok("v6: closed port: RST,ACK", p is not None and p[TCP].flags == RST | ACK and p[TCP].seq == 0 and p[TCP].ack == (c.iss + 1) & M32, text_of(p))
    wire.put(IPv6(src="fd09::77", dst=V6) / ICMPv6EchoRequest(id=1, seq=2, data=b"abc"))
    p = wire.get(lambda q: q.getlayer(ICMPv6EchoReply) is not None, 1)
    ok("v6: ping", p is not None and p[ICMPv6EchoReply].id == 1 and p[ICMPv6EchoReply].data == b"abc", str(p))
    wire.put(IPv6(src="fd09::77", dst=V6) / UDP(sport=4444, dport=9) / Raw(b"hello"))
    p = wire.get(lambda q: q.getlayer(ICMPv6DestUnreach) is not None, 1)
    ok("v6: UDP to a closed port: port unreachable", p is not None and p[ICMPv6DestUnreach].code == 4, str(p))
    wire.put(IPv6(src="fd09::77", dst=V6, nh=200) / Raw(b"hello"))
    p = wire.get(lambda q: q.getlayer(ICMPv6ParamProblem) is not None, 1)
    ok("v6: an unknown next header: parameter problem", p is not None and p[ICMPv6ParamProblem].code == 1, str(p))
    c = Peer(True, src="fd09::78")
    c.open()
    c.ask("/big")
    got = c.drain()
    about(c, got[0][TCP].seq, 2, 0, mtu=1280)
    p = c.get(0.15, lambda q: len(data_of(q)) > 0)
    ok("v6: too big: sent again, cut smaller", p is not None and 0 < len(data_of(p)) <= 1220 and p[TCP].seq == c.ack, text_of(p))
    c.gone()
    c = opened(True)
    c.ask("/big")
    got = c.drain()
    about(c, got[0][TCP].seq, 1, 4)
    c.ack = got[0][TCP].seq + 1000
    c.send(ACK)
    p = c.get(0.6)
    ok("v6: port unreachable ends the connection", p is not None and p[TCP].flags == RST, text_of(p))
    for name, src, dst in (("to all nodes", "fd09::77", "ff02::1"), ("from a group", "ff02::5", V6), ("from ::", "::", V6)):
        wire.put(IPv6(src=src, dst=dst) / TCP(sport=4321, dport=80, flags="S", seq=1))
        p = wire.get(lambda q: q.getlayer(TCP) and q[TCP].dport == 4321, 0.15)
        ok(f"v6: a SYN {name}: nothing", p is None, text_of(p))


# ---- the other side: `handfast get` opens ----

class Client(Peer):
    """A server for one `handfast get`, that does only what it is told."""

    def __init__(self, *more):
        global wire
        super().__init__()
        self.src, self.dst, self.sport, self.dport = "10.8.0.77", "10.8.0.2", 80, 0
        self.keep, wire = wire, Wire("hfw1")
        self.program = subprocess.Popen([PROGRAM, "get", "-q", "--net", "tun:hfw1,addr=10.8.0.2/24,gw=10.8.0.1,offload=no", *more,
                                         "http://10.8.0.77/x"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.syn = wire.get(lambda p: p.getlayer(TCP) and p[TCP].dport == 80 and p[TCP].flags & SYN, 3)
        if self.syn:
            self.dport, self.ack = self.syn[TCP].sport, (self.syn[TCP].seq + 1) & M32

    def accept(self, opts=(("MSS", 1460),)):
        self.send(SYN | ACK, opts=list(opts))
        self.seq = (self.iss + 1) & M32
        return self.get()

    def serve(self, body=b"hello\n"):
        p = self.get(1, lambda q: len(data_of(q)) > 0)
        if p is None:
            return None
        self.take(p)
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return p

    def end(self, within=5):
        """Its exit code and what it printed; whatever it still sends is acknowledged."""
        global wire
        until = time.monotonic() + within
        fin = False
        while self.program.poll() is None and time.monotonic() < until:
            p = self.get(0.1)
            if p is not None and not p[TCP].flags & (RST | SYN) and p[TCP].seq == self.ack:
                self.take(p)
                if p[TCP].flags & FIN and not fin:
                    fin = True
                    self.say(b"", flags=ACK | FIN)
        if self.program.poll() is None:
            self.program.terminate()
        out, _ = self.program.communicate(timeout=5)
        wire.sock.close()
        wire = self.keep
        return self.program.returncode, out


@group
def client_opens():
    c = Client()
    if not ok("get: a SYN goes out", c.syn is not None):
        c.end(0)
        return
    t = c.syn[TCP]
    ok("get: alone, with MSS, scale and timestamps, no ACK number", t.flags == SYN and t.ack == 0 and not data_of(c.syn) and
       {"MSS", "WScale", "Timestamp"} <= set(names(c.syn)) and dict(t.options)["Timestamp"][1] == 0, text_of(c.syn))
    ok("get: from a dynamic port (RFC 6056)", 49152 <= t.sport, str(t.sport))
    c.send(ACK, ack=c.ack + 1000)
    p = c.get()
    ok("SYN_SENT: an ACK of what was not sent: RST seq SEG.ACK", p is not None and p[TCP].flags == RST and p[TCP].seq == (c.ack + 1000) & M32, text_of(p))
    c.send(ACK, ack=t.seq)
    p = c.get()
    ok("SYN_SENT: an ACK that is too old: RST", p is not None and p[TCP].flags == RST and p[TCP].seq == t.seq, text_of(p))
    c.send(SYN | ACK, ack=c.ack + 5)
    p = c.get()
    ok("SYN_SENT: SYN,ACK of something else: RST", p is not None and p[TCP].flags == RST and p[TCP].seq == (c.ack + 5) & M32, text_of(p))
    for name, flags, ack in (("ACK of the SYN alone", ACK, 0), ("RST without ACK", RST, 0), ("RST,ACK of something else", RST | ACK, 77),
                             ("FIN", FIN, 0), ("no flag", 0, 0)):
        c.send(flags, ack=c.ack + ack if flags & ACK else None)
        ok(f"SYN_SENT: {name}: nothing", c.silent(0.1), text_of(c.heard))
    p = c.accept()
    ok("SYN,ACK: ACK", p is not None and p[TCP].flags & ACK and not p[TCP].flags & SYN and p[TCP].seq == c.ack and p[TCP].ack == c.seq, text_of(p))
    ok("and no option that was not answered", p is not None and not [n for n in names(p) if n not in ("NOP", "EOL")], text_of(p))
    if p is not None and data_of(p):
        wire.waiting.insert(0, p)
    c.serve()
    code, out = c.end()
    ok("and the fetch succeeds", code == 0 and out == b"hello\n", f"{code} {out}")

    c = Client()
    first = c.syn
    more = [c.get(5) for _ in range(2)]
    gaps = [b.at - a.at for a, b in zip([first] + more, more)] if first and all(more) else []
    ok("get: the SYN comes again after 1 s, 2 s, the same", len(gaps) == 2 and abs(gaps[0] - 1) < 0.3 and abs(gaps[1] - 2) < 0.3 and
       len({p[TCP].seq for p in [first] + more}) == 1, str(gaps))
    c.send(RST | ACK)
    code, _ = c.end()
    ok("RST,ACK of the SYN: refused", code == 7, str(code))

    c = Client()
    c.send(SYN, opts=[("MSS", 1460)])
    p = c.get()
    ok("simultaneous open: SYN is answered by SYN,ACK with the same number (MUST-10)", p is not None and p[TCP].flags == SYN | ACK and
       p[TCP].seq == c.syn[TCP].seq and p[TCP].ack == (c.iss + 1) & M32, text_of(p))
    c.send(SYN | ACK, opts=[("MSS", 1460)])
    c.seq = (c.iss + 1) & M32
    c.serve()
    code, out = c.end()
    ok("and the other's SYN,ACK establishes it", code == 0 and out == b"hello\n", f"{code} {out}")

    c = Client()
    c.send(SYN, opts=[("MSS", 1460)])
    c.get()
    c.seq = (c.iss + 1) & M32
    c.send(ACK)
    c.serve()
    code, out = c.end()
    ok("simultaneous open: a plain ACK does as well", code == 0 and out == b"hello\n", f"{code} {out}")

    c = Client()
    c.send(SYN, opts=[("MSS", 1460)])
    c.get()
    c.send(RST, seq=c.iss + 1)
    code, _ = c.end()
    ok("simultaneous open: RST ends it, the user hears of it (MUST-11)", code == 7, str(code))

    c = Client()
    about_client(c, 1)
    ok("SYN_SENT: host unreachable does not end it (MUST-56)", c.get(2, lambda q: q[TCP].flags == SYN) is not None)
    about_client(c, 3)
    code, _ = c.end()
    ok("SYN_SENT: port unreachable does", code == 7, str(code))

    c = Client()
    c.accept()
    p = c.get(1, lambda q: len(data_of(q)) > 0)
    c.take(p) if p else None
    c.say(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhel")
    c.send(RST, seq=c.seq)
    code, _ = c.end()
    ok("get: a reset in the middle is told apart", code == 8, str(code))

    c = Client()
    c.accept()
    p = c.get(1, lambda q: len(data_of(q)) > 0)
    c.take(p) if p else None
    c.say(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello\n", flags=ACK | PSH | FIN)
    p = c.get(0.5)
    ok("get: text and FIN together: acknowledged", p is not None and p[TCP].ack == c.seq, text_of(p))
    code, out = c.end()
    ok("and that is a whole answer", code == 0 and out == b"hello\n", f"{code} {out}")

    c = Client()
    c.send(SYN | ACK, b"early", opts=[("MSS", 1460)])
    p = c.get()
    ok("text beside a SYN,ACK: the SYN is acknowledged at least", p is not None and (p[TCP].ack - c.iss) & M32 in (1, 6), text_of(p))
    c.send(RST, seq=p[TCP].ack if p else 0)
    c.end()


def about_client(c, code):
    quoted = bytes(IP(src=c.dst, dst=c.src, len=60, proto=6) / TCP(sport=c.dport, dport=80, seq=(c.ack - 1) & M32, flags="S"))[:28]
    wire.put(IP(src="10.8.0.99", dst=c.dst) / ICMP(type=3, code=code) / Raw(quoted))


@group
def at_the_end():
    ok("after all this a request is answered", alive())
    ok("and the program runs", server.poll() is None)


def main():
    global wire, server
    with tempfile.TemporaryDirectory() as work:
        www = os.path.join(work, "www")
        os.mkdir(www)
        with open(os.path.join(www, "a.txt"), "w") as f:
            f.write("hello\n")
        with open(os.path.join(www, "big"), "wb") as f:
            f.write(bytes(i * 7 % 251 for i in range(4 << 20)))
        os.environ["XDG_RUNTIME_DIR"] = work
        server = subprocess.Popen([PROGRAM, "serve", "--quiet", "--head-timeout", "60", "--net",
                                   f"tun:hfw0,addr={V4}/24,gw=10.9.0.1,addr6={V6}/64,gw6=fd09::1,offload=no", www],
                                  stdout=subprocess.PIPE, text=True)
        try:
            for _ in range(2):
                server.stdout.readline()
            wire = Wire("hfw0")
            for g in groups:
                if ONLY in g.__name__:
                    wire.forget()
                    print(f"# {g.__name__}", flush=True)
                    try:
                        g()
                    except Exception as e:  # a check could not even be made
                        ok(f"{g.__name__}: to its end", False, f"{type(e).__name__}: {e} at line {e.__traceback__.tb_next.tb_lineno if e.__traceback__.tb_next else '?'}")
        finally:
            server.terminate()
            code = server.wait(10)
        ok("it ends cleanly", code == 0, f"exit code {code}")
    print(f"1..{count}")
    return 1 if failed else 0


sys.exit(main())
