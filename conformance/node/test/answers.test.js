// Answers that the test chooses: an override, and a field from the future.
import assert from 'node:assert/strict';
import { Room, RoomServiceClient } from 'livekit-server-sdk';
import { API_SECRET, behaviour, controlKey, URLS, watch } from './mock.js';

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

behaviour('unknown-field', async (step) => {
  await step('is dropped', async () => {
    const seen = await watch(() => under({ futureField: true }).createRoom({ name: 'lobby' }));
    assert.ifError(seen.error);
    assert.deepEqual(seen.value.toJson(), { sid: 'MOCK_SID', name: 'lobby', enabledCodecs: [{}] });
    assert.deepEqual(seen.warnings, []);
  });
});
