"""The runner's own decisions, without a server: what is a ready line, a result, a table, a hosts entry."""

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from . import document, hosts, pins, registries, results
from .behaviours import BEHAVIOURS, CLIENTS, NETWORK, ROOMS, SIMULATED, Client
from .client import run, stopping
from .pins import PINS, Pin, PinError, Unreachable
from .server import ports_of

REGIONS = [
    {"index": 1, "name": "region-1", "address": "127.0.0.1:40002", "url": "http://mock.livekit.cloud:40002"},
    {"index": 0, "name": "region-0", "address": "127.0.0.1:40001", "url": "http://mock.livekit.cloud:40001"},
]


def line(behaviour: str, **changes: str) -> str:
    entry = {"client": "python", "package": "p", "version": "1", "behaviour": behaviour, "result": "works"}
    return json.dumps(entry | changes)


PYTHON = CLIENTS[0]
ALL = "\n".join([*map(line, BEHAVIOURS), *(line(behaviour, does="0 → 1, same id: answered") for behaviour in NETWORK)])


class ReadyLine(unittest.TestCase):
    def test_regions_at_the_top_in_fields_and_as_a_string(self) -> None:
        for entry in (
            {"message": "ready", "regions": REGIONS},
            {"fields": {"message": "ready", "regions": REGIONS}},
            {"fields": {"message": "ready", "regions": json.dumps(REGIONS)}},
            {"regions": [{"port": 40001}, {"port": 40002}]},
            {"regions": [{"url": "http://127.0.0.1:40001"}, {"url": "http://127.0.0.1:40002"}]},
        ):
            self.assertEqual(ports_of(json.dumps(entry)), [40001, 40002])

    def test_other_lines(self) -> None:
        for text in ("", "listening", "[1]", '{"message":"listening"}', '{"regions":[]}', '{"regions":"none"}', '{"regions":[0]}'):
            self.assertIsNone(ports_of(text), text)


class Results(unittest.TestCase):
    def test_every_behaviour_once(self) -> None:
        found, problems = results.parse(PYTHON, ALL)
        self.assertEqual([r.behaviour for r in found], [*BEHAVIOURS, *NETWORK])
        self.assertEqual(problems, [])

    def test_kept_lines_read_back_the_same(self) -> None:
        found, _ = results.parse(PYTHON, ALL)
        self.assertEqual(results.parse(PYTHON, results.dump(found)), (found, []))

    def test_a_missing_behaviour_is_a_problem(self) -> None:
        _, problems = results.parse(PYTHON, ALL.replace(line("pinned"), ""))
        self.assertTrue(any("pinned was not reported" in problem for problem in problems), problems)

    def test_bad_lines_are_problems(self) -> None:
        for bad in (
            line("methods"),  # a second time
            line("methods", client="node"),
            line("no-such-behaviour"),
            line("methods", result="skipped"),
            line("methods", result="lacks"),
            line("methods", result="wrong"),
            line("methods", version=""),
            line("methods", does="0 → 1"),  # no words where there is a verdict
            line("net-reset"),
            line("net-reset", does="x" * 81),
            "no json",
            '{"client":"python"}',
        ):
            self.assertNotEqual(results.parse(PYTHON, ALL + "\n" + bad)[1], [], bad)


class OverHttps(unittest.TestCase):
    def test_what_is_another_there_is_named(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        found, _ = results.parse(PYTHON, ALL)
        (folder / "python.jsonl").write_text(results.dump(found))
        self.assertEqual(results.same_over_https(PYTHON, found, folder), (len(found), []))
        other, _ = results.parse(PYTHON, ALL.replace(line("methods"), line("methods", note="another")))
        same, problems = results.same_over_https(PYTHON, other, folder)
        self.assertEqual((same, len(problems)), (len(found) - 1, 1))
        self.assertIn("methods", problems[0])

    def test_some_are_not_asked_everything_there(self) -> None:
        rust = next(client for client in CLIENTS if client.id == "rust")
        self.assertEqual((rust.over_https.asked, PYTHON.over_https.asked), (BEHAVIOURS, PYTHON.asked))

    def test_the_document_says_who_was_run(self) -> None:
        markdown = document.markdown({}, {"python": 25})
        self.assertIn("| `python` | Python | `SSL_CERT_FILE` | 25 of 25 |", markdown)
        self.assertNotIn("| `go` |", markdown)


class Document(unittest.TestCase):
    def test_table_and_notes(self) -> None:
        text = ALL.replace(line("methods"), line("methods", result="wrong", note="it errs"))
        markdown = document.markdown({"python": results.parse(PYTHON, text)[0]}, {})
        self.assertIn("| `methods` | **wrong** |", markdown)
        self.assertIn("- `methods`: **wrong**. it errs", markdown)
        self.assertIn("| `pinned` | works |", markdown)

    def test_what_a_client_does_is_told_in_words(self) -> None:
        text = ALL.replace(
            line("net-truncate", does="0 → 1, same id: answered"), line("net-truncate", result="wrong", note="it errs", does="0: half a room")
        )
        markdown = document.markdown({"python": results.parse(PYTHON, text)[0]}, {})
        self.assertIn("| `net-reset` | 0 → 1, same id: answered |", markdown)
        self.assertIn("| `net-truncate` | **wrong**: 0: half a room |", markdown)

    def test_behaviours_with_one_note_share_its_line(self) -> None:
        text = ALL
        for behaviour in ("pinned", "deadline"):
            text = text.replace(line(behaviour), line(behaviour, note="by hand"))
        markdown = document.markdown({"python": results.parse(PYTHON, text)[0]}, {})
        self.assertIn("- `pinned`, `deadline`: by hand\n", markdown)

    def test_what_was_not_reported_is_failed(self) -> None:
        self.assertEqual(document.terminal({"python": []}).count("FAILED"), len(BEHAVIOURS) + len(NETWORK))

    def test_what_a_client_is_not_asked_for_is_no_failure(self) -> None:
        self.assertEqual(document.terminal({"rooms-python": []}).count("FAILED"), len(ROOMS))
        told = document.terminal({"rooms-browser": [], "rooms-python": []})
        self.assertEqual(told.count("FAILED"), 2 * len(ROOMS) + len(SIMULATED))


class Pins(unittest.TestCase):
    def test_every_pin_is_where_it_says(self) -> None:
        for pin in PINS:
            self.assertRegex(pins.pinned(pin), r"^\d+\.\d+", pin)

    def test_a_pin_that_is_gone(self) -> None:
        for pin in (Pin("npm", "no-such-package", "conformance/node/package.json"), Pin("go", "a", "no/go.mod")):
            with self.assertRaisesRegex(PinError, pin.file):
                pins.pinned(pin)

    def test_what_is_behind(self) -> None:
        for version, newest in (("1.9.0", "1.10.0"), ("0.13", "0.13.1"), ("v2.17.0", "2.19.0")):
            self.assertTrue(pins.behind(version, newest), (version, newest))
        for version, newest in (("1.10.0", "1.9.0"), ("1.0", "1.0.0"), ("2.19.0", "v2.19.0"), ("2.0.0", "2.0.0-rc.1")):
            self.assertFalse(pins.behind(version, newest), (version, newest))

    def report(self, newest: dict[str, str]) -> tuple[list[str], int]:
        def ask(_registry: str, package: str) -> str:
            if package not in newest:
                raise Unreachable("no answer")
            return newest[package]

        some = (Pin("npm", "livekit-client", "package.json"), Pin("pip", "livekit-api", "requirements.in"))
        root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (root / "package.json").write_text('{"dependencies": {"livekit-client": "2.23.0"}}')
        (root / "requirements.in").write_text("# the client\nlivekit-api==1.2.2\n")
        return pins.report(some, ask, root)

    def test_a_line_a_pin_and_the_exit_code(self) -> None:
        lines, code = self.report({"livekit-client": "2.23.0", "livekit-api": "1.2.2"})
        self.assertEqual((len(lines), code), (2, 0))
        lines, code = self.report({"livekit-client": "2.24.0", "livekit-api": "1.2.2"})
        self.assertEqual(lines[0], "livekit-client in package.json: pinned 2.23.0, newest 2.24.0, behind")
        self.assertEqual(code, 1)
        lines, code = self.report({"livekit-client": "2.24.0"})
        self.assertEqual(lines[1], "livekit-api in requirements.in: pinned 1.2.2, unknown: no answer")
        self.assertEqual(code, 2)

    def test_what_the_clients_of_the_registries_print(self) -> None:
        for registry, package, output, version in (
            ("go", "example.com/sdk/v2", "v2.19.0\n", "2.19.0"),
            ("cargo", "livekit-api", "livekit-api\nversion: 0.10.0\nlicense: Apache-2.0\n", "0.10.0"),
            ("cargo", "livekit-api", "version: 0.9.0 (latest 0.10.0)\n", "0.10.0"),
            ("pip", "livekit-api", "livekit-api (1.2.2)\nAvailable versions: 1.2.2, 1.2.1\n", "1.2.2"),
            ("npm", "livekit-client", "2.23.0\n", "2.23.0"),
            ("maven", "io.livekit:livekit-server", "[INFO]   io.livekit:livekit-server ........... 0 -> 0.13.0\n", "0.13.0"),
            ("maven", "io.livekit:livekit-server", "[INFO]   io.livekit:livekit-server ...\n[INFO]      0 -> 0.13.0\n", "0.13.0"),
        ):
            self.assertEqual(registries.answer(registry, package, output), version, output)
            self.assertIsNone(registries.answer(registry, package, "nothing of the kind\n"), registry)

    def test_every_registry_can_be_asked(self) -> None:
        self.assertEqual({pin.registry for pin in PINS}, set(registries.READERS))
        for pin in PINS:
            self.assertTrue(registries.command(pin.registry, pin.package))

    def test_a_registry_without_an_answer(self) -> None:
        with mock.patch.object(registries, "command", lambda *_: ["sh", "-c", "echo no route >&2; exit 3"]):
            with self.assertRaisesRegex(Unreachable, "exit code 3: no route"):
                registries.newest("npm", "livekit-client")
        with mock.patch.object(registries, "command", lambda *_: ["no-such-program"]):
            with self.assertRaisesRegex(Unreachable, "no-such-program is not on this machine"):
                registries.newest("npm", "livekit-client")


class Hosts(unittest.TestCase):
    def test_what_maps_the_name(self) -> None:
        self.assertTrue(hosts.maps_to_loopback("127.0.0.1 localhost\n127.0.0.1\tmock.livekit.cloud # for tests\n"))
        for text in ("", "127.0.0.1 localhost\n", "# 127.0.0.1 mock.livekit.cloud\n", "10.0.0.1 mock.livekit.cloud\n", "127.0.0.1 xmock.livekit.cloud\n"):
            self.assertFalse(hosts.maps_to_loopback(text), text)


class Clients(unittest.TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_script(self, script: str, seconds: int = 10) -> str | None:
        path = self.folder / "run"
        path.write_text("#!/bin/sh\n" + script)
        path.chmod(0o755)
        return run(Client("fake", "Fake", ()), self.folder, dict(os.environ), seconds)

    def test_ids_are_folder_names(self) -> None:
        self.assertEqual(len({client.id for client in CLIENTS}), len(CLIENTS))

    def test_exit_codes(self) -> None:
        self.assertIsNone(self.run_script("exit 0"))
        self.assertIn("exit code 3", self.run_script("exit 3") or "")

    def test_a_client_past_its_bound_ends_with_what_it_started(self) -> None:
        child = self.folder / "child"
        problem = self.run_script(f"sleep 60 & echo $! >{child}; wait", seconds=1)
        self.assertIn("after 1 s", problem or "")
        pid = int(child.read_text())
        state = Path(f"/proc/{pid}/stat")
        self.assertTrue(not state.exists() or state.read_text().split()[2] == "Z", f"{pid} is still running")

    def test_clients_end_with_the_runner(self) -> None:
        self.addCleanup(stopping.clear)
        stopping.set()
        self.assertIn("with the runner", self.run_script("sleep 60") or "")


if __name__ == "__main__":
    unittest.main()
