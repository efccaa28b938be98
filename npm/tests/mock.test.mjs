// The server from Node.js, under `node --test`: started, asked by LiveKit's own client, stopped.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import https from "node:https";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

import { Control, MockError, program, startMock } from "livekit-mock";
import { RoomServiceClient } from "livekit-server-sdk";

const run = promisify(execFile);

async function listens(port) {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function health(url) {
  return (await fetch(`${url}/_test/health`)).text();
}

const misspelt = { headers: { "X-Lk-Mock": '{"failRegion":[0]}' } };

test("https is served to whoever trusts the authority", async () => {
  const mock = await startMock();
  const asked = (options) =>
    once(https.get({ host: "localhost", port: mock.ports[1], path: "/", agent: false, ...options }), "response");
  await assert.rejects(asked({}), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  const [answer] = await asked({ ca: await mock.ca });
  assert.equal(answer.statusCode, 200);
  answer.resume();
  await mock.stop();
});

test("four regions answer until the server is stopped", async () => {
  const mock = await startMock();
  assert.equal(mock.urls.length, 4);
  assert.equal(mock.url, mock.urls[0]);
  assert.equal(mock.url, `http://127.0.0.1:${mock.ports[0]}`);
  assert.deepEqual(await Promise.all(mock.urls.map(health)), ["ok", "ok", "ok", "ok"]);
  await mock.stop();
  assert.deepEqual(await Promise.all(mock.ports.map(listens)), [false, false, false, false]);
  await mock.stop();
});

test("the real client creates, lists and deletes a room", async () => {
  const mock = await startMock({ regions: 1, auth: "strict", apiSecret: "another" });
  const rooms = new RoomServiceClient(mock.url, mock.apiKey, mock.apiSecret);
  const room = await rooms.createRoom({ name: "lobby" });
  assert.deepEqual([room.name, room.sid], ["lobby", "MOCK_SID"]);
  assert.equal((await rooms.listRooms()).length, 1);
  await rooms.deleteRoom("lobby");
  const stranger = new RoomServiceClient(mock.url, mock.apiKey, "a wrong secret");
  await assert.rejects(stranger.createRoom({ name: "lobby" }), { status: 401 });
  await mock.stop();
});

test("the real client is programmed by its key, and fails over", async () => {
  const mock = await startMock({ regions: 2, advertiseHost: "http://mock.livekit.cloud", logLevel: "debug" });
  const key = `mock:${JSON.stringify({ failRegions: [0] })}`;
  const room = await new RoomServiceClient(mock.url, key, mock.apiSecret).createRoom({ name: "lobby" });
  assert.equal(room.name, "lobby");
  await mock.stop();
  const regions = mock.log.filter((line) => line.includes("CreateRoom")).map((line) => line.match(/region-\d/)?.[0]);
  assert.deepEqual([...new Set(regions)], ["region-0", "region-1"], mock.log.join("\n"));
});

test("every request starts from the control of the mock", async () => {
  const fields = { failRegions: [0], failStatus: 502 };
  for (const control of [fields, new Control(fields)]) {
    const mock = await startMock({ regions: 1, control });
    const client = new RoomServiceClient(mock.url, mock.apiKey, mock.apiSecret);
    await assert.rejects(client.createRoom({ name: "lobby" }), { status: 502 });
    await mock.stop();
  }
});

test("the real client fails over between hosts", async () => {
  const hosts = ["127.0.0.1", "127.0.0.2"];
  // Both have to be told all ports before either is started.
  const probes = await Promise.all(hosts.map((bind) => startMock({ regions: 1, bind })));
  const ports = probes.map((probe) => probe.ports[0]);
  await Promise.all(probes.map((probe) => probe.stop()));
  const advertise = [`http://mock.livekit.cloud:${ports[0]}`, `http://${hosts[1]}:${ports[1]}`];
  const regions = await Promise.all(
    hosts.map((bind, index) => startMock({ bind, ports: [ports[index]], advertise, firstRegion: index })),
  );
  assert.deepEqual(regions.map((region) => region.url), advertise);
  const key = `mock:${JSON.stringify({ failRegions: [0], failMode: "drop" })}`;
  const room = await new RoomServiceClient(advertise[0], key, "secret").createRoom({ name: "lobby" });
  assert.equal(room.name, "lobby");
  await Promise.all(regions.map((region) => region.stop()));
});

test("variables of the shell do not reach it", async () => {
  process.env.LK_TEST_SERVER_PORTS = "no port";
  try {
    const mock = await startMock({ regions: 1 });
    await mock.stop();
  } finally {
    delete process.env.LK_TEST_SERVER_PORTS;
  }
});

test("wrong settings and a port in use are said in the server's words", async () => {
  await assert.rejects(startMock({ auth: "sure" }), (error) => {
    assert(error instanceof MockError);
    assert.match(error.message, /exit code 2[^]*--auth: "sure" must be strict, lenient or off/);
    return true;
  });
  const mock = await startMock({ regions: 1 });
  await assert.rejects(startMock({ ports: mock.ports }), /exit code 1[^]*is in use/);
  await mock.stop();
  await assert.rejects(startMock({ region: 2 }), /no such setting: region;/);
  await assert.rejects(startMock({ regions: 2, ports: [0] }), /give one of the two/);
});

test("a missing program is said", async () => {
  process.env.LIVEKIT_MOCK_PROGRAM = "/nowhere/livekit-mock";
  try {
    await assert.rejects(startMock(), /LIVEKIT_MOCK_PROGRAM is \/nowhere\/livekit-mock, which is no program/);
  } finally {
    delete process.env.LIVEKIT_MOCK_PROGRAM;
  }
});

test("a program that is none is said", async () => {
  process.env.LIVEKIT_MOCK_PROGRAM = process.execPath;
  try {
    await assert.rejects(startMock(), /livekit-mock did not start \(exit code 9\)[^]*bad option/);
  } finally {
    delete process.env.LIVEKIT_MOCK_PROGRAM;
  }
});

test("last words need no end of line", async () => {
  const folder = await mkdtemp(join(tmpdir(), "livekit-mock-test-"));
  process.env.LIVEKIT_MOCK_PROGRAM = join(folder, "program");
  try {
    await writeFile(process.env.LIVEKIT_MOCK_PROGRAM, "#!/bin/sh\necho first >&2; printf last >&2; exit 3\n", { mode: 0o755 });
    await assert.rejects(startMock(), /did not start \(exit code 3\)[^]*first\n  last$/);
  } finally {
    delete process.env.LIVEKIT_MOCK_PROGRAM;
    await rm(folder, { recursive: true });
  }
});

test("the log holds what was said of a request as soon as it is answered, and its last thousand lines", async () => {
  const mock = await startMock({ regions: 1, logLevel: "debug" });
  for (let round = 0; round < 600; round++) {
    await fetch(`${mock.url}/settings/regions`, misspelt);
    assert.match(mock.log.at(-1), /settings\/regions/);
    await health(mock.url);
    assert.match(mock.log.at(-1), /_test\/health/);
  }
  await mock.stop();
  assert.equal(mock.log.length, 1000);
});

test("a server that dies is told with its last words", async () => {
  const mock = await startMock({ regions: 1, logLevel: "debug" });
  mock.check();
  await fetch(`${mock.url}/settings/regions`, misspelt);
  const found = await run("pgrep", ["-P", String(process.pid), "livekit-mock"]);
  process.kill(Number(found.stdout), "SIGKILL");
  // At once, when nobody has told this process yet.
  await assert.rejects(mock.stop(), /ended by itself \(SIGKILL\)[^]*did you mean "failRegions"/);
});

test("a server ends with a process that is killed, and a forgotten one holds none up", async () => {
  const script = 'import { startMock } from "livekit-mock"; console.log((await startMock()).ports[0]);';
  const forgetful = await run(process.execPath, ["--input-type=module", "-e", script], { timeout: 20_000 });
  const stays = `${script} setInterval(() => {}, 1000);`;
  const killed = spawn(process.execPath, ["--input-type=module", "-e", stays], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface({ input: killed.stdout }), "line");
  assert(await listens(Number(line)));
  killed.kill("SIGKILL");
  const deadline = Date.now() + 20_000;
  for (const port of [Number(forgetful.stdout), Number(line)]) {
    while (await listens(port)) {
      assert(Date.now() < deadline, "a server outlives its parent");
      await sleep(20);
    }
  }
});

test("CommonJS has the same", async () => {
  const required = createRequire(import.meta.url)("livekit-mock");
  assert.equal(required.startMock, startMock);
});

test("the command is installed", async () => {
  const direct = await run(program(), ["--version"]);
  const { stdout } = await run("npx", ["--no-install", "livekit-mock", "--version"]);
  assert.match(stdout, /^livekit-mock \d/);
  assert.equal(stdout, direct.stdout);
  await assert.rejects(run("npx", ["--no-install", "livekit-mock", "--auth=sure"]), { code: 2 });
});

test("the command stops in order when it is told to", async () => {
  const command = spawn("node_modules/.bin/livekit-mock", ["--ports=0,0"], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = [];
  for await (const line of createInterface({ input: command.stdout })) {
    lines.push(line);
    if (line.startsWith("ready")) command.kill("SIGTERM");
  }
  const [code] = command.exitCode === null ? await once(command, "exit") : [command.exitCode];
  assert.equal(code, 0);
  assert.equal(lines.length, 3);
});
