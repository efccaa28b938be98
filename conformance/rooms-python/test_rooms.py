"""A room connects, somebody comes and goes, and the client is removed."""

import asyncio

import pytest
from livekit import rtc
from support import BOB, URL, after, both_ways, events, in_room, options, say, token


@pytest.mark.behaviour("room-connects")
@both_ways
async def test_connects(single: bool) -> None:
    async with in_room({}, single) as (room, _):
        assert (room.connection_state, room.name, room.local_participant.identity) == (rtc.ConnectionState.CONN_CONNECTED, "studio", "alice")


@pytest.mark.behaviour("room-participants")
@both_ways
async def test_joins_changes_and_leaves(single: bool) -> None:
    script = after(
        {"expectData": "user"},
        BOB,
        {"participant": {"identity": "bob", "attributes": {"mood": "good"}}},
        {"participant": {"identity": "bob", "state": "DISCONNECTED"}},
    )
    async with in_room(script, single) as (room, _):
        told = events(room, "participant_connected", "participant_attributes_changed", "participant_disconnected")
        await say(room, "go on")
        name, bob = await told.get()
        assert (name, bob.identity, bob.name) == ("participant_connected", "bob", "Bob")
        name, changed, who = await told.get()
        assert (name, changed, who.identity) == ("participant_attributes_changed", {"mood": "good"}, "bob")
        name, bob = await told.get()
        assert (name, bob.identity) == ("participant_disconnected", "bob")
        assert room.remote_participants == {}


@pytest.mark.behaviour("room-agent")
@both_ways
async def test_agent(single: bool) -> None:
    answers: asyncio.Queue[tuple[rtc.TextStreamReader, str]] = asyncio.Queue()
    told: list[asyncio.Queue[tuple]] = []

    def prepare(room: rtc.Room) -> None:
        told.append(events(room, "participant_attributes_changed"))
        room.register_text_stream_handler("lk.chat", lambda reader, identity: answers.put_nowait((reader, identity)))

    async def state() -> str:
        _, changed, _ = await told[0].get()
        return changed["lk.agent.state"]

    async with in_room({"signal": "agent"}, single, prepare) as (room, _):
        assert await state() == "listening"
        await room.local_participant.send_text("hello", topic="lk.chat")
        reader, identity = await answers.get()
        assert (await reader.read_all(), identity) == ("I am a mock agent.", "agent")
        assert [await state(), await state()] == ["thinking", "speaking"]
        assert room.remote_participants["agent"].kind == rtc.ParticipantKind.PARTICIPANT_KIND_AGENT


@pytest.mark.behaviour("room-removed")
@both_ways
async def test_removed(single: bool) -> None:
    script = after({"expectData": "user"}, {"send": {"leave": {"action": "DISCONNECT", "reason": "PARTICIPANT_REMOVED"}}})
    async with in_room(script, single) as (room, _):
        gone = events(room, "disconnected")
        await say(room, "go on")
        assert await gone.get() == ("disconnected", rtc.DisconnectReason.PARTICIPANT_REMOVED)


@pytest.mark.behaviour("room-again")
@both_ways
async def test_connects_again(single: bool) -> None:
    async with in_room({}, single) as (room, _):
        await room.disconnect()
        assert not room.isconnected()
        await room.connect(URL, token({}), options(single))
        assert room.connection_state == rtc.ConnectionState.CONN_CONNECTED


@pytest.mark.behaviour("room-ten")
@both_ways
async def test_ten_at_once(single: bool) -> None:
    rooms = [rtc.Room() for _ in range(10)]
    await asyncio.gather(*(room.connect(URL, token({}, f"user-{index}"), options(single)) for index, room in enumerate(rooms)))
    assert [room.connection_state for room in rooms] == [rtc.ConnectionState.CONN_CONNECTED] * 10
    await asyncio.gather(*(room.disconnect() for room in rooms))
