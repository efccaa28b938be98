"""Data, text streams and calls, both ways."""

import asyncio

import pytest
from livekit import rtc
from support import BOB, after, both_ways, connections, encoded, events, in_room, say, sent, user


@pytest.mark.behaviour("room-data-in")
@both_ways
async def test_data_in(single: bool) -> None:
    # Data may overtake the news of who is there, which comes by another way.
    script = after({"expectData": "user"}, BOB, {"expectData": "user"}, user("hi"), user("ho", kind="LOSSY"))
    async with in_room(script, single) as (room, _):
        heard, joined = events(room, "data_received"), events(room, "participant_connected")
        await say(room, "come in")
        await joined.get()
        await say(room, "go on")
        packets = [(await heard.get())[1] for _ in range(2)]
        assert sorted((packet.data, packet.participant.identity, packet.topic) for packet in packets) == [(b"hi", "bob", "t"), (b"ho", "bob", "t")]


@pytest.mark.behaviour("room-data-out")
@both_ways
async def test_data_out(single: bool) -> None:
    script = after({"expectData": "user"}, {"expectData": "user"}, user("both seen"))
    async with in_room(script, single) as (room, key):
        seen = events(room, "data_received")
        await say(room, "hi", reliable=True)
        await say(room, "ho", reliable=False)
        await seen.get()
    [connection] = await connections(key)
    # Only what is reliable has a sequence; the kind is the wrong way round.
    packets = {packet["user"]["payload"]: (packet.get("kind"), "sequence" in packet) for packet in sent(connection, "user")}
    assert packets == {encoded("hi"): ("LOSSY", True), encoded("ho"): (None, False)}


@pytest.mark.behaviour("room-text")
@both_ways
async def test_text(single: bool) -> None:
    texts: asyncio.Queue[tuple[rtc.TextStreamReader, str]] = asyncio.Queue()
    script = after(BOB, {"text": {"topic": "lk.chat", "text": "hi there", "from": "bob"}}, {"expectData": "streamHeader"}, user("seen"))

    def prepare(room: rtc.Room) -> None:
        room.register_text_stream_handler("lk.chat", lambda reader, identity: texts.put_nowait((reader, identity)))

    async with in_room(script, single, prepare) as (room, key):
        reader, identity = await texts.get()
        assert (await reader.read_all(), identity) == ("hi there", "bob")
        seen = events(room, "data_received")
        await room.local_participant.send_text("hello Bob", topic="lk.chat")
        await seen.get()
    [connection] = await connections(key)
    [header] = sent(connection, "streamHeader")
    assert header["streamHeader"]["topic"] == "lk.chat"


@pytest.mark.behaviour("room-rpc-in")
@both_ways
async def test_called(single: bool) -> None:
    request = {"id": "call-1", "method": "ask", "payload": "how are you?", "responseTimeoutMs": 10000, "version": 1}
    call = {"data": {"participantIdentity": "bob", "rpcRequest": request}}
    script = after(BOB, {"expectData": "user"}, call, {"expectData": "rpcResponse"}, user("seen"))
    async with in_room(script, single) as (room, key):

        async def answer(data: rtc.RpcInvocationData) -> str:
            return f"{data.caller_identity}: {data.payload} well."

        room.local_participant.register_rpc_method("ask", answer)
        seen = events(room, "data_received")
        await say(room, "go on")
        await seen.get()
    [connection] = await connections(key)
    [response] = sent(connection, "rpcResponse")
    assert response["rpcResponse"] == {"requestId": "call-1", "payload": "bob: how are you? well."}


@pytest.mark.behaviour("room-rpc-out")
@both_ways
async def test_calls(single: bool) -> None:
    script = after(
        {"rpc": {"method": "greet", "answer": "hello"}},
        {"rpc": {"method": "fail", "error": {"code": 1500, "message": "not today", "data": "why"}}},
        {"expectData": "user"},
        BOB,
    )
    async with in_room(script, single) as (room, _):
        joined = events(room, "participant_connected")
        await say(room, "go on")
        await joined.get()

        async def call(method: str) -> str:
            return await room.local_participant.perform_rpc(destination_identity="bob", method=method, payload="")

        assert await call("greet") == "hello"
        with pytest.raises(rtc.RpcError) as failed:
            await call("fail")
        assert (failed.value.code, failed.value.message, failed.value.data) == (1500, "not today", "why")
        with pytest.raises(rtc.RpcError) as unknown:
            await call("none")
        assert unknown.value.code == rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD
