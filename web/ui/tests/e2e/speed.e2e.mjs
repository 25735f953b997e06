// Measures the host page with 500 charts and 12 of them live: what scrolling and standing still cost. The limits are loose,
// because CI machines are slow; the figures are printed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inBrowser, mockOnly } from "./browser.mjs";

/** Share of one core that the page's main thread was busy while `during` ran. */
async function busy(page, during) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  const read = async () => Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value]));
  const a = await read();
  await during();
  const b = await read();
  const seconds = b.Timestamp - a.Timestamp;
  return { share: (b.TaskDuration - a.TaskDuration) / seconds, script: (b.ScriptDuration - a.ScriptDuration) / seconds, heap: b.JSHeapUsedSize / 2 ** 20 };
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
    const live = await busy(page, () => page.waitForTimeout(10_000));
    t.diagnostic(`${charts} charts live: main thread ${percent(live.share)} of a core, script ${percent(live.script)}, heap ${live.heap.toFixed(1)} MiB`);

    const frames = { intervals: [] };
    const scroll = await busy(page, async () => {
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
    t.diagnostic(`scrolling: ${fps.toFixed(1)} frames/s, median ${at(0.5).toFixed(1)} ms, 95 % ${at(0.95).toFixed(1)} ms, longest ${sorted.at(-1).toFixed(1)} ms, main thread ${percent(scroll.share)}`);

    await page.waitForTimeout(1500);
    const left = await page.locator(".chart canvas").count();
    t.diagnostic(`${left} charts drawn after scrolling, ${mock.counters.data} histories asked for, ${mock.counters.live} live streams opened`);

    assert.ok(first < 5000);
    assert.ok(live.share < 0.5);
    assert.ok(fps > 30);
    assert.ok(left <= 40);
  }));
