import { describe, expect, it } from "vitest";
import { valueAxis } from "../../src/chart/ticks";
import { scaleFor } from "../../src/chart/units";

describe("valueAxis", () => {
  const axis = (low: number, high: number, divisor = 1, fromZero = false) => valueAxis(low, high, divisor, fromZero);

  it("ends on whole intervals and holds the data", () => {
    expect(axis(3, 47)).toEqual({ min: 0, max: 60, ticks: [0, 20, 40, 60] });
    expect(axis(-120, 380)).toEqual({ min: -200, max: 400, ticks: [-200, 0, 200, 400] });
  });
  it("leaves zero out when the data is far from it", () => {
    const { min, max } = axis(1000, 1010);
    expect(min).toBe(1000);
    expect(max).toBe(1010);
  });
  it("includes zero for areas", () => {
    expect(axis(1000, 1010, 1, true).min).toBe(0);
    expect(axis(-1010, -1000, 1, true).max).toBe(0);
  });
  it("is round in the shown unit", () => {
    const mib = 2 ** 20;
    expect(axis(0, 3.4 * mib, mib).ticks.map((t) => t / mib)).toEqual([0, 1, 2, 3, 4]);
  });
  it("gives a constant room", () => {
    expect(axis(0, 0)).toMatchObject({ min: 0, max: 1 });
    const { min, max } = axis(1500, 1500);
    expect(min).toBeLessThan(1500);
    expect(max).toBeGreaterThan(1500);
    const below = axis(-5, -5);
    expect(below.min).toBeLessThan(-5);
    expect(below.max).toBeGreaterThan(-5);
  });
  it("takes a full stack of rounded values for full", () => {
    expect(axis(0, 100.00001, 1, true)).toEqual({ min: 0, max: 100, ticks: [0, 50, 100] });
    expect(axis(-100.00001, 0, 1, true).min).toBe(-100);
  });
  it("survives no data and nonsense", () => {
    for (const [a, b] of [[NaN, NaN], [Infinity, -Infinity], [1e300, 1e301], [1e-12, 2e-12]] as const) {
      const { min, max, ticks } = axis(a, b);
      expect(max).toBeGreaterThan(min);
      expect(ticks.length).toBeLessThan(12);
    }
  });
});

describe("scaleFor", () => {
  it.each([
    ["KiB/s", 5000, 1024, "MiB/s"],
    ["KiB/s", 0.5, 1 / 1024, "B/s"],
    ["KiB/s", 0, 1, "KiB/s"],
    ["MiB", 16000, 1024, "GiB"],
    ["kilobits/s", 90_000, 1000, "Mbit/s"],
    ["milliseconds", 0.4, 1e-3, "µs"],
    ["milliseconds", 2500, 1000, "s"],
    ["seconds", 260_000, 86400, "d"],
    ["octets", 1500, 1, "octets"],
    ["percentage", 42, 1, "%"],
    ["requests/s", 950, 1, "requests/s"],
    ["requests/s", 2_500_000, 1e6, "M requests/s"],
    ["", 3, 1, ""],
    ["s/s", 3, 1, "s/s"],
  ])("%s up to %s: divided by %s, %s", (units, peak, divisor, label) => {
    const scale = scaleFor(units, peak);
    expect(scale.label).toBe(label);
    expect(scale.divisor).toBeCloseTo(divisor, 9);
  });
});
