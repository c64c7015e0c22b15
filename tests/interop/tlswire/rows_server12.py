# SPDX-License-Identifier: MIT
"""The server's side of TLS 1.2 after the hellos: RFC 5246 7, RFC 8422 5, RFC 5746, and RSA key transport (7.4.7.1)."""
import os

from . import primitives as p
from .hello import EMS, TICKET
from .primitives import P256, TLS12, X25519, Share, u16, u8, v16, v8
from .record import (CERTIFICATE, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE, FINISHED, HANDSHAKE,
                     KEY_UPDATE, Ended, message)
from .rows_hello import flip
from .rows_server13 import EVERY

ALL = EVERY + (KEY_UPDATE, FINISHED)


def run(b):
    turns(b)
    key_exchange(b)
    finished(b)
    certificates(b)
    renegotiation(b)
    transport(b)


def at_second_flight(b, kind="any", credential=None, change=lambda h: None):
    c = b.client(kind, credential)
    h = c.hello12()
    change(h)
    c.send_hello(h)
    c.server_hello()
    return c.flight12()


def said(b, f, **how):
    """f(c) in place of ClientKeyExchange."""
    c = at_second_flight(b, **how)
    f(c)
    c.answer()


def turns(b):
    for kind in ALL:
        if kind != CLIENT_KEY_EXCHANGE:
            b.row(f"turn-1.2-{kind}-before-key-exchange", "unexpected_message", said, lambda c, k=kind: c.say(message(k, bytes(40))))

        def before_ccs(c, k=kind):
            c.say(c.key_exchange12())
            c.say(message(k, bytes(40)))
        b.row(f"turn-1.2-{kind}-before-ccs", "unexpected_message", said, before_ccs)
        if kind != FINISHED:
            def after_ccs(c, k=kind):
                c.say(c.key_exchange12())
                c.master12()
                c.ccs()
                c.write_keys = c.next_write
                c.record(HANDSHAKE, message(k, bytes(40)))
            b.row(f"turn-1.2-{kind}-before-finished", "unexpected_message", said, after_ccs)
        if kind != CLIENT_HELLO:
            def when_connected(b, k=kind):
                c = b.client()
                c.connect(c.hello12())
                c.record(HANDSHAKE, message(k, bytes(40)))
                c.answer()
            b.row(f"turn-1.2-{kind}-when-connected", "unexpected_message", when_connected)
    b.row("turn-1.2-ccs-at-once", "unexpected_message", said, lambda c: c.ccs())  # CVE-2014-0224
    b.row("turn-1.2-key-exchange-twice", "unexpected_message", said, lambda c: (c.say(c.key_exchange12()), c.say(c.key_exchange12())))

    def finished_twice(b):
        c = b.client()
        c.connect(c.hello12())
        c.record(HANDSHAKE, c.finished12())
        c.answer()
    b.row("turn-1.2-finished-twice", "unexpected_message", finished_twice)

    def finished_joined(c):
        c.say(c.key_exchange12())
        c.master12()
        c.ccs()
        c.write_keys = c.next_write
        fin = c.finished12()
        c.record(HANDSHAKE, fin * 2)
        c.transcript += fin
        c.last12()
    b.row("turn-1.2-finished-twice-in-a-record", "unexpected_message", said, finished_joined)

    def one_record(b):
        """All before ChangeCipherSpec in one record."""
        c = at_second_flight(b, "requires", "me-ec256")
        pieces = []
        say = c.say
        c.say = lambda m, split=None: (pieces.append(m), setattr(c, "transcript", c.transcript + m))
        c.say(c.certificate12())
        c.say(c.key_exchange12())
        c.master12()
        c.say(c.certificate_verify12())
        c.say = say
        c.record(HANDSHAKE, b"".join(pieces))
        c.change12().last12()
        return c.exchange()
    b.row("turn-1.2-second-flight-in-one-record", "1.2", one_record)

    def ccs_and_message(c):
        c.plain(HANDSHAKE, c.key_exchange12() + b"\x14")
        c.ccs()
    b.row("turn-1.2-octet-before-ccs", "unexpected_message", said, ccs_and_message)


def key_exchange(b):
    def body(name, want, make, suite=None, group=None):
        def change(h):
            if group:
                h.ext.put(10, v16(u16(group) + (u16(P256) if group != P256 else b"")))
        b.row("key-exchange-1.2-" + name, want, said, lambda c: c.say(message(CLIENT_KEY_EXCHANGE, make(c))), change=change)

    x = Share(X25519).public
    y = Share(P256).public
    body("empty", "decode_error", lambda c: b"")
    body("no-point", "decode_error|illegal_parameter", lambda c: b"\0")
    body("length-and-1", "decode_error", lambda c: b"\x21" + x)
    body("length-less-1", "decode_error", lambda c: b"\x1f" + x)
    body("octet-behind", "decode_error", lambda c: v8(x) + b"\0")
    body("as-transport", "decode_error|illegal_parameter", lambda c: v16(os.urandom(256)))
    for n in (1, 31, 33, 64, 65):
        body(f"x25519-of-{n}", "illegal_parameter|decode_error", lambda c, n=n: v8(os.urandom(n)))
    for i, point in enumerate((bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f")):
        body(f"x25519-low-order-{i}", "illegal_parameter", lambda c, x=point: v8(x))
    for name, point in [("of-64", y[:64]), ("of-66", y + b"\0"), ("compressed", b"\2" + y[1:33]), ("infinity", b"\0"), ("hybrid", b"\6" + y[1:]),
                        ("off-curve", y[:-1] + u8(y[-1] ^ 1)), ("zero", b"\4" + bytes(64))]:
        body("p256-" + name, "illegal_parameter|decode_error", lambda c, x=point: v8(x), group=P256)


def finished(b):
    def bent(name, want, change, label=b"client finished"):
        def f(c):
            c.say(c.key_exchange12())
            c.master12()
            c.ccs()
            c.write_keys = c.next_write
            c.record(HANDSHAKE, message(FINISHED, change(c.finished12(label)[4:])))
        b.row("finished-1.2-" + name, want, said, f)

    for at in range(12):
        bent(f"octet-{at}", "decrypt_error", lambda v, at=at: flip(v, at))
    bent("zero", "decrypt_error", lambda v: bytes(12))
    bent("as-server", "decrypt_error", lambda v: v, b"server finished")
    bent("empty", "decode_error", lambda v: b"")
    bent("of-11", "decode_error", lambda v: v[:11])
    bent("of-13", "decode_error", lambda v: v + b"\0")
    bent("of-32", "decode_error", lambda v: v + bytes(20))
    bent("of-16000", "decode_error", lambda v: v + bytes(15988))

    def without_ems(c):
        """Both sides said extended_master_secret; the master secret without it must not do."""
        c.say(c.key_exchange12())
        c.ems = False
        c.master12()
        c.change12()
    b.row("finished-1.2-without-the-ems-agreed-on", "bad_record_mac", said, without_ems)


def certificates(b):
    for key in ("ec256", "rsa2048", "ed25519"):
        for kind in ("requests", "requires"):
            b.row(f"client-certificate-1.2-{key}-{kind}", "1.2",
                  lambda b, key=key, kind=kind: at_second_flight(b, kind, "me-" + key).second_flight12().last12().exchange())
    b.row("client-certificate-1.2-none-requested", "1.2", lambda b: at_second_flight(b, "requests").second_flight12().last12().exchange())
    b.row("client-certificate-1.2-none-required", "handshake_failure", lambda b: at_second_flight(b, "requires").second_flight12().last12().exchange())

    def bent(b, who="me-ec256", cert=lambda c: c.certificate12(), cke=lambda c: c.key_exchange12(), cv=lambda c: c.certificate_verify12(), kind="requests"):
        c = at_second_flight(b, kind, who)
        for i, f in enumerate((cert, cke, cv)):
            m = f(c)
            if m:
                c.say(m)
            if i == 1:
                c.master12()
        return c.change12().last12().exchange()

    def row(name, want, *args, **how):
        b.row("client-certificate-1.2-" + name, want, bent, *args, **how)

    for scheme in (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601):
        row(f"scheme-{scheme:04x}", "1.2", "me-rsa2048", cv=lambda c, s=scheme: c.certificate_verify12(s))
    for scheme in (0x0503, 0x0603):
        row(f"scheme-{scheme:04x}", "1.2", cv=lambda c, s=scheme: c.certificate_verify12(s))
    row("message-missing", "unexpected_message", cert=lambda c: None, cv=lambda c: None)
    row("verify-missing", "unexpected_message", cv=lambda c: None)
    row("none-and-verify", "unexpected_message", cert=lambda c: message(CERTIFICATE, b"\0\0\0"))
    row("twice", "unexpected_message", cert=lambda c: c.certificate12() * 2)
    row("verify-twice", "unexpected_message", cv=lambda c: c.certificate_verify12() * 2)
    row("unasked", "unexpected_message", kind="any")
    row("garbage", "bad_certificate|decode_error", cert=lambda c: message(CERTIFICATE, p.v24(p.v24(b"garbage" * 20))))
    row("zero-length", "decode_error|bad_certificate", cert=lambda c: message(CERTIFICATE, p.v24(p.v24(b""))))
    row("octet-behind", "decode_error", cert=lambda c: message(CERTIFICATE, c.certificate12()[4:] + b"\0"))
    row("empty", "decode_error", cert=lambda c: message(CERTIFICATE, b""))
    row("as-in-1.3", "decode_error|illegal_parameter|bad_certificate", cert=lambda c: c.certificate13())
    row("of-a-server", "unsupported_certificate|bad_certificate|certificate_unknown", "ec256")
    row("verify-wrong-key", "decrypt_error", "ec256", cert=lambda c: message(CERTIFICATE, p.v24(b"".join(p.v24(x) for x in b.credentials["me-ec256"][0]))))
    row("verify-flipped", "decrypt_error", cv=lambda c: flip(c.certificate_verify12(), -1))
    row("verify-empty-signature", "decrypt_error|decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, b"\4\3\0\0"))
    row("verify-octet-behind", "decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, c.certificate_verify12()[4:] + b"\0"))
    row("verify-cut", "decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, c.certificate_verify12()[4:-1]))
    row("verify-empty", "decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, b""))
    row("verify-without-scheme", "decode_error|illegal_parameter|decrypt_error", cv=lambda c: message(CERTIFICATE_VERIFY, c.certificate_verify12()[6:]))
    for says in (0, 0x0a0a, 0x0203, 0x0804, 0x0807):
        row(f"verify-says-{says:04x}", "illegal_parameter|handshake_failure", cv=lambda c, x=says: message(CERTIFICATE_VERIFY, u16(x) + c.certificate_verify12()[6:]))
    for scheme in (0x0201, 0x0203):
        row(f"verify-{scheme:04x}", "illegal_parameter|handshake_failure", "me-rsa2048" if scheme == 0x0201 else "me-ec256",
            cv=lambda c, s=scheme: c.certificate_verify12(s))


def renegotiation(b):
    def again(b, change=lambda h: None):
        """Renegotiation is refused: it may be politely (RFC 5246 7.2.2), or in the end."""
        c = b.client()
        h = c.hello12()
        c.connect(h)
        h = c.hello12()
        h.ext.put(0xff01, v8(p.prf(c.hash, c.master, b"client finished", bytes(32), 12)))
        change(h)
        c.record(HANDSHAKE, h.pack())
        try:
            c.answer()
        except Ended as e:
            if e.how != "warning no_renegotiation":
                raise
            return c.exchange() + " refused"
    refused = "no_renegotiation|handshake_failure|unexpected_message|1.2 refused"
    b.row("renegotiation-1.2", refused, again)
    b.row("renegotiation-1.2-insecure", refused, again, lambda h: h.ext.drop(0xff01))
    b.row("renegotiation-1.2-empty-info", refused, again, lambda h: h.ext.put(0xff01, b"\0"))

    def between(b):
        c = at_second_flight(b)
        c.say(c.hello12().pack())
        c.answer()
    b.row("renegotiation-1.2-inside-the-handshake", "unexpected_message", between)


# ---- RSA key transport ----

def transport(b):
    """RFC 5246 7.4.7.1: what is malformed must look like what is merely wrong: nothing until Finished, and then the same alert."""
    def started(b, ems):
        c = b.client("transport")
        h = c.hello12(suites=[0x009c, 0x009d])
        if not ems:
            h.ext.drop(EMS)
        c.send_hello(h)
        c.server_hello()
        return c.flight12()

    def good(b, ems=True):
        return started(b, ems).second_flight12().last12().exchange()
    b.row("transport-good", "1.2", good)
    b.row("transport-good-without-ems", "1.2|handshake_failure", good, False)

    def encrypted(c, block):
        n = c.server_key.public_numbers()
        return pow(int.from_bytes(block, "big"), n.e, n.n).to_bytes(256, "big")

    def padded(secret, first=b"\0\2", zero=b"\0", size=256, spoil=None):
        fill = bytearray(x or 1 for x in os.urandom(size - len(first) - len(zero) - len(secret)))
        if spoil is not None:
            fill[spoil] = 0
        return first + bytes(fill) + zero + secret

    def form(name, make, ems=True, secret=lambda: u16(TLS12) + os.urandom(46), cipher=None):
        def f(b):
            c = started(b, ems)
            c.premaster = secret()
            octets = cipher(c) if cipher else encrypted(c, make(c.premaster))
            c.say(message(CLIENT_KEY_EXCHANGE, v16(octets)))
            c.sock.settimeout(0.02)
            how = c.drained()  # nothing may be said at this point
            c.sock.settimeout(c.PATIENCE)
            if how != "silence":
                return how + " before Finished"
            c.master12()
            c.ccs()
            c.write_keys = c.next_write
            c.record(HANDSHAKE, c.finished12())
            c.answer()
        b.row("transport-" + name, "bad_record_mac", f)

    wrong = lambda make: (lambda s: make(u16(TLS12) + os.urandom(46)))
    form("another-secret", wrong(padded))
    form("another-secret-without-ems", wrong(padded), ems=False)
    for version in (0x0302, 0x0301, 0x0300, 0x0304, 0x0000, 0xffff):
        form(f"version-{version:04x}", padded, secret=lambda v=version: u16(v) + os.urandom(46))
        form(f"version-{version:04x}-without-ems", padded, secret=lambda v=version: u16(v) + os.urandom(46), ems=False)
    for first in (b"\1\2", b"\xff\2", b"\0\1", b"\0\0", b"\0\3", b"\0\xff"):
        form("first-" + first.hex(), lambda s, x=first: padded(s, x if x < b"\xc0" else b"\0\xfe"))
    form("no-zero", lambda s: padded(b"", zero=b""))
    form("no-zero-before-secret", lambda s: padded(s, zero=b"\1"))
    for at in range(0, 8):
        form(f"zero-in-padding-{at}", lambda s, at=at: padded(s, spoil=at))
    form("zero-in-padding-50", lambda s: padded(s, spoil=50))
    form("zero-in-padding-100", lambda s: padded(s, spoil=100))
    form("zero-before-last", lambda s: padded(s, spoil=-1))
    form("all-zero-padding", lambda s: b"\0\2" + bytes(254 - 48) + s)
    for n in (0, 1, 2, 46, 47, 49, 50, 64, 128, 245):
        form(f"secret-of-{n}", lambda s, n=n: padded((s * 6)[:n]))
    form("all-zero", lambda s: bytes(256))
    form("one", lambda s: bytes(255) + b"\1")
    form("all-ff-below-n", lambda s: b"\0" + b"\xff" * 255)
    form("pkcs1-signature", lambda s: b"\0\1" + b"\xff" * 205 + b"\0" + s)
    form("random", None, cipher=lambda c: b"\0" + os.urandom(255))
    form("ciphertext-0", None, cipher=lambda c: bytes(256))
    form("ciphertext-n-1", None, cipher=lambda c: (c.server_key.public_numbers().n - 1).to_bytes(256, "big"))
    form("ciphertext-n", None, cipher=lambda c: c.server_key.public_numbers().n.to_bytes(256, "big"))
    form("ciphertext-all-ff", None, cipher=lambda c: b"\xff" * 256)

    def shape(name, want, make):
        def f(b):
            c = started(b, True)
            c.say(message(CLIENT_KEY_EXCHANGE, make(c)))
            c.premaster = os.urandom(48)
            c.master12()
            c.change12()
            c.answer()
        b.row("transport-" + name, want, f)

    # Of the ciphertext's own length all know: that may be told.
    public = "bad_record_mac|decode_error|illegal_parameter|decrypt_error"
    shape("length-255", public, lambda c: v16(bytes(255)))
    shape("length-257", public, lambda c: v16(bytes(257)))
    shape("length-0", public, lambda c: v16(b""))
    shape("length-cut", "decode_error", lambda c: b"\1\0" + bytes(255))
    shape("length-octet-behind", "decode_error", lambda c: v16(bytes(256)) + b"\0")
    shape("length-missing", "decode_error", lambda c: b"\1" * 256)
    shape("empty", "decode_error", lambda c: b"")
    shape("as-ecdhe", "decode_error|bad_record_mac|illegal_parameter", lambda c: v8(Share(X25519).public))

    def resumed(b):
        c = b.client("transport")
        h = c.hello12(suites=[0x009c])
        h.ext.put(TICKET, b"")
        c.connect(h)
        if not c.server_ext.has(TICKET):
            return "no ticket"
        d = b.client("transport")
        h = d.hello12(suites=[0x009c])
        return d.connect(d.offer12(h, c.new_ticket))
    b.row("transport-resumed", "1.2 resumed|no ticket", resumed)
