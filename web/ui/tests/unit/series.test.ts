import { describe, expect, it } from "vitest";
import type { Cell, DataTable } from "../../src/api/types";
import { firstAfter, Series } from "../../src/chart/series";

const dims = [
  { id: "a", name: "A" },
  { id: "b", name: "B" },
];

function table(step: number, rows: [number, ...Cell[]][]): DataTable {
  return { dimensions: dims, step, times: rows.map((r) => r[0]), columns: [0, 1].map((i) => rows.map((r) => r[i + 1] as Cell)) };
}

function rows(s: Series): [number, ...Cell[]][] {
  return s.times.map((t, k) => [t, ...s.columns.map((c) => c[k] as Cell)]);
}

describe("live rows at the chart's own interval", () => {
  it("follow the history without duplicates", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[100, 1, 2], [101, 3, 4]]), 101);
    expect(s.append(["a", "b"], [[100, 9, 9], [101, 9, 9], [102, 5, 6]])).toBe(true);
    expect(s.append(["a", "b"], [[102, 9, 9]])).toBe(false);
    expect(rows(s)).toEqual([[100, 1, 2], [101, 3, 4], [102, 5, 6]]);
    expect(s.covered).toBe(102);
  });

  it("leave a gap where rows are missing", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[100, 1, 2]]), 100);
    s.append(["a", "b"], [[105, 3, 4], [106, 5, 6]]);
    expect(rows(s)).toEqual([[100, 1, 2], [101, null, null], [105, 3, 4], [106, 5, 6]]);
  });

  it("know the rhythm of a slow chart", () => {
    const s = new Series(dims, 10);
    s.replace(table(10, [[100, 1, 2]]), 100);
    s.append(["a", "b"], [[110, 3, 4], [121, 5, 6]]);
    expect(rows(s)).toEqual([[100, 1, 2], [110, 3, 4], [121, 5, 6]]);
  });

  it("fill what the history answer did not have yet", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[98, 1, 2], [99, 3, 4], [100, null, null]]), 100);
    expect(s.covered).toBe(99);
    s.append(["a", "b"], [[100, 5, 6]]);
    expect(rows(s)).toEqual([[98, 1, 2], [99, 3, 4], [100, 5, 6]]);
  });

  it("may have dimensions in another order, fewer or new ones", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[100, 1, 2]]), 100);
    s.append(["b", "c"], [[101, 4, 7]]);
    expect(s.dimensions.map((d) => d.id)).toEqual(["a", "b", "c"]);
    expect(rows(s)).toEqual([[100, 1, 2, null], [101, null, 4, 7]]);
  });

  it("stay when the history is asked for again", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[100, 1, 2]]), 100);
    s.append(["a", "b"], [[101, 3, 4], [102, 5, 6]]);
    s.replace(table(1, [[99, 0, 0], [100, 1, 2], [101, 3, 4]]), 101);
    expect(rows(s)).toEqual([[99, 0, 0], [100, 1, 2], [101, 3, 4], [102, 5, 6]]);
    expect(s.covered).toBe(102);
  });

  it("do not reach back behind a long absence of data", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[100, 1, 2]]), 4000);
    expect(s.covered).toBe(3997);
  });
});

describe("live rows in longer rows of history", () => {
  it("are averaged into the row they fall in", () => {
    const s = new Series(dims, 1);
    s.replace(table(10, [[100, 1, 2]]), 100);
    s.append(["a", "b"], [[101, 10, 1], [102, 20, null]]);
    expect(rows(s)).toEqual([[100, 1, 2], [110, 15, 1]]);
    s.append(["a", "b"], [[102, 99, 99], [110, 30, 3], [111, 7, 7]]);
    expect(rows(s)).toEqual([[100, 1, 2], [110, 20, 2], [120, 7, 7]]);
  });

  it("are asked for again from the end of a new history answer", () => {
    const s = new Series(dims, 1);
    s.replace(table(1, [[100, 1, 2]]), 100);
    s.append(["a", "b"], [[101, 3, 4], [102, 5, 6]]);
    s.replace(table(10, [[90, 1, 1], [100, 2, 2]]), 100);
    expect(rows(s)).toEqual([[90, 1, 1], [100, 2, 2]]);
    expect(s.covered).toBe(100);
  });
});

it("trims what left the view but keeps the line entering it", () => {
  const s = new Series(dims, 1);
  s.replace(table(1, Array.from({ length: 200 }, (_, i) => [i, i, i] as [number, number, number])), 199);
  s.trim(50);
  expect(s.length).toBe(200); // not worth the cut
  s.trim(100);
  expect(s.times[0]).toBe(100);
  expect(s.columns[0]![0]).toBe(100);
});

it("finds the row at a time", () => {
  const s = new Series(dims, 1);
  s.replace(table(10, [[100, 1, 2], [110, 3, 4], [150, 5, 6]]), 150);
  expect(s.rowAt(100)).toBe(0);
  expect(s.rowAt(104)).toBe(0);
  expect(s.rowAt(106)).toBe(1);
  expect(s.rowAt(130)).toBe(-1);
  expect(s.rowAt(154)).toBe(2);
  expect(s.rowAt(200)).toBe(-1);
});

it("searches ascending times", () => {
  expect(firstAfter([], 5)).toBe(0);
  expect(firstAfter([1, 3, 5], 3)).toBe(2);
  expect(firstAfter([1, 3, 5], 9)).toBe(3);
  expect(firstAfter([1, 3, 5], 0)).toBe(0);
});
