// What happened, from Node.js.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Control, MockError, journey, startMock } from "livekit-mock";

const CREATE_ROOM = "/twirp/livekit.RoomService/CreateRoom";
const here = fileURLToPath(new URL(".", import.meta.url));

async function started(t, settings = {}) {
  const mock = await startMock({ regions: 2, ...settings });
  t.after(() => mock.stop());
  return mock;
}

async function post(mock, region, control = {}, path = CREATE_ROOM) {
  const headers = {
    "Content-Type": "application/json",
    Authorization: `Bearer ${mock.token({ video: { roomCreate: true, roomList: true } })}`,
    ...new Control(control).headers,
  };
  const answer = await fetch(mock.urls[region] + path, { method: "POST", headers, body: '{"name":"lobby"}' });
  await answer.text();
}

test("a call that fails over leaves its journey", async (t) => {
  const mock = await started(t);
  await post(mock, 0, { failRegions: [0], key: "one" });
  await post(mock, 1, { failRegions: [0], key: "one" });
  const calls = await mock.calls({ method: "CreateRoom", key: "one" });
  assert.deepEqual(
    calls.map(({ region, attempt, outcome, status }) => [region, attempt, outcome, status]),
    [[0, 1, "failed", 503], [1, 2, "answered", 200]],
  );
  assert.deepEqual(calls[1].request, { name: "lobby" });
  assert.equal(calls[1].caller.identity, "mock-user");
  const lines = journey(calls).split("\n");
  assert.match(lines[0], /^#1 region 0 RoomService\/CreateRoom, try 1 of one: failed 503 after \d+ ms$/);
  assert.match(lines[1], /^#2 region 1 RoomService\/CreateRoom, try 2 of one: answered 200 after \d+ ms$/);
  assert.equal(journey([]), "no calls");
});

test("calls are found by what they are", async (t) => {
  const mock = await started(t);
  await post(mock, 0);
  await post(mock, 1, { key: "mine" });
  await fetch(`${mock.url}/settings/regions`);
  for (const [filters, found] of [
    [{}, [1, 2, 3]],
    [{ region: 0 }, [1, 3]],
    [{ key: "mine" }, [2]],
    [{ call: "mine" }, [2]],
    [{ kind: "regions" }, [3]],
    [{ outcome: "failed" }, []],
    [{ ended: true }, [1, 2, 3]],
    [{ after: 1 }, [2, 3]],
    [{ limit: 1, key: undefined }, [3]],
  ]) {
    const calls = await mock.calls(filters);
    assert.deepEqual(calls.map(({ seq }) => seq), found, JSON.stringify(filters));
  }
  assert.equal(await mock.lastCall(), 3);
  await assert.rejects(mock.calls({ kind: "apy" }), /kind must be one of api, regions/);
  await assert.rejects(mock.calls({ methd: "x" }), /no such filter: methd; there are method, region/);
});

test("a call is waited for", async (t) => {
  const mock = await started(t);
  const calling = post(mock, 1, { key: "late", delayMs: 200 });
  assert.equal((await mock.waitForCall({ key: "late" })).tookMs, undefined);
  assert((await mock.waitForCall({ key: "late", ended: true })).tookMs >= 200);
  await calling;
  assert.equal((await mock.waitForCall({ key: "late" })).seq, 1, "it has come before");
});

test("a wait in vain says what came", async (t) => {
  const mock = await started(t);
  await post(mock, 0);
  const waiting = mock.waitForCall({ method: "DeleteRoom" }, { timeout: 50 });
  await assert.rejects(waiting, (error) => {
    assert(error instanceof MockError);
    assert.match(error.message, /^no such call came within 50 ms; these came:\n#1 region 0 RoomService\/CreateRoom: answered 200/);
    return true;
  });
});

test("only the last are kept, and none if none are wanted", async (t) => {
  const two = await started(t, { journal: 2 });
  for (let count = 0; count < 3; count += 1) {
    await post(two, 0);
  }
  assert.deepEqual((await two.calls()).map(({ seq }) => seq), [2, 3]);
  await assert.rejects((await started(t, { journal: 0 })).calls(), /keeps no calls/);
});

test("it is read wherever the server listens, whatever it advertises", async (t) => {
  for (const bind of ["0.0.0.0", "::", "localhost"]) {
    const mock = await started(t, { bind, advertiseHost: "http://mock.invalid" });
    assert.deepEqual(await mock.calls(), [], bind);
  }
});

/** What a failing test of this source says, run by node --test or by vitest. */
async function failing(source, args) {
  const folder = await mkdtemp(join(here, "failing-"));
  try {
    const file = join(folder, "it.test.mjs");
    await writeFile(file, source);
    // Not that of this folder, which looks for other names.
    await writeFile(join(folder, "vitest.config.mjs"), "export default {};");
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const running = promisify(execFile)(process.execPath, [...args, file], { cwd: folder, env });
    const { stdout, stderr } = await running.catch((error) => error);
    return stdout + stderr;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const body = `
  const mock = await startMock({ regions: 1 });
  const ask = () => fetch(mock.url + "/twirp/livekit.RoomService/ListRooms", { method: "POST" });
  await ask();
  await journeyOnFailure(context, mock);
  await ask();
  assert.equal(1, 2);
`;
const told = /livekit-mock, the calls of this test:\s+#2 region 0 RoomService\/ListRooms: answered 200/;

test("a failing test of node:test tells its journey", async () => {
  const source = `import assert from "node:assert"; import { test } from "node:test";
    import { journeyOnFailure, startMock } from "livekit-mock";
    test("it", async (context) => {${body}});`;
  const said = await failing(source, ["--test", "--test-reporter=spec"]);
  assert.match(said, told);
  assert.doesNotMatch(said, /#1 region/);
});

test("a failing test of vitest tells its journey", async () => {
  const source = `import assert from "node:assert"; import { test } from "vitest";
    import { journeyOnFailure, startMock } from "livekit-mock";
    test("it", async (context) => {${body}});`;
  const said = await failing(source, [join(here, "node_modules/vitest/vitest.mjs"), "run"]);
  assert.match(said, told);
  assert.doesNotMatch(said, /#1 region/);
});
