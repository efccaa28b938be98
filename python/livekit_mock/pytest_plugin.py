"""Fixtures: ``livekit_mock``, a running server, ``livekit_mock_url``, its address, and ``livekit_mock_key``, a
name for the calls of one test.

One server serves the whole run: nothing that one test does changes what another sees, since every request
says by itself what it wants to see. To start it with other settings, define the fixture
``livekit_mock_settings``.
"""

from typing import Any, Dict, Generator, Iterator, List, Optional
from uuid import uuid4

import pytest

from ._mock import Mock, MockError, Settings

_RUNNING = pytest.StashKey["list[Mock]"]()
# What each server had done when a test began.
_BEGUN = pytest.StashKey["Dict[Mock, _Begun]"]()


class _Begun:
    """How far a server's log and its journal were."""

    def __init__(self, mock: Mock) -> None:
        self.lines = mock._log.count()
        try:
            self.calls = mock.calls(limit=0).next
        except MockError:
            self.calls = 0  # It has died, or keeps no journal; the end of the test tells.


@pytest.fixture(scope="session")
def livekit_mock_settings() -> Settings:
    """What the server of this run is started with; override it in a conftest.py."""
    return {}


@pytest.fixture(scope="session")
def livekit_mock(request: pytest.FixtureRequest, livekit_mock_settings: Settings) -> Iterator[Mock]:
    """A LiveKit server with four regions on free ports of loopback."""
    with Mock(**livekit_mock_settings) as mock:
        running = request.config.stash.setdefault(_RUNNING, [])
        running.append(mock)
        yield mock
        running.remove(mock)


@pytest.fixture(scope="session")
def livekit_mock_url(livekit_mock: Mock) -> str:
    """The URL of the server's region 0, to be given to a client."""
    return livekit_mock.url


@pytest.fixture
def livekit_mock_key(request: pytest.FixtureRequest) -> str:
    """A name of this test alone: ``Control(key=livekit_mock_key)`` marks its calls.

    ``livekit_mock.calls(key=livekit_mock_key)`` are then its own, also where other tests run at the same time.
    """
    return f"{request.node.name}-{uuid4().hex[:8]}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remembers where the test begins, before its fixtures call anything."""
    if _uses_the_mock(item):
        item.stash[_BEGUN] = {mock: _Begun(mock) for mock in _running(item)}
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test that fails shows its calls and what the server logged; a server that died fails the test."""
    mocks = _running(item) if _uses_the_mock(item) else []
    try:
        result = yield
    except BaseException as error:
        for mock in mocks:
            _check(mock, error)
            if not isinstance(error, pytest.skip.Exception):
                _report(item, mock)
        raise
    for mock in mocks:
        mock.check()
    return result


def _running(item: pytest.Item) -> List[Mock]:
    mocks: List[Mock] = item.config.stash.get(_RUNNING, [])
    return list(mocks)


def _uses_the_mock(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "livekit_mock" in item.fixturenames


def _report(item: pytest.Item, mock: Mock) -> None:
    """Adds what the server got and said since the test began; one that was started for it, since its start."""
    begun = item.stash.get(_BEGUN, {}).get(mock)
    item.add_report_section("call", "livekit-mock", _journey(item, mock, begun.calls if begun else 0))
    lines = mock._log.after(begun.lines if begun else 0)
    item.add_report_section("call", "livekit-mock log", "\n".join(lines))


def _journey(item: pytest.Item, mock: Mock, after: int) -> str:
    key = _key(item)
    try:
        calls = mock.calls(after=after) if key is None else mock.calls(after=after, key=key)
    except MockError as error:
        return str(error)
    which = "since the test began" if key is None else f"with the key {key}, since the test began"
    lost = [f"({calls.lost} earlier calls are no longer kept)"] if calls.lost else []
    return "\n".join([f"The calls {which}:", *lost, calls.journey()])


def _key(item: pytest.Item) -> Optional[str]:
    """The test's own key, if it uses one."""
    key = item.funcargs.get("livekit_mock_key") if isinstance(item, pytest.Function) else None
    return key if isinstance(key, str) else None


def _check(mock: Mock, error: BaseException) -> None:
    try:
        mock.check()
    except MockError as gone:
        raise gone from error
