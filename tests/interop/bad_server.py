# SPDX-License-Identifier: MIT
"""Servers that go wrong, each in a way of its own: what get.sh and page.sh make theirs of. They answer over IPv4 and IPv6."""
import socket
import struct
import threading
import time


def serve(answers, port=9000):
    """An answer is called with each connection to its port; the first has this port. Does not return."""
    for i, answer in enumerate(answers):
        s = socket.create_server(("", port + i), family=socket.AF_INET6, dualstack_ipv6=True, backlog=50)
        threading.Thread(target=accept, args=(s, answer), daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def accept(s, answer):
    while True:
        threading.Thread(target=safely, args=(answer, s.accept()[0]), daemon=True).start()


def safely(answer, c):
    try:
        answer(c)
    except OSError:
        pass  # it has heard enough of us


def read(c):
    """A request's head, or all there is."""
    got = b""
    while b"\r\n\r\n" not in got:
        more = c.recv(4096)
        if not more:
            return
        got += more


def reset(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    c.close()


# ---- ways to go wrong ----

def reset_hello(c):
    c.recv(100)
    reset(c)


def reset_request(c):
    read(c)
    reset(c)


def mute(c):
    read(c)
    time.sleep(60)


def mute_at_once(c):
    c.recv(4096)
    time.sleep(60)


def not_http(c):
    c.sendall(b"220 mail.example ESMTP\r\n\r\n")
    time.sleep(1)
    c.close()


def nothing(c):
    read(c)
    c.close()
