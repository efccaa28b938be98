"""A call to a network that breaks: what was sent for it, and what the application got."""

from typing import TypeVar

import pytest
from livekit import api
from livekit.api import LiveKitAPI
from support import CLOUD_URLS, connect

Error = TypeVar("Error", bound=BaseException)


def breaks(mode: str, **more) -> dict:
    return {"failRegions": [0], "failMode": mode, **more}


async def create(lkapi: LiveKitAPI) -> api.Room:
    return await lkapi.room.create_room(api.CreateRoomRequest(name="lobby"))


async def answered(control: dict, url: str = CLOUD_URLS[0]) -> list[str]:
    """What was sent for a call that was answered in the end, and answered whole."""
    async with connect(control, url=url) as (lkapi, seen):
        room = await create(lkapi)
    assert (room.sid, room.name, len(room.enabled_codecs)) == ("MOCK_SID", "lobby", 1)
    return seen.tries


async def fails(kind: type[Error], control: dict, url: str = CLOUD_URLS[0]) -> tuple[Error, list[str]]:
    """The error that the application got, of exactly this kind, and what was sent before it."""
    async with connect(control, url=url) as (lkapi, seen):
        with pytest.raises(kind) as raised:
            await create(lkapi)
    assert type(raised.value) is kind
    return raised.value, seen.tries


def said(error: api.ServerError) -> tuple[int, str, str]:
    return error.status, error.code, error.message


def goes_on_to_region_1(first: str) -> list[str]:
    return [f"0 CreateRoom {first}", "0 regions 200, no id", "1 CreateRoom 200, try 2, id A"]
