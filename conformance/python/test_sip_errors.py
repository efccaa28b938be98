"""A call that fails with a SIP status, dialled and transferred."""

import base64

import pytest
from google.rpc import status_pb2
from livekit import api
from livekit.protocol.sip import SIPStatus
from support import CLOUD_URLS, connect

pytestmark = pytest.mark.behaviour("sip-errors")

DIAL = api.CreateSIPParticipantRequest(room_name="lobby", participant_identity="phone", wait_until_answered=True)
TRANSFER = api.TransferSIPParticipantRequest(room_name="lobby", participant_identity="phone", transfer_to="tel:+15550103")


# SIP status, HTTP status, Twirp code, gRPC code and the enum's name, as docs/BEHAVIOUR.md, SIP errors, has them.
@pytest.mark.parametrize(
    ("code", "status", "twirp", "grpc", "name"),
    [
        (486, 412, "failed_precondition", 9, "SIP_STATUS_BUSY_HERE"),
        (603, 403, "permission_denied", 7, "SIP_STATUS_GLOBAL_DECLINE"),
        (408, 408, "deadline_exceeded", 4, "SIP_STATUS_REQUEST_TIMEOUT"),
    ],
)
@pytest.mark.parametrize("method", ["create_sip_participant", "transfer_sip_participant"])
async def test_sip_status(method: str, code: int, status: int, twirp: str, grpc: int, name: str) -> None:
    request = DIAL if method.startswith("create") else TRANSFER
    async with connect({"sipStatus": {"code": code}, "delayMs": 0}, url=CLOUD_URLS[0]) as (lkapi, seen):
        with pytest.raises(api.SipCallError) as raised:
            await getattr(lkapi.sip, method)(request)
    error = raised.value
    assert (error.status, error.code, error.sip_status_code, error.sip_status) == (status, twirp, code, name)
    details = status_pb2.Status.FromString(base64.b64decode(error.metadata["error_details"]))
    sip = SIPStatus()
    assert details.code == grpc and details.details[0].Unpack(sip)
    assert sip.code == code
    assert len(seen) == 1


async def test_status_text() -> None:
    async with connect({"sipStatus": {"code": 486, "status": "On the phone"}, "delayMs": 0}) as (lkapi, _):
        with pytest.raises(api.SipCallError) as raised:
            await lkapi.sip.create_sip_participant(DIAL)
    assert raised.value.sip_status == "On the phone"
    assert str(raised.value) == "SIP call failed: 486 On the phone (failed_precondition)"
