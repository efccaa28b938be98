"""Who may: a wrong secret, and a token that lacks the grant."""

import pytest
from livekit import api
from support import API_KEY, API_SECRET, CLOUD_URLS, connect

CREATE = api.CreateRoomRequest(name="lobby")


@pytest.mark.behaviour("wrong-secret")
async def test_wrong_secret() -> None:
    async with connect(secret="not the secret", url=CLOUD_URLS[0]) as (lkapi, seen):
        with pytest.raises(api.ServerError) as error:
            await lkapi.room.create_room(CREATE)
    assert (error.value.status, error.value.code, error.value.message) == (401, "unauthenticated", "mock: unauthenticated")
    assert seen == ["0 CreateRoom 401"]


def token(**grants) -> str:
    return api.AccessToken(API_KEY, API_SECRET).with_grants(api.VideoGrants(**grants)).to_jwt()


@pytest.mark.behaviour("missing-grant")
async def test_missing_grant() -> None:
    async with connect(token=token(room_list=True), url=CLOUD_URLS[0]) as (lkapi, seen):
        await lkapi.room.list_rooms(api.ListRoomsRequest())
        with pytest.raises(api.ServerError) as error:
            await lkapi.room.create_room(CREATE)
    assert (error.value.status, error.value.code, error.value.message) == (403, "permission_denied", "mock: permission_denied")
    assert seen == ["0 ListRooms 200", "0 CreateRoom 403"]


@pytest.mark.behaviour("missing-grant")
async def test_grant_for_another_room() -> None:
    async with connect(token=token(room_admin=True, room="hall")) as (lkapi, _):
        await lkapi.room.list_participants(api.ListParticipantsRequest(room="hall"))
        with pytest.raises(api.ServerError) as error:
            await lkapi.room.list_participants(api.ListParticipantsRequest(room="lobby"))
    assert error.value.status == 403
