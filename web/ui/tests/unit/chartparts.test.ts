import { describe, expect, it, vi } from "vitest";
import type { DataTable } from "../../src/api/types";
import { csvOf } from "../../src/chart/export";
import { listenForGestures, wheelFactor } from "../../src/chart/gestures";
import { fits, orderOf } from "../../src/chart/legendorder";
import { Series } from "../../src/chart/series";

it("CSV has the rows of the window, gaps empty and names quoted", () => {
  const series = { times: [9, 10, 20, 30], columns: [[0, 1, null, 9], [0, -2.5, 3, 9]], dimensions: [{ id: "a", name: 'a "b", c' }, { id: "d", name: "d" }] };
  expect(csvOf(series, { after: 10, before: 20 })).toBe('time,"a ""b"", c",d\r\n1970-01-01T00:00:10.000Z,1,-2.5\r\n1970-01-01T00:00:20.000Z,,3\r\n');
});

it("a legend is ordered as asked", () => {
  const names = ["eth10", "eth2", "lo"];
  expect(orderOf("sent", names, [1, 2, 3])).toEqual([0, 1, 2]);
  expect(orderOf("name", names, [1, 2, 3])).toEqual([1, 0, 2]);
  expect(orderOf("value", names, [null, -7, 3])).toEqual([1, 2, 0]);
});

describe("rows with a band and anomalies", () => {
  const dims = [{ id: "a", name: "A" }];
  const table: DataTable = { dimensions: dims, step: 10, times: [100, 110], columns: [[1, 2]], band: { low: [[0, 1]], high: [[5, 6]] }, anomalies: [0, 40] };
  it("go on live", () => {
    const s = new Series(dims, 1);
    s.replace(table, 110);
    s.append(["a"], [[111, 4], [112, 8]], [[112, 100]]);
    expect(s.columns).toEqual([[1, 2, 6]]);
    expect(s.band).toEqual({ low: [[0, 1, 4]], high: [[5, 6, 8]] });
    expect(s.anomalies).toEqual([0, 40, 50]);
  });
  it("stay parallel over gaps, new dimensions and cuts", () => {
    const s = new Series(dims, 1);
    s.replace({ ...table, times: Array.from({ length: 200 }, (_, i) => 100 + 10 * i), columns: [new Array<number>(200).fill(1)], band: { low: [new Array<number>(200).fill(0)], high: [new Array<number>(200).fill(2)] }, anomalies: new Array<number>(200).fill(0) }, 2090);
    s.append(["a", "b"], [[2141, 3, 4]]);
    s.trim(1500);
    const lengths = [s.times, s.anomalies, ...s.columns, ...s.band!.low, ...s.band!.high].map((c) => c.length);
    expect(new Set(lengths).size).toBe(1);
    expect(s.times.slice(-2)).toEqual([2100, 2150]);
  });
  it("lose the band with rows of single samples", () => {
    const s = new Series(dims, 1);
    s.replace(table, 110);
    s.replace({ dimensions: dims, step: 1, times: [110], columns: [[2]] }, 110);
    expect(s.band).toBeNull();
    s.append(["a"], [[111, 3]], [[111, 25]]);
    expect(s.anomalies).toEqual([null, 25]);
  });
});

describe("gestures", () => {
  const setUp = () => {
    const over = document.createElement("div");
    Object.defineProperty(over, "clientWidth", { value: 200 });
    const g = { onPan: vi.fn(), onZoom: vi.fn(), onGrab: vi.fn() };
    listenForGestures(over, g);
    return { over, g };
  };
  const wheel = (over: HTMLElement, init: WheelEventInit) => {
    const e = new WheelEvent("wheel", { cancelable: true, ...init });
    Object.defineProperty(e, "ctrlKey", { value: init.ctrlKey ?? false }); // happy-dom drops it
    over.dispatchEvent(e);
    return e.defaultPrevented;
  };
  it("leave the plain wheel to the page", () => {
    const { over, g } = setUp();
    expect(wheel(over, { deltaY: 100 })).toBe(false);
    expect(g.onPan).not.toHaveBeenCalled();
    expect(g.onZoom).not.toHaveBeenCalled();
  });
  it("pan with the wheel sideways and zoom with Control", () => {
    const { over, g } = setUp();
    expect(wheel(over, { deltaX: 50 })).toBe(true);
    expect(g.onPan).toHaveBeenLastCalledWith(-0.25);
    expect(wheel(over, { deltaY: 100, ctrlKey: true })).toBe(true);
    expect(g.onZoom.mock.lastCall![0]).toBeCloseTo(wheelFactor(100));
  });
  it("pan with one finger and zoom with two", () => {
    const { over, g } = setUp();
    const touch = (type: string, pointerId: number, clientX: number) => over.dispatchEvent(new PointerEvent(type, { pointerType: "touch", pointerId, clientX }));
    touch("pointerdown", 1, 100);
    touch("pointermove", 1, 103);
    expect(g.onPan).not.toHaveBeenCalled(); // a tap
    touch("pointermove", 1, 120);
    expect(g.onPan).toHaveBeenLastCalledWith(0.1);
    touch("pointerdown", 2, 20);
    touch("pointermove", 2, 70);
    expect(g.onZoom.mock.lastCall![0]).toBeCloseTo(2); // from 100 px apart to 50
    touch("pointerup", 2, 70);
    touch("pointerup", 1, 120);
    touch("pointermove", 1, 10);
    expect(g.onPan).toHaveBeenCalledTimes(1);
  });
});

describe("a legend", () => {
  it.each([
    [9, 12, 9],
    [6, 6, 6],
    [9, 6, 5],
    [3, 1, 0],
    [4, Infinity, 4],
    [0, 6, 0],
  ])("of %d names with room for %d shows %d", (names, room, shown) => expect(fits(names, room)).toBe(shown));
});
