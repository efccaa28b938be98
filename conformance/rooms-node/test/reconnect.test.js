// The connection is lost, and comes back or does not.
import { ConnectionState, Room } from '@livekit/rtc-node';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe } from 'node:test';
import { behaviour } from './support/behaviour.js';
import { connections, token, URL_0, user } from './support/mock.js';
import { events, inRoom, say, textOf } from './support/room.js';

const again = [{ greet: {} }, { expect: 'connected' }, { expectData: 'user' }];

describe('reconnects', { concurrency: true }, () => {
  for (const [action, last] of [['RESUME', 'back'], ['RECONNECT', 'seen']]) {
    behaviour(`room-leave-${action.toLowerCase()}`, async (options) => {
      const leave = { send: { leave: { action, reason: 'SERVER_SHUTDOWN' } } };
      const script = [{ onReconnect: [...again, user('back')] }, ...again, user('seen'), { expectData: 'user' }, leave];
      const { key } = await inRoom({ script }, options, async (room) => {
        const heard = events(room, 'dataReceived');
        const told = events(room, 'reconnecting', 'reconnected');
        await say(room, 'are you there?');
        assert.equal(textOf((await heard())[1]), 'seen');
        await say(room, 'leave');
        assert.deepEqual([await told(), await told()], [['reconnecting'], ['reconnected']]);
        assert.equal(room.connectionState, ConnectionState.CONN_CONNECTED);
        await say(room, 'and now?');
        assert.equal(textOf((await heard())[1]), last);
      });
      assert.equal((await connections(key)).length, 2);
    });
  }

  behaviour('room-media-lost', async (options) => {
    // The client's ICE gives up after about 15 s. Its resume is on a path that is dead for 2 s more.
    const resume = [{ media: 'stop' }, { greet: {} }, { wait: 2000 }, { media: 'start' }];
    const script = [{ onReconnect: resume }, { greet: {} }, { expect: 'connected' }, { media: 'stop' }];
    const prepare = (room) => {
      const states = [];
      room.on('connectionStateChanged', (state) => states.push(state));
      return { states, back: events(room, 'reconnected') };
    };
    const body = async (_, { states, back }) => {
      await back();
      return states.slice(-2);
    };
    const { value } = await inRoom({ script }, options, body, prepare);
    assert.deepEqual(value, [ConnectionState.CONN_RECONNECTING, ConnectionState.CONN_CONNECTED]);
  });

  behaviour('room-no-answer', async (options) => {
    const key = randomUUID();
    const connect = new Room().connect(URL_0, token({ key, signal: 'rtc_no_answer' }), options);
    await assert.rejects(connect, { message: 'engine: connection error: wait_pc_connection timed out' });
    assert.equal((await connections(key)).length, 2);
  });
});
