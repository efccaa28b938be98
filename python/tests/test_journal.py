"""The journal from Python, of calls that come over real HTTP."""

import asyncio
import json
import urllib.request
from typing import Any, Iterator
from urllib.error import HTTPError

import pytest
from livekit import api

from livekit_mock import Call, CallFilter, Control, Mock, MockError, NoCall, all_grants

SECRET = "a secret of some length for this"


@pytest.fixture
def mock() -> Iterator[Mock]:
    with Mock(regions=2, auth="strict", api_secret=SECRET) as mock:
        yield mock


def create_room(mock: Mock, region: int = 0, name: str = "lobby", **control: Any) -> None:
    token = mock.token(identity="alice", **all_grants("lobby"), api_key=Control({**control}).api_key)  # type: ignore[typeddict-item]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"{mock.urls[region]}/twirp/livekit.RoomService/CreateRoom"
    request = urllib.request.Request(url, data=json.dumps({"name": name}).encode(), headers=headers)
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except HTTPError as error:
        error.close()


async def test_the_calls_of_the_real_client_are_told(mock: Mock) -> None:
    async with api.LiveKitAPI(mock.url, mock.api_key, mock.api_secret) as client:
        await client.room.create_room(api.CreateRoomRequest(name="lobby", max_participants=2))
        await client.room.list_rooms(api.ListRoomsRequest())
    created, listed = mock.calls(kind="api")
    assert (created["method"], listed["method"]) == ("RoomService/CreateRoom", "RoomService/ListRooms")
    assert created["request"] == {"name": "lobby", "maxParticipants": 2}
    assert (created["outcome"], created["status"], created["response"]["sid"]) == ("answered", 200, "MOCK_SID")
    assert created["caller"]["apiKey"] == mock.api_key


def test_each_filter_counts(mock: Mock) -> None:
    create_room(mock, 0, failRegions=[0], key="mine")
    create_room(mock, 1, failRegions=[0], key="mine")
    create_room(mock, 1, key="another")
    assert [call["seq"] for call in mock.calls()] == [1, 2, 3]
    assert [call["seq"] for call in mock.calls(method="CreateRoom", region=1, key="mine")] == [2]
    assert [call["seq"] for call in mock.calls(outcome="failed", kind="api", ended=True)] == [1]
    assert [call["seq"] for call in mock.calls(call="mine")] == [1, 2]
    assert [call["seq"] for call in mock.calls(limit=1)] == [3]
    assert [call["seq"] for call in mock.calls(after=1)] == [2, 3]
    assert (mock.calls(ended=False), mock.calls(method="ListRooms"), mock.calls().next) == ([], [], 3)


def test_a_wrong_filter_is_refused_in_the_servers_words(mock: Mock) -> None:
    with pytest.raises(MockError, match="outcome must be one of answered, failed"):
        mock.calls(outcome="well")
    with pytest.raises(MockError, match=r'no parameter "metod".*did you mean "method"'):
        mock.wait_for_call(metod="CreateRoom")  # type: ignore[call-arg]


def test_the_server_knows_each_filter(mock: Mock) -> None:
    with pytest.raises(MockError) as refused:
        mock.calls(no_filter=1)  # type: ignore[call-arg]
    known = str(refused.value).split("there are ")[1].split(", ")
    assert sorted(known) == sorted([*CallFilter.__annotations__, "limit"])


def test_a_call_has_no_field_of_which_its_type_does_not_know(mock: Mock) -> None:
    create_room(mock, failRegion=[0], key="mine", delayMs=1)
    assert set(mock.calls()[0]) <= set(Call.__annotations__)


def test_the_text_of_calls_is_their_journey(mock: Mock) -> None:
    create_room(mock, 0, failRegions=[0], key="mine")
    create_room(mock, 1, failRegion=[0], key="mine")
    calls = mock.calls()
    first, second, warning = str(calls).split("\n")
    assert first.startswith("#1 region 0 RoomService/CreateRoom, try 1 of mine: failed 503 after ")
    assert second.startswith("#2 region 1 RoomService/CreateRoom, try 2 of mine: answered 200 after ")
    assert 'did you mean "failRegions"' in warning and warning.startswith("    warning: ")
    assert repr(calls) == f"[{first}; {second}]"
    assert str(mock.calls(region=5)) == "no calls"


def test_calls_that_are_no_longer_kept_are_counted() -> None:
    with Mock(regions=1, journal=2) as mock:
        for _ in range(5):
            create_room(mock)
        calls = mock.calls()
        assert ([call["seq"] for call in calls], calls.lost) == ([4, 5], 3)


def test_a_call_that_came_already_is_not_waited_for(mock: Mock) -> None:
    create_room(mock, 1)
    assert mock.wait_for_call(method="CreateRoom", region=1, timeout=0)["seq"] == 1


async def test_a_call_that_comes_later_is_waited_for(mock: Mock) -> None:
    create_room(mock, 1, name="early")
    waiting = asyncio.ensure_future(mock.wait_for_call_async(method="CreateRoom", after=1, timeout=20))
    async with api.LiveKitAPI(mock.url, mock.api_key, mock.api_secret) as client:
        await client.room.list_rooms(api.ListRoomsRequest())
        await client.room.create_room(api.CreateRoomRequest(name="late"))
    assert (await waiting)["request"] == {"name": "late"}


def test_an_end_is_waited_for(mock: Mock) -> None:
    create_room(mock, delayMs=150)
    call = mock.wait_for_call(ended=True, outcome="answered")
    assert call["tookMs"] >= call["waitMs"] == 150


async def test_a_wait_can_be_given_up(mock: Mock) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(mock.wait_for_call_async(timeout=60), 0.1)


def test_what_came_instead_is_told(mock: Mock) -> None:
    create_room(mock, 1, key="mine")
    with pytest.raises(NoCall) as missed:
        mock.wait_for_call(method="ListRooms", region=1, timeout=0.1)
    first, second = str(missed.value).split("\n")
    assert first == "no call with method='ListRooms', region=1 came within 0.1 s; these came:"
    assert second.startswith("#1 region 1 RoomService/CreateRoom, try 1 of mine: answered 200")
    with pytest.raises(AssertionError, match=r"after=1 came within 0 s; these came:\nno calls"):
        mock.wait_for_call(after=1, timeout=0)


def test_secrets_are_not_told(mock: Mock) -> None:
    token = mock.token(**all_grants("lobby"))
    urllib.request.urlopen(f"{mock.url}/rtc/validate?access_token={token}", timeout=5).close()
    create_room(mock, name=SECRET, key="mine")
    with pytest.raises(NoCall) as missed:
        mock.wait_for_call(method="ListRooms", timeout=0)
    calls = mock.calls()
    assert len(calls) == 2
    for text in [json.dumps(calls), str(calls), repr(calls), str(missed.value)]:
        assert SECRET not in text and "eyJ" not in text


def test_where_regions_are_advertised_elsewhere_the_journal_is_read_here() -> None:
    with Mock(regions=1, bind="0.0.0.0", advertise_host="https://livekit.example.com") as mock:
        assert mock.calls() == []


def test_there_is_no_journal_without_a_server(mock: Mock) -> None:
    with Mock(regions=1, journal=0) as silent, pytest.raises(MockError, match="keeps no calls"):
        silent.calls()
    with pytest.raises(MockError, match="does not run"):
        silent.calls()
