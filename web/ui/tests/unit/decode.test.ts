import { describe, expect, it } from "vitest";
import { decodeCharts, decodeData, decodeFleet, decodeHost, decodeInfo, decodeLive } from "../../src/api/decode";

const junk: unknown[] = [null, undefined, 1, "x", [], {}, { hosts: 7, charts: [], result: "", dimension_ids: {} }];

describe("decoders", () => {
  it.each(junk.map((j) => [JSON.stringify(j), j]))("survive %s", (_, j) => {
    expect(decodeFleet(j).hosts).toEqual([]);
    expect(decodeCharts(j)).toEqual([]);
    expect(decodeData(j).times).toEqual([]);
    expect(decodeHost(j).state).toBe("archived");
    expect(decodeInfo(j).cores).toBeNull();
    expect(decodeLive(j).charts).toEqual({});
  });

  it("read a host", () => {
    const h = decodeHost({ guid: "g", hostname: "db1", state: "replicating", replication_percent: 120, connection: { since: 5, address: "a", compression: "lz4", capabilities: ["x", 3] }, labels: { a: "b", c: 1 } });
    expect(h).toMatchObject({ hostname: "db1", state: "replicating", replicationPercent: 100, connection: { since: 5, capabilities: ["x"] }, labels: { a: "b" } });
    expect(h.ambiguous).toBe(false);
  });

  it("read numbers that are strings", () => {
    expect(decodeInfo({ cores_total: "8", ram_total: "1024", os_name: "Debian", os_version: "12", virtualization: "unknown" })).toMatchObject({ cores: 8, memory: 1024, os: "Debian 12", virtualization: "" });
  });

  it("take the name out of a chart's title", () => {
    const [c] = decodeCharts({ charts: { "system.cpu": { title: "Total (system.cpu)", dimensions: { user: { name: "user" }, x: {} }, chart_type: "odd", priority: "100" } } });
    expect(c).toMatchObject({ id: "system.cpu", type: "system", family: "system", title: "Total", chartType: "line", priority: 100, updateEvery: 1 });
    expect(c!.dimensions).toEqual([
      { id: "user", name: "user" },
      { id: "x", name: "x" },
    ]);
  });

  it("turn rows into columns", () => {
    const t = decodeData({ view_update_every: 5, dimension_ids: ["i1", "i2"], dimension_names: ["n1", "n2"], result: { labels: ["time", "n1", "n2"], data: [[10, 1, null], [15, "x", 4], ["bad"]] } });
    expect(t).toEqual({ dimensions: [{ id: "i1", name: "n1" }, { id: "i2", name: "n2" }], times: [10, 15], columns: [[1, null], [null, 4]], step: 5 });
  });

  it("read live points", () => {
    expect(decodeLive({ now: 9, charts: { c: { dimensions: ["a"], points: [[1, 2], [2, null], [null, 3]] } } })).toEqual({ now: 9, charts: { c: { dimensions: ["a"], points: [[1, 2], [2, null]], anomalies: [] } } });
  });
});
