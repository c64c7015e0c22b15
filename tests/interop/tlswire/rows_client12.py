# SPDX-License-Identifier: MIT
"""The client's side of TLS 1.2: RFC 5246 7, RFC 8422 5, RFC 7627, RFC 5746, RFC 5077."""
import os

from . import primitives as p
from .hello import ALPN, DOWNGRADE_11, DOWNGRADE_12, EMS, KEY_SHARE, MAX_FRAGMENT, RENEGOTIATION, SNI, STATUS, TICKET
from .primitives import P256, P384, Share, u16, u8, u32, v16, v24, v8
from .record import (ALERT, CCS, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_STATUS, DATA, FINISHED, HANDSHAKE,
                     HELLO_DONE, HELLO_REQUEST, KEY_EXCHANGE, KEY_UPDATE, NEW_TICKET, SERVER_HELLO, Ended, message)
from .rows_client13 import REFUSED_EXTENSION, row, then_waits
from .rows_hello import flip
from .rows_record import ANY_ERROR
from .rows_server13 import EVERY
from .server import PING

ALL = EVERY + (KEY_UPDATE, FINISHED)
OLD = ("--tls-max", "1.2")
INFO = [(RENEGOTIATION, b"\0"), (EMS, b"")]


def run(b):
    good(b)
    server_hello(b)
    flight(b)
    turns(b)
    finished(b)
    after(b)
    tickets(b)


def good(b):
    keys = {"ecdsa": ("ec256", "ec384", "ed25519"), "rsa": ("rsa2048",), "transport": ("rsa2048",)}
    for suite, (_, _, _, who) in p.SUITES12.items():
        for key in keys[who]:
            row(b, f"1.2-good-{suite:04x}-{key}", "1.2", lambda s, x=suite: s.take_hello().server_hello12(suite=x).flight12().rest12(),
                "--tls-rsa-key-transport", key=key)
    for group in (29, 30, 23, 24, 25):
        def f(s, group=group):
            s.group = group
            return s.good12().rest12()
        row(b, f"1.2-good-group-{group}", "1.2", f)
    for scheme in (0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601):
        row(b, f"1.2-good-scheme-{scheme:04x}", "1.2",
            lambda s, x=scheme: s.take_hello().server_hello12(suite=0xc02f).flight12(ske=lambda m: s.key_exchange12(scheme=x)).rest12(), key="rsa2048")
    for scheme in (0x0503, 0x0603):
        row(b, f"1.2-good-scheme-{scheme:04x}", "1.2", lambda s, x=scheme: s.good12(ske=lambda m: s.key_exchange12(scheme=x)).rest12())
    for n in (1, 3):
        row(b, f"1.2-good-in-fragments-of-{n}", "1.2", lambda s, n=n: s.good12(split=n).rest12())
    row(b, "1.2-good-max", "1.2", lambda s: s.good12().rest12(), *OLD)


def server_hello(b):
    def hello(name, want, args=(), key="ec256", **how):
        row(b, "1.2-server-hello-" + name, want, lambda s: s.take_hello().server_hello12(**how).flight12().rest12(), *args, key=key)

    for version in (0x0300, 0x0301, 0x0302, 0x0304, 0x0200, 0xffff):
        hello(f"version-{version:04x}", "protocol_version|illegal_parameter", version=version)
    row(b, "1.2-server-hello-for-1.3-alone", "protocol_version", lambda s: s.good12().rest12(), "--tls-min", "1.3")
    hello("marked", "illegal_parameter", random=os.urandom(24) + DOWNGRADE_12)
    hello("marked-1.1", "illegal_parameter", random=os.urandom(24) + DOWNGRADE_11)
    hello("marked-for-1.2-client", "1.2", args=OLD, random=os.urandom(24) + DOWNGRADE_12)
    hello("session-id-new", "1.2", session_id=os.urandom(32))
    hello("session-id-33", "decode_error|illegal_parameter", session_id=bytes(33))

    def echoes(s):
        s.take_hello()
        s.server_hello12(session_id=s.hello.session_id).flight12()
        return s.rest12()
    row(b, "1.2-server-hello-echoes-session-id", "illegal_parameter|unexpected_message", echoes)
    hello("compression", "illegal_parameter", compression=1)
    for suite in (0x1301, 0xc009, 0x002f, 0x009c, 0x00ff, 0x0000, 0xc02f + 0x1000):
        row(b, f"1.2-server-hello-suite-{suite:04x}", "illegal_parameter", lambda s, x=suite: then_waits(s, lambda s: s.server_hello12(suite=x)))
    hello("no-ems", "1.2|handshake_failure", ext=[(RENEGOTIATION, b"\0")])
    hello("no-renegotiation-info", "1.2|handshake_failure", ext=[(EMS, b"")])
    hello("no-extensions", "1.2|handshake_failure", ext=[], no_extensions=True)
    hello("ems-body", "decode_error|illegal_parameter", ext=[(RENEGOTIATION, b"\0"), (EMS, b"\0")])
    hello("renegotiation-info-12", "handshake_failure", ext=[(RENEGOTIATION, v8(bytes(12))), (EMS, b"")])
    hello("renegotiation-info-empty", "decode_error|handshake_failure", ext=[(RENEGOTIATION, b""), (EMS, b"")])
    hello("formats", "1.2", ext=INFO + [(11, b"\1\0")])
    hello("formats-all", "1.2", ext=INFO + [(11, b"\3\0\1\2")])
    hello("formats-compressed-alone", "illegal_parameter", ext=INFO + [(11, b"\1\1")])
    hello("formats-empty", "decode_error|illegal_parameter", ext=INFO + [(11, b"\0")])
    hello("extension-unknown", "unsupported_extension", ext=INFO + [(0xabcd, b"")])
    hello("extension-grease", "unsupported_extension", ext=INFO + [(0x5a5a, b"")])
    hello("extension-twice", "illegal_parameter|decode_error", ext=INFO + [(EMS, b"")])
    for kind, body in ((ALPN, v16(v8(b"h2"))), (STATUS, b""), (MAX_FRAGMENT, b"\1"), (22, b""), (15, b"\1"), (18, b"")):
        hello(f"extension-{kind}-unasked", REFUSED_EXTENSION, ext=INFO + [(kind, body)])
    hello("extension-groups", "1.2|" + REFUSED_EXTENSION, ext=INFO + [(10, v16(u16(29)))])  # some servers do it
    hello("extension-key-share", REFUSED_EXTENSION, ext=INFO + [(KEY_SHARE, u16(29) + v16(bytes(32)))])
    hello("name", "1.2", ext=INFO + [(SNI, b"")])
    hello("name-body", "decode_error|illegal_parameter", ext=INFO + [(SNI, sni_body())])
    alpn = ("--alpn", "imap,http/1.1")
    hello("alpn", "1.2", args=alpn, ext=INFO + [(ALPN, v16(v8(b"imap")))])
    hello("alpn-unoffered", "illegal_parameter", args=alpn, ext=INFO + [(ALPN, v16(v8(b"h2")))])
    hello("alpn-two", "decode_error|illegal_parameter", args=alpn, ext=INFO + [(ALPN, v16(v8(b"imap") + v8(b"http/1.1")))])
    hello("max-fragment-another", "illegal_parameter", args=("--max-fragment", "1024"), ext=INFO + [(MAX_FRAGMENT, b"\1")])
    for mangle, name, want in ((lambda m: message(SERVER_HELLO, m[4:] + b"\0"), "octet-behind", "decode_error"), (lambda m: message(SERVER_HELLO, m[4:-1]), "cut", "decode_error"),
                               (lambda m: message(SERVER_HELLO, b""), "empty", "decode_error")):
        row(b, "1.2-server-hello-" + name, want, lambda s, x=mangle: then_waits(s, lambda s: s.server_hello12(change=x)))


def sni_body():
    return v16(b"\0" + v16(b"localhost"))


def flight(b):
    def bent(name, want, key="ec256", suite=0xc02b, args=(), group=None, **how):
        def f(s):
            s.group = group
            s.take_hello().server_hello12(suite=suite)
            return s.flight12(**{k: (lambda m, v=v: v(s, m)) if k != "request" else v(s) for k, v in how.items()}).rest12()
        row(b, "1.2-" + name, want, f, *args, key=key)

    bent("certificate-none", "decode_error|bad_certificate|illegal_parameter", cert=lambda s, m: message(CERTIFICATE, b"\0\0\0"))
    bent("certificate-empty", "decode_error", cert=lambda s, m: message(CERTIFICATE, b""))
    bent("certificate-garbage", "bad_certificate|decode_error", cert=lambda s, m: message(CERTIFICATE, v24(v24(b"garbage" * 9))))
    bent("certificate-zero-length", "decode_error|bad_certificate", cert=lambda s, m: message(CERTIFICATE, v24(v24(b""))))
    bent("certificate-octet-behind", "decode_error", cert=lambda s, m: message(CERTIFICATE, m[4:] + b"\0"))
    bent("certificate-missing-intermediate", "unknown_ca", cert=lambda s, m: s.certificate12(s.chain[:1]))
    bent("certificate-rsa-for-ecdsa-suite", "illegal_parameter|unsupported_certificate|bad_certificate|handshake_failure", key="rsa2048")
    bent("certificate-ecdsa-for-rsa-suite", "illegal_parameter|unsupported_certificate|bad_certificate|handshake_failure", suite=0xc02f)
    bent("certificate-ecdsa-for-transport", "illegal_parameter|unsupported_certificate|bad_certificate|handshake_failure", suite=0x009c,
         args=("--tls-rsa-key-transport",))
    bent("certificate-missing", "unexpected_message", cert=lambda s, m: b"")
    bent("certificate-twice", "unexpected_message", cert=lambda s, m: m * 2)
    bent("certificate-status-unasked", "unexpected_message", cert=lambda s, m: m + message(CERTIFICATE_STATUS, b"\1\0\0\1\0"))
    # ServerKeyExchange
    ske = lambda name, want, f, **how: bent("key-exchange-" + name, want, ske=f, **how)
    ske("missing", "unexpected_message", lambda s, m: b"")
    ske("twice", "unexpected_message", lambda s, m: m * 2)
    ske("empty", "decode_error", lambda s, m: message(KEY_EXCHANGE, b""))
    for kind in (0, 1, 2, 4, 255):
        ske(f"curve-type-{kind}", "illegal_parameter|handshake_failure|decode_error", lambda s, m, k=kind: s.key_exchange12(kind=k))
    for curve in (0, 22, 256, 0x0a0a, 0xffff):
        ske(f"curve-{curve}", "illegal_parameter|handshake_failure", lambda s, m, c=curve: s.key_exchange12(curve=c or 1))
    ske("curve-not-offered", "illegal_parameter|handshake_failure", lambda s, m: m, group=P384, args=("--groups", "x25519,P-256"))
    ske("no-point", "decode_error|illegal_parameter", lambda s, m: s.key_exchange12(point=b""))
    for n in (31, 33):
        ske(f"point-of-{n}", "illegal_parameter|decode_error", lambda s, m, n=n: s.key_exchange12(point=b"\5" * n))
    for i, point in enumerate((bytes(32), b"\1" + bytes(31))):
        ske(f"low-order-{i}", "illegal_parameter", lambda s, m, x=point: s.key_exchange12(point=x))
    for name, change in (("off-curve", lambda x: x[:-1] + u8(x[-1] ^ 1)), ("compressed", lambda x: b"\2" + x[1:33]), ("infinity", lambda x: b"\0")):
        ske("p256-" + name, "illegal_parameter|decode_error", lambda s, m, ch=change: s.key_exchange12(point=ch(Share(P256).public)), group=P256)
    ske("signature-flipped", "decrypt_error", lambda s, m: flip(m, -1))
    ske("signature-empty", "decrypt_error|decode_error", lambda s, m: message(KEY_EXCHANGE, m[4:4 + 36] + b"\4\3\0\0"))
    ske("signature-of-other-randoms", "decrypt_error", lambda s, m: s.key_exchange12(content=s.random + s.hello.random + b"x"))
    ske("octet-behind", "decode_error", lambda s, m: message(KEY_EXCHANGE, m[4:] + b"\0"))
    ske("cut", "decode_error", lambda s, m: message(KEY_EXCHANGE, m[4:-1]))
    ske("params-alone", "decode_error", lambda s, m: message(KEY_EXCHANGE, m[4:4 + 36]))
    for says in (0, 0x0a0a, 0x0203, 0x0402, 0x0804, 0x0807):
        ske(f"says-{says:04x}", "illegal_parameter|handshake_failure", lambda s, m, x=says: s.key_exchange12(says=x))
    ske("sha1-ecdsa", "illegal_parameter|handshake_failure", lambda s, m: s.key_exchange12(scheme=0x0203))
    ske("sha1-rsa", "illegal_parameter|handshake_failure", lambda s, m: s.key_exchange12(scheme=0x0201), key="rsa2048", suite=0xc02f)
    bent("key-exchange-in-transport", "unexpected_message", cert=lambda s, m: m + s.key_exchange12(), key="rsa2048", suite=0x009c, args=("--tls-rsa-key-transport",))
    bent("hello-done-body", "decode_error", done=lambda s, m: message(HELLO_DONE, b"\0"))
    for more in (message(HELLO_DONE, b""), b"\x14"):  # its flight is on the way then
        row(b, f"1.2-hello-done-and-{len(more)}-octets", "unexpected_message",
            lambda s, x=more: (s.take_hello().server_hello12(), behind_done(s, x), s.client_flight12(), s.ccs(), s.answer()))
    # CertificateRequest
    mine = ("--cert", "me-ec256.crt", "--key", "me-ec256.key")
    req = lambda name, want, f, **how: bent("request-" + name, want, request=f, **how)
    req("and-none", "1.2", lambda s: s.certificate_request12())
    req("and-mine", "1.2", lambda s: s.certificate_request12(), args=mine)
    for key in ("rsa2048", "ed25519"):
        req("and-mine-" + key, "1.2", lambda s: s.certificate_request12(schemes=(0x0403, 0x0804, 0x0807)), args=("--cert", f"me-{key}.crt", "--key", f"me-{key}.key"))
    req("types-empty", "decode_error", lambda s: s.certificate_request12(types=b""))
    req("types-unknown", "1.2", lambda s: s.certificate_request12(types=b"\x40\1\xee"), args=mine)
    req("schemes-empty", "decode_error", lambda s: s.certificate_request12(schemes=()))
    req("schemes-sha1-alone", "1.2|handshake_failure", lambda s: s.certificate_request12(schemes=(0x0201, 0x0203)), args=mine)
    req("names", "1.2", lambda s: s.certificate_request12(names=v16(b"\x30\0")), args=mine)
    req("octet-behind", "decode_error", lambda s: message(CERTIFICATE_REQUEST, s.certificate_request12()[4:] + b"\0"))
    req("empty", "decode_error", lambda s: message(CERTIFICATE_REQUEST, b""))
    req("twice", "unexpected_message", lambda s: s.certificate_request12() * 2)
    req("as-in-1.3", "decode_error|illegal_parameter", lambda s: s.certificate_request())


def behind_done(s, more):
    s.say(s.certificate12() + s.key_exchange12())
    done = message(HELLO_DONE, b"")
    s.plain(HANDSHAKE, done + more)
    s.transcript += done


def turns(b):
    for kind in ALL:
        waits = {"cert": CERTIFICATE, "ske": KEY_EXCHANGE, "done": HELLO_DONE}
        for place, due in waits.items():
            if kind == due or (place == "done" and kind == CERTIFICATE_REQUEST):
                continue
            # RFC 5246 7.4.1.1: HelloRequest is passed over while the handshake lasts; or it is out of turn.
            want = "unexpected_message" + "|1.2|decode_error" * (kind == HELLO_REQUEST)
            row(b, f"1.2-turn-{kind}-for-{due}", want, lambda s, k=kind, x=place: s.good12(**{x: lambda m: message(k, bytes(40))}).rest12())

        def for_ccs(s, k=kind):
            s.good12().client_flight12()
            s.plain(HANDSHAKE, message(k, bytes(40)))
            s.answer()
        if kind != NEW_TICKET:
            row(b, f"1.2-turn-{kind}-for-ccs", "unexpected_message" + "|silence|decode_error" * (kind == HELLO_REQUEST), for_ccs)
        else:
            row(b, f"1.2-turn-{kind}-for-ccs", "unexpected_message", for_ccs)  # none was promised

        def for_finished(s, k=kind):
            s.good12().client_flight12()
            s.ccs()
            s.write_keys = s.next_write
            s.record(HANDSHAKE, message(k, bytes(40)))
            s.answer()
        if kind not in (FINISHED, HELLO_REQUEST):
            row(b, f"1.2-turn-{kind}-for-finished", "unexpected_message", for_finished)
        if kind != HELLO_REQUEST:
            row(b, f"1.2-turn-{kind}-when-connected", "unexpected_message",
                lambda s, k=kind: (s.good12().client_flight12().change12(), s.record(HANDSHAKE, message(k, bytes(40))), s.exchange())[2])

    def ccs_in(place):
        def f(s):
            s.take_hello()
            if place == "first":
                s.ccs()
            s.server_hello12()
            if place == "hello":
                s.ccs()
            if place == "certificate":
                s.say(s.certificate12())
                s.ccs()
            if place == "key-exchange":
                s.say(s.certificate12())
                s.say(s.key_exchange12())
                s.ccs()
            s.answer()
        return f
    for place in ("hello", "certificate", "key-exchange"):  # CVE-2014-0224
        row(b, "1.2-turn-ccs-behind-" + place, "unexpected_message", ccs_in(place))


def finished(b):
    def bent(name, want, change, label=b"server finished"):
        def f(s):
            s.good12().client_flight12()
            s.ccs()
            s.write_keys = s.next_write
            s.say(message(FINISHED, change(s.finished12(label)[4:])))
            return s.exchange()
        row(b, "1.2-finished-" + name, want, f)
    bent("good", "1.2", lambda v: v)
    for at in (0, 6, 11):
        bent(f"octet-{at}", "decrypt_error", lambda v, at=at: flip(v, at))
    bent("as-client", "decrypt_error", lambda v: v, b"client finished")
    bent("empty", "decode_error", lambda v: b"")
    bent("of-11", "decode_error", lambda v: v[:11])
    bent("of-13", "decode_error", lambda v: v + b"\0")
    bent("of-32", "decode_error", lambda v: v + bytes(20))

    def at_ccs(name, want, f):
        row(b, "1.2-" + name, want, lambda s: (s.good12().client_flight12(), f(s), s.answer()))
    at_ccs("finished-before-ccs", "unexpected_message", lambda s: s.say(s.finished12()))
    at_ccs("finished-in-plain", "bad_record_mac|decode_error|unexpected_message", lambda s: (s.ccs(), s.say(s.finished12())))
    at_ccs("data-before-ccs", "unexpected_message", lambda s: s.plain(DATA, b"x"))
    at_ccs("data-before-finished", "unexpected_message", lambda s: (s.ccs(), setattr(s, "write_keys", s.next_write), s.record(DATA, b"x")))
    at_ccs("ccs-twice", "unexpected_message|bad_record_mac|decode_error", lambda s: (s.ccs(), s.ccs()))
    for body in (b"", b"\0", b"\2", b"\1\1"):
        at_ccs("ccs-body-" + (body.hex() or "empty"), ANY_ERROR, lambda s, x=body: s.plain(CCS, x))
    at_ccs("finished-split-over-ccs", "unexpected_message", lambda s: (s.plain(HANDSHAKE, s.finished12()[:3]), s.ccs()))

    def without_ems(s):
        s.take_hello().server_hello12().flight12()
        s.ems = False
        return s.rest12()
    row(b, "1.2-finished-without-the-ems-agreed-on", "a record that cannot be opened", without_ems)


def after(b):
    def post(name, want, f):
        row(b, "1.2-" + name, want, lambda s: (s.good12().client_flight12().change12(), f(s), s.exchange())[2])

    def asked_again(s):
        """RFC 5246 7.4.1.1, RFC 5746: may be ignored, or be answered with no_renegotiation."""
        s.good12().client_flight12().change12()
        s.record(HANDSHAKE, message(HELLO_REQUEST, b""))
        try:
            how = s.exchange()
        except Ended as e:
            if e.how != "warning no_renegotiation":
                raise
            s.until_data(len(PING))
            return "1.2 refused"
        # Its data was on the way already: then the warning comes behind it.
        return "1.2 refused" if how == "warning no_renegotiation" else how
    row(b, "1.2-hello-request", "1.2|1.2 refused|no_renegotiation|handshake_failure", asked_again)
    post("hello-request-body", "decode_error|unexpected_message", lambda s: s.record(HANDSHAKE, message(HELLO_REQUEST, b"\0")))
    post("hello-request-flood", "1.2|warning no_renegotiation|no_renegotiation|unexpected_message", lambda s: [s.record(HANDSHAKE, message(HELLO_REQUEST, b"")) for _ in range(1000)])
    post("data-empty", "1.2", lambda s: s.record(DATA, b""))
    post("data-2^14+1", "record_overflow", lambda s: s.record(DATA, bytes(16385)))
    post("data-in-plain", "bad_record_mac|decode_error", lambda s: s.plain(DATA, b"x" * 30))
    post("data-sequence-skipped", "bad_record_mac", lambda s: (setattr(s.write_keys, "seq", 7), s.record(DATA, b"x")))
    post("data-version-0301", "protocol_version|" + ANY_ERROR, lambda s: s.record(DATA, b"x", version=0x0301))
    post("data-ccs", "unexpected_message", lambda s: s.record(CCS, b"\1"))
    post("data-heartbeat", "unexpected_message", lambda s: s.record(24, b"\1\0\1a" + bytes(16)))
    post("warning-unrecognized-name", "1.2", lambda s: s.alert(1, 112))
    post("warning-no-renegotiation", "1.2", lambda s: s.alert(1, 100))
    post("warning-flood", "1.2|unexpected_message", lambda s: [s.alert(1, 100) for _ in range(1000)])
    post("fatal", "fin|reset", lambda s: s.alert(2, 80))
    post("alert-level-3", "illegal_parameter|fin|reset|decode_error", lambda s: s.alert(3, 80))

    def named(s):
        """RFC 6066 3: a warning, from servers that have no such name but go on."""
        s.take_hello()
        s.plain(ALERT, b"\1\x70")
        return s.server_hello12().flight12().rest12()
    row(b, "1.2-unrecognized-name-before-hello", "1.2|fin|reset", named)


def tickets(b):
    def first(b, make, promised=True, ems=True):
        path = f"{b.dir}/session12"
        if os.path.exists(path):
            os.remove(path)
        s = b.server("--session-file", "session12", *OLD)
        ext = [(RENEGOTIATION, b"\0")] + [(EMS, b"")] * ems + [(TICKET, b"")] * promised
        s.take_hello().server_hello12(ext=ext).flight12().client_flight12()
        if make is not None:
            s.say(make)
        got = s.change12().exchange()
        return s.master, got

    def ticket(octets=b"ticket" * 10, lifetime=7200):
        return message(NEW_TICKET, u32(lifetime) + v16(octets))

    def full(name, want, make, promised=True):
        b.row("client-1.2-ticket-" + name, want, lambda b: first(b, make, promised)[1])
    full("good", "1.2", ticket())
    full("unpromised", "unexpected_message", ticket(), False)
    full("promised-and-missing", "unexpected_message", None)
    full("empty", "1.2", ticket(b""))
    full("lifetime-0", "1.2", ticket(lifetime=0))
    full("lifetime-max", "1.2", ticket(lifetime=0xffffffff))
    full("of-16000", "1.2", ticket(bytes(16000)))
    full("of-60000", "1.2", ticket(bytes(60000)))
    full("octet-behind", "decode_error", message(NEW_TICKET, ticket()[4:] + b"\0"))
    full("cut", "decode_error", message(NEW_TICKET, ticket()[4:-1]))
    full("no-body", "decode_error", message(NEW_TICKET, b""))
    full("twice", "unexpected_message", ticket() * 2)
    full("as-in-1.3", "decode_error", message(NEW_TICKET, u32(100) + u32(5) + v8(b"\0") + v16(b"ticket") + v16(b"")))

    def again(name, want, f, ems=True, suite=0xc02b, ext=None, made=ticket(), **hello):
        def whole(b):
            master, _ = first(b, made, ems=ems)
            s = b.server("--session-file", "session12", *OLD)
            s.take_hello()
            if not s.hello.ext.find(TICKET):
                return "not offered"
            s.master, s.resumes = master, True
            s.server_hello12(suite=suite, ext=INFO if ext is None else ext, session_id=s.hello.session_id, **hello)
            return f(s)
        b.row("client-1.2-resumption-" + name, want, whole)

    def rest(s, fin=lambda m: m):
        s.next_read, s.next_write = p.key_block(s.suite, s.master, s.hello.random, s.random)
        s.change12(fin)
        s.change_seen12()
        return s.exchange()
    again("good", "1.2 resumed", rest)
    again("new-ticket", "1.2 resumed", lambda s: (s.say(ticket(b"another" * 9)), rest(s))[1], ext=INFO + [(TICKET, b"")])
    again("new-ticket-unpromised", "unexpected_message", lambda s: (s.say(ticket(b"another" * 9)), s.answer()))
    again("other-suite", "illegal_parameter", lambda s: s.answer(), suite=0xc02c)
    again("without-ems", "handshake_failure|illegal_parameter", lambda s: s.answer(), ext=[(RENEGOTIATION, b"\0")])  # RFC 7627 5.3
    again("session-without-ems", "not offered|handshake_failure|illegal_parameter", lambda s: s.answer(), ems=False)
    again("finished-wrong", "decrypt_error", lambda s: rest(s, lambda m: flip(m, -1)))
    again("certificate", "unexpected_message", lambda s: (s.say(s.certificate12()), s.answer()))
    again("hello-done", "unexpected_message", lambda s: (s.say(message(HELLO_DONE, b"")), s.answer()))
    again("finished-before-ccs", "unexpected_message", lambda s: (s.say(s.finished12()), s.answer()))
    again("another-master", "bad_record_mac", lambda s: (setattr(s, "master", bytes(48)), rest(s))[1])
    again("lifetime-0", "1.2 resumed|not offered", rest, made=ticket(lifetime=0))

    def not_taken(b):
        first(b, ticket())
        s = b.server("--session-file", "session12", *OLD)
        return s.take_hello().server_hello12(ext=INFO + [(TICKET, b"")]).flight12().client_flight12() and (s.say(ticket()), s.change12().exchange())[1]
    b.row("client-1.2-resumption-not-taken", "1.2", not_taken)
