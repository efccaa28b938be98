"""A WebSocket as this client needs it: every frame as it comes, and the end of TCP as one of them."""

import base64
import os
import socket
import ssl
import struct
from urllib.parse import urlsplit

BINARY, CLOSE, PING, PONG = 2, 8, 9, 10
END = -1  # no frame: TCP has ended, in order or by a reset
PATIENCE = 10  # seconds

Frame = tuple[int, bytes]


class Socket:
    def __init__(self, url: str, target: str) -> None:
        where = urlsplit(url)
        self._tcp = socket.create_connection((where.hostname, where.port), PATIENCE)
        self._tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if where.scheme == "https":
            self._tcp = ssl.create_default_context().wrap_socket(self._tcp, server_hostname=where.hostname)
        self._read = b""
        self._upgrade(where.netloc, target)

    def _upgrade(self, host: str, target: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        head = (f"GET {target} HTTP/1.1", f"Host: {host}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}")
        self._tcp.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        while b"\r\n\r\n" not in self._read:
            self._more()
        answer, _, self._read = self._read.partition(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 101 "), answer.decode("latin-1")

    def _more(self) -> None:
        chunk = self._tcp.recv(65536)
        if not chunk:
            raise EOFError
        self._read += chunk

    def _take(self, count: int) -> bytes:
        while len(self._read) < count:
            self._more()
        taken, self._read = self._read[:count], self._read[count:]
        return taken

    def next(self) -> Frame:
        """The next frame; the server neither masks nor fragments here."""
        try:
            first, length = self._take(2)
            if length == 126:
                (length,) = struct.unpack(">H", self._take(2))
            assert first & 0x80 and length < 126 or length <= 0xFFFF, f"a frame that begins with {first:#x} {length:#x}"
            return first & 0x0F, self._take(length)
        except (EOFError, ConnectionError, ssl.SSLEOFError):
            return END, b""

    def send(self, payload: bytes, opcode: int = BINARY) -> None:
        """One frame, masked with zeros: that is a mask too."""
        assert len(payload) < 126
        self._tcp.sendall(bytes((0x80 | opcode, 0x80 | len(payload))) + bytes(4) + payload)

    def close(self) -> None:
        self._tcp.close()
