// A real Chromium, that looks for nothing outside this machine.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox", // it runs as root in containers
  "--no-proxy-server",
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
  // Names of strangers that lead to this machine, as an attacker's would.
  "--host-resolver-rules=MAP elsewhere.test 127.0.0.1",
];

export async function launch() {
  const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (!executablePath) throw new Error('Chromium is not on this machine: install the package "chromium"');
  return chromium.launch({ executablePath, args: ARGUMENTS });
}

/** A page that fails a test by any error in it. */
export async function open(browser, url, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 760 }, timezoneId: "UTC", ...options });
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(error.message));
  page.on("console", (message) => message.type() === "error" && page.errors.push(message.text()));
  await page.goto(url);
  return page;
}
