"""Which regions the SDK asks, in what order, and when it stops. Every control rides in the API key."""

import aiohttp
import pytest
from livekit import api
from livekit.api import LiveKitAPI
from support import CLOUD_URLS, URLS, connect

CLOUD = CLOUD_URLS[0]


async def create(lkapi: LiveKitAPI) -> api.Room:
    return await lkapi.room.create_room(api.CreateRoomRequest(name="lobby"))


async def create_fails(lkapi: LiveKitAPI) -> api.ServerError:
    with pytest.raises(api.ServerError) as error:
        await create(lkapi)
    return error.value


@pytest.mark.behaviour("failover-0-1")
async def test_region_0_fails() -> None:
    async with connect({"failRegions": [0]}, url=CLOUD) as (lkapi, seen):
        assert (await create(lkapi)).name == "lobby"
    assert seen == ["0 CreateRoom 503", "0 regions 200", "1 CreateRoom 200"]


@pytest.mark.behaviour("failover-0-1")
async def test_no_failover_outside_livekit_cloud() -> None:
    async with connect({"failRegions": [0]}, url=URLS[0]) as (lkapi, seen):
        assert (await create_fails(lkapi)).status == 503
    assert seen == ["0 CreateRoom 503"]


@pytest.mark.behaviour("failover-01-2")
async def test_regions_0_and_1_fail() -> None:
    async with connect({"failRegions": [0, 1]}, url=CLOUD) as (lkapi, seen):
        assert (await create(lkapi)).name == "lobby"
    assert seen == ["0 CreateRoom 503", "0 regions 200", "1 CreateRoom 503", "2 CreateRoom 200"]


@pytest.mark.behaviour("failover-all-down")
async def test_all_regions_fail() -> None:
    async with connect({"failRegions": [0, 1, 2, 3], "failStatus": 500}, url=CLOUD) as (lkapi, seen):
        error = await create_fails(lkapi)
    assert (error.status, error.code, error.message) == (500, "unavailable", "mock failure (status 500)")
    assert seen == ["0 CreateRoom 500", "0 regions 200", "1 CreateRoom 500", "2 CreateRoom 500"]


@pytest.mark.behaviour("no-retry-4xx")
@pytest.mark.parametrize(("status", "code"), [(400, "invalid_argument"), (404, "not_found"), (429, "resource_exhausted")])
async def test_4xx_is_final(status: int, code: str) -> None:
    async with connect({"failRegions": [0], "failStatus": status}, url=CLOUD) as (lkapi, seen):
        error = await create_fails(lkapi)
    assert (error.status, error.code) == (status, code)
    assert seen == [f"0 CreateRoom {status}"]


@pytest.mark.behaviour("failover-drop")
async def test_region_0_drops_the_connection() -> None:
    async with connect({"failRegions": [0], "failMode": "drop"}, url=CLOUD) as (lkapi, seen):
        assert (await create(lkapi)).name == "lobby"
    assert seen == ["0 CreateRoom dropped", "0 regions 200", "1 CreateRoom 200"]


@pytest.mark.behaviour("failover-drop")
async def test_dropped_connection_without_another_region() -> None:
    async with connect({"failRegions": [0], "failMode": "drop"}, url=URLS[0]) as (lkapi, seen):
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await create(lkapi)
    assert seen == ["0 CreateRoom dropped"]


@pytest.mark.behaviour("discovery-fails")
async def test_no_region_list() -> None:
    async with connect({"failRegions": [0], "regionsStatus": 500}, url=CLOUD) as (lkapi, seen):
        error = await create_fails(lkapi)
    assert (error.status, error.code) == (503, "unavailable")
    assert seen == ["0 CreateRoom 503", "0 regions 500", "0 CreateRoom 503", "0 CreateRoom 503"]


@pytest.mark.behaviour("pinned")
async def test_region_not_allowed() -> None:
    async with connect({"pinnedRegions": ["region-1"]}, url=CLOUD) as (lkapi, seen):
        error = await create_fails(lkapi)
    assert (error.status, error.code, error.message) == (451, "unknown", "")
    assert seen == ["0 CreateRoom 451"]


@pytest.mark.behaviour("pinned")
async def test_failover_stays_within_the_allowed_regions() -> None:
    async with connect({"failRegions": [0], "pinnedRegions": ["region-0", "region-2"]}, url=CLOUD) as (lkapi, seen):
        assert (await create(lkapi)).name == "lobby"
    assert seen == ["0 CreateRoom 503", "0 regions 200", "2 CreateRoom 200"]
