// The tests of the application beside this file.
//
// The mock is programmed by the API key that the application is configured with. SDKs fail over only for hosts
// under livekit.cloud, so the tests need "127.0.0.1 mock.livekit.cloud" in the hosts file, and
// `npm install livekit-mock livekit-server-sdk`. Then `node --test`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Control, journeyOnFailure, startMock } from "livekit-mock";
import { LiveKitAPI, TokenVerifier } from "livekit-server-sdk";

import { Desk } from "./application.mjs";

const PHONE = "+15550100";
/** Whoever is called reacts at once. Without this it takes them eleven seconds. */
const atOnce = { delayMs: 0 };

let mock;
before(async () => {
  mock = await startMock({
    regions: 3,
    advertiseHost: "http://mock.livekit.cloud",
    auth: "strict",
  });
});
after(() => mock?.stop());

/** The application, configured with a key that says what its calls are to see. */
function desk(control, { token, patience } = {}) {
  const { apiKey } = new Control(control);
  const secret = mock.apiSecret;
  const livekit = new LiveKitAPI({ host: mock.url, ...(token ? { token } : { apiKey, secret }) });
  return new Desk(livekit, apiKey, secret, patience);
}

test("a customer who answers is in a room with the agent", async () => {
  const application = desk(atOnce);
  const { room, token } = await application.callBack("alice", PHONE);
  assert.deepEqual([room.name, room.sid], ["callback-alice", "MOCK_SID"]);
  const claims = await new TokenVerifier(application.apiKey, mock.apiSecret).verify(token);
  assert.deepEqual([claims.sub, claims.video.room], ["alice", "callback-alice"]);
});

test("the desk asks for what it should", async (t) => {
  await journeyOnFailure(t, mock);
  await desk({ key: "asks", ...atOnce }).callBack("alice", PHONE);
  const [{ request: room }] = await mock.calls({ key: "asks", method: "CreateRoom" });
  assert.deepEqual([room.emptyTimeout, room.maxParticipants], [60, 2]);
  const [{ request: dial }] = await mock.calls({ key: "asks", method: "CreateSIPParticipant" });
  assert.deepEqual([dial.participantIdentity, dial.roomName], ["customer", "callback-alice"]);
});

test("a busy customer is told as such", async () => {
  const call = desk({ sipStatus: { code: 486 }, ...atOnce }).callBack("alice", PHONE);
  await assert.rejects(call, /the customer is busy/);
});

test("a region that drops its connections is not noticed", async () => {
  const { room } = await desk({ failRegions: [0], failMode: "drop", key: "drop", ...atOnce }).callBack("alice", PHONE);
  assert.equal(room.name, "callback-alice");
  const tries = await mock.calls({ key: "drop", method: "CreateRoom" });
  assert.deepEqual(tries.map((one) => [one.region, one.outcome]), [[0, "dropped"], [1, "answered"]]);
});

test("without a region that works the failure is told", async () => {
  await assert.rejects(desk({ failRegions: [0, 1, 2] }).callBack("alice", PHONE), /mock failure/);
});

test("a desk that may not dial says so", async () => {
  const token = mock.token({ video: { roomCreate: true } });
  await assert.rejects(desk(atOnce, { token }).callBack("alice", PHONE), /not allowed/);
});

test("an agent does not wait for a server that is slow", async () => {
  const call = desk({ delayMs: 60_000 }, { patience: 200 }).callBack("alice", PHONE);
  await assert.rejects(call, /too long/);
});
