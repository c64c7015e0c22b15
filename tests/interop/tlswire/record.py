# SPDX-License-Identifier: MIT
"""One end of a TLS connection: records and handshake messages over a socket, with nothing checked that a row wants to break."""
import socket

from cryptography.exceptions import InvalidTag

from .primitives import TLS12, Keys13, Reader, u8, u16, u24

CCS, ALERT, HANDSHAKE, DATA, HEARTBEAT = 20, 21, 22, 23, 24
(HELLO_REQUEST, CLIENT_HELLO, SERVER_HELLO, NEW_TICKET, END_OF_EARLY_DATA, ENCRYPTED_EXTENSIONS, CERTIFICATE, KEY_EXCHANGE,
 CERTIFICATE_REQUEST, HELLO_DONE, CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE, FINISHED, CERTIFICATE_STATUS, KEY_UPDATE) = (
     0, 1, 2, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24)
MESSAGE_HASH = 254

ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    40: "handshake_failure", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
    45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied",
    50: "decode_error", 51: "decrypt_error", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 112: "unrecognized_name", 113: "bad_certificate_status_response",
    115: "unknown_psk_identity", 116: "certificate_required", 120: "no_application_protocol",
}


class Ended(Exception):
    """The other side ended it, or says nothing: `how` in a few words."""

    def __init__(self, how):
        super().__init__(how)
        self.how = how


def message(kind, body):
    return u8(kind) + u24(len(body)) + body


class Wire:
    PATIENCE = 3.0
    FATAL = set(ALERTS.values()) - {"close_notify", "user_canceled"}

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(self.PATIENCE)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.got = self.half = b""
        self.write_keys = self.read_keys = None
        self.version = None  # once it is agreed on
        self.transcript = b""
        self.records = []  # (type, octets) of all that came in
        self.data = b""
        self.ccs_seen = 0
        self.camouflage = False  # a ChangeCipherSpec may stand among data: 0-RTT's

    def close(self):
        self.sock.close()

    # ---- out ----

    def raw(self, octets):
        try:
            self.sock.sendall(octets)
        except OSError:
            pass  # what the other side said of it is still to be read

    def plain(self, kind, data, version=TLS12):
        self.raw(u8(kind) + u16(version) + u16(len(data)) + data)

    def record(self, kind, data, **how):
        if self.write_keys is None:
            self.plain(kind, data, **how)
        else:
            self.raw(self.write_keys.seal(kind, data, **how))

    def alert(self, level, number):
        self.record(ALERT, bytes((level, number)))

    def say(self, octets, split=None):
        """Handshake octets, into the transcript, in records of `split` octets."""
        self.transcript += octets
        split = split or 16384
        for i in range(0, len(octets), split):
            self.record(HANDSHAKE, octets[i:i + split])

    def ccs(self):
        self.plain(CCS, b"\1")

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    # ---- in ----

    def _more(self):
        try:
            b = self.sock.recv(65536)
        except socket.timeout:
            raise Ended("silence") from None
        except OSError:
            raise Ended("reset") from None
        if not b:
            raise Ended("fin" if not self.got else "fin inside a record")
        self.got += b

    def next_record(self):
        """(type, data), opened."""
        while len(self.got) < 5 or len(self.got) < 5 + int.from_bytes(self.got[3:5], "big"):
            self._more()
        n = 5 + int.from_bytes(self.got[3:5], "big")
        head, body, self.got = self.got[:5], self.got[5:n], self.got[n:]
        if head[1] != 3:
            raise Ended("a record of version " + head[1:3].hex())
        kind, data = head[0], body
        self.plain_alert = False
        if self.read_keys is not None:
            thirteen = isinstance(self.read_keys, Keys13)
            if thirteen and kind == ALERT and len(body) == 2:
                self.plain_alert = True
            elif not (thirteen and kind == CCS):
                if thirteen and kind != DATA:
                    raise Ended(f"a record of type {kind} that should be encrypted")
                try:
                    kind, data = self.read_keys.open(head, body)
                except InvalidTag:
                    raise Ended("a record that cannot be opened") from None
                except ValueError as why:
                    raise Ended(str(why)) from None
        if len(data) > 16384:
            raise Ended("a record too long")
        self.records.append((kind, len(data)))
        return kind, data

    def take_alert(self, data):
        if len(data) != 2:
            raise Ended(f"an alert of {len(data)} octets")
        name = ALERTS.get(data[1], f"alert {data[1]}")
        if data[1] == 0:
            raise Ended(name if data[0] == 1 else f"close_notify of level {data[0]}")
        if data == b"\1\x5a":
            return  # user_canceled: close_notify must follow, and says it all
        if data[0] == 1:
            raise Ended("warning " + name)
        raise Ended(("plain " if self.plain_alert else "") + name)

    def next_message(self):
        """(type, body, all its octets); not yet in the transcript. CCS is passed over, and counted."""
        while len(self.half) < 4 or len(self.half) < 4 + int.from_bytes(self.half[1:4], "big"):
            kind, data = self.next_record()
            if kind == ALERT:
                self.take_alert(data)
            elif kind == CCS:
                self.ccs_seen += 1
                if data != b"\1":
                    raise Ended("a ChangeCipherSpec with a strange body")
            elif kind == DATA:
                self.data += data
            elif kind == HANDSHAKE:
                if not data:
                    raise Ended("an empty handshake record")
                self.half += data
            else:
                raise Ended(f"a record of type {kind}")
        n = 4 + int.from_bytes(self.half[1:4], "big")
        whole, self.half = self.half[:n], self.half[n:]
        return whole[0], whole[4:], whole

    def expect(self, *kinds):
        """The next message, which must be one of these; into the transcript."""
        kind, body, whole = self.next_message()
        if kind not in kinds:
            raise Ended(f"message {kind} in place of {kinds}")
        self.transcript += whole
        return Reader(body) if len(kinds) == 1 else (kind, Reader(body))

    def until_data(self, n):
        """n octets of data; tickets and the like go to take_post()."""
        while len(self.data) < n:
            kind, data = self.next_record()
            if kind == DATA:
                self.data += data
            elif kind == ALERT:
                self.take_alert(data)
            elif kind == CCS and self.camouflage and data == b"\1":
                self.ccs_seen += 1
            elif kind == HANDSHAKE:
                self.half += data
                while len(self.half) >= 4 and len(self.half) >= 4 + int.from_bytes(self.half[1:4], "big"):
                    self.take_post(*self.next_message())
            else:
                raise Ended(f"a record of type {kind} among data")
        out, self.data = self.data[:n], self.data[n:]
        return out

    def take_post(self, kind, body, whole):
        if kind == KEY_UPDATE:
            self.read_keys = self.read_keys.next()
        else:
            raise Ended(f"message {kind} after the handshake")

    def answer(self):
        """Raises how the stream ends, when nothing more is sent to it."""
        while True:
            kind, data = self.next_record()
            if kind == ALERT:
                self.take_alert(data)
            elif kind == HANDSHAKE and data in (b"\x18\0\0\1\0", b"\x18\0\0\1\1") and isinstance(self.read_keys, Keys13):
                self.read_keys = self.read_keys.next()

    def drained(self):
        try:
            self.answer()
        except Ended as e:
            return e.how
