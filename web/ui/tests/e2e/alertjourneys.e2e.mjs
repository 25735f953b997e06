// The alerts page over a real foster whose children the test makes raise alerts, and that tells a hook of it: it needs
// FOSTER_BIN.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { eventually, inBrowser } from "./browser.mjs";
import { startChild } from "./child.mjs";
import { fosterBin, startFoster } from "./foster.mjs";

const skip = fosterBin ? false : "needs FOSTER_BIN";
const patience = 40_000; // ms: other tests may run on the same machine
const guid = (n) => `22222222-2222-4333-8444-55555555550${n}`;

const definitions = `
template: load_high
      on: system.load
   class: Utilization
    type: System
component: Load
  lookup: average -3s unaligned of load1
   units: load
   every: 1s
    warn: $this > (($status >= $WARNING) ? (60) : (70))
    crit: $this > 90
 summary: Load of \${hostname}
    info: The average of three seconds, which is far too short for anything but a test.
      to: ops

template: load_seen
      on: system.load
    calc: $load1
   every: 1s
    warn: $this > 70
 summary: Newest load of \${hostname}
      to: dba
`;

let hook;
const told = [];
let foster;
let children = {};
const api = async (path, init) => (await fetch(foster.url + path, init)).json();
const statusOf = (host, name) => api(`/host/${host}/api/foster/v1/alert?chart=system.load&alert=${name}`).then((d) => d.alert?.status, () => null); // null: not there yet
const becomes = (host, name, status) => eventually(async () => (await statusOf(host, name)) === status, `${name} of ${host} is ${status}`, patience);

before(async () => {
  if (skip) return;
  hook = createServer((req, res) => {
    let body = "";
    req.on("data", (d) => (body += d));
    req.on("end", () => {
      told.push(JSON.parse(body));
      res.end();
    });
  });
  await new Promise((resolve) => hook.listen(0, "127.0.0.1", resolve));
  foster = await startFoster({
    stream: "    postpone alerts on connect = 1s\n",
    files: {
      "foster.conf": "[health]\n    enable stock health configuration = no\n",
      "health.d/test.conf": definitions,
      "notify.conf": `[notify]\n    group wait = 0s\n[service hook]\n    url = generic+http://127.0.0.1:${hook.address().port}/hook\n[service nobody]\n    url = generic+http://127.0.0.1:1/refused\n[route ops]\n    roles = ops\n    to = hook\n[route dba]\n    roles = dba\n    to = nobody\n`,
    },
  });
  children = { alpha: startChild(foster.port, "alpha", guid(1)), beta: startChild(foster.port, "beta", guid(2)) };
  for (const c of Object.values(children)) c.load = 10;
  await becomes("alpha", "load_high", "CLEAR");
  await becomes("beta", "load_high", "CLEAR");
});

after(async () => {
  for (const c of Object.values(children)) c.stop();
  await foster?.remove();
  hook?.close();
});

const row = (page, name, host) => page.locator(".table tbody tr", { hasText: name }).filter({ hasText: host });
const params = (page) => new URL(page.url()).searchParams;

test("an alert that is raised appears by itself, with its chart, why it is, and who was told", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/alerts");
      await page.getByText("All is well").waitFor({ timeout: patience });
      children.alpha.load = 80;
      await row(page, "load_high", "alpha").waitFor({ timeout: patience });
      await eventually(() => page.evaluate(() => document.title.startsWith("(")), "the title counts it", patience);
      await row(page, "load_high", "alpha").locator("a.row").click();
      const detail = page.locator(".detail");
      await detail.getByText("average -3s unaligned of load1").first().waitFor({ timeout: patience });
      await detail.getByText("$this > (($status >= $WARNING) ? (60) : (70))").first().waitFor();
      await detail.getByText(/health\.d\/test\.conf:2$/).waitFor();
      await detail.locator(".alert-chart canvas").waitFor({ timeout: patience });
      await detail.locator(".status-band .warning").waitFor({ timeout: patience });
      await eventually(async () => /\d/.test((await detail.locator(".chart output").allInnerTexts()).join()), "the chart has values", patience);
      await detail.locator(".told li", { hasText: "sent" }).filter({ hasText: "hook" }).waitFor({ timeout: patience });
      assert.ok(told.some((m) => m.alerts.some((a) => a.alert === "load_high" && a.status === "WARNING")));
      children.alpha.load = 99;
      await detail.locator(".state-line .status.critical").waitFor({ timeout: patience });
      await detail.locator(".course li").nth(1).waitFor({ timeout: patience });
      // The address is the link: another browser sees the same.
      const other = await open(new URL(page.url()).pathname + new URL(page.url()).search);
      await other.locator(".detail .status-band .critical").waitFor({ timeout: patience });
      await other.locator(".detail").getByText("Critical if").waitFor();
    },
    { server: foster },
  ));

test("what could not be delivered is said with its reason", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.alpha.load = 99;
      await becomes("alpha", "load_seen", "WARNING");
      const page = await open(`/alerts?show=${encodeURIComponent(`${guid(1)}/system.load/load_seen`)}`);
      await page.locator(".told li", { hasText: "failed, tried again" }).filter({ hasText: "nobody" }).first().waitFor({ timeout: patience });
      await page.locator(".told-why", { hasText: /\S/ }).first().waitFor();
    },
    { server: foster },
  ));

test("silence, shown as silenced, unsilence", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.alpha.load = 99;
      await becomes("alpha", "load_high", "CRITICAL");
      const page = await open(`/alerts?show=${encodeURIComponent(`${guid(1)}/system.load/load_high`)}`);
      const detail = page.locator(".detail");
      await detail.getByRole("button", { name: "Silence…" }).click({ timeout: patience });
      const dialog = page.getByRole("dialog", { name: "Silence load_high" });
      await dialog.getByText("1 of the list is silenced at once").waitFor({ timeout: patience });
      await dialog.getByRole("button", { name: "4 h" }).click();
      await dialog.getByLabel("Why").fill("a deploy");
      await dialog.getByLabel("Who").fill("anna");
      await dialog.getByRole("button", { name: "Silence", exact: true }).click();
      await detail.locator(".quiet-reasons", { hasText: "anna" }).filter({ hasText: "a deploy" }).waitFor({ timeout: patience });
      await row(page, "load_high", "alpha").locator(".tag", { hasText: "silenced" }).waitFor({ timeout: patience });
      assert.equal(await row(page, "load_seen", "alpha").locator(".tag").count(), 0, "nothing else is silenced");
      await page.getByLabel("Silenced").selectOption("no");
      await row(page, "load_high", "alpha").waitFor({ state: "detached", timeout: patience });
      await page.getByLabel("Silenced").selectOption("only");
      await row(page, "load_high", "alpha").waitFor({ timeout: patience });
      const { silences } = await api("/api/foster/v1/silences");
      assert.deepEqual(silences.map((s) => [s.selector, s.author, s.effect]), [[{ alarm: "load_high", chart: "system.load", hosts: guid(1) }, "anna", "SILENCE"]]);
      assert.ok(Math.abs(silences[0].expires - silences[0].created - 4 * 3600) <= 1);
      await page.getByRole("tab", { name: /^Silences/ }).click();
      await page.locator(".quiet-list li", { hasText: "anna" }).filter({ hasText: "host alpha" }).waitFor({ timeout: patience });
      await detail.getByRole("button", { name: "Unsilence" }).click();
      await page.getByText("Nothing is silenced").waitFor({ timeout: patience });
      await page.getByRole("tab", { name: /^Now/ }).click();
      await page.getByLabel("Silenced").selectOption("");
      await row(page, "load_high", "alpha").waitFor({ timeout: patience });
      await eventually(async () => (await row(page, "load_high", "alpha").locator(".tag").count()) === 0, "it is not silenced any more", patience);
    },
    { server: foster },
  ));

test("a selection is silenced, and taken back where silences are listed", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.alpha.load = children.beta.load = 99;
      await becomes("beta", "load_high", "CRITICAL");
      await becomes("alpha", "load_high", "CRITICAL");
      const page = await open("/alerts?group=alert");
      await row(page, "load_high", "beta").waitFor({ timeout: patience });
      for (const host of ["alpha", "beta"]) await page.getByRole("checkbox", { name: `select load_high on ${host}` }).check();
      await page.getByRole("region", { name: "selected alerts" }).getByRole("button", { name: "Silence…" }).click();
      const dialog = page.getByRole("dialog", { name: "Silence 2 alerts" });
      await dialog.getByRole("button", { name: "until…" }).click();
      await dialog.getByLabel("Until").fill("2001-01-01T00:00");
      await dialog.getByRole("button", { name: "Silence", exact: true }).click();
      await dialog.getByText("not in the future").waitFor({ timeout: patience });
      await dialog.getByRole("button", { name: "30 min" }).click();
      await dialog.getByRole("button", { name: "Silence", exact: true }).click();
      for (const host of ["alpha", "beta"]) await row(page, "load_high", host).locator(".tag", { hasText: "silenced" }).waitFor({ timeout: patience });
      await page.getByRole("tab", { name: /^Silences/ }).click();
      const silence = page.locator(".quiet-list li", { hasText: "alpha" });
      await silence.filter({ hasText: "beta" }).getByRole("button", { name: /^end the silence/ }).click({ timeout: patience });
      await page.getByRole("button", { name: "End it" }).click();
      await page.getByText("Nothing is silenced").waitFor({ timeout: patience });
      assert.deepEqual((await api("/api/foster/v1/silences")).silences, []);
    },
    { server: foster },
  ));

test("maintenance of hosts by pattern", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.beta.load = 99;
      await becomes("beta", "load_high", "CRITICAL");
      const page = await open("/alerts?tab=silences");
      await page.getByRole("button", { name: "New window" }).click({ timeout: patience });
      const dialog = page.getByRole("dialog", { name: "New maintenance window" });
      await dialog.getByRole("button", { name: "Create" }).click();
      await dialog.getByText("Say which hosts").waitFor();
      await dialog.getByLabel("Hosts").fill("be*");
      await dialog.getByRole("button", { name: "1 h", exact: true }).click();
      await dialog.getByLabel("Why").fill("new disks");
      await dialog.getByRole("button", { name: "Create" }).click();
      const entry = page.locator(".quiet-list li", { hasText: "be*" });
      await entry.filter({ hasText: "new disks" }).waitFor({ timeout: patience });
      await page.getByRole("tab", { name: /^Now/ }).click();
      await row(page, "load_high", "beta").locator(".tag", { hasText: "silenced" }).waitFor({ timeout: patience });
      await row(page, "load_high", "beta").locator("a.row").click();
      await page.locator(".detail", { hasText: "In maintenance" }).waitFor({ timeout: patience });
      await page.keyboard.press("Escape");
      await page.getByRole("tab", { name: /^Silences/ }).click();
      await entry.getByRole("button", { name: /^end the maintenance/ }).click();
      await page.getByRole("button", { name: "End it" }).click();
      await page.getByText("No maintenance is planned").waitFor({ timeout: patience });
    },
    { server: foster },
  ));

test("the history has a timeline, and the same filters", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.alpha.load = 99;
      await becomes("alpha", "load_high", "CRITICAL");
      children.alpha.load = 10;
      await becomes("alpha", "load_high", "CLEAR");
      children.beta.load = 99;
      await becomes("beta", "load_high", "CRITICAL");
      const page = await open("/alerts?tab=history");
      const lane = (text) => page.locator(".tracks li", { hasText: text });
      await lane("alpha").filter({ hasText: "load_high" }).locator(".track .critical").first().waitFor({ timeout: patience });
      await lane("beta").first().waitFor();
      const changes = page.locator(".table tbody tr:has(a.row)");
      const all = await changes.count();
      await page.getByLabel("Host", { exact: true }).selectOption(guid(1));
      await eventually(async () => (await lane("beta").count()) === 0 && (await changes.count()) < all, "only those of one host", patience);
      assert.equal(params(page).get("host"), guid(1));
      await page.getByLabel("Role").selectOption("dba");
      await eventually(async () => (await lane("load_high").count()) === 0, "only those of a role", patience);
      await page.getByRole("button", { name: "Clear", exact: true }).click();
      await page.getByRole("button", { name: /^critical/ }).click();
      await eventually(async () => (await lane("load_seen").count()) === 0 && (await lane("load_high").count()) === 2, "only those that were critical", patience);
      await page.getByRole("button", { name: "by host" }).click();
      await eventually(async () => (await page.locator(".tracks li").count()) === 2, "a line for each host", patience);
      await page.reload();
      await eventually(async () => (await page.locator(".tracks li").count()) === 2, "the same after a reload", patience);
      // A stretch of time is dragged over.
      const { x, y, width } = await page.locator(".track").first().boundingBox();
      await page.mouse.move(x + 0.8 * width, y + 5);
      await page.mouse.down();
      await page.mouse.move(x + width, y + 5, { steps: 4 });
      await page.mouse.up();
      await eventually(() => params(page).has("after") && params(page).has("before"), "the stretch is in the address", patience);
      await page.getByRole("button", { name: "1h", exact: true }).click();
      await eventually(() => params(page).get("last") === "3600", "the last hour", patience);
      await changes.first().locator("a.row").click();
      await page.locator(".detail .course li[aria-current]").waitFor({ timeout: patience });
      assert.ok(params(page).has("at"));
    },
    { server: foster },
  ));

test("one host has the same of its own", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.beta.load = 99;
      await becomes("beta", "load_high", "CRITICAL");
      const page = await open("/host/beta/");
      await page.getByRole("link", { name: /^Alerts/ }).nth(1).click({ timeout: patience });
      await eventually(() => new URL(page.url()).pathname === "/host/beta/alerts", "its alerts have an address", patience);
      await row(page, "load_high", "beta").waitFor({ timeout: patience });
      assert.equal(await page.locator(".table tbody tr", { hasText: "alpha" }).count(), 0);
      await page.reload();
      await row(page, "load_high", "beta").waitFor({ timeout: patience });
      await page.getByRole("tab", { name: "History" }).click();
      await page.locator(".tracks li").first().waitFor({ timeout: patience });
      assert.equal(await page.locator(".tracks li", { hasText: "alpha" }).count(), 0);
      await page.getByRole("tab", { name: /^Silences/ }).click();
      await page.getByRole("button", { name: "New silence" }).click({ timeout: patience });
      assert.equal(await page.getByRole("textbox", { name: "Hosts" }).inputValue(), "beta");
      await page.keyboard.press("Escape");
      await page.getByRole("link", { name: "Charts" }).click();
      await eventually(() => new URL(page.url()).pathname === "/host/beta/", "and back to its charts", patience);
      const missing = await open("/host/nobody/alerts");
      await missing.getByText("Unknown host").waitFor({ timeout: patience });
    },
    { server: foster },
  ));

test("a phone has all of it", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.beta.load = 99;
      await becomes("beta", "load_high", "CRITICAL");
      const page = await open("/alerts", { width: 360, height: 740 });
      const fits = async (what) => assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, what);
      await row(page, "load_high", "beta").locator("a.row").click({ timeout: patience });
      await page.locator(".alert-chart canvas").waitFor({ timeout: patience });
      await fits("details");
      await page.getByRole("button", { name: "Silence…" }).click();
      await page.getByRole("dialog").getByText("For how long").waitFor();
      await fits("the dialog");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "back to the list" }).click();
      await row(page, "load_high", "beta").waitFor();
      await page.getByRole("tab", { name: "History" }).click();
      await page.locator(".tracks li").first().waitFor({ timeout: patience });
      await fits("history");
    },
    { server: foster },
  ));

test("the page goes on by itself when foster was away", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      children.beta.load = 99;
      await becomes("beta", "load_high", "CRITICAL");
      const page = await open("/alerts");
      await row(page, "load_high", "beta").waitFor({ timeout: patience });
      await foster.stop();
      await page.locator(".offline").waitFor({ timeout: patience });
      await row(page, "load_high", "beta").waitFor();
      await foster.start();
      await page.locator(".offline").waitFor({ state: "detached", timeout: patience });
      children.beta.load = 10;
      await row(page, "load_high", "beta").waitFor({ state: "detached", timeout: patience });
    },
    { server: foster },
  ));
