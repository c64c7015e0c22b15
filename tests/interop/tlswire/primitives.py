# SPDX-License-Identifier: MIT
"""The key schedules of TLS 1.3 and 1.2, signatures and key exchange, over python3-cryptography. Nothing of Handfast's."""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, x448, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

TLS12, TLS13 = 0x0303, 0x0304


def u8(n):
    return struct.pack(">B", n)


def u16(n):
    return struct.pack(">H", n)


def u24(n):
    return struct.pack(">I", n)[1:]


def u32(n):
    return struct.pack(">I", n)


def v8(b):
    return u8(len(b)) + b


def v16(b):
    return u16(len(b)) + b


def v24(b):
    return u24(len(b)) + b


def u16s(numbers):
    return b"".join(u16(n) for n in numbers)


class Reader:
    """A cursor that raises ValueError at the end."""

    def __init__(self, b):
        self.b, self.at = b, 0

    def take(self, n):
        if self.at + n > len(self.b):
            raise ValueError("message too short")
        self.at += n
        return self.b[self.at - n:self.at]

    def number(self, n):
        return int.from_bytes(self.take(n), "big")

    def vec(self, n):
        return self.take(self.number(n))

    def left(self):
        return len(self.b) - self.at


# ---- suites: hash, octets of key, cipher; for 1.2 also who signs, and the octets of IV from the key block ----

SUITES13 = {0x1301: ("sha256", 16, AESGCM), 0x1302: ("sha384", 32, AESGCM), 0x1303: ("sha256", 32, ChaCha20Poly1305)}
SUITES12 = {
    0xc02b: ("sha256", 16, AESGCM, "ecdsa"), 0xc02c: ("sha384", 32, AESGCM, "ecdsa"),
    0xcca9: ("sha256", 32, ChaCha20Poly1305, "ecdsa"),
    0xc02f: ("sha256", 16, AESGCM, "rsa"), 0xc030: ("sha384", 32, AESGCM, "rsa"),
    0xcca8: ("sha256", 32, ChaCha20Poly1305, "rsa"),
    0x009c: ("sha256", 16, AESGCM, "transport"), 0x009d: ("sha384", 32, AESGCM, "transport"),
}


def digest(name, *pieces):
    h = hashlib.new(name)
    for p in pieces:
        h.update(p)
    return h.digest()


def hmac_of(name, key, data):
    return hmac.new(key, data, name).digest()


# ---- RFC 8446 7.1 ----

def hkdf_extract(name, salt, ikm):
    zeros = bytes(hashlib.new(name).digest_size)
    return hmac_of(name, salt or zeros, ikm or zeros)


def hkdf_expand(name, prk, info, n):
    out = block = b""
    i = 1
    while len(out) < n:
        block = hmac_of(name, prk, block + info + u8(i))
        out += block
        i += 1
    return out[:n]


def expand_label(name, secret, label, context, n):
    return hkdf_expand(name, secret, u16(n) + v8(b"tls13 " + label) + v8(context), n)


def derive_secret(name, secret, label, transcript_hash):
    return expand_label(name, secret, label, transcript_hash, hashlib.new(name).digest_size)


class Keys13:
    """One direction's keys of TLS 1.3."""

    def __init__(self, suite, secret):
        self.name, n, cipher = SUITES13[suite]
        self.suite, self.secret, self.seq = suite, secret, 0
        self.iv = expand_label(self.name, secret, b"iv", b"", 12)
        self.aead = cipher(expand_label(self.name, secret, b"key", b"", n))

    def next(self):
        return Keys13(self.suite, derive_secret(self.name, self.secret, b"traffic upd", b""))

    def _nonce(self):
        nonce = bytes(a ^ b for a, b in zip(self.iv, bytes(4) + struct.pack(">Q", self.seq)))
        self.seq += 1
        return nonce

    def seal(self, kind, data, version=TLS12, pad=0, outer=23, inner=None):
        """The record; `inner` is all of the TLSInnerPlaintext, in place of data, kind and padding."""
        if inner is None:
            inner = data + u8(kind) + bytes(pad)
        head = u8(outer) + u16(version) + u16(len(inner) + 16)
        return head + self.aead.encrypt(self._nonce(), inner, head)

    def open(self, head, body):
        inner = self.aead.decrypt(self._nonce(), body, head)
        data = inner.rstrip(b"\0")
        if not data:
            raise ValueError("a record of nothing but padding")
        if len(inner) > 16385:
            raise ValueError("a record too long")
        return data[-1], data[:-1]


# ---- RFC 5246 5, 6.3 ----

def prf(name, secret, label, seed, n):
    a = seed = label + seed
    out = b""
    while len(out) < n:
        a = hmac_of(name, secret, a)
        out += hmac_of(name, secret, a + seed)
    return out[:n]


class Keys12:
    """One direction's keys of TLS 1.2: AES-GCM (RFC 5288) or ChaCha20-Poly1305 (RFC 7905)."""

    def __init__(self, suite, key, iv):
        self.aead, self.iv, self.seq = SUITES12[suite][2](key), iv, 0
        self.explicit = 0 if len(iv) == 12 else 8

    def seal(self, kind, data, version=TLS12, explicit=None):
        seq = struct.pack(">Q", self.seq)
        self.seq += 1
        if self.explicit:
            explicit = seq if explicit is None else explicit
            nonce = self.iv + explicit
        else:
            explicit, nonce = b"", bytes(a ^ b for a, b in zip(self.iv, bytes(4) + seq))
        extra = seq + u8(kind) + u16(version) + u16(len(data))
        body = explicit + self.aead.encrypt(nonce, data, extra)
        return u8(kind) + u16(version) + u16(len(body)) + body

    def open(self, head, body):
        seq = struct.pack(">Q", self.seq)
        self.seq += 1
        if self.explicit:
            nonce, body = self.iv + body[:8], body[8:]
        else:
            nonce = bytes(a ^ b for a, b in zip(self.iv, bytes(4) + seq))
        extra = seq + head[:3] + u16(len(body) - 16)
        return head[0], self.aead.decrypt(nonce, body, extra)


def key_block(suite, master, client_random, server_random):
    """(client's Keys12, server's Keys12)"""
    name, n, cipher, _ = SUITES12[suite]
    iv = 12 if cipher is ChaCha20Poly1305 else 4
    block = Reader(prf(name, master, b"key expansion", server_random + client_random, 2 * n + 2 * iv))
    ck, sk, ci, si = block.take(n), block.take(n), block.take(iv), block.take(iv)
    return Keys12(suite, ck, ci), Keys12(suite, sk, si)


# ---- groups ----

X25519, X448, P256, P384, P521 = 29, 30, 23, 24, 25
CURVES = {P256: ec.SECP256R1, P384: ec.SECP384R1, P521: ec.SECP521R1}


class Share:
    """A private key of a group, and the octets of the public one."""

    def __init__(self, group):
        self.group = group
        if group in CURVES:
            self.key = ec.generate_private_key(CURVES[group]())
            self.public = self.key.public_key().public_bytes(serialization.Encoding.X962,
                                                             serialization.PublicFormat.UncompressedPoint)
        else:
            self.key = {X25519: x25519.X25519PrivateKey, X448: x448.X448PrivateKey}[group].generate()
            self.public = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)

    def with_peer(self, octets):
        if self.group in CURVES:
            peer = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[self.group](), octets)
            return self.key.exchange(ec.ECDH(), peer)
        kind = x25519.X25519PublicKey if self.group == X25519 else x448.X448PublicKey
        return self.key.exchange(kind.from_public_bytes(octets))


# ---- signatures ----

HASHES = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha384": hashes.SHA384, "sha512": hashes.SHA512}
SCHEMES = {
    0x0403: ("ecdsa", "sha256"), 0x0503: ("ecdsa", "sha384"), 0x0603: ("ecdsa", "sha512"), 0x0203: ("ecdsa", "sha1"),
    0x0804: ("pss", "sha256"), 0x0805: ("pss", "sha384"), 0x0806: ("pss", "sha512"),
    0x0401: ("pkcs1", "sha256"), 0x0501: ("pkcs1", "sha384"), 0x0601: ("pkcs1", "sha512"), 0x0201: ("pkcs1", "sha1"),
    0x0807: ("ed25519", None),
}


def _padding(how, h):
    return padding.PKCS1v15() if how == "pkcs1" else padding.PSS(padding.MGF1(h), h.digest_size)


def sign(key, scheme, content):
    how, name = SCHEMES[scheme]
    if how == "ed25519":
        return key.sign(content)
    h = HASHES[name]()
    return key.sign(content, ec.ECDSA(h)) if how == "ecdsa" else key.sign(content, _padding(how, h), h)


def verify(key, scheme, signature, content):
    """Raises when it is not right."""
    how, name = SCHEMES[scheme]
    if how == "ed25519":
        assert isinstance(key, ed25519.Ed25519PublicKey)
        return key.verify(signature, content)
    h = HASHES[name]()
    if how == "ecdsa":
        return key.verify(signature, content, ec.ECDSA(h))
    return key.verify(signature, content, _padding(how, h), h)


def scheme_of(key, version=TLS13):
    """What a key signs with when nothing else is said."""
    if isinstance(key, (ed25519.Ed25519PrivateKey, ed25519.Ed25519PublicKey)):
        return 0x0807
    if isinstance(key, (rsa.RSAPrivateKey, rsa.RSAPublicKey)):
        return 0x0804
    return {256: 0x0403, 384: 0x0503, 521: 0x0603}[key.curve.key_size]


def signed_content(who, transcript_hash):
    """RFC 8446 4.4.3"""
    return b" " * 64 + b"TLS 1.3, " + who + b" CertificateVerify\0" + transcript_hash
