import { describe, expect, it } from "vitest";
import { decodeHost } from "../../src/api/decode";
import { destination } from "../../src/components/FirstChild";
import { decodeFleetNow } from "../../src/api/fleet";
import { filterOf, sortOf, sortText } from "../../src/state/fleetview";
import { filterHosts, groupHosts, hostHref, hostTexts, labelValues, sortHosts, type HostKey } from "../../src/state/hosts";
import { parseRoute } from "../../src/state/router";
import { compileSearch } from "../../src/state/search";
import { ServerClock } from "../../src/state/clock";

const host = (hostname: string, more: Record<string, unknown> = {}) => decodeHost({ guid: `guid-${hostname}`, hostname, ...more });

const figures = (guid: string, more: Record<string, unknown> = {}) => decodeFleetNow({ hosts: [{ guid, ...more }] }).hosts[0]!;

describe("sortHosts", () => {
  const hosts = [host("node10", { state: "live" }), host("node2", { state: "archived" }), host("Alpha", { state: "stale" })];
  const present = new Map(
    [
      figures("guid-node10", { cpu_percent: 5, alerts: { critical: 0, warning: 90 } }),
      figures("guid-node2", { cpu_percent: 9, alerts: { critical: 1, warning: 0 } }),
      figures("guid-Alpha", { cpu_percent: 5 }),
    ].map((f) => [f.guid, f]),
  );
  const names = (key: HostKey, descending: boolean) => sortHosts(hosts, present, key, descending).map((h) => h.hostname);
  it("by name, numbers by value", () => expect(names("hostname", false)).toEqual(["Alpha", "node2", "node10"]));
  it("by figures, equal ones by name", () => expect(names("cpu", true)).toEqual(["node2", "Alpha", "node10"]));
  it("by alerts, critical ones before any number of warnings", () => expect(names("alerts", true)).toEqual(["node2", "node10", "Alpha"]));
  it("by state, the living first", () => expect(names("state", false)).toEqual(["node10", "Alpha", "node2"]));
});

describe("filterHosts", () => {
  const hosts = [host("a", { labels: { region: "eu" } }), host("b", { labels: { region: "us" } })];
  const present = new Map([figures("guid-a", { alerts: { critical: 1, warning: 0 } }), figures("guid-b")].map((f) => [f.guid, f]));
  const names = (address: string) => filterHosts(hosts, present, filterOf(new URLSearchParams(address))).map((h) => h.hostname);
  it.each([
    ["", ["a", "b"]],
    ["label=region%3Dus", ["b"]],
    ["alert=critical", ["a"]],
    ["alert=none", ["b"]],
    ["alert=nonsense", ["a", "b"]],
    ["q=eu", ["a"]],
  ])("%s", (address, want) => expect(names(address)).toEqual(want));
});

it("offers the labels that group hosts", () => {
  const hosts = Array.from({ length: 50 }, (_, i) => host(`n${i}`, { labels: { region: i % 2 ? "eu" : "us", _id: String(i), _os: "linux" } }));
  expect(labelValues(hosts)).toEqual([
    { key: "region", value: "eu", hosts: 25 },
    { key: "region", value: "us", hosts: 25 },
    { key: "_os", value: "linux", hosts: 50 },
  ]);
});

it("groups hosts, those without the label last", () => {
  const hosts = [host("a"), host("b", { labels: { role: "web" } }), host("c", { labels: { role: "db" } }), host("d", { labels: { role: "web" } })];
  expect(groupHosts(hosts, "role").map((g) => [g.name, g.hosts.map((h) => h.hostname)])).toEqual([
    ["db", ["c"]],
    ["web", ["b", "d"]],
    ["", ["a"]],
  ]);
});

it("keeps the order of the fleet in its address", () => {
  for (const text of ["", "cpu", "-cpu", "-hostname"]) expect(sortText(sortOf(new URLSearchParams({ sort: text })))).toBe(text);
  expect(sortOf(new URLSearchParams({ sort: "-nonsense" }))).toEqual({ key: "hostname", descending: false });
});

it("searches names, systems and labels", () => {
  const h = host("db1", { os: "Debian GNU/Linux 12", labels: { region: "eu-west" }, connection: { address: "192.0.2.1:5" } });
  for (const q of ["db1", "debian", "region=eu", "192.0.2", "guid-db1"]) expect(compileSearch(q)(hostTexts(h))).toBe(true);
  expect(compileSearch("region=us")(hostTexts(h))).toBe(false);
});

it("links to the machine GUID where a name is not unique", () => {
  expect(hostHref(host("a b"))).toBe("/host/a%20b/");
  expect(hostHref(host("a", { ambiguous: true }))).toBe("/host/guid-a/");
});

it("knows its pages", () => {
  expect(parseRoute("/")).toEqual({ page: "fleet" });
  expect(parseRoute("/host/db1/")).toEqual({ page: "host", host: "db1" });
  expect(parseRoute("/host/a%20b")).toEqual({ page: "host", host: "a b" });
  expect(parseRoute("/host/%zz/").page).toBe("unknown");
  expect(parseRoute("/host/").page).toBe("unknown");
  expect(parseRoute("/host/a/b").page).toBe("unknown");
  expect(parseRoute("/host/a%20b/alerts")).toEqual({ page: "alerts", host: "a b" });
  expect(parseRoute("/host/a/alerts/b").page).toBe("unknown");
  expect(parseRoute("/alerts")).toEqual({ page: "alerts", host: "" });
});

it("names the address a child connects to", () => {
  expect(destination({ protocol: "http:", hostname: "parent", port: "19999" })).toBe("parent:19999");
  expect(destination({ protocol: "http:", hostname: "parent", port: "" })).toBe("parent:80");
  expect(destination({ protocol: "https:", hostname: "parent", port: "" })).toBe("parent:443:SSL");
  expect(destination({ protocol: "http:", hostname: "[::1]", port: "19999" })).toBe("[::1]:19999");
});

it("follows the server's clock", () => {
  let local = 1000;
  const clock = new ServerClock(() => local);
  expect(clock.now()).toBe(1000);
  clock.learn(1100.0);
  clock.learn(1099.5); // came late
  expect(clock.now()).toBeGreaterThan(1099.9);
  clock.learn(0);
  local = 1010;
  expect(clock.now()).toBeGreaterThan(1109.9);
  clock.learn(1050); // the server's clock was set back
  expect(clock.now()).toBe(1050);
});
