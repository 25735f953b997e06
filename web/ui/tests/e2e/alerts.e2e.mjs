import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, inBrowser, mockOnly } from "./browser.mjs";

const rows = ".table tbody tr:not(.spacer)";

test("alerts: those raised first, any status on demand, and what lies behind each", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/alerts");
      await page.waitForSelector(rows);
      assert.match(await page.locator(rows).first().innerText(), /ram_in_use[\s\S]*critical/);
      const raised = await page.locator(rows).count();
      await page.getByRole("button", { name: /^clear/ }).click();
      await eventually(async () => (await page.locator(".table .status.ok").count()) > 0, "clear ones are listed");
      assert.equal(await page.locator(".table .status.critical").count(), 0);
      await page.getByRole("button", { name: /^raised/ }).click();
      await eventually(async () => (await page.locator(rows).count()) === raised, "only those raised are listed");
      await page.getByRole("button", { name: "ram_in_use" }).first().click();
      await page.getByRole("dialog", { name: "ram_in_use" }).getByText("98.2").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("tab", { name: "Last 24 hours" }).click();
      await page.locator(".timeline li").first().waitFor();
    },
    { hosts: 12 },
  ));

test("the alerts page says how things are, also on a phone", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/alerts", { width: 360, height: 740 });
    await page.locator(`${rows}, #alerts-panel .state`).first().waitFor();
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  }));
