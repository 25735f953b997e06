// What every journey needs: a page in the system's Chromium, and a server – the foster at FOSTER_URL, or else the mock.
import { chromium } from "playwright-core";
import { start } from "../mock-server.mjs";

const args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const fosterURL = process.env.FOSTER_URL;

/** Reason to skip a test that needs the mock's invented hosts, or false. */
export const mockOnly = fosterURL ? "needs the mock server" : false;

/**
 * Runs `test({url, mock, open})`; open(path, options) gives a page whose errors fail the test. `server` is one to use instead
 * of the usual.
 */
export async function inBrowser(test, { hosts = 3, alerts = 0, token = "", server } = {}) {
  const mock = fosterURL || server ? null : await start({ hosts, alerts, token });
  const url = (server?.url ?? fosterURL ?? mock.url).replace(/\/$/, "");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args });
  const errors = [];
  const open = async (path, { width = 1280, height = 900, dark = false } = {}) => {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
    const page = await context.newPage();
    page.on("pageerror", (err) => errors.push(err));
    page.on("request", (req) => {
      if (new URL(req.url()).origin !== url && !req.url().startsWith("data:")) errors.push(new Error(`a request left the server: ${req.url()}`));
    });
    await page.goto(url + path);
    return page;
  };
  try {
    await test({ url, mock, open });
    if (errors.length) throw new AggregateError(errors, errors.map((e) => e.stack ?? e.message).join("\n"));
  } finally {
    await browser.close();
    await mock?.stop();
  }
}

/** Address of the first live host's page, or of the first host. */
export async function someHost(url) {
  const { hosts } = await (await fetch(`${url}/api/foster/v1/hosts`)).json();
  const host = hosts.find((h) => h.state === "live") ?? hosts[0];
  return { host, path: `/host/${encodeURIComponent(host.ambiguous ? host.guid : host.hostname)}/` };
}

/** Waits until `check` resolves to something true. */
export async function eventually(check, what, ms = 10_000) {
  const end = Date.now() + ms;
  for (;;) {
    if (await check()) return;
    if (Date.now() > end) throw new Error(`not within ${ms / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
