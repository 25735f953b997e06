import { describe, expect, it } from "vitest";
import { pan, select, spanOf, TimeRange, windowOf, zoom, type Range } from "../../src/state/range";

const now = 1_000_000;
const live: Range = { kind: "live", span: 300 };

it("a live window ends just behind now", () => {
  expect(windowOf(live, now)).toEqual({ after: now - 301, before: now - 1 });
});

describe("select", () => {
  it("takes the times in any order", () => {
    expect(select(500, 400, now)).toEqual({ kind: "fixed", after: 400, before: 500 });
  });
  it("is never shorter than ten seconds nor in the future", () => {
    expect(spanOf(select(500, 501, now))).toBe(10);
    expect(select(now - 2, now + 50, now)).toMatchObject({ before: now });
  });
});

describe("zoom", () => {
  it("keeps the anchor where it is", () => {
    const fixed: Range = { kind: "fixed", after: 1000, before: 2000 };
    expect(zoom(fixed, 0.5, now, 1200)).toEqual({ kind: "fixed", after: 1100, before: 1600 });
    expect(zoom(fixed, 2, now, 1200)).toEqual({ kind: "fixed", after: 800, before: 2800 });
  });
  it("keeps a live range live unless it looks at a time in it", () => {
    expect(zoom(live, 2, now)).toEqual({ kind: "live", span: 600 });
    expect(zoom(live, 2, now, now - 200)).toEqual({ kind: "live", span: 600 });
    expect(zoom(live, 0.5, now, now - 200).kind).toBe("fixed");
  });
  it("has limits", () => {
    expect(spanOf(zoom(live, 0.001, now))).toBe(10);
    expect(spanOf(zoom(live, 1e9, now))).toBe(5 * 365 * 86400);
  });
});

describe("pan", () => {
  it("moves by a share of the span", () => {
    expect(pan({ kind: "fixed", after: 1000, before: 2000 }, -0.5, now)).toEqual({ kind: "fixed", after: 500, before: 1500 });
    expect(pan(live, -0.5, now)).toEqual({ kind: "fixed", after: now - 451, before: now - 151 });
  });
  it("becomes live at the present", () => {
    expect(pan({ kind: "fixed", after: now - 300, before: now - 100 }, 1, now)).toEqual({ kind: "live", span: 200 });
    expect(pan(live, 0.5, now)).toEqual(live);
  });
});

describe("TimeRange", () => {
  it("pauses and plays with the same span", () => {
    const range = new TimeRange(() => now);
    range.live(900);
    range.togglePause();
    expect(range.value).toEqual({ kind: "fixed", after: now - 901, before: now - 1 });
    range.togglePause();
    expect(range.value).toEqual({ kind: "live", span: 900 });
  });
  it("returns to the last live span", () => {
    const range = new TimeRange(() => now);
    range.live(60);
    range.select(100, 900);
    range.live();
    expect(range.value).toEqual({ kind: "live", span: 60 });
  });
});
