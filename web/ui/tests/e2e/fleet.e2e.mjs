import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, inBrowser, mockOnly, someHost } from "./browser.mjs";

test("the fleet lists hosts, filters them and leads to a host", () =>
  inBrowser(async ({ url, open }) => {
    const { host } = await someHost(url);
    const page = await open("/");
    await page.waitForSelector(".hosts tbody tr");
    const all = await page.locator(".hosts tbody tr").count();
    assert.ok(all >= 1);

    await page.keyboard.press("/");
    await page.keyboard.type(host.hostname);
    await eventually(async () => (await page.locator(".hosts tbody tr").first().innerText()).includes(host.hostname), "the host is found");
    await page.keyboard.type(" surely-no-such-host");
    await page.getByText("No host matches").waitFor();
    await page.getByRole("button", { name: /^Show all/ }).click();
    assert.equal(await page.locator(".hosts tbody tr").count(), all);

    await page.getByRole("button", { name: /^live/ }).click();
    await eventually(async () => (await page.locator(".hosts tbody .badge:not(.live)").count()) === 0, "only live hosts are listed");

    await page.getByRole("columnheader", { name: "Metrics" }).getByRole("button").click();
    assert.equal(await page.getByRole("columnheader", { name: "Metrics" }).getAttribute("aria-sort"), "descending");

    await page.getByRole("link", { name: host.hostname, exact: true }).first().click();
    await page.waitForSelector(".hosttitle h1");
    assert.equal(await page.locator(".hosttitle h1").innerText(), host.hostname);
    await page.goBack();
    await page.waitForSelector(".hosts");
  }));

test("the fleet fits a phone", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/", { width: 360, height: 740 });
    await page.waitForSelector(".hosts tbody tr");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  }));

test("a first run shows how to connect a child, and turns into the fleet", { skip: mockOnly }, () =>
  inBrowser(
    async ({ url, mock, open }) => {
      const page = await open("/");
      await page.getByText("No child has connected yet").waitFor();
      assert.match(await page.locator(".config pre").innerText(), new RegExp(`destination = ${new URL(url).host}\\n`));
      mock.setHosts(2);
      await page.waitForSelector(".hosts tbody tr");
    },
    { hosts: 0 },
  ));

test("a thousand hosts stay quick", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/");
      await page.waitForSelector(".hosts tbody tr");
      const started = Date.now();
      await page.locator(".search input").fill("node-0999");
      await eventually(async () => (await page.locator(".hosts tbody tr").count()) === 1, "one host is left");
      assert.ok(Date.now() - started < 1500);
    },
    { hosts: 1000 },
  ));
