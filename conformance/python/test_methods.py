"""Every method of every service once, with the grants that the SDK attaches by itself, against `--auth strict`."""

import asyncio
import inspect
from dataclasses import dataclass, field
from typing import Any

import pytest
from livekit import api
from livekit.api import LiveKitAPI
from livekit.protocol import connector_twilio, connector_whatsapp
from livekit.protocol.sip import SIPDispatchRule, SIPDispatchRuleDirect
from support import connect

pytestmark = pytest.mark.behaviour("methods")

SERVICES = ("room", "egress", "ingress", "sip", "agent_dispatch", "connector")


@dataclass
class Call:
    """A method, what it is called with, and what of its answer is known: path → value."""

    service: str
    names: str  # the method, and its deprecated names
    arguments: tuple
    answer: dict[str, Any] = field(default_factory=dict)
    keywords: dict[str, Any] = field(default_factory=dict)
    control: dict | None = None


WHO = {"room": "lobby", "identity": "ada"}
TRUNK_IN = api.SIPInboundTrunkInfo(name="in", numbers=["+15550100"])
TRUNK_OUT = api.SIPOutboundTrunkInfo(name="out", address="sip.example.com", numbers=["+15550101"])
RULE = SIPDispatchRule(dispatch_rule_direct=SIPDispatchRuleDirect(room_name="lobby"))
EGRESS = {"egress_id": "MOCK_EGRESS_ID", "room_id": "MOCK_ROOM_ID"}
INGRESS = {"name": "cam", "room_name": "lobby", "participant_identity": "ada"}

CALLS = [
    Call(
        "room",
        "create_room",
        (api.CreateRoomRequest(name="lobby", empty_timeout=300, departure_timeout=20, max_participants=5, metadata="m"),),
        {"sid": "MOCK_SID", "name": "lobby", "empty_timeout": 300, "departure_timeout": 20, "max_participants": 5, "metadata": "m"},
    ),
    Call("room", "list_rooms", (api.ListRoomsRequest(names=["lobby"]),), {"rooms.0.sid": "MOCK_SID"}),
    Call("room", "delete_room", (api.DeleteRoomRequest(room="lobby"),)),
    Call("room", "update_room_metadata", (api.UpdateRoomMetadataRequest(room="lobby", metadata="m"),), {"metadata": "m", "sid": "MOCK_SID"}),
    Call("room", "list_participants", (api.ListParticipantsRequest(room="lobby"),), {"participants.0.sid": "MOCK_SID"}),
    Call("room", "get_participant", (api.RoomParticipantIdentity(**WHO),), {"identity": "ada", "sid": "MOCK_SID"}),
    Call("room", "remove_participant", (api.RoomParticipantIdentity(**WHO),)),
    Call("room", "forward_participant", (api.ForwardParticipantRequest(**WHO, destination_room="hall"),)),
    Call("room", "move_participant", (api.MoveParticipantRequest(**WHO, destination_room="hall"),)),
    Call("room", "mute_published_track", (api.MuteRoomTrackRequest(**WHO, track_sid="TR_1", muted=True),)),
    Call(
        "room",
        "update_participant",
        (api.UpdateParticipantRequest(**WHO, metadata="m", name="Ada"),),
        {"identity": "ada", "metadata": "m", "name": "Ada", "sid": "MOCK_SID"},
    ),
    Call("room", "update_subscriptions", (api.UpdateSubscriptionsRequest(**WHO, track_sids=["TR_1"], subscribe=True),)),
    Call("room", "send_data", (api.SendDataRequest(room="lobby", data=b"hello", topic="t"),)),
    Call("egress", "start_room_composite_egress", (api.RoomCompositeEgressRequest(room_name="lobby"),), EGRESS | {"room_name": "lobby"}),
    Call("egress", "start_web_egress", (api.WebEgressRequest(url="https://example.com"),), EGRESS),
    Call("egress", "start_participant_egress", (api.ParticipantEgressRequest(room_name="lobby", identity="ada"),), EGRESS | {"room_name": "lobby"}),
    Call("egress", "start_track_composite_egress", (api.TrackCompositeEgressRequest(room_name="lobby"),), EGRESS | {"room_name": "lobby"}),
    Call("egress", "start_track_egress", (api.TrackEgressRequest(room_name="lobby", track_id="TR_1"),), EGRESS | {"room_name": "lobby"}),
    Call("egress", "start_egress", (api.StartEgressRequest(room_name="lobby"),), EGRESS | {"room_name": "lobby"}),
    Call("egress", "update_layout", (api.UpdateLayoutRequest(egress_id="EG_1", layout="grid"),), {"egress_id": "EG_1"}),
    Call("egress", "update_stream", (api.UpdateStreamRequest(egress_id="EG_1"),), {"egress_id": "EG_1"}),
    Call("egress", "list_egress", (api.ListEgressRequest(room_name="lobby"),), {f"items.0.{name}": value for name, value in EGRESS.items()}),
    Call("egress", "stop_egress", (api.StopEgressRequest(egress_id="EG_1"),), {"egress_id": "EG_1"}),
    Call(
        "ingress",
        "create_ingress",
        (api.CreateIngressRequest(input_type=api.IngressInput.WHIP_INPUT, **INGRESS),),
        INGRESS | {"ingress_id": "MOCK_INGRESS_ID"},
    ),
    Call("ingress", "update_ingress", (api.UpdateIngressRequest(ingress_id="IN_1", **INGRESS),), INGRESS | {"ingress_id": "IN_1"}),
    Call("ingress", "list_ingress", (api.ListIngressRequest(room_name="lobby"),), {"items.0.ingress_id": "MOCK_INGRESS_ID"}),
    Call("ingress", "delete_ingress", (api.DeleteIngressRequest(ingress_id="IN_1"),), {"ingress_id": "IN_1"}),
    Call(
        "sip",
        "create_inbound_trunk create_sip_inbound_trunk",
        (api.CreateSIPInboundTrunkRequest(trunk=TRUNK_IN),),
        {"sip_trunk_id": "MOCK_SIP_TRUNK_ID"},
    ),
    Call("sip", "update_inbound_trunk update_sip_inbound_trunk", ("ST_1", TRUNK_IN), {"sip_trunk_id": "ST_1"}),
    Call(
        "sip",
        "update_inbound_trunk_fields update_sip_inbound_trunk_fields",
        ("ST_1",),
        {"sip_trunk_id": "ST_1"},
        {"numbers": ["+15550100"], "name": "in"},
    ),
    Call(
        "sip",
        "create_outbound_trunk create_sip_outbound_trunk",
        (api.CreateSIPOutboundTrunkRequest(trunk=TRUNK_OUT),),
        {"sip_trunk_id": "MOCK_SIP_TRUNK_ID"},
    ),
    Call("sip", "update_outbound_trunk update_sip_outbound_trunk", ("ST_1", TRUNK_OUT), {"sip_trunk_id": "ST_1"}),
    Call(
        "sip",
        "update_outbound_trunk_fields update_sip_outbound_trunk_fields",
        ("ST_1",),
        {"sip_trunk_id": "ST_1"},
        {"address": "sip.example.com", "name": "out"},
    ),
    Call("sip", "list_inbound_trunk list_sip_inbound_trunk", (api.ListSIPInboundTrunkRequest(),), {"items.0.sip_trunk_id": "MOCK_SIP_TRUNK_ID"}),
    Call("sip", "list_outbound_trunk list_sip_outbound_trunk", (api.ListSIPOutboundTrunkRequest(),), {"items.0.sip_trunk_id": "MOCK_SIP_TRUNK_ID"}),
    Call("sip", "delete_trunk delete_sip_trunk", (api.DeleteSIPTrunkRequest(sip_trunk_id="ST_1"),), {"sip_trunk_id": "ST_1"}),
    Call(
        "sip",
        "create_dispatch_rule create_sip_dispatch_rule",
        (api.CreateSIPDispatchRuleRequest(rule=RULE, name="rule", metadata="m"),),
        {"sip_dispatch_rule_id": "MOCK_SIP_DISPATCH_RULE_ID", "name": "rule", "metadata": "m"},
    ),
    Call(
        "sip",
        "update_dispatch_rule update_sip_dispatch_rule",
        ("SDR_1", api.SIPDispatchRuleInfo(rule=RULE)),
        {"sip_dispatch_rule_id": "SDR_1"},
    ),
    Call(
        "sip",
        "update_dispatch_rule_fields update_sip_dispatch_rule_fields",
        ("SDR_1",),
        {"sip_dispatch_rule_id": "SDR_1"},
        {"name": "rule", "trunk_ids": ["ST_1"]},
    ),
    Call(
        "sip",
        "list_dispatch_rule list_sip_dispatch_rule",
        (api.ListSIPDispatchRuleRequest(),),
        {"items.0.sip_dispatch_rule_id": "MOCK_SIP_DISPATCH_RULE_ID"},
    ),
    Call(
        "sip",
        "delete_dispatch_rule delete_sip_dispatch_rule",
        (api.DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id="SDR_1"),),
        {"sip_dispatch_rule_id": "SDR_1"},
    ),
    Call(
        "sip",
        "create_sip_participant",
        (api.CreateSIPParticipantRequest(sip_trunk_id="ST_1", sip_call_to="+15550102", room_name="lobby", participant_identity="phone"),),
        {"participant_id": "MOCK_PARTICIPANT_ID", "participant_identity": "phone", "room_name": "lobby", "sip_call_id": "MOCK_SIP_CALL_ID"},
    ),
    Call(
        "sip",
        "transfer_sip_participant",
        (api.TransferSIPParticipantRequest(room_name="lobby", participant_identity="phone", transfer_to="tel:+15550103"),),
        {"transfer_id": "MOCK_TRANSFER_ID"},
        control={"delayMs": 0},  # a transfer takes 11 s otherwise
    ),
    Call(
        "agent_dispatch",
        "create_dispatch",
        (api.CreateAgentDispatchRequest(agent_name="helper", room="lobby", metadata="m", deployment="d"),),
        {"id": "MOCK_ID", "agent_name": "helper", "room": "lobby", "metadata": "m", "deployment": "d"},
    ),
    Call("agent_dispatch", "delete_dispatch", ("AD_1", "lobby"), {"id": "MOCK_ID", "room": "lobby"}),
    Call("agent_dispatch", "list_dispatch", ("lobby",), {"0.id": "MOCK_ID"}),
    Call("agent_dispatch", "get_dispatch", ("AD_1", "lobby"), {"id": "MOCK_ID"}),
    Call(
        "connector",
        "dial_whatsapp_call",
        (connector_whatsapp.DialWhatsAppCallRequest(whatsapp_phone_number_id="1", whatsapp_to_phone_number="+15550104", room_name="lobby"),),
        {"whatsapp_call_id": "MOCK_WHATSAPP_CALL_ID", "room_name": "lobby"},
    ),
    Call("connector", "disconnect_whatsapp_call", (connector_whatsapp.DisconnectWhatsAppCallRequest(whatsapp_call_id="W1"),)),
    Call("connector", "connect_whatsapp_call", (connector_whatsapp.ConnectWhatsAppCallRequest(whatsapp_call_id="W1"),)),
    Call(
        "connector",
        "accept_whatsapp_call",
        (connector_whatsapp.AcceptWhatsAppCallRequest(whatsapp_call_id="W1", room_name="lobby"),),
        {"room_name": "lobby"},
    ),
    Call("connector", "connect_twilio_call", (connector_twilio.ConnectTwilioCallRequest(room_name="lobby"),)),
]


def at(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer[int(step)] if step.isdigit() else getattr(answer, step)
    return answer


@pytest.mark.parametrize(("call", "name"), [pytest.param(c, n, id=f"{c.service}.{n}") for c in CALLS for n in c.names.split()])
async def test_method(call: Call, name: str) -> None:
    async with connect(call.control) as (lkapi, seen):
        answer = await getattr(getattr(lkapi, call.service), name)(*call.arguments, **call.keywords)
    assert {path: at(answer, path) for path in call.answer} == call.answer
    assert [entry.rpartition(" ")[2] for entry in seen] == ["200"]
    assert seen.warnings == []


async def test_no_method_is_left_out() -> None:
    async with connect() as (lkapi, _):
        methods = {
            f"{service}.{name}"
            for service in SERVICES
            for name, _ in inspect.getmembers(getattr(lkapi, service), inspect.iscoroutinefunction)
            if not name.startswith("_")
        }
    assert methods == {f"{call.service}.{name}" for call in CALLS for name in call.names.split()}
    properties = {name for name, _ in inspect.getmembers(LiveKitAPI, lambda member: isinstance(member, property))}
    assert properties == set(SERVICES)


async def test_dialling_outlasts_the_default_deadline() -> None:
    """A call that rings takes the mock 11 s, and the SDK's deadline for it is longer than its usual 10 s."""
    dial = api.CreateSIPParticipantRequest(room_name="lobby", participant_identity="phone", wait_until_answered=True)
    transfer = api.TransferSIPParticipantRequest(room_name="lobby", participant_identity="phone", transfer_to="tel:+15550103")
    async with connect() as (lkapi, seen):
        dialled, _ = await asyncio.gather(lkapi.sip.create_sip_participant(dial), lkapi.sip.transfer_sip_participant(transfer))
    assert dialled.participant_identity == "phone"
    assert sorted(seen) == ["0 CreateSIPParticipant 200", "0 TransferSIPParticipant 200"]
