// Answers that the test chooses: an override, and a field from the future.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Room, RoomServiceClient } from 'livekit-server-sdk';
import { API_KEY, API_SECRET, behaviour, controlKey, URLS, watch } from './mock.js';

const under = (control) => new RoomServiceClient(URLS[0], controlKey(control), API_SECRET);

behaviour('response-override', async (step) => {
  await step('a message', async () => {
    const rooms = under({ response: { sid: 'RM_chosen', numParticipants: 7, creation_time: '1700000000' } });
    const seen = await watch(() => rooms.createRoom({ name: 'lobby' }));
    assert.ifError(seen.error);
    assert.deepEqual(seen.value, new Room({ sid: 'RM_chosen', numParticipants: 7, creationTime: 1700000000n }));
    assert.deepEqual(seen.warnings, []);
  });

  await step('a list', async () => {
    const rooms = await under({ response: { rooms: [{ name: 'a' }, { name: 'b' }] } }).listRooms();
    assert.deepEqual(rooms.map((room) => room.name), ['a', 'b']);
  });
});

/** A server between client and mock that adds a field which no schema has: the mock answers by its own schema. */
async function withRelay(body) {
  let added;
  const relay = createServer(async (request, response) => {
    const answer = await fetch(URLS[0] + request.url, {
      method: 'POST',
      headers: { 'content-type': request.headers['content-type'], authorization: request.headers.authorization },
      body: await text(request),
    });
    added = { ...(await answer.json()), mockFutureField: { nested: [1, 'two'] } };
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') });
    response.end(JSON.stringify(added));
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  try {
    await body(`http://127.0.0.1:${relay.address().port}`);
    assert.ok(added.mockFutureField);
  } finally {
    relay.closeAllConnections();
    relay.close();
  }
}

behaviour('unknown-field', async (step) => {
  await step('is ignored', () =>
    withRelay(async (url) => {
      const room = await new RoomServiceClient(url, API_KEY, API_SECRET).createRoom({ name: 'lobby' });
      assert.deepEqual(room, new Room({ sid: 'MOCK_SID', name: 'lobby', enabledCodecs: room.enabledCodecs }));
    }),
  );
});
