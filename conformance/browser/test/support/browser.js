// livekit-client in a page of real Chromium, and everything that is seen of it from outside.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { JoinRequest, SignalRequest, SignalResponse, WrappedJoinRequest, WrappedJoinRequest_Compression } from '@livekit/protocol';
import { chromium } from 'playwright-core';
import { regionOf } from './mock.js';

const FILES = {
  '/': ['text/html', '<!doctype html><meta charset="utf-8"><title>livekit-client</title>'],
  '/livekit-client.js': ['text/javascript', readFileSync(new URL('../../node_modules/livekit-client/dist/livekit-client.umd.js', import.meta.url))],
  '/page.js': ['text/javascript', readFileSync(new URL('page.js', import.meta.url))],
};

// Chromium looks for nothing outside this machine, and asks the mock without a proxy.
const ARGUMENTS = [
  '--no-sandbox', // it runs as root in containers
  '--no-proxy-server',
  '--disable-gpu',
  '--process-per-site', // to start a process for every page would take most of the time
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-features=WebRtcHideLocalIpsWithMdns', // host candidates are addresses,
  '--allow-loopback-in-peer-connection', // 127.0.0.1 among them
  '--use-fake-device-for-media-stream', // a microphone that beeps, and a camera,
  '--use-fake-ui-for-media-stream', // which nobody has to allow
  '--autoplay-policy=no-user-gesture-required',
];

function executable() {
  const found = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);
  assert.ok(found, 'Chromium is not on this machine: install the package "chromium"');
  return found;
}

// The home whose certificates it trusts, where the mock is asked over https.
const env = { ...process.env, HOME: process.env.LKM_CHROMIUM_HOME ?? process.env.HOME };

// More at once than two cores can serve would turn waiting into failing.
const PAGES = 4;

/** One browser and one origin for the tests of a file. */
export class Browser {
  #free = PAGES;
  #queue = [];

  static async launch() {
    const self = new Browser();
    self.server = createServer(({ url }, response) => {
      const [type, body] = FILES[url] ?? [];
      if (!type) return response.writeHead(404).end();
      return response.writeHead(200, { 'Content-Type': type }).end(body);
    });
    await new Promise((resolve) => self.server.listen(0, '127.0.0.1', resolve));
    self.origin = `http://127.0.0.1:${self.server.address().port}`;
    self.chromium = await chromium.launch({ executablePath: executable(), args: ARGUMENTS, env });
    self.context = await self.chromium.newContext();
    return self;
  }

  async close() {
    await this.chromium?.close();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Gives `body` a page that no other test has seen, and closes it. */
  async page(body, context = this.context) {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise((resolve) => this.#queue.push(resolve));
    try {
      return await this.#page(body, context);
    } finally {
      const next = this.#queue.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  /**
   * The same in a profile of its own. Within one, Chromium keeps connections for all pages, makes one handshake at a
   * time with an address and one request at a time for a URL: where one hangs, other pages would wait.
   */
  async alone(body) {
    const context = await this.chromium.newContext();
    try {
      return await this.page(body, context);
    } finally {
      await context.close();
    }
  }

  async #page(body, context) {
    const page = await context.newPage();
    try {
      const client = await Client.open(page, this.origin);
      const value = await body(client);
      assert.deepEqual(client.errors, [], 'an error in the page that nothing caught');
      return value;
    } finally {
      await page.close();
    }
  }
}

/** A page with livekit-client, and what it did so far. */
class Client {
  /** Sockets in the order in which they were opened. */
  sockets = [];
  /** HTTP requests as "<region> <path> <status or failure>". */
  requests = [];
  /** Upgrades and validations, in the order in which they were sent. */
  tries = [];
  /** How many requests for the region list were sent. */
  regionLists = 0;
  /** What the room said: [name, detail]. */
  events = [];
  /** Errors that the page did not catch. */
  errors = [];
  #watchers = new Set();

  static async open(page, origin) {
    const self = new Client();
    self.page = page;
    self.page.on('pageerror', (error) => self.errors.push(String(error)));
    await self.page.exposeBinding('report', (_, entry) => self.#reported(entry));
    const devtools = await page.context().newCDPSession(page);
    self.#watch(devtools);
    await devtools.send('Network.enable');
    await self.page.goto(origin);
    await self.page.addScriptTag({ url: '/livekit-client.js' });
    await self.page.addScriptTag({ url: '/page.js' });
    self.origin = origin;
    return self;
  }

  /** `room.connect(url, token)`, without waiting for its end. */
  async start(url, token, options = {}) {
    await this.page.evaluate(([...args]) => window.start(...args), [url, token, options]);
  }

  /** The value of `condition` once it is true; looked at whenever something was seen. */
  async until(what, condition, seconds = 15) {
    const value = condition();
    if (value) return value;
    return new Promise((resolve, reject) => {
      const done = (settle, result) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        settle(result);
      };
      const look = () => {
        try {
          const found = condition();
          if (found) done(resolve, found);
        } catch (error) {
          done(reject, error);
        }
      };
      const timer = setTimeout(() => done(reject, new Error(`${what}: not seen within ${seconds} s. ${this.summary()}`)), seconds * 1000);
      this.#watchers.add(look);
    });
  }

  /** Waits until `actual` gives what is expected: the page and DevTools tell of the same thing in either order. */
  async equals(actual, expected, message) {
    await this.until('', () => isDeepStrictEqual(actual(), expected), 5).catch(() => {});
    assert.deepEqual(actual(), expected, message);
  }

  /** Waits for the room to say this, and returns its detail. */
  async event(name, seconds = 15) {
    const [, detail] = await this.until(name, () => this.events.find(([seen]) => seen === name), seconds);
    return detail;
  }

  /** Waits until the socket of this index is closed, and returns its code, reason and whether both sides agreed. */
  async closed(index, seconds = 15) {
    return this.until(`the close of socket ${index}`, () => this.sockets[index]?.close, seconds);
  }

  /** The names of the room's events, without its states. */
  get said() {
    return this.events.map(([name]) => name).filter((name) => name !== 'state');
  }

  get paths() {
    return this.sockets.map(({ region, path, status }) => `${region} ${path} ${status}`);
  }

  summary() {
    const sockets = this.sockets.map(({ region, path, status, sent, received, close }) => ({ region, path, status, sent: kinds(sent), received: kinds(received), close }));
    return JSON.stringify({ sockets, requests: this.requests, events: this.events, errors: this.errors });
  }

  #reported({ type, name, detail, index, ...close }) {
    if (type === 'event') this.events.push([name, detail]);
    else this.#socket(index).close = close;
    this.#look();
  }

  // The page and DevTools tell of the same socket in either order.
  #socket(index) {
    return (this.sockets[index] ??= { sent: [], received: [] });
  }

  #watch(devtools) {
    const sockets = new Map();
    const requests = new Map();
    const validations = new Map();
    const on = (name, handler) =>
      devtools.on(`Network.${name}`, (event) => {
        handler(event);
        this.#look();
      });
    on('webSocketCreated', ({ requestId, url }) => {
      const socket = this.#socket(sockets.size);
      sockets.set(requestId, socket);
      const { pathname, searchParams } = new URL(url);
      const query = Object.fromEntries(searchParams);
      Object.assign(socket, { region: regionOf(url), path: pathname, query, joinRequest: joinRequest(query.join_request), status: 'pending', at: Date.now() });
      this.tries.push(socket);
    });
    on('webSocketWillSendHandshakeRequest', ({ requestId, request }) => {
      sockets.get(requestId).id = requestIdOf(request);
    });
    on('webSocketHandshakeResponseReceived', ({ requestId, response }) => {
      Object.assign(sockets.get(requestId), { status: response.status, headers: headersOf(response) });
    });
    on('webSocketFrameError', ({ requestId, errorMessage }) => {
      const socket = sockets.get(requestId);
      socket.error = errorMessage;
      if (socket.status === 'pending') socket.status = Number(/response code: (\d+)/.exec(errorMessage)?.[1]) || (errorMessage.startsWith('HTTP Authentication failed') ? 401 : 'failed');
    });
    const frame = (list, type) => ({ requestId, response }) => {
      if (response.opcode !== 2) return;
      const { message } = type.fromBinary(Buffer.from(response.payloadData, 'base64'));
      sockets.get(requestId)[list].push({ ...message, at: Date.now() });
    };
    on('webSocketFrameSent', frame('sent', SignalRequest));
    on('webSocketFrameReceived', frame('received', SignalResponse));
    on('requestWillBeSent', ({ requestId, request }) => {
      requests.set(requestId, request);
      const { pathname: path } = new URL(request.url);
      if (path === '/settings/regions' && request.method === 'GET') this.regionLists += 1;
      if (!path.endsWith('/validate')) return;
      const validation = { region: regionOf(request.url), path, status: 'pending', id: requestIdOf(request), at: Date.now() };
      validations.set(requestId, validation);
      this.tries.push(validation);
    });
    const answered = (requestId, outcome) => {
      const request = requests.get(requestId);
      const region = request && regionOf(request.url);
      if (region !== undefined) this.requests.push(`${region} ${new URL(request.url).pathname} ${outcome}`);
    };
    on('responseReceived', ({ requestId, response }) => {
      answered(requestId, response.status);
      Object.assign(validations.get(requestId) ?? {}, { status: response.status, headers: headersOf(response) });
    });
    on('loadingFailed', ({ requestId, errorText, corsErrorStatus }) => {
      answered(requestId, corsErrorStatus?.corsError ?? errorText);
      Object.assign(validations.get(requestId) ?? {}, { status: 'failed', error: errorText });
    });
  }

  #look() {
    for (const look of [...this.#watchers]) look();
  }
}

/** The names of messages, in order. */
export const kinds = (messages) => messages.map((message) => message.case);

const headersOf = (message) => Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name.toLowerCase(), value]));

const requestIdOf = (request) => headersOf(request)['x-livekit-request-id'];

function joinRequest(parameter) {
  if (!parameter) return undefined;
  const wrapped = WrappedJoinRequest.fromBinary(Buffer.from(parameter, 'base64url'));
  const zipped = wrapped.compression === WrappedJoinRequest_Compression.GZIP;
  return JoinRequest.fromBinary(zipped ? gunzipSync(wrapped.joinRequest) : wrapped.joinRequest);
}
