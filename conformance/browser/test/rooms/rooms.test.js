// What livekit-client does in a room that connects.
import assert from 'node:assert/strict';
import { after as afterAll, before, describe } from 'node:test';
import { Browser } from '../support/browser.js';
import { behaviour, token, URL_0 } from '../support/mock.js';
import { after, connections, data, inRoom, WAYS } from '../support/room.js';

let browser;
before(async () => {
  browser = await Browser.launch();
});
afterAll(() => browser?.close());

const bob = { participant: { identity: 'bob', name: 'Bob' } };
const text = (payload) => Buffer.from(payload).toString('base64');
const user = (payload, more = {}) => ({ data: { user: { payload: text(payload), topic: 't' }, participantIdentity: 'bob', ...more } });

/** A step for each way in which the client connects. */
const onBothWays = (step, name, body) => {
  for (const [path, options] of WAYS) step(`${path}: ${name}`, () => browser.page((client) => body(client, options)));
};

describe('rooms', { concurrency: true }, () => {
  behaviour('room-connects', (step) => {
    onBothWays(step, 'connected', async (client, options) => {
      const { value } = await inRoom(client, {}, (room) => [room.state, room.localParticipant.permissions.canPublish], { options });
      assert.deepEqual(value, ['connected', true]);
    });
  });

  behaviour('room-participants', (step) => {
    onBothWays(step, 'joins, changes, leaves', async (client, options) => {
      // What comes while the application still waits for `connect` is no event: it finds the participant there.
      const script = after(
        { expectData: 'user' },
        bob,
        { participant: { identity: 'bob', attributes: { mood: 'good' } } },
        { participant: { identity: 'bob', state: 'DISCONNECTED' } },
      );
      const prepare = (room) => {
        const events = [];
        room.on('participantConnected', ({ identity, name }) => events.push(['joined', identity, name]));
        room.on('participantAttributesChanged', (changed, { identity }) => events.push(['changed', identity, changed]));
        const left = new Promise((resolve) => room.on('participantDisconnected', ({ identity }) => resolve([...events, ['left', identity]])));
        return { left };
      };
      const body = async (room) => {
        await room.localParticipant.publishData(new Uint8Array([1]), { reliable: true });
        return room.prepared.left;
      };
      const { value } = await inRoom(client, script, body, { options, prepare });
      assert.deepEqual(value, [['joined', 'bob', 'Bob'], ['changed', 'bob', { mood: 'good' }], ['left', 'bob']]);
    });
  });

  behaviour('room-data-in', (step) => {
    onBothWays(step, 'reliable and lossy', async (client, options) => {
      const prepare = (room) => {
        const got = [];
        const both = new Promise((resolve) =>
          room.on('dataReceived', (payload, participant, kind, topic) => {
            got.push([new TextDecoder().decode(payload), participant?.identity, topic]);
            if (got.length === 2) resolve(got.sort());
          }),
        );
        return { both };
      };
      // Data may overtake the news of who is there, which comes by another way.
      const script = after({ expectData: 'user' }, bob, { expectData: 'user' }, user('hi'), user('ho', { kind: 'LOSSY' }));
      const body = async (room) => {
        const say = () => room.localParticipant.publishData(new Uint8Array([1]), { reliable: true });
        const joined = room.event('participantConnected');
        await say();
        await joined;
        await say();
        return room.prepared.both;
      };
      const { value } = await inRoom(client, script, body, { options, prepare });
      assert.deepEqual(value, [['hi', 'bob', 't'], ['ho', 'bob', 't']]);
    });
  });

  behaviour('room-data-out', (step) => {
    onBothWays(step, 'reliable and lossy', async (client, options) => {
      const script = after({ expectData: 'user' }, { expectData: 'user' }, user('both seen'));
      const { key } = await inRoom(
        client,
        script,
        async (room) => {
          const seen = room.event('dataReceived');
          await room.localParticipant.publishData(new TextEncoder().encode('hi'), { reliable: true, topic: 't' });
          await room.localParticipant.publishData(new TextEncoder().encode('ho'), { reliable: false });
          await seen;
        },
        { options },
      );
      const [connection] = await connections(key);
      assert.deepEqual(data(connection, 'client').map(({ user: { payload } }) => payload).sort(), [text('hi'), text('ho')].sort());
    });
  });

  behaviour('room-text', (step) => {
    onBothWays(step, 'both ways', async (client, options) => {
      const prepare = (room) => {
        const read = new Promise((resolve) => room.registerTextStreamHandler('lk.chat', async (reader, { identity }) => resolve([await reader.readAll(), identity])));
        return { read };
      };
      const script = after(bob, { text: { topic: 'lk.chat', text: 'hi there', from: 'bob' } }, { expectData: 'streamHeader' }, user('seen'));
      const { key, value } = await inRoom(
        client,
        script,
        async (room) => {
          const got = await room.prepared.read;
          const seen = room.event('dataReceived');
          await room.localParticipant.sendText('hello Bob', { topic: 'lk.chat' });
          await seen;
          return got;
        },
        { options, prepare },
      );
      assert.deepEqual(value, ['hi there', 'bob']);
      const [connection] = await connections(key);
      const sent = data(connection, 'client').find(({ streamHeader }) => streamHeader);
      assert.equal(sent.streamHeader.topic, 'lk.chat');
    });
  });

  behaviour('room-rpc-in', (step) => {
    onBothWays(step, 'called and answered', async (client, options) => {
      const rpcRequest = { id: 'call-1', method: 'ask', payload: 'how are you?', responseTimeoutMs: 10000, version: 1 };
      const script = after(bob, { data: { participantIdentity: 'bob', rpcRequest } }, { expectData: 'rpcResponse' }, user('seen'));
      const prepare = (room) => {
        room.registerRpcMethod('ask', async ({ callerIdentity, payload }) => `${callerIdentity}: ${payload} well.`);
        return { seen: room.event('dataReceived') };
      };
      const { key } = await inRoom(client, script, async (room) => void (await room.prepared.seen), { options, prepare });
      const [connection] = await connections(key);
      const answered = data(connection, 'client').find(({ rpcResponse }) => rpcResponse);
      assert.deepEqual(answered.rpcResponse, { requestId: 'call-1', payload: 'bob: how are you? well.' });
    });
  });

  behaviour('room-rpc-out', (step) => {
    onBothWays(step, 'an answer, an error, no such method', async (client, options) => {
      const script = after(
        { rpc: { method: 'greet', answer: 'hello' } },
        { rpc: { method: 'fail', error: { code: 1500, message: 'not today', data: 'why' } } },
        bob,
      );
      const { value } = await inRoom(
        client,
        script,
        async (room) => {
          if (!room.remoteParticipants.has('bob')) await room.event('participantConnected');
          const call = (method) => room.localParticipant.performRpc({ destinationIdentity: 'bob', method, payload: '' }).catch(({ code, message, data }) => [code, message, data]);
          return [await call('greet'), await call('fail'), (await call('none'))[0]];
        },
        { options },
      );
      assert.deepEqual(value, ['hello', [1500, 'not today', 'why'], 1400]);
    });
  });

  behaviour('room-publish', (step) => {
    onBothWays(step, 'a microphone', async (client, options) => {
      const script = after({ expectData: 'user' }, user('seen'));
      const { key, value } = await inRoom(
        client,
        script,
        async (room) => {
          const { trackSid, kind, source } = await room.localParticipant.setMicrophoneEnabled(true);
          // What is sent is counted when it comes, so some of it must have been sent.
          const { sender } = room.localParticipant.getTrackPublication('microphone').track;
          let packets = 0;
          while (packets < 5) {
            for (const report of (await sender.getStats()).values()) if (report.type === 'outbound-rtp') packets = report.packetsSent;
          }
          const seen = room.event('dataReceived');
          await room.localParticipant.publishData(new TextEncoder().encode('sent'), { reliable: true });
          await seen;
          return [trackSid, kind, source];
        },
        { options },
      );
      assert.deepEqual(value, ['TR_MOCK_1', 'audio', 'microphone']);
      const [connection] = await connections(key);
      assert.ok(connection.media.packets >= 5 && connection.media.bytes > 0, JSON.stringify(connection.media));
    });
  });

  behaviour('room-subscribe', (step) => {
    onBothWays(step, 'silence and a still picture', async (client, options) => {
      const script = after(bob, { publish: { from: 'bob', kind: 'audio', name: 'mic' } }, { publish: { from: 'bob', kind: 'video', name: 'cam' } });
      const prepare = (room) => {
        const tracks = [];
        const both = new Promise((resolve) =>
          room.on('trackSubscribed', (track, { trackName }, { identity }) => {
            tracks.push([track, trackName, identity]);
            if (tracks.length === 2) resolve(tracks);
          }),
        );
        return { both };
      };
      const { value } = await inRoom(
        client,
        script,
        async (room) => {
          const tracks = await room.prepared.both;
          const told = [];
          for (const [track, name, identity] of tracks) {
            const element = track.attach();
            element.muted = true;
            document.body.append(element);
            await new Promise((resolve) => {
              if (track.kind === 'video') element.requestVideoFrameCallback(resolve);
              else element.addEventListener('timeupdate', resolve, { once: true });
            });
            told.push([track.kind, name, identity, ...(track.kind === 'video' ? [element.videoWidth, element.videoHeight] : [])]);
          }
          return told.sort();
        },
        { options, prepare },
      );
      assert.deepEqual(value, [['audio', 'mic', 'bob'], ['video', 'cam', 'bob', 256, 144]]);
    });
  });

  behaviour('room-agent', (step) => {
    onBothWays(step, 'a chat', async (client, options) => {
      const prepare = (room) => {
        const states = [];
        const answered = new Promise((resolve) => room.registerTextStreamHandler('lk.chat', async (reader, { identity }) => resolve([await reader.readAll(), identity])));
        const listening = new Promise((resolve) =>
          room.on('participantAttributesChanged', (changed) => {
            states.push(changed['lk.agent.state']);
            if (states.at(-1) === 'listening') resolve();
          }),
        );
        return { answered, listening, states };
      };
      const { value } = await inRoom(
        client,
        { signal: 'agent' },
        async (room) => {
          // What comes before `connect` has returned is no event.
          const agent = room.remoteParticipants.get('agent');
          if (agent?.attributes['lk.agent.state'] !== 'listening') await room.prepared.listening;
          await room.localParticipant.sendText('hello', { topic: 'lk.chat' });
          const answer = await room.prepared.answered;
          return [answer, room.remoteParticipants.get('agent').isAgent, room.prepared.states.filter((state) => state !== 'listening')];
        },
        { options, prepare },
      );
      assert.deepEqual(value, [['I am a mock agent.', 'agent'], true, ['thinking', 'speaking']]);
    });
  });

  for (const [action, event, states] of [
    ['RESUME', 'reconnected', ['connected', 'signalReconnecting', 'connected']],
    ['RECONNECT', 'reconnected', ['connected', 'reconnecting', 'connected']],
  ]) {
    behaviour(`room-leave-${action.toLowerCase()}`, (step) => {
      onBothWays(step, 'and data comes again', async (client, options) => {
        const again = [{ greet: {} }, { expect: 'connected' }, { expectData: 'user' }, user('back')];
        // A RECONNECT joins anew, and is told to leave again only if it asks for it.
        const script = {
          script: [{ onReconnect: again }, { greet: {} }, { expect: 'connected' }, { expectData: 'user' }, user('seen'), { expectData: 'user' }, { send: { leave: { action, reason: 'SERVER_SHUTDOWN' } } }],
        };
        const { value } = await inRoom(
          client,
          script,
          async (room, wanted) => {
            const states_ = [room.state];
            room.on('connectionStateChanged', (state) => states_.push(state));
            const says = async (what) => {
              const heard = room.event('dataReceived');
              await room.localParticipant.publishData(new TextEncoder().encode(what), { reliable: true });
              return heard;
            };
            await says('are you there?');
            const back = room.event(wanted);
            await room.localParticipant.publishData(new TextEncoder().encode('leave'), { reliable: true });
            await back;
            const [payload] = await says('and now?');
            return [states_, new TextDecoder().decode(payload)];
          },
          { options, argument: event },
        );
        assert.deepEqual(value, [states, action === 'RESUME' ? 'back' : 'seen']);
      });
    });
  }

  behaviour('room-removed', (step) => {
    onBothWays(step, 'by whoever runs the room', async (client, options) => {
      const script = after({ expectData: 'user' }, { send: { leave: { action: 'DISCONNECT', reason: 'PARTICIPANT_REMOVED' } } });
      const { value } = await inRoom(
        client,
        script,
        async (room) => {
          const gone = room.event('disconnected');
          room.localParticipant.publishData(new Uint8Array([1]), { reliable: true });
          const [reason] = await gone;
          return LivekitClient.DisconnectReason[reason];
        },
        { options },
      );
      assert.equal(value, 'PARTICIPANT_REMOVED');
    });
  });

  behaviour('room-media-lost', (step) => {
    onBothWays(step, 'it comes back', async (client, options) => {
      // The client's ICE gives up after about 15 s. Its resume is on a path that is dead for 2 s more.
      const script = {
        script: [{ onReconnect: [{ media: 'stop' }, { greet: {} }, { wait: 2000 }, { media: 'start' }] }, { greet: {} }, { expect: 'connected' }, { media: 'stop' }],
      };
      const { value } = await inRoom(
        client,
        script,
        async (room) => {
          const states = [room.state];
          room.on('connectionStateChanged', (state) => states.push(state));
          await room.event('reconnected');
          return states;
        },
        { options },
      );
      assert.equal(value[0], 'connected');
      assert.equal(value.at(-1), 'connected');
      assert.ok(value.some((state) => state === 'reconnecting' || state === 'signalReconnecting'), value.join());
    });
  });

  behaviour('room-no-answer', (step) => {
    onBothWays(step, 'rejected', async (client, options) => {
      await client.start(URL_0, token({ mock: { signal: 'rtc_no_answer' }, rtc: true }), { room: options, connect: { peerConnectionTimeout: 1500 } });
      const { name, message } = await client.event('connect rejected');
      assert.deepEqual([name, message], ['ConnectionError', 'could not establish pc connection']);
    });
  });

  behaviour('room-again', (step) => {
    onBothWays(step, 'with the same room', async (client, options) => {
      const { value } = await inRoom(
        client,
        {},
        async (room, [url, bearer]) => {
          const gone = room.event('disconnected');
          await room.disconnect();
          await gone;
          await room.connect(url, bearer);
          return room.state;
        },
        { options, argument: [URL_0, token({ rtc: true })] },
      );
      assert.equal(value, 'connected');
    });
  });

  behaviour('room-ten', (step) => {
    onBothWays(step, 'in one page', async (client, options) => {
      const states = await client.page.evaluate(
        async ([url, bearers, roomOptions]) => {
          const rooms = bearers.map(() => new LivekitClient.Room(roomOptions));
          await Promise.all(rooms.map((room, index) => room.connect(url, bearers[index])));
          return rooms.map(({ state }) => state);
        },
        [URL_0, Array.from({ length: 10 }, (_, index) => token({ claims: { sub: `user-${index}` }, rtc: true })), options],
      );
      assert.deepEqual(states, Array(10).fill('connected'));
    });
  });
});
