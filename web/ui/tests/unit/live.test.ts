import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveFeed, type EventStream, type LiveHandlers } from "../../src/api/live";

class FakeStream implements EventStream {
  closed = false;
  private readonly listeners = new Map<string, ((e: MessageEvent<string>) => void)[]>();
  constructor(readonly url: URL) {}
  addEventListener(type: string, listener: (e: MessageEvent<string>) => void): void {
    this.listeners.set(type, [...(this.listeners.get(type) ?? []), listener]);
  }
  close(): void {
    this.closed = true;
  }
  emit(type: string, data = ""): void {
    for (const l of this.listeners.get(type) ?? []) l({ data } as MessageEvent<string>);
  }
}

describe("LiveFeed", () => {
  let streams: FakeStream[];
  let charts: string[];
  let after: number;
  let handlers: LiveHandlers & { log: string[] };
  let feed: LiveFeed;
  const last = () => streams.at(-1)!;

  beforeEach(() => {
    vi.useFakeTimers();
    streams = [];
    charts = ["a"];
    after = 100;
    const log: string[] = [];
    handlers = {
      log,
      request: () => ({ charts, after }),
      points: (b) => log.push(`points ${Object.keys(b.charts).join()}`),
      chartsChanged: () => log.push("charts"),
      host: (h) => log.push(`host ${h.hostname}`),
      connected: (up, again) => log.push(`${up ? "up" : "down"}${again ? " again" : ""}`),
    };
    feed = new LiveFeed("h 1", handlers, (url) => {
      streams.push(new FakeStream(new URL(url, "http://foster")));
      return last();
    });
    feed.start();
    vi.advanceTimersByTime(1);
  });

  afterEach(() => {
    feed.stop();
    vi.useRealTimers();
  });

  it("asks for the charts in view from where they stand", () => {
    expect(last().url.pathname).toBe("/host/h%201/api/foster/v1/live");
    expect(last().url.searchParams.getAll("chart")).toEqual(["a"]);
    expect(last().url.searchParams.get("after")).toBe("100");
    last().emit("open");
    last().emit("points", JSON.stringify({ charts: { a: { dimensions: [], points: [] } } }));
    last().emit("charts", "{}");
    last().emit("host", JSON.stringify({ hostname: "h1", guid: "g" }));
    last().emit("points", "{broken");
    expect(handlers.log).toEqual(["up", "points a", "charts", "host h1"]);
  });

  it("gathers additions before it opens again", () => {
    charts = ["a", "b"];
    feed.changed();
    vi.advanceTimersByTime(150);
    charts = ["a", "b", "c"];
    after = 105;
    feed.changed();
    vi.advanceTimersByTime(150);
    expect(streams).toHaveLength(1);
    vi.advanceTimersByTime(100);
    expect(streams).toHaveLength(2);
    expect(streams[0]!.closed).toBe(true);
    expect(last().url.searchParams.getAll("chart")).toEqual(["a", "b", "c"]);
    expect(last().url.searchParams.get("after")).toBe("105");
  });

  it("is in no hurry when charts only leave, and does nothing when they return", () => {
    charts = [];
    feed.changed();
    vi.advanceTimersByTime(1000);
    charts = ["a"];
    feed.changed();
    vi.advanceTimersByTime(10_000);
    expect(streams).toHaveLength(1);
    charts = [];
    feed.changed();
    vi.advanceTimersByTime(3100);
    expect(streams).toHaveLength(2);
  });

  it("opens a broken stream again, with growing pauses", () => {
    last().emit("open");
    after = 130;
    last().emit("error");
    expect(handlers.log).toEqual(["up", "down"]);
    vi.advanceTimersByTime(700);
    expect(streams).toHaveLength(2);
    expect(last().url.searchParams.get("after")).toBe("130");
    last().emit("error");
    vi.advanceTimersByTime(600);
    expect(streams).toHaveLength(2);
    vi.advanceTimersByTime(800);
    expect(streams).toHaveLength(3);
    last().emit("open");
    expect(handlers.log).toEqual(["up", "down", "up again"]);
  });

  it("reports a connection that never came up", () => {
    last().emit("error");
    expect(handlers.log).toEqual(["down"]);
  });

  it("takes silence for a dead connection", () => {
    last().emit("open");
    vi.advanceTimersByTime(19_000);
    last().emit("host", "{}");
    vi.advanceTimersByTime(19_000);
    expect(streams).toHaveLength(1);
    vi.advanceTimersByTime(2000);
    expect(streams).toHaveLength(2);
  });

  it("stops", () => {
    feed.stop();
    expect(last().closed).toBe(true);
    last().emit("charts", "{}");
    feed.changed(true);
    vi.advanceTimersByTime(60_000);
    expect(streams).toHaveLength(1);
    expect(handlers.log).toEqual([]);
  });
});
