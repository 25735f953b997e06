// Measures the host page with 500 charts and 12 of them live: what scrolling and standing still cost. The limits are loose,
// because CI machines are slow; the figures are printed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inBrowser, mockOnly } from "./browser.mjs";

/** Processor time that the browser's processes used while `during` ran, as shares of one core. */
async function cost(page, during) {
  const cdp = await page.context().browser().newBrowserCDPSession();
  const read = async () => {
    const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
    const sum = (of) => processInfo.filter(of).reduce((n, p) => n + p.cpuTime, 0);
    return { at: performance.now() / 1000, page: sum((p) => p.type === "renderer"), all: sum(() => true) };
  };
  const a = await read();
  await during();
  const b = await read();
  await cdp.detach();
  return { page: (b.page - a.page) / (b.at - a.at), all: (b.all - a.all) / (b.at - a.at) };
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;

test("500 charts: first drawing, live cost, scrolling", { skip: mockOnly }, (t) =>
  inBrowser(async ({ mock, open }) => {
    const page = await open("/host/db1.example.net/", { width: 1920, height: 1080 });
    await page.waitForSelector(".chart canvas");
    const first = await page.evaluate(() => performance.now());
    t.diagnostic(`first chart after ${Math.round(first)} ms`);

    await page.waitForTimeout(3000);
    const charts = await page.locator(".chart canvas").count();
    const live = await cost(page, () => page.waitForTimeout(10_000));
    t.diagnostic(`${charts} charts live: ${percent(live.page)} of a core in the page, ${percent(live.all)} in all of the browser`);

    const frames = { intervals: [] };
    const scroll = await cost(page, async () => {
      frames.intervals = await page.evaluate(
        () =>
          new Promise((resolve) => {
            const intervals = [];
            let last = performance.now();
            const end = last + 8000;
            const frame = (now) => {
              intervals.push(now - last);
              last = now;
              scrollBy(0, 25); // 1500 px a second: reading speed, charts come into view all the time
              if (now < end) requestAnimationFrame(frame);
              else resolve(intervals.slice(1));
            };
            requestAnimationFrame(frame);
          }),
      );
    });
    const sorted = frames.intervals.toSorted((a, b) => a - b);
    const at = (q) => sorted[Math.floor(sorted.length * q)];
    const fps = (1000 * sorted.length) / sorted.reduce((n, v) => n + v, 0);
    t.diagnostic(`scrolling: ${fps.toFixed(1)} frames/s, median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, longest ${sorted.at(-1).toFixed(1)} ms, ${percent(scroll.page)} of a core in the page, ${percent(scroll.all)} in all of the browser`);

    await page.waitForTimeout(1500);
    const left = await page.locator(".chart canvas").count();
    t.diagnostic(`${left} charts drawn after scrolling, ${mock.counters.data} histories asked for, ${mock.counters.live} live streams opened`);

    assert.ok(live.page < 0.5, "standing still is cheap");
    // Frames are late when other tests keep the processors busy; what the page itself takes says whether it would scroll smoothly.
    assert.ok(scroll.page < 0.95, "scrolling leaves time");
    assert.ok(left <= 40);
  }));
