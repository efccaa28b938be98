// A running server and its life, from Node.js.
"use strict";

const { spawn } = require("node:child_process");
const { randomUUID } = require("node:crypto");
const fs = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const { Control } = require("./control.cjs");
const { NoCall, authority, journey, onFailure, read, wait } = require("./journal.cjs");
const { program } = require("./program.cjs");
const { allGrants, token } = require("./token.cjs");

/** How long calls are waited for, in milliseconds, unless said otherwise. */
const WAIT_TIME = 5000;
/** How long a start may take, in milliseconds. */
const START_TIME = 20_000;
/** Beyond the grace, until a stop is enforced. */
const STOP_TIME = 10_000;
/** Lines of the log that are kept, and how many of them an error shows. */
const LOG_LINES = 1000;
const SHOWN_LINES = 20;

const SETTINGS = new Set([
  "regions",
  "ports",
  "bind",
  "advertiseHost",
  "advertise",
  "firstRegion",
  "twirpPrefix",
  "apiSecret",
  "auth",
  "strict",
  "control",
  "journal",
  "reference",
  "rtc",
  "rtcPort",
  "rtcAddress",
  "tlsCa",
  "tlsCert",
  "tlsKey",
  "grace",
  "logLevel",
]);

/** The server did not start, has ended by itself, or refused a question; says what the server said. */
class MockError extends Error {
  name = "MockError";
}

/** A running server; see startMock. */
class Mock {
  #process;
  #ended;
  #stopping = false;
  #log;
  #stopTime;
  #address;

  /** @private */
  constructor(child, ended, log, ready, settings) {
    this.#process = child;
    this.#ended = ended;
    this.#log = log;
    this.#stopTime = (settings.grace ?? 0) * 1000 + STOP_TIME;
    this.urls = ready.regions.map((region) => region.url);
    this.ports = ready.ports;
    this.url = this.urls[0];
    // Not the URL, which may be advertised as another host's.
    this.#address = { host: reachable(settings.bind ?? "127.0.0.1"), port: ready.ports[0] };
    this.apiKey = "devkey";
    this.apiSecret = settings.apiSecret ?? "secret";
  }

  token(options = {}) {
    return token(this.apiKey, this.apiSecret, options);
  }

  get log() {
    return this.#log.lines();
  }

  get ca() {
    return this.#asked(authority);
  }

  async calls(wanted = {}) {
    return (await this.#asked(read, wanted)).calls;
  }

  async waitForCall(wanted = {}, timeout = WAIT_TIME) {
    return this.#asked(wait, wanted, timeout);
  }

  async journeyOnFailure(context, wanted = {}) {
    const { next } = await this.#asked(read, { limit: 0 });
    onFailure(context, async () => {
      const calls = await this.calls({ after: next, ...wanted });
      return ["livekit-mock: the calls since the test began:", ...journey(calls).split("\n")];
    });
  }

  async #asked(question, ...given) {
    if (this.#stopping) {
      throw new MockError("livekit-mock is stopped, so it has no calls any more; ask before stop()");
    }
    try {
      return await question(this.#address, ...given);
    } catch (error) {
      this.check();
      throw error instanceof NoCall ? error : new MockError(error.message, { cause: error });
    }
  }

  check() {
    if (!this.#stopping && this.#hasEnded()) {
      throw this.#death();
    }
  }

  async stop() {
    const first = !this.#stopping;
    const ended = this.#hasEnded();
    this.#stopping = true;
    const forced = await end(this.#process, this.#ended, this.#stopTime);
    // One that died a moment ago is not known to have ended yet; when asked to end, it says 0.
    if (first && (ended || (!forced && this.#process.exitCode !== 0))) {
      throw this.#death();
    }
  }

  #hasEnded() {
    const { exitCode, signalCode } = this.#process;
    return exitCode !== null || signalCode !== null;
  }

  #death() {
    return gone(`livekit-mock has ended by itself (${ending(this.#process)})`, this.#log);
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }
}

/** Starts a server; every region answers when this resolves. */
async function startMock(settings = {}) {
  const file = program();
  const given = flags(settings);
  const log = new Log();
  const child = spawn(file, ["--stop-with-stdin", "--log-format=json", ...given], {
    stdio: ["pipe", "pipe", log.descriptor],
    env: withoutSettings(process.env),
    windowsHide: true,
  });
  const ended = new Promise((resolve) => {
    child.once("close", () => resolve());
    child.once("error", (error) => {
      log.keep(`${child.spawnfile} can't be run: ${error.message}`);
      resolve();
    });
  }).finally(() => log.close());
  child.stdin.on("error", () => {}); // It has ended: that is told by its end, not by its input's.
  const ready = await firstLine(child, ended, log);
  for (const part of [child, child.stdin, child.stdout]) {
    part.unref?.(); // A forgotten server keeps no test run alive, and ends with it.
  }
  return new Mock(child, ended, log, ready, settings);
}

/** The settings as flags; what is no setting is an error, not ignored. */
function flags(settings) {
  const unknown = Object.keys(settings).filter((name) => !SETTINGS.has(name));
  if (unknown.length > 0) {
    throw new TypeError(`no such setting: ${unknown.join(", ")}; there are ${[...SETTINGS].join(", ")}`);
  }
  const { regions, ports, ...others } = settings;
  if (regions !== undefined && ports !== undefined) {
    throw new TypeError("regions and ports both say how many regions there are; give one of the two");
  }
  const given = {
    ports: ports ?? Array(regions ?? 4).fill(0),
    bind: "127.0.0.1",
    grace: 0,
    ...others,
  };
  return Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, name === "control" ? JSON.stringify(value) : value])
    .map(([name, value]) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}=${value}`);
}

/** Where a server that listens on this address is reached from this machine. */
function reachable(bind) {
  const host = bind.replace(/^\[|\]$/g, "");
  return { "0.0.0.0": "127.0.0.1", "::": "::1" }[host] ?? host;
}

/** The flags alone say what this server is, not the variables of the shell. */
function withoutSettings(variables) {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !name.startsWith("LK_TEST_SERVER_")));
}

/** Waits for the one line that the server prints when every region answers. */
async function firstLine(child, ended, log) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, START_TIME, `livekit-mock was not ready within ${START_TIME / 1000} s`);
  });
  const line = new Promise((resolve) => createInterface({ input: child.stdout }).once("line", resolve));
  const first = await Promise.race([line.then(JSON.parse), late, ended]).catch((error) => error.message);
  clearTimeout(timer);
  if (first?.regions) {
    return first;
  }
  await end(child, ended, STOP_TIME);
  throw gone(`${first ?? "livekit-mock did not start"} (${ending(child)})`, log);
}

/** Ends the server by the end of its input, and by force if that is not enough; whether it was forced. */
async function end(child, ended, time) {
  for (const part of [child, child.stdout]) {
    part.ref?.();
  }
  child.stdin.end();
  let forced = false;
  const timer = setTimeout(() => (forced = child.kill("SIGKILL")), time);
  await ended;
  clearTimeout(timer);
  return forced;
}

function ending(child) {
  return child.signalCode ?? `exit code ${child.exitCode}`;
}

function gone(sentence, log) {
  const said = log.lines().slice(-SHOWN_LINES).map((line) => `\n  ${line}`);
  return new MockError(said.length > 0 ? `${sentence}:${said.join("")}` : `${sentence} and said nothing`);
}

/**
 * The server's log, in a file without a name. Not a pipe: what a pipe holds is seen when the event loop
 * gets round to it, and a full one loses lines.
 */
class Log {
  #position = 0;
  #lines = [];

  constructor() {
    const path = join(tmpdir(), `livekit-mock-${randomUUID()}.log`);
    this.descriptor = fs.openSync(path, "ax+", 0o600);
    fs.rmSync(path);
  }

  /** The last lines, oldest first. */
  lines() {
    this.#read();
    return [...this.#lines];
  }

  keep(line) {
    this.#lines.push(line);
    if (this.#lines.length > LOG_LINES) {
      this.#lines.shift();
    }
  }

  /** Keeps the lines, and the file no longer. */
  close() {
    this.#read(true);
    fs.closeSync(this.descriptor);
    this.descriptor = undefined;
  }

  /** Reads on from where the last call came to the end of a line, which may be half written. */
  #read(toTheEnd = false) {
    if (this.descriptor === undefined) {
      return;
    }
    const fresh = Buffer.alloc(fs.fstatSync(this.descriptor).size - this.#position);
    fs.readSync(this.descriptor, fresh, 0, fresh.length, this.#position);
    const end = toTheEnd ? fresh.length : fresh.lastIndexOf("\n") + 1;
    this.#position += end;
    const lines = fresh.toString("utf8", 0, end).split(/\r?\n/);
    if (lines.at(-1) === "") {
      lines.pop(); // What follows the last line's end.
    }
    lines.forEach((line) => this.keep(plain(line)));
  }
}

/** An event of the JSON log as a person would read it; what is no event stays. */
function plain(line) {
  try {
    const { level, message } = JSON.parse(line);
    return level && message ? `${level} ${message}` : line;
  } catch {
    return line;
  }
}

exports.Control = Control;
exports.Mock = Mock;
exports.MockError = MockError;
exports.NoCall = NoCall;
exports.allGrants = allGrants;
exports.journey = journey;
exports.program = program;
exports.startMock = startMock;
