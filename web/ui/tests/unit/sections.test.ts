import { describe, expect, it } from "vitest";
import { decodeChart } from "../../src/api/decode";
import { blocksOf, chartTexts, groupCharts } from "../../src/state/sections";
import { compileSearch } from "../../src/state/search";

const chart = (id: string, family: string, priority: number, context = id) => decodeChart(id, { id, family, priority, context, title: `Title of ${id} (${id})`, dimensions: { d1: { name: "reads" } } });

describe("groupCharts", () => {
  it("orders types, families and charts by priority", () => {
    const sections = groupCharts([chart("mem.b", "kernel", 1100), chart("system.ram", "ram", 200), chart("mem.a", "overview", 1010), chart("system.cpu", "cpu", 100), chart("system.load", "cpu", 101)]);
    expect(sections.map((s) => [s.name, s.priority, s.count])).toEqual([["system", 100, 3], ["mem", 1010, 2]]);
    expect(sections[0]!.families.map((f) => f.name)).toEqual(["cpu", "ram"]);
    expect(sections[0]!.families[0]!.charts.map((c) => c.id)).toEqual(["system.cpu", "system.load"]);
    expect(sections[1]!.families.map((f) => f.name)).toEqual(["overview", "kernel"]);
  });

  it("orders equal priorities by name, numbers by value", () => {
    const sections = groupCharts([chart("cpu.cpu10", "utilization", 7), chart("cpu.cpu2", "utilization", 7)]);
    expect(sections[0]!.families[0]!.charts.map((c) => c.id)).toEqual(["cpu.cpu2", "cpu.cpu10"]);
  });

  it("joins types that continue their context's first word", () => {
    const sections = groupCharts([
      chart("net.eth0", "eth0", 7000, "net.net"),
      chart("net_packets.eth0", "eth0", 7001, "net.packets"),
      chart("nginx_local.requests", "nginx", 9000, "nginx.requests"),
      chart("cgroup_web.cpu", "cpu", 40000, "cgroup.cpu"),
    ]);
    expect(sections.map((s) => s.name)).toEqual(["net", "nginx_local", "cgroup_web"]);
    expect(sections[0]!.count).toBe(2);
  });

  it("gives every group an address of its own", () => {
    const sections = groupCharts([chart("disk_space._", "/", 1), chart("disk_space._home", "/home", 2), chart("x.y", "", 3)]);
    const ids = sections.flatMap((s) => [s.id, ...s.families.map((f) => f.id)]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.every((id) => /^[\w.-]+$/.test(id))).toBe(true);
  });
});

it("lets small families share rows", () => {
  const [section] = groupCharts([
    chart("s.a", "one", 1),
    chart("s.b", "two", 2),
    chart("s.c1", "big", 3),
    chart("s.c2", "big", 4),
    chart("s.c3", "big", 5),
    chart("s.d", "three", 6),
  ]);
  expect(blocksOf(section!).map((b) => b.map((f) => f.name))).toEqual([["one", "two"], ["big"], ["three"]]);
});

describe("compileSearch", () => {
  const texts = chartTexts(chart("disk_ops.nvme0n1", "nvme0n1", 1, "disk.ops"));
  it.each([
    ["", true],
    ["  ", true],
    ["NVME", true],
    ["disk reads", true],
    ["reads disk", true],
    ["disk writes", false],
    ["nvme*1", true],
    ["disk*nvme", true],
    ["n*1*x", false],
    ["!nvme", false],
    ["disk !sda", true],
    ["!", true],
    ["*", true],
    ["(", false],
    [".", true],
    ["a.*b", false],
  ])("%j: %s", (query, found) => expect(compileSearch(query)(texts)).toBe(found));

  it("does not match across texts", () => {
    expect(compileSearch("bc")(["ab", "cd"])).toBe(false);
    expect(compileSearch("b*c")(["ab", "cd"])).toBe(false);
  });
});
