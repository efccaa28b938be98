// Tracks, both ways.
import { AudioFrame, AudioSource, AudioStream, LocalAudioTrack, TrackKind, TrackPublishOptions, TrackSource, VideoStream } from '@livekit/rtc-node';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { behaviour } from './support/behaviour.js';
import { after, bob, connections, user } from './support/mock.js';
import { events, inRoom, say } from './support/room.js';

const RATE = 48_000;

/** The packets of RTP that the room's publisher has sent. */
async function packetsSent(room) {
  const { publisherStats, subscriberStats } = await room.getRtcStats();
  const sent = [...publisherStats, ...subscriberStats].filter(({ stats }) => stats.case === 'outboundRtp');
  return sent.reduce((sum, { stats }) => sum + Number(stats.value.sent.packetsSent), 0);
}

/** The first thing that a stream gives. */
async function first(stream) {
  const reader = stream.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return value;
}

describe('media', () => {
  behaviour('room-publish', async (options) => {
    const script = after({ expectData: 'user' }, user('seen'));
    const { key } = await inRoom(script, options, async (room) => {
      const source = new AudioSource(RATE, 1);
      const track = LocalAudioTrack.createAudioTrack('mic', source);
      const { sid, kind, source: of } = await room.localParticipant.publishTrack(track, new TrackPublishOptions({ source: TrackSource.SOURCE_MICROPHONE }));
      assert.deepEqual([sid, kind, of], ['TR_MOCK_1', TrackKind.KIND_AUDIO, TrackSource.SOURCE_MICROPHONE]);
      // What is sent is counted when it comes, so some of it must have been sent. The source takes no more than it can play.
      const frame = AudioFrame.create(RATE, 1, RATE / 100);
      while ((await packetsSent(room)) < 5) await source.captureFrame(frame);
      const next = events(room, 'dataReceived');
      await say(room, 'sent');
      await next();
      await track.close();
    });
    const [{ media }] = await connections(key);
    assert.ok(media.packets >= 5 && media.bytes > 0, JSON.stringify(media));
  });

  behaviour('room-subscribe', async (options) => {
    const script = after(
      { expectData: 'user' },
      bob,
      { publish: { from: 'bob', kind: 'audio', name: 'mic' } },
      { publish: { from: 'bob', kind: 'video', name: 'cam' } },
    );
    await inRoom(script, options, async (room) => {
      const next = events(room, 'trackSubscribed');
      await say(room, 'go on');
      const tracks = new Map();
      for (const [, track, { name }, { identity }] of [await next(), await next()]) tracks.set(`${name} of ${identity}`, track);
      assert.deepEqual([...tracks.keys()].sort(), ['cam of bob', 'mic of bob']);
      const { data } = await first(new AudioStream(tracks.get('mic of bob')));
      assert.deepEqual([...new Set(data)], [0]);
      const { frame } = await first(new VideoStream(tracks.get('cam of bob')));
      assert.deepEqual([frame.width, frame.height], [256, 144]);
    });
  });
});
