// The old dashboard as a client: the page old/ of Debian's netdata-web 1.37.1, served by this test beside a running foster,
// talks to foster's API and draws its charts. Nothing of it ships.
//
// The pages are those in NETDATA_WEB, or in /usr/share/netdata/web (apt-get install netdata-web); without them the test is
// skipped, or fails when FOSTER_REQUIRE_AGENT=1.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, request } from "node:http";
import { extname, join, normalize } from "node:path";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { eventually, fosterURL, someHost } from "./browser.mjs";

const pages = process.env.NETDATA_WEB ?? "/usr/share/netdata/web";
const found = existsSync(join(pages, "index.html"));
const skip = !fosterURL ? "needs a running foster (FOSTER_URL)" : !found && process.env.FOSTER_REQUIRE_AGENT !== "1" ? `no pages in ${pages}` : false;

const types = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json",
  ".woff2": "font/woff2", ".woff": "font/woff", ".png": "image/png", ".ico": "image/x-icon",
};

/** Serves the pages, below /host/<name>/ too, and hands what is API to foster. */
async function serve(foster, asked) {
  const server = createServer(async (req, res) => {
    const path = decodeURIComponent(new URL(req.url, "http://x").pathname);
    if (/^(\/host\/[^/]+)?\/+api\//.test(path)) {
      asked.push(path.replace(/^\/host\/[^/]+/, "").replace(/^\/+/, "/"));
      const onward = request(new URL(req.url, foster), { method: req.method, headers: { ...req.headers, host: foster.host } }, (answer) => {
        if (answer.statusCode >= 400) asked.failed.push(`${answer.statusCode} ${req.url}`);
        res.writeHead(answer.statusCode, answer.headers);
        answer.pipe(res);
      });
      onward.on("error", () => res.destroy());
      req.pipe(onward);
      return;
    }
    let file = join(pages, normalize(path.replace(/^\/host\/[^/]+/, "")));
    try {
      if ((await stat(file)).isDirectory()) file = join(file, "index.html");
      const body = await readFile(file);
      res.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
      res.end(body);
    } catch {
      res.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

test("the old dashboard draws its charts from foster's API", { skip, timeout: 120_000 }, async () => {
  assert.ok(found, `no pages in ${pages}: install Debian's netdata-web`);
  const asked = Object.assign([], { failed: [] });
  const server = await serve(new URL(fosterURL), asked);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  try {
    const { path } = await someHost(fosterURL.replace(/\/$/, ""));
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    const errors = [];
    page.on("pageerror", (err) => errors.push(err.stack ?? String(err)));
    // The pages ask for fonts, maps and the cloud elsewhere: they must do without.
    await page.route((url) => url.origin !== server.url, (route) => route.abort());
    await page.goto(`${server.url}${path}old/index.html`);
    const drawn = () => page.evaluate(() => [...document.querySelectorAll("canvas")]
      .filter((c) => c.width > 0 && c.height > 0 && c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v !== 0)).length);
    await eventually(async () => (await drawn()) >= 4, "four canvases with something drawn on them", 60_000);
    const before = asked.filter((p) => p === "/api/v1/data").length;
    await eventually(() => asked.filter((p) => p === "/api/v1/data").length > before + 3, "the charts are refreshed", 30_000);
    for (const p of ["/api/v1/charts", "/api/v1/data", "/api/v1/registry"]) assert.ok(asked.includes(p), `${p} was not asked for: ${[...new Set(asked)]}`);
    const values = await page.evaluate(() => [...document.querySelectorAll(".netdata-legend-value")].filter((e) => /[0-9]/.test(e.textContent ?? "")).length);
    assert.ok(values > 0, "no legend shows a value");
    // The page asks for dimensions that a host need not have: an agent answers 404 to these.
    assert.deepEqual(asked.failed.filter((f) => !/^404 .*\/data\?chart=.*dimensions=/.test(f)), [], "answers that are errors");
    assert.deepEqual(errors, [], "JavaScript errors");
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  } finally {
    await browser.close();
    await server.close();
  }
});
