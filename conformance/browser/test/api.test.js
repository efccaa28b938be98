// The API as a page sees it: across origins.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { Browser } from './support/browser.js';
import { behaviour, token, URLS } from './support/mock.js';

let browser;
before(async () => {
  browser = await Browser.launch();
});
after(() => browser?.close());

/** A call that needs a preflight; what the page can read of its answer. */
const call = (client, region, path, headers) =>
  client.page.evaluate(
    async ([url, given]) => {
      const response = await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json', ...given }, body: '{}' });
      return { status: response.status, region: response.headers.get('X-Lk-Mock-Region'), warning: response.headers.get('X-Lk-Mock-Warning'), body: await response.text() };
    },
    [URLS[region] + path, headers],
  );

describe('across origins', { concurrency: true }, () => {
  behaviour('cors', (step) => {
    const path = '/twirp/livekit.RoomService/ListRooms';
    const authorization = `Bearer ${token({ claims: { video: { roomList: true } } })}`;

    step('a preflighted call with a control, and its region', () =>
      browser.page(async (client) => {
        const response = { rooms: [{ sid: 'RM_1', name: 'from the page' }] };
        const answer = await call(client, 1, path, { Authorization: authorization, 'X-Lk-Mock': JSON.stringify({ response }) });
        assert.deepEqual([answer.status, answer.region], [200, '1']);
        assert.deepEqual(JSON.parse(answer.body).rooms, response.rooms);
        await client.equals(() => client.requests, [`1 ${path} 204`, `1 ${path} 200`]);
      }),
    );
    step('a failure can be read', () =>
      browser.page(async (client) => {
        const answer = await call(client, 0, path, { Authorization: authorization, 'X-Lk-Mock': '{"failRegions":[0]}' });
        assert.deepEqual([answer.status, answer.region], [503, '']);
        assert.equal(JSON.parse(answer.body).code, 'unavailable');
      }),
    );
    step('a refusal can be read', () =>
      browser.page(async (client) => {
        const answer = await call(client, 0, path, {});
        assert.deepEqual([answer.status, JSON.parse(answer.body).code], [401, 'unauthenticated']);
      }),
    );
    step('a warning can be read', () =>
      browser.page(async (client) => {
        const answer = await call(client, 0, path, { Authorization: authorization, 'X-Lk-Mock': '{"failRegion":[0]}' });
        assert.equal(answer.status, 200);
        assert.match(answer.warning, /failRegion/);
      }),
    );
    step('the region list', () =>
      browser.page(async (client) => {
        const answer = await call(client, 2, '/settings/regions', { 'X-Lk-Mock': '{"pinnedRegions":["region-3"]}' });
        assert.deepEqual([answer.status, answer.region], [200, '2']);
        assert.deepEqual(JSON.parse(answer.body).regions.map(({ region }) => region), ['region-3']);
      }),
    );
  });
});
