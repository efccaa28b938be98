#!/usr/bin/env python3
"""Writes the first inputs of every fuzz target, out of the recorded cases, into fuzz/corpus/."""

import base64
import gzip
import hashlib
import json
import pathlib
import re
import struct

HERE = pathlib.Path(__file__).parent
CASES = [json.loads(line) for line in (HERE / "../tests/cases/recorded.jsonl").read_text().splitlines()]
SCENARIOS = (HERE / "../src/signal/scenario.rs").read_text()


def seed(target, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def frame(first, payload, mask=b"\x01\x02\x03\x04"):
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    short = len(payload) < 126
    head = bytes([first, 0x80 | len(payload)]) if short else struct.pack(">BBH", first, 0xFE, len(payload))
    return head + mask + masked


def from_cases():
    for case in CASES:
        old = []
        for name, value in case["headers"].items():
            name, value = name.lower(), value.encode("utf-8", "surrogateescape")
            if name == "x-lk-mock":
                for target in ("control", "key", "attribute"):
                    seed(target, value)
                try:
                    response = json.loads(value).get("response")
                except (ValueError, AttributeError):
                    response = None
                if response is not None:
                    for number in range(0, 256, 16):
                        seed("body", bytes([number, 2]) + json.dumps(response).encode())
            elif name.startswith("x-lk-mock-"):
                old.append(name.removeprefix("x-lk-mock").encode() + b":" + value)
        if old:
            seed("legacy", b"\n".join(old))
        body = base64.b64decode(case["body"])
        as_json = "json" in case["headers"].get("Content-Type", "")
        # The methods by their place in the sorted list are not known here: the fuzzer finds the right one.
        number = int(hashlib.sha1(case["path"].encode()).hexdigest()[:2], 16)
        seed("body", bytes([number, as_json]) + body)


def tokens():
    header = b64url(b'{"alg":"HS256","typ":"JWT"}')
    claims = {"iss": "devkey", "sub": "someone", "exp": 9999999999, "video": {"roomJoin": True, "room": "r"}}
    for more in ({}, {"attributes": {"lk.mock": '{"signal":"no_pong"}'}}, {"exp": 1}, {"nbf": 9999999999}):
        seed("token", header + b"." + b64url(json.dumps(claims | more).encode()) + b".c2lnbmF0dXJl")
    for token in (b"test-token", b"", b"a.b.c", b"..", b"e30.e30."):
        seed("token", token)


def signalling():
    for script in re.findall(r'r#"(.*?)"#', SCENARIOS):
        seed("script", script.encode())
        seed("attribute", b'{"script":' + script.encode() + b"}")
    for name in re.findall(r'^    \("(\w+)"', SCENARIOS, re.M):
        seed("attribute", json.dumps({"signal": name, "leaveAction": "RESUME"}).encode())
    request = field(3, b"metadata") + field(4, field(1, b"a") + field(2, b"b")) + b"\x38\x01"
    seed("join_request", request)
    for wrapped in (field(2, request), b"\x08\x01" + field(2, gzip.compress(request))):
        seed("join_request", b64url(wrapped))
        seed("join_request", base64.b64encode(wrapped))
    ping, leave = b"\x70\x01", b"\x42\x00"
    for message in (ping, leave, field(15, b"\x1a\x01m"), field(16, b"\x08\x01")):
        seed("websocket", b"\0" + frame(0x82, message))
    halves = frame(0x02, ping[:1]) + frame(0x89, b"p") + frame(0x80, ping[1:])
    seed("websocket", b"\0" + halves + frame(0x88, b"\x03\xe8bye"))
    seed("websocket", b"\0" + frame(0x81, b"text") + frame(0x82, bytes(200)))
    seed("websocket", b"\x01" + frame(0xC2, b"\xcaH\xcd\xc9\xc9\x07\x00"))


def http1():
    for request in (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /twirp//livekit.RoomService/%43reateRoom?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
        b"GET http://x/rtc HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"3\r\nabc\r\n0A ;x=\"y\"\r\n0123456789\r\n000\r\nT: v\r\n\r\n",
    ):
        seed("http1", b"\x03" + request)


from_cases()
http1()
tokens()
signalling()
