"""Compressed frames as they stand, right and wrong, to the mock and to a server of `websockets`: the classes 12 and
13 of Autobahn's suite, and what they leave out.

Where the mock does otherwise than `websockets`, and may, the row says how and why.
"""

import itertools
import zlib

from peers import DISTANT, MEBIBYTE, TAIL, Heard, Raw, TestWithServer, binary, deflated, frame, parted, reference_hears
from signalling import request
from websockets.frames import Opcode as Op


class Frames(TestWithServer):
    def check(self, rows: dict[str, tuple[list[bytes], Heard]], otherwise: dict[str, tuple[Heard, str]] | None = None) -> None:
        for name, (frames, expected) in rows.items():
            with self.subTest(name), Raw(self.port, "permessage-deflate; client_max_window_bits") as raw:
                self.assertEqual(raw.heard(frames), expected, "the mock")
                theirs, why = (otherwise or {}).get(name, (expected, "both do the same"))
                self.assertEqual(reference_hears(frames), theirs, f"websockets, where {why}")

    def test_every_way_to_deflate(self) -> None:
        message = request(1, DISTANT)
        ways = itertools.product(range(10), range(9, 16), (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED))
        frames = [binary(deflated(message, level=level, bits=bits, strategy=strategy)) for level, bits, strategy in ways]
        self.check({"levels, windows, strategies": (frames, [("answer", 1)] * len(frames))})

    def test_sound_messages(self) -> None:
        message = request(1, b"m" * 300)
        data = deflated(message)
        answered: Heard = [("answer", 1)]
        finished = [zlib.compress(part, wbits=-15) for part in (message, message[:200], message[200:])]
        stored = b"\x00" + len(message).to_bytes(2, "little") + (0xFFFF - len(message)).to_bytes(2, "little") + message
        encoder = zlib.compressobj(wbits=-15)
        blocks = b"".join(encoder.compress(message[at : at + 50]) + encoder.flush(zlib.Z_SYNC_FLUSH) for at in range(0, len(message), 50))
        pinged = parted(data, 5)
        pinged.insert(1, frame(Op.PING, b"between"))
        plain = [frame(Op.BINARY, message[:100], fin=False), frame(Op.CONT, message[100:])]
        rows: dict[str, tuple[list[bytes], Heard]] = {
            "one frame": ([binary(data)], answered),
            **{f"parts of {size} bytes": (parted(data, size), answered) for size in (1, 2, 7)},
            "a ping between the parts": (pinged, [("pong", b"between"), *answered]),
            "empty parts": (
                [
                    frame(Op.BINARY, b"", fin=False, rsv=0x40),
                    *[frame(Op.CONT, b"", fin=False)] * 2,
                    frame(Op.CONT, data, fin=False),
                    frame(Op.CONT, b""),
                ],
                answered,
            ),
            "a block that is stored": ([binary(stored + b"\x00")], answered),
            "a block a part of the message": ([binary(blocks.removesuffix(TAIL))], answered),
            "a block with its end": ([binary(blocks)], answered),
            "a final block": ([binary(finished[0] + b"\x00")], answered),
            "nothing, deflated": ([binary(b"\x00")], []),
            "a plain message": ([frame(Op.BINARY, message)], answered),
            "a plain message in parts": (plain, answered),
            "plain and compressed by turns": (
                [binary(data), frame(Op.BINARY, request(2, b"")), binary(deflated(request(3, b"")))],
                [("answer", 1), ("answer", 2), ("answer", 3)],
            ),
            "a text": ([frame(Op.TEXT, deflated("κόσμε".encode()), rsv=0x40)], []),
            "a text in parts": (parted(deflated("κόσμε".encode()), 1, Op.TEXT), []),
            "a message cut short": ([binary(data[:9])], []),
            "two final blocks": ([binary(finished[1] + finished[2] + b"\x00")], answered),
        }
        self.check(rows, {"two final blocks": ([], "it drops what follows the first, though RFC 7692 allows it")})

    def test_broken_messages(self) -> None:
        data = deflated(request(1, b"m" * 300))
        opened = frame(Op.BINARY, data[:9], fin=False, rsv=0x40)
        plain = frame(Op.BINARY, b"plain", fin=False)
        context = zlib.compressobj(wbits=-15)
        kept = [(context.compress(request(1, DISTANT)) + context.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL) for _ in range(2)]
        refused: Heard = [("close", 1002)]
        undecodable: Heard = [("close", 1007)]
        code = "the RFC names no code for it; 1007 is also what ws of Node.js sends"
        self.check(
            {
                "RSV1 on a continuation": ([opened, frame(Op.CONT, data[9:], rsv=0x40)], refused),
                "RSV1 on a plain message's continuation": ([plain, frame(Op.CONT, b"x", rsv=0x40)], refused),
                "RSV1 on a ping": ([frame(Op.PING, b"x", rsv=0x40)], refused),
                "RSV1 on a pong": ([frame(Op.PONG, b"x", rsv=0x40)], refused),
                "RSV1 on a close frame": ([frame(Op.CLOSE, b"\x03\xe8", rsv=0x40)], refused),
                "RSV2 beside it": ([frame(Op.BINARY, data, rsv=0x60)], refused),
                "RSV3 beside it": ([frame(Op.BINARY, data, rsv=0x50)], refused),
                "a message in a message": ([opened, binary(data)], refused),
                "no deflate": ([binary(b"\xff" * 9)], undecodable),
                "no deflate in the second part": (
                    [frame(Op.BINARY, b"\x00\x05\x00\xfa\xffhello", fin=False, rsv=0x40), frame(Op.CONT, b"\xff" * 9)],
                    undecodable,
                ),
                "a stored block whose length is wrong": ([binary(b"\x00\x05\x00\x00\x00hello\x00")], undecodable),
                "a distance before the beginning": ([binary(b"\x4b\x04\xa2\x00\x00")], undecodable),
                "context that was kept in spite of the agreement": ([binary(kept[0]), binary(kept[1])], [("answer", 1), *undecodable]),
                "a text that is none": ([frame(Op.TEXT, deflated(b"\xfe\xff"), rsv=0x40)], undecodable),
            },
            {
                "no deflate": (refused, code),
                "no deflate in the second part": (refused, code),
                "a stored block whose length is wrong": (refused, code),
                "a distance before the beginning": (refused, code),
                "context that was kept in spite of the agreement": ([("answer", 1), *refused], code),
                "a text that is none": ([], "it leaves text to the layer above"),
            },
        )

    def test_more_than_the_agreed_window_is_understood(self) -> None:
        """The mock inflates with a whole window whatever was agreed on."""
        with Raw(self.port, "permessage-deflate; client_max_window_bits=9") as raw:
            self.assertEqual((raw.agreed or {}).get("client_max_window_bits"), "9")
            self.assertEqual(raw.heard([binary(deflated(request(1, DISTANT)))]), [("answer", 1)])

    def test_limits(self) -> None:
        def filled(size: int) -> bytes:
            return next(found for found in (request(1, b"m" * (size - around)) for around in range(20)) if len(found) == size)

        largest = deflated(filled(MEBIBYTE))
        too_large: Heard = [("close", 1009)]
        bomb = deflated(bytes(64 * MEBIBYTE))
        stored = deflated(filled(MEBIBYTE), level=0)
        self.assertGreater(len(stored), MEBIBYTE)
        self.check(
            {
                "a mebibyte": ([binary(largest)], [("answer", 1)]),
                "a mebibyte in parts": (parted(largest, 100), [("answer", 1)]),
                "a byte more": ([binary(deflated(bytes(MEBIBYTE + 1)))], too_large),
                "a byte more in parts": (parted(deflated(bytes(MEBIBYTE + 1)), 100), too_large),
                "a byte more of text": ([frame(Op.TEXT, deflated(b"t" * (MEBIBYTE + 1)), rsv=0x40)], too_large),
                "64 mebibytes": ([binary(bomb)], too_large),
                "64 mebibytes in parts": (parted(bomb, 10_000), too_large),
                "a mebibyte that has grown by its deflation": ([binary(stored)], too_large),
            },
        )
