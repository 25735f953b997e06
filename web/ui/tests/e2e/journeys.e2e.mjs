// Journeys over a real foster whose children and life the test controls: they need FOSTER_BIN.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import { eventually, inBrowser } from "./browser.mjs";
import { startChild } from "./child.mjs";
import { fosterBin, startFoster } from "./foster.mjs";

const skip = fosterBin ? false : "needs FOSTER_BIN";
const patience = 40_000; // ms: other tests may run on the same machine
const guid = (n) => `11111111-2222-4333-8444-55555555550${n}`;

let foster;
let children = {};
const chartsOf = async (host) => (await (await fetch(`${foster.url}/host/${host}/api/v1/charts`)).json()).charts;

before(async () => {
  if (skip) return;
  foster = await startFoster();
  children = { alpha: startChild(foster.port, "alpha", guid(1)), beta: startChild(foster.port, "beta", guid(2)) };
  await eventually(async () => (await (await fetch(`${foster.url}/api/foster/v1/hosts`)).json()).hosts.filter((h) => h.charts === 3).length === 2, "both children stream", patience);
  // A window that is paused in the first two seconds of a child ends before its first value.
  await eventually(async () => (await chartsOf("alpha"))["system.cpu"].duration >= 5, "there is something to look at", patience);
});

after(async () => {
  for (const c of Object.values(children)) c.stop();
  await foster?.remove();
});

const legend = async (page) => (await page.locator(".chart output").allInnerTexts()).join();
const values = (page) => eventually(async () => /\d/.test(await legend(page)), "the legends have values", patience);
const moves = async (page) => {
  const before = await legend(page);
  await eventually(async () => (await legend(page)) !== before, "the values move", patience);
};
const params = (page) => new URL(page.url()).searchParams;

test("a reload in the middle shows exactly the same view", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/host/alpha/", { height: 700 });
      await values(page);
      await page.keyboard.press("1");
      const cpu = page.locator('.chart[data-chart="system.cpu"]').first();
      await cpu.getByRole("button", { name: "user" }).click();
      await page.locator(".sections a", { hasText: "Disks" }).click();
      await eventually(async () => /disk/.test(new URL(page.url()).hash), "the section is in the address", patience);
      await page.keyboard.press(" ");
      await eventually(async () => params(page).has("after") && params(page).get("hide") === "system.cpu:user", "the view is in the address", patience);
      const address = page.url();
      const shown = await page.locator(".when").innerText();
      const top = () => page.evaluate(() => document.getElementById("disk").getBoundingClientRect().top);
      const at = await top();
      await values(page);
      await page.reload();
      await values(page);
      assert.equal(page.url(), address);
      assert.equal(await page.locator(".play").innerText(), "Paused");
      assert.equal(await page.locator(".when").innerText(), shown);
      await eventually(async () => Math.abs((await top()) - at) < 60, "the same section is on the screen", patience);
      await page.evaluate(() => scrollTo(0, 0));
      await eventually(async () => (await cpu.getByRole("button", { name: "user" }).getAttribute("aria-pressed")) === "false", "the dimension is off", patience);
      await page.keyboard.press("Escape");
      await moves(page);
    },
    { server: foster },
  ));

test("a pan of all charts is one request, and so is a zoom", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/host/alpha/", { height: 1400 });
      await values(page);
      for (const key of ["ArrowLeft", "-"]) {
        const asked = [];
        const note = (r) => r.url().includes("/api/foster/v1/data") && asked.push(r.url());
        page.on("request", note);
        const answer = page.waitForResponse((r) => r.url().includes("/api/foster/v1/data"));
        await page.keyboard.press(key);
        await answer;
        await page.waitForTimeout(400);
        page.off("request", note);
        assert.equal(asked.length, 1, key);
        assert.ok(new URL(asked[0]).searchParams.getAll("chart").length >= 3);
      }
    },
    { server: foster },
  ));

test("full screen, CSV and PNG", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/host/alpha/");
      await values(page);
      const card = page.locator('.chart[data-chart="system.load"]').first();
      await card.hover();
      await card.getByRole("button", { name: "full screen" }).click();
      await eventually(async () => (await page.locator(".chart.full").first().boundingBox())?.width === 1280, "the chart fills the screen", patience);
      assert.equal(await page.locator(".chart.full").count(), 1, "of its two cards one does");
      await eventually(async () => params(page).get("full") === "system.load", "it is in the address", patience);
      await page.keyboard.press("Escape");
      await eventually(async () => (await page.locator(".chart.full").count()) === 0, "the page is back", patience);
      for (const [kind, check] of [
        ["CSV", (b) => /^time,load1\r\n\d{4}-\d\d-\d\dT[\d:.]+Z,/.test(b.toString())],
        ["PNG", (b) => b.subarray(1, 4).toString() === "PNG" && b.length > 2000],
      ]) {
        await card.hover();
        await card.getByRole("button", { name: "more" }).click();
        const download = page.waitForEvent("download");
        await page.getByRole("menuitem", { name: `Save as ${kind}` }).click();
        const file = await download;
        assert.match(file.suggestedFilename(), new RegExp(`^alpha-system.load-.*\\.${kind.toLowerCase()}$`));
        assert.ok(check(await readFile(await file.path())), kind);
      }
    },
    { server: foster },
  ));

test("explore: groups, a heat map, hosts side by side, PromQL", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/explore?context=disk.io&by=node,dimension");
      await page.getByRole("table", { name: /disk.io/ }).waitFor({ timeout: patience });
      await eventually(async () => (await page.locator(".lines tbody tr").count()) === 4, "a line for each host and dimension", patience);
      await page.getByLabel("A line for each", { exact: true }).selectOption("node");
      await eventually(async () => (await page.locator(".lines tbody tr").count()) === 2 && params(page).get("by") === null, "a line for each host", patience);
      await page.getByLabel("Context", { exact: true }).fill("disk.i");
      await page.getByRole("heading", { name: "No host has the context disk.i" }).waitFor();
      assert.equal(await page.locator(".lines-card").count(), 0, "what was known is not its answer");
      await page.getByRole("button", { name: "disk.io", exact: true }).click();
      await eventually(async () => (await page.locator(".lines tbody tr").count()) === 2, "the context that was meant", patience);
      await page.getByRole("tab", { name: "Heat map" }).click();
      await page.locator(".heat canvas").waitFor({ timeout: patience });
      await page.getByRole("link", { name: "beta" }).waitFor();
      await page.getByRole("tab", { name: "Side by side" }).click();
      await eventually(async () => (await page.locator(".compare canvas").count()) >= 4, "charts of both hosts", patience);
      await page.getByRole("tab", { name: "PromQL" }).click();
      await page.locator("textarea").fill("");
      await page.locator("textarea").pressSequentially("sum by (host) (system_lo");
      await page.getByRole("option", { name: /^system_load/ }).waitFor({ timeout: patience });
      await page.keyboard.press("Tab");
      await page.keyboard.type(")");
      await page.keyboard.press("Enter");
      await eventually(async () => (await page.locator(".lines tbody tr").count()) === 2, "a series for each host", patience);
      await eventually(async () => params(page).get("query") === "sum by (host) (system_load)", "the question is in the address", patience);
      await page.reload();
      await eventually(async () => (await page.locator(".lines tbody tr").count()) === 2, "the same after a reload", patience);
      await page.locator("textarea").fill("sum by (");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor({ timeout: patience });
    },
    { server: foster },
  ));

test("a phone shows the host and the Explore page", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      for (const path of ["/host/alpha/", "/explore", "/explore?mode=heat", "/explore?mode=compare", "/explore?mode=promql&query=system_load"]) {
        const page = await open(path, { width: 360, height: 740 });
        await page.locator("canvas").first().waitFor({ timeout: patience });
        assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, path);
        if (path.includes("mode=heat")) continue;
        // Below the plot there are its times.
        const timed = (c) => c.getContext("2d").getImageData(0, c.height - 16 * devicePixelRatio, c.width, 12 * devicePixelRatio).data.some((v) => v > 0);
        await eventually(() => page.locator("canvas").first().evaluate(timed), `times below the chart of ${path}`, patience);
      }
    },
    { server: foster },
  ));

test("a host that goes offline is said to, and its history stays", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/host/beta/");
      await values(page);
      children.beta.stop();
      await page.locator(".banner.note").waitFor({ timeout: patience });
      await page.getByText("This host sends nothing now").waitFor();
      await page.getByRole("button", { name: "Show the end of its history" }).click();
      assert.equal(await page.locator(".play").innerText(), "Paused");
      await values(page);
      children.beta = startChild(foster.port, "beta", guid(2));
      await page.locator(".banner.note").waitFor({ state: "hidden", timeout: patience });
      await page.keyboard.press("Escape");
      await moves(page);
    },
    { server: foster },
  ));

test("the page goes on by itself when foster was restarted under it", { skip }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/host/alpha/");
      await values(page);
      await foster.stop();
      await page.locator(".offline, .banner.warning").first().waitFor({ timeout: patience });
      await foster.start();
      await eventually(async () => (await page.locator(".offline, .banner.warning").count()) === 0, "the page says nothing of it any more", patience);
      await moves(page);
    },
    { server: foster },
  ));
