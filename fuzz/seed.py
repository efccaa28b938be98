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
FIELDS = (HERE / "../src/control/fields.rs").read_text()
CHOICES = (HERE / "../src/control/choice.rs").read_text()


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


def fail_modes():
    names = re.search(r'VALUES: &\'static \[&\'static str\] =\s*&\[("status".*?)\];', CHOICES, re.S)
    return re.findall(r'"(\w+)"', names[1])


def controls():
    """What no recorded case holds: every field beyond the reference, each as it is meant and at its edges."""
    modes = fail_modes()
    values = {
        "failMode": [*modes, "RESET", "rst"],
        "regionsMode": [*modes, "Hang", ""],
        "failMessage": ["no such room", "", "é\u2028\n"],
        "failMeta": [{"retry": "no", "": ""}, {"a": 1}],
        "failHeaders": [
            {"Retry-After": "2", "X-Other": "é"},
            {"Content-Length": "9", "x-lk-mock-region": "1", "Content-Type": "a/b", "a b": "c", "Line": "a\r\nb: c"},
            {f"x-{number}": "" for number in range(33)},
        ],
        "failBody": ["<html><body>502 Bad Gateway</body></html>", "plain", ""],
        "failContentType": ["text/html; charset=utf-8", "", "tëxt", "a\r\nb: c"],
        "dripMs": [1500, 0, -1],
        "failTimes": [0, 1, 4294967295, 4294967296, -1],
        "failRate": [0, 0.5, 1, 1e-7, -0.0, 1.5],
        "seed": ["today", "", 7, -1, 2**63],
        "key": ["test-1", "", "a\nb"],
        "delayJitterMs": [100, 0, -1, 2**63 - 1],
        "futureField": [True],
        "auth": ["strict", "lenient", "off", "none"],
        "strict": [False],
        "sipTransfer": [{"reason": "STR_REJECTED", "id": "STR_1", "code": 486, "status": "Busy"}],
        "advertise": [["http://10.0.0.1:9999", "http://10.0.0.2:9999"]],
        "signal": ["no_pong"],
        "leaveAction": ["RESUME", 2],
        "script": [[{"send": {"leave": {}}}]],
        "v1": [False],
        "protocol": [18, 99],
        "rtc": [False, True],
    }
    whole = {"failRegions": [0, 1], "failStatus": 502, "failTwirpCode": "internal", "delayMs": 10, "regionsStatus": 500}
    whole |= {"response": {}, "skipAuth": True, "sipStatus": {"code": 486}, "pinnedRegions": ["region-0"]}
    seeds = [{name: value, "failRegions": [0]} for name, given in values.items() for value in given]
    seeds += [whole | {name: given[0] for name, given in values.items()} | {"failMode": mode} for mode in modes]
    missing = set(re.findall(r'^        json: "(\w+)"', FIELDS, re.M)) - set(seeds[-1])
    if missing:
        raise SystemExit(f"fuzz/seed.py: no seed holds {', '.join(sorted(missing))}: add a value to controls()")
    for control in seeds:
        text = json.dumps(control, ensure_ascii=False, separators=(",", ":")).encode()
        for target in ("control", "key", "attribute"):
            seed(target, text)
        seed("key", b64url(text))
    for mode in (*modes, "RESET", "rst", ""):
        lines = f"-fail-regions:0, 1\n-fail-mode:{mode}\n-fail-status:502\n-fail-twirp-code:internal\n-delay-ms:10"
        seed("legacy", lines.encode())
        # A control beside the older headers, whose fields win.
        seed("legacy", f'-fail-mode:{mode}\n:{{"failMode":"drip","dripMs":5,"failTimes":2,"key":"k"}}'.encode())


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


def rtc():
    head = b"\0\x01\0\0\x21\x12\xa4\x42" + bytes(12)
    software, name = b"\x80\x22\0\x01x\0\0\0", b"\0\x06\0\x05ab:cd\0\0\0"
    for attributes in (b"", name, software + name, name[:6], b"\0\x06\xff\xff", software * 20):
        seed("rtc", b"\x01" + head + attributes)
    seed("rtc", b"\x01\x16\xfe\xfd" + bytes(10))
    session = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
    audio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\na=msid:x y\r\na=ssrc:1 cname:z\r\n"
    codecs = "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\na=rtcp-fb:111 transport-cc\r\n"
    codecs += "a=rtpmap:9 G722/8000\r\n"
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\na=sctp-port:5000\r\n"
    for sdp in ("", session, session + audio, session + audio + codecs + data, audio, session + audio[:-2]):
        seed("rtc", b"\0" + sdp.encode())


from_cases()
controls()
http1()
tokens()
signalling()
rtc()
