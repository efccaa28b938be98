// Which regions the SDK asks, in what order, and when it stops. Every control rides in the API key.
import assert from 'node:assert/strict';
import { RoomServiceClient, ServerError } from 'livekit-server-sdk';
import { API_SECRET, behaviour, CLOUD_URLS, controlKey, URLS, watch } from './mock.js';

/** Creates a room under a control; what was sent, and the error if there was one. */
const create = (control, url = CLOUD_URLS[0]) =>
  watch(() => new RoomServiceClient(url, controlKey(control), API_SECRET).createRoom({ name: 'lobby' }));

function assertAnswered(seen, requests) {
  assert.ifError(seen.error);
  assert.equal(seen.value.name, 'lobby');
  assert.deepEqual(seen.requests, requests);
}

function assertFailed(seen, [status, code, message], requests) {
  assert.ok(seen.error instanceof ServerError, String(seen.error));
  assert.deepEqual([seen.error.status, seen.error.code, seen.error.message], [status, code, message]);
  assert.deepEqual(seen.requests, requests);
}

behaviour('failover-0-1', async (step) => {
  await step('region 1 answers', async () => {
    const seen = await create({ failRegions: [0] });
    assertAnswered(seen, ['0 CreateRoom 503', '0 regions 200', '1 CreateRoom 200']);
  });

  await step('not outside livekit.cloud', async () => {
    const seen = await create({ failRegions: [0] }, URLS[0]);
    assertFailed(seen, [503, 'unavailable', 'mock failure (status 503)'], ['0 CreateRoom 503']);
  });
});

behaviour('failover-01-2', async (step) => {
  await step('region 2 answers', async () => {
    const seen = await create({ failRegions: [0, 1] });
    assertAnswered(seen, ['0 CreateRoom 503', '0 regions 200', '1 CreateRoom 503', '2 CreateRoom 200']);
  });
});

behaviour('failover-all-down', async (step) => {
  await step('three attempts', async () => {
    const seen = await create({ failRegions: [0, 1, 2, 3], failStatus: 500 });
    assertFailed(
      seen,
      [500, 'unavailable', 'mock failure (status 500)'],
      ['0 CreateRoom 500', '0 regions 200', '1 CreateRoom 500', '2 CreateRoom 500'],
    );
  });
});

behaviour('no-retry-4xx', async (step) => {
  for (const [status, code] of [[400, 'invalid_argument'], [404, 'not_found'], [429, 'resource_exhausted']]) {
    await step(`${status}`, async () => {
      const seen = await create({ failRegions: [0], failStatus: status });
      assertFailed(seen, [status, code, `mock failure (status ${status})`], [`0 CreateRoom ${status}`]);
    });
  }
});

behaviour('failover-drop', async (step) => {
  await step('region 1 answers', async () => {
    const seen = await create({ failRegions: [0], failMode: 'drop' });
    assertAnswered(seen, ['0 CreateRoom dropped', '0 regions 200', '1 CreateRoom 200']);
  });

  await step('the error outside livekit.cloud', async () => {
    const seen = await create({ failRegions: [0], failMode: 'drop' }, URLS[0]);
    assert.ok(seen.error instanceof TypeError, String(seen.error));
    assert.deepEqual(seen.requests, ['0 CreateRoom dropped']);
  });
});

behaviour('discovery-fails', async (step) => {
  await step("region 0's error", async () => {
    const seen = await create({ failRegions: [0], regionsStatus: 500 });
    assertFailed(seen, [503, 'unavailable', 'mock failure (status 503)'], ['0 CreateRoom 503', '0 regions 500']);
  });
});

behaviour('pinned', async (step) => {
  await step('451 is final', async () => {
    const seen = await create({ pinnedRegions: ['region-1'] });
    assertFailed(seen, [451, undefined, 'project not allowed in this region.'], ['0 CreateRoom 451']);
  });

  await step('failover stays within the allowed regions', async () => {
    const seen = await create({ failRegions: [0], pinnedRegions: ['region-0', 'region-2'] });
    assertAnswered(seen, ['0 CreateRoom 503', '0 regions 200', '2 CreateRoom 200']);
  });
});
