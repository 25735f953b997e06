import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { ChartRows, RowsQuery } from "../../src/api/rows";
import type { Chart } from "../../src/api/types";
import { ChartModel } from "../../src/state/chart";
import { HistoryLoader } from "../../src/state/history";

const chart = (id: string): Chart => ({ id, name: id, type: "t", family: "f", context: id, title: id, priority: 1, units: "", chartType: "line", updateEvery: 1, firstEntry: 0, lastEntry: 0, dimensions: [{ id: "d", name: "d" }], labels: {} });
const rows = (v: number): ChartRows => ({ dimensions: [{ id: "d", name: "d" }], times: [10], columns: [[v]], step: 1 });

function setUp(together = false) {
  const asked: { q: RowsQuery; signal: AbortSignal; answer: (rows: ChartRows[]) => void; fail: () => void }[] = [];
  const arrived = vi.fn();
  const loader = new HistoryLoader({
    fetch: (models, q, signal) => new Promise((resolve, reject) => {
      asked.push({ q: { charts: models.map((m) => m.chart.id), ...q }, signal, answer: resolve, fail: () => reject(new Error("no")) });
      signal.addEventListener("abort", () => reject(new Error("aborted")));
    }),
    window: () => ({ after: 0, before: 100 }),
    now: () => 100,
    arrived,
    together,
  });
  return { asked, arrived, loader };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("asks for all charts that came into view in one request", async () => {
  const { asked, arrived, loader } = setUp();
  const models = ["a", "b"].map((id) => new ChartModel(chart(id)));
  models.forEach((m, i) => {
    m.width = 401 + i;
    loader.ask(m);
  });
  await vi.advanceTimersByTimeAsync(50);
  expect(asked.map((a) => a.q)).toEqual([{ charts: ["a", "b"], after: 0, before: 100, points: 500 }]);
  expect(models[0]!.followable).toBe(false);
  asked[0]!.answer([rows(1), null]);
  await vi.advanceTimersByTimeAsync(0);
  expect(models.map((m) => m.status.value)).toEqual(["ready", "ready"]);
  expect(models[0]!.series.columns).toEqual([[1]]);
  expect(models[1]!.series.length).toBe(0);
  expect(arrived).toHaveBeenCalledOnce();
});

it.each([
  [false, [["a"], ["b"]], [300, 1200]],
  [true, [["a", "b"]], [1200]],
])("asks for charts of different widths in one request when told so: %s", async (together, charts, points) => {
  const { asked, loader } = setUp(together);
  for (const [id, width] of [["a", 300], ["b", 1150]] as const) {
    const m = new ChartModel(chart(id));
    m.width = width;
    loader.ask(m);
  }
  await vi.advanceTimersByTimeAsync(50);
  expect(asked.map((a) => a.q.charts)).toEqual(charts);
  expect(asked.map((a) => a.q.points)).toEqual(points);
});

it("gives up on what was asked for when the window changes, and takes the new answer only", async () => {
  const { asked, loader } = setUp();
  const m = new ChartModel(chart("a"));
  loader.ask(m);
  await vi.advanceTimersByTimeAsync(50);
  loader.restart([m]);
  expect(asked[0]!.signal.aborted).toBe(true);
  asked[1]!.answer([rows(7)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(m.series.columns).toEqual([[7]]);
  expect(asked.length).toBe(2);
});

it("marks charts whose request failed, and those are asked for again", async () => {
  const { asked, loader } = setUp();
  const m = new ChartModel(chart("a"));
  loader.ask(m);
  await vi.advanceTimersByTimeAsync(50);
  asked[0]!.fail();
  await vi.advanceTimersByTimeAsync(0);
  expect(m.status.value).toBe("error");
  expect(m.outdated(105)).toBe(false);
  expect(m.outdated(111)).toBe(true);
});

it("forgets a chart that left before its answer", async () => {
  const { asked, arrived, loader } = setUp();
  const m = new ChartModel(chart("a"));
  loader.ask(m);
  await vi.advanceTimersByTimeAsync(50);
  loader.forget(m);
  asked[0]!.answer([rows(7)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(m.series.length).toBe(0);
  expect(arrived).toHaveBeenCalledWith([]);
});

it("hides, shows and isolates dimensions", () => {
  const m = new ChartModel({ ...chart("a"), dimensions: ["x", "y", "z"].map((id) => ({ id, name: id })) });
  m.toggle("x");
  expect([...m.hidden.value]).toEqual(["x"]);
  m.isolate("y");
  expect([...m.hidden.value].sort()).toEqual(["x", "z"]);
  m.isolate("y");
  expect(m.hidden.value.size).toBe(0);
  m.isolate("y");
  m.toggle("y"); // nothing would be left
  expect(m.hidden.value.size).toBe(0);
});
