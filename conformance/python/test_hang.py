"""A region that never says a byte, and the timeouts that an application can set. What is asserted is as in `test_network.py`."""

import asyncio
import time

import aiohttp
import pytest
from google.protobuf.duration_pb2 import Duration
from livekit import api
from livekit.api import LiveKitAPI
from livekit.protocol import connector_whatsapp
from network import answered, breaks, create
from support import API_SECRET, CLOUD_URLS, connect, control_key

pytestmark = pytest.mark.behaviour("net-hang")

CLOUD = CLOUD_URLS[0]
SHORT = aiohttp.ClientTimeout(total=1)


async def test_the_timeout_of_the_client_is_not_kept() -> None:
    """The test gives up, long after the SDK should have: its own timeout would be seen as "late"."""
    async with connect(breaks("hang"), url=CLOUD, timeout=SHORT) as (lkapi, seen):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.5):
                await create(lkapi)
    assert seen.tries == ["0 CreateRoom given up, id A"]


async def test_the_timeout_of_the_client_is_not_kept_without_a_session_of_the_application() -> None:
    async with LiveKitAPI(CLOUD, control_key(breaks("hang")), API_SECRET, timeout=SHORT) as lkapi:
        call = asyncio.create_task(create(lkapi))
        done, _ = await asyncio.wait([call], timeout=2.5)
        assert not done
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


def dial(lkapi: LiveKitAPI, timeout: float):
    return lkapi.sip.create_sip_participant(api.CreateSIPParticipantRequest(room_name="lobby", participant_identity="phone"), timeout=timeout)


def accept(lkapi: LiveKitAPI, timeout: float):
    return lkapi.connector.accept_whatsapp_call(connector_whatsapp.AcceptWhatsAppCallRequest(room_name="lobby"), timeout=timeout)


@pytest.mark.parametrize(("call", "method"), [(dial, "CreateSIPParticipant"), (accept, "AcceptWhatsAppCall")])
async def test_the_timeout_of_a_call_that_has_one(call, method: str) -> None:
    async with connect(breaks("hang"), url=CLOUD) as (lkapi, seen):
        with pytest.raises(TimeoutError) as raised:
            await call(lkapi, 1)
    assert (type(raised.value), str(raised.value)) == (TimeoutError, "")
    assert seen.tries == [f"0 {method} late, id A"]


async def test_a_dial_of_five_seconds_is_dialled_again() -> None:
    async with connect(breaks("hang"), url=CLOUD) as (lkapi, seen):
        assert (await dial(lkapi, 5)).participant_identity == "phone"
    assert seen.tries == ["0 CreateSIPParticipant late, id A", "0 regions 200, no id", "1 CreateSIPParticipant 200, try 2, id A"]


async def test_ringing_outlasts_a_shorter_timeout() -> None:
    phone, ringing = {"room_name": "lobby", "participant_identity": "phone"}, Duration(seconds=1)
    waits = api.CreateSIPParticipantRequest(**phone, ringing_timeout=ringing, wait_until_answered=True)
    transfer = api.TransferSIPParticipantRequest(**phone, ringing_timeout=ringing, transfer_to="tel:+15550103")
    async with connect(breaks("hang"), url=CLOUD) as (lkapi, seen):
        started = time.monotonic()
        calls = lkapi.sip.create_sip_participant(waits, timeout=0.1), lkapi.sip.transfer_sip_participant(transfer, timeout=0.1)
        errors = await asyncio.gather(*calls, return_exceptions=True)
    assert time.monotonic() - started >= 3
    assert [type(error) for error in errors] == [TimeoutError, TimeoutError]
    assert sorted(seen) == ["0 CreateSIPParticipant late", "0 TransferSIPParticipant late"]


async def test_discovery_hangs() -> None:
    control = {"failTimes": 1, "regionsMode": "hang"}
    assert await answered(control) == ["0 CreateRoom 503, try 1, id A", "0 regions late, no id", "0 CreateRoom 200, try 2, id A"]
