// Tokens of the mock's own, and controls, as LiveKit's client and the server read them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Control, allGrants, startMock } from "livekit-mock";
import { TokenVerifier } from "livekit-server-sdk";

let mock;
before(async () => {
  mock = await startMock({ regions: 2, auth: "strict", apiSecret: "another" });
});
after(() => mock?.stop());

async function createRoom(token, headers = {}) {
  const answer = await fetch(`${mock.url}/twirp/livekit.RoomService/CreateRoom`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json", ...headers },
    body: "{}",
  });
  return { status: answer.status, body: await answer.json(), warnings: answer.headers.get("X-Lk-Mock-Warning") };
}

test("the real client reads what a token says", async () => {
  const token = mock.token({
    identity: "alice",
    name: "Alice",
    kind: "agent",
    metadata: "of her own",
    attributes: { seat: "7" },
    control: { signal: "no_pong" },
    video: { roomJoin: true, room: "lobby", canPublish: false },
    sip: { call: true },
  });
  const claims = await new TokenVerifier(mock.apiKey, mock.apiSecret).verify(token);
  const { sub, name, kind, metadata, attributes, video, sip } = claims;
  assert.deepEqual([sub, name, kind, metadata], ["alice", "Alice", "agent", "of her own"]);
  assert.deepEqual(attributes, { seat: "7", "lk.mock": '{"signal":"no_pong"}' });
  assert.deepEqual([video, sip], [{ roomJoin: true, room: "lobby", canPublish: false }, { call: true }]);
});

test("a token allows what its grants say", async () => {
  const all = allGrants("lobby");
  for (const [options, status] of [
    [all, 200],
    [{ video: { roomCreate: true } }, 200],
    [{ ...all, apiKey: "another" }, 200],
    [undefined, 403],
    [{ video: { roomList: true } }, 403],
    [{ ...all, ttl: -3600 }, 401],
    [{ ...all, notBefore: 3600 }, 401],
    [{ ...all, apiSecret: "a wrong one" }, 401],
  ]) {
    assert.equal((await createRoom(mock.token(options))).status, status, JSON.stringify(options));
  }
  assert.throws(() => mock.token({ identify: "alice" }), /no such option: identify; there are identity, /);
});

test("a control is brought in each way", async () => {
  const control = new Control({ failRegions: [0], failStatus: 404, failTwirpCode: "n\u00f6" });
  assert.equal(JSON.stringify(control), '{"failRegions":[0],"failStatus":404,"failTwirpCode":"n\u00f6"}');
  const all = allGrants("");
  for (const answer of [
    await createRoom(mock.token(all), control.headers),
    await createRoom(mock.token({ ...all, apiKey: control.apiKey })),
  ]) {
    assert.deepEqual([answer.status, answer.body.code, answer.warnings], [404, "n\u00f6", null]);
  }
  const lost = new Control({ signal: "room_not_found" });
  for (const token of [mock.token({ control: lost }), mock.token({ attributes: lost.attributes })]) {
    assert.equal((await fetch(`${mock.url}/rtc/validate?access_token=${token}`)).status, 404);
  }
  assert.match((await createRoom(mock.token(all), new Control({ failRegion: [0] }).headers)).warnings, /unknown field/);
});
