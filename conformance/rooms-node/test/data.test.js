// Data, text streams and calls, both ways.
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { behaviour } from './support/behaviour.js';
import { after, bob, connections, encoded, sent, user } from './support/mock.js';
import { events, inRoom, queue, say, textOf } from './support/room.js';

describe('data', () => {
  behaviour('room-data-in', async (options) => {
    // Data may overtake the news of who is there, which comes by another way.
    const script = after({ expectData: 'user' }, bob, { expectData: 'user' }, user('hi'), user('ho', { kind: 'LOSSY' }));
    await inRoom(script, options, async (room) => {
      const [next, joined] = [events(room, 'dataReceived'), events(room, 'participantConnected')];
      await say(room, 'come in');
      await joined();
      await say(room, 'go on');
      const got = [await next(), await next()].map(([, payload, participant, , topic]) => [textOf(payload), participant.identity, topic]);
      assert.deepEqual(got.sort(), [['hi', 'bob', 't'], ['ho', 'bob', 't']]);
    });
  });

  behaviour('room-data-out', async (options) => {
    const script = after({ expectData: 'user' }, { expectData: 'user' }, user('both seen'));
    const { key } = await inRoom(script, options, async (room) => {
      const next = events(room, 'dataReceived');
      await say(room, 'hi', { reliable: true });
      await say(room, 'ho', { reliable: false });
      await next();
    });
    const [connection] = await connections(key);
    const packets = sent(connection, 'user').map((packet) => [packet.user.payload, packet.kind, 'sequence' in packet]);
    // Only what is reliable has a sequence; the kind is the wrong way round.
    assert.deepEqual(packets.sort(), [[encoded('hi'), 'LOSSY', true], [encoded('ho'), undefined, false]].sort());
  });

  behaviour('room-text', async (options) => {
    const script = after(bob, { text: { topic: 'lk.chat', text: 'hi there', from: 'bob' } }, { expectData: 'streamHeader' }, user('seen'));
    const prepare = (room) => {
      const texts = queue();
      room.registerTextStreamHandler('lk.chat', (reader, { identity }) => texts.put([reader, identity]));
      return texts;
    };
    const body = async (room, texts) => {
      const [reader, identity] = await texts.next();
      assert.deepEqual([await reader.readAll(), identity], ['hi there', 'bob']);
      const next = events(room, 'dataReceived');
      await room.localParticipant.sendText('hello Bob', { topic: 'lk.chat' });
      await next();
    };
    const { key } = await inRoom(script, options, body, prepare);
    const [connection] = await connections(key);
    assert.deepEqual(sent(connection, 'streamHeader').map(({ streamHeader }) => streamHeader.topic), ['lk.chat']);
  });

  behaviour('room-rpc-in', async (options) => {
    const rpcRequest = { id: 'call-1', method: 'ask', payload: 'how are you?', responseTimeoutMs: 10000, version: 1 };
    const call = { data: { participantIdentity: 'bob', rpcRequest } };
    const script = after(bob, { expectData: 'user' }, call, { expectData: 'rpcResponse' }, user('seen'));
    const { key } = await inRoom(script, options, async (room) => {
      room.localParticipant.registerRpcMethod('ask', async ({ callerIdentity, payload }) => `${callerIdentity}: ${payload} well.`);
      const next = events(room, 'dataReceived');
      await say(room, 'go on');
      await next();
    });
    const [connection] = await connections(key);
    const answers = sent(connection, 'rpcResponse').map(({ rpcResponse }) => rpcResponse);
    assert.deepEqual(answers, [{ requestId: 'call-1', payload: 'bob: how are you? well.' }]);
  });

  behaviour('room-rpc-out', async (options) => {
    const script = after(
      { rpc: { method: 'greet', answer: 'hello' } },
      { rpc: { method: 'fail', error: { code: 1500, message: 'not today', data: 'why' } } },
      { expectData: 'user' },
      bob,
    );
    await inRoom(script, options, async (room) => {
      const next = events(room, 'participantConnected');
      await say(room, 'go on');
      await next();
      const call = (method) => room.localParticipant.performRpc({ destinationIdentity: 'bob', method, payload: '' });
      assert.equal(await call('greet'), 'hello');
      await assert.rejects(call('fail'), { name: 'Error', code: 1500, message: 'not today', data: 'why' });
      await assert.rejects(call('none'), { code: 1400 });
    });
  });
});
