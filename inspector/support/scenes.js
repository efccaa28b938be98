// What there is to see: each scene is made by real calls to a real server.
import { AccessToken } from "livekit-server-sdk";
import WebSocket from "ws";

export async function token(attributes = {}) {
  const token = new AccessToken("devkey", "secret", { identity: "alice", name: "Alice", ttl: 600, attributes });
  token.addGrant({ roomJoin: true, roomCreate: true, roomList: true, roomAdmin: true, roomRecord: true, room: "lobby" });
  token.addSIPGrant({ admin: true, call: true });
  return token.toJwt();
}

/** A call that fails in region 0 and is answered in region 1. */
export async function failover(mock, id = "3f0c1a2e-call", control = {}) {
  const given = { failRegions: [0], failStatus: 503, failTwirpCode: "unavailable", ...control };
  const options = { id, token: await token() };
  await mock.call(0, given, options);
  await mock.call(1, given, options);
}

/** Calls of many tests at once, in all the ways in which they may end. */
export async function parallel(mock) {
  const kinds = [
    {},
    { failTimes: 1 },
    { failTimes: 2, failMode: "reset" },
    { failTimes: 1, failMode: "truncate" },
    { delayMs: 600_000 },
    { failRegions: [0, 1, 2, 3], failStatus: 500 },
    { strict: true, failRegion: [0] },
    { failTimes: 1, failMode: "drop", key: "checkout" },
  ];
  const called = [
    ["RoomService/CreateRoom", { name: "lobby" }],
    ["RoomService/ListParticipants", { room: "lobby" }],
    ["Egress/ListEgress", {}],
    ["SIP/CreateSIPParticipant", { roomName: "lobby" }],
  ];
  const patience = new AbortController();
  const one = async (number) => {
    const control = kinds[number % kinds.length];
    const [path, body] = called[number % called.length];
    const options = { id: `call-${number}`, body, path: `/twirp/livekit.${path}`, token: await token(), signal: patience.signal };
    for (const region of [0, 1, 2]) {
      const answer = await mock.call(region, control, options);
      if (answer && answer < 500) return;
    }
  };
  const all = Promise.all(Array.from({ length: 50 }, (_, number) => one(number)));
  return { all, stop: () => patience.abort() };
}

/** A signalling connection on which much is said. */
export async function conversation(mock) {
  const script = [{ greet: {} }];
  for (let turn = 0; turn < 12; turn += 1) {
    script.push({ wait: 5 }, { send: { speakersChanged: { speakers: [{ sid: "PA_MOCK", level: turn / 12, active: turn % 2 === 0 }] } } });
  }
  script.push({ send: { leave: {} } }, { close: { code: 1011, reason: "as the script says" } });
  const jwt = await token({ "lk.mock": JSON.stringify({ script, key: "a long talk" }) });
  const socket = new WebSocket(`${mock.urls[0].replace("http", "ws")}/rtc?access_token=${jwt}`);
  await new Promise((resolve) => socket.addEventListener("close", resolve));
}
