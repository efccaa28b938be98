"""The runner's own decisions, without a server: what is a ready line, a result, a table, a hosts entry."""

import json
import os
import tempfile
import unittest
from pathlib import Path

from . import document, hosts, results
from .behaviours import BEHAVIOURS, CLIENTS, Client
from .client import run
from .server import ports_of

REGIONS = [
    {"index": 1, "name": "region-1", "address": "127.0.0.1:40002", "url": "http://mock.livekit.cloud:40002"},
    {"index": 0, "name": "region-0", "address": "127.0.0.1:40001", "url": "http://mock.livekit.cloud:40001"},
]


def line(behaviour: str, **changes: str) -> str:
    entry = {"client": "python", "package": "p", "version": "1", "behaviour": behaviour, "result": "works"}
    return json.dumps(entry | changes)


PYTHON = CLIENTS[0]
ALL = "\n".join(map(line, BEHAVIOURS))


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
        self.assertEqual([r.behaviour for r in found], list(BEHAVIOURS))
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
            "no json",
            '{"client":"python"}',
        ):
            self.assertNotEqual(results.parse(PYTHON, ALL + "\n" + bad)[1], [], bad)


class Document(unittest.TestCase):
    def test_table_and_notes(self) -> None:
        text = ALL.replace(line("methods"), line("methods", result="wrong", note="it errs"))
        markdown = document.markdown({"python": results.parse(PYTHON, text)[0]})
        self.assertIn("| `methods` | **wrong** |", markdown)
        self.assertIn("- `methods`: **wrong**. it errs", markdown)
        self.assertIn("| `pinned` | works |", markdown)

    def test_behaviours_with_one_note_share_its_line(self) -> None:
        text = ALL
        for behaviour in ("pinned", "deadline"):
            text = text.replace(line(behaviour), line(behaviour, note="by hand"))
        markdown = document.markdown({"python": results.parse(PYTHON, text)[0]})
        self.assertIn("- `pinned`, `deadline`: by hand\n", markdown)

    def test_what_was_not_reported_is_failed(self) -> None:
        self.assertEqual(document.terminal({"python": []}).count("FAILED"), len(BEHAVIOURS))


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


if __name__ == "__main__":
    unittest.main()
