// The report of a behaviour.
import { dispose } from '@livekit/rtc-node';
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { after, it } from 'node:test';
import { FINDINGS } from './findings.js';
import { variable } from './mock.js';
import { WAYS } from './room.js';

const PACKAGE = '@livekit/rtc-node';
const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url)));
const { version } = read(`../../node_modules/${PACKAGE}/package.json`);
const BEHAVIOURS = read('../../../rooms.json');
const RESULTS = variable('LKM_RESULTS');

// Until then, the native part keeps the process alive.
after(() => dispose());

/** Runs `body(options)` for each way in which the client connects, both at the same time, and reports the behaviour if both have passed. */
export function behaviour(id, body) {
  assert.ok(id in BEHAVIOURS, `${id} is not in rooms.json`);
  it(id, { concurrency: true }, async (t) => {
    const passed = [];
    await Promise.all(WAYS.map(([path, options]) => t.test(path, async () => void passed.push(await body(options)))));
    if (passed.length < WAYS.length) return; // the subtest says what is wrong
    const [result, note] = FINDINGS[id] ?? ['works'];
    appendFileSync(RESULTS, `${JSON.stringify({ client: 'rooms-node', package: PACKAGE, version, behaviour: id, result, note })}\n`);
  });
}
