import { describe, expect, it } from "vitest";
import type { Alarm } from "../../src/api/alarms";
import type { Chart } from "../../src/api/types";
import { alertedCharts, mainCharts } from "../../src/state/overview";
import { thresholdsOf } from "../../src/state/thresholds";

const alarm = (a: Partial<Alarm>): Alarm => ({ name: "a", chart: "c", status: "CLEAR", units: "%", info: "", value: "", warn: "", crit: "", green: null, red: null, silenced: false, changed: 0, ...a });
const limits = (a: Partial<Alarm>, units = "percentage") => thresholdsOf(alarm(a), units).map((t) => `${t.tone} ${t.value}`);

describe("thresholds", () => {
  it("are what a value is compared with", () => {
    expect(limits({ warn: "$this > 80", crit: "( ${this} >= -9.5 )" })).toEqual(["warning 80", "critical -9.5"]);
    expect(limits({ warn: "$this > $green", crit: "$this > ($red)", green: 5, red: 7 })).toEqual(["warning 5", "critical 7"]);
  });
  it("follow the status where the expression does", () => {
    const warn = "$this > (($status >= $WARNING)  ? (75) : (85))";
    expect(limits({ warn })).toEqual(["warning 85"]);
    expect(limits({ warn, status: "CRITICAL" })).toEqual(["warning 75"]);
    expect(limits({ crit: "$this > (($status == $CRITICAL) ? (10) : (20))", status: "CRITICAL" })).toEqual(["critical 10"]);
  });
  it("are none where nothing plain is said, or in other units", () => {
    expect(limits({ warn: "$this > $that * 2", crit: "abs($x) > 5" })).toEqual([]);
    expect(limits({ warn: "$this > $green" })).toEqual([]);
    expect(limits({ warn: "$this > 80" }, "KiB/s")).toEqual([]);
  });
});

const chart = (id: string, context: string, priority: number): Chart => ({ id, context, priority, name: id, type: "", family: "", title: "", units: "", chartType: "line", updateEvery: 1, firstEntry: 0, lastEntry: 0, dimensions: [], labels: {} });

describe("the overview", () => {
  const charts = [chart("disk_space.boot", "disk.space", 1), chart("disk_space._", "disk.space", 2), chart("system.load", "system.load", 9), chart("system.cpu", "system.cpu", 10), chart("x.y", "x.y", 0)];
  it("has the main charts in its own order, and the root file system", () => {
    expect(mainCharts(charts).map((c) => c.id)).toEqual(["system.cpu", "system.load", "disk_space._"]);
  });
  it("has the first charts of a host without any of them", () => {
    expect(mainCharts([chart("b", "b", 2), chart("a", "a", 1)]).map((c) => c.id)).toEqual(["a", "b"]);
  });
  it("has the charts with raised alerts, the worst first", () => {
    const alarms = new Map([["x.y", [alarm({ status: "WARNING" })]], ["system.cpu", [alarm({ status: "CRITICAL" })]], ["system.load", [alarm({})]]]);
    expect(alertedCharts(charts, alarms).map((c) => c.id)).toEqual(["system.cpu", "x.y"]);
  });
});
