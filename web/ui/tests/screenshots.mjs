// Takes the pictures of docs/images: every page in both themes, of a foster with simulated children, an alert that is raised
// and a dashboard. `make screenshots` runs it.
//
//   node tests/screenshots.mjs FOSTER-BINARY DIRECTORY
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [binary, to] = process.argv.slice(2).map((p) => resolve(p));
const warmUp = 90_000; // ms that the alerts and sparklines are given

const alerts = `
 alarm: cpu_above_5_percent
    on: system.cpu
lookup: average -1m unaligned of user,system
 units: %
 every: 10s
  warn: $this > 5
  crit: $this > 60
summary: Processor use
  info: average of the last minute, in user and system space
    to: sysadmin
`;

const freePort = () =>
  new Promise((done) => {
    const s = createServer().listen(0, "127.0.0.1", () => {
      const { port } = s.address();
      s.close(() => done(port));
    });
  });

const directory = await mkdtemp(join(tmpdir(), "foster-screenshots-"));
const config = join(directory, "config");
await mkdir(join(config, "health.d"), { recursive: true });
await writeFile(join(config, "health.d", "example.conf"), alerts);
const url = `http://127.0.0.1:${await freePort()}`;
const foster = spawn(binary, ["demo", "--config", config, "--data", join(directory, "data"), "--listen", new URL(url).host], { stdio: "ignore" });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

/** Waits until the simulated children are live, and returns them, the one with the most charts first. */
async function liveHosts() {
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 500))) {
    const hosts = await fetch(`${url}/api/foster/v1/hosts`).then((r) => r.json(), () => ({ hosts: [] })).then((a) => a.hosts ?? []);
    if (hosts.length >= 3 && hosts.every((h) => h.state === "live")) return hosts.toSorted((a, b) => b.charts - a.charts);
  }
  throw new Error("the simulated children are not live");
}

try {
  const hosts = await liveHosts();
  const panel = (host, chart) => ({ host: host.guid, hostname: host.hostname, chart, width: 4 });
  const board = await fetch(`${url}/api/foster/v1/dashboards`, {
    method: "POST",
    body: JSON.stringify({
      name: "Web tier",
      last: 900,
      panels: ["system.cpu", "system.load", "system.net"].flatMap((c) => hosts.map((h) => panel(h, c))),
    }),
  }).then(async (r) => (r.ok ? r.json() : Promise.reject(new Error(`dashboard: ${r.status} ${await r.text()}`))));
  const pages = {
    fleet: "/",
    host: `/host/${encodeURIComponent(hosts[0].hostname)}/`,
    alerts: "/alerts",
    explore: "/explore",
    streaming: "/streaming",
    dashboard: `/dashboards/${board.id}`,
  };
  await new Promise((done) => setTimeout(done, warmUp));
  for (const colorScheme of ["light", "dark"]) {
    for (const [name, path] of Object.entries(pages)) {
      const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, colorScheme });
      const page = await context.newPage();
      await page.goto(url + path);
      await page.waitForTimeout(6000);
      await page.screenshot({ path: join(to, `${name}-${colorScheme}.png`) });
      await context.close();
    }
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, colorScheme });
    const page = await context.newPage();
    await page.goto(url + pages.host);
    await page.waitForTimeout(6000);
    await page.screenshot({ path: join(to, `phone-${colorScheme}.png`) });
    await context.close();
  }
} finally {
  await browser.close();
  const gone = new Promise((done) => foster.once("exit", done));
  foster.kill("SIGTERM");
  await gone;
  await rm(directory, { recursive: true, force: true });
}
