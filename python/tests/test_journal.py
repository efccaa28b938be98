"""What happened, from Python."""

import json
import threading
import urllib.error
import urllib.request
from typing import Any, Dict, Iterator, Optional

import pytest

import livekit_mock
from livekit_mock import Control, Mock

CREATE_ROOM = "/twirp/livekit.RoomService/CreateRoom"


def post(mock: Mock, region: int, control: Optional[Dict[str, Any]] = None, path: str = CREATE_ROOM) -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {mock.token(video={'roomCreate': True})}"}
    if control is not None:
        headers["X-Lk-Mock"] = json.dumps(control)
    url = f"http://127.0.0.1:{mock.ports[region]}{path}"
    try:
        urllib.request.urlopen(urllib.request.Request(url, b'{"name":"lobby"}', headers), timeout=10)
    except urllib.error.HTTPError:
        pass


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock(regions=2) as mock:
        yield mock


def test_a_call_that_fails_over_leaves_its_journey(mock: Mock) -> None:
    for region in (0, 1):
        post(mock, region, {"failRegions": [0], "key": "one"})
    calls = mock.calls(method="CreateRoom", key="one")
    assert [(call["region"], call["attempt"], call["outcome"], call["status"]) for call in calls] == [
        (0, 1, "failed", 503),
        (1, 2, "answered", 200),
    ]
    assert calls[1]["request"] == {"name": "lobby"}
    assert calls[1]["caller"]["identity"] == "mock-user"
    lines = calls.journey.splitlines()
    assert lines[0].startswith("#1 region 0 RoomService/CreateRoom, try 1 of one: failed 503 after ")
    assert repr(calls) == f"<{'; '.join(lines)}>" and repr(mock.calls(key="two")) == "<no calls>"


def test_calls_are_found_by_what_they_are(mock: Mock) -> None:
    post(mock, 0)
    post(mock, 1, {"key": "mine"})
    urllib.request.urlopen(f"{mock.url}/settings/regions", timeout=10)
    for filters, found in [
        ({}, [1, 2, 3]),
        ({"region": 0}, [1, 3]),
        ({"key": "mine"}, [2]),
        ({"call": "mine"}, [2]),
        ({"kind": "regions"}, [3]),
        ({"outcome": "failed"}, []),
        ({"ended": True}, [1, 2, 3]),
        ({"after": 1}, [2, 3]),
        ({"limit": 1}, [3]),
    ]:
        calls = mock.calls(**filters)  # type: ignore[arg-type]
        assert [call["seq"] for call in calls] == found, filters
    with pytest.raises(ValueError, match="kind must be one of api, regions"):
        mock.calls(kind="apy")


def test_a_call_is_waited_for(mock: Mock) -> None:
    calling = threading.Thread(target=post, args=(mock, 1, {"key": "late", "delayMs": 200}))
    calling.start()
    assert "tookMs" not in mock.wait_for_call(key="late")
    assert mock.wait_for_call(key="late", ended=True)["tookMs"] >= 200
    calling.join()
    assert mock.wait_for_call(key="late")["seq"] == 1, "it has come before"


def test_a_wait_in_vain_says_what_came(mock: Mock) -> None:
    post(mock, 0)
    with pytest.raises(TimeoutError, match="no such call came within 0.1 s; these came:\n#1 region 0 RoomService/CreateRoom"):
        mock.wait_for_call(method="DeleteRoom", timeout=0.1)


def test_only_the_last_are_kept_and_none_if_none_are_wanted() -> None:
    with Mock(regions=1, journal=2) as mock:
        for _ in range(3):
            post(mock, 0)
        assert [call["seq"] for call in mock.calls()] == [2, 3]
    with Mock(regions=1, journal=0) as mock, pytest.raises(ValueError, match="keeps no calls"):
        mock.calls()


def test_nothing_secret_is_in_it() -> None:
    secret = "Kq7vT2mXw9Lr4NfZ8bPd"
    with Mock(regions=1, api_secret=secret) as mock:
        key = Control(key="mine").api_key
        token = mock.token(api_key=key)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        body = json.dumps({"name": secret, "metadata": token}).encode()
        urllib.request.urlopen(urllib.request.Request(mock.url + CREATE_ROOM, body, {**headers, "X-Lk-Mock": '{"auth":"off"}'}), timeout=10)
        shown = json.dumps(mock.calls()) + mock.calls().journey
        assert '"mine"' in shown
        assert secret not in shown and "apiKey" not in shown
        assert not any(part in shown for part in token.split("."))


def test_a_server_that_is_not_started_says_so() -> None:
    with pytest.raises(livekit_mock.MockError, match="not started"):
        Mock().calls()


def test_a_failing_test_shows_its_own_journey(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import urllib.request

        def call(mock, key):
            request = urllib.request.Request(mock.url + "/twirp/livekit.RoomService/ListRooms", b"{}")
            request.add_header("X-Lk-Mock", '{"key":"%s"}' % key)
            urllib.request.urlopen(request, timeout=5)

        def test_before(livekit_mock):
            call(livekit_mock, "before")

        def test_it(livekit_mock):
            call(livekit_mock, "mine")
            assert len(livekit_mock.calls(key="mine")) == 2
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*Captured livekit-mock journey call*",
            "#2 region 0 RoomService/ListRooms, try 1 of mine: answered 200 after * ms",
        ]
    )
    assert "of before:" not in result.stdout.str()
