import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Panel } from "../../src/api/dashboards";
import { BoardSession } from "../../src/state/board";

const panel = (id: string, host: string, chart: string, more: Partial<Panel> = {}): Panel => ({ id, host, hostname: host, chart, title: "", dimensions: [], width: 6, height: 3, ...more });

/** What was asked for, without the parameters of time. */
let asked: string[];
let away: boolean;
const now = () => Math.floor(Date.now() / 1000);

/** A server with hosts a and b, whose charts x and y have dimensions d and e: values are the seconds of the time. */
function answer(url: URL): unknown {
  const named: { host: string; chart: string }[] = [];
  let host = "";
  for (const [k, v] of url.searchParams) {
    if (k === "host") host = v;
    if (k === "chart") named.push({ host, chart: v });
  }
  asked.push(`${url.pathname.split("/").at(-1)!} ${named.map((n) => n.host + n.chart).join(" ")}`);
  if (url.pathname.endsWith("/charts")) {
    const known = named.filter((n) => n.host !== "gone");
    return {
      now: now(),
      hosts: [...new Set(known.map((n) => n.host))].map((h) => ({ guid: h, hostname: h, state: "live" })),
      charts: named.map((n) => (n.host === "gone" ? { error: "unknown host" } : n.chart === "none" ? { guid: n.host, error: "unknown chart" } : { guid: n.host, definition: { id: n.chart, title: n.chart, units: "u", update_every: 1, dimensions: { d: { name: "d" }, e: { name: "e" } } } })),
    };
  }
  if (url.pathname.endsWith("/alarms")) return { alarms: {} };
  const after = Number(url.searchParams.get("after"));
  const before = Number(url.searchParams.get("before") ?? now() - 1);
  const times = Array.from({ length: Math.max(0, before - after) }, (_, i) => after + 1 + i);
  return { now: now(), charts: named.map((n) => ({ ...n, update_every: 1, step: 1, rows: times.length, first: times[0], dimensions: ["d", "e"], names: ["d", "e"], values: [times.map((t) => t % 60), times.map((t) => -(t % 60))] })) };
}

beforeEach(() => {
  asked = [];
  away = false;
  vi.useFakeTimers({ now: 1_700_000_000_000 });
  vi.stubGlobal("fetch", async (path: string) => {
    if (away) throw new TypeError("away");
    return new Response(JSON.stringify(answer(new URL(path, "http://f"))));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const panels = [panel("p1", "a", "x"), panel("p2", "b", "y", { dimensions: ["e"] }), panel("p3", "gone", "x"), panel("p4", "a", "none")];

it("asks once for what charts of several hosts are, and says what is not there", async () => {
  const board = new BoardSession();
  board.show(panels);
  expect(board.of(panels[0]!).chart.value).toBeUndefined();
  await vi.advanceTimersByTimeAsync(50);
  expect(asked).toContain("charts ax by gonex anone");
  expect(panels.map((p) => [board.of(p).host.value?.guid, board.of(p).chart.value?.dimensions.map((d) => d.id)])).toEqual([["a", ["d", "e"]], ["b", ["e"]], [undefined, undefined], ["a", undefined]]);
  expect(board.of(panels[2]!).chart.value).toBeNull();
  const before = board.of(panels[0]!).chart.value;
  await vi.advanceTimersByTimeAsync(11_000);
  expect(board.of(panels[0]!).chart.value).toBe(before);
  board.close();
});

it("reads the history of all in one request, and then their live points, until it is closed", async () => {
  const board = new BoardSession();
  board.show(panels);
  await vi.advanceTimersByTimeAsync(50);
  const models = panels.slice(0, 2).map((p, i) => board.of(p).enter(board.of(p).chart.value!, 300 + 500 * i));
  await vi.advanceTimersByTimeAsync(50);
  expect(asked.filter((a) => a.startsWith("data"))).toEqual(["data ax by"]);
  expect(models.map((m) => m.series.dimensions.map((d) => d.id))).toEqual([["d", "e"], ["e"]]);
  await vi.advanceTimersByTimeAsync(5000);
  expect(models.map((m) => m.series.times.at(-1))).toEqual([now() - 1, now() - 1].map((t) => expect.toSatisfy((v: number) => v >= t - 2)));
  const times = models[0]!.series.times;
  expect(times.every((t, i) => i === 0 || t === times[i - 1]! + 1)).toBe(true);
  expect(models[1]!.series.columns[0]!.at(-1)).toBe(-(times.at(-1)! % 60));

  // The range is moved: one request again, and no live points any more.
  asked = [];
  board.range.set({ kind: "fixed", after: now() - 100, before: now() - 50 });
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked.filter((a) => a.startsWith("data"))).toEqual(["data ax by"]);

  // foster goes away and comes back.
  board.range.live(300);
  away = true;
  await vi.advanceTimersByTimeAsync(20_000);
  away = false;
  await vi.advanceTimersByTimeAsync(25_000);
  expect(models[0]!.series.times.at(-1)).toBeGreaterThan(now() - 15);

  board.close();
  asked = [];
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked).toEqual([]);
});

it("notes which dimensions are switched off, by panel", async () => {
  const board = new BoardSession();
  board.show(panels);
  await vi.advanceTimersByTimeAsync(50);
  const session = board.of(panels[0]!);
  const model = session.enter(session.chart.value!, 300);
  model.toggle("d");
  session.keepHidden(model);
  expect([...board.hidden.value]).toEqual([["p1", new Set(["d"])]]);
  board.hide(new Map([["p1", new Set(["e"])]]));
  expect([...model.hidden.value]).toEqual(["e"]);
  board.close();
});
