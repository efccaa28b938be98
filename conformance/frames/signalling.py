"""The few messages that this client sends and tells apart, by the field numbers of `SignalRequest` and `SignalResponse`."""

import base64
import hashlib
import hmac
import json
import os
import time

from websocket import BINARY, CLOSE, END, PONG, Frame

FIRST, SECOND = 1_700_000_000_001, 1_700_000_000_002  # timestamps of the pings, in ms

RESPONSES = {1: "join", 8: "leave", 18: "pong", 20: "pong_resp"}


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def read_varint(data: bytes, at: int = 0) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def ping(timestamp: int) -> bytes:
    return varint(14 << 3) + varint(timestamp)  # SignalRequest.ping, an int64


def ping_req(timestamp: int) -> bytes:
    inner = varint(1 << 3) + varint(timestamp)  # Ping.timestamp
    return varint(16 << 3 | 2) + varint(len(inner)) + inner  # SignalRequest.ping_req


def kind(frame: Frame) -> str:
    """What a frame is: the field of a message, with the echoed timestamp of a `pong_resp`; code and reason of a close."""
    opcode, payload = frame
    if opcode == END:
        return "end"
    if opcode == CLOSE:
        return f"close {int.from_bytes(payload[:2])} {payload[2:].decode()}"
    if opcode == PONG:
        return f"websocket pong {payload.decode()}"
    assert opcode == BINARY, f"opcode {opcode}"
    tag, at = read_varint(payload)
    name = RESPONSES.get(tag >> 3, f"field {tag >> 3}")
    return f"{name} {_echoed(payload, at)}" if name == "pong_resp" else name


def _echoed(payload: bytes, at: int) -> int:
    """Pong.last_ping_timestamp, its first field; before it stands the message's length."""
    _, at = read_varint(payload, at)
    tag, at = read_varint(payload, at)
    assert tag == 1 << 3, "the echoed timestamp is the first field"
    return read_varint(payload, at)[0]


def token(control: dict) -> str:
    """A participant's token with this control as its attribute `lk.mock`."""
    now = int(time.time())
    claims = {
        "iss": os.environ["LKM_API_KEY"],
        "sub": "alice",
        "exp": now + 600,
        "video": {"room": "studio", "roomJoin": True},
        "attributes": {"lk.mock": json.dumps(control)},
    }
    signed = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(claims)}"
    mac = hmac.digest(os.environ["LKM_API_SECRET"].encode(), signed.encode(), hashlib.sha256)
    return f"{signed}.{_base64url(mac)}"


def _part(value: dict) -> str:
    return _base64url(json.dumps(value).encode())


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
