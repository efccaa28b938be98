"""Answers that the test chooses: an override, and a field from the future."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from google.protobuf import unknown_fields
from livekit import api
from support import URLS, connect


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


FUTURE_FIELD = 9999
FUTURE = bytes([0xFA, 0xF0, 0x04, 6]) + b"future"  # field 9999, six bytes


@asynccontextmanager
async def relay() -> AsyncIterator[str]:
    """A server between client and mock that adds a field which no schema has: the mock answers by its own schema."""

    async def forward(request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in ("Authorization", "Content-Type")}
        body = await request.read()
        async with aiohttp.ClientSession() as session, session.post(URLS[0] + request.path, data=body, headers=headers) as answer:
            return web.Response(body=await answer.read() + FUTURE, status=answer.status, content_type=answer.content_type)

    app = web.Application()
    app.router.add_post("/{path:.*}", forward)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.behaviour("unknown-field")
async def test_unknown_field() -> None:
    async with relay() as url, connect(url=url) as (lkapi, _):
        room = await lkapi.room.create_room(api.CreateRoomRequest(name="lobby"))
    assert (room.name, room.sid) == ("lobby", "MOCK_SID")
    assert [field.field_number for field in unknown_fields.UnknownFieldSet(room)] == [FUTURE_FIELD]
