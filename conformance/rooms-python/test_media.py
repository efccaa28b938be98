"""Tracks, both ways."""

import pytest
from livekit import rtc
from support import BOB, after, both_ways, connections, events, in_room, say, user

RATE = 48_000


async def packets_sent(track: rtc.LocalAudioTrack) -> int:
    return sum(stats.outbound_rtp.sent.packets_sent for stats in await track.get_stats() if stats.HasField("outbound_rtp"))


@pytest.mark.behaviour("room-publish")
@both_ways
async def test_publish(single: bool) -> None:
    script = after({"expectData": "user"}, user("seen"))
    async with in_room(script, single) as (room, key):
        source = rtc.AudioSource(RATE, 1)
        track = rtc.LocalAudioTrack.create_audio_track("mic", source)
        publication = await room.local_participant.publish_track(track, rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE))
        assert (publication.sid, publication.kind, publication.source) == ("TR_MOCK_1", rtc.TrackKind.KIND_AUDIO, rtc.TrackSource.SOURCE_MICROPHONE)
        # What is sent is counted when it comes, so some of it must have been sent. The source takes no more than it can play.
        frame = rtc.AudioFrame.create(RATE, 1, RATE // 100)
        while await packets_sent(track) < 5:
            await source.capture_frame(frame)
        seen = events(room, "data_received")
        await say(room, "sent")
        await seen.get()
        await source.aclose()
    [connection] = await connections(key)
    assert connection["media"]["packets"] >= 5 and connection["media"]["bytes"] > 0


@pytest.mark.behaviour("room-subscribe")
@both_ways
async def test_subscribe(single: bool) -> None:
    script = after(
        {"expectData": "user"},
        BOB,
        {"publish": {"from": "bob", "kind": "audio", "name": "mic"}},
        {"publish": {"from": "bob", "kind": "video", "name": "cam"}},
    )
    async with in_room(script, single) as (room, _):
        subscribed = events(room, "track_subscribed")
        await say(room, "go on")
        tracks = {}
        for _ in range(2):
            _, track, publication, who = await subscribed.get()
            tracks[publication.name, who.identity] = track
        assert tracks.keys() == {("mic", "bob"), ("cam", "bob")}
        assert set((await first_audio(tracks["mic", "bob"])).data) == {0}
        picture = await first_picture(tracks["cam", "bob"])
        assert (picture.width, picture.height) == (256, 144)


async def first_audio(track: rtc.Track) -> rtc.AudioFrame:
    stream = rtc.AudioStream(track)
    try:
        return (await anext(stream)).frame
    finally:
        await stream.aclose()


async def first_picture(track: rtc.Track) -> rtc.VideoFrame:
    stream = rtc.VideoStream(track)
    try:
        return (await anext(stream)).frame
    finally:
        await stream.aclose()
