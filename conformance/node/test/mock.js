// The server that the tests talk to, what clients were seen to send, and the report of a behaviour.
import assert from 'node:assert/strict';
import diagnostics from 'node:diagnostics_channel';
import { appendFileSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FINDINGS } from './findings.js';

const PACKAGE = 'livekit-server-sdk';

function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests are started by \`conformance/run node\``);
  return value;
}

export const URLS = variable('LKM_URLS').split(',');
export const CLOUD_URLS = variable('LKM_CLOUD_URLS').split(',');
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
    const [result, note] = FINDINGS[id] ?? ['works'];
    const entry = { client: 'node', package: PACKAGE, version: VERSION, behaviour: id, result, note };
    appendFileSync(RESULTS, `${JSON.stringify(entry)}\n`);
  });
}

/** Runs `body` and returns its value or error, with the requests that were sent as "<region> <method> <status>". */
export async function watch(body) {
  const seen = { requests: [], warnings: [] };
  const add = (request, outcome) => {
    const { port } = new URL(request.origin);
    seen.requests.push(`${REGIONS.get(port)} ${request.path.split('/').at(-1)} ${outcome}`);
  };
  const onHeaders = ({ request, response }) => {
    add(request, response.statusCode);
    const headers = response.headers.map(String);
    headers.forEach((name, i) => {
      if (i % 2 === 0 && name.toLowerCase() === 'x-lk-mock-warning') seen.warnings.push(headers[i + 1]);
    });
  };
  const onError = ({ request, error }) => add(request, error.name === 'TimeoutError' ? 'late' : 'dropped');
  diagnostics.subscribe('undici:request:headers', onHeaders);
  diagnostics.subscribe('undici:request:error', onError);
  try {
    seen.value = await body();
  } catch (error) {
    seen.error = error;
  } finally {
    diagnostics.unsubscribe('undici:request:headers', onHeaders);
    diagnostics.unsubscribe('undici:request:error', onError);
  }
  return seen;
}
