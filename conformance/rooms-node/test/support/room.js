// Rooms that are connected, and their events.
import { Room } from '@livekit/rtc-node';
import { randomUUID } from 'node:crypto';
import { token, URL_0 } from './mock.js';

/** Over one peer connection, and over two. The types of the SDK don't have this option, but it hands it on. */
export const WAYS = [
  ['/rtc/v1', { singlePeerConnection: true }],
  ['/rtc', { singlePeerConnection: false }],
];

const BOUND = 40_000; // milliseconds for what is waited for

/**
 * Connects a room under this control and calls `body(room, prepared)`, where `prepared` is what `prepare(room)` has given before.
 * Returns what `body` returns, and the key by which the journal knows the connection.
 */
export async function inRoom(control, options, body, prepare = () => {}) {
  const key = randomUUID();
  const room = new Room();
  const prepared = prepare(room);
  await room.connect(URL_0, token({ key, ...control }), options);
  try {
    return { key, value: await body(room, prepared) };
  } finally {
    await room.disconnect();
  }
}

/** What comes one after another: `put` by a handler, `next` by a test. */
export function queue() {
  const items = [];
  const waiting = [];
  const next = () =>
    new Promise((resolve, reject) => {
      if (items.length > 0) return resolve(items.shift());
      const timer = setTimeout(() => reject(new Error(`nothing came within ${BOUND} ms`)), BOUND);
      waiting.push((item) => (clearTimeout(timer), resolve(item)));
    });
  const put = (item) => (waiting.length > 0 ? waiting.shift()(item) : items.push(item));
  return { put, next };
}

/** These events of a room from now on, as they come: the name, then what the handler is given. */
export function events(room, ...names) {
  const { put, next } = queue();
  for (const name of names) room.on(name, (...args) => put([name, ...args]));
  return next;
}

/** Publishes data, for which a script may wait. */
export const say = (room, text, options = { reliable: true }) => room.localParticipant.publishData(new TextEncoder().encode(text), options);

export const textOf = (payload) => new TextDecoder().decode(payload);
