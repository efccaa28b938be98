// Answers that come later than the client waits.
import assert from 'node:assert/strict';
import { RoomServiceClient } from 'livekit-server-sdk';
import { API_SECRET, behaviour, CLOUD_URLS, controlKey, watch } from './mock.js';

const KEY = controlKey({ delayMs: 20_000 });

async function listWithin(requestTimeout) {
  const rooms = new RoomServiceClient(CLOUD_URLS[0], KEY, API_SECRET, { requestTimeout });
  const started = performance.now();
  const seen = await watch(() => rooms.listRooms());
  assert.equal(seen.error?.name, 'TimeoutError', String(seen.error));
  return { requests: seen.requests, seconds: (performance.now() - started) / 1000 };
}

behaviour('deadline', async (step) => {
  await step('a short deadline is tried once', async () => {
    const { requests, seconds } = await listWithin(1);
    assert.deepEqual(requests, ['0 ListRooms late']);
    assert.ok(seconds < 5, `it took ${seconds} s`);
  });

  await step('a longer deadline is tried in three regions', async () => {
    const { requests, seconds } = await listWithin(5);
    assert.deepEqual(requests, ['0 ListRooms late', '0 regions 200', '1 ListRooms late', '2 ListRooms late']);
    assert.ok(seconds >= 15 && seconds < 20, `it took ${seconds} s`);
  });
});
