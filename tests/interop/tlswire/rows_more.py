# SPDX-License-Identifier: MIT
"""What belongs to no single message: streams in odd pieces, camouflage, staples, one bit wrong anywhere."""
import random

from .hello import STATUS
from .primitives import P256, u16, v16, v24
from .record import CERTIFICATE_STATUS, DATA, HANDSHAKE, Ended, message
from .rows_client12 import INFO
from .rows_client13 import row


def run(b):
    pieces(b)
    camouflage(b)
    staples(b)
    bits(b)
    crowds(b)


# ---- the stream in pieces ----

def trickle(w):
    """Each octet on its own."""
    raw = w.raw

    def slowly(octets):
        for i in range(len(octets)):
            raw(octets[i:i + 1])
    w.raw = slowly
    return w


def heap(w):
    """Nothing until there is something to wait for: all that is said comes at once."""
    raw, read, waiting = w.raw, w.next_record, []
    w.raw = waiting.append

    def push_and_read():
        if waiting:
            raw(b"".join(waiting))
            waiting.clear()
        return read()
    w.next_record = push_and_read
    return w


def pieces(b):
    for name, how in (("octet-by-octet", trickle), ("in-heaps", heap)):
        for v in ("1.3", "1.2"):
            def as_client(b, how=how, v=v):
                c = how(b.client("requires", "me-ec256"))
                return c.connect(c.hello12() if v == "1.2" else c.hello13())
            b.row(f"stream-{name}-{v}", v, as_client)
        b.row(f"stream-{name}-retry", "1.3 retried", lambda b, how=how: retried(how(b.client())))
        row(b, f"stream-{name}-1.3", "1.3", lambda s, how=how: how(s).good13().rest13())
        row(b, f"stream-{name}-1.2", "1.2", lambda s, how=how: how(s).good12().rest12())
        row(b, f"stream-{name}-retry", "1.3 retried", lambda s, how=how: how(s).take_hello().retry(P256).server_hello(group=P256).flight13().rest13())


def retried(c):
    return c.connect(c.hello13(shared=()))


# ---- RFC 8446 D.4 ----

def camouflage(b):
    def seen(session_id, want, **how):
        def f(b):
            c = b.client()
            h = c.hello13(**how)
            h.session_id = session_id
            c.connect(h)
            return f"{c.ccs_seen} of them"
        return f
    b.row("camouflage-asked", "1 of them", seen(bytes(32), 1))
    b.row("camouflage-asked-retry", "1 of them", seen(bytes(32), 1, shared=()))
    b.row("camouflage-not-asked", "0 of them", seen(b"", 0))
    b.row("camouflage-not-asked-retry", "0 of them", seen(b"", 0, shared=()))

    def clients(s):
        s.good13().rest13()
        return f"{s.ccs_seen} of them"
    row(b, "camouflage", "1 of them", clients)

    def clients_retry(s):
        s.take_hello().retry(P256).server_hello(group=P256).flight13().rest13()
        return f"{s.ccs_seen} of them"
    row(b, "camouflage-retry", "1 of them", clients_retry)


# ---- staples: RFC 6066 8, RFC 8446 4.4.2.1 ----

def staples(b):
    bad = "bad_certificate_status_response|decode_error"

    def entry(name, want, body, *args):
        row(b, "staple-1.3-" + name, want, lambda s: s.good13(cert=lambda m: s.certificate(chain=s.chain[:1] + s.chain[1:], ext=u16(STATUS) + v16(body))).rest13(), *args)
    entry("garbage", bad, b"\1" + v24(b"garbage"), "--status")
    entry("empty", bad, b"", "--status")
    entry("of-no-octets", bad, b"\1\0\0\0", "--status")
    entry("cut", bad, b"\1\0\0\5ab", "--status")
    entry("of-another-type", bad + "|illegal_parameter", b"\2" + v24(b"garbage"), "--status")
    entry("octet-behind", bad, b"\1" + v24(b"garbage") + b"\0", "--status")
    row(b, "staple-1.3-none", "1.3", lambda s: s.good13().rest13(), "--status")

    def old(name, want, *messages, ext=b"", promised=True):
        def f(s):
            s.take_hello().server_hello12(ext=INFO + ([(STATUS, ext)] if promised else []))
            return s.flight12(cert=lambda m: m + b"".join(messages)).rest12()
        row(b, "staple-1.2-" + name, want, f, "--status")
    status = lambda body: message(CERTIFICATE_STATUS, body)
    old("none", "1.2", promised=False)
    old("promised-and-missing", "1.2")  # RFC 6066 8: it may be left out even then
    old("unpromised", "unexpected_message", status(b"\1" + v24(b"garbage")), promised=False)
    old("promise-with-body", "decode_error|illegal_parameter", ext=b"\1")
    old("garbage", bad, status(b"\1" + v24(b"garbage")))
    old("empty", bad, status(b""))
    old("of-no-octets", bad, status(b"\1\0\0\0"))
    old("of-another-type", bad + "|illegal_parameter", status(b"\2" + v24(b"garbage")))
    old("octet-behind", bad, status(b"\1" + v24(b"garbage") + b"\0"))
    old("twice", bad + "|unexpected_message", status(b"\1" + v24(b"garbage")) * 2)


# ---- one bit ----

def bits(b):
    """A hello with one bit wrong: an answer or an alert, never silence."""
    for v in ("1.3", "1.2"):
        def f(b, v=v):
            rng = random.Random(5)
            c = b.client()
            size = len((c.hello12() if v == "1.2" else c.hello13()).pack())
            for _ in range(120):
                c.close()
                b.open.clear()
                c = b.client()
                o = bytearray((c.hello12() if v == "1.2" else c.hello13()).pack())
                at = rng.randrange(4, size)  # with another length it would have to wait
                o[at] ^= 1 << rng.randrange(8)
                c.plain(HANDSHAKE, bytes(o))
                try:
                    kind, _ = c.next_record()
                except Ended as e:
                    return f"octet {at}: {e.how}"
                if kind not in (21, 22):
                    return f"octet {at}: a record of type {kind}"
            return "ok"
        b.row(f"bits-of-a-hello-{v}", "ok", f)

    def finishes(b):
        """A bit of the encrypted flight."""
        rng = random.Random(6)
        for _ in range(40):
            c = b.client()
            c.send_hello(c.hello13())
            c.server_hello()
            c.encrypted()
            o = bytearray(c.write_keys.seal(HANDSHAKE, message(20, c.finished_of(c.client_hs))))
            at = rng.randrange(5, len(o))
            o[at] ^= 1 << rng.randrange(8)
            c.raw(bytes(o))
            how = c.drained()
            c.close()
            if how != "bad_record_mac":
                return f"octet {at}: {how}"
        b.open.clear()
        return "ok"
    b.row("bits-of-a-finished", "ok", finishes)

    def server_flight(b):
        rng = random.Random(7)
        for _ in range(40):
            s = b.server()
            s.take_hello().server_hello()
            s.keys13()
            m = bytearray(s.encrypted_extensions() + s.certificate())
            at = rng.randrange(0, len(m))
            m[at] ^= 1 << rng.randrange(8)
            s.say(bytes(m))
            s.say(s.certificate_verify())
            s.finished()
            s.half_close()
            how = s.drained()
            s.close()
            if s.code not in (4, 5):
                return f"octet {at}: {how}, exit {s.code}"
        b.open.clear()
        return "ok"
    b.row("client-bits-of-a-flight", "ok", server_flight)


# ---- many ----

def crowds(b):
    def together(b):
        cs = [b.client() for _ in range(60)]
        for c in cs:
            c.send_hello(c.hello13())
        for c in cs:
            c.server_hello()
        for c in cs[::-1]:
            c.encrypted().finish()
        went = {c.exchange() for c in cs}
        return ", ".join(sorted(went))
    b.row("crowd-of-60", "1.3", together)

    def flooded(b, twelve):
        """The alert arrives though we went on sending."""
        c = b.client()
        c.connect(c.hello12() if twelve else c.hello13())
        c.record(99, b"x")
        data = c.write_keys.seal(DATA, bytes(16384))
        c.sock.settimeout(0.5)
        for _ in range(100):
            c.raw(data)
        c.sock.settimeout(c.PATIENCE)
        c.answer()
    b.row("crowd-behind-an-error-1.3", "unexpected_message", flooded, False)
    b.row("crowd-behind-an-error-1.2", "unexpected_message", flooded, True)

    def large(b):
        """A megabyte there and back in full records, tickets and KeyUpdates among them."""
        c = b.client()
        c.connect(c.hello13())
        data = random.Random(8).randbytes(16384)
        for i in range(64):
            c.record(DATA, data)
            if i % 8 == 7:
                c.record(HANDSHAKE, message(24, b"\1"))
                c.write_keys = c.write_keys.next()
            c.check(c.until_data(16384) == data, "its echo")
        return c.went()
    b.row("crowd-of-data", "1.3", large)
