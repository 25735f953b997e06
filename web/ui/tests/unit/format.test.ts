import { describe, expect, it } from "vitest";
import { decimalsFor, formatAgo, formatBytes, formatCount, formatDuration, formatNumber, formatTick, formatTimeTick } from "../../src/chart/format";

const thin = "\u202f";

describe("formatNumber", () => {
  it.each([
    [null, 2, "–"],
    [Number.NaN, 2, "–"],
    [0, 2, "0"],
    [1.005, 1, "1.0"],
    [-2.5, 1, "−2.5"],
    [1234567, 0, `1${thin}234${thin}567`],
    [1234.5678, 2, `1${thin}234.57`],
    [0.0042, 2, "0.0042"],
    [-0.000123, 0, "−0.00012"],
  ])("%s with %s decimals is %s", (v, decimals, text) => expect(formatNumber(v, decimals)).toBe(text));
});

describe("decimalsFor", () => {
  it.each([
    [0, 0],
    [5000, 0],
    [999, 1],
    [100, 2],
    [101, 1],
    [42, 2],
    [1, 2],
    [0.5, 3],
    [0.05, 4],
    [1e-9, 6],
    [Number.POSITIVE_INFINITY, 0],
  ])("a peak of %s has %s", (peak, n) => expect(decimalsFor(peak)).toBe(n));
});

describe("formatTick", () => {
  it.each([
    [0, 0.5, "0.0"],
    [1.5, 0.5, "1.5"],
    [-20, 20, "−20"],
    [-0.0001, 1, "0"],
    [10000, 5000, `10${thin}000`],
    [0.3, 0.1, "0.3"],
  ])("%s at steps of %s is %s", (v, step, text) => expect(formatTick(v, step)).toBe(text));
});

describe("formatCount", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [9999, `9${thin}999`],
    [12345, "12.3k"],
    [123456, "123k"],
    [4.56e6, "4.56M"],
    [7.8e9, "7.80G"],
  ])("%s is %s", (n, text) => expect(formatCount(n)).toBe(text));
});

it("formats bytes", () => {
  expect(formatBytes(512)).toBe("512 B");
  expect(formatBytes(16687091712)).toBe("15.5 GiB");
  expect(formatBytes(2 ** 40)).toBe("1 TiB");
});

it("formats durations in two units", () => {
  expect(formatDuration(0)).toBe("0 s");
  expect(formatDuration(45)).toBe("45 s");
  expect(formatDuration(300)).toBe("5 min");
  expect(formatDuration(9000)).toBe("2 h 30 min");
  expect(formatDuration(86400 * 3 + 4 * 3600 + 59)).toBe("3 d 4 h");
  expect(formatDuration(86400 + 59)).toBe("1 d");
});

it("formats how long ago something was", () => {
  expect(formatAgo(0, 1000)).toBe("never");
  expect(formatAgo(999, 1000)).toBe("now");
  expect(formatAgo(1001, 1000)).toBe("now");
  expect(formatAgo(988, 1000)).toBe("12 s ago");
  expect(formatAgo(1000 - 7300, 1000)).toBe("never");
  expect(formatAgo(100_000 - 7300, 100_000)).toBe("2 h ago");
});

it("labels the beginning of a day with the day", () => {
  const midnight = new Date(2026, 2, 9).getTime() / 1000;
  expect(formatTimeTick(midnight, 3600)).toBe("9 Mar");
  expect(formatTimeTick(midnight + 3600, 3600)).toBe("01:00");
  expect(formatTimeTick(midnight + 3605, 5)).toBe("01:00:05");
  expect(formatTimeTick(midnight + 3600, 86400)).toBe("9 Mar");
});
