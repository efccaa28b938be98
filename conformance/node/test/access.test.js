// Who may: a wrong secret, and a token that lacks the grant.
import assert from 'node:assert/strict';
import { AccessToken, RoomServiceClient, ServerError } from 'livekit-server-sdk';
import { API_KEY, API_SECRET, behaviour, CLOUD_URLS, watch } from './mock.js';

function assertRefused(error, status, code) {
  assert.ok(error instanceof ServerError, String(error));
  assert.deepEqual([error.status, error.code, error.message], [status, code, `mock: ${code}`]);
}

async function withGrant(grant) {
  const token = new AccessToken(API_KEY, API_SECRET);
  token.addGrant(grant);
  return new RoomServiceClient(CLOUD_URLS[0], undefined, undefined, { token: await token.toJwt() });
}

behaviour('wrong-secret', async (step) => {
  await step('401, and no other region is asked', async () => {
    const rooms = new RoomServiceClient(CLOUD_URLS[0], API_KEY, 'not the secret');
    const seen = await watch(() => rooms.createRoom({ name: 'lobby' }));
    assertRefused(seen.error, 401, 'unauthenticated');
    assert.deepEqual(seen.requests, ['0 CreateRoom 401']);
  });
});

behaviour('missing-grant', async (step) => {
  await step('403, and no other region is asked', async () => {
    const rooms = await withGrant({ roomList: true });
    await rooms.listRooms();
    const seen = await watch(() => rooms.createRoom({ name: 'lobby' }));
    assertRefused(seen.error, 403, 'permission_denied');
    assert.deepEqual(seen.requests, ['0 CreateRoom 403']);
  });

  await step('a grant for another room', async () => {
    const rooms = await withGrant({ roomAdmin: true, room: 'hall' });
    await rooms.listParticipants('hall');
    const seen = await watch(() => rooms.listParticipants('lobby'));
    assertRefused(seen.error, 403, 'permission_denied');
  });
});
