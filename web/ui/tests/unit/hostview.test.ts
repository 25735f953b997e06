import { describe, expect, it } from "vitest";
import { readView, writeView, type HostView } from "../../src/pages/hostview";
import { usual, readExplore, writeExplore, type ExploreView } from "../../src/pages/explore/view";

const address = (changes: Record<string, string | null>) => {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(changes)) if (v !== null) p.set(k, v);
  return new URLSearchParams(p.toString());
};

describe("the address of a host page", () => {
  const back = (v: HostView) => readView(address(writeView(v, 300)));

  it.each<[string, HostView]>([
    ["a fixed time", { range: { kind: "fixed", after: 1700000000.125, before: 1700000300 }, hidden: new Map(), query: "", full: "" }],
    ["a live one", { range: { kind: "live", span: 900 }, hidden: new Map(), query: "disk !sda", full: "system.cpu" }],
    ["hidden dimensions with odd names", { range: { kind: "live", span: 60 }, hidden: new Map([["disk.a;b", new Set(["x,y", "100%", "ü z"])], ["net.eth0:1", new Set(["in"])]]), query: "", full: "" }],
  ])("gives back %s", (_, v) => expect(back(v)).toEqual(v));

  it("knows charts as links in notifications call them", () => {
    expect(readView(new URLSearchParams("chart=system.load")).full).toBe("system.load");
    expect(readView(new URLSearchParams("chart=a&full=b")).full).toBe("b");
    expect(readView(new URLSearchParams("chart=foster.child")).full).toBe("");
  });

  it("says nothing of what is usual", () => {
    expect(address(writeView({ range: { kind: "live", span: 300 }, hidden: new Map([["a", new Set()]]), query: "", full: "" }, 300)).toString()).toBe("");
  });

  it.each(["after=5", "after=9&before=3", "last=-4", "last=x", "after=NaN&before=Infinity", "hide=%25zz", "hide=;;:,"])("takes %s as if it were not there", (text) => {
    const v = readView(new URLSearchParams(text));
    expect(v.range).toBeNull();
    expect(v.hidden.size).toBe(0);
  });
});

describe("the address of the Explore page", () => {
  it("gives the view back", () => {
    const v: ExploreView = { mode: "heat", range: { kind: "live", span: 3600 }, context: "disk.io", hosts: ["a", "b*"], dimensions: "reads|writes", by: ["node", "label:device"], aggregation: "max", top: 50, stacked: true, query: 'sum by (x) (a{b="c,d"})' };
    expect(readExplore(address(writeExplore(v, 900)))).toEqual(v);
    expect(address(writeExplore({ ...usual, range: { kind: "live", span: 900 } }, 900)).toString()).toBe("");
  });
  it("falls back to what is usual", () => {
    expect(readExplore(new URLSearchParams("mode=x&by=evil&aggregation=1&top=-3&stacked=1"))).toEqual(usual);
  });
});
