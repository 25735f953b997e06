// The pages as those see them who cannot see them well: axe finds no serious fault, in either theme, wide or narrow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faults } from "./axe.mjs";
import { inBrowser, mockOnly, someHost } from "./browser.mjs";

for (const dark of [false, true]) {
  test(`no serious fault in the ${dark ? "dark" : "light"} theme`, () =>
    inBrowser(async ({ url, open }) => {
      const { host, path } = await someHost(url);
      const pages = [
        ["/", ".table tbody a"],
        ["/?view=tiles&group=.os", ".tile"],
        [path, ".chart canvas"],
        ["/alerts", "#alerts-panel .table, #alerts-panel .state"],
        ["/alerts?tab=history", "#alerts-panel .lanes, #alerts-panel .state"],
        ["/alerts?tab=silences", ".silences"],
        [`/alerts?show=${encodeURIComponent(`${host.guid}/system.cpu/10min_cpu_usage`)}`, ".detail .course, .detail .state"],
        [`${path}alerts`, "#alerts-panel .table, #alerts-panel .state"],
        ["/explore", "main"],
        ["/dashboards", ".boards, .state"],
        ["/streaming", ".table tbody button"],
        ["/streaming?tab=storage", ".fill"],
        ["/nothing-here", ".lost"],
      ];
      for (const [place, ready] of pages) {
        const page = await open(place, { dark, width: dark ? 1280 : 400 });
        await page.waitForSelector(place === "/" && !dark ? ".tile" : ready);
        const found = await faults(page);
        assert.equal(found.length, 0, `${place}\n${found.join("\n")}`);
        await page.context().close();
      }
    }));
}

test("no serious fault while a page loads", () =>
  inBrowser(async ({ url, open }) => {
    const { path } = await someHost(url);
    const page = await open("/nothing-here");
    await page.route("**/api/foster/v1/data*", () => {}); // never answered
    await page.goto(url + path);
    await page.waitForSelector(".overlay.loading");
    assert.deepEqual(await faults(page), []);
  }));

test("no serious fault before the first child", { skip: mockOnly }, () =>
  inBrowser(
    async ({ open }) => {
      const page = await open("/");
      await page.waitForSelector("pre");
      assert.deepEqual(await faults(page), []);
    },
    { hosts: 0 },
  ));
