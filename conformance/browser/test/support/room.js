// Rooms that are really connected, and what the server's journal says of them.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { token, URL_0, URLS } from './mock.js';

/** Over one peer connection, and over two. */
export const WAYS = [
  ['/rtc/v1', {}],
  ['/rtc', { singlePeerConnection: false }],
];

/** A script that greets, waits for the connection, and goes on with these steps. A resume is greeted, and no more. */
export const after = (...steps) => ({ script: [{ onReconnect: [{ greet: {} }] }, { greet: {} }, { expect: 'connected' }, ...steps] });

/**
 * Connects a room under this control, and calls `body(room, argument)` in the page once it is connected. Before, `prepare(room)` may
 * put handlers on it. Returns what `body` returns, and the key by which the journal knows the connection.
 */
export async function inRoom(client, mock, body, { options = {}, prepare = '() => {}', argument } = {}) {
  const key = randomUUID();
  const given = [URL_0, token({ mock: { key, ...mock }, rtc: true }), options, String(prepare), String(body), argument];
  const value = await client.page.evaluate(async ([url, bearer, roomOptions, preparation, main, value_]) => {
    const room = new LivekitClient.Room(roomOptions);
    window.room = room;
    // Events that have come, and those that are waited for.
    const seen = [];
    const waiting = new Set();
    for (const name of Object.values(LivekitClient.RoomEvent)) {
      room.on(name, (...args) => {
        seen.push(name);
        for (const wait of [...waiting]) wait(name, args);
      });
    }
    room.seen = seen;
    room.event = (wanted) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${wanted}: not seen within 40 s, but ${seen}`)), 40_000);
        const wait = (name, args) => {
          if (name !== wanted) return;
          waiting.delete(wait);
          clearTimeout(timer);
          resolve(args);
        };
        waiting.add(wait);
      });
    room.prepared = await (0, eval)(`(${preparation})`)(room);
    await room.connect(url, bearer);
    return (0, eval)(`(${main})`)(room, value_);
  }, given);
  return { key, value };
}

/** The connections of this key that the journal has, the first one first. */
export async function connections(key) {
  const response = await fetch(`${URLS[0]}/_mock/calls?key=${key}`);
  assert.equal(response.status, 200);
  const { calls } = await response.json();
  return calls.filter(({ messages }) => messages).sort((one, other) => one.seq - other.seq);
}

/** The data packets of a connection that came from this side. */
export const data = ({ messages }, side) => messages.filter(({ kind, from }) => kind === 'data' && from === side).map(({ message }) => message);
