"""`websockets` as a strict client of permessage-deflate, with every parameter and length."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from peers import DISTANT, MEBIBYTE, NOISE, PATIENCE, TestWithServer, frame
from signalling import answer, request, target
from websockets.exceptions import ConnectionClosed
from websockets.extensions.base import Extension
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, PerMessageDeflate
from websockets.frames import Frame
from websockets.frames import Opcode as Op
from websockets.sync.client import connect
from websockets.typing import ExtensionParameter


class Watched(ClientPerMessageDeflateFactory):
    """Keeps which of the server's messages came compressed."""

    def process_response_params(self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]) -> PerMessageDeflate:
        extension = super().process_response_params(params, accepted_extensions)
        self.compressed: list[bool] = []
        decode = extension.decode

        def watched(came: Frame, **options: Any) -> Frame:
            if came.opcode is Op.BINARY:
                self.compressed.append(came.rsv1)
            return decode(came, **options)

        extension.decode = watched  # type: ignore
        return extension


class StrictClient(TestWithServer):
    def test_every_combination_with_a_strict_client(self) -> None:
        combinations = list(itertools.product([False, True], [False, True], [None, *range(8, 16)], [None, True, *range(9, 16)]))
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda combination: self.talk(Watched(*combination)), combinations))
        for combination, compressed in zip(combinations, found, strict=True):
            with self.subTest(combination):
                # zlib has no window of 8 bits; for one that is smaller than its own the server sends plain frames.
                bits = combination[2]
                expected = None if bits == 8 else [bits in (None, 15), False, False, False, False]
                self.assertEqual(compressed, expected)

    def talk(self, factory: Watched) -> list[bool] | None:
        """Which messages came compressed, if compression was agreed on; all of them must be right."""
        uri = f"ws://127.0.0.1:{self.port}{target(DISTANT)}"
        with connect(uri, extensions=[factory], compression=None, proxy=None) as websocket:
            self.assertIn(DISTANT, websocket.recv(PATIENCE, decode=False))
            message = request(1, DISTANT)
            # Twice the same: what is said before must not be needed. Then in parts, and so small that it does not pay.
            for sent in (message, message, [message[:5000], b"", message[5000:]], request(1, b"")):
                websocket.send(sent)
                self.assertEqual(websocket.recv(PATIENCE), answer(1))
            self.assertTrue(websocket.ping().wait(PATIENCE))
            websocket.close(1001)
            self.assertEqual(websocket.close_code, 1001)
        return factory.compressed if websocket.protocol.extensions else None

    def test_messages_of_the_server_of_any_length(self) -> None:
        for length in (0, 100, 125, 126, 127, 30_000, 65_536, MEBIBYTE - 64):
            for kind, text in (("runs", b"m" * length), ("noise", (NOISE.hex().encode() * (length // 8192 + 1))[:length])):
                with self.subTest(length=length, kind=kind):
                    factory = Watched()
                    uri = f"ws://127.0.0.1:{self.port}{target(text)}"
                    with connect(uri, extensions=[factory], compression=None, proxy=None, max_size=None) as websocket:
                        self.assertIn(text, websocket.recv(PATIENCE, decode=False))
                    self.assertEqual(factory.compressed, [True])

    def test_messages_of_the_client_of_any_length(self) -> None:
        factory = Watched()
        uri = f"ws://127.0.0.1:{self.port}{target()}"
        with connect(uri, extensions=[factory], compression=None, proxy=None) as websocket:
            websocket.recv(PATIENCE)
            for length in (0, 100, 125, 126, 127, 65_535, 65_536, MEBIBYTE - 64):
                message = request(2, b"m" * length)
                for sent in (message, [message[start : start + 1000] for start in range(0, len(message), 1000)]):
                    websocket.send(sent)
                    self.assertEqual(websocket.recv(PATIENCE), answer(2))

    def test_a_violation_reaches_a_strict_client_as_a_close(self) -> None:
        with connect(f"ws://127.0.0.1:{self.port}{target()}", extensions=[Watched()], compression=None, proxy=None) as websocket:
            websocket.recv(PATIENCE)
            websocket.socket.sendall(frame(Op.PING, b"x", rsv=0x40))
            with self.assertRaises(ConnectionClosed) as closed:
                websocket.recv(PATIENCE)
        close = closed.exception.rcvd
        assert close is not None
        self.assertEqual(close.code, 1002)
        self.assertNotEqual(close.reason, "")
