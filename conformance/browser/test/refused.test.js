// What livekit-client reports of a connection that was refused, and where it tries again.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Browser } from './support/browser.js';
import { V0 } from './support/media.js';
import { behaviour, CLOUD_URL_0, fetchFails, token, URL_0 } from './support/mock.js';

const PATHS = [
  ['/rtc/v1', {}],
  ['/rtc', V0],
];

let browser;
before(async () => {
  browser = await Browser.launch();
});
after(() => browser?.close());

/** Connects where it can't, and returns the error that the application gets. */
async function refused(client, url, claims, options) {
  await client.start(url, token(claims), options);
  const error = await client.event('connect rejected', 20);
  assert.equal(error.name, 'ConnectionError');
  assert.deepEqual(client.said.filter((name) => name !== 'Disconnected'), ['connect rejected']);
  return error;
}

/** What was asked of whom, besides the region list. */
const validates = ({ requests }) => requests.filter((request) => request.includes('validate'));

const regionLists = ({ requests }) => requests.filter((request) => request.includes('/settings/regions 200')).length;

describe('refused', { concurrency: true }, () => {
  const refusals = [
    ['signal-refused-500', 500, { mock: { signal: 'validate_500' } }, ['WebSocket', undefined, 'Encountered websocket error during connection establishment'], 'UNKNOWN_REASON'],
    ['signal-refused-room-not-found', 404, { mock: { signal: 'room_not_found' } }, ['NotAllowed', 404, 'requested room does not exist'], 'USER_REJECTED'],
  ];
  for (const [id, status, claims, [reason, code, message], disconnected] of refusals) {
    behaviour(id, (step) => {
      for (const [path, options] of PATHS) {
        step(`${path}: ${reason}`, () =>
          browser.page(async (client) => {
            const error = await refused(client, URL_0, claims, options);
            assert.deepEqual([error.reason, error.status, error.message], [reason, code, `could not establish signal connection: ${message}`]);
            assert.equal(await client.event('Disconnected'), disconnected);
            await client.equals(() => client.paths, [`0 ${path} ${status}`]);
            await client.equals(() => client.requests, [`0 ${path}/validate ${status}`]);
          }),
        );
      }
    });
  }

  behaviour('signal-refused-token', (step) => {
    const now = Math.floor(Date.now() / 1000);
    const tokens = [
      ['another secret', { secret: 'another' }],
      ['expired', { claims: { nbf: now - 7200, exp: now - 3600 } }],
    ];
    for (const [name, claims] of tokens) {
      for (const [path, options] of PATHS) {
        step(`${path}: ${name}: NotAllowed with the server's words`, () =>
          browser.page(async (client) => {
            const error = await refused(client, URL_0, claims, options);
            assert.deepEqual([error.reason, error.status], ['NotAllowed', 401]);
            assert.match(error.message, /^could not establish signal connection: invalid token: ./);
            await client.equals(() => client.paths, [`0 ${path} 401`]);
          }),
        );
      }
    }
    step('no token at all', () =>
      browser.page(async (client) => {
        await client.start(URL_0, '');
        const error = await client.event('connect rejected');
        assert.deepEqual([error.reason, error.status], ['NotAllowed', 401]);
      }),
    );
    step('final under livekit.cloud too', () =>
      browser.page(async (client) => {
        const error = await refused(client, CLOUD_URL_0, { secret: 'another' });
        assert.deepEqual([error.reason, error.status], ['NotAllowed', 401]);
        await client.equals(() => validates(client), ['0 /rtc/v1/validate 401']);
      }),
    );
  });

  behaviour('signal-refused-service-not-found', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: it falls back to /rtc, and tries on until the application stops it`, () =>
        browser.page(async (client) => {
          await client.start(URL_0, token({ mock: { signal: 'validate_service_not_found' } }), options);
          await client.until('four refusals', () => client.sockets.filter(({ status }) => status === 404).length >= 4, 20);
          const [first, ...rest] = client.paths.slice(0, 4);
          assert.equal(first, `0 ${path} 404`);
          assert.deepEqual(new Set(rest), new Set(['0 /rtc 404']));
          assert.deepEqual(client.said, [], 'it now gives up: report that as works');
          await client.page.evaluate(() => window.room.disconnect());
          assert.equal((await client.event('connect rejected')).reason, 'Cancelled');
        }),
      );
    }
  });

  behaviour('signal-refused-script', (step) => {
    step('a status and a text of its own', () =>
      browser.page(async (client) => {
        const script = [{ refuse: { status: 403, body: 'not this project' } }];
        const error = await refused(client, URL_0, { mock: { script } });
        assert.deepEqual([error.reason, error.status, error.message], ['NotAllowed', 403, 'could not establish signal connection: not this project']);
      }),
    );
  });

  behaviour('signal-failover-0-1', (step) => {
    for (const [path, options] of PATHS) {
      step(`${path}: region 1 is joined`, () =>
        browser.page(async (client) => {
          await client.start(CLOUD_URL_0, token({ mock: { failRegions: [0], failStatus: 500 } }), options);
          await client.event('SignalConnected', 20);
          await client.until('the join response', () => client.sockets[2]?.received[0]);
          await client.equals(() => client.paths, [`0 ${path} 500`, `0 ${path} 500`, `1 ${path} 101`]);
          await client.equals(() => validates(client), [`0 ${path}/validate 500`, `0 ${path}/validate 500`]);
          assert.equal(await client.page.evaluate(() => window.room.serverInfo.region), 'region-1');
        }),
      );
    }
  });

  behaviour('signal-failover-01-2', (step) => {
    step('region 2 is joined', () =>
      browser.page(async (client) => {
        await client.start(CLOUD_URL_0, token({ mock: { failRegions: [0, 1] } }));
        await client.event('SignalConnected', 20);
        await client.equals(() => client.paths, ['0 /rtc/v1 503', '0 /rtc/v1 503', '1 /rtc/v1 503', '2 /rtc/v1 101']);
      }),
    );
  });

  behaviour('signal-failover-all-down', (step) => {
    step('every region once, then the error', () =>
      browser.page(async (client) => {
        const error = await refused(client, CLOUD_URL_0, { mock: { failRegions: [0, 1, 2, 3] } });
        assert.equal(error.reason, 'WebSocket');
        await client.equals(() => client.paths, [0, 0, 1, 2, 3].map((region) => `${region} /rtc/v1 503`));
        await client.equals(() => validates(client), [0, 0, 1, 2, 3].map((region) => `${region} /rtc/v1/validate 503`));
      }),
    );
  });

  behaviour('signal-failover-429', (step) => {
    step('a 429 is taken to the next region', () =>
      browser.page(async (client) => {
        await client.start(CLOUD_URL_0, token({ mock: { failRegions: [0], failStatus: 429 } }));
        await client.event('SignalConnected', 20);
        await client.equals(() => client.paths, ['0 /rtc/v1 429', '0 /rtc/v1 429', '1 /rtc/v1 101'], 'it now gives up: report that as works');
      }),
    );
    step('outside livekit.cloud it is an error', () =>
      browser.page(async (client) => {
        const error = await refused(client, URL_0, { mock: { failRegions: [0], failStatus: 429 } });
        assert.deepEqual([error.reason, error.status], ['WebSocket', undefined]);
      }),
    );
  });

  behaviour('signal-failover-drop', (step) => {
    step('a connection that ends without an answer', () =>
      browser.page(async (client) => {
        await client.start(CLOUD_URL_0, token({ mock: { failRegions: [0], failMode: 'drop' } }));
        await client.event('SignalConnected', 20);
        await client.equals(() => client.paths, ['0 /rtc/v1 failed', '0 /rtc/v1 failed', '1 /rtc/v1 101']);
        assert.deepEqual(new Set(validates(client)), new Set([`0 /rtc/v1/validate ${fetchFails('net::ERR_EMPTY_RESPONSE')}`]));
      }),
    );
    step('outside livekit.cloud: ServerUnreachable', () =>
      browser.page(async (client) => {
        const error = await refused(client, URL_0, { mock: { failRegions: [0], failMode: 'drop' } });
        assert.equal(error.reason, 'ServerUnreachable');
        assert.equal(await client.event('Disconnected'), 'JOIN_FAILURE');
      }),
    );
  });

  behaviour('signal-failover-pinned', (step) => {
    step('403 of a region that is not allowed: the next one', () =>
      browser.page(async (client) => {
        await client.start(CLOUD_URL_0, token({ mock: { pinnedRegions: ['region-2'] } }));
        await client.event('SignalConnected', 20);
        await client.equals(() => client.paths, ['0 /rtc/v1 403', '0 /rtc/v1 403', '1 /rtc/v1 403', '2 /rtc/v1 101']);
      }),
    );
    step('with the pin in the API key the region list has it too', () =>
      browser.page(async (client) => {
        await client.start(CLOUD_URL_0, token({ key: 'mock:{"pinnedRegions":["region-2"]}' }));
        await client.event('SignalConnected', 20);
        await client.equals(() => client.paths, ['0 /rtc/v1 403', '2 /rtc/v1 101']);
      }),
    );
  });

  behaviour('signal-failover-discovery', (step) => {
    step('no region list: the error of region 0', () =>
      browser.page(async (client) => {
        const error = await refused(client, CLOUD_URL_0, { key: 'mock:{"failRegions":[0],"regionsStatus":500}' });
        assert.equal(error.reason, 'WebSocket');
        await client.equals(() => client.paths, ['0 /rtc/v1 503']);
        assert.ok(client.requests.includes('0 /settings/regions 500'));
      }),
    );
    step('a region list that asks for another token: the error of the list', () =>
      browser.page(async (client) => {
        const error = await refused(client, CLOUD_URL_0, { key: 'mock:{"failRegions":[0],"regionsStatus":401}' });
        assert.deepEqual([error.reason, error.status], ['NotAllowed', 401]);
        assert.match(error.message, /region settings/);
      }),
    );
    step('the list is asked for at the first connection, before anything fails', () =>
      browser.page(async (client) => {
        await client.start(CLOUD_URL_0, token());
        await client.event('SignalConnected');
        await client.until('the region list', () => regionLists(client) > 0);
      }),
    );
    step('never outside livekit.cloud', () =>
      browser.page(async (client) => {
        await refused(client, URL_0, { mock: { failRegions: [0], failStatus: 500 } });
        await client.equals(() => client.requests, ['0 /rtc/v1/validate 500']);
        assert.equal(client.sockets.length, 1);
      }),
    );
  });
});
