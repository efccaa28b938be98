// The server that the tests talk to, what clients were seen to send, and the report of a behaviour.
import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FINDINGS, NETWORK } from './findings.js';

const PACKAGE = 'livekit-server-sdk';

function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests are started by \`conformance/run node\``);
  return value;
}

export const URLS = variable('LKM_URLS').split(',');
export const CLOUD_URLS = variable('LKM_CLOUD_URLS').split(',');
export const CLOUD_API_URLS = variable('LKM_CLOUD_API_URLS').split(',');
export const API_KEY = variable('LKM_API_KEY');
export const API_SECRET = variable('LKM_API_SECRET');
const RESULTS = variable('LKM_RESULTS');

const VERSION = JSON.parse(
  readFileSync(new URL(`../node_modules/${PACKAGE}/package.json`, import.meta.url)),
).version;
const REGIONS = new Map(URLS.map((url, index) => [new URL(url).port, index]));

/** An API key that programs the mock. */
export const controlKey = (control) => `mock:${JSON.stringify(control)}`;

/** The same, for keys that may hold neither braces nor quotes. */
export const controlKeyBase64 = (control) =>
  `mock:${Buffer.from(JSON.stringify(control)).toString('base64url')}`;

/**
 * Runs `body`, which is given `step(name, fn)` for its subtests, and reports the behaviour if all of it passed.
 * A behaviour has one such test.
 */
export function behaviour(id, body) {
  test(id, async (t) => {
    let unsound = false;
    const step = (name, fn) =>
      t.test(name, async () => {
        try {
          await fn();
        } catch (error) {
          unsound = true;
          throw error;
        }
      });
    await body(step);
    if (unsound) return; // the subtest says what is wrong
    const [found, why] = FINDINGS[id] ?? [];
    const { result = 'works', note, does } = NETWORK[id] ?? { result: found, note: why };
    const entry = { client: 'node', package: PACKAGE, version: VERSION, behaviour: id, result, note, does };
    appendFileSync(RESULTS, `${JSON.stringify(entry)}\n`);
  });
}

/** Runs `body` and returns its value or error. Meanwhile each handler hears of one event of the requests that are sent, by its name. */
export async function listen(handlers, body) {
  const channels = Object.entries(handlers).map(([event, handler]) => [`undici:request:${event}`, handler]);
  for (const channel of channels) diagnostics.subscribe(...channel);
  try {
    return { value: await body() };
  } catch (error) {
    return { error };
  } finally {
    for (const channel of channels) diagnostics.unsubscribe(...channel);
  }
}

/** What a request asks of whom, as "<region> <method>". */
export const asks = ({ origin, path }) => `${REGIONS.get(new URL(origin).port)} ${path.split('/').at(-1)}`;

/** Why a connection broke. Over TLS, Node at times takes a reset before the answer for an end. */
export const codeOf = ({ code }, answered) => (URLS[0].startsWith('https:') && !answered && code === 'UND_ERR_SOCKET' ? 'ECONNRESET' : code);

/** The values of a header, of a list in which names and values alternate. */
export const valuesOf = (headers, name) =>
  headers.map(String).filter((_, i, all) => i % 2 === 1 && all[i - 1].toLowerCase() === name);

/** Runs `body` and returns its value or error, with the requests that were sent as "<region> <method> <status>". */
export async function watch(body) {
  const seen = { requests: [], warnings: [] };
  const ended = await listen(
    {
      headers: ({ request, response }) => {
        seen.requests.push(`${asks(request)} ${response.statusCode}`);
        seen.warnings.push(...valuesOf(response.headers, 'x-lk-mock-warning'));
      },
      error: ({ request, error }) => seen.requests.push(`${asks(request)} ${error.name === 'TimeoutError' ? 'late' : 'dropped'}`),
    },
    body,
  );
  return { ...seen, ...ended };
}
