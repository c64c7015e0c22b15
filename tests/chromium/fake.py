#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plays Chromium's part of DevTools over a pipe; the name it is started by says which part (test_chromium.c)."""
import base64
import json
import os
import struct
import sys
import time
import zlib

PART = os.path.basename(sys.argv[0])
buffered = b""


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height):
    rows = zlib.compress((b"\0" + b"\xff" * 3 * width) * height)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def write(octets, piece=1 << 20):
    while octets:
        octets = octets[os.write(4, octets[:piece]):]


def say(message, piece=1 << 20):
    write(json.dumps(message).encode() + b"\0", piece)


def hear():
    global buffered
    while b"\0" not in buffered:
        octets = os.read(3, 65536)
        if not octets:
            sys.exit(0)
        buffered += octets
    message, buffered = buffered.split(b"\0", 1)
    return json.loads(message)


def request(name, url, method="GET", kind="Image", frame="T", **more):
    return {"method": "Fetch.requestPaused", "params": {
        "requestId": name, "frameId": frame, "resourceType": kind, "request": dict(url=url, method=method, **more)}}


def replies(command):
    """What is said to a command, in the part of a browser that does what it is told."""
    method, params = command["method"], command["params"]
    result = {}
    if method == "Browser.getVersion":
        result = {"product": "Fake/1"}
    elif method == "Target.createTarget":
        result = {"targetId": "T"}
    elif method == "Target.attachToTarget":
        assert params == {"flatten": True, "targetId": "T"}
        result = {"sessionId": "S"}
    elif method == "Page.getLayoutMetrics":
        result = {"cssContentSize": {"x": 0, "y": 0, "width": 300, "height": 1234.5}}
    elif method == "Page.captureScreenshot":
        clip = params["clip"]
        picture = b"GIF89a, says it" * 9 if PART == "notpng" else png(clip["width"], clip["height"])
        result = {"data": base64.b64encode(picture).decode()}
    return [{"id": command["id"], "result": result}]


def until(method, piece=1 << 20):
    """Answers all up to this command, which is answered too."""
    while True:
        command = hear()
        for message in replies(command):
            say(message, piece)
        if command["method"] == method:
            return command


def good():
    url = until("Page.navigate", 1)["params"]["url"]
    say(request("r1", url, kind="Document"), 7)
    answer = until("Fetch.fulfillRequest")["params"]
    assert answer["requestId"] == "r1" and answer["responseCode"] == 200, answer
    assert base64.b64decode(answer["binaryResponseHeaders"]) == b"content-type: text/html\0x-latin: \xe9", answer
    assert base64.b64decode(answer["body"]) == b"<p>hello</p>", answer
    say(request("r2", url + "a.png"))
    # Strings as scripts can make them: half a pair of surrogates, zeros.
    write(json.dumps(request("r3", url + "post", "POST", "XHR", postData="@")).replace("@", "\\ud83dx\\u0000").encode() + b"\0")
    say(request("r4", url + "zero\0.png"))
    reasons = {}
    while len(reasons) < 3:
        params = until("Fetch.failRequest")["params"]
        reasons[params["requestId"]] = params["errorReason"]
    assert reasons == {"r2": "ConnectionRefused", "r3": "BlockedByClient", "r4": "BlockedByClient"}, reasons
    say({"method": "Page.loadEventFired", "sessionId": "S", "params": {}})
    until("Page.captureScreenshot", 1000)


def many():
    until("Page.navigate")
    for i in range(5000):
        say(request(f"r{i}", f"http://a.test/{i}"))
    for i in range(5000 - 4096):
        assert hear()["params"] == {"errorReason": "BlockedByClient", "requestId": f"r{4096 + i}"}
    say({"method": "Inspector.targetCrashed", "sessionId": "S"})
    time.sleep(60)


def unconfirmed():
    """An answer that it cannot take must become a refusal."""
    say(request("r1", until("Page.navigate")["params"]["url"], kind="Document"))
    command = hear()
    assert command["method"] == "Fetch.fulfillRequest"
    say({"id": command["id"], "error": {"code": -32602, "message": "no"}})
    assert until("Fetch.failRequest")["params"]["errorReason"] == "Failed"
    say({"method": "Page.loadEventFired", "sessionId": "S", "params": {}})
    until("Page.captureScreenshot")


def notpng():
    say(request("r1", until("Page.navigate")["params"]["url"], kind="Document"))
    until("Fetch.fulfillRequest")
    say({"method": "Page.loadEventFired", "sessionId": "S", "params": {}})
    until("Page.captureScreenshot")


def dies():
    say(request("r1", until("Page.navigate")["params"]["url"], kind="Document"))
    write(b'{"method": "Fetch.req')
    sys.exit("a bad dream")


def main():
    if PART == "garbage":
        write(b"HTTP/1.1 200 OK\r\n\r\n\0")
    elif PART == "array":
        write(b"[1, 2]\0")
    elif PART == "deep":
        write(b"[" * 100000 + b"\0")
    elif PART == "huge":
        write(b'{"method":"' + b"x" * (17 << 20))
    elif PART == "stranger":
        say({"id": 11, "result": {"data": ""}})
    elif PART == "refuses":
        say({"id": hear()["id"], "error": {"code": -32601, "message": "what's that\u2009?"}})
    elif PART == "names":
        say({"id": hear()["id"], "result": {}})
        hear(), hear()
        say({"id": hear()["id"], "result": {"targetId": "x" * 1000}})
    elif PART == "loads":  # before the page has been asked for: that was another page
        until("Page.navigate")
        say({"method": "Page.loadEventFired", "sessionId": "S", "params": {}})
        until("Page.captureScreenshot")
    elif PART == "download":
        while (command := hear())["method"] != "Page.navigate":
            say(replies(command)[0])
        say({"id": command["id"], "result": {"frameId": "T", "errorText": "net::ERR_ABORTED"}})
    elif PART == "closes":
        until("Page.navigate")
        say({"method": "Target.detachedFromTarget", "params": {"sessionId": "S", "targetId": "T"}})
    elif PART == "early":
        sys.exit("no display")
    elif PART != "silent":
        globals()[PART]()
    time.sleep(60)


main()
