// axe-core finds nothing in any state, bright or dark, wide or narrow.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { launch, open } from "../support/browser.js";
import { startMock } from "../support/mock.js";
import { conversation, failover, parallel } from "../support/scenes.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let [browser, empty, full, scene] = [];
before(async () => {
  [browser, empty, full] = [await launch(), await startMock(), await startMock()];
  await failover(full);
  await conversation(full);
  scene = await parallel(full);
  await full.call(0, { nope: 1 });
});
after(async () => {
  scene?.stop();
  await scene?.all;
  await browser?.close();
  await Promise.all([empty?.stop(), full?.stop()]);
});

const wrong = encodeURIComponent(JSON.stringify({ failStatus: 5000 }));
const STATES = {
  empty: () => [empty, "", "#empty pre"],
  calls: () => [full, "", "#journeys li"],
  "a selected call": () => [full, "", "#journeys li", (page) => page.locator("#journeys button").first().click()],
  "a selected connection": () => [full, "?kind=signal", "#journeys li", (page) => page.locator("#journeys button").first().click()],
  "nothing that matches": () => [full, "?key=nobody", "#empty"],
  composer: () => [full, "?view=composer", ".sound"],
  "an error in the composer": () => [full, `?view=composer&control=${wrong}`, ".problems .warnings", (page) => page.getByText(/more fields/).click()],
};

for (const [name, state] of Object.entries(STATES)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1200, 360]) {
      test(`${name}, ${colorScheme}, ${width} px`, async (t) => {
        const [mock, query, see, prepare] = state();
        const page = await open(browser, mock.page + query, { colorScheme, viewport: { width, height: 720 }, bypassCSP: true });
        t.after(() => page.close());
        await page.locator(see).first().waitFor();
        await prepare?.(page);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run());
        const told = violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)} ${nodes[0].failureSummary}`);
        assert.deepEqual(told, []);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `it is ${wide} px wide`);
      });
    }
  }
}
