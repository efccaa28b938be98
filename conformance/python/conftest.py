"""Reports a behaviour once every test that is marked with it has passed. A skipped test is not a passed one."""

import json
from importlib.metadata import version

import pytest
from findings import DOES, FINDINGS
from support import RESULTS

PACKAGE = "livekit-api"
tests: dict[str, set[str]] = {}
passed: set[str] = set()
unsound: set[str] = set()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("behaviour")
        if mark is None:
            raise pytest.UsageError(f"{item.nodeid} has no behaviour mark")
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
            entry = {"client": "python", "package": PACKAGE, "version": version(PACKAGE), "behaviour": behaviour, "result": result}
            words = {"note": note, "does": DOES.get(behaviour)}
            results.write(json.dumps(entry | {name: text for name, text in words.items() if text}, ensure_ascii=False) + "\n")
