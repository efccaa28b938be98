"""Answers that come later than the client waits."""

import time

import aiohttp
import pytest
from livekit import api
from livekit.api import LiveKitAPI
from support import API_SECRET, CLOUD_URLS, URLS, connect, control_key

pytestmark = pytest.mark.behaviour("deadline")

# The methods that dial are the only ones with a timeout of their own.
DIAL = api.CreateSIPParticipantRequest(room_name="lobby", participant_identity="phone")
LATE = {"delayMs": 20_000}


async def test_deadline_of_the_client_is_not_kept() -> None:
    """The SDK hands each request `timeout=None`, which for aiohttp means no timeout: its own `timeout` has no effect."""
    timeout = aiohttp.ClientTimeout(total=1)
    started = time.monotonic()
    async with LiveKitAPI(URLS[0], control_key({"delayMs": 3000}), API_SECRET, timeout=timeout) as lkapi:
        rooms = (await lkapi.room.list_rooms(api.ListRoomsRequest())).rooms
    assert rooms[0].sid == "MOCK_SID"
    assert time.monotonic() - started >= 3


async def test_short_deadline_is_tried_once() -> None:
    async with connect(LATE, url=CLOUD_URLS[0]) as (lkapi, seen):
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await lkapi.sip.create_sip_participant(DIAL, timeout=1)
    assert time.monotonic() - started < 5
    assert seen == ["0 CreateSIPParticipant late"]


async def test_longer_deadline_is_tried_in_three_regions() -> None:
    async with connect(LATE, url=CLOUD_URLS[0]) as (lkapi, seen):
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            await lkapi.sip.create_sip_participant(DIAL, timeout=5)
    assert 15 <= time.monotonic() - started < 20
    assert seen == [
        "0 CreateSIPParticipant late",
        "0 regions 200",
        "1 CreateSIPParticipant late",
        "2 CreateSIPParticipant late",
    ]
