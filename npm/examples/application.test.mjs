// The tests of the application beside this file.
//
// The mock is programmed by the API key that the application is configured with. SDKs fail over only for hosts
// under livekit.cloud, so the tests need "127.0.0.1 mock.livekit.cloud" in the hosts file, and
// `npm install livekit-mock livekit-server-sdk`. Then `node --test`.

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { Control, journey, startMock } from "livekit-mock";
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
// A test that fails shows which calls the server got, and what it did.
beforeEach((context) => mock.journeyOnFailure(context));

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

test("the desk asks for what it should", async () => {
  // The mock's answers repeat what the requests held.
  const { room, customer } = await desk(atOnce).callBack("alice", PHONE);
  assert.deepEqual([room.emptyTimeout, room.maxParticipants], [60, 2]);
  assert.deepEqual([customer.participantIdentity, customer.roomName], ["customer", "callback-alice"]);
});

test("a busy customer is told as such", async () => {
  const call = desk({ sipStatus: { code: 486 }, ...atOnce }).callBack("alice", PHONE);
  await assert.rejects(call, /the customer is busy/);
});

test("a region that drops its connections is not noticed", async () => {
  const key = "a region that drops"; // Of this test's calls alone.
  const { room } = await desk({ failRegions: [0], failMode: "drop", key, ...atOnce }).callBack("alice", PHONE);
  assert.equal(room.name, "callback-alice");
  const tries = await mock.calls({ method: "CreateRoom", key });
  const ends = tries.map(({ region, outcome }) => [region, outcome]);
  assert.deepEqual(ends, [[0, "dropped"], [1, "answered"]], journey(tries));
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
