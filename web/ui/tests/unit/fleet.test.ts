import { describe, expect, it } from "vitest";
import { decodeFleetNow, type FigureHistory } from "../../src/api/fleet";
import { sparkPath } from "../../src/chart/spark";
import { blocksAt, rowsAt } from "../../src/components/rows";
import { appendFigures } from "../../src/state/figures";

describe("the history of a figure", () => {
  const fresh = (): FigureHistory => ({ first: 1005, step: 5, values: { cpu: [1, 2, 3], memory: [50, 50, 50], disk: [], network: [] } });
  const at = (cpu: number | null) => decodeFleetNow({ hosts: [{ guid: "g", cpu_percent: cpu, memory_percent: 60 }] }).hosts[0]!;
  it("grows by the means of steps", () => {
    const h = fresh();
    for (const [now, cpu] of [[1016, 10], [1017, 20], [1019.5, 30], [1021, 7]] as const) expect(appendFigures(h, now, at(cpu))).toBe(true);
    expect(h.values.cpu).toEqual([1, 2, 3, 20, 7]);
    expect(h.values.memory).toEqual([50, 50, 50, 60, 60]);
    expect(h.values.disk).toEqual([]);
  });
  it("shows what is missing as missing", () => {
    const h = fresh();
    appendFigures(h, 1016, at(null));
    expect(h.values.cpu).toEqual([1, 2, 3, null]);
  });
  it("keeps five minutes", () => {
    const h = fresh();
    for (let now = 1016; now < 1900; now++) appendFigures(h, now, at(now));
    expect(h.values.cpu).toHaveLength(60);
    expect(h.first).toBe(1900 - 59 * 5);
    expect(h.values.cpu.at(-1)).toBe(1897.5);
  });
  it("ends at a hole", () => {
    const h = fresh();
    expect(appendFigures(h, 1016, at(1))).toBe(true);
    expect(appendFigures(h, 1040, at(1))).toBe(false);
  });
});

describe("a sparkline", () => {
  it("spreads its points over the width", () => expect(sparkPath([0, 50, 100], 10, 21, 100).line).toBe("M0.0 20.0L5.0 10.5L10.0 1.0"));
  it("is interrupted where values are missing", () => expect(sparkPath([1, null, 1, 1], 30, 11).line.match(/M/g)).toHaveLength(2));
  it("survives having nothing to draw", () => expect(sparkPath([], 10, 10)).toEqual({ line: "", areas: "" }));
  it("stays inside of its box", () => expect(sparkPath([-5, 500], 10, 21, 100).line).toBe("M0.0 20.0L10.0 1.0"));
});

describe("virtual rows", () => {
  it("are those on the screen and a few around", () => expect(rowsAt(-5000, 1000, 1000, 50)).toEqual({ from: 94, to: 126 }));
  it("end with the list", () => expect(rowsAt(-1e9, 1000, 10, 50)).toEqual({ from: 10, to: 10 }));
  it("are all of a short list", () => expect(rowsAt(100, 1000, 3, 50)).toEqual({ from: 0, to: 3 }));
  it("may have different heights", () => {
    const ends = Float64Array.from({ length: 100 }, (_, i) => (i + 1) * 100);
    expect(blocksAt(-5000, 1000, ends)).toEqual({ from: 47, to: 64 });
    expect(blocksAt(0, 1000, new Float64Array())).toEqual({ from: 0, to: 0 });
  });
});
