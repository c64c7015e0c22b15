# SPDX-License-Identifier: MIT
"""The server's side of TLS 1.3 after the hellos: RFC 8446 4.4, 4.5, 4.6, 2.3."""

from . import primitives as p
from .hello import EARLY_DATA, KEY_SHARE, shares
from .primitives import u8, u16, v8, v16
from .record import (ALERT, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE,
                     DATA, ENCRYPTED_EXTENSIONS, END_OF_EARLY_DATA, FINISHED, HANDSHAKE, HELLO_DONE, HELLO_REQUEST,
                     KEY_EXCHANGE, KEY_UPDATE, MESSAGE_HASH, NEW_TICKET, SERVER_HELLO, message)
from .rows_hello import session

EVERY = (HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, 3, NEW_TICKET, END_OF_EARLY_DATA, 6, 7, ENCRYPTED_EXTENSIONS, 9, 10, CERTIFICATE,
         KEY_EXCHANGE, CERTIFICATE_REQUEST, HELLO_DONE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, 21, 22, 23, 25, 99, MESSAGE_HASH, 255)


def run(b):
    finished(b)
    turns(b)
    key_updates(b)
    certificates(b)
    early(b)


def at_second_flight(b, kind="any", credential=None):
    c = b.client(kind, credential)
    c.send_hello(c.hello13())
    c.server_hello()
    return c.encrypted()


def finished(b):
    def bent(name, want, change):
        def f(b):
            c = at_second_flight(b)
            c.finish(lambda m: message(FINISHED, change(m[4:])))
            return c.exchange()
        b.row("finished-1.3-" + name, want, f)

    bent("good", "1.3", lambda v: v)
    for at in range(0, 32, 3):
        bent(f"octet-{at}", "decrypt_error", lambda v, at=at: v[:at] + u8(v[at] ^ 128) + v[at + 1:])
    bent("zero", "decrypt_error", lambda v: bytes(32))
    bent("empty", "decode_error", lambda v: b"")
    bent("of-12", "decode_error", lambda v: v[:12])
    bent("of-31", "decode_error", lambda v: v[:31])
    bent("of-33", "decode_error", lambda v: v + b"\0")
    bent("of-48", "decode_error", lambda v: v + bytes(16))
    bent("of-5000", "decode_error", lambda v: v + bytes(5000))

    def servers(b):
        c = at_second_flight(b)
        c.say(message(FINISHED, c.finished_of(c.server_hs)))
        c.answer()
    b.row("finished-1.3-with-the-server's-key", "decrypt_error", servers)

    def transcript(b):
        c = at_second_flight(b)
        c.say(message(FINISHED, c.finished_of(c.client_hs, c.transcript[:-36])))
        c.answer()
    b.row("finished-1.3-without-the-server's", "decrypt_error", transcript)


def turns(b):
    for kind in EVERY + (KEY_UPDATE,):
        for body in (b"", b"\0" * 40):
            def before(b, kind=kind, body=body):
                c = at_second_flight(b)
                c.record(HANDSHAKE, message(kind, body))
                c.answer()
            b.row(f"turn-1.3-{kind}-of-{len(body)}-before-finished", "unexpected_message", before)
    for kind in EVERY + (FINISHED,):
        def after(b, kind=kind):
            c = b.client()
            h = c.hello13()
            c.connect(h)
            c.record(HANDSHAKE, h.pack() if kind == CLIENT_HELLO else message(kind, bytes(36)))
            c.answer()
        b.row(f"turn-1.3-{kind}-when-connected", "unexpected_message", after)

        def head(b, kind=kind):
            c = b.client()
            c.connect(c.hello13())
            c.record(HANDSHAKE, u8(kind) + b"\0\4\0")
            c.answer()
        b.row(f"turn-1.3-{kind}-its-header-when-connected", "unexpected_message", head)

    def finished_twice(b):
        c = at_second_flight(b)
        fin = message(FINISHED, c.finished_of(c.client_hs))
        c.record(HANDSHAKE, fin + fin)
        c.answer()
    b.row("turn-1.3-finished-twice-in-a-record", "unexpected_message", finished_twice)

    def server_hello_first(b):
        c = b.client()
        c.plain(HANDSHAKE, message(SERVER_HELLO, bytes(80)))
        c.answer()
    b.row("turn-1.3-server-hello-first", "unexpected_message", server_hello_first)


# ---- KeyUpdate ----

def update(c, request=0):
    c.record(HANDSHAKE, message(KEY_UPDATE, u8(request)))
    c.write_keys = c.write_keys.next()


def key_updates(b):
    def row(name, want, f):
        def whole(b):
            c = b.client()
            c.connect(c.hello13())
            f(c)
            got = c.exchange()
            return got
        b.row("key-update-" + name, want, whole)

    def split(c):
        m = message(KEY_UPDATE, b"\0")
        for octet in m:
            c.record(HANDSHAKE, bytes([octet]))
        c.write_keys = c.write_keys.next()

    def asked(c):
        before = c.read_keys
        update(c, 1)
        c.exchange()
        c.check(c.read_keys is not before and c.read_keys.secret == before.next().secret, "its KeyUpdate")

    def asked_of(n):
        def f(c):
            for _ in range(n):
                update(c, 1)
                c.exchange()
        return f

    row("0", "1.3", lambda c: update(c))
    row("1", "1.3", asked)
    row("1-ten-times", "1.3", asked_of(10))
    row("0-twenty-times", "1.3", lambda c: [(update(c), c.exchange()) for _ in range(20)])
    row("0-twenty-at-once", "1.3", lambda c: [update(c) for _ in range(20)])
    row("1-five-at-once", "1.3", lambda c: [update(c, 1) for _ in range(5)])
    row("flood", "1.3|unexpected_message", lambda c: [update(c) for _ in range(3000)])
    row("flood-of-requests", "1.3|unexpected_message", lambda c: [update(c, 1) for _ in range(3000)])
    row("in-fragments", "1.3", split)
    for n in (2, 3, 255):
        row(f"{n}", "illegal_parameter", lambda c, n=n: update(c, n))
    row("empty", "decode_error", lambda c: c.record(HANDSHAKE, message(KEY_UPDATE, b"")))
    row("of-2", "decode_error", lambda c: c.record(HANDSHAKE, message(KEY_UPDATE, b"\0\0")))
    row("of-65535", "decode_error|illegal_parameter|record_overflow|unexpected_message", lambda c: c.record(HANDSHAKE, message(KEY_UPDATE, bytes(16000))))
    row("two-in-a-record", "unexpected_message", lambda c: c.record(HANDSHAKE, message(KEY_UPDATE, b"\0") * 2))
    row("and-an-octet", "unexpected_message", lambda c: c.record(HANDSHAKE, message(KEY_UPDATE, b"\0") + b"\x18"))
    row("then-old-keys", "bad_record_mac", lambda c: c.record(HANDSHAKE, message(KEY_UPDATE, b"\0")))
    row("new-keys-without", "bad_record_mac", lambda c: setattr(c, "write_keys", c.write_keys.next()))
    row("data-inside", "unexpected_message",
        lambda c: (c.record(HANDSHAKE, message(KEY_UPDATE, b"\0")[:3]), c.record(DATA, b"x"), c.record(HANDSHAKE, message(KEY_UPDATE, b"\0")[3:])))
    row("alert-inside", "unexpected_message|fin|close_notify",
        lambda c: (c.record(HANDSHAKE, message(KEY_UPDATE, b"\0")[:3]), c.record(ALERT, b"\1\x5a"), c.record(HANDSHAKE, message(KEY_UPDATE, b"\0")[3:])))


# ---- client certificates ----

def certificates(b):
    for key in ("ec256", "rsa2048", "ed25519"):
        for kind in ("requests", "requires"):
            b.row(f"client-certificate-1.3-{key}-{kind}", "1.3", lambda b, key=key, kind=kind: at_second_flight(b, kind, "me-" + key).finish().exchange())
    b.row("client-certificate-1.3-requested-none", "1.3", lambda b: at_second_flight(b, "requests").finish().exchange())
    b.row("client-certificate-1.3-required-none", "certificate_required", lambda b: at_second_flight(b, "requires").finish().exchange())
    b.row("client-certificate-1.3-in-fragments", "1.3", lambda b: at_second_flight(b, "requires", "me-ec256").finish(split=1).exchange())

    def shown(b, who="me-ec256", cert=lambda c: c.certificate13(), cv=lambda c: c.certificate_verify13(), kind="requests", more=b""):
        c = at_second_flight(b, kind, who)
        for f in (cert, cv):
            m = f(c)
            if m:
                c.say(m)
        if more:
            c.say(more)
        c.say(message(FINISHED, c.finished_of(c.client_hs)))
        c.done()
        return c.exchange()

    def row(name, want, *args, **how):
        b.row("client-certificate-1.3-" + name, want, shown, *args, **how)

    for scheme in (0x0804, 0x0805, 0x0806):
        row(f"scheme-{scheme:04x}", "1.3", "me-rsa2048", cv=lambda c, s=scheme: c.certificate_verify13(s))

    def joined(b):
        c = at_second_flight(b, "requires", "me-ec256")
        before = c.say
        pieces = []
        c.say = lambda octets: (pieces.append(octets), setattr(c, "transcript", c.transcript + octets))
        c.say(c.certificate13())
        c.say(c.certificate_verify13())
        c.say(message(FINISHED, c.finished_of(c.client_hs)))
        c.say = before
        c.record(HANDSHAKE, b"".join(pieces))
        c.done()
        return c.exchange()
    b.row("client-certificate-1.3-in-one-record", "1.3", joined)

    chain = b.credentials["me-ec256"][0]
    row("context", "illegal_parameter|decode_error", cert=lambda c: c.certificate13(context=b"x"))
    row("garbage", "bad_certificate|decode_error", cert=lambda c: c.certificate13(chain=[b"garbage" * 20]))
    row("garbage-issuer", "bad_certificate|decode_error|unknown_ca|1.3", cert=lambda c: c.certificate13(chain=[chain[0], b"garbage" * 20]))
    row("zero-length", "decode_error|bad_certificate", cert=lambda c: c.certificate13(chain=[b""]))
    row("cut-der", "bad_certificate|decode_error", cert=lambda c: c.certificate13(chain=[chain[0][:-1]]))
    row("octet-behind-der", "bad_certificate|decode_error", cert=lambda c: c.certificate13(chain=[chain[0] + b"\0"]))
    row("extension-unasked", "unsupported_extension|illegal_parameter", cert=lambda c: c.certificate13(ext=u16(5) + v16(b"\1\0\0\1\0")))
    row("extension-unknown", "unsupported_extension|illegal_parameter", cert=lambda c: c.certificate13(ext=u16(0xabcd) + v16(b"")))
    row("extension-cut", "decode_error", cert=lambda c: c.certificate13(ext=b"\0\5\0"))
    row("octet-behind", "decode_error", cert=lambda c: message(CERTIFICATE, c.certificate13()[4:] + b"\0"))
    row("empty-message", "decode_error", cert=lambda c: message(CERTIFICATE, b""))
    row("as-in-1.2", "decode_error|illegal_parameter|bad_certificate", cert=lambda c: c.certificate12())
    row("missing-intermediate", "unknown_ca|certificate_unknown|bad_certificate", cert=lambda c: c.certificate13(chain=chain[:1]))
    row("of-a-server", "unsupported_certificate|bad_certificate|certificate_unknown", "ec256")
    row("issuer-10-times", "1.3|bad_certificate|decode_error|unknown_ca", cert=lambda c: c.certificate13(chain=chain + chain[1:] * 10))
    row("none-and-verify", "unexpected_message", cert=lambda c: c.certificate13(chain=[]))
    row("none-not-even-the-message", "unexpected_message", cert=lambda c: None, cv=lambda c: None)
    row("verify-alone", "unexpected_message", cert=lambda c: None)
    row("verify-missing", "unexpected_message", cv=lambda c: None)
    row("twice", "unexpected_message", cert=lambda c: c.certificate13() * 2)
    row("verify-twice", "unexpected_message", cv=lambda c: c.certificate_verify13() * 2)
    row("verify-wrong-key", "decrypt_error", cert=lambda c: c.certificate13(chain=chain), who="ec256")
    row("verify-as-server", "decrypt_error", cv=lambda c: c.certificate_verify13(content=p.signed_content(b"server", p.digest(c.hash, c.transcript))))
    row("verify-wrong-transcript", "decrypt_error", cv=lambda c: c.certificate_verify13(content=p.signed_content(b"client", bytes(32))))
    row("verify-without-spaces", "decrypt_error", cv=lambda c: c.certificate_verify13(content=p.signed_content(b"client", p.digest(c.hash, c.transcript))[64:]))
    row("verify-empty-signature", "decrypt_error|decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, b"\4\3\0\0"))
    row("verify-cut", "decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, c.certificate_verify13()[4:-1]))
    row("verify-octet-behind", "decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, c.certificate_verify13()[4:] + b"\0"))
    row("verify-empty", "decode_error", cv=lambda c: message(CERTIFICATE_VERIFY, b""))
    row("verify-garbage", "decrypt_error", cv=lambda c: message(CERTIFICATE_VERIFY, u16(0x0403) + v16(b"garbage" * 10)))
    for scheme in (0x0a0a, 0, 0xffff, 0x0203, 0x0402, 0x0807, 0x0804, 0x0503, 0x0603):
        row(f"verify-says-{scheme:04x}", "illegal_parameter", cv=lambda c, s=scheme: c.certificate_verify13(says=s))
    for scheme in (0x0401, 0x0501, 0x0201):
        row(f"verify-{scheme:04x}", "illegal_parameter", "me-rsa2048", cv=lambda c, s=scheme: c.certificate_verify13(scheme=s))
    row("verify-pss-pss", "illegal_parameter", "me-rsa2048", cv=lambda c: c.certificate_verify13(says=0x0809))
    row("unasked", "unexpected_message", kind="any")


# ---- 0-RTT ----

def early(b):
    def started(b, kind="early", change=lambda h, c: None, session_kind=None, data=b"early bird", hello=lambda c: c.hello13(), at=0, **how):
        s = session(b, session_kind or kind)
        c = b.client(kind)
        c.offered_at = at
        h = hello(c)
        change(h, c)
        if callable(how.get("ids")):
            how["ids"] = how["ids"](s)
        c.offer(h, s, early=True, **how)
        c.send_hello(h)
        c.suite = s["suite"]
        c.early_write = c.early_keys()
        if data:
            c.raw(c.early_write.seal(DATA, data))
        return c

    def to_finished(c):
        """The server's flight; False when it did not take the early data."""
        if c.server_hello() == "retry":
            c.retry()
            c.server_hello()
        c.encrypted()
        return c.encrypted_ext.has(EARLY_DATA)

    def end(c):
        m = message(END_OF_EARLY_DATA, b"")
        c.transcript += m
        c.raw(c.early_write.seal(HANDSHAKE, m))

    def accepted(b, between=lambda c: None, finish=lambda c: (end(c), c.finish()), echo=b"early bird", **how):
        c = started(b, **how)
        between(c)
        if not to_finished(c):
            return "rejected"
        finish(c)
        c.check(c.until_data(len(echo)) == echo, "the early data's echo")
        return c.exchange()

    def row(name, want, **how):
        b.row("early-" + name, want, accepted, **how)

    row("good", "1.3 resumed")
    row("no-data", "1.3 resumed", data=b"", echo=b"")
    row("two-records", "1.3 resumed", between=lambda c: c.raw(c.early_write.seal(DATA, b"more")), echo=b"early birdmore")
    row("2000", "1.3 resumed", data=b"x" * 2000, echo=b"x" * 2000)
    row("padded", "1.3 resumed", between=lambda c: c.raw(c.early_write.seal(DATA, b"more", pad=1500)), echo=b"early birdmore")
    row("ccs-between", "1.3 resumed", between=lambda c: c.ccs())
    row("empty-record", "1.3 resumed", between=lambda c: c.raw(c.early_write.seal(DATA, b"")))
    row("2001", "unexpected_message", data=b"x" * 2001)
    row("too-much", "unexpected_message", between=lambda c: [c.raw(c.early_write.seal(DATA, b"x" * 500)) for _ in range(4)])
    row("bad-mac", "bad_record_mac", between=lambda c: c.plain(DATA, bytes(40)))
    row("handshake-under-early-keys", "unexpected_message", between=lambda c: c.raw(c.early_write.seal(HANDSHAKE, message(KEY_UPDATE, b"\0"))))
    row("finished-under-early-keys", "unexpected_message", finish=lambda c: c.raw(c.early_write.seal(HANDSHAKE, message(FINISHED, c.finished_of(c.client_hs)))))
    row("finished-without-end", "bad_record_mac", finish=lambda c: c.finish())
    row("end-of-1", "decode_error", finish=lambda c: c.raw(c.early_write.seal(HANDSHAKE, message(END_OF_EARLY_DATA, b"\0"))))
    row("end-and-an-octet", "unexpected_message", finish=lambda c: c.raw(c.early_write.seal(HANDSHAKE, message(END_OF_EARLY_DATA, b"") + b"\x14")))
    row("end-and-finished", "unexpected_message",
        finish=lambda c: c.raw(c.early_write.seal(HANDSHAKE, message(END_OF_EARLY_DATA, b"") + message(FINISHED, c.finished_of(c.client_hs)))))
    row("end-under-handshake-keys", "bad_record_mac", finish=lambda c: c.record(HANDSHAKE, message(END_OF_EARLY_DATA, b"")))
    row("end-twice", "bad_record_mac|unexpected_message", finish=lambda c: (end(c), end(c)))
    row("end-in-fragments", "1.3 resumed", finish=lambda c: ([c.raw(c.early_write.seal(HANDSHAKE, x)) for x in (b"\5\0", b"\0\0")],
                                                            setattr(c, "transcript", c.transcript + message(END_OF_EARLY_DATA, b"")), c.finish()))
    row("data-after-end", "bad_record_mac|unexpected_message", finish=lambda c: (end(c), c.raw(c.early_write.seal(DATA, b"late"))))
    row("close-notify", "close_notify|fin", finish=lambda c: (c.raw(c.early_write.seal(ALERT, b"\1\0")), c.answer()))
    row("fatal", "fin", finish=lambda c: (c.raw(c.early_write.seal(ALERT, b"\2\x28")), c.answer()))
    row("plain-ccs-bad", "unexpected_message", between=lambda c: c.plain(20, b"\2"))

    def replayed(b):
        s = session(b, "early")
        for _ in range(2):
            c = b.client("early")
            c.offer(c.hello13(), s)
            h = c.offer(c.hello13(), s, early=True)
            c.send_hello(h)
            c.suite = s["suite"]
            c.early_write = c.early_keys()
            c.raw(c.early_write.seal(DATA, b"early bird"))
            took = to_finished(c)
            if took:
                end(c)
            c.finish()
            if took:
                c.until_data(10)
            got = c.exchange()
        return got + (" early" if took else "")
    b.row("early-replayed", "1.3( resumed)?", replayed)

    def rejected(b, more=0, size=10, binder=None, **how):
        """Early data that the server must pass over, up to what it said it would take."""
        c = started(b, data=b"x" * size, **how)
        for _ in range(more):
            c.raw(c.early_write.seal(DATA, b"x" * size))
        if to_finished(c):
            return "accepted"
        c.finish()
        return c.exchange()

    b.row("early-skipped-unknown-ticket", "1.3", rejected, ids=[(b"unknown ticket", 5)])
    b.row("early-skipped-1900", "1.3", rejected, ids=[(b"unknown ticket", 5)], more=18, size=100)
    b.row("early-skipped-too-much", "unexpected_message|bad_record_mac", rejected, ids=[(b"unknown ticket", 5)], more=200, size=1000)
    b.row("early-skipped-server-takes-none", "1.3 resumed", rejected, kind="any")
    b.row("early-skipped-server-takes-none-16384", "1.3 resumed", rejected, kind="any", size=16000)
    b.row("early-skipped-retry", "1.3 resumed retried", rejected, change=lambda h, c: (h.ext.put(KEY_SHARE, shares()), c.shares.clear()))
    b.row("early-skipped-retry-too-much", "unexpected_message|bad_record_mac", rejected, more=200, size=1000,
          change=lambda h, c: (h.ext.put(KEY_SHARE, shares()), c.shares.clear()))
    # RFC 8446 8.3: an age that cannot be is that of a replay.
    b.row("early-skipped-age-too-high", "1.3( resumed)?", rejected, ids=lambda s: [(s["ticket"], (s["age_add"] + 600000) & 0xffffffff)])
    b.row("early-skipped-age-too-low", "1.3( resumed)?", rejected, ids=lambda s: [(s["ticket"], (s["age_add"] - 600000) & 0xffffffff)])
    b.row("early-skipped-second-identity", "1.3( resumed)?", rejected, ids=lambda s: [(b"unknown", 5), (s["ticket"], s["age_add"])], at=1)
    b.row("early-skipped-suite", "1.3( resumed)?", rejected, change=lambda h, c: setattr(h, "suites", [0x1303]))
    b.row("early-skipped-alpn", "1.3( resumed)?|accepted", rejected, change=lambda h, c: h.ext.put(16, v16(v8(b"imap"))))

    def garbage(b):
        c = started(b, data=b"", ids=[(b"unknown ticket", 5)])
        c.plain(DATA, bytes(100))
        c.plain(DATA, b"")
        c.plain(DATA, b"\xff" * 17)
        to_finished(c)
        c.finish()
        return c.exchange()
    b.row("early-skipped-garbage", "1.3|unexpected_message|bad_record_mac", garbage)

    def with_1_2(b):
        s = session(b, "early")
        c = b.client("1.2")
        h = c.offer(c.hello13(), s, early=True)
        c.send_hello(h)
        c.suite = s["suite"]
        c.raw(c.early_keys().seal(DATA, b"early bird"))
        if c.server_hello() != p.TLS12:
            return "not 1.2"
        c.flight12().second_flight12()
        c.last12()
        return c.exchange()
    b.row("early-for-a-1.2-server", "unexpected_message", with_1_2)  # RFC 8446 D.3: such a client must not do that
