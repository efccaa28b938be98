"""The server that the tests talk to, tokens and scripts that program it, rooms that connect to it, and what it saw of them."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import time
import urllib.request
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from livekit import rtc


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        pytest.exit(f"{name} is not set: these tests are started by `conformance/run rooms-python`", returncode=2)
    return value


REGION_0 = _variable("LKM_URLS").split(",")[0]
URL = REGION_0.replace("http", "ws", 1)
API_KEY = _variable("LKM_API_KEY")
API_SECRET = _variable("LKM_API_SECRET")
RESULTS = _variable("LKM_RESULTS")
BEHAVIOURS = json.loads((Path(__file__).parent.parent / "rooms.json").read_text(encoding="utf-8"))

# Over one peer connection, and over two.
WAYS = {"/rtc/v1": True, "/rtc": False}
both_ways = pytest.mark.parametrize("single", WAYS.values(), ids=WAYS.keys())

BOUND = 40  # seconds for what a room is asked to do


# --- Tokens and scripts


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def token(control: dict, identity: str = "alice") -> str:
    """A participant's token that programs the mock."""
    now = int(time.time())
    claims = {
        "iss": API_KEY,
        "sub": identity,
        "nbf": now - 10,
        "exp": now + 600,
        "video": {"room": "studio", "roomJoin": True},
        "attributes": {"lk.mock": json.dumps(control)},
    }
    header = {"alg": "HS256", "typ": "JWT"}
    signed = ".".join(_part(json.dumps(content).encode()) for content in (header, claims))
    return f"{signed}.{_part(hmac.digest(API_SECRET.encode(), signed.encode(), hashlib.sha256))}"


def after(*steps: dict) -> dict:
    """A script that greets, waits for the connection, and goes on with these steps. A resume is greeted, and no more."""
    return {"script": [{"onReconnect": [{"greet": {}}]}, {"greet": {}}, {"expect": "connected"}, *steps]}


BOB = {"participant": {"identity": "bob", "name": "Bob"}}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def user(payload: str, **more: str) -> dict:
    """A step: data from Bob."""
    return {"data": {"user": {"payload": encoded(payload), "topic": "t"}, "participantIdentity": "bob", **more}}


# --- Rooms


@asynccontextmanager
async def in_room(control: dict, single: bool, prepare: Callable[[rtc.Room], None] = lambda _: None) -> AsyncIterator[tuple[rtc.Room, str]]:
    """A connected room, and the key by which the journal knows it. `prepare` puts handlers on it before it connects."""
    room, key = rtc.Room(), str(uuid.uuid4())
    prepare(room)
    async with asyncio.timeout(BOUND):
        await room.connect(URL, token({"key": key, **control}), options(single))
        try:
            yield room, key
        finally:
            await room.disconnect()


def options(single: bool) -> rtc.RoomOptions:
    return rtc.RoomOptions(single_peer_connection=single)


def events(room: rtc.Room, *names: str) -> asyncio.Queue[tuple]:
    """These events from now on, as they come: the name, then what the handler is given."""
    queue: asyncio.Queue[tuple] = asyncio.Queue()
    for name in names:
        room.on(name, lambda *args, name=name: queue.put_nowait((name, *args)))
    return queue


async def say(room: rtc.Room, text: str, **more: bool) -> None:
    """Publishes data, for which a script may wait."""
    await room.local_participant.publish_data(text, **more)


# --- The journal


async def connections(key: str) -> list[dict]:
    """The signalling connections of this key, the first one first."""

    def ask() -> dict:
        with urllib.request.urlopen(f"{REGION_0}/_mock/calls?key={key}") as answer:
            return json.load(answer)

    calls = (await asyncio.to_thread(ask))["calls"]
    return sorted((call for call in calls if call["kind"] == "signal"), key=lambda call: call["seq"])


def sent(connection: dict, kind: str) -> list[dict]:
    """The data packets of this kind that the client sent."""
    packets = (message["message"] for message in connection["messages"] if (message["kind"], message["from"]) == ("data", "client"))
    return [packet for packet in packets if kind in packet]
