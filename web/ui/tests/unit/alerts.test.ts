import { describe, expect, it } from "vitest";
import { decodeAlert, decodeDeliveries, decodeVariables } from "../../src/api/alert";
import { decodeAlerts, decodeTransitions } from "../../src/api/alerts";
import { alertValue, chartHref } from "../../src/components/AlertBits";
import { alertHref, alertLines, filterAlerts, filterButStatus, filterTransitions, groupAlerts, hostsOf, readShow, rolesIn, showOf, sortAlerts, splitRoles, type AlertFilter } from "../../src/state/alerts";
import { rangeParameters, readAlertView } from "../../src/state/alertview";

const list = decodeAlerts({
  now: 1000,
  sequence: 7,
  total: { critical: 1, warning: 1, clear: 3 },
  matched: 4,
  alerts: [
    { machine_guid: "g0", hostname: "web01", name: "ram_in_use", chart: "system.ram", status: "WARNING", value: 91.25, units: "%", since: 100, role: "sysadmin dba" },
    { machine_guid: "g0", hostname: "web01", name: "disk_full", chart: "disk_space./", status: "CRITICAL", value: 99, units: "%", since: 50, silenced: true },
    { machine_guid: "g1", hostname: "db10", name: "cpu", chart: "system.cpu", status: "CLEAR", value: null, since: 70, role: "dba" },
    { machine_guid: "g2", name: "odd", chart: "x", status: "SOMETHING" },
  ],
});
const { alerts } = list;
const names = (of: readonly { name: string }[]) => of.map((a) => a.name);
const filter = (f: Partial<AlertFilter> = {}): AlertFilter => ({ statuses: new Set(), host: "", role: "", silenced: "", query: "", ...f });

describe("alerts", () => {
  it("are read", () => {
    expect(list).toMatchObject({ now: 1000, sequence: 7, matched: 4, total: { critical: 1, warning: 1, clear: 3, undefined: 0, uninitialized: 0 } });
    expect(alerts[0]).toMatchObject({ id: "g0 system.ram ram_in_use", hostname: "web01", status: "warning", value: 91.25, chartName: "system.ram", silenced: false });
    expect(alerts[3]).toMatchObject({ hostname: "g2", status: "undefined", value: null });
    expect(decodeAlerts(null)).toMatchObject({ matched: 0, alerts: [] });
  });
  it("are those raised, unless others are wanted", () => {
    expect(names(filterAlerts(alerts, filter()))).toEqual(["ram_in_use", "disk_full"]);
    expect(names(filterAlerts(alerts, filter({ statuses: new Set(["clear"]) })))).toEqual(["cpu"]);
    expect(names(filterButStatus(alerts, filter({ host: "g1" })))).toEqual(["cpu"]);
  });
  it("are found by text, host, role and whether they are silenced", () => {
    expect(names(filterAlerts(alerts, filter({ query: "sysadmin" })))).toEqual(["ram_in_use"]);
    expect(names(filterAlerts(alerts, filter({ host: "web01" })))).toEqual(["ram_in_use", "disk_full"]);
    expect(names(filterAlerts(alerts, filter({ host: "web0" })))).toEqual([]);
    expect(names(filterAlerts(alerts, filter({ role: "dba" })))).toEqual(["ram_in_use"]);
    expect(names(filterAlerts(alerts, filter({ silenced: "no" })))).toEqual(["ram_in_use"]);
    expect(names(filterAlerts(alerts, filter({ silenced: "only" })))).toEqual(["disk_full"]);
  });
  it("can be chosen by what there is", () => {
    expect(hostsOf(alerts).map((f) => `${f.label} ${f.count}`)).toEqual(["db10 1", "g2 1", "web01 2"]);
    expect(rolesIn(alerts)).toEqual([
      { value: "dba", label: "dba", count: 2 },
      { value: "sysadmin", label: "sysadmin", count: 1 },
    ]);
  });
  it("stand with the worst first", () => expect(names(sortAlerts(alerts, "status", false))).toEqual(["disk_full", "ram_in_use", "odd", "cpu"]));
  it("are sorted by value, those without one at the end", () => expect(names(sortAlerts(alerts, "value", true)).slice(0, 2)).toEqual(["disk_full", "ram_in_use"]));
  it("are grouped in the order of the list", () => {
    const groups = groupAlerts(sortAlerts(alerts, "status", false), "host");
    expect(groups.map((g) => g.name)).toEqual(["web01", "g2", "db10"]);
    expect(alertLines(groups, new Set(["g2"]), true).map((l) => (l.kind === "group" ? `${l.name} ${l.critical} ${l.warning} ${l.count} ${l.open}` : l.alert.name))).toEqual(["web01 1 1 2 true", "disk_full", "ram_in_use", "g2 0 0 1 false", "db10 0 0 1 true", "cpu"]);
    expect(groupAlerts(alerts, "")).toHaveLength(1);
    expect(groupAlerts(alerts, "role").map((g) => g.name)).toEqual(["sysadmin dba", "", "dba"]);
  });
  it("show their values with units", () => {
    expect(alertValue(91.25, "%")).toBe("91.25 %");
    expect(alertValue(null, "%")).toBe("–");
  });
  it("lead to their charts", () => expect(chartHref("g0", "disk_space./")).toBe("/host/g0/?full=disk_space.%2F"));
  it("have addresses that survive slashes in charts", () => {
    expect(readShow(showOf(alerts[1]!))).toEqual({ guid: "g0", chart: "disk_space./", name: "disk_full" });
    for (const wrong of ["", "a", "a/b", "/b/c", "a//c", "a/b/"]) expect(readShow(wrong), wrong).toBeNull();
    expect(alertHref(alerts[0]!)).toBe("/alerts?show=g0%2Fsystem.ram%2Fram_in_use");
    expect(alertHref(alerts[0]!, "web 1", 5)).toBe("/host/web%201/alerts?show=g0%2Fsystem.ram%2Fram_in_use&at=5");
  });
});

describe("transitions", () => {
  const { transitions, matched } = decodeTransitions({
    transitions: [{ gi: 9, machine_guid: "g", when: 5, alert: "cpu", instance: "system.cpu", old: { status: "CLEAR", duration: 60 }, new: { status: "CRITICAL", value: 99 }, notification: { to: "dba", flags: ["PROCESSED", "SILENCED"] } }],
    items: { matched: 12 },
  });
  it("are read", () => {
    expect(transitions[0]).toMatchObject({ id: "g system.cpu cpu", gi: 9, from: "clear", to: "critical", value: 99, lasted: 60, role: "dba", silenced: true });
    expect(matched).toBe(12);
    expect(decodeTransitions(null)).toEqual({ transitions: [], hosts: [], roles: [], matched: 0 });
  });
  it("come with what they can be narrowed by", () => {
    const page = decodeTransitions({ facets: [{ id: "f_node", options: [{ id: "g", name: "web01", count: 3 }] }, { id: "f_role", options: [{ id: "dba ops", name: "dba ops", count: 2 }, { id: "ops", name: "ops", count: 1 }] }] });
    expect(page.hosts).toEqual([{ value: "g", label: "web01", count: 3 }]);
    expect(splitRoles(page.roles)).toEqual([{ value: "dba", label: "dba", count: 2 }, { value: "ops", label: "ops", count: 3 }]);
  });
  it("are found by what an alert left or got", () => {
    for (const s of ["clear", "critical"] as const) expect(filterTransitions(transitions, filter({ statuses: new Set([s]) }))).toHaveLength(1);
    expect(filterTransitions(transitions, filter({ statuses: new Set(["warning"]) }))).toHaveLength(0);
    expect(filterTransitions(transitions, filter({ silenced: "no" }))).toHaveLength(0);
  });
});

describe("one alert", () => {
  const key = { guid: "g", chart: "c", name: "n" };
  it("is read with its definition and changes", () => {
    const d = decodeAlert(key, {
      now: 5,
      alert: { name: "n", chart: "c", machine_guid: "g", status: "WARNING", value: 3, info: "i", variables: [{ name: "this", value: 3 }, { name: "x", value: null }], last_notified: "WARNING" },
      definition: { file: "/a.conf", line: 7, lookup: "average -1m", warn: "$this > 2", calc: null, every: 10, no_clear_notification: true },
      transitions: [{ gi: 4, when: 3, status: "WARNING", old_status: "CLEAR", expression: "$this > 2", variables: "[ ${this} = 3 ] [ ${a b} = nan ]" }],
    });
    expect(d).toMatchObject({ id: "g c n", alert: { status: "warning", info: "i", lastNotified: "warning", variables: [{ name: "this", value: 3 }, { value: null }] }, definition: { calc: "", line: 7, every: 10, noClear: true } });
    expect(d.changes[0]).toMatchObject({ to: "warning", from: "clear", variables: [{ name: "this", value: "3" }, { name: "a b", value: "nan" }] });
  });
  it("may be gone", () => expect(decodeAlert(key, { alert: null, definition: null, transitions: [] })).toMatchObject({ alert: null, definition: null, changes: [] }));
  it("has no variables in what is none", () => expect(decodeVariables("x")).toEqual([]));
  it("has deliveries", () => {
    const [a, b] = decodeDeliveries({ deliveries: [{ id: 1, outcome: "retry", reason: "503", service: "chat", address: "#ops", attempt: 2, transition_gi: 9 }, { outcome: "new one" }] });
    expect(a).toMatchObject({ outcome: "retry", reason: "503", attempt: 2, gi: 9 });
    expect(b).toMatchObject({ outcome: "failed" });
  });
});

describe("the address of the alerts page", () => {
  const read = (q: string) => readAlertView(new URLSearchParams(q));
  it("says what is shown", () => {
    expect(read("tab=history&status=critical,odd&host=a&role=r&silenced=no&q=x&group=host&sort=-value&show=g/c/n&at=5&lanes=host&after=10&before=20")).toMatchObject({
      ...{ tab: "history", host: "a", role: "r", silenced: "no", query: "x", group: "host", sort: { key: "value", descending: true }, at: 5, lanes: "host" },
      ...{ show: { guid: "g", chart: "c", name: "n" }, range: { kind: "fixed", after: 10, before: 20 } },
    });
    expect([...read("status=critical,odd").statuses]).toEqual(["critical"]);
  });
  it("may be wrong", () => {
    expect(read("tab=x&silenced=maybe&group=y&sort=z&show=z&at=-1&lanes=q&after=20&before=10&last=abc")).toMatchObject({
      ...{ tab: "now", silenced: "", group: "", sort: { key: "status", descending: false }, show: null, at: 0, lanes: "alert" },
      range: { kind: "live", span: 86_400 },
    });
  });
  it("leaves out what is usual", () => {
    expect(rangeParameters({ kind: "live", span: 86_400 })).toEqual({ last: null, after: null, before: null });
    expect(rangeParameters({ kind: "live", span: 3600 })).toMatchObject({ last: "3600" });
    expect(rangeParameters({ kind: "fixed", after: 1.2, before: 9.9 })).toEqual({ last: null, after: "1", before: "10" });
  });
});
