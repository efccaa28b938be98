// The server that the tests talk to, tokens and scripts that program it, and what its journal says.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

export function variable(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: these tests are started by \`conformance/run rooms-node\``);
  return value;
}

const [REGION_0] = variable('LKM_URLS').split(',');
/** The URL that an application gives to `room.connect`; region 0. */
export const URL_0 = REGION_0.replace(/^http/, 'ws');
const API_KEY = variable('LKM_API_KEY');
const API_SECRET = variable('LKM_API_SECRET');

// --- Tokens and scripts

const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A participant's token that programs the mock. */
export function token(control, identity = 'alice') {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: API_KEY,
    sub: identity,
    nbf: now - 10,
    exp: now + 600,
    video: { room: 'studio', roomJoin: true },
    attributes: { 'lk.mock': JSON.stringify(control) },
  };
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', API_SECRET).update(signed).digest('base64url')}`;
}

/** A script that greets, waits for the connection, and goes on with these steps. A resume is greeted, and no more. */
export const after = (...steps) => ({ script: [{ onReconnect: [{ greet: {} }] }, { greet: {} }, { expect: 'connected' }, ...steps] });

export const bob = { participant: { identity: 'bob', name: 'Bob' } };
export const encoded = (text) => Buffer.from(text).toString('base64');
/** A step: data from Bob. */
export const user = (payload, more = {}) => ({ data: { user: { payload: encoded(payload), topic: 't' }, participantIdentity: 'bob', ...more } });

// --- The journal

/** The signalling connections of this key, the first one first. */
export async function connections(key) {
  const response = await fetch(`${REGION_0}/_mock/calls?key=${key}`);
  assert.equal(response.status, 200);
  const { calls } = await response.json();
  return calls.filter(({ kind }) => kind === 'signal').sort((one, other) => one.seq - other.seq);
}

/** The data packets of this kind that the client sent. */
export const sent = ({ messages }, field) =>
  messages.filter(({ kind, from, message }) => kind === 'data' && from === 'client' && message[field]).map(({ message }) => message);
