import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { eventually, fosterURL, inBrowser, someHost } from "./browser.mjs";

const rows = ".table tbody tr:not(.spacer)";

test("connections are listed, with what lies behind each", () =>
  inBrowser(async ({ url, open }) => {
    const { host } = await someHost(url);
    const page = await open("/streaming");
    await page.waitForSelector(rows);
    await page.getByLabel("Search connections").fill(host.hostname);
    await eventually(async () => (await page.locator(rows).count()) === 1, "one connection is left");
    await page.getByRole("button", { name: host.hostname, exact: true }).click();
    const dialog = page.getByRole("dialog", { name: host.hostname });
    await dialog.getByText(host.guid).waitFor();
    await dialog.getByText("REPLICATION").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await eventually(async () => /\d %/.test(await page.getByLabel("foster itself").innerText()), "foster's own load is known");
  }));

test("who was turned away is told, and why", () =>
  inBrowser(async ({ open }) => {
    if (fosterURL) await refused(new URL(fosterURL));
    const page = await open("/streaming");
    await page.getByRole("tab", { name: /^Rejected/ }).click();
    assert.equal(new URL(page.url()).searchParams.get("tab"), "rejected");
    await page.getByText("new-db").first().waitFor();
    await page.getByText(/API key '99999999…5555' is not allowed/).first().waitFor();
  }));

test("keys are masked, tiers have a forecast, and tabs know the arrow keys", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/streaming?tab=keys");
    await page.locator(".key code").first().waitFor();
    assert.match(await page.locator(".key code").first().innerText(), /^[0-9a-f]{8}…[0-9a-f]{4}$/);
    await page.getByRole("tab", { name: "API keys" }).focus();
    await page.keyboard.press("ArrowRight");
    await page.getByText("Will reach back").first().waitFor();
  }));

test("the streaming page fits a phone", () =>
  inBrowser(async ({ open }) => {
    const page = await open("/streaming", { width: 360, height: 740 });
    await page.waitForSelector(rows);
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
  }));

/** Connects as a child with a key that nobody has, and waits to be refused. */
function refused({ hostname, port }) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write("STREAM key=99999999-8888-7777-6666-555555555555&hostname=new-db&machine_guid=33333333-2222-3333-4444-555555555555&ver=1 HTTP/1.1\r\nUser-Agent: netdata/v2.5.0\r\n\r\n"),
    );
    socket.once("data", () => socket.destroy());
    socket.once("close", resolve);
    socket.once("error", reject);
  });
}
