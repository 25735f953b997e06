import { describe, expect, it } from "vitest";
import { decodeHost } from "../../src/api/decode";
import { destination } from "../../src/components/FirstChild";
import { hostHref, hostTexts, sortHosts } from "../../src/state/hosts";
import { parseRoute } from "../../src/state/router";
import { compileSearch } from "../../src/state/search";
import { ServerClock } from "../../src/state/clock";

const host = (hostname: string, more: Record<string, unknown> = {}) => decodeHost({ guid: `guid-${hostname}`, hostname, ...more });

describe("sortHosts", () => {
  const hosts = [host("node10", { metrics: 5, state: "live" }), host("node2", { metrics: 9, state: "archived" }), host("Alpha", { metrics: 5, state: "stale" })];
  const names = (...args: Parameters<typeof sortHosts>) => sortHosts(...args).map((h) => h.hostname);
  it("by name, numbers by value", () => expect(names(hosts, "hostname", false)).toEqual(["Alpha", "node2", "node10"]));
  it("by figures, equal ones by name", () => expect(names(hosts, "metrics", true)).toEqual(["node2", "Alpha", "node10"]));
  it("by state, the living first", () => expect(names(hosts, "state", false)).toEqual(["node10", "Alpha", "node2"]));
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
