// The calls, as they are seen and gone through.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RoomServiceClient } from "livekit-server-sdk";
import { launch, open } from "../support/browser.js";
import { startMock } from "../support/mock.js";
import { conversation, failover, token } from "../support/scenes.js";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A page of a server of its own. */
async function opened(t, { query = "", flags = [], scene, ...options } = {}) {
  const mock = await startMock(...flags);
  await scene?.(mock);
  const page = await open(browser, mock.page + query, options);
  t.after(async () => {
    await page.close();
    await mock.stop();
    assert.deepEqual(page.errors, []);
  });
  await page.getByText("live", { exact: true }).waitFor();
  return { mock, page };
}

const journeys = (page) => page.locator("#journeys button");

test("a call of a real SDK that fails over is one line through the lanes, within 200 ms", async (t) => {
  const { mock, page } = await opened(t, { flags: ["--advertise-host", "http://mock.livekit.cloud"] });
  await page.evaluate(() => {
    const seen = new MutationObserver(() => {
      const item = document.querySelector("#journeys button");
      if (item?.querySelectorAll(".mark").length === 2) window.shownAt ??= Date.now();
    });
    seen.observe(document.getElementById("journeys"), { childList: true, subtree: true });
  });
  const key = 'mock:{"failRegions":[0]}';
  const rooms = new RoomServiceClient(`http://mock.livekit.cloud:${mock.ports[0]}`, key, "secret");
  await rooms.createRoom({ name: "lobby" });
  const answered = Date.now();
  await page.waitForFunction(() => window.shownAt);
  const shown = (await page.evaluate(() => window.shownAt)) - answered;
  assert.ok(shown <= 200, `it was shown after ${shown} ms`);
  const line = page.getByRole("button", { name: /CreateRoom RoomService region 0 failed 503 .*region 1 answered 200/ });
  assert.equal(await line.count(), 1);
  assert.equal(await line.locator("polyline").getAttribute("points"), "22,12 66,36");
  assert.deepEqual(await line.locator(".mark").evaluateAll((marks) => marks.map((mark) => mark.getAttribute("class"))), ["mark failed", "mark answered"]);
});

test("a call that waits is seen to wait, and then to have ended", async (t) => {
  const { mock, page } = await opened(t);
  const patience = new AbortController();
  const calling = mock.call(0, { delayMs: 60_000 }, { signal: patience.signal });
  await page.getByRole("button", { name: /CreateRoom RoomService region 0 waiting/ }).waitFor();
  patience.abort();
  await calling;
  await page.getByRole("button", { name: /CreateRoom RoomService region 0 gone/ }).waitFor();
});

test("filters are in the address, and an address shows the same", async (t) => {
  const scene = async (mock) => {
    await mock.call(0, { key: "mine" });
    await mock.call(1, { key: "another's" });
    await mock.call(0, {}, { path: "/twirp/livekit.RoomService/ListRooms" });
  };
  const { mock, page } = await opened(t, { scene });
  await journeys(page).nth(2).waitFor();
  await page.getByLabel("Key", { exact: true }).fill("mine");
  await page.getByLabel("Key", { exact: true }).press("Enter");
  await page.waitForURL(`${mock.page}?key=mine`);
  await page.waitForFunction(() => document.querySelectorAll("#journeys li").length === 1);
  const linked = await open(browser, `${mock.page}?method=ListRooms&region=0`);
  await journeys(linked).first().waitFor();
  assert.equal(await journeys(linked).count(), 1);
  assert.equal(await linked.getByLabel("Method", { exact: true }).inputValue(), "ListRooms");
  assert.equal(await linked.getByLabel("Region", { exact: true }).inputValue(), "0");
  await linked.getByRole("button", { name: "Clear" }).click();
  await linked.waitForURL(mock.page);
  await journeys(linked).nth(2).waitFor();
  await linked.close();
});

test("the keyboard alone is enough", async (t) => {
  const scene = async (mock) => {
    await failover(mock, "first");
    await failover(mock, "second");
  };
  const { page } = await opened(t, { scene });
  await journeys(page).nth(1).waitFor();
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.id), "filter-method");
  await journeys(page).first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const detail = page.getByRole("complementary", { name: "The selected call" });
  await detail.getByText("second").last().waitFor();
  await page.keyboard.press("Escape");
  await detail.waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("#journeys button")].indexOf(document.activeElement)), 1);
  await page.keyboard.press("Home");
  assert.equal(await page.evaluate(() => [...document.querySelectorAll("#journeys button")].indexOf(document.activeElement)), 0);
});

test("the detail has all that the journal has", async (t) => {
  const { page } = await opened(t, { scene: (mock) => failover(mock, "one-call", { key: "my-test" }) });
  await journeys(page).first().click();
  const detail = page.locator("#detail");
  const text = await detail.innerText();
  for (const part of ["CreateRoom RoomService", "Try 1: region 0, failed 503", "Try 2: region 1, answered 200", "one-call", "my-test", "X-Lk-Mock", "alice", "devkey", "roomCreate", '"name": "lobby"', "MOCK_SID"]) {
    assert.ok(text.includes(part), `${part} is missing in ${text}`);
  }
  await detail.getByText("Try 1").click();
  assert.match(await detail.innerText(), /"code": "unavailable"/);
});

test("a connection shows what was said on it", async (t) => {
  const { page } = await opened(t, { scene: conversation });
  await journeys(page).first().click();
  const text = await page.locator("#detail").innerText();
  for (const part of ["Messages (14)", "join", "speakers_changed", "leave", "The server closed it, code 1011: as the script says."]) {
    assert.ok(text.includes(part), `${part} is missing in ${text}`);
  }
});

test("a server that stops and comes back is followed again", async (t) => {
  const first = await startMock();
  const page = await open(browser, first.page);
  t.after(() => page.close());
  await page.getByText("live", { exact: true }).waitFor();
  await first.stop();
  await page.getByText("the server does not answer; trying again").waitFor();
  const second = await startMock("--ports", String(first.ports[0]));
  t.after(() => second.stop());
  await page.getByText("live", { exact: true }).waitFor();
  await second.call(0);
  await journeys(page).first().waitFor();
});

test("a thousand calls a second for ten seconds do not lose the page", async (t) => {
  const { mock, page } = await opened(t, { flags: ["--auth", "off"] });
  const jwt = await token();
  const end = Date.now() + 10_000;
  let count = 0;
  const caller = async () => {
    for (let due = Date.now(); Date.now() < end; due += 20) {
      await mock.call(count % 4, {}, { token: jwt });
      count += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due + 20 - Date.now())));
    }
  };
  const longest = page.evaluate(async (until) => {
    let [worst, last] = [0, performance.now()];
    while (Date.now() < until) {
      await new Promise(requestAnimationFrame);
      worst = Math.max(worst, performance.now() - last);
      last = performance.now();
    }
    return worst;
  }, end);
  await Promise.all(Array.from({ length: 20 }, caller));
  t.diagnostic(`${count} calls in ten seconds, the longest pause between two frames ${Math.round(await longest)} ms`);
  assert.ok(count > 5000, `${count} calls`);
  assert.ok((await longest) < 1000, `the page stood still for ${await longest} ms`);
  await mock.call(0, {}, { path: "/twirp/livekit.RoomService/ListRooms" });
  await page.getByRole("button", { name: "ListRooms" }).click();
  await page.locator("#detail").getByText(String(count + 1), { exact: true }).waitFor();
  assert.equal(await journeys(page).count(), 1000);
});
