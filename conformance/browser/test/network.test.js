// What livekit-client does when the network breaks its upgrade and its validation, and what the application gets.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pass } from 'node:timers/promises';
import { after, before, describe } from 'node:test';
import { Browser } from './support/browser.js';
import { NETWORK } from './support/findings.js';
import { V0 } from './support/media.js';
import { behaviour, CLOUD_URL_0, fetchFails, token, URL_0, URLS } from './support/mock.js';
import { does, triesOf } from './support/tries.js';

let browser;
before(async () => {
  browser = await Browser.launch();
});
after(() => browser?.close());

/** A token under this control, with an id of its own: the client sends none. */
const under = (control) => token({ mock: { key: randomUUID(), ...control } });

/** Connects where the client fails over. */
async function joins(client, control, options) {
  await client.start(CLOUD_URL_0, under(control), options);
  await client.event('SignalConnected', 20);
}

/** Connects where it can't; what the application is told. */
async function refused(client, url, control, options) {
  await client.start(url, under(control), options);
  const { name, reason, status, message } = await client.event('connect rejected', 20);
  assert.equal(name, 'ConnectionError');
  return [reason, status, message.replace('could not establish signal connection: ', ''), await client.event('Disconnected')];
}

/** `client` has sent just these upgrades and validations. */
const sent = (client, tries) => client.equals(() => triesOf(client), tries);

/** The seconds from the first to the last of them. */
const secondsOf = ({ tries }) => (tries.at(-1).at - tries[0].at) / 1000;

/** docs/CLIENTS.md tells what was seen. */
const assertTold = (id, ...told) => assert.equal(told.join(''), NETWORK[id].does);

/** An upgrade and its validation that end in the same way. */
const both = (region, end, number = '') => [`${region} /rtc/v1 ${end}`, `${region} /rtc/v1/validate ${typeof end === 'string' ? fetchFails(end) : end}${number && `, try ${number}`}`];

const WEBSOCKET = ['WebSocket', undefined, 'Encountered websocket error during connection establishment', 'UNKNOWN_REASON'];
const UNREACHABLE = ['ServerUnreachable', undefined, 'Failed to fetch', 'JOIN_FAILURE'];
const LATE = ['Timeout', undefined, 'room connection has timed out (signal)', 'UNKNOWN_REASON'];

describe('network', { concurrency: true }, () => {
  for (const [id, failMode, end] of [['net-reset', 'reset', 'net::ERR_CONNECTION_RESET'], ['net-garbage', 'garbage', 'net::ERR_INVALID_HTTP_RESPONSE']]) {
    const control = { failRegions: [0], failMode };
    behaviour(id, (step) => {
      step('region 1 is joined, after pauses', () =>
        browser.page(async (client) => {
          await joins(client, control);
          await sent(client, [...both(0, end), ...both(0, end), '1 /rtc/v1 101, try 3']);
          assert.ok(secondsOf(client) > 1.4, 'it now tries at once: say so in the note');
          assertTold(id, does(client, 'joined'));
        }),
      );
      step('outside livekit.cloud: ServerUnreachable', () =>
        browser.page(async (client) => {
          assert.deepEqual(await refused(client, URL_0, control), UNREACHABLE);
          await sent(client, both(0, end));
        }),
      );
      step('maxRetries says how often it tries in all', () =>
        browser.page(async (client) => {
          assert.deepEqual(await refused(client, URL_0, control, { connect: { maxRetries: 3 } }), UNREACHABLE);
          await sent(client, [...both(0, end), ...both(0, end), ...both(0, end)]);
        }),
      );
      step('maxRetries counts for each region anew', () =>
        browser.page(async (client) => {
          await joins(client, control, { connect: { maxRetries: 2 } });
          await sent(client, [...both(0, end), ...both(0, end), ...both(0, end), ...both(0, end), '1 /rtc/v1 101, try 5']);
        }),
      );
    });
  }

  behaviour('net-hang', (step) => {
    const control = { failRegions: [0], failMode: 'hang' };
    const short = { connect: { websocketTimeout: 1000 } };
    step('region 1 is joined', () =>
      browser.alone(async (client) => {
        await joins(client, control, short);
        await sent(client, ['0 /rtc/v1 given up', '0 /rtc/v1 given up', '1 /rtc/v1 101, try 3']);
        assertTold('net-hang', does(client, 'joined'), '; never, where the region list hangs too');
      }),
    );
    step('outside livekit.cloud: Timeout, and maxRetries has no effect', () =>
      browser.alone(async (client) => {
        assert.deepEqual(await refused(client, URL_0, control, { connect: { ...short.connect, maxRetries: 3 } }), LATE);
        await sent(client, ['0 /rtc/v1 given up']);
      }),
    );
    step('where the region list hangs too, it never ends, nor does any other room of the page', () =>
      browser.alone(async (client) => {
        const key = (control) => token({ key: `mock:${JSON.stringify(control)}` });
        await client.start(CLOUD_URL_0, key({ ...control, regionsMode: 'hang' }), short);
        await client.closed(0);
        await pass(3000);
        assert.deepEqual(client.said, [], 'it now gives up: report that as works');
        await client.page.evaluate(() => window.room.disconnect());
        assert.equal((await client.event('connect rejected')).reason, 'Cancelled');
        client.events.length = 0;

        // A room of which nothing hangs. It waits for its turn to ask for the list, and does not get it.
        await client.start(CLOUD_URL_0, key({ failRegions: [0] }), short);
        await client.until('the validation', () => client.tries[2]?.status === 503);
        await pass(3000);
        assert.deepEqual([client.said, client.regionLists], [[], 1], 'it now asks for the list: report that as works');
        await sent(client, ['0 /rtc/v1 given up', ...both(0, 503)]);
      }),
    );
  });

  behaviour('net-html-502', (step) => {
    const control = { failRegions: [0], failStatus: 502, failBody: '<html><body>502 Bad Gateway</body></html>' };
    step('region 1 is joined', () =>
      browser.page(async (client) => {
        await joins(client, control);
        await sent(client, [...both(0, 502, 1), ...both(0, 502, 2), '1 /rtc/v1 101, try 3']);
        assertTold('net-html-502', does(client, 'joined'));
      }),
    );
    step('outside livekit.cloud: WebSocket, with neither the status nor the page', () =>
      browser.page(async (client) => {
        assert.deepEqual(await refused(client, URL_0, control), WEBSOCKET);
        await sent(client, both(0, 502, 1));
      }),
    );
  });

  behaviour('net-fails-once', (step) => {
    for (const [path, options] of [['/rtc/v1', {}], ['/rtc', V0]]) {
      step(`${path}: region 0 is asked again, and joined`, () =>
        browser.page(async (client) => {
          await joins(client, { failTimes: 1 }, options);
          await sent(client, [`0 ${path} 503`, `0 ${path}/validate 503, try 1`, `0 ${path} 101, try 2`]);
          assertTold('net-fails-once', does(client, 'joined'));
        }),
      );
    }
    step('outside livekit.cloud it is final, and maxRetries has no effect', () =>
      browser.page(async (client) => {
        assert.deepEqual(await refused(client, URL_0, { failTimes: 1 }, { connect: { maxRetries: 3 } }), WEBSOCKET);
        await sent(client, both(0, 503, 1));
      }),
    );
    // Over HTTP/2 it is the stream that is reset, after which it sends nothing again.
    const kept = URLS[0].startsWith('https:') ? () => {} : step;
    kept('Chromium sends a validation again by itself, where a kept connection is reset', () =>
      browser.alone(async (client) => {
        await client.page.evaluate((url) => fetch(url).then((answer) => answer.text()), `${URLS[0]}/settings/regions`);
        assert.deepEqual(await refused(client, URL_0, { failTimes: 1, failMode: 'reset' }), WEBSOCKET);
        await sent(client, ['0 /rtc/v1 net::ERR_CONNECTION_RESET', '0 /rtc/v1/validate 200, try 2']);
      }),
    );
  });

  behaviour('net-fails-in-turn', (step) => {
    const four = [...both(0, 503, 1), ...both(0, 503, 2), ...both(1, 503, 3), ...both(2, 503, 4)];
    step('region 3 is joined, and no time is lost', () =>
      browser.page(async (client) => {
        await joins(client, { failTimes: 4 });
        await sent(client, [...four, '3 /rtc/v1 101, try 5']);
        assert.ok(secondsOf(client) < 7, 'it now pauses between its tries: say so in the note');
        assertTold('net-fails-in-turn', does(client, 'joined'));
      }),
    );
    step('a fifth refusal is the last; it goes on asking for the region list', () =>
      browser.page(async (client) => {
        assert.deepEqual(await refused(client, CLOUD_URL_0, { failTimes: 5 }), WEBSOCKET);
        await sent(client, [...four, ...both(3, 503, 5)]);
        await client.page.evaluate(() => window.room.disconnect());
        const asked = client.regionLists;
        await client.until('two more region lists', () => client.regionLists >= asked + 2, 20);
      }),
    );
  });
});
