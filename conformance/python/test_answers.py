"""Answers that the test chooses: an override, and a field from the future."""

import pytest
from google.protobuf import unknown_fields
from livekit import api
from support import connect


@pytest.mark.behaviour("response-override")
async def test_override() -> None:
    override = {"response": {"sid": "RM_chosen", "numParticipants": 7, "creation_time": "1700000000"}}
    async with connect(override) as (lkapi, seen):
        room = await lkapi.room.create_room(api.CreateRoomRequest(name="lobby"))
    assert room == api.Room(sid="RM_chosen", num_participants=7, creation_time=1700000000)
    assert seen.warnings == []


@pytest.mark.behaviour("response-override")
async def test_override_of_a_list() -> None:
    async with connect({"response": {"rooms": [{"name": "a"}, {"name": "b"}]}}) as (lkapi, _):
        rooms = (await lkapi.room.list_rooms(api.ListRoomsRequest())).rooms
    assert [room.name for room in rooms] == ["a", "b"]


@pytest.mark.behaviour("unknown-field")
async def test_unknown_field() -> None:
    async with connect({"futureField": True}) as (lkapi, seen):
        room = await lkapi.room.create_room(api.CreateRoomRequest(name="lobby"))
    assert (room.name, room.sid) == ("lobby", "MOCK_SID")
    assert [field.data for field in unknown_fields.UnknownFieldSet(room)] == [b"from the future"]
    assert seen.warnings == []
