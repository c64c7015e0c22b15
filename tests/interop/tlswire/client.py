# SPDX-License-Identifier: MIT
"""A client, step by step, that checks all of what the server says and does itself what a row wants."""
import os
import socket

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding

from . import primitives as p
from .hello import (EARLY_DATA, EMS, GROUPS, KEY_SHARE, PSK, RENEGOTIATION, RETRY_RANDOM, TICKET, VERSIONS, COOKIE,
                    Extensions, hello12, hello13, shares)
from .primitives import TLS12, TLS13, Keys13, Reader, Share, u16, u32, v8, v16, v24
from .record import (CCS, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_STATUS, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE,
                     ENCRYPTED_EXTENSIONS, FINISHED, HELLO_DONE, KEY_EXCHANGE, MESSAGE_HASH, NEW_TICKET, SERVER_HELLO, Ended, Wire,
                     message)

MAY_HAVE = {0, 10, 16, 42, 28, 1, 20, 19, 14, 15}  # of EncryptedExtensions, RFC 8446 4.2


class Client(Wire):
    def __init__(self, port, credential=None, host="127.0.0.1"):
        super().__init__(socket.create_connection((host, port)))
        self.shares = {}
        self.credential = credential  # (chain in DER, private key)
        self.hello = self.first = None
        self.asked = None             # the server's CertificateRequest
        self.retried = self.resumed = False
        self.ticket = None            # of 1.2: (ticket, master, suite, ems)
        self.offered = None           # the session that the hello offers
        self.offered_at = 0           # where it stands among the identities
        self.tickets = []
        self.server_key = None

    # ---- hello ----

    def hello13(self, **how):
        return hello13(self.shares, **how)

    def hello12(self, **how):
        return hello12(**how)

    def send_hello(self, h, split=None, version=0x0301):
        self.hello = self.first = h
        octets = h.pack()
        self.transcript += octets
        split = split or 16384
        for i in range(0, len(octets), split):
            self.plain(22, octets[i:i + split], version=version)
        return self

    def server_hello(self):
        """Takes a ServerHello: the version, or "retry"."""
        r = self.expect(SERVER_HELLO)
        legacy, self.server_random, echo = r.number(2), r.take(32), r.vec(1)
        self.suite, compression = r.number(2), r.number(1)
        self.server_ext = Extensions.parse(r.vec(2)) if r.left() else Extensions()
        self.echo_id = echo
        self.check(not r.left() and compression == 0 and legacy == TLS12, "ServerHello's form")
        self.check(self.suite in self.hello.suites, "a suite that was not offered")
        for kind, _ in self.server_ext:
            offered = self.hello.ext.has(kind) or (kind == RENEGOTIATION and 0xff in self.hello.suites)
            self.check(offered or (kind == COOKIE and self.server_random == RETRY_RANDOM), f"an extension {kind} that was not offered")
        v = self.server_ext.find(VERSIONS)
        if v is None:
            self.version = TLS12
            return TLS12
        self.check(v == u16(TLS13), "a version that is not 1.3")
        self.version = TLS13
        self.check(echo == self.hello.session_id, "legacy_session_id_echo")
        self.hash = p.SUITES13[self.suite][0]
        return "retry" if self.server_random == RETRY_RANDOM else TLS13

    @staticmethod
    def check(good, what):
        if not good:
            raise Ended("the server is wrong: " + what)

    # ---- 1.3 ----

    def retry(self, change=None):
        """The second hello, to a HelloRetryRequest; `change` bends it."""
        n = p.digest(self.hash, self.first.pack())
        hrr = self.transcript[len(self.first.pack()):]
        self.transcript = message(MESSAGE_HASH, n) + hrr
        h = self.first
        self.check(not self.retried, "a second HelloRetryRequest")
        self.retried = True
        want = self.server_ext.find(KEY_SHARE)
        if want is not None:
            group = int.from_bytes(want, "big")
            self.check(group in [int.from_bytes(g, "big") for g in chunks(h.ext.find(GROUPS)[2:], 2)], "a group that was not offered")
            self.check(group not in self.shares, "a retry for a group that has its share")
            self.shares = {group: Share(group)}
            h.ext.put(KEY_SHARE, shares((group, self.shares[group].public)))
        cookie = self.server_ext.find(COOKIE)
        if cookie is not None:
            h.ext.put(COOKIE, cookie)
            h.ext.sort(key=lambda e: e[0] == PSK)
        h.ext.drop(EARLY_DATA)
        if h.ext.has(PSK):
            self.offer(h, self.offered)
        if change:
            change(h)
        self.say(h.pack())
        return self

    def early_secret(self, psk=b""):
        return p.hkdf_extract(self.hash, b"", psk)

    def encrypted(self):
        """ServerHello's secrets, and the server's flight to its Finished."""
        psk = b""
        if self.server_ext.has(PSK):
            self.check(self.offered is not None and self.server_ext.find(PSK) == u16(self.offered_at), "a PSK that was not offered")
            psk, self.resumed = self.offered["psk"], True
        r = Reader(self.server_ext.find(KEY_SHARE) or b"")
        self.group = r.number(2)
        self.check(self.group in self.shares, "a share that was not asked for")
        shared = self.shares[self.group].with_peer(r.vec(2))
        handshake = p.hkdf_extract(self.hash, self.derive(self.early_secret(psk), b"derived", b""), shared)
        self.client_hs = self.derive(handshake, b"c hs traffic", self.transcript)
        self.server_hs = self.derive(handshake, b"s hs traffic", self.transcript)
        self.master = p.hkdf_extract(self.hash, self.derive(handshake, b"derived", b""), b"")
        self.check(not self.half, "octets left over at a key change")
        self.read_keys, self.write_keys = Keys13(self.suite, self.server_hs), Keys13(self.suite, self.client_hs)
        return self.server_flight()

    def derive(self, secret, label, messages):
        return p.derive_secret(self.hash, secret, label, p.digest(self.hash, messages))

    def server_flight(self):
        e = self.expect(ENCRYPTED_EXTENSIONS)
        self.encrypted_ext = Extensions.parse(e.vec(2))
        for kind, _ in self.encrypted_ext:
            self.check(kind in MAY_HAVE and self.hello.ext.has(kind), f"extension {kind} in EncryptedExtensions")
        if not self.resumed:
            kind, r = self.expect(CERTIFICATE_REQUEST, CERTIFICATE)
            if kind == CERTIFICATE_REQUEST:
                self.asked = (r.vec(1), Extensions.parse(r.vec(2)))
                self.check(self.asked[0] == b"" and self.asked[1].has(13), "CertificateRequest's form")
                r = self.expect(CERTIFICATE)
            self.check(r.vec(1) == b"", "a context in the server's Certificate")
            entries = Reader(r.vec(3))
            self.chain = []
            while entries.left():
                self.chain.append(entries.vec(3))
                for kind, _ in Extensions.parse(entries.vec(2)):
                    self.check(self.hello.ext.has(kind), "an extension of a certificate that was not offered")
            self.server_key = x509.load_der_x509_certificate(self.chain[0]).public_key()
            before = self.transcript
            v = self.expect(CERTIFICATE_VERIFY)
            self.scheme = v.number(2)
            self.check(self.scheme in p.SCHEMES and p.SCHEMES[self.scheme][0] != "pkcs1", "a scheme that 1.3 does not have")
            p.verify(self.server_key, self.scheme, v.vec(2), p.signed_content(b"server", p.digest(self.hash, before)))
        want = self.finished_of(self.server_hs)
        self.check(self.expect(FINISHED).b == want, "the server's Finished")
        self.check(not self.half, "octets left over at a key change")
        self.app()
        return self

    def finished_of(self, secret, messages=None):
        key = p.expand_label(self.hash, secret, b"finished", b"", len(secret))
        return p.hmac_of(self.hash, key, p.digest(self.hash, self.transcript if messages is None else messages))

    def app(self):
        self.client_app = self.derive(self.master, b"c ap traffic", self.transcript)
        self.server_app = self.derive(self.master, b"s ap traffic", self.transcript)
        self.read_keys = Keys13(self.suite, self.server_app)

    def certificate13(self, context=b"", chain=None, ext=b""):
        chain = (self.credential[0] if self.credential else []) if chain is None else chain
        return message(CERTIFICATE, v8(context) + v24(b"".join(v24(c) + v16(ext) for c in chain)))

    def certificate_verify13(self, scheme=None, content=None, says=None):
        key = self.credential[1]
        scheme = scheme or p.scheme_of(key)
        content = content or p.signed_content(b"client", p.digest(self.hash, self.transcript))
        return message(CERTIFICATE_VERIFY, u16(scheme if says is None else says) + v16(p.sign(key, scheme, content)))

    def finish(self, change=lambda m: m, split=None):
        """Our second flight."""
        if self.asked:
            self.say(self.certificate13(), split)
            if self.credential:
                self.say(self.certificate_verify13(), split)
        self.say(change(message(FINISHED, self.finished_of(self.client_hs))), split)
        self.done()
        return self

    def done(self):
        self.resumption = self.derive(self.master, b"res master", self.transcript)
        self.write_keys = Keys13(self.suite, self.client_app)

    def take_post(self, kind, body, whole):
        if kind != NEW_TICKET or self.version != TLS13:
            return super().take_post(kind, body, whole)
        r = Reader(body)
        lifetime, age_add, nonce, ticket = r.number(4), r.number(4), r.vec(1), r.vec(2)
        ext = Extensions.parse(r.vec(2))
        self.check(lifetime <= 604800 and len(ticket) > 0, "a ticket's form")
        psk = p.expand_label(self.hash, self.resumption, b"resumption", nonce, len(self.resumption))
        self.tickets.append({"ticket": ticket, "age_add": age_add, "psk": psk, "suite": self.suite, "ext": ext, "hash": self.hash})

    def offer(self, h, session, binder=None, ids=None, binders=None, early=False):
        """pre_shared_key at the end of h; `binder` bends the right one, `binders` makes the list of all."""
        self.offered, self.hash = session, session["hash"]
        if ids is None:
            ids = [(session["ticket"], (session["age_add"] + 100) & 0xffffffff)]
        if early:
            h.ext.put(EARLY_DATA, b"")
        identities = v16(b"".join(v16(t) + u32(age) for t, age in ids))
        n = len(session["psk"])
        lists = binders or (lambda right: [right] * len(ids))
        h.ext.drop(PSK)
        h.ext.append((PSK, identities + v16(b"".join(v8(x) for x in lists(bytes(n))))))
        truncated = self.transcript + h.pack()[:-2 - sum(1 + len(x) for x in lists(bytes(n)))]
        key = self.derive(self.early_secret(session["psk"]), b"res binder", b"")
        right = self.finished_of(key, truncated)
        if binder:
            right = binder(right)
        h.ext.put(PSK, identities + v16(b"".join(v8(x) for x in lists(right))))
        return h

    def early_keys(self):
        self.suite = self.offered["suite"]
        return Keys13(self.suite, self.derive(self.early_secret(self.offered["psk"]), b"c e traffic", self.transcript))

    # ---- 1.2 ----

    def flight12(self):
        """The server's messages after its hello, to ServerHelloDone; or, when it resumes, to its Finished."""
        self.hash, _, _, self.kind = p.SUITES12[self.suite]
        self.ems = self.server_ext.has(EMS)
        self.group = None
        if self.ticket and self.echo_id and self.echo_id == self.hello.session_id:
            self.resumed = True
            self.check(self.suite == self.ticket[2], "another suite than the session's")
            self.master = self.ticket[1]
            self.expand12()
            if self.server_ext.has(TICKET):
                self.ticket12()
            return self.server_finished12()
        r = self.expect(CERTIFICATE)
        chain = Reader(r.vec(3))
        self.chain = []
        while chain.left():
            self.chain.append(chain.vec(3))
        self.server_key = x509.load_der_x509_certificate(self.chain[0]).public_key()
        kinds = [CERTIFICATE_REQUEST, HELLO_DONE]
        if self.server_ext.has(5):
            self.expect(CERTIFICATE_STATUS)
        if self.kind != "transport":
            r = self.expect(KEY_EXCHANGE)
            self.check(r.number(1) == 3, "named_curve")
            self.group, self.server_point = r.number(2), r.vec(1)
            groups = self.hello.ext.find(GROUPS)
            self.check(groups is None or u16(self.group) in chunks(groups[2:], 2), "a curve that was not offered")
            signed = r.b[:r.at]
            self.scheme = r.number(2)
            p.verify(self.server_key, self.scheme, r.vec(2), self.hello.random + self.server_random + signed)
            self.check(not r.left(), "ServerKeyExchange's end")
        kind, r = self.expect(*kinds)
        if kind == CERTIFICATE_REQUEST:
            self.asked = r.b
            self.expect(HELLO_DONE)
        return self

    def key_exchange12(self, secret=None):
        """ClientKeyExchange; leaves the premaster secret behind."""
        if self.kind == "transport":
            self.premaster = secret or u16(TLS12) + os.urandom(46)
            return message(CLIENT_KEY_EXCHANGE, v16(self.server_key.encrypt(self.premaster, padding.PKCS1v15())))
        share = Share(self.group)
        self.premaster = share.with_peer(self.server_point)
        return message(CLIENT_KEY_EXCHANGE, v8(share.public))

    def master12(self):
        if self.ems:
            self.master = p.prf(self.hash, self.premaster, b"extended master secret", p.digest(self.hash, self.transcript), 48)
        else:
            self.master = p.prf(self.hash, self.premaster, b"master secret", self.hello.random + self.server_random, 48)
        self.expand12()

    def expand12(self):
        self.next_write, self.next_read = p.key_block(self.suite, self.master, self.hello.random, self.server_random)

    def finished12(self, label=b"client finished"):
        return message(FINISHED, p.prf(self.hash, self.master, label, p.digest(self.hash, self.transcript), 12))

    def certificate12(self):
        return message(CERTIFICATE, v24(b"".join(v24(c) for c in (self.credential[0] if self.credential else []))))

    def certificate_verify12(self, scheme=None):
        scheme = scheme or p.scheme_of(self.credential[1])
        return message(CERTIFICATE_VERIFY, u16(scheme) + v16(p.sign(self.credential[1], scheme, self.transcript)))

    def second_flight12(self, split=None):
        """To our Finished."""
        if self.asked is not None:
            self.say(self.certificate12(), split)
        self.say(self.key_exchange12(), split)
        self.master12()
        if self.asked is not None and self.credential:
            self.say(self.certificate_verify12(), split)
        return self.change12(split)

    def change12(self, split=None):
        self.ccs()
        self.write_keys = self.next_write
        self.say(self.finished12(), split)
        return self

    def ticket12(self):
        r = self.expect(NEW_TICKET)
        r.number(4)
        self.new_ticket = (r.vec(2), self.master, self.suite, self.ems)

    def server_finished12(self):
        self.check(not self.half, "octets left over at a key change")
        seen = self.ccs_seen
        kind, data = self.next_record()
        if kind == 21:
            self.take_alert(data)
        self.check(kind == CCS and data == b"\1" and seen == 0, "ChangeCipherSpec")
        self.read_keys = self.next_read
        want = self.finished12(b"server finished")
        kind, body, whole = self.next_message()
        self.check(whole == want, "the server's Finished")
        self.transcript += whole
        return self

    def last12(self):
        if self.resumed:
            self.change12()
        else:
            if self.server_ext.has(TICKET):
                self.ticket12()
            self.server_finished12()
        return self

    def offer12(self, h, ticket, session_id=b"x" * 32):
        self.ticket = ticket
        h.ext.put(TICKET, ticket[0])
        h.session_id = session_id
        return h

    # ---- all of it ----

    def complete(self, split=None):
        """To the end, whatever version the server takes, and an exchange of data: how it went in a word or two."""
        version = self.server_hello()
        if version == "retry":
            self.retry()
            version = self.server_hello()
        self.check(version != "retry", "a second HelloRetryRequest")
        if version == TLS13:
            self.encrypted().finish(split=split)
        else:
            self.flight12()
            if not self.resumed:
                self.second_flight12(split)
            self.last12()
        return self.exchange()

    def exchange(self, data=b"hello, who is there?"):
        self.record(23, data)
        self.check(self.until_data(len(data)) == data, "its echo")
        return self.went()

    def went(self):
        return ("1.3" if self.version == TLS13 else "1.2") + " resumed" * self.resumed + " retried" * self.retried

    def connect(self, h):
        self.send_hello(h)
        return self.complete()


def chunks(b, n):
    return [b[i:i + n] for i in range(0, len(b), n)]
