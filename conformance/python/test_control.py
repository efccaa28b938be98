"""The control in the API key: an application is programmed by its configuration alone."""

import json

import pytest
from livekit import api
from livekit.api import LiveKitAPI
from support import API_SECRET, URLS, connect, control_key, control_key_base64

pytestmark = pytest.mark.behaviour("control-by-key")

FAILS = {"failRegions": [0], "failStatus": 418}
CREATE = api.CreateRoomRequest(name="lobby")


@pytest.mark.parametrize("key", [control_key(FAILS), control_key_base64(FAILS)], ids=["json", "base64url"])
async def test_environment_alone(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEKIT_URL", URLS[0])
    monkeypatch.setenv("LIVEKIT_API_KEY", key)
    monkeypatch.setenv("LIVEKIT_API_SECRET", API_SECRET)
    async with LiveKitAPI() as lkapi:
        with pytest.raises(api.ServerError) as error:
            await lkapi.room.create_room(CREATE)
    assert error.value.status == 418


async def test_fields_of_the_header_win_over_the_key() -> None:
    headers = {"X-Lk-Mock": json.dumps({"failStatus": 409})}
    async with connect(FAILS, headers=headers) as (lkapi, seen):
        with pytest.raises(api.ServerError):
            await lkapi.room.create_room(CREATE)
    assert seen == ["0 CreateRoom 409"]


async def test_fields_of_the_key_win_over_the_old_headers() -> None:
    headers = {"X-Lk-Mock-Fail-Regions": "0", "X-Lk-Mock-Fail-Status": "409"}
    async with connect({"failStatus": 418}, headers=headers) as (lkapi, seen):
        with pytest.raises(api.ServerError):
            await lkapi.room.create_room(CREATE)
    assert seen == ["0 CreateRoom 418"]


async def test_broken_control_is_a_warning() -> None:
    async with connect(key="mock:{failRegions") as (lkapi, seen):
        assert (await lkapi.room.create_room(CREATE)).name == "lobby"
    assert len(seen.warnings) == 1
