import { describe, expect, it } from "vitest";
import { alertId, type Alert, type AlertStatus, type Transition } from "../../src/api/alerts";
import { rangeAround } from "../../src/components/AlertChart";
import { bandOf, lanesOf, timeTicks } from "../../src/state/lanes";

const change = (when: number, from: AlertStatus, to: AlertStatus, lasted: number, o: Partial<Transition> = {}): Transition => {
  const t = { guid: "g", hostname: "web01", chart: "c", name: "a", gi: when, when, from, to, lasted, context: "", summary: "", units: "", value: null, role: "", silenced: false, id: "", ...o };
  return { ...t, id: alertId(t) };
};
const raised = (since: number, status: AlertStatus, o: Partial<Alert> = {}) => {
  const a = { guid: "g", hostname: "web01", chart: "c", name: "a", since, status, ...o };
  return { ...a, id: alertId(a) } as Alert;
};
const w = { after: 100, before: 200 };
const segments = (l: { segments: { status: string; from: number; to: number }[] }) => l.segments.map((s) => `${s.status} ${s.from}-${s.to}`);

describe("lanes", () => {
  it("have the times in which alerts were raised", () => {
    const [lane] = lanesOf([change(160, "critical", "clear", 20), change(140, "warning", "critical", 10), change(130, "clear", "warning", 999)], [], w, 300, "alert");
    expect(segments(lane!)).toEqual(["warning 130-140", "critical 140-160"]);
    expect(lane).toMatchObject({ title: "a", subtitle: "web01 · c", worst: "critical" });
  });
  it("go on to the present when nothing came since", () => {
    expect(segments(lanesOf([change(150, "clear", "warning", 10)], [raised(150, "warning")], w, 180, "alert")[0]!)).toEqual(["warning 150-180"]);
  });
  it("know what lasted all of the window", () => {
    expect(segments(lanesOf([change(250, "critical", "clear", 200)], [], w, 300, "alert")[0]!)).toEqual(["critical 100-200"]);
    expect(segments(lanesOf([], [raised(50, "warning")], w, 300, "alert")[0]!)).toEqual(["warning 100-200"]);
  });
  it("are none of what is outside", () => {
    expect(lanesOf([change(250, "warning", "clear", 20), change(90, "warning", "clear", 50, { name: "b" })], [raised(250, "critical", { name: "c" }), raised(1, "clear", { name: "d" })], w, 300, "alert")).toEqual([]);
  });
  it("stand with the worst first", () => {
    const lanes = lanesOf([change(190, "warning", "clear", 5), change(120, "critical", "clear", 5, { name: "b" }), change(150, "critical", "clear", 5, { name: "z" })], [], w, 300, "alert");
    expect(lanes.map((l) => l.title)).toEqual(["z", "b", "a"]);
  });
  it("of hosts join those of their alerts", () => {
    const [lane, ...others] = lanesOf([change(150, "warning", "clear", 30), change(170, "warning", "clear", 30, { name: "b" }), change(160, "critical", "clear", 5, { name: "c" })], [], w, 300, "host");
    expect(others).toEqual([]);
    expect(segments(lane!)).toEqual(["warning 120-170", "critical 155-160"]);
    expect(lane).toMatchObject({ title: "web01", alert: null, worst: "critical" });
  });
});

it("the band of one alert has all of its statuses", () => {
  expect(bandOf([change(160, "critical", "removed", 20), change(140, "clear", "critical", 40)], 300).map((s) => `${s.status} ${s.from}-${s.to}`)).toEqual(["clear 100-140", "critical 140-160"]);
  expect(bandOf([], 300)).toEqual([]);
});

it("ticks are at whole times, and not too many", () => {
  const { times, step } = timeTicks({ after: 1_700_000_000, before: 1_700_086_400 }, 8);
  expect(step).toBe(3 * 3600);
  expect(times.length).toBeLessThanOrEqual(9);
  expect(times.every((t) => new Date(t * 1000).getMinutes() === 0)).toBe(true);
});

it("a chart is about the change, live while that is now", () => {
  expect(rangeAround(1000, 10_000)).toEqual({ kind: "fixed", after: 100, before: 1900 });
  expect(rangeAround(9900, 10_000)).toEqual({ kind: "live", span: 300 });
  expect(rangeAround(9400, 10_000)).toEqual({ kind: "live", span: 1200 });
  expect(rangeAround(0, 10_000)).toEqual({ kind: "live", span: 3600 });
});
