// Makes the pictures of the documentation: node pictures.js FOLDER
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { launch, open } from "./support/browser.js";
import { startMock } from "./support/mock.js";
import { conversation, failover, parallel } from "./support/scenes.js";

const folder = process.argv[2];
if (!folder) throw new Error("give the folder: node pictures.js ../docs/inspector");
await mkdir(folder, { recursive: true });
const browser = await launch();

/** A picture of a page, once it shows what is looked for. */
async function picture(name, mock, { query = "", see, prepare, ...options } = {}) {
  const page = await open(browser, mock.page + query, options);
  await page.locator(see).first().waitFor();
  await prepare?.(page);
  await page.waitForTimeout(300); // the last strokes
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
  console.log(join(folder, `${name}.png`));
}

const opened = (page) => page.locator("#journeys button").last().click();

async function withMock(scene, pictures) {
  const mock = await startMock();
  const after = await scene(mock);
  await pictures(mock);
  after?.stop();
  await after?.all;
  await mock.stop();
}

await withMock(async () => {}, async (mock) => {
  await picture("empty", mock, { see: "#empty" });
  const control = JSON.stringify({ failRegions: [0], failStatus: 5000, failMode: "drp", response: { rooms: [] } });
  await picture("composer-error", mock, { query: `?view=composer&control=${encodeURIComponent(control)}`, see: ".warnings li" });
});
await withMock((mock) => failover(mock), (mock) => picture("failover", mock, { see: "#journeys li", prepare: opened }));
await withMock(conversation, (mock) => picture("signalling", mock, { see: "#journeys li", prepare: opened }));
await withMock(
  async (mock) => {
    const scene = await parallel(mock);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return scene;
  },
  async (mock) => {
    await picture("parallel", mock, { see: "#journeys li" });
    await picture("dark", mock, { see: "#journeys li", colorScheme: "dark", prepare: opened });
    await picture("narrow", mock, { see: "#journeys li", viewport: { width: 360, height: 640 } });
    await picture("narrow-detail", mock, { see: "#journeys li", viewport: { width: 360, height: 640 }, prepare: opened });
  },
);
await browser.close();
