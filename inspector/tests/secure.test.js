// What clients send stays text, and no other origin learns or does anything.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { launch, open } from "../support/browser.js";
import { startMock } from "../support/mock.js";
import { token } from "../support/scenes.js";

let [browser, mock] = [];
before(async () => ([browser, mock] = [await launch(), await startMock()]));
after(async () => {
  await browser?.close();
  await mock?.stop();
});

const MARKUP = '<script>window.ran = 1</script><img src=x onerror="window.ran = 1">';

test("markup in names, headers, messages and warnings stays text", async (t) => {
  const control = { failRegions: [0], failMessage: MARKUP, key: MARKUP, [MARKUP]: 1, failHeaders: { "X-A": MARKUP } };
  await mock.call(0, control, { body: { name: MARKUP, [MARKUP]: 1 }, id: MARKUP, token: await token({ a: MARKUP }) });
  await mock.call(0, {}, { path: `/twirp/${encodeURIComponent(MARKUP)}/X` });
  const page = await open(browser, mock.page);
  t.after(() => page.close());
  const journeys = page.locator("#journeys button");
  await journeys.nth(1).waitFor();
  for (const index of [0, 1]) {
    await journeys.nth(index).click();
    await page.locator("#detail h2").waitFor();
  }
  await journeys.first().click();
  assert.ok((await page.locator("#detail").innerText()).includes("<script>"), "it is shown as text");
  assert.equal(await page.evaluate(() => window.ran), undefined);
  assert.equal(await page.locator("main script, main img").count(), 0);
  const composer = await open(browser, `${mock.page}?view=composer&control=${encodeURIComponent(JSON.stringify({ key: MARKUP }))}`);
  t.after(() => composer.close());
  await composer.getByText("The server reads it").waitFor();
  assert.equal(await composer.evaluate(() => window.ran), undefined);
  assert.deepEqual([...page.errors, ...composer.errors], []);
});

test("the policy allows nothing inline, and nothing from elsewhere", async () => {
  const { headers } = await fetch(mock.page);
  const policy = headers.get("content-security-policy");
  assert.ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"), policy);
  assert.ok(!policy.includes("unsafe"), policy);
  const page = await open(browser, mock.page);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = 1";
    document.body.append(script);
  });
  assert.equal(await page.evaluate(() => window.ran), undefined);
  await page.close();
});

test("a page of another origin can read nothing and cause nothing", async (t) => {
  const other = createServer((_, response) => response.setHeader("Content-Type", "text/html").end("<!doctype html><title>elsewhere</title>"));
  await new Promise((resolve) => other.listen(0, "127.0.0.1", resolve));
  const page = await browser.newPage();
  t.after(async () => {
    await page.close();
    other.close();
  });
  await page.goto(`http://127.0.0.1:${other.address().port}/`);
  const before = await mock.calls();
  const read = await page.evaluate(async (url) => {
    const tried = (options) => fetch(url + (options.path ?? "calls"), options).then((answer) => answer.text(), () => "refused");
    const element = (name, source) =>
      new Promise((resolve) => {
        const made = Object.assign(document.createElement(name), { src: source, onload: () => resolve("loaded"), onerror: () => resolve("refused") });
        document.body.append(made);
      });
    const events = await new Promise((resolve) => {
      const source = new EventSource(`${url}calls?after=0`);
      source.onmessage = () => resolve("read");
      source.onerror = () => resolve("refused");
    });
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
    await new Promise((resolve) => setTimeout(resolve, 500));
    let framed = "refused";
    try {
      framed = frame.contentDocument ? "read" : "refused";
    } catch {
      framed = "refused";
    }
    return [await tried({}), await tried({ method: "POST", path: "control", body: "{}" }), await element("script", `${url}calls`), await element("script", `${url}page.js`), events, framed];
  }, mock.page);
  assert.deepEqual(read, Array(6).fill("refused"));
  assert.deepEqual(await mock.calls(), before);
});

test("a stranger's name that leads to this machine is refused", async (t) => {
  const page = await browser.newPage();
  t.after(() => page.close());
  for (const path of ["", "calls", "server", "page.js"]) {
    const answer = await page.goto(`http://elsewhere.test:${mock.ports[0]}/_mock/${path}`);
    assert.equal(answer.status(), 403, path);
    assert.match(await answer.text(), /^no page is shown under the name "elsewhere.test"/);
  }
});
