"""A server to test, and both ends of a WebSocket by `websockets`: a strict client, and a server to compare with."""

import os
import shutil
import socket
import tempfile
import unittest
import zlib
from pathlib import Path
from typing import ClassVar

from runner.server import Server
from signalling import answer, identifier, target
from websockets.client import ClientProtocol
from websockets.datastructures import Headers
from websockets.exceptions import InvalidHeader
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Close, Frame
from websockets.frames import Opcode as Op
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.uri import parse_uri

MEBIBYTE = 1 << 20
PATIENCE = 20  # seconds: longer than anything that is waited for
LAST = b"the last ping"
# A handshake's key and its answer, from RFC 6455.
KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
TAIL = b"\x00\x00\xff\xff"

# Bytes that are not compressed by themselves, twice, 8 KiB apart: a window of 13 bits and less can't see the first.
NOISE = zlib.compress(bytes(range(256)) * 4)[10:] + b"".join(zlib.crc32(bytes([n % 256, n // 256])).to_bytes(4) for n in range(2048))
DISTANT = NOISE.hex().encode()[: 8 << 10] * 2


class TestWithServer(unittest.TestCase):
    port: ClassVar[int]

    @classmethod
    def setUpClass(cls) -> None:
        folder = Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, folder)
        server = Server(os.environ["LIVEKIT_MOCK_BIN"], folder / "log")
        cls.port = cls.enterClassContext(server).ports[0]


# === What is negotiated ===

Parameters = dict[str, str | None]


def _parameters(header: str | None) -> Parameters | None:
    """A header of one extension; what it says without need is left out."""
    if header is None:
        return None
    name, *rest = (part.strip() for part in header.split(";"))
    assert name == "permessage-deflate", header
    parameters = {key: value or None for key, _, value in (part.partition("=") for part in rest)}
    # No limit is the same as this one.
    if parameters.get("client_max_window_bits") == "15":
        del parameters["client_max_window_bits"]
    return parameters


def reference_negotiates(offers: list[str]) -> Parameters | None:
    """What `websockets` answers to these headers, as a server that keeps no context either."""
    factory = ServerPerMessageDeflateFactory(server_no_context_takeover=True, client_no_context_takeover=True)
    headers = Headers([("Sec-WebSocket-Extensions", offer) for offer in offers])
    return _parameters(ServerProtocol(extensions=[factory]).process_extensions(headers)[0])


def reference_refuses(offer: str) -> bool:
    """Whether `websockets` takes no handshake that offers this."""
    try:
        reference_negotiates([offer])
    except InvalidHeader:
        return True
    return False


# === What is heard ===

Heard = list[tuple[str, int | bytes | None]]


class Raw:
    """A connection that sends whatever it is told to, and reads as strictly as `websockets` does."""

    def __init__(self, port: int, *offers: str):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        lines = [
            *(f"GET {target()} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Connection: Upgrade", "Upgrade: websocket"),
            *("Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}"),
            *(f"Sec-WebSocket-Extensions: {offer}" for offer in offers),
        ]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._read()
        head, _, rest = data.partition(b"\r\n\r\n")
        status, *fields = head.decode().split("\r\n")
        assert status.startswith("HTTP/1.1 101 "), head
        headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
        assert headers["sec-websocket-accept"] == ACCEPT, head
        self.agreed = _parameters(headers.get("sec-websocket-extensions"))
        self._protocol = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN, max_size=None)
        if self.agreed is not None:
            bits = int(self.agreed.get("server_max_window_bits") or 15)
            self._protocol.extensions = [PerMessageDeflate(True, True, bits, 15)]
        self._protocol.receive_data(rest)
        self._waiting: list[Frame] = []
        assert self._next().opcode is Op.BINARY, "no join"

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def heard(self, frames: list[bytes]) -> Heard:
        """What is answered to these frames, until the connection is closed or has nothing more to say."""
        self.socket.sendall(b"".join(frames) + frame(Op.PING, LAST))
        heard: Heard = []
        while True:
            came = self._next()
            if came.opcode is Op.PONG and bytes(came.data) == LAST:
                return heard
            heard.append(_heard(came))
            if came.opcode is Op.CLOSE:
                assert self._read() == b"", "TCP goes on after a close frame"
                return heard

    def _next(self) -> Frame:
        while not self._waiting:
            self._waiting = [event for event in self._protocol.events_received() if isinstance(event, Frame)]
            if self._protocol.parser_exc:
                raise self._protocol.parser_exc
            if not self._waiting:
                data = self._read()
                assert data, "TCP ended without a close frame"
                self._protocol.receive_data(data)
        return self._waiting.pop(0)

    def _read(self) -> bytes:
        return self.socket.recv(1 << 16)


def reference_hears(frames: list[bytes]) -> Heard:
    """What a server of `websockets` answers to these frames, with the signalling on top."""
    server = ServerProtocol(state=State.OPEN, max_size=MEBIBYTE)
    server.extensions = [PerMessageDeflate(True, True, 15, 15)]
    server.receive_data(b"".join(frames))
    heard: Heard = []
    text, message = False, b""
    for event in server.events_received():
        assert isinstance(event, Frame)
        if event.opcode is Op.PING:
            heard.append(("pong", bytes(event.data)))
        if event.opcode in (Op.TEXT, Op.BINARY):
            text, message = event.opcode is Op.TEXT, b""
        if event.opcode in (Op.TEXT, Op.BINARY, Op.CONT):
            message += event.data
            if event.fin and not text and (known := identifier(message)):
                heard.append(("answer", known))
    client = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
    client.receive_data(b"".join(server.data_to_send()))
    closes = [event for event in client.events_received() if isinstance(event, Frame) and event.opcode is Op.CLOSE]
    return heard + [_heard(close) for close in closes]


def _heard(came: Frame) -> tuple[str, int | bytes | None]:
    data = bytes(came.data)
    if came.opcode is Op.BINARY:
        assert data == answer(data[-1]), data
        return ("answer", data[-1])
    if came.opcode is Op.PONG:
        return ("pong", data)
    assert came.opcode is Op.CLOSE, came
    return ("close", Close.parse(data).code)


# === What is sent ===


def frame(opcode: int, data: bytes, *, fin: bool = True, rsv: int = 0) -> bytes:
    """A masked frame, right or wrong. RSV1 is 0x40."""
    length = len(data)
    sizes = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2) if length < 1 << 16 else b"\xff" + length.to_bytes(8)
    # A mask of zeros changes nothing; what masks are is tested elsewhere.
    return bytes([(0x80 if fin else 0) | rsv | opcode]) + sizes + bytes(4) + data


def deflated(data: bytes, *, level: int = 6, bits: int = 15, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    encoder = zlib.compressobj(level, zlib.DEFLATED, -bits, 8, strategy)
    return (encoder.compress(data) + encoder.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL)


def binary(data: bytes) -> bytes:
    """A compressed message in one frame."""
    return frame(Op.BINARY, data, rsv=0x40)


def parted(data: bytes, size: int, opcode: int = Op.BINARY) -> list[bytes]:
    """A compressed message in parts."""
    starts = range(0, len(data), size)
    return [frame(Op.CONT if start else opcode, data[start : start + size], fin=start == starts[-1], rsv=0 if start else 0x40) for start in starts]
