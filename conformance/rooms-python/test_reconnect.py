"""The connection is lost, and comes back or does not."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from livekit import rtc
from support import URL, WAYS, both_ways, connections, events, in_room, options, say, token, user

CONNECTED, RECONNECTING = rtc.ConnectionState.CONN_CONNECTED, rtc.ConnectionState.CONN_RECONNECTING

AGAIN = [{"greet": {}}, {"expect": "connected"}, {"expectData": "user"}]
# Until the client has resumed, which takes it three seconds, it sends no ping; so the pongs come by themselves.
RESUMED = [{"greet": {}}, *[{"wait": 1000}, {"send": {"pongResp": {}}}] * 2, {"expectData": "user"}, user("back")]


def told_to(action: str) -> dict:
    leave = {"send": {"leave": {"action": action, "reason": "SERVER_SHUTDOWN"}}}
    return {"script": [{"onReconnect": RESUMED}, *AGAIN, user("seen"), {"expectData": "user"}, leave]}


@pytest.mark.parametrize(
    ("action", "last"),
    [
        pytest.param("RESUME", b"back", marks=pytest.mark.behaviour("room-leave-resume")),
        pytest.param("RECONNECT", b"seen", marks=pytest.mark.behaviour("room-leave-reconnect")),
    ],
)
@both_ways
async def test_told_to_leave(single: bool, action: str, last: bytes) -> None:
    async with in_room(told_to(action), single) as (room, key):
        heard, told = events(room, "data_received"), events(room, "reconnecting", "reconnected")
        await say(room, "are you there?")
        assert (await heard.get())[1].data == b"seen"
        await say(room, "leave")
        assert [await told.get(), await told.get()] == [("reconnecting",), ("reconnected",)]
        assert room.connection_state == CONNECTED
        await say(room, "and now?")
        assert (await heard.get())[1].data == last
    assert len(await connections(key)) == 2


# --- What the client itself takes long for: it begins before the first test, and goes on beside all of them.


async def media_lost(single: bool) -> list[rtc.ConnectionState]:
    """The states of a room whose path goes dead. Its resume is on one that is dead for 2 s more."""
    resume = [{"media": "stop"}, {"greet": {}}, {"wait": 2000}, {"media": "start"}]
    script = [{"onReconnect": resume}, {"greet": {}}, {"expect": "connected"}, {"media": "stop"}]
    async with in_room({"script": script}, single) as (room, _):
        back, states = events(room, "reconnected"), []
        room.on("connection_state_changed", states.append)
        await back.get()
        return states.copy()  # before it disconnects


async def no_answer(single: bool) -> tuple[str, int]:
    """What the application is told, and how often the client has tried."""
    key = str(uuid.uuid4())
    with pytest.raises(rtc.ConnectError) as failed:
        await rtc.Room().connect(URL, token({"key": key, "signal": "rtc_no_answer"}), options(single))
    return failed.value.message, len(await connections(key))


@pytest_asyncio.fixture(scope="session", autouse=True)
async def long() -> AsyncIterator[dict]:
    work = {(what, single): asyncio.create_task(what(single)) for what in (media_lost, no_answer) for single in WAYS.values()}
    yield work
    for task in work.values():
        task.cancel()
    await asyncio.gather(*work.values(), return_exceptions=True)


@pytest.mark.behaviour("room-media-lost")
@both_ways
async def test_media_lost(single: bool, long: dict) -> None:
    states = await long[media_lost, single]
    assert states[-2:] == [RECONNECTING, CONNECTED]


@pytest.mark.behaviour("room-no-answer")
@both_ways
async def test_no_answer(single: bool, long: dict) -> None:
    assert await long[no_answer, single] == ("engine: connection error: wait_pc_connection timed out", 4)
