# SPDX-License-Identifier: MIT
"""The hellos as values that rows may bend, and their extensions."""
import os

from .primitives import P256, P384, TLS12, TLS13, X25519, Reader, Share, u8, u16, u16s, v8, v16
from .record import CLIENT_HELLO, message

(SNI, MAX_FRAGMENT, STATUS, GROUPS, FORMATS, SCHEMES, HEARTBEAT, ALPN, SCT, PADDING, ETM, EMS, RECORD_LIMIT, TICKET, PSK, EARLY_DATA,
 VERSIONS, COOKIE, PSK_MODES, AUTHORITIES, POST_AUTH, SCHEMES_CERT, KEY_SHARE, RENEGOTIATION) = (
     0, 1, 5, 10, 11, 13, 15, 16, 18, 21, 22, 23, 28, 35, 41, 42, 43, 44, 45, 47, 49, 50, 51, 0xff01)

RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
DOWNGRADE_12, DOWNGRADE_11 = b"DOWNGRD\1", b"DOWNGRD\0"
GREASE = 0x3a3a
FALLBACK_SCSV, RENEGOTIATION_SCSV = 0x5600, 0x00ff
ALL_SUITES = [0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8]
ALL_SCHEMES = [0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0807, 0x0401, 0x0501, 0x0601]


def sni(name=b"localhost", kind=0):
    return v16(u8(kind) + v16(name))


def shares(*of):
    return v16(b"".join(u16(g) + v16(public) for g, public in of))


class Extensions(list):
    """[(type, body)], in order."""

    def has(self, kind):
        return any(k == kind for k, _ in self)

    def find(self, kind):
        return next((b for k, b in self if k == kind), None)

    def put(self, kind, body):
        """In the place of the one that is there, or at the end."""
        for i, (k, _) in enumerate(self):
            if k == kind:
                self[i] = (kind, body)
                return
        self.append((kind, body))

    def drop(self, *kinds):
        self[:] = [(k, b) for k, b in self if k not in kinds]

    def pack(self):
        return b"".join(u16(k) + v16(b) for k, b in self)

    @classmethod
    def parse(cls, octets):
        r, out = Reader(octets), cls()
        while r.left():
            kind = r.number(2)
            out.append((kind, r.vec(2)))
        if len({k for k, _ in out}) != len(out):
            raise ValueError("an extension twice")
        return out


class Hello:
    """A ClientHello."""

    def __init__(self):
        self.version, self.random, self.session_id = TLS12, os.urandom(32), os.urandom(32)
        self.suites, self.compression = list(ALL_SUITES), b"\0"
        self.ext = Extensions()
        self.no_extensions = False  # not even their length
        self.tail = b""             # inside the message, behind all
        self.suites_raw = None      # in place of the list, length included
        self.ext_raw = None

    def body(self):
        out = u16(self.version) + self.random + v8(self.session_id)
        out += v16(u16s(self.suites)) if self.suites_raw is None else self.suites_raw
        out += v8(self.compression)
        if not self.no_extensions:
            out += v16(self.ext.pack()) if self.ext_raw is None else self.ext_raw
        return out + self.tail

    def pack(self):
        return message(CLIENT_HELLO, self.body())

    @classmethod
    def parse(cls, body):
        h, r = cls(), Reader(body)
        h.version, h.random, h.session_id = r.number(2), r.take(32), r.vec(1)
        s = Reader(r.vec(2))
        h.suites = [s.number(2) for _ in range(len(s.b) // 2)]
        h.compression = r.vec(1)
        h.ext = Extensions.parse(r.vec(2))
        if r.left():
            raise ValueError("octets behind the extensions")
        return h


def hello13(mine, groups=(X25519, P256, P384), versions=(TLS13, TLS12), shared=None, suites=None):
    """A good hello; `mine` gets the key shares by group."""
    h = Hello()
    if suites:
        h.suites = list(suites)
    for g in (groups[:1] if shared is None else shared):
        mine[g] = Share(g)
    h.ext += [
        (SNI, sni()), (GROUPS, v16(u16s(groups))), (FORMATS, b"\1\0"), (SCHEMES, v16(u16s(ALL_SCHEMES))),
        (EMS, b""), (RENEGOTIATION, b"\0"), (VERSIONS, v8(u16s(versions))), (PSK_MODES, b"\1\1"),
        (KEY_SHARE, shares(*((g, s.public) for g, s in mine.items()))),
    ]
    return h


def hello12(groups=(X25519, P256, P384), suites=None):
    h = Hello()
    h.session_id = b""
    h.suites = [s for s in suites or ALL_SUITES if s >> 8 != 0x13]
    h.ext += [(SNI, sni()), (GROUPS, v16(u16s(groups))), (FORMATS, b"\1\0"), (SCHEMES, v16(u16s(ALL_SCHEMES))),
              (EMS, b""), (RENEGOTIATION, b"\0")]
    return h
