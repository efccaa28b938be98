// The conference page, with a participant who exists only in a script.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startMock } from "livekit-mock";
import { chromium } from "playwright-core";
import { serve } from "./site.mjs";

const PICTURE = process.env.CONFERENCE_PICTURE; // where to put a screenshot, if anywhere
const args = ["--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required"];

/** What happens in the room, as docs/ROOMS.md has it. */
const control = JSON.parse(readFileSync(new URL("control.json", import.meta.url), "utf8"));

let browser;
let mock;
let site;
before(async () => {
  [mock, site, browser] = await Promise.all([
    startMock({ regions: 1 }),
    serve(),
    chromium.launch({ executablePath: "/usr/bin/chromium", args }),
  ]);
});
after(async () => {
  await browser?.close();
  site?.close();
  await mock?.stop();
});

test("the participant and the message are seen", async () => {
  const grants = { roomJoin: true, room: "lobby" };
  const token = mock.token({ identity: "alice", name: "Alice", video: grants, control });
  const page = await browser.newPage({ viewport: { width: 1280, height: 640 } });
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message));
  await page.goto(`${site.url}?${new URLSearchParams({ url: mock.url, token })}`);

  await page.getByRole("button", { name: "Camera", exact: true }).click();
  await page.getByRole("button", { name: "Chat", exact: true }).click();
  const write = async (text) => {
    await page.locator(".lk-chat-form-input").fill(text);
    await page.getByRole("button", { name: "Send", exact: true }).click();
  };
  await write("Is anybody there?");
  for (const name of ["Alice", "Bob"]) {
    const video = page.locator(".lk-participant-tile", { hasText: name }).locator("video");
    await page.waitForFunction((element) => element.videoWidth > 0, await video.elementHandle()); // a picture is shown
  }
  await write("I can see you!");
  const line = page.locator(".lk-chat-entry", { hasText: "Hello Alice!" });
  await line.waitFor();
  assert.equal(await line.locator(".lk-participant-name").textContent(), "Bob");
  if (PICTURE) await page.screenshot({ path: PICTURE });
  assert.deepEqual(errors, []);
});

test("camera and microphone are published as soon as the page joins", async () => {
  const token = mock.token({ identity: "alice", name: "Alice", video: { roomJoin: true, room: "lobby" }, control: { key: "devices" } });
  const page = await browser.newPage();
  await page.goto(`${site.url}?${new URLSearchParams({ url: mock.url, token, devices: "on" })}`);
  for (const name of ["Camera", "Microphone"]) await page.getByRole("button", { name, exact: true, pressed: true }).waitFor();
  const { messages } = (await mock.calls({ key: "devices" })).find((call) => call.messages);
  assert.equal(messages.filter(({ kind }) => kind === "track_published").length, 2);
});
