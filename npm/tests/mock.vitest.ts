// The server from Node.js, under vitest and checked by TypeScript.

import { RoomServiceClient } from "livekit-server-sdk";
import { Control, type Mock, MockError, type MockSettings, type TokenOptions, allGrants, startMock } from "livekit-mock";
import { afterAll, beforeAll, expect, test } from "vitest";

let mock: Mock;

beforeAll(async () => {
  const settings: MockSettings = { regions: 4, auth: "strict" };
  mock = await startMock(settings);
});

afterAll(() => mock.stop());

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

test("a wrong setting is an error of its own kind", async () => {
  // @ts-expect-error there are strict, lenient and off
  await expect(startMock({ auth: "sure" })).rejects.toBeInstanceOf(MockError);
  // @ts-expect-error the setting is regions
  await expect(startMock({ region: 1 })).rejects.toBeInstanceOf(TypeError);
});
