# SPDX-License-Identifier: MIT
"""The record layer of the server: RFC 8446 5 and D.4, RFC 5246 6."""
from . import primitives as p
from .hello import PADDING
from .primitives import TLS13, Keys13, u8, u16
from .record import ALERT, CCS, DATA, FINISHED, HANDSHAKE, KEY_UPDATE, message

ANY_ERROR = "unexpected_message|decode_error|illegal_parameter|protocol_version"


def run(b):
    good(b)
    first(b)
    keys13(b)
    data13(b)
    records12(b)
    alerts(b)


def good(b):
    """Each version, suite, group and kind of certificate."""
    by_kind = {"ec256": [0x0403], "rsa2048": [0x0804], "ed25519": [0x0807]}
    for suite in p.SUITES13:
        for group in (29, 30, 23, 24, 25):
            for key, schemes in by_kind.items():
                b.row(f"good-1.3-{suite:04x}-{group}-{key}", "1.3", whole13, suite, group, schemes)
    for suite, (_, _, _, who) in p.SUITES12.items():
        for group in (29, 30, 23, 24, 25) if who != "transport" else (29,):
            for key, schemes in by_kind.items():
                if (who == "ecdsa") == (key != "rsa2048"):
                    b.row(f"good-1.2-{suite:04x}-{group}-{key}", "1.2", whole12, suite, group, schemes)
    for scheme in (0x0804, 0x0805, 0x0806):
        b.row(f"good-1.3-scheme-{scheme:04x}", "1.3", whole13, 0x1301, 29, [scheme])
    for scheme in (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601):
        b.row(f"good-1.2-scheme-{scheme:04x}", "1.2", whole12, 0xc02f, 29, [scheme])
    for scheme in (0x0403, 0x0503, 0x0603):  # RFC 5246: a scheme is a hash and a kind of key there, no curve
        b.row(f"good-1.2-scheme-{scheme:04x}", "1.2", whole12, 0xc02b, 23, [scheme])
    b.row("good-1.3-ec384", "1.3", whole13, 0x1302, 24, [0x0503], "ec384")
    b.row("good-1.2-ec384", "1.2", whole12, 0xc02c, 24, [0x0503], "ec384")


def whole13(b, suite, group, schemes, kind="any"):
    c = b.client(kind)
    h = c.hello13(groups=(group,), suites=[suite], versions=(TLS13,))
    h.ext.put(13, p.u16(2 * len(schemes)) + p.u16s(schemes))
    got = c.connect(h)
    c.check(c.suite == suite and c.group == group and c.scheme in schemes, "what it took")
    return got


def whole12(b, suite, group, schemes, kind="any"):
    c = b.client("transport" if p.SUITES12[suite][3] == "transport" else kind)
    # RFC 8422 5.1: the groups bind an ECDSA certificate's curve, too; and the server has its own preference.
    groups = {group, {0x0403: 23, 0x0503: 24}.get(schemes[0], group)}
    h = c.hello12(groups=tuple(groups), suites=[suite])
    h.ext.put(13, p.u16(2 * len(schemes)) + p.u16s(schemes))
    got = c.connect(h)
    c.check(c.suite == suite and (c.kind == "transport" or (c.group in groups and c.scheme in schemes)), "what it took")
    return got


# ---- the first records ----

def first(b):
    for version in (0x0300, 0x0301, 0x0302, 0x0303, 0x0304, 0x03ff):
        b.row(f"first-record-version-{version:04x}", "1.3", lambda b, v=version: hello_in(b, version=v))
        b.row(f"first-record-version-{version:04x}-1.2", "1.2", lambda b, v=version: hello_in(b, version=v, twelve=True))
    for version in (0x0200, 0x0003, 0x0403, 0xffff):
        b.row(f"first-record-version-{version:04x}", "1.3|" + ANY_ERROR, lambda b, v=version: hello_in(b, version=v))
    for split in (1, 2, 3, 4, 5, 7, 100):
        b.row(f"hello-in-records-of-{split}", "1.3", lambda b, n=split: hello_in(b, split=n))
        b.row(f"all-in-records-of-{split}-1.3", "1.3", lambda b, n=split: hello_in(b, split=n, all=n))
        b.row(f"all-in-records-of-{split}-1.2", "1.2", lambda b, n=split: hello_in(b, split=n, all=n, twelve=True))
    for kind in (0, 1, 19, 24, 25, 26, 64, 128, 255):
        b.row(f"first-record-type-{kind}", "unexpected_message", raw, u8(kind) + b"\3\1\0\4\1\2\3\4")
    b.row("first-data", "unexpected_message", raw, b"\x17\3\3\0\5hello")
    b.row("first-empty-data", "unexpected_message", raw, b"\x17\3\3\0\0")
    b.row("first-empty-handshake", ANY_ERROR, raw, b"\x16\3\1\0\0")
    b.row("first-empty-alert", ANY_ERROR, raw, b"\x15\3\1\0\0")
    b.row("first-ccs", "unexpected_message", raw, b"\x14\3\1\0\1\1")
    b.row("first-ccs-and-hello", "unexpected_message", lambda b: hello_in(b, before=b"\x14\3\3\0\1\1"))
    b.row("first-half-an-alert", ANY_ERROR, raw, b"\x15\3\1\0\1\2")
    b.row("first-record-2^14+1", "record_overflow", raw, b"\x16\3\1\x40\1\1\0\x40\0" + bytes(16381))
    b.row("first-record-2^14+1-header-alone", "record_overflow", raw, b"\x16\3\1\x40\1")
    b.row("first-record-65535", "record_overflow", raw, b"\x16\3\1\xff\xff\1\0\x40\0" + bytes(65531))
    b.row("hello-of-2^14-in-one-record", "1.3", padded_hello, 16384)
    for n in (16385, 20000, 32768, 49152, 60000):
        b.row(f"hello-of-{n}", "1.3", padded_hello, n)
        b.row(f"hello-of-{n}-in-records-of-1000", "1.3", padded_hello, n, 1000)
    b.row("hello-of-20000-in-records-of-1", "1.3", padded_hello, 20000, 3)
    b.row("hello-length-2^24-1", "illegal_parameter|decode_error|record_overflow|handshake_failure|internal_error", raw,
          b"\x16\3\1\0\4\1\xff\xff\xff")
    b.row("hello-then-nothing-then-fin", "fin|close_notify|decode_error|unexpected_message", cut, 40)
    b.row("fin-at-once", "fin|close_notify", cut, 0)
    b.row("empty-record-inside-hello", ANY_ERROR, lambda b: pieces(b, lambda o: [(22, o[:50]), (22, b""), (22, o[50:])]))
    b.row("ccs-inside-hello", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o[:50]), (20, b"\1"), (22, o[50:])]))
    b.row("data-inside-hello", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o[:50]), (23, b"x"), (22, o[50:])]))
    b.row("warning-inside-hello", "unexpected_message|fin", lambda b: pieces(b, lambda o: [(22, o[:50]), (21, b"\1\x5a"), (22, o[50:])]))
    b.row("hello-and-an-octet", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o + b"\x14")]))
    b.row("hello-and-a-header", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o + b"\x14\0\0\x20")]))
    b.row("hello-twice-in-a-record", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o + o)]))
    b.row("hello-twice", "unexpected_message|plain unexpected_message|bad_record_mac", lambda b: pieces(b, lambda o: [(22, o), (22, o)]))
    b.row("hello-twice-in-a-record-1.2", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o + o)], True))
    b.row("hello-twice-1.2", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o), (22, o)], True))
    b.row("hello-and-ccs-1.2", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o), (20, b"\1")], True))
    b.row("hello-and-data-1.2", "unexpected_message", lambda b: pieces(b, lambda o: [(22, o), (23, b"x")], True))
    for kind in (0, 2, 4, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 254, 67, 99):
        b.row(f"first-message-{kind}", "unexpected_message", raw, b"\x16\3\1\0\6" + message(kind, b"\0\0"))


def hello_in(b, version=0x0301, split=None, all=None, twelve=False, before=b""):
    c = b.client()
    c.raw(before)
    c.send_hello(c.hello12() if twelve else c.hello13(), split=split, version=version)
    return c.complete(split=all)


def raw(b, octets):
    c = b.client()
    c.raw(octets)
    c.answer()


def cut(b, n):
    c = b.client()
    c.raw((b"\x16\3\1\1\0" + message(1, c.hello13().body()))[:n])
    c.half_close()
    c.answer()


def padded_hello(b, n, split=None):
    c = b.client()
    h = c.hello13()
    h.ext.put(PADDING, bytes(n - len(h.pack()) - 4))
    c.check(len(h.pack()) == n, "its length")
    c.send_hello(h, split=split)
    return c.complete()


def pieces(b, cut_up, twelve=False):
    """The hello cut into records of these types; then the handshake, if it goes on."""
    c = b.client()
    h = c.hello12() if twelve else c.hello13()
    c.hello = c.first = h
    c.transcript += h.pack()
    for kind, data in cut_up(h.pack()):
        c.plain(kind, data)
    c.server_hello()
    c.encrypted() if c.version == TLS13 else c.flight12()
    c.answer()


# ---- 1.3: between the server's flight and our Finished ----

def at_finished(b, f, kind="any", want=None):
    """f(c, finished) sends something when our Finished is due."""
    c = b.client(kind)
    c.send_hello(c.hello13())
    c.server_hello()
    c.encrypted()
    fin = message(FINISHED, c.finished_of(c.client_hs))
    f(c, fin)
    return c


def then_goes_on(b, f):
    """... after which all is well."""
    c = at_finished(b, f)
    c.finish()
    return c.exchange()


def then_ends(b, f, finish=False):
    c = at_finished(b, f)
    if finish:
        c.finish()
    c.answer()


def keys13(b):
    b.row("ccs-1.3", "1.3", then_goes_on, lambda c, _: c.ccs())
    b.row("ccs-1.3-twice", "1.3", then_goes_on, lambda c, _: (c.ccs(), c.ccs()))
    b.row("ccs-1.3-version-0301", "1.3", then_goes_on, lambda c, _: c.plain(CCS, b"\1", version=0x0301))
    b.row("ccs-1.3-right-after-hello", "1.3", ccs_after_hello)
    b.row("ccs-1.3-flood", "1.3|unexpected_message", then_goes_on, lambda c, _: [c.ccs() for _ in range(2000)])
    for body in (b"", b"\0", b"\2", b"\1\1", b"\1\0", b"\xff"):
        b.row("ccs-1.3-body-" + (body.hex() or "empty"), "unexpected_message" if body else "unexpected_message|decode_error",
              then_ends, lambda c, _, body=body: c.plain(CCS, body))
    b.row("ccs-1.3-encrypted", "unexpected_message", then_ends, lambda c, _: c.record(CCS, b"\1"))
    b.row("ccs-1.3-after-finished", "unexpected_message", lambda b: connected(b, lambda c: c.ccs()))
    b.row("ccs-1.3-encrypted-after-finished", "unexpected_message", lambda b: connected(b, lambda c: c.record(CCS, b"\1")))
    b.row("ccs-1.3-inside-finished", "unexpected_message", then_ends,
          lambda c, f: (c.record(HANDSHAKE, f[:5]), c.ccs(), c.record(HANDSHAKE, f[5:])))
    b.row("data-before-finished", "unexpected_message", then_ends, lambda c, _: c.record(DATA, b"early"))
    b.row("empty-data-before-finished", "unexpected_message", then_ends, lambda c, _: c.record(DATA, b""))
    b.row("data-inside-finished", "unexpected_message", then_ends,
          lambda c, f: (c.record(HANDSHAKE, f[:5]), c.record(DATA, b"x"), c.record(HANDSHAKE, f[5:])))
    b.row("empty-handshake-inside-finished", ANY_ERROR, then_ends,
          lambda c, f: (c.record(HANDSHAKE, f[:5]), c.record(HANDSHAKE, b""), c.record(HANDSHAKE, f[5:])))
    b.row("empty-handshake", ANY_ERROR, then_ends, lambda c, _: c.record(HANDSHAKE, b""))
    b.row("finished-in-plain", "unexpected_message", then_ends, lambda c, f: c.plain(HANDSHAKE, f))
    b.row("finished-in-plain-as-data", "bad_record_mac", then_ends, lambda c, f: c.plain(DATA, f))
    b.row("finished-and-an-octet", "unexpected_message", then_ends, lambda c, f: c.record(HANDSHAKE, f + b"\x18"))
    b.row("finished-and-key-update", "unexpected_message", then_ends, lambda c, f: c.record(HANDSHAKE, f + message(KEY_UPDATE, b"\0")))
    b.row("finished-under-application-keys", "bad_record_mac", then_ends, wrong_keys)
    b.row("finished-outer-type-22", "unexpected_message|bad_record_mac", then_ends, lambda c, f: c.record(HANDSHAKE, f, outer=22))
    b.row("finished-outer-type-21", "unexpected_message|bad_record_mac|decode_error|record_overflow", then_ends,
          lambda c, f: c.record(HANDSHAKE, f, outer=21))
    b.row("finished-outer-type-24", "unexpected_message", then_ends, lambda c, f: c.record(HANDSHAKE, f, outer=24))
    for pad in (1, 255, 256, 5000, 16384 - 36):
        b.row(f"finished-padded-{pad}", "1.3", lambda b, n=pad: finish_padded(b, n))
    b.row("finished-padded-too-far", "record_overflow", then_ends, lambda c, f: c.record(HANDSHAKE, f, pad=16384 - 35))
    for n in (0, 1, 15):
        b.row(f"ciphertext-of-{n}", "bad_record_mac|decode_error", then_ends, lambda c, _, n=n: c.plain(DATA, bytes(n)))
    b.row("ciphertext-of-16", "bad_record_mac", then_ends, lambda c, _: c.plain(DATA, bytes(16)))
    b.row("ciphertext-2^14+256", "bad_record_mac", then_ends, lambda c, _: c.plain(DATA, bytes(16640)))
    b.row("ciphertext-2^14+257", "record_overflow", then_ends, lambda c, _: c.plain(DATA, bytes(16641)))
    b.row("ciphertext-65535", "record_overflow", then_ends, lambda c, _: c.plain(DATA, bytes(65535)))
    b.row("inner-empty", "unexpected_message", then_ends, lambda c, _: c.record(0, b"", inner=b""))
    b.row("inner-one-zero", "unexpected_message", then_ends, lambda c, _: c.record(0, b"", inner=b"\0"))
    b.row("inner-zeros", "unexpected_message", then_ends, lambda c, _: c.record(0, b"", inner=bytes(1000)))
    b.row("inner-zeros-2^14+1", "unexpected_message", then_ends, lambda c, _: c.record(0, b"", inner=bytes(16385)))
    for kind in (1, 19, 24, 25, 99, 255):
        b.row(f"inner-type-{kind}", "unexpected_message", then_ends, lambda c, _, k=kind: c.record(k, b"\1\2\3\4"))


def ccs_after_hello(b):
    c = b.client()
    c.send_hello(c.hello13())
    c.ccs()
    return c.complete()


def wrong_keys(c, fin):
    c.write_keys = Keys13(c.suite, c.client_app)
    c.record(HANDSHAKE, fin)


def finish_padded(b, n):
    c = at_finished(b, lambda c, f: None)
    fin = message(FINISHED, c.finished_of(c.client_hs))
    c.transcript += fin
    c.record(HANDSHAKE, fin, pad=n)
    c.done()
    return c.exchange()


def flipped(c, kind, data, at):
    r = bytearray(c.write_keys.seal(kind, data))
    r[at] ^= 1
    c.raw(bytes(r))


# ---- data ----

def connected(b, f, twelve=False, kind="any"):
    """f(c) sends something on a connection that stands; then it must end."""
    c = b.client(kind)
    c.connect(c.hello12() if twelve else c.hello13())
    f(c)
    c.answer()


def lives(b, f, twelve=False, kind="any"):
    """f(c) sends something that changes nothing."""
    c = b.client(kind)
    c.connect(c.hello12() if twelve else c.hello13())
    f(c)
    return c.exchange()


def echoed(b, n, twelve=False, kind="any", **how):
    """n octets in one record."""
    c = b.client(kind)
    c.connect(c.hello12() if twelve else c.hello13())
    data = bytes(i * 7 & 255 for i in range(n))
    c.record(DATA, data, **how)
    c.check(c.until_data(n) == data, "its echo")
    return c.went()


def data13(b):
    for n in (1, 2, 16383, 16384):
        b.row(f"data-1.3-{n}", "1.3", echoed, n)
        b.row(f"data-1.2-{n}", "1.2", echoed, n, True)
    b.row("data-1.3-2^14+1", "record_overflow", connected, lambda c: c.record(DATA, bytes(16385)))
    b.row("data-1.3-2^14+239", "record_overflow", connected, lambda c: c.record(DATA, bytes(16384 + 239)))
    b.row("data-1.3-2^14+240", "record_overflow", connected, lambda c: c.record(DATA, bytes(16384 + 240)))
    b.row("data-1.3-padded-to-2^14", "1.3", echoed, 100, pad=16284)
    b.row("data-1.3-padded-to-2^14+1", "record_overflow", connected, lambda c: c.record(DATA, bytes(100), pad=16285))
    b.row("data-1.3-limit-1000", "1.3", echoed, 999, kind="limit")  # RFC 8449 4: only who says it is bound; the server's was not asked for
    b.row("data-1.3-empty", "1.3", lives, lambda c: c.record(DATA, b""))
    b.row("data-1.3-empty-padded", "1.3", lives, lambda c: c.record(DATA, b"", pad=1000))
    b.row("data-1.3-empty-10", "1.3", lives, lambda c: [c.record(DATA, b"") for _ in range(10)])
    b.row("data-1.3-empty-flood", "1.3|unexpected_message", lives, lambda c: [c.record(DATA, b"") for _ in range(3000)])
    b.row("data-1.3-empty-handshake", ANY_ERROR, connected, lambda c: c.record(HANDSHAKE, b""))
    b.row("data-1.3-zeros", "unexpected_message", connected, lambda c: c.record(DATA, b"", inner=bytes(100)))
    b.row("data-1.3-type-99", "unexpected_message", connected, lambda c: c.record(99, b"x"))
    b.row("data-1.3-heartbeat", "unexpected_message", connected, lambda c: c.record(24, b"\1\0\3abc" + bytes(16)))
    b.row("data-1.3-in-plain", "bad_record_mac", connected, lambda c: c.plain(DATA, b"hello, in plain here"))
    b.row("handshake-1.3-in-plain", "unexpected_message", connected, lambda c: c.plain(HANDSHAKE, message(KEY_UPDATE, b"\0")))
    b.row("alert-1.3-in-plain", "unexpected_message|bad_record_mac|decode_error", connected, lambda c: c.plain(ALERT, b"\1\0"))
    b.row("data-1.3-sequence-again", "bad_record_mac", connected, again)
    b.row("data-1.3-sequence-skipped", "bad_record_mac", connected, skipped)
    b.row("data-1.2-sequence-again", "bad_record_mac", connected, again, True)
    b.row("data-1.2-sequence-skipped", "bad_record_mac", connected, skipped, True)
    b.row("data-1.3-version-0301", "1.3|bad_record_mac|protocol_version|decode_error", lives, lambda c: c.record(DATA, b"", version=0x0301))
    for at in list(range(5, 5 + 21)) + [-1]:
        b.row(f"data-1.3-octet-{at}-flipped", "bad_record_mac", connected, lambda c, at=at: flipped(c, DATA, b"abcd", at))
    for at in (1, 2):
        b.row(f"data-1.3-octet-{at}-flipped", "bad_record_mac|protocol_version|decode_error|unexpected_message", connected,
              lambda c, at=at: flipped(c, DATA, b"abcd", at))
    for at in list(range(5, 5 + 28)):
        b.row(f"data-1.2-octet-{at}-flipped", "bad_record_mac", connected, lambda c, at=at: flipped(c, DATA, b"abcd", at), True)
    b.row("data-1.3-type-flipped", "unexpected_message|bad_record_mac", connected, lambda c: flipped(c, DATA, b"abcd", 0))
    b.row("data-1.3-cut", "bad_record_mac", connected, cut_record)
    b.row("data-1.2-cut", "bad_record_mac", connected, cut_record, True)
    b.row("many-records", "1.3", lives, lambda c: [c.record(DATA, b"x") for _ in range(300)] and c.until_data(300))


def again(c):
    c.write_keys.seq -= 1
    c.record(DATA, b"hello, who is there?")


def skipped(c):
    c.write_keys.seq += 1
    c.record(DATA, b"x")


def cut_record(c):
    r = c.write_keys.seal(DATA, b"a bit of data")
    c.raw(r[:3] + u16(len(r) - 6) + r[5:-1])


# ---- 1.2 ----

def at_change(b, f, kind="any"):
    """f(c) is called where our ChangeCipherSpec is due."""
    c = b.client(kind)
    c.send_hello(c.hello12())
    c.server_hello()
    c.flight12()
    c.say(c.key_exchange12())
    c.master12()
    return f(c) or c.answer()


def records12(b):
    for body in (b"", b"\0", b"\2", b"\1\1"):
        b.row("ccs-1.2-body-" + (body.hex() or "empty"), ANY_ERROR, at_change, lambda c, body=body: c.plain(CCS, body))
    b.row("ccs-1.2-twice", "unexpected_message|bad_record_mac", at_change, lambda c: (c.ccs(), c.ccs())[2:])
    b.row("ccs-1.2-twice-encrypted", "unexpected_message", at_change, ccs_under_keys)
    b.row("finished-1.2-before-ccs", "unexpected_message", at_change, lambda c: c.say(c.finished12()))
    b.row("finished-1.2-in-plain-after-ccs", "bad_record_mac|unexpected_message|decode_error", at_change,
          lambda c: (c.ccs(), c.say(c.finished12()))[2:])
    b.row("finished-1.2-split-over-ccs", "unexpected_message", at_change, split_over_ccs)
    b.row("data-1.2-before-ccs", "unexpected_message", at_change, lambda c: c.plain(DATA, b"x"))
    b.row("data-1.2-after-ccs", "unexpected_message", at_change, data_after_ccs)
    b.row("alert-1.2-between", "1.2|unexpected_message", at_change, lambda c: (c.plain(ALERT, b"\1\x5a"), c.change12().last12())[0] or c.exchange())
    b.row("data-1.2-empty", "1.2", lives, lambda c: c.record(DATA, b""), True)
    b.row("data-1.2-empty-flood", "1.2|unexpected_message", lives, lambda c: [c.record(DATA, b"") for _ in range(3000)], True)
    b.row("data-1.2-2^14+1", "record_overflow", connected, lambda c: c.record(DATA, bytes(16385)), True)
    b.row("data-1.2-2^14+1024", "record_overflow", connected, lambda c: c.record(DATA, bytes(16384 + 1024)), True)
    b.row("ciphertext-1.2-2^14+2048", "bad_record_mac|record_overflow", connected, lambda c: c.plain(DATA, bytes(16384 + 2048)), True)
    b.row("ciphertext-1.2-2^14+2049", "record_overflow", connected, lambda c: c.plain(DATA, bytes(16384 + 2049)), True)
    for n in (0, 1, 7, 8, 15, 16, 23):
        b.row(f"ciphertext-1.2-of-{n}", "bad_record_mac|decode_error", connected, lambda c, n=n: c.plain(DATA, bytes(n)), True)
    b.row("ciphertext-1.2-of-24", "bad_record_mac", connected, lambda c: c.plain(DATA, bytes(24)), True)
    b.row("data-1.2-empty-handshake", ANY_ERROR, connected, lambda c: c.record(HANDSHAKE, b""), True)
    b.row("data-1.2-type-99", "unexpected_message", connected, lambda c: c.record(99, b"x"), True)
    b.row("data-1.2-heartbeat", "unexpected_message", connected, lambda c: c.record(24, b"\1\0\3abc" + bytes(16)), True)
    b.row("data-1.2-ccs", "unexpected_message", connected, lambda c: c.record(CCS, b"\1"), True)
    b.row("data-1.2-ccs-in-plain", "unexpected_message|bad_record_mac|decode_error", connected, lambda c: c.ccs(), True)
    b.row("data-1.2-in-plain", "bad_record_mac|decode_error", connected, lambda c: c.plain(DATA, b"x"), True)
    for version in (0x0301, 0x0302, 0x0304, 0x0200):
        b.row(f"data-1.2-version-{version:04x}", "protocol_version|" + ANY_ERROR, connected,
              lambda c, v=version: c.record(DATA, b"x", version=v), True)
    for explicit in (bytes(8), b"\xff" * 8, b"\0" * 7 + b"\1", b"random!!"):
        b.row("data-1.2-explicit-nonce-" + explicit.hex(), "1.2", lives,
              lambda c, e=explicit: (c.record(DATA, b"abc", explicit=e), c.until_data(3)), True)


def ccs_under_keys(c):
    c.ccs()
    c.write_keys = c.next_write
    c.record(CCS, b"\1")


def split_over_ccs(c):
    f = c.finished12()
    c.plain(HANDSHAKE, f[:4])
    c.ccs()
    c.write_keys = c.next_write
    c.record(HANDSHAKE, f[4:])


def data_after_ccs(c):
    c.ccs()
    c.write_keys = c.next_write
    c.record(DATA, b"x")


# ---- alerts ----

def alerts(b):
    for twelve in (False, True):
        v = "1.2" if twelve else "1.3"
        b.row(f"close-{v}", "close_notify", connected, lambda c: c.alert(1, 0), twelve)
        b.row(f"close-{v}-level-2", "close_notify|fin", connected, lambda c: c.alert(2, 0), twelve)
        b.row(f"close-{v}-then-data", "close_notify|fin", connected, lambda c: (c.alert(1, 0), c.record(DATA, b"x")), twelve)
        b.row(f"close-{v}-then-garbage", "close_notify|fin", connected, lambda c: (c.alert(1, 0), c.raw(b"garbage" * 9)), twelve)
        b.row(f"close-{v}-twice", "close_notify|fin", connected, lambda c: (c.alert(1, 0), c.alert(1, 0)), twelve)
        b.row(f"canceled-{v}-then-close", "close_notify", connected, lambda c: (c.alert(1, 90), c.alert(1, 0)), twelve)
        b.row(f"canceled-{v}-alone", v, lives, lambda c: c.alert(1, 90), twelve)
        b.row(f"canceled-{v}-flood", v + "|unexpected_message|fin", lives, lambda c: [c.alert(1, 90) for _ in range(3000)], twelve)
        for number in (10, 20, 40, 47, 50, 80, 100, 112, 255):
            b.row(f"fatal-{v}-{number}", "fin|reset", connected, lambda c, n=number: c.alert(2, n), twelve)
        b.row(f"alert-{v}-empty", "decode_error|unexpected_message", connected, lambda c: c.record(ALERT, b""), twelve)
        b.row(f"alert-{v}-of-3", "decode_error|unexpected_message", connected, lambda c: c.record(ALERT, b"\1\0\0"), twelve)
        b.row(f"alert-{v}-two-in-one", "decode_error|unexpected_message" + "|close_notify" * twelve, connected,
              lambda c: c.record(ALERT, b"\1\x5a\1\0"), twelve)
        b.row(f"alert-{v}-half", "decode_error|unexpected_message", connected, lambda c: c.record(ALERT, b"\2"), twelve)
        b.row(f"fin-{v}", "close_notify|fin", connected, lambda c: c.half_close(), twelve)
        b.row(f"close-and-fin-{v}", "close_notify", connected, lambda c: (c.alert(1, 0), c.half_close()), twelve)
        h = (lambda c: c.hello12()) if twelve else (lambda c: c.hello13())
        b.row(f"close-after-hello-{v}", "(plain )?close_notify|fin", after_hello, h, b"\x15\3\3\0\2\1\0")
        b.row(f"fatal-after-hello-{v}", "fin", after_hello, h, b"\x15\3\3\0\2\2\x28")
    b.row("close-before-hello", "close_notify|fin", raw, b"\x15\3\1\0\2\1\0")
    b.row("fatal-before-hello", "fin", raw, b"\x15\3\1\0\2\2\x28")
    b.row("warning-before-hello", "1.3|fin|unexpected_message|close_notify", lambda b: hello_in(b, before=b"\x15\3\1\0\2\1\x5a"))
    b.row("canceled-1.3-before-finished", "1.3", then_goes_on, lambda c, _: c.alert(1, 90))
    b.row("close-1.3-before-finished", "close_notify|fin", then_ends, lambda c, _: c.alert(1, 0))
    b.row("fatal-1.3-before-finished", "fin|reset", then_ends, lambda c, _: c.alert(2, 42))
    for number in (10, 40, 99, 100, 112, 255):
        # RFC 8446 6: all but close_notify and user_canceled are errors, whatever their level.
        b.row(f"warning-1.3-{number}", "fin|reset", connected, lambda c, n=number: c.alert(1, n))
    for number in (100, 112):
        b.row(f"warning-1.2-{number}", "1.2", lives, lambda c, n=number: c.alert(1, n), True)
    for level in (0, 3, 255):
        b.row(f"alert-1.3-level-{level}", "fin|reset|illegal_parameter|decode_error", connected, lambda c, n=level: c.alert(n, 40))
        b.row(f"alert-1.2-level-{level}", "fin|reset|illegal_parameter|decode_error", connected, lambda c, n=level: c.alert(n, 40), True)
    b.row("close-1.2-before-ccs", "close_notify|fin", at_change, lambda c: c.alert(1, 0))
    b.row("fatal-1.2-before-ccs", "fin|reset", at_change, lambda c: c.alert(2, 40))


def after_hello(b, hello, octets):
    c = b.client()
    c.send_hello(hello(c))
    c.raw(octets)
    version = c.server_hello()
    c.encrypted() if version == TLS13 else c.flight12()
    c.answer()
