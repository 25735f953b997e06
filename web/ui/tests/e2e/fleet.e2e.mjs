import assert from "node:assert/strict";
import { test } from "node:test";
import { start } from "../mock-server.mjs";
import { eventually, inBrowser, mockOnly, someHost } from "./browser.mjs";

const rows = ".table tbody tr:not(.spacer)";

test("the fleet lists hosts, filters them and leads to a host", () =>
  inBrowser(async ({ url, open }) => {
    const { host } = await someHost(url);
    const page = await open("/");
    await page.waitForSelector(rows);
    const all = await page.locator(rows).count();
    assert.ok(all >= 1);

    await page.keyboard.press("/");
    await page.keyboard.type(host.hostname);
    await eventually(async () => (await page.locator(rows).first().innerText()).includes(host.hostname), "the host is found");
    await eventually(() => new URL(page.url()).searchParams.get("q") === host.hostname, "what was typed is in the address");
    await page.keyboard.type(" surely-no-such-host");
    await page.getByText("No host matches").waitFor();
    await page.getByRole("button", { name: /^Show all/ }).click();
    await eventually(async () => (await page.locator(rows).count()) === all, "all are listed again");

    await page.getByRole("button", { name: /^live/ }).click();
    await eventually(async () => (await page.locator(".table tbody .badge:not(.live)").count()) === 0, "only live hosts are listed");
    await page.reload();
    await page.waitForSelector(rows);
    assert.equal(await page.getByRole("button", { name: /^live/ }).getAttribute("aria-pressed"), "true", "the address keeps the filter");

    await page.getByRole("columnheader", { name: "CPU" }).getByRole("button").click();
    assert.equal(await page.getByRole("columnheader", { name: "CPU" }).getAttribute("aria-sort"), "descending");

    await page.getByRole("link", { name: host.hostname, exact: true }).first().click();
    await page.getByRole("heading", { level: 1, name: host.hostname }).waitFor();
    await page.goBack();
    await page.waitForSelector(rows);
    assert.equal(await page.getByRole("columnheader", { name: "CPU" }).getAttribute("aria-sort"), "descending");
  }));

test("figures are live, and their sparklines are drawn", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/?state=live");
    const figures = () => page.locator(`${rows} .figure-cell`).allInnerTexts();
    await eventually(async () => (await figures()).some((t) => / %$/.test(t)), "there are figures");
    const before = (await figures()).join();
    await eventually(async () => (await figures()).join() !== before, "they change");
    const inked = () => page.locator(`${rows} canvas`).first().evaluate((c) => c.width > 0 && c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v > 0));
    await eventually(inked, "a line is drawn");
  }));

test("tiles, groups and keys", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/");
    await page.waitForSelector(rows);
    const hosts = await page.locator(rows).count();
    await page.keyboard.press("v");
    await page.waitForSelector(".tile");
    assert.equal(await page.locator(".tile").count(), hosts);
    await page.getByLabel("Group").selectOption(".os");
    const heads = page.locator(".group-head");
    await heads.first().waitFor();
    await heads.first().click();
    assert.equal(await heads.first().getAttribute("aria-expanded"), "false");
    await eventually(async () => (await page.locator(".tile").count()) < hosts, "a closed group hides its hosts");
    await page.keyboard.press("v");
    await page.waitForSelector(rows);
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("heading", { level: 1, name: "Streaming" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("f");
    await page.waitForSelector(rows);
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard and mouse" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  }));

test("the keyboard walks through the hosts, from wherever it is", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/");
      await page.waitForSelector(rows);
      const names = await page.locator(`${rows} a.row`).allInnerTexts();
      const focused = () => page.evaluate(() => document.activeElement?.textContent);
      for (const view of ["table", "tiles"]) {
        if (view === "tiles") {
          await page.keyboard.press("v");
          await page.waitForSelector(".tile");
        }
        await page.evaluate(() => document.activeElement?.blur());
        for (const [key, name] of [["ArrowDown", 0], ["ArrowDown", 1], ["j", 2], ["k", 1], ["ArrowUp", 0], ["ArrowUp", 0]]) {
          await page.keyboard.press(key);
          await eventually(async () => (await focused()) === names[name], `${view}: ${key} leads to ${names[name]}`);
        }
      }
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: names[1] }).waitFor();
      await page.goBack();
      await page.waitForSelector(".tile");

      await page.keyboard.press("/");
      await page.keyboard.type("no");
      await page.keyboard.press("Escape");
      await eventually(async () => (await page.locator(".tile").count()) === names.length, "Escape takes the search back");
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), "BODY", "and leaves it");
      await page.keyboard.press("/");
      await page.keyboard.type("node");
      await page.keyboard.press("Enter");
      assert.match(await focused(), /^node-/, "of several the first has the focus");
      await page.keyboard.press("/");
      await page.keyboard.type("-0004");
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "node-0004" }).waitFor();

      await page.goBack();
      await page.waitForSelector(".tile");
      await page.locator("input[type=search]").evaluate((field) => {
        for (const text of ["node", "node-0003"]) {
          field.value = text;
          field.dispatchEvent(new Event("input", { bubbles: true }));
        }
        field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
      });
      await page.getByRole("heading", { level: 1, name: "node-0003" }).waitFor({ timeout: 5000 }); // typed faster than frames are drawn
    },
    { hosts: 8 },
  ));

test("hosts with alerts are found", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/?alert=critical&sort=-alerts");
      await page.waitForSelector(rows);
      const states = await page.locator(`${rows} .status`).allInnerTexts();
      assert.ok(states.length > 0 && states.every((s) => s.includes("disk_space_usage")), String(states));
    },
    { hosts: 20 },
  ));

test("the fleet fits a phone", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/", { width: 360, height: 740 });
    await page.waitForSelector(".tile");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  }));

test("a first run shows how to connect a child, and turns into the fleet", { skip: mockOnly }, () =>
  inBrowser(
    async ({ mock, open }) => {
      const page = await open("/");
      await page.getByText("Connect the first child").waitFor();
      const lines = page.getByLabel("lines for stream.conf");
      await eventually(async () => /api key = 1{8}-/.test(await lines.innerText()), "the key is shown");
      assert.match(await lines.innerText(), /destination = 192\.0\.2\.1:19999\n/);
      mock.setHosts(2);
      await page.waitForSelector(rows);
    },
    { hosts: 0 },
  ));

test("a thousand hosts stay quick", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/");
      await page.waitForSelector(rows);
      assert.ok((await page.locator(rows).count()) < 60, "only what is on the screen is in the document");
      await page.mouse.wheel(0, 20_000);
      await eventually(async () => (await page.locator(`${rows} a`).first().innerText()) > "node-0300", "scrolling shows later hosts");
      await page.locator(".search input").fill("node-0999");
      await eventually(async () => (await page.locator(rows).count()) === 1, "one host is left");
    },
    { hosts: 1000 },
  ));

test("the fleet recovers when the server comes back", { skip: mockOnly }, () =>
  inBrowser(async ({ mock, open }) => {
    const page = await open("/");
    await page.waitForSelector(rows);
    await mock.stop();
    await page.getByText("foster does not answer").waitFor({ timeout: 20_000 });
    assert.ok((await page.locator(rows).count()) > 0, "what was known stays");
    const again = await start({ port: mock.port });
    try {
      await page.getByText("foster does not answer").waitFor({ state: "hidden", timeout: 30_000 });
    } finally {
      await again.stop();
    }
  }));
