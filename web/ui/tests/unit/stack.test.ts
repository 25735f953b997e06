import { expect, it } from "vitest";
import { stack } from "../../src/chart/stack";

it("sums from the first dimension upwards", () => {
  const s = stack([[1, 2], [10, 20], [100, 200]], [true, true, true]);
  expect(s.columns).toEqual([[1, 2], [11, 22], [111, 222]]);
  expect(s.bands).toEqual([
    { from: 1, to: 0, dir: -1 },
    { from: 2, to: 1, dir: -1 },
  ]);
});

it("leaves hidden dimensions out", () => {
  const s = stack([[1], [10], [100]], [true, false, true]);
  expect(s.columns).toEqual([[1], [10], [101]]);
  expect(s.bands).toEqual([{ from: 2, to: 0, dir: -1 }]);
});

it("takes a null as nothing unless the whole row is null", () => {
  const s = stack([[1, null, null], [10, 20, null]], [true, true]);
  expect(s.columns).toEqual([[1, 0, null], [11, 20, null]]);
});

it("stacks negative dimensions downwards", () => {
  const s = stack([[5], [-2], [1], [-3]], [true, true, true, true]);
  expect(s.columns).toEqual([[5], [-2], [6], [-5]]);
  expect(s.bands).toEqual([
    { from: 2, to: 0, dir: -1 },
    { from: 3, to: 1, dir: 1 },
  ]);
});

it("does not change its input", () => {
  const columns = [[1, 2], [3, 4]];
  stack(columns, [true, true]);
  expect(columns).toEqual([[1, 2], [3, 4]]);
});

it("survives no dimensions, no rows, nothing shown", () => {
  expect(stack([], [])).toEqual({ columns: [], bands: [] });
  expect(stack([[], []], [true, true]).columns).toEqual([[], []]);
  expect(stack([[1]], [false])).toEqual({ columns: [[1]], bands: [] });
});
