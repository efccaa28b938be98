"""Fixtures: ``livekit_mock``, a running server, and ``livekit_mock_url``, its address.

One server serves the whole run: it keeps no state, since every request says by itself what it wants
to see. To start it with other settings, define the fixture ``livekit_mock_settings``.
"""

from typing import Any, Generator, Iterator, Optional

import pytest

from ._mock import Mock, MockError, Settings

_RUNNING = pytest.StashKey["list[Mock]"]()


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """A test that fails shows its calls and what the server logged; a server that died fails the test."""
    used = isinstance(item, pytest.Function) and "livekit_mock" in item.fixturenames
    mocks = item.config.stash.get(_RUNNING, []) if used else []
    before = [(mock._log.count(), _last(mock)) for mock in mocks]
    try:
        result = yield
    except BaseException as error:
        for mock, (lines, seq) in zip(mocks, before):
            _check(mock, error)
            item.add_report_section("call", "livekit-mock", "\n".join(mock._log.after(lines)))
            if seq is not None:
                item.add_report_section("call", "livekit-mock journey", mock.calls(after=seq).journey)
        raise
    for mock in mocks:
        mock.check()
    return result


def _last(mock: Mock) -> Optional[int]:
    """The number of the last call; none if the server keeps none, or has died."""
    try:
        return mock._journal().last()
    except (OSError, ValueError):
        return None


def _check(mock: Mock, error: BaseException) -> None:
    try:
        mock.check()
    except MockError as gone:
        raise gone from error
