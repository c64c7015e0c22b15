# SPDX-License-Identifier: MIT
"""ClientHello, field by field and extension by extension: RFC 8446 4.1.2, 4.2, 9.2, D.5; RFC 5246 7.4.1; and those of the extensions."""
import random

from .hello import (ALPN, COOKIE, DOWNGRADE_11, DOWNGRADE_12, EARLY_DATA, EMS, FALLBACK_SCSV, FORMATS, GREASE, GROUPS,
                    HEARTBEAT, KEY_SHARE, MAX_FRAGMENT, PADDING, POST_AUTH, PSK, PSK_MODES, RECORD_LIMIT,
                    RENEGOTIATION, RENEGOTIATION_SCSV, SCHEMES, SCHEMES_CERT, SCT, SNI, STATUS, TICKET, VERSIONS,
                    shares, sni)
from .primitives import P256, TLS13, X25519, Share, u8, u16, u16s, v8, v16
from .record import CLIENT_HELLO, DATA, FINISHED, HANDSHAKE, message

BAD_FORM = "decode_error|illegal_parameter"


def hello(b, name, want, change, version="1.3", kind="any", then=None):
    """A row: a good hello bent by change(h), the handshake to its end, and then(c)."""
    def f(b):
        c = b.client(kind)
        h = c.hello12() if version == "1.2" else c.hello13()
        bend(change, h, c)
        got = c.connect(h)
        return (then(c) if then else None) or got
    b.row("hello-" + name, want, f)


def bend(change, h, c):
    """change(h), or change(h, c) where it wants the client, too."""
    if change.__code__.co_varnames[:2] == ("h", "c"):
        change(h, c)
    else:
        change(h)


def put(kind, body):
    return lambda h: h.ext.put(kind, body)


def drop(*kinds):
    return lambda h: h.ext.drop(*kinds)


def field(**values):
    def change(h):
        for name, value in values.items():
            setattr(h, name, value)
    return change


def run(b):
    versions(b)
    fields(b)
    forms(b)
    missing(b)
    key_shares(b)
    schemes(b)
    names(b)
    sizes(b)
    resumption(b)
    retry(b)
    twelve(b)


def versions(b):
    for v in (0x0002, 0x0200, 0x0300):
        hello(b, f"version-{v:04x}", "protocol_version", field(version=v))  # RFC 8446 D.5
    for v in (0x0301, 0x0302, 0x0303, 0x0304, 0x0305, 0x0400, 0xffff):
        hello(b, f"version-{v:04x}", "1.3", field(version=v))
    for v in (0x0002, 0x0200, 0x0300, 0x0301, 0x0302):
        hello(b, f"version-{v:04x}-1.2", "protocol_version", field(version=v), "1.2")
    for v in (0x0303, 0x0304, 0x0305, 0x03ff, 0x0400, 0xfefd, 0xffff):
        hello(b, f"version-{v:04x}-1.2", "1.2", field(version=v), "1.2")
    for name, want, offered in [
            ("13", "1.3", [0x0304]), ("13-12", "1.3", [0x0304, 0x0303]), ("12-13", "1.3|1.2", [0x0303, 0x0304]), ("12", "1.2", [0x0303]),
            ("grease-13", "1.3", [GREASE, 0x0304]), ("14-13", "1.3", [0x0305, 0x0304]), ("13-grease", "1.3", [0x0304, GREASE]),
            ("13-twice", "1.3", [0x0304, 0x0304]), ("all", "1.3", [0x0304, 0x0303, 0x0302, 0x0301, 0x0300]),
            ("127", "1.3", [GREASE] * 126 + [0x0304]),
            ("11", "protocol_version", [0x0302]), ("10-11", "protocol_version", [0x0301, 0x0302]), ("grease", "protocol_version", [GREASE]),
            ("14", "protocol_version", [0x0305]), ("draft", "protocol_version", [0x7f1c]), ("ssl3", "protocol_version", [0x0300])]:
        hello(b, "versions-" + name, want, put(VERSIONS, v8(u16s(offered))))
    hello(b, "versions-none", "1.2", drop(VERSIONS))
    hello(b, "versions-none-but-early-data", "1.2|illegal_parameter|missing_extension", lambda h: (h.ext.drop(VERSIONS), h.ext.put(EARLY_DATA, b"")))
    hello(b, "versions-13-for-a-1.2-server", "1.2", put(VERSIONS, v8(u16s([0x0304, 0x0303]))), kind="1.2")
    hello(b, "versions-13-alone-for-a-1.2-server", "protocol_version", put(VERSIONS, v8(u16s([0x0304]))), kind="1.2")
    hello(b, "1.2-for-a-1.3-server", "protocol_version", lambda h: None, "1.2", "1.3")
    hello(b, "versions-12-for-a-1.3-server", "protocol_version", put(VERSIONS, v8(u16s([0x0303]))), kind="1.3")

    def marked(mark):
        return lambda c: None if (c.server_random[24:] in (DOWNGRADE_11, DOWNGRADE_12)) == mark else "the mark of a downgrade"
    hello(b, "downgrade-marked", "1.2", lambda h: None, "1.2", then=marked(True))
    hello(b, "downgrade-marked-versions-12", "1.2", put(VERSIONS, v8(u16s([0x0303]))), then=marked(True))
    hello(b, "downgrade-not-marked-1.2-server", "1.2", lambda h: None, "1.2", "1.2", marked(False))
    hello(b, "downgrade-not-marked-1.3", "1.3", lambda h: None, then=marked(False))
    # RFC 7507
    scsv = lambda h: h.suites.append(FALLBACK_SCSV)
    hello(b, "fallback-1.2", "inappropriate_fallback", scsv, "1.2")
    hello(b, "fallback-versions-12", "inappropriate_fallback", lambda h: (scsv(h), h.ext.put(VERSIONS, v8(u16s([0x0303])))))
    hello(b, "fallback-1.3", "1.3", scsv)
    hello(b, "fallback-1.2-server", "1.2", scsv, "1.2", "1.2")
    hello(b, "fallback-1.1", "protocol_version|inappropriate_fallback", lambda h: (scsv(h), setattr(h, "version", 0x0302)), "1.2")

    def sslv2(b):
        c = b.client()
        suites = b"\1\0\x80\0\0\x2f"
        body = b"\1\3\3" + u16(len(suites)) + u16(0) + u16(16) + suites + bytes(16)
        c.raw(u16(0x8000 | len(body)) + body)
        c.answer()
    b.row("hello-sslv2", "protocol_version|unexpected_message|decode_error|handshake_failure|fin", sslv2)


def fields(b):
    for v in ("1.3", "1.2"):
        for n in (0, 1, 31, 32):
            hello(b, f"session-id-{n}-{v}", v, field(session_id=bytes(n)), v)
        for n in (33, 64, 255):
            hello(b, f"session-id-{n}-{v}", BAD_FORM, field(session_id=bytes(n)), v)
        hello(b, f"random-zero-{v}", v, field(random=bytes(32)), v)
        hello(b, f"random-downgrade-{v}", v, field(random=bytes(24) + DOWNGRADE_12), v)
        hello(b, f"suites-empty-{v}", BAD_FORM, field(suites=[]), v)
        hello(b, f"suites-odd-{v}", "decode_error", field(suites_raw=b"\0\5\x13\1\xc0\x2b\0"), v)
        hello(b, f"suites-length-too-long-{v}", "decode_error", field(suites_raw=b"\xff\xfe\x13\1\xc0\x2b"), v)
        hello(b, f"suites-unknown-{v}", "handshake_failure", field(suites=[0xabcd, GREASE, 0, 0xffff]), v)
        hello(b, f"suites-scsv-alone-{v}", "handshake_failure", field(suites=[RENEGOTIATION_SCSV]), v)
        hello(b, f"suites-among-unknown-{v}", v, lambda h: h.suites.__setitem__(slice(0, 0), [GREASE, 0xabcd, 0xffff, 0]), v)
        hello(b, f"suites-twice-{v}", v, lambda h: h.suites.extend(h.suites), v)
        hello(b, f"suites-5000-{v}", v, lambda h: h.suites.__setitem__(slice(0, 0), range(0x2000, 0x2000 + 5000)), v)
        hello(b, f"suites-cbc-{v}", "handshake_failure", field(suites=[0xc013, 0xc014, 0xc023, 0x002f, 0x0035, 0x000a]), v)
        hello(b, f"compression-empty-{v}", BAD_FORM, field(compression=b""), v)
        hello(b, f"compression-deflate-{v}", "illegal_parameter" + "|decode_error|handshake_failure" * (v == "1.2"), field(compression=b"\1"), v)
        for body in (b"\0\1", b"\1\0", b"\0\0"):
            # RFC 8446 4.1.2: exactly one, which is 0; but in 1.2 null must only be among them.
            hello(b, f"compression-{body.hex()}-{v}", "illegal_parameter" if v == "1.3" else "1.2", field(compression=body), v)
        hello(b, f"octet-behind-{v}", "decode_error", field(tail=b"\0"), v)
        hello(b, f"extensions-length-and-1-{v}", "decode_error", lambda h: setattr(h, "ext_raw", longer(h, 1)), v)
        hello(b, f"extensions-length-less-1-{v}", "decode_error", lambda h: setattr(h, "ext_raw", longer(h, -1)), v)
        hello(b, f"extension-header-cut-{v}", "decode_error", lambda h: setattr(h, "ext_raw", v16(h.ext.pack() + b"\0\x15\0")), v)
        hello(b, f"extension-longer-than-all-{v}", "decode_error", lambda h: setattr(h, "ext_raw", v16(h.ext.pack() + b"\0\x15\0\2\0")), v)
        b.row(f"hello-every-prefix-{v}", "ok", prefixes, v)
    hello(b, "no-extensions", "handshake_failure|missing_extension|protocol_version|1.2", field(no_extensions=True))
    hello(b, "no-extensions-1.2", "handshake_failure|missing_extension|1.2", field(no_extensions=True), "1.2")
    hello(b, "extensions-of-no-octets-1.2", "handshake_failure|missing_extension|1.2", lambda h: h.ext.clear(), "1.2")
    hello(b, "suites-1.2-alone", "handshake_failure|1.2", field(suites=[0xc02b, 0xc02f]))
    hello(b, "suites-1.3-alone-1.2", "handshake_failure", field(suites=[0x1301, 0x1302]), "1.2")
    hello(b, "suites-ccm", "handshake_failure", field(suites=[0x1304, 0x1305]))
    hello(b, "suites-rsa-for-ecdsa-certificate-1.2", "handshake_failure", field(suites=[0xc02f, 0xc030]), "1.2", "ecdsa")
    hello(b, "suites-transport-unasked-1.2", "handshake_failure", field(suites=[0x009c, 0x009d, 0x002f]), "1.2", "any")
    hello(b, "suites-dhe-1.2", "handshake_failure", field(suites=[0x009e, 0x009f, 0xccaa]), "1.2")
    hello(b, "suites-psk-null-anon-export-1.2", "handshake_failure", field(suites=[0x00a8, 0x0001, 0x0018, 0x0003, 0xc018]), "1.2")
    hello(b, "chacha-first", "1.3", field(suites=[0x1303, 0x1301]), then=lambda c: None if c.suite == 0x1303 else "another suite")


def longer(h, n):
    e = h.ext.pack()
    return u16(len(e) + n) + e


def prefixes(b, version):
    """Every prefix of a hello's body, as a message of that length."""
    c = b.client()
    h = c.hello12() if version == "1.2" else c.hello13()
    body = h.body()
    bare = 2 + 32 + 1 + len(h.session_id) + 2 + 2 * len(h.suites) + 2
    for n in range(len(body)):
        if n == bare:
            continue  # RFC 5246 7.4.1.2: a hello without extensions is one
        c = b.client()
        b.open.clear()
        c.plain(HANDSHAKE, message(CLIENT_HELLO, body[:n]))
        how = c.drained()
        c.close()
        if how != "decode_error":
            return f"{n} octets: {how}"
    return "ok"


# ---- extensions: their form ----

def forms(b):
    for v in ("1.3", "1.2"):
        for kind in (SNI, GROUPS, SCHEMES):
            hello(b, f"extension-{kind}-empty-{v}", "decode_error", put(kind, b""), v)
            hello(b, f"extension-{kind}-empty-list-{v}", "decode_error", put(kind, b"\0\0"), v)
            hello(b, f"extension-{kind}-octet-{v}", "decode_error", put(kind, b"\xff"), v)
            hello(b, f"extension-{kind}-octet-behind-{v}", "decode_error", lambda h, k=kind: h.ext.put(k, h.ext.find(k) + b"\0"), v)
            hello(b, f"extension-{kind}-cut-{v}", "decode_error", lambda h, k=kind: h.ext.put(k, h.ext.find(k)[:-1]), v)
        for kind in (GROUPS, SCHEMES):
            hello(b, f"extension-{kind}-odd-{v}", "decode_error", put(kind, b"\0\3\0\x1d\0"), v)
        for body in (b"\0", b"abc"):
            hello(b, f"ems-of-{len(body)}-{v}", "decode_error" + "|1.3" * (v == "1.3"), put(EMS, body), v)
        hello(b, f"renegotiation-info-empty-{v}", "decode_error" + "|1.3" * (v == "1.3"), put(RENEGOTIATION, b""), v)
        hello(b, f"renegotiation-info-cut-{v}", "decode_error" + "|1.3|handshake_failure" * (v == "1.3"), put(RENEGOTIATION, b"\x0cabc"), v)
        hello(b, f"renegotiation-info-12-{v}", "handshake_failure" + "|1.3" * (v == "1.3"), put(RENEGOTIATION, v8(bytes(12))), v)
        hello(b, f"formats-empty-list-{v}", BAD_FORM + "|1.3" * (v == "1.3"), put(FORMATS, b"\0"), v)
        hello(b, f"formats-empty-{v}", "decode_error" + "|1.3" * (v == "1.3"), put(FORMATS, b""), v)
        hello(b, f"formats-compressed-alone-{v}", "illegal_parameter" + "|handshake_failure|1.3" * (v == "1.3"), put(FORMATS, b"\1\1"), v)
        hello(b, f"formats-all-{v}", v, put(FORMATS, b"\3\2\1\0"), v)
        hello(b, f"formats-none-{v}", v, drop(FORMATS), v)
        hello(b, f"unknown-{v}", v, put(0xabcd, b"whatever" * 100), v)
        hello(b, f"unknown-0xffff-{v}", v, put(0xffff, b""), v)
        hello(b, f"grease-{v}", v, lambda h: (h.ext.insert(0, (GREASE, b"")), h.ext.append((0xdada, b"\0"))), v)
        hello(b, f"unknown-200-{v}", v, lambda h: h.ext.extend((0x4000 + i, b"x") for i in range(200)), v)
        hello(b, f"unknown-of-60000-{v}", v, put(0x7777, bytes(60000)), v)
        hello(b, f"heartbeat-{v}", v, put(HEARTBEAT, b"\1"), v)
        hello(b, f"sct-{v}", v, put(SCT, b""), v)
        hello(b, f"sct-body-{v}", "decode_error|" + v, put(SCT, b"x"), v)
        hello(b, f"status-{v}", v, put(STATUS, b"\1\0\0\0\0"), v)
        hello(b, f"status-of-another-type-{v}", v, put(STATUS, b"\2\0\0\0\0"), v)
        hello(b, f"status-cut-{v}", "decode_error|" + v, put(STATUS, b"\1\0\5\0"), v)
        hello(b, f"status-empty-{v}", "decode_error|" + v, put(STATUS, b""), v)
        hello(b, f"padding-{v}", v, put(PADDING, bytes(500)), v)
        hello(b, f"padding-of-ones-{v}", v + "|illegal_parameter|decode_error", put(PADDING, b"\1" * 500), v)
        hello(b, f"padding-empty-{v}", v, put(PADDING, b""), v)
        for kind in (SNI, GROUPS, SCHEMES, EMS, RENEGOTIATION, FORMATS):
            hello(b, f"extension-{kind}-twice-{v}", BAD_FORM, lambda h, k=kind: h.ext.append((k, h.ext.find(k))), v)
        hello(b, f"unknown-twice-{v}", BAD_FORM, lambda h: h.ext.extend([(0xabcd, b""), (0xabcd, b"")]), v)
        hello(b, f"grease-twice-{v}", BAD_FORM, lambda h: h.ext.extend([(GREASE, b""), (GREASE, b"")]), v)
        for i in range(5):
            hello(b, f"shuffled-{i}-{v}", v, lambda h, i=i: random.Random(i).shuffle(h.ext), v)
        hello(b, f"reversed-{v}", v, lambda h: h.ext.reverse(), v)
    for kind in (KEY_SHARE, VERSIONS, PSK_MODES):
        hello(b, f"extension-{kind}-empty", "decode_error", put(kind, b""))
        hello(b, f"extension-{kind}-octet", "decode_error", put(kind, b"\xff"))
        hello(b, f"extension-{kind}-octet-behind", "decode_error", lambda h, k=kind: h.ext.put(k, h.ext.find(k) + b"\0"))
        hello(b, f"extension-{kind}-cut", "decode_error", lambda h, k=kind: h.ext.put(k, h.ext.find(k)[:-1]))
        hello(b, f"extension-{kind}-twice", BAD_FORM, lambda h, k=kind: h.ext.append((k, h.ext.find(k))))
    hello(b, "versions-odd", "decode_error", put(VERSIONS, b"\3\3\4\0"))
    hello(b, "versions-empty-list", "decode_error", put(VERSIONS, b"\0"))
    hello(b, "psk-modes-empty-list", "decode_error", put(PSK_MODES, b"\0"))
    hello(b, "psk-modes-none", "1.3", drop(PSK_MODES))
    hello(b, "psk-modes-unknown", "1.3", put(PSK_MODES, b"\3\x0b\2\xff"))
    hello(b, "post-auth", "1.3", put(POST_AUTH, b""))
    hello(b, "post-auth-body", "decode_error|1.3", put(POST_AUTH, b"\0"))
    hello(b, "cookie-unasked", "1.3|illegal_parameter|unsupported_extension", put(COOKIE, v16(b"cookie")))
    hello(b, "cookie-empty", "decode_error|illegal_parameter|unsupported_extension", put(COOKIE, b"\0\0"))
    hello(b, "cookie-garbage", "decode_error|illegal_parameter|unsupported_extension", put(COOKIE, b"\0\5abc"))
    hello(b, "early-data-without-psk", "1.3|illegal_parameter|missing_extension", put(EARLY_DATA, b""))
    hello(b, "early-data-body", "decode_error|illegal_parameter|missing_extension", put(EARLY_DATA, b"\0\0\0\0"))
    hello(b, "authorities", "1.3", put(47, v16(v16(b"\x30\0"))))
    hello(b, "authorities-empty", "decode_error|1.3", put(47, b""))
    hello(b, "encrypt-then-mac-1.2", "1.2", put(22, b""), "1.2")
    # What belongs to a server's messages.
    hello(b, "oid-filters", "1.3|illegal_parameter|unsupported_extension", put(48, b"\0\0"))


def missing(b):
    """RFC 8446 9.2"""
    hello(b, "without-schemes", "missing_extension", drop(SCHEMES))
    hello(b, "without-groups", "missing_extension", drop(GROUPS))
    hello(b, "without-key-share", "missing_extension", drop(KEY_SHARE))
    hello(b, "without-groups-and-key-share", "missing_extension", drop(KEY_SHARE, GROUPS))
    hello(b, "without-name", "1.3|missing_extension", drop(SNI))
    hello(b, "without-name-strict", "1.3|missing_extension|unrecognized_name", drop(SNI), kind="strict")
    hello(b, "without-name-1.2", "1.2|missing_extension", drop(SNI), "1.2")
    hello(b, "without-schemes-1.2", "handshake_failure|1.2|missing_extension", drop(SCHEMES), "1.2")
    hello(b, "without-groups-1.2", "1.2", drop(GROUPS, FORMATS), "1.2", then=None)
    hello(b, "without-ems-1.2", "1.2|handshake_failure", drop(EMS), "1.2")
    hello(b, "without-renegotiation-info-1.2", "1.2|handshake_failure", drop(RENEGOTIATION), "1.2",
          then=lambda c: "it speaks of renegotiation" if c.server_ext.has(RENEGOTIATION) else None)
    hello(b, "renegotiation-scsv-1.2", "1.2", lambda h: (h.ext.drop(RENEGOTIATION), h.suites.append(RENEGOTIATION_SCSV)), "1.2",
          then=lambda c: None if c.server_ext.find(RENEGOTIATION) == b"\0" else "it does not speak of renegotiation")
    hello(b, "renegotiation-info-1.2", "1.2", lambda h: None, "1.2",
          then=lambda c: None if c.server_ext.find(RENEGOTIATION) == b"\0" else "it does not speak of renegotiation")


def key_shares(b):
    x, n = Share(X25519), Share(P256)

    def share(name, want, *of, groups=None):
        def change(h):
            h.ext.put(KEY_SHARE, shares(*of))
            if groups:
                h.ext.put(GROUPS, v16(u16s(groups)))
        hello(b, "share-" + name, want, change)

    hello(b, "share-none", "1.3 retried", lambda h, c: (h.ext.put(KEY_SHARE, shares()), c.shares.clear()))
    hello(b, "share-two", "1.3", lambda h, c: (c.shares.update({P256: n}), h.ext.put(KEY_SHARE, shares((X25519, c.shares[X25519].public), (P256, n.public)))))
    hello(b, "share-two-turned", "1.3|illegal_parameter", lambda h, c: (c.shares.update({P256: n}), h.ext.put(KEY_SHARE, shares((P256, n.public), (X25519, c.shares[X25519].public)))))
    hello(b, "share-grease", "1.3", lambda h, c: (h.ext.put(GROUPS, v16(u16s([GREASE, X25519]))),
                                                 h.ext.put(KEY_SHARE, shares((GREASE, b"\0"), (X25519, c.shares[X25519].public)))))
    hello(b, "share-of-second-group", "1.3( retried)?", lambda h, c: (c.shares.clear(), c.shares.update({P256: n}), h.ext.put(KEY_SHARE, shares((P256, n.public)))))
    share("unknown-group", "handshake_failure", (GREASE, b"x" * 32), groups=[GREASE])
    share("ffdhe", "handshake_failure", (256, b"x" * 256), groups=[256, 257])
    share("not-in-groups", "illegal_parameter|1.3 retried", (X25519, x.public), groups=[P256])
    hello(b, "share-twice", "illegal_parameter|1.3", lambda h, c: h.ext.put(KEY_SHARE, shares((X25519, c.shares[X25519].public), (X25519, c.shares[X25519].public))))
    hello(b, "groups-twice", "1.3", lambda h: h.ext.put(GROUPS, v16(u16s([X25519, X25519, P256, P256]))))
    hello(b, "groups-1000", "1.3", lambda h: h.ext.put(GROUPS, v16(u16s(list(range(0x5000, 0x53e8)) + [X25519]))))
    share("empty", BAD_FORM, (X25519, b""))
    for size in (1, 31, 33, 64):
        share(f"x25519-of-{size}", "illegal_parameter|decode_error", (X25519, x.public[:size].ljust(size, b"\1")))
    low = ["00" * 32, "01" + "00" * 31, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
           "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", "ec" + "ff" * 30 + "7f", "ed" + "ff" * 30 + "7f", "ee" + "ff" * 30 + "7f"]
    for i, point in enumerate(low):
        share(f"x25519-low-order-{i}", "illegal_parameter", (X25519, bytes.fromhex(point)))
    hello(b, "share-x25519-high-bit", "1.3", lambda h, c: h.ext.put(KEY_SHARE, shares((X25519, c.shares[X25519].public[:31] + u8(c.shares[X25519].public[31] | 128)))))
    y = n.public
    for name, point in [("of-64", y[:64]), ("of-66", y + b"\0"), ("compressed", b"\2" + y[1:33]), ("infinity", b"\0"), ("hybrid", b"\6" + y[1:]),
                        ("off-curve", y[:-1] + u8(y[-1] ^ 1)), ("zero", b"\4" + bytes(64)), ("over-p", b"\4" + b"\xff" * 64), ("form-5", b"\5" + y[1:])]:
        share("p256-" + name, "illegal_parameter|decode_error", (P256, point), groups=[P256])
    share("x448-zero", "illegal_parameter", (30, bytes(56)), groups=[30])
    share("x448-of-55", "illegal_parameter|decode_error", (30, b"\5" * 55), groups=[30])
    share("p384-off-curve", "illegal_parameter", (24, Share(24).public[:-1] + b"\0"), groups=[24])
    share("p521-off-curve", "illegal_parameter", (25, Share(25).public[:-1] + b"\0"), groups=[25])
    share("p256-in-x25519", "illegal_parameter|decode_error", (X25519, n.public))


def schemes(b):
    def of(*numbers):
        return put(SCHEMES, v16(u16s(numbers)))
    for name, numbers in [("unknown", [0x0a0a, 0x0807 + 0x1000]), ("pkcs1", [0x0401, 0x0501]), ("sha1", [0x0201, 0x0203]), ("pss-pss", [0x0809]),
                          ("p521", [0x0603]), ("dsa", [0x0402]), ("md5", [0x0101])]:
        hello(b, "schemes-" + name, "handshake_failure", of(*numbers))
    for name, numbers in [("unknown", [0x0a0a]), ("sha1", [0x0201, 0x0203]), ("dsa", [0x0402]), ("md5", [0x0101]), ("anonymous", [0x0400])]:
        hello(b, f"schemes-{name}-1.2", "handshake_failure", of(*numbers), "1.2")
    hello(b, "schemes-p384-for-p256-key", "handshake_failure", of(0x0503), kind="ecdsa")
    hello(b, "schemes-rsa-for-ecdsa", "handshake_failure", of(0x0804, 0x0401), kind="ecdsa")
    hello(b, "schemes-rsa-for-ecdsa-1.2", "handshake_failure", of(0x0804, 0x0401), "1.2", "ecdsa")
    hello(b, "schemes-among-unknown", "1.3", of(0x0a0a, 0xffff, 0, 0x0403))
    hello(b, "schemes-10000", "1.3", of(*range(0x4000, 0x4000 + 10000), 0x0403))
    hello(b, "schemes-twice", "1.3", of(0x0403, 0x0403, 0x0403))
    hello(b, "schemes-cert-unknown", "1.3|handshake_failure|unsupported_certificate", put(SCHEMES_CERT, v16(b"\x0a\x0a")))
    hello(b, "schemes-cert", "1.3", put(SCHEMES_CERT, v16(u16s([0x0403, 0x0401]))))
    hello(b, "schemes-cert-empty-list", "decode_error", put(SCHEMES_CERT, b"\0\0"))
    hello(b, "schemes-cert-odd", "decode_error", put(SCHEMES_CERT, b"\0\3\4\3\4"))
    hello(b, "schemes-prefer-rsa", "1.3", of(0x0804, 0x0403), then=lambda c: None if c.scheme in (0x0804, 0x0403) else "another scheme")


def names(b):
    for v in ("1.3", "1.2"):
        hello(b, f"name-unknown-{v}", v + "|unrecognized_name", put(SNI, sni(b"nobody.example")), v)
        hello(b, f"name-unknown-strict-{v}", "unrecognized_name", put(SNI, sni(b"nobody.example")), v, "strict")
        hello(b, f"name-upper-case-strict-{v}", v, put(SNI, sni(b"LocalHost")), v, "strict")
        hello(b, f"name-empty-{v}", BAD_FORM, put(SNI, sni(b"")), v)
        hello(b, f"name-two-{v}", BAD_FORM, put(SNI, v16(b"\0" + v16(b"localhost") + b"\0" + v16(b"other"))), v)
        hello(b, f"name-of-another-type-{v}", v + "|" + BAD_FORM, put(SNI, sni(b"localhost", 1)), v)
        hello(b, f"name-and-another-type-{v}", v + "|" + BAD_FORM, put(SNI, v16(b"\0" + v16(b"localhost") + b"\1" + v16(b"other"))), v)
        for name, octets in [("with-nul", b"local\0host"), ("address", b"127.0.0.1"), ("address-6", b"::1"), ("256", b"a" * 256), ("dot", b"localhost."),
                             ("dots", b"..."), ("not-ascii", b"\xff\xfe"), ("60000", b"a" * 60000), ("spaces", b" localhost ")]:
            hello(b, f"name-{name}-{v}", v + "|unrecognized_name|" + BAD_FORM, put(SNI, sni(octets)), v)

        def alpn(*protocols):
            return put(ALPN, v16(b"".join(v8(x) for x in protocols)))

        def took(protocol):
            def f(c):
                ext = c.encrypted_ext if c.version == TLS13 else c.server_ext
                want = v16(v8(protocol)) if protocol else None
                return None if ext.find(ALPN) == want else f"took {ext.find(ALPN)}"
            return f
        hello(b, f"alpn-{v}", v, alpn(b"h2", b"http/1.1"), v, "alpn", took(b"http/1.1"))
        hello(b, f"alpn-grease-{v}", v, alpn(b"\x2a\x2a", b"imap"), v, "alpn", took(b"imap"))
        hello(b, f"alpn-server-order-{v}", v, alpn(b"imap", b"http/1.1"), v, "alpn", took(b"http/1.1"))
        hello(b, f"alpn-none-{v}", v, lambda h: None, v, "alpn", took(None))
        hello(b, f"alpn-unasked-{v}", v, alpn(b"h2"), v, "any", took(None))
        hello(b, f"alpn-no-overlap-{v}", "no_application_protocol", alpn(b"h2", b"smtp"), v, "alpn")
        hello(b, f"alpn-prefix-{v}", "no_application_protocol", alpn(b"http/1.", b"http/1.11"), v, "alpn")
        hello(b, f"alpn-empty-name-{v}", BAD_FORM, alpn(b"http/1.1", b""), v, "alpn")
        hello(b, f"alpn-empty-list-{v}", "decode_error", put(ALPN, b"\0\0"), v, "alpn")
        hello(b, f"alpn-empty-{v}", "decode_error", put(ALPN, b""), v, "alpn")
        hello(b, f"alpn-octet-behind-{v}", "decode_error", put(ALPN, v16(v8(b"imap")) + b"\0"), v, "alpn")
        hello(b, f"alpn-cut-{v}", "decode_error", put(ALPN, v16(b"\5imap")), v, "alpn")
        hello(b, f"alpn-255-{v}", v, alpn(b"x" * 255, b"imap"), v, "alpn", took(b"imap"))


def sizes(b):
    """RFC 6066 4, RFC 8449."""
    def records(limit):
        def f(c):
            data = bytes(5000)
            for i in range(0, 5000, 500):
                c.record(DATA, data[i:i + 500] if limit >= 500 else data[:limit // 2])
            sent = 5000 if limit >= 500 else limit // 2 * 10
            c.until_data(sent)
            most = max(n for kind, n in c.records if kind == DATA)
            return None if most <= limit else f"a record of {most}"
        return f
    for v in ("1.3", "1.2"):
        for code, size in ((1, 512), (2, 1024), (3, 2048), (4, 4096)):
            hello(b, f"max-fragment-{code}-{v}", v, put(MAX_FRAGMENT, u8(code)), v, then=records(size))
        for code in (0, 5, 255):
            hello(b, f"max-fragment-{code}-{v}", "illegal_parameter", put(MAX_FRAGMENT, u8(code)), v)
        hello(b, f"max-fragment-empty-{v}", "decode_error", put(MAX_FRAGMENT, b""), v)
        hello(b, f"max-fragment-of-2-{v}", "decode_error", put(MAX_FRAGMENT, b"\1\1"), v)
        for n in (64, 100, 512, 16384, 16385, 16386, 65535):
            hello(b, f"record-limit-{n}-{v}", v, put(RECORD_LIMIT, u16(n)), v, then=records(n - (v == "1.3")))
        for n in (0, 1, 63):
            hello(b, f"record-limit-{n}-{v}", "illegal_parameter", put(RECORD_LIMIT, u16(n)), v)
        hello(b, f"record-limit-cut-{v}", "decode_error", put(RECORD_LIMIT, b"\1"), v)
        hello(b, f"record-limit-octet-behind-{v}", "decode_error", put(RECORD_LIMIT, b"\1\0\0"), v)
        hello(b, f"record-limit-and-max-fragment-{v}", v, lambda h: (h.ext.put(RECORD_LIMIT, u16(600)), h.ext.put(MAX_FRAGMENT, b"\1")), v, then=records(600))

        # What the server asked for binds us, once both have said it.
        def ours(n):
            return lambda c: c.record(DATA, bytes(n)) or (None if c.until_data(n) else None)
        hello(b, f"record-limit-of-server-kept-{v}", v, put(RECORD_LIMIT, u16(16384)), v, "limit", ours(999))
        hello(b, f"record-limit-of-server-broken-{v}", "record_overflow", put(RECORD_LIMIT, u16(16384)), v, "limit", ours(1001))


# ---- pre_shared_key ----

def session(b, kind="any", **how):
    c = b.client(kind)
    c.connect(c.hello13(**how))
    while not c.tickets:
        c.exchange()
    return c.tickets[-1]


def resumption(b):
    def again(name, want, change=lambda h: None, kind="any", then=None, first={}, **how):
        def f(b):
            s = session(b, kind, **first)
            c = b.client(kind)
            h = c.hello13()
            bend(change, h, c)
            for key in ("ids", "session"):
                if callable(how.get(key)):
                    how[key] = how[key](s)
            c.offered_at = how.pop("at", 0)
            c.offer(h, how.pop("session", s), **how)
            if then:
                then(h)
            return c.connect(h)
        b.row("psk-" + name, want, f)

    again("good", "1.3 resumed")
    for suite in (0x1301, 0x1302, 0x1303):
        again(f"good-{suite:04x}", "1.3 resumed", field(suites=[suite]), first={"suites": [suite]})
    again("retried", "1.3 resumed retried", lambda h, c: (h.ext.put(KEY_SHARE, shares()), c.shares.clear()))
    b.row("psk-twice", "1.3( resumed)?", psk_twice)
    again("binder-wrong", "decrypt_error", binder=lambda r: bytes(32))
    for at in (0, 15, 31):
        again(f"binder-octet-{at}", "decrypt_error", binder=lambda r, at=at: r[:at] + u8(r[at] ^ 1) + r[at + 1:])
    again("binder-31", "decode_error|illegal_parameter|decrypt_error", binders=lambda r: [r[:31]])
    again("binder-33", "decode_error|illegal_parameter|decrypt_error", binders=lambda r: [r + b"\0"])
    again("binder-empty", "decode_error|illegal_parameter|decrypt_error", binders=lambda r: [b""])
    again("binders-none", "decode_error|illegal_parameter", binders=lambda r: [])
    again("binders-two", "decode_error|illegal_parameter", binders=lambda r: [r, r])
    again("identity-unknown", "1.3", ids=lambda s: [(b"unknown" * 20, 5)])
    again("identity-of-1", "1.3", ids=lambda s: [(b"u", 5)])
    again("identity-of-5000", "1.3", ids=lambda s: [(b"u" * 5000, 5)])
    again("identity-empty", "decode_error|illegal_parameter", ids=lambda s: [(b"", 5)])
    again("identities-none", "decode_error|illegal_parameter", ids=lambda s: [], binders=lambda r: [r])
    again("identities-two", "1.3( resumed)?", ids=lambda s: [(b"unknown" * 20, 5), (s["ticket"], s["age_add"])], at=1)
    again("identities-two-binders-one", "decode_error|illegal_parameter", ids=lambda s: [(s["ticket"], 5), (b"unknown", 5)], binders=lambda r: [r])
    again("identities-500", "1.3( resumed)?", ids=lambda s: [(s["ticket"], s["age_add"])] + [(b"unknown", 5)] * 500)
    again("identity-cut", "1.3", ids=lambda s: [(s["ticket"][:-1], 5)])
    again("identity-and-an-octet", "1.3", ids=lambda s: [(s["ticket"] + b"\0", 5)])
    for at in (0, 5, 15, 16, 20, 30, 50, 100, -1, -10):
        again(f"identity-octet-{at}", "1.3", ids=lambda s, at=at: [(flip(s["ticket"], at), 5)])
    again("age-zero", "1.3( resumed)?", ids=lambda s: [(s["ticket"], 0)])
    again("age-wrong", "1.3( resumed)?", ids=lambda s: [(s["ticket"], (s["age_add"] + 600000) & 0xffffffff)])
    again("not-last", "illegal_parameter", then=lambda h: h.ext.append((PADDING, bytes(9))))
    again("first", "illegal_parameter", then=lambda h: h.ext.insert(0, h.ext.pop()))
    again("twice", "illegal_parameter|decode_error", then=lambda h: h.ext.append(h.ext[-1]))
    again("modes-none", "missing_extension", drop(PSK_MODES))
    again("modes-psk-ke", "1.3", put(PSK_MODES, b"\1\0"))
    again("modes-both", "1.3 resumed", put(PSK_MODES, b"\2\0\1"))
    again("modes-grease", "1.3 resumed", put(PSK_MODES, b"\3\x0b\1\xff"))
    again("modes-unknown", "1.3", put(PSK_MODES, b"\1\7"))
    again("without-schemes", "1.3( resumed)?|missing_extension", drop(SCHEMES))
    again("without-key-share", "missing_extension", drop(KEY_SHARE))
    again("other-hash", "1.3|illegal_parameter", field(suites=[0x1302]), first={"suites": [0x1301]})
    again("same-hash", "1.3( resumed)?", field(suites=[0x1303]), first={"suites": [0x1301]})
    again("other-name", "1.3( resumed)?", put(SNI, sni(b"other.example")))
    again("versions-12", "1.2", put(VERSIONS, b"\2\3\3"))
    again("garbage", "decode_error", then=lambda h: h.ext.put(PSK, b"\0\5abc"))
    again("empty", "decode_error", then=lambda h: h.ext.put(PSK, b""))
    again("octet-behind", "decode_error", then=lambda h: h.ext.put(PSK, h.ext.find(PSK) + b"\0"))
    again("requires-client-certificate-kept", "1.3 resumed|1.3|certificate_required", kind="requests")
    again("early-data-refused", "1.3 resumed", early=True)

    def of_another_server(b):
        s = session(b, "ecdsa")
        c = b.client("any")
        return c.connect(c.offer(c.hello13(), s))
    b.row("psk-of-another-server", "1.3", of_another_server)


def psk_twice(b):
    s = session(b)
    for _ in range(2):
        c = b.client()
        got = c.connect(c.offer(c.hello13(), s))
    return got


def flip(octets, at):
    x = bytearray(octets)
    x[at] ^= 1
    return bytes(x)


# ---- HelloRetryRequest ----

def retry(b):
    def second(name, want, change=None, between=None, after=None, suites=None):
        def f(b):
            c = b.client()
            c.send_hello(c.hello13(shared=(), groups=(P256, X25519), suites=suites))
            if c.server_hello() != "retry":
                return "no retry"
            if between:
                between(c)
            c.retry(change)
            if after:
                after(c)
            return c.complete()
        b.row("retry-" + name, want, f)

    second("good", "1.3 retried")
    second("ccs-between", "1.3 retried", between=lambda c: c.ccs())
    second("ccs-twice-between", "1.3 retried", between=lambda c: (c.ccs(), c.ccs()))
    second("ccs-after", "1.3 retried", after=lambda c: c.ccs())
    second("data-between", "unexpected_message", between=lambda c: c.plain(DATA, b"x" * 40))
    second("finished-between", "unexpected_message", between=lambda c: c.plain(HANDSHAKE, message(FINISHED, bytes(32))))
    second("octet-behind", "decode_error", field(tail=b"\0"))
    for name, change in [("random", field(random=bytes(32))), ("session-id", field(session_id=b"abc")), ("suites-less", field(suites=[0x1301])),
                         ("suites-more", lambda h: h.suites.append(0x1304)), ("version-0302", field(version=0x0302)),
                         ("groups", put(GROUPS, v16(u16s([P256])))), ("schemes", put(SCHEMES, v16(u16s([0x0403])))), ("name", put(SNI, sni(b"other.example"))),
                         ("name-gone", drop(SNI)), ("alpn", put(ALPN, v16(v8(b"h2")))), ("modes", drop(PSK_MODES)), ("unknown", put(0xabcd, b"x")),
                         ("order", lambda h: h.ext.reverse()), ("cookie-unasked", put(COOKIE, v16(b"cookie"))), ("versions", put(VERSIONS, v8(u16s([TLS13]))))]:
        # RFC 8446 4.1.2 binds the client; a server need not look at all of it.
        second(name, "1.3 retried|illegal_parameter|unsupported_extension|the server is wrong: legacy_session_id_echo", change)
    second("padding", "1.3 retried", put(PADDING, bytes(100)))
    second("suite-gone", "illegal_parameter|handshake_failure", field(suites=[0x1302]), suites=[0x1301, 0x1302])
    second("share-gone", "missing_extension|illegal_parameter", drop(KEY_SHARE))
    second("share-none", "illegal_parameter", put(KEY_SHARE, shares()))
    second("share-of-another-group", "illegal_parameter", lambda h: h.ext.put(KEY_SHARE, shares((24, Share(24).public))))
    second("share-two", "illegal_parameter|1.3 retried", lambda h: h.ext.put(KEY_SHARE, v16(h.ext.find(KEY_SHARE)[2:] + u16(24) + v16(Share(24).public))))
    second("share-twice", "illegal_parameter|1.3 retried", lambda h: h.ext.put(KEY_SHARE, v16(h.ext.find(KEY_SHARE)[2:] * 2)))
    second("share-bad", "illegal_parameter|decode_error", lambda h: h.ext.put(KEY_SHARE, v16(h.ext.find(KEY_SHARE)[2:4] + v16(bytes(32)))))
    second("versions-12", "illegal_parameter|protocol_version", put(VERSIONS, b"\2\3\3"))
    second("versions-gone", "illegal_parameter|protocol_version|missing_extension", drop(VERSIONS))
    second("early-data", "illegal_parameter|unsupported_extension", put(EARLY_DATA, b""))
    second("schemes-gone", "missing_extension|illegal_parameter", drop(SCHEMES))
    second("groups-gone", "missing_extension|illegal_parameter", drop(GROUPS))
    second("compression", "illegal_parameter", field(compression=b"\0\1"))
    second("hello-again", "unexpected_message", after=lambda c: c.plain(HANDSHAKE, c.first.pack()))

    def joined(b):
        c = b.client()
        c.send_hello(c.hello13(shared=()))
        c.server_hello()
        c.say = lambda octets: c.record(HANDSHAKE, octets + b"\x14")
        c.retry()
        c.answer()
    b.row("retry-hello-and-an-octet", "unexpected_message", joined)

    def both_hellos(b):
        c = b.client()
        h = c.hello13(shared=())
        c.plain(HANDSHAKE, h.pack() * 2)
        c.answer()
    b.row("retry-both-hellos-in-a-record", "unexpected_message|illegal_parameter", both_hellos)

    def server_wants(groups, want):
        def f(b):
            c = b.client("p384")
            return c.connect(c.hello13(groups=groups))
        b.row("retry-p384-for-" + "-".join(map(str, groups)), want, f)
    server_wants((X25519, 24), "1.3 retried")
    server_wants((24,), "1.3")
    server_wants((X25519, P256), "handshake_failure")

    def in_fragments(b):
        c = b.client()
        c.send_hello(c.hello13(shared=()), split=1)
        c.server_hello()
        c.retry()
        return c.complete(split=1)
    b.row("retry-in-fragments", "1.3 retried", in_fragments)


# ---- 1.2 ----

def twelve(b):
    def again(name, want, first=lambda h: None, change=lambda h: None, ticket=lambda t: t, session_id=b"x" * 32, kind="any"):
        def f(b):
            c = b.client(kind)
            h = c.hello12()
            h.ext.put(TICKET, b"")
            first(h)
            c.connect(h)
            if not c.server_ext.has(TICKET):
                return "no ticket"
            d = b.client(kind)
            h = d.hello12()
            old = c.new_ticket
            d.offer12(h, (ticket(old[0]), *old[1:]), session_id)
            change(h)
            return d.connect(h)
        b.row("ticket-1.2-" + name, want, f)

    again("good", "1.2 resumed")
    again("good-chacha", "1.2 resumed", field(suites=[0xcca9]), field(suites=[0xcca9]))
    again("good-sha384", "1.2 resumed", field(suites=[0xc02c]), field(suites=[0xc02c]))
    again("session-id-empty", "1.2( resumed)?|the server is wrong.*|message .*", session_id=b"")
    again("session-id-1", "1.2 resumed", session_id=b"x")
    again("ems-then-none", "handshake_failure", change=drop(EMS))             # RFC 7627 5.3
    again("none-then-ems", "1.2|no ticket", first=drop(EMS))                  # RFC 7627 5.3: not resumed
    again("none-then-none", "1.2|no ticket|handshake_failure", first=drop(EMS), change=drop(EMS))
    again("suite-gone", "1.2", first=field(suites=[0xc02b]), change=field(suites=[0xc02c]))  # RFC 5246 7.4.1.2 and 7.4.1.3
    again("version-1.1", "protocol_version", change=field(version=0x0302))
    again("other-name", "1.2", change=put(SNI, sni(b"other.example")))        # RFC 6066 3: MUST NOT be resumed
    again("name-gone", "1.2( resumed)?", change=drop(SNI))
    again("empty", "1.2", ticket=lambda t: b"")
    again("cut", "1.2", ticket=lambda t: t[:-1])
    again("and-an-octet", "1.2", ticket=lambda t: t + b"\0")
    again("garbage", "1.2", ticket=lambda t: b"garbage" * 30)
    again("of-1", "1.2", ticket=lambda t: b"g")
    for at in (0, 8, 15, 16, 20, 28, 40, 60, 100, -1, -16, -17):
        again(f"octet-{at}", "1.2", ticket=lambda t, at=at: flip(t, at))
    again("schemes-gone", "1.2( resumed)?|handshake_failure", change=drop(SCHEMES))

    def into_thirteen(b):
        c = b.client()
        h = c.hello12()
        h.ext.put(TICKET, b"")
        c.connect(h)
        d = b.client()
        h = d.hello13()
        h.ext.put(TICKET, c.new_ticket[0])
        return d.connect(h)
    b.row("ticket-1.2-in-a-1.3-hello", "1.3", into_thirteen)

    def as_psk(b):
        c = b.client()
        h = c.hello12()
        h.ext.put(TICKET, b"")
        c.connect(h)
        d = b.client()
        s = {"ticket": c.new_ticket[0], "age_add": 5, "psk": c.new_ticket[1][:32], "suite": 0x1301, "hash": "sha256"}
        return d.connect(d.offer(d.hello13(), s))
    b.row("ticket-1.2-as-psk", "1.3", as_psk)

    def psk_as_ticket(b):
        s = session(b)
        d = b.client()
        h = d.hello12()
        d.offer12(h, (s["ticket"], bytes(48), 0xc02b, True))
        return d.connect(h)
    b.row("psk-as-ticket-1.2", "1.2", psk_as_ticket)
