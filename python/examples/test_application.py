"""The tests of the application beside this file.

The mock is programmed by the API key that the application is configured with. SDKs fail over only for
hosts under ``livekit.cloud``, so the tests need ``127.0.0.1 mock.livekit.cloud`` in the hosts file, and
``pip install livekit-mock livekit-api pytest-asyncio``, with ``asyncio_mode = "auto"``.
"""

from contextlib import asynccontextmanager
from typing import AsyncIterator, Optional

import pytest
from application import Desk, NoCall
from livekit import api

from livekit_mock import Control, Mock, Settings

PHONE = "+15550100"
# Whoever is called reacts at once. Without this it takes them eleven seconds.
AT_ONCE = Control(delayMs=0)


@pytest.fixture(scope="session")
def livekit_mock_settings() -> Settings:
    return {
        "regions": 3,
        "advertise_host": "http://mock.livekit.cloud",
        "auth": "strict",
        "api_secret": "a secret of some length for this",
    }


@asynccontextmanager
async def desk(mock: Mock, control: Control, token: Optional[str] = None, patience: float = 45) -> AsyncIterator[Desk]:
    """The application, configured with a key that says what its calls are to see."""
    key, secret = control.api_key, mock.api_secret
    livekit = api.LiveKitAPI.with_token(token, mock.url) if token else api.LiveKitAPI(mock.url, key, secret)
    async with livekit:
        yield Desk(livekit, key, secret, patience)


async def test_a_customer_who_answers_is_in_a_room_with_the_agent(livekit_mock: Mock) -> None:
    async with desk(livekit_mock, AT_ONCE) as application:
        call = await application.call_back("alice", PHONE)
    assert (call.room.name, call.room.sid) == ("callback-alice", "MOCK_SID")
    claims = api.TokenVerifier(AT_ONCE.api_key, livekit_mock.api_secret).verify(call.token)
    assert claims.identity == "alice"
    assert claims.video is not None and claims.video.room == "callback-alice"


async def test_the_desk_asks_for_what_it_should(livekit_mock: Mock) -> None:
    async with desk(livekit_mock, AT_ONCE) as application:
        call = await application.call_back("alice", PHONE)
    # The mock's answers repeat what the requests held.
    assert (call.room.empty_timeout, call.room.max_participants) == (60, 2)
    assert (call.customer.participant_identity, call.customer.room_name) == ("customer", "callback-alice")


async def test_a_busy_customer_is_told_as_such(livekit_mock: Mock) -> None:
    async with desk(livekit_mock, Control(sipStatus={"code": 486}, delayMs=0)) as application:
        with pytest.raises(NoCall, match="the customer is busy"):
            await application.call_back("alice", PHONE)


async def test_a_region_that_drops_its_connections_is_not_noticed(livekit_mock: Mock, livekit_mock_key: str) -> None:
    control = Control(failRegions=[0], failMode="drop", delayMs=0, key=livekit_mock_key)
    async with desk(livekit_mock, control) as application:
        call = await application.call_back("alice", PHONE)
    assert call.room.name == "callback-alice"
    tries = livekit_mock.calls(method="CreateRoom", key=livekit_mock_key)
    assert [(one["region"], one["outcome"]) for one in tries] == [(0, "dropped"), (1, "answered")], tries.journey()


async def test_without_a_region_that_works_the_failure_is_told(livekit_mock: Mock) -> None:
    async with desk(livekit_mock, Control(failRegions=[0, 1, 2])) as application:
        with pytest.raises(NoCall, match="unavailable"):
            await application.call_back("alice", PHONE)


async def test_a_desk_that_may_not_dial_says_so(livekit_mock: Mock) -> None:
    token = livekit_mock.token(video={"roomCreate": True})
    async with desk(livekit_mock, AT_ONCE, token=token) as application:
        with pytest.raises(NoCall, match="not allowed"):
            await application.call_back("alice", PHONE)


async def test_an_agent_does_not_wait_for_a_server_that_is_slow(livekit_mock: Mock) -> None:
    async with desk(livekit_mock, Control(delayMs=60_000), patience=0.2) as application:
        with pytest.raises(NoCall, match="too long"):
            await application.call_back("alice", PHONE)
