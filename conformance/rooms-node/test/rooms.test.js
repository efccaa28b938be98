// A room connects, somebody comes and goes, and the client is removed.
import { ConnectionState, DisconnectReason, ParticipantKind, Room } from '@livekit/rtc-node';
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { behaviour } from './support/behaviour.js';
import { after, bob, token, URL_0 } from './support/mock.js';
import { events, inRoom, queue, say } from './support/room.js';

describe('rooms', () => {
  behaviour('room-connects', async (options) => {
    const { value } = await inRoom({}, options, (room) => [room.connectionState, room.name, room.localParticipant.identity]);
    assert.deepEqual(value, [ConnectionState.CONN_CONNECTED, 'studio', 'alice']);
  });

  behaviour('room-participants', async (options) => {
    const script = after(
      { expectData: 'user' },
      bob,
      { participant: { identity: 'bob', attributes: { mood: 'good' } } },
      { participant: { identity: 'bob', state: 'DISCONNECTED' } },
    );
    await inRoom(script, options, async (room) => {
      const next = events(room, 'participantConnected', 'participantAttributesChanged', 'participantDisconnected');
      await say(room, 'go on');
      const [joined, { identity, name }] = await next();
      assert.deepEqual([joined, identity, name], ['participantConnected', 'bob', 'Bob']);
      const [changed, attributes, who] = await next();
      assert.deepEqual([changed, attributes, who.identity], ['participantAttributesChanged', { mood: 'good' }, 'bob']);
      const [left, gone] = await next();
      assert.deepEqual([left, gone.identity], ['participantDisconnected', 'bob']);
      assert.equal(room.remoteParticipants.size, 0);
    });
  });

  behaviour('room-agent', async (options) => {
    const prepare = (room) => {
      const answers = queue();
      room.registerTextStreamHandler('lk.chat', (reader, { identity }) => answers.put([reader, identity]));
      return { answer: answers.next, changed: events(room, 'participantAttributesChanged') };
    };
    const body = async (room, { answer, changed }) => {
      const state = async () => (await changed())[1]['lk.agent.state'];
      assert.equal(await state(), 'listening');
      await room.localParticipant.sendText('hello', { topic: 'lk.chat' });
      const [reader, identity] = await answer();
      assert.deepEqual([await reader.readAll(), identity], ['I am a mock agent.', 'agent']);
      assert.deepEqual([await state(), await state()], ['thinking', 'speaking']);
      assert.equal(room.remoteParticipants.get('agent').kind, ParticipantKind.AGENT);
    };
    await inRoom({ signal: 'agent' }, options, body, prepare);
  });

  behaviour('room-removed', async (options) => {
    const script = after({ expectData: 'user' }, { send: { leave: { action: 'DISCONNECT', reason: 'PARTICIPANT_REMOVED' } } });
    await inRoom(script, options, async (room) => {
      const next = events(room, 'disconnected');
      await say(room, 'go on');
      assert.deepEqual(await next(), ['disconnected', DisconnectReason.PARTICIPANT_REMOVED]);
    });
  });

  behaviour('room-again', async (options) => {
    await inRoom({}, options, async (room) => {
      await room.disconnect();
      assert.equal(room.isConnected, false);
      await room.connect(URL_0, token({}), options);
      assert.equal(room.connectionState, ConnectionState.CONN_CONNECTED);
    });
  });

  behaviour('room-ten', async (options) => {
    const rooms = Array.from({ length: 10 }, () => new Room());
    await Promise.all(rooms.map((room, index) => room.connect(URL_0, token({}, `user-${index}`), options)));
    assert.deepEqual(rooms.map(({ connectionState }) => connectionState), Array(10).fill(ConnectionState.CONN_CONNECTED));
    await Promise.all(rooms.map((room) => room.disconnect()));
  });
});
