// The composer: what it makes is what the server's own parser accepts.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { launch, open } from "../support/browser.js";
import { startMock } from "../support/mock.js";

let [browser, mock] = [];
before(async () => ([browser, mock] = [await launch(), await startMock()]));
after(async () => {
  await browser?.close();
  await mock?.stop();
});

/** What may be typed into a field of each type, and the value that it means. */
const TYPED = {
  bool: ["true", true],
  int: ["5", 5],
  number: ["0.5", 0.5],
  string: ["some text", "some text"],
  "string or int": ["7", "7"],
  "int[]": ["0, 1", [0, 1]],
  "string[]": ["region-0, region-1", ["region-0", "region-1"]],
  object: ['{"name":"a"}', { name: "a" }],
  "object of strings": ['{"retry-after":"2"}', { "retry-after": "2" }],
  "object[]": ['[{"greet":{}}]', [{ greet: {} }]],
};
/** Fields whose values are of a narrower kind than their type says. */
const NARROWER = {
  failStatus: ["500", 500],
  regionsStatus: ["500", 500],
  failContentType: ["text/plain", "text/plain"],
  advertise: ["http://a, http://b", ["http://a", "http://b"]],
  signal: ["no_pong", "no_pong"],
};

async function composer(t, query = "") {
  const page = await open(browser, `${mock.page}?view=composer${query}`);
  t.after(async () => {
    await page.close();
    assert.deepEqual(page.errors, []);
  });
  await page.getByRole("heading", { name: "A control" }).waitFor();
  return page;
}

const attribute = (page) => page.getByLabel("the attribute", { exact: true }).textContent();

test("every field has an input, and what is typed is what the server reads", async (t) => {
  const page = await composer(t);
  await page.getByText(/more fields/).click();
  const { fields } = await page.evaluate(async () => (await fetch("/_mock/server")).json());
  assert.ok(fields.length > 30);
  for (const { name, type, values } of fields) {
    const exemplary = values ? [values[1], values[1]] : (NARROWER[name] ?? TYPED[type] ?? [type, JSON.parse(type)]);
    const [typed, value] = exemplary;
    const input = page.locator(`#field-${name}`);
    if ((await input.evaluate((element) => element.tagName)) === "SELECT") await input.selectOption(typed);
    else await input.fill(typed);
    const wanted = JSON.stringify({ [name]: value });
    await page.waitForFunction((text) => document.querySelector('[aria-label="the attribute"]')?.textContent === text, wanted, { timeout: 5000 })
      .catch(async () => assert.equal(await attribute(page), wanted, name));
    const told = await page.locator(".problems").innerText();
    assert.ok(!/must be|unknown|ignored|is no/.test(told), `${name}: ${told}`);
    await page.getByRole("button", { name: "Clear" }).click();
  }
});

test("what is wrong is said at once, and marked at its field", async (t) => {
  const page = await composer(t);
  await page.getByLabel("failRegions").fill("0");
  await page.getByLabel("failStatus").fill("5000");
  await page.getByText("must be a status from 100 to 599, not 5000; 503 is used").waitFor();
  assert.equal(await page.getByLabel("failStatus").getAttribute("aria-invalid"), "true");
  assert.equal(await page.getByLabel("failRegions").getAttribute("aria-invalid"), null);
  await page.getByLabel("failStatus").fill("500");
  await page.getByText("The server reads it without a warning.").waitFor();
  await page.getByLabel("response").fill("{");
  await page.getByText(/^response: it is no JSON/).waitFor();
  await page.getByLabel("failStatus").fill("many");
  await page.getByText('failStatus: "many" is no number').waitFor();
});

test("a control is in the address, also one that is wrong", async (t) => {
  const control = { failRegions: [0, 1], failMode: "drp", script: [{ greet: {} }], strict: true };
  const page = await composer(t, `&control=${encodeURIComponent(JSON.stringify(control))}`);
  await page.getByText(/"failMode" must be/).waitFor();
  assert.deepEqual(JSON.parse(await attribute(page)), { failRegions: [0, 1], failMode: "status", script: [{ greet: {} }], strict: true });
  assert.equal(await page.getByLabel("failMode").inputValue(), "drp");
  await page.getByLabel("failMode").selectOption("drop");
  await page.waitForURL(/failMode%22%3A%22drop/);
});

test("the snippet for curl does what the control says", async (t) => {
  const page = await composer(t, `&control=${encodeURIComponent(JSON.stringify({ failRegions: [0], failMessage: "it's \"tea\" ☕", failStatus: 418 }))}`);
  const snippet = await page.getByLabel("the snippet for curl", { exact: true }).textContent();
  const { stdout } = await promisify(execFile)("sh", ["-c", snippet]);
  assert.match(stdout, /^HTTP\/1.1 418 /);
  assert.match(stdout, /"msg":"it's \\"tea\\" ☕"/);
});

test("there is a snippet for each SDK", async (t) => {
  const page = await composer(t, `&control=${encodeURIComponent('{"failRegions":[0]}')}`);
  await page.getByText("The server reads it").waitFor();
  const languages = await page.getByLabel("Snippet", { exact: true }).locator("option").allTextContents();
  assert.deepEqual(languages, ["curl", "Node", "Python", "Go", "Rust", "Ruby", "Java"]);
  for (const language of languages) {
    await page.getByLabel("Snippet", { exact: true }).selectOption(language);
    const text = await page.getByLabel(`the snippet for ${language}`, { exact: true }).textContent();
    assert.ok(text.includes("failRegions") && text.includes(mock.urls[0]), text);
  }
});
