// What livekit-client does on a signalling connection that was accepted.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Browser, kinds } from './support/browser.js';
import { connectWithMedia, cue, V0 } from './support/media.js';
import { behaviour, token, URL_0, VERSION } from './support/mock.js';

const PATHS = [
  ['/rtc/v1', {}],
  ['/rtc', V0],
];

let browser;
before(async () => {
  browser = await Browser.launch();
});
after(() => browser?.close());

/** Starts a room with this control and waits until its signalling is up. */
async function join(client, mock, options) {
  await client.start(URL_0, token({ mock }), options);
  await client.event('SignalConnected');
  await client.until('the join response', () => client.sockets[0]?.received[0]);
}

describe('signalling', { concurrency: true }, () => {
  behaviour('signal-join', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: who and where, from the join response`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'happy' }, options);
          const [socket] = client.sockets;
          await client.equals(() => client.paths, [`0 ${path} 101`]);
          assert.equal(socket.received[0].case, 'join');
          const [version, reconnects] = path === '/rtc/v1' ? [socket.joinRequest.clientInfo.version, socket.joinRequest.reconnect] : [socket.query.version, 'reconnect' in socket.query];
          assert.deepEqual([version, reconnects], [VERSION, false]);
          const room = await client.page.evaluate(() => {
            const { name, localParticipant, serverInfo, state } = window.room;
            return { name, identity: localParticipant.identity, as: localParticipant.name, sid: localParticipant.sid, version: serverInfo.version, region: serverInfo.region, node: serverInfo.nodeId, state };
          });
          assert.deepEqual(room, { name: 'studio', identity: 'alice', as: 'Alice', sid: 'PA_MOCK', version: 'mock', region: 'region-0', node: 'MOCK_NODE', state: 'connecting' });
        }),
      );
      step(`${path}: without media it gives up after its own timeout`, () =>
        browser.page(async (client) => {
          await client.start(URL_0, token(), { ...options, connect: { peerConnectionTimeout: 1500 } });
          const error = await client.event('connect rejected');
          assert.deepEqual([error.name, error.reason, error.message], ['ConnectionError', 'InternalError', 'could not establish pc connection']);
          assert.deepEqual(client.said, ['SignalConnected', 'Disconnected', 'connect rejected']);
          assert.equal((await client.closed(0)).code, 1000);
        }),
      );
    }
  });

  behaviour('signal-connected', (step) => {
    step('with a media server in the script it is connected', () =>
      browser.page(async (client) => {
        await connectWithMedia(client);
        assert.deepEqual(client.said, ['SignalConnected', 'Connected', 'connect resolved']);
        assert.equal(await client.page.evaluate(() => window.room.state), 'connected');
      }),
    );
  });

  behaviour('signal-ping', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: both pings every second, both answered`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'happy' }, options);
          const [{ sent, received }] = client.sockets;
          const of = (list, kind) => list.filter((message) => message.case === kind);
          const answered = () => of(received, 'pongResp').length >= 4 && of(received, 'pong').length >= 4;
          await client.until('four answered pings', answered, 8);
          const pings = of(sent, 'pingReq');
          of(received, 'pongResp').forEach(({ value }, index) => assert.equal(value.lastPingTimestamp, pings[index].value.timestamp));
          of(received, 'pong').forEach(({ value }) => assert.ok(Math.abs(Number(value) - Date.now()) < 60_000, `a pong tells the time, not ${value}`));
          const gaps = pings.slice(1).map(({ value }, index) => Number(value.timestamp - pings[index].value.timestamp));
          const mean = gaps.reduce((sum, gap) => sum + gap) / gaps.length;
          assert.ok(mean > 800 && mean < 1500, `the interval of the join response is 1 s: ${gaps}`);
          assert.equal(client.sockets.length, 1);
          assert.equal(client.sockets[0].close, undefined);
        }),
      );
    }
  });

  behaviour('signal-ping-timeout', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: no_pong: closed after 3 s, and joined again`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'no_pong' }, options);
          const joined = client.sockets[0].received[0].at;
          await client.closed(0);
          const silence = Date.now() - joined;
          assert.ok(silence > 2500 && silence < 6000, `ping_timeout is 3 s, it took ${silence} ms`);
          assert.equal(client.sockets[0].close.code, 1000);
          await client.event('Reconnecting');
          await client.until('a second join', () => client.sockets[1]?.received[0]);
          await client.equals(() => client.paths, [`0 ${path} 101`, `0 ${path} 101`]);
          assert.ok(!reconnects(client.sockets[1]));
        }),
      );
    }
    step('connected, it resumes', () =>
      browser.page(async (client) => {
        await connectWithMedia(client, { steps: [{ answer: false }] });
        await cue(client);
        await client.event('Reconnected');
        assert.deepEqual(client.said, ['SignalConnected', 'Connected', 'connect resolved', 'SignalReconnecting', 'Reconnected']);
        assert.ok(reconnects(client.sockets[1]));
      }),
    );
  });

  behaviour('signal-ping-at-once', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: no ping before the connection is closed`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'close_when_connected' }, options);
          await client.closed(0);
          const pings = kinds(client.sockets[0].sent).filter((kind) => kind.startsWith('ping'));
          assert.deepEqual(pings, [], 'it now pings right after the join: assert that nothing is answered before the close');
        }),
      );
    }
  });

  behaviour('signal-client-leave', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: leave is sent, the socket closes 1000`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'happy' }, options);
          await client.page.evaluate(() => window.room.disconnect());
          const { code, wasClean } = await client.closed(0);
          assert.deepEqual([code, wasClean], [1000, true]);
          const leave = client.sockets[0].sent.at(-1);
          assert.deepEqual([leave.case, leave.value.reason], ['leave', 1]); // CLIENT_INITIATED
          assert.equal(await client.event('Disconnected'), 'CLIENT_INITIATED');
          assert.equal((await client.event('connect rejected')).reason, 'Cancelled');
        }),
      );
    }
    step('leave arrives before the close frame', () =>
      browser.page(async (client) => {
        await join(client, { script: [{ greet: {} }, { expect: 'leave' }, { close: { code: 4001, reason: 'after leave' } }] });
        await client.page.evaluate(() => window.room.disconnect());
        assert.deepEqual(await client.closed(0), { code: 4001, reason: 'after leave', wasClean: true });
      }),
    );
    step('connected', () =>
      browser.page(async (client) => {
        await connectWithMedia(client);
        await client.page.evaluate(() => window.room.disconnect());
        assert.equal((await client.closed(0)).code, 1000);
        assert.equal(client.sockets[0].sent.at(-1).case, 'leave');
        assert.equal(await client.event('Disconnected'), 'CLIENT_INITIATED');
      }),
    );
    step('a close frame without a reply', () =>
      browser.page(async (client) => {
        await join(client, { script: [{ greet: {} }, { answer: false }, { expect: 'close' }, { drop: {} }] });
        await client.page.evaluate(() => window.room.disconnect());
        assert.equal(await client.event('Disconnected'), 'CLIENT_INITIATED');
        assert.deepEqual(await client.closed(0), { code: 1006, reason: '', wasClean: false });
      }),
    );
  });

  behaviour('signal-leave-disconnect', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: disconnected with the server's reason`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'leave_when_connected', leaveAction: 'DISCONNECT' }, options);
          assert.equal(await client.event('Disconnected'), 'SERVER_SHUTDOWN');
          assert.equal((await client.closed(0)).code, 1000);
          assert.equal(client.sockets.length, 1);
        }),
      );
    }
    step('while it waits for media, room.connect is rejected', () =>
      browser.page(async (client) => {
        await client.start(URL_0, token({ mock: { signal: 'leave_when_connected' } }), { connect: { peerConnectionTimeout: 1000 } });
        const error = await client.event('connect rejected');
        assert.deepEqual([error.name, error.reason, error.message], ['ConnectionError', 'InternalError', 'could not establish pc connection']);
        assert.deepEqual(client.said, ['SignalConnected', 'Disconnected', 'connect rejected']);
      }),
    );
    step('connected', () =>
      browser.page(async (client) => {
        await connectWithMedia(client, { steps: [{ send: { leave: {} } }] });
        await cue(client);
        assert.equal(await client.event('Disconnected'), 'SERVER_SHUTDOWN');
        assert.equal(client.sockets.length, 1);
      }),
    );
  });

  behaviour('signal-leave-reconnect', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: a new join, without reconnect`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'leave_when_connected', leaveAction: 'RECONNECT' }, options);
          await client.event('Reconnecting');
          await client.until('a second join', () => client.sockets[1]?.received[0]);
          await client.equals(() => client.paths, [`0 ${path} 101`, `0 ${path} 101`]);
          assert.ok(!reconnects(client.sockets[1]));
          assert.equal(client.sockets[1].received[0].case, 'join');
          assert.equal(client.sockets[0].sent.at(-1).case, 'leave');
          assert.equal(client.sockets[0].close.code, 1000);
        }),
      );
    }
    step('connected', () =>
      browser.page(async (client) => {
        await connectWithMedia(client, { control: { leaveAction: 'RECONNECT' }, steps: [{ send: { leave: {} } }] });
        await cue(client);
        await client.event('Reconnecting');
        await client.until('a second join', () => client.sockets[1]?.received[0]);
        assert.ok(!reconnects(client.sockets[1]));
      }),
    );
  });

  behaviour('signal-leave-resume', (step) => {
    step('/rtc: connected, it resumes with reconnect=1', () =>
      browser.page(async (client) => {
        await connectWithMedia(client, { control: { leaveAction: 'RESUME' }, steps: [{ send: { leave: {} } }] });
        await cue(client);
        await client.event('Reconnected');
        const { query, received, sent } = client.sockets[1];
        assert.deepEqual([query.reconnect, query.sid], ['1', 'PA_MOCK']);
        assert.equal(received[0].case, 'reconnect');
        assert.equal(received[0].value.serverInfo.nodeId, 'MOCK_NODE');
        assert.ok(kinds(sent).includes('syncState'));
        assert.deepEqual(client.said, ['SignalConnected', 'Connected', 'connect resolved', 'SignalReconnecting', 'Reconnected']);
      }),
    );
    step('/rtc/v1: with media under way, it resumes with reconnect in the join request', () =>
      browser.page(async (client) => {
        // A v1 client offers, so the answer is made for an offer of the same shape: enough to get ICE under way, not to connect.
        await join(client);
        const sdp = await client.page.evaluate((offer) => window.answerMedia(offer), client.sockets[0].joinRequest.publisherOffer.sdp);
        await client.page.evaluate(() => window.room.disconnect());
        const script = [{ onReconnect: [{ greet: {} }] }, { greet: {} }, { send: { answer: { type: 'answer', sdp, id: 1 } } }, { expect: 'trickle' }, { send: { leave: {} } }];
        await client.start(URL_0, token({ mock: { leaveAction: 'RESUME', script } }));
        await client.event('SignalReconnecting');
        const { joinRequest, received, path } = await client.until('a reconnect', () => client.sockets[2]?.received[0] && client.sockets[2]);
        assert.deepEqual([path, joinRequest.reconnect, joinRequest.participantSid], ['/rtc/v1', true, 'PA_MOCK']);
        assert.equal(received[0].case, 'reconnect');
      }),
    );
    for (const [path, options] of PATHS) {
      step(`${path}: before there is media, it joins anew`, () =>
        browser.page(async (client) => {
          await join(client, { signal: 'leave_when_connected', leaveAction: 'RESUME' }, options);
          await client.event('Reconnecting');
          await client.until('a second join', () => client.sockets[1]?.received[0]);
          assert.ok(!reconnects(client.sockets[1]));
        }),
      );
    }
  });

  behaviour('signal-leave-during-reconnect', (step) => {
    step('a leave in place of the reconnect response: a new join', () =>
      browser.page(async (client) => {
        const onReconnect = [{ send: { leave: {} } }, { answer: false }];
        await connectWithMedia(client, { onReconnect, steps: [{ close: { code: 1011, reason: 'gone' } }] });
        await cue(client);
        await client.until('a third socket that joins', () => client.sockets[2]?.received[0]);
        assert.deepEqual(client.sockets.map(reconnects), [false, true, false]);
        assert.deepEqual(client.sockets.map(({ received }) => received[0].case), ['join', 'leave', 'join']);
        assert.deepEqual(client.said, ['SignalConnected', 'Connected', 'connect resolved', 'SignalReconnecting', 'Reconnecting']);
      }),
    );
    step('the scenario greets a first join as happy does', () =>
      browser.page(async (client) => {
        await join(client, { signal: 'leave_during_reconnect' });
        assert.equal(client.sockets[0].received[0].case, 'join');
      }),
    );
  });

  behaviour('signal-leave-first', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: LeaveRequest, and the socket stays open`, () =>
        browser.page(async (client) => {
          await client.start(URL_0, token({ mock: { signal: 'leave_first_message' } }), options);
          const error = await client.event('connect rejected');
          assert.deepEqual([error.name, error.reason], ['ConnectionError', 'LeaveRequest']);
          assert.deepEqual(client.said, ['Disconnected', 'connect rejected']);
          await client.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3000)));
          await client.equals(() => client.paths, [`0 ${path} 101`]);
          assert.equal(client.sockets[0].close, undefined, 'it now closes the socket: report that as works');
        }),
      );
    }
  });

  behaviour('signal-no-first-message', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: Timeout after 5 s`, () =>
        browser.page(async (client) => {
          const started = Date.now();
          await client.start(URL_0, token({ mock: { signal: 'no_first_message' } }), options);
          const error = await client.event('connect rejected');
          const took = Date.now() - started;
          assert.deepEqual([error.name, error.reason], ['ConnectionError', 'Timeout']);
          assert.ok(took > 4500 && took < 9000, `it took ${took} ms`);
          assert.equal((await client.closed(0)).code, 1000);
          assert.equal(client.sockets.length, 1);
        }),
      );
    }
  });

  behaviour('signal-close-before-join', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: InternalError, no second try`, () =>
        browser.page(async (client) => {
          await client.start(URL_0, token({ mock: { signal: 'close_before_join' } }), options);
          const error = await client.event('connect rejected');
          assert.deepEqual([error.name, error.reason], ['ConnectionError', 'InternalError']);
          assert.deepEqual(await client.closed(0), { code: 1011, reason: '', wasClean: true });
          assert.equal(client.sockets.length, 1);
          await client.equals(() => client.requests, []);
        }),
      );
    }
  });

  behaviour('signal-lost', (step) => {
    const ends = [
      ['close_when_connected', { close: { code: 1011, reason: 'mock close_when_connected' } }, { code: 1011, reason: 'mock close_when_connected', wasClean: true }],
      ['drop_when_connected', { drop: {} }, { code: 1006, reason: '', wasClean: false }],
      [undefined, { reset: {} }, { code: 1006, reason: '', wasClean: false }],
    ];
    for (const [scenario, last, expected] of ends) {
      const [name] = Object.keys(last);
      for (const [path, options] of scenario ? PATHS : []) {
        step(`${path}: ${scenario}: it joins anew`, () =>
          browser.page(async (client) => {
            await join(client, { signal: scenario }, options);
            assert.deepEqual(await client.closed(0), expected);
            await client.event('Reconnecting');
            await client.until('a second join', () => client.sockets[1]?.received[0]);
            assert.ok(!reconnects(client.sockets[1]));
          }),
        );
      }
      step(`connected: ${name}: it resumes`, () =>
        browser.page(async (client) => {
          await connectWithMedia(client, { steps: [last] });
          await cue(client);
          assert.deepEqual(await client.closed(0), expected);
          await client.event('Reconnected');
          assert.ok(reconnects(client.sockets[1]));
          assert.deepEqual(client.said.slice(3), ['SignalReconnecting', 'Reconnected']);
        }),
      );
    }
  });

  behaviour('signal-script', (step) => {
    step('messages that no scenario has', () =>
      browser.page(async (client) => {
        const bob = { sid: 'PA_BOB', identity: 'bob', state: 'ACTIVE', metadata: 'from the script' };
        const script = [{ greet: {} }, { send: { update: { participants: [bob] } } }, { expect: 'leave', timeout: 20 }, { send: { roomUpdate: { room: { sid: 'RM_MOCK', name: 'studio', metadata: 'renamed' } } } }, { send: { leave: { reason: 'ROOM_DELETED' } } }];
        await client.start(URL_0, token({ mock: { script } }));
        assert.equal(await client.event('Disconnected'), 'ROOM_DELETED');
        const received = await client.until('four messages', () => client.sockets[0].received.length >= 4 && client.sockets[0].received);
        assert.deepEqual(kinds(received), ['join', 'update', 'roomUpdate', 'leave']);
      }),
    );
    step('the client shows what they say', () =>
      browser.page(async (client) => {
        const bob = { sid: 'PA_BOB', identity: 'bob', state: 'ACTIVE', metadata: 'from the script' };
        await join(client, { script: [{ greet: {} }, { send: { update: { participants: [bob] } } }] });
        await client.until('the update', () => kinds(client.sockets[0].received).includes('update'));
        await client.until('a pong after it', () => kinds(client.sockets[0].received).includes('pongResp'));
        assert.equal(await client.page.evaluate(() => window.room.getParticipantByIdentity('bob')?.metadata), 'from the script');
      }),
    );
    step('update_metadata is acknowledged', () =>
      browser.page(async (client) => {
        await join(client, { signal: 'happy' });
        await client.page.evaluate(() => {
          window.room.localParticipant.setMetadata('mine').catch(() => {}); // the room does not change: no update follows
        });
        const { value } = await client.until('a request response', () => client.sockets[0].received.find((message) => message.case === 'requestResponse'));
        const sent = client.sockets[0].sent.find((message) => message.case === 'updateMetadata');
        assert.deepEqual([value.requestId, value.reason], [sent.value.requestId, 0]);
      }),
    );
  });

  behaviour('signal-control-by-key', (step) => {
    step('an API key that programs the mock', () =>
      browser.page(async (client) => {
        await client.start(URL_0, token({ key: 'mock:{"signal":"leave_when_connected"}' }));
        assert.equal(await client.event('Disconnected'), 'SERVER_SHUTDOWN');
      }),
    );
    step('lk.mock wins over it', () =>
      browser.page(async (client) => {
        await client.start(URL_0, token({ key: 'mock:{"signal":"room_not_found"}', mock: { signal: 'leave_when_connected' } }));
        assert.equal(await client.event('Disconnected'), 'SERVER_SHUTDOWN');
      }),
    );
  });

  behaviour('signal-deflate', (step) => {
    step('permessage-deflate is negotiated, and long messages get through', () =>
      browser.page(async (client) => {
        const metadata = 'all work and no play '.repeat(1000);
        const room = { sid: 'RM_MOCK', name: 'studio', metadata };
        await join(client, { script: [{ greet: {} }, { send: { roomUpdate: { room } } }, { expect: 'updateMetadata' }, { send: { leave: { reason: 'ROOM_DELETED' } } }] });
        const extensions = client.sockets[0].headers['sec-websocket-extensions'];
        assert.match(extensions, /^permessage-deflate\b/);
        assert.match(extensions, /\bserver_no_context_takeover\b/);
        assert.match(extensions, /\bclient_no_context_takeover\b/);
        await client.until('the room update', () => client.sockets[0].received.some((message) => message.case === 'roomUpdate'));
        await client.until('a pong after it', () => kinds(client.sockets[0].received).includes('pongResp'));
        assert.equal(await client.page.evaluate(() => window.room.metadata), metadata);
        await client.page.evaluate((text) => {
          window.room.localParticipant.setMetadata(text).catch(() => {}); // it gets no answer
        }, metadata);
        assert.equal(await client.event('Disconnected'), 'ROOM_DELETED');
      }),
    );
  });
});

/** Whether a socket was opened to resume: v1 says so in its join request. */
function reconnects({ query, joinRequest }) {
  return query.reconnect === '1' || joinRequest?.reconnect === true;
}
