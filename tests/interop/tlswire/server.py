# SPDX-License-Identifier: MIT
"""A server for one connection of `handfast tls client`, step by step; each step's message may be bent by the row."""
import os
import subprocess

from cryptography import x509

from . import primitives as p
from .hello import EMS, KEY_SHARE, PSK, RENEGOTIATION, RETRY_RANDOM, VERSIONS, Extensions, Hello, SCHEMES
from .primitives import P256, TLS12, TLS13, X25519, Keys13, Reader, Share, u8, u16, u32, v8, v16, v24
from .record import (CCS, CERTIFICATE, CERTIFICATE_REQUEST, CERTIFICATE_VERIFY, CLIENT_HELLO, CLIENT_KEY_EXCHANGE, DATA,
                     ENCRYPTED_EXTENSIONS, FINISHED, HELLO_DONE, KEY_EXCHANGE, KEY_UPDATE, MESSAGE_HASH, NEW_TICKET, SERVER_HELLO,
                     Ended, Wire, message)

PING, PONG = b"ping\n", b"pong\n"


def same(m):
    return m


class Server(Wire):
    def __init__(self, listener, command, credential, folder):
        """Starts the client, whose stdin is PING, and takes its connection."""
        self.program = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.program.stdin.write(PING)
        self.program.stdin.close()
        sock, _ = listener.accept()
        super().__init__(sock)
        self.chain, self.key = credential
        self.scheme = p.scheme_of(self.key)
        self.random, self.suite, self.group, self.selected = os.urandom(32), None, None, None
        self.context = b""
        self.asks = self.resumes = self.retried = False
        self.psk = b""
        self.chain_seen = None

    def close(self):
        super().close()
        try:
            self.code = self.program.wait(10)
        except subprocess.TimeoutExpired:
            self.program.kill()
            self.code = "hangs"
        self.out, self.err = self.program.stdout.read(), self.program.stderr.read()
        self.program.stdout.close()
        self.program.stderr.close()

    @staticmethod
    def check(good, what):
        if not good:
            raise Ended("the client is wrong: " + what)

    # ---- hello ----

    def take_hello(self):
        _, body, whole = self.next_message()
        self.check(whole[0] == CLIENT_HELLO, "its first message")
        self.transcript += whole
        try:
            self.hello = Hello.parse(body)
        except ValueError as why:
            raise Ended(f"the client is wrong: {why}") from None
        h = self.hello
        self.check(h.version == TLS12 and h.compression == b"\0", "the hello's constants")
        if h.ext.has(PSK):
            self.check(h.ext[-1][0] == PSK, "pre_shared_key is not last")
        self.hello_bytes = whole
        self.offers = {}
        r = Reader(h.ext.find(KEY_SHARE) or v16(b""))
        r = Reader(r.vec(2))
        while r.left():
            g = r.number(2)
            self.offers[g] = r.vec(2)
        return self

    def server_hello(self, change=same, suite=0x1301, group=None, ext=None, **field):
        """ServerHello of 1.3. `field`: what stands in it: version, random, session_id, compression."""
        self.version, self.suite = TLS13, suite
        self.hash = p.SUITES13[suite][0] if suite in p.SUITES13 else "sha256"
        self.group = group or next(g for g in (X25519, P256, 24, 25) if g in self.offers)
        self.share = Share(self.group)
        if ext is None:
            ext = [(VERSIONS, u16(TLS13)), (KEY_SHARE, u16(self.group) + v16(self.share.public))]
            if self.psk:
                ext.append((PSK, u16(0)))
        m = self.hello_of(suite, ext, **field)
        self.say(change(m))
        return self

    def hello_of(self, suite, ext, version=TLS12, random=None, session_id=None, compression=0, no_extensions=False):
        body = u16(version) + (random or self.random) + v8(self.hello.session_id if session_id is None else session_id)
        body += u16(suite) + u8(compression)
        if not no_extensions:
            body += v16(Extensions(ext).pack())
        return message(SERVER_HELLO, body)

    def retry(self, group=P256, suite=0x1301, more=(), change=same, ext=None, **field):
        """HelloRetryRequest, and the hello that answers it."""
        self.hash = p.SUITES13[suite][0] if suite in p.SUITES13 else "sha256"
        if ext is None:
            ext = [(VERSIONS, u16(TLS13))] + ([(KEY_SHARE, u16(group))] if group else []) + list(more)
        self.first = self.hello
        self.transcript = message(MESSAGE_HASH, p.digest(self.hash, self.transcript))
        self.say(change(self.hello_of(suite, ext, random=RETRY_RANDOM, **field)))
        self.take_hello()
        self.retried = True
        a, b = self.first, self.hello
        self.check((a.random, a.session_id, a.suites) == (b.random, b.session_id, b.suites), "the second hello differs")
        kinds = {KEY_SHARE, 44, 42, PSK, 21}
        self.check([e for e in a.ext if e[0] not in kinds] == [e for e in b.ext if e[0] not in kinds], "the second hello's extensions")
        if group:
            self.check(list(self.offers) == [group], "the second hello's share")
        return self

    # ---- 1.3 ----

    def derive(self, secret, label, messages):
        return p.derive_secret(self.hash, secret, label, p.digest(self.hash, messages))

    def keys13(self):
        shared = self.share.with_peer(self.offers[self.group])
        early = p.hkdf_extract(self.hash, b"", self.psk)
        handshake = p.hkdf_extract(self.hash, self.derive(early, b"derived", b""), shared)
        self.client_hs = self.derive(handshake, b"c hs traffic", self.transcript)
        self.server_hs = self.derive(handshake, b"s hs traffic", self.transcript)
        self.master = p.hkdf_extract(self.hash, self.derive(handshake, b"derived", b""), b"")
        self.write_keys, self.read_keys = Keys13(self.suite, self.server_hs), Keys13(self.suite, self.client_hs)
        return self

    def encrypted_extensions(self, *ext):
        return message(ENCRYPTED_EXTENSIONS, v16(Extensions(ext).pack()))

    def certificate_request(self, *ext, context=b""):
        ext = ext or [(SCHEMES, v16(p.u16s([0x0403, 0x0804, 0x0807])))]
        self.asks = True
        return message(CERTIFICATE_REQUEST, v8(context) + v16(Extensions(ext).pack()))

    def certificate(self, chain=None, context=b"", ext=b""):
        chain = self.chain if chain is None else chain
        return message(CERTIFICATE, v8(context) + v24(b"".join(v24(c) + v16(ext) for c in chain)))

    def certificate_verify(self, scheme=None, says=None, content=None, who=b"server"):
        content = content or p.signed_content(who, p.digest(self.hash, self.transcript))
        scheme = scheme or self.scheme
        return message(CERTIFICATE_VERIFY, u16(scheme if says is None else says) + v16(p.sign(self.key, scheme, content)))

    def finished_of(self, secret):
        key = p.expand_label(self.hash, secret, b"finished", b"", len(secret))
        return p.hmac_of(self.hash, key, p.digest(self.hash, self.transcript))

    def finished(self, change=same):
        self.say(change(message(FINISHED, self.finished_of(self.server_hs))))
        self.client_app = self.derive(self.master, b"c ap traffic", self.transcript)
        self.server_app = self.derive(self.master, b"s ap traffic", self.transcript)
        self.write_keys = Keys13(self.suite, self.server_app)
        return self

    def flight13(self, ee=same, request=None, cert=same, cv=same, fin=same, split=None):
        """From EncryptedExtensions to Finished."""
        self.keys13()
        self.say(ee(self.encrypted_extensions()), split)
        if request is not None:
            self.say(request, split)
        if not self.psk:
            self.say(cert(self.certificate()), split)
            self.say(cv(self.certificate_verify()), split)
        return self.finished(fin)

    def client_flight13(self):
        if self.asks:
            r = self.expect(CERTIFICATE)
            self.check(r.vec(1) == b"", "its certificate's context")
            entries = Reader(r.vec(3))
            self.chain_seen = []
            while entries.left():
                self.chain_seen.append(entries.vec(3))
                entries.vec(2)
            if self.chain_seen:
                before = self.transcript
                r = self.expect(CERTIFICATE_VERIFY)
                scheme = r.number(2)
                p.verify(x509.load_der_x509_certificate(self.chain_seen[0]).public_key(), scheme, r.vec(2),
                         p.signed_content(b"client", p.digest(self.hash, before)))
        want = self.finished_of(self.client_hs)
        self.check(self.expect(FINISHED).b == want, "its Finished")
        self.check(not self.half, "octets left over at a key change")
        self.resumption = self.derive(self.master, b"res master", self.transcript)
        self.read_keys = Keys13(self.suite, self.client_app)
        return self

    def new_ticket(self, lifetime=7200, age_add=b"abcd", nonce=b"\0", ticket=b"a ticket" * 4, ext=b""):
        return message(NEW_TICKET, u32(lifetime) + age_add + v8(nonce) + v16(ticket) + v16(ext))

    def psk_of(self, nonce=b"\0"):
        return p.expand_label(self.hash, self.resumption, b"resumption", nonce, len(self.resumption))

    def check_binder(self):
        """The PSK that the hello offers first: is its binder right?"""
        r = Reader(self.hello.ext.find(PSK))
        ids, binders = r.vec(2), Reader(r.vec(2))
        early = p.hkdf_extract(self.hash, b"", self.psk)
        key = p.expand_label(self.hash, self.derive(early, b"res binder", b""), b"finished", b"", len(p.digest(self.hash)))
        truncated = self.transcript[:-2 - len(binders.b)]
        self.check(binders.vec(1) == p.hmac_of(self.hash, key, p.digest(self.hash, truncated)), "its binder")
        return Reader(ids).vec(2)

    # ---- 1.2 ----

    def server_hello12(self, change=same, suite=0xc02b, ext=None, **field):
        self.version, self.suite = TLS12, suite
        self.hash = p.SUITES12[suite][0] if suite in p.SUITES12 else "sha256"
        if ext is None:
            ext = [(RENEGOTIATION, b"\0"), (EMS, b"")]
        self.ems = any(k == EMS for k, _ in ext)
        if "random" in field:
            self.random = field["random"]
        field.setdefault("session_id", b"")
        self.say(change(self.hello_of(suite, ext, **field)))
        return self

    def certificate12(self, chain=None):
        return message(CERTIFICATE, v24(b"".join(v24(c) for c in (self.chain if chain is None else chain))))

    def key_exchange12(self, scheme=None, says=None, curve=None, kind=3, point=None, content=None):
        self.group = self.group or X25519
        self.share = Share(self.group)
        params = u8(kind) + u16(curve or self.group) + v8(self.share.public if point is None else point)
        scheme = scheme or self.scheme
        signature = p.sign(self.key, scheme, content or self.hello.random + self.random + params)
        return message(KEY_EXCHANGE, params + u16(scheme if says is None else says) + v16(signature))

    def certificate_request12(self, types=b"\x40\1", schemes=(0x0403, 0x0804, 0x0401), names=b""):
        self.asks = True
        return message(CERTIFICATE_REQUEST, v8(types) + v16(p.u16s(schemes)) + v16(names))

    def flight12(self, cert=same, ske=same, request=None, done=same, split=None):
        self.say(cert(self.certificate12()), split)
        if p.SUITES12[self.suite][3] != "transport":
            self.say(ske(self.key_exchange12()), split)
        if request is not None:
            self.say(request, split)
        self.say(done(message(HELLO_DONE, b"")), split)
        return self

    def client_flight12(self):
        """To its Finished."""
        if self.asks:
            r = self.expect(CERTIFICATE)
            chain = Reader(r.vec(3))
            self.chain_seen = []
            while chain.left():
                self.chain_seen.append(chain.vec(3))
        r = self.expect(CLIENT_KEY_EXCHANGE)
        if p.SUITES12[self.suite][3] == "transport":
            from cryptography.hazmat.primitives.asymmetric import padding
            premaster = self.key.decrypt(r.vec(2), padding.PKCS1v15())
            self.check(premaster[:2] == u16(TLS12), "the version in its premaster secret")
        else:
            premaster = self.share.with_peer(r.vec(1))
        if self.ems:
            self.master = p.prf(self.hash, premaster, b"extended master secret", p.digest(self.hash, self.transcript), 48)
        else:
            self.master = p.prf(self.hash, premaster, b"master secret", self.hello.random + self.random, 48)
        if self.asks and self.chain_seen:
            before = self.transcript
            r = self.expect(CERTIFICATE_VERIFY)
            scheme = r.number(2)
            p.verify(x509.load_der_x509_certificate(self.chain_seen[0]).public_key(), scheme, r.vec(2), before)
        return self.change_seen12()

    def change_seen12(self):
        self.next_read, self.next_write = p.key_block(self.suite, self.master, self.hello.random, self.random)
        self.check(not self.half, "octets left over at a key change")
        kind, data = self.next_record()
        if kind == 21:
            self.take_alert(data)
        self.check(kind == CCS and data == b"\1", "ChangeCipherSpec")
        self.read_keys = self.next_read
        want = self.finished12(b"client finished")
        _, _, whole = self.next_message()
        self.check(whole == want, "its Finished")
        self.transcript += whole
        return self

    def finished12(self, label=b"server finished"):
        return message(FINISHED, p.prf(self.hash, self.master, label, p.digest(self.hash, self.transcript), 12))

    def change12(self, fin=same):
        self.ccs()
        self.write_keys = self.next_write
        self.say(fin(self.finished12()))
        return self

    # ---- to the end ----

    def take_post(self, kind, body, whole):
        if kind == KEY_UPDATE and self.version == TLS13:
            self.read_keys = self.read_keys.next()
            self.updates = getattr(self, "updates", 0) + 1
        else:
            raise Ended(f"message {kind} after the handshake")

    def exchange(self):
        """Its data, ours, and both ends in good order."""
        self.check(self.until_data(len(PING)) == PING, "its data")
        self.record(DATA, PONG)
        return self.finally_close()

    def finally_close(self, want=PONG):
        self.alert(1, 0)
        how = self.drained()
        if how != "close_notify":
            return how
        self.close()
        if (self.code, self.out) != (0, want):
            return f"exit {self.code}, {self.out!r}"
        return ("1.3" if self.version == TLS13 else "1.2") + " resumed" * bool(self.psk or self.resumes) + " retried" * self.retried

    def rest13(self):
        return self.client_flight13().exchange()

    def rest12(self):
        return self.client_flight12().change12().exchange()

    def good13(self, **how):
        return self.take_hello().server_hello().flight13(**how)

    def good12(self, **how):
        return self.take_hello().server_hello12().flight12(**how)
