"""What is agreed on for each offer of permessage-deflate, held against `websockets`."""

import itertools
from concurrent.futures import ThreadPoolExecutor

from peers import Parameters, Raw, TestWithServer, reference_negotiates, reference_refuses


class Negotiation(TestWithServer):
    def test_every_offer_is_answered_as_by_websockets(self) -> None:
        flags = (["", "; server_no_context_takeover"], ["", "; client_no_context_takeover"])
        server_bits = ["", *(f"; server_max_window_bits={bits}" for bits in range(8, 16))]
        client_bits = ["", "; client_max_window_bits", *(f"; client_max_window_bits={bits}" for bits in range(8, 16))]
        offers = ["permessage-deflate" + "".join(parts) for parts in itertools.product(*flags, server_bits, client_bits)]
        self.assertEqual(len(offers), 2 * 2 * 9 * 10)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(self.negotiates, offers))
        for offer, agreed in zip(offers, answers, strict=True):
            with self.subTest(offer):
                self.assertEqual(agreed, reference_negotiates([offer]))

    def test_offers_that_are_none_and_several_at_once(self) -> None:
        rows: list[list[str]] = [
            *(
                [f"permessage-deflate; {parameter}"]
                for parameter in (
                    "unknown",
                    "unknown=1",
                    "server_no_context_takeover=1",
                    "client_no_context_takeover=true",
                    "server_no_context_takeover; server_no_context_takeover",
                    "client_no_context_takeover; client_no_context_takeover",
                    "server_max_window_bits",
                    "server_max_window_bits=7",
                    "server_max_window_bits=16",
                    "server_max_window_bits=010",
                    "server_max_window_bits=+9",
                    "server_max_window_bits=x",
                    "server_max_window_bits=10; server_max_window_bits=10",
                    'server_max_window_bits="10"',
                    "client_max_window_bits=7",
                    "client_max_window_bits=16",
                    "client_max_window_bits=09",
                    "client_max_window_bits; client_max_window_bits",
                    'client_max_window_bits="9"',
                )
            ),
            ["permessage-deflate;client_max_window_bits"],
            ["permessage-deflate  ;  client_max_window_bits  =  10"],
            ["permessage-deflate\t;\tserver_no_context_takeover"],
            ["x-webkit-deflate-frame"],
            ["permessage-bzip2, permessage-deflate"],
            ["permessage-deflate, permessage-deflate; client_max_window_bits=9"],
            ["permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=12, permessage-deflate"],
            ["permessage-deflate; unknown, permessage-deflate; client_max_window_bits=12"],
            ["permessage-deflate; unknown", "permessage-deflate; server_max_window_bits=11"],
            ["permessage-bzip2", "permessage-deflate"],
            [],
        ]
        for offers in rows:
            with self.subTest(offers):
                self.assertEqual(self.negotiates(*offers), reference_negotiates(offers))

    def test_an_offer_that_is_no_header_is_passed_over(self) -> None:
        """`websockets` refuses such a handshake; the mock serves on, without compression, as if it had not been offered."""
        for offer in (
            "permessage-deflate;",
            "permessage-deflate; =1",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate client_max_window_bits",
            'permessage-deflate; server_max_window_bits="10',
        ):
            with self.subTest(offer):
                self.assertTrue(reference_refuses(offer))
                self.assertIsNone(self.negotiates(offer))

    def negotiates(self, *offers: str) -> Parameters | None:
        with Raw(self.port, *offers) as raw:
            return raw.agreed
