"""The signalling, as far as the tests of compression need it."""

import base64
import gzip
import hashlib
import hmac
import json
import time
from urllib.parse import urlencode


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    low = bytearray()
    while value > 0x7F:
        low.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*low, value])


def request(number: int, metadata: bytes) -> bytes:
    """A SignalRequest, update_metadata: it is answered with its id, which comes last in it."""
    return _field(15, _field(1, metadata) + _field(4, number))


def identifier(message: bytes) -> int | None:
    """The id of a request, which is its last field, or nothing where it is no whole request."""
    return message[-1] if message[-2:-1] == _varint(4 << 3) else None


def answer(to: int) -> bytes:
    """The SignalResponse to that: request_response with the id and the reason OK, which goes unsaid."""
    return _field(22, _field(1, to))


def _segment(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def token() -> str:
    claims = {"iss": "devkey", "sub": "alice", "exp": int(time.time()) + 600, "video": {"roomJoin": True, "room": "my-room"}}
    said = ".".join(_segment(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
    return f"{said}.{_segment(hmac.digest(b'secret', said.encode(), hashlib.sha256))}"


def target(metadata: bytes = b"") -> str:
    """The path to ask for; the server's first message says this metadata back."""
    joining = gzip.compress(_field(3, metadata), mtime=0)
    wrapped = _field(1, 1) + _field(2, joining)
    return "/rtc/v1?" + urlencode({"access_token": token(), "join_request": base64.urlsafe_b64encode(wrapped).decode()})
