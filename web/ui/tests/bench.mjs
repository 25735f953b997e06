// Measures the page against a real foster with simulated children, in Chromium: what it downloads, how long the first chart
// takes, what sixty live charts cost, and how many requests a change of the time range is. `make bench-ui` runs it; it fails
// when a figure is beyond its budget.
//
//   node tests/bench.mjs FOSTER-BINARY
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const budget = { download: 150, first: 1000, cpu: 30, requests: 1 };
const charts = 60;
const observed = 20_000; // ms that the live charts are watched

const freePort = () =>
  new Promise((resolve) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => resolve(port));
    });
  });

const until = async (check, what, ms = 60_000) => {
  for (const end = Date.now() + ms; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const found = await check().catch(() => null);
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${ms / 1000} s: ${what}`);
  }
};

/** Processor seconds of the browser so far: of the page's process, and of all. */
async function processorTime(cdp) {
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  const sum = (of) => processInfo.filter(of).reduce((n, p) => n + p.cpuTime, 0);
  return { at: performance.now() / 1000, page: sum((p) => p.type === "renderer"), all: sum(() => true) };
}

/** Opens a page in a fresh browser and says when the first chart with a value was there, and what was downloaded for it. */
async function open(browser, address, viewport) {
  const page = await (await browser.newContext({ viewport })).newPage();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.enable");
  const kinds = new Map();
  const loaded = { bytes: 0, data: 0 };
  cdp.on("Network.responseReceived", (e) => kinds.set(e.requestId, e.response.url));
  cdp.on("Network.loadingFinished", (e) => {
    const url = kinds.get(e.requestId) ?? "";
    if (/\/api\//.test(url)) loaded.data += e.encodedDataLength;
    else loaded.bytes += e.encodedDataLength;
  });
  await page.addInitScript(() => {
    const look = () => {
      const chart = [...document.querySelectorAll(".chart")].find((c) => c.querySelector("canvas") && /\d/.test(c.querySelector("output")?.textContent ?? ""));
      if (chart) requestAnimationFrame(() => (window.firstChart = performance.now()));
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(address);
  await page.waitForFunction(() => window.firstChart !== undefined, null, { timeout: 30_000 });
  return { page, loaded, first: await page.evaluate(() => window.firstChart) };
}

const directory = await mkdtemp(join(tmpdir(), "foster-bench-ui-"));
const url = `http://127.0.0.1:${await freePort()}`;
const foster = spawn(process.argv[2], ["demo", "--config", join(directory, "config"), "--data", join(directory, "data"), "--listen", new URL(url).host], { stdio: "ignore" });
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"] });
const over = [];
const report = (what, value, unit, limit) => {
  const bad = limit !== undefined && value > limit;
  if (bad) over.push(what);
  console.log(`${what.padEnd(44)} ${value.toFixed(1).padStart(9)} ${unit.padEnd(8)}${limit === undefined ? "" : ` budget ${limit}${bad ? ", over" : ""}`}`);
};
try {
  // The host with the most charts, when its history has been replicated and the machine is quiet again.
  const host = await until(async () => {
    const { hosts } = await (await fetch(`${url}/api/foster/v1/hosts`)).json();
    return hosts.length >= 3 && hosts.every((h) => h.state === "live") && hosts.toSorted((a, b) => b.charts - a.charts)[0];
  }, "the simulated hosts are live");
  const address = `${url}/host/${encodeURIComponent(host.hostname)}/`;
  await new Promise((resolve) => setTimeout(resolve, 3000));

  const times = [];
  for (let i = 0; i < 5; i++) {
    const { page, loaded, first } = await open(browser, address, { width: 1440, height: 900 });
    times.push(first);
    if (i === 0) {
      report("download of the page, compressed", loaded.bytes / 1024, "KiB", budget.download);
      report("answers of the API until then, compressed", loaded.data / 1024, "KiB");
    }
    await page.context().close();
  }
  report("first chart, median of 5 loads", times.toSorted((a, b) => a - b)[2], "ms", budget.first);
  report("first chart, slowest", Math.max(...times), "ms");

  // "." is in the id of every chart, and leaves out the overview, which shows some of them twice.
  const { page } = await open(browser, `${address}?q=.`, { width: 3840, height: 8000 });
  await until(async () => (await page.locator(".chart canvas").count()) >= charts, `${charts} charts are drawn`);
  await page.waitForTimeout(3000);
  const cdp = await browser.newBrowserCDPSession();
  const a = await processorTime(cdp);
  await page.waitForTimeout(observed);
  const b = await processorTime(cdp);
  const share = (of) => (100 * (b[of] - a[of])) / (b.at - a.at);
  report(`${await page.locator(".chart canvas").count()} charts live, processor of the page`, share("page"), "% core", budget.cpu);
  report("all processes of the browser, painting without a GPU", share("all"), "% core");

  const requests = [];
  page.on("request", (r) => /\/api\/foster\/v1\/data/.test(r.url()) && requests.push(performance.now()));
  const answered = page.waitForResponse((r) => /\/api\/foster\/v1\/data/.test(r.url()));
  const begun = performance.now();
  await page.keyboard.press("ArrowLeft");
  await answered;
  const took = performance.now() - begun;
  await page.waitForTimeout(1500);
  report(`requests for moving ${charts} charts in time`, requests.length, "", budget.requests);
  report("until their answer", took, "ms");
} finally {
  await browser.close();
  const gone = new Promise((resolve) => foster.once("exit", resolve));
  foster.kill("SIGTERM");
  await gone;
  await rm(directory, { recursive: true, force: true });
}
if (over.length > 0) {
  console.error(`beyond the budget: ${over.join(", ")}`);
  process.exit(1);
}
