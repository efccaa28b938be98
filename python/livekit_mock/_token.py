"""Tokens as clients bring them, signed with what Python brings along."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any, Dict, Sequence, TypedDict, Union

Seconds = Union[float, timedelta]


class VideoGrants(TypedDict, total=False):
    """The claim ``video``: rooms, recording, ingress, and what a participant may do in a room."""

    roomCreate: bool
    roomList: bool
    roomRecord: bool
    roomAdmin: bool
    roomJoin: bool
    room: str
    """The room that ``roomAdmin`` and ``roomJoin`` are for."""
    destinationRoom: str
    """The room that participants may be forwarded or moved to."""
    canPublish: bool
    canSubscribe: bool
    canPublishData: bool
    canPublishSources: Sequence[str]
    canUpdateOwnMetadata: bool
    canSubscribeMetrics: bool
    canManageAgentSession: bool
    ingressAdmin: bool
    hidden: bool
    recorder: bool
    agent: bool


class SipGrants(TypedDict, total=False):
    """The claim ``sip``: trunks, dispatch rules, calls."""

    admin: bool
    call: bool


class AgentGrants(TypedDict, total=False):
    """The claim ``agent``: agents of LiveKit Cloud."""

    admin: bool
    simulationAdmin: bool
    databaseAdmin: bool
    dispatchAdmin: bool


class AgentEndpointGrants(TypedDict, total=False):
    """The claim ``agentEndpoint``: the HTTP endpoints of agents."""

    call: bool
    agentName: str
    deployment: str


class AgentThreadGrants(TypedDict, total=False):
    """The claim ``agentThread``: the threads of agents."""

    all: bool
    scope: str
    threadIds: Sequence[str]
    list: bool
    create: bool
    write: bool
    read: bool
    delete: bool


class InferenceGrants(TypedDict, total=False):
    """The claim ``inference``: LiveKit Inference."""

    perform: bool


class ObservabilityGrants(TypedDict, total=False):
    """The claim ``observability``: what LiveKit records of sessions."""

    write: bool


class Grants(TypedDict, total=False):
    """What a token allows, by the names that the claims have in it."""

    video: VideoGrants
    sip: SipGrants
    agent: AgentGrants
    agentEndpoint: AgentEndpointGrants
    agentThread: AgentThreadGrants
    inference: InferenceGrants
    observability: ObservabilityGrants


def all_grants(room: str) -> Grants:
    """Every permission that there is, for one room: ``mock.token(**all_grants("lobby"))``.

    What a participant would be, ``hidden``, ``recorder`` or a worker (``agent``), is none of them.
    """
    return {
        "video": {
            "roomCreate": True,
            "roomList": True,
            "roomRecord": True,
            "roomAdmin": True,
            "roomJoin": True,
            "room": room,
            "destinationRoom": room,
            "canUpdateOwnMetadata": True,
            "canSubscribeMetrics": True,
            "canManageAgentSession": True,
            "ingressAdmin": True,
        },
        "sip": {"admin": True, "call": True},
        "agent": {"admin": True, "simulationAdmin": True, "databaseAdmin": True, "dispatchAdmin": True},
        "agentEndpoint": {"call": True},
        "agentThread": {"all": True, "list": True, "create": True, "write": True, "read": True, "delete": True},
        "inference": {"perform": True},
        "observability": {"write": True},
    }


def signed(api_secret: str, claims: Dict[str, Any], ttl: Seconds, not_before: Seconds) -> str:
    """A token of these claims, but for those that are ``None``, signed by HS256."""
    now = time.time()
    given = {name: value for name, value in claims.items() if value is not None}
    dated = {**given, "nbf": int(now + _seconds(not_before)), "exp": int(now + _seconds(ttl))}
    message = b".".join([_part({"typ": "JWT", "alg": "HS256"}), _part(dated)])
    signature = hmac.digest(api_secret.encode(), message, "sha256")
    return b".".join([message, _encoded(signature)]).decode()


def _seconds(time: Seconds) -> float:
    return time.total_seconds() if isinstance(time, timedelta) else time


def _part(value: Dict[str, Any]) -> bytes:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(value: bytes) -> bytes:
    return urlsafe_b64encode(value).rstrip(b"=")
