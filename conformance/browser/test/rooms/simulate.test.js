// What an application sees after `room.simulateScenario`: docs/CLIENTS.md tells it in words.
import assert from 'node:assert/strict';
import { after as afterAll, before, describe } from 'node:test';
import { Browser } from '../support/browser.js';
import { NETWORK } from '../support/findings.js';
import { behaviour } from '../support/mock.js';
import { after, inRoom, WAYS } from '../support/room.js';

let browser;
before(async () => {
  browser = await Browser.launch();
});
afterAll(() => browser?.close());

const hello = { data: { user: { payload: 'aGVsbG8=' } } };

// After each of them, the application still hears the server; after `server-leave` it is gone.
const SCENARIOS = {
  'signal-reconnect': ['reconnected', ['signalReconnecting', 'connected'], 2],
  'resume-reconnect': ['reconnected', ['signalReconnecting', 'reconnecting', 'connected'], 3],
  'full-reconnect': ['reconnected', ['reconnecting', 'connected'], 2],
  migration: ['reconnected', ['signalReconnecting', 'connected'], 2],
  'node-failure': ['reconnected', ['signalReconnecting', 'reconnecting', 'connected'], 3],
  'leave-full-reconnect': ['reconnected', ['reconnecting', 'connected'], 2],
  'force-tcp': ['reconnected', ['reconnecting', 'connected'], 2],
  'force-tls': ['reconnected', ['reconnecting', 'connected'], 2],
  'server-leave': ['disconnected', ['disconnected'], 1],
  'disconnect-signal-on-resume': ['reconnected', ['signalReconnecting', 'connected'], 3],
  'disconnect-signal-on-resume-no-messages': ['reconnected', ['signalReconnecting', 'connected'], 3],
};

/** Calls `simulateScenario` in a connected room. Returns its states until `event`, and says hello after it, if it can. */
async function simulate(client, options, name, event) {
  const script = { script: [{ onReconnect: [{ greet: {} }, { expectData: 'user' }, hello] }, { greet: {} }, { expectData: 'user' }, hello] };
  const body = async (room, [scenario, wanted]) => {
    const states = [];
    room.on('connectionStateChanged', (state) => states.push(state));
    const over = room.event(wanted);
    await room.simulateScenario(scenario);
    await over;
    if (room.state === 'connected') {
      const heard = room.event('dataReceived');
      await room.localParticipant.publishData(new Uint8Array([1]), { reliable: true });
      await heard;
    }
    return states;
  };
  const { value } = await inRoom(client, script, body, { options, argument: [name, event] });
  return value;
}

/** As docs/CLIENTS.md tells it. */
const told = (states, sockets) => `${states.join(' → ')}; ${sockets} connection${sockets === 1 ? '' : 's'}`;

describe('simulateScenario', { concurrency: true }, () => {
  for (const [name, [event, states, sockets]] of Object.entries(SCENARIOS)) {
    behaviour(`simulate-${name}`, (step) => {
      for (const [path, options] of WAYS) {
        step(path, () =>
          browser.page(async (client) => {
            assert.deepEqual(await simulate(client, options, name, event), states);
            assert.deepEqual(client.paths, Array(sockets).fill(`0 ${path} 101`));
            assert.equal(told(states, sockets), NETWORK[`simulate-${name}`].does);
          }),
        );
      }
    });
  }

  behaviour('simulate-speaker', (step) => {
    for (const [path, options] of WAYS) {
      step(path, () =>
        browser.page(async (client) => {
          const body = async (room) => {
            const heard = [];
            const silent = new Promise((resolve) =>
              room.on('activeSpeakersChanged', (speakers) => {
                heard.push(speakers.map(({ identity }) => identity));
                if (speakers.length === 0) resolve(heard);
              }),
            );
            await room.simulateScenario('speaker');
            return silent;
          };
          assert.deepEqual((await inRoom(client, {}, body, { options })).value, [['alice'], []]);
        }),
      );
    }
  });

  behaviour('simulate-subscriber-bandwidth', (step) => {
    step('nothing changes', () =>
      browser.page(async (client) => {
        const body = async (room) => {
          await room.simulateScenario('subscriber-bandwidth', 100_000);
          const heard = room.event('dataReceived');
          await room.localParticipant.publishData(new Uint8Array([1]), { reliable: true });
          await heard;
          return room.state;
        };
        const { value } = await inRoom(client, after({ expectData: 'user' }, hello), body);
        assert.equal(value, 'connected');
        const refusal = client.sockets[0].received.find((message) => message.case === 'requestResponse');
        assert.match(refusal.value.message, /bandwidth can't be limited/);
      }),
    );
  });

  behaviour('simulate-fail-on-v1-path', (step) => {
    step('the next connection is over /rtc', () =>
      browser.page(async (client) => {
        const body = async (room) => {
          await room.simulateScenario('fail-on-v1-path');
          const back = room.event('reconnected');
          await room.simulateScenario('full-reconnect');
          await back;
        };
        await inRoom(client, {}, body);
        assert.deepEqual(client.paths, ['0 /rtc/v1 101', '0 /rtc 101']);
      }),
    );
  });
});
