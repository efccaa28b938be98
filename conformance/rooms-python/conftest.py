"""Reports a behaviour once every test that is marked with it has passed. A skipped test is not a passed one."""

import json
from importlib.metadata import version

import pytest
from findings import FINDINGS
from support import BEHAVIOURS, RESULTS

PACKAGE = "livekit"
tests: dict[str, set[str]] = {}
passed: set[str] = set()
unsound: set[str] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("behaviour")
        if mark is None or mark.args[0] not in BEHAVIOURS:
            raise pytest.UsageError(f"{item.nodeid} has no mark with a behaviour of conformance/rooms.json")
        tests.setdefault(mark.args[0], set()).add(item.nodeid)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call" and report.outcome == "passed":
        passed.add(report.nodeid)
    elif report.outcome != "passed":
        unsound.add(report.nodeid)


def pytest_sessionfinish() -> None:
    with open(RESULTS, "a", encoding="utf-8") as results:
        for behaviour, names in tests.items():
            if not names <= passed - unsound:
                continue
            result, note = FINDINGS.get(behaviour, ("works", ""))
            entry = {"client": "rooms-python", "package": PACKAGE, "version": version(PACKAGE), "behaviour": behaviour, "result": result}
            results.write(json.dumps(entry | ({"note": note} if note else {}), ensure_ascii=False) + "\n")
