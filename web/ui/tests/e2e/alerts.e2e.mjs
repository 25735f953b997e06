import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, inBrowser, mockOnly } from "./browser.mjs";

const rows = ".table tbody tr:not(.spacer):has(a.row)";
const params = (page) => new URL(page.url()).searchParams;

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
      await page.getByLabel("Role").selectOption("dba");
      await eventually(async () => (await page.locator(rows).count()) < raised, "those of a role");
      assert.equal(params(page).get("role"), "dba");
      await page.getByRole("button", { name: "Clear", exact: true }).click();
      await page.getByLabel("Group").selectOption("severity");
      await page.locator(".group-head").first().click();
      await eventually(async () => (await page.locator(".table .status.critical").count()) === 1, "a group that is closed has its head only");
      await page.reload();
      await page.locator(".group-head").first().waitFor();
    },
    { hosts: 12 },
  ));

test("the keyboard walks through the list and the details", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/alerts");
      await page.waitForSelector(rows);
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      await page.locator(".detail h2", { hasText: "ram_in_use" }).waitFor();
      await page.getByText("average -600s unaligned of user,system").waitFor();
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.locator(".detail h2", { hasText: "10min_cpu_usage" }).waitFor();
      await page.locator(".alert-chart canvas").waitFor();
      await page.locator(".told", { hasText: "550 mailbox unavailable" }).waitFor();
      await page.keyboard.press("Escape");
      await page.locator(".detail").waitFor({ state: "detached" });
      await eventually(() => page.evaluate(() => document.activeElement?.closest("tr") !== null), "the focus is in the list again");
      await page.keyboard.press("x");
      await page.getByText("1 selected").waitFor();
      await page.keyboard.press("m");
      await page.getByRole("dialog", { name: "Silence 10min_cpu_usage" }).waitFor();
      await page.keyboard.type("a reason");
      assert.equal(await page.getByLabel("Why").inputValue(), "a reason");
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.getByText("1 selected").waitFor();
    },
    { hosts: 12 },
  ));

test("a change that needs the token asks for it, and remembers it", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/alerts?tab=silences");
      const make = async (name) => {
        await page.getByRole("button", { name: "New silence" }).click();
        await page.getByRole("textbox", { name: "Alerts" }).fill(name);
        await page.getByRole("dialog", { name: "New silence" }).getByRole("button", { name: "Silence", exact: true }).click();
      };
      await make("ram_in_use");
      const ask = page.getByRole("dialog", { name: "The management token is needed" });
      await ask.getByLabel("Management token").fill("wrong");
      await ask.getByRole("button", { name: "Use the token" }).click();
      await eventually(async () => (await ask.getByLabel("Management token").inputValue()) === "", "it is asked for again");
      await ask.getByLabel("Management token").fill("right");
      await page.keyboard.press("Enter");
      await eventually(async () => (await page.locator(".quiet-list li").count()) === 1, "the silence is listed");
      await page.reload();
      await make("cpu");
      await eventually(async () => (await page.locator(".quiet-list li").count()) === 2, "the token is remembered");
      await page.getByRole("button", { name: "Forget it" }).click();
      await page.getByRole("button", { name: /^end the silence of cpu/ }).click();
      await page.getByRole("button", { name: "End it" }).click();
      await ask.waitFor();
      await page.keyboard.press("Escape");
      await ask.waitFor({ state: "detached" });
      assert.equal(await page.locator(".quiet-list li").count(), 2);
    },
    { token: "right" },
  ));

test("1,000 raised alerts stay smooth", { skip: mockOnly }, (t) =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/alerts");
      await page.waitForSelector(rows);
      await eventually(async () => Number(await page.getByRole("tab", { name: /^Now/ }).locator(".count").innerText()) >= 1000, "all are counted");
      assert.ok((await page.locator(rows).count()) < 60, "only those on the screen are in the document");
      const longest = await page.evaluate(async () => {
        let worst = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((e) => (worst = Math.max(worst, e.duration)))).observe({ entryTypes: ["longtask"] });
        for (let y = 0; y < 40_000; y += 1500) {
          scrollTo(0, y);
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
        return worst;
      });
      t.diagnostic(`longest task while scrolling: ${Math.round(longest)} ms`); // of a machine that does other things too
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      await eventually(async () => (await page.locator(".table tbody tr:last-child[aria-rowindex]").count()) === 1, "the last row is reached");
      assert.ok((await page.locator(rows).count()) < 60, "still only those on the screen are in the document");
      await page.getByRole("searchbox").fill("raised_0999");
      await eventually(async () => (await page.locator(rows).count()) === 1, "one is found");
    },
    { hosts: 50, alerts: 1000 },
  ));

test("the alerts page fits a phone, with and without details", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/alerts", { width: 360, height: 740 });
    const fits = async (what) => assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360, what);
    await page.locator(`${rows}, #alerts-panel .state`).first().waitFor();
    await fits("now");
    // As many statuses as there can be, and hosts with long names.
    await page.evaluate(() => {
      for (const name of ["undefined 12", "uninitialized 3"]) document.querySelector(".alert-filters .chips").append(Object.assign(document.createElement("button"), { textContent: name }));
      for (const select of document.querySelectorAll(".alert-choices select")) select.append(new Option(`${"long-".repeat(20)}name`, "", false, true));
    });
    await fits("all filters");
    await page.reload();
    await page.locator(`${rows}, #alerts-panel .state`).first().waitFor();
    if ((await page.locator(rows).count()) > 0) {
      await page.locator("a.row").first().click();
      await page.locator(".detail-body").waitFor();
      await fits("details");
      await page.getByRole("button", { name: "back to the list" }).click();
    }
    await page.getByRole("tab", { name: "History" }).click();
    await page.locator(".lanes, #alerts-panel .state").first().waitFor();
    await fits("history");
    await page.getByRole("tab", { name: /^Silences/ }).click();
    await page.locator(".silences").waitFor();
    await fits("silences");
  }));
