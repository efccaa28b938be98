// The server that the tests talk to, the tokens that program it, and the report of a behaviour.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { FINDINGS, NETWORK } from './findings.js';

const PACKAGE = 'livekit-client';

function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests are started by \`conformance/run browser\``);
  return value;
}

/** The regions' base URLs by index, for HTTP. */
export const URLS = variable('LKM_URLS').split(',');

/** What a request of `fetch` fails with that breaks in this way. Over https it is HTTP/2, where it is the stream that is reset. */
export const fetchFails = (end) => (URLS[0].startsWith('https:') ? 'net::ERR_HTTP2_PROTOCOL_ERROR' : end);

const signalling = (url) => url.replace(/^http/, 'ws');
/** The URL that an application gives to `room.connect`; region 0. */
export const URL_0 = signalling(URLS[0]);
/** The same, under a host name with which the client fails over. */
export const CLOUD_URL_0 = signalling(variable('LKM_CLOUD_URLS').split(',')[0]);

const API_KEY = variable('LKM_API_KEY');
const API_SECRET = variable('LKM_API_SECRET');
const RESULTS = variable('LKM_RESULTS');

export const VERSION = JSON.parse(
  readFileSync(new URL(`../../node_modules/${PACKAGE}/package.json`, import.meta.url)),
).version;

const read = (name) => JSON.parse(readFileSync(new URL(`../../../${name}.json`, import.meta.url)));
const ROOMS = read('rooms');
const BEHAVIOURS = { ...read('signalling'), ...ROOMS };

const REGIONS = new Map(URLS.map((url, index) => [new URL(url).port, index]));
assert.equal(REGIONS.size, 4, 'LKM_URLS must name four regions');

/** The region that a URL means, whatever its host and scheme. */
export const regionOf = (url) => REGIONS.get(new URL(url).port);

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * A participant's token. `mock` is the participant attribute `lk.mock`; `key` the API key; `claims` are put over the others.
 * The signalling is looked at by itself, as behind the reference: no offer of the client is answered, unless `rtc` is true.
 */
export function token({ mock = {}, key = API_KEY, secret = API_SECRET, claims = {}, rtc = false } = {}) {
  const attributes = { 'lk.mock': JSON.stringify({ rtc, ...mock }) };
  const now = Math.floor(Date.now() / 1000);
  const body = {
    iss: key,
    sub: 'alice',
    name: 'Alice',
    nbf: now - 10,
    exp: now + 600,
    video: { room: 'studio', roomJoin: true },
    attributes,
    ...claims,
  };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(body)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/**
 * Runs `body`, which is given `step(name, fn)` for its subtests, and reports the behaviour if all of it passed.
 * The steps of a behaviour run at the same time: each has a page of its own, and most of it is waiting.
 */
export function behaviour(id, body) {
  assert.ok(BEHAVIOURS[id] ?? NETWORK[id], `${id} is not in signalling.json or rooms.json, nor a behaviour of the network`);
  it(id, { concurrency: true }, async (t) => {
    const steps = [];
    let unsound = false;
    await body((name, fn) => {
      const step = t.test(name, async () => {
        try {
          await fn();
        } catch (error) {
          unsound = true;
          throw error;
        }
      });
      steps.push(step);
    });
    assert.ok(steps.length > 0, `${id} has no steps`);
    await Promise.all(steps);
    if (unsound) return; // the step says what is wrong
    const [found, why] = FINDINGS[id] ?? [];
    const { result = 'works', note, does } = NETWORK[id] ?? { result: found, note: why };
    const entry = { client: id in ROOMS || id.startsWith('simulate-') ? 'rooms-browser' : 'browser', package: PACKAGE, version: VERSION, behaviour: id, result, note, does };
    appendFileSync(RESULTS, `${JSON.stringify(entry)}\n`);
  });
}
