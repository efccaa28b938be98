// The journal from Node.js, of calls that come over real HTTP.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Control, MockError, NoCall, allGrants, journey, startMock } from "livekit-mock";
import { RoomServiceClient } from "livekit-server-sdk";

const SECRET = "a secret of some length for this";

/** A server of the test's own, so that it knows the calls' numbers. */
async function withMock(use, settings = {}) {
  const mock = await startMock({ regions: 2, auth: "strict", apiSecret: SECRET, ...settings });
  try {
    await use(mock);
  } finally {
    await mock.stop();
  }
}

async function createRoom(mock, region, control = {}, name = "lobby") {
  const token = mock.token({ ...allGrants("lobby"), apiKey: new Control(control).apiKey });
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const url = `${mock.urls[region]}/twirp/livekit.RoomService/CreateRoom`;
  await (await fetch(url, { method: "POST", headers, body: JSON.stringify({ name }) })).text();
}

const numbers = (calls) => calls.map((call) => call.seq);

test("the calls of the real client are told", () =>
  withMock(async (mock) => {
    const rooms = new RoomServiceClient(mock.url, mock.apiKey, mock.apiSecret);
    await rooms.createRoom({ name: "lobby", maxParticipants: 2 });
    await rooms.listRooms();
    const [created, listed] = await mock.calls({ kind: "api" });
    assert.deepEqual([created.method, listed.method], ["RoomService/CreateRoom", "RoomService/ListRooms"]);
    assert.deepEqual(created.request, { name: "lobby", maxParticipants: 2 });
    assert.deepEqual([created.outcome, created.status, created.response.sid], ["answered", 200, "MOCK_SID"]);
    assert.equal(created.caller.apiKey, mock.apiKey);
  }));

test("each filter counts", () =>
  withMock(async (mock) => {
    await createRoom(mock, 0, { failRegions: [0], key: "mine" });
    await createRoom(mock, 1, { failRegions: [0], key: "mine" });
    await createRoom(mock, 1, { key: "another" });
    for (const [wanted, found] of [
      [{}, [1, 2, 3]],
      [{ method: "CreateRoom", region: 1, key: "mine" }, [2]],
      [{ outcome: "failed", kind: "api", ended: true }, [1]],
      [{ call: "mine" }, [1, 2]],
      [{ limit: 1 }, [3]],
      [{ after: 1, key: undefined }, [2, 3]],
      [{ method: "ListRooms" }, []],
    ]) {
      assert.deepEqual(numbers(await mock.calls(wanted)), found, JSON.stringify(wanted));
    }
  }));

test("a wrong filter is refused in the server's words", () =>
  withMock(async (mock) => {
    await assert.rejects(mock.calls({ outcome: "well" }), (error) => {
      assert(error instanceof MockError);
      assert.match(error.message, /outcome must be one of answered, failed/);
      return true;
    });
    await assert.rejects(mock.waitForCall({ metod: "CreateRoom" }), /no parameter "metod".*did you mean "method"/);
  }));

test("calls as a text are their journey", () =>
  withMock(async (mock) => {
    await createRoom(mock, 0, { failRegions: [0], key: "mine" });
    await createRoom(mock, 1, { failRegion: [0], key: "mine" });
    const [first, second, warning] = journey(await mock.calls()).split("\n");
    assert.match(first, /^#1 region 0 RoomService\/CreateRoom, try 1 of mine: failed 503 after \d+ ms$/);
    assert.match(second, /^#2 region 1 RoomService\/CreateRoom, try 2 of mine: answered 200 after \d+ ms$/);
    assert.match(warning, /^ {4}warning: .*did you mean "failRegions"/);
    assert.equal(journey([]), "no calls");
  }));

test("a call is waited for, whether it is there or comes later", () =>
  withMock(async (mock) => {
    await createRoom(mock, 1);
    assert.equal((await mock.waitForCall({ method: "CreateRoom", region: 1 }, 0)).seq, 1);
    const later = mock.waitForCall({ method: "CreateRoom", after: 1 }, 20_000);
    const rooms = new RoomServiceClient(mock.url, mock.apiKey, mock.apiSecret);
    await rooms.listRooms();
    await rooms.createRoom({ name: "late" });
    assert.deepEqual((await later).request, { name: "late" });
  }));

test("an end is waited for", () =>
  withMock(async (mock) => {
    const slow = createRoom(mock, 0, { delayMs: 300 });
    const waiting = await mock.waitForCall({ ended: false });
    assert.match(journey([waiting]), /answered 200, not ended yet$/);
    const ended = await mock.waitForCall({ ended: true });
    assert.equal(ended.seq, waiting.seq);
    assert(ended.tookMs >= 300);
    await slow;
  }));

test("what came instead is told", () =>
  withMock(async (mock) => {
    await createRoom(mock, 1, { key: "mine" });
    await assert.rejects(mock.waitForCall({ method: "ListRooms" }, 100), (error) => {
      assert(error instanceof NoCall);
      const [first, second] = error.message.split("\n");
      assert.equal(first, 'no call with {"method":"ListRooms"} came within 100 ms; these came:');
      assert.match(second, /^#1 region 1 RoomService\/CreateRoom, try 1 of mine: answered 200/);
      return true;
    });
  }));

test("secrets are not told", () =>
  withMock(async (mock) => {
    await (await fetch(`${mock.url}/rtc/validate?access_token=${mock.token(allGrants("lobby"))}`)).text();
    await createRoom(mock, 0, { key: "mine" }, SECRET);
    const calls = await mock.calls();
    assert.equal(calls.length, 2);
    const missed = await mock.waitForCall({ method: "ListRooms" }, 0).catch((error) => error.message);
    assert.match(missed, /these came:\n#1 region 0 validate.*\n#2 /);
    for (const text of [JSON.stringify(calls), journey(calls), missed]) {
      assert(!text.includes(SECRET) && !text.includes("eyJ"), text);
    }
  }));

test("where regions are advertised elsewhere the journal is read here", () =>
  withMock(async (mock) => assert.deepEqual(await mock.calls(), []), {
    bind: "0.0.0.0",
    advertiseHost: "https://livekit.example.com",
  }));

test("there is no journal without a server", async () => {
  let stopped;
  await withMock(
    async (mock) => {
      stopped = mock;
      await assert.rejects(mock.calls(), /keeps no calls/);
      await assert.rejects(mock.journeyOnFailure({}), MockError);
    },
    { journal: 0 },
  );
  await assert.rejects(stopped.calls(), /is stopped/);
  await withMock((mock) => assert.rejects(mock.journeyOnFailure({}), /takes the context of a test/));
});

/** A suite with a test that passes and two that fail, of which one has a key of its own. */
const SUITE = `
import { startMock, Control } from "livekit-mock";
import { RoomServiceClient } from "livekit-server-sdk";

let mock;
const listRooms = (fields) => new RoomServiceClient(mock.url, new Control(fields).apiKey, mock.apiSecret).listRooms();
start(async () => { mock = await startMock(); });
stop(() => mock.stop());
beforeEach((context) => mock.journeyOnFailure(context));

test("one that passes", () => listRooms({ key: "early" }));
test("one that fails", async (context) => {
  await listRooms({ failStatus: 404, failRegions: [0], key: "the first" });
});
test("one with a key", async (context) => {
  await mock.journeyOnFailure(context, { key: "own" });
  await Promise.all([listRooms({ key: "own" }), listRooms({ key: "of another" })]);
  throw new Error("that was it");
});
`;

let folder;
before(async () => {
  folder = await mkdtemp("failing-"); // Here, where the packages are found.
});
after(() => rm(folder, { recursive: true }));

/** What is printed by a run of the suite, which has to fail. */
async function output(name, imports, command) {
  const file = join(folder, name);
  await writeFile(file, imports + SUITE);
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const [program, ...given] = command;
  const run = promisify(execFile)(program, [...given, file], { env: { ...env, NO_COLOR: "1" } });
  const failed = await run.then(() => assert.fail("the suite passed"), (error) => error);
  return failed.stdout + failed.stderr;
}

/** What a run of the suite must show, in whatever form the runner does. */
function checkJourneys(text) {
  const title = text.match(/livekit-mock: the calls since the test began:/g) ?? [];
  assert.equal(title.length, 3, text);
  assert.match(text, /#2 region 0 RoomService\/ListRooms, try 1 of \S+: failed 404 after \d+ ms/);
  assert.equal(text.match(/#1 /g), null, text);
  assert(!text.includes("eyJ"), text);
}

test("a failing test of node:test shows its journey", async () => {
  const imports = 'import { before as start, after as stop, beforeEach, test } from "node:test";';
  checkJourneys(await output("failing.test.mjs", imports, [process.execPath, "--test", "--test-reporter=spec"]));
});

test("a failing test of vitest shows its journey", async () => {
  const vitest = ["--no-install", "vitest", "run", "--config", "../vitest.config.mjs"];
  const imports = 'import { beforeAll as start, afterAll as stop, beforeEach, test } from "vitest";';
  checkJourneys(await output("failing.vitest.ts", imports, ["npx", ...vitest, "--root", folder]));
});
