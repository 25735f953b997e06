import { describe, expect, it } from "vitest";
import { decodeAlarms } from "../../src/api/alarms";
import { decodeCharts, decodeFleet, decodeHost, decodeInfo, decodeLive } from "../../src/api/decode";
import { decodeRows } from "../../src/api/rows";
import { decodeLines } from "../../src/pages/explore/data";

const junk: unknown[] = [null, undefined, 1, "x", [], {}, { hosts: 7, charts: [], result: "", dimension_ids: {} }];

describe("decoders", () => {
  it.each(junk.map((j) => [JSON.stringify(j), j]))("survive %s", (_, j) => {
    expect(decodeFleet(j).hosts).toEqual([]);
    expect(decodeCharts(j)).toEqual([]);
    expect(decodeRows(j)?.times).toEqual([]);
    expect(decodeAlarms(j)).toEqual([]);
    expect(decodeLines(j).lines).toEqual([]);
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

  it("tell foster itself from its hosts", () => {
    const mirrored_hosts_status = [{ guid: "p", hops: 0 }, { guid: "c", hops: 1 }];
    expect(decodeInfo({ uid: "p", mirrored_hosts_status }).parent).toBe(true);
    expect(decodeInfo({ uid: "c", mirrored_hosts_status }).parent).toBe(false);
    expect(decodeInfo({}).parent).toBe(false);
  });

  it("take the name out of a chart's title", () => {
    const [c] = decodeCharts({ charts: { "system.cpu": { title: "Total (system.cpu)", dimensions: { user: { name: "user" }, x: {} }, chart_type: "odd", priority: "100" } } });
    expect(c).toMatchObject({ id: "system.cpu", type: "system", family: "system", title: "Total", chartType: "line", priority: 100, updateEvery: 1 });
    expect(c!.dimensions).toEqual([
      { id: "user", name: "user" },
      { id: "x", name: "x" },
    ]);
  });

  it("read the rows of a chart", () => {
    const t = decodeRows({ step: 5, rows: 2, first: 10, dimensions: ["i1", "i2"], names: ["n1"], values: [[1, null], [3]], min: [[0, null], [2]], max: [[2, null], [4]], anomaly_rates: [0, 50] });
    expect(t).toEqual({
      dimensions: [{ id: "i1", name: "n1" }, { id: "i2", name: "i2" }],
      times: [10, 15],
      columns: [[1, null], [3, null]],
      step: 5,
      band: { low: [[0, null], [2, null]], high: [[2, null], [4, null]] },
      anomalies: [0, 50],
    });
    expect(decodeRows({ chart: "x", error: "unknown chart" })).toBeNull();
    expect(decodeRows({ step: 60, rows: 0 })).toEqual({ dimensions: [], times: [], columns: [], step: 60 });
  });

  it("read alerts", () => {
    expect(decodeAlarms({ alarms: { a: { warn: "$this &gt; 5 &amp;&amp; $x &lt; 1 &#x2F; 2 &odd;", crit_parsed: "&quot;" } } })).toMatchObject([{ warn: "$this > 5 && $x < 1 / 2 &odd;", crit: '"' }]);
    expect(decodeAlarms({ alarms: { "c.a": { name: "a", chart: "c", status: "WARNING", green: "x", red: 5, last_status_change: 7 }, odd: { status: "?" } } })).toMatchObject([
      { name: "a", chart: "c", status: "WARNING", green: null, red: 5, changed: 7, silenced: false },
      { status: "UNDEFINED" },
    ]);
  });

  it("read live points", () => {
    expect(decodeLive({ now: 9, charts: { c: { dimensions: ["a"], points: [[1, 2], [2, null], [null, 3]] } } })).toEqual({ now: 9, charts: { c: { dimensions: ["a"], points: [[1, 2], [2, null]], anomalies: [] } } });
  });
});
