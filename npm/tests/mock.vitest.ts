// The server from Node.js, under vitest and checked by TypeScript.

import { RoomServiceClient } from "livekit-server-sdk";
import {
  type Call,
  type CallFilter,
  Control,
  type Mock,
  MockError,
  type MockSettings,
  NoCall,
  type TokenOptions,
  allGrants,
  journey,
  startMock,
} from "livekit-mock";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

let mock: Mock;

beforeAll(async () => {
  const settings: MockSettings = { regions: 4, auth: "strict" };
  mock = await startMock(settings);
});

afterAll(() => mock.stop());

beforeEach((context) => mock.journeyOnFailure(context));

test("the real client creates a room", async () => {
  const rooms = new RoomServiceClient(mock.url, mock.apiKey, mock.apiSecret);
  expect(await rooms.createRoom({ name: "lobby" })).toMatchObject({ name: "lobby", sid: "MOCK_SID" });
});

test("a block's server ends with the block", async () => {
  let url: string;
  {
    await using own = await startMock({ regions: 1 });
    url = own.urls[0]!;
    expect(await (await fetch(url)).text()).toBe("ok");
  }
  await expect(fetch(url)).rejects.toThrow();
});

test("tokens and controls have types", async () => {
  const options: TokenOptions = { identity: "alice", ttl: 60, ...allGrants("lobby") };
  expect(mock.token(options).split(".")).toHaveLength(3);
  // @ts-expect-error the option is identity
  expect(() => mock.token({ identify: "alice" })).toThrow(TypeError);
  // @ts-expect-error the grant is roomJoin
  expect(mock.token({ video: { join: true } })).toBeTruthy();
  const control = new Control({ failRegions: [0], failMode: "drop" });
  expect(control.apiKey).toBe(`mock:${control.json}`);
  // @ts-expect-error the field is failRegions
  expect(new Control({ failRegion: [0] }).headers["X-Lk-Mock"]).toBe('{"failRegion":[0]}');
});

test("the journal has types", async () => {
  const key = "the journal has types";
  const rooms = new RoomServiceClient(mock.url, new Control({ key }).apiKey, mock.apiSecret);
  await rooms.createRoom({ name: "lobby" });
  const wanted: CallFilter = { method: "CreateRoom", region: 0, key };
  const calls: Call[] = await mock.calls({ ...wanted, limit: 5 });
  expect(calls.map((call) => call.request), journey(calls)).toEqual([{ name: "lobby" }]);
  expect((await mock.waitForCall(wanted, 1000)).outcome).toBe("answered");
  await expect(mock.waitForCall({ key, region: 1 }, 0)).rejects.toBeInstanceOf(NoCall);
  // @ts-expect-error the parameter is method
  await expect(mock.calls({ metod: "CreateRoom" })).rejects.toBeInstanceOf(MockError);
});

test("a wrong setting is an error of its own kind", async () => {
  // @ts-expect-error there are strict, lenient and off
  await expect(startMock({ auth: "sure" })).rejects.toBeInstanceOf(MockError);
  // @ts-expect-error the setting is regions
  await expect(startMock({ region: 1 })).rejects.toBeInstanceOf(TypeError);
});
