// The control in the API key: an application is programmed by its configuration alone.
import assert from 'node:assert/strict';
import { LiveKitAPI, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import { API_SECRET, behaviour, controlKey, controlKeyBase64, URLS, watch } from './mock.js';

const FAILS = { failRegions: [0], failStatus: 418 };

behaviour('control-by-key', async (step) => {
  for (const [form, key] of [['json', controlKey(FAILS)], ['base64url', controlKeyBase64(FAILS)]]) {
    await step(`${form}, by the environment alone`, async () => {
      Object.assign(process.env, { LIVEKIT_URL: URLS[0], LIVEKIT_API_KEY: key, LIVEKIT_API_SECRET: API_SECRET });
      const seen = await watch(() => new LiveKitAPI().room.createRoom({ name: 'lobby' }));
      assert.ok(seen.error instanceof ServerError, String(seen.error));
      assert.equal(seen.error.status, 418);
      assert.deepEqual(seen.warnings, []);
    });
  }

  await step('what the composer gives for Node', async () => {
    await assert.rejects(import('./snippet.mjs'), /it's "tea" ☕ \$x/);
  });

  await step('a broken control is a warning', async () => {
    const rooms = new RoomServiceClient(URLS[0], 'mock:{failRegions', API_SECRET);
    const seen = await watch(() => rooms.createRoom({ name: 'lobby' }));
    assert.ifError(seen.error);
    assert.equal(seen.warnings.length, 1);
  });
});
