import { describe, expect, it } from "vitest";
import { decodeAlerts, decodeTransitions } from "../../src/api/alerts";
import { alertValue, chartHref } from "../../src/components/AlertBits";
import { filterAlerts, sortAlerts } from "../../src/state/alerts";

const alerts = decodeAlerts({
  nodes: [{ ni: 0, mg: "g0", nm: "web01" }],
  alert_instances: [
    { ni: 0, nm: "ram_in_use", ch: "system.ram", st: "WARNING", v: 91.25, units: "%", tr_t: 100, to: "sysadmin" },
    { ni: 0, nm: "disk_full", ch: "disk_space./", st: "CRITICAL", v: 99, units: "%", tr_t: 50 },
    { ni: 0, nm: "cpu", ch: "system.cpu", st: "CLEAR", v: null, tr_t: 70 },
    { ni: 9, nm: "odd", ch: "x", st: "SOMETHING" },
  ],
});
const names = (list: typeof alerts) => list.map((a) => a.name);

describe("alerts", () => {
  it("are read with their hosts", () => expect(alerts[0]).toMatchObject({ hostname: "web01", guid: "g0", status: "warning", value: 91.25, role: "sysadmin" }));
  it("of an unknown host or status are kept", () => expect(alerts[3]).toMatchObject({ hostname: "", status: "undefined", value: null }));
  it("are those raised, unless others are wanted", () => {
    expect(names(filterAlerts(alerts, new Set(), ""))).toEqual(["ram_in_use", "disk_full"]);
    expect(names(filterAlerts(alerts, new Set(["clear"]), ""))).toEqual(["cpu"]);
    expect(names(filterAlerts(alerts, new Set(), "sysadmin"))).toEqual(["ram_in_use"]);
  });
  it("stand with the worst first", () => expect(names(sortAlerts(alerts, "status", false))).toEqual(["disk_full", "ram_in_use", "odd", "cpu"]));
  it("are sorted by value, those without one at the end", () => expect(names(sortAlerts(alerts, "value", true)).slice(0, 2)).toEqual(["disk_full", "ram_in_use"]));
  it("show their values with units", () => {
    expect(alertValue(91.25, "%")).toBe("91.25 %");
    expect(alertValue(null, "%")).toBe("–");
  });
  it("lead to their charts", () => expect(chartHref("g0", "disk_space./")).toBe("/host/g0/?full=disk_space.%2F"));
});

it("reads transitions", () => {
  const [t] = decodeTransitions({ transitions: [{ transition_id: "x", when: 5, alert: "cpu", instance: "system.cpu", old: { status: "CLEAR", duration: 60 }, new: { status: "CRITICAL", value: 99 }, notification: { to: "dba" } }] });
  expect(t).toMatchObject({ from: "clear", to: "critical", value: 99, lasted: 60, role: "dba" });
  expect(decodeTransitions(null)).toEqual([]);
});
