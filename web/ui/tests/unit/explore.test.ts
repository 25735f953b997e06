import { describe, expect, it } from "vitest";
import { placeAt, proposals } from "../../src/pages/explore/completion";
import { decodeLines, decodeMatrix, seriesName } from "../../src/pages/explore/data";
import { limitsOf, linesOf } from "../../src/pages/explore/ComparePanel";
import { heatColor, heatRows } from "../../src/pages/explore/heat";
import { figuresOf } from "../../src/pages/explore/LinesTable";

describe("completion", () => {
  const at = (text: string) => {
    const cursor = text.indexOf("|");
    return placeAt(text.replace("|", ""), cursor);
  };
  it("knows metrics and functions", () => {
    expect(at("sum(system_c|")).toEqual({ kind: "metric", word: "system_c", from: 4 });
    expect(at('a{b="}"} + fo|')).toMatchObject({ kind: "metric", word: "fo" });
  });
  it("knows labels inside braces and after by", () => {
    expect(at("rate(system_cpu{di|}[1m])")).toEqual({ kind: "label", word: "di", from: 16, metric: "system_cpu" });
    expect(at('x{a="1", b|')).toMatchObject({ kind: "label", word: "b", metric: "x" });
    expect(at("sum by (ho|) (system_load)")).toMatchObject({ kind: "label", word: "ho", metric: "system_load" });
  });
  it("knows the values of a label", () => {
    expect(at('system_cpu{host="we|"}')).toEqual({ kind: "value", word: "we", from: 17, metric: "system_cpu", label: "host" });
    expect(at('system_cpu{host=~"a b|')).toMatchObject({ kind: "value", word: "a b", label: "host" });
  });
  it("proposes what begins with the word before what contains it", () => {
    expect(proposals("cpu", ["system_cpu", "cpu_cpu", "cpu", "x"])).toEqual(["cpu_cpu", "system_cpu"]);
    expect(proposals("", ["b", "a"], 1)).toEqual(["b"]);
  });
});

describe("answers", () => {
  it("become lines, the oldest row first", () => {
    const l = decodeLines({ result: { labels: ["time", "x,h1", "y,h2"], data: [[20, 2, "NaN"], [10, 1, 5]] }, db: { units: ["%", "%"], dimensions: { ids: ["x,g1", "y,g2"] } }, view: { update_every: 10 }, agents: [{ now: 30 }] });
    expect(l).toEqual({ times: [10, 20], step: 10, units: "%", now: 30, lines: [{ id: "x,g1", name: "x,h1", column: [1, 2] }, { id: "y,g2", name: "y,h2", column: [5, null] }] });
    expect(linesOf(l, "g2")!.lines).toEqual([{ id: "y,g2", name: "y", column: [5, null] }]);
    expect(linesOf(null, "g2")).toBeNull();
    expect(limitsOf([l, null], false)).toEqual([1, 5]);
    expect(limitsOf([l], true)).toEqual([1, 6]);
    expect(limitsOf([], true)).toEqual([0, 0]);
  });
  it("of PromQL have a row for each step, and gaps", () => {
    const l = decodeMatrix({ data: { result: [{ metric: { __name__: "m", host: "a" }, values: [[100, "1"], [120, "NaN"], [140, "3"], [999, "9"]] }] } }, { after: 100, before: 140 }, 20);
    expect(l.times).toEqual([100, 120, 140]);
    expect(l.lines).toEqual([{ id: 'm{host="a"}', name: 'm{host="a"}', column: [1, null, 3] }]);
  });
  it("name series by what tells them apart", () => {
    expect(seriesName([])).toBe("value");
    expect(seriesName([["__name__", "m"]])).toBe("m");
    expect(seriesName([["__name__", "m"], ["chart", "c"], ["machine_guid", "g"]])).toBe('m{chart="c"}');
    expect(seriesName([["machine_guid", "g"]])).toBe('{machine_guid="g"}');
  });
  it("have figures", () => {
    expect(figuresOf([null, 1, 5, null])).toEqual({ at: 5, min: 1, mean: 3, max: 5 });
    expect(figuresOf([1, 2], 0).at).toBe(1);
    expect(figuresOf([null])).toEqual({ at: null, min: null, mean: null, max: null });
  });
});

describe("the heat map", () => {
  it("has the largest mean first and does not let an outlier take all colours", () => {
    const column = Array.from({ length: 200 }, (_, i) => (i === 7 ? 1e6 : 10));
    const rows = heatRows({ times: [], step: 1, units: "", now: 0, lines: [{ id: "a", name: "a", column: [1, 2] }, { id: "b", name: "b", column }] });
    expect(rows.list.map((l) => l.id)).toEqual(["b", "a"]);
    expect([rows.low, rows.high]).toEqual([0, 10]);
  });
  it("has colours for every share", () => {
    for (const share of [-1, 0, 0.3, 1, 2, NaN]) expect(heatColor(share, "dark")).toMatch(/^rgb\(\d+,\d+,\d+\)$/);
    expect(heatColor(-1, "light")).toBe(heatColor(0, "light"));
  });
});
