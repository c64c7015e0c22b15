# SPDX-License-Identifier: MIT
"""The client's side of TLS 1.3: RFC 8446 4.1.3, 4.1.4, 4.3, 4.4, 4.6, 5."""
import os

from . import primitives as p
from .hello import (ALPN, COOKIE, DOWNGRADE_12, EARLY_DATA, EMS, GROUPS, KEY_SHARE, MAX_FRAGMENT, PSK, RECORD_LIMIT,
                    RENEGOTIATION, SCHEMES, SNI, STATUS, TICKET, VERSIONS, Extensions)
from .primitives import P256, P384, TLS12, TLS13, X25519, Share, u8, u16, u16s, v8, v16
from .record import (ALERT, CCS, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, DATA, ENCRYPTED_EXTENSIONS,
                     END_OF_EARLY_DATA, FINISHED, HANDSHAKE, HELLO_REQUEST, KEY_UPDATE, NEW_TICKET, SERVER_HELLO,
                     message)
from .rows_hello import flip
from .rows_record import ANY_ERROR
from .rows_server13 import EVERY
from .server import PING, PONG

REFUSED_EXTENSION = "unsupported_extension|illegal_parameter"


def run(b):
    good(b)
    server_hello(b)
    retry(b)
    encrypted_extensions(b)
    certificates(b)
    finished(b)
    turns(b)
    records(b)
    after(b)
    resumption(b)


def row(b, name, want, f, *args, key="ec256"):
    b.row("client-" + name, want, lambda b: f(b.server(*args, key=key)))


def good(b):
    for suite in p.SUITES13:
        for group in (29, 30, 23, 24, 25):
            row(b, f"good-{suite:04x}-{group}", "1.3",
                lambda s, suite=suite, group=group: s.take_hello().server_hello(suite=suite, group=group).flight13().rest13(),
                "--groups", {29: "x25519", 30: "x448", 23: "P-256", 24: "P-384", 25: "P-521"}[group])
    for key in ("ec256", "ec384", "rsa2048", "ed25519"):
        row(b, f"good-{key}", "1.3", lambda s: s.good13().rest13(), key=key)
    for n in (1, 2, 3, 100):
        row(b, f"good-in-fragments-of-{n}", "1.3", lambda s, n=n: s.good13(split=n).rest13())
    row(b, "hello-is-good", "ok", hello_is_good)
    row(b, "hellos-differ", "ok", lambda s: "ok" if s.take_hello().hello.random != bytes(32) else "a random of zeros")


def hello_is_good(s):
    """RFC 8446 4.1.2, 4.2, 8701; what of it take_hello() has not looked at."""
    h = s.take_hello().hello
    groups = [int.from_bytes(x, "big") for x in pairs(h.ext.find(GROUPS)[2:])]
    s.check(len(h.session_id) == 32 and len(set(h.suites)) == len(h.suites), "session id or suites")
    s.check([g for g in groups if g in s.offers] == list(s.offers), "the shares' order")
    s.check(all(h.ext.has(k) for k in (SNI, GROUPS, SCHEMES, VERSIONS, KEY_SHARE, 45, EMS)), "a missing extension")
    s.check(h.ext.find(RENEGOTIATION) == b"\0" or 0xff in h.suites, "RFC 5746")
    s.check(len(pairs(h.ext.find(VERSIONS)[1:])) == 3 - ("--no-grease" in s.program.args), "supported_versions")
    s.check(not {0x0201, 0x0203} & {int.from_bytes(x, "big") for x in pairs(h.ext.find(SCHEMES)[2:])}, "SHA-1")
    return "ok"


def pairs(b):
    return [b[i:i + 2] for i in range(0, len(b), 2)]


# ---- ServerHello ----

def then_waits(s, f):
    """f(s) says something in place of ServerHello."""
    s.take_hello()
    f(s)
    s.answer()


def with_ext(change, **field):
    """ServerHello with its extensions changed."""
    def f(s):
        s.group = X25519
        s.share = Share(X25519)
        e = Extensions([(VERSIONS, u16(TLS13)), (KEY_SHARE, u16(X25519) + v16(s.share.public))])
        change(e)
        s.version, s.suite, s.hash = TLS13, 0x1301, "sha256"
        s.say(s.hello_of(0x1301, e, **field))
    return f


def server_hello(b):
    def bad(name, want, f):
        row(b, "server-hello-" + name, want, lambda s: then_waits(s, f))

    def field(name, want, **values):
        bad(name, want, lambda s: s.server_hello(**{k: v(s) if callable(v) else v for k, v in values.items()}))

    def ext(name, want, change):
        bad(name, want, with_ext(change))

    for v in (0x0300, 0x0200):  # RFC 8446 D.5
        field(f"version-{v:04x}", "protocol_version", version=v)
    for v in (0x0304, 0x0302, 0x0301, 0xffff):  # RFC 8446 4.2.1: not looked at
        row(b, f"server-hello-version-{v:04x}", "1.3|illegal_parameter|protocol_version",
            lambda s, v=v: s.take_hello().server_hello(version=v).flight13().rest13())
    field("session-id-other", "illegal_parameter", session_id=bytes(32))
    field("session-id-empty", "illegal_parameter", session_id=b"")
    field("session-id-cut", "illegal_parameter", session_id=lambda s: s.hello.session_id[:31])
    field("session-id-33", "decode_error|illegal_parameter", session_id=lambda s: s.hello.session_id + b"\0")
    field("compression", "illegal_parameter", compression=1)
    for suite in (0x1304, 0x0000, 0xc02b, 0x002f, 0x00ff, 0x5600, 0xffff):
        bad(f"suite-{suite:04x}", "illegal_parameter", lambda s, suite=suite: s.server_hello(suite=suite))
    bad("suite-grease", "illegal_parameter", lambda s: s.server_hello(suite=s.hello.suites[0] if s.hello.suites[0] & 0xf0f == 0xa0a else 0x0a0a))
    for v in (0x0303, 0x0302, 0x0305, 0x0300, 0x7f1c, 0x0a0a):
        ext(f"selected-{v:04x}", "illegal_parameter|protocol_version", lambda e, v=v: e.put(VERSIONS, u16(v)))
    ext("selected-cut", "decode_error", lambda e: e.put(VERSIONS, b"\3"))
    ext("selected-list", "decode_error", lambda e: e.put(VERSIONS, b"\2\3\4"))
    ext("selected-empty", "decode_error", lambda e: e.put(VERSIONS, b""))
    ext("selected-missing", "illegal_parameter|protocol_version|unsupported_extension|missing_extension", lambda e: e.drop(VERSIONS))
    ext("share-missing", "missing_extension|illegal_parameter", lambda e: e.drop(KEY_SHARE))
    ext("share-empty", "decode_error", lambda e: e.put(KEY_SHARE, b""))
    ext("share-group-alone", "decode_error|illegal_parameter", lambda e: e.put(KEY_SHARE, u16(X25519)))
    ext("share-no-octets", "decode_error|illegal_parameter", lambda e: e.put(KEY_SHARE, u16(X25519) + v16(b"")))
    ext("share-octet-behind", "decode_error", lambda e: e.put(KEY_SHARE, e.find(KEY_SHARE) + b"\0"))
    ext("share-unoffered-group", "illegal_parameter", lambda e: e.put(KEY_SHARE, u16(P256) + v16(Share(P256).public)))
    ext("share-unknown-group", "illegal_parameter", lambda e: e.put(KEY_SHARE, u16(0x0a0a) + v16(b"x" * 32)))
    for n in (31, 33):
        ext(f"share-of-{n}", "illegal_parameter|decode_error", lambda e, n=n: e.put(KEY_SHARE, u16(X25519) + v16(b"\5" * n)))
    for i, point in enumerate((bytes(32), b"\1" + bytes(31), b"\xec" + b"\xff" * 30 + b"\x7f")):
        ext(f"share-low-order-{i}", "illegal_parameter", lambda e, x=point: e.put(KEY_SHARE, u16(X25519) + v16(x)))
    for name, change in [("off-curve", lambda x: x[:-1] + u8(x[-1] ^ 1)), ("compressed", lambda x: b"\2" + x[1:33]), ("infinity", lambda x: b"\0"),
                         ("of-66", lambda x: x + b"\0"), ("hybrid", lambda x: b"\6" + x[1:])]:
        row(b, "server-hello-p256-" + name, "illegal_parameter|decode_error",
            lambda s, ch=change: then_waits(s, lambda s: with_ext(lambda e: e.put(KEY_SHARE, u16(P256) + v16(ch(Share(P256).public))))(s)), "--groups", "P-256")
    for kind, body in ((SNI, b""), (ALPN, v16(v8(b"h2"))), (EMS, b""), (RENEGOTIATION, b"\0"), (GROUPS, v16(u16(X25519))), (SCHEMES, v16(u16(0x0403))),
                       (EARLY_DATA, b""), (45, b"\1\1"), (TICKET, b""), (11, b"\1\0"), (STATUS, b"")):
        ext(f"extension-{kind}", REFUSED_EXTENSION, lambda e, k=kind, x=body: e.put(k, x))
    ext("extension-unknown", "unsupported_extension", lambda e: e.put(0xabcd, b""))
    ext("extension-psk-unasked", REFUSED_EXTENSION, lambda e: e.put(PSK, u16(0)))
    ext("extension-cookie", REFUSED_EXTENSION, lambda e: e.put(COOKIE, v16(b"x")))
    ext("extension-share-twice", "illegal_parameter|decode_error", lambda e: e.append(e[1]))
    ext("extension-versions-twice", "illegal_parameter|decode_error", lambda e: e.append(e[0]))

    def reflects(s):
        s.take_hello()
        mine = next((k for k, _ in s.hello.ext if k & 0xf0f == 0xa0a), 0x0a0a)
        with_ext(lambda e: e.put(mine, b""))(s)
        s.answer()
    row(b, "server-hello-extension-grease", REFUSED_EXTENSION, reflects)

    def cut(s):
        s.take_hello()
        s.server_hello(change=lambda m: message(SERVER_HELLO, m[4:-1]))
        s.answer()
    row(b, "server-hello-cut", "decode_error", cut)
    bad("octet-behind", "decode_error", lambda s: s.server_hello(change=lambda m: message(SERVER_HELLO, m[4:] + b"\0")))
    bad("empty", "decode_error", lambda s: s.say(message(SERVER_HELLO, b"")))
    bad("of-20000", "decode_error|illegal_parameter|record_overflow|unsupported_extension", lambda s: s.server_hello(change=lambda m: message(SERVER_HELLO, m[4:] + bytes(20000))))
    bad("no-extensions", "illegal_parameter|protocol_version", lambda s: s.server_hello(no_extensions=True))
    row(b, "server-hello-marked-1.3", "1.3", lambda s: s.take_hello().server_hello(random=os.urandom(24) + DOWNGRADE_12).flight13().rest13())

    def prefixes(b):
        for n in range(0, 120, 3):
            s = b.server()
            b.open.clear()
            s.take_hello()
            s.server_hello(change=lambda m: message(SERVER_HELLO, m[4:4 + n]))
            how = s.drained()
            s.close()
            if n < 118 and how != "decode_error" and not (n in (38 + 32, 39 + 32) or 70 <= n <= 70):
                return f"{n} octets: {how}"
        return "ok"
    b.row("client-server-hello-every-third-prefix", "ok", prefixes)
    row(b, "server-hello-and-an-octet", "unexpected_message", lambda s: then_waits(s, lambda s: joined(s, b"\x08")))
    row(b, "server-hello-and-encrypted-extensions", "unexpected_message", lambda s: then_waits(s, lambda s: joined(s, s.encrypted_extensions())))
    row(b, "server-hello-twice", "unexpected_message|plain unexpected_message", lambda s: then_waits(s, lambda s: (s.server_hello(), s.keys13(), s.plain(HANDSHAKE, s.transcript[-122:]))))


def joined(s, more):
    say = s.say
    s.say = lambda m: s.plain(HANDSHAKE, m + more)
    s.server_hello()
    s.say = say


# ---- HelloRetryRequest ----

def retry(b):
    def good(name, f, want="1.3 retried"):
        row(b, "retry-" + name, want, f)

    def bad(name, want, f):
        row(b, "retry-" + name, want, lambda s: then_waits(s, f))

    good("good", lambda s: s.take_hello().retry(P256).server_hello(group=P256).flight13().rest13())
    good("p384", lambda s: s.take_hello().retry(P384).server_hello(group=P384).flight13().rest13())
    good("sha384", lambda s: s.take_hello().retry(P256, suite=0x1302).server_hello(suite=0x1302, group=P256).flight13().rest13())
    good("in-fragments", lambda s: s.take_hello().retry(P256).server_hello(group=P256).flight13(split=1).rest13())

    def cookie(s, octets=b"a cookie", group=None):
        s.take_hello().retry(group, more=[(COOKIE, v16(octets))])
        s.check(s.hello.ext.find(COOKIE) == v16(octets), "the cookie")
        return s.server_hello(group=group).flight13().rest13()
    good("cookie", cookie)
    good("cookie-and-group", lambda s: cookie(s, group=P256))
    good("cookie-of-1", lambda s: cookie(s, b"c"))
    good("cookie-of-16000", lambda s: cookie(s, b"c" * 16000))
    good("cookie-of-60000", lambda s: cookie(s, b"c" * 60000), "1.3 retried|illegal_parameter|internal_error|decode_error")
    good("ccs-behind", lambda s: (s.take_hello().retry(P256), s.server_hello(group=P256), s.ccs(), s.flight13())[3].rest13())
    bad("same-group", "illegal_parameter", lambda s: s.retry(X25519))
    bad("unoffered-group", "illegal_parameter", lambda s: s.retry(256))
    bad("grease-group", "illegal_parameter", lambda s: s.retry(0x0a0a))
    bad("no-change", "illegal_parameter", lambda s: s.retry(None))
    bad("suite-unoffered", "illegal_parameter", lambda s: s.retry(P256, suite=0x1304))
    bad("suite-of-1.2", "illegal_parameter", lambda s: s.retry(P256, suite=0xc02b))
    bad("session-id", "illegal_parameter", lambda s: s.retry(P256, session_id=bytes(32)))
    bad("compression", "illegal_parameter", lambda s: s.retry(P256, compression=1))
    bad("version-0300", "protocol_version", lambda s: s.retry(P256, version=0x0300))
    bad("selected-12", "illegal_parameter|protocol_version", lambda s: s.retry(ext=[(VERSIONS, u16(TLS12)), (KEY_SHARE, u16(P256))]))
    bad("selected-missing", "illegal_parameter|protocol_version|missing_extension|unsupported_extension", lambda s: s.retry(ext=[(KEY_SHARE, u16(P256))]))
    bad("cookie-empty", "decode_error", lambda s: s.retry(P256, more=[(COOKIE, b"\0\0")]))
    bad("cookie-garbage", "decode_error", lambda s: s.retry(P256, more=[(COOKIE, b"\0\5abc")]))
    bad("share-as-in-hello", "decode_error", lambda s: s.retry(ext=[(VERSIONS, u16(TLS13)), (KEY_SHARE, u16(P256) + v16(Share(P256).public))]))
    bad("share-cut", "decode_error", lambda s: s.retry(ext=[(VERSIONS, u16(TLS13)), (KEY_SHARE, b"\0")]))
    bad("extension-unknown", "unsupported_extension", lambda s: s.retry(P256, more=[(0xabcd, b"")]))
    bad("extension-name", REFUSED_EXTENSION, lambda s: s.retry(P256, more=[(SNI, b"")]))
    bad("extension-alpn", REFUSED_EXTENSION, lambda s: s.retry(P256, more=[(ALPN, v16(v8(b"h2")))]))
    bad("extension-psk", REFUSED_EXTENSION, lambda s: s.retry(P256, more=[(PSK, u16(0))]))
    bad("share-twice", "illegal_parameter|decode_error", lambda s: s.retry(P256, more=[(KEY_SHARE, u16(P256))]))
    bad("octet-behind", "decode_error", lambda s: s.retry(P256, change=lambda m: message(SERVER_HELLO, m[4:] + b"\0")))
    bad("twice", "unexpected_message", lambda s: s.retry(P256).retry(P384))
    bad("twice-the-same", "unexpected_message", lambda s: s.retry(P256).retry(P256))
    bad("then-other-suite", "illegal_parameter", lambda s: s.retry(P256).server_hello(suite=0x1303, group=P256))
    bad("then-other-suite-same-hash-not", "illegal_parameter", lambda s: s.retry(P256).server_hello(suite=0x1302, group=P256))
    bad("then-first-group", "illegal_parameter", lambda s: (s.retry(P256), s.offers.update({X25519: None}), s.server_hello(group=X25519)))
    bad("then-third-group", "illegal_parameter", lambda s: s.retry(P256).server_hello(group=P384))
    bad("then-1.2", "illegal_parameter|protocol_version", lambda s: s.retry(P256).server_hello12())
    bad("then-encrypted-extensions", "unexpected_message", lambda s: (s.retry(P256), s.plain(HANDSHAKE, s.encrypted_extensions())))


# ---- EncryptedExtensions ----

def ee(*ext, raw=None):
    return lambda m: message(ENCRYPTED_EXTENSIONS, v16(Extensions(ext).pack()) if raw is None else raw)


def encrypted_extensions(b):
    def with_(name, want, *ext, raw=None, args=()):
        row(b, "encrypted-extensions-" + name, want, lambda s: s.good13(ee=ee(*ext, raw=raw)).rest13(), *args)

    with_("none", "1.3")
    with_("name", "1.3", (SNI, b""))
    with_("name-with-body", "decode_error|illegal_parameter", (SNI, v16(b"\0" + v16(b"localhost"))))
    with_("groups", "1.3", (GROUPS, v16(u16s([X25519, P256, 0xabcd]))))
    with_("groups-empty-list", "decode_error|1.3", (GROUPS, b"\0\0"))
    with_("groups-odd", "decode_error|1.3", (GROUPS, b"\0\3\0\x1d\0"))
    for kind, body in ((KEY_SHARE, u16(X25519) + v16(bytes(32))), (VERSIONS, u16(TLS13)), (PSK, u16(0)), (COOKIE, v16(b"x")), (SCHEMES, v16(u16(0x0403))),
                       (45, b"\1\1"), (EMS, b""), (RENEGOTIATION, b"\0"), (TICKET, b""), (STATUS, b""), (18, b""), (11, b"\1\0"), (21, b"\0"), (49, b"")):
        with_(f"{kind}", REFUSED_EXTENSION, (kind, body))
    with_("unknown", "unsupported_extension", (0xabcd, b""))
    with_("alpn-unasked", "unsupported_extension", (ALPN, v16(v8(b"h2"))))
    with_("early-data-unasked", "unsupported_extension", (EARLY_DATA, b""))
    with_("max-fragment-unasked", "unsupported_extension", (MAX_FRAGMENT, b"\1"))
    with_("record-limit-unasked", "unsupported_extension|1.3", (RECORD_LIMIT, u16(1000)))
    with_("name-twice", "illegal_parameter|decode_error", (SNI, b""), (SNI, b""))
    alpn = ("--alpn", "imap,http/1.1")
    with_("alpn", "1.3", (ALPN, v16(v8(b"http/1.1"))), args=alpn)
    with_("alpn-none", "1.3", args=alpn)
    with_("alpn-unoffered", "illegal_parameter", (ALPN, v16(v8(b"h2"))), args=alpn)
    with_("alpn-prefix", "illegal_parameter", (ALPN, v16(v8(b"http/1."))), args=alpn)
    with_("alpn-two", "decode_error|illegal_parameter", (ALPN, v16(v8(b"imap") + v8(b"http/1.1"))), args=alpn)
    with_("alpn-empty-list", "decode_error|illegal_parameter", (ALPN, b"\0\0"), args=alpn)
    with_("alpn-empty-name", "decode_error|illegal_parameter", (ALPN, v16(v8(b""))), args=alpn)
    with_("alpn-empty", "decode_error", (ALPN, b""), args=alpn)
    with_("alpn-octet-behind", "decode_error", (ALPN, v16(v8(b"imap")) + b"\0"), args=alpn)
    with_("record-limit", "1.3", (RECORD_LIMIT, u16(64)), args=("--record-size-limit", "1000"))
    with_("record-limit-63", "illegal_parameter", (RECORD_LIMIT, u16(63)), args=("--record-size-limit", "1000"))
    with_("record-limit-16385", "1.3", (RECORD_LIMIT, u16(16385)), args=("--record-size-limit", "1000"))
    with_("record-limit-16386", "illegal_parameter|1.3", (RECORD_LIMIT, u16(16386)), args=("--record-size-limit", "1000"))
    with_("max-fragment", "1.3", (MAX_FRAGMENT, b"\2"), args=("--max-fragment", "1024"))
    with_("max-fragment-another", "illegal_parameter", (MAX_FRAGMENT, b"\1"), args=("--max-fragment", "1024"))
    with_("max-fragment-and-record-limit", REFUSED_EXTENSION, (MAX_FRAGMENT, b"\2"), (RECORD_LIMIT, u16(1000)), args=("--max-fragment", "1024"))
    with_("cut", "decode_error", raw=b"\0\4\0\0\0")
    with_("octet-behind", "decode_error", raw=b"\0\0\0")
    with_("empty", "decode_error", raw=b"")

    def reflects(s):
        s.take_hello()
        mine = [k for k, _ in s.hello.ext if k & 0xf0f == 0xa0a] or [0x0a0a]
        return s.server_hello().flight13(ee=ee((mine[0], b""))).rest13()
    row(b, "encrypted-extensions-grease", REFUSED_EXTENSION, reflects)

    def broken_limit(s):
        s.good13(ee=ee((RECORD_LIMIT, u16(16385)))).client_flight13()
        s.record(DATA, bytes(1001))
        s.answer()
    row(b, "record-limit-broken", "record_overflow", broken_limit, "--record-size-limit", "1000")


# ---- certificates ----

def certificates(b):
    def cert(name, want, change, key="ec256"):
        row(b, "certificate-" + name, want, lambda s: s.good13(cert=lambda m: change(s)).rest13(), key=key)

    def cv(name, want, change, key="ec256"):
        row(b, "verify-" + name, want, lambda s: s.good13(cv=lambda m: change(s, m)).rest13(), key=key)

    cert("context", "illegal_parameter|decode_error", lambda s: s.certificate(context=b"x"))
    cert("none", "decode_error", lambda s: s.certificate(chain=[]))
    cert("garbage", "bad_certificate|decode_error", lambda s: s.certificate(chain=[b"garbage" * 30]))
    cert("zero-length", "decode_error|bad_certificate", lambda s: s.certificate(chain=[b""]))
    cert("cut-der", "bad_certificate|decode_error", lambda s: s.certificate(chain=[s.chain[0][:-1]]))
    cert("octet-behind-der", "bad_certificate|decode_error", lambda s: s.certificate(chain=[s.chain[0] + b"\0"]))
    cert("missing-intermediate", "unknown_ca", lambda s: s.certificate(chain=s.chain[:1]))
    cert("flipped", "bad_certificate|decrypt_error|unknown_ca|certificate_unknown", lambda s: s.certificate(chain=[flip(s.chain[0], -5)] + s.chain[1:]))
    cert("extension-unknown", "unsupported_extension", lambda s: s.certificate(ext=u16(0xabcd) + v16(b"")))
    cert("extension-status-unasked", REFUSED_EXTENSION, lambda s: s.certificate(ext=u16(STATUS) + v16(b"\1\0\0\1\0")))
    cert("extension-name", REFUSED_EXTENSION, lambda s: s.certificate(ext=u16(SNI) + v16(b"")))
    cert("extension-cut", "decode_error", lambda s: s.certificate(ext=b"\0\5\0"))
    cert("octet-behind", "decode_error", lambda s: message(CERTIFICATE, s.certificate()[4:] + b"\0"))
    cert("as-in-1.2", "decode_error|illegal_parameter|bad_certificate", lambda s: s.certificate12())
    cert("empty", "decode_error", lambda s: message(CERTIFICATE, b""))
    cert("missing", "unexpected_message", lambda s: b"")
    cert("twice", "unexpected_message", lambda s: s.certificate() * 2)
    cert("of-a-client", "unsupported_certificate|bad_certificate|certificate_unknown", lambda s: s.certificate(), "me-ec256")
    cert("root-behind", "1.3", lambda s: s.certificate(chain=s.chain + s.chain[-1:]))
    cert("chain-of-100", "1.3|bad_certificate|decode_error|unknown_ca", lambda s: s.certificate(chain=s.chain + s.chain[-1:] * 98))
    cert("of-200000", "decode_error|illegal_parameter|record_overflow|bad_certificate|internal_error|unexpected_message", lambda s: s.certificate(chain=[bytes(200000)]))
    cv("missing", "unexpected_message", lambda s, m: b"")
    cv("twice", "unexpected_message", lambda s, m: m * 2)
    cv("as-client", "decrypt_error", lambda s, m: s.certificate_verify(who=b"client"))
    cv("wrong-transcript", "decrypt_error", lambda s, m: s.certificate_verify(content=p.signed_content(b"server", bytes(32))))
    cv("flipped", "decrypt_error", lambda s, m: flip(m, -1))
    cv("garbage", "decrypt_error", lambda s, m: message(CERTIFICATE_VERIFY, u16(0x0403) + v16(b"garbage" * 9)))
    cv("empty-signature", "decrypt_error|decode_error", lambda s, m: message(CERTIFICATE_VERIFY, b"\4\3\0\0"))
    cv("cut", "decode_error", lambda s, m: message(CERTIFICATE_VERIFY, m[4:-1]))
    cv("octet-behind", "decode_error", lambda s, m: message(CERTIFICATE_VERIFY, m[4:] + b"\0"))
    cv("empty", "decode_error", lambda s, m: message(CERTIFICATE_VERIFY, b""))
    for scheme in (0, 0x0a0a, 0xffff, 0x0203, 0x0402, 0x0804, 0x0807, 0x0503, 0x0603):
        cv(f"says-{scheme:04x}", "illegal_parameter", lambda s, m, x=scheme: s.certificate_verify(says=x))
    for scheme in (0x0401, 0x0501, 0x0201):
        cv(f"{scheme:04x}", "illegal_parameter", lambda s, m, x=scheme: s.certificate_verify(scheme=x), "rsa2048")
    for scheme in (0x0804, 0x0805, 0x0806):
        cv(f"{scheme:04x}", "1.3", lambda s, m, x=scheme: s.certificate_verify(scheme=x), "rsa2048")
    cv("pss-pss", "illegal_parameter", lambda s, m: s.certificate_verify(says=0x0809), "rsa2048")
    cv("p256-with-sha384", "illegal_parameter", lambda s, m: s.certificate_verify(scheme=0x0503))

    def unoffered(s):
        return s.good13().rest13()
    row(b, "verify-unoffered", "illegal_parameter", unoffered, "--sigalgs", "rsa_pss_rsae_sha256,ecdsa_secp384r1_sha384")

    # CertificateRequest
    def request(name, want, make, *args, key=None):
        def f(s):
            s.take_hello().server_hello()
            return s.flight13(request=make(s)).rest13()
        row(b, "request-" + name, want, f, *args)

    mine = ("--cert", "me-ec256.crt", "--key", "me-ec256.key")
    request("and-none", "1.3", lambda s: s.certificate_request())
    request("and-mine", "1.3", lambda s: s.certificate_request(), *mine)
    for key in ("rsa2048", "ed25519"):
        request("and-mine-" + key, "1.3", lambda s: s.certificate_request(), "--cert", f"me-{key}.crt", "--key", f"me-{key}.key")
    request("no-common-scheme", "1.3|handshake_failure", lambda s: s.certificate_request((SCHEMES, v16(u16s([0x0809])))), *mine)
    request("context", "illegal_parameter|decode_error", lambda s: s.certificate_request(context=b"x"))
    request("without-schemes", "missing_extension", lambda s: s.certificate_request((0xabcd, b"")))
    request("no-extensions", "missing_extension|decode_error", lambda s: (s.certificate_request(), message(CERTIFICATE_REQUEST, b"\0\0\0"))[1])
    request("schemes-empty", "decode_error", lambda s: s.certificate_request((SCHEMES, b"\0\0")))
    request("schemes-odd", "decode_error", lambda s: s.certificate_request((SCHEMES, b"\0\3\4\3\4")))
    request("extension-unknown", "1.3", lambda s: s.certificate_request((SCHEMES, v16(u16(0x0403))), (0xabcd, b"x")))
    request("extension-grease", "1.3", lambda s: s.certificate_request((0x1a1a, b"x"), (SCHEMES, v16(u16(0x0403)))))
    request("authorities", "1.3", lambda s: s.certificate_request((SCHEMES, v16(u16(0x0403))), (47, v16(v16(b"\x30\0")))), *mine)
    request("authorities-empty", "decode_error|1.3", lambda s: s.certificate_request((SCHEMES, v16(u16(0x0403))), (47, b"\0\0")))
    request("schemes-twice", "illegal_parameter|decode_error", lambda s: s.certificate_request((SCHEMES, v16(u16(0x0403))), (SCHEMES, v16(u16(0x0403)))))
    request("key-share", "illegal_parameter|unsupported_extension|1.3", lambda s: s.certificate_request((SCHEMES, v16(u16(0x0403))), (KEY_SHARE, b"")))
    request("octet-behind", "decode_error", lambda s: message(CERTIFICATE_REQUEST, s.certificate_request()[4:] + b"\0"))
    request("twice", "unexpected_message", lambda s: s.certificate_request() * 2)
    request("as-in-1.2", "decode_error|illegal_parameter|missing_extension", lambda s: s.certificate_request12())
    row(b, "request-behind-certificate", "unexpected_message", lambda s: s.good13(cert=lambda m: m + s.certificate_request()).rest13())


def finished(b):
    def bent(name, want, change):
        row(b, "finished-" + name, want, lambda s: s.good13(fin=lambda m: message(FINISHED, change(m[4:]))).rest13())
    for at in (0, 13, 31):
        bent(f"octet-{at}", "decrypt_error", lambda v, at=at: flip(v, at))
    bent("empty", "decode_error", lambda v: b"")
    bent("of-31", "decode_error", lambda v: v[:31])
    bent("of-33", "decode_error", lambda v: v + b"\0")
    bent("of-12", "decode_error", lambda v: v[:12])
    row(b, "finished-and-an-octet", "unexpected_message", lambda s: s.good13(fin=lambda m: m + b"\4").rest13())
    row(b, "finished-and-ticket", "unexpected_message", lambda s: s.good13(fin=lambda m: m + s.new_ticket()).rest13())
    row(b, "finished-missing", "bad_record_mac|unexpected_message", lambda s: (s.good13(fin=lambda m: b""), s.record(DATA, b"x"), s.answer()))


# ---- turns ----

def turns(b):
    for kind in EVERY + (KEY_UPDATE, FINISHED):
        if kind != SERVER_HELLO:
            row(b, f"turn-{kind}-first", "unexpected_message" + "|silence|fin" * (kind == HELLO_REQUEST),
                lambda s, k=kind: then_waits(s, lambda s: s.plain(HANDSHAKE, message(k, bytes(40)))))
        if kind != ENCRYPTED_EXTENSIONS:
            row(b, f"turn-{kind}-before-encrypted-extensions", "unexpected_message", lambda s, k=kind: s.good13(ee=lambda m: message(k, bytes(40))).rest13())
        if kind not in (CERTIFICATE, CERTIFICATE_REQUEST):
            row(b, f"turn-{kind}-before-certificate", "unexpected_message", lambda s, k=kind: s.good13(cert=lambda m: message(k, bytes(40))).rest13())
        if kind != CERTIFICATE_VERIFY:
            row(b, f"turn-{kind}-before-verify", "unexpected_message", lambda s, k=kind: s.good13(cv=lambda m: message(k, bytes(40))).rest13())
        if kind != FINISHED:
            row(b, f"turn-{kind}-before-finished", "unexpected_message", lambda s, k=kind: s.good13(fin=lambda m: message(k, bytes(40))).rest13())
        if kind not in (NEW_TICKET, KEY_UPDATE):
            row(b, f"turn-{kind}-when-connected", "unexpected_message",
                lambda s, k=kind: (s.good13().client_flight13().record(HANDSHAKE, message(k, bytes(40))), s.exchange())[1])


# ---- records ----

def records(b):
    def before(name, want, f):
        """f(s) between ServerHello and the flight."""
        def whole(s):
            s.take_hello().server_hello()
            f(s)
            return s.flight13().rest13()
        row(b, "record-" + name, want, whole)

    def inside(name, want, f):
        """f(s) under the handshake keys, in place of all else."""
        row(b, "record-" + name, want, lambda s: then_waits(s, lambda s: (s.server_hello(), s.keys13(), f(s))))

    before("ccs", "1.3", lambda s: s.ccs())
    before("ccs-twice", "1.3", lambda s: (s.ccs(), s.ccs()))
    before("ccs-body-2", "plain unexpected_message|unexpected_message", lambda s: s.plain(CCS, b"\2"))
    row(b, "record-ccs-before-server-hello", "1.3|unexpected_message", lambda s: (s.take_hello(), s.ccs(), s.server_hello().flight13())[2].rest13())
    row(b, "record-ccs-when-connected", "unexpected_message", lambda s: (s.good13().client_flight13(), s.ccs(), s.exchange())[2])
    inside("ccs-encrypted", "unexpected_message", lambda s: s.record(CCS, b"\1"))
    inside("data", "unexpected_message", lambda s: s.record(DATA, b"x"))
    inside("handshake-in-plain", "unexpected_message", lambda s: s.plain(HANDSHAKE, s.encrypted_extensions()))
    inside("empty-handshake", ANY_ERROR, lambda s: s.record(HANDSHAKE, b""))
    inside("empty-alert", ANY_ERROR, lambda s: s.record(ALERT, b""))
    inside("zeros", "unexpected_message", lambda s: s.record(0, b"", inner=bytes(50)))
    inside("inner-empty", "unexpected_message", lambda s: s.record(0, b"", inner=b""))
    inside("type-24", "unexpected_message", lambda s: s.record(24, b"\1\0\0"))
    inside("type-99", "unexpected_message", lambda s: s.record(99, b"\1\0\0"))
    inside("bad-mac", "bad_record_mac", lambda s: s.plain(DATA, bytes(50)))
    inside("short", "bad_record_mac|decode_error", lambda s: s.plain(DATA, bytes(5)))
    inside("empty-ciphertext", "bad_record_mac|decode_error", lambda s: s.plain(DATA, b""))
    inside("2^14+257", "record_overflow", lambda s: s.plain(DATA, bytes(16641)))
    inside("inner-2^14+2", "record_overflow", lambda s: s.record(0, b"", inner=b"\x16" * 16386))
    inside("fatal", "fin|reset", lambda s: s.alert(2, 40))
    inside("warning", "fin|reset", lambda s: s.alert(1, 40))
    inside("unrecognized-name-warning", "fin|reset", lambda s: s.alert(1, 112))
    inside("close-notify", "close_notify|fin", lambda s: s.alert(1, 0))
    for kind in (0, 19, 24, 25, 255):
        row(b, f"record-first-type-{kind}", "unexpected_message", lambda s, k=kind: then_waits(s, lambda s: s.plain(k, b"\1\2\3\4")))
    row(b, "record-first-data", "unexpected_message", lambda s: then_waits(s, lambda s: s.plain(DATA, b"hello")))
    row(b, "record-first-empty", ANY_ERROR, lambda s: then_waits(s, lambda s: s.plain(HANDSHAKE, b"")))
    row(b, "record-first-too-long", "record_overflow", lambda s: then_waits(s, lambda s: s.plain(HANDSHAKE, bytes(16385))))
    row(b, "record-first-fatal", "fin|reset", lambda s: then_waits(s, lambda s: s.plain(ALERT, b"\2\x28")))
    row(b, "record-first-close", "close_notify|fin", lambda s: then_waits(s, lambda s: s.plain(ALERT, b"\1\0")))
    row(b, "record-first-http", ANY_ERROR + "|fin|record_overflow", lambda s: then_waits(s, lambda s: s.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    row(b, "record-version-0301", "1.3", lambda s: (setattr(s, "plain", lambda k, d, version=0: plain_of(s, k, d, 0x0301)), s.good13().rest13())[1])

    def connected(name, want, f):
        row(b, "data-" + name, want, lambda s: (s.good13().client_flight13(), f(s), s.exchange())[2])

    connected("empty", "1.3", lambda s: s.record(DATA, b""))
    connected("empty-flood", "1.3|unexpected_message", lambda s: [s.record(DATA, b"") for _ in range(3000)])
    connected("padded", "1.3", lambda s: s.record(DATA, b"", pad=5000))
    connected("2^14+1", "record_overflow", lambda s: s.record(DATA, bytes(16385)))
    connected("padded-to-2^14+2", "record_overflow", lambda s: s.record(DATA, bytes(100), pad=16285))
    connected("zeros", "unexpected_message", lambda s: s.record(0, b"", inner=bytes(50)))
    connected("empty-handshake", ANY_ERROR, lambda s: s.record(HANDSHAKE, b""))
    connected("in-plain", "bad_record_mac", lambda s: s.plain(DATA, b"hello in plain, here"))
    connected("alert-in-plain", "unexpected_message|bad_record_mac|decode_error", lambda s: s.plain(ALERT, b"\1\0"))
    connected("sequence-skipped", "bad_record_mac", lambda s: (setattr(s.write_keys, "seq", 5), s.record(DATA, b"x")))
    connected("canceled", "1.3", lambda s: s.alert(1, 90))
    connected("fatal", "fin|reset", lambda s: s.alert(2, 80))
    connected("warning", "fin|reset", lambda s: s.alert(1, 80))
    connected("alert-of-3", "decode_error|unexpected_message", lambda s: s.record(ALERT, b"\1\0\0"))
    connected("alert-half", "decode_error|unexpected_message", lambda s: s.record(ALERT, b"\2"))

    def half_rtt(s):
        s.good13()
        s.record(DATA, PONG)
        s.client_flight13()
        s.check(s.until_data(len(PING)) == PING, "its data")
        return s.finally_close()
    row(b, "data-before-its-finished", "1.3", half_rtt)

    def truncated(s):
        s.good13().client_flight13()
        s.until_data(len(PING))
        s.record(DATA, PONG)
        s.half_close()
        how = s.drained()
        s.close()
        return f"{how}, exit {s.code}"
    row(b, "data-truncated", "(close_notify|fin), exit 10", truncated)

    def closed(s):
        s.good13().client_flight13()
        s.until_data(len(PING))
        s.alert(1, 0)
        s.record(DATA, b"after the end")
        how = s.drained()
        s.close()
        return f"{how}, exit {s.code}, {s.out}"
    row(b, "data-after-close-notify", "close_notify, exit 0, b''", closed)


def plain_of(s, kind, data, version):
    s.raw(u8(kind) + u16(version) + u16(len(data)) + data)


# ---- after the handshake ----

def after(b):
    def post(name, want, f):
        row(b, "after-" + name, want, lambda s: (s.good13().client_flight13(), f(s), s.exchange())[2])

    def ticket(name, want, **how):
        post("ticket-" + name, want, lambda s: s.record(HANDSHAKE, s.new_ticket(**how)))

    ticket("good", "1.3")
    ticket("lifetime-0", "1.3", lifetime=0)
    ticket("lifetime-604800", "1.3", lifetime=604800)
    ticket("lifetime-604801", "1.3|illegal_parameter", lifetime=604801)
    ticket("lifetime-max", "1.3|illegal_parameter", lifetime=0xffffffff)
    ticket("nonce-empty", "1.3", nonce=b"")
    ticket("nonce-255", "1.3", nonce=bytes(255))
    ticket("empty", "decode_error|illegal_parameter", ticket=b"")
    ticket("of-16000", "1.3", ticket=bytes(16000))
    ticket("extension-unknown", "1.3", ext=u16(0xabcd) + v16(b"x"))
    ticket("extension-grease", "1.3", ext=u16(0x5a5a) + v16(b""))
    ticket("early-data", "1.3", ext=u16(EARLY_DATA) + v16(bytes(4)))
    ticket("early-data-cut", "decode_error", ext=u16(EARLY_DATA) + v16(bytes(3)))
    ticket("early-data-empty", "decode_error", ext=u16(EARLY_DATA) + v16(b""))
    ticket("early-data-of-5", "decode_error", ext=u16(EARLY_DATA) + v16(bytes(5)))
    ticket("early-data-twice", "illegal_parameter|decode_error", ext=(u16(EARLY_DATA) + v16(bytes(4))) * 2)
    ticket("extension-cut", "decode_error", ext=b"\0\x2a\0\4\0")
    post("ticket-of-60000", "1.3", lambda s: [s.record(HANDSHAKE, x) for x in cut(s.new_ticket(ticket=bytes(60000)), 16000)])
    post("ticket-octet-behind", "decode_error", lambda s: s.record(HANDSHAKE, message(NEW_TICKET, s.new_ticket()[4:] + b"\0")))
    post("ticket-cut", "decode_error", lambda s: s.record(HANDSHAKE, message(NEW_TICKET, s.new_ticket()[4:-1])))
    post("ticket-header-alone", "decode_error", lambda s: s.record(HANDSHAKE, message(NEW_TICKET, b"")))
    post("ticket-as-in-1.2", "decode_error", lambda s: s.record(HANDSHAKE, message(NEW_TICKET, b"\0\0\1\0" + v16(b"ticket" * 9))))
    post("tickets-300", "1.3", lambda s: [s.record(HANDSHAKE, s.new_ticket(nonce=u16(i))) for i in range(300)])
    post("tickets-in-one-record", "1.3", lambda s: s.record(HANDSHAKE, b"".join(s.new_ticket(nonce=u16(i)) for i in range(50))))
    post("ticket-in-fragments", "1.3", lambda s: [s.record(HANDSHAKE, x) for x in cut(s.new_ticket(), 1)])
    post("ticket-data-inside", "unexpected_message", lambda s: (s.record(HANDSHAKE, s.new_ticket()[:9]), s.record(DATA, b"x"), s.record(HANDSHAKE, s.new_ticket()[9:])))
    post("ticket-and-key-update", "1.3", lambda s: (s.record(HANDSHAKE, s.new_ticket() + message(KEY_UPDATE, b"\0")), setattr(s, "write_keys", s.write_keys.next())))
    post("certificate-request", "unexpected_message", lambda s: s.record(HANDSHAKE, s.certificate_request(context=b"c")))
    post("certificate-request-garbage", "unexpected_message", lambda s: s.record(HANDSHAKE, message(CERTIFICATE_REQUEST, b"")))

    def update(s, n=0):
        s.record(HANDSHAKE, message(KEY_UPDATE, u8(n)))
        s.write_keys = s.write_keys.next()

    post("key-update-0", "1.3", update)
    post("key-update-1", "1.3", lambda s: update(s, 1))
    post("key-update-20", "1.3", lambda s: [update(s) for _ in range(20)])
    post("key-update-flood", "1.3|unexpected_message", lambda s: [update(s, 1) for _ in range(3000)])
    for n in (2, 255):
        post(f"key-update-{n}", "illegal_parameter", lambda s, n=n: update(s, n))
    post("key-update-empty", "decode_error", lambda s: s.record(HANDSHAKE, message(KEY_UPDATE, b"")))
    post("key-update-of-2", "decode_error", lambda s: s.record(HANDSHAKE, message(KEY_UPDATE, b"\0\0")))
    post("key-update-twice-in-a-record", "unexpected_message", lambda s: s.record(HANDSHAKE, message(KEY_UPDATE, b"\0") * 2))
    post("key-update-and-ticket", "unexpected_message", lambda s: s.record(HANDSHAKE, message(KEY_UPDATE, b"\0") + s.new_ticket()))
    post("key-update-then-old-keys", "bad_record_mac", lambda s: s.record(HANDSHAKE, message(KEY_UPDATE, b"\0")))


def cut(b, n):
    return [b[i:i + n] for i in range(0, len(b), n)]


# ---- resumption ----

def resumption(b):
    def first(b, *args, suite=0x1301, **how):
        path = f"{b.dir}/session"
        if os.path.exists(path):
            os.remove(path)
        s = b.server("--session-file", "session", *args)
        s.take_hello().server_hello(suite=suite).flight13().client_flight13()
        s.record(HANDSHAKE, s.new_ticket(**how))
        psk = s.psk_of(how.get("nonce", b"\0"))
        s.exchange()
        return psk

    def again(name, want, f, args=(), suite=0x1301, **how):
        def whole(b):
            psk = first(b, suite=suite, **how)
            s = b.server("--session-file", "session", *args)
            s.psk, s.hash = psk, p.SUITES13[suite][0]
            s.take_hello()
            if not s.hello.ext.has(PSK):
                return "not offered"
            s.check(s.check_binder() == how.get("ticket", b"a ticket" * 4), "its identity")
            return f(s)
        b.row("client-psk-" + name, want, whole)

    def rest(s):
        return s.flight13().rest13()

    again("good", "1.3 resumed", lambda s: rest(s.server_hello()))
    again("good-sha384", "1.3 resumed", lambda s: rest(s.server_hello(suite=0x1302)), suite=0x1302)
    again("good-long-nonce", "1.3 resumed", lambda s: rest(s.server_hello()), nonce=bytes(200))
    again("good-empty-nonce", "1.3 resumed", lambda s: rest(s.server_hello()), nonce=b"")
    again("lifetime-0", "not offered", lambda s: rest(s.server_hello()), lifetime=0)
    again("lifetime-too-long", "not offered|1.3 resumed|illegal_parameter", lambda s: rest(s.server_hello()), lifetime=0xffffffff)
    again("not-taken", "1.3", lambda s: (setattr(s, "psk", b""), rest(s.server_hello()))[1])
    again("other-suite-same-hash", "1.3 resumed|illegal_parameter", lambda s: rest(s.server_hello(suite=0x1303)))

    def share_of(s):
        s.group, s.share = X25519, Share(X25519)
        return (KEY_SHARE, u16(X25519) + v16(s.share.public))

    def with_psk(body, *more, suite=0x1301):
        def f(s):
            s.server_hello(suite=suite, ext=[(VERSIONS, u16(TLS13)), share_of(s), (PSK, body), *more])
            s.answer()
        return f
    again("index-1", "illegal_parameter", with_psk(u16(1)))
    again("index-65535", "illegal_parameter", with_psk(u16(65535)))
    again("index-cut", "decode_error", with_psk(b"\0"))
    again("index-of-3", "decode_error", with_psk(bytes(3)))
    again("other-hash", "illegal_parameter", with_psk(u16(0), suite=0x1302))
    again("without-share", "illegal_parameter|missing_extension", lambda s: (s.server_hello(ext=[(VERSIONS, u16(TLS13)), (PSK, u16(0))]), s.answer()))
    again("certificate", "unexpected_message", lambda s: (s.server_hello().keys13(), s.say(s.encrypted_extensions() + s.certificate()), s.answer()))
    again("certificate-request", "unexpected_message", lambda s: (s.server_hello().keys13(), s.say(s.encrypted_extensions() + s.certificate_request()), s.answer()))
    again("finished-wrong", "decrypt_error", lambda s: s.server_hello().flight13(fin=lambda m: flip(m, -1)).rest13())
    again("another-psk", "a record that cannot be opened", lambda s: (setattr(s, "psk", bytes(32)), rest(s.server_hello()))[1])
    def retried(s):
        s.retry(P256)
        s.check(s.hello.ext.has(PSK), "the PSK is gone")
        s.check_binder()
        return rest(s.server_hello(group=P256))
    again("retried", "1.3 resumed retried", retried)
    again("retried-other-hash", "1.3 retried|illegal_parameter", lambda s: (setattr(s, "psk", b""), rest(s.retry(P256, suite=0x1302).server_hello(suite=0x1302, group=P256)))[1])
    again("1.2-instead", "illegal_parameter|protocol_version|1.2", lambda s: (s.server_hello12(random=os.urandom(24) + DOWNGRADE_12), s.answer()))
    again("early-data-unasked", "unsupported_extension", lambda s: s.server_hello().flight13(ee=ee((EARLY_DATA, b""))).rest13())

    # 0-RTT
    def early(name, want, f):
        def whole(b):
            with open(f"{b.dir}/early", "wb") as out:
                out.write(b"early bird")
            again_with(b)
            s = b.server("--session-file", "session", "--early-data", "early")
            s.psk, s.hash = again_with.psk, "sha256"
            s.take_hello()
            if not s.hello.ext.has(EARLY_DATA):
                return "not offered"
            s.check_binder()
            s.early = p.Keys13(0x1301, s.derive(p.hkdf_extract(s.hash, b"", s.psk), b"c e traffic", s.transcript))
            return f(s)
        b.row("client-early-" + name, want, whole)

    def again_with(b):
        again_with.psk = first(b, ext=u16(EARLY_DATA) + v16(p.u32(1000)))

    def accepted(s, ext=((EARLY_DATA, b""),), with_psk=True, suite=0x1301):
        s.server_hello(suite=suite)
        s.keys13()
        handshake, s.read_keys, s.camouflage = s.read_keys, s.early, True
        s.say(message(ENCRYPTED_EXTENSIONS, v16(Extensions(ext).pack())))
        s.finished()
        s.check(s.until_data(10) == b"early bird", "its early data")
        kind, body, whole = s.next_message()
        s.check(kind == END_OF_EARLY_DATA and body == b"", "EndOfEarlyData")
        s.transcript += whole
        s.read_keys = handshake
        s.client_flight13()
        return s.exchange()
    early("accepted", "1.3 resumed", accepted)

    def skip_early(s):
        kind, data = s.next_record()
        while kind != DATA:
            kind, data = s.next_record()

    def rejected(s, retry=False):
        """Its early data cannot be opened under the handshake keys, and is passed over."""
        if retry:
            s.first_early = True
            real, s.read_keys = s.next_record, None

            def skipping():
                kind, data = real()
                while kind == DATA or kind == CCS:
                    kind, data = real()
                return kind, data
            s.next_record = skipping
            s.retry(P256)
            s.check(not s.hello.ext.has(EARLY_DATA), "early_data in the second hello")
            s.next_record = real
            s.server_hello(group=P256).flight13()
        else:
            skip_early(s)
            s.server_hello().flight13()
        s.client_flight13()
        s.check(s.until_data(len(PING)) in (PING, b"early"), "its data")
        return "1.3 resumed"
    early("rejected", "1.3 resumed", rejected)
    early("retried", "1.3 resumed", lambda s: rejected(s, True))
    early("without-psk", REFUSED_EXTENSION, lambda s: (skip_early(s), setattr(s, "psk", b""), s.server_hello().flight13(ee=ee((EARLY_DATA, b""))), s.answer()))
    early("with-body", "decode_error", lambda s: accepted(s, ((EARLY_DATA, b"\0"),)))
