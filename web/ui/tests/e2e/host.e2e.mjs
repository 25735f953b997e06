import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, inBrowser, mockOnly, someHost } from "./browser.mjs";

const legend = (page) => page.locator(".chart output").allInnerTexts();
const drawn = (page) => page.locator(".chart canvas").count();

test("charts are drawn and live", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path);
    await page.waitForSelector(".chart canvas");
    await eventually(async () => (await legend(page)).some((t) => /\d/.test(t)), "the legends have values");
    const before = (await legend(page)).join();
    await eventually(async () => (await legend(page)).join() !== before, "the values move", 15_000);
    assert.ok((await page.locator(".sections a").count()) >= 1);
  }));

test("only charts in view are drawn", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path, { height: 600 });
    await page.waitForSelector(".chart canvas");
    const charts = await page.locator(".chart").count();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForTimeout(1500);
    await page.evaluate(() => scrollTo(0, 0));
    await page.waitForTimeout(1500);
    const now = await drawn(page);
    assert.ok(now >= 1 && now <= Math.max(12, charts / 3), `${now} of ${charts} charts are drawn`);
  }));

test("time range: presets, pause, drag, zoom, reset", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path, { width: 1440 });
    await page.waitForSelector(".chart canvas");
    await eventually(async () => (await legend(page)).some((t) => /\d/.test(t)), "the legends have values");
    const play = page.locator(".play");

    await page.keyboard.press("1");
    assert.equal(await page.getByRole("button", { name: "1m", exact: true }).getAttribute("aria-pressed"), "true");
    await page.keyboard.press(" ");
    assert.equal(await play.innerText(), "Paused");
    await page.keyboard.press(" ");
    assert.equal(await play.innerText(), "Live");

    const over = await page.locator(".u-over").first().boundingBox();
    await page.mouse.move(over.x + over.width * 0.3, over.y + 40);
    await page.mouse.down();
    await page.mouse.move(over.x + over.width * 0.6, over.y + 40, { steps: 6 });
    await page.mouse.up();
    assert.equal(await play.innerText(), "Paused");
    await page.mouse.dblclick(over.x + 40, over.y + 40);
    assert.equal(await play.innerText(), "Live");

    await page.mouse.move(over.x + over.width / 2, over.y + 40);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -300);
    await page.keyboard.up("Control");
    assert.equal(await play.innerText(), "Paused");
    await page.keyboard.press("Escape");
    assert.equal(await play.innerText(), "Live");
  }));

test("all charts share the cursor", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path, { width: 1440 });
    await page.waitForFunction(() => document.querySelectorAll(".chart canvas").length >= 2);
    await page.keyboard.press(" ");
    await page.waitForTimeout(800);
    const over = await page.locator(".u-over").first().boundingBox();
    await page.mouse.move(over.x + over.width / 2, over.y + 30);
    await page.waitForTimeout(300);
    const at = await page.locator(".u-cursor-x").evaluateAll((lines) => lines.map((l) => Math.round(new DOMMatrix(getComputedStyle(l).transform).e)));
    assert.ok(at.length >= 2);
    assert.ok(at.every((x) => Math.abs(x - at[0]) <= 1), `cursor lines at ${at}`);
    assert.match(await page.locator(".time-tag:not([hidden])").innerText(), /^\d\d:\d\d:\d\d$/);
  }));

test("the keyboard moves the cursor, with its time on every chart", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path, { width: 1440 });
    await page.waitForFunction(() => document.querySelectorAll(".chart canvas").length >= 2);
    await page.keyboard.press(" ");
    const tags = page.locator(".time-tag:not([hidden])");
    await eventually(async () => (await page.keyboard.press("Shift+ArrowLeft"), (await tags.count()) >= 2), "the charts say the time");
    const [first, ...others] = await tags.allInnerTexts();
    assert.match(first, /^\d\d:\d\d:\d\d$/);
    assert.ok(others.every((t) => t === first));
    await page.keyboard.press("Escape");
    await eventually(async () => (await tags.count()) === 0, "Escape takes it away");
  }));

test("names of dimensions that have no room are shown on demand", { skip: mockOnly }, () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path, { width: 390, height: 844 });
    const chart = page.locator('.chart[data-chart="system.cpu"]').first();
    const names = chart.locator(".legend li:visible [aria-pressed]");
    const more = chart.locator(".legend .more");
    await more.waitFor();
    const few = await names.count();
    assert.equal(await more.innerText(), `${9 - few} more`);
    const height = (await chart.locator(".plot").boundingBox()).height;
    await more.click();
    await eventually(async () => (await names.count()) === 9, "all names are shown");
    assert.equal((await chart.locator(".plot").boundingBox()).height, height, "the plot stays as it is");
    await more.click();
    await eventually(async () => (await names.count()) === few, "the others are hidden again");
  }));

test("the address of foster itself shows its load", { skip: mockOnly }, () =>
  inBrowser(async ({ url, open }) => {
    const page = await open("/host/parent/?chart=foster.self");
    await page.getByRole("heading", { level: 1, name: "Streaming" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/streaming");
    const { path } = await someHost(url);
    await page.goto(`${url}${path}?chart=foster.child`);
    await page.waitForSelector(".chart canvas");
    assert.equal(await page.locator(".chart.full").count(), 0);
    assert.equal(await page.evaluate(() => document.documentElement.classList.contains("full-screen")), false);
  }));

test("search, dimensions, theme and help", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path);
    await page.waitForSelector(".legend button");
    const all = await page.locator(".chart").count();
    const id = await page.locator(".chart").last().getAttribute("data-chart");
    await page.keyboard.press("/");
    await page.keyboard.type(id);
    await eventually(async () => (await page.locator(".chart").count()) <= Math.max(1, all - 1), "the search narrows");
    assert.ok((await page.locator(`.chart[data-chart="${id}"]`).count()) === 1);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".chart").count(), all);
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "BODY", "the search is left");

    const chart = page.locator(".chart:has(.legend li:nth-child(2))").first();
    const dimension = chart.locator(".legend button").first();
    await dimension.click();
    assert.equal(await dimension.getAttribute("aria-pressed"), "false");
    await dimension.click();
    assert.equal(await dimension.getAttribute("aria-pressed"), "true");

    await page.keyboard.press("t");
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");

    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  }));

test("an unknown host has a page that says so", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/");
    await page.locator("main.fleet").waitFor();
    await page.evaluate(() => {
      const link = Object.assign(document.createElement("a"), { href: "/host/surely-no-such-host/", textContent: "gone" });
      document.querySelector("main").append(link);
      link.click();
    });
    await page.getByRole("heading", { name: "Unknown host" }).waitFor();
    await page.getByRole("link", { name: "All hosts", exact: true }).click();
    await page.waitForSelector(".fleet");
  }));

test("the host page fits a phone", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open(path, { width: 360, height: 740 });
    await page.waitForSelector(".chart canvas");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
    await page.getByRole("button", { name: "Sections" }).click();
    await page.locator("#side .search input").waitFor();
    const box = await page.locator("#side .search input").boundingBox();
    assert.ok(box.y >= 80, "the search stands below the bar");
    await page.locator(".sections a").last().click();
    await page.locator("#side").waitFor({ state: "hidden" });
  }));

test("the page recovers when the server comes back", { skip: mockOnly }, () =>
  inBrowser(async ({ mock, open }) => {
    const page = await open("/host/db1.example.net/");
    await page.waitForSelector(".chart canvas");
    await page.waitForTimeout(2000);
    await mock.stop();
    await page.locator(".banner.warning").waitFor();
    const { start } = await import("../mock-server.mjs");
    const again = await start({ port: mock.port });
    try {
      await page.locator(".banner.warning").waitFor({ state: "hidden", timeout: 15_000 });
      const before = (await legend(page)).join();
      await eventually(async () => (await legend(page)).join() !== before, "the values move again");
    } finally {
      await again.stop();
    }
  }));

test("an archived host shows the end of its history", { skip: mockOnly }, () =>
  inBrowser(async ({ open }) => {
    const page = await open("/host/archive-2019/");
    await page.locator(".banner.note").waitFor();
    assert.equal(await page.locator(".play").innerText(), "Paused");
    await eventually(async () => (await legend(page)).some((t) => /\d/.test(t)), "the legends have values");
  }));
